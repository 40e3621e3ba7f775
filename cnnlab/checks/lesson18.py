"""Exercises of lesson 18, each about something that goes wrong with one's own boxes without an error message."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from cnnlab.checks.answers import number, parts, show
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByEntry, Misreading, several
from cnnlab.checks.own_labels import bad_rows, by_words, entries, leaks, mirror, pixels
from cnnlab.checks.summary import Summary

# --- hits, false alarms, misses ---------------------------------------------------------------------------------------


def _overlaps() -> Iterator[tuple[np.ndarray]]:
    """IoUs of detections with objects: first one thing at a time, then whole pictures, then nothing found or there."""
    for rows in (
        [[0.8]],
        [[0.8], [0.9]],
        [[0.5, 0.2]],
        [[0.9, 0.6], [0.8, 0.55]],
        [[0.6, 0.7], [0.1, 0.65]],
        [[0.6, 0.55], [0.8, 0.3]],
        [[0.6, 0.1], [0.7, 0.65]],
        [[0.3, 0.49], [0.1, 0.2], [0.6, 0.4]],
    ):
        yield (np.array(rows),)
    rng = np.random.default_rng(18)
    for shape in ((6, 4), (4, 7), (9, 5)):
        yield (np.round(rng.permutation(shape[0] * shape[1]).reshape(shape) * 0.7 / (shape[0] * shape[1]), 3),)
    yield (np.zeros((0, 3)),)
    yield (np.zeros((3, 0)),)


def _counted(hits: Callable[[np.ndarray], int]) -> Callable:
    """An answer with this number of hits, whose false alarms and misses are what is left."""
    return lambda ious: np.array([n := hits(ious), len(ious) - n, ious.shape[1] - n])


def _hits(ious: np.ndarray, least: float = 0.5, choose: Callable = np.argmax, counts: float = 0) -> int:
    """Hits when the rows choose in their order among the columns that are free, by IoUs of `least`."""
    free, hits = ious.copy(), 0
    for row in free:
        if row.size and (iou := row[column := choose(row)]) >= least:
            free[:, column] = -1
            hits += iou >= counts
    return hits


_tally = _counted(_hits)


def _best_pair_first(ious: np.ndarray) -> int:
    """Hits when the best pair of all is taken first, whatever the scores are."""
    left, hits = ious.copy(), 0
    while left.size and left.max() >= 0.5:
        row, column = np.unravel_index(left.argmax(), left.shape)
        left[row], left[:, column] = 0, 0
        hits += 1
    return hits


def _most_hits(ious: np.ndarray) -> int:
    """The most hits that any pairing has."""
    from scipy.optimize import linear_sum_assignment

    near = ious >= 0.5
    return int(near[linear_sum_assignment(near, maximize=True)].sum())


def _near(ious: np.ndarray, axis: int) -> np.ndarray:
    """Which detections (axis 1) or objects (axis 0) have a partner with an IoU of 0.5 or more."""
    return (ious >= 0.5).any(axis=axis)


def _favourites(ious: np.ndarray) -> int:
    """How many objects are what a near detection overlaps most."""
    return len(set(ious.argmax(axis=1)[_near(ious, 1)].tolist())) if ious.size else 0


tally = Exercise(
    name="tally",
    answer_name="my_tally",
    solution_source="""
        def my_tally(ious):
            free, hits = ious.copy(), 0
            for row in free:
                if row.max(initial=0) >= 0.5:
                    free[:, row.argmax()] = 0  # this object is taken
                    hits += 1
            return hits, len(ious) - hits, ious.shape[1] - hits
    """,
    hints=(
        "Go through the rows from the top. Which object does this detection overlap most, and is it still free?",
        "Write 0 into the whole column of an object that is taken: then no later detection can choose it.",
        "Count the hits. The false alarms are the other detections, the misses are the other objects.",
    ),
    diagnose=ByCases(
        truth=_tally,
        cases=tuple(_overlaps()),
        words=lambda ious: (
            f"For the IoUs {show(ious)}"
            if 0 < ious.size <= 16
            else f"For {len(ious)} detections and {ious.shape[1]} objects"
        ),
        misreadings=(
            Misreading(
                _counted(lambda ious: _near(ious, 1).sum()),
                "a second box on an object counted as a hit as well. An object is found once; what comes later is a "
                "false alarm.",
            ),
            Misreading(
                lambda ious: np.array([(near := _near(ious, 1)).sum(), (~near).sum(), (~_near(ious, 0)).sum()]),
                "each side was counted by itself, so two boxes on one object are two hits. An object is taken by the "
                "first.",
            ),
            Misreading(
                _counted(lambda ious: _near(ious, 0).sum()),
                "you counted objects that any box overlaps. But a box finds one object only, even if it overlaps two.",
            ),
            Misreading(
                lambda ious: np.array([(near := _near(ious, 0)).sum(), (~_near(ious, 1)).sum(), (~near).sum()]),
                "a second box on an object counted as nothing at all. It is a false alarm: a user would count it.",
            ),
            Misreading(
                _counted(lambda ious: (ious >= 0.5).sum()),
                "you counted pairs. A box finds one object at most, and an object is found once.",
            ),
            Misreading(
                _counted(lambda ious: _hits(ious, least=0.5 + 1e-9)), "an IoU of exactly 0.5 is enough here: >=, not >."
            ),
            Misreading(
                _counted(lambda ious: _hits(ious, least=1e-9)),
                "any overlap at all counted as found. An IoU of at least 0.5 is needed.",
            ),
            Misreading(
                _counted(lambda ious: _hits(ious, least=0, counts=0.5)),
                "a box took an object that it overlaps by less than 0.5. That is no hit, and the object stays free.",
            ),
            Misreading(
                _counted(_favourites),
                "a box whose favourite was taken gave up. It may take another free object that it overlaps by 0.5 or "
                "more.",
            ),
            Misreading(
                _counted(lambda ious: _hits(ious, choose=lambda row: np.argmax(row >= 0.5))),
                "a box took the first free object that was near enough. It takes the one it overlaps most.",
            ),
            Misreading(
                _counted(lambda ious: _hits(ious[::-1])),
                "the rows were gone through from the last to the first. The best score chooses first.",
            ),
            Misreading(
                _counted(lambda ious: _hits(ious.T)),
                "the objects chose their boxes. The boxes choose, the one with the best score first.",
            ),
            Misreading(
                _counted(_best_pair_first),
                "the pair with the largest overlap was matched first. The box with the best score chooses first.",
            ),
            Misreading(
                _counted(_most_hits),
                "that is the best pairing there is. Boxes choose one after the other, without a look at what is left "
                "for the next.",
            ),
            Misreading(
                lambda ious: _tally(ious)[[0, 2, 1]],
                "false alarms and misses are swapped. A false alarm is a box without an object, a miss an object "
                "without a box.",
            ),
            Misreading(
                lambda ious: np.array([_hits(ious), *ious.shape]),
                "the second and third are all detections and all objects. Take the hits off both.",
            ),
            Misreading(
                lambda ious: np.array([_hits(ious), max(len(ious) - ious.shape[1], 0), ious.shape[1] - _hits(ious)]),
                "false alarms are not detections less objects: one box far from one object is one of each.",
            ),
        ),
        otherwise="Hits and false alarms add up to the detections, hits and misses to the objects.",
        praise="Right on thirteen pictures, also on one without parts and one without boxes. Precision, recall and mAP "
        "all begin with these three numbers.",
        take=several("hits", "false alarms", "misses"),
    ),
    mistakes=(
        Mistake(lambda ious: (0, 0, 0), "add up to the detections"),
        Mistake(lambda ious: 3, "3 things are expected"),
        Mistake(lambda ious: (ious >= 0.5, 0, 0), "should be one number"),
        Mistake(
            """
            def my_tally(ious):
                free, hits = ious.copy(), 0
                for row in free:
                    if row.max() >= 0.5:
                        free[:, row.argmax()] = 0
                        hits += 1
                return hits, len(ious) - hits, ious.shape[1] - hits
            """,
            "ValueError: zero-size array",
        ),
    ),
    why="A user counts parts: two boxes on one nut are two nuts, so one must be a false alarm. The better score "
    "chooses first since a higher threshold would keep that box and drop the other. So the count at one threshold "
    "never depends on boxes below it.",
)


# --- a threshold ------------------------------------------------------------------------------------------------------


def _said(scores: list, right: list, precision: float) -> tuple[np.ndarray, np.ndarray, float]:
    return np.array(scores), np.array(right, bool), precision


_SAID = (  # where a precision is reached exactly, it is one that floats hold exactly
    _said([0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 0, 1, 0], 0.75),
    _said([0.31, 0.77, 0.92, 0.45, 0.64, 0.58, 0.83], [0, 1, 1, 0, 0, 1, 1], 0.78),
    _said([0.5, 0.9, 0.5, 0.7, 0.5, 0.8, 0.4], [1, 1, 0, 1, 0, 1, 1], 0.78),
    _said([0.62, 0.95, 0.7, 0.41, 0.88], [1, 0, 1, 1, 1], 0.75),
    _said([0.3, 0.2, 0.6], [1, 1, 0], 0.6),
    _said([0.84, 0.97, 0.91, 0.66], [0, 1, 1, 1], 1.0),
    _said([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [1, 1, 0, 0, 1, 1], 0.65),
)


def _where(good: Callable, choose: Callable = np.min) -> Callable:
    """An answer: the lowest score t with ``good(kept, right, precision)``, where ``kept`` are the scores >= t."""

    def answer(scores: np.ndarray, right: np.ndarray, precision: float) -> float:
        passed = [t for t in scores if good(scores >= t, right, precision)]
        return float(choose(passed)) if passed else np.nan

    return answer


def _high_enough(kept: np.ndarray, right: np.ndarray, precision: float) -> bool:
    return right[kept].mean() >= precision


_lowest = _where(_high_enough)


def _by_rank(scores: np.ndarray, right: np.ndarray, precision: float, order: object = None) -> float:
    """The last place of a ranking with the precision: equal scores are torn apart."""
    order = np.argsort(-scores, kind="stable") if order is None else order
    good = np.cumsum(right[order]) / np.arange(1, len(order) + 1) >= precision
    return float(scores[order][good][-1]) if good.any() else np.nan


def _until_it_fails(scores: np.ndarray, right: np.ndarray, precision: float) -> float:
    ranked = sorted(set(scores), reverse=True)
    good = [_high_enough(scores >= t, right, precision) for t in ranked]
    return (
        float(ranked[good.index(False) - 1]) if not all(good) and good[0] else float(ranked[-1]) if good[0] else np.nan
    )


def _neighbour(step: int) -> Callable:
    """An answer that is the next score but `step`."""

    def answer(*case: object) -> float:
        known = np.unique(case[0])
        return float(known[np.clip(np.searchsorted(known, _lowest(*case)) + step, 0, len(known) - 1)])

    return answer


score_for = Exercise(
    name="score_for",
    answer_name="my_score_for",
    solution_source="""
        def my_score_for(scores, right, precision):
            good = [t for t in scores if right[scores >= t].mean() >= precision]
            return min(good)
    """,
    hints=(
        "Try every score as the threshold. Which boxes does it keep, and what part of them is right?",
        "right[scores >= t].mean() is the precision at threshold t. Does it only ever fall as t falls?",
        "Collect all t whose precision is at least the one wanted, and return the smallest.",
    ),
    diagnose=ByCases(
        truth=_lowest,
        cases=_SAID,
        words=lambda scores, right, precision: (
            f"For scores {show(scores)}, right {show(right.astype(int))} and a precision of {precision}"
        ),
        misreadings=(
            Misreading(
                _until_it_fails,
                "you stopped at the first threshold that fails. Further down the precision can rise again, and there "
                "more objects are found.",
            ),
            Misreading(
                _where(_high_enough, np.max),
                "that is the highest threshold that will do. It keeps the fewest boxes; the lowest finds the most.",
            ),
            Misreading(
                _where(lambda kept, right, precision: right[kept].mean() > precision),
                "a precision that is exactly the one wanted is enough: >=, not >.",
            ),
            Misreading(
                lambda s, r, p: min((t for t in s if (s > t).any() and r[s > t].mean() >= p), default=np.nan),
                "the threshold itself was left out. A box whose score equals it is kept: scores >= t.",
            ),
            Misreading(
                _by_rank, "equal scores were torn apart. A threshold keeps all boxes with that score or none of them."
            ),
            Misreading(
                lambda s, r, p: _lowest(np.sort(s)[::-1], r, p),
                "the scores were sorted and `right` was not, so that each answer belongs to another box.",
            ),
            Misreading(
                lambda s, r, p: _by_rank(s, r, p, np.arange(len(s))),
                "the boxes were counted in the order in which they stand. They are in no order: compare scores.",
            ),
            Misreading(
                _where(lambda kept, right, precision: right[kept].sum() / right.sum() >= precision, np.max),
                "that is the threshold for a recall. Precision divides by the boxes that are kept, not by all objects.",
            ),
            Misreading(
                lambda s, r, p: float(np.flatnonzero(s == _lowest(s, r, p))[0]),
                "that is the place of the score in the list. Return the score itself.",
            ),
            Misreading(
                lambda s, r, p: r[s >= _lowest(s, r, p)].mean(),
                "that is the precision that is reached. Return the threshold that reaches it.",
            ),
            Misreading(lambda s, r, p: _lowest(s, ~r, p), "you counted the wrong boxes in place of the right ones."),
            Misreading(
                _where(lambda kept, right, precision: (right == kept).mean() >= precision),
                "that is the accuracy. Precision looks only at the boxes that are kept.",
            ),
            Misreading(_neighbour(1), "that is one score too high: the next lower one still has the precision."),
            Misreading(
                _neighbour(-1), "that is one score too low: with this box in, the precision is no longer reached."
            ),
            Misreading(
                lambda s, r, p: s[r].min(), "that is the lowest score of a right box. Wrong boxes above it count too."
            ),
            Misreading(lambda s, r, p: s.min(), "that is the lowest score of all. Which precision does it have?"),
            Misreading(
                lambda s, r, p: min(s, key=lambda t: abs(r[s >= t].mean() - p)),
                "that is the threshold whose precision comes nearest. It must not be below the one wanted.",
            ),
            Misreading(
                lambda s, r, p: p,
                "that is the precision itself. A score of 0.8 does not mean that 0.8 of them are right.",
            ),
            Misreading(
                lambda s, r, p: max(sorted(s), key=lambda t: r[s >= t].mean()),
                "that is the threshold with the best precision. Asked for is the lowest one that is good enough.",
            ),
            Misreading(
                lambda s, r, p: min((t for t in s if r[s <= t].mean() >= p), default=np.nan),
                "you kept the boxes below the threshold. Those with a score of at least t are kept.",
            ),
        ),
        otherwise="For each score t: of the boxes with scores >= t, what part is right?",
        praise="Right on seven lists, with equal scores and with a wrong box on top. Chosen on validation, this is the "
        "number that a detector is delivered with.",
    ),
    mistakes=(
        Mistake(lambda scores, right, precision: 0.123, "what part is right?"),
        Mistake(lambda scores, right, precision: scores >= precision, "one number"),
        Mistake(lambda scores, right, precision: np.sqrt(-precision), "is not a number (nan)"),
        Mistake(
            "def my_score_for(scores, right, precision):\n    return min(t for t in scores if t > 1)", "ValueError"
        ),
    ),
    why="The lowest threshold that is good enough finds the most objects. Precision does not fall steadily with the "
    "threshold, for a right box further down lifts it again, so every score must be tried. It is chosen on "
    "validation, because a number picked on a set of pictures looks too good on that set.",
)


# --- reading a matrix with a background -------------------------------------------------------------------------------

_KNOWN = {
    "nuts that are there": {
        20: "",
        15: "These are the nuts that were found and called nut. The whole row is asked for.",
        18: "That is the column: all boxes that say nut. What is there stands in a row.",
        19: "The last column was left out. The nut that no box has found is there all the same.",
        5: "These are the nuts that went wrong. Add those that went right.",
    },
    "nuts called washers": {
        4: "",
        3: "These are washers that were called nuts. Rows are what is there, columns what is said.",
        7: "Both ways were added. Nuts called washers are one entry: row nut, column washer.",
        5: "The nut that was not found was called nothing at all. Only the column washer is asked for.",
        15: "These are the nuts that were called nuts.",
    },
    "nuts not found at all": {
        1: "",
        0: "That is row background, column nut: boxes that say nut where nothing is. Rows are what is there.",
        4: "These were found and called washers. Not found at all is the column background.",
        5: "Four of these were found, under a wrong name. Not found at all is the column background alone.",
        15: "These are the nuts that were found and called nut.",
    },
    "boxes where nothing is": {
        6: "",
        5: "That is the column: parts that no box has found. Where nothing is, is the row background.",
        4: "Only screws were counted. The row has another number further right.",
        2: "Only washers were counted. The row begins with another number.",
        0: "The corner is empty, since nothing found as nothing is not counted. The rest of the row is asked for.",
        13: "Wrong names were counted too. They are on parts: only the row background is where nothing is.",
        11: "The parts that were not found were added. They are no boxes.",
    },
    "recall of nut": {
        15 / 20: "",
        15 / 18: "That is the precision: 15 of the 18 boxes that say nut. Recall divides by the nuts that are there.",
        15 / 19: "The nut that was not found is there too: recall divides by all 20.",
        19 / 20: "Nuts that were called washers counted as found. Only those with the right name do.",
        15: "That is the number of nuts that are right. Divide it by the nuts that are there.",
        75: "That is per cent. Recall runs from 0 to 1.",
    },
    "precision of washer": {
        16 / 22: "",
        16 / 21: "That is the recall: 16 of the 21 washers that are there. Precision divides by the boxes that say so.",
        16 / 20: "The two boxes where nothing is were left out. They say washer, too: the whole column counts.",
        16 / 19: "Only washers and nuts of a row were counted. Precision goes down the column washer.",
        16: "That is the number of washers that are right. Divide it by the boxes that say washer.",
        6 / 22: "That is the part of the boxes that is wrong. Precision is the part that is right.",
    },
}
_READ = tuple(next(iter(values)) for values in _KNOWN.values())


def _nearest_known(answer: object) -> np.ndarray:
    """The six numbers; a fraction rounded to two places becomes the one that it was rounded from."""
    got = []
    given = entries(answer, _KNOWN) if isinstance(answer, dict) else parts(answer, tuple(_KNOWN))
    for entry, (key, values) in zip(given, _KNOWN.items(), strict=True):
        value = number(entry, repr(key))
        known = min(values, key=lambda one: abs(one - value))
        got.append(known if abs(known - value) < 0.004 else value)
    return np.array(got)


reading = Exercise(
    name="reading",
    answer_name="answers",
    solution_source="""
        answers = {
            "nuts that are there": 20,  # row nut: 0 + 15 + 4 + 1
            "nuts called washers": 4,
            "nuts not found at all": 1,  # row nut, column background
            "boxes where nothing is": 6,  # row background: 4 + 0 + 2
            "recall of nut": 15 / 20,
            "precision of washer": 16 / 22,  # column washer: 0 + 4 + 16 + 2
        }
    """,
    hints=(
        "A row is what is there, a column what the detector says. Background is there where nothing is.",
        "Recall goes along a row, precision down a column; the right ones stand on the diagonal.",
        "Row nut is 0 + 15 + 4 + 1, row background 4 + 0 + 2, column washer 0 + 4 + 16 + 2.",
    ),
    diagnose=ByEntry(
        truth=_READ,
        entries={key: {value: says for value, says in values.items() if says} for key, values in _KNOWN.items()},
        otherwise="Find the row (what is there) and the column (what is said), and add or divide what stands in them.",
        praise="Six numbers from one table. The row and the column of background are what a classifier does not have: "
        "false alarms and misses.",
        take=_nearest_known,
        whole={
            (18, 3, 0, 5, 15 / 18, 16 / 21): "All six are read with rows and columns swapped. Rows are what is there, "
            "columns what the detector says."
        },
    ),
    mistakes=(
        Mistake(dict(zip(_KNOWN, (20, 4, 1, 9, 0.75, 16 / 22), strict=True)), "Find the row"),
        Mistake(dict(zip(_KNOWN, (20, 4, 1, 6, 0.83, 0.73), strict=True)), "That is the precision"),
        Mistake(dict(zip(_KNOWN, (20, 4, 1, 6, "15/20", 0.73), strict=True)), "should be one number"),
        Mistake(dict(zip(list(_KNOWN)[:5], _READ, strict=False)), "'precision of washer' is missing"),
        Mistake(_READ[:5], "6 things are expected"),
    ),
    why="Every part that is there stands in exactly one place of its row, and every box in one place of its column. "
    "So recall goes along a row and precision down a column. A part without a box and a box without a part need a "
    "partner too, and background is that.",
)


# --- what to label next -----------------------------------------------------------------------------------------------

_PLAN = {
    "label": "three of a tray it fails on",
    "measure on": "the other pictures of that tray",
    "trays never seen": "the test trays",
}

three_more = Exercise(
    name="three_more",
    answer_name="plan",
    solution_source="""
        plan = {
            "label": "three of a tray it fails on",
            "measure on": "the other pictures of that tray",
            "trays never seen": "the test trays",
        }
    """,
    hints=(
        "Where does one more label tell the network something that it does not know yet?",
        "What it has trained on cannot say whether it has learnt. Which pictures are like them and were not used?",
        "A tray of which three pictures are labelled is no longer a tray never seen. Which trays still are?",
    ),
    diagnose=by_words(
        right=_PLAN,
        choices={
            "label": ("the three it is surest of", "three of a tray it fails on", "three more of a tray it knows"),
            "measure on": ("the three", "the other pictures of that tray", "the training trays"),
            "trays never seen": ("the test trays", "the other pictures of that tray", "nothing can tell"),
        },  # fmt: skip
        says={
            "label": {
                "the three it is surest of": "What it is sure of it mostly does well already. Labels there cost as "
                "much and teach little.",
                "three more of a tray it knows": "It has seen this background and this light. What it does not know "
                "lies elsewhere.",
            },
            "measure on": {
                "the three": "It has trained on these very pictures. To be right on them proves nothing.",
                "the training trays": "It did well on those before. Whether the three labels helped shows on the tray "
                "that they are from.",
            },
            "trays never seen": {
                "the other pictures of that tray": "Three pictures of that tray are in training now, so it is no "
                "longer one never seen.",
                "nothing can tell": "Whole trays were kept aside for just this question, and no choice was made on "
                "them.",
            },
        },
        praise="Labels where it fails, and two measurements that answer two questions: has it learnt this tray, and "
        "does it still know the rest?",
    ),
    mistakes=(
        Mistake({**_PLAN, "label": "any three"}, "Choose one of these"),
        Mistake({**_PLAN, "measure on": 3}, "in quotes"),
        Mistake({**_PLAN, "trays never seen": None}, 'in quotes: "the test trays"'),
        Mistake({"label": _PLAN["label"]}, "'measure on' is missing"),
        Mistake(tuple(_PLAN.values()), "A dictionary with the 3 keys"),
    ),
    why="A label teaches most where the detector is wrong, and labels cost time. Whether they helped shows on pictures "
    "of the same kind that were kept out. Only trays that nobody has labelled, looked at or chosen on can say how "
    "the next unknown tray will go.",
)

summary = Summary(pixels, bad_rows, leaks, mirror, tally, score_for, reading, three_more)
