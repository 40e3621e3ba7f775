"""The callbacks, and what is asked of predictions."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import sklearn.metrics
from small_models import classic_network

from cnnlab import datasets, training

DATA = Path(__file__).parents[3] / "shared" / "data"


def test_importing_training_starts_no_keras():
    code = "import sys, cnnlab.training; print('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- callbacks --------------------------------------------------------------------------------------------------------


# Keras' ReduceLROnPlateau reads a TensorFlow variable in a way that NumPy 2 warns about.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_callbacks_stop_slow_down_and_keep_the_best(tmp_path):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(2, "softmax")])
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(0).normal(size=(120, 6)).astype("float32")
    y = (x.sum(axis=1) > 0).astype("int64")
    noise = np.random.default_rng(1).integers(0, 2, len(y))  # validation labels that nothing can predict
    history = model.fit(
        x, y, epochs=60, validation_data=(x, noise), verbose=0, callbacks=training.callbacks(tmp_path / "best.keras")
    ).history
    best = int(np.argmin(history["val_loss"]))
    assert len(history["val_loss"]) == best + 1 + 4  # patience 4
    assert history["learning_rate"][-1] < history["learning_rate"][0]
    kept = keras.models.load_model(tmp_path / "best.keras")
    loss, _ = kept.evaluate(x, noise, verbose=0)
    assert loss == pytest.approx(min(history["val_loss"]), abs=1e-4)
    np.testing.assert_allclose(model.predict(x, verbose=0), kept.predict(x, verbose=0), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (dict(file="best.h5"), ValueError, "`file` must end in .keras"),
        (dict(file="best.keras", patience=1), ValueError, "`patience` must be a whole number >= 2. Received: 1"),
        (dict(file="best.keras", patience=2.5), TypeError, "`patience`"),
        (dict(file="best.keras", factor=1), ValueError, "`factor` must lie between 0 and 1. Received: 1"),
    ],
)
def test_callbacks_refuse(arguments, error, words):
    with pytest.raises(error, match=re.escape(words)):
        training.callbacks(**arguments)


# --- confusion, mistakes ----------------------------------------------------------------------------------------------


def test_a_confusion_matrix_by_hand_and_by_scikit_learn():
    # The lesson's eight pictures: of five 0s four are found, of three 1s two.
    truth, answer = [0, 0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 1, 1, 0]
    assert training.confusion_matrix(truth, answer, 2).tolist() == [[4, 1], [1, 2]]
    assert training.confusion_matrix([], [], 2).tolist() == [[0, 0], [0, 0]]
    labels, predicted = np.random.default_rng(0).integers(0, 7, (2, 500))
    theirs = sklearn.metrics.confusion_matrix(labels, predicted, labels=range(7))
    assert np.array_equal(training.confusion_matrix(labels, predicted, 7), theirs)


def test_one_sigmoid_is_told_how_to_become_two_columns():
    """Its argmax is always 0, so that every picture of the second class would count as wrong."""
    p = np.array([[0.9], [0.2], [0.6]])
    with pytest.raises(ValueError, match=r"of one sigmoid's p make np.hstack\(\[1 - p, p\]\).* \(3, 1\)"):
        training.worst_mistakes([1, 0, 0], p)
    assert training.worst_mistakes([1, 0, 0], np.hstack([1 - p, p])).tolist() == [2]
    assert training.confusion_matrix([1, 0, 0], (p > 0.5).astype(int)[:, 0], 2).tolist() == [[1, 1], [0, 1]]


def test_the_worst_mistakes_come_in_the_order_of_their_loss():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), 200)
    labels = rng.integers(0, 4, 200)
    worst = training.worst_mistakes(labels, probabilities)
    loss = -np.log(probabilities[np.arange(200), labels])
    assert (np.diff(loss[worst]) <= 0).all()
    assert set(worst) == set(np.flatnonzero(probabilities.argmax(axis=1) != labels))
    assert training.worst_mistakes(labels, probabilities, 3).tolist() == worst[:3].tolist()
    assert training.worst_mistakes(probabilities.argmax(axis=1), probabilities).size == 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: training.confusion_matrix([0, 1], [0], 2), ValueError, "as many rows as `labels`. Received: 1 and 2"),
        (
            lambda: training.confusion_matrix([0, 2], [0, 0], 2),
            ValueError,
            "`labels` must lie in 0 … 1. Received: 0 … 2",
        ),
        (lambda: training.confusion_matrix([0], [0.7], 2), TypeError, "`predicted` must hold whole numbers"),
        (lambda: training.confusion_matrix([[0, 1]], [0], 2), ValueError, "`labels` must have shape (N,)"),
        (lambda: training.worst_mistakes([0], [0.5, 0.5]), ValueError, "`probabilities` must have shape (N, classes)"),
        (lambda: training.worst_mistakes([0, 1], [[0.5, 0.5]]), ValueError, "Received: 1 and 2"),
        (lambda: training.worst_mistakes([0], [[0.5, 0.5]], 0), ValueError, "`count`"),
        (lambda: training.worst_mistakes([0, 1], [[0.5, 0.5], [np.nan, 0]]), ValueError, "Received: row 1 is [nan, "),
    ],
)
def test_bad_predictions_are_refused(call, error, words):
    with pytest.raises(error, match=re.escape(words)):
        call()


# --- the real thing ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not (DATA / "mnist.npz").is_file(), reason="no data folder beside the project")
def test_two_epochs_on_ten_thousand_pictures_of_mnist_reach_95_percent(monkeypatch):
    monkeypatch.setenv("CNNLAB_DATA", str(DATA))
    train, test = datasets.mnist("train", limit=10_000), datasets.mnist("test")
    keras.utils.set_random_seed(0)
    model = classic_network()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(train.images / np.float32(255), train.labels, batch_size=64, epochs=2, verbose=0)
    _, accuracy = model.evaluate(test.images / np.float32(255), test.labels, batch_size=500, verbose=0)
    assert accuracy >= 0.95
