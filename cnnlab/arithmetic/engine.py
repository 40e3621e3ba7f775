"""The engine behind `cnnlab.conv`: one, two or three spatial axes, forward and backward, as matrix products.

Arrays in here are already checked and of full rank: images (N, *S, C), kernel (*K, C // groups, F), output (N, *O, F),
where S, K and O have one entry a spatial axis.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cnnlab.arithmetic.patches import window_view
from cnnlab.arithmetic.shapes import dilated_size, explicit_padding, fit_window, resolve_padding
from cnnlab.common.validate import check_choice, check_int, check_rank, ints

# The im2col matrix is made this many bytes at a time, in one buffer. Smaller blocks stay in the cache; larger ones mean
# fewer matrix products, each of which waits for a core when other programs hold them. 16 MiB is within 20 % of the best
# on idle cores and twice as fast as 2 MiB on busy ones (benchmarks/conv_speed.py).
BLOCK_BYTES = 16 * 2**20

LAYOUTS = {
    1: {1: "(L,)", 2: "(L, C)", 3: "(N, L, C)"},
    2: {2: "(H, W)", 3: "(H, W, C)", 4: "(N, H, W, C)"},
    3: {3: "(D, H, W)", 4: "(D, H, W, C)", 5: "(N, D, H, W, C)"},
}
KERNELS = {
    1: {1: "(K,)", 2: "(K, C_in)", 3: "(K, C_in, C_out)"},
    2: {2: "(KH, KW)", 3: "(KH, KW, C_in)", 4: "(KH, KW, C_in, C_out)"},
    3: {3: "(KD, KH, KW)", 4: "(KD, KH, KW, C_in)", 5: "(KD, KH, KW, C_in, C_out)"},
}


class Geometry(NamedTuple):
    """Where the kernel goes: one entry a spatial axis."""

    kernel_size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation_rate: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    outputs: tuple[int, ...]


def geometry(
    space: Sequence[int],
    kernel_size: Sequence[int],
    strides: object,
    padding: object,
    dilation_rate: object,
    name: str = "kernel_size",
) -> Geometry:
    """Check the arguments against an input of size `space`, and work out padding and output size.

    `name` is what the caller calls the window: `kernel_size` or `pool_size`.
    """
    axes = len(space)
    strides = ints(strides, "strides", axes)
    dilation_rate = ints(dilation_rate, "dilation_rate", axes)
    pads = resolve_padding(padding, space, kernel_size, strides, dilation_rate)
    shown = (padding,) * axes if isinstance(padding, str) else pads  # the error quotes the caller's own word
    outputs = tuple(
        fit_window(*axis, name) for axis in zip(space, kernel_size, strides, shown, dilation_rate, strict=True)
    )
    return Geometry(tuple(kernel_size), strides, dilation_rate, pads, outputs)


def transposed_geometry(
    space: Sequence[int], kernel_size: Sequence[int], strides: object, padding: object, dilation_rate: object
) -> tuple[tuple[int, ...], Geometry]:
    """The size of a transposed convolution's output, and the geometry of the convolution that it is the gradient of."""
    strides = ints(strides, "strides", 2)
    dilation_rate = ints(dilation_rate, "dilation_rate", 2)
    reach = tuple(map(dilated_size, kernel_size, dilation_rate))
    if isinstance(padding, str):
        check_choice(padding, "padding", ("valid", "same"))
        more = [max(f - s, 0) if padding == "valid" else 0 for f, s in zip(reach, strides, strict=True)]
        outputs = tuple(n * s + m for n, s, m in zip(space, strides, more, strict=True))
    else:
        padding = explicit_padding(padding, 2)
        outputs = tuple((n - 1) * s + f - sum(p) for n, s, f, p in zip(space, strides, reach, padding, strict=True))
        if min(outputs) < 1:
            raise ValueError(
                f"`padding` {padding} cuts everything off: the output would be {outputs[0]} by {outputs[1]}"
            )
    return outputs, geometry(outputs, kernel_size, strides, padding, dilation_rate)


def full_images(images: object, name: str, axes: int) -> tuple[np.ndarray, int]:
    """`images` as (N, *S, C), and the rank it came with."""
    images = check_rank(images, name, LAYOUTS[axes])
    rank, given = images.ndim, images.shape
    if rank == axes:
        images = images[..., None]  # (*S, 1)
    if rank <= axes + 1:
        images = images[None]  # (1, *S, C)
    if 0 in images.shape[1:]:
        raise ValueError(f"`{name}` must have at least one pixel and one channel. Received: shape {given}")
    return images, rank


