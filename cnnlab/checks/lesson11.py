"""The exercises of lesson 11: boxes, targets and their loss, windows, IoU, suppression, average precision."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from cnnlab.checks.answers import Wrong, array
from cnnlab.checks.boxes_and_windows import crop, localization_loss, one_pass, target_vector
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Misreading
from cnnlab.checks.summary import Summary

__all__ = [
    "average_precision",
    "crop",
    "iou",
    "localization_loss",
    "nms",
    "nms_by_hand",
    "one_pass",
    "summary",
    "target_vector",
]

# --- intersection over union ------------------------------------------------------------------------------------------


_BOX_PAIRS = (
    ((1, 1, 5, 4), (3, 2, 7, 6)), ((0, 0, 4, 4), (0, 0, 4, 4)), ((0, 0, 10, 10), (2, 3, 6, 5)),
    ((0, 0, 4, 4), (6, 1, 9, 3)), ((0, 0, 4, 4), (1, 6, 3, 9)), ((0, 0, 4, 4), (6, 7, 9, 9)),
    ((0, 0, 4, 4), (4, 0, 8, 4)), ((2.5, 0, 5, 2), (3, 1, 6.5, 4)), ((0.2, 0.5, 0.7, 0.9), (0.3, 0.4, 0.9, 0.7)),
    ((7, 2, 11, 5), (1, 3, 9, 4)), ((3, 3, 3, 3), (3, 3, 3, 3)),
)  # fmt: skip


def _shared(a: tuple, b: tuple, held: tuple[int, ...] = (0, 1), end: int = 0) -> float:
    """The area of the overlap: its sides, `end` longer than they are, along the axes `held` at least 0."""
    sides = [min(a[k + 2], b[k + 2]) - max(a[k], b[k]) + end for k in (0, 1)]
    return float(np.prod([max(side, 0) if k in held else side for k, side in enumerate(sides)]))


def _area(box: tuple, end: int = 0) -> float:
    return (box[2] - box[0] + end) * (box[3] - box[1] + end)


def _ratio(inter: float, union: float) -> float:
    return inter / union if union else 0.0


def _over_union(inter: float, a: tuple, b: tuple, end: int = 0) -> float:
    return _ratio(inter, _area(a, end) + _area(b, end) - inter)


def _iou(a: tuple, b: tuple) -> float:
    return _over_union(_shared(a, b), a, b)


def _hull(a: tuple, b: tuple) -> tuple:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


class _NanForNoUnion(ByCases):
    """A division by a union of 0 raises with Python's numbers and gives nan with NumPy's: one mistake."""

    def __call__(self, answer: object) -> str:
        def nan_for_no_union(a: tuple, b: tuple) -> object:
            try:
                return answer(a, b)
            except ZeroDivisionError:
                return np.nan

        return super().__call__(nan_for_no_union if callable(answer) else answer)


_IOU = _NanForNoUnion(
    truth=_iou,
    cases=_BOX_PAIRS,
    words="For a = {} and b = {}".format,
    misreadings=(
        Misreading(
            lambda a, b: _iou(a, b) if _area(a) else np.nan,
            "two boxes without area have a union of 0, and 0 / 0 is no number. Return 0 there.",
        ),
        Misreading(
            lambda a, b: _over_union(_shared(a, b, held=()), a, b),
            "the clamp at 0 is missing. These boxes are apart, so a side of the overlap is negative. Two negative "
            "sides even multiply to a positive area that is not there.",
        ),
        Misreading(
            lambda a, b: _over_union(max(_shared(a, b, held=()), 0), a, b),
            "the product is held at 0, and the two sides are not. Minus times minus is plus: hold each side at 0 "
            "first.",
        ),
        Misreading(
            lambda a, b: _iou(a, b) if _area(a) + _area(b) else 1.0, "two boxes without area share nothing: return 0."
        ),
        Misreading(
            lambda a, b: round(_iou(a, b), 2),
            "you rounded. Thresholds are compared with it: return the quotient as it is.",
        ),
        Misreading(
            lambda a, b: (
                _iou(a, b) - _ratio(_area(_hull(a, b)) - _area(a) - _area(b) + _shared(a, b), _area(_hull(a, b)))
            ),
            "that is GIoU, which falls below 0 where boxes are apart. Asked for is the IoU.",
        ),
        Misreading(
            lambda a, b: _over_union(_shared(a, b, held=(0,)), a, b),
            "the overlap in x is held at 0, and the one in y is not.",
        ),
        Misreading(
            lambda a, b: _over_union(_shared(a, b, held=(1,)), a, b),
            "the overlap in y is held at 0, and the one in x is not.",
        ),
        Misreading(
            lambda a, b: _over_union(abs(_shared(a, b, held=())), a, b),
            "a negative side was made positive. Boxes that are apart share nothing: hold each side at 0.",
        ),
        Misreading(
            lambda a, b: _ratio(_shared(a, b), _area(a) + _area(b)),
            "the union counts the overlap twice. Area a + area b contains it two times: subtract it once.",
        ),
        Misreading(
            lambda a, b: _ratio(_shared(a, b), _area(a) + _area(b) - 2 * _shared(a, b)),
            "the overlap was subtracted twice. Area a + area b contains it two times, and the union once.",
        ),
        Misreading(
            lambda a, b: _ratio(_shared(a, b), min(_area(a), _area(b))),
            "divided by the smaller box. Then a tiny box inside a large one would score 1.",
        ),
        Misreading(
            lambda a, b: _ratio(_shared(a, b), max(_area(a), _area(b))),
            "divided by the larger box. The union is what the two cover together.",
        ),
        Misreading(
            lambda a, b: _ratio(_shared(a, b), _area(a)),
            "divided by the first box alone. Swap the boxes and the answer changes; the IoU may not.",
        ),
        Misreading(
            lambda a, b: _ratio(_shared(a, b), _area(b)),
            "divided by the second box alone. Swap the boxes and the answer changes; the IoU may not.",
        ),
        Misreading(
            lambda a, b: _ratio(_shared(a, b), _area(_hull(a, b))),
            "divided by the box around both. The union leaves out the corners that neither covers.",
        ),
        Misreading(
            lambda a, b: _ratio(2 * _shared(a, b), _area(a) + _area(b)),
            "that is twice the overlap over the sum of the areas, the Dice coefficient. IoU divides by the union.",
        ),
        Misreading(
            lambda a, b: _over_union(_area(_hull(a, b)), a, b),
            "you took the box around both. The overlap begins at the LARGER of the two starts and ends at the SMALLER "
            "of the two ends.",
        ),
        Misreading(
            lambda a, b: _over_union(_shared(a, b, end=1), a, b, end=1),
            "1 is added to every side. Our boxes end where they end: a side is x2 − x1.",
        ),
        Misreading(
            lambda a, b: _iou(*((x, y, x + w, y + h) for x, y, w, h in (a, b))),
            "the boxes were read as x, y, width, height. They are x1, y1, x2, y2.",
        ),
        Misreading(lambda a, b: _shared(a, b), "that is the area of the overlap. Divide it by the area of the union."),
        Misreading(lambda a, b: 100 * _iou(a, b), "that is in per cent. The IoU is a number from 0 to 1."),
        Misreading(lambda a, b: 1 - _iou(a, b), "that is 1 − IoU, the distance. Equal boxes have an IoU of 1."),
    ),
    otherwise="Overlap in x, overlap in y, each at least 0; their product over the union.",
    praise="Right on eleven pairs: overlapping, equal, nested, apart, touching, and two boxes without any area.",
)


iou = Exercise(
    name="iou",
    solution_source="""
        def iou(a, b):
            width = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
            height = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
            overlap = width * height
            areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
            union = sum(areas) - overlap
            return overlap / union if union > 0 else 0.0
    """,
    hints=(
        "Do one axis at a time. Where does the overlap begin, and where does it end?",
        "It begins at the larger of the two starts and ends at the smaller of the two ends. It may be negative: use 0.",
        "overlap = width * height; union = area a + area b - overlap; and 0 if the union is 0.",
    ),
    diagnose=_IOU,
    mistakes=(
        Mistake(lambda a, b: _shared(a, b) / float(_area(a) + _area(b) - _shared(a, b)), "0 / 0 is no number"),
        Mistake(lambda a, b: np.float64(_shared(a, b)) / (_area(a) + _area(b) - _shared(a, b)), "Return 0"),
        Mistake(lambda a, b: 0.5, "Overlap in x"),
    ),
    why="Dividing by the union makes the measure independent of scale, and each pixel that only one box covers counts "
    "against it: 1 means equal, 0 nothing shared. A gap between the boxes shows as a negative side. Held at 0, it "
    "says that nothing is shared.",
)


# --- non-max suppression ----------------------------------------------------------------------------------------------

# A row of boxes 15 wide and 10 high: two that are k apart overlap by (15 − k) / (15 + k). The lesson prints this table.
HAND = (  # (left edge, class, pc)
    (8, "cat", 0.70), (0, "cat", 0.90), (60, "cat", 0.55), (1, "dog", 0.75), (4, "cat", 0.80), (45, "cat", 0.62),
    (40, "cat", 0.65),
)  # fmt: skip


def _suppress(
    ious: np.ndarray, scores: np.ndarray, labels: np.ndarray, threshold: float = 0.5, *, per_class: bool = True,
    chain: bool = False, inclusive: bool = False, ascending: bool = False,
) -> np.ndarray:  # fmt: skip
    """Greedy suppression, with each of the usual mistakes on request."""
    order = np.argsort(scores if ascending else -scores, kind="stable")
    kept: list[int] = []
    judges: list[int] = []  # the boxes that may suppress: the kept ones, or with `chain` every one before
    for i in order:
        rivals = [j for j in judges if not per_class or labels[j] == labels[i]]
        beaten = any(ious[i, j] >= threshold if inclusive else ious[i, j] > threshold for j in rivals)
        if not beaten:
            kept.append(int(i))
        if chain or not beaten:
            judges.append(int(i))
    return np.array(kept)


def _box_numbers(answer: object) -> np.ndarray:
    values = array(answer, None, "The list of box numbers")
    if values.ndim != 1:
        raise Wrong("The answer should be a list of box numbers, such as [1, 4].")
    if len(values) != len(set(values.tolist())) or not set(values.tolist()) <= set(range(len(HAND))):
        raise Wrong("Give each box that stays once, by its number from 0 to 6.")
    return values.astype(int)


nms_by_hand = Exercise(
    name="nms_by_hand",
    answer_name="kept",
    solution_source="kept = [1, 3, 0, 6, 5]  # box 2 is below 0.6; box 4 overlaps box 1 by 11 / 19",
    hints=(
        "First cross out what is below 0.6. Then sort what is left by pc.",
        "Box 1 stays. Cats less than 5 pixels from it overlap it by more than 0.5 and go. Then take the next best.",
        "Only two boxes go: one is too weak, one loses to box 1.",
    ),
    diagnose=ByValue(
        truth=(1, 3, 0, 6, 5),
        misreadings={
            (1, 0, 6, 5): "The classes were forgotten. Box 3 is a dog in front of a cat: another class, so box 1 does "
            "not suppress it.",
            (1, 3, 6, 5): "Box 0 is missing. Only box 4 overlaps it by more than 0.5, and box 4 is gone: who is out "
            "suppresses nobody.",
            (1, 3, 0, 6, 5, 2): "Box 2 is still there. Its pc of 0.55 is below 0.6: it goes before anything is "
            "compared.",
            (1, 3, 0, 6): "Box 5 is missing. Its IoU with box 6 is 10 / 20 = 0.5 exactly, and only more than 0.5 "
            "suppresses.",
            (0, 1, 3, 5, 6): "The right boxes, in the order of the table. Put the one with the highest pc first.",
            (5, 6, 0, 3, 1): "The right boxes, the weakest first. Turn the list round: the highest pc comes first.",
            (2, 4): "These are the boxes that go. Give those that stay.",
            (1, 6, 5): "Two things: a dog does not suppress a cat, and box 4, which is out, suppresses nobody.",
        },
        otherwise="Start with box 1, the highest pc: which cats does it suppress?",
        praise="1, 3, 0, 6, 5: best first. Box 2 was too weak, and box 4 lost to box 1. Five boxes for five animals.",
        said=lambda kept: f"You keep {kept.tolist()}",
        take=_box_numbers,
        same=np.array_equal,
    ),
    mistakes=(
        Mistake([1], "Start with box 1"),
        Mistake([1, 1], "once"),
        Mistake(1, "a list"),
        Mistake({1: 3, 0: 6}, "a dict"),
        Mistake([1, 0, 3, 6, 5], "the highest pc"),
    ),
    why="Boxes in a heap mostly mean one object, so the best-scored one speaks for all that overlap it much. A box "
    "that lost this way is explained already and may not speak against a third, which can be another object. A box "
    "of another class answers another question.",
)


def _crowds() -> list[tuple]:
    """IoU matrices, scores, labels and most often a threshold, on which every misreading goes wrong."""
    left, scores = np.array([row[0] for row in HAND]), np.array([row[2] for row in HAND])
    labels = np.array([int(row[1] == "dog") for row in HAND])
    apart = np.abs(left[:, None] - left)
    heap = np.array([[1, 0.6, 0.7, 0.8], [0.6, 1, 0.4, 0.4], [0.7, 0.4, 1, 0.4], [0.8, 0.4, 0.4, 1]])  # 0 overlaps all
    cases = [
        (np.maximum(15 - apart, 0) / (15 + apart), scores, labels, 0.5),
        (heap, np.array([0.9, 0.8, 0.7, 0.6]), np.zeros(4, int), 0.5),
    ]
    rng = np.random.default_rng(11)
    for count, *threshold in ((12, 0.5), (20, 0.3), (1, 0.5), (15, 0.7), (24,)):
        corner, size = rng.integers(0, 30, (count, 2)), rng.integers(10, 25, (count, 2))
        boxes = [tuple(map(int, row)) for row in np.hstack([corner, corner + size])]
        ious = np.array([[_iou(a, b) for b in boxes] for a in boxes])
        cases.append((ious, rng.permutation(count) / 100 + 0.5, rng.integers(0, 2, count), *threshold))
    return cases


def _which_boxes(ious: np.ndarray, scores: np.ndarray, labels: np.ndarray, threshold: float | None = None) -> str:
    if len(scores) == len(HAND):
        return "Of the seven boxes of the exercise before,"
    given = f"a threshold of {threshold}" if threshold else "no threshold given"
    return f"Of {len(scores)} boxes, with {given},"


def _while_going_through(
    ious: np.ndarray, scores: np.ndarray, labels: np.ndarray, threshold: float = 0.5
) -> np.ndarray:
    """What is left if boxes are removed from the list that a loop is going through."""
    left, kept = np.argsort(-scores).tolist(), []
    while left:
        kept.append(left.pop(0))
        for i in left:
            if labels[i] == labels[kept[-1]] and ious[kept[-1], i] > threshold:
                left.remove(i)
    return np.array(kept)


def _indices(kept: object, right: np.ndarray, what: str) -> np.ndarray:
    mask = isinstance(kept, np.ndarray) and kept.dtype == bool
    kept = array(kept, None, "The list of indices that your function returns")
    if mask or kept.ndim != 1 or not np.equal(np.mod(kept, 1), 0).all():
        raise Wrong("Return the indices of the boxes that stay, best first, in one list: whole numbers.")
    return kept


_NMS = ByCases(
    truth=_suppress,
    cases=_crowds(),
    words=_which_boxes,
    misreadings=(
        Misreading(
            partial(_suppress, per_class=False),
            "the classes were forgotten. A box suppresses only boxes of its own class.",
        ),
        Misreading(
            partial(_suppress, chain=True),
            "a box that was itself suppressed has suppressed another. Compare with the boxes you keep only.",
        ),
        Misreading(
            partial(_suppress, inclusive=True),
            "an IoU of exactly the threshold suppresses here. Only more than the threshold does.",
        ),
        Misreading(
            partial(_suppress, ascending=True),
            "you began with the lowest score. The highest comes first, and it decides.",
        ),
        Misreading(
            partial(_suppress, per_class=False, chain=True),
            "the classes were forgotten, and boxes that were out have suppressed others.",
        ),
        Misreading(
            lambda ious, scores, labels, threshold=0.5: _suppress(ious, scores, labels),
            "the threshold is always 0.5 in your function. It is the fourth argument, and 0.5 only where none is "
            "given.",
        ),
        Misreading(
            lambda ious, scores, labels, threshold=0.5: _suppress(ious, -np.arange(len(scores)), labels, threshold),
            "the boxes were taken in the order in which they stand. Go from the highest score to the lowest.",
        ),
        Misreading(
            lambda ious, scores, labels, threshold=0.5: np.array(
                [i for i in _suppress(ious, scores, labels, threshold) if scores[i] >= 0.6]
            ),
            "weak boxes were dropped by their score. This function is given no score threshold: only overlap counts.",
        ),
        Misreading(
            lambda *case: np.sort(_suppress(*case)),
            "the right boxes in another order, that of their numbers. Return the highest score first.",
        ),
        Misreading(
            lambda *case: _suppress(*case)[::-1],
            "the right boxes in another order, the weakest first. Return the highest score first.",
        ),
        Misreading(
            lambda *case: np.array([i for i in np.argsort(-case[1]) if i not in _suppress(*case)]),
            "you returned the boxes that go. Return those that stay.",
        ),
        Misreading(
            _while_going_through,
            "a list was shortened while a loop went through it, so the loop skipped the box after each one removed. "
            "Build a new list.",
        ),
        Misreading(lambda *case: _suppress(*case) + 1, "you counted the boxes from 1. The first is number 0."),
        Misreading(
            lambda *case: np.array(sorted(_suppress(*case), key=lambda i: (case[2][i], -case[1][i]))),
            "the right boxes, one class after the other. Return the highest score first, whatever the class.",
        ),
        Misreading(
            lambda *case: _suppress(*case)[:1],
            "only one box is left. After the best, go on with the boxes that it did not suppress.",
        ),
    ),
    otherwise="Walk through the boxes from the highest score, and compare each with those kept so far.",
    praise="Right on seven crowds. This loop runs behind nearly every detector, and lesson 12 needs it at once.",
    take=_indices,
)

nms = Exercise(
    name="nms",
    answer_name="my_nms",
    solution_source="""
        def my_nms(ious, scores, labels, threshold=0.5):
            kept = []
            for i in np.argsort(-scores):
                rivals = [j for j in kept if labels[j] == labels[i]]
                if all(ious[i, j] <= threshold for j in rivals):
                    kept.append(i)
            return kept
    """,
    hints=(
        "np.argsort(-scores) gives the indices from the highest score to the lowest. Walk through them.",
        "A box stays if no box that you have kept, of the same class, overlaps it by more than the threshold.",
        "kept = []; for each i: if all(ious[i, j] <= threshold for j in kept if labels[j] == labels[i]), append it.",
    ),
    diagnose=_NMS,
    mistakes=(
        Mistake(lambda ious, scores, labels, threshold=0.5: np.argsort(-scores), "kept so far"),
        Mistake(lambda ious, scores, labels, threshold=0.5: scores > 0.6, "Return the indices of the boxes that stay"),
        Mistake(lambda ious, scores, labels, threshold=0.5: scores, "indices of the boxes"),
        Mistake(lambda ious, scores, labels, threshold=0.5: 3, "indices of the boxes"),
        Mistake(lambda ious, scores, labels, threshold=0.5: "all", "a text in quotes"),
    ),
    why="Going from the highest score down, every box that could suppress this one has been decided before it, so one "
    "pass is enough. Only kept boxes suppress, because a dropped one is a repetition of something kept. The "
    "threshold is a trade: low merges neighbours, high leaves doubles.",
)


# --- average precision ------------------------------------------------------------------------------------------------


# Hits of the detections from the highest score to the lowest, and how many objects there are.
_RANKINGS = (
    ([1, 0, 1, 1, 0], 4), ([1, 1, 1], 3), ([0, 1], 1), ([1, 1], 4), ([0, 0], 2), ([1, 0, 0, 1, 1, 0, 1], 5), ([], 3),
    ([0, 1, 1, 0, 1], 3),
)  # fmt: skip


def _curve(hits: Sequence[int], positives: int) -> tuple[np.ndarray, np.ndarray]:
    hits = np.asarray(hits, float)
    found = np.cumsum(hits)
    return found / positives, found / np.arange(1, len(hits) + 1)


def _all_point(hits: Sequence[int], positives: int) -> float:
    _, precision = _curve(hits, positives)
    best_after = np.maximum.accumulate(precision[::-1])[::-1]
    return float((best_after * np.asarray(hits, float)).sum() / positives) if len(hits) else 0.0


def _eleven_point(hits: Sequence[int], positives: int) -> float:
    recall, precision = _curve(hits, positives)
    return float(np.mean([max(precision[recall >= k / 10 - 1e-9], default=0.0) for k in range(11)]))


_AP = ByCases(
    truth=_all_point,
    cases=_RANKINGS,
    words=lambda hits, n: f"For hits {hits} and {n} object{'s' if n > 1 else ''}",
    misreadings=(
        Misreading(
            lambda hits, n: float((_curve(hits, n)[1] * np.asarray(hits, float)).sum() / n),
            "the precision was taken as it is. AP takes the best precision at this recall or any higher one, so that "
            "the curve never rises.",
        ),
        Misreading(
            lambda hits, n: float((np.maximum.accumulate(_curve(hits, n)[1]) * hits).sum() / n) if hits else 0.0,
            "the best precision was looked for on the wrong side. It is the best from this place to the END, at this "
            "recall or a higher one.",
        ),
        Misreading(
            lambda hits, n: _all_point(hits, n) * n / sum(hits) if sum(hits) else 0.0,
            "divided by the objects that were found. The missed ones count too: divide by all of them.",
        ),
        Misreading(
            lambda hits, n: _all_point(hits, n) * n / len(hits) if len(hits) else 0.0,
            "divided by the number of detections. Recall counts objects: divide by all the objects there are.",
        ),
        Misreading(
            _eleven_point, "that is the 11-point form. Here every step of the curve counts, not eleven samples."
        ),
        Misreading(
            lambda hits, n: sum(hits) / len(hits) if len(hits) else 0.0,
            "that is the precision of all detections together. AP looks at every place of the ranking.",
        ),
        Misreading(
            lambda hits, n: sum(hits) / n, "that is the recall. AP asks at what price in precision it was reached."
        ),
        Misreading(
            lambda hits, n: float(np.mean(_curve(hits, n)[1])) if len(hits) else 0.0,
            "that is the mean of all precisions. Only a hit moves the recall; the places of the misses have no width.",
        ),
        Misreading(
            lambda hits, n: 100 * _all_point(hits, n),
            "that is a hundred times too much: the recall was taken in per cent. Recall and precision run from 0 to 1.",
        ),
        Misreading(
            lambda hits, n: n * _all_point(hits, n),
            "each hit counts 1 in your sum. It moves the recall by 1 / positives only.",
        ),
        Misreading(
            lambda hits, n: _all_point(hits[::-1], n),
            "the list was read from the lowest score to the highest. The first entry has the highest score.",
        ),
    ),
    otherwise="Each hit adds 1 / positives of recall, times the best precision from there on.",
    praise="The area under the curve that never rises: VOC's measure since 2010. The mean over all classes is the mAP.",
)

average_precision = Exercise(
    name="average_precision",
    answer_name="my_average_precision",
    solution_source="""
        def my_average_precision(hits, positives):
            area, best = 0.0, 0.0
            for rank in range(len(hits), 0, -1):  # from the end, so that `best` is the best precision from here on
                best = max(best, sum(hits[:rank]) / rank)
                if hits[rank - 1]:
                    area += best / positives
            return area
    """,
    hints=(
        "Precision at a rank is the number of hits so far, divided by the rank. Write it under each place.",
        "Replace each precision by the largest one from there to the end. Then the curve never rises.",
        "Each hit adds one step of 1 / positives in width and that best precision in height. Misses add nothing.",
    ),
    diagnose=_AP,
    mistakes=(
        Mistake(lambda hits, n: np.cumsum(hits)[-1] / n, "that is the recall"),  # raises where nothing was detected
        Mistake(lambda hits, n: 1.0, "Each hit adds"),
        Mistake(lambda hits, n: np.cumsum(hits), "one number"),
        Mistake(lambda hits, n: _all_point(hits, n) * n / sum(hits), "divided by the objects that were found"),
    ),
    why="As the threshold falls, boxes come in one by one: a hit moves the curve right by one object's share, a miss "
    "only lowers it. So the area is a sum over hits. The best precision further right counts, since that threshold "
    "gives more precision and no less recall.",
)

summary = Summary(crop, target_vector, localization_loss, one_pass, iou, nms_by_hand, nms, average_precision)
