"""Lesson 18's first exercises: a line of a label file in pixels, bad rows, leaking trays, boxes in the mirror."""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Callable, Mapping

import numpy as np

from cnnlab.checks.answers import Wrong, array, kind_of, number, parts, show
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Misreading

# --- answers that are words -------------------------------------------------------------------------------------------


def _plain(words: str) -> str:
    """Words without case, punctuation and outer spaces."""
    return " ".join(re.findall(r"[^\W_]+", words.casefold()))


def entries(answer: object, keys: Mapping) -> list:
    """The entries of a dictionary with these keys, in their order; `Wrong` if it is none."""
    wanted = f"A dictionary with the {len(keys)} keys of the cell is expected"
    if not isinstance(answer, dict):
        raise Wrong(f"{wanted}. This is {kind_of(answer)}.")
    if missing := [key for key in keys if key not in answer]:
        raise Wrong(f"{wanted}. In yours {missing[0]!r} is missing.")
    return [answer[key] for key in keys]


def by_words(
    right: Mapping[str, str], choices: Mapping[str, tuple[str, ...]], says: Mapping[str, Mapping[str, str]], praise: str
) -> ByValue:
    """The diagnosis of a dictionary of words: the first wrong one is named.

    `says` has for each key what to say of each wrong word, and under "" what to say of all others.
    """

    def take(answer: object) -> tuple[str, ...]:
        got = []
        for key, entry in zip(right, entries(answer, right), strict=True):
            known = {_plain(word): word for word in choices[key]}
            among = ", ".join(f'"{word}"' for word in choices[key])
            if not isinstance(entry, str):
                raise Wrong(f"{key!r}: one of these is expected, in quotes: {among}. This is {kind_of(entry)}.")
            if _plain(entry) not in known:
                raise Wrong(f"{key!r}: you say {entry[:80]!r}. Choose one of these: {among}.")
            got.append(known[_plain(entry)])
        return tuple(got)

    def first_wrong(got: tuple[str, ...]) -> str:
        key, word = next((key, word) for key, word in zip(right, got, strict=True) if word != right[key])
        return f"{key!r}: you say {word!r}. {says[key].get(word, says[key].get(''))}"

    def one_wrong(key: str, word: str) -> Misreading:
        got = {**right, key: word}
        return Misreading(got, first_wrong(tuple(got.values())))

    wrong = [one_wrong(key, word) for key in right for word in choices[key] if word != right[key]]
    return ByValue(
        truth=dict(right),
        misreadings=wrong,
        otherwise=lambda got: first_wrong(tuple(got.values())),
        praise=praise,
        said=lambda got: "",
        take=lambda answer: dict(zip(right, take(answer), strict=True)),
        same=operator.eq,
    )


# --- a line of a label file -------------------------------------------------------------------------------------------

_LINES = (
    ("1 0.5 0.25 0.1 0.2", (180, 240)),
    ("0 0.3125 0.55 0.21 0.07", (200, 320)),
    ("12 0.871 0.13 0.05 0.18", (333, 127)),
    ("2 0.04 0.9 0.13 0.31\n", (480, 640)),
    ("0  0.25 0.75  0.125 0.03125", (96, 96)),
)


def _read_line(line: str, size: tuple[int, int]) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Label, centre (x, y) and size (w, h) as parts, and the picture's (width, height)."""
    label, *numbers = line.split()
    return int(label), *np.array(numbers, float).reshape(2, 2), np.array(size[::-1])


def _corners(how: Callable) -> Callable:
    """An answer whose four numbers are ``how(centre, size, picture)``, each a pair; its label is right."""

    def answer(line: str, size: tuple[int, int]) -> np.ndarray:
        label, *rest = _read_line(line, size)
        return np.round([label, *np.concatenate(how(*rest))], 9)  # 63, not 62.99999999999999

    return answer


_in_pixels = _corners(lambda c, s, p: ((c - s / 2) * p, (c + s / 2) * p))


