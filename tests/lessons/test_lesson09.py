"""Lesson 09: its numbers, and what it claims of augmentation."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from cnnlab import augment, datasets
from cnnlab.checks import lesson09 as check


def test_the_numbers_of_the_lesson():
    assert check.crops(2178).status == "correct"
    assert "AlexNet" in str(check.crops(2048))
    half = augment.matrix(60, 90, degrees=180)
    np.testing.assert_allclose(half, [[-1, 0, 90], [0, -1, 60], [0, 0, 1]], atol=1e-9)
    flips = augment.matrix(60, 90, flip="vertical") @ augment.matrix(60, 90, flip="horizontal")
    np.testing.assert_allclose(flips, half, atol=1e-9)
    x1, _, x2, _ = augment.move_boxes([[20, 20, 40, 40]], augment.matrix(60, 60, degrees=45))[0]
    assert (x2 - x1) ** 2 / 400 == pytest.approx(2)
    assert augment.ten_crop(np.zeros((3, 256, 256, 3), "float32"), 224).shape == (3, 10, 224, 224, 3)


@pytest.mark.parametrize("open_one", [..., {"shift", ...}])
def test_an_open_data_set_is_not_attempted_yet(open_one):
    assert check.safe(dict.fromkeys(check._SAFE, open_one)).status == "not attempted"
    assert check.safe({**check._CHOICES, "digits": open_one}).status == "not attempted"


def test_pca_colours_of_the_photo():
    """The first direction is brightness: three numbers of one sign, and most of the variance."""
    pixels = datasets.photo("chelsea")[:300, :450].reshape(-1, 3) / 255
    variances, directions = np.linalg.eigh(np.cov(pixels, rowvar=False))
    assert variances[-1] / variances.sum() > 0.8
    assert abs(np.sign(directions[:, -1]).sum()) == 3


def test_gentle_augmentation_teaches_small_moves():
    """One seed of the lesson's measurement: on test digits a little moved it gains 0.17 in the mean of three."""
    layers = keras.layers
    train, test = datasets.mnist("train"), datasets.mnist("test")
    x, x_test = (data.images / np.float32(255) for data in (train, test))
    order = np.random.default_rng(0).permutation(len(train))
    chosen = np.concatenate([order[train.labels[order] == digit][:10] for digit in range(10)])
    moved = augment.views(x_test, augment.pipeline("digits", seed=99), 1)[:, 0]
    scores = []
    for augmentation in (lambda images, training: images, augment.pipeline("digits", seed=0)):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((28, 28, 1))])
        for filters in (16, 32):
            model.add(layers.Conv2D(filters, 3, activation="relu"))
            model.add(layers.MaxPooling2D())
        model.add(layers.Flatten())
        model.add(layers.Dense(10, activation="softmax"))
        model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy")
        shown = augment.views(x[chosen], augmentation, 40).reshape(-1, 28, 28, 1)
        model.fit(shown, np.repeat(train.labels[chosen], 40), batch_size=25, verbose=0)
        scores.append((model.predict(moved, batch_size=500, verbose=0).argmax(axis=1) == test.labels).mean())
    assert scores[1] >= scores[0] + 0.06
