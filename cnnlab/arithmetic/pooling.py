"""Pooling: a window slides over each channel and keeps one number. No weights to learn.

Pictures are (H, W), (H, W, C) or (N, H, W, C); the result has the same rank. Padding is never seen: a maximum or
minimum ignores it, an average divides by the pixels that are really there (Keras' rule for ``"same"``, kept here for
padding given in pixels too; PyTorch counts the zeros unless told otherwise).

NaN in a window makes its output NaN. Keras does the same with averages; with maxima it depends on the backend:
TensorFlow's CPU kernel skips a NaN where another pixel can win.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from cnnlab.arithmetic import engine
from cnnlab.common.validate import check_choice, check_rank, pair

OPS = ("max", "average", "min")


def pool2d(
    images: np.ndarray,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str | int | Sequence = "valid",
    op: str = "max",
) -> np.ndarray:
    """Keep the maximum, average or minimum of each window, channel by channel.

    Parameters
    ----------
    images : shape (H, W), (H, W, C) or (N, H, W, C), any real dtype; N may be 0
    pool_size : window, one number or (height, width)
    strides : step, one number or (height, width); ``None`` means `pool_size`, windows side by side
    padding
        ``"valid"``, ``"same"``, pixels on every side, or ``((top, bottom), (left, right))``; less than `pool_size`
    op : ``"max"``, ``"average"`` or ``"min"``

    Returns
    -------
    ndarray
        Shape (OH, OW), (OH, OW, C) or (N, OH, OW, C). Maximum and minimum keep the dtype; an average keeps a floating
        dtype and is float64 otherwise.

    Raises
    ------
    ValueError
        Wrong rank, a window that does not fit, padding as large as the window, an unknown name.

    Examples
    --------
    >>> pool2d([[1, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]], 2)
    array([[9, 2],
           [6, 3]])
    """
    images, rank, geo = _prepare(images, pool_size, strides, padding, op)
    pixels, inside = _padded(images, geo, op)
    if op == "average":
        out = (_slide(np.add, pixels, geo) / _count(inside, geo)).astype(_average_dtype(images), copy=False)
    else:
        out = _slide(np.maximum if op == "max" else np.minimum, pixels, geo)
    return engine.like_rank(out, rank, axes=2)


def _slide(combine: np.ufunc, pixels: np.ndarray, geo: engine.Geometry) -> np.ndarray:
    """Combine all pixels of each window: first down the columns, then along the rows, (N, OH, OW, C).

    Sums, maxima and minima allow it, and KH + KW steps are fewer than KH * KW.
    """
    for axis, (size, step, outputs) in enumerate(zip(geo.kernel_size, geo.strides, geo.outputs, strict=True), start=1):
        before = (slice(None),) * axis
        out = pixels[(*before, slice(0, (outputs - 1) * step + 1, step))].copy()
        for t in range(1, size):
            combine(out, pixels[(*before, slice(t, t + (outputs - 1) * step + 1, step))], out=out)
        pixels = out
    return pixels


def _prepare(
    images: object, pool_size: object, strides: object, padding: object, op: object
) -> tuple[np.ndarray, int, engine.Geometry]:
    """`images` as (N, H, W, C), the rank it came with, and where the windows go."""
    images, rank = engine.full_images(images, "images", axes=2)
    check_choice(op, "op", OPS)
    pool_size = pair(pool_size, "pool_size")
    strides = pool_size if strides is None else pair(strides, "strides")
    geo = engine.geometry(images.shape[1:3], pool_size, strides, padding, 1, name="pool_size")
    for size, sides in zip(pool_size, geo.pads, strict=True):
        if max(sides) >= size:
            raise ValueError(
                f"`padding` must be smaller than `pool_size` {size}, or a window would hold no pixel at all. "
                f"Received: {padding!r}"
            )
    return images, rank, geo


def _taps(geo: engine.Geometry) -> Iterator[tuple[int, tuple[slice, ...]]]:
    """Every place inside a window, row by row: its number, and an index of the pixels there in all windows at once."""
    for number, tap in enumerate(itertools.product(*map(range, geo.kernel_size))):
        yield number, (slice(None), *engine.tap_slices(tap, geo))


def _padded(images: np.ndarray, geo: engine.Geometry, op: str) -> tuple[np.ndarray, np.ndarray]:
    """`images` with padding that never wins, (N, H', W', C), and where the real pixels are, (1, H', W', 1)."""
    kind = images.dtype.kind
    if op == "average":
        images = images.astype(np.result_type(_average_dtype(images), np.float32), copy=False)
        fill = 0
    elif kind == "b":
        fill = op == "min"
    elif kind == "f":
        fill = -np.inf if op == "max" else np.inf
    else:
        limits = np.iinfo(images.dtype)
        fill = limits.min if op == "max" else limits.max
    around = [(0, 0), *geo.pads, (0, 0)]
    inside = np.pad(np.ones((1, *images.shape[1:3], 1), bool), around)
    padded = images if inside.all() else np.pad(images, around, constant_values=fill)
    return padded, inside


def _average_dtype(images: np.ndarray) -> np.dtype:
    return images.dtype if images.dtype.kind == "f" else np.dtype(np.float64)


def _count(inside: np.ndarray, geo: engine.Geometry) -> np.ndarray:
    """Real pixels in each window, (1, OH, OW, 1)."""
    return _slide(np.add, inside.astype(np.int32), geo)


def pool2d_backward(
    images: np.ndarray,
    grad_output: np.ndarray,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str | int | Sequence = "valid",
    op: str = "max",
) -> np.ndarray:
    """Gradient of a loss by the pixels that went into `pool2d`, from its gradient by what came out.

    A maximum or minimum sends all of it to the pixel that won; among equals to the first, row by row, as TensorFlow
    does. An average shares it evenly. Pixels in several windows add up what they get.

    Parameters
    ----------
    images, pool_size, strides, padding, op : exactly as `pool2d` got them
    grad_output : the loss's derivative by each output, same shape as the output of `pool2d`

    Returns
    -------
    ndarray
        Shape of `images`; int64 if both are whole numbers (float64 for an average), else the floating dtype they have.

    Examples
    --------
    >>> pool2d_backward([[1, 7], [7, 2]], [[10]], 2)
    array([[ 0, 10],
           [ 0,  0]])
    """
    images, rank, geo = _prepare(images, pool_size, strides, padding, op)
    grad = check_rank(grad_output, "grad_output", engine.LAYOUTS[2])
    expected = (len(images), *geo.outputs, images.shape[3])  # (N, OH, OW, C)
    shown = {2: expected[1:3], 3: expected[1:], 4: expected}[rank]
    if grad.shape != shown:
        raise ValueError(f"`grad_output` must have the shape of pool2d's output, {shown}. Received: shape {grad.shape}")
    compute, result = _gradient_dtypes(images, grad, op)
    grad = grad.reshape(expected).astype(compute, copy=False)
    pixels, inside = _padded(images, geo, op)
    out = np.zeros(pixels.shape, compute)  # (N, H', W', C)
    if op == "average":
        share = grad / _count(inside, geo)
        for _, where in _taps(geo):
            out[where] += share
    else:
        winner = _winner(pixels, inside, geo, op)
        for number, where in _taps(geo):
            out[where] += np.where(winner == number, grad, 0)
    out = out[(slice(None), *engine.inside(images.shape[1:3], geo.pads))]
    return engine.like_rank(out.astype(result, copy=False), rank, axes=2)


def _gradient_dtypes(images: np.ndarray, grad: np.ndarray, op: str) -> tuple[np.dtype, np.dtype]:
    """As `engine.dtypes`; an average's gradient is never whole."""
    compute, result = engine.dtypes(images, grad)
    return (compute, result) if op != "average" or result.kind == "f" else (np.dtype(np.float64),) * 2


