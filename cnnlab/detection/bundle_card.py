"""How good a detector is, class by class, which score its boxes need to be shown, and the page that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnlab.common.validate import check_fraction
from cnnlab.detection import metrics
from cnnlab.detection.detections import Detections, GroundTruth

IOU = 0.5  # of a box that counts as right
_FEW = 20  # objects of a class, below which its AP says little


@dataclass(frozen=True)
class Threshold:
    """A score threshold, and what it does on the pictures that it was chosen on.

    Attributes
    ----------
    score : boxes with a lower score are left out
    precision : share of the boxes shown that are right
    recall : share of the objects that a box is right about
    """

    score: float
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both; 0 where nothing is right."""
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-12)


def best_threshold(detections: Sequence[Detections], ground_truth: Sequence[GroundTruth]) -> Threshold:
    """The score threshold with the highest F1 over all boxes and classes, an overlap of 0.5 counting as right.

    Choose it on the validation pictures: chosen on those that judge the detector, it would flatter it.

    Parameters
    ----------
    detections, ground_truth : one record for each picture; the detections down to a low score, 0.01 say

    Returns
    -------
    Threshold
        Halfway between the last score shown and the first that is not, so that small differences between machines do
        not matter. Without anything right the score is 0.25, Darknet's own.

    Examples
    --------
    Three boxes, two objects: above 0.8 half of the objects are found; above 0.5 both, and all that is shown is right.

    >>> truth = GroundTruth([[0, 0, 10, 10], [20, 0, 30, 10]], [0, 0])
    >>> found = Detections([[0, 0, 10, 10], [20, 0, 30, 10], [50, 0, 60, 10]], [0.9, 0.7, 0.3], [0, 0, 0])
    >>> best_threshold([found], [truth])
    Threshold(score=0.5, precision=1.0, recall=1.0)
    """
    scores, right, objects = _outcomes(detections, ground_truth)
    if not objects or not right.any():
        return Threshold(0.25, float("nan"), 0.0 if objects else float("nan"))
    order = np.argsort(-scores, kind="stable")
    scores, hits = scores[order], np.cumsum(right[order])
    shown = np.arange(1, len(hits) + 1)
    f1 = 2 * hits / (shown + objects)
    f1[:-1][scores[:-1] == scores[1:]] = -1  # no threshold parts equal scores
    best = int(np.argmax(f1))
    next_score = scores[best + 1] if best + 1 < len(scores) else 0.0
    return Threshold(float(scores[best] + next_score) / 2, float(hits[best] / shown[best]), float(hits[best] / objects))


def at_threshold(detections: Sequence[Detections], ground_truth: Sequence[GroundTruth], score: float) -> Threshold:
    """Precision and recall over all boxes and classes at a threshold; NaN where nothing is shown, or nothing is there.

    Examples
    --------
    >>> truth = GroundTruth([[0, 0, 10, 10], [20, 0, 30, 10]], [0, 0])
    >>> at_threshold([Detections([[0, 0, 10, 10]], [0.9], [0])], [truth], 0.5)
    Threshold(score=0.5, precision=1.0, recall=0.5)
    """
    score = check_fraction(score, "score")
    scores, right, objects = _outcomes([some[some.scores >= score] for some in detections], ground_truth)
    hits = int(np.count_nonzero(right))
    return Threshold(score, hits / len(scores) if len(scores) else np.nan, hits / objects if objects else np.nan)


def _outcomes(
    detections: Sequence[Detections], ground_truth: Sequence[GroundTruth]
) -> tuple[np.ndarray, np.ndarray, int]:
    """Scores of all boxes that count, whether each is right, and how many objects there are to find."""
    scores, right, objects = [np.empty(0)], [np.empty(0, bool)], 0
    for found, truth in zip(detections, ground_truth, strict=True):
        result = metrics.match(found, truth, IOU)
        counts = ~result.ignored
        scores.append(found.scores[counts])
        right.append(result.right[counts])
        objects += int(np.count_nonzero(~(truth.crowd | truth.ignore)))
    return np.concatenate(scores), np.concatenate(right), objects


