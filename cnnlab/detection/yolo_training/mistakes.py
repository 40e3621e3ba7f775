"""What a detector missed and what it made up, the worst pictures first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnlab.common.validate import check_int
from cnnlab.detection import metrics
from cnnlab.detection.detections import Detections, GroundTruth


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
