from .bundle import FILES as FILES
from .bundle import Classifier as Classifier
from .bundle import load as load
from .bundle import save as save
from .card import ClassScores as ClassScores
from .card import accuracy_interval as accuracy_interval
from .card import class_scores as class_scores
from .card import model_card as model_card
