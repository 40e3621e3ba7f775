"""ResNet: units that add to their input instead of replacing it, 2015; and the same networks without the addition.

He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", CVPR 2016: table 1 for ImageNet, section 4.2 for
CIFAR-10. No convolution has a bias, every one is followed by a batch normalisation, and there is one max pooling, after
the first convolution of the ImageNet networks. `keras.applications` has biases as well: 25,636,712 parameters in its
ResNet50, of which 53,120 are batch statistics, against 25,557,032 trainable ones here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras

from cnnlab.common.validate import check_choice, check_int
from cnnlab.models.layers import ChannelPadding
from cnnlab.models.zoo.parts import Architecture, Top, classifier, convolution, global_average, pooling

EXPANSION = 4  # a bottleneck unit gives four times as many channels as its 3×3 convolution has
SHORTCUTS = ("projection", "pad", "none")

Gate = Callable[[keras.KerasTensor, str], keras.KerasTensor]


def _conv_bn(
    x: keras.KerasTensor, filters: int, size: int, strides: int, prefix: str, suffix: object = ""
) -> keras.KerasTensor:
    """Convolution without bias, then batch normalisation: ``{prefix}_conv{suffix}`` and ``{prefix}_bn{suffix}``."""
    name = f"{prefix}_conv{suffix}"
    x = convolution(x, filters, size, strides, use_bias=False, kernel_initializer="he_normal", name=name)
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{prefix}_bn{suffix}")(x)


def _shortcut(x: keras.KerasTensor, channels: int, strides: int, kind: str, unit: str) -> keras.KerasTensor:
    """The input brought to the residual's shape, where the shapes differ."""
    if strides == 1 and x.shape[-1] == channels:
        return x
    if kind == "projection":
        return _conv_bn(x, channels, 1, strides, f"{unit}_shortcut")
    if strides > 1:
        x = pooling(x, 1, strides, name=f"{unit}_shortcut_pool")  # a window of one pixel: every second pixel, unchanged
    if x.shape[-1] == channels:
        return x
    if x.shape[-1] > channels:
        raise ValueError(f"`shortcut` 'pad' can only add channels. Received: {unit}, from {x.shape[-1]} to {channels}")
    return ChannelPadding(channels - x.shape[-1], name=f"{unit}_shortcut_pad")(x)


def residual_unit(
    x: keras.KerasTensor,
    filters: int,
    strides: int = 1,
    *,
    name: str,
    bottleneck: bool = False,
    shortcut: str = "projection",
    strided_conv: int = 1,
    gate: Gate | None = None,
) -> keras.KerasTensor:
    """One unit: ``relu(x + residual(x))``.

    Parameters
    ----------
    x : (N, H, W, C)
    filters : of its 3×3 convolutions; a bottleneck unit puts out four times as many channels
    strides : 2 halves the picture
    name : of the unit, put before the names of its layers
    bottleneck : 1×1, 3×3, 1×1 instead of two 3×3
    shortcut
        where the shapes differ: ``"projection"`` by a 1×1 convolution, ``"pad"`` by skipping pixels and appending
        channels of zeros. ``"none"`` leaves out every shortcut: a plain unit
    strided_conv
        which convolution of a bottleneck has the stride: 1 (the paper, `keras.applications`) or 2 (torchvision, which
        loses no pixels and costs 4.1 instead of 3.9 billion multiply-adds in ResNet-50)
    gate : applied to the residual before the addition; `cnnlab.zoo.senet` has one

    Examples
    --------
    >>> residual_unit(keras.Input((28, 28, 64)), 128, strides=2, name="unit").shape
    (None, 14, 14, 128)
    """
    check_choice(shortcut, "shortcut", SHORTCUTS)
    filters, strides = check_int(filters, "filters", 1), check_int(strides, "strides", 1)
    strided_conv = check_int(strided_conv, "strided_conv", 1, 2)
    if bottleneck:
        plan = [(filters, 1), (filters, 3), (EXPANSION * filters, 1)]
    else:
        plan, strided_conv = [(filters, 3), (filters, 3)], 1
    residual = x
    for number, (channels, size) in enumerate(plan, start=1):
        step = strides if number == strided_conv else 1
        residual = _conv_bn(residual, channels, size, step, name, number)
        if number < len(plan):
            residual = keras.layers.ReLU(name=f"{name}_relu{number}")(residual)
    if gate is not None:
        residual = gate(residual, name)
    if shortcut != "none":
        x = _shortcut(x, residual.shape[-1], strides, shortcut, name)
        residual = keras.layers.Add(name=f"{name}_add")([x, residual])
    return keras.layers.ReLU(name=f"{name}_out")(residual)


def resnet(
    x: keras.KerasTensor,
    top: Top | None,
    *,
    units: Sequence[int],
    filters: Sequence[int] = (64, 128, 256, 512),
    large_stem: bool = True,
    **unit: object,
) -> keras.KerasTensor:
    """A residual or plain network on a (N, H, W, C) tensor.

    Trainable parameters on 224×224×3 with 1,000 classes: ResNet-18 11,689,512, 34 21,797,672, 50 25,557,032, 101
    44,549,160, 152 60,192,808. The running mean and variance of each batch normalisation are counted apart.

    Parameters
    ----------
    x : pictures
    top : the classifier, or None to end after the last unit
    units : how many in each block; all blocks but the first begin by halving the picture
    filters : of the 3×3 convolutions in each block
    large_stem : 7×7 with stride 2 and a max pooling (ImageNet), or one 3×3 (CIFAR-10)
    **unit : `bottleneck`, `shortcut`, `strided_conv`, `gate` of `residual_unit`
    """
    x = _conv_bn(x, filters[0], 7 if large_stem else 3, 2 if large_stem else 1, "stem")
    x = keras.layers.ReLU(name="stem_relu")(x)
    if large_stem:
        x = pooling(x, 3, 2, "same", name="stem_pool")
    for block, (count, width) in enumerate(zip(units, filters, strict=True), start=1):
        for number in range(1, count + 1):
            strides = 2 if block > 1 and number == 1 else 1
            x = residual_unit(x, width, strides, name=f"block{block}_unit{number}", **unit)
    if top is None:
        return x
    return classifier(global_average(x), top)


# depth: units in each block; the networks of 50 layers and more have bottleneck units
IMAGENET = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
CIFAR = {20: (3, 3, 3), 56: (9, 9, 9)}  # depth = 6n + 2


def _imagenet(depth: int, shortcut: str) -> Architecture:
    row = {"units": IMAGENET[depth], "bottleneck": depth >= 50, "shortcut": shortcut}
    options = ("shortcut", "strided_conv") if depth >= 50 else ("shortcut",)
    return Architecture(resnet, (224, 224, 3), 1000, row, options if shortcut != "none" else ())


def _cifar(depth: int, shortcut: str) -> Architecture:
    row = {"units": CIFAR[depth], "filters": (16, 32, 64), "large_stem": False, "shortcut": shortcut}
    return Architecture(resnet, (32, 32, 3), 10, row, ("shortcut",) if shortcut != "none" else ())


ARCHITECTURES = {
    **{f"resnet{depth}": _imagenet(depth, "projection") for depth in IMAGENET},
    **{f"plain{depth}": _imagenet(depth, "none") for depth in (18, 34)},
    **{f"resnet{depth}": _cifar(depth, "pad") for depth in CIFAR},
    **{f"plain{depth}": _cifar(depth, "none") for depth in CIFAR},
}
