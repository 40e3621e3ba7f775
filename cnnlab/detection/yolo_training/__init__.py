"""Training a YOLO network: the loss term by term, targets for a stack of scenes, mAP while it trains, and its answers.

`fit_detector` does all of it for a data set of your own.

The numbers and their order are those of `cnnlab.yolo`; a model's output is flat, (N, rows, columns, A·(5 + C)), as in
Darknet. One grid only. Everything goes through ``model.compile`` and ``model.fit``:

    >>> from cnnlab import scenes, yolo_training
    >>> from cnnlab.detection import tiny_yolo
    >>> some = scenes.scenes(4, seed=0)
    >>> model = tiny_yolo.build()
    >>> images, targets, unassigned = yolo_training.stack(some, tiny_yolo.ANCHORS, grid=(12, 12))
    >>> loss = yolo_training.YoloLoss(anchors=3)
    >>> model.compile("adam", loss, metrics=loss.metrics())
    >>> history = model.fit(images, targets, verbose=0)
    >>> len(yolo_training.detect(model, images, tiny_yolo.ANCHORS))
    4
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
