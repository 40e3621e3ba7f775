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
``keras_model``       plan → Keras layers
====================  =================================================================================================
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
