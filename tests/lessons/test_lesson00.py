"""Lesson 00: its figures, and what its experiments show."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest

from cnnlab import datasets
from cnnlab.explore.training.learning_rate_explorer import LEARNING_RATES


def dense_stack(*sizes):
    layers = [keras.layers.Dense(units, activation="relu") for units in sizes[1:-1]]
    return keras.Sequential([keras.Input((sizes[0],)), *layers, keras.layers.Dense(sizes[-1], activation="softmax")])


@pytest.mark.parametrize(
    ("sizes", "by_layer"),
    [((4, 50, 3), [250, 153]), ((4, 50, 30, 3), [250, 1530, 93]), ((4, 12, 8, 3), [60, 104, 27])],
)
def test_parameters_of_a_dense_stack(sizes, by_layer):
    model = dense_stack(*sizes)
    assert [layer.count_params() for layer in model.layers] == by_layer
    assert model.count_params() == sum(by_layer)


def test_three_branches_joined_have_1283_parameters():
    inputs = keras.Input((4,))
    joined = keras.layers.Concatenate()([keras.layers.Dense(units)(inputs) for units in (50, 80, 30)])
    model = keras.Model(inputs, keras.layers.Dense(3)(joined))
    assert joined.shape == (None, 160)
    assert [n for n in (layer.count_params() for layer in model.layers) if n] == [250, 400, 150, 483]
    assert model.count_params() == 1283


@pytest.fixture
def iris():
    """Features and labels, the lesson's 105 to train on first, and its network with random weights."""
    data, order = datasets.iris(), np.random.default_rng(0).permutation(150)
    keras.utils.set_random_seed(0)
    return data.features.astype("float32")[order], data.labels[order], dense_stack(4, 50, 30, 3)


def test_iris_reaches_95_percent_on_the_lessons_split(iris):
    x, y, model = iris
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(0.02))
    model.fit(x[:105], y[:105], epochs=30, batch_size=35, verbose=0)
    said = keras.ops.convert_to_numpy(model(x[105:])).argmax(axis=-1)
    assert len(said) == 45
    assert (said == y[105:]).mean() >= 0.95


def test_of_three_learning_rates_one_creeps_one_learns_and_one_leaves_the_valley(iris):
    x, y, model = iris
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
    first_weights, last = model.get_weights(), {}
    for rate in (0.001, 0.03, 1.0):
        model.set_weights(first_weights)
        model.optimizer.learning_rate = rate
        losses = model.fit(x[:105], y[:105], epochs=25, batch_size=105, verbose=0).history["loss"]
        last[rate] = losses[-1]
    assert losses[1] > 2 * losses[0]  # the first step at 1.0
    assert last[0.03] < last[0.001] < losses[0]
    assert last[1.0] > math.log(3) - 0.01


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        ("MeanSquaredError", 0.14 / 3),  # (0.04 + 0.09 + 0.01) / 3
        ("MeanAbsoluteError", 0.6 / 3),  # (0.2 + 0.3 + 0.1) / 3
        ("CategoricalCrossentropy", -math.log(0.7)),
    ],
)
def test_losses_by_hand(name, by_hand):
    loss = getattr(keras.losses, name)()
    assert float(loss(np.array([[0.0, 1, 0]]), np.array([[0.2, 0.7, 0.1]]))) == pytest.approx(by_hand, rel=1e-5)


def test_every_learning_rate_the_lesson_names_can_be_set():
    assert {0.01, 0.1, 0.5, 0.9, 1.0, 1.05, 3.0} <= set(LEARNING_RATES)
