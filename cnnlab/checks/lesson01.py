"""Exercises of lesson 01: convolution by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cnnlab import kernels
from cnnlab.checks._exercise import Exercise, Mistake, Wrong, array, call, close, number, show
from cnnlab.conv import conv2d

_SIGNED = np.array([[2, 7, 1, 8, 3], [0, 4, 9, 5, 6], [6, 1, 3, 0, 2], [5, 8, 2, 7, 4]])  # (4, 5), no two windows alike
_TURNED = np.array([[1, 0, 2], [0, -1, 3], [4, 1, -2]])  # differs from each of its flips, turns and its transpose


_SOBEL = kernels.kernel("sobel_vertical"), kernels.kernel("sobel_horizontal")


def _expect(got: np.ndarray, true: np.ndarray, misconceptions: Sequence[tuple[np.ndarray, str]], question: str) -> None:
    """Raise `Wrong` unless `got` is `true`: with the misconception that gives these numbers, or with the first cell."""
    if close(got, true):
        return
    for wrong, says in misconceptions:
        if np.shape(wrong) == true.shape and close(got, wrong):
            raise Wrong(f"{says}\n{question} should give {show(true)}, and yours gave {show(got)}.")
    place = tuple(int(i) for i in np.argwhere(~np.isclose(got, true, rtol=1e-6, atol=1e-6))[0])
    raise Wrong(
        f"{question} should give {true[place]:g} at row {place[0]}, column {place[1]}, and yours gave {got[place]:g}."
    )


# --- one cell by hand -----------------------------------------------------------------------------------------------


def _diagnose_one_cell(answer: object) -> str:
    got = number(answer)
    known: Mapping[float, str] = {
        7: "You got 7: that is the kernel turned round (flipped, or its rows taken as columns). Lay it on as it is "
        "printed: its first row 0 1 0 meets the pixels 0 0 2.",
        4: "You got 4: that is the cell at row 0, column 2. The row is named first, and it counts downwards.",
        5: "You got 5: that is a neighbouring cell. The window of row 2, column 0 begins at pixel row 2, column 0, and "
        "covers rows 2 to 4 and columns 0 to 2.",
        11: "You got 11: that is the sum of the nine pixels. Multiply each pixel by its weight before you add.",
    }
    if got in known:
        raise Wrong(known[got])
    if got != 8:
        raise Wrong(
            f"You got {got:g}, and it is another number. The window is 0 0 2 / 0 0 3 / 3 2 1; go through it pixel by "
            "pixel, multiply each by the weight in the same place, then add the nine products."
        )
    return "Correct: 2·1 + 3·1 + 3·1 = 8; the other six products are 0."


one_cell = Exercise(
    name="one_cell",
    answer_name="cell_2_0",
    stub="cell_2_0 = ...",
    solution_source="cell_2_0 = 0*0 + 0*1 + 2*0 + 0*1 + 0*0 + 3*1 + 3*1 + 2*1 + 1*0",
    hints=(
        "Row 2, column 0 of the output: the kernel's top left corner lies on row 2, column 0 of the image.",
        "The window is 0 0 2 / 0 0 3 / 3 2 1. The kernel is 0 1 0 / 1 0 1 / 1 1 0. Only five of its weights are not 0.",
        "The five products are 0·1, 0·1, 3·1, 3·1 and 2·1.",
    ),
    diagnose=_diagnose_one_cell,
    mistakes=(
        Mistake(7, "turned round"),
        Mistake(4, "The row is named first"),
        Mistake(5, "neighbouring"),
        Mistake(11, "Multiply each pixel"),
        Mistake(9, "another number"),
    ),
)


# --- the loops ------------------------------------------------------------------------------------------------------


def _diagnose_conv2d_single(answer: object) -> str:
    floats = np.array([[0.5, 1.5, -2.0], [2.5, 0.25, 1.0]])
    cases = (
        (_SIGNED, _TURNED),
        (_SIGNED, np.array([[1, -2, 3], [2, 0, -1]])),
        (floats, np.array([[0.5, -0.25]])),
        (np.array([[5]]), np.array([[3]])),
    )
    for image, kernel in cases:
        true = conv2d(image, kernel)
        question = f"A {_size(image)} image with a {_size(kernel)} kernel"
        got = np.asarray(call(answer, image, kernel))
        if got.shape != true.shape:
            raise Wrong(
                f"{question} should give a {_size(true)} output, and yours has shape {got.shape}.{_why(got, true)}"
            )
        _expect(array(got, true.shape), true, _loop_misconceptions(image, kernel, true), question)
    return "Correct, for negative weights, fractions and oblong kernels too. These four loops are all of convolution."


def _why(got: np.ndarray, true: np.ndarray) -> str:
    height, width = true.shape
    if got.shape == (height - 1, width - 1):
        return " The last row and column of windows are missing: range(n) stops before n, so it takes H - KH + 1."
    if got.shape == (width, height):
        return " Rows and columns are swapped."
    return " A kernel of KH rows has H - KH + 1 places to start from, and likewise along the columns."


def _loop_misconceptions(image: np.ndarray, kernel: np.ndarray, true: np.ndarray) -> list[tuple[np.ndarray, str]]:
    cut = kernel.copy()
    cut[-1], cut[:, -1] = 0, 0
    last = image[kernel.shape[0] - 1 :, kernel.shape[1] - 1 :] * kernel[-1, -1]
    found = [
        (conv2d(image, kernels.flip(kernel)), "Your kernel is flipped: kernel[0, 0] belongs on the window's top left."),
        (conv2d(image, np.ones_like(kernel)), "These are sums without a product: multiply each pixel by its weight."),
        (np.maximum(true, 0), "Your negative results became 0. The sign stays: it says which way an edge goes."),
        (np.abs(true), "Your results have lost their sign, which says which way an edge goes."),
        (conv2d(image, cut), "Your window is one row and one column too small for the kernel."),
        (last, "Only the last product is left: add to the total with +=, do not replace it."),
        (true / kernel.size, "These are means: the products are added up, and not divided by their number."),
        (np.trunc(true), "Your fractions were cut off: the output must hold floats, as np.zeros does."),
    ]  # fmt: skip
    if kernel.shape[0] == kernel.shape[1]:
        found.append(
            (conv2d(image, kernel.T), "Your indices are transposed: the kernel's rows go with the image's rows.")
        )
    return found


conv2d_single = Exercise(
    name="conv2d_single",
    answer_name="conv2d_single",
    stub="""
    def conv2d_single(image, kernel):
        return ...
    """,
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
    diagnose=_diagnose_conv2d_single,
    mistakes=(
        Mistake(
            """
