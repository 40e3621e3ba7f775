"""Exercises of lesson 01: convolution by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab.arithmetic import kernels
from cnnlab.arithmetic.conv import conv2d
from cnnlab.checks.answers import Wrong, array, read
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Misreading, several
from cnnlab.checks.summary import Summary

_SIGNED = np.array([[2, 7, 1, 8, 3], [0, 4, 9, 5, 6], [6, 1, 3, 0, 2], [5, 8, 2, 7, 4]])  # (4, 5), no two windows alike
_TURNED = np.array([[1, 0, 2], [0, -1, 3], [4, 1, -2]])  # differs from each of its flips, turns and its transpose
_FLOATS = np.array([[0.5, 1.5, -2.0], [2.5, 0.25, 1.0], [-0.75, 3.5, 1.25]])
_SMALL = np.array([[0.5, -1.25], [1.5, -0.75]])
_PAIRS = (
    (_SIGNED, _TURNED),  # three square kernels: answers that mix up a kernel's axes run as far as there
    (_FLOATS, _SMALL),
    (_SIGNED, _SMALL),
    (_SIGNED, np.array([[1, -2, 3], [2, 0, -1]])),
    (_FLOATS[:2], _SMALL[:1]),
    (_SIGNED[:3], _SMALL[1:]),
    (_FLOATS, np.array([[0.5], [-1.5], [2.0]])),
    (np.array([[5]]), np.array([[3]])),
)


def _size(values: np.ndarray) -> str:
    return "×".join(map(str, values.shape)) if values.ndim else "one number"


def _pair(image: np.ndarray, kernel: np.ndarray) -> str:
    return f"For a {_size(image)} image with a {_size(kernel)} kernel"


# --- one cell by hand -----------------------------------------------------------------------------------------------


one_cell = Exercise(
    name="one_cell",
    answer_name="cell_2_0",
    solution_source="cell_2_0 = 0*0 + 0*1 + 2*0 + 0*1 + 0*0 + 3*1 + 3*1 + 2*1 + 1*0",
    hints=(
        "Row 2, column 0 of the output: the kernel's top left corner lies on row 2, column 0 of the image.",
        "The window is 0 0 2 / 0 0 3 / 3 2 1. The kernel is 0 1 0 / 1 0 1 / 1 1 0. Only five of its weights are not 0.",
        "The five products are 0·1, 0·1, 3·1, 3·1 and 2·1.",
    ),
    diagnose=ByValue(
        truth=8,
        misreadings={
            7: "that is the kernel turned round (flipped, or its rows taken as columns). Lay it on as it is printed: "
            "its first row 0 1 0 meets the pixels 0 0 2.",
            4: "that is the cell at row 0, column 2. The row is named first, and it counts downwards.",
            5: "that is a neighbouring cell. The window of row 2, column 0 begins at pixel row 2, column 0, and covers "
            "rows 2 to 4 and columns 0 to 2.",
            9: "that is the bottom RIGHT corner, row 2, column 2. Column 0 is on the left.",
            11: "that is the sum of the nine pixels. Multiply each pixel by its weight before you add.",
            3: "that may be one product, or one row of them. All nine products are added up.",
        },
        otherwise="it is another number. The window is 0 0 2 / 0 0 3 / 3 2 1; go through it pixel by pixel, multiply "
        "each by the weight in the same place, then add the nine products.",
        praise="Correct: 2·1 + 3·1 + 3·1 = 8; the other six products are 0.",
    ),
    mistakes=(Mistake(13, "another number"),),
    why="Each output is one dot product: the window and the kernel, laid on each other, are two lists of nine "
    "numbers, and the sum of products says how much the window looks like the kernel. Zeros in the kernel make "
    "those pixels irrelevant.",
)


# --- the loops ------------------------------------------------------------------------------------------------------


def _map(result: object, right: np.ndarray, what: str) -> np.ndarray:
    """The output as an array, or `Wrong` with what its shape comes from."""
    got = array(result, None, what, finite=False)
    if got.shape == right.shape:
        return got
    height, width = right.shape
    if got.shape == (height - 1, width - 1):
        why = "The last row and column of windows are missing: range(n) stops before n, so it takes H - KH + 1."
    elif got.shape == (width, height):
        why = "Rows and columns are swapped."
    else:
        why = "A kernel of KH rows has H - KH + 1 places to start from, and likewise along the columns."
    raise Wrong(f"{what} should be {_size(right)}, and yours is {_size(got)}. {why}")


def _summed(each: Callable, total: Callable = np.sum, dtype: Callable = lambda image: float) -> Callable:
    """A way to convolve: `total` over what `each` makes of a window and the kernel, kept in an array of `dtype`."""

    def convolve(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
        out = np.zeros(windows.shape[:2], dtype(image))
        for place in np.ndindex(out.shape):
            out[place] = total(each(windows[place], kernel))
        return out

    return convolve


def _cut_at_each_step(products: np.ndarray) -> int:
    total = 0
    for product in products.ravel():
        total = int(total + product)
    return total


_LOOPS = ByCases(
    truth=conv2d,
    cases=_PAIRS,
    words=_pair,
    misreadings=(
        Misreading(
            lambda image, kernel: conv2d(image, kernels.flip(kernel)),
            "your kernel is flipped: kernel[0, 0] belongs on the window's top left.",
        ),
        Misreading(
            _summed(lambda window, kernel: window),
            "these are sums without a product: multiply each pixel by its weight.",
        ),
        Misreading(
            lambda image, kernel: np.maximum(conv2d(image, kernel), 0),
            "your negative results became 0. The sign stays: it says which way an edge goes.",
        ),
        Misreading(
            lambda image, kernel: np.pad(conv2d(image, kernel)[:-1, :-1], ((0, 1), (0, 1))),
            "the last row and the last column are still 0: your loops end one step too early.",
        ),
        Misreading(
            lambda image, kernel: np.abs(conv2d(image, kernel)),
            "your results have lost their sign, which says which way an edge goes.",
        ),
        Misreading(
            _summed(lambda window, kernel: (window * kernel)[:-1, :-1]),
            "your window is one row and one column too small for the kernel.",
        ),
        Misreading(
            _summed(lambda window, kernel: (window * kernel)[-1, -1]),
            "only the last product is left: add to the total with +=, do not replace it.",
        ),
        Misreading(
            _summed(np.multiply, np.mean),
            "these are means: the products are added up, and not divided by their number.",
        ),
        Misreading(_summed(np.multiply, np.max), "that is the largest product. Add all of them up."),
        Misreading(
            _summed(np.multiply, dtype=lambda image: int),
            "your fractions were cut off: the output must hold floats, as np.zeros does.",
        ),
        Misreading(
            _summed(np.multiply, _cut_at_each_step, dtype=lambda image: int),
            "your fractions were cut off at every +=, because the output holds whole numbers. It must hold floats, as "
            "np.zeros does.",
        ),
        Misreading(
            _summed(np.multiply, dtype=lambda image: image.dtype),
            "your fractions were cut off where the image holds whole numbers: the output has its dtype, as "
            "np.zeros_like makes it. It must hold floats.",
        ),
        Misreading(
            lambda image, kernel: _summed(np.multiply, _cut_at_each_step if image.dtype.kind == "i" else np.sum)(
                image, kernel
            ),
            "your fractions were cut off at every += where the image holds whole numbers: the output has its dtype, as "
            "np.zeros_like makes it. It must hold floats.",
        ),
        Misreading(
            lambda image, kernel: conv2d(image, kernel.T),
            "your indices are transposed: the kernel's rows go with the image's rows.",
        ),
        Misreading(
            _summed(np.matmul),
            "that is the matrix product, @. A convolution multiplies number by number, with *, and then adds.",
        ),
    ),
    otherwise="Cell (i, j) is the sum over all (a, b) of image[i + a, j + b] * kernel[a, b].",
    praise="Correct, for negative weights, fractions and oblong kernels too. These four loops are all of convolution.",
    take=_map,
)


conv2d_single = Exercise(
    name="conv2d_single",
    solution_source="""
    def conv2d_single(image, kernel):
        height = image.shape[0] - kernel.shape[0] + 1
        width = image.shape[1] - kernel.shape[1] + 1
        out = np.zeros((height, width))
        for i in range(height):
            for j in range(width):
                for a in range(kernel.shape[0]):
                    for b in range(kernel.shape[1]):
                        out[i, j] += image[i + a, j + b] * kernel[a, b]
        return out
    """,
    hints=(
        "Make the output with np.zeros first. How many rows and columns has it? Then fill it cell by cell.",
        "Two loops choose the cell (i, j), two more go through the kernel (a, b). Which pixel does kernel[a, b] meet?",
        "out[i, j] += image[i + a, j + b] * kernel[a, b]",
    ),
    diagnose=_LOOPS,
    mistakes=(
        Mistake(lambda image, kernel: conv2d(image, kernel)[:-1, :-1], "range(n) stops before n"),
        Mistake(_summed(lambda window, kernel: (window * kernel)[:-1]), "Cell (i, j) is the sum"),
        Mistake(lambda image, kernel: conv2d(image, kernel).T, "swapped"),
        Mistake(lambda image, kernel: np.pad(conv2d(image, kernel), 1), "places to start from"),
        Mistake(lambda image, kernel: conv2d(image, kernel, padding="same"), "places to start from"),
        Mistake(lambda image, kernel: conv2d(image, kernel).sum(), "yours is one number"),
    ),
    why="The outer two loops choose where the kernel lies, the inner two add up the products there. No output depends "
    "on another one, so the order does not matter: that is why a machine can compute all of them at once.",
)


# --- the output's shape ---------------------------------------------------------------------------------------------


_SHAPES = ByCases(
    truth=lambda image, kernel: (image[0] - kernel[0] + 1, image[1] - kernel[1] + 1),
    cases=[((5, 5), (3, 3)), ((9, 6), (3, 3)), ((28, 20), (5, 3)), ((7, 4), (1, 4)), ((4, 8), (2, 5))],
    words="For an image of shape {} with a kernel of shape {}".format,
    misreadings=(
        Misreading(
            lambda i, k: (i[0] - k[0], i[1] - k[1]),
            "there is one place more: 5 − 3 = 2, but the kernel can start at rows 0, 1 and 2.",
        ),
        Misreading(
            lambda i, k: (i[1] - k[1] + 1, i[0] - k[0] + 1), "rows and columns are swapped: the height comes first."
        ),
        Misreading(
            lambda i, k: (i[0] - k[0] + 1,) * 2, "both numbers follow from the heights. The second goes by the widths."
        ),
        Misreading(
            lambda i, k: sorted((i[0] - k[0] + 1, i[1] - k[1] + 1), reverse=True),
            "the larger number came first. The height comes first, whichever is larger.",
        ),
        Misreading(
            lambda i, k: (i[0] - k[0] - 1, i[1] - k[1] - 1),
            "1 was taken off instead of added: 5 − 3 = 2, but the kernel can start at rows 0, 1 and 2.",
        ),
        Misreading(
            lambda i, k: (i[0] - k[0] + 1, i[1] - k[0] + 1),
            "you used the kernel's height for both sides; the width has its own.",
        ),
        Misreading(
            lambda i, k: (i[0] - k[1] + 1, i[1] - k[1] + 1),
            "you used the kernel's width for both sides; the height has its own.",
        ),
        Misreading(
            lambda i, k: (i[0] - k[1] + 1, i[1] - k[0] + 1),
            "the kernel's two sides are swapped: its height goes with the image's height.",
        ),
        Misreading(
            lambda i, k: tuple(i), "that is the image's own shape. Near the border the kernel would hang over the edge."
        ),
        Misreading(
            lambda i, k: (i[0] - 2, i[1] - 2),
            "the kernel takes its size minus 1, and that is 2 only for a kernel of 3.",
        ),
        Misreading(
            lambda i, k: (i[0] - k[0] // 2 * 2, i[1] - k[1] // 2 * 2),
            "half a kernel on each side, rounded down, is right for odd kernels only. A kernel of 4 takes 3.",
        ),
        Misreading(
            lambda i, k: (i[0] + k[0] - 1, i[1] + k[1] - 1), "the output is smaller than the image, not larger."
        ),
        Misreading(
            lambda i, k: (i[0] // k[0], i[1] // k[1]),
            "that lays windows side by side, like tiles. They overlap: the kernel moves one pixel at a time.",
        ),
    ),
    otherwise="Count the rows in which the kernel's top row can lie, then the columns.",
    praise="Correct: a kernel of size k takes k - 1 from each side length, so 28×20 with a 5×3 kernel leaves 24×18.",
    take=several("height", "width"),
)


valid_shape = Exercise(
    name="valid_shape",
    solution_source="""
    def valid_shape(image_shape, kernel_shape):
        return image_shape[0] - kernel_shape[0] + 1, image_shape[1] - kernel_shape[1] + 1
    """,
    hints=(
        "An image of 5 rows and a kernel of 3: on which rows can the kernel's top row lie?",
        "On rows 0, 1 and 2: that is 5 - 3 + 1 places. The columns follow the same rule on their own.",
    ),
    diagnose=_SHAPES,
    mistakes=(
        Mistake(lambda i, k: (i[0] - k[0] + 1) * (i[1] - k[1] + 1), "in this order: (height, width)"),
        Mistake(lambda i, k: (i[0] - k[0] + 1, i[1] - k[1] + 1, 1), "Yours has 3"),
        Mistake(lambda i, k: (3, 3), "Count the rows"),
    ),
    why="A window of k pixels that begins at pixel i ends at i + k − 1, which must not pass n − 1. So i runs from 0 "
    "to n − k, and that makes n − k + 1 places. Rows and columns do not know of each other.",
)


# --- a kernel to a wish ---------------------------------------------------------------------------------------------


def _diagnose_horizontal_edge(answer: object) -> str:
    kernel = array(answer, (3, 3), "Your kernel")
    if not kernel.any():
        raise Wrong("Your kernel is all zeros: it answers 0 to every picture, and so finds nothing.")
    little = 1e-5 * np.abs(kernel).max()  # what rounding leaves of a sum that should be 0
    step = np.array([10.0, 10, 10, 0, 0, 0])
    above = np.repeat(step[:, None], 5, axis=1)  # (6, 5), light above
    left = np.repeat(step[None], 5, axis=0)  # (5, 6), light on the left
    if abs(kernel.sum()) > little:
        total, even = read(kernel.sum()), read(10 * kernel.sum())
        raise Wrong(
            f"The weights add up to {total}, so an even area of brightness 10 gives {even}. An edge detector must "
            "answer 0 there: what it adds and what it takes away must balance."
        )
    found, sideways = conv2d(above, kernel), conv2d(left, kernel)
    nothing = 100 * little  # rounding again, now of sums of tens
    lowest, highest = read(found.min()), read(found.max())
    if np.abs(sideways).max() > nothing and np.abs(found).max() < nothing:
        raise Wrong(
            "This kernel finds vertical edges: it compares left with right, and answers 0 to light above dark. "
            "Compare above with below."
        )
    if np.abs(sideways).max() > nothing:
        most = sideways.ravel()[np.abs(sideways).argmax()]
        raise Wrong(
            f"A purely vertical edge must give 0, and yours gave {read(most)}: every column of the kernel must add up "
            "to 0."
        )
    if found.min() < -nothing and found.max() < nothing:
        raise Wrong(
            f"The sign is the wrong way round: light above dark gave {lowest}. The positive weights belong where it "
            "should be light."
        )
    if found.min() < -nothing:
        raise Wrong(f"Light above dark gave both {highest} and {lowest}: the two rows that see the edge disagree.")
    if found.max() < nothing:
        raise Wrong("Light above dark gave 0 everywhere: the edge was not found.")
    return f"Correct: 10 above 0 gives {highest}, the other way round −{highest}, and vertical edges give 0."


horizontal_edge = Exercise(
    name="horizontal_edge",
    answer_name="my_kernel",
    solution_source="my_kernel = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])",
    hints=(
        "The kernel 1 0 -1 in every row compares left with right. Which comparison do you need here?",
        "Weights of one row should be positive, of another negative. Which row lies on the light part?",
        "Turn the rows of the vertical edge kernel into columns: its transpose.",
    ),
    diagnose=_diagnose_horizontal_edge,
    mistakes=(
        Mistake([[1, 0, -1], [1, 0, -1], [1, 0, -1]], "finds vertical edges"),
        Mistake([[-1, -1, -1], [0, 0, 0], [1, 1, 1]], "sign is the wrong way round"),
        Mistake([[1, 1, 1], [0, 0, 0], [0, 0, 0]], "add up to 3"),
        Mistake(np.zeros((3, 3)), "all zeros"),
        Mistake([[2, 1, 0], [1, 0, -1], [0, -1, -2]], "purely vertical edge"),
        Mistake([[1, 1, 1], [-2, -2, -2], [1, 1, 1]], "disagree"),
        Mistake([[1, 0, -1]], "shape (3, 3)"),
    ),
    why="The kernel compares what is below with what is above: where rows are equal, positive and negative weights "
    "cancel, and only a change from row to row is left. Adding along the row averages three such comparisons, so "
    "that a single noisy pixel counts for less.",
)


# --- the flip -------------------------------------------------------------------------------------------------------

_TRUE = ByCases(
    truth=lambda image, kernel: conv2d(image, kernels.flip(kernel)),
    cases=[_PAIRS[i] for i in (0, 1, 3, 4, 5)],
    words=_pair,
    misreadings=(
        Misreading(conv2d, "this is still cross-correlation: nothing was flipped."),
        Misreading(
            lambda image, kernel: conv2d(image, kernel[::-1]),
            "only the rows were flipped. The columns have to be reversed too.",
        ),
        Misreading(
            lambda image, kernel: conv2d(image, kernel[:, ::-1]),
            "only the columns were flipped. The rows have to be reversed too.",
        ),
        Misreading(
            lambda image, kernel: conv2d(image, kernel)[::-1, ::-1],
            "that is cross-correlation with its result turned round, which is what comes out when you flip the result, "
            "and also when you flip the image and the kernel. Flip the kernel alone.",
        ),
        Misreading(
            lambda image, kernel: conv2d(image[::-1, ::-1], kernel),
            "the right numbers in turned places: you flipped the image, or the result once more. The kernel has to "
            "turn, and nothing else.",
        ),
        Misreading(
            lambda image, kernel: conv2d(image, kernel.T),
            "transposing swaps rows with columns. A flip reverses the order of each.",
        ),
        Misreading(
            lambda image, kernel: conv2d(image, np.rot90(kernel)),
            "that is a quarter turn. Flipping both axes is a half turn.",
        ),
        Misreading(
            lambda image, kernel: conv2d(image, kernel[::-1].T),
            "that is a quarter turn, the other way. Flipping both axes is a half turn.",
        ),
        Misreading(
            lambda image, kernel: conv2d(image, kernel[::-1, ::-1].T),
            "flipped and transposed: without the transposing it is right.",
        ),
    ),
    otherwise="Reverse the kernel's rows and its columns, then take the sum of section 5.",
    praise="Correct: reversed along both axes, which is a half turn. This is what scipy.signal.convolve2d computes.",
    take=_map,
)


true_convolution = Exercise(
    name="true_convolution",
    solution_source="""
    from cnnlab import conv

    def true_convolution(image, kernel):
        return conv.conv2d(image, kernel[::-1, ::-1])
    """,
    hints=(
        "kernel[::-1] reverses the rows only. Try it on [[1, 2], [3, 4]] and look.",
        "A second index reverses the columns: kernel[rows, columns].",
    ),
    diagnose=_TRUE,
    mistakes=(
        Mistake(lambda image, kernel: conv2d(image[::-1, ::-1], kernel[::-1, ::-1]), "flip the image and the kernel"),
        Mistake(lambda image, kernel: conv2d(image, -kernel), "Reverse the kernel's rows"),
        Mistake(lambda image, kernel: conv2d(image, kernel[::-1, ::-1], padding="same"), "places to start from"),
    ),
    why="In the mathematical definition, the index runs forward in one array and backward in the other. Turning the "
    "kernel by half a turn makes both run forward, and what is left is cross-correlation. A symmetric kernel "
    "looks the same after the turn, so there the two agree.",
)


# --- how strong is an edge, whichever way it runs? ------------------------------------------------------------------


def _edges(combine: Callable, family: str = "sobel") -> Callable:
    """A way to measure edges: `combine` of the answers across and down by the two kernels of a family."""
    pair = [kernels.kernel(f"{family}_{way}") for way in ("vertical", "horizontal")]
    return lambda image: combine(*(conv2d(image, kernel) for kernel in pair))


_CLIPPED = "your negative answers became 0: edges from dark to light vanish."
_STRENGTH = ByCases(
    truth=_edges(np.hypot),
    cases=[(_SIGNED.astype(float),), (np.array([[0, 200, 90], [10, 250, 0], [30, 40, 255]], np.uint8),), (_SIGNED.T,)],
    words=lambda image: f"For a {_size(image)} image",
    misreadings=(
        Misreading(
            _edges(np.add), "a sum lets the two cancel: an edge with +40 across and −40 down would be no edge at all."
        ),
        Misreading(
            _edges(lambda across, down: np.abs(across + down)),
            "you took the absolute value after adding; by then the two may have cancelled.",
        ),
        Misreading(_edges(lambda across, down: np.hypot(np.maximum(across, 0), np.maximum(down, 0))), _CLIPPED),
        Misreading(_edges(lambda across, down: np.maximum(across, 0) + np.maximum(down, 0)), _CLIPPED),
        Misreading(
            _edges(lambda across, down: np.abs(across) + np.abs(down)),
            "|across| + |down| makes slanted edges too strong, by up to √2.",
        ),
        Misreading(
            _edges(lambda across, down: np.maximum(np.abs(across), np.abs(down))),
            "the larger of the two makes slanted edges too weak, by up to √2.",
        ),
        Misreading(
            _edges(lambda across, down: np.abs(across)),
            "only vertical edges are found: the horizontal kernel is missing.",
        ),
        Misreading(
            _edges(lambda across, down: np.abs(down)),
            "only horizontal edges are found: the vertical kernel is missing.",
        ),
        Misreading(
            _edges(lambda across, down: across**2 + down**2), "this is the square of the strength: the root is missing."
        ),
        Misreading(
            _edges(lambda across, down: np.sqrt((across**2 + down**2) / 2)),
            "that is the root of the MEAN of the squares. Add the two squares, as Pythagoras does.",
        ),
        Misreading(
            lambda image: _edges(np.hypot)(image) / _edges(np.hypot)(image).max(),
            "you divided by the largest strength. Asked for is the strength itself.",
        ),
        Misreading(_edges(lambda across, down: np.hypot(across, down).clip(0, 255)), "you cut off what is above 255."),
        Misreading(
            _edges(lambda across, down: np.trunc(np.hypot(across, down))),
            "whole numbers came out: what stands behind the point was cut off.",
        ),
        Misreading(
            _edges(lambda across, down: np.arctan2(down, across)),
            "that is the edge's direction, an angle, not its strength.",
        ),
        Misreading(_edges(np.hypot, "prewitt"), "these are Prewitt's kernels, 1 1 1. Sobel's are 1 2 1."),
        Misreading(_edges(np.hypot, "scharr"), "these are Scharr's kernels, 3 10 3. Sobel's are 1 2 1."),
    ),
    otherwise="First the two answers, across and down, each squared; then their sum; then its root.",
    praise="Correct: the same strength for an edge and for its negative, and no direction is forgotten.",
    take=_map,
)


edge_strength = Exercise(
    name="edge_strength",
    solution_source="""
    from cnnlab import conv, kernels

    def edge_strength(image):
        across = conv.conv2d(image, kernels.kernel("sobel_vertical"))
        down = conv.conv2d(image, kernels.kernel("sobel_horizontal"))
        return np.sqrt(across**2 + down**2)
    """,
    hints=(
        "One Sobel kernel answers `across`, the other `down`. They are the two sides of a right-angled triangle.",
        "The length of the long side, after Pythagoras: np.sqrt(across**2 + down**2).",
    ),
    diagnose=_STRENGTH,
    mistakes=(
        Mistake(lambda x: np.hypot(np.abs(_edges(np.add)(x)), 1), "each squared"),
        Mistake(lambda x: _edges(np.hypot)(x).mean(), "yours is one number"),
        Mistake(lambda x: np.pad(_edges(np.hypot)(x), 1), "places to start from"),
    ),
    why="The two answers are the change to the right and the change downwards: two sides of a right angle. By "
    "Pythagoras the length of that arrow is the root of the sum of squares. It stays the same whichever way the "
    "brightness grows, as squares have no sign.",
)

summary = Summary(one_cell, valid_shape, conv2d_single, horizontal_edge, true_convolution, edge_strength)
