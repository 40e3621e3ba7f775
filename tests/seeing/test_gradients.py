"""The gradient of a keras.ops function, on whichever backend the tests run, against nudging every number."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from cnnlab.seeing.gradients import gradient

# Keras' variables follow NumPy 1's protocol for copies; NumPy 2 warns, and nothing here could change it.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

ops = keras.ops


def nudged(function, x, step=1e-2):
    """d function / d x by central differences, in x's own numbers."""
    slopes = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        slopes[place] = (float(function(up)) - float(function(down))) / (2 * step)
    return slopes


def test_a_square_by_hand():
    value, slope = gradient(lambda x: ops.sum(x**2), np.array([[1.0, -3.0], [0.5, 0.0]]))
    assert value == 10.25
    assert slope.tolist() == [[2, -6], [1, 0]]  # d x² / d x = 2x
    assert slope.dtype == np.float32


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.sum(ops.tanh(x) * ops.arange(6, dtype="float32")),
        lambda x: ops.sum(ops.relu(x - 0.1) ** 2),
        lambda x: ops.log(ops.sum(ops.exp(x))),
        lambda x: ops.max(ops.reshape(x, (2, 3)) @ ops.ones((3, 1))),
    ],
)
def test_it_agrees_with_nudging(function):
    x = np.random.default_rng(0).normal(size=6).astype("float32")
    value, slope = gradient(function, x)
    assert value == pytest.approx(float(function(ops.convert_to_tensor(x))), abs=1e-6)
    np.testing.assert_allclose(slope, nudged(lambda y: function(ops.convert_to_tensor(y)), x), atol=2e-3)


def test_through_a_network_to_its_picture():
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), layers.Conv2D(3, 3, activation="tanh"), layers.Flatten(), layers.Dense(2)]
    )
    x = np.random.default_rng(1).normal(size=(1, 6, 6, 1)).astype("float32")
    _, slope = gradient(lambda images: model(images, training=False)[0, 1], x)
    expected = nudged(lambda images: model(images, training=False)[0, 1], x, step=1e-1)
    np.testing.assert_allclose(slope, expected, atol=3e-3)


def test_with_respect_to_the_weights_of_a_model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()])
    x = np.array([[1.0, 2.0, -1.0]], "float32")

    def loss(weights):
        y, _ = model.stateless_call(weights, model.non_trainable_variables, x, training=False)
        return ops.sum(y)

    before = [w.copy() for w in model.get_weights()]
    value, slopes = gradient(loss, model.trainable_variables)
    assert [s.shape for s in slopes] == [(3, 2), (2,), (2,), (2,)]
    scale = 1 / np.sqrt(1 + 1e-3)  # a fresh batch normalisation has variance 1 and epsilon 0.001
    np.testing.assert_allclose(slopes[0], np.repeat(x.T, 2, axis=1) * scale, rtol=1e-5)
    assert value == pytest.approx(float(ops.sum(model(x, training=False))), rel=1e-5)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_structures_and_what_is_not_used():
    x = {"a": np.array([1, 2]), "b": [np.array(3.0), np.zeros((2, 2))]}  # whole numbers become floats
    value, slope = gradient(lambda t: ops.sum(t["a"]) * t["b"][0], x)
    assert value == 9
    assert slope["a"].tolist() == [3, 3]
    assert slope["b"][0] == 3
    assert slope["b"][1].tolist() == [[0, 0], [0, 0]]


def test_a_constant_has_slope_zero():
    value, slope = gradient(lambda x: ops.convert_to_tensor(4.0), np.ones(3))
    assert value == 4
    assert slope.tolist() == [0, 0, 0]


def test_more_than_one_number_is_refused():
    with pytest.raises(ValueError, match=r"`function` must return one number, of shape \(\). Received: shape \(2,\)"):
        gradient(lambda x: x, np.ones(2))


def test_words_are_refused():
    with pytest.raises(TypeError, match="`x` must hold real numbers"):
        gradient(lambda x: x, np.array(["a"]))


@pytest.mark.parametrize("name", ["numpy", "openvino"])
def test_a_backend_without_gradients_is_named(monkeypatch, name):
    monkeypatch.setattr(keras.backend, "backend", lambda: name)
    with pytest.raises(ValueError, match=f"one of tensorflow, jax, torch, to take gradients. Received: '{name}'"):
        gradient(lambda x: x, np.ones(2))
