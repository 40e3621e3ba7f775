"""VGG: nothing but 3×3 convolutions and 2×2 poolings, 2014.

Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015, table 1:
configurations A, B, D and E. Layer names and arithmetic are those of `keras.applications`, so that its weight files
load; like that port, it leaves out the paper's dropout.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras

from cnnlab.models.zoo.parts import Architecture, Top, classifier, convolution, dense, flatten, pooling

FILTERS = (64, 128, 256, 512, 512)  # of the five blocks
DEPTHS = {"vgg11": (1, 1, 2, 2, 2), "vgg13": (2, 2, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}


def vgg(x: keras.KerasTensor, top: Top | None, *, depths: Sequence[int]) -> keras.KerasTensor:
    """A VGG network on a (N, H, W, C) tensor: VGG-16 has 138,357,544 parameters on 224×224×3, VGG-19 143,667,240.

    Parameters
    ----------
    x : pictures
    top : the classifier, or None to end after the fifth pooling
    depths : convolutions in each of the five blocks
    """
    for block, (filters, depth) in enumerate(zip(FILTERS, depths, strict=True), start=1):
        for number in range(1, depth + 1):
            x = convolution(x, filters, 3, activation="relu", name=f"block{block}_conv{number}")
        x = pooling(x, 2, 2, name=f"block{block}_pool")
    if top is None:
        return x
    x = flatten(x)
    x = dense(x, 4096, "relu", "fc1")
    x = dense(x, 4096, "relu", "fc2")
    return classifier(x, top)


ARCHITECTURES = {
    name: Architecture(vgg, (224, 224, 3), 1000, row={"depths": depths}) for name, depths in DEPTHS.items()
}
