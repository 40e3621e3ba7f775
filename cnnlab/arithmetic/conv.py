"""Convolution: the loops to read, the fast form to use, the gradients.

Everything here is cross-correlation, as in every deep learning library: the kernel is laid on the picture as it is, not
flipped (`cnnlab.kernels.flip` gives the mathematician's convolution).

Pictures are (H, W), (H, W, C) or (N, H, W, C), and the result has as many axes as what you passed. Kernels are
(KH, KW, C_in, C_out); (KH, KW, C_in) is a single filter, (KH, KW) a single filter for one channel. If everything is
integer or boolean the answer is exact, in int64; otherwise the floating-point arguments decide (float32 stays float32).
A NaN in a window makes that output NaN, as in Keras, even where its weight is zero.

The gradients are in `cnnlab.conv_grad`; they can be had from here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cnnlab.arithmetic import arguments, engine
from cnnlab.arithmetic.conv_grad import conv2d_backward, conv2d_transpose
from cnnlab.arithmetic.padding import explicit_padding
from cnnlab.common.validate import check_choice, check_rank, pair

__all__ = [
    "conv1d",
    "conv2d",
    "conv2d_backward",
    "conv2d_loops",
    "conv2d_transpose",
    "conv3d",
    "depthwise_conv2d",
    "im2col",
    "pad2d",
]

_PAD_MODES = {"zeros": "constant", "reflect": "reflect", "edge": "edge"}


def conv2d_loops(
    image: np.ndarray,
    kernel: np.ndarray,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> np.ndarray:
    """Convolve one picture with plain loops: slow, and meant to be read.

    Parameters
    ----------
    image : shape (H, W) or (H, W, C)
    kernel : shape (KH, KW), (KH, KW, C_in) or (KH, KW, C_in, C_out)
    strides, padding, dilation_rate : as in `conv2d`

    Returns
    -------
    ndarray
        Shape (OH, OW) or (OH, OW, C_out), equal to `conv2d`.

    Examples
    --------
    >>> conv2d_loops(np.arange(9).reshape(3, 3), np.array([[1, 0], [0, 1]]))
    array([[ 4,  6],
           [10, 12]])
    """
    given = arguments.convolution(image, kernel, None, strides, padding, dilation_rate, name="image")
    picture, kernel, out = engine.pad(given.images, given.geometry)[0], given.kernel, engine.zeros(given)[0]
    (down, right), (gap_down, gap_right) = given.geometry.strides, given.geometry.dilation_rate
    for f in range(out.shape[2]):  # one filter makes one output channel
        for i in range(out.shape[0]):
            for j in range(out.shape[1]):  # lay the kernel with its top left corner at (i * down, j * right)
                for a in range(kernel.shape[0]):
                    for b in range(kernel.shape[1]):
                        for c in range(kernel.shape[2]):
                            pixel = picture[i * down + a * gap_down, j * right + b * gap_right, c]
                            out[i, j, f] += pixel * kernel[a, b, c, f]
    return given.result(out[None])


def conv2d(
    images: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | float | None = None,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence = "valid",
    dilation_rate: int | Sequence[int] = 1,
    groups: int = 1,
) -> np.ndarray:
    """Convolve pictures (cross-correlation), as `keras.ops.conv` does, with nothing but NumPy.

    Parameters
    ----------
    images : shape (H, W), (H, W, C) or (N, H, W, C), any real dtype; N may be 0
    kernel
        Shape (KH, KW, C_in, C_out) with ``C_in = C / groups``; (KH, KW, C_in) for one filter, (KH, KW) for one filter
        on one channel
    bias : one number for each filter, shape (C_out,), or a single number; added to every position
    strides, dilation_rate : one number, or (height, width), each >= 1; both may exceed 1, which Keras refuses
    padding
        ``"valid"``, ``"same"`` (Keras' rule, `cnnlab.shapes.same_padding`), pixels of zeros on every side, or
        ``((top, bottom), (left, right))``
    groups : number of groups; filters of group g see only the channels of group g

    Returns
    -------
    ndarray
        Shape (OH, OW), (OH, OW, C_out) or (N, OH, OW, C_out): the rank of `images`.

    Raises
    ------
    ValueError
        Wrong rank, a kernel that is not as deep as its input or does not fit into it, several filters on an (H, W)
        picture, unknown padding, numbers out of range.
    TypeError
        Sizes that are not whole numbers, arrays that do not hold real numbers.

    Examples
    --------
    >>> image = np.array([[10, 10, 0, 0]] * 3)  # light on the left
    >>> conv2d(image, [[1, 0, -1]] * 3)
    array([[30, 30]])
    """
    given = arguments.convolution(images, kernel, bias, strides, padding, dilation_rate, groups, name="images")
    return engine.convolve(given)


def conv1d(
    signals: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | float | None = None,
    strides: int = 1,
    padding: str | int | Sequence = "valid",
    dilation_rate: int = 1,
    groups: int = 1,
) -> np.ndarray:
    """Convolve signals along their one axis: `conv2d` with a dimension less.

    Parameters
    ----------
    signals : shape (L,), (L, C) or (N, L, C)
    kernel : shape (K, C_in, C_out), (K, C_in) for one filter, (K,) for one filter on one channel
    padding : ``"valid"``, ``"same"``, values of zeros on both sides, or ``(before, after)``
    bias, strides, dilation_rate, groups : as in `conv2d`

    Returns
    -------
    ndarray
        Shape (OL,), (OL, C_out) or (N, OL, C_out): the rank of `signals`.

    Examples
    --------
    >>> conv1d([1, 2, 4, 8], [-1, 1])
    array([1, 2, 4])
    """
    given = arguments.convolution(signals, kernel, bias, strides, padding, dilation_rate, groups, name="signals")
    return engine.convolve(given)


def conv3d(
    volumes: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | float | None = None,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence = "valid",
    dilation_rate: int | Sequence[int] = 1,
    groups: int = 1,
) -> np.ndarray:
    """Convolve volumes (a scan, a short film): `conv2d` with a dimension more.

    Parameters
    ----------
    volumes : shape (D, H, W), (D, H, W, C) or (N, D, H, W, C)
    kernel : shape (KD, KH, KW, C_in, C_out), without C_out for one filter, without both for one filter on one channel
    padding : ``"valid"``, ``"same"``, voxels of zeros on every side, or three pairs ``(before, after)``
    bias, strides, dilation_rate, groups : as in `conv2d`

    Returns
    -------
    ndarray
        Shape (OD, OH, OW), (OD, OH, OW, C_out) or (N, OD, OH, OW, C_out): the rank of `volumes`.

    Examples
    --------
    >>> conv3d(np.ones((14, 14, 14, 1)), np.ones((5, 5, 5, 1, 16))).shape
    (10, 10, 10, 16)
    """
    given = arguments.convolution(volumes, kernel, bias, strides, padding, dilation_rate, groups, name="volumes")
    return engine.convolve(given)


def depthwise_conv2d(
    images: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | float | None = None,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> np.ndarray:
    """Convolve every channel by itself, without mixing channels, as `keras.ops.depthwise_conv` does.

    Parameters
    ----------
    images : shape (H, W), (H, W, C) or (N, H, W, C)
    kernel
        Shape (KH, KW, C, M): M filters for each channel. (KH, KW, C) is one for each; (KH, KW) is the same one for all
    bias : one number for each output channel, shape (C*M,), or a single number
    strides, padding, dilation_rate : as in `conv2d`

    Returns
    -------
    ndarray
        Shape (OH, OW), (OH, OW, C*M) or (N, OH, OW, C*M). Output channel ``c*M + m`` is channel c under its filter m.

    Examples
    --------
    >>> depthwise_conv2d(np.ones((4, 4, 3)), np.ones((3, 3)))[0, 0]
    array([9., 9., 9.])
    """
    given = arguments.depthwise(images, kernel, bias, strides, padding, dilation_rate)
    return engine.convolve_depthwise(given)


def pad2d(images: np.ndarray, padding: int | Sequence, mode: str = "zeros") -> np.ndarray:
    """Frame pictures with extra pixels.

    Parameters
    ----------
    images : shape (H, W), (H, W, C) or (N, H, W, C), any real dtype
    padding : pixels on every side, or ``((top, bottom), (left, right))``
    mode
        ``"zeros"``; ``"reflect"``, the picture mirrored at its border pixel, which is not repeated; or ``"edge"``, the
        border pixel repeated

    Returns
    -------
    ndarray
        Same rank and dtype, ``H + top + bottom`` by ``W + left + right``.

    Examples
    --------
    >>> pad2d(np.array([[1, 2, 3]]), ((0, 0), (2, 2)), mode="reflect")
    array([[3, 2, 1, 2, 3, 2, 1]])
    """
    images = check_rank(images, "images", arguments.LAYOUTS["images"])
    check_choice(mode, "mode", tuple(_PAD_MODES))
    if isinstance(padding, str):
        raise ValueError(
            "`padding` must be given in pixels here: 'valid' and 'same' need a kernel size "
            f"(see cnnlab.shapes.resolve_padding). Received: {padding!r}"
        )
    pads = explicit_padding(padding, axes=2)
    first = int(images.ndim == 4)  # the spatial axis that comes first
    if mode != "zeros" and 0 in images.shape[first : first + 2]:
        raise ValueError(f"`images` has no pixel to repeat: `mode` must be 'zeros'. Received: shape {images.shape}")
    around = [(0, 0)] * images.ndim
    around[first : first + 2] = pads
    return np.pad(images, around, mode=_PAD_MODES[mode])


def im2col(
    images: np.ndarray,
    kernel_size: int | Sequence[int],
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> np.ndarray:
    """Copy every window into one row of a matrix, so that a convolution becomes one matrix product.

    Parameters
    ----------
    images : shape (H, W), (H, W, C) or (N, H, W, C)
    kernel_size, strides, padding, dilation_rate : as in `cnnlab.conv.conv2d`

    Returns
    -------
    ndarray
        Shape (N*OH*OW, KH*KW*C), same dtype. ``im2col(images, 3) @ kernel.reshape(-1, C_out)`` is `conv2d`, flattened.

    Examples
    --------
    >>> im2col(np.arange(9).reshape(3, 3), 2)
    array([[0, 1, 3, 4],
           [1, 2, 4, 5],
           [3, 4, 6, 7],
           [4, 5, 7, 8]])
    """
    images, _ = arguments.full_images(images)
    kernel_size = pair(kernel_size, "kernel_size")
    geo = arguments.geometry(images.shape[1:3], kernel_size, strides, padding, dilation_rate)
    view = engine.windows(images, geo)  # (N, OH, OW, KH, KW, C)
    return np.array(view).reshape(math.prod(view.shape[:3]), math.prod(view.shape[3:]))
