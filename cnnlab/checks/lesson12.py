"""Exercises of lesson 12: from a box to a cell, an anchor and eight numbers, and back; the loss; who wrote what."""

from __future__ import annotations

import numpy as np

from cnnlab.checks._exercise import Exercise, Mistake, Wrong, array, call, close, number, show


def _whole_numbers(answer: object, length: int, what: str) -> tuple[int, ...]:
    values = array(answer, (length,), what)
    if not np.isfinite(values).all() or (values != np.floor(values)).any():
        raise Wrong(f"{what} should be whole numbers, but you gave {values.tolist()}.")
    return tuple(int(value) for value in values)


# --- the output of a network ------------------------------------------------------------------------------------------

_CHANNEL_ERRORS = {
    (13, 13, 30): "You counted 25 numbers and 5 anchors as a sum. Each anchor has its own 25 numbers: multiply.",
    (13, 13, 25): "That is one anchor. There are five, each with its own box and classes.",
    (
        13,
        13,
        45,
    ): "That is 5 · 5 + 20: the classes stand in the list once. Each anchor names its own class: 5 · (5 + 20).",
    (13, 13, 100): "That is 5 · 20: x, y, width, height and objectness are missing, five numbers an anchor.",
    (13, 13, 120): "That is 5 · (4 + 20): the box has four numbers, and objectness is a fifth.",
    (32, 32, 125): "32 is the stride, the side of a cell in pixels. The grid has 416 / 32 = 13 cells a side.",
    (416, 416, 125): "The network halves the picture five times. One cell is 32 pixels wide: 416 / 32 cells a side.",
    (125, 13, 13): "Right numbers, channels first. In this course, as in Keras, rows, columns and channels.",
}


def _diagnose_output_shape(answer: object) -> str:
    got = _whole_numbers(answer, 3, "The shape")
    if got in _CHANNEL_ERRORS:
        raise Wrong(f"You gave {got}. {_CHANNEL_ERRORS[got]}")
    if got != (13, 13, 125):
        raise Wrong(f"You gave {got}. Rows and columns: 416 / 32. Channels: anchors · (5 + classes).")
    return "13 × 13 cells of 32 pixels, 5 · (5 + 20) = 125 channels: YOLOv2 for the 20 classes of VOC."


output_shape = Exercise(
    name="output_shape",
    answer_name="shape",
    stub="""
        shape = ...  # (rows, columns, channels)
    """,
    solution_source="""
        shape = (416 // 32, 416 // 32, 5 * (5 + 20))  # (13, 13, 125)
    """,
    hints=(
        "How many cells of 32 pixels stand side by side in 416 pixels?",
        "Each anchor has x, y, width, height, objectness, and one number for each of 20 classes.",
        "13 cells a side, and 5 anchors with 25 numbers each.",
    ),
    diagnose=_diagnose_output_shape,
    mistakes=(
        Mistake((13, 13, 30), "multiply"),
        Mistake((13, 13, 25), "one anchor"),
        Mistake((13, 13, 45), "the classes stand in the list once"),
        Mistake((13, 13, 100), "are missing"),
        Mistake((13, 13, 120), "objectness is a fifth"),
        Mistake((32, 32, 125), "32 is the stride"),
        Mistake((416, 416, 125), "halves the picture five times"),
        Mistake((125, 13, 13), "channels first"),
        Mistake((14, 14, 125), "416 / 32"),
        Mistake((13.5, 13, 125), "whole numbers"),
    ),
)


# --- the responsible cell ---------------------------------------------------------------------------------------------

# (box, (height, width), (rows, columns)); the first is easy, the others part the misreadings.
_CELLS = (
    ((10, 40, 30, 60), (90, 90), (3, 3)),
    ((20, 10, 100, 40), (96, 96), (12, 12)),
    ((100, 4, 120, 36), (80, 128), (5, 8)),
    ((0, 60, 30, 80), (80, 128), (5, 8)),
)


