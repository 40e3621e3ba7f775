"""LeNet-5: two convolutions, two poolings, three fully connected layers, 1998.

LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition", Proceedings of the IEEE
86(11), 1998, section II-B. As everywhere today, each filter of the second convolution reads all six maps (the paper
wires a part of them), the pooling has no weights, and the last layer is a softmax instead of radial basis functions.
"""

from __future__ import annotations

import keras

from cnnlab.common.validate import check_choice
from cnnlab.models.zoo.parts import Architecture, Top, classifier, convolution, dense, flatten, pooling

ACTIVATIONS = ("tanh", "relu", "sigmoid")


def lenet(
    x: keras.KerasTensor,
    top: Top | None,
    *,
    activation: str = "tanh",
    pool: str = "average",
    padding: str = "valid",
) -> keras.KerasTensor:
    """LeNet-5 on a (N, H, W, C) tensor: 61,706 parameters on 32×32×1, 44,426 on 28×28×1 unpadded, with 10 classes.

    Parameters
    ----------
    x : pictures; the paper's are 32×32×1
    top : the classifier, or None to end after the second pooling
    activation : ``"tanh"``, ``"relu"`` or ``"sigmoid"``
    pool : ``"average"`` or ``"max"``
    padding : of the first convolution; ``"same"`` makes of 28×28 what the paper makes of 32×32
    """
    check_choice(activation, "activation", ACTIVATIONS)
    check_choice(pool, "pool", ("average", "max"))
    check_choice(padding, "padding", ("valid", "same"))
    x = convolution(x, 6, 5, padding=padding, activation=activation, name="conv1")
    x = pooling(x, 2, 2, op=pool, name="pool1")
    x = convolution(x, 16, 5, padding="valid", activation=activation, name="conv2")
    x = pooling(x, 2, 2, op=pool, name="pool2")
    if top is None:
        return x
    x = flatten(x)
    x = dense(x, 120, activation, "fc1")
    x = dense(x, 84, activation, "fc2")
    return classifier(x, top)


ARCHITECTURES = {"lenet5": Architecture(lenet, (32, 32, 1), 10, options=("activation", "pool", "padding"))}
