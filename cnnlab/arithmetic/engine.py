"""The engine behind `cnnlab.conv`: one, two or three spatial axes, forward and backward, as matrix products.

Arrays in here are already checked and of full rank (`cnnlab.arithmetic.arguments`): images (N, *S, C), kernel
(*K, C // groups, F), output (N, *O, F), where S, K and O have one entry for each spatial axis.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from cnnlab.arithmetic.arguments import Arguments, Geometry

# The im2col matrix is made this many bytes at a time, in one buffer. Smaller blocks stay in the cache; larger ones mean
# fewer matrix products, each of which waits for a core when other programs hold them. 16 MiB is within 20 % of the best
# on idle cores and twice as fast as 2 MiB on busy ones (benchmarks/conv_speed.py).
BLOCK_BYTES = 16 * 2**20


def convolve(given: Arguments) -> np.ndarray:
    """The answer of `cnnlab.conv.conv2d` and of its like in one and three dimensions."""
    out = by_group(_correlate, given.images, given.kernel, given)
    if given.bias is not None:
        out += given.bias
    return given.result(out)


def by_group(product: Callable, a: np.ndarray, b: np.ndarray, given: Arguments) -> np.ndarray:
    """``product(a, b, geometry)``; of several groups each by itself, the last axes cut before and joined after it."""
    if given.groups == 1:
        return product(a, b, given.geometry)
    parts = zip(np.split(a, given.groups, axis=-1), np.split(b, given.groups, axis=-1), strict=True)
    return np.concatenate([product(*part, given.geometry) for part in parts], axis=-1)


def _correlate(images: np.ndarray, kernel: np.ndarray, geo: Geometry) -> np.ndarray:
    """Cross-correlate (N, *S, C) with (*K, C, F) -> (N, *O, F)."""
    filters = kernel.shape[-1]
    weights = kernel.reshape(-1, filters)  # (K*C, F)
    out = np.empty((len(images), *geo.outputs, filters), kernel.dtype)
    for where, rows in columns(images, geo):
        np.matmul(rows, weights, out=out[where].reshape(-1, filters))  # a block is contiguous: its reshape is a view
    return out


def kernel_gradient(images: np.ndarray, grad: np.ndarray, geo: Geometry) -> np.ndarray:
    """Each weight's gradient: its input pixels times the output gradients they met, summed -> (*K, C, F)."""
    depth, filters = images.shape[-1], grad.shape[-1]
    out = np.zeros((math.prod(geo.kernel_size) * depth, filters), grad.dtype)
    for where, rows in columns(images, geo):
        out += rows.T @ grad[where].reshape(-1, filters)
    return out.reshape(*geo.kernel_size, depth, filters)


def image_gradient(grad: np.ndarray, kernel: np.ndarray, geo: Geometry, space: Sequence[int]) -> np.ndarray:
    """Each pixel's gradient: every output it fed, times the weight it met there, summed -> (N, *space, C)."""
    depth, filters = kernel.shape[-2:]
    padded = [before + n + after for n, (before, after) in zip(space, geo.pads, strict=True)]
    out = np.zeros((len(grad), *padded, depth), grad.dtype)
    weights = kernel.reshape(-1, filters)  # (K*C, F)
    for n, r in blocks(len(grad), geo.outputs, len(weights) * grad.itemsize):
        block = grad[n, r]  # (n, *o, F)
        rows = block.reshape(-1, filters) @ weights.T  # (positions, K*C)
        rows = rows.reshape(*block.shape[:-1], *geo.kernel_size, depth)  # (n, *o, *K, C)
        for tap in itertools.product(*map(range, geo.kernel_size)):
            first, *others = tap_slices(tap, geo)
            down = slice(first.start + r.start * first.step, first.start + (r.stop - 1) * first.step + 1, first.step)
            out[(n, down, *others)] += rows[(..., *tap, slice(None))]
    return out[inside(space, geo)]


def columns(images: np.ndarray, geo: Geometry) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """Copy every window into a row, block by block: which (images, rows) of the output, and a matrix (positions, K*C).

    Every matrix lies in the same buffer: fresh memory each time costs more than the copy.
    """
    view = windows(images, geo)  # (N, *O, *K, C)
    taps = math.prod(geo.kernel_size) * images.shape[-1]
    if taps == images.shape[-1] and view.flags.c_contiguous:  # windows of one pixel, side by side: rows already
        yield (slice(None), slice(None)), view.reshape(-1, taps)
        return
    buffer = np.empty(0, view.dtype)
    for where in blocks(len(view), geo.outputs, taps * view.itemsize):
        block = view[where]
        if block.size > buffer.size:  # the first block is the largest
            buffer = np.empty(block.size, view.dtype)
        rows = buffer[: block.size].reshape(block.shape)
        rows[...] = block
        yield where, rows.reshape(-1, taps)


