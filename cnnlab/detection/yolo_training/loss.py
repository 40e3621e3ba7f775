"""The loss of YOLO, term by term, and each term as a metric.

The numbers and their order are those of `cnnlab.yolo`; a model's output is flat, (N, rows, columns, A·(5 + C)), as in
Darknet. One grid only.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
from keras import ops

from cnnlab.common.validate import check_choice, check_int, check_number
from cnnlab.detection import yolo

TERMS = ("xy", "wh", "objectness", "no_objectness", "class")
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
    ``no_objectness``  all other cells and anchors, but for those that do not count       cross-entropy with 0
    ``class``          cells and anchors that hold an object, and the classes             their cross-entropies
    =================  =================================================================  ==========================

    A picture's loss is the weighted sum; a batch's is the mean over its pictures. A slot whose objectness in the
    targets is −1 counts in no term: nobody knows, or nobody asks, whether something is there.

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
    >>> import numpy as np
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
    >>> import numpy as np
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
    known = true[..., yolo.OBJECTNESS]  # (N, rows, columns, A): 1 where an object is, −1 where it does not count
    present = ops.maximum(known, 0)
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
        counted = present if term == "objectness" else 1 - ops.abs(known)
        values = counted * _cross_entropy(present, raw[..., yolo.OBJECTNESS])
    return ops.sum(values, axis=(1, 2, 3))


def _cross_entropy(true: object, logit: object) -> object:
    return ops.softplus(logit) - logit * true  # −ln σ(z) where true is 1, −ln(1 − σ(z)) where it is 0
