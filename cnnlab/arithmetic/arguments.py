"""What `cnnlab.conv` and `cnnlab.pooling` were called with: checked once, and made into one record.

The record holds arrays of full rank, images (N, *S, C) and kernel (*K, C // groups, F), and a `Geometry`. S, K and the
outputs O have one entry for each spatial axis. `cnnlab.arithmetic.engine` computes with the record and checks nothing
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnnlab.arithmetic.padding import axis_geometry, check_padding
from cnnlab.arithmetic.shapes import dilated_size
from cnnlab.common.validate import check_int, check_rank, ints

# what the caller calls the images → the shapes they may have, by number of axes
LAYOUTS = {
    "signals": {1: "(L,)", 2: "(L, C)", 3: "(N, L, C)"},
    "image": {2: "(H, W)", 3: "(H, W, C)"},
    "images": {2: "(H, W)", 3: "(H, W, C)", 4: "(N, H, W, C)"},
    "volumes": {3: "(D, H, W)", 4: "(D, H, W, C)", 5: "(N, D, H, W, C)"},
}
KERNELS = {  # the same of a kernel, by number of spatial axes
    1: {1: "(K,)", 2: "(K, C_in)", 3: "(K, C_in, C_out)"},
    2: {2: "(KH, KW)", 3: "(KH, KW, C_in)", 4: "(KH, KW, C_in, C_out)"},
    3: {3: "(KD, KH, KW)", 4: "(KD, KH, KW, C_in)", 5: "(KD, KH, KW, C_in, C_out)"},
}


class Geometry(NamedTuple):
    """Where the kernel or the pooling window goes: one entry for each spatial axis."""

    kernel_size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation_rate: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    outputs: tuple[int, ...]


class Arguments(NamedTuple):
    """Checked arguments. Images, kernel and bias have the dtype to compute in.

    Attributes
    ----------
    images : (N, *S, C)
    geometry : where the windows go
    rank : number of axes that the caller's images had
    dtype : of the result
    kernel : (*K, C // groups, F); of a transposed convolution (KH, KW, C_out, C_in), of a depthwise one (KH, KW, C, M)
    bias : () or (F,); None where there is none, and in pooling
    groups : filters of group g see only the channels of group g
    """

    images: np.ndarray
    geometry: Geometry
    rank: int
    dtype: np.dtype
    kernel: np.ndarray | None = None
    bias: np.ndarray | None = None
    groups: int = 1

    def result(self, out: np.ndarray) -> np.ndarray:
        """`out`, (N, *O, F), as the caller expects it: in the rank of their images and the dtype of the result."""
        missing = self.images.ndim - self.rank  # 0: a batch, 1: one picture, 2: one picture without a channel axis
        out = out if missing == 0 else out[0] if missing == 1 else out[0, ..., 0]
        return out.astype(self.dtype, copy=False)


def convolution(
    images: object,
    kernel: object,
    bias: object,
    strides: object,
    padding: object,
    dilation_rate: object,
    groups: object = 1,
    *,
    name: str = "images",
) -> Arguments:
    """The arguments of a convolution; how many spatial axes it has goes by the `name` of the images."""
    images, rank = full_images(images, name)
    kernel = _full_kernel(kernel, images, rank, name, groups)
    geo = geometry(images.shape[1:-1], kernel.shape[:-2], strides, padding, dilation_rate)
    return _in_one_dtype(images, geo, rank, kernel, bias, kernel.shape[-1], groups)


def depthwise(
    images: object, kernel: object, bias: object, strides: object, padding: object, dilation_rate: object
) -> Arguments:
    """The arguments of a depthwise convolution; the kernel becomes (KH, KW, C, M)."""
    images, rank = full_images(images)
    channels = images.shape[-1]
    kernel = check_rank(kernel, "kernel", {2: "(KH, KW)", 3: "(KH, KW, C)", 4: "(KH, KW, C, M)"}, empty=False)
    if kernel.ndim == 2:
        kernel = np.repeat(kernel[..., None], channels, axis=-1)  # (KH, KW, C)
    if kernel.ndim == 3:
        kernel = kernel[..., None]  # (KH, KW, C, 1)
    if kernel.shape[2] != channels:
        raise ValueError(
            f"`kernel` must have filters for each of the {channels} channels of `images`. "
            f"Received: filters for {kernel.shape[2]}"
        )
    filters = channels * kernel.shape[3]
    _refuse_several(filters, rank)
    geo = geometry(images.shape[1:3], kernel.shape[:2], strides, padding, dilation_rate)
    return _in_one_dtype(images, geo, rank, kernel, bias, filters)


def transposed(
    images: object, kernel: object, bias: object, strides: object, padding: object, dilation_rate: object
) -> tuple[Arguments, tuple[int, int]]:
    """The arguments of a transposed convolution, and its output size.

    The geometry is that of the convolution whose gradient it is: from the large output to the small `images`.
    """
    images, rank = full_images(images)
    kernel = check_rank(kernel, "kernel", {2: "(KH, KW)", 4: "(KH, KW, C_out, C_in)"}, empty=False)
    if kernel.ndim == 2:
        kernel = kernel[..., None, None]  # (KH, KW, 1, 1)
    if kernel.shape[3] != images.shape[3]:
        raise ValueError(
            f"`kernel` (KH, KW, C_out, C_in) must take the {images.shape[3]} channels of `images` in. "
            f"Received: shape {kernel.shape}, C_in {kernel.shape[3]}"
        )
    _refuse_several(kernel.shape[2], rank)
    strides = ints(strides, "strides", 2)
    reach = map(dilated_size, kernel.shape[:2], ints(dilation_rate, "dilation_rate", 2))
    sides = check_padding(padding, 2)
    outputs = tuple(map(_stamped_size, images.shape[1:3], reach, strides, sides))
    if min(outputs) < 1:
        raise ValueError(f"`padding` {sides} cuts everything off: the output would be {outputs[0]} by {outputs[1]}")
    geo = geometry(outputs, kernel.shape[:2], strides, padding, dilation_rate)
    return _in_one_dtype(images, geo, rank, kernel, bias, kernel.shape[2]), outputs


def _stamped_size(n: int, reach: int, strides: int, side: str | tuple[int, int]) -> int:
    """Output length of a transposed convolution along one axis."""
    if side == "same":
        return n * strides
    if side == "valid":
        return n * strides + max(reach - strides, 0)
    return (n - 1) * strides + reach - sum(side)


def pooling(images: object, pool_size: object, strides: object, padding: object) -> Arguments:
    """The arguments of a pooling, over the whole picture where `pool_size` is None; `images` keep their own dtype."""
    images, rank = full_images(images)
    pool_size = images.shape[1:3] if pool_size is None else ints(pool_size, "pool_size", 2)
    geo = geometry(images.shape[1:3], pool_size, pool_size if strides is None else strides, padding, 1, "pool_size")
    for size, sides in zip(pool_size, geo.pads, strict=True):
        if max(sides) >= size:
            raise ValueError(
                f"`padding` must be smaller than `pool_size` {size}, or a window would hold no pixel at all. "
                f"Received: {padding!r}"
            )
    return Arguments(images, geo, rank, images.dtype)


def with_gradient(given: Arguments, grad_output: object, function: str) -> tuple[Arguments, np.ndarray]:
    """`given`, and the gradient by the output of `function` as (N, *O, F), both in the dtype of the gradients."""
    grad = check_rank(grad_output, "grad_output", LAYOUTS["images"])
    filters = given.images.shape[-1] if given.kernel is None else given.kernel.shape[-1]
    full = (len(given.images), *given.geometry.outputs, filters)  # (N, OH, OW, F)
    shown = {2: full[1:3], 3: full[1:], 4: full}[given.rank]
    if grad.shape != shown:
        raise ValueError(
            f"`grad_output` must have the shape of {function}'s output, {shown}. Received: shape {grad.shape}"
        )
    compute, result = dtypes(given.dtype, grad.dtype)
    if given.kernel is not None:
        images, kernel = given.images.astype(compute, copy=False), given.kernel.astype(compute, copy=False)
        given = given._replace(images=images, kernel=kernel)
    return given._replace(dtype=result), grad.reshape(full).astype(compute, copy=False)


def full_images(images: object, name: str = "images") -> tuple[np.ndarray, int]:
    """`images` as (N, *S, C), and the rank it came with."""
    images = check_rank(images, name, LAYOUTS[name])
    rank, given, axes = images.ndim, images.shape, min(LAYOUTS[name])
    if rank == axes:
        images = images[..., None]  # (*S, 1)
    if rank <= axes + 1:
        images = images[None]  # (1, *S, C)
    if 0 in images.shape[1:]:
        raise ValueError(f"`{name}` must have at least one pixel and one channel. Received: shape {given}")
    return images, rank


def geometry(
    space: Sequence[int],
    kernel_size: Sequence[int],
    strides: object,
    padding: object,
    dilation_rate: object,
    name: str = "kernel_size",
) -> Geometry:
    """Where windows of `kernel_size` go on an input of size `space`, both checked already.

    `name` is what the caller calls the window: `kernel_size` or `pool_size`.
    """
    axes = len(space)
    strides, dilation_rate = ints(strides, "strides", axes), ints(dilation_rate, "dilation_rate", axes)
    sides = check_padding(padding, axes)
    found = map(axis_geometry, space, kernel_size, strides, dilation_rate, sides, (name,) * axes)
    pads, outputs = zip(*found, strict=True)
    return Geometry(kernel_size, strides, dilation_rate, pads, outputs)


def dtypes(*dtypes: np.dtype) -> tuple[np.dtype, np.dtype]:
    """``(to compute in, to return)``: int64 if all are integers, else what the floating-point ones agree on.

    Half precision is computed in float32: sums of float16 lose digits, and NumPy has no fast product for it.
    """
    floats = [dtype for dtype in dtypes if dtype.kind == "f"]
    result = np.result_type(*floats) if floats else np.dtype(np.int64)
    return (np.dtype(np.float32) if result == np.float16 else result), result


def _in_one_dtype(
    images: np.ndarray, geo: Geometry, rank: int, kernel: np.ndarray, bias: object, filters: int, groups: int = 1
) -> Arguments:
    """The record, after a look at `bias`; an absent bias does not decide the dtype."""
    if bias is None:
        compute, result = dtypes(images.dtype, kernel.dtype)
    else:
        bias = check_rank(bias, "bias", {0: "()", 1: "(C_out,)"})
        if bias.ndim and len(bias) != filters:
            raise ValueError(f"`bias` must hold one number for each filter: {filters}. Received: shape {bias.shape}")
        compute, result = dtypes(images.dtype, kernel.dtype, bias.dtype)
        bias = bias.astype(compute)
    images, kernel = images.astype(compute, copy=False), kernel.astype(compute, copy=False)
    return Arguments(images, geo, rank, result, kernel, bias, groups)


def _full_kernel(kernel: object, images: np.ndarray, rank: int, name: str, groups: object) -> np.ndarray:
    """`kernel` as (*K, C // groups, F), checked against full `images`, which the caller passed with `rank` axes."""
    axes = images.ndim - 2
    kernel = check_rank(kernel, "kernel", KERNELS[axes], empty=False)
    shape = kernel.shape
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
    _refuse_several(filters, rank, name)
    return kernel


def _refuse_several(filters: int, rank: int, name: str = "images") -> None:
    """Refuse several filters on images without a channel axis, whose result could not have their rank."""
    if rank == min(LAYOUTS[name]) and filters > 1:
        raise ValueError(
            f"`{name}` of shape {LAYOUTS[name][rank]} has no channel axis, so it takes one filter; for several, pass "
            f"{name}[..., None]. Received: {filters} filters"
        )
