"""Squeeze-and-excitation gates: read from a model, and a small trained network to read them from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import keras
import numpy as np
from keras import layers

from cnnlab.data import datasets


@dataclass(frozen=True, eq=False)
class Unit:
    """One squeeze-and-excitation unit, for all pictures.

    Attributes
    ----------
    name : of the layer that multiplies
    before : (N, H, W, C) what is scaled
    gates : (N, C) from 0 to 1
    """

    name: str
    before: np.ndarray
    gates: np.ndarray


def read_gates(model: keras.Model, images: np.ndarray) -> list[Unit]:
    """Every place of `model` where a `Multiply` layer scales channels, in the order of computation.

    Parameters
    ----------
    model : a functional or Sequential Keras model with one input
    images : (N, H, W, C) as the model takes them

    Raises
    ------
    TypeError, ValueError
        If it is no such model, or nothing is found in it.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {type(model).__name__}")
    pairs = {}
    for layer in model.layers:
        if isinstance(layer, keras.layers.Multiply) and isinstance(layer.input, list) and len(layer.input) == 2:
            scaled, gate = sorted(layer.input, key=lambda x: -_positions(x.shape))
            if len(scaled.shape) == 4 and _positions(gate.shape) == 1 and gate.shape[-1] == scaled.shape[-1]:
                pairs[layer.name] = [scaled, gate]
    if not pairs:
        raise ValueError(
            "`model` must hold a Multiply layer of an image (N, H, W, C) and its gates (N, 1, 1, C) or (N, C). "
            f"Received: {model.name}, which has none"
        )
    if tuple(model.input.shape[1:]) != images.shape[1:]:
        raise ValueError(
            f"`images` must have shape (N, {', '.join(map(str, model.input.shape[1:]))}). Received: {images.shape}"
        )
    read = keras.Model(model.input, [x for pair in pairs.values() for x in pair]).predict(images, verbose=0)
    found = []
    for name, before, gates in zip(pairs, read[::2], read[1::2], strict=True):
        gates = np.asarray(gates).reshape(len(images), -1)
        if gates.min() < 0 or gates.max() > 1:
            raise ValueError(f"`model`'s layer {name} multiplies by {gates.max():.2f}: a gate must lie from 0 to 1")
        found.append(Unit(name, np.asarray(before), gates))
    return found


def _positions(shape: tuple) -> int:
    """Places of (N, …, C): 1 for (N, C) and (N, 1, 1, C); an open size counts as many."""
    count = 1
    for size in shape[1:-1]:
        count *= 1_000_000 if size is None else size
    return count


@lru_cache(maxsize=1)
def trained_on_digits() -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """A network with three squeeze-and-excitation units, trained on 1,400 8×8 digits; and 100 digits it has not seen.

    The first digits of the test part are taken so that every class has ten of them.
    """
    digits = datasets.digits()
    order = np.random.default_rng(0).permutation(len(digits))
    images, labels = (digits.images[order] / 255).astype("float32"), digits.labels[order]
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    for number in (1, 2, 3):
        z = layers.Conv2D(16, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
        z = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(z))
        z = layers.Conv2D(16, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(z)
        z = layers.BatchNormalization(momentum=0.9)(z)
        gate = layers.GlobalAveragePooling2D(keepdims=True)(z)
        gate = layers.Dense(16, activation="sigmoid")(layers.Dense(4, activation="relu")(gate))
        z = layers.Multiply(name=f"unit{number}_scale")([z, gate])
        x = layers.ReLU()(layers.Add()([x, z]))
    outputs = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    model.fit(images[:1400], labels[:1400], batch_size=32, epochs=6, verbose=0)
    unseen = np.arange(1400, len(digits))
    chosen = np.concatenate([unseen[labels[unseen] == c][:10] for c in range(10)])
    return model, images[chosen], labels[chosen]
