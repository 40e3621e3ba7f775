"""What a detector says about one picture, and what is really in it.

Both are records of arrays with one row for each box. They are checked when made and cannot be changed afterwards, so
that code behind them need not look again. The rules for boxes are those of `cnnlab.boxes.check`.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from cnnlab.arithmetic import overlap
from cnnlab.arithmetic.boxes import check as check_boxes
from cnnlab.common.validate import check_rank

LAST_LABEL = 2**31 - 1  # leaves room to number pairs of class and picture
Record = TypeVar("Record", bound="Rows")


class Rows:
    """A frozen dataclass of arrays with one row for each box: ``len`` counts them, an index picks them.

    The index is a mask, whole numbers, a slice, or one whole number for a record of one row.
    """

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self: Record, index: object) -> Record:
        rows = np.atleast_1d(np.arange(len(self))[index])
        some = copy.copy(self)  # not made anew: its rows were checked when this record was made
        for name, array in vars(self).items():
            if isinstance(array, np.ndarray):
                picked = array[rows]
                picked.flags.writeable = False
                object.__setattr__(some, name, picked)
        return some


@dataclass(frozen=True, eq=False)
class Detections(Rows):
    """Boxes found in one picture, each with its score and its class.

    Parameters
    ----------
    boxes : shape (N, 4), xyxy, pixels
    scores : shape (N,), finite; usually 0 … 1
    labels : shape (N,), class numbers >= 0
    names : the classes' names, if known; ``names[label]`` must exist for every label

    Raises
    ------
    TypeError, ValueError
        A bad box, lengths that differ, a score that is not finite, a label that is no class.

    Examples
    --------
    >>> found = Detections([[0, 0, 9, 9], [5, 5, 20, 9]], [0.9, 0.4], [1, 0], names=("circle", "square"))
    >>> len(found)
    2
    >>> found[found.scores > 0.5].boxes
    array([[0., 0., 9., 9.]])
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    names: Sequence[str] = ()

    def __post_init__(self) -> None:
        boxes = check_boxes(self.boxes)
        scores = check_scores(self.scores, len(boxes))
        labels = check_labels(self.labels, len(boxes))
        if isinstance(self.names, str):
            raise TypeError(f"`names` must be a sequence of names, one for each class. Received: {self.names!r}")
        names = tuple(self.names)
        if names and (labels >= len(names)).any():
            raise ValueError(
                f"`labels` must be less than the number of `names`, {len(names)}. Received: {labels.max()}"
            )
        _freeze(self, boxes=boxes, scores=scores, labels=labels)
        object.__setattr__(self, "names", names)


@dataclass(frozen=True, eq=False)
class GroundTruth(Rows):
    """The boxes that are really in one picture.

    Parameters
    ----------
    boxes : shape (N, 4), xyxy, pixels
    labels : shape (N,), class numbers >= 0
    crowd
        shape (N,), True where one box stands for a group too dense to be told apart (COCO's ``iscrowd``): what is
        found inside counts neither for nor against the detector. None means no box
    ignore : shape (N,), True where finding the box or missing it does not count (VOC's *difficult*). None means no box
    areas : shape (N,), square pixels, what "small" and "large" go by; COCO takes the mask's area. None means the box's

    Raises
    ------
    TypeError, ValueError
        A bad box, lengths that differ, a label that is no class, an area that is negative or not finite.

    Examples
    --------
    >>> truth = GroundTruth([[0, 0, 10, 10], [20, 0, 50, 30]], [0, 1], crowd=[False, True])
    >>> truth.areas
    array([100., 900.])
    >>> truth[~truth.crowd].labels
    array([0])
    """

    boxes: np.ndarray
    labels: np.ndarray
    crowd: np.ndarray | None = None
    ignore: np.ndarray | None = None
    areas: np.ndarray | None = None

    def __post_init__(self) -> None:
        boxes = check_boxes(self.boxes)
        _freeze(
            self,
            boxes=boxes,
            labels=check_labels(self.labels, len(boxes)),
            crowd=_flags(self.crowd, "crowd", len(boxes)),
            ignore=_flags(self.ignore, "ignore", len(boxes)),
            areas=overlap.area(boxes) if self.areas is None else _areas(self.areas, len(boxes)),
        )


def check_scores(scores: np.ndarray, count: int) -> np.ndarray:
    """Return `scores` as float64 of shape (count,), refusing what is not finite.

    >>> check_scores([1, 0.5], 2)
    array([1. , 0.5])
    """
    scores = _column(scores, "scores", count).astype(np.float64, copy=False)
    _refuse(scores, ~np.isfinite(scores), "`scores` must be finite")
    return scores


def check_labels(labels: np.ndarray, count: int) -> np.ndarray:
    """Return `labels` as int64 of shape (count,), refusing fractions, negative numbers and those above 2³¹ - 1.

    >>> check_labels([0, 3], 2)
    array([0, 3])
    """
    labels = _column(labels, "labels", count)
    if labels.dtype.kind not in "iu" and labels.size:  # an empty list has no dtype of its own
        raise TypeError(f"`labels` must be whole numbers, the classes. Received: dtype {labels.dtype}")
    _refuse(labels, (labels < 0) | (labels > LAST_LABEL), f"`labels` must be from 0 to {LAST_LABEL}")
    return labels.astype(np.int64, copy=False)


def _column(values: object, name: str, count: int) -> np.ndarray:
    values = check_rank(values, name, {1: "(N,)"})
    if len(values) != count:
        raise ValueError(f"`{name}` must have one value for each of the {count} boxes. Received: {len(values)}")
    return values


def _refuse(values: np.ndarray, wrong: np.ndarray, rule: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"{rule}. Received: {values[row]} in row {row}")


def _flags(values: object, name: str, count: int) -> np.ndarray:
    if values is None:
        return np.zeros(count, bool)
    values = _column(values, name, count)
    if not np.isin(values, (0, 1)).all():
        raise ValueError(f"`{name}` must hold True and False. Received: {values.tolist()}")
    return values.astype(bool)


def _areas(values: object, count: int) -> np.ndarray:
    values = _column(values, "areas", count).astype(np.float64, copy=False)
    _refuse(values, ~(np.isfinite(values) & (values >= 0)), "`areas` must be finite and >= 0")
    return values


def _freeze(record: object, **arrays: np.ndarray) -> None:
    for name, array in arrays.items():
        array = array.copy()  # the caller may change theirs
        array.flags.writeable = False
        object.__setattr__(record, name, array)