def full_kernel(kernel: object, images: np.ndarray, rank: int, name: str, axes: int, groups: int) -> np.ndarray:
    """`kernel` as (*K, C // groups, F), checked against full `images`, which the caller passed with `rank` axes."""
    kernel = check_rank(kernel, "kernel", KERNELS[axes])
    shape = kernel.shape
    check_not_empty(kernel)
    if kernel.ndim == axes:
        kernel = kernel[..., None]  # (*K, 1)
    if kernel.ndim == axes + 1:
        kernel = kernel[..., None]  # (*K, C_in, 1)
    groups = check_int(groups, "groups", minimum=1)
    channels, (depth, filters) = images.shape[-1], kernel.shape[-2:]
    for what, count in ((f"the channels of `{name}`", channels), ("the filters of `kernel`", filters)):
        if count % groups:
            raise ValueError(f"`groups` must divide {what}: {count} / {groups} is not whole. Received: groups={groups}")
    if depth * groups != channels:
        wanted = f"{channels}" if groups == 1 else f"{channels} / {groups} groups = {channels // groups}"
        message = (
            f"`kernel` must be as deep as its input: `{name}` has {channels} channels, so {wanted}. "
            f"Received: kernel depth {depth} (shape {shape})"
        )
        if axes == 2 and len(shape) == 2:
            message += (
                ". To lay one flat kernel on every channel use depthwise_conv2d; a batch of grey pictures (N, H, W) "
                "needs images[..., None]"
            )
        raise ValueError(message)
    check_single(filters, rank, name, axes)
    return kernel


def check_not_empty(kernel: np.ndarray) -> None:
    """Refuse a kernel with an axis of length 0."""
    if 0 in kernel.shape:
        raise ValueError(f"`kernel` must not be empty. Received: shape {kernel.shape}")


def full_bias(bias: object, filters: int) -> np.ndarray:
    """`bias` as an array of shape () or (filters,); no bias is a boolean zero, which never decides the dtype."""
    if bias is None:
        return np.zeros((), bool)
    bias = check_rank(bias, "bias", {0: "()", 1: "(C_out,)"})
    if bias.ndim and len(bias) != filters:
        raise ValueError(f"`bias` must hold one number a filter: {filters}. Received: shape {bias.shape}")
    return bias


def check_single(filters: int, rank: int, name: str, axes: int) -> None:
    """Refuse several output channels where the input has no channel axis to put them in."""
    if rank == axes and filters > 1:
        raise ValueError(
            f"`{name}` of shape {LAYOUTS[axes][axes]} has no channel axis, so it takes one filter; for several, pass "
            f"{name}[..., None]. Received: {filters} filters"
        )


def like_rank(array: np.ndarray, rank: int, axes: int) -> np.ndarray:
    """Undo `full_images` on a result (N, *O, F)."""
    if rank == axes + 2:
        return array
    return array[0] if rank == axes + 1 else array[0, ..., 0]


def dtypes(*arrays: np.ndarray) -> tuple[np.dtype, np.dtype]:
    """``(to compute in, to return)``: int64 if all are integers, else what the floating-point ones agree on.

    Half precision is computed in float32: sums of float16 lose digits, and NumPy has no fast product for it.
    """
    floats = [a.dtype for a in arrays if a.dtype.kind == "f"]
    result = np.result_type(*floats) if floats else np.dtype(np.int64)
    return (np.dtype(np.float32) if result == np.float16 else result), result


def pad(images: np.ndarray, pads: Sequence[tuple[int, int]]) -> np.ndarray:
    """Zeros around the spatial axes; the array itself where there is nothing to add."""
    if not any(itertools.chain(*pads)):
        return images
    space = [before + n + after for n, (before, after) in zip(images.shape[1:-1], pads, strict=True)]
    out = np.zeros((len(images), *space, images.shape[-1]), images.dtype)  # half the time of np.pad
    out[(slice(None), *inside(images.shape[1:-1], pads))] = images
    return out


def inside(space: Sequence[int], pads: Sequence[tuple[int, int]]) -> tuple[slice, ...]:
    """Where the real pixels lie in a padded array: one slice a spatial axis."""
    return tuple(slice(before, before + n) for n, (before, _) in zip(space, pads, strict=True))


