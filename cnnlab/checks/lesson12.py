"""Exercises of lesson 12: from a box to a cell, an anchor and eight numbers, and back; the loss; who wrote what."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import numpy as np

from cnnlab.checks.answers import Wrong, array, number, parts, read, show
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Misreading
from cnnlab.checks.summary import Summary


def _whole_numbers(answer: object, length: int, what: str) -> np.ndarray:
    values = array(answer, (length,), what)
    if (values != np.floor(values)).any():
        raise Wrong(f"{what} should be whole numbers, but you gave {read(values)}.")
    return values


# --- the output of a network ------------------------------------------------------------------------------------------


def _three_axes(answer: object) -> np.ndarray:
    if isinstance(answer, (tuple, list)) and answer[:1] in ((None,), [None]):
        raise Wrong("The None for the number of pictures is not asked for here: (rows, columns, channels).")
    values = array(answer, None, "The shape")
    if values.tolist() == [10, 13, 5, 25]:
        raise Wrong("You gave (10, 13, 5, 25). A convolution has one axis of channels: multiply 5 by 25.")
    return _whole_numbers(values, 3, "The shape")


output_shape = Exercise(
    name="output_shape",
    answer_name="shape",
    solution_source="shape = (320 // 32, 416 // 32, 5 * (5 + 20))  # (10, 13, 125)",
    hints=(
        "How many cells of 32 pixels stand side by side in 416 pixels, and how many on one another in 320?",
        "Each anchor has x, y, width, height, objectness, and one number for each of 20 classes.",
        "10 rows of 13 cells, and 5 anchors with 25 numbers each.",
    ),
    diagnose=ByValue(
        truth=(10, 13, 125),
        misreadings={
            (
                10,
                13,
                30,
            ): "You counted 25 numbers and 5 anchors as a sum. Each anchor has its own 25 numbers: multiply.",
            (10, 13, 25): "That is one anchor. There are five, each with its own box and classes.",
            (10, 13, 45): "That is 5 · 5 + 20: the classes stand in the list once. Each anchor names its own class: "
            "5 · (5 + 20).",
            (10, 13, 100): "That is 5 · 20: x, y, width, height and objectness are missing, five numbers an anchor.",
            (10, 13, 120): "That is 5 · (4 + 20): the box has four numbers, and objectness is a fifth.",
            (32, 32, 125): "32 is the stride, the side of a cell in pixels. The grid has 320 / 32 by 416 / 32 cells.",
            (320, 416, 125): "The network halves the picture five times. One cell is 32 pixels wide: 416 / 32 cells in "
            "a row.",
            (13, 10, 125): "Rows and columns are swapped: the picture is 320 high and 416 wide.",
            (13, 13, 125): "That is the grid of a square picture, 416 × 416. This one is only 320 high.",
            (64, 83, 125): "The picture was divided by 5. It is halved five times, so divide by 2⁵ = 32.",
            (125, 10, 13): "Right numbers, channels first. In this course, as in Keras, rows, columns and channels.",
        },
        otherwise="Rows and columns: 320 / 32 and 416 / 32. Channels: anchors · (5 + classes).",
        praise="10 × 13 cells of 32 pixels, 5 · (5 + 20) = 125 channels: YOLOv2 for the 20 classes of VOC.",
        said="You gave ({}, {}, {})",
        take=_three_axes,
    ),
    mistakes=(
        Mistake((10, 13, 5, 25), "one axis of channels"),
        Mistake((14, 14, 125), "416 / 32"),
        Mistake((None, 10, 13, 125), "The None for the number of pictures"),
        Mistake((13.5, 13, 125), "whole numbers, but you gave [13.5, 13, 125]"),
    ),
    why="This network halves the picture five times, so one place of its output stands for 2⁵ = 32 pixels each way. "
    "The channels of a place hold all that it reports. Each anchor reports in full, class included, because the "
    "objects of one cell may differ in kind.",
)


# --- the responsible cell ---------------------------------------------------------------------------------------------

# (box, (height, width), (rows, columns)); the first is easy, the others part the misreadings.
_CELLS = (
    ((10, 40, 30, 60), (90, 90), (3, 3)),
    ((20, 10, 101, 40), (96, 96), (12, 12)),
    ((100, 5, 121, 36), (80, 128), (5, 8)),
    ((0, 60, 30, 80), (100, 128), (7, 9)),
    ((31, 90, 54, 123), (150, 70), (11, 6)),
    ((20, 50, 44, 78), (96, 64), (6, 4)),  # both centres on the border of a cell: 64 / 16 and 32 / 16
    ((90, 57, 96, 62), (100, 100), (7, 7)),  # 59.5 / 14.3 = 4.17, and 59 / 14 = 4.2
    ((41, 56, 43, 59), (100, 100), (7, 7)),  # 57.5 / 14.3 = 4.03, and 57 / 14.3 = 3.99
    ((56, 41, 59, 45), (100, 100), (7, 7)),
    ((84, 83, 87, 88), (100, 100), (7, 7)),  # 85.5 / 14.3 = 5.99, and 86 / 14.3 = 6.02
)


def _cell(box, size, grid, up: Callable = np.floor) -> np.ndarray:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return np.array([up(y * grid[0] / size[0]), up(x * grid[1] / size[1])])


def _corner(box: tuple) -> tuple:
    """The box of no size at the top left corner."""
    return (*box[:2], *box[:2])


_CELL = ByCases(
    truth=_cell,
    cases=_CELLS,
    words="For box {} in a picture of {} (height, width) and a grid of {}".format,
    misreadings=(
        Misreading(
            lambda b, s, g: _cell(b, s, g)[::-1],
            "row and column are swapped. x runs along the columns, y along the rows, and the row comes first.",
        ),
        Misreading(
            lambda b, s, g: _cell(_corner(b), s, g),
            "you took the top left corner. The cell that holds the box's *centre* is responsible.",
        ),
        Misreading(
            lambda b, s, g: _cell(b, s, g, np.round),
            "you rounded to the nearest. Cell 1 reaches from 1 to 2: round down.",
        ),
        Misreading(lambda b, s, g: _cell(b, s, g, np.ceil), "you rounded up. Cell 1 reaches from 1 to 2: round down."),
        Misreading(
            lambda b, s, g: _cell(b, s, g) + 1, "you counted from 1. Rows and columns count from 0, as everywhere."
        ),
        Misreading(
            lambda b, s, g: _cell(b, s[::-1], g),
            "height and width of the picture are swapped: y is divided by the height of a cell, height / rows.",
        ),
        Misreading(
            lambda b, s, g: _cell(b, s, g[::-1]),
            "rows and columns of the grid are swapped: y is divided by the height of a cell, height / rows.",
        ),
        Misreading(
            lambda b, s, g: _cell(b, g, (1, 1)),
            "you divided by the number of cells. A cell is height / rows pixels high: divide by that.",
        ),
        Misreading(
            lambda b, s, g: _cell((0, 0, b[2] - b[0], b[3] - b[1]), s, g),
            "(x2 − x1) / 2 is half the width. The centre is at (x1 + x2) / 2.",
        ),
        Misreading(lambda b, s, g: _cell(b, s, (3, 3)), "the grid of the example, 3 × 3, is used. Take `grid`."),
        Misreading(
            lambda b, s, g: _cell(b, s, (g[0] - 1, g[1] - 1)),
            "the picture was divided into one row and one column too few. A cell is height / rows pixels high.",
        ),
        Misreading(
            lambda b, s, g: _cell((0, 0, 2 * b[2], 2 * b[3]), s, g),
            "you took the bottom right corner. The cell that holds the box's *centre* is responsible.",
        ),
        Misreading(
            lambda b, s, g: _cell((0, 0, 2 * (b[0] + b[2]), 2 * (b[1] + b[3])), s, g),
            "the centre is half of x1 + x2: the division by 2 is missing.",
        ),
        Misreading(
            lambda b, s, g: np.array([(b[1] + b[3]) / 2 // (s[0] // g[0]), (b[0] + b[2]) / 2 // (s[1] // g[1])]),
            "the cell's size was rounded down to whole pixels. 100 pixels in 7 rows are 14.29 each: divide with /.",
        ),
        Misreading(
            lambda b, s, g: np.array([(b[1] + b[3]) // 2 // (s[0] / g[0]), (b[0] + b[2]) // 2 // (s[1] / g[1])]),
            "the centre was rounded down to a whole pixel. Half a pixel may decide: divide by 2 with /.",
        ),
    ),
    otherwise="Work out the centre, then how many cells lie above it and left of it.",
    praise="Right on ten boxes, most in pictures that are not square. One cell, and no other, answers for each object.",
    take=lambda place, right, what: _whole_numbers(place, 2, what),
)

cell = Exercise(
    name="cell",
    answer_name="my_cell",
    solution_source="""
        def my_cell(box, size, grid):
            x1, y1, x2, y2 = box
            height, width = size
            rows, columns = grid
            row = (y1 + y2) / 2 // (height / rows)
            column = (x1 + x2) / 2 // (width / columns)
            return int(row), int(column)
    """,
    hints=(
        "Which point of the box decides?",
        "The centre is ((x1 + x2) / 2, (y1 + y2) / 2). A cell is height / rows high and width / columns wide.",
        "row = (y1 + y2) / 2 // (height / rows), and the same for the column with x and the width.",
    ),
    diagnose=_CELL,
    mistakes=(
        Mistake(lambda box, size, grid: (0, 0), "Work out the centre"),
        Mistake(lambda box, size, grid: ((box[1] + box[3]) / 2 * grid[0] / size[0], 0.5), "whole numbers"),
    ),
    why="A box may cover many cells, but its centre is one point and lies in one of them. That gives each object "
    "exactly one owner, however large it is. Divided by a cell's size, pixels become cells, and rounding down "
    "leaves the number of the cell begun.",
)


# --- the best anchor --------------------------------------------------------------------------------------------------

# Anchors (width, height), in no order, and boxes for each.
_ANCHORS_AND_SIZES = (
    (
        ((20.0, 20.0), (44.0, 22.0), (40.0, 40.0)),
        ((18, 22), (39, 25), (30, 30), (36, 36), (60, 30), (12, 80), (25, 12), (70, 70)),
    ),
    (
        ((60.0, 30.0), (9.0, 14.0), (28.0, 66.0), (33.0, 29.0), (120.0, 90.0)),
        ((14, 9), (50, 50), (35, 27), (31, 70), (100, 40)),
    ),
    (((15.0, 40.0), (40.0, 15.0)), ((38, 19), (30, 39))),
)


def _ious(size, anchors) -> np.ndarray:
    (w, h), anchors = size, np.asarray(anchors, float)
    both = np.minimum(w, anchors[:, 0]) * np.minimum(h, anchors[:, 1])
    return both / (w * h + anchors.prod(axis=1) - both)


def _number_of(anchor: object, right: int, what: str) -> float:
    value = number(anchor, "The anchor's number")
    if value < 0 or value != int(value):
        raise Wrong(f"You got {read(value)}. Return the anchor's number: 0, 1, 2, …")
    return value


def _box_and_ious(size: tuple, anchors: np.ndarray) -> str:
    ious = ", ".join(f"{value:.2f}" for value in _ious(size, anchors))
    return f"For a box of {size[0]} × {size[1]}, whose IoUs with the {len(anchors)} anchors are {ious},"


_ANCHOR = ByCases(
    truth=lambda s, a: int(np.argmax(_ious(s, a))),
    cases=[(size, np.array(anchors)) for anchors, sizes in _ANCHORS_AND_SIZES for size in sizes],
    words=_box_and_ious,
    misreadings=(
        Misreading(
            lambda s, a: int(np.argmin(np.hypot(a[:, 0] - s[0], a[:, 1] - s[1]))),
            "that is the nearest in pixels. A difference of 8 pixels is much for a small box and little for a large "
            "one: compare by IoU.",
        ),
        Misreading(
            lambda s, a: int(np.argmin(np.abs(a[:, 0] - s[0]) + np.abs(a[:, 1] - s[1]))),
            "you added the differences in pixels. 8 pixels are much for a small box and little for a large one: "
            "compare by IoU.",
        ),
        Misreading(
            lambda s, a: int(np.argmin(np.abs(a.prod(axis=1) - s[0] * s[1]))),
            "you compared areas. A wide box and a square one can have one area and little in common.",
        ),
        Misreading(
            lambda s, a: int(np.argmin(np.abs(a[:, 0] / a[:, 1] - s[0] / s[1]))),
            "you compared width / height alone. A small square and a large one have one quotient and little in common.",
        ),
        Misreading(
            lambda s, a: int(np.argmax(np.minimum(s[0], a[:, 0]) * np.minimum(s[1], a[:, 1]))),
            "you took the largest intersection. A huge anchor has it with everything: divide by the union.",
        ),
        Misreading(
            lambda s, a: int(np.argmin(_ious(s, a))), "you took the smallest IoU. It is 1 − IoU that is a distance."
        ),
        Misreading(
            lambda s, a: int(np.argmax(_ious(s[::-1], a))),
            "width and height are swapped: an anchor is (width, height).",
        ),
        Misreading(
            lambda s, a: int(np.argmax(_ious(s, a))) + 1, "you counted the anchors from 1. The first is number 0."
        ),
        Misreading(
            lambda s, a: int(np.argmin(np.abs(np.log(a / s)).sum(axis=1))),
            "you compared logarithms. They treat width and height as the network does, but the anchors are shared out "
            "by IoU.",
        ),
        Misreading(
            lambda s, a: int(np.argmin(s[0] * s[1] + a.prod(axis=1))),
            "that is always the smallest anchor. Divide the intersection by the union.",
        ),
        Misreading(
            lambda s, a: int(np.argmax(np.minimum(s, a).prod(axis=1) / np.maximum(s[0] * s[1], a.prod(axis=1)))),
            "you divided by the larger of the two areas. The union is both areas less the intersection.",
        ),
        Misreading(
            lambda s, a: int(np.argmax(np.minimum(s, a).prod(axis=1) / a.prod(axis=1))),
            "you divided by the anchor's area. A small anchor always fits into the box: divide by the union.",
        ),
        Misreading(
            lambda s, a: float(_ious(s, a).max().round()),
            "that is the best IoU itself, rounded. The anchor's number is wanted: np.argmax, not np.max.",
        ),
    ),
    otherwise="The largest IoU decides: np.argmax says where it stands.",
    praise="Right on fifteen boxes and three sets of anchors. Only the shapes count: an anchor has no place.",
    take=_number_of,
)

best_anchor = Exercise(
    name="best_anchor",
    answer_name="my_best_anchor",
    solution_source="""
        def my_best_anchor(size, anchors):
            w, h = size
            both = np.minimum(w, anchors[:, 0]) * np.minimum(h, anchors[:, 1])
            iou = both / (w * h + anchors[:, 0] * anchors[:, 1] - both)
            return int(np.argmax(iou))
    """,
    hints=(
        "Lay the box and the anchor on one another, centres together. How wide is what they share?",
        "The intersection is min(w, anchor's width) · min(h, anchor's height).",
        "Divide it by w · h + the anchor's area − the intersection, and take np.argmax.",
    ),
    diagnose=_ANCHOR,
    mistakes=(
        Mistake(lambda size, anchors: 0, "The largest IoU decides"),
        Mistake(lambda size, anchors: 0.7, "Return the anchor's number"),
        Mistake(lambda size, anchors: anchors[0], "one number"),
        Mistake(lambda size, anchors: -1, "You got -1"),
    ),
    why="The network stretches an anchor by a factor, so ratios of sizes count, not differences in pixels. IoU of two "
    "shapes with one centre does just that: scaling both alike does not change it. The most similar anchor leaves "
    "the least to correct.",
)


# --- encode -----------------------------------------------------------------------------------------------------------


def _cells(box, size, grid) -> np.ndarray:
    """The centre (x, y), counted in cells from the picture's border."""
    return np.array([(box[0] + box[2]) / 2 * grid[1] / size[1], (box[1] + box[3]) / 2 * grid[0] / size[0]])


