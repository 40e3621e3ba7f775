"""Training a U-Net: scenes to arrays, the network with and without skips, and its answers.

>>> from cnnlab.data import scenes
>>> from cnnlab.tasks import segmentation
>>> images, targets = stack(scenes.scenes(8, seed=0, **segmentation.WORLD))
>>> model = unet()
>>> history = train(model, images, targets, epochs=1)
>>> predict(model, images)["shape"].shape
(8, 48, 48, 4)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy as np
from keras import layers

from cnnlab.common.validate import check_int, check_number, ints
from cnnlab.data.scenes import Scene
from cnnlab.tasks.segmentation import COLOURS, SHAPES, label_map

HEADS = {"shape": len(SHAPES), "colour": len(COLOURS)}
FILTERS = (16, 24, 48, 96)


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
    filters = ints(filters, "filters", len(filters))
    inputs = x = keras.Input(input_shape, name="image")
    levels = []
    for number, units in enumerate(filters[:-1], 1):
        x = _block(x, units, f"down{number}")
        levels.append(x)
        x = layers.MaxPooling2D(2, padding="same", name=f"pool{number}")(x)
    x = _block(x, filters[-1], "bottom")
    for number, (units, level) in reversed(list(enumerate(zip(filters[:-1], levels, strict=True), 1))):
        x = layers.UpSampling2D(2, name=f"enlarge{number}")(x)
        x = _crop(x, level, f"crop{number}")
        if skips:
            x = layers.Concatenate(name=f"skip{number}")([x, level])
        x = _block(x, units, f"up{number}")
    outputs = {name: layers.Conv2D(count, 1, activation="softmax", name=name)(x) for name, count in heads.items()}
    return keras.Model(inputs, outputs, name="unet")


def _block(x, filters, name):
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv")(
        x
    )
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _crop(x, like, name):
    spare = [a - b for a, b in zip(x.shape[1:3], like.shape[1:3], strict=True)]
    if not any(spare):
        return x
    return layers.Cropping2D(((0, spare[0]), (0, spare[1])), name=name)(x)


def train(
    model: keras.Model,
    images: np.ndarray,
    targets: Mapping[str, np.ndarray],
    *,
    epochs: int,
    batch_size: int = 32,
    rate: float = 5e-3,
) -> dict[str, list[float]]:
    epochs, batch_size = check_int(epochs, "epochs", 1), check_int(batch_size, "batch_size", 1)
    steps = epochs * -(-len(images) // batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(check_number(rate, "rate", above=0), steps)
    losses = dict.fromkeys(targets, "sparse_categorical_crossentropy")
    model.compile(keras.optimizers.Adam(schedule), losses)
    return model.fit(images, targets, epochs=epochs, batch_size=batch_size, verbose=0).history


def predict(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    return model.predict(images, batch_size=64, verbose=0)


def encoder(model: keras.Model) -> keras.Model:
    return keras.Model(model.input, model.get_layer("bottom_relu").output, name="encoder")
