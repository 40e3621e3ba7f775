"""Training a YOLO network: the loss term by term, targets for a stack of scenes, mAP while it trains, and its answers.

The numbers and their order are those of `cnnlab.yolo`; a model's output is flat, (N, rows, columns, A·(5 + C)), as in
Darknet. One grid only. Everything goes through ``model.compile`` and ``model.fit``:

    >>> from cnnlab import scenes
    >>> from cnnlab.detection import tiny_yolo
    >>> some = scenes.scenes(4, seed=0)
    >>> model = tiny_yolo.build()
    >>> images, targets, unassigned = stack(some, tiny_yolo.ANCHORS, grid=(12, 12))
    >>> loss = YoloLoss(anchors=3)
    >>> model.compile("adam", loss, metrics=loss.metrics())
    >>> history = model.fit(images, targets, verbose=0)
    >>> len(detect(model, images, tiny_yolo.ANCHORS))
    4
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from cnnlab.common.validate import check_choice, check_fraction, check_int, check_number, check_rank
from cnnlab.data.scenes import Scene
from cnnlab.detection import metrics, yolo
from cnnlab.detection.detections import Detections, GroundTruth
from cnnlab.detection.nms import survivors

TERMS = ("xy", "wh", "objectness", "no_objectness", "class")
LOW = 0.05  # AP ranks all detections, the unsure too; below this they only cost time
WEIGHTS = {"xy": 5.0, "wh": 5.0, "objectness": 1.0, "no_objectness": 1.0, "class": 3.0}


@keras.saving.register_keras_serializable(package="cnnlab")
class YoloLoss(keras.losses.Loss):
    """The loss of YOLO as a sum of five terms, each of which can be weighted or switched off.

    =================  =================================================================  ==========================
    term               is summed over                                                     and is
    =================  =================================================================  ==========================
    ``xy``             cells and anchors that hold an object                              squared error of x and y
    ``wh``             the same                                                           squared error of tw and th
    ``objectness``     the same                                                           cross-entropy with 1
    ``no_objectness``  all other cells and anchors                                        cross-entropy with 0
    ``class``          cells and anchors that hold an object, and the classes             their cross-entropies
    =================  =================================================================  ==========================

    A picture's loss is the weighted sum; a batch's is the mean over its pictures.

    Parameters
    ----------
    anchors : A, the number of anchors
    weights : of the terms, by name, >= 0; those not named keep their place in `WEIGHTS`, and 0 switches a term off
    name : of the loss

    Raises
    ------
    TypeError, ValueError
        For an unknown term or a weight that is no number >= 0.

    Notes
    -----
    The terms are those of Redmon et al., "You Only Look Once", 2016, equation 3, with the changes of YOLOv3 (2018):
    logarithms of the sizes instead of square roots, cross-entropies instead of squares for objectness and classes. Not
    taken over: YOLOv3 spares an anchor without an object whose *prediction* overlaps one by more than a half.

    Examples
    --------
    >>> loss = YoloLoss(anchors=1, weights={"class": 0})
    >>> nothing, wanted = np.zeros((1, 2, 2, 8)), np.zeros((1, 2, 2, 8))
    >>> round(float(loss(wanted, nothing)), 3)  # four empty cells, each ln 2
    2.773
    """

    def __init__(self, anchors: int, weights: Mapping[str, float] | None = None, name: str = "yolo_loss") -> None:
        super().__init__(name=name)
        self.anchors = check_int(anchors, "anchors", 1)
        self.weights = dict(WEIGHTS)
        for term, weight in (weights or {}).items():
            check_choice(term, "weights", TERMS)
            self.weights[term] = check_number(weight, f"weights[{term!r}]", 0)

    def terms(self, y_true: object, y_pred: object) -> dict[str, object]:
        """Each term of each picture, not weighted: name → (N,).

        Parameters
        ----------
        y_true : (N, rows, columns, A·(5 + C)), targets of `cnnlab.yolo.encode`, flattened as by `stack`
        y_pred : the same shape, a network's raw outputs
        """
        return {term: _term(term, y_true, y_pred, self.anchors) for term in TERMS}

    def call(self, y_true: object, y_pred: object) -> object:
        """The weighted sum, (N,)."""
        total = ops.zeros_like(y_pred[:, 0, 0, 0])  # for the curious who switch off everything
        for term, weight in self.weights.items():
            if weight:
                total = total + weight * _term(term, y_true, y_pred, self.anchors)
        return total

    def metrics(self) -> list[keras.metrics.Metric]:
        """A metric for each term: its mean over pictures, not weighted, by the term's name."""
        return [LossTerm(term, self.anchors) for term in TERMS]

    def get_config(self) -> dict[str, object]:
        """For saving."""
        return {"anchors": self.anchors, "weights": self.weights, "name": self.name}


@keras.saving.register_keras_serializable(package="cnnlab")
class LossTerm(keras.metrics.Mean):
    """One term of `YoloLoss` as a metric: its mean over the pictures of an epoch, not weighted.

    Parameters
    ----------
    term : one of `TERMS`
    anchors : A, the number of anchors
    name : by default the term's
    **kwargs : of `keras.metrics.Mean`

    Examples
    --------
    >>> metric = LossTerm("no_objectness", anchors=1)
    >>> metric.update_state(np.zeros((1, 2, 2, 8)), np.zeros((1, 2, 2, 8)))
    >>> round(float(metric.result()), 3)
    2.773
    """

    def __init__(self, term: str, anchors: int, name: str | None = None, **kwargs) -> None:
        super().__init__(name=name or term, **kwargs)
        self.term, self.anchors = check_choice(term, "term", TERMS), anchors

    def update_state(self, y_true: object, y_pred: object, sample_weight: object = None) -> None:
        """Take in the term of each picture of a batch."""
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        super().update_state(_term(self.term, y_true, y_pred, self.anchors), sample_weight)

    def get_config(self) -> dict[str, object]:
        """For saving."""
        return {**super().get_config(), "term": self.term, "anchors": self.anchors}


