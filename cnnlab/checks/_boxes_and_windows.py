"""Lesson 11's first exercises: a box and its pixels, the target vector and its loss, windows in one pass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab.checks._exercise import Exercise, Mistake, Wrong, array, call, close, number, show
from cnnlab.checks._judging import judge, short

# --- a box cuts a piece out of a picture ------------------------------------------------------------------------------

_GREY = np.arange(54).reshape(6, 9)
_COLOUR = np.arange(6 * 9 * 3).reshape(6, 9, 3)
_CUTS = (
    (_GREY, (2, 1, 6, 3)), (_GREY, (0, 0, 9, 6)), (_COLOUR, (3, 2, 5, 5)), (_GREY, (7, 4, 12, 9)),
    (_GREY, (-2, 1, 3, 4)), (_COLOUR, (-3, -2, 2, 2)), (_GREY, (-6, 1, -2, 4)),
)  # fmt: skip


def _cut(image: np.ndarray, box: tuple) -> np.ndarray:
    x1, y1, x2, y2 = (max(value, 0) for value in box)
    return image[y1:y2, x1:x2]


_CUT_MISREADINGS: tuple[tuple[Callable, str], ...] = (
    (
        lambda image, x1, y1, x2, y2: image[max(x1, 0) : max(x2, 0), max(y1, 0) : max(y2, 0)],
        "x and y are swapped. A box says x first, an array is asked for its rows first: image[y1:y2, x1:x2].",
    ),
    (
        lambda image, x1, y1, x2, y2: image[x1:x2, y1:y2],
        "x and y are swapped. A box says x first, an array is asked for its rows first: image[y1:y2, x1:x2].",
    ),
    (
        lambda image, x1, y1, x2, y2: image[max(y1, 0) : max(y2 + 1, 0), max(x1, 0) : max(x2 + 1, 0)],
        "one row and one column too many. x2 and y2 are where the box ends; that pixel is no longer inside.",
    ),
    (
        lambda image, x1, y1, x2, y2: image[y1 : y2 + 1, x1 : x2 + 1],
        "one row and one column too many. x2 and y2 are where the box ends; that pixel is no longer inside.",
    ),
    (
        lambda image, x1, y1, x2, y2: image[max(y1, 0) : max(y1 + y2, 0), max(x1, 0) : max(x1 + x2, 0)],
        "the last two numbers were read as width and height. In xyxy they are the right and the lower edge.",
    ),
    (
        lambda image, x1, y1, x2, y2: image[y1 : y1 + y2, x1 : x1 + x2],
        "the last two numbers were read as width and height. In xyxy they are the right and the lower edge.",
    ),
    (
        lambda image, x1, y1, x2, y2: image[y1:y2, x1:x2],
        "the clamp at 0 is missing. Python reads a start of −2 as 'the second from the end', not as 'outside'.",
    ),
    (
        lambda image, x1, y1, x2, y2: image[max(y1, 0) : y2, max(x1, 0) : x2],
        "the start is clamped at 0 but the end is not. This box lies wholly left of the picture, and nothing remains.",
    ),
)


def _diagnose_crop(answer: object) -> str:
    got = []
    for image, box in _CUTS:
        piece = call(answer, image, box)
        if not isinstance(piece, np.ndarray):
            raise Wrong(f"For box {box} your function returned {show(piece)}; a piece of the picture is an array.")
        got.append(piece)
    right = [_cut(image, box) for image, box in _CUTS]
    for piece, expected, (image, box) in zip(got, right, _CUTS, strict=True):
        if piece.size == expected.size == 0 or close(piece, expected):
            continue
        said = f"Picture {image.shape}, box {box}: you cut out shape {piece.shape}, not {expected.shape}"
        if piece.shape == expected.shape:
            said = f"Picture {image.shape}, box {box}: your piece has the right shape {piece.shape} and other pixels"
        for how, message in _CUT_MISREADINGS:
            theirs = [how(image, *box) for image, box in _CUTS]
            if all(close(a, b) or a.size == b.size == 0 for a, b in zip(got, theirs, strict=True)):
                raise Wrong(f"{said}: {message}")
        raise Wrong(f"{said}. Rows run from y1 to y2, columns from x1 to x2, and nothing starts before 0.")
    return "Rows from y, columns from x, and nothing before 0. Most wrong boxes in the world are one of these three."


crop = Exercise(
    name="crop",
    answer_name="crop",
    stub="""
        def crop(image, box):
            return ...
    """,
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
    diagnose=_diagnose_crop,
    mistakes=(
        Mistake(lambda image, box: image[box[0] : box[2], box[1] : box[3]], "swapped"),
        Mistake(lambda image, box: image[box[1] : box[3], box[0] : box[2]], "clamp at 0 is missing"),
        Mistake(lambda image, box: image[max(box[1], 0) : box[3], max(box[0], 0) : box[2]], "the end is not"),
        Mistake(lambda image, box: image[box[1] : box[3] + 1, box[0] : box[2] + 1], "too many"),
        Mistake(lambda image, box: image[box[1] : box[1] + box[3], box[0] : box[0] + box[2]], "width and height"),
        Mistake(lambda image, box: image, "Rows run from y1"),
        Mistake(lambda image, box: box, "is an array"),
    ),
)


# --- the target vector ------------------------------------------------------------------------------------------------

_TARGETS = (
    ((20, 30, 80, 50), 1, 100, 200),
    ((0, 0, 64, 48), 0, 96, 128),
    ((10, 20, 30, 80), 2, 100, 100),
    (None, None, 100, 200),
)


def _target(box: tuple | None, label: int | None, height: int, width: int) -> list[float]:
    if box is None:
        return [0.0] * 8
    x1, y1, x2, y2 = box
    place = [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (y2 - y1) / height, (x2 - x1) / width]
    return [1.0, *place, *(float(label == k) for k in range(3))]


def _other_target(how: Callable) -> list[list[float]]:
    """The answers of somebody who fills bx, by, bh, bw by `how(x1, y1, x2, y2, height, width)`."""
    made = []
    for box, label, height, width in _TARGETS:
        right = _target(box, label, height, width)
        made.append(right if box is None else [1.0, *how(*box, height, width), *right[5:]])
    return made


_TARGET_MISREADINGS = (
    (
        _other_target(lambda x1, y1, x2, y2, h, w: (x1 / w, y1 / h, (y2 - y1) / h, (x2 - x1) / w)),
        "bx, by are the box's centre, and you gave its top left corner.",
    ),
    (
        _other_target(
            lambda x1, y1, x2, y2, h, w: ((x1 + x2) / 2 / w, (y1 + y2) / 2 / h, (x2 - x1) / w, (y2 - y1) / h)
        ),
        "height and width are swapped: in this vector bh comes before bw.",
    ),
    (
        _other_target(lambda x1, y1, x2, y2, h, w: ((x1 + x2) / 2, (y1 + y2) / 2, y2 - y1, x2 - x1)),
        "these are pixels. Divide by the picture's size, so that all numbers lie from 0 to 1.",
    ),
    (
        _other_target(
            lambda x1, y1, x2, y2, h, w: ((x1 + x2) / 2 / h, (y1 + y2) / 2 / w, (y2 - y1) / w, (x2 - x1) / h)
        ),
        "divided by the wrong side. What is measured along x is divided by the width, along y by the height.",
    ),
    (
        _other_target(lambda x1, y1, x2, y2, h, w: (x1 / w, y1 / h, x2 / w, y2 / h)),
        "these are the two corners. The vector wants the centre and the size.",
    ),
    (
        _other_target(lambda x1, y1, x2, y2, h, w: ((x1 + x2) / w, (y1 + y2) / h, (y2 - y1) / h, (x2 - x1) / w)),
        "the centre is half of x1 + x2: the division by 2 is missing.",
    ),
)


def _diagnose_target_vector(answer: object) -> str:
    got = [array(call(answer, *case), (8,), f"The vector for {case}") for case in _TARGETS]
    if got[3].any():
        raise Wrong(f"Nothing is in the picture (box None), but yours is {short(got[3])}. pc is 0, and so is the rest.")
    right = [_target(*case) for case in _TARGETS]
    cases = [f"For box {box}, label {label}, height {h}, width {w}" for box, label, h, w in _TARGETS]
    if any(mine[0] != 1 for mine in got[:3]):
        raise Wrong("There is an object, so the first number, pc, must be 1.")
    for mine, theirs, case in zip(got[:3], right[:3], cases[:3], strict=True):
        if close(mine[:5], theirs[:5]) and not close(mine[5:], theirs[5:]):
            raise Wrong(
                f"{case}: the box is right, but the classes are {short(mine[5:])}, not {short(theirs[5:])}. "
                "Labels start at 0."
            )
    judge(got, right, cases, _TARGET_MISREADINGS, "Write down centre, height and width of the box in pixels first.")
    return (
        "Eight numbers for every picture: is something there, where, how large, and what. A network can be taught that."
    )


target_vector = Exercise(
    name="target_vector",
    answer_name="target_vector",
    stub="""
        def target_vector(box, label, height, width):
            return ...  # [pc, bx, by, bh, bw, c1, c2, c3]
    """,
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
        "Two cases: no box, and a box. The first is eight zeros.",
        "The centre is ((x1 + x2) / 2, (y1 + y2) / 2), the size (y2 - y1, x2 - x1). Divide x by width, y by height.",
        "[1.0, cx / width, cy / height, h / height, w / width] and then a 1 at the place of the label.",
    ),
    diagnose=_diagnose_target_vector,
    mistakes=(
        Mistake(
            "def target_vector(box, label, height, width):\n"
            "    x1, y1, x2, y2 = box or (0, 0, 0, 0)\n"
            "    pc = float(box is not None)\n"
            "    c = [float(label == k) for k in range(3)]\n"
            "    return [pc, x1 / width, y1 / height, (y2 - y1) / height, (x2 - x1) / width, *c]",
            "top left corner",
        ),
        Mistake(
            "def target_vector(box, label, height, width):\n"
            "    x1, y1, x2, y2 = box or (0, 0, 0, 0)\n"
            "    c = [float(label == k) for k in range(3)]\n"
            "    centre = [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height]\n"
            "    return [float(box is not None), *centre, (x2 - x1) / width, (y2 - y1) / height, *c]",
            "bh comes before bw",
        ),
        Mistake(
            "def target_vector(box, label, height, width):\n"
            "    x1, y1, x2, y2 = box or (0, 0, 0, 0)\n"
            "    c = [float(label == k) for k in range(3)]\n"
            "    return [float(box is not None), (x1 + x2) / 2, (y1 + y2) / 2, y2 - y1, x2 - x1, *c]",
            "these are pixels",
        ),
        Mistake(
            "def target_vector(box, label, height, width):\n"
            "    x1, y1, x2, y2 = box or (0, 0, 0, 0)\n"
            "    c = [float(label == k) for k in range(3)]\n"
            "    centre = [(x1 + x2) / 2 / height, (y1 + y2) / 2 / width]\n"
            "    return [float(box is not None), *centre, (y2 - y1) / width, (x2 - x1) / height, *c]",
            "wrong side",
        ),
        Mistake(
            "def target_vector(box, label, height, width):\n"
            "    x1, y1, x2, y2 = box or (0, 0, 0, 0)\n"
            "    c = [float(label == k + 1) for k in range(3)] if box else [0, 0, 0]\n"
            "    centre = [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height]\n"
            "    return [float(box is not None), *centre, (y2 - y1) / height, (x2 - x1) / width, *c]",
            "Labels start at 0",
        ),
        Mistake(lambda box, label, height, width: [1, 0, 0, 0, 0, 0, 0, 0], "Nothing is in the picture"),
        Mistake(lambda box, label, height, width: [0, 0, 0, 0, 0, 0, 0, 0], "pc, must be 1"),
        Mistake(lambda box, label, height, width: [1, *(box or ()), label], "shape (8,)"),
    ),
)


# --- its loss ---------------------------------------------------------------------------------------------------------

_LOSSES = (
    ((1, 0.25, 0.4, 0.2, 0.3, 0, 1, 0), (0.9, 0.25, 0.5, 0.2, 0.1, 0.2, 0.7, 0.1)),
    ((1, 0.25, 0.4, 0.2, 0.3, 0, 1, 0), (0.2, 0.25, 0.4, 0.2, 0.3, 0, 1, 0)),
    ((0, 0, 0, 0, 0, 0, 0, 0), (0.1, 0.9, 0.7, 0.5, 0.5, 0.3, 0.3, 0.4)),
    ((0, 0, 0, 0, 0, 0, 0, 0), (0.8, 0.9, 0.7, 0.5, 0.5, 0.3, 0.3, 0.4)),
)


def _loss(y: np.ndarray, p: np.ndarray) -> float:
    squares = (y - p) ** 2
    return float(squares.sum() if y[0] == 1 else squares[0])


_LOSS_MISREADINGS: tuple[tuple[Callable, str], ...] = (
    (
        lambda y, p: ((y - p) ** 2).sum(),
        "all eight numbers were counted. Where nothing is, no box can be right or wrong: only pc counts.",
    ),
    (
        lambda y, p: ((y - p) ** 2).sum() if p[0] >= 0.5 else (y[0] - p[0]) ** 2,
        "the prediction's pc decided what counts. The target decides, or a network could hide its mistakes by pc = 0.",
    ),
    (
        lambda y, p: ((y - p) ** 2).mean() if y[0] == 1 else (y[0] - p[0]) ** 2,
        "that is the mean of the squares; here they are added up.",
    ),
    (
        lambda y, p: ((y - p) ** 2)[1:].sum() if y[0] == 1 else (y[0] - p[0]) ** 2,
        "pc was left out where there is an object: a network that never says 'here' would go unpunished.",
    ),
    (
        lambda y, p: ((y - p) ** 2).sum() if y[0] == 1 else 0.0,
        "an empty picture costs nothing here, so the network may cry 'object' for free. Its pc must count.",
    ),
    (lambda y, p: abs(y - p).sum() if y[0] == 1 else abs(y[0] - p[0]), "the differences are to be squared."),
    (lambda y, p: (y[0] - p[0]) ** 2, "only pc was counted. Where there is an object, all eight numbers do."),
    (
        lambda y, p: np.sqrt(_loss(y, p)),
        "there is a square root too many: the loss is the sum of squares itself.",
    ),
)


def _diagnose_localization_loss(answer: object) -> str:
    pairs = [(np.array(y, float), np.array(p, float)) for y, p in _LOSSES]
    got = [number(call(answer, y, p), "The loss") for y, p in pairs]
    right = [_loss(y, p) for y, p in pairs]
    cases = [f"For target {list(y)} and prediction {list(p)}" for y, p in _LOSSES]
    misreadings = [([how(y, p) for y, p in pairs], message) for how, message in _LOSS_MISREADINGS]
    judge(got, right, cases, misreadings, "Square the eight differences; add up all of them, or take the first alone.")
    return (
        "An empty picture asks one question only. YOLO's loss in lesson 12 is this one, once for every cell of a grid."
    )


localization_loss = Exercise(
    name="localization_loss",
    answer_name="localization_loss",
    stub="""
        def localization_loss(target, prediction):
            return ...
    """,
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
    diagnose=_diagnose_localization_loss,
    mistakes=(
        Mistake(lambda y, p: ((y - p) ** 2).sum(), "only pc counts"),
        Mistake(lambda y, p: ((y - p) ** 2).sum() if p[0] > 0.5 else (y[0] - p[0]) ** 2, "The target decides"),
        Mistake(lambda y, p: ((y - p) ** 2).mean() if y[0] else (y[0] - p[0]) ** 2, "mean"),
        Mistake(lambda y, p: ((y - p) ** 2)[1:].sum() if y[0] else (y[0] - p[0]) ** 2, "left out"),
        Mistake(lambda y, p: ((y - p) ** 2).sum() if y[0] else 0, "for free"),
        Mistake(lambda y, p: abs(y - p).sum() if y[0] else abs(y[0] - p[0]), "squared"),
        Mistake(lambda y, p: (y[0] - p[0]) ** 2, "all eight numbers do"),
        Mistake(lambda y, p: (y - p) ** 2, "one number"),
        Mistake(lambda y, p: 0.0, "eight differences"),
    ),
)


# --- how many windows -------------------------------------------------------------------------------------------------

_PICTURE = (64, 92)
_COUNTS: tuple[tuple[Callable, str], ...] = (
    (
        lambda n: n - 14 + 1,
        "That is a window at every pixel. The pooling halves the picture, so windows are 2 pixels apart.",
    ),
    (lambda n: (n - 14) // 2, "The first window stands before the first step: add 1."),
    (lambda n: n // 14, "These windows do not overlap. They start every 2 pixels, not every 14."),
    (lambda n: n // 2, "The windows need room: the last one starts 14 pixels before the end."),
    (lambda n: ((n - 4) // 2 - 4) // 2 + 1, "The stride is used twice: the 1×1 convolutions move one value at a time."),
    (lambda n: (n - 4) // 2, "That is the size after the pooling. The 5×5 convolution behind it takes 4 off."),
    (
        lambda n: (n - 28) // 2 + 8,
        "Start from one number: the picture, less one window, divided by the step, plus one.",
    ),
)


def _diagnose_one_pass(answer: object) -> str:
    values = array(answer, (2,), "The size")
    height, width = (number(value, "Each of the two numbers") for value in values)
    right = tuple((n - 14) // 2 + 1 for n in _PICTURE)
    if (height, width) == right:
        return f"26 × 40 = {26 * 40:,} windows in one pass, each with its own four scores."
    if (height, width) == right[::-1]:
        raise Wrong("Height and width are swapped: the picture is 64 high and 92 wide.")
    for how, message in _COUNTS:
        if (height, width) == tuple(how(n) for n in _PICTURE):
            raise Wrong(f"You got {height:g} × {width:g}. {message}")
    raise Wrong(
        f"You got {height:g} × {width:g}. Take the layers one by one: 64 – conv 5 → 60 – pool 2 → 30 – conv 5 → …"
    )


one_pass = Exercise(
    name="one_pass",
    answer_name="answers",
    stub="""
        answers = ...  # (height, width)
    """,
    solution_source="""
        answers = (26, 40)  # (64 - 14) // 2 + 1 and (92 - 14) // 2 + 1
    """,
    hints=(
        "28 pixels gave 8 answers, 16 gave 2, 14 gave 1. How many pixels more does one more answer need?",
        "The windows are 14 wide and start every 2 pixels. Count the starts from 0 to 64 − 14.",
        "(64 − 14) / 2 + 1 for the height, and the same with 92 for the width.",
    ),
    diagnose=_diagnose_one_pass,
    mistakes=(
        Mistake((40, 26), "swapped"),
        Mistake((51, 79), "every pixel"),
        Mistake((25, 39), "add 1"),
        Mistake((4, 6), "do not overlap"),
        Mistake((32, 46), "need room"),
        Mistake((30, 44), "after the pooling"),
        Mistake((14, 21), "used twice"),
        Mistake((10, 10), "one by one"),
        Mistake(1040, "shape (2,)"),
    ),
)
