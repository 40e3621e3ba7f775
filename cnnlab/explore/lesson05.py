"""The explorers of lesson 05: a training run as it goes, and a digit that is moved about before a trained network."""

from cnnlab.explore._digit_pad import DigitPad
from cnnlab.explore._training_monitor import TrainingMonitor

__all__ = ["DigitPad", "TrainingMonitor"]
