"""Photographs without a download: a small network of three blocks that has learned CIFAR-10's ten classes."""

from __future__ import annotations

import keras

from cnnlab.common.validate import check_choice, check_int
from cnnlab.data import datasets
from cnnlab.models.zoo.weights import load_weights

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FILTERS = (24, 48, 96)  # of both convolutions of a block
FILE = "photo_backbone.weights.h5"  # in data/
_MEAN, _DEVIATION = (0.491, 0.482, 0.447), (0.247, 0.243, 0.262)  # of CIFAR-10's red, green and blue, 0 … 1
_POOLING = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}


def photo_backbone(
    input_shape: tuple[int | None, int | None, int] = (None, None, 3),
    weights: str | None = "auto",
    *,
    pooling: str = "max",
    classifier: bool = False,
    seed: int = 0,
) -> keras.Model:
    """A small network in VGG's manner that has seen 10,000 photographs of 32×32 pixels.

    Its weights ship with the course; ``benchmarks/train_photo_backbone.py`` trained them on CIFAR-10, with batch
    normalisation, which was then folded into the convolutions: each is a convolution with a bias and ReLU, and nothing
    else. Its six layers are called as VGG's are: ``block1_conv1``, ``block1_conv2``, ``block1_pool`` …
    ``block3_conv2``.

    Parameters
    ----------
    input_shape
        ``(H, W, 3)``: **floats from 0 to 1**, red first. None for any height or width, of 4 pixels or more. The mean is
        taken off and the deviation divided by inside the model
    weights : ``"auto"`` for those that ship, None for random numbers
    pooling : between the blocks; ``"max"``, with which it was trained, or ``"average"``
    classifier : with the average over positions and the ten classes behind it, as probabilities
    seed : of the random numbers

    Returns
    -------
    keras.Model
        Functional and flat, not compiled: (N, H, W, 3) → (N, H/4, W/4, 96), rounded down; with the classifier (N, 10),
        in the order of `CLASSES`.

    Examples
    --------
    >>> base = photo_backbone()
    >>> base.output_shape, base.count_params()
    ((None, None, None, 96), 161688)
    >>> photo_backbone((128, 96, 3), classifier=True).get_layer("block2_conv1").output.shape
    (None, 64, 48, 48)
    """
    if weights not in ("auto", None):
        raise ValueError(f"`weights` must be 'auto' or None. Received: {weights!r}")
    check_choice(pooling, "pooling", tuple(_POOLING))
    if not isinstance(input_shape, (tuple, list)) or len(input_shape) != 3 or input_shape[2] != 3:
        raise ValueError(f"`input_shape` must be (H, W, 3). Received: {input_shape!r}")
    sides = [None if n is None else check_int(n, "input_shape", minimum=4) for n in input_shape[:2]]
    inputs = keras.Input((*sides, 3), name="image")
    features = _blocks(inputs, pooling, check_int(seed, "seed", minimum=0))
    average = keras.layers.GlobalAveragePooling2D(data_format="channels_last", name="head_average")(features)
    dense = keras.layers.Dense(
        len(CLASSES),
        activation="softmax",
        kernel_initializer=keras.initializers.GlorotUniform(seed=10 * seed),
        name="head_classes",
    )
    whole = keras.Model(inputs, dense(average), name="photo_backbone")
    if weights == "auto":
        load_weights(whole, datasets.shipped(FILE))
    return whole if classifier else keras.Model(inputs, features, name="photo_backbone")


def _blocks(x: keras.KerasTensor, pooling: str, seed: int) -> keras.KerasTensor:
    layers, last = keras.layers, {"data_format": "channels_last"}
    variance = [deviation**2 for deviation in _DEVIATION]
    x = layers.Normalization(mean=list(_MEAN), variance=variance, name="preprocess")(x)
    for block, filters in enumerate(FILTERS, start=1):
        if block > 1:
            x = _POOLING[pooling](2, name=f"block{block - 1}_pool", **last)(x)
        for number in (1, 2):
            start = keras.initializers.HeNormal(seed=10 * seed + 2 * block + number)
            how = {"padding": "same", "activation": "relu", "kernel_initializer": start, **last}
            x = layers.Conv2D(filters, 3, name=f"block{block}_conv{number}", **how)(x)
    return x
