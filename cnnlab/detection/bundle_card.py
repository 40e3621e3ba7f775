"""The page that goes with a detector: what it was made from, how good it is class by class, what it cannot do."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnnlab.common.validate import check_fraction
from cnnlab.detection import metrics
from cnnlab.detection.detections import Detections, GroundTruth

_FEW = 20  # objects of a class, below which its AP says little
_LISTED = 10  # of those classes


class Shares(NamedTuple):
    """Of the boxes shown, the share that is right; of the objects, the share found. NaN where there are none."""

    precision: float
    recall: float


def shares(detections: Sequence[Detections], ground_truth: Sequence[GroundTruth], score_threshold: float) -> Shares:
    """Precision and recall over all boxes and classes at a score threshold, an overlap of 0.5 counting as right.

    Parameters
    ----------
    detections, ground_truth : one record for each picture
    score_threshold : boxes with a lower score are left out, 0 to 1

    Examples
    --------
    >>> truth = GroundTruth([[0, 0, 10, 10], [20, 0, 30, 10]], [0, 0])
    >>> shares([Detections([[0, 0, 10, 10]], [0.9], [0])], [truth], 0.5)
    Shares(precision=1.0, recall=0.5)
    """
    check_fraction(score_threshold, "score_threshold")
    hits = shown = objects = 0
    for found, truth in zip(detections, ground_truth, strict=True):
        result = metrics.match(found[found.scores >= score_threshold], truth)
        hits += int(result.right.sum())
        shown += int((~result.ignored).sum())
        objects += int((~(truth.crowd | truth.ignore)).sum())
    return Shares(hits / shown if shown else np.nan, hits / objects if objects else np.nan)


def ap_table(per_class: dict[str, float], counts: dict[str, int], pad: bool = False) -> list[str]:
    """AP of each class with the number of objects that it was measured on, as the lines of a table in Markdown.

    Parameters
    ----------
    per_class, counts : of a `cnnlab.yolo_training.Judgement`
    pad : fill the columns up with blanks, so that it is a table in a terminal too

    Examples
    --------
    >>> print("\\n".join(ap_table({"cat": 0.5}, {"cat": 31, "red panda": 0}, pad=True)))
    | class     | objects | AP@.5 |
    |-----------|---------|-------|
    | cat       |      31 |  0.50 |
    | red panda |       0 |     – |
    """
    rows = [(in_a_cell(name), f"{count:,}", said(per_class.get(name, np.nan))) for name, count in counts.items()]
    head = "class", "objects", "AP@.5"
    wide = [max(map(columns, column)) if pad else 0 for column in zip(head, *rows, strict=True)]
    lines = [f"| {a}{' ' * (wide[0] - columns(a))} | {b:>{wide[1]}} | {c:>{wide[2]}} |" for a, b, c in (head, *rows)]
    rule = "|".join("-" * (width + 2) if pad else "---" for width in wide)
    return [lines[0], f"|{rule}|", *lines[1:]]


def detector_card(
    title: str,
    *,
    data: str,
    training: str,
    judged: str,
    map50: float,
    per_class: dict[str, float],
    counts: dict[str, int],
    score_threshold: float,
    at_threshold: Shares,
    limits: Sequence[str],
) -> str:
    """Write the page.

    Parameters
    ----------
    title : what it is called
    data : what it was trained on, how much of it, what was left out: `BoxDataset.report` says it
    training : how it was trained, in words
    judged : which pictures the figures are from, in words that go on from "measured on"
    map50, per_class, counts, score_threshold : of a `cnnlab.yolo_training.Judgement`
    at_threshold : from `shares`
    limits : what a user must know, at least one sentence

    Returns
    -------
    str
        Markdown. Classes with fewer than 20 objects are named: their AP says little.

    Examples
    --------
    >>> text = detector_card("Pets", data="20 photos.", training="60 epochs.", judged="5 test pictures.", map50=0.75,
    ...                      per_class={"cat": 0.5, "dog": 1.0}, counts={"cat": 3, "dog": 40}, score_threshold=0.4,
    ...                      at_threshold=Shares(0.9, 0.75), limits=["Two breeds only."])
    >>> print(text.split("## How good it is")[1].split("## Limits")[0].strip())
    mAP@.5 0.75, measured on 5 test pictures.
    <BLANKLINE>
    | class | objects | AP@.5 |
    |---|---|---|
    | cat | 3 | 0.50 |
    | dog | 40 | 1.00 |
    <BLANKLINE>
    Boxes with a score below 0.40 are left out. Of the boxes shown, a share of 0.90 is right; of the objects, a share of 0.75 is found.
    <BLANKLINE>
    Fewer than 20 objects, too few for a reliable AP: cat (3).
    """  # noqa: E501
    if isinstance(limits, str) or not list(limits):
        raise ValueError(f"`limits` must be at least one sentence: every detector has limits. Received: {limits!r}")
    few = [f"{in_a_cell(name)} ({count})" for name, count in counts.items() if count < _FEW]
    more = f" and {len(few) - _LISTED} more" if len(few) > _LISTED else ""
    doubt = f"Fewer than {_FEW} objects, too few for a reliable AP: {', '.join(few[:_LISTED])}{more}."
    precision, recall = map(said, at_threshold)
    return "\n\n".join(
        [
            f"# {title}",
            f"**Classes.** {', '.join(map(in_a_cell, counts))}.",
            f"## Data\n\n{data}",
            f"## Training\n\n{training}",
            f"## How good it is\n\nmAP@.5 {said(map50)}, measured on {judged}",
            "\n".join(ap_table(per_class, counts)),
            f"Boxes with a score below {score_threshold:.2f} are left out. Of the boxes shown, a share of {precision} "
            f"is right; of the objects, a share of {recall} is found.",
            *([doubt] if few else []),
            "## Limits\n\n" + "\n".join(f"- {limit}" for limit in limits) + "\n",
        ]
    )


def columns(text: str) -> int:
    """How wide a text is in a terminal: the letters of Chinese, Japanese and Korean take two columns, accents none.

    >>> columns("nut"), columns("나사")
    (3, 4)
    """
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.category(letter) in ("Mn", "Me", "Cf") for letter in text)


def said(share: float) -> str:
    """A share with two digits, and a dash for NaN."""
    return "–" if np.isnan(share) else f"{share:.2f}"


def in_a_cell(name: str) -> str:
    """A class's name on one line, and so that a bar in it does not end the cell of a table."""
    return " ".join(name.split()).replace("|", "\\|")
