"""Lesson 07: its figures, in the library and in the notebook, and plain against residual networks."""

from __future__ import annotations

import os

import keras
import numpy as np
import pytest
from keras import layers
from lesson_files import notebook, texts

from cnnlab import datasets, ledger, shapes, zoo
from cnnlab.checks import lesson07 as check
from cnnlab.models.zoo import senet


def test_googlenets_last_layer_after_a_flatten():
    rest = 6_998_552 - shapes.dense_params(1024, 1000)
    assert shapes.dense_params(7 * 7 * 1024, 1000) / rest == pytest.approx(8.4, abs=0.05)


def test_squeezenet_and_its_first_fire_module():
    body = ledger.ledger(zoo.build("squeezenet", include_top=False, kernel_initializer="zeros"))
    assert body.params == 722_496
    fire = [body.row(f"fire2_{part}").params for part in ("squeeze1x1", "expand1x1", "expand3x3")]
    assert fire == [1_040, 1_088, 9_280]
    assert sum(body.row(f"fire4_{part}").params for part in ("squeeze1x1", "expand1x1", "expand3x3")) == 45_344
    assert round(60_965_224 / zoo.build("squeezenet", kernel_initializer="zeros").count_params()) == 49


def test_an_addition_of_other_shapes_is_refused_or_repeats_a_channel():
    with pytest.raises(ValueError, match=r"incompatible shapes.*\(28, 28, 64\) and \(14, 14, 128\)"):
        layers.Add()([keras.Input((28, 28, 64)), keras.Input((14, 14, 128))])
    assert layers.Add()([keras.Input((28, 28, 64)), keras.Input((28, 28, 1))]).shape == (None, 28, 28, 64)


@pytest.mark.parametrize(("before", "after"), [case.args for case in check.shortcut.diagnose.cases])
def test_the_projection_of_the_exercise_makes_the_shapes_equal(before, after):
    shortcut = keras.Input(before)
    if projection := check._shortcut(before, after):
        filters, strides = projection
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same")(shortcut)
    assert shortcut.shape[1:] == after


def test_the_zoo_multiplies_by_gates_as_the_exercise_does():
    x = keras.Input((5, 6, 16))
    model = keras.Model(x, senet.squeeze_excite(x, "unit", reduction=4))
    image = np.random.default_rng(0).normal(size=(5, 6, 16)).astype("float32")
    namespace: dict = {"np": np}
    exec(check.squeeze_excite.solution_source, namespace)
    ours = namespace["squeeze_excite"](image, *(keras.ops.convert_to_numpy(w) for w in model.weights))
    np.testing.assert_allclose(ours, keras.ops.convert_to_numpy(model(image[None]))[0], atol=1e-5)


FIGURES = """
directly: 120,422,400 | 2,408,448 + 10,035,200 = 12,443,648
12,288 weights +  64 biases     9.6 M | 221,184 weights + 128 biases   173.4 M | 153,600 weights +  32 biases   120.4 M
387,072 weights + 224 biases   303.5 M | (None, 28, 28, 416)
(28, 28, 256) | 163,328 weights + 368 biases, 128.0 M
6,998,552 | 13,378,280
3,584 | 73,792 | 73,856 | in all: 151,232
11,689,512 trainable parameters    1.8 G | 21,797,672 trainable parameters    3.7 G
25,557,032 trainable parameters    3.9 G | 44,549,160 trainable parameters    7.6 G
60,192,808 trainable parameters   11.3 G | in the 3x3: 4.09 G
keras.applications.ResNet50: 25,636,712 | max-poolings in ResNet-152: ['stem_pool']
28,088,024 | SqueezeNet 1.1 without its classifier: 722,496
"""


def test_the_notebook_shows_every_figure():
    shown = "\n".join(texts(cell) for cell in notebook("07_going_deeper").cells)
    figures = [figure.strip() for line in FIGURES.strip().splitlines() for figure in line.split(" | ")]
    assert [figure for figure in figures if figure not in shown] == []


# --- the experiments --------------------------------------------------------------------------------------------------


def small_network(units, skip):
    """A stem, units of two convolutions with batch normalisation on 4×4 pixels, a classifier: the lesson's."""
    a = inputs = keras.Input((8, 8, 1))
    a = layers.MaxPooling2D()(layers.Conv2D(16, 3, padding="same", activation="relu")(a))
    for _ in range(units):
        z = layers.Conv2D(16, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(a)
        z = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(z))
        z = layers.Conv2D(16, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(z)
        z = layers.BatchNormalization(momentum=0.9)(z)
        a = layers.ReLU()(layers.Add()([z, a]) if skip else z)
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(a)))


def trained_accuracies(skip, units=12, epochs=3):
    """Training accuracy on the small digits for seed 0, or 0, 1 and 2 with CNNLAB_SLOW=1, of one compiled network."""
    digits = datasets.digits()
    images, labels = (digits.images[:1400] / 255).astype("float32"), digits.labels[:1400]
    model = small_network(units, skip)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=["accuracy"])
    reached = []
    for seed in range(3 if os.environ.get("CNNLAB_SLOW") else 1):
        keras.utils.set_random_seed(seed)
        model.set_weights(small_network(units, skip).get_weights())
        reached.append(model.fit(images, labels, batch_size=64, epochs=epochs, verbose=0).history["accuracy"][-1])
    return np.array(reached)


def test_residual_beats_plain_by_far():
    plain, residual = trained_accuracies(False), trained_accuracies(True)
    assert (residual - plain).min() > 0.15, (plain, residual)
