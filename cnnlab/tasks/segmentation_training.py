"""Training a U-Net: scenes to arrays, the network with and without skips, and its answers.

>>> from cnnlab.data import scenes
>>> from cnnlab.tasks import segmentation
>>> images, targets = stack(scenes.scenes(4, seed=0, **segmentation.WORLD))
>>> model = unet(filters=(4, 8))
>>> history = train(model, images, targets, epochs=1)
>>> predict(model, images)["shape"].shape
(4, 48, 48, 4)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy as np
from keras import layers, ops

from cnnlab.common.validate import check_int, check_number, ints
from cnnlab.data.scenes import Scene
from cnnlab.tasks.segmentation import COLOURS, SHAPES, label_map

HEADS = {"shape": len(SHAPES), "colour": len(COLOURS)}
FILTERS = (12, 16, 32, 96)
_CHEAP = 16  # a map with fewer pixels on a side gets two convolutions at its level instead of one
_MOMENTUM = 0.9  # of the batch normalizations' moving averages; a short training needs less than Keras' 0.99


def stack(scenes: Sequence[Scene]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The pictures of scenes of one size, and their label maps by shape and by colour.

    Parameters
    ----------
    scenes : N of them, at least one

    Returns
    -------
    images : (N, H, W, 3) float32
    targets : ``"shape"`` and ``"colour"``, each (N, H, W) uint8
    """
    if not len(scenes):
        raise ValueError("`scenes` must hold at least one scene. Received: none")
    images = np.stack([one.image for one in scenes])
    return images, {by: np.stack([label_map(one, by) for one in scenes]) for by in HEADS}


def unet(
    input_shape: Sequence[int] = (48, 48, 3),
    heads: Mapping[str, int] = HEADS,
    filters: Sequence[int] = FILTERS,
    *,
    skips: bool = True,
) -> keras.Model:
    """Build a U-Net; it is not compiled, and its weights are random.

    On the way down each level is a convolution 3×3 and a pooling, which rounds odd sizes up; on the way up the map is
    enlarged, cropped to the size of its level, laid beside what the encoder had there, and convolved. Levels of less
    than 16 × 16 pixels have two convolutions, where they cost little. Each is followed by batch normalization and ReLU.

    Parameters
    ----------
    input_shape : (H, W, C), whole numbers
    heads : name → number of classes; each is a 1×1 convolution on the last map
    filters : of each level, the deepest last; between levels the size is halved
    skips : False leaves the encoder's maps away: what the decoder knows, it knows from the bottom

    Returns
    -------
    keras.Model
        (N, H, W, C) → a dict of logits, (N, H, W, classes) for each head; `predict` makes probabilities of them.

    References
    ----------
    Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", 2015. Theirs has
    64 to 1,024 filters, two convolutions at each level without padding, and transposed convolutions 2×2.

    Examples
    --------
    >>> model = unet((50, 45, 3), filters=(4, 8, 8))
    >>> model.output["colour"].shape, [layer.name for layer in model.layers if "crop" in layer.name]
    ((None, 50, 45, 9), ['crop2', 'crop1'])
    """
    shape = ints(input_shape, "input_shape", 3)
    filters = ints(filters, "filters", len(filters))
    inputs = x = keras.Input(shape, name="image")
    levels = []
    for number, units in enumerate(filters[:-1], 1):
        x = _level(x, units, f"down{number}")
        levels.append(x)
        x = layers.MaxPooling2D(2, padding="same", name=f"pool{number}")(x)
    x = _level(x, filters[-1], "bottom")
    for number, (units, level) in reversed(list(enumerate(zip(filters[:-1], levels, strict=True), 1))):
        x = _crop(layers.UpSampling2D(2, name=f"enlarge{number}")(x), level, f"crop{number}")
        if skips:
            x = layers.Concatenate(name=f"skip{number}")([x, level])
        x = _level(x, units, f"up{number}")
    outputs = {name: layers.Conv2D(count, 1, name=name)(x) for name, count in heads.items()}
    return keras.Model(inputs, outputs, name="unet")


def _level(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    times = 1 + (max(x.shape[1:3]) < _CHEAP)
    for last in range(times)[::-1]:
        part = f"{name}_{last}" if last else name
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{part}_conv")(x)
        x = layers.BatchNormalization(momentum=_MOMENTUM, name=f"{part}_bn")(x)
        x = layers.ReLU(name=f"{part}_relu")(x)
    return x


def _crop(x: keras.KerasTensor, level: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Cut the last row or column off a map that is larger than its level: the pooling rounded up."""
    down, right = x.shape[1] - level.shape[1], x.shape[2] - level.shape[2]
    return layers.Cropping2D(((0, down), (0, right)), name=name)(x) if down or right else x


def train(
    model: keras.Model,
    images: np.ndarray,
    targets: Mapping[str, np.ndarray],
    *,
    epochs: int,
    batch_size: int = 8,
    rate: float = 3e-3,
    weights: Mapping[str, float] | None = None,
) -> dict[str, list[float]]:
    """Fit with Adam to the cross-entropy of every pixel; the rate rises for a moment, then falls along a cosine.

    Parameters
    ----------
    model : from `unet`
    images : (N, H, W, C)
    targets : a label map (N, H, W) for each head
    epochs, batch_size : >= 1
    rate : the highest learning rate, > 0
    weights : how often each head's loss counts; by default once

    Returns
    -------
    dict
        The history of `fit`: ``"loss"``, ``"shape_loss"``, …, a number for each epoch.
    """
    epochs, batch_size = check_int(epochs, "epochs", 1), check_int(batch_size, "batch_size", 1)
    rate = check_number(rate, "rate", above=0)
    steps = epochs * -(-len(images) // batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / 10, steps, alpha=0.02, warmup_target=rate, warmup_steps=steps // 20
    )
    losses = {head: keras.losses.SparseCategoricalCrossentropy(from_logits=True) for head in targets}
    model.compile(keras.optimizers.Adam(schedule), losses, loss_weights=weights)
    return model.fit(images, dict(targets), epochs=epochs, batch_size=batch_size, verbose=0).history


def predict(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """The probabilities of each head, (N, H, W, classes); ``argmax(axis=-1)`` of them is a label map.

    Parameters
    ----------
    model : from `unet`
    images : (N, H, W, C)
    """
    logits = model.predict(images, batch_size=50, verbose=0)
    return {head: ops.convert_to_numpy(ops.softmax(values)) for head, values in logits.items()}
