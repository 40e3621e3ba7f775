from . import datasets as datasets
from . import pictures as pictures
from . import scenes as scenes
from . import stand_ins as stand_ins
