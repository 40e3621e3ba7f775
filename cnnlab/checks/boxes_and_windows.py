"""Lesson 11's first exercises: a box and its pixels, the target vector and its loss, windows in one pass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab.checks.answers import array, close
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Case, Misreading

# --- a box cuts a piece out of a picture ------------------------------------------------------------------------------

_GREY = np.random.default_rng(11).permutation(54).reshape(6, 9)
_COLOUR = np.random.default_rng(12).permutation(6 * 9 * 3).reshape(6, 9, 3)
_CUTS = (
    (_GREY, (2, 1, 6, 3)), (_COLOUR, (3, 2, 5, 5)), (_GREY, (7, 4, 12, 9)), (_GREY, (-2, 1, 3, 4)),
    (_COLOUR, (-3, -2, 2, 3)), (_GREY, (-6, 1, -2, 4)), (_GREY, (1, -5, 4, -1)), (_GREY, (11, 2, 14, 5)),
    (_GREY, (0, 0, 9, 6)),
)  # fmt: skip


def _cut(image: np.ndarray, box: tuple) -> np.ndarray:
    x1, y1, x2, y2 = (max(value, 0) for value in box)
    return image[y1:y2, x1:x2]


def _sliced(how: Callable) -> Callable:
    """An answer that takes the piece by ``how(image, x1, y1, x2, y2)``."""
    return lambda image, box: how(image, *box)


def _clamped(how: Callable) -> Callable:
    """The same with rows and columns (y1, y2, x1, x2) from ``how(x1, y1, x2, y2)``, each held at 0."""

    def cut(image: np.ndarray, box: tuple) -> np.ndarray:
        y1, y2, x1, x2 = (max(value, 0) for value in how(*box))
        return image[y1:y2, x1:x2]

    return cut


_SWAPPED = "x and y are swapped. A box says x first, an array is asked for its rows first: image[y1:y2, x1:x2]."
_ONE_MORE = "one row and one column too many. x2 and y2 are where the box ends; that pixel is no longer inside."
_AS_SIZE = "the last two numbers were read as width and height. In xyxy they are the right and the lower edge."

_CROP = ByCases(
    truth=_cut,
    cases=_CUTS,
    words=lambda image, box: f"For a picture of {image.shape} and box {box}",
    misreadings=(
        Misreading(_clamped(lambda x1, y1, x2, y2: (x1, x2, y1, y2)), _SWAPPED),
        Misreading(_sliced(lambda image, x1, y1, x2, y2: image[x1:x2, y1:y2]), _SWAPPED),
        Misreading(_clamped(lambda x1, y1, x2, y2: (y1, y2 + 1, x1, x2 + 1)), _ONE_MORE),
        Misreading(_sliced(lambda image, x1, y1, x2, y2: image[y1 : y2 + 1, x1 : x2 + 1]), _ONE_MORE),
        Misreading(_clamped(lambda x1, y1, x2, y2: (y1, y1 + y2, x1, x1 + x2)), _AS_SIZE),
        Misreading(_sliced(lambda image, x1, y1, x2, y2: image[y1 : y1 + y2, x1 : x1 + x2]), _AS_SIZE),
        Misreading(
            _sliced(lambda image, x1, y1, x2, y2: image[y1:y2, x1:x2]),
            "the clamp at 0 is missing. Python reads a start of −2 as 'the second from the end', not as 'outside'.",
        ),
        Misreading(
            _sliced(lambda image, x1, y1, x2, y2: image[max(y1, 0) : y2, max(x1, 0) : x2]),
            "the start is clamped at 0 but the end is not. This box lies wholly left of the picture, and nothing "
            "remains.",
        ),
        Misreading(
            _sliced(lambda image, x1, y1, x2, y2: image[max(y1, 0) : max(y2, 0)][max(x1, 0) : max(x2, 0)]),
            "both pairs of brackets choose rows. Put rows and columns into one pair: image[y1:y2, x1:x2].",
        ),
        Misreading(
            _clamped(lambda x1, y1, x2, y2: (max(y1, 0), max(y1, 0) + y2 - y1, max(x1, 0), max(x1, 0) + x2 - x1)),
            "the box was pushed into the picture. It stays where it is, and what lies outside is cut off.",
        ),
        Misreading(
            _sliced(
                lambda image, x1, y1, x2, y2: _cut(
                    image, (x1, y1, min(x2, image.shape[1] - 1), min(y2, image.shape[0] - 1))
                )
            ),
            "the end is held one pixel too early: an end of `image.shape[1]` still lets the last column in.",
        ),
        Misreading(
            _sliced(
                lambda image, x1, y1, x2, y2: np.pad(image, [(20, 20)] * 2 + [(0, 0)] * (image.ndim - 2))[
                    y1 + 20 : y2 + 20, x1 + 20 : x2 + 20
                ]
            ),
            "the box was filled up with zeros outside the picture. Only what lies inside is returned.",
        ),
        Misreading(
            _sliced(
                lambda image, x1, y1, x2, y2: image[y1:y2, x1:x2] if min(x1, y1) >= 0 else image[:0, :0],
            ),
            "nothing was returned for a box that begins outside. A part of it may lie inside.",
        ),
        Misreading(
            _clamped(lambda x1, y1, x2, y2: (abs(y1), abs(y2), abs(x1), abs(x2))),
            "a minus sign was taken off. −2 lies outside, left of or above the picture: hold it at 0.",
        ),
    ),
    otherwise="Rows run from y1 to y2, columns from x1 to x2, and nothing starts before 0.",
    praise="Rows from y, columns from x, and nothing before 0: three mistakes that raise no error.",
    take=lambda piece, right, what: array(piece, None, what),
    same=lambda mine, theirs: mine.size == theirs.size == 0 or close(mine, theirs),
)

crop = Exercise(
    name="crop",
    solution_source="""
        def crop(image, box):
            x1, y1, x2, y2 = (max(value, 0) for value in box)
            return image[y1:y2, x1:x2]
    """,
    hints=(
        "Which of the four numbers choose rows, and which choose columns?",
        "y1 and y2 choose the rows. Python cuts off an end that is too large, but what does image[-2:3] give?",
        "x1, y1, x2, y2 = (max(value, 0) for value in box), and then one line with two slices.",
    ),
    diagnose=_CROP,
    mistakes=(
        Mistake(lambda image, box: image, "Rows run from y1"),
        Mistake(lambda image, box: box, "Rows run from y1"),
        Mistake(lambda image, box: "the eye", "should be an array of numbers, but this is a text in quotes"),
        Mistake(lambda image, box: _cut(image, box).sum(), "you got"),
    ),
    why="An array is indexed by row first, and rows run along y. A box ends where the first pixel outside begins, just "
    "as a slice does, so no 1 is added. A negative start would count from the array's end; held at 0 it means the "
    "border.",
)


# --- the target vector ------------------------------------------------------------------------------------------------


def _placed(how: Callable) -> Callable:
    """An answer that fills bx, by, bh, bw by ``how(x1, y1, x2, y2, height, width)``, and the rest rightly."""

    def vector(box: tuple | None, label: int | None, height: int, width: int) -> list[float]:
        if box is None:
            return [0.0] * 8
        return [1.0, *how(*box, height, width), *(float(label == k) for k in range(3))]

    return vector


_target = _placed(
    lambda x1, y1, x2, y2, h, w: ((x1 + x2) / 2 / w, (y1 + y2) / 2 / h, (y2 - y1) / h, (x2 - x1) / w),
)


def _same_target(mine: np.ndarray, right: np.ndarray) -> bool:
    """Where nothing is, only pc counts: the other seven may be anything, NaN too."""
    return close(mine[0], right[0]) and (right[0] == 0 or close(mine, right))


_TARGET = ByCases(
    truth=lambda *case: np.array(_target(*case)),
    cases=(
        ((21, 30, 80, 53), 1, 98, 203),
        ((0, 0, 64, 49), 0, 97, 128),
        ((10, 23, 31, 80), 2, 190, 70),
        ((130, 4, 171, 27), 0, 100, 200),
        (None, None, 100, 200),
    ),
    words="For box {}, label {}, height {}, width {}".format,
    misreadings=(
        Misreading(
            _placed(lambda x1, y1, x2, y2, h, w: (x1 / w, y1 / h, (y2 - y1) / h, (x2 - x1) / w)),
            "bx, by are the box's centre, and you gave its top left corner.",
        ),
        Misreading(
            _placed(lambda x1, y1, x2, y2, h, w: ((x1 + x2) / 2 / w, (y1 + y2) / 2 / h, (x2 - x1) / w, (y2 - y1) / h)),
            "height and width are swapped: in this vector bh comes before bw.",
        ),
        Misreading(
            _placed(lambda x1, y1, x2, y2, h, w: ((y1 + y2) / 2 / h, (x1 + x2) / 2 / w, (y2 - y1) / h, (x2 - x1) / w)),
            "the centre's x and y are swapped: bx comes before by, although bh comes before bw.",
        ),
        Misreading(
            _placed(lambda x1, y1, x2, y2, h, w: ((x1 + x2) / 2, (y1 + y2) / 2, y2 - y1, x2 - x1)),
            "these are pixels. Divide by the picture's size, so that all numbers lie from 0 to 1.",
        ),
        Misreading(
            _placed(lambda x1, y1, x2, y2, h, w: ((x1 + x2) / 2 / h, (y1 + y2) / 2 / w, (y2 - y1) / w, (x2 - x1) / h)),
            "divided by the wrong side. What is measured along x is divided by the width, along y by the height.",
        ),
        Misreading(
            _placed(lambda x1, y1, x2, y2, h, w: (x1 / w, y1 / h, x2 / w, y2 / h)),
            "these are the two corners. The vector wants the centre and the size.",
        ),
        Misreading(
            _placed(lambda x1, y1, x2, y2, h, w: ((x1 + x2) / w, (y1 + y2) / h, (y2 - y1) / h, (x2 - x1) / w)),
            "the centre is half of x1 + x2: the division by 2 is missing.",
        ),
        Misreading(
            _placed(lambda x1, y1, x2, y2, h, w: ((x2 - x1) / 2 / w, (y2 - y1) / 2 / h, (y2 - y1) / h, (x2 - x1) / w)),
            "(x2 − x1) / 2 is half the width. The centre is at (x1 + x2) / 2.",
        ),
        Misreading(
            _placed(
                lambda x1, y1, x2, y2, h, w: ((x1 + x2) // 2 / w, (y1 + y2) // 2 / h, (y2 - y1) / h, (x2 - x1) / w)
            ),
            "the centre was rounded to a whole pixel. It may lie between two pixels: divide with /, not with //.",
        ),
        Misreading(
            _placed(lambda x1, y1, x2, y2, h, w: (0, 0, 0, 0)),
            "every quotient was rounded down to 0. Divide with /: // drops what stands behind the point.",
        ),
        Misreading(
            lambda box, label, h, w: _target(box, None if box is None else label - 1, h, w),
            "the box is right, but the classes are not: label 0 is c1, the first. Labels start at 0.",
        ),
        Misreading(
            lambda box, label, h, w: [*_target(box, label, h, w)[:5], *(float(label != k) for k in range(3))],
            "the classes are inside out: a 1 at the place of the label, and zeros at the two others.",
        ),
        Misreading(
            lambda box, label, h, w: [*_target(box, label, h, w)[:5], *_target(box, label, h, w)[:4:-1]],
            "the box is right, but the classes run backwards: label 0 is c1, the first.",
        ),
        Misreading(
            lambda box, label, h, w: [*_target(box, label, h, w)[:5], 0, 1, 0],
            "the classes are those of the square in the example. They follow from `label`.",
        ),
        Misreading(
            lambda box, label, h, w: [float(label or 0), *_target(box, label, h, w)[1:]],
            "the first number is pc, 1 where there is an object, and not the label.",
        ),
        Misreading(
            lambda box, label, h, w: np.round(_target(box, label, h, w), 2),
            "the box is right, but rounded. Return the quotients as they are.",
        ),
        Misreading(
            lambda box, label, h, w: [1.0, *_target(box, label, h, w)[1:]],
            "nothing is in the picture (box None), so the first number, pc, must be 0.",
        ),
        Misreading(
            lambda box, label, h, w: [0.0, *_target(box, label, h, w)[1:]],
            "there is an object, so the first number, pc, must be 1.",
        ),
        Misreading(
            lambda box, label, h, w: [float(box is None), *_target(box, label, h, w)[1:]],
            "pc is upside down. It is 1 where an object is, and 0 where none is.",
        ),
    ),
    otherwise="Write down centre, height and width of the box in pixels first.",
    praise="Eight numbers for every picture: is something there, where, how large, and what. A network can be taught "
    "that.",
    take=lambda vector, right, what: array(vector, (8,), what, finite=False),
    same=_same_target,
)

target_vector = Exercise(
    name="target_vector",
    solution_source="""
        def target_vector(box, label, height, width):
            if box is None:
                return [0.0] * 8
            x1, y1, x2, y2 = box
            centre = [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height]
            size = [(y2 - y1) / height, (x2 - x1) / width]
            return [1.0, *centre, *size, *(float(label == k) for k in range(3))]
    """,
    hints=(
        "Two cases: no box, and a box. The first begins with pc = 0, and the rest may be anything: zeros, say.",
        "The centre is ((x1 + x2) / 2, (y1 + y2) / 2), the size (y2 - y1, x2 - x1). Divide x by width, y by height.",
        "[1.0, cx / width, cy / height, h / height, w / width] and then a 1 at the place of the label.",
    ),
    diagnose=_TARGET,
    mistakes=(
        Mistake(lambda box, label, height, width: [1, 0, 0, 0, 0, 0, 0, 0], "Write down centre"),
        Mistake(lambda box, label, height, width: [0, 0, 0, 0, 0, 0, 0, 0], "you got [0, 0, 0, 0, 0, 0, 0, 0], not [1"),
        Mistake(lambda box, label, height, width: [float("nan")] * 8, "is not a number (nan)"),
        Mistake(lambda box, label, height, width: [1, *(box or [0] * 4), label], "have shape (8,)"),
        Mistake(lambda box, label, height, width: [1, *box, 0, 0, 0], "Write down centre"),
    ),
    why="Shares of the picture do not depend on its resolution and lie from 0 to 1, so none outweighs the others by "
    "its unit alone. One number for the class would put circle nearer to square than to triangle; one-hot keeps "
    "all classes equally far apart.",
)


# --- its loss ---------------------------------------------------------------------------------------------------------

_LOSSES = (
    ((1, 0.25, 0.4, 0.2, 0.3, 0, 1, 0), (0.9, 0.25, 0.5, 0.2, 0.1, 0.2, 0.7, 0.1)),
    ((1, 0.25, 0.4, 0.2, 0.3, 0, 1, 0), (0.2, 0.25, 0.4, 0.2, 0.3, 0, 1, 0)),
    ((0, 0, 0, 0, 0, 0, 0, 0), (0.1, 0.9, 0.7, 0.5, 0.5, 0.3, 0.3, 0.4)),
    ((0, 0, 0, 0, 0, 0, 0, 0), (0.8, 0.9, 0.7, 0.5, 0.5, 0.3, 0.3, 0.4)),
    ((0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5), (0.3, 0.1, 0.2, 0.8, 0.4, 0, 1, 0)),
)


def _loss(y: np.ndarray, p: np.ndarray) -> float:
    squares = (y - p) ** 2
    return float(squares.sum() if y[0] == 1 else squares[0])


_LOSS = ByCases(
    truth=_loss,
    cases=tuple(
        Case(np.array(y, float), np.array(p, float), words=f"For target {list(y)} and prediction {list(p)}")
        for y, p in _LOSSES
    ),
    misreadings=(
        Misreading(
            lambda y, p: ((y - p) ** 2).sum(),
            "all eight numbers were counted. Where nothing is, no box can be right or wrong: only pc counts.",
        ),
        Misreading(
            lambda y, p: ((y - p) ** 2).sum() if p[0] >= 0.5 else (y[0] - p[0]) ** 2,
            "the prediction's pc decided what counts. The target decides, or a network could hide its mistakes by "
            "pc = 0.",
        ),
        Misreading(
            lambda y, p: (y - p)[0] ** 2 + p[0] * ((y - p)[1:] ** 2).sum(),
            "the prediction's pc was used as the mask. The target's pc is: it says whether anything is there.",
        ),
        Misreading(
            lambda y, p: ((y - p) ** 2).mean() if y[0] == 1 else (y[0] - p[0]) ** 2,
            "that is the mean of the squares; here they are added up.",
        ),
        Misreading(
            lambda y, p: _loss(y, p) / 2,
            "that is half of it. Some books halve the squares; here they are added up as they are.",
        ),
        Misreading(
            lambda y, p: ((y - p) ** 2)[1:].sum() if y[0] == 1 else (y[0] - p[0]) ** 2,
            "pc was left out where there is an object: a network that never says 'here' would go unpunished.",
        ),
        Misreading(
            lambda y, p: ((y - p) ** 2)[:5].sum() if y[0] == 1 else (y[0] - p[0]) ** 2,
            "the three classes were left out. Where there is an object, all eight numbers count.",
        ),
        Misreading(
            lambda y, p: ((y - p) ** 2).sum() if y[0] == 1 else 0.0,
            "an empty picture costs nothing here, so the network may cry 'object' for free. Its pc must count.",
        ),
        Misreading(
            lambda y, p: ((y - p) ** 2).sum() if y[0] == 0 else (y[0] - p[0]) ** 2,
            "the two cases are exchanged. With an object all eight numbers count, without one only pc does.",
        ),
        Misreading(
            lambda y, p: abs(y - p).sum() if y[0] == 1 else abs(y[0] - p[0]), "the differences are to be squared."
        ),
        Misreading(
            lambda y, p: (y - p).sum() ** 2 if y[0] == 1 else (y[0] - p[0]) ** 2,
            "the differences were added before they were squared, so that errors up and down cancel. Square each.",
        ),
        Misreading(
            lambda y, p: (y[0] - p[0]) ** 2, "only pc was counted. Where there is an object, all eight numbers do."
        ),
        Misreading(
            lambda y, p: np.sqrt(_loss(y, p)), "there is a square root too many: the loss is the sum of squares itself."
        ),
    ),
    otherwise="Square the eight differences; add up all of them, or take the first alone.",
    praise="An empty picture asks one question only. YOLO's loss in lesson 12 is this one, once for every cell of a "
    "grid.",
)

localization_loss = Exercise(
    name="localization_loss",
    solution_source="""
        def localization_loss(target, prediction):
            squares = (target - prediction) ** 2
            return squares.sum() if target[0] == 1 else squares[0]
    """,
    hints=(
        "The target's first number, pc, says which of two cases it is.",
        "squares = (target - prediction) ** 2 has eight numbers. With an object all of them count.",
        "Return squares.sum() if target[0] == 1, otherwise squares[0].",
    ),
    diagnose=_LOSS,
    mistakes=(
        Mistake(lambda y, p: (y - p) ** 2, "one number"),
        Mistake(lambda y, p: 0.0, "eight differences"),
        Mistake(lambda y, p: np.log(y[0] - 1), "is infinite"),
    ),
    why="Whatever enters a loss is pushed by its gradient. An object that is not there has no right box, so a push on "
    "those numbers would teach noise. The target decides what counts, since a mask made by the network would let "
    "it switch off its own errors.",
)


# --- how many windows -------------------------------------------------------------------------------------------------

one_pass = Exercise(
    name="one_pass",
    answer_name="answers",
    solution_source="answers = (26, 40)  # (65 - 14) // 2 + 1 and (92 - 14) // 2 + 1",
    hints=(
        "28 pixels gave 8 answers, 16 gave 2, 14 gave 1. How many pixels more does one more answer need?",
        "The windows are 14 high and start every 2 pixels. Count the starts from 0 to 65 − 14.",
        "(65 − 14) // 2 + 1 for the height, and the same with 92 for the width.",
    ),
    diagnose=ByValue(
        truth=(26, 40),
        misreadings={
            (40, 26): "Height and width are swapped: the picture is 65 high and 92 wide.",
            (52, 79): "That is a window at every pixel. The pooling halves the picture, so windows are 2 pixels apart.",
            (25, 39): "The first window stands before the first step: add 1.",
            (26.5, 40): "There is no half a window: what does not fill one at the edge is left out.",
            (27, 40): "You rounded up. The window that hangs over the edge is not computed.",
            (4, 6): "These windows do not overlap. They start every 2 pixels, not every 14.",
            (32, 46): "The windows need room: the last one starts 14 pixels before the end.",
            (14, 21): "The stride is used twice: the 1×1 convolutions move one value at a time.",
            (30, 44): "That is the size after the pooling. The 5×5 convolution behind it takes 4 off.",
            (9, 16): "That is the other network, with windows of 32. This one has windows of 14.",
        },
        otherwise="Take the layers one by one: 65 – conv 5 → 61 – pool 2 → 30 – conv 5 → …",
        praise="26 × 40 = 1,040 windows in one pass, each with its own four scores.",
        said="You got {} × {}",
        take=lambda answer: array(answer, (2,), "The answer (height, width)"),
    ),
    mistakes=(Mistake((10, 10), "one by one"), Mistake(1040, "shape (2,)")),
    why="A convolution does the same at every place, so an answer moves along with its window. Only the pooling skips "
    "places, one of two, which puts windows 2 pixels apart. The first window takes 14 pixels, each further one "
    "needs 2 more, and a step that does not fit is not taken.",
)
