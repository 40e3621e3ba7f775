"""The exercises of lesson 13: numbers in a .weights file, routes, kernels, heads, letterboxes."""

from __future__ import annotations

import numpy as np

from cnnlab.checks._exercise import Exercise, Mistake, NotAttempted, Wrong, array, call, close, number, show


def _whole(answer: object, what: str) -> int:
    value = number(answer, what)
    if not np.isfinite(value) or value != int(value):
        raise Wrong(f"{what} should be a whole number. You gave {show(value)}.")
    return int(value)


# --- how many numbers a convolution has in the file -------------------------------------------------------------------

# (filters, size, channels, batch_normalize, groups)
_CONVOLUTIONS = ((8, 3, 3, 1, 1), (24, 1, 64, 0, 1), (120, 5, 120, 1, 120), (6, 3, 8, 0, 2))


def _numbers(filters: int, size: int, channels: int, batch_normalize: int, groups: int) -> int:
    return filters * size * size * (channels // groups) + (4 if batch_normalize else 1) * filters


_NUMBER_MISREADINGS = (
    (
        lambda f, s, c, n, g: f * s * s * (c // g) + 5 * f if n else _numbers(f, s, c, n, g),
        "you counted a bias beside the batch normalisation. Its beta *is* the bias: four numbers a filter.",
    ),
    (
        lambda f, s, c, n, g: f * s * s * (c // g) + (2 if n else 1) * f,
        "you counted two numbers a filter for the batch normalisation, the trainable ones. The file holds mean and "
        "variance too.",
    ),
    (
        lambda f, s, c, n, g: f * s * s * (c // g) + f,
        "the batch normalisation is missing: bias, scale, mean and variance, four numbers a filter instead of one.",
    ),
    (
        lambda f, s, c, n, g: f * s * s * c + (4 if n else 1) * f,
        "you forgot the groups. A filter sees channels / groups channels, no more.",
    ),
    (
        lambda f, s, c, n, g: f * s * (c // g) + (4 if n else 1) * f,
        "you counted one side of the kernel. It has size · size places.",
    ),
    (
        lambda f, s, c, n, g: f * s * s * (c // g) + (4 if n else 0) * f,
        "without batch normalisation there is still a bias: one number a filter.",
    ),
    (
        lambda f, s, c, n, g: 4 * _numbers(f, s, c, n, g),
        "those are bytes. Asked for are numbers; each has four bytes.",
    ),
)  # fmt: skip


def _diagnose_numbers(answer: object) -> str:
    given = [_whole(call(answer, *case), "The count") for case in _CONVOLUTIONS]
    right = [_numbers(*case) for case in _CONVOLUTIONS]
    if given == right:
        return "248, 1,560, 3,480 and 222: now you can say where every layer of a .weights file begins."
    k = next(i for i in range(len(right)) if given[i] != right[i])
    filters, size, channels, normalized, groups = _CONVOLUTIONS[k]
    case = (
        f"{filters} filters of {size} × {size} on {channels} channels, batch_normalize={normalized}, groups={groups}: "
        f"you got {given[k]:,}, and the file holds {right[k]:,}"
    )
    for wrong, why in _NUMBER_MISREADINGS:
        if given == [wrong(*case) for case in _CONVOLUTIONS]:
            raise Wrong(f"{case}: {why}")
    raise Wrong(f"{case}: filters · size · size · channels / groups numbers, and each filter 1 or 4 more.")


_NUMBERS_SOURCE = """
    def my_numbers(filters, size, channels, batch_normalize, groups):
        kernel = filters * size * size * (channels // groups)
        return kernel + (4 if batch_normalize else 1) * filters
"""

numbers = Exercise(
    name="numbers",
    answer_name="my_numbers",
    stub="""
        def my_numbers(filters, size, channels, batch_normalize, groups):
            return ...  # how many numbers the .weights file holds for it
    """,
    solution_source=_NUMBERS_SOURCE,
    hints=(
        "Two parts: the kernel, and a few numbers for each filter.",
        "A filter is size by size and as deep as the channels it sees: channels // groups.",
        "For each filter: 1 number, its bias; or 4 with batch normalisation: bias, scale, mean, variance.",
    ),
    diagnose=_diagnose_numbers,
    mistakes=(
        Mistake(lambda f, s, c, n, g: f * s * s * (c // g) + (5 if n else 1) * f, "beta *is* the bias"),
        Mistake(lambda f, s, c, n, g: f * s * s * (c // g) + (2 if n else 1) * f, "mean and variance too"),
        Mistake(lambda f, s, c, n, g: f * s * s * (c // g) + f, "batch normalisation is missing"),
        Mistake(lambda f, s, c, n, g: f * s * s * c + (4 if n else 1) * f, "forgot the groups"),
        Mistake(lambda f, s, c, n, g: f * s * (c // g) + (4 if n else 1) * f, "one side"),
        Mistake(lambda f, s, c, n, g: f * s * s * (c // g) + (4 if n else 0) * f, "still a bias"),
        Mistake(lambda f, s, c, n, g: 4 * _numbers(f, s, c, n, g), "those are bytes"),
        Mistake(lambda f, s, c, n, g: f * s * s * c // g, "and each filter 1 or 4 more"),
        Mistake(lambda f, s, c, n, g: 0.5, "whole number"),
    ),
)  # fmt: skip


# --- where a layer begins ---------------------------------------------------------------------------------------------

_FIRST, _SECOND = 248, 1216  # numbers of layers 0 and 2 of tiny_yolo.cfg; layer 1, a maxpool, has none
_BEGINS = 20 + 4 * (_FIRST + _SECOND)
_OFFSET_MISREADINGS = {
    4 * (_FIRST + _SECOND): "the header is missing: the numbers begin at byte 20.",
    16 + 4 * (_FIRST + _SECOND): "that is with the header of 16 bytes that old files have. This one is of version 0.2: "
    "three numbers of 4 bytes and one of 8.",
    20 + _FIRST + _SECOND: "you counted numbers. Each float32 has 4 bytes.",
    _FIRST + _SECOND: "you counted numbers, from the first. Asked for is the byte: 4 a number, and a header in front.",
    20 + 4 * _FIRST: "that is where layer 2 begins. It has 1,216 numbers of its own; layer 4 begins behind them.",
    20 + 4 * _SECOND: "layer 0 is missing: its 248 numbers come first.",
}  # fmt: skip


def _diagnose_begins(answer: object) -> str:
    got = _whole(answer, "The byte")
    if got == _BEGINS:
        return "20 + 4 · (248 + 1,216) = 5,876. One byte further, and every number after it would be another number."
    if got in _OFFSET_MISREADINGS:
        raise Wrong(f"You gave {got:,}: {_OFFSET_MISREADINGS[got]}")
    raise Wrong(f"You gave {got:,}. Before layer 4 lie the header, 20 bytes, and the numbers of layers 0 and 2, 4 bytes"
                " each; the maxpools 1 and 3 have none.")  # fmt: skip


begins = Exercise(
    name="begins",
    answer_name="byte",
    stub="""
        byte = ...
    """,
    solution_source="""
        byte = 20 + 4 * (248 + 8 * 16 * 3 * 3 + 4 * 16)  # 5876
    """,
    hints=(
        "What lies in front of layer 4? The header, and the numbers of the layers before it.",
        "Layer 2 has 16 filters of 3 × 3 on 8 channels, with batch normalisation: 1,152 + 64 numbers.",
        "20 + 4 · (248 + 1,216).",
    ),
    diagnose=_diagnose_begins,
    mistakes=(
        Mistake(5856, "header is missing"),
        Mistake(5872, "header of 16 bytes"),
        Mistake(1484, "you counted numbers"),
        Mistake(1464, "Asked for is the byte"),
        Mistake(1012, "where layer 2 begins"),
        Mistake(4884, "layer 0 is missing"),
        Mistake(6000, "the maxpools 1 and 3 have none"),
        Mistake((20, 5856), "one number"),
    ),
)


# --- routes -----------------------------------------------------------------------------------------------------------

_ROUTES = (([-1, -4], 29), ([-4], 83), ([-1, 61], 86), ([0], 5))


def _resolved(layers: list[int], here: int) -> list[int]:
    return [k if k >= 0 else here + k for k in layers]


_ROUTE_MISREADINGS = (
    (lambda layers, here: list(layers), "the negative numbers are still negative. −1 is the layer just before."),
    (
        lambda layers, here: [here + k for k in layers],
        "you counted back with all of them. A number that is not negative is a layer's own number, from 0.",
    ),
    (
        lambda layers, here: [k if k >= 0 else here + k + 1 for k in layers],
        "you counted one too few. From layer 29, −1 is layer 28: 29 − 1.",
    ),
    (
        lambda layers, here: [k if k >= 0 else here - 1 + k for k in layers],
        "you counted one too many. From layer 29, −1 is layer 28: 29 − 1.",
    ),
    (lambda layers, here: [abs(k) for k in layers], "you dropped the sign. −4 means four layers back, not layer 4."),
)  # fmt: skip


def _diagnose_route(answer: object) -> str:
    given = []
    for layers, here in _ROUTES:
        result = call(answer, list(layers), here)
        given.append(array(result, (len(layers),), f"The answer for layers={layers} in layer {here}").tolist())
    right = [_resolved(*case) for case in _ROUTES]
    if given == right:
        return "Right for all four. In YOLOv2, layers=-1,-4 in layer 28 joins what 27 and 24 answered."
    k = next(i for i in range(len(right)) if given[i] != right[i])
    case = f"layers={','.join(map(str, _ROUTES[k][0]))} in layer {_ROUTES[k][1]}: you got {show(given[k])}"
    for wrong, why in _ROUTE_MISREADINGS:
        if given == [wrong(*case) for case in _ROUTES]:
            raise Wrong(f"{case}: {why}")
    raise Wrong(f"{case}, and it is {right[k]}. Negative numbers count back from this layer; the others do not.")


_ROUTE_SOURCE = """
    def my_route(layers, here):
        return [k if k >= 0 else here + k for k in layers]
"""

route = Exercise(
    name="route",
    answer_name="my_route",
    stub="""
        def my_route(layers, here):
            return ...  # a list of layers' numbers
    """,
    solution_source=_ROUTE_SOURCE,
    hints=(
        "Treat each number for itself: is it negative or not?",
        "−1 is the layer before this one: number here − 1.",
        "[k if k >= 0 else here + k for k in layers]",
    ),
    diagnose=_diagnose_route,
    mistakes=(
        Mistake(lambda layers, here: layers, "still negative"),
        Mistake(lambda layers, here: [here + k for k in layers], "with all of them"),
        Mistake(lambda layers, here: [k if k >= 0 else here + k + 1 for k in layers], "one too few"),
        Mistake(lambda layers, here: [k if k >= 0 else here - 1 + k for k in layers], "one too many"),
        Mistake(lambda layers, here: [abs(k) for k in layers], "dropped the sign"),
        Mistake(lambda layers, here: [7] * len(layers), "count back from this layer"),
        Mistake(lambda layers, here: here - 1, "shape"),
    ),
)


# --- a kernel in Keras' order -----------------------------------------------------------------------------------------


def _diagnose_kernel(answer: object) -> str:
    darknet = np.arange(2 * 3 * 4 * 5, dtype=float).reshape(2, 3, 4, 5)  # 2 filters, 3 channels, 4 high, 5 wide
    result = call(answer, darknet)
    try:
        got = np.asarray(result, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"Return an array. You returned {show(result)}.") from None
    right = darknet.transpose(2, 3, 1, 0)
    if got.shape == right.shape and close(got, right):
        return "(out, in, h, w) became (h, w, in, out). The numbers are the same; only their order in memory differs."
    case = "For a kernel of 2 filters on 3 channels, 4 high and 5 wide"
    if got.shape == right.shape:
        if close(got, darknet.reshape(4, 5, 3, 2)):
            raise Wrong(f"{case} the shape is right and the numbers are not: `reshape` keeps the order in memory and "
                        "only cuts it elsewhere. Axes are moved by `transpose`.")  # fmt: skip
        if close(got, right[::-1, ::-1]):
            raise Wrong(
                f"{case}: you turned the kernel round. Both programs correlate (lesson 01): nothing is flipped."
            )
        raise Wrong(f"{case} the shape is right and the numbers are not: got[i, j, c, f] must be darknet[f, c, i, j].")
    names = {
        (3, 2, 4, 5): "that is (in, out, h, w)", (5, 4, 3, 2): "that is (w, h, in, out): all four axes turned round",
        (4, 5, 2, 3): "that is (h, w, out, in): the last two are swapped", (2, 3, 4, 5): "nothing was moved",
        (2, 4, 5, 3): "that is (out, h, w, in), as TensorFlow Lite has it",
        (3, 4, 5, 2): "that is (in, h, w, out): only the filters were moved",
    }  # fmt: skip
    why = names.get(got.shape, "put the axes in that order")
    raise Wrong(f"{case}, Keras wants shape (4, 5, 3, 2), height, width, in, out. Yours is {got.shape}: {why}.")


kernel = Exercise(
    name="kernel",
    answer_name="my_kernel",
    stub="""
        def my_kernel(darknet):
            return ...  # (height, width, in, out)
    """,
    solution_source="""
        def my_kernel(darknet):
            return darknet.transpose(2, 3, 1, 0)
    """,
    hints=(
        "Which axis of Darknet's kernel is the height? It must come first.",
        "`transpose` takes the old axes in their new order. Height is old axis 2.",
        "darknet.transpose(2, 3, 1, 0)",
    ),
    diagnose=_diagnose_kernel,
    mistakes=(
        Mistake(lambda k: k.reshape(4, 5, 3, 2), "`reshape` keeps the order"),
        Mistake(lambda k: k.T, "all four axes turned round"),
        Mistake(lambda k: k.transpose(2, 3, 0, 1), "last two are swapped"),
        Mistake(lambda k: k, "nothing was moved"),
        Mistake(lambda k: k.transpose(0, 2, 3, 1), "TensorFlow Lite"),
        Mistake(lambda k: np.moveaxis(k, 0, -1), "only the filters were moved"),
        Mistake(lambda k: k.transpose(0, 3, 1, 2), "put the axes in that order"),
        Mistake(lambda k: k.transpose(2, 3, 1, 0)[::-1, ::-1], "nothing is flipped"),
        Mistake(lambda k: 0 * k.transpose(2, 3, 1, 0), "must be darknet[f, c, i, j]"),
        Mistake(lambda k: k.sum(), "shape (4, 5, 3, 2)"),
    ),
)


# --- heads and anchors ------------------------------------------------------------------------------------------------

_HEADS = {"stride": 32, "anchor": (116, 90), "boxes": 22_743}


def _diagnose_heads(answer: object) -> str:
    if not isinstance(answer, dict) or set(answer) != set(_HEADS):
        raise Wrong(f"The answer should be a dictionary with the keys {', '.join(_HEADS)}.")
    if all(value is ... for value in answer.values()):
        raise NotAttempted
    stride, boxes = _whole(answer["stride"], "stride"), _whole(answer["boxes"], "boxes")
    anchor = tuple(array(answer["anchor"], (2,), "anchor").tolist())
    if stride == 19:
        raise Wrong("stride: 19 is the number of cells in a row. A cell is 608 / 19 pixels wide.")
    if stride != 32:
        raise Wrong(f"stride: you gave {stride}. 608 pixels and 19 cells: one cell is 608 / 19 pixels wide.")
    if anchor == (10, 13):
        raise Wrong("anchor: (10, 13) is anchor 0, the smallest. The first head's mask is 6,7,8: begin with anchor 6.")
    if anchor == (59, 119):
        raise Wrong("anchor: (59, 119) is anchor 5. Anchors are counted from 0.")
    if anchor == (90, 116):
        raise Wrong("anchor: the pair is width, height. You gave height, width.")
    if anchor == (373, 326):
        raise Wrong("anchor: (373, 326) is anchor 8, the last of the mask 6,7,8. Asked for is the first.")
    if anchor != _HEADS["anchor"]:
        raise Wrong(f"anchor: you gave {anchor}. Count the pairs from 0; the mask 6,7,8 begins with pair number 6.")
    if boxes == 7_581:
        raise Wrong("boxes: 7,581 is the number of cells. Each cell has three anchors.")
    if boxes == 3 * 19 * 19:
        raise Wrong("boxes: 1,083 is the first head alone. There are three: 19 × 19, 38 × 38 and 76 × 76.")
    if boxes == 9 * 7_581:
        raise Wrong("boxes: you counted nine anchors in each cell. Each head uses three of the nine.")
    if boxes != _HEADS["boxes"]:
        raise Wrong(f"boxes: you gave {boxes:,}. (19² + 38² + 76²) cells, three anchors each.")
    return "The coarse grid has the large anchors, and 22,743 boxes come out of every picture. Most say: nothing here."


heads = Exercise(
    name="heads",
    answer_name="yolov3",
    stub="""
        yolov3 = {
            "stride": ...,  # pixels from one cell of the first head to the next
            "anchor": ...,  # (width, height): the first anchor of the first head
            "boxes": ...,  # how many boxes all three heads report for one picture
        }
    """,
    solution_source="""
        yolov3 = {
            "stride": 608 // 19,
            "anchor": (116, 90),  # pairs are counted from 0, and the mask is 6,7,8
            "boxes": 3 * (19**2 + 38**2 + 76**2),
        }
    """,
    hints=(
        "The picture is 608 pixels wide. The first grid has 19 cells in a row.",
        "The first mask printed is 6,7,8. Count the pairs of the anchors from 0 to number 6.",
        "Three heads of 19 × 19, 38 × 38 and 76 × 76 cells, with three anchors in each cell.",
    ),
    diagnose=_diagnose_heads,
    mistakes=(
        Mistake({**_HEADS, "stride": 19}, "number of cells"),
        Mistake({**_HEADS, "stride": 8}, "608 / 19 pixels wide"),
        Mistake({**_HEADS, "anchor": (10, 13)}, "the smallest"),
        Mistake({**_HEADS, "anchor": (59, 119)}, "counted from 0"),
        Mistake({**_HEADS, "anchor": (90, 116)}, "width, height"),
        Mistake({**_HEADS, "anchor": (373, 326)}, "anchor 8"),
        Mistake({**_HEADS, "anchor": (1, 2)}, "Count the pairs"),
        Mistake({**_HEADS, "boxes": 7_581}, "number of cells"),
        Mistake({**_HEADS, "boxes": 1_083}, "first head alone"),
        Mistake({**_HEADS, "boxes": 68_229}, "nine anchors"),
        Mistake({**_HEADS, "boxes": 5}, "three anchors each"),
        Mistake({"stride": 32}, "dictionary with the keys"),
    ),
)


# --- undo the letterbox -----------------------------------------------------------------------------------------------

# (box in the input, (height, width) of the picture, (height, width) of the input)
_BOXES = (
    ((104, 156, 312, 260), (100, 200), (416, 416)),
    ((150, 40, 300, 400), (240, 120), (416, 416)),
    ((20, 30, 60, 66), (50, 75), (96, 96)),
    ((30, 10, 90, 50), (64, 64), (64, 128)),
)


def _frame(size: tuple[int, int], inner: tuple[int, int]) -> tuple[float, float, float]:
    """Scale, left, top."""
    scale = min(inner[0] / size[0], inner[1] / size[1])
    return scale, (inner[1] - size[1] * scale) / 2, (inner[0] - size[0] * scale) / 2


def _undone(box, image_size, input_size) -> tuple[float, ...]:
    scale, left, top = _frame(image_size, input_size)
    x1, y1, x2, y2 = box
    return (x1 - left) / scale, (y1 - top) / scale, (x2 - left) / scale, (y2 - top) / scale


def _stretched(box, image_size, input_size) -> tuple[float, ...]:
    sx, sy = image_size[1] / input_size[1], image_size[0] / input_size[0]
    return box[0] * sx, box[1] * sy, box[2] * sx, box[3] * sy


def _scaled_first(box, image_size, input_size) -> tuple[float, ...]:
    scale, left, top = _frame(image_size, input_size)
    x1, y1, x2, y2 = box
    return x1 / scale - left, y1 / scale - top, x2 / scale - left, y2 / scale - top


def _bars_swapped(box, image_size, input_size) -> tuple[float, ...]:
    scale, left, top = _frame(image_size, input_size)
    x1, y1, x2, y2 = box
    return (x1 - top) / scale, (y1 - left) / scale, (x2 - top) / scale, (y2 - left) / scale


def _no_bars(box, image_size, input_size) -> tuple[float, ...]:
    return tuple(side / _frame(image_size, input_size)[0] for side in box)


def _multiplied(box, image_size, input_size) -> tuple[float, ...]:
    scale, left, top = _frame(image_size, input_size)
    x1, y1, x2, y2 = box
    return (x1 - left) * scale, (y1 - top) * scale, (x2 - left) * scale, (y2 - top) * scale


def _whole_bar(box, image_size, input_size) -> tuple[float, ...]:
    scale, left, top = _frame(image_size, input_size)
    x1, y1, x2, y2 = box
    return (x1 - 2 * left) / scale, (y1 - 2 * top) / scale, (x2 - 2 * left) / scale, (y2 - 2 * top) / scale


def _larger_scale(box, image_size, input_size) -> tuple[float, ...]:
    scale = max(input_size[0] / image_size[0], input_size[1] / image_size[1])
    left, top = (input_size[1] - image_size[1] * scale) / 2, (input_size[0] - image_size[0] * scale) / 2
    x1, y1, x2, y2 = box
    return (x1 - left) / scale, (y1 - top) / scale, (x2 - left) / scale, (y2 - top) / scale


_LETTERBOX_MISREADINGS = (
    (
        _stretched,
        "that undoes a stretched picture: a scale for each axis, and no bars. A letterbox has one scale.",
    ),
    (
        _scaled_first,
        "you took the bars off after dividing. They are measured in the input: first subtract, then divide.",
    ),
    (_bars_swapped, "left and top are swapped: the bars above belong to y, those beside to x."),
    (_no_bars, "you divided by the right scale and forgot the bars."),
    (_multiplied, "you multiplied by the scale. It says how many input pixels a picture's pixel became: divide."),
    (_whole_bar, "you subtracted both bars. In front of the picture lies one of them, half of what is left over."),
    (_larger_scale, "that is the larger of the two scales: the picture would not fit. Take the smaller."),
)


def _diagnose_letterbox(answer: object) -> str:
    given = []
    for case in _BOXES:
        given.append(array(call(answer, *case), (4,), "The box (x1, y1, x2, y2)"))
    right = [_undone(*case) for case in _BOXES]
    if all(close(one, np.array(other)) for one, other in zip(given, right, strict=True)):
        return "Right for bars above, bars beside, small and not square. A forgotten letterbox shows as boxes that "\
               "are right in the middle of the picture and drift towards its edge."  # fmt: skip
    k = next(i for i in range(len(right)) if not close(given[i], np.array(right[i])))
    box, image_size, input_size = _BOXES[k]
    case = (
        f"Box {box} in an input of {input_size[0]} × {input_size[1]}, picture of {image_size[0]} × {image_size[1]}: "
        f"you got {show(np.round(given[k], 2))}, and it is {show(np.round(right[k], 2))}"
    )
    for wrong, why in _LETTERBOX_MISREADINGS:
        if all(close(one, np.array(wrong(*case))) for one, case in zip(given, _BOXES, strict=True)):
            raise Wrong(f"{case}: {why}")
    raise Wrong(f"{case}. Subtract the bar in front, then divide by the scale, the smaller of the two.")


_LETTERBOX_SOURCE = """
    def my_undo(box, image_size, input_size):
        height, width = image_size
        rows, columns = input_size
        scale = min(rows / height, columns / width)
        left, top = (columns - width * scale) / 2, (rows - height * scale) / 2
        x1, y1, x2, y2 = box
        return (x1 - left) / scale, (y1 - top) / scale, (x2 - left) / scale, (y2 - top) / scale
"""

undo_letterbox = Exercise(
    name="undo_letterbox",
    answer_name="my_undo",
    stub="""
        def my_undo(box, image_size, input_size):
            height, width = image_size  # of the picture
            rows, columns = input_size  # of the network's input
            x1, y1, x2, y2 = box  # in pixels of the input
            return ...  # x1, y1, x2, y2 in pixels of the picture
    """,
    solution_source=_LETTERBOX_SOURCE,
    hints=(
        "How large is the picture inside the input, and how much is left over on each side?",
        "scale = min(rows / height, columns / width); the bar on the left is (columns − width · scale) / 2.",
        "x in the picture is (x − left) / scale, and y is (y − top) / scale.",
    ),
    diagnose=_diagnose_letterbox,
    mistakes=(
        Mistake(_stretched, "stretched"),
        Mistake(_scaled_first, "first subtract, then divide"),
        Mistake(_bars_swapped, "swapped"),
        Mistake(_no_bars, "forgot the bars"),
        Mistake(_multiplied, "you multiplied"),
        Mistake(_whole_bar, "both bars"),
        Mistake(_larger_scale, "Take the smaller"),
        Mistake(lambda box, image_size, input_size: box, "Subtract the bar in front"),
        Mistake(lambda box, image_size, input_size: box[:2], "shape (2,)"),
    ),
)