def _instead(how: Callable) -> Callable:
    """An answer that spoils the right one by ``how(label, corners)``."""

    def answer(line: str, size: tuple[int, int]) -> np.ndarray:
        label, *corners = _in_pixels(line, size)
        return np.hstack(how(label, np.array(corners)))

    return answer


def _label_and_corners(result: object, right: object, what: str) -> np.ndarray:
    label, *corners = parts(result, ("label", "x1", "y1", "x2", "y2"))
    if isinstance(label, str):
        raise Wrong(f"{what} has the label {label!r} in quotes: it is still text. Make it a number with int(label).")
    return np.round([number(entry, what, finite=False) for entry in (label, *corners)], 9)


pixels = Exercise(
    name="pixels",
    answer_name="my_pixels",
    solution_source="""
        def my_pixels(line, size):
            label, x, y, w, h = line.split()
            height, width = size
            x, w = float(x) * width, float(w) * width
            y, h = float(y) * height, float(h) * height
            return int(label), x - w / 2, y - h / 2, x + w / 2, y + h / 2
    """,
    hints=(
        "What line.split() gives is text: float(x) makes a number of it. Which side of the picture is x a part of?",
        "x and w are parts of the width, y and h of the height. Multiply; then (x, y) is the centre in pixels.",
        "x1 = x − w / 2, x2 = x + w / 2, the same for y with h, and int(label) in front.",
    ),
    diagnose=ByCases(
        truth=_in_pixels,
        cases=_LINES,
        words=lambda line, size: f"For the line {line!r} and a picture {size[0]} high and {size[1]} wide",
        misreadings=(
            Misreading(
                _corners(lambda c, s, p: (c * p, (c + s) * p)),
                "x and y were taken for the top left corner. YOLO writes the centre, half a box further in.",
            ),
            Misreading(
                _corners(lambda c, s, p: ((c - s) * p, (c + s) * p)),
                "the box is twice as large. From the centre to an edge is only half of the width or height.",
            ),
            Misreading(
                _corners(lambda c, s, p: (c * p, s * p)),
                "these are centre and size in pixels. Corners are wanted: the centre less half the size, and plus it.",
            ),
            Misreading(
                _corners(lambda c, s, p: (c - s / 2, c + s / 2)),
                "these are still parts of the picture. Multiply by its width and height.",
            ),
            Misreading(
                _corners(lambda c, s, p: (c * p - s / 2, c * p + s / 2)),
                "width and height of the box are still parts. Multiply them too: w by the width, h by the height.",
            ),
            Misreading(
                _corners(lambda c, s, p: (c - s / 2 * p, c + s / 2 * p)),
                "the centre is still a part of the picture. Multiply it too: x by the width, y by the height.",
            ),
            Misreading(
                _corners(lambda c, s, p: ((c - s) / 2 * p, (c + s) / 2 * p)),
                "the centre was halved as well. Only the size is: x − w / 2, without brackets around x − w.",
            ),
            Misreading(
                lambda line, size: _in_pixels(line, (180, 240)),
                "the picture is always 180 × 240 in your function. Take `size`.",
            ),
            Misreading(
                lambda line, size: _in_pixels(line, size[::-1]),
                "width and height of the picture are swapped: size is (height, width), x is a part of the width.",
            ),
            Misreading(
                lambda line, size: _in_pixels(line, (size[1], size[1])),
                "all four were multiplied by the width. y and h are parts of the height.",
            ),
            Misreading(
                lambda line, size: _in_pixels(line, (size[0], size[0])),
                "all four were multiplied by the height. x and w are parts of the width.",
            ),
            Misreading(
                _corners(lambda c, s, p: ((c - s[::-1] / 2) * p, (c + s[::-1] / 2) * p)),
                "w and h were read in the wrong order. A line is label, x, y, w, h.",
            ),
            Misreading(
                _corners(lambda c, s, p: ((c - s / 2)[::-1] * p, (c + s / 2)[::-1] * p)),
                "x and y were read in the wrong order. A line is label, x, y, w, h.",
            ),
            Misreading(
                _instead(lambda label, box: (label, box[[1, 0, 3, 2]])),
                "x and y are swapped. The order is x1, y1, x2, y2.",
            ),
            Misreading(
                _instead(lambda label, box: (label, box[[0, 2, 1, 3]])),
                "the right four numbers in the order x1, x2, y1, y2. Wanted are two corners: x1, y1, x2, y2.",
            ),
            Misreading(
                _instead(lambda label, box: (box, label)),
                "the label stands at the end. It comes first, as in the line.",
            ),
            *(
                Misreading(
                    _instead(lambda label, box, how=how: (label, how(box))),
                    f"you rounded {words}. An edge may lie within a pixel, and a small box loses much by rounding.",
                )
                for how, words in ((np.round, "to whole pixels"), (np.floor, "down to whole pixels"))
            ),
            Misreading(
                _corners(lambda c, s, p: ((c * p) // 1 - (s * p) // 1 / 2, (c * p) // 1 + (s * p) // 1 / 2)),
                "centre and size were rounded down before the corners were computed. Keep the fractions: no int.",
            ),
            Misreading(
                _instead(lambda label, box: (label, np.maximum(box, 0))),
                "you cut the box off at the border. Here it is wanted as the line says it, past the edge or not.",
            ),
            Misreading(
                _instead(lambda label, box: (label + 1, box)),
                "the corners are right, and the label is one too high. The classes of a YOLO file count from 0.",
            ),
            Misreading(
                lambda line, size: np.array([int(line[0]), *_in_pixels(line, size)[1:]]),
                "the label is only the first digit. A class may have two: take what stands before the first space.",
            ),
            Misreading(
                _instead(lambda label, box: (label, box + 1)),
                "the corners are one pixel too far. YOLO's parts begin at 0, so nothing is to be added.",
            ),
            Misreading(
                lambda line, size: _in_pixels(line, (size[0] - 1, size[1] - 1)),
                "you multiplied by the size less 1. The parts are of the whole width: 1.0 is the right edge.",
            ),
        ),
        otherwise="Centre and size in pixels first: x and w times the width, y and h times the height.",
        praise="Right on five lines, also where the box passes the edge, and where the class has two digits.",
        take=_label_and_corners,
    ),
    mistakes=(
        Mistake("def my_pixels(line, size):\n    return line.split()", "it is still text"),
        Mistake(lambda line, size: (0, 0, 0, 1, 1), "Centre and size in pixels first"),
        Mistake(lambda line, size: (1, (2, 3, 4, 5)), "5 things are expected"),
        Mistake("def my_pixels(line, size):\n    label, x, y, w, h = line\n    return 0", "ValueError"),
        Mistake("def my_pixels(line, size):\n    _, x, y, w, h = line.split()\n    return x - w / 2", "TypeError"),
    ),
    why="Parts of width and height stay right when a picture is made smaller, pixels do not. The price is that a line "
    "means nothing without the picture's size. A centre and a size name the same box as two corners, which is why "
    "a mistake between them raises no error and only moves every box.",
)


# --- bad rows ---------------------------------------------------------------------------------------------------------

_VERDICTS = ("fine", "past the edge", "no area", "unknown class", "pixels, not parts")
_ROWS = {
    "0 0.50 0.50 0.20 0.30": "fine",
    "2 0.95 0.50 0.20 0.30": "past the edge",
    "1 0.40 0.40 0.00 0.20": "no area",
    "3 0.50 0.50 0.10 0.10": "unknown class",
    "1 120 90 24 24": "pixels, not parts",
}

bad_rows = Exercise(
    name="bad_rows",
    answer_name="verdicts",
    solution_source="""
        verdicts = {
            "0 0.50 0.50 0.20 0.30": "fine",
            "2 0.95 0.50 0.20 0.30": "past the edge",  # 0.95 + 0.20 / 2 = 1.05
            "1 0.40 0.40 0.00 0.20": "no area",
            "3 0.50 0.50 0.10 0.10": "unknown class",  # three classes: 0, 1 and 2
            "1 120 90 24 24": "pixels, not parts",
        }
    """,
    hints=(
        "Each line is class, x and y of the centre, width, height. Three classes have the numbers 0, 1 and 2.",
        "Add half the width to x: is it more than 1? Is a side 0? Is a number far above 1?",
        "One is fine. Of the others, one each passes the edge, has no width, has class 3, was written in pixels.",
    ),
    diagnose=by_words(
        right=_ROWS,
        choices=dict.fromkeys(_ROWS, _VERDICTS),
        says={
            "0 0.50 0.50 0.20 0.30": {
                "past the edge": "It reaches from 0.40 to 0.60 across and from 0.35 to 0.65 down: inside.",
                "no area": "Its sides are 0.20 and 0.30, both more than 0.",
                "unknown class": "Class 0 is the first of the three: classes count from 0.",
                "pixels, not parts": "All its numbers lie between 0 and 1, as parts of a picture do.",
            },
            "2 0.95 0.50 0.20 0.30": {
                "fine": "0.95 is the centre. The box reaches half of 0.20 further, to 1.05, past the right edge.",
                "no area": "Its sides are 0.20 and 0.30, both more than 0. Look where it ends.",
                "unknown class": "Three classes have the numbers 0, 1 and 2, so 2 is the last. Look where it ends.",
                "pixels, not parts": "All its numbers lie between 0 and 1, as parts do. Look where the box ends.",
            },
            "1 0.40 0.40 0.00 0.20": {
                "fine": "The width is 0.00: nothing lies between its left and its right edge.",
                "": "It lies inside, its class is known, its numbers are parts. But the width is 0.00.",
            },
            "3 0.50 0.50 0.10 0.10": {
                "fine": "Its box is. But three classes have the numbers 0, 1 and 2, and this is a fourth.",
                "": "Its box is small and lies in the middle. But three classes have the numbers 0, 1 and 2.",
            },
            "1 120 90 24 24": {
                "fine": "120 times the width of the picture is far away. Parts go from 0 to 1.",
                "past the edge": "True as it stands, and cutting it off would leave nothing. The numbers were meant as "
                "something else: divided by the picture's size they would be a good box.",
                "no area": "Its sides are 24 and 24. Which unit is that?",
                "unknown class": "Class 1 is the second of three. Look at the unit of the other numbers.",
            },
        },
        praise="One good line of five. At a glance they all look alike, so let a program read every line.",
    ),
    mistakes=(
        Mistake({**_ROWS, "1 120 90 24 24": "wrong"}, "Choose one of these"),
        Mistake({**_ROWS, "1 120 90 24 24": ""}, "Choose one of these"),
        Mistake({**_ROWS, "1 120 90 24 24": 4}, "in quotes"),
        Mistake({**_ROWS, "1 120 90 24 24": ["fine"]}, "in quotes"),
        Mistake(dict.fromkeys(_ROWS, "fine"), "past the right edge"),
        Mistake(dict.fromkeys(_ROWS, "past the edge"), "from 0.40 to 0.60 across"),
        Mistake({key: _ROWS[key] for key in list(_ROWS)[:4]}, "'1 120 90 24 24' is missing"),
        Mistake(list(_ROWS.values()), "A dictionary with the 5 keys"),
        Mistake(lambda: _ROWS, "This is a function"),
    ),
    why="A box can be cut at the edge and keep what is inside. One without area holds no pixel, and of an unknown "
    "class or unit nobody can say what was meant, so these go to a person. Each fault has its own cure, so a "
    "report must name line and rule.",
)


# --- trays on both sides ----------------------------------------------------------------------------------------------

_SPLITS = (
    (("a", "a", "b", "b"), ("train", "validation", "train", "train")),
    (("t1", "t10", "t1", "t10", "t2", "t1"), ("train", "train", "train", "validation", "validation", "train")),
    (("c", "a", "b", "c", "b", "a"), ("train", "test", "validation", "test", "train", "test")),
    (("d", "e", "d", "f"), ("validation", "train", "test", "test")),
    (("x", "y", "z", "x", "y", "z", "x"), ("train", "test", "validation", "validation", "test", "validation", "test")),
    (("m", "n", "n", "o"), ("train", "validation", "validation", "test")),
    (("u", "v", "w", "w", "v", "u"), ("train", "held out", "train", "held out", "train", "held out")),
)


def _leaks(count: Callable[[set, list], bool]) -> Callable:
    """The groups of which ``count(sides, all sides)`` is true, in the order of the alphabet."""

    def answer(groups: tuple, splits: tuple) -> tuple[str, ...]:
        pairs = list(zip(groups, splits, strict=True))
        sides = {group: {split for other, split in pairs if other == group} for group in groups}
        return tuple(sorted(group for group in sides if count(sides[group], list(splits))))

    return answer


def _names(result: object, right: object, what: str) -> tuple[str, ...]:
    """A set, list, tuple or array of names as a sorted tuple."""
    if isinstance(result, np.ndarray) and result.ndim == 1:
        result = result.tolist()
    if not isinstance(result, (set, frozenset, list, tuple)) and not isinstance(result, type({}.keys())):
        raise Wrong(f"{what} should be the names of the groups in a set or a list, but this is {kind_of(result)}.")
    for name in result:
        if not isinstance(name, str):
            raise Wrong(f"{what} should be names of groups, but in yours stands {kind_of(name)}: {show(name)[:40]}.")
    if twice := [name for name in result if list(result).count(name) > 1]:
        raise Wrong(f"{what} has {str(twice[0])!r} more than once. Name each group once: a set, {{…}}, does that.")
    return tuple(sorted(map(str, result)))


def _neighbours(groups: tuple, splits: tuple) -> tuple[str, ...]:
    pairs = itertools.pairwise(zip(groups, splits, strict=True))
    return tuple(sorted({one[0] for one, two in pairs if one[0] == two[0] and one[1] != two[1]}))


leaks = Exercise(
    name="leaks",
    answer_name="my_leaks",
    solution_source="""
        def my_leaks(groups, splits):
            pairs = set(zip(groups, splits))  # each tray once for each of its sides
            names = [group for group, _ in pairs]
            return {group for group in names if names.count(group) > 1}
    """,
    hints=(
        "On how many sides does one tray have pictures? Collect its sides, each once.",
        "set(zip(groups, splits)) holds each pair of tray and side once, however many pictures there are.",
        "A tray that stands in two of these pairs is on two sides.",
    ),
    diagnose=ByCases(
        truth=_leaks(lambda sides, all_sides: len(sides) > 1),
        cases=_SPLITS,
        words="For groups {} on sides {}".format,
        misreadings=(
            Misreading(
                _leaks(lambda sides, all_sides: True), "you returned every group. Only those on two sides leak."
            ),
            Misreading(
                _leaks(lambda sides, all_sides: len(sides) == 1),
                "these are the groups that stay together. Wanted are those that do not.",
            ),
            Misreading(
                lambda groups, splits: tuple(sorted({g for g in groups if groups.count(g) > 1})),
                "these groups have several pictures. Several on one side are no leak: count sides, not pictures.",
            ),
            Misreading(
                _leaks(lambda sides, all_sides: {"train", "test"} <= sides),
                "only train against test was looked at. Validation is a side of its own: choices are made on it.",
            ),
            Misreading(
                _leaks(lambda sides, all_sides: {"train", "validation"} <= sides),
                "only train against validation was looked at. Any two sides make a leak, whatever they are called.",
            ),
            Misreading(
                _leaks(lambda sides, all_sides: "train" in sides and len(sides) > 1),
                "a group on validation and test leaks as well: what is chosen on one half is measured on the other.",
            ),
            Misreading(
                _leaks(lambda sides, all_sides: sides == set(all_sides)),
                "only groups that are on every side were named. Two sides are enough.",
            ),
            Misreading(
                _leaks(lambda sides, all_sides: len(sides) == 2),
                "a group on three sides is missing. More than one side is a leak, three are one too.",
            ),
            Misreading(
                _neighbours,
                "only neighbours in the list were compared. The pictures of a group need not stand together.",
            ),
            Misreading(
                _leaks(lambda sides, all_sides: "train" in sides and all_sides.count("train") > 0),
                "these are the groups in training. A leak is a group that is in training and somewhere else too.",
            ),
            Misreading(
                _leaks(lambda sides, all_sides: "train" not in sides),
                "these are the groups that training never sees. Those are the good ones.",
            ),
            Misreading(
                lambda groups, splits: tuple(
                    sorted({g for g, s in zip(groups, splits, strict=True) if s != splits[groups.index(g)]})[:1]
                ),
                "only one group was named. Name all that leak.",
            ),
            Misreading(
                lambda groups, splits: tuple(
                    sorted({s for g, s in zip(groups, splits, strict=True) if s != splits[groups.index(g)]})
                ),
                "these are names of sides. Wanted are the groups.",
            ),
        ),
        otherwise="For each group collect the sides on which it has pictures; more than one is a leak.",
        praise="Right on seven splits, one of them without a leak. The same lines find patients, houses and videos.",
        take=_names,
        same=operator.eq,
    ),
    mistakes=(
        Mistake(lambda groups, splits: len(set(groups)) > 1, "the names of the groups in a set or a list"),
        Mistake(lambda groups, splits: [0, 1], "but in yours stands an int: 0"),
        Mistake(lambda groups, splits: set(zip(groups, splits, strict=True)), "but in yours stands a tuple"),
        Mistake(lambda groups, splits: list(groups), "more than once"),
        Mistake(lambda groups, splits: {g: 2 for g in groups}, "but this is a dict"),
        Mistake(lambda groups, splits: "a", "but this is a text in quotes"),
        Mistake(lambda groups, splits: {"b"}, "collect the sides"),
    ),
    why="Pictures of one tray share background, light and often the very parts. A detector that has trained on some "
    "of them knows the others half by heart, and measures too well there. The score then says how it does on "
    "trays it knows, while it will be used on trays it does not.",
)


# --- boxes in the mirror ----------------------------------------------------------------------------------------------

_BOXES = (
    (np.array([[10.0, 20, 50, 60], [100, 5, 130, 175]]), 240),
    (np.array([[0.0, 0, 30.5, 12.25], [70.5, 40, 101, 99], [44, 7, 57, 8.5]]), 101),
    (np.array([[-8.0, 15, 22, 40], [300, 90, 331, 121], [12.5, 3, 14, 9]]), 320),
    (np.zeros((0, 4)), 64),
)


def _mirrored(how: Callable) -> Callable:
    """An answer whose four columns are ``how(x1, y1, x2, y2, width)``."""
    return lambda boxes, width: np.stack(how(*boxes.T, width), axis=-1)


_mirror = _mirrored(lambda x1, y1, x2, y2, w: (w - x2, y1, w - x1, y2))


def _as_many_boxes(result: object, right: np.ndarray, what: str) -> np.ndarray:
    boxes = array(result, None if right.size == 0 else right.shape, what, finite=False)
    return boxes.reshape(0, 4) if right.size == boxes.size == 0 else boxes


mirror = Exercise(
    name="mirror",
    answer_name="my_mirror",
    solution_source="""
        def my_mirror(boxes, width):
            x1, y1, x2, y2 = boxes.T
            return np.stack([width - x2, y1, width - x1, y2], axis=1)
    """,
    hints=(
        "A point 10 pixels from the left edge lies 10 pixels from the right edge afterwards. What is its new x?",
        "x becomes width − x. Then which edge of the box is the left one?",
        "The new x1 is width − x2, the new x2 is width − x1; y1 and y2 stay.",
    ),
    diagnose=ByCases(
        truth=_mirror,
        cases=_BOXES,
        words=lambda boxes, width: f"For {len(boxes) or 'no'} boxes in a picture {width} wide",
        misreadings=(
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (w - x1, y1, w - x2, y2)),
                "x1 is now right of x2. In the mirror the right edge becomes the left one: exchange the two.",
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (w - 1 - x2, y1, w - 1 - x1, y2)),
                "every box is one pixel too far left. Column k goes to width − 1 − k, but these are edges, and an edge "
                "at 0 goes to the width.",
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (x1, w - y2, x2, w - y1)),
                "you turned y. Left and right change places here, and those are measured by x.",
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (w - x2, w - y2, w - x1, w - y1)),
                "you turned both. Left and right change places; up and down stay.",
            ),
            Misreading(
                lambda boxes, width: boxes, "the boxes have not moved. The pictures have: the labels must follow."
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (x2, y1, x1, y2)),
                "x1 and x2 were exchanged and stayed where they were. Each becomes width − x, too.",
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (x2 - w, y1, x1 - w, y2)),
                "that is x − width, which lies left of the picture. It is width − x.",
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (-x2, y1, -x1, y2)),
                "the boxes are mirrored at the picture's left edge and lie outside. Add the width.",
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (w - x1 - x2, y1, x2, y2)),
                "the last two numbers were read as width and height. They are the right and the lower edge.",
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (w - x1, y1, x2, y2)),
                "only x1 was moved. Both edges are reflected.",
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (w - x2, y1, x2, y2)),
                "x2 has not moved. If you changed x1 first, x2 was then computed from the new x1: keep the old values.",
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (w - x2, w - x1, y1, y2)),
                "the right numbers in the order x1, x2, y1, y2. Keep x1, y1, x2, y2.",
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (w / 2 - x2, y1, w / 2 - x1, y2)),
                "that mirrors at a quarter of the width. The mirror stands in the middle, so x becomes width − x.",
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (240 - x2, y1, 240 - x1, y2)),
                "the width is always 240 in your function. Take `width`.",
            ),
            Misreading(
                lambda boxes, width: _mirror(boxes, width)[::-1],
                "the rows have changed their order too. Row k of the result belongs to row k of the boxes.",
            ),
            Misreading(
                lambda boxes, width: np.floor(_mirror(boxes, width)),
                "you cut off what stands behind the point. An edge may lie within a pixel.",
            ),
            Misreading(
                lambda boxes, width: _mirror(boxes, width).round(),
                "you rounded to whole pixels. An edge may lie within a pixel.",
            ),
            Misreading(
                _mirrored(lambda x1, y1, x2, y2, w: (np.clip(w - x2, 0, w), y1, np.clip(w - x1, 0, w), y2)),
                "you cut the boxes off at the border. Here they only change sides, past the edge or not.",
            ),
        ),
        otherwise="Work out one box by hand: how far is its right edge from the picture's right edge?",
        praise="Right on all boxes, one of them past the edge, and on a picture without any.",
        take=_as_many_boxes,
    ),
    mistakes=(
        Mistake(lambda boxes, width: boxes[:, ::-1], "Work out one box by hand"),
        Mistake(lambda boxes, width: width - boxes[:, 0], "should have shape (2, 4)"),
        Mistake(lambda boxes, width: boxes.T, "rows and columns are swapped"),
        Mistake("def my_mirror(boxes, width):\n    x1, y1, x2, y2 = boxes\n    return boxes", "ValueError"),
    ),
    why="What lay at distance x from the left edge lies at distance x from the right one afterwards. The order of the "
    "edges turns round with it. A box that stays behind its picture teaches the network a place where nothing is, "
    "and the loss falls all the same.",
)
