"""The digit pad: what it does to a picture, against SciPy and NumPy; its words, its canvas, and what it refuses."""

from __future__ import annotations

import re
import sys

import keras
import numpy as np
import pytest
from scipy import ndimage

from cnnlab import datasets, explore
from cnnlab.data.datasets import Dataset
from cnnlab.explore.training.digit_pad import as_mnist, moved, thickened

layers = keras.layers


# --- what the pad does to a picture -----------------------------------------------------------------------------------


def test_thickening_agrees_with_scipy():
    picture = np.random.default_rng(0).integers(0, 256, (9, 9))
    cross = ndimage.generate_binary_structure(2, 1)
    for n, how in ((1, ndimage.grey_dilation), (-1, ndimage.grey_erosion), (2, ndimage.grey_dilation)):
        expected = np.pad(picture, 3)
        for _ in range(abs(n)):
            expected = how(expected, footprint=cross, mode="constant", cval=0)
        assert np.array_equal(thickened(picture, n), expected[3:-3, 3:-3])
    assert np.array_equal(thickened(picture, 0), picture)


@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, 0), (0, -2), (-4, 4)])
def test_moving_by_whole_pixels_only_moves(right, down):
    picture = np.zeros((12, 12))
    picture[5:8, 5:8] = np.arange(9).reshape(3, 3)
    np.testing.assert_allclose(moved(picture, right, down, 0, 1), np.roll(picture, (down, right), (0, 1)), atol=1e-4)


@pytest.mark.parametrize("quarter", [1, 2, 3, -1])
def test_turning_by_quarters_is_numpys_rot90(quarter):
    picture = np.random.default_rng(0).uniform(0, 255, (10, 10)).astype("float32")
    np.testing.assert_allclose(moved(picture, 0, 0, 90 * quarter, 1), np.rot90(picture, quarter), atol=0.05)


def test_half_the_size_covers_a_quarter():
    assert (moved(np.full((20, 20), 200.0), 0, 0, 0, 0.5) > 100).sum() == 100


@pytest.mark.parametrize("place", [np.s_[0:5, 0:2], np.s_[20:28, 24:28], np.s_[3:4, 10:11], np.s_[:, 14:15]])
def test_a_drawing_is_brought_into_mnists_form(place):
    drawing = np.zeros((28, 28), np.uint8)
    drawing[place] = 255
    fitted = as_mnist(drawing)
    rows, columns = np.flatnonzero(fitted.any(axis=1)), np.flatnonzero(fitted.any(axis=0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    centre = [(fitted.sum(axis=1 - axis) @ np.arange(28)) / fitted.sum() for axis in (0, 1)]
    assert centre == pytest.approx([13.5, 13.5], abs=0.51)
    assert not as_mnist(np.zeros((28, 28), np.uint8)).any()


# --- the pad ----------------------------------------------------------------------------------------------------------


def classifier(shape=(28, 28, 1), classes=10, activation="softmax"):
    return keras.Sequential(
        [keras.Input(shape), layers.Flatten(), layers.Dense(classes, activation=activation, kernel_initializer="ones")]
    )


@pytest.fixture(scope="module")
def pad():
    return explore.DigitPad()


def restored(pad):
    pad.press("reset")
    return pad.set(source="a test picture", class_name="7", example=1, fit=True)


def test_the_words_hold_the_models_own_numbers(pad):
    restored(pad).set(class_name="6", turn=35, right=2)
    test = datasets.mnist("test", limit=1000)
    row = int(np.flatnonzero(test.labels == 6)[0])
    picture = np.clip(np.rint(moved(test.images[row, ..., 0], 2, 0, 35, 1)), 0, 255)
    assert np.array_equal(pad.picture(), picture)
    model = pad._model
    expected = model.predict(picture[None, ..., None] / 255, verbose=0)[0]
    np.testing.assert_allclose(pad.probabilities(), expected, atol=1e-5)
    words, best = pad.describe(), int(expected.argmax())
    assert f"Test picture {row}, whose class is 6; 2 pixels to the right, turned by 35° anticlockwise." in words
    assert f"The model says {best} with a probability of {expected[best]:.3f}" in words
    assert ("right" if best == 6 else "wrong, it is 6") in words
    assert "Of the unchanged picture it says" in words
    assert pad.figure().alt == words
    assert "unchanged picture" not in restored(pad).describe()  # a picture left alone is not compared with itself


def test_drawing_switches_to_the_drawing_and_clearing_empties_it(pad):
    drawing = np.zeros((28, 28))
    drawing[4:24, 13:16] = 255
    restored(pad).draw(drawing)
    assert pad.source == "my drawing"
    assert pad.picture().any()
    assert "cut out, sized and centred" in pad.describe()
    assert np.array_equal(pad.set(fit=False).picture(), drawing)
    pad.controls["clear"].click()
    assert not pad.picture().any()
    assert "There is nothing to see" in pad.describe()


def test_undo_takes_all_changes_back(pad):
    restored(pad).set(turn=90, noise=50, thickness=2)
    assert not np.array_equal(pad.picture(), pad.original())
    pad.controls["reset"].click()
    assert np.array_equal(pad.picture(), pad.original())


def test_the_canvas_hands_its_ink_over(pad):
    pytest.importorskip("anywidget")
    restored(pad)
    ink = np.zeros((28, 28), np.uint8)
    ink[5:20, 8] = 200
    message = {"ink": memoryview(ink.tobytes()), "sheet": pad._canvas.wiped}  # as it comes from the browser
    pad._canvas.set_state(message)
    assert pad.source == "my drawing"
    assert np.array_equal(pad.set(fit=False).picture(), ink)
    assert pad._canvas in pad.view().children[3].children  # beside the picture
    wiped = pad._canvas.wiped
    pad.controls["clear"].click()
    assert pad._canvas.wiped == wiped + 1
    pad._canvas.set_state({"ink": memoryview(np.roll(ink, 3).tobytes()), "sheet": wiped})  # drawn before, came late
    assert not pad.picture().any()
    pad._canvas.set_state({"ink": b"short", "sheet": wiped + 1})  # not a picture: passed over
    assert not pad.picture().any()


def test_a_drawing_begins_unchanged_and_may_be_moved(pad):
    restored(pad).set(right=5, turn=90, noise=20)
    pad.controls["source"].value = "my drawing"
    assert (pad.right, pad.turn, pad.noise) == (0, 0, 0)
    assert restored(pad).set(right=5, source="my drawing").right == 5


def test_without_anywidget_a_note_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    bare = explore.DigitPad()
    assert bare._canvas is None
    assert any("pip install anywidget" in getattr(child, "value", "") for child in bare.view().children[3].children)
    assert bare.draw(np.eye(28) * 255).picture().any()


def test_a_drawing_may_be_floats_from_0_to_1(pad):
    drawing = np.zeros((28, 28))
    drawing[4:24, 13:16] = 0.5
    restored(pad).draw(drawing).set(fit=False)
    assert pad.picture().max() == 128
    restored(pad).draw(drawing.astype("float32")[..., None]).set(fit=False)
    assert pad.picture()[10, 14] == 128


@pytest.mark.parametrize("inside", [False, True])
def test_a_model_that_rescales_by_itself_gets_whole_pixels(inside):
    front = layers.Rescaling(1 / 255)
    if inside:
        front = keras.Sequential([keras.Input((28, 28, 1)), front])
    head = layers.Dense(10, activation="softmax")
    own = keras.Sequential([keras.Input((28, 28, 1)), front, layers.Flatten(), head])
    plain = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), head])
    said = [explore.DigitPad(model).probabilities() for model in (own, plain)]
    np.testing.assert_allclose(*said, atol=1e-5)


