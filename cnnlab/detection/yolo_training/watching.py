"""What a network finds, and its mAP while it trains."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import ops

from cnnlab.common.validate import check_fraction, check_int, check_rank
from cnnlab.data.scenes import Scene
from cnnlab.detection import metrics, yolo
from cnnlab.detection.detections import Detections, GroundTruth
from cnnlab.detection.nms import survivors
from cnnlab.detection.yolo_training.stacking import common

LOW = 0.05  # AP ranks all detections, the unsure too; below this they only cost time


def detect(
    model: keras.Model,
    images: np.ndarray,
    anchors: np.ndarray,
    score_threshold: float = 0.3,
    iou_threshold: float = 0.45,
    names: Sequence[str] = (),
    batch_size: int = 32,
) -> list[Detections]:
    """What the model finds in each picture, after non-max suppression per class.

    Parameters
    ----------
    model : a network with one grid, such as `cnnlab.tiny_yolo.build` gives
    images : (N, H, W, C) in the range the model was trained on
    anchors : (A, 2) widths and heights in pixels, those it was trained with
    score_threshold : detections with a lower score are left out, 0 to 1
    iou_threshold : of two boxes of a class that overlap more, the better stays, 0 to 1
    names : of the classes, handed on
    batch_size : pictures computed at a time, >= 1

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, or the model answers with numbers that are not finite.

    Examples
    --------
    >>> from cnnlab.detection import tiny_yolo
    >>> found = detect(tiny_yolo.build(), np.zeros((1, 96, 96, 3)), tiny_yolo.ANCHORS, score_threshold=0.9)
    >>> len(found), len(found[0])
    (1, 0)
    """
    images = check_rank(images, "images", {4: "(N, H, W, C)"}).astype(np.float32, copy=False)
    check_int(batch_size, "batch_size", 1)
    check_fraction(score_threshold, "score_threshold")
    check_fraction(iou_threshold, "iou_threshold")
    found = []
    for start in range(0, len(images), batch_size):
        outputs = model(images[start : start + batch_size], training=False)
        for values in yolo.activate(ops.convert_to_numpy(outputs), len(anchors)):
            some = yolo.decode(values, anchors, images.shape[1:3], score_threshold, names)
            found.append(some[survivors(some.boxes, some.scores, iou_threshold, labels=some.labels)])
    return found


class MeanAveragePrecision(keras.callbacks.Callback):
    """Work out mAP@.5 on other pictures after every so many epochs, and put it into the history as ``map50``.

    Parameters
    ----------
    scenes : to look at, not those trained on; at least one, all of one size and with the same classes
    anchors : (A, 2) widths and heights in pixels
    every : epochs between two looks, >= 1; the last epoch always counts, also of a run that another callback ends
    report : called with a line such as ``"epoch 3: loss 4.10, mAP@.5 0.71"``; None keeps quiet

    Attributes
    ----------
    epochs, values : lists of the epochs looked at, from 1, and of what was found

    Examples
    --------
    >>> from cnnlab import scenes
    >>> from cnnlab.detection import tiny_yolo
    >>> from cnnlab.detection.yolo_training import YoloLoss, stack
    >>> some = scenes.scenes(2, seed=0)
    >>> model = tiny_yolo.build()
    >>> model.compile("adam", YoloLoss(anchors=3))
    >>> images, targets, _ = stack(some, tiny_yolo.ANCHORS, grid=(12, 12))
    >>> watch = MeanAveragePrecision(some, tiny_yolo.ANCHORS, every=5)
    >>> _ = model.fit(images, targets, epochs=2, verbose=0, callbacks=[watch])
    >>> watch.epochs
    [2]
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        anchors: np.ndarray,
        every: int = 1,
        report: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        common(scenes)
        self._images = np.stack([one.image for one in scenes])
        self._truth = [GroundTruth(one.boxes, one.labels) for one in scenes]
        self._anchors, self._every, self._report = anchors, check_int(every, "every", 1), report
        self.epochs: list[int] = []
        self.values: list[float] = []
        self._owed = 0  # the epoch that ended last, where it was not looked at

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Owe nothing yet."""
        self._owed = 0

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Measure, if it is time or the run ends here."""
        self._owed = epoch + 1
        if (epoch + 1) % self._every == 0 or epoch + 1 == self.params["epochs"] or self.model.stop_training:
            self._measure(logs)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Measure the last epoch, if a callback behind this one ended the run."""
        if self._owed:
            self.model.history.history.setdefault("map50", []).append(self._measure(logs))

    def _measure(self, logs: dict | None) -> float:
        epoch, self._owed = self._owed, 0
        found = detect(self.model, self._images, self._anchors, score_threshold=LOW)
        value = float(metrics.mean_average_precision(found, self._truth, 0.5))
        self.epochs.append(epoch)
        self.values.append(value)
        if logs is not None:
            logs["map50"] = value
        if self._report is not None:
            self._report(f"epoch {epoch}: loss {(logs or {}).get('loss', float('nan')):.2f}, mAP@.5 {value:.3f}")
        return value
