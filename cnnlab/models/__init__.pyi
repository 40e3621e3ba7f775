from . import layers as layers
from . import ledger as ledger
from . import zoo as zoo
