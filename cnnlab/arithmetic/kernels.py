"""Named kernels: small matrices whose effect on a picture has a name.

They are meant for cross-correlation, as `cnnlab.conv.conv2d` computes it: laid on the picture as they are printed. The
sign of every edge kernel follows one rule. A *vertical* kernel finds vertical edges and answers positive where the left
side is lighter than the right. A *horizontal* kernel finds horizontal edges and answers positive where the upper side
is lighter than the lower. On the opposite edge the answer is negative.
"""

from __future__ import annotations

import numpy as np

from cnnlab.common.validate import check_choice, check_rank

# name -> (rows, divisor, what it does); divisor 1 keeps whole numbers
_TABLE = {
    "identity": ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], 1, "leaves the picture as it is"),
    "box_blur": ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 9, "replaces each pixel by the mean of its 3 by 3 neighbourhood"),
    "gaussian_blur": (
        [[1, 2, 1], [2, 4, 2], [1, 2, 1]],
        16,
        "replaces each pixel by a mean of its neighbourhood in which near pixels count more",
    ),
    "sharpen": (
        [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        1,
        "adds to each pixel its difference from its four neighbours; flat areas stay as they are",
    ),
    "laplacian": (
        [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
        1,
        "adds up the second derivatives: 0 on flat areas and ramps, a pair of opposite signs along an edge",
    ),
    "outline": (
        [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
        1,
        "compares each pixel with all eight neighbours: positive where it is lighter than they are",
    ),
    "emboss": (
        [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
        1,
        "lights the picture from one corner: brighter where it gets lighter towards the lower right",
    ),
    "vertical_edge": (
        [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
        1,
        "left column minus right column: positive where it is light on the left (the same matrix as prewitt_vertical)",
    ),
    "horizontal_edge": (
        [[1, 1, 1], [0, 0, 0], [-1, -1, -1]],
        1,
        "upper row minus lower row: positive where it is light above (the same matrix as prewitt_horizontal)",
    ),
    "prewitt_vertical": (
        [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
        1,
        "vertical edges, every row with the same weight: positive where it is light on the left",
    ),
    "prewitt_horizontal": (
        [[1, 1, 1], [0, 0, 0], [-1, -1, -1]],
        1,
        "horizontal edges, every column with the same weight: positive where it is light above",
    ),
    "sobel_vertical": (
        [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
        1,
        "vertical edges, the middle row counts twice: positive where it is light on the left",
    ),
    "sobel_horizontal": (
        [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
        1,
        "horizontal edges, the middle column counts twice: positive where it is light above",
    ),
    "scharr_vertical": (
        [[3, 0, -3], [10, 0, -10], [3, 0, -3]],
        1,
        "vertical edges, with weights that treat slanted edges more evenly: positive where it is light on the left",
    ),
    "scharr_horizontal": (
        [[3, 10, 3], [0, 0, 0], [-3, -10, -3]],
        1,
        "horizontal edges, with weights that treat slanted edges more evenly: positive where it is light above",
    ),
}


def names() -> tuple[str, ...]:
    """Names that `kernel` knows, from the plainest on.

    Examples
    --------
    >>> names()[:3]
    ('identity', 'box_blur', 'gaussian_blur')
    """
    return tuple(_TABLE)


def kernel(name: str) -> np.ndarray:
    """The kernel of this name, a fresh array.

    Parameters
    ----------
    name : one of `names`

    Returns
    -------
    ndarray
        Shape (3, 3). int64, or float64 for the two blurs, whose weights add up to 1.

    Raises
    ------
    ValueError
        For an unknown name; the message lists the known ones.

    Examples
    --------
    >>> kernel("sobel_vertical")
    array([[ 1,  0, -1],
           [ 2,  0, -2],
           [ 1,  0, -1]])
    """
    rows, divisor, _ = _TABLE[check_choice(name, "name", names())]
    weights = np.array(rows, dtype=np.int64)
    return weights if divisor == 1 else weights / divisor


def describe(name: str) -> str:
    """What the kernel of this name does, in a line.

    Examples
    --------
    >>> describe("identity")
    'leaves the picture as it is'
    """
    return _TABLE[check_choice(name, "name", names())][2]


def flip(kernel: np.ndarray) -> np.ndarray:
    """Turn a kernel by 180 degrees: reversed along height and width, channels left alone.

    Cross-correlating with the flipped kernel is the convolution of mathematics (`scipy.signal.convolve2d`).

    Parameters
    ----------
    kernel : shape (KH, KW), (KH, KW, C_in) or (KH, KW, C_in, C_out)

    Returns
    -------
    ndarray
        Same shape and dtype, a copy.

    Examples
    --------
    >>> flip([[1, 2], [3, 4]])
    array([[4, 3],
           [2, 1]])
    """
    kernel = check_rank(kernel, "kernel", {2: "(KH, KW)", 3: "(KH, KW, C_in)", 4: "(KH, KW, C_in, C_out)"})
    return kernel[::-1, ::-1].copy()
