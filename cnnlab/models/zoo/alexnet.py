"""AlexNet: five convolutions, three fully connected layers, ReLU, dropout and overlapping pooling, 2012.

Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NeurIPS 2012. The
network was trained on two GPUs that saw each other's channels only in layer 3 and after layer 5: convolutions 2, 4 and
5 in two groups. The paper says 224×224; its arithmetic needs 227×227.
"""

from __future__ import annotations

import keras

from cnnlab.common.validate import check_choice
from cnnlab.models.layers import LocalResponseNormalization
from cnnlab.models.zoo.parts import Architecture, Top, classifier, convolution, dense, drop, flatten, pooling

# filters, kernel size, stride, padding, in two groups, pooling afterwards
CONVOLUTIONS = (
    (96, 11, 4, "valid", False, True),
    (256, 5, 1, "same", True, True),
    (384, 3, 1, "same", False, False),
    (384, 3, 1, "same", True, False),
    (256, 3, 1, "same", True, True),
)
NORMALIZATIONS = ("lrn", "batch", "none")


def alexnet(
    x: keras.KerasTensor,
    top: Top | None,
    *,
    grouped: bool = True,
    normalization: str = "lrn",
    dropout: float = 0.5,
    last_pooling: bool = True,
) -> keras.KerasTensor:
    """AlexNet on a (N, H, W, C) tensor: 60,965,224 parameters on 227×227×3 in two groups, 62,378,344 in one tower.

    All convolutions and fully connected layers have biases; local response normalisation has no parameters.

    Parameters
    ----------
    x : pictures
    top : the classifier, or None to end after the last pooling
    grouped : two groups in convolutions 2, 4 and 5, as on the paper's two GPUs
    normalization
        ``"lrn"`` after convolutions 1 and 2 as in the paper, ``"batch"`` between every convolution and its ReLU, or
        ``"none"``
    dropout : share of the values dropped before each of the two large fully connected layers, 0 to below 1
    last_pooling : False leaves out ``pool5``, a mistake often copied: 201,838,952 parameters in one tower
    """
    check_choice(normalization, "normalization", NORMALIZATIONS)
    for option, value in (("grouped", grouped), ("last_pooling", last_pooling)):
        if not isinstance(value, bool):
            raise TypeError(f"`{option}` must be True or False. Received: {value!r}")
    for number, (filters, size, strides, padding, split, pooled) in enumerate(CONVOLUTIONS, start=1):
        groups = 2 if grouped and split else 1
        x = convolution(x, filters, size, strides, padding, groups=groups, name=f"conv{number}")
        if normalization == "batch":
            x = keras.layers.BatchNormalization(name=f"bn{number}")(x)
        x = keras.layers.ReLU(name=f"relu{number}")(x)
        if normalization == "lrn" and number <= 2:
            x = LocalResponseNormalization(name=f"lrn{number}")(x)
        if pooled and (number < 5 or last_pooling):
            x = pooling(x, 3, 2, name=f"pool{number}")
    if top is None:
        return x
    x = flatten(x)
    for number in (1, 2):
        x = drop(x, dropout, name=f"dropout{number}")
        x = dense(x, 4096, "relu", f"fc{number}")
    return classifier(x, top)


ARCHITECTURES = {
    "alexnet": Architecture(
        alexnet, (227, 227, 3), 1000, options=("grouped", "normalization", "dropout", "last_pooling")
    )
}
