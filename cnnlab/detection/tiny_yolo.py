"""Tiny YOLO: the detector of lesson 12, small enough to train in a minute and plain enough to be exported to Darknet.

It is made of what a Darknet ``.cfg`` can say and of nothing else, one layer after the other:

- ``block1_conv``, ``block1_bn``, ``block1_leaky``: a convolution without bias, 3×3 padded by 1 on every side; batch
  normalization with epsilon 1e-5; leaky ReLU with slope 0.1. And so on for each block.
- ``block1_pool``: max pooling 2/2 behind each of the first blocks; three of them make a stride of 8.
- ``head``: a 1×1 convolution with a bias and no activation. Its channels are Darknet's: for each anchor tx, ty, tw, th,
  objectness, classes. `cnnlab.yolo.activate` puts the sigmoids on, `cnnlab.yolo.decode` reads boxes from it.

Source: the layout of YOLOv3-tiny (Redmon and Farhadi, 2018, ``cfg/yolov3-tiny.cfg``), with fewer filters and one grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import keras
import numpy as np

from cnnlab.common.validate import check_int, ints
from cnnlab.data import scenes
from cnnlab.detection.anchors import check as check_anchors
from cnnlab.detection.yolo import OBJECTNESS
from cnnlab.models.zoo.parts import convolution, pooling

ANCHORS = scenes.ANCHORS
FILTERS = (8, 16, 32, 64, 64, 64)
POOLED = 3  # of the first blocks end in a pooling
_MOMENTUM = 0.9  # of the batch normalizations' moving averages; a short training needs less than Keras' 0.99
# Before it has learned anything the network says σ(−4) ≈ 0.02 everywhere: "probably nothing here". It would otherwise
# spend its first steps on unlearning 432 objects a picture.
_PRIOR = -4.0


def build(
    input_shape: tuple[int | None, int | None, int] = (96, 96, 3),
    classes: int = 3,
    anchors: Sequence | np.ndarray = ANCHORS,
    filters: Sequence[int] = FILTERS,
    pooled: int = POOLED,
) -> keras.Model:
    """Build the detector; it is not compiled, and its weights are random.

    Parameters
    ----------
    input_shape : (H, W, C); H and W are multiples of the stride, 2 to the power of `pooled`, or None
    classes : C, >= 1
    anchors : (A, 2) widths and heights in pixels; here only their number matters
    filters : of each block's 3×3 convolution
    pooled : how many of the first blocks end in a pooling, 1 to the number of blocks; 3 make a stride of 8, 4 of 16

    Returns
    -------
    keras.Model
        (N, H, W, C) → (N, H / stride, W / stride, A·(5 + C)), named ``tiny_yolo``.

    Raises
    ------
    TypeError, ValueError
        For sides that the poolings do not divide, and anything else out of its range.

    Examples
    --------
    >>> model = build()
    >>> model.output_shape, model.count_params()
    ((None, 12, 12, 24), 100688)
    >>> build((90, 96, 3))
    Traceback (most recent call last):
    ValueError: `input_shape` must have height and width that are multiples of 8. Received: (90, 96, 3)
    """
    filters = ints(filters, "filters", len(filters))
    pooled = check_int(pooled, "pooled", 1, len(filters))
    shape = _check_shape(input_shape, 2**pooled)
    anchors, classes = len(check_anchors(anchors)), check_int(classes, "classes", 1)
    inputs = x = keras.Input(shape, name="image")
    for number, units in enumerate(filters, 1):
        x = _block(x, units, f"block{number}")
        if number <= pooled:
            x = pooling(x, 2, 2, name=f"block{number}_pool")
    outputs = convolution(x, anchors * (5 + classes), 1, name="head")
    model = keras.Model(inputs, outputs, name="tiny_yolo")
    bias = np.zeros((anchors, 5 + classes))
    bias[:, OBJECTNESS] = _PRIOR
    model.get_layer("head").bias.assign(bias.ravel())
    return model


def _block(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    """Convolution, batch normalization, leaky ReLU: (N, H, W, C) → (N, H, W, filters)."""
    x = convolution(x, filters, 3, use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv")
    x = keras.layers.BatchNormalization(epsilon=1e-5, momentum=_MOMENTUM, name=f"{name}_bn")(x)
    return keras.layers.LeakyReLU(negative_slope=0.1, name=f"{name}_leaky")(x)


def _check_shape(input_shape: object, stride: int) -> tuple[int | None, int | None, int]:
    shape = tuple(input_shape) if isinstance(input_shape, Iterable) else ()
    if len(shape) != 3:
        raise ValueError(f"`input_shape` must be (H, W, C), without the batch. Received: {input_shape!r}")
    for size in shape[:2]:
        if size is not None and check_int(size, "input_shape", 1) % stride:
            raise ValueError(
                f"`input_shape` must have height and width that are multiples of {stride}. Received: {shape}"
            )
    return (*shape[:2], check_int(shape[2], "input_shape", 1))