def blocks(count: int, outputs: Sequence[int], bytes_each: int) -> Iterator[tuple[slice, slice]]:
    """Cut (N, *O) into (images, rows) slices whose im2col matrix stays near `BLOCK_BYTES`; each slice is contiguous."""
    rows = max(1, BLOCK_BYTES // (math.prod(outputs[1:]) * bytes_each))
    images = max(1, rows // outputs[0])
    rows = min(rows, outputs[0])
    for n in range(0, count, images):
        for r in range(0, outputs[0], rows):
            yield slice(n, min(n + images, count)), slice(r, min(r + rows, outputs[0]))


def windows(images: np.ndarray, geo: Geometry) -> np.ndarray:
    """Every window of (N, *S, C), padded: a read-only view (N, *O, *K, C), in which nothing is copied.

    >>> geo = Geometry((3, 3), (1, 2), (1, 1), ((0, 0), (0, 0)), (3, 2))
    >>> windows(np.arange(25).reshape(1, 5, 5, 1), geo)[0, 0, 1, ..., 0]
    array([[ 2,  3,  4],
           [ 7,  8,  9],
           [12, 13, 14]])
    """
    images = pad(images, geo)
    shape = (len(images), *geo.outputs, *geo.kernel_size, images.shape[-1])
    batch, *steps, channel = images.strides  # in bytes
    steps = (*map(operator.mul, steps, geo.strides), *map(operator.mul, steps, geo.dilation_rate))
    return np.lib.stride_tricks.as_strided(images, shape, (batch, *steps, channel), writeable=False)


def pad(images: np.ndarray, geo: Geometry) -> np.ndarray:
    """Zeros around the spatial axes; the array itself where there is nothing to add."""
    if not any(itertools.chain(*geo.pads)):
        return images
    space = [before + n + after for n, (before, after) in zip(images.shape[1:-1], geo.pads, strict=True)]
    out = np.zeros((len(images), *space, images.shape[-1]), images.dtype)  # half the time of np.pad
    out[inside(images.shape[1:-1], geo)] = images
    return out


def inside(space: Sequence[int], geo: Geometry) -> tuple[slice, ...]:
    """Where the real pixels lie in a padded array: a slice for the pictures and one for each spatial axis."""
    return slice(None), *(slice(before, before + n) for n, (before, _) in zip(space, geo.pads, strict=True))


def tap_slices(tap: Sequence[int], geo: Geometry) -> tuple[slice, ...]:
    """The padded pixels that one tap of the kernel meets over all output positions: one slice for each spatial axis."""
    return tuple(
        slice(t * d, t * d + (o - 1) * s + 1, s)
        for t, d, o, s in zip(tap, geo.dilation_rate, geo.outputs, geo.strides, strict=True)
    )


def zeros(given: Arguments) -> np.ndarray:
    """An output of a convolution before anything is added to it, (N, *O, F)."""
    return np.zeros((len(given.images), *given.geometry.outputs, given.kernel.shape[-1]), given.kernel.dtype)


def convolve_depthwise(given: Arguments) -> np.ndarray:
    """Cross-correlate (N, H, W, C) with (KH, KW, C, M), channel by channel; output channel ``c*M + m``.

    One tap at a time over a whole picture: the product of a single channel is too small to be worth a matrix product.
    """
    images, kernel, geo = pad(given.images, given.geometry), given.kernel, given.geometry
    multiplier = kernel.shape[-1]
    out = np.zeros((len(images), multiplier, *geo.outputs, images.shape[-1]), kernel.dtype)
    for tap in itertools.product(*map(range, geo.kernel_size)):
        where = tap_slices(tap, geo)
        for m in range(multiplier):
            # repeated along a row of pixels, so that NumPy runs along the row and not along a few channels
            weights = np.tile(kernel[tap][:, m], (geo.outputs[1], 1))  # (OW, C)
            for picture, target in zip(images, out[:, m], strict=True):  # (H', W', C), (OH, OW, C)
                target += picture[where] * weights
    out = np.moveaxis(out, 1, -1).reshape(len(images), *geo.outputs, images.shape[-1] * multiplier)  # (N, OH, OW, C*M)
    return given.result(out if given.bias is None else out + given.bias)
