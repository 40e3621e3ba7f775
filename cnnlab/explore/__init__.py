"""The interactive explorers: what a model computes, shown with its own numbers.

Each is a class that works with its defaults: ``explore.ShapeExplorer()`` as the last line of a cell shows controls, a
picture and the same content in words. ``set()``, ``state()``, ``figure()`` and ``describe()`` drive it from code.
"""

from __future__ import annotations

import importlib

# Explorer -> the module (one a lesson) that holds it; loaded when asked for, so that one lesson imports only its own.
_MODULES = {
    "LearningRateExplorer": "lesson00",
    "ConvolutionStepper": "lesson01",
    "KernelLab": "lesson01",
    "ShapeExplorer": "lesson02",
    "PoolingExplorer": "lesson03",
    "LayerMicroscope": "lesson04",
    "ReceptiveFieldPinner": "lesson04",
    "TrainingMonitor": "lesson05",
    "DigitPad": "lesson05",
    "LedgerExplorer": "lesson06",
    "ResidualExplorer": "lesson07",
    "GateViewer": "lesson07",
    "FeatureMaps": "lesson08",
    "GradCamExplorer": "lesson08",
    "AugmentationLab": "lesson09",
    "FreezeSlider": "lesson10",
    "BoxBench": "lesson11",
    "NmsStepper": "lesson11",
    "PrBuilder": "lesson11",
    "TargetViewer": "lesson12",
    "PredictionExplorer": "lesson12",
    "DetectionExplorer": "lesson13",
    "AnswerExplorer": "lesson17",
}

__all__ = [*_MODULES, "Explorer"]


def __getattr__(name: str) -> type:
    if name == "Explorer":
        return importlib.import_module("cnnlab.explore._base").Explorer
    if name in _MODULES:
        return getattr(importlib.import_module(f"cnnlab.explore.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; the explorers are {', '.join(_MODULES)}")


def __dir__() -> list[str]:
    return sorted(__all__)
