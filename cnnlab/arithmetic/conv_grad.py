"""The way back through a convolution: its gradients, and the transposed convolution, which is one of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlab.arithmetic import engine
from cnnlab.common.validate import check_rank


def conv2d_transpose(
    images: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | float | None = None,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> np.ndarray:
    """Transposed convolution: every input pixel stamps the kernel, times its value, onto a larger picture.

    It is the gradient of `conv2d` with respect to its input, and equals Keras' ``Conv2DTranspose``.

    Parameters
    ----------
    images : shape (H, W), (H, W, C_in) or (N, H, W, C_in)
    kernel : shape (KH, KW, C_out, C_in), outputs before inputs as in Keras; (KH, KW) from one channel to one
    bias : one number an output channel, shape (C_out,), or a single number
    strides : input pixels are stamped this far apart
    padding
        What is cut off the result: ``"valid"`` nothing, OH = H·s + max(f − s, 0); ``"same"`` down to OH = H·s; or
        pixels as in `conv2d`, OH = (H − 1)·s + f − top − bottom, where f is the dilated kernel size
    dilation_rate : one number, or (height, width)

    Returns
    -------
    ndarray
        Shape (OH, OW), (OH, OW, C_out) or (N, OH, OW, C_out): the rank of `images`.

    Examples
    --------
    >>> conv2d_transpose([[1, 2]], [[1, 10]], strides=2)
    array([[ 1, 10,  2, 20],
           [ 0,  0,  0,  0]])
    """
    images, rank = engine.full_images(images, "images", axes=2)
    kernel = check_rank(kernel, "kernel", {2: "(KH, KW)", 4: "(KH, KW, C_out, C_in)"})
    engine.check_not_empty(kernel)
    if kernel.ndim == 2:
        kernel = kernel[..., None, None]  # (KH, KW, 1, 1)
    if kernel.shape[3] != images.shape[3]:
        raise ValueError(
            f"`kernel` (KH, KW, C_out, C_in) must take the {images.shape[3]} channels of `images` in. "
            f"Received: shape {kernel.shape}, C_in {kernel.shape[3]}"
        )
    engine.check_single(kernel.shape[2], rank, "images", axes=2)
    space, geo = engine.transposed_geometry(images.shape[1:3], kernel.shape[:2], strides, padding, dilation_rate)
    bias = engine.full_bias(bias, kernel.shape[2])
    compute, result = engine.dtypes(images, kernel, bias)
    shape = (len(images), *space, kernel.shape[2])
    out = engine.image_gradient(images.astype(compute), kernel.astype(compute), shape, geo, groups=1)
    out = out + bias.astype(compute)
    return engine.like_rank(out.astype(result, copy=False), rank, axes=2)


def conv2d_backward(
    images: np.ndarray,
    kernel: np.ndarray,
    grad_output: np.ndarray,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence = "valid",
    dilation_rate: int | Sequence[int] = 1,
    groups: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of a loss with respect to what went into `conv2d`, from its gradient with respect to what came out.

    Parameters
    ----------
    images, kernel, strides, padding, dilation_rate, groups : exactly as `conv2d` got them
    grad_output : the loss's derivative by each output, same shape as the output of `conv2d`

    Returns
    -------
    grad_images : shape of `images`; a pixel adds up every output it fed, times the weight it met there
    grad_kernel : shape of `kernel`; a weight adds up every pixel it met, times the gradient of that output
    grad_bias : shape (C_out,); the sum of each filter's output gradients

    Raises
    ------
    ValueError
        As `conv2d`, and if `grad_output` has not the shape of its output.

    Examples
    --------
    >>> grad_images, grad_kernel, grad_bias = conv2d_backward([[1, 2, 3]], [[10, 20]], [[1, 1]])
    >>> grad_images, grad_kernel, grad_bias
    (array([[10, 30, 20]]), array([[3, 5]]), array([2]))
    """
    images, rank = engine.full_images(images, "images", axes=2)
    kernel_shape = np.shape(kernel)
    kernel = engine.full_kernel(kernel, images, rank, "images", axes=2, groups=groups)
    geo = engine.geometry(images.shape[1:3], kernel.shape[:2], strides, padding, dilation_rate)
    grad = check_rank(grad_output, "grad_output", engine.LAYOUTS[2])
    expected = (len(images), *geo.outputs, kernel.shape[3])  # (N, OH, OW, C_out)
    shown = {2: expected[1:3], 3: expected[1:], 4: expected}[rank]
    if grad.shape != shown:
        raise ValueError(f"`grad_output` must have the shape of conv2d's output, {shown}. Received: shape {grad.shape}")
    compute, result = engine.dtypes(images, kernel, grad)
    images, kernel, grad = (a.astype(compute, copy=False) for a in (images, kernel, grad.reshape(expected)))
    grad_images = engine.image_gradient(grad, kernel, images.shape, geo, groups).astype(result, copy=False)
    grad_kernel = engine.kernel_gradient(images, grad, kernel.shape, geo, groups).astype(result, copy=False)
    grad_bias = grad.sum(axis=(0, 1, 2)).astype(result, copy=False)
    return engine.like_rank(grad_images, rank, axes=2), grad_kernel.reshape(kernel_shape), grad_bias
