"""Lesson 12's explorers: what a YOLO network is asked to say, and what becomes of its answer."""

from __future__ import annotations

from cnnlab.explore._predictions import PredictionExplorer
from cnnlab.explore._target_viewer import TargetViewer

__all__ = ["PredictionExplorer", "TargetViewer"]