def _cell(box, size, grid) -> tuple[int, int]:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return int(y * grid[0] // size[0]), int(x * grid[1] // size[1])


_CELL_MISREADINGS = (
    (
        lambda b, s, g: _cell(b, s, g)[::-1],
        "row and column are swapped. x runs along the columns, y along the rows, and the row comes first.",
    ),
    (
        lambda b, s, g: (int(b[1] * g[0] // s[0]), int(b[0] * g[1] // s[1])),
        "you took the top left corner. The cell that holds the box's *centre* is responsible.",
    ),
    (
        lambda b, s, g: (round((b[1] + b[3]) / 2 * g[0] / s[0]), round((b[0] + b[2]) / 2 * g[1] / s[1])),
        "you rounded to the nearest. Cell 1 reaches from 1 to 2: round down.",
    ),
    (
        lambda b, s, g: (_cell(b, s, g)[0] + 1, _cell(b, s, g)[1] + 1),
        "you counted from 1. Rows and columns count from 0, as everywhere.",
    ),
    (
        lambda b, s, g: (int((b[1] + b[3]) / 2 * g[0] // s[1]), int((b[0] + b[2]) / 2 * g[1] // s[0])),
        "height and width of the picture are swapped: y is divided by the height of a cell, height / rows.",
    ),
    (
        lambda b, s, g: (int((b[1] + b[3]) / 2 // g[0]), int((b[0] + b[2]) / 2 // g[1])),
        "you divided by the number of cells. A cell is height / rows pixels high: divide by that.",
    ),
    (
        lambda b, s, g: (int((b[3] - b[1]) / 2 * g[0] // s[0]), int((b[2] - b[0]) / 2 * g[1] // s[1])),
        "(x2 − x1) / 2 is half the width. The centre is at (x1 + x2) / 2.",
    ),
)


def _diagnose_cell(answer: object) -> str:
    got = [_whole_numbers(call(answer, *case), 2, f"The cell for {case}") for case in _CELLS]
    right = [_cell(*case) for case in _CELLS]
    wrong = [i for i in range(len(_CELLS)) if got[i] != right[i]]
    if not wrong:
        return "Right on four pictures, one of them wider than high. One cell, and no other, answers for each object."
    box, size, grid = _CELLS[wrong[0]]
    case = f"For box {box} in a picture of {size} (height, width) and a grid of {grid} you got {got[wrong[0]]}, not "
    for how, message in _CELL_MISREADINGS:
        if got == [how(*case) for case in _CELLS]:
            raise Wrong(f"{case}{right[wrong[0]]}: {message}")
    raise Wrong(f"{case}{right[wrong[0]]}. Work out the centre, then how many cells lie above it and left of it.")


cell = Exercise(
    name="cell",
    answer_name="my_cell",
    stub="""
        def my_cell(box, size, grid):
            x1, y1, x2, y2 = box
            height, width = size
            rows, columns = grid
            return ...  # (row, column)
    """,
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
    diagnose=_diagnose_cell,
    mistakes=(
        Mistake(_CELL_MISREADINGS[0][0], "swapped"),
        Mistake(_CELL_MISREADINGS[1][0], "top left corner"),
        Mistake(_CELL_MISREADINGS[2][0], "rounded to the nearest"),
        Mistake(_CELL_MISREADINGS[3][0], "counted from 1"),
        Mistake(_CELL_MISREADINGS[4][0], "height and width of the picture"),
        Mistake(_CELL_MISREADINGS[5][0], "divided by the number of cells"),
        Mistake(_CELL_MISREADINGS[6][0], "half the width"),
        Mistake(lambda box, size, grid: (0, 0), "Work out the centre"),
        Mistake(lambda box, size, grid: ((box[1] + box[3]) / 2 * grid[0] / size[0], 0.5), "whole numbers"),
    ),
)


# --- the best anchor --------------------------------------------------------------------------------------------------

_ANCHORS = ((20.0, 20.0), (44.0, 22.0), (40.0, 40.0))
_SIZES = ((18, 22), (39, 25), (30, 30), (36, 36), (60, 30), (12, 80), (25, 12), (70, 70))


def _ious(size, anchors) -> np.ndarray:
    (w, h), anchors = size, np.asarray(anchors, float)
    both = np.minimum(w, anchors[:, 0]) * np.minimum(h, anchors[:, 1])
    return both / (w * h + anchors.prod(axis=1) - both)


_ANCHOR_MISREADINGS = (
    (
        lambda s, a: int(np.argmin(np.hypot(a[:, 0] - s[0], a[:, 1] - s[1]))),
        "that is the nearest in pixels. A difference of 8 pixels is much for a small box and little for a large one: "
        "compare by IoU.",
    ),
    (
        lambda s, a: int(np.argmin(np.abs(a.prod(axis=1) - s[0] * s[1]))),
        "you compared areas. A wide box and a square one can have one area and little in common.",
    ),
    (
        lambda s, a: int(np.argmax(np.minimum(s[0], a[:, 0]) * np.minimum(s[1], a[:, 1]))),
        "you took the largest intersection. A huge anchor has it with everything: divide by the union.",
    ),
    (
        lambda s, a: int(np.argmin(_ious(s, a))),
        "you took the smallest IoU. It is 1 − IoU that is a distance.",
    ),
    (
        lambda s, a: int(np.argmax(_ious(s[::-1], a))),
        "width and height are swapped: an anchor is (width, height).",
    ),
)


def _diagnose_best_anchor(answer: object) -> str:
    anchors = np.array(_ANCHORS)
    got = []
    for size in _SIZES:
        value = number(call(answer, size, anchors), f"The anchor for {size}")
        if not 0 <= value < 3 or value != int(value):
            raise Wrong(f"For {size} you got {value:g}. Return the anchor's number: 0, 1 or 2.")
        got.append(int(value))
    right = [int(np.argmax(_ious(size, anchors))) for size in _SIZES]
    wrong = [i for i in range(len(_SIZES)) if got[i] != right[i]]
    if not wrong:
        return "Right on eight sizes. Only the shapes count: an anchor has no place."
    size = _SIZES[wrong[0]]
    ious = ", ".join(f"{value:.2f}" for value in _ious(size, anchors))
    case = f"For a box of {size[0]} × {size[1]} you chose anchor {got[wrong[0]]}, not {right[wrong[0]]}"
    for how, message in _ANCHOR_MISREADINGS:
        if got == [how(size, anchors) for size in _SIZES]:
            raise Wrong(f"{case}: {message}")
    raise Wrong(f"{case}. Its IoUs with the three anchors are {ious}.")


best_anchor = Exercise(
    name="best_anchor",
    answer_name="my_best_anchor",
    stub="""
        def my_best_anchor(size, anchors):
            w, h = size  # of the box; anchors is an array of shape (A, 2), width and height
            return ...  # the number of the most similar anchor
    """,
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
    diagnose=_diagnose_best_anchor,
    mistakes=(
        Mistake(_ANCHOR_MISREADINGS[0][0], "nearest in pixels"),
        Mistake(_ANCHOR_MISREADINGS[1][0], "compared areas"),
        Mistake(_ANCHOR_MISREADINGS[2][0], "largest intersection"),
        Mistake(_ANCHOR_MISREADINGS[3][0], "smallest IoU"),
        Mistake(_ANCHOR_MISREADINGS[4][0], "swapped"),
        Mistake(lambda size, anchors: 0, "Its IoUs with the three anchors"),
        Mistake(lambda size, anchors: 0.7, "the anchor's number"),
    ),
)


# --- encode -----------------------------------------------------------------------------------------------------------

# (box, anchor, (height, width), (rows, columns))
_ENCODES = (
    ((10, 40, 30, 60), (10, 40), (90, 90), (3, 3)),
    ((50, 20, 78, 40), (26, 26), (96, 96), (12, 12)),
    ((100, 4, 120, 36), (17, 17), (80, 128), (5, 8)),
)


def _encode(box, anchor, size, grid) -> np.ndarray:
    x1, y1, x2, y2 = box
    x, y = (x1 + x2) / 2 * grid[1] / size[1], (y1 + y2) / 2 * grid[0] / size[0]
    return np.array([x - np.floor(x), y - np.floor(y), np.log((x2 - x1) / anchor[0]), np.log((y2 - y1) / anchor[1])])


_ENCODE_MISREADINGS = (
    (
        lambda b, a, s, g: _encode(b, a, s, g)[[1, 0, 3, 2]],
        "x and y are swapped. The order is x, y, width, height.",
    ),
    (
        lambda b, a, s, g: np.concatenate([_centre_in_cells(b, s, g), _encode(b, a, s, g)[2:]]),
        "x and y count from the picture's border. They are wanted from the border of the responsible cell: between 0 "
        "and 1.",
    ),
    (
        lambda b, a, s, g: np.concatenate([_encode(b, a, s, g)[:2], np.exp(_encode(b, a, s, g)[2:])]),
        "the logarithm is missing: width / anchor width is 1 where they agree, and tw should then be 0.",
    ),
    (
        lambda b, a, s, g: _encode(b, a, s, g) * (1, 1, -1, -1),
        "the quotient is upside down. tw = ln(width / anchor width): positive for a box wider than its anchor.",
    ),
    (
        lambda b, a, s, g: np.concatenate([_encode(b, a, s, g)[:2], _encode(b, a, s, g)[2:] / np.log(2)]),
        "you took the logarithm to base 2. np.log is the natural one, which exp undoes.",
    ),
    (
        lambda b, a, s, g: np.concatenate(
            [_encode(b, a, s, g)[:2] * (s[1] / g[1], s[0] / g[0]), _encode(b, a, s, g)[2:]]
        ),
        "x and y are in pixels. They are wanted as parts of a cell: divide by its width and height.",
    ),
    (
        lambda b, a, s, g: np.concatenate([_corner_in_cell(b, s, g), _encode(b, a, s, g)[2:]]),
        "you placed the top left corner. It is the centre's place in its cell that is wanted.",
    ),
    (
        lambda b, a, s, g: np.concatenate([(_centre_in_cells(b, s[::-1], g)) % 1, _encode(b, a, s, g)[2:]]),
        "height and width of the picture are swapped.",
    ),
)


def _centre_in_cells(box, size, grid) -> np.ndarray:
    return np.array([(box[0] + box[2]) / 2 * grid[1] / size[1], (box[1] + box[3]) / 2 * grid[0] / size[0]])


def _corner_in_cell(box, size, grid) -> np.ndarray:
    return np.array([box[0] * grid[1] / size[1], box[1] * grid[0] / size[0]]) % 1


def _diagnose_encode(answer: object) -> str:
    got = [array(call(answer, *case), (4,), f"The numbers for {case}") for case in _ENCODES]
    right = [_encode(*case) for case in _ENCODES]
    wrong = [i for i in range(len(_ENCODES)) if not close(got[i], right[i])]
    if not wrong:
        return "Right on three boxes. All four numbers are small, whatever the size of the picture: good to learn."
    box, anchor, size, grid = _ENCODES[wrong[0]]
    said, true = (np.round(values[wrong[0]], 3).tolist() for values in (got, right))
    case = f"For box {box}, anchor {anchor}, picture {size}, grid {grid} you got {said}, not {true}"
    for how, message in _ENCODE_MISREADINGS:
        if all(close(got[i], how(*_ENCODES[i])) for i in range(len(_ENCODES))):
            raise Wrong(f"{case}: {message}")
    raise Wrong(f"{case}. Check the four one by one: the centre in cells less its whole part; ln of the quotients.")


encode = Exercise(
    name="encode",
    answer_name="my_encode",
    stub="""
        def my_encode(box, anchor, size, grid):
            x1, y1, x2, y2 = box
            height, width = size
            rows, columns = grid
            return ...  # x, y, tw, th
    """,
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
    diagnose=_diagnose_encode,
    mistakes=(
        Mistake(_ENCODE_MISREADINGS[0][0], "swapped"),
        Mistake(_ENCODE_MISREADINGS[1][0], "from the picture's border"),
        Mistake(_ENCODE_MISREADINGS[2][0], "logarithm is missing"),
        Mistake(_ENCODE_MISREADINGS[3][0], "upside down"),
        Mistake(_ENCODE_MISREADINGS[4][0], "base 2"),
        Mistake(_ENCODE_MISREADINGS[5][0], "in pixels"),
        Mistake(_ENCODE_MISREADINGS[6][0], "top left corner"),
        Mistake(_ENCODE_MISREADINGS[7][0], "height and width of the picture"),
        Mistake(lambda box, anchor, size, grid: (0, 0, 0, 0), "one by one"),
        Mistake(lambda box, anchor, size, grid: (0, 0), "shape (4,)"),
    ),
)


# --- decode -----------------------------------------------------------------------------------------------------------

# (raw tx, ty, tw, th), (row, column), anchor, (height, width), (rows, columns)
_DECODES = (
    ((0.0, 0.0, 0.0, 0.0), (1, 0), (20, 40), (90, 90), (3, 3)),
    ((1.0, -2.0, 0.5, -0.25), (7, 2), (26, 17), (96, 96), (12, 12)),
    ((-0.5, 0.3, -0.1, 0.7), (1, 6), (17, 26), (80, 128), (5, 8)),
)


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


_DECODE_MISREADINGS = (
    (dict(squash=float), "the sigmoid is missing: the network's tx and ty are raw, and the centre left its cell."),
    (dict(swap=True), "row and column are swapped: x goes with the column, y with the row."),
    (dict(stretch=lambda t: t), "the exponential is missing: width = anchor width · exp(tw), so tw = 0 is the anchor."),
    (dict(stretch=_sigmoid), "width and height need exp, not the sigmoid: a box may be wider than its anchor."),
    (dict(whole=True), "that is centre, width, height. Corners are wanted: subtract and add half of width and height."),
)


def _corner_first(raw, place, anchor, size, grid) -> np.ndarray:
    x1, y1, x2, y2 = _decode(raw, place, anchor, size, grid)
    return np.array([(x1 + x2) / 2, (y1 + y2) / 2, (x1 + x2) / 2 + x2 - x1, (y1 + y2) / 2 + y2 - y1])


def _diagnose_decode(answer: object) -> str:
    got = [array(call(answer, *case), (4,), f"The box for {case}") for case in _DECODES]
    right = [_decode(*case) for case in _DECODES]
    wrong = [i for i in range(len(_DECODES)) if not close(got[i], right[i])]
    if not wrong:
        return "Right on three outputs. Put through my_encode, each would give back the numbers it came from."
    raw, place = _DECODES[wrong[0]][:2]
    said, true = (np.round(values[wrong[0]], 1).tolist() for values in (got, right))
    case = f"For tx, ty, tw, th = {raw} in cell {place} you got {said}, not {true}"
    for how, message in _DECODE_MISREADINGS:
        if all(close(got[i], _decode(*_DECODES[i], **how)) for i in range(len(_DECODES))):
            raise Wrong(f"{case}: {message}")
    if all(close(got[i], _corner_first(*_DECODES[i])) for i in range(len(_DECODES))):
        raise Wrong(f"{case}: the box begins at its centre. x1 = x − width / 2, and so on.")
    raise Wrong(f"{case}. First the centre: (column + sigmoid(tx)) cells from the left. Then the size. Then corners.")


decode = Exercise(
    name="decode",
    answer_name="my_decode",
    stub="""
        def my_decode(raw, place, anchor, size, grid):
            tx, ty, tw, th = raw  # as the network says them
            row, column = place
            height, width = size
            rows, columns = grid
            return ...  # x1, y1, x2, y2
    """,
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
    diagnose=_diagnose_decode,
    mistakes=(
        Mistake(lambda *case: _decode(*case, squash=float), "sigmoid is missing"),
        Mistake(lambda *case: _decode(*case, swap=True), "swapped"),
        Mistake(lambda *case: _decode(*case, stretch=lambda t: t), "exponential is missing"),
        Mistake(lambda *case: _decode(*case, stretch=_sigmoid), "wider than its anchor"),
        Mistake(lambda *case: _decode(*case, whole=True), "Corners are wanted"),
        Mistake(_corner_first, "begins at its centre"),
        Mistake(lambda *case: (0, 0, 1, 1), "First the centre"),
        Mistake(lambda *case: 3.0, "shape (4,)"),
    ),
)


# --- the loss's mask --------------------------------------------------------------------------------------------------


def _mask_case(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets and activated outputs of a 3×4 grid with two anchors and three classes."""
    rng = np.random.default_rng(seed)
    true, said = np.zeros((3, 4, 2, 8)), rng.uniform(0.1, 0.9, (3, 4, 2, 8))
    for row, column, anchor in ((0, 1, 0), (2, 3, 1), (2, 3, 0))[: seed + 1]:
        true[row, column, anchor, :4] = rng.uniform(0.1, 0.9, 4)
        true[row, column, anchor, 4] = true[row, column, anchor, 5 + rng.integers(3)] = 1
    return true, said


_MASK_CASES = tuple(_mask_case(seed) for seed in range(3))


def _terms(true, said, *, coordinates=True, present=None) -> tuple[float, float]:
    here = true[..., 4] == 1 if present is None else present
    xy = ((said - true)[..., :2] ** 2).sum(axis=-1)
    return float((xy * here).sum()) if coordinates else float(xy.sum()), float(-np.log(1 - said[..., 4])[~here].sum())


_MASK_MISREADINGS = (
    (
        lambda t, s: (_terms(t, s, coordinates=False)[0], _terms(t, s)[1]),
        "xy was summed over all slots. Where no object is, the target's x and y are meaningless zeros: mask them.",
    ),
    (
        lambda t, s: (_terms(t, s)[0], float(-np.log(1 - s[..., 4]).sum())),
        "no_objectness was summed over all slots. A slot with an object must say 1: it belongs to another term.",
    ),
    (
        lambda t, s: (_terms(t, s)[0], float(-np.log(s[..., 4])[t[..., 4] == 0].sum())),
        "−ln(said) punishes a slot for being sure of nothing. Where nothing is, the loss is −ln(1 − said).",
    ),
    (
        lambda t, s: (_terms(t, s)[0], float(-np.log(s[..., 4])[t[..., 4] == 1].sum())),
        "that is the objectness term, of the slots that hold an object. no_objectness is summed over the others.",
    ),
    (
        lambda t, s: (_terms(t, s)[0] / (t[..., 4] == 1).sum(), float(-np.log(1 - s[..., 4])[t[..., 4] == 0].mean())),
        "you took means. This loss sums over the slots of a picture: an object counts as much in a picture of many.",
    ),
    (
        lambda t, s: (float((((s - t)[..., :2] ** 2).sum(-1) * s[..., 4]).sum()), _terms(t, s)[1]),
        "you masked by what the network said. The mask is the truth: true[..., 4].",
    ),
)


def _diagnose_loss_mask(answer: object) -> str:
    got = [array(call(answer, *case), (2,), "The answer (xy, no_objectness)") for case in _MASK_CASES]
    right = [_terms(*case) for case in _MASK_CASES]
    wrong = [i for i in range(len(_MASK_CASES)) if not close(got[i], right[i])]
    if not wrong:
        return "Right on three grids. 2 of 24 slots have an x and a y to learn; the other 22 must only keep quiet."
    objects = int(_MASK_CASES[wrong[0]][0][..., 4].sum())
    said, true = (np.round(values[wrong[0]], 3).tolist() for values in (got, np.array(right)))
    case = f"With {objects} object(s) in 24 slots you got {said}, not {true}"
    for how, message in _MASK_MISREADINGS:
        if all(close(got[i], how(*_MASK_CASES[i])) for i in range(len(_MASK_CASES))):
            raise Wrong(f"{case}: {message}")
    raise Wrong(f"{case}. Sum (said − true)² over x and y where true[..., 4] is 1; −ln(1 − said[..., 4]) elsewhere.")


loss_mask = Exercise(
    name="loss_mask",
    answer_name="my_terms",
    stub="""
        def my_terms(true, said):
            return ...  # the terms xy and no_objectness; true[..., 4] is 1 where an object is
    """,
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
    diagnose=_diagnose_loss_mask,
    mistakes=(
        Mistake(_MASK_MISREADINGS[0][0], "mask them"),
        Mistake(_MASK_MISREADINGS[1][0], "another term"),
        Mistake(_MASK_MISREADINGS[2][0], "sure of nothing"),
        Mistake(_MASK_MISREADINGS[3][0], "objectness term"),
        Mistake(_MASK_MISREADINGS[4][0], "took means"),
        Mistake(_MASK_MISREADINGS[5][0], "what the network said"),
        Mistake(lambda true, said: (0, 0), "elsewhere"),
        Mistake(lambda true, said: 0.0, "shape (2,)"),
    ),
)


# --- who wrote what ---------------------------------------------------------------------------------------------------

_HISTORY = {"anchors": 2, "three grids": 3, "one sigmoid a class": 3, "a detector in one pass": 1}
_HISTORY_WORDS = {
    "anchors": "YOLOv1 let each of 49 cells guess widths and heights freely; anchors came with YOLOv2.",
    "three grids": "YOLOv1 has one grid of 7 × 7, YOLOv2 one of 13 × 13; YOLOv3 looks at three scales.",
    "one sigmoid a class": "YOLOv1 and v2 let the classes compete (v2 by a softmax); YOLOv3 asks each class by itself.",
    "a detector in one pass": "\u201cYou Only Look Once\u201d is what the very first paper is called.",
}


def _diagnose_history(answer: object) -> str:
    if not isinstance(answer, dict) or set(answer) != {*_HISTORY, "wrote v1 to v3"}:
        raise Wrong(f"A dict with the five keys of the exercise is expected. Received: {show(answer)[:120]}")
    if any(value is ... for value in answer.values()):
        raise Wrong("One of the five is still open.")
    author = str(answer["wrote v1 to v3"]).strip().lower()
    if not author:
        raise Wrong("'wrote v1 to v3' is still open.")
    if "ultralytics" in author:
        raise Wrong(
            "Ultralytics did not: the company wrote YOLOv5 and later ones. v1 to v3 are by Joseph Redmon with others, "
            "from 2015 to 2018, in Darknet."
        )
    if "redmon" not in author and "farhadi" not in author:
        raise Wrong(
            f"YOLOv1 to v3 were not written by {answer['wrote v1 to v3']!r}. Whose names stand on all three papers?"
        )
    for what, version in _HISTORY.items():
        if answer[what] != version:
            raise Wrong(f"You said {show(answer[what])} for {what!r}. {_HISTORY_WORDS[what]}")
    return "Redmon, Divvala, Girshick and Farhadi 2015; Redmon and Farhadi 2016 and 2018. Others went on from there."


history = Exercise(
    name="history",
    answer_name="versions",
    stub="""
        versions = ...
        # {
        #     "wrote v1 to v3": "",          # a surname
        #     "a detector in one pass": 0,   # first in which version: 1, 2 or 3?
        #     "anchors": 0,
        #     "three grids": 0,
        #     "one sigmoid a class": 0,
        # }
    """,
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
            ({"wrote v1 to v3": ""}, "'wrote v1 to v3' is still open"),
            ({"anchors": 1}, "anchors came with YOLOv2"),
            ({"three grids": 2}, "three scales"),
            ({"one sigmoid a class": 1}, "by itself"),
            ({"a detector in one pass": 3}, "very first paper"),
            ({"anchors": ...}, "still open"),
        )
    )
    + (Mistake({"anchors": 2}, "five keys"),),
)
