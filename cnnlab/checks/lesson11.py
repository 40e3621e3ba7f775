"""The exercises of lesson 11: boxes, targets and their loss, windows, IoU, suppression, average precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cnnlab.checks._boxes_and_windows import crop, localization_loss, one_pass, target_vector
from cnnlab.checks._exercise import Exercise, Mistake, Wrong, call, close, number, show
from cnnlab.checks._judging import judge

__all__ = [
    "average_precision",
    "crop",
    "iou",
    "localization_loss",
    "nms",
    "nms_by_hand",
    "one_pass",
    "target_vector",
]

# --- intersection over union ------------------------------------------------------------------------------------------

_BOX_PAIRS = (
    ((1, 1, 5, 4), (3, 2, 7, 6)), ((0, 0, 4, 4), (0, 0, 4, 4)), ((0, 0, 10, 10), (2, 3, 7, 5)),
    ((0, 0, 4, 4), (6, 1, 9, 3)), ((0, 0, 4, 4), (6, 7, 9, 9)), ((0, 0, 4, 4), (4, 0, 8, 4)),
    ((2.5, 0, 5, 2), (3, 1, 6.5, 4)), ((3, 3, 3, 3), (3, 3, 3, 3)),
)  # fmt: skip


def _overlap(a: tuple, b: tuple, end: int = 0, clamp: bool = True) -> tuple[float, float]:
    sides = [min(a[k + 2], b[k + 2]) - max(a[k], b[k]) + end for k in (0, 1)]
    return tuple(max(side, 0) for side in sides) if clamp else tuple(sides)


def _area(box: tuple, end: int = 0) -> float:
    return (box[2] - box[0] + end) * (box[3] - box[1] + end)


def _ratio(inter: float, whole: float) -> float:
    return inter / whole if whole else 0.0


def _iou(a: tuple, b: tuple) -> float:
    inter = np.prod(_overlap(a, b))
    return _ratio(inter, _area(a) + _area(b) - inter)


def _unclamped(a: tuple, b: tuple) -> float:
    inter = np.prod(_overlap(a, b, clamp=False))
    return _ratio(inter, _area(a) + _area(b) - inter)


def _clamped_late(a: tuple, b: tuple) -> float:
    inter = max(np.prod(_overlap(a, b, clamp=False)), 0)
    return _ratio(inter, _area(a) + _area(b) - inter)


def _one_more(a: tuple, b: tuple) -> float:
    inter = np.prod(_overlap(a, b, end=1))
    return _ratio(inter, _area(a, 1) + _area(b, 1) - inter)


def _as_xywh(a: tuple, b: tuple) -> float:
    return _iou(*((x, y, x + w, y + h) for x, y, w, h in (a, b)))


def _hull(a: tuple, b: tuple) -> tuple:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


_IOU_MISREADINGS: tuple[tuple[Callable, str], ...] = (
    (
        _unclamped,
        "the clamp at 0 is missing. These boxes are apart, so a side of the overlap is negative, and two of "
        "them multiply to a positive area that is not there.",
    ),
    (
        _clamped_late,
        "the product is held at 0, and the two sides are not. Minus times minus is plus: hold each side at 0 first.",
    ),
    (
        lambda a, b: _ratio(np.prod(_overlap(a, b)), _area(a) + _area(b)),
        "the union counts the overlap twice. Area a + area b contains it two times: subtract it once.",
    ),
    (
        lambda a, b: _ratio(np.prod(_overlap(a, b)), min(_area(a), _area(b))),
        "divided by the smaller box. Then a tiny box inside a large one would score 1.",
    ),
    (
        lambda a, b: _ratio(np.prod(_overlap(a, b)), max(_area(a), _area(b))),
        "divided by the larger box. The union is what the two cover together.",
    ),
    (
        lambda a, b: _ratio(np.prod(_overlap(a, b)), _area(a)),
        "divided by the first box alone. Swap the boxes and the answer changes; the IoU may not.",
    ),
    (
        lambda a, b: _ratio(np.prod(_overlap(a, b)), _area(b)),
        "divided by the second box alone. Swap the boxes and the answer changes; the IoU may not.",
    ),
    (
        lambda a, b: _ratio(np.prod(_overlap(a, b)), _area(_hull(a, b))),
        "divided by the box around both. The union leaves out the corners that neither covers.",
    ),
    (_one_more, "1 is added to every side. Our boxes end where they end: a side is x2 − x1."),
    (_as_xywh, "the boxes were read as x, y, width, height. They are x1, y1, x2, y2."),
    (
        lambda a, b: float(np.prod(_overlap(a, b))),
        "that is the area of the overlap. Divide it by the area of the union.",
    ),
)


def _diagnose_iou(answer: object) -> str:
    got = []
    for a, b in _BOX_PAIRS:
        if _area(a) == 0 and callable(answer):
            try:
                value = answer(a, b)
            except ZeroDivisionError:
                raise Wrong(
                    f"For two boxes without area, {a} and {b}, your function divides by a union of 0. Return 0."
                ) from None
            got.append(number(value, "The IoU"))
            continue
        got.append(number(call(answer, a, b), "The IoU"))
    right = [_iou(a, b) for a, b in _BOX_PAIRS]
    cases = [f"For a = {a} and b = {b}" for a, b in _BOX_PAIRS]
    if not np.isfinite(got[-1]) and close(got[:-1], right[:-1]):
        raise Wrong(f"{cases[-1]}, two boxes without area, you got {got[-1]:g}. The union is 0: return 0.")
    misreadings = [([how(a, b) for a, b in _BOX_PAIRS], message) for how, message in _IOU_MISREADINGS]
    judge(got, right, cases, misreadings, "Overlap in x, overlap in y, each at least 0; their product over the union.")
    return "Right on eight pairs: overlapping, equal, nested, apart, touching, and two boxes without any area."


iou = Exercise(
    name="iou",
    answer_name="iou",
    stub="""
        def iou(a, b):
            return ...
    """,
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
    diagnose=_diagnose_iou,
    mistakes=(
        Mistake(_unclamped, "clamp at 0"),
        Mistake(_clamped_late, "hold each side at 0 first"),
        Mistake(lambda a, b: _ratio(np.prod(_overlap(a, b)), _area(a) + _area(b)), "twice"),
        Mistake(lambda a, b: _ratio(np.prod(_overlap(a, b)), min(_area(a), _area(b))), "smaller box"),
        Mistake(lambda a, b: _ratio(np.prod(_overlap(a, b)), _area(a)), "first box alone"),
        Mistake(lambda a, b: _ratio(np.prod(_overlap(a, b)), _area(_hull(a, b))), "box around both"),
        Mistake(_one_more, "1 is added"),
        Mistake(_as_xywh, "x, y, width, height"),
        Mistake(lambda a, b: np.prod(_overlap(a, b)), "area of the overlap"),
        Mistake(lambda a, b: np.prod(_overlap(a, b)) / (_area(a) + _area(b) - np.prod(_overlap(a, b))), "without area"),
        Mistake(
            lambda a, b: float(np.prod(_overlap(a, b))) / float(_area(a) + _area(b) - np.prod(_overlap(a, b))),
            "union of 0",
        ),
        Mistake(lambda a, b: 0.5, "Overlap in x"),
    ),
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
) -> list[int]:  # fmt: skip
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
    return kept


def _by_hand(score: float = 0.6, **mistake: bool) -> list[int]:
    left, scores = np.array([row[0] for row in HAND]), np.array([row[2] for row in HAND])
    labels = np.array([row[1] for row in HAND])
    apart = np.abs(left[:, None] - left)
    ious = np.maximum(15 - apart, 0) / (15 + apart)
    alive = np.flatnonzero(scores >= score)
    return alive[_suppress(ious[np.ix_(alive, alive)], scores[alive], labels[alive], **mistake)].tolist()


_HAND_NMS_MISREADINGS = (
    (
        _by_hand(per_class=False),
        "The classes were forgotten. Box 3 is a dog in front of a cat: another class, so box 1 does not suppress it.",
    ),
    (
        _by_hand(chain=True),
        "Box 0 is missing. Only box 4 overlaps it by more than 0.5, and box 4 is gone: who is out suppresses nobody.",
    ),
    (_by_hand(score=0.0), "Box 2 is still there. Its pc of 0.55 is below 0.6: it goes before anything is compared."),
    (
        _by_hand(inclusive=True),
        "Box 5 is missing. Its IoU with box 6 is 10 / 20 = 0.5 exactly, and only more than 0.5 suppresses.",
    ),
    (sorted(_by_hand()), "The right boxes, in the order of the table. Put the one with the highest pc first."),
    (_by_hand()[::-1], "The right boxes, the weakest first. Turn the list round: the highest pc comes first."),
    ([2, 4], "These are the boxes that go. Give those that stay."),
    (
        _by_hand(per_class=False, chain=True),
        "Two things: a dog does not suppress a cat, and box 4, which is out, suppresses nobody.",
    ),
)


def _diagnose_nms_by_hand(answer: object) -> str:
    if isinstance(answer, (str, dict)) or callable(answer) or not np.iterable(answer):
        raise Wrong("The answer should be a list of box numbers, such as [1, 4].")
    values = [number(value, "Each entry") for value in answer]
    right = _by_hand()
    if values == right:
        return "1, 3, 0, 6, 5: best first. Box 2 was too weak, and box 4 lost to box 1. Five boxes for five animals."
    for wrong, message in _HAND_NMS_MISREADINGS:
        if values == wrong:
            raise Wrong(f"You keep {[int(v) for v in values]}. {message}")
    if len(values) != len(set(values)) or not set(values) <= set(range(len(HAND))):
        raise Wrong("Give each box that stays once, by its number from 0 to 6.")
    raise Wrong(f"You keep {[int(v) for v in values]}. Start with box 1, the highest pc: which cats does it suppress?")


nms_by_hand = Exercise(
    name="nms_by_hand",
    answer_name="kept",
    stub="""
        kept = ...  # numbers of the boxes that stay, the highest pc first
    """,
    solution_source="""
        kept = [1, 3, 0, 6, 5]  # box 2 is below 0.6; box 4 overlaps box 1 by 11 / 19
    """,
    hints=(
        "First cross out what is below 0.6. Then sort what is left by pc.",
        "Box 1 stays. Cats less than 5 pixels from it overlap it by more than 0.5 and go. Then take the next best.",
        "Only two boxes go: one is too weak, one loses to box 1.",
    ),
    diagnose=_diagnose_nms_by_hand,
    mistakes=(
        Mistake([1, 0, 6, 5], "classes were forgotten"),
        Mistake([1, 3, 6, 5], "suppresses nobody"),
        Mistake([1, 3, 0, 6, 5, 2], "below 0.6"),
        Mistake([1, 3, 0, 6], "only more than 0.5"),
        Mistake([0, 1, 3, 5, 6], "order of the table"),
        Mistake([5, 6, 0, 3, 1], "weakest first"),
        Mistake([2, 4], "boxes that go"),
        Mistake([1, 6, 5], "Two things"),
        Mistake([1], "Start with box 1"),
        Mistake([1, 1], "once"),
        Mistake(1, "a list"),
    ),
)


def _crowds() -> list[tuple[np.ndarray, np.ndarray, np.ndarray, float]]:
    """IoU matrices, scores, labels and thresholds on which every misreading goes wrong."""
    left, scores = np.array([row[0] for row in HAND]), np.array([row[2] for row in HAND])
    labels = np.array([int(row[1] == "dog") for row in HAND])
    apart = np.abs(left[:, None] - left)
    cases = [(np.maximum(15 - apart, 0) / (15 + apart), scores, labels, 0.5)]
    rng = np.random.default_rng(11)
    for count, threshold in ((12, 0.5), (20, 0.3), (1, 0.5)):
        corner, size = rng.integers(0, 30, (count, 2)), rng.integers(10, 25, (count, 2))
        boxes = [tuple(map(int, row)) for row in np.hstack([corner, corner + size])]
        ious = np.array([[_iou(a, b) for b in boxes] for a in boxes])
        cases.append((ious, rng.permutation(count) / 100 + 0.5, rng.integers(0, 2, count), threshold))
    return cases


_NMS_MISREADINGS = (
    ({"per_class": False}, "the classes were forgotten. A box suppresses only boxes of its own class."),
    (
        {"chain": True},
        "a box that was itself suppressed has suppressed another. Compare with the boxes you keep only.",
    ),
    ({"inclusive": True}, "an IoU of exactly the threshold suppresses here. Only more than the threshold does."),
    ({"ascending": True}, "you began with the lowest score. The highest comes first, and it decides."),
    (
        {"per_class": False, "chain": True},
        "the classes were forgotten, and boxes that were out have suppressed others.",
    ),
)


def _diagnose_nms(answer: object) -> str:
    got = []
    for ious, scores, labels, threshold in _crowds():
        kept = call(answer, ious, scores, labels, threshold)
        if isinstance(kept, (str, dict)) or not np.iterable(kept):
            raise Wrong(f"Your function returned {show(kept)}. Return a list of indices, best first.")
        kept = np.asarray(list(kept))
        if kept.dtype == bool or kept.ndim != 1 or kept.dtype.kind not in "iuf":
            raise Wrong(f"Your function returned {show(kept)}. Return the indices of the boxes that stay, best first.")
        got.append([int(k) for k in kept])
    right = [_suppress(*case) for case in _crowds()]
    wrong = [i for i in range(len(right)) if got[i] != right[i]]
    if not wrong:
        return "Right on four crowds. This loop runs behind nearly every detector, and lesson 12 needs it at once."
    first = wrong[0]
    count = len(_crowds()[first][1])
    said = f"Of {count} boxes you keep {_listed(got[first])}, not {_listed(right[first])}"
    if first == 0:
        said += " (these are the boxes of the exercise before)"
    for mistake, message in _NMS_MISREADINGS:
        if got == [_suppress(*case, **mistake) for case in _crowds()]:
            raise Wrong(f"{said}: {message}")
    if all(sorted(mine) == sorted(theirs) for mine, theirs in zip(got, right, strict=True)):
        raise Wrong(f"{said}: the right boxes in another order. Return the highest score first.")
    if all(
        sorted([*mine, *theirs]) == list(range(len(c[1])))
        for mine, theirs, c in zip(got, right, _crowds(), strict=True)
    ):
        raise Wrong(f"{said}: you returned the boxes that go. Return those that stay.")
    raise Wrong(f"{said}. Walk through the boxes from the highest score, and compare each with those kept so far.")


def _listed(values: list[int]) -> str:
    return str(values) if len(values) <= 12 else f"{str(values[:12])[:-1]}, …]"


nms = Exercise(
    name="nms",
    answer_name="my_nms",
    stub="""
        def my_nms(ious, scores, labels, threshold=0.5):
            return ...  # indices of the boxes that stay, best first
    """,
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
    diagnose=_diagnose_nms,
    mistakes=(
        Mistake(
            lambda ious, scores, labels, threshold=0.5: _suppress(ious, scores, labels, threshold, per_class=False),
            "classes",
        ),
        Mistake(
            lambda ious, scores, labels, threshold=0.5: _suppress(ious, scores, labels, threshold, chain=True),
            "itself suppressed",
        ),
        Mistake(
            lambda ious, scores, labels, threshold=0.5: _suppress(ious, scores, labels, threshold, inclusive=True),
            "exactly",
        ),
        Mistake(
            lambda ious, scores, labels, threshold=0.5: _suppress(ious, scores, labels, threshold, ascending=True),
            "lowest score",
        ),
        Mistake(
            lambda ious, scores, labels, threshold=0.5: sorted(_suppress(ious, scores, labels, threshold)),
            "another order",
        ),
        Mistake(
            lambda ious, scores, labels, threshold=0.5: [
                i for i in range(len(scores)) if i not in _suppress(ious, scores, labels, threshold)
            ],
            "boxes that go",
        ),
        Mistake(lambda ious, scores, labels, threshold=0.5: np.argsort(-scores), "kept so far"),
        Mistake(lambda ious, scores, labels, threshold=0.5: scores > 0.6, "indices of the boxes"),
        Mistake(lambda ious, scores, labels, threshold=0.5: 3, "list of indices"),
    ),
)


# --- average precision ------------------------------------------------------------------------------------------------

# Hits of the detections from the highest score to the lowest, and how many objects there are.
_RANKINGS = (
    ((1, 0, 1, 1, 0), 4), ((1, 1, 1), 3), ((0, 1), 1), ((1, 1), 4), ((0, 0), 2), ((1, 0, 0, 1, 1, 0, 1), 5), ((), 3),
    ((0, 1, 1, 0, 1), 3),
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


def _raw(hits: Sequence[int], positives: int) -> float:
    _, precision = _curve(hits, positives)
    return float((precision * np.asarray(hits, float)).sum() / positives)


_AP_MISREADINGS: tuple[tuple[Callable, str], ...] = (
    (
        _raw,
        "the precision was taken as it is. AP takes the best precision at this recall or any higher one, so that the "
        "curve never rises.",
    ),
    (
        lambda hits, n: _all_point(hits, n) * n / sum(hits) if sum(hits) else 0.0,
        "divided by the objects that were found. The missed ones count too: divide by all of them.",
    ),
    (
        lambda hits, n: _all_point(hits, n) * n / len(hits) if len(hits) else 0.0,
        "divided by the number of detections. Recall counts objects: divide by all the objects there are.",
    ),
    (_eleven_point, "that is the 11-point form. Here every step of the curve counts, not eleven samples."),
    (
        lambda hits, n: sum(hits) / len(hits) if len(hits) else 0.0,
        "that is the precision of all detections together. AP looks at every place of the ranking.",
    ),
    (lambda hits, n: sum(hits) / n, "that is the recall. AP asks at what price in precision it was reached."),
    (
        lambda hits, n: float(np.mean(_curve(hits, n)[1])) if len(hits) else 0.0,
        "that is the mean of all precisions. Only a hit moves the recall; the places of the misses have no width.",
    ),
)


def _diagnose_average_precision(answer: object) -> str:
    got = [number(call(answer, list(hits), positives), "The AP") for hits, positives in _RANKINGS]
    right = [_all_point(*case) for case in _RANKINGS]
    cases = [f"For hits {list(hits)} and {n} object{'s' if n > 1 else ''}" for hits, n in _RANKINGS]
    misreadings = [([how(*case) for case in _RANKINGS], message) for how, message in _AP_MISREADINGS]
    judge(
        got, right, cases, misreadings, "Each hit adds 1 / positives of recall, times the best precision from there on."
    )
    return "The area under the curve that never rises: VOC's measure since 2010. The mean over all classes is the mAP."


average_precision = Exercise(
    name="average_precision",
    answer_name="my_average_precision",
    stub="""
        def my_average_precision(hits, positives):
            return ...
    """,
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
    diagnose=_diagnose_average_precision,
    mistakes=(
        Mistake(_raw, "never rises"),
        Mistake(lambda hits, n: _all_point(hits, n) * n / max(sum(hits), 1), "missed ones count too"),
        Mistake(lambda hits, n: _all_point(hits, n) * n / max(len(hits), 1), "number of detections"),
        Mistake(_eleven_point, "11-point"),
        Mistake(lambda hits, n: sum(hits) / max(len(hits), 1), "all detections together"),
        Mistake(lambda hits, n: sum(hits) / n, "recall"),
        Mistake(lambda hits, n: float(np.mean(_curve(hits, n)[1])) if hits else 0.0, "no width"),
        Mistake(lambda hits, n: 1.0, "Each hit adds"),
        Mistake(lambda hits, n: np.cumsum(hits), "one number"),
    ),
)
