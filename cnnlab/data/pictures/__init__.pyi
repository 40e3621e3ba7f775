from . import practice as practice
from . import upload as upload