def _term(term: str, y_true: object, y_pred: object, anchors: int) -> object:
    """One term of each picture, (N,). Alone, so that nothing else is computed for it."""
    rows, columns, channels = y_pred.shape[1:]
    true, raw = (ops.reshape(y, (-1, rows, columns, anchors, channels // anchors)) for y in (y_true, y_pred))
    present = true[..., yolo.OBJECTNESS]  # (N, rows, columns, A): 1 where an object is
    if term == "xy":
        place = slice(yolo.X, yolo.W)
        values = present * ops.sum(ops.square(ops.sigmoid(raw[..., place]) - true[..., place]), axis=-1)
    elif term == "wh":
        place = slice(yolo.W, yolo.OBJECTNESS)
        values = present * ops.sum(ops.square(raw[..., place] - true[..., place]), axis=-1)
    elif term == "class":
        classes = slice(yolo.CLASSES, None)
        values = present * ops.sum(_cross_entropy(true[..., classes], raw[..., classes]), axis=-1)
    else:
        counted = present if term == "objectness" else 1 - present
        values = counted * _cross_entropy(present, raw[..., yolo.OBJECTNESS])
    return ops.sum(values, axis=(1, 2, 3))


def _cross_entropy(true: object, logit: object) -> object:
    return ops.softplus(logit) - logit * true  # −ln σ(z) where true is 1, −ln(1 − σ(z)) where it is 0


def stack(scenes: Sequence[Scene], anchors: np.ndarray, grid: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, int]:
    """Scenes as arrays for ``model.fit``.

    Parameters
    ----------
    scenes : at least one, all of one size and with the same classes
    anchors : (A, 2) widths and heights in pixels
    grid : (rows, columns)

    Returns
    -------
    images : (N, H, W, 3) float32
    targets : (N, rows, columns, A·(5 + C)) float32
    unassigned : how many objects found no place, see `cnnlab.yolo.encode`

    Examples
    --------
    >>> from cnnlab.data.scenes import scenes
    >>> images, targets, unassigned = stack(scenes(2, seed=0), [(20, 20), (36, 36)], grid=(6, 6))
    >>> images.shape, targets.shape, unassigned
    ((2, 96, 96, 3), (2, 6, 6, 16), 0)
    """
    size, names = _common(scenes)
    encoded = [yolo.encode(one.boxes, one.labels, anchors, grid, len(names), size) for one in scenes]
    targets = np.stack([grid_of_one for grid_of_one, _ in encoded]).astype(np.float32)
    images = np.stack([one.image for one in scenes])
    return images, targets.reshape(*targets.shape[:3], -1), sum(len(lost) for _, lost in encoded)


def _common(scenes: Sequence[Scene]) -> tuple[tuple[int, int], tuple[str, ...]]:
    """The (height, width) and the class names that all `scenes` have."""
    if not len(scenes):
        raise ValueError("`scenes` must hold at least one scene. Received: none")
    size, names = scenes[0].image.shape[:2], scenes[0].class_names
    for one in scenes:
        if one.image.shape[:2] != size or one.class_names != names:
            raise ValueError("`scenes` must all have one size and the same classes")
    return size, names


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
        _common(scenes)
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


@dataclass(frozen=True, eq=False)
class Mistakes:
    """What went wrong in one picture.

    Attributes
    ----------
    picture : its number
    missed : (M,) int64, rows of the ground truth that nothing found
    wrong : (K,) int64, rows of the detections that found nothing: wrong place, wrong class, or too late
    """

    picture: int
    missed: np.ndarray
    wrong: np.ndarray


def worst_mistakes(
    detections: Sequence[Detections],
    ground_truth: Sequence[GroundTruth],
    count: int | None = None,
    iou_threshold: float = 0.5,
) -> list[Mistakes]:
    """The pictures with most mistakes first; those without any are left out.

    Parameters
    ----------
    detections, ground_truth : one of each for every picture
    count : at most this many, >= 1; None for all
    iou_threshold : of a hit, see `cnnlab.metrics.match`

    Examples
    --------
    >>> truth = GroundTruth([[0, 0, 10, 10]], [1])
    >>> right, wrong = Detections([[0, 0, 10, 9]], [0.9], [1]), Detections([[0, 0, 10, 9]], [0.9], [2])
    >>> worst_mistakes([right, wrong], [truth, truth])[0].picture
    1
    """
    if len(detections) != len(ground_truth):
        raise ValueError(
            f"`ground_truth` must have one record for each picture, {len(detections)}. Received: {len(ground_truth)}"
        )
    if count is not None:
        check_int(count, "count", 1)
    mistakes = []
    for number, (some, truth) in enumerate(zip(detections, ground_truth, strict=True)):
        result = metrics.match(some, truth, iou_threshold)
        wrong = np.flatnonzero(~result.right & ~result.ignored)
        if len(wrong) or len(result.missed):
            mistakes.append(Mistakes(number, result.missed, wrong))
    return sorted(mistakes, key=lambda one: -len(one.missed) - len(one.wrong))[:count]  # stable
