"""A detector that was trained here: pictures in, boxes out, judged on other pictures, and saved."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras
import numpy as np

from cnnlab.common.errors import FileNote
from cnnlab.detection import darknet, metrics
from cnnlab.detection.detections import Detections
from cnnlab.detection.yolo_training.mistakes import Mistakes, worst_mistakes
from cnnlab.detection.yolo_training.watching import LOW


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a detector is worth on the labelled pictures of a data set.

    Attributes
    ----------
    map50 : mAP@.5, NaN without an object
    per_class : name → AP@.5, of the classes that occur
    counts : name → how many objects of that class there are to be found
    rows : (N,) int64, which pictures of the data set were judged
    detections : N records with all boxes of a score of `LOW` or more
    mistakes : of the pictures with any at `score_threshold`, most first; ``picture`` is a row of the data set
    best : rows of the pictures without a mistake, those with most objects first
    score_threshold : at which mistakes were counted
    """

    map50: float
    per_class: dict[str, float]
    counts: dict[str, int]
    rows: np.ndarray
    detections: list[Detections]
    mistakes: list[Mistakes]
    best: list[int]
    score_threshold: float


@dataclass(frozen=True, eq=False)
class TrainedDetector:
    """What `fit_detector` returns.

    Attributes
    ----------
    model : (N, H, W, 3) from 0 to 1 → (N, rows, columns, A·(5 + C)), with the weights of the best epoch
    anchors : (A, 2) widths and heights in pixels of the network's input
    class_names : of the C classes
    image_size : (height, width) of the network's input
    history : name → one number for each epoch: ``"loss"`` and its terms, ``"map50"`` on the validation pictures …
    best_epoch : whose weights these are, from 1
    map50 : its mAP@.5 on the validation pictures
    score_threshold : the score from which on the F1 on the validation pictures was highest; what a call uses
    notes : pictures that were left out, and why
    settings : what it was trained with
    finished : False if an interrupt or a callback ended it early
    """

    model: keras.Model
    anchors: np.ndarray
    class_names: tuple[str, ...]
    image_size: tuple[int, int]
    history: Mapping[str, list[float]]
    best_epoch: int
    map50: float
    score_threshold: float
    notes: tuple[FileNote, ...] = ()
    settings: Mapping[str, object] | None = None
    finished: bool = True

    @cached_property
    def detector(self) -> darknet.Detector:
        """The same network as a `darknet.Detector`, read back from Darknet's own files; it letterboxes."""
        with tempfile.TemporaryDirectory() as folder:
            files = Path(folder, "detector.cfg"), Path(folder, "detector.weights")
            darknet.export(self.model, *files, anchors=self.anchors)
            return darknet.load(*files, names=self.class_names, letterbox=True)

    def __call__(self, image: np.ndarray, score_threshold: float | None = None, **options: object) -> Detections:
        """Find the objects in one picture of any size, see `darknet.Detector`; boxes are in its own pixels."""
        return self.batch([image], score_threshold, **options)[0]

    def batch(
        self, images: Iterable[np.ndarray], score_threshold: float | None = None, **options: object
    ) -> list[Detections]:
        """The same for several pictures, each of its own size."""
        threshold = self.score_threshold if score_threshold is None else score_threshold
        return self.detector.batch(images, threshold, **options)

    def detect(self, data: object, score_threshold: float | None = None, **options: object) -> list[Detections]:
        """The same for every picture of a `BoxDataset`, one at a time: a network is compiled for one shape only."""
        return [self(data.image(row), score_threshold, **options) for row in range(len(data))]

    def judge(self, data: object, score_threshold: float | None = None) -> Judgement:
        """AP of each class on the labelled pictures of a `BoxDataset`, and its mistakes. The smallest box counts too.

        Parameters
        ----------
        data : pictures that were not trained on, with the same classes
        score_threshold : at which mistakes are counted; by default the detector's own

        Raises
        ------
        ValueError
            If the classes differ, or no picture is labelled.
        """
        if tuple(data.class_names) != self.class_names:
            raise ValueError(f"`data` must have the classes {self.class_names}. Received: {tuple(data.class_names)}")
        threshold = self.score_threshold if score_threshold is None else score_threshold
        rows = np.flatnonzero(data.labelled)
        if not len(rows):
            raise ValueError(f"`data` must hold labelled pictures. Received: {len(data)} without labels")
        some = data[rows]
        found, truths = self.detect(some, LOW), list(some.truths)
        per_class = metrics.average_precision_per_class(found, truths, 0.5)
        labels = np.concatenate([truth.labels[~(truth.crowd | truth.ignore)] for truth in truths])
        sure = [one[one.scores >= threshold] for one in found]
        mistakes = worst_mistakes(sure, truths)
        wrong = {one.picture for one in mistakes}
        best = sorted((n for n in range(len(rows)) if n not in wrong), key=lambda n: -len(truths[n]))
        return Judgement(
            metrics.mean_average_precision(found, truths, 0.5),
            {self.class_names[label]: value for label, value in per_class.items()},
            {name: int((labels == number).sum()) for number, name in enumerate(self.class_names)},
            rows,
            found,
            [Mistakes(int(rows[one.picture]), one.missed, one.wrong) for one in mistakes],
            [int(rows[n]) for n in best],
            threshold,
        )

    def save(self, folder: str | os.PathLike[str], **options: object) -> Path:
        """Write it as a bundle that ``cnnlab detect --model`` runs, see `cnnlab.detection.bundle.save`."""
        from cnnlab.detection import bundle  # noqa: PLC0415 - it reads what is saved here

        return bundle.save(self, folder, **options)


def best_threshold(detections: Sequence[Detections], truths: Sequence[object]) -> float:
    """The score from which on to show boxes, so that the F1 over all of them is highest; 0.25 where nothing is right.

    It lies half way between the last score that is shown and the next, so that rounding changes nothing.

    Examples
    --------
    >>> from cnnlab.detection.detections import GroundTruth
    >>> found = Detections([[0, 0, 9, 9], [20, 0, 29, 9], [50, 0, 59, 9]], [0.9, 0.6, 0.4], [0, 0, 0])
    >>> best_threshold([found], [GroundTruth([[0, 0, 9, 9], [20, 0, 29, 9]], [0, 0])])
    0.5
    """
    scores, right, wanted = [], [], 0
    for some, truth in zip(detections, truths, strict=True):
        result = metrics.match(some, truth)
        scores.append(some.scores[~result.ignored])
        right.append(result.right[~result.ignored])
        wanted += int((~(truth.crowd | truth.ignore)).sum())
    scores, right = np.concatenate(scores), np.concatenate(right)
    if not right.any():
        return 0.25
    order = np.argsort(-scores, kind="stable")
    f1 = 2 * np.cumsum(right[order]) / (np.arange(len(order)) + 1 + wanted)
    ranked = np.append(scores[order], 0.0)
    last = len(f1) - 1 - f1[::-1].argmax()
    return float(ranked[last : last + 2].mean())