def _stretch(box, anchor) -> np.ndarray:
    return np.log([(box[2] - box[0]) / anchor[0], (box[3] - box[1]) / anchor[1]])


def _within(box, size, grid) -> np.ndarray:
    return _cells(box, size, grid) % 1


def _encoded(box, anchor, size, grid, *, place: Callable = _within, stretch: Callable = _stretch) -> np.ndarray:
    return np.concatenate([place(box, size, grid), stretch(box, anchor)])


_ENCODE = ByCases(
    truth=_encoded,
    cases=(
        ((10, 40, 30, 60), (10, 40), (90, 90), (3, 3)),
        ((50, 20, 79, 41), (26, 25), (96, 96), (12, 12)),
        ((100, 4, 121, 36), (17, 40), (80, 128), (5, 8)),
        ((31, 90, 54, 123), (30, 21), (150, 70), (11, 6)),
    ),
    words="For box {}, anchor {}, picture {}, grid {}".format,
    misreadings=(
        Misreading(
            lambda *case: _encoded(*case)[[1, 0, 3, 2]], "x and y are swapped. The order is x, y, width, height."
        ),
        Misreading(
            lambda *case: _encoded(*case)[[0, 1, 3, 2]],
            "tw and th are swapped. Width before height here, as x before y.",
        ),
        Misreading(
            partial(_encoded, place=_cells),
            "x and y count from the picture's border. They are wanted from the border of the responsible cell: "
            "between 0 and 1.",
        ),
        Misreading(
            partial(_encoded, place=lambda b, s, g: _cells(b, s, (1, 1))),
            "x and y are shares of the picture. They are wanted as shares of the responsible cell.",
        ),
        Misreading(
            partial(_encoded, stretch=lambda b, a: np.exp(_stretch(b, a))),
            "the logarithm is missing: width / anchor width is 1 where they agree, and tw should then be 0.",
        ),
        Misreading(
            partial(_encoded, stretch=lambda b, a: -_stretch(b, a)),
            "the quotient is upside down. tw = ln(width / anchor width): positive for a box wider than its anchor.",
        ),
        Misreading(
            partial(_encoded, stretch=lambda b, a: _stretch(b, a[::-1])),
            "the anchor was read as (height, width). It is (width, height): tw goes with anchor[0].",
        ),
        Misreading(
            partial(_encoded, stretch=lambda b, a: _stretch(b, a) / np.log(2)),
            "you took the logarithm to base 2. np.log is the natural one, which exp undoes.",
        ),
        Misreading(
            partial(_encoded, stretch=lambda b, a: _stretch(b, a) / np.log(10)),
            "you took the logarithm to base 10. np.log is the natural one, which exp undoes.",
        ),
        Misreading(
            partial(_encoded, stretch=lambda b, a: np.sqrt(np.exp(_stretch(b, a)))),
            "that is a square root, as YOLOv1 took it. Here it is the logarithm.",
        ),
        Misreading(
            partial(_encoded, place=lambda b, s, g: _within(b, s, g) * (s[1] / g[1], s[0] / g[0])),
            "x and y are in pixels. They are wanted as parts of a cell: divide by its width and height.",
        ),
        Misreading(
            partial(_encoded, place=lambda b, s, g: _within(_corner(b), s, g)),
            "you placed the top left corner. It is the centre's place in its cell that is wanted.",
        ),
        Misreading(
            partial(_encoded, place=lambda b, s, g: _within(b, s[::-1], g)),
            "height and width of the picture are swapped.",
        ),
        Misreading(
            partial(_encoded, place=lambda b, s, g: _within(b, s, g[::-1])), "rows and columns of the grid are swapped."
        ),
        Misreading(
            partial(
                _encoded, place=lambda b, s, g: _within([v // 2 * 2 for v in (b[0] + b[2], b[1] + b[3])] + [0, 0], s, g)
            ),
            "the centre was rounded down to a whole pixel. It may lie between two: divide by 2 with /.",
        ),
        Misreading(
            partial(
                _encoded,
                place=lambda b, s, g: np.array(
                    [(b[0] + b[2]) / 2 / (s[1] // g[1]) % 1, (b[1] + b[3]) / 2 / (s[0] // g[0]) % 1]
                ),
            ),
            "the cell's size was rounded down to whole pixels. 70 pixels in 6 columns are 11.67 each: divide with /.",
        ),
        Misreading(
            partial(_encoded, place=lambda b, s, g: _cells(b, s, g) - np.round(_cells(b, s, g))),
            "you took off the nearest whole number. The cell lies to the right of the line: take off the whole part.",
        ),
    ),
    otherwise="Check the four one by one: the centre in cells less its whole part; ln of the quotients.",
    praise="Right on four boxes. All four numbers are small, whatever the size of the picture: good to learn.",
)

encode = Exercise(
    name="encode",
    answer_name="my_encode",
    solution_source="""
        def my_encode(box, anchor, size, grid):
            x1, y1, x2, y2 = box
            (height, width), (rows, columns) = size, grid
            x, y = (x1 + x2) / 2 / (width / columns), (y1 + y2) / 2 / (height / rows)  # in cells
            tw, th = np.log((x2 - x1) / anchor[0]), np.log((y2 - y1) / anchor[1])
            return x - int(x), y - int(y), tw, th
    """,
    hints=(
        "Measure the centre in cells, not in pixels. What remains when you take off the whole cells?",
        "x in cells is (x1 + x2) / 2 / (width / columns); subtract its whole part. tw compares width with anchor[0].",
        "tw = np.log((x2 - x1) / anchor[0]), th = np.log((y2 - y1) / anchor[1]).",
    ),
    diagnose=_ENCODE,
    mistakes=(
        Mistake(lambda box, anchor, size, grid: (0, 0, 0, 0), "one by one"),
        Mistake(lambda box, anchor, size, grid: (0, 0), "shape (4,)"),
        Mistake(lambda box, anchor, size, grid: np.log([-1, 1, 1, 1]), "is not a number (nan)"),
    ),
    why="Cell and anchor already say roughly where and how large, and the four numbers hold only the rest. So they "
    "mean the same in every cell, and one set of weights can learn them for all. The logarithm makes twice as wide "
    "and half as wide errors of one size.",
)


# --- decode -----------------------------------------------------------------------------------------------------------


def _sigmoid(z: object) -> np.ndarray:
    return 1 / (1 + np.exp(-np.asarray(z, float)))


def _box(x: float, y: float, w: float, h: float) -> np.ndarray:
    return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])


def _decode(raw, place, anchor, size, grid, *, squash=_sigmoid, swap=False, stretch=np.exp, whole=False) -> np.ndarray:
    (row, column), (height, width), (rows, columns) = place, size, grid
    if swap:
        row, column = column, row
    x, y = (column + squash(raw[0])) * width / columns, (row + squash(raw[1])) * height / rows
    w, h = anchor[0] * stretch(raw[2]), anchor[1] * stretch(raw[3])
    return np.array([x, y, w, h]) if whole else _box(x, y, w, h)


_DECODE = ByCases(
    truth=_decode,
    cases=(
        ((0.0, 0.0, 0.0, 0.0), (1, 0), (20, 40), (90, 90), (3, 3)),
        ((1.0, -2.0, 0.5, -0.25), (7, 2), (26, 17), (96, 96), (12, 12)),
        ((-0.5, 0.3, -0.1, 0.7), (1, 6), (17, 26), (80, 128), (5, 8)),
        ((0.2, 0.9, 0.4, -0.6), (8, 2), (41, 13), (150, 70), (11, 6)),
    ),
    words="For tx, ty, tw, th = {} in cell {}, anchor {}, picture {}, grid {}".format,
    misreadings=(
        Misreading(
            partial(_decode, squash=float),
            "the sigmoid is missing: the network's tx and ty are raw, and the centre left its cell.",
        ),
        Misreading(partial(_decode, swap=True), "row and column are swapped: x goes with the column, y with the row."),
        Misreading(
            partial(_decode, stretch=float),
            "the exponential is missing: width = anchor width · exp(tw), so tw = 0 is the anchor.",
        ),
        Misreading(
            partial(_decode, stretch=_sigmoid),
            "width and height need exp, not the sigmoid: a box may be wider than its anchor.",
        ),
        Misreading(
            partial(_decode, squash=np.exp), "x and y need the sigmoid, not exp: the centre may not leave its cell."
        ),
        Misreading(
            partial(_decode, squash=np.tanh),
            "that is tanh, from −1 to 1. The sigmoid 1 / (1 + e⁻ᵗ) lies between 0 and 1.",
        ),
        Misreading(
            lambda raw, place, anchor, *sizes: _decode(raw, place, anchor[::-1], *sizes),
            "the anchor was read as (height, width). It is (width, height): tw goes with anchor[0].",
        ),
        Misreading(
            lambda raw, place, anchor, size, grid: _decode(raw, place, anchor, size[::-1], grid),
            "height and width of the picture are swapped: x is measured along the width.",
        ),
        Misreading(
            lambda raw, place, anchor, size, grid: _decode(raw, place, anchor, size, grid[::-1]),
            "rows and columns of the grid are swapped: a cell is width / columns wide.",
        ),
        Misreading(
            lambda raw, place, *rest: _decode(raw, (0, 0), *rest),
            "the cell was forgotten: the centre lies (column + σ(tx)) cells from the left.",
        ),
        Misreading(
            partial(_decode, whole=True),
            "that is centre, width, height. Corners are wanted: subtract and add half of width and height.",
        ),
        Misreading(
            lambda *case: _decode(*case) + np.tile(_decode(*case, whole=True)[2:] / 2, 2),
            "the box begins at its centre. x1 = x − width / 2, and so on.",
        ),
        Misreading(
            partial(_decode, squash=lambda t: _sigmoid(-t)),
            "the sigmoid is turned round: it is 1 / (1 + e⁻ᵗ), with a minus in the exponent.",
        ),
        Misreading(
            partial(_decode, stretch=lambda t: 2.0**t),
            "the sizes are powers of 2. The logarithm was to base e: np.exp.",
        ),
        Misreading(
            lambda raw, place, anchor, *sizes: _decode(raw, place, (1, 1), *sizes),
            "the anchor is missing: e^tw says how many times as wide as the anchor.",
        ),
        Misreading(
            lambda raw, place, anchor, *sizes: _box(
                *_decode(raw, place, anchor, *sizes, whole=True)[:2], *(np.exp(raw[2:]) + anchor)
            ),
            "the anchor was added. e^tw is a factor: multiply.",
        ),
        Misreading(lambda *case: _decode(*case)[[1, 0, 3, 2]], "x and y are swapped. The order is x1, y1, x2, y2."),
        Misreading(
            lambda *case: _decode(*case)[[0, 2, 1, 3]], "the four are right and the order is not: x1, y1, x2, y2."
        ),
        Misreading(
            lambda *case: _decode(*case) / np.tile(case[3][::-1], 2),
            "those are shares of the picture. Corners are wanted in pixels.",
        ),
        Misreading(lambda *case: np.round(_decode(*case)), "you rounded. A box need not end at whole pixels."),
        Misreading(
            lambda *case: _decode(*case).clip(0, np.tile(case[3][::-1], 2)),
            "you cut the box off at the picture's border. That comes later; here it is wanted as the network says it.",
        ),
        Misreading(
            lambda *case: _box(*(_decode(*case, whole=True) * (1, 1, 2, 2))),
            "the box is twice as large: subtract and add HALF of width and height.",
        ),
    ),
    otherwise="First the centre: (column + sigmoid(tx)) cells from the left. Then the size. Then corners.",
    praise="Right on four outputs. Put through my_encode, each would give back the cell and the size it came from.",
)

decode = Exercise(
    name="decode",
    answer_name="my_decode",
    solution_source="""
        def my_decode(raw, place, anchor, size, grid):
            tx, ty, tw, th = raw
            (row, column), (height, width), (rows, columns) = place, size, grid
            x = (column + 1 / (1 + np.exp(-tx))) * width / columns
            y = (row + 1 / (1 + np.exp(-ty))) * height / rows
            w, h = anchor[0] * np.exp(tw), anchor[1] * np.exp(th)
            return x - w / 2, y - h / 2, x + w / 2, y + h / 2
    """,
    hints=(
        "Undo my_encode from its last step to its first. The only new thing is the sigmoid on tx and ty.",
        "x = (column + sigmoid(tx)) · width / columns, w = anchor[0] · exp(tw).",
        "The corners are x − w / 2, y − h / 2, x + w / 2, y + h / 2.",
    ),
    diagnose=_DECODE,
    mistakes=(
        Mistake(lambda *case: (0, 0, 1, 1), "First the centre"),
        Mistake(lambda *case: 3.0, "shape (4,)"),
    ),
    why="The way back undoes the steps in reverse order: stretch the anchor, add the cell, scale to pixels. Sigmoid "
    "and exponential turn whatever the network says into a legal box, with its centre inside the cell and sides "
    "above 0. So training never needs to forbid anything.",
)


# --- the loss's mask --------------------------------------------------------------------------------------------------


def _targets_and_outputs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets and activated outputs of a 3×4 grid with two anchors and three classes; in the last the net is shy."""
    rng = np.random.default_rng(seed)
    true, said = np.zeros((3, 4, 2, 8)), rng.uniform(0.1, 0.9, (3, 4, 2, 8))
    for row, column, anchor in ((0, 1, 0), (2, 3, 1), (2, 3, 0), (1, 0, 1))[: seed + 1]:
        true[row, column, anchor, :4] = rng.uniform(0.1, 0.9, 4)
        true[row, column, anchor, 4] = true[row, column, anchor, 5 + rng.integers(3)] = 1
    said[..., 4] /= 100 if seed == 3 else 1
    return true, said


def _xy(true: np.ndarray, said: np.ndarray) -> float:
    return ((said - true)[..., :2] ** 2)[true[..., 4] == 1].sum()


def _quiet(true: np.ndarray, said: np.ndarray) -> float:
    return -np.log(1 - said[..., 4])[true[..., 4] == 0].sum()


def _terms(true: np.ndarray, said: np.ndarray, xy: Callable = _xy, quiet: Callable = _quiet) -> np.ndarray:
    return np.array([xy(true, said), quiet(true, said)])


def _both(terms: object, right: np.ndarray, what: str) -> np.ndarray:
    names = ("xy", "no_objectness")
    entries = zip(parts(terms, names), names, strict=True)
    return np.array([number(entry, f"The term {name}", finite=False) for entry, name in entries])


def _how_many_objects(true: np.ndarray, said: np.ndarray) -> str:
    objects = int(true[..., 4].sum())
    return f"With {objects} object{'' if objects == 1 else 's'} in 24 slots"


_MASK = ByCases(
    truth=_terms,
    cases=[*map(_targets_and_outputs, range(4)), (np.zeros((3, 4, 2, 8)), _targets_and_outputs(9)[1])],
    words=_how_many_objects,
    misreadings=(
        Misreading(
            partial(_terms, xy=lambda t, s: ((s - t)[..., :2] ** 2).sum()),
            "xy was summed over all slots. Where no object is, the target's x and y are meaningless zeros: mask them.",
        ),
        Misreading(
            partial(_terms, quiet=lambda t, s: -np.log(1 - s[..., 4]).sum()),
            "no_objectness was summed over all slots. A slot with an object must say 1: it belongs to another term.",
        ),
        Misreading(
            partial(
                _terms, xy=lambda t, s: ((s - t)[..., :2] ** 2).sum(), quiet=lambda t, s: -np.log(1 - s[..., 4]).sum()
            ),
            "both terms were summed over all slots. xy needs those with an object, no_objectness those without.",
        ),
        Misreading(
            partial(_terms, quiet=lambda t, s: -np.log(s[..., 4])[t[..., 4] == 0].sum()),
            "−ln(said) punishes a slot for being sure of nothing. Where nothing is, the loss is −ln(1 − said).",
        ),
        Misreading(
            partial(_terms, quiet=lambda t, s: -np.log(s[..., 4])[t[..., 4] == 1].sum()),
            "that is the objectness term, of the slots that hold an object. no_objectness is summed over the others.",
        ),
        Misreading(
            partial(_terms, quiet=lambda t, s: (s[..., 4] ** 2)[t[..., 4] == 0].sum()),
            "you squared what the empty slots say, as YOLOv1 did. Here the term is −ln(1 − said).",
        ),
        Misreading(
            partial(_terms, quiet=lambda t, s: -_quiet(t, s)),
            "the minus is missing: the logarithm of a probability is negative, and a loss is not.",
        ),
        Misreading(
            lambda t, s: _terms(t, s) / np.maximum([(t[..., 4] == 1).sum(), (t[..., 4] == 0).sum()], 1),
            "you took means. This loss sums over the slots of a picture: an object counts as much in a picture of "
            "many.",
        ),
        Misreading(
            partial(_terms, xy=lambda t, s: _xy(t, s) / 2),
            "xy is half of what it should be: add the squares of x and of y.",
        ),
        Misreading(
            partial(_terms, xy=lambda t, s: np.abs(s - t)[..., :2][t[..., 4] == 1].sum()),
            "the differences of x and y are to be squared.",
        ),
        Misreading(
            partial(_terms, xy=lambda t, s: ((s - t)[..., 2:4] ** 2)[t[..., 4] == 1].sum()),
            "your first term is that of tw and th. x and y stand before them: [..., :2].",
        ),
        Misreading(
            partial(_terms, xy=lambda t, s: ((s - t)[..., 0] ** 2)[t[..., 4] == 1].sum()),
            "y is missing from the first term. It is for x and y: [..., :2].",
        ),
        Misreading(
            partial(_terms, xy=lambda t, s: 5 * _xy(t, s)),
            "the weight 5 is in the first term already. The two terms are wanted before they are weighted.",
        ),
        Misreading(
            partial(_terms, xy=lambda t, s: _xy(t, s) ** 0.5),
            "you took the root of the first term. The squares are only added up.",
        ),
        Misreading(
            partial(_terms, xy=lambda t, s: _xy(t, s) / (t[..., 4].sum() or np.nan)),
            "your first term is a mean over the objects. Each term is a sum.",
        ),
        Misreading(
            partial(_terms, quiet=lambda t, s: _quiet(t, s) / np.log(2)),
            "that is the logarithm to base 2. np.log is the natural one.",
        ),
        Misreading(
            lambda t, s: np.array(
                [((s - t)[..., :2] ** 2)[t[..., 4] == 0].sum(), -np.log(1 - s[..., 4])[t[..., 4] == 1].sum()]
            ),
            "the mask is turned round: xy needs the slots with an object, no_objectness those without.",
        ),
        Misreading(
            lambda t, s: _terms(t, np.concatenate([_sigmoid(s[..., :5]), s[..., 5:]], axis=-1)),
            "you applied the sigmoid once more. `said` has been through it already.",
        ),
        Misreading(
            partial(_terms, xy=lambda t, s: ((s - t)[..., :4] ** 2)[t[..., 4] == 1].sum()),
            "tw and th are in your first term. It is for x and y only: [..., :2].",
        ),
        Misreading(
            partial(_terms, xy=lambda t, s: (((s - t)[..., :2] ** 2).sum(-1) * s[..., 4]).sum()),
            "you masked by what the network said. The mask is the truth: true[..., 4].",
        ),
        Misreading(lambda t, s: _terms(t, s)[::-1], "the two terms are swapped: xy first, then no_objectness."),
    ),
    otherwise="Sum (said − true)² over x and y where true[..., 4] is 1; −ln(1 − said[..., 4]) elsewhere.",
    praise="Right on five grids. With 2 objects, 2 of 24 slots have an x and a y to learn; the other 22 must only keep "
    "quiet.",
    take=_both,
)

loss_mask = Exercise(
    name="loss_mask",
    answer_name="my_terms",
    solution_source="""
        def my_terms(true, said):
            here = true[..., 4] == 1
            xy = ((said - true)[..., :2] ** 2)[here].sum()
            no_objectness = -np.log(1 - said[..., 4])[~here].sum()
            return xy, no_objectness
    """,
    hints=(
        "Which slots have an x and a y to be compared with? Which must say 0?",
        "((said - true)[..., :2] ** 2)[here].sum() is the first. The second sums over ~here.",
        "-np.log(1 - said[..., 4])[~here].sum() is the second.",
    ),
    diagnose=_MASK,
    mistakes=(
        Mistake(lambda true, said: (0, 0), "elsewhere"),
        Mistake(lambda true, said: 0.0, "2 things are expected"),
        Mistake(lambda true, said: (((said - true)[..., :2] ** 2), 0.0), "The term xy should be one number"),
    ),
    why="A slot with an object is asked where it lies, any other only for silence. −ln(1 − p) is the cross-entropy of "
    "the answer no. It is near 0 for silence and grows without bound as an empty slot grows sure of an object.",
)


# --- who wrote what ---------------------------------------------------------------------------------------------------

_HISTORY = {"anchors": 2, "three grids": 3, "one sigmoid a class": 3, "a detector in one pass": 1}
_HISTORY_WORDS = {
    "anchors": "YOLOv1 let each of 49 cells guess widths and heights freely; anchors came with YOLOv2.",
    "three grids": "YOLOv1 has one grid of 7 × 7, YOLOv2 one of 13 × 13; YOLOv3 looks at three scales.",
    "one sigmoid a class": "YOLOv1 and v2 let the classes compete (v2 by a softmax); YOLOv3 asks each class by itself.",
    "a detector in one pass": "\u201cYou Only Look Once\u201d is what the very first paper is called.",
}


def _version(value: object, what: str) -> int:
    """1, 2 or 3, also written "v2" or "YOLOv2"."""
    written = (
        re.fullmatch(r"\s*(?:yolo)?[\s-]*(?:v|version)?\s*([123])\s*", value, re.IGNORECASE)
        if isinstance(value, str)
        else None
    )
    got = float(written[1]) if written else number(value, f"The version for {what!r}")
    if got == 0:
        raise Wrong(f"{what!r} is still open.")
    if got not in (1, 2, 3):
        raise Wrong(f"You said {got:g} for {what!r}. The versions asked about are 1, 2 and 3.")
    return int(got)


def _diagnose_history(answer: object) -> str:
    if not isinstance(answer, dict) or set(answer) != {*_HISTORY, "wrote v1 to v3"}:
        raise Wrong(f"A dict with the five keys of the exercise is expected. Received: {show(answer)[:120]}")
    author = answer["wrote v1 to v3"]
    if not isinstance(author, str):
        raise Wrong(f"'wrote v1 to v3' should be a surname, in quotes. Received: {show(author)}")
    if not author.strip():
        raise Wrong("'wrote v1 to v3' is still open.")
    if "ultralytics" in author.lower():
        raise Wrong(
            "Ultralytics did not: the company wrote YOLOv5 and later ones. v1 to v3 are by Joseph Redmon with others, "
            "from 2015 to 2018, in Darknet."
        )
    if re.search(r"\bredmond", author, re.IGNORECASE):
        raise Wrong(f"You wrote {author!r}. The name has no d at the end: look at the papers once more.")
    if not re.search(r"\b(redmon|farhadi)\b", author, re.IGNORECASE):
        raise Wrong(f"YOLOv1 to v3 were not written by {author!r}. Whose names stand on all three papers?")
    for what, version in _HISTORY.items():
        if (said := _version(answer[what], what)) != version:
            raise Wrong(f"You said {said} for {what!r}. {_HISTORY_WORDS[what]}")
    return "Redmon, Divvala, Girshick and Farhadi 2015; Redmon and Farhadi 2016 and 2018. Others went on from there."


history = Exercise(
    name="history",
    answer_name="versions",
    solution_source="""
        versions = {
            "wrote v1 to v3": "Redmon",
            "a detector in one pass": 1,
            "anchors": 2,
            "three grids": 3,
            "one sigmoid a class": 3,
        }
    """,
    hints=(
        "The table above has four of the five.",
        "The papers are in further reading, with their authors.",
        "Redmon; then 1, 2, 3 and 3.",
    ),
    diagnose=_diagnose_history,
    mistakes=tuple(
        Mistake({"wrote v1 to v3": "Redmon", **_HISTORY, **change}, says)
        for change, says in (
            ({"wrote v1 to v3": "Ultralytics"}, "Ultralytics did not"),
            ({"wrote v1 to v3": "Google"}, "all three papers"),
            ({"wrote v1 to v3": "Redmond"}, "no d at the end"),
            ({"wrote v1 to v3": "Joseph Redmond"}, "no d at the end"),
            ({"wrote v1 to v3": "Redmo"}, "all three papers"),
            ({"wrote v1 to v3": ""}, "'wrote v1 to v3' is still open"),
            ({"wrote v1 to v3": 2015}, "a surname, in quotes. Received: 2015"),
            ({"anchors": "v1"}, "You said 1 for 'anchors'. YOLOv1 let each"),
            ({"anchors": 0}, "'anchors' is still open"),
            ({"anchors": 2016}, "You said 2016 for 'anchors'. The versions asked about are 1, 2 and 3"),
            ({"anchors": "second"}, "should be one number, but this is a text in quotes"),
            ({"anchors": 1}, "anchors came with YOLOv2"),
            ({"three grids": 2}, "three scales"),
            ({"one sigmoid a class": 1}, "by itself"),
            ({"a detector in one pass": 3}, "very first paper"),
        )
    )
    + (Mistake({"anchors": 2}, "five keys"),),
    why="Each version removed a limit of the one before. Anchors with a class each let one cell report objects of "
    "different kinds, three grids gave small and large objects cells that suit them, and one sigmoid a class let a "
    "box carry two names. Papers, not names of products, say who did it.",
)

summary = Summary(cell, output_shape, best_anchor, encode, decode, loss_mask, history)
