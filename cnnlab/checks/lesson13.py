"""The exercises of lesson 13: numbers in a .weights file, routes, kernels, heads, letterboxes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from cnnlab.checks.answers import Wrong, array, call, whole
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Case, InTurn, Misreading
from cnnlab.checks.summary import Summary

# --- how many numbers a convolution has in the file -------------------------------------------------------------------


def _numbers(
    filters: int, size: int, channels: int, batch_normalize: int, groups: int, *, normalized: int = 4, plain: int = 1
) -> int:
    """How many there are with `normalized` numbers a filter beside its kernel, and `plain` without normalisation."""
    return filters * size * size * (channels // groups) + (normalized if batch_normalize else plain) * filters


_NUMBERS = ByCases(
    truth=_numbers,
    cases=((8, 3, 3, 1, 1), (24, 1, 64, 0, 1), (120, 5, 120, 1, 120), (6, 3, 8, 0, 2)),
    words="For {0} filters of {1} × {1} on {2} channels, batch_normalize={3}, groups={4},".format,
    misreadings=(
        Misreading(
            partial(_numbers, normalized=5),
            "you counted a bias beside the batch normalisation. Its beta *is* the bias: four numbers a filter.",
        ),
        Misreading(
            partial(_numbers, normalized=3),
            "you counted three numbers a filter for the batch normalisation. Bias, scale, mean and variance are four.",
        ),
        Misreading(
            partial(_numbers, normalized=2),
            "you counted two numbers a filter for the batch normalisation, the trainable ones. The file holds mean and "
            "variance too.",
        ),
        Misreading(
            partial(_numbers, normalized=1),
            "the batch normalisation is missing: bias, scale, mean and variance, four numbers a filter instead of one.",
        ),
        Misreading(
            partial(_numbers, plain=4),
            "you counted a batch normalisation where there is none. Without it each filter has a bias, one number.",
        ),
        Misreading(
            partial(_numbers, normalized=0, plain=0), "that is the kernel alone. Each filter has 1 number more, or 4."
        ),
        Misreading(
            lambda f, s, c, n, g: f * s * s * c + (4 if n else 1) * f,
            "you forgot the groups. A filter sees channels / groups channels, no more.",
        ),
        Misreading(
            lambda f, s, c, n, g: f // g * s * s * (c // g) + (4 if n else 1) * f,
            "you divided the filters, too. All of them are in the file; only the channels each one sees are fewer.",
        ),
        Misreading(
            lambda f, s, c, n, g: f * s * (c // g) + (4 if n else 1) * f,
            "you counted one side of the kernel. It has size · size places.",
        ),
        Misreading(
            partial(_numbers, plain=0), "without batch normalisation there is still a bias: one number a filter."
        ),
        Misreading(
            lambda f, s, c, n, g: f * s * s * (c // g) + (4 if n else 1),
            "you counted them once for the layer. Each of its filters has its own.",
        ),
        Misreading(
            lambda f, s, c, n, g: f * s * s * (c // g) + (4 if n else 1) * c,
            "you counted biases and the like for the channels that go in. The filters have them.",
        ),
        Misreading(lambda *layer: 4 * _numbers(*layer), "those are bytes. Asked for are numbers; each has four bytes."),
    ),
    otherwise="The file holds filters · size · size · channels / groups numbers, and for each filter 1 or 4 more.",
    praise="248, 1,560, 3,480 and 222: now you can say where every layer of a .weights file begins.",
)

numbers = Exercise(
    name="numbers",
    answer_name="my_numbers",
    solution_source="""
        def my_numbers(filters, size, channels, batch_normalize, groups):
            kernel = filters * size * size * (channels // groups)
            return kernel + (4 if batch_normalize else 1) * filters
    """,
    hints=(
        "Two parts: the kernel, and a few numbers for each filter.",
        "A filter is size by size and as deep as the channels it sees: channels // groups.",
        "For each filter: 1 number, its bias; or 4 with batch normalisation: bias, scale, mean, variance.",
    ),
    diagnose=_NUMBERS,
    mistakes=(
        Mistake(lambda f, s, c, n, g: f * s * s * c + 4 * f, "for each filter 1 or 4 more"),
        Mistake(lambda f, s, c, n, g: [f * s * s * (c // g), 4 * f], "one number"),
    ),
    why="Normalising subtracts each filter's mean, and with it any bias added before; the shift behind it does the "
    "bias's work. With scale, mean and variance that makes four numbers a filter. Groups make each filter thinner, "
    "and leave the number of filters as it is.",
)  # fmt: skip


# --- where a layer begins ---------------------------------------------------------------------------------------------

begins = Exercise(
    name="begins",
    answer_name="byte",
    solution_source="byte = 20 + 4 * (248 + 8 * 16 * 3 * 3 + 4 * 16)  # 5876",
    hints=(
        "What lies in front of layer 4? The header, and the numbers of the layers before it.",
        "Layer 2 has 16 filters of 3 × 3 on 8 channels, with batch normalisation: 1,152 + 64 numbers.",
        "20 + 4 · (248 + 1,216).",
    ),
    diagnose=ByValue(
        truth=5876,  # 20 + 4 · (248 + 1,216): the header, then layers 0 and 2; layer 1, a maxpool, has no numbers
        misreadings={
            5856: "the header is missing: the numbers begin at byte 20.",
            5872: "that is with the header of 16 bytes that old files have. This one is of version 0.2: three numbers "
            "of 4 bytes and one of 8.",
            1484: "you counted numbers. Each float32 has 4 bytes.",
            1464: "you counted numbers, from the first. Asked for is the byte: 4 a number, and a header in front.",
            1012: "that is where layer 2 begins. It has 1,216 numbers of its own; layer 4 begins behind them.",
            4884: "layer 0 is missing: its 248 numbers come first.",
            5877: "bytes are counted from 0: before byte 5,876 lie 5,876 of them.",
            5620: "layer 2 has its batch normalisation, too: 4 · 16 numbers beside the kernel.",
            5492: "those are the kernels alone. Each filter of both layers has four numbers more.",
            5684: "you counted one bias a filter in layer 2. With batch normalisation it is four numbers.",
        },
        otherwise="Before layer 4 lie the header, 20 bytes, and the numbers of layers 0 and 2, 4 bytes each; the "
        "maxpools 1 and 3 have none.",
        praise="20 + 4 · (248 + 1,216) = 5,876. One byte further, and every number after it would be another number.",
        said="You gave {}",
        take=lambda answer: whole(answer, "The byte"),
    ),
    mistakes=(
        Mistake(5876.5, "whole number"),
        Mistake(6000, "the maxpools 1 and 3 have none"),
        Mistake((20, 5856), "one number"),
    ),
    why="The file has no names and no table of contents, so the only way to a layer leads over the sum of all that "
    "lies before it. Each number takes 4 bytes because it is a float32. A pooling has nothing to learn and takes "
    "no room.",
)


# --- routes -----------------------------------------------------------------------------------------------------------


def _resolved(layers: list[int], here: int) -> list[int]:
    return [k if k >= 0 else here + k for k in layers]


_ROUTES = ByCases(
    truth=_resolved,
    cases=(([-1, -4], 29), ([-4], 83), ([-1, 61], 86), ([0], 5), ([-2, -1, -6], 40)),
    words=lambda layers, here: f"For layers={','.join(map(str, layers))} in layer {here}",
    misreadings=(
        Misreading(
            lambda layers, here: list(layers), "the negative numbers are still negative. −1 is the layer just before."
        ),
        Misreading(
            lambda layers, here: [here + k for k in layers],
            "you counted back with all of them. A number that is not negative is a layer's own number, from 0.",
        ),
        Misreading(
            lambda layers, here: [k if k > 0 else here + k for k in layers],
            "0 is not negative: it is the first layer's own number.",
        ),
        Misreading(
            lambda layers, here: [k if k >= 0 else here + k + 1 for k in layers],
            "you counted one too few. From layer 29, −1 is layer 28: 29 − 1.",
        ),
        Misreading(
            lambda layers, here: [k if k >= 0 else here - 1 + k for k in layers],
            "you counted one too many. From layer 29, −1 is layer 28: 29 − 1.",
        ),
        Misreading(
            lambda layers, here: [k if k >= 0 else here - k for k in layers],
            "you counted forwards. The numbers are negative already: add them.",
        ),
        Misreading(
            lambda layers, here: [abs(k) for k in layers],
            "you dropped the sign. −4 means four layers back, not layer 4.",
        ),
        Misreading(
            lambda layers, here: sorted(_resolved(layers, here)),
            "the numbers are right and their order is not. It is the order in which the channels are stacked.",
        ),
    ),
    otherwise="Negative numbers count back from this layer; the others do not.",
    praise="Right for all five. In YOLOv2, layers=-1,-4 in layer 28 joins what 27 and 24 answered.",
)

route = Exercise(
    name="route",
    answer_name="my_route",
    solution_source="""
        def my_route(layers, here):
            return [k if k >= 0 else here + k for k in layers]
    """,
    hints=(
        "Treat each number for itself: is it negative or not?",
        "−1 is the layer before this one: number here − 1.",
        "[k if k >= 0 else here + k for k in layers]",
    ),
    diagnose=_ROUTES,
    mistakes=(
        Mistake(lambda layers, here: [7] * len(layers), "count back from this layer"),
        Mistake(lambda layers, here: here - 1, "shape"),
        Mistake(lambda layers, here: _resolved(layers, here)[:1], "shape"),
    ),
    why="A negative number is a distance and has to be added to the place where it is used; the others are places "
    "already. Distances survive when a block is copied elsewhere in the file. As counting begins at 0, no place is "
    "ever negative, and the sign tells the two apart.",
)


# --- a kernel in Keras' order -----------------------------------------------------------------------------------------

_OTHER_ORDERS = {  # the axes of Darknet's kernel in the order in which an answer has them
    (1, 0, 2, 3): "that is (in, out, h, w)",
    (3, 2, 1, 0): "that is (w, h, in, out): all four axes turned round",
    (2, 3, 0, 1): "that is (h, w, out, in): the last two are swapped",
    (3, 2, 0, 1): "that is (w, h, out, in)",
    (0, 1, 2, 3): "nothing was moved",
    (0, 2, 3, 1): "that is (out, h, w, in), as TensorFlow Lite has it",
    (1, 2, 3, 0): "that is (in, h, w, out): only the filters were moved",
}
_TURNED = ByCases(
    truth=lambda darknet: darknet.transpose(2, 3, 1, 0),
    cases=[
        Case(
            np.random.default_rng(6).permutation(2 * 3 * 4 * 5).reshape(2, 3, 4, 5).astype(float),
            words="For a kernel of 2 filters on 3 channels, 4 high and 5 wide,",
        ),
        Case(np.random.default_rng(7).normal(size=(5, 2, 3, 3)), words="For 5 filters on 2 channels, 3 × 3,"),
    ],
    misreadings=(
        Misreading(
            lambda k: k.reshape(*k.shape[2:], k.shape[1], k.shape[0]),
            "the shape is right and the numbers are not. `reshape` keeps the order in memory and only cuts it "
            "elsewhere. Axes are moved by `transpose`.",
        ),
        Misreading(
            lambda k: k.transpose(2, 3, 1, 0)[::-1, ::-1],
            "you turned the kernel round. Both programs correlate (lesson 01): nothing is flipped.",
        ),
        Misreading(
            lambda k: k.transpose(2, 3, 1, 0)[:, :, ::-1],
            "the channels are in reverse. Swapping blue and red is for pictures that OpenCV read.",
        ),
    ),
    otherwise="The shape is right and the numbers are not: got[i, j, c, f] must be darknet[f, c, i, j].",
    praise="(out, in, h, w) became (h, w, in, out). The numbers are the same; only their order in memory differs.",
)


def _in_keras_order(answer: object) -> None:
    """Raise `Wrong` unless a kernel whose axes are 2, 3, 4 and 5 long comes back with its axes in Keras' order."""
    case = _TURNED.cases[0]
    shape = array(call(answer, *case.args), None, "The kernel", finite=False).shape
    if shape != (4, 5, 3, 2):
        why = _OTHER_ORDERS.get(tuple(length - 2 for length in shape), "put the axes in that order")
        raise Wrong(f"{case.words} Keras wants shape (4, 5, 3, 2), height, width, in, out. Yours is {shape}: {why}.")


kernel = Exercise(
    name="kernel",
    answer_name="my_kernel",
    solution_source="""
        def my_kernel(darknet):
            return darknet.transpose(2, 3, 1, 0)
    """,
    hints=(
        "Which axis of Darknet's kernel is the height? It must come first.",
        "`transpose` takes the old axes in their new order. Height is old axis 2.",
        "darknet.transpose(2, 3, 1, 0)",
    ),
    diagnose=InTurn(_in_keras_order, _TURNED),
    mistakes=(
        *(Mistake(lambda k, axes=axes: k.transpose(axes), why) for axes, why in _OTHER_ORDERS.items()),
        Mistake(lambda k: k.transpose(0, 3, 1, 2), "put the axes in that order"),
        Mistake(lambda k: k.reshape(4, 5, 3, 2), "Axes are moved by `transpose`"),
        Mistake(lambda k: 0 * k.transpose(2, 3, 1, 0), "must be darknet[f, c, i, j]"),
        Mistake(lambda k: k.sum(), "shape (4, 5, 3, 2)"),
    ),
    why="In memory a kernel is one row of numbers, and the shape only says how to cut it. Transposing reorders the "
    "axes, so that each weight keeps its filter, channel, row and column. Reshaping cuts the same row elsewhere, "
    "and weights end up in other filters and channels.",
)


# --- heads and anchors ------------------------------------------------------------------------------------------------

_RIGHT_HEADS = {"stride": 32, "cell": (6, 9), "anchor": (116, 90), "boxes": 22_743}
_HEADS = {
    "stride": ByValue(
        truth=32,
        misreadings={19: "19 is the number of cells in a row. A cell is 608 / 19 pixels wide."},
        otherwise="608 pixels and 19 cells: one cell is 608 / 19 pixels wide.",
        praise="",
        said="stride: you gave {}",
        take=lambda answer: whole(answer, "stride"),
    ),
    "cell": ByValue(
        truth=(6, 9),
        misreadings={
            (9, 6): "that is (column, row). A grid is an array: the row comes first, and it follows from y.",
            (7, 10): "you rounded up. Cells are counted from 0: 200 / 32 = 6.25 lies in row 6, 310 / 32 = 9.69 in "
            "column 9.",
            (6, 10): "you rounded to the nearest. 310 / 32 = 9.69 lies in column 9, which reaches from 288 to 319: "
            "round down.",
            (7, 9): "you rounded 6.25 up. Row 6 reaches from 192 to 223: round down.",
            (6.25, 9.6875): "a cell has whole numbers. Round down.",
            (10, 16): "that is for a stride of 19. 19 is the number of cells; each is 32 pixels wide.",
            (192, 288): "that is the cell's corner in pixels. Asked for are its row and its column.",
        },
        otherwise="the row is 200 // 32, the column 310 // 32.",
        praise="",
        said="cell: you gave [{}, {}]",
        take=lambda answer: array(answer, (2,), "cell"),
    ),
    "anchor": ByValue(
        truth=(116, 90),
        misreadings={
            (10, 13): "(10, 13) is anchor 0, the smallest. The first head's mask is 6,7,8: begin with anchor 6.",
            (59, 119): "(59, 119) is anchor 5. Anchors are counted from 0.",
            (156, 198): "(156, 198) is anchor 7. Anchors are counted from 0.",
            (90, 116): "the pair is width, height. You gave height, width.",
            (373, 326): "(373, 326) is anchor 8, the last of the mask 6,7,8. Asked for is the first.",
        },
        otherwise="count the pairs from 0; the mask 6,7,8 begins with pair number 6.",
        praise="",
        said="anchor: you gave [{}, {}]",
        take=lambda answer: array(answer, (2,), "anchor"),
    ),
    "boxes": ByValue(
        truth=22_743,
        misreadings={
            7_581: "7,581 is the number of cells. Each cell has three anchors.",
            3 * 19 * 19: "1,083 is the first head alone. There are three: 19 × 19, 38 × 38 and 76 × 76.",
            9 * 7_581: "you counted nine anchors in each cell. Each head uses three of the nine.",
            3 * (19 + 38 + 76): "you counted the cells of one row. A grid has 19 · 19 of them.",
            80 * 22_743: "you counted the classes, too. One box has a score for each class.",
            85 * 22_743: "those are the numbers that the heads report. A box is 85 of them.",
        },
        otherwise="(19² + 38² + 76²) cells, three anchors each.",
        praise="",
        said="boxes: you gave {}",
        take=lambda answer: whole(answer, "boxes"),
    ),
}


def _diagnose_heads(answer: object) -> str:
    if not isinstance(answer, dict) or set(answer) != set(_HEADS):
        raise Wrong(f"The answer should be a dictionary with the keys {', '.join(_HEADS)}.")
    for name, diagnosis in _HEADS.items():
        diagnosis(answer[name])
    return "The coarse grid has the large anchors, and 22,743 boxes come out of every picture. Most say: nothing here."


heads = Exercise(
    name="heads",
    answer_name="yolov3",
    solution_source="""
        yolov3 = {
            "stride": 608 // 19,
            "cell": (200 // 32, 310 // 32),
            "anchor": (116, 90),  # pairs are counted from 0, and the mask is 6,7,8
            "boxes": 3 * (19**2 + 38**2 + 76**2),
        }
    """,
    hints=(
        "The picture is 608 pixels wide. The first grid has 19 cells in a row. Which of them does pixel 310 lie in?",
        "The first mask printed is 6,7,8. Count the pairs of the anchors from 0 to number 6.",
        "Three heads of 19 × 19, 38 × 38 and 76 × 76 cells, with three anchors in each cell.",
    ),
    diagnose=_diagnose_heads,
    mistakes=(
        *(Mistake({**_RIGHT_HEADS, name: m.how}, m.says) for name, part in _HEADS.items() for m in part.misreadings),
        Mistake({**_RIGHT_HEADS, "stride": 8}, "608 / 19 pixels wide"),
        Mistake({**_RIGHT_HEADS, "cell": (0, 0)}, "the row is 200 // 32"),
        Mistake({**_RIGHT_HEADS, "cell": 6}, "cell should have shape (2,)"),
        Mistake({**_RIGHT_HEADS, "anchor": (1, 2)}, "count the pairs"),
        Mistake({**_RIGHT_HEADS, "boxes": 5}, "three anchors each"),
        Mistake({"stride": 32}, "dictionary with the keys"),
        Mistake({**_RIGHT_HEADS, "anchor": (90, 116), "boxes": ...}, "height, width"),
    ),
    why="The fewer cells a grid has, the wider each is: picture over cells. Wide cells suit large anchors, since large "
    "objects seldom have their centres in one cell; small ones crowd, and need a fine grid. Every finer grid has "
    "four times as many cells, so most boxes come from the finest.",
)


# --- undo the letterbox -----------------------------------------------------------------------------------------------


def _subtract_and_divide(side: float, bar: float, scale: float) -> float:
    return (side - bar) / scale


def _undone(box, image_size, input_size, *, fit: Callable = min, undo: Callable = _subtract_and_divide) -> np.ndarray:
    (height, width), (rows, columns) = image_size, input_size
    scale = fit(rows / height, columns / width)
    bars = (columns - width * scale) / 2, (rows - height * scale) / 2
    return np.array([undo(side, bar, scale) for side, bar in zip(box, bars * 2, strict=True)])


def _undoing(undo: Callable) -> Callable:
    """An answer that has its own ``undo(side, bar, scale)``."""
    return partial(_undone, undo=undo)


_UNDONE = ByCases(
    truth=_undone,
    cases=(  # every box lies on the picture, so that an answer may clip
        ((104, 156, 312, 260), (100, 200), (416, 416)),
        ((150, 40, 300, 400), (240, 120), (416, 416)),
        ((20, 30, 60, 66), (50, 75), (96, 96)),
        ((40, 10, 90, 50), (64, 64), (64, 128)),
        ((7, 50, 61, 80), (34, 60), (128, 64)),  # bars of 45.87 rows
        ((35, 5, 100, 60), (80, 75), (96, 160)),  # bars of 35 columns: 96 / 80 is 1.2
        ((12, 3, 40, 60), (64, 43), (64, 64)),  # bars of 10.5 columns
    ),
    words=lambda box, image_size, input_size: "For box {}, an input of {} × {}, a picture of {} × {},".format(
        box, *input_size, *image_size
    ),
    misreadings=(
        Misreading(
            lambda box, image_size, input_size: box * np.tile(np.divide(image_size, input_size)[::-1], 2),
            "that undoes a stretched picture: a scale for each axis, and no bars. A letterbox has one scale.",
        ),
        Misreading(
            _undoing(lambda side, bar, scale: side / scale - bar),
            "you took the bars off after dividing. They are measured in the input: first subtract, then divide.",
        ),
        Misreading(
            lambda box, image_size, input_size: _undone(box, image_size[::-1], input_size[::-1]),
            "left and top are swapped: the bars above belong to y, those beside to x.",
        ),
        Misreading(
            _undoing(lambda side, bar, scale: side / scale), "you divided by the right scale and forgot the bars."
        ),
        Misreading(
            _undoing(lambda side, bar, scale: (side - bar) * scale),
            "you multiplied by the scale. It says how many input pixels a picture's pixel became: divide.",
        ),
        Misreading(
            _undoing(lambda side, bar, scale: (side - 2 * bar) / scale),
            "you subtracted both bars. In front of the picture lies one of them, half of what is left over.",
        ),
        Misreading(
            partial(_undone, fit=max),
            "that is the larger of the two scales: the picture would not fit. Take the smaller.",
        ),
        Misreading(
            _undoing(lambda side, bar, scale: side - bar), "you took the bars off and did not divide by the scale."
        ),
        *(
            Misreading(
                _undoing(lambda side, bar, scale, how=how: (side - how(bar)) / scale),
                f"you rounded the bars {words}. A bar may end in the middle of a pixel: divide with /, and round "
                "nothing.",
            )
            for how, words in ((np.floor, "down"), (np.ceil, "up"), (np.round, "to whole pixels"))
        ),
        Misreading(
            lambda *case: np.floor(_undone(*case)),
            "you rounded the box. It need not end at a whole pixel of the picture.",
        ),
        Misreading(
            lambda *case: np.round(_undone(*case)),
            "you rounded the box to the nearest pixel. It need not end at a whole one.",
        ),
        Misreading(
            lambda *case: _undone(*case)[[1, 0, 3, 2]],
            "x and y are swapped in the answer: x1, y1, x2, y2 is asked for.",
        ),
        Misreading(
            lambda *case: (*_undone(*case)[:2], *np.subtract(_undone(*case)[2:], _undone(*case)[:2])),
            "the last two numbers are width and height. Asked for is the other corner, x2, y2.",
        ),
        Misreading(
            lambda *case: (*_undone(*case)[:2], *_undone(*case, undo=lambda side, bar, scale: side / scale)[2:]),
            "x1 and y1 are right, and of x2 and y2 no bar was taken off. It lies in front of both corners.",
        ),
        Misreading(
            _undoing(lambda side, bar, scale: (side + bar) / scale),
            "the bars were added. In the input the picture begins behind a bar: subtract it.",
        ),
        Misreading(
            _undoing(lambda side, bar, scale: side * scale + bar),
            "that is the way into the letterbox. Here the way back is wanted: subtract the bar, divide by the scale.",
        ),
        Misreading(
            lambda box, image_size, input_size: _undone(box, image_size, input_size) / np.tile(image_size[::-1], 2),
            "those are shares of the picture. Pixels are wanted.",
        ),
        Misreading(
            lambda box, image_size, input_size: _undone(box, image_size, (416, 416)),
            "the input is always 416 × 416 in your function. Take `input_size`.",
        ),
        Misreading(
            lambda box, image_size, input_size: _undone(box, image_size[::-1], input_size),
            "height and width of the picture are swapped.",
        ),
    ),
    otherwise="Subtract the bar in front, then divide by the scale, the smaller of the two.",
    praise="Right for bars above, bars beside, small and not square. A forgotten letterbox shows as boxes that are "
    "right in the middle of the picture and drift towards its edge.",
)

undo_letterbox = Exercise(
    name="undo_letterbox",
    answer_name="my_undo",
    solution_source="""
        def my_undo(box, image_size, input_size):
            height, width = image_size
            rows, columns = input_size
            scale = min(rows / height, columns / width)
            left, top = (columns - width * scale) / 2, (rows - height * scale) / 2
            x1, y1, x2, y2 = box
            return (x1 - left) / scale, (y1 - top) / scale, (x2 - left) / scale, (y2 - top) / scale
    """,
    hints=(
        "How large is the picture inside the input, and how much is left over on each side?",
        "scale = min(rows / height, columns / width); the bar on the left is (columns − width · scale) / 2.",
        "x in the picture is (x − left) / scale, and y is (y − top) / scale.",
    ),
    diagnose=_UNDONE,
    mistakes=(
        Mistake(lambda box, image_size, input_size: box, "Subtract the bar in front"),
        Mistake(lambda box, image_size, input_size: box[:2], "shape (2,)"),
    ),
    why="The letterbox scaled first and shifted after, so the way back shifts first and scales after: steps are undone "
    "in reverse order. One scale serves both axes because shapes must keep their proportions. The smaller of the "
    "two lets both sides fit, and the bars share the rest.",
)

summary = Summary(numbers, begins, kernel, route, heads, undo_letterbox)
