"""The explorer of feature maps against independent computations: its words, its windows, its counts."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
from keras import layers
from small_models import lesson_network

from cnnlab import activations, explore
from cnnlab.explore.networks.model_pictures import edge_model, grey_photo


@pytest.fixture(scope="module")
def written():
    return explore.FeatureMaps()


def numbers(text):
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize(("layer", "size"), [("edges", 3), ("pool", 4)])
@pytest.mark.parametrize("channel", [0, 5])
def test_the_words_are_the_maps(written, layer, size, channel):
    written.set(picture=1, layer=layer, channel=channel)
    image = grey_photo("chelsea")
    maps = activations.feature_maps(edge_model(), image, layer)[0]
    row, column = np.unravel_index(maps[..., channel].argmax(), maps.shape[:2])
    words = written.describe().splitlines()
    assert words[0].startswith(f"Picture chelsea, layer {layer}: 8 maps of {maps.shape[0]}×{maps.shape[1]}")
    assert numbers(words[1]) == [pytest.approx(maps[..., channel].max(), abs=5e-3), row, column]
    top, left = (row, column) if layer == "edges" else (2 * row, 2 * column)
    assert numbers(words[2])[:4] == [top, top + size - 1, left, left + size - 1]
    assert numbers(words[3])[0] == pytest.approx(100 * (maps[..., channel] == 0).mean(), abs=0.51)


def test_a_layer_begins_with_its_strongest_map(written):
    written.set(picture=0, layer="edges")
    peaks = written.maps().max(axis=(0, 1))
    written.controls["layer"].value = "pool"
    written.controls["layer"].value = "edges"
    assert written.channel == peaks.argmax()


@pytest.mark.parametrize("corner", [np.s_[:6, :6], np.s_[22:, 22:]])
def test_a_window_is_cut_at_the_border(corner):
    """All that is bright lies in one corner, so that the strongest values see over the border."""
    image = np.zeros((28, 28, 1))
    image[corner] = 1
    explorer = explore.FeatureMaps(lesson_network(), image).set(layer="conv3")
    assert explorer.controls["channel"].max == 47
    cut = 0
    for channel in range(0, 48, 3):
        top, bottom, left, right = explorer.set(channel=channel).window()
        row, column = explorer.strongest()
        assert (top, bottom) == (max(4 * row - 8, 0), min(4 * row + 11, 27))
        assert (left, right) == (max(4 * column - 8, 0), min(4 * column + 11, 27))
        cut += 4 * row - 8 < 0 if corner[0].stop == 6 else 4 * row + 11 > 27
    assert cut


def test_a_layer_without_a_defined_window_is_drawn_without():
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, layers.Reshape((4, 16, 1), name="folded")(inputs))
    explorer = explore.FeatureMaps(model, np.random.default_rng(0).uniform(size=(8, 8, 1)))
    explorer.set(layer="folded")
    assert explorer.window() is None
    assert "not defined for this layer" in explorer.describe()
    assert explorer.png()


def test_many_and_signed_maps():
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, layers.Conv2D(50, 3, name="many")(inputs))  # no ReLU: maps have both signs
    explorer = explore.FeatureMaps(model, np.random.default_rng(0).uniform(size=(2, 8, 8, 3)), titles=("one", "two"))
    explorer.set(picture=1, channel=49)
    assert "50 maps of 6×6; this is map 49" in explorer.describe()
    assert explorer.png()


def test_silent_maps_are_counted():
    inputs = keras.Input((6, 6, 1))
    model = keras.Model(inputs, layers.Conv2D(3, 1, activation="relu", name="conv")(inputs))
    model.set_weights([np.array([1.0, -1.0, -2.0]).reshape(1, 1, 1, 3), np.zeros(3)])
    words = explore.FeatureMaps(model, np.ones((6, 6, 1))).describe()
    assert "2 of the 3 maps are zero everywhere." in words


def test_small_values_are_not_written_as_nothing():
    import keras

    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Rescaling(0.004, name="faint")])
    words = explore.FeatureMaps(model, np.ones((1, 6, 6, 1))).describe()
    assert "Its largest value is 0.004, at row 0, column 0." in words
    assert "its mean is 0.004." in words
    assert "map 0 0.004." in words
