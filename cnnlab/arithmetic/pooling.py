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

from cnnlab.arithmetic import arguments, engine
from cnnlab.arithmetic.arguments import Arguments, Geometry
from cnnlab.common.validate import check_choice

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
    check_choice(op, "op", OPS)
    return _pool(arguments.pooling(images, pool_size, strides, padding), op)


def _pool(given: Arguments, op: str) -> np.ndarray:
    geo = given.geometry
    pixels, inside = _padded(given.images, geo, op)
    if op == "average":
        given = given._replace(dtype=_average_dtype(given.images))
        return given.result(_slide(np.add, pixels, geo) / _count(inside, geo))
    return given.result(_slide(np.maximum if op == "max" else np.minimum, pixels, geo))


def _slide(combine: np.ufunc, pixels: np.ndarray, geo: Geometry) -> np.ndarray:
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


def _taps(geo: Geometry) -> Iterator[tuple[int, tuple[slice, ...]]]:
    """Every place inside a window, row by row: its number, and an index of the pixels there in all windows at once."""
    for number, tap in enumerate(itertools.product(*map(range, geo.kernel_size))):
        yield number, (slice(None), *engine.tap_slices(tap, geo))


def _padded(images: np.ndarray, geo: Geometry, op: str) -> tuple[np.ndarray, np.ndarray]:
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


def _count(inside: np.ndarray, geo: Geometry) -> np.ndarray:
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
    check_choice(op, "op", OPS)
    given = arguments.pooling(images, pool_size, strides, padding)
    given, grad = arguments.with_gradient(given, grad_output, "pool2d")
    if op == "average" and given.dtype.kind != "f":  # shares are never whole
        given, grad = given._replace(dtype=np.dtype(np.float64)), grad.astype(np.float64)
    geo = given.geometry
    pixels, inside = _padded(given.images, geo, op)
    out = np.zeros(pixels.shape, grad.dtype)  # (N, H', W', C)
    if op == "average":
        share = grad / _count(inside, geo)
        for _, where in _taps(geo):
            out[where] += share
    else:
        winner = _winner(pixels, inside, geo, op)
        for number, where in _taps(geo):
            out[where] += np.where(winner == number, grad, 0)
    return given.result(out[engine.inside(given.images.shape[1:3], geo)])


def _winner(pixels: np.ndarray, inside: np.ndarray, geo: Geometry, op: str) -> np.ndarray:
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


def global_pool(images: np.ndarray, op: str = "average") -> np.ndarray:
    """Keep one number for each channel: the average, maximum or minimum over the whole picture.

    Parameters
    ----------
    images : shape (H, W), (H, W, C) or (N, H, W, C)
    op : ``"average"``, ``"max"`` or ``"min"``

    Returns
    -------
    ndarray
        Shape (), (C,) or (N, C); dtype as in `pool2d`.

    Examples
    --------
    >>> global_pool(np.arange(8).reshape(2, 2, 2))
    array([3., 4.])
    """
    check_choice(op, "op", OPS)
    given = arguments.pooling(images, None, 1, "valid")
    return _pool(given, op).squeeze((1, 2) if given.rank == 4 else (0, 1))[()]