def _winner(pixels: np.ndarray, inside: np.ndarray, geo: engine.Geometry, op: str) -> np.ndarray:
    """The number of the first place in each window that holds its maximum or minimum, (N, OH, OW, C)."""
    better = np.greater if op == "max" else np.less
    best = winner = None
    for number, where in _taps(geo):
        value, real = pixels[where], inside[where]
        if best is None:
            best, winner = value.copy(), np.where(real, number, -1) + np.zeros(value.shape, np.int32)
            continue
        wins = real & (better(value, best) | (winner < 0) | ((value != value) & (best == best)))  # a NaN beats a number
        np.copyto(best, value, where=wins)
        np.copyto(winner, number, where=wins)
    return winner


def global_pool(images: np.ndarray, op: str = "average", keepdims: bool = False) -> np.ndarray:
    """Keep one number a channel: the average, maximum or minimum over the whole picture.

    Parameters
    ----------
    images : shape (H, W), (H, W, C) or (N, H, W, C)
    op : ``"average"``, ``"max"`` or ``"min"``
    keepdims : keep height and width as axes of length 1

    Returns
    -------
    ndarray
        Shape (), (C,) or (N, C); dtype as in `pool2d`.

    Examples
    --------
    >>> global_pool(np.arange(8).reshape(2, 2, 2))
    array([3., 4.])
    """
    images, rank = engine.full_images(images, "images", axes=2)
    pooled = engine.like_rank(pool2d(images, images.shape[1:3], op=op), rank, axes=2)
    return pooled if keepdims else pooled.squeeze(_height_and_width(rank))[()]


