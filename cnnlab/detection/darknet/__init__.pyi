from .detector import Detector as Detector
from .detector import load as load
from .detector import load_model as load_model
from .detector import read_names as read_names
from .error import DarknetError as DarknetError
from .export import export as export
from .models import named as named
from .models import names as names
