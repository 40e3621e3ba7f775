"""SqueezeNet 1.1: AlexNet's accuracy with fifty times fewer weights, 2016.

Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", 2016; version 1.1
is the authors' own revision (github.com/forresti/SqueezeNet), with a smaller first kernel and earlier poolings.
Nothing is padded but the 3×3 convolutions of the fire modules.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras

from cnnlab.models.zoo.parts import Architecture, Top, convolution, drop, global_average, pooling

# squeeze filters, expand filters of each kind; a number is a max pooling's name
VERSION_1_1 = ((16, 64), (16, 64), 3, (32, 128), (32, 128), 5, (48, 192), (48, 192), (64, 256), (64, 256))


def fire(x: keras.KerasTensor, squeeze: int, expand: int, name: str) -> keras.KerasTensor:
    """Squeeze to few channels by 1×1, then expand by 1×1 and 3×3 beside each other: ``2 · expand`` channels out.

    Parameters
    ----------
    x : (N, H, W, C)
    squeeze, expand : filters of the 1×1 in front, and of each of the two behind
    name : of the module, put before the names of its layers

    Examples
    --------
    >>> fire(keras.Input((55, 55, 64)), squeeze=16, expand=64, name="fire2").shape
    (None, 55, 55, 128)
    """
    x = convolution(x, squeeze, 1, activation="relu", name=f"{name}_squeeze1x1")
    left = convolution(x, expand, 1, activation="relu", name=f"{name}_expand1x1")
    right = convolution(x, expand, 3, activation="relu", name=f"{name}_expand3x3")
    return keras.layers.Concatenate(name=f"{name}_concat")([left, right])


def squeezenet(x: keras.KerasTensor, top: Top | None, *, modules: Sequence, dropout: float = 0.5) -> keras.KerasTensor:
    """SqueezeNet on a (N, H, W, C) tensor: 722,496 parameters without its classifier, 1,235,496 with 1,000 classes.

    Parameters
    ----------
    x : pictures
    top : the classifier (a 1×1 convolution and a global average), or None to end after the last fire module
    modules : a pair (squeeze, expand) for each fire module, a number for each pooling between them
    dropout : share of the values dropped before the classifier, 0 to below 1
    """
    x = convolution(x, 64, 3, strides=2, padding="valid", activation="relu", name="conv1")
    x = pooling(x, 3, 2, name="pool1")
    number = 2
    for module in modules:
        if isinstance(module, int):
            x = pooling(x, 3, 2, name=f"pool{module}")
            continue
        x = fire(x, *module, name=f"fire{number}")
        number += 1
    if top is None:
        return x
    x = drop(x, dropout, name=f"drop{number - 1}")
    x = convolution(x, top.classes, 1, activation="relu", name=f"conv{number}")
    x = global_average(x)
    return keras.layers.Activation(top.activation, name="predictions")(x)


ARCHITECTURES = {
    "squeezenet": Architecture(squeezenet, (227, 227, 3), 1000, row={"modules": VERSION_1_1}, options=("dropout",))
}
