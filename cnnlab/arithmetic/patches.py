"""Padding, windows and im2col: the patches of a picture that a kernel looks at, before any arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlab.arithmetic.shapes import explicit_padding, output_size, resolve_padding
from cnnlab.common.validate import check_choice, check_rank, pair

PICTURES = {2: "(H, W)", 3: "(H, W, C)", 4: "(N, H, W, C)"}
PAD_MODES = {"zeros": "constant", "reflect": "reflect", "edge": "edge"}


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
    images = check_rank(images, "images", PICTURES)
    check_choice(mode, "mode", tuple(PAD_MODES))
    if isinstance(padding, str):
        raise ValueError(
            "`padding` must be given in pixels here: 'valid' and 'same' need a kernel size "
            f"(see cnnlab.shapes.resolve_padding). Received: {padding!r}"
        )
    pads = explicit_padding(padding, axes=2)
    height, width = spatial(images)
    if mode != "zeros" and (height == 0 or width == 0):
        raise ValueError(f"`images` has no pixel to repeat: `mode` must be 'zeros'. Received: shape {images.shape}")
    return np.pad(images, around_space(pads, images.ndim), mode=PAD_MODES[mode])


def spatial(images: np.ndarray) -> tuple[int, int]:
    """``(H, W)`` of pictures of rank 2 to 4.

    >>> spatial(np.zeros((8, 5, 6, 3)))
    (5, 6)
    """
    return images.shape[:2] if images.ndim < 4 else images.shape[1:3]


def around_space(pads: Sequence[tuple[int, int]], rank: int) -> list[tuple[int, int]]:
    """Padding of every axis of pictures of rank 2 to 4: `pads` on height and width, none on batch and channels.

    >>> around_space([(1, 2), (3, 4)], rank=4)
    [(0, 0), (1, 2), (3, 4), (0, 0)]
    """
    return {2: [], 3: [], 4: [(0, 0)]}[rank] + list(pads) + {2: [], 3: [(0, 0)], 4: [(0, 0)]}[rank]


def windows(
    images: np.ndarray,
    kernel_size: int | Sequence[int],
    strides: int | Sequence[int] = 1,
    dilation_rate: int | Sequence[int] = 1,
) -> np.ndarray:
    """Every window of the pictures that a kernel of this size visits: a read-only view, nothing is copied.

    Parameters
    ----------
    images : shape (H, W), (H, W, C) or (N, H, W, C); pad first (`pad2d`) if the kernel should see a border
    kernel_size, strides, dilation_rate : one number, or (height, width)

    Returns
    -------
    ndarray
        Shape (OH, OW, KH, KW), (OH, OW, KH, KW, C) or (N, OH, OW, KH, KW, C): the output's position first, then the
        position inside the window.

    Examples
    --------
    >>> windows(np.arange(16).reshape(4, 4), 3)[0, 1]
    array([[ 1,  2,  3],
           [ 5,  6,  7],
           [ 9, 10, 11]])
    """
    images = check_rank(images, "images", PICTURES)
    kernel_size = pair(kernel_size, "kernel_size")
    strides = pair(strides, "strides")
    dilation_rate = pair(dilation_rate, "dilation_rate")
    for n, *axis in zip(spatial(images), kernel_size, strides, dilation_rate, strict=True):
        output_size(n, axis[0], axis[1], "valid", axis[2])  # refuses a window that does not fit
    return window_view(images, kernel_size, strides, dilation_rate, first=int(images.ndim == 4))


def window_view(
    images: np.ndarray,
    kernel_size: Sequence[int],
    strides: Sequence[int],
    dilation_rate: Sequence[int],
    first: int = 1,
) -> np.ndarray:
    """`windows` for any number of spatial axes, without its checks; `first` is the first spatial axis.

    >>> window_view(np.zeros((8, 5, 6, 7, 2)), (3, 3, 3), (1, 1, 1), (1, 1, 1)).shape
    (8, 3, 4, 5, 3, 3, 3, 2)
    """
    axes = len(kernel_size)
    space = tuple(range(first, first + axes))
    reach = [d * (k - 1) + 1 for k, d in zip(kernel_size, dilation_rate, strict=True)]
    view = np.lib.stride_tricks.sliding_window_view(images, reach, axis=space)  # (…, *O, …, *reach)
    every = (slice(None),) * first + tuple(slice(None, None, s) for s in strides)
    view = view[every + (Ellipsis,) + tuple(slice(None, None, d) for d in dilation_rate)]
    channel = first + axes
    return np.moveaxis(view, channel, -1) if images.ndim > channel else view  # (…, *O, *K, C)


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
    images = check_rank(images, "images", PICTURES)
    kernel_size = pair(kernel_size, "kernel_size")
    pads = resolve_padding(padding, spatial(images), kernel_size, strides, dilation_rate)
    view = windows(np.pad(images, around_space(pads, images.ndim)), kernel_size, strides, dilation_rate)
    columns = kernel_size[0] * kernel_size[1] * (images.shape[-1] if images.ndim > 2 else 1)
    return np.array(view).reshape(view[..., 0, 0].size if images.ndim == 2 else view[..., 0, 0, 0].size, columns)
