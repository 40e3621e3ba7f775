"""Models that tests of several rooms share."""

from __future__ import annotations

import keras
from keras import layers


def lenet(filters: int = 6):
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(filters, 5, activation="relu", name="conv1"),
            layers.MaxPooling2D(name="pool1"),
            layers.Conv2D(16, 5, activation="relu", name="conv2"),
            layers.MaxPooling2D(name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def lesson_network() -> keras.Model:
    """The lesson's network, untrained."""
    keras.utils.set_random_seed(0)
    same = {"padding": "same", "activation": "relu"}
    return keras.Sequential(
        [
            keras.Input((None, None, 1)),
            layers.Conv2D(12, 5, name="conv1", **same),
            layers.MaxPooling2D(name="pool1"),
            layers.Conv2D(24, 3, name="conv2", **same),
            layers.MaxPooling2D(name="pool2"),
            layers.Conv2D(48, 3, name="conv3", **same),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(10, activation="softmax", name="classes"),
        ]
    )


def classic_network(first_kernel: int = 3) -> keras.Sequential:
    """Lesson 05's network for digits: two convolutions, two poolings, two fully connected layers."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, first_kernel, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.1),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
