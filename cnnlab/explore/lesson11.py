"""The explorers of lesson 11: two boxes and their overlap, suppression step by step, and a curve point by point."""

from cnnlab.explore._box_bench import BoxBench
from cnnlab.explore._nms_stepper import NmsStepper
from cnnlab.explore._pr_builder import PrBuilder

__all__ = ["BoxBench", "NmsStepper", "PrBuilder"]
