"""The way back through a convolution: its gradients, and the transposed convolution, which is one of them."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from cnnlab.arithmetic import arguments, engine


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
    bias : one number for each output channel, shape (C_out,), or a single number
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
    given, space = arguments.transposed(images, kernel, bias, strides, padding, dilation_rate)
    out = engine.image_gradient(given.images, given.kernel, given.geometry, space)
    return given.result(out if given.bias is None else out + given.bias)


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
    given = arguments.convolution(images, kernel, None, strides, padding, dilation_rate, groups)
    given, grad = arguments.with_gradient(given, grad_output, "conv2d")
    by_image = functools.partial(engine.image_gradient, space=given.images.shape[1:3])
    grad_images = given.result(engine.by_group(by_image, grad, given.kernel, given))
    grad_kernel = engine.by_group(engine.kernel_gradient, given.images, grad, given).reshape(np.shape(kernel))
    grad_bias = grad.sum(axis=(0, 1, 2))
    return grad_images, grad_kernel.astype(given.dtype, copy=False), grad_bias.astype(given.dtype, copy=False)
