"""Darknet's files and Keras' models: read a public detector, run it on photographs, write the format back.

Darknet is the program in which YOLO was written (J. Redmon, 2013–2018; continued by A. Bochkovskiy). A network is two
files there: a ``.cfg`` says in plain text what it is made of, a ``.weights`` holds its numbers and nothing else.

====================  =================================================================================================
`load`                .cfg + .weights (+ .names) → `Detector`: picture in, boxes out
`load_model`          the same for any network, as a plain `keras.Model`
`export`              a `Detector`, or a Keras model made of what Darknet knows → .cfg + .weights
`named`, `names`      detectors by name: ``"tiny-yolo"`` ships with the course, others come from the data folder
``cfg``, ``plan``     text → sections → shapes and counts, without Keras
``weights``           bytes ↔ arrays, without Keras
``heads``             raw outputs → boxes, without Keras
``build``             plan → Keras layers
====================  =================================================================================================
"""

from __future__ import annotations

import importlib

from cnnlab.darknet._error import DarknetError

# name -> module; loaded when asked for, so that reading a .cfg does not import Keras.
_MODULES = {
    "Detector": "detector",
    "load": "detector",
    "load_model": "detector",
    "read_names": "detector",
    "export": "_export",
    "named": "models",
    "names": "models",
}

__all__ = ["DarknetError", *_MODULES]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(importlib.import_module(f"cnnlab.darknet.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
