from . import augment as augment
from . import calibration as calibration
from . import delivery as delivery
from . import transfer as transfer
from .fit_callbacks import callbacks as callbacks
from .mistakes import confusion_matrix as confusion_matrix
from .mistakes import worst_mistakes as worst_mistakes