def blocks(count: int, outputs: Sequence[int], bytes_each: int) -> Iterator[tuple[slice, slice]]:
    """Cut (N, *O) into (images, rows) slices whose im2col matrix stays near `BLOCK_BYTES`."""
    rows = max(1, BLOCK_BYTES // (math.prod(outputs[1:]) * bytes_each))
    images = max(1, rows // outputs[0])
    rows = min(rows, outputs[0])
    for n in range(0, count, images):
        for r in range(0, outputs[0], rows):
            yield slice(n, min(n + images, count)), slice(r, min(r + rows, outputs[0]))


def group_slices(channels: int, filters: int, groups: int) -> Iterator[tuple[slice, slice]]:
    """The channels and the filters of each group."""
    for g in range(groups):
        yield (
            slice(g * channels // groups, (g + 1) * channels // groups),
            slice(g * filters // groups, (g + 1) * filters // groups),
        )


def tap_slices(tap: Sequence[int], geo: Geometry) -> tuple[slice, ...]:
    """The padded pixels that one tap of the kernel meets, over all output positions: one slice a spatial axis."""
    return tuple(
        slice(t * d, t * d + (o - 1) * s + 1, s)
        for t, d, o, s in zip(tap, geo.dilation_rate, geo.outputs, geo.strides, strict=True)
    )


def columns(view: np.ndarray, geo: Geometry, channels: slice, taps: int) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Copy windows (N, *O, *K, C) into rows, block by block: (images, rows, matrix (positions, K*C_in)).

    Every matrix lies in the same buffer: fresh memory each time costs more than the copy.
    """
    buffer = np.empty(0, view.dtype)
    for n, r in blocks(len(view), geo.outputs, taps * view.itemsize):
        block = view[n, r, ..., channels]
        if math.prod(geo.kernel_size) == 1:  # a window of one pixel is a row already
            yield n, r, block.reshape(-1, taps)
            continue
        if block.size > buffer.size:  # the first block is the largest
            buffer = np.empty(block.size, view.dtype)
        matrix = buffer[: block.size].reshape(block.shape)
        matrix[...] = block
        yield n, r, matrix.reshape(-1, taps)


def forward(images: np.ndarray, kernel: np.ndarray, geo: Geometry, groups: int) -> np.ndarray:
    """Cross-correlate (N, *S, C) with (*K, C // groups, F) -> (N, *O, F)."""
    view = window_view(pad(images, geo.pads), geo.kernel_size, geo.strides, geo.dilation_rate)  # (N, *O, *K, C)
    filters, taps = kernel.shape[-1], math.prod(kernel.shape[:-1])
    out = np.empty((len(images), *geo.outputs, filters), kernel.dtype)
    for source, target in group_slices(images.shape[-1], filters, groups):
        weights = kernel[..., target].reshape(taps, -1)  # (K*C_in, F)
        for n, r, cols in columns(view, geo, source, taps):
            block = out[n, r, ..., target]
            block[...] = (cols @ weights).reshape(block.shape)
    return out


def kernel_gradient(
    images: np.ndarray, grad: np.ndarray, kernel_shape: Sequence[int], geo: Geometry, groups: int
) -> np.ndarray:
    """Each weight's gradient: its input pixels times the output gradients they met, summed -> (*K, C // groups, F)."""
    view = window_view(pad(images, geo.pads), geo.kernel_size, geo.strides, geo.dilation_rate)  # (N, *O, *K, C)
    taps = math.prod(kernel_shape[:-1])
    out = np.zeros(kernel_shape, grad.dtype)
    for source, target in group_slices(images.shape[-1], grad.shape[-1], groups):
        part = np.zeros((taps, target.stop - target.start), grad.dtype)
        for n, r, cols in columns(view, geo, source, taps):
            part += cols.T @ grad[n, r, ..., target].reshape(len(cols), -1)
        out[..., target] = part.reshape(*kernel_shape[:-1], -1)
    return out


def image_gradient(
    grad: np.ndarray, kernel: np.ndarray, image_shape: Sequence[int], geo: Geometry, groups: int
) -> np.ndarray:
    """Each pixel's gradient: every output it fed, times the weight it met there, summed -> `image_shape` (N, *S, C)."""
    count, *space, channels = image_shape
    padded = [before + n + after for n, (before, after) in zip(space, geo.pads, strict=True)]
    out = np.zeros((count, *padded, channels), grad.dtype)  # (N, *S padded, C)
    for source, target in group_slices(channels, grad.shape[-1], groups):
        weights = kernel[..., target].reshape(-1, target.stop - target.start)  # (K*C_in, F)
        for n, r in blocks(count, geo.outputs, len(weights) * grad.itemsize):
            block = grad[n, r, ..., target]  # (n, *o, F)
            cols = block.reshape(-1, block.shape[-1]) @ weights.T  # (positions, K*C_in)
            cols = cols.reshape(*block.shape[:-1], *geo.kernel_size, -1)  # (n, *o, *K, C_in)
            for tap in itertools.product(*map(range, geo.kernel_size)):
                first, *others = tap_slices(tap, geo)
                rows = slice(
                    first.start + r.start * first.step, first.start + (r.stop - 1) * first.step + 1, first.step
                )
                out[(n, rows, *others, source)] += cols[(..., *tap, slice(None))]
    return out[(slice(None), *inside(space, geo.pads))]


def depthwise(images: np.ndarray, kernel: np.ndarray, geo: Geometry) -> np.ndarray:
    """Cross-correlate (N, H, W, C) with (KH, KW, C, M), channel by channel -> (N, OH, OW, C, M).

    One tap at a time over a whole picture: a product a channel would be too small to be worth a matrix product.
    """
    _, _, channels, multiplier = kernel.shape
    out = np.zeros((len(images), multiplier, *geo.outputs, channels), kernel.dtype)
    images = pad(images, geo.pads)
    for tap in itertools.product(*map(range, geo.kernel_size)):
        where = tap_slices(tap, geo)
        for m in range(multiplier):
            # repeated along a row of pixels, so that NumPy runs along the row and not along a few channels
            weights = np.tile(kernel[tap][:, m], (geo.outputs[1], 1))  # (OW, C)
            for picture, target in zip(images, out[:, m], strict=True):  # (H', W', C), (OH, OW, C)
                target += picture[where] * weights
    return np.moveaxis(out, 1, -1)
