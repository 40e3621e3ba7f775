"""Convolution: the loops to read, the fast form to use, the gradients.

Everything here is cross-correlation, as in every deep learning library: the kernel is laid on the picture as it is, not
flipped (`cnnlab.kernels.flip` gives the mathematician's convolution).

Pictures are (H, W), (H, W, C) or (N, H, W, C), and the result has as many axes as what you passed. Kernels are
(KH, KW, C_in, C_out); (KH, KW, C_in) is a single filter, (KH, KW) a single filter for one channel. If everything is
integer or boolean the answer is exact, in int64; otherwise the floating-point arguments decide (float32 stays float32).
A NaN in a window makes that output NaN, as in Keras, even where its weight is zero.

The patches are made in `cnnlab.patches`, the gradients in `cnnlab.conv_grad`; all of it can be had from here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlab.arithmetic import engine
from cnnlab.arithmetic.conv_grad import conv2d_backward, conv2d_transpose
from cnnlab.arithmetic.patches import im2col, pad2d, windows
from cnnlab.common.validate import check_rank

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
    "separable_conv2d",
    "windows",
]


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
    check_rank(image, "image", {2: "(H, W)", 3: "(H, W, C)"})
    images, rank = engine.full_images(image, "image", axes=2)
    kernel = engine.full_kernel(kernel, images, rank, "image", axes=2, groups=1)
    geo = engine.geometry(images.shape[1:3], kernel.shape[:2], strides, padding, dilation_rate)
    _, dtype = engine.dtypes(images, kernel)

    picture = pad2d(images[0], geo.pads)  # (H + top + bottom, W + left + right, C)
    kernel_height, kernel_width, channels, filters = kernel.shape  # (KH, KW, C, F)
    out_height, out_width = geo.outputs
    (down, right), (gap_down, gap_right) = geo.strides, geo.dilation_rate

    out = np.zeros((out_height, out_width, filters), dtype)  # (OH, OW, F)
    for f in range(filters):  # one filter makes one output channel
        for i in range(out_height):
            for j in range(out_width):  # lay the kernel with its top left corner at (i * down, j * right)
                total = dtype.type(0)
                for a in range(kernel_height):
                    for b in range(kernel_width):
                        for c in range(channels):
                            pixel = picture[i * down + a * gap_down, j * right + b * gap_right, c]
                            total += dtype.type(pixel) * dtype.type(kernel[a, b, c, f])
                out[i, j, f] = total
    return engine.like_rank(out[None], rank, axes=2)


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
    bias : one number a filter, shape (C_out,), or a single number; added to every position
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
    return _conv(images, kernel, bias, strides, padding, dilation_rate, groups, "images", axes=2)


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
    return _conv(signals, kernel, bias, strides, padding, dilation_rate, groups, "signals", axes=1)


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
    return _conv(volumes, kernel, bias, strides, padding, dilation_rate, groups, "volumes", axes=3)


def _conv(
    images: object,
    kernel: object,
    bias: object,
    strides: object,
    padding: object,
    dilation_rate: object,
    groups: int,
    name: str,
    axes: int,
) -> np.ndarray:
    images, rank = engine.full_images(images, name, axes)
    kernel = engine.full_kernel(kernel, images, rank, name, axes, groups)
    geo = engine.geometry(images.shape[1:-1], kernel.shape[:axes], strides, padding, dilation_rate)
    bias = engine.full_bias(bias, kernel.shape[-1])
    compute, result = engine.dtypes(images, kernel, bias)
    out = engine.forward(images.astype(compute, copy=False), kernel.astype(compute, copy=False), geo, groups)
    if bias.any():
        out += bias.astype(compute)
    return engine.like_rank(out.astype(result, copy=False), rank, axes)


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
    bias : one number an output channel, shape (C*M,), or a single number
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
    images, rank = engine.full_images(images, "images", axes=2)
    channels = images.shape[-1]
    kernel = check_rank(kernel, "kernel", {2: "(KH, KW)", 3: "(KH, KW, C)", 4: "(KH, KW, C, M)"})
    if kernel.ndim == 2:
        kernel = np.repeat(kernel[..., None], channels, axis=-1)  # (KH, KW, C)
    if kernel.ndim == 3:
        kernel = kernel[..., None]  # (KH, KW, C, 1)
    engine.check_not_empty(kernel)
    if kernel.shape[2] != channels:
        raise ValueError(
            f"`kernel` must have filters for each of the {channels} channels of `images`. "
            f"Received: filters for {kernel.shape[2]}"
        )
    filters = channels * kernel.shape[3]
    engine.check_single(filters, rank, "images", axes=2)
    geo = engine.geometry(images.shape[1:3], kernel.shape[:2], strides, padding, dilation_rate)
    bias = engine.full_bias(bias, filters)
    compute, result = engine.dtypes(images, kernel, bias)
    out = engine.depthwise(images.astype(compute, copy=False), kernel.astype(compute, copy=False), geo)
    out = out.reshape(len(images), *geo.outputs, filters) + bias.astype(compute)
    return engine.like_rank(out.astype(result, copy=False), rank, axes=2)


def separable_conv2d(
    images: np.ndarray,
    depthwise_kernel: np.ndarray,
    pointwise_kernel: np.ndarray,
    bias: np.ndarray | float | None = None,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> np.ndarray:
    """Convolve each channel by itself, then mix channels with a 1×1 convolution, as `keras.ops.separable_conv` does.

    Parameters
    ----------
    images : shape (H, W, C) or (N, H, W, C)
    depthwise_kernel : shape (KH, KW, C, M), as in `depthwise_conv2d`
    pointwise_kernel : shape (1, 1, C*M, C_out)
    bias, strides, padding, dilation_rate : as in `conv2d`; strides and padding belong to the depthwise step

    Returns
    -------
    ndarray
        Shape (OH, OW, C_out) or (N, OH, OW, C_out).

    Examples
    --------
    >>> separable_conv2d(np.ones((6, 6, 3)), np.ones((3, 3, 3, 1)), np.ones((1, 1, 3, 8))).shape
    (4, 4, 8)
    """
    images = check_rank(images, "images", {3: "(H, W, C)", 4: "(N, H, W, C)"})
    pointwise_kernel = check_rank(pointwise_kernel, "pointwise_kernel", {4: "(1, 1, C*M, C_out)"})
    if pointwise_kernel.shape[:2] != (1, 1):
        raise ValueError(
            f"`pointwise_kernel` must be 1 by 1: it only mixes channels. Received: shape {pointwise_kernel.shape}"
        )
    middle = depthwise_conv2d(images, depthwise_kernel, None, strides, padding, dilation_rate)  # (N, OH, OW, C*M)
    if pointwise_kernel.shape[2] != middle.shape[-1]:
        raise ValueError(
            f"`pointwise_kernel` must be {middle.shape[-1]} deep, one for each channel of the depthwise step. "
            f"Received: {pointwise_kernel.shape[2]}"
        )
    return conv2d(middle, pointwise_kernel, bias)
