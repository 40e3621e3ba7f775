from .dataset import BoxDataset as BoxDataset
from .dataset import Problem as Problem
from .records import LAST_LABEL as LAST_LABEL
from .records import Detections as Detections
from .records import GroundTruth as GroundTruth
from .records import Rows as Rows
from .records import check_labels as check_labels
from .records import check_scores as check_scores