def _height_and_width(rank: int) -> tuple[int, int]:
    """The spatial axes of pictures of this rank."""
    return (1, 2) if rank == 4 else (0, 1)


def global_pool_backward(images: np.ndarray, grad_output: np.ndarray, op: str = "average") -> np.ndarray:
    """Gradient of a loss by the pixels that went into `global_pool`, from its gradient by what came out.

    Among equal maxima or minima the first gets all of it, as in `pool2d_backward`. (TensorFlow's ``reduce_max``, which
    Keras' global pooling uses, shares it among the equals.)

    Parameters
    ----------
    images, op : exactly as `global_pool` got them
    grad_output : the loss's derivative by each output, shape (), (C,) or (N, C), with or without `keepdims`

    Returns
    -------
    ndarray
        Shape of `images`.

    Examples
    --------
    >>> global_pool_backward(np.ones((2, 2)), 8.0)
    array([[2., 2.],
           [2., 2.]])
    """
    full, rank = engine.full_images(images, "images", axes=2)
    check_choice(op, "op", OPS)
    shape = {2: (1, 1), 3: (1, 1, full.shape[3]), 4: (len(full), 1, 1, full.shape[3])}[rank]
    reduced = tuple(np.delete(shape, _height_and_width(rank)).tolist())
    grad = check_rank(grad_output, "grad_output", {len(reduced): f"{reduced}", len(shape): f"{shape}"})
    if grad.shape not in (shape, reduced):
        raise ValueError(
            f"`grad_output` must have the shape of global_pool's output, {reduced}. Received: shape {grad.shape}"
        )
    compute, result = _gradient_dtypes(full, grad, op)
    count, height, width, channels = full.shape
    grad = grad.reshape(count, 1, channels).astype(compute, copy=False)
    if op == "average":
        out = np.repeat(grad / (height * width), height * width, axis=1)
    else:
        flat = full.reshape(count, height * width, channels)  # (N, H*W, C)
        winner = flat.argmax(axis=1) if op == "max" else flat.argmin(axis=1)  # (N, C), the first among equals
        out = np.zeros(flat.shape, compute)
        np.put_along_axis(out, winner[:, None], grad, axis=1)
    return engine.like_rank(out.reshape(full.shape).astype(result, copy=False), rank, axes=2)
