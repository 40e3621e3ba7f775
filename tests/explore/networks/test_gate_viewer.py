"""The gate viewer: gates against NumPy, its words, units of different width, and what it refuses."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
from keras import layers

from cnnlab import explore
from cnnlab.explore.networks.gates import read_gates
from cnnlab.models.zoo import senet


def gated(channels=4, name="scale"):
    x = keras.Input((5, 5, channels))
    gate = layers.Dense(channels, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    return keras.Model(x, layers.Multiply(name=name)([gate, x]))  # the gate first: the order must not matter


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(5)
    return rng.normal(size=(12, 5, 5, 4)).astype("float32"), np.arange(12) % 3


def test_gates_are_read_and_put_into_words(pictures):
    keras.utils.set_random_seed(0)
    model, (images, labels) = gated(), pictures
    kernel, bias = (keras.ops.convert_to_numpy(w) for w in model.weights)
    gates = 1 / (1 + np.exp(-(images.mean(axis=(1, 2)) @ kernel + bias)))
    viewer = explore.GateViewer(model, images, labels, class_names=["a", "b", "c"])
    np.testing.assert_allclose(read_gates(model, images)[0].gates, gates, atol=1e-5)
    words = viewer.set(picture=7, channel=2).describe()
    mean, gate = images[7, ..., 2].mean(), gates[7, 2]
    row, column = np.unravel_index(abs(images[7, ..., 2]).argmax(), (5, 5))
    value = images[7, row, column, 2]
    expected = f"mean {mean:.2f} → gate {gate:.2f}. Its strongest value, row {row} column {column}: "
    expected += f"{value:.2f} · {gate:.2f} ≈ {value * gate:.2f}."
    assert expected.replace("-", "−") in words
    assert "Picture 7, class b." in words
    by_class = ", ".join(f"{name}: {gates[labels == c, 2].mean():.2f}" for c, name in enumerate("abc"))
    assert f"by class {by_class}." in words
    between, within = viewer.spread()
    means = np.array([gates[labels == c].mean(axis=0) for c in range(3)])
    assert between == pytest.approx(means.std(axis=0).mean(), abs=1e-5)
    assert within == pytest.approx((gates - means[labels]).std(axis=0).mean(), abs=1e-5)


def test_units_of_different_width_share_the_controls():
    x = keras.Input((8, 8, 6))
    a = senet.squeeze_excite(x, "first", reduction=2)
    a = senet.squeeze_excite(layers.Conv2D(40, 3)(a), "second", reduction=4)
    images = np.random.default_rng(0).random((2, 8, 8, 6)).astype("float32")
    model = keras.Model(x, a)
    viewer = explore.GateViewer(model, images, [0, 30], unit=1)
    assert viewer.controls["channel"].max == 39
    assert viewer.set(channel=39).png().startswith(b"\x89PNG")
    gates = read_gates(model, images)[0].gates
    furthest = np.abs(gates[0] - gates.mean(axis=0)).argmax()
    assert viewer.set(unit="first_se_scale").state()["channel"] == furthest
    assert "6 channels" in viewer.describe()
    assert viewer.set(channel=0, unit="second_se_scale").state()["channel"] == 0  # what is asked for stays


def test_small_gates_are_not_written_as_nothing(pictures):
    model, (images, labels) = gated(), pictures
    kernel, bias = model.get_weights()
    model.set_weights([0 * kernel, np.full_like(bias, -6)])  # 1 / (1 + e⁶) = 0.0025
    viewer = explore.GateViewer(model, images, labels)
    assert "→ gate 0.0025. Its strongest value" in viewer.describe()
    assert "pictures: 0.0025; by class 0: 0.0025" in viewer.describe()
    assert "0.0025" in explore.GateViewer(model, images, labels, predict=True).question()


def test_the_answer_is_where_the_gate_lies(pictures):
    model = gated()
    quiz = explore.GateViewer(model, *pictures, predict=True)
    gates = read_gates(model, pictures[0])[0].gates
    for number, channel in np.ndindex(4, 4):
        expected = "higher" if gates[number, channel] > gates[:, channel].mean() else "lower"
        assert quiz.set(picture=number, channel=channel).answer() == expected


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (dict(model=keras.Sequential([keras.Input((5, 5, 4)), layers.ReLU()])), ValueError, "must hold a Multiply"),
        (dict(model="se"), TypeError, "`model` must be a keras.Model. Received: str"),
        (dict(images=np.zeros((12, 5, 5))), ValueError, "(N, H, W, C)"),
        (dict(images=np.zeros((12, 6, 5, 4))), ValueError, "`images` must have shape (N, 5, 5, 4)"),
        (dict(labels=[0, 1]), ValueError, "`labels` must be 12 whole numbers"),
        (dict(labels=None), ValueError, "are needed with a `model`"),
        (dict(class_names=["a"]), ValueError, "must name 3 classes. Received: 1"),
        (dict(unit=1), ValueError, "`unit` must be a whole number from 0 to 0"),
        (dict(images=np.zeros((401, 5, 5, 4)), labels=[0] * 401), ValueError, "1 to 400"),
        (dict(model=None), ValueError, "need a `model`"),
    ],
)
def test_the_gate_viewer_refuses(pictures, change, error, says):
    arguments = {"model": gated(), "images": pictures[0], "labels": pictures[1], **change}
    with pytest.raises(error, match=re.escape(says)):
        explore.GateViewer(arguments.pop("model"), arguments.pop("images"), arguments.pop("labels"), **arguments)


def test_a_multiplication_by_more_than_one_is_no_gate(pictures):
    x = keras.Input((5, 5, 4))
    gate = layers.Rescaling(3.0, offset=2.0)(layers.GlobalAveragePooling2D(keepdims=True)(x))
    with pytest.raises(ValueError, match="a gate must lie from 0 to 1"):
        explore.GateViewer(keras.Model(x, layers.Multiply()([x, gate])), *pictures)


def test_late_gates_know_the_classes_and_early_ones_do_not():
    viewer = explore.GateViewer()
    (first, _), (last, within) = (viewer.set(unit=f"unit{n}_scale").spread() for n in (1, 3))
    assert last > 2 * first
    assert last > 1.5 * within
