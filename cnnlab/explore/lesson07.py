"""Lesson 07's explorers: what shortcuts do to a deep network's gradients, and which channels a gate lets through."""

from cnnlab.explore._gate_viewer import GateViewer
from cnnlab.explore._residual import ResidualExplorer

__all__ = ["GateViewer", "ResidualExplorer"]
