from . import doctor as doctor
from . import progress as progress