def ap_table(
    detections: Sequence[Detections], ground_truth: Sequence[GroundTruth], class_names: Sequence[str]
) -> list[tuple[str, int, int, float]]:
    """AP of each class at an overlap of 0.5, with what it was measured on.

    Returns
    -------
    list
        One row for each class: its name, its objects that count, the pictures that have one, and AP, NaN without any.

    Examples
    --------
    >>> truth = GroundTruth([[0, 0, 10, 10]], [1])
    >>> ap_table([Detections([[0, 0, 10, 10]], [0.9], [1])], [truth], ["cat", "dog"])
    [('cat', 0, 0, nan), ('dog', 1, 1, 1.0)]
    """
    ap = metrics.average_precision_per_class(list(detections), list(ground_truth), IOU)
    labels = [truth.labels[~(truth.crowd | truth.ignore)] for truth in ground_truth]
    return [
        (
            name,
            sum(int(np.count_nonzero(some == label)) for some in labels),
            sum(bool((some == label).any()) for some in labels),
            ap.get(label, float("nan")),
        )
        for label, name in enumerate(class_names)
    ]


def mean_ap(rows: Sequence[tuple[str, int, int, float]]) -> float:
    """mAP@.5: the mean over the classes of a table that have objects; NaN if none has.

    >>> mean_ap([("cat", 3, 2, 0.5), ("dog", 0, 0, float("nan")), ("owl", 1, 1, 1.0)])
    0.75
    """
    values = [ap for *_, ap in rows if not np.isnan(ap)]
    return float(np.mean(values)) if values else float("nan")


def detector_card(
    title: str,
    *,
    data: str,
    training: str,
    judged: str,
    rows: Sequence[tuple[str, int, int, float]],
    threshold: Threshold,
    limits: Sequence[str],
) -> str:
    """The page that goes with a detector: what it was made from, how good it is, what it cannot do.

    Parameters
    ----------
    title : what it is called
    data : what it was trained on, how much of it, what was left out: `BoxDataset.report` says it
    training : how it was trained, in words
    judged : which pictures the figures are from, in words that go on from "measured on"
    rows : from `ap_table`
    threshold : from `at_threshold` or `best_threshold`
    limits : what a user must know, at least one sentence

    Returns
    -------
    str
        Markdown. Classes with fewer than 20 objects are named: their AP says little.

    Examples
    --------
    >>> text = detector_card("Pets", data="20 photos.", training="60 epochs.", judged="5 test pictures.",
    ...                      rows=[("cat", 3, 2, 0.5), ("dog", 40, 9, 1.0)], threshold=Threshold(0.4, 0.9, 0.75),
    ...                      limits=["Two breeds only."])
    >>> print(text.split("## How good it is")[1].split("## Limits")[0].strip())
    mAP@.5 0.75, measured on 5 test pictures.
    <BLANKLINE>
    | class | objects | pictures | AP@.5 |
    |---|---|---|---|
    | cat | 3 | 2 | 0.50 |
    | dog | 40 | 9 | 1.00 |
    <BLANKLINE>
    Boxes with a score below 0.40 are left out. Of those shown, a share of 0.90 is right; of the objects, a share of 0.75 is found.
    <BLANKLINE>
    Measured on fewer than 20 objects, so that its AP says little: cat (3).
    """  # noqa: E501
    if isinstance(limits, str) or not list(limits):
        raise ValueError(f"`limits` must be at least one sentence: every detector has limits. Received: {limits!r}")
    cells = [(_in_a_cell(name), objects, pictures, _shown(ap)) for name, objects, pictures, ap in rows]
    lines = [f"| {name} | {objects:,} | {pictures:,} | {ap} |" for name, objects, pictures, ap in cells]
    few = [f"{name} ({objects})" for name, objects, *_ in cells if objects < _FEW]
    more = f" and {len(few) - 10} more" if len(few) > 10 else ""
    doubt = f"Measured on fewer than {_FEW} objects, so that its AP says little: {', '.join(few[:10])}{more}."
    return "\n\n".join(
        [
            f"# {title}",
            f"**Classes.** {', '.join(name for name, *_ in cells)}.",
            f"## Data\n\n{data}",
            f"## Training\n\n{training}",
            f"## How good it is\n\nmAP@.5 {_shown(mean_ap(rows))}, measured on {judged}",
            "\n".join(["| class | objects | pictures | AP@.5 |", "|---|---|---|---|", *lines]),
            f"Boxes with a score below {threshold.score:.2f} are left out. Of those shown, a share of "
            f"{_shown(threshold.precision)} is right; of the objects, a share of {_shown(threshold.recall)} is found.",
            *([doubt] if few else []),
            "## Limits\n\n" + "\n".join(f"- {limit}" for limit in limits) + "\n",
        ]
    )


def _shown(share: float) -> str:
    return "–" if np.isnan(share) else f"{share:.2f}"


def _in_a_cell(name: str) -> str:
    """A bar or a new line in a class's name would end the cell."""
    return " ".join(name.split()).replace("|", "\\|")
