"""GoogLeNet: paths of several kernel sizes beside each other, 2014.

Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, table 1 and figures 2 and 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import keras

from cnnlab.common.validate import check_choice
from cnnlab.models.layers import LocalResponseNormalization
from cnnlab.models.zoo.parts import (
    Architecture,
    Top,
    classifier,
    convolution,
    dense,
    drop,
    flatten,
    global_average,
    pooling,
)


class Paths(NamedTuple):
    """Filters of an Inception module: the three kernel sizes, the 1×1s that reduce their input, the 1×1 after pooling.

    Examples
    --------
    >>> Paths(64, 96, 128, 16, 32, 32).channels
    256
    """

    conv1: int
    reduce3: int
    conv3: int
    reduce5: int
    conv5: int
    pool: int

    @property
    def channels(self) -> int:
        """Channels that come out of the module."""
        return self.conv1 + self.conv3 + self.conv5 + self.pool


# table 1 of the paper; a row of None is a max pooling
MODULES = {
    "inception3a": Paths(64, 96, 128, 16, 32, 32),
    "inception3b": Paths(128, 128, 192, 32, 96, 64),
    "pool3": None,
    "inception4a": Paths(192, 96, 208, 16, 48, 64),
    "inception4b": Paths(160, 112, 224, 24, 64, 64),
    "inception4c": Paths(128, 128, 256, 24, 64, 64),
    "inception4d": Paths(112, 144, 288, 32, 64, 64),
    "inception4e": Paths(256, 160, 320, 32, 128, 128),
    "pool4": None,
    "inception5a": Paths(256, 160, 320, 32, 128, 128),
    "inception5b": Paths(384, 192, 384, 48, 128, 128),
}
AUXILIARY = {"inception4a": "aux1", "inception4d": "aux2"}  # after which module a head hangs


def inception(
    x: keras.KerasTensor, paths: Sequence[int] = (64, 96, 128, 16, 32, 32), *, name: str = "inception"
) -> keras.KerasTensor:
    """The module with dimension reductions (figure 2b): cheap 1×1s before the 3×3 and the 5×5, and after the pooling.

    Parameters
    ----------
    x : (N, H, W, C)
    paths : the six filter counts of `Paths`; by default those of the paper's first module
    name : of the module, put before the names of its layers

    Examples
    --------
    >>> inception(keras.Input((28, 28, 192))).shape
    (None, 28, 28, 256)
    """
    paths = Paths(*paths)

    def conv(x: keras.KerasTensor, filters: int, size: int, suffix: str) -> keras.KerasTensor:
        return convolution(x, filters, size, activation="relu", name=f"{name}_{suffix}")

    one = conv(x, paths.conv1, 1, "conv1x1")
    three = conv(conv(x, paths.reduce3, 1, "reduce3x3"), paths.conv3, 3, "conv3x3")
    five = conv(conv(x, paths.reduce5, 1, "reduce5x5"), paths.conv5, 5, "conv5x5")
    pooled = conv(pooling(x, 3, 1, "same", name=f"{name}_pool"), paths.pool, 1, "project")
    return keras.layers.Concatenate(name=f"{name}_concat")([one, three, five, pooled])


def _auxiliary(x: keras.KerasTensor, top: Top, name: str) -> keras.KerasTensor:
    """A classifier half-way, which gives the lower layers a gradient of their own while training."""
    x = pooling(x, 5, 3, op="average", name=f"{name}_pool")
    x = convolution(x, 128, 1, activation="relu", name=f"{name}_conv")
    x = flatten(x, name=f"{name}_flatten")
    x = dense(x, 1024, "relu", f"{name}_fc")
    x = drop(x, 0.7, name=f"{name}_dropout")
    return classifier(x, top, name=f"{name}_predictions")


def googlenet(
    x: keras.KerasTensor, top: Top | None, *, auxiliary: bool = False, normalization: str = "lrn", dropout: float = 0.4
) -> keras.KerasTensor | list[keras.KerasTensor]:
    """GoogLeNet on a (N, H, W, C) tensor: 6,998,552 parameters on 224×224×3, 13,378,280 with both auxiliary heads.

    These are the paper's convolutions, with biases and without batch normalisation.

    Parameters
    ----------
    x : pictures
    top : the classifier, or None to end after the last module
    auxiliary : give three outputs, ``[predictions, aux1_predictions, aux2_predictions]``; needs `top`
    normalization : ``"lrn"`` around the second convolution as in the paper, or ``"none"``
    dropout : share of the values dropped before the classifier, 0 to below 1
    """
    check_choice(normalization, "normalization", ("lrn", "none"))
    if not isinstance(auxiliary, bool):
        raise TypeError(f"`auxiliary` must be True or False. Received: {auxiliary!r}")
    if auxiliary and top is None:
        raise ValueError("`auxiliary` heads are classifiers and need `include_top` True. Received: include_top=False")
    lrn = normalization == "lrn"
    x = convolution(x, 64, 7, strides=2, activation="relu", name="conv1")
    x = pooling(x, 3, 2, "same", name="pool1")
    x = LocalResponseNormalization(name="lrn1")(x) if lrn else x
    x = convolution(x, 64, 1, activation="relu", name="conv2_reduce")
    x = convolution(x, 192, 3, activation="relu", name="conv2")
    x = LocalResponseNormalization(name="lrn2")(x) if lrn else x
    x = pooling(x, 3, 2, "same", name="pool2")
    heads = []
    for name, paths in MODULES.items():
        x = pooling(x, 3, 2, "same", name=name) if paths is None else inception(x, paths, name=name)
        if auxiliary and name in AUXILIARY:
            heads.append(_auxiliary(x, top, AUXILIARY[name]))
    if top is None:
        return x
    x = global_average(x)
    x = drop(x, dropout, name="dropout")
    x = classifier(x, top)
    return [x, *heads] if heads else x


ARCHITECTURES = {
    "googlenet": Architecture(googlenet, (224, 224, 3), 1000, options=("auxiliary", "normalization", "dropout"))
}