def conv2d_single(image, kernel):
    kh, kw = kernel.shape
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    return np.array([[(image[i:i + kh, j:j + kw] * kernel[::-1, ::-1]).sum() for j in range(w)] for i in range(h)])
""",
            "flipped",
        ),
        Mistake(
            """
def conv2d_single(image, kernel):
    kh, kw = kernel.shape
    h, w = image.shape[0] - kh, image.shape[1] - kw
    return np.array([[(image[i:i + kh, j:j + kw] * kernel).sum() for j in range(w)] for i in range(h)])
""",
            "range(n) stops before n",
        ),
        Mistake(
            """
def conv2d_single(image, kernel):
    kh, kw = kernel.shape
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    return np.array([[image[i:i + kh, j:j + kw].sum() for j in range(w)] for i in range(h)])
""",
            "sums without a product",
        ),
        Mistake(
            """
def conv2d_single(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for a in range(kh):
                for b in range(kw):
                    out[i, j] += image[i + a, j + b] * kernel[b, a]
    return out
""",
            "transposed",
        ),
        Mistake(lambda image, kernel: np.maximum(conv2d(image, kernel), 0), "negative results became 0"),
        Mistake(lambda image, kernel: np.abs(conv2d(image, kernel)), "lost their sign"),
        Mistake(lambda image, kernel: conv2d(image, kernel).T, "swapped"),
        Mistake(lambda image, kernel: conv2d(image, kernel).astype(int), "fractions were cut off"),
        Mistake(lambda image, kernel: conv2d(image, kernel) / kernel.size, "means"),
        Mistake(
            """
def conv2d_single(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for a in range(kh - 1):
                for b in range(kw - 1):
                    out[i, j] += image[i + a, j + b] * kernel[a, b]
    return out
""",
            "one row and one column too small",
        ),
        Mistake(
            """
def conv2d_single(image, kernel):
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for a in range(kh):
                for b in range(kw):
                    out[i, j] = image[i + a, j + b] * kernel[a, b]
    return out
""",
            "+=",
        ),
        Mistake(lambda image, kernel: np.pad(conv2d(image, kernel), 1), "places to start from"),
    ),
)


# --- the output's shape ---------------------------------------------------------------------------------------------


def _diagnose_valid_shape(answer: object) -> str:
    for image_shape, kernel_shape in (((5, 5), (3, 3)), ((6, 9), (3, 3)), ((28, 20), (5, 3)), ((4, 7), (4, 1))):
        (h, w), (kh, kw) = image_shape, kernel_shape
        got = call(answer, image_shape, kernel_shape)
        values = array(got, (2,), "The output's shape")
        question = f"An image of shape {image_shape} with a kernel of shape {kernel_shape}"
        right = (h - kh + 1, w - kw + 1)
        wrong = {
            (
                h - kh,
                w - kw,
            ): f"There is one place more than {h} - {kh} = {h - kh}: the kernel can also start at row 0.",
            right[::-1]: "Rows and columns are swapped: the height comes first.",
            (h - kh + 1, w - kh + 1): "You used the kernel's height for both sides; the width has its own.",
            (h - kw + 1, w - kw + 1): "You used the kernel's width for both sides; the height has its own.",
            (h, w): "That is the image's own shape. Near the border the kernel would hang over the edge.",
            (h - 2, w - 2): "The kernel takes its size minus 1, and that is 2 only for a kernel of 3.",
            (h + kh - 1, w + kw - 1): "The output is smaller than the image, not larger.",
        }
        if tuple(values) != right:
            why = wrong.get(tuple(values), "Count the rows in which the kernel's top row can lie.")
            raise Wrong(f"{why}\n{question} gives {right}, and yours gave {tuple(values.tolist())}.")
    return "Correct: a kernel of size k takes k - 1 from each side length, so 28×20 with a 5×3 kernel leaves 24×18."


valid_shape = Exercise(
    name="valid_shape",
    answer_name="valid_shape",
    stub="""
    def valid_shape(image_shape, kernel_shape):
        return ...
    """,
    solution_source="""
    def valid_shape(image_shape, kernel_shape):
        return image_shape[0] - kernel_shape[0] + 1, image_shape[1] - kernel_shape[1] + 1
    """,
    hints=(
        "An image of 5 rows and a kernel of 3: on which rows can the kernel's top row lie?",
        "On rows 0, 1 and 2: that is 5 - 3 + 1 places. The columns follow the same rule on their own.",
    ),
    diagnose=_diagnose_valid_shape,
    mistakes=(
        Mistake(lambda i, k: (i[0] - k[0], i[1] - k[1]), "one place more"),
        Mistake(lambda i, k: (i[1] - k[1] + 1, i[0] - k[0] + 1), "the height comes first"),
        Mistake(lambda i, k: (i[0] - k[0] + 1, i[1] - k[0] + 1), "kernel's height for both"),
        Mistake(lambda i, k: i, "hang over the edge"),
        Mistake(lambda i, k: (i[0] - 2, i[1] - 2), "only for a kernel of 3"),
        Mistake(lambda i, k: (i[0] + k[0] - 1, i[1] + k[1] - 1), "smaller than the image"),
        Mistake(lambda i, k: (i[0] - k[0] + 1) * (i[1] - k[1] + 1), "shape (2,)"),
    ),
)


# --- a kernel to a wish ---------------------------------------------------------------------------------------------


def _diagnose_horizontal_edge(answer: object) -> str:
    kernel = array(answer, (3, 3), "Your kernel")
    if not np.isfinite(kernel).all():
        raise Wrong("Your kernel should hold ordinary numbers only.")
    if not kernel.any():
        raise Wrong("Your kernel is all zeros: it answers 0 to every picture, and so finds nothing.")
    step = np.array([10.0, 10, 10, 0, 0, 0])
    above = np.repeat(step[:, None], 5, axis=1)  # (6, 5), light above
    left = np.repeat(step[None], 5, axis=0)  # (5, 6), light on the left
    if abs(kernel.sum()) > 1e-9:
        raise Wrong(
            f"The weights add up to {kernel.sum():g}, so an even area of brightness 10 gives {10 * kernel.sum():g}. An "
            "edge detector must answer 0 there: what it adds and what it takes away must balance."
        )
    found, sideways = conv2d(above, kernel), conv2d(left, kernel)
    if np.abs(sideways).max() > 1e-9 and np.abs(found).max() < 1e-9:
        raise Wrong(
            "This kernel finds vertical edges: it compares left with right, and answers 0 to light above dark. "
            "Compare above with below."
        )
    if np.abs(sideways).max() > 1e-9:
        raise Wrong(
            f"A purely vertical edge must give 0, and yours gave {_largest(sideways):g}: every column of the kernel "
            "must add up to 0."
        )
    if found.min() < -1e-9 and found.max() < 1e-9:
        raise Wrong(
            f"The sign is the wrong way round: light above dark gave {_largest(found):g}. The positive weights belong "
            "where it should be light."
        )
    if found.min() < -1e-9:
        raise Wrong(
            f"Light above dark gave both {found.max():g} and {found.min():g}: the two rows that see the edge disagree."
        )
    if np.count_nonzero(found[:, 0] > 1e-9) == 0:
        raise Wrong("Light above dark gave 0 everywhere: the edge was not found.")
    return (
        f"Correct: 10 above 0 gives {found.max():g}, the other way round −{found.max():g}, and vertical edges give 0."
    )


horizontal_edge = Exercise(
    name="horizontal_edge",
    answer_name="my_kernel",
    stub="my_kernel = ...",
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
)


# --- the flip -------------------------------------------------------------------------------------------------------


def _diagnose_true_convolution(answer: object) -> str:
    for image, kernel in ((_SIGNED, _TURNED), (_SIGNED, np.array([[1, -2, 3], [2, 0, -1]]))):
        true = conv2d(image, kernels.flip(kernel))
        question = f"A {_size(image)} image with a {_size(kernel)} kernel"
        wrong = [
            (conv2d(image, kernel), "This is still cross-correlation: nothing was flipped."),
            (conv2d(image, kernel[::-1]), "Only the rows were flipped. The columns have to be reversed too."),
            (conv2d(image, kernel[:, ::-1]), "Only the columns were flipped. The rows have to be reversed too."),
            (
                conv2d(image, kernel)[::-1, ::-1],
                "You flipped the result. That moves its cells; the kernel has to turn.",
            ),
            (conv2d(image[::-1, ::-1], kernel), "You flipped the image. The kernel has to turn, the image stays."),
        ]
        if kernel.shape[0] == kernel.shape[1]:
            wrong += [
                (conv2d(image, kernel.T), "Transposing swaps rows with columns. A flip reverses the order of each."),
                (conv2d(image, np.rot90(kernel)), "That is a quarter turn. Flipping both axes is a half turn."),
            ]
        got = array(call(answer, image, kernel), true.shape, f"{question}: the result")
        _expect(got, true, wrong, question)
    return "Correct: reversed along both axes, which is a half turn. This is what scipy.signal.convolve2d computes."


true_convolution = Exercise(
    name="true_convolution",
    answer_name="true_convolution",
    stub="""
    def true_convolution(image, kernel):
        return ...
    """,
    solution_source="""
    from cnnlab import conv

    def true_convolution(image, kernel):
        return conv.conv2d(image, kernel[::-1, ::-1])
    """,
    hints=(
        "kernel[::-1] reverses the rows only. Try it on [[1, 2], [3, 4]] and look.",
        "A second index reverses the columns: kernel[rows, columns].",
    ),
    diagnose=_diagnose_true_convolution,
    mistakes=(
        Mistake(lambda image, kernel: conv2d(image, kernel), "nothing was flipped"),
        Mistake(lambda image, kernel: conv2d(image, kernel[::-1]), "Only the rows"),
        Mistake(lambda image, kernel: conv2d(image, kernel[:, ::-1]), "Only the columns"),
        Mistake(lambda image, kernel: conv2d(image, kernel)[::-1, ::-1], "flipped the result"),
        Mistake(lambda image, kernel: conv2d(image[::-1, ::-1], kernel), "flipped the image"),
        Mistake(lambda image, kernel: conv2d(image, kernel.T), "Transposing"),
        Mistake(lambda image, kernel: conv2d(image, np.rot90(kernel)), "quarter turn"),
    ),
)


# --- how strong is an edge, whichever way it runs? ------------------------------------------------------------------


def _diagnose_edge_strength(answer: object) -> str:
    clipped = "Your negative answers became 0: edges from dark to light vanish."
    for image in (_SIGNED.astype(float), np.array([[0, 200, 90], [10, 250, 0], [30, 40, 255]], dtype=np.uint8)):
        across, down = (conv2d(image, kernel) for kernel in _SOBEL)
        true = np.hypot(across, down)
        wrong = [
            (across + down, "A sum lets the two cancel: an edge with +40 across and −40 down would be no edge at all."),
            (np.abs(across + down), "You took the absolute value after adding; by then the two may have cancelled."),
            (np.hypot(np.maximum(across, 0), np.maximum(down, 0)), clipped),
            (np.maximum(across, 0) + np.maximum(down, 0), clipped),
            (np.abs(across) + np.abs(down), "|across| + |down| makes slanted edges too strong, by up to √2."),
            (np.abs(across), "Only vertical edges are found: the horizontal kernel is missing."),
            (np.abs(down), "Only horizontal edges are found: the vertical kernel is missing."),
            (true**2, "This is the square of the strength: the root is missing."),
        ]  # fmt: skip
        got = array(call(answer, image), true.shape, "The edge strength")
        _expect(got, true, wrong, f"A {_size(image)} image")
    return "Correct: the same strength for an edge and for its negative, and no direction is forgotten."


edge_strength = Exercise(
    name="edge_strength",
    answer_name="edge_strength",
    stub="""
    def edge_strength(image):
        return ...
    """,
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
    diagnose=_diagnose_edge_strength,
    mistakes=(
        Mistake(lambda x: conv2d(x, _SOBEL[0]) + conv2d(x, _SOBEL[1]), "lets the two cancel"),
        Mistake(lambda x: np.abs(conv2d(x, _SOBEL[0]) + conv2d(x, _SOBEL[1])), "after adding"),
        Mistake(lambda x: np.hypot(*(np.maximum(conv2d(x, k), 0) for k in _SOBEL)), "dark to light vanish"),
        Mistake(lambda x: np.abs(conv2d(x, _SOBEL[0])) + np.abs(conv2d(x, _SOBEL[1])), "slanted edges"),
        Mistake(lambda x: np.abs(conv2d(x, _SOBEL[0])), "Only vertical edges"),
        Mistake(lambda x: conv2d(x, _SOBEL[0]) ** 2 + conv2d(x, _SOBEL[1]) ** 2, "the root is missing"),
    ),
)


def _size(values: np.ndarray) -> str:
    return f"{values.shape[0]}×{values.shape[1]}"


def _largest(values: np.ndarray) -> float:
    """The value furthest from zero, with its sign."""
    return float(values.ravel()[np.abs(values).argmax()])