def test_a_data_set_in_floats_is_the_same_data_set():
    test = datasets.mnist("test", limit=60)
    floats = Dataset((test.images / 255).astype("float32"), test.labels, test.class_names, test.source)
    own = keras.Sequential([keras.Input((28, 28, 1)), layers.Rescaling(1 / 255), *explore.DigitPad()._model.layers])
    signed = keras.Sequential([keras.Input((28, 28, 1)), layers.Rescaling(2.0, -1.0), *own.layers[1:]])  # takes 0 to 1
    for model in (None, own, signed):
        bytes_pad, floats_pad = (explore.DigitPad(model, data) for data in (test, floats))
        assert np.array_equal(floats_pad.picture(), bytes_pad.picture())
        np.testing.assert_allclose(floats_pad.probabilities(), bytes_pad.probabilities())
        assert floats_pad.answer() == bytes_pad.answer() == "7"


def test_one_sigmoid_answers_for_two_classes():
    """The bias alone decides: 1/(1 + e^2) = 0.119 for the second class."""
    two = Dataset(np.zeros((2, 28, 28, 1), np.uint8), np.array([0, 1]), ("no", "yes"), "here")
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    model.layers[-1].set_weights([np.zeros((784, 1)), np.array([-2.0])])
    np.testing.assert_allclose(explore.DigitPad(model, two).probabilities(), [0.881, 0.119], atol=1e-3)


def test_any_model_and_any_grey_pictures_will_do():
    letters = datasets.letters("test", limit=60)
    own = explore.DigitPad(classifier(), letters)
    assert own.class_name in "ABCDEFGHIJ"
    assert "whose class is" in own.describe()
    np.testing.assert_allclose(own.probabilities().sum(), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (dict(model="mnist"), TypeError, "`model` must be a keras.Model. Received: str"),
        (dict(model=classifier((14, 14, 1))), ValueError, "`model` must take the data set's pictures, (28, 28, 1)"),
        (dict(model=classifier(classes=7)), ValueError, "one number for each of 10 classes. Received: shape (2, 7)"),
        (dict(model=classifier(activation=None)), ValueError, "`model` must end in probabilities"),
        (dict(dataset=np.zeros((2, 28, 28, 1))), TypeError, "`dataset` must be a Dataset"),
        (
            dict(dataset=Dataset(np.zeros((2, 32, 32, 3), np.uint8), np.zeros(2, int), ("a",), "here")),
            ValueError,
            "`dataset` must hold square grey pictures (N, H, H, 1). Received: shape (2, 32, 32, 3)",
        ),
    ],
)
def test_the_pad_refuses(arguments, error, words):
    with pytest.raises(error, match=re.escape(words)):
        explore.DigitPad(**arguments)


@pytest.mark.parametrize("picture", [np.zeros((27, 28)), np.zeros((28, 28, 3)), np.zeros(784)])
def test_a_drawing_of_another_size_is_refused(pad, picture):
    with pytest.raises(ValueError, match=r"`picture` must have shape"):
        pad.draw(picture)
