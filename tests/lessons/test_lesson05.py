"""Lesson 05: the syllabus' figures, the dead block, and what its exercises leave alone."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from small_models import classic_network

from cnnlab import zoo
from cnnlab.checks import lesson05 as check

layers = keras.layers


# --- the figures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kernel", "side", "first", "total"),
    [(3, 26, 3 * 3 * 32 + 32, 225_034), (5, 24, 5 * 5 * 32 + 32, 225_546)],
)
def test_the_classic_network_has_the_published_size(kernel, side, first, total):
    model = classic_network(kernel)
    assert model.layers[0].output.shape[1:] == (side, side, 32)
    assert model.layers[0].count_params() == first
    assert model.layers[6].output.shape[1:] == (1600,)
    # first layer + 3·3·32·64 + 64 + 1600·128 + 128 + 128·10 + 10
    assert first + 18_496 + 204_928 + 1_290 == model.count_params() == total


def test_nine_tenths_of_the_parameters_are_in_one_layer():
    assert 0.9 < 204_928 / classic_network().count_params() < 0.92
    assert round(classic_network().count_params() / 12_810) == 18  # times as many as the exercise's


def two_blocks(connected):
    inputs = keras.Input((28, 28, 1))
    x = layers.MaxPooling2D(2)(layers.Conv2D(32, 3, activation="relu")(inputs))
    x = layers.MaxPooling2D(2)(layers.Conv2D(64, 3, activation="relu")(x if connected else inputs))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))


def test_a_block_that_leads_nowhere_is_dropped_without_a_word():
    whole, broken = two_blocks(True), two_blocks(False)
    assert (whole.count_params(), broken.count_params()) == (34_826, 108_810)
    assert [layer.filters for layer in broken.layers if isinstance(layer, layers.Conv2D)] == [64]


def test_lenet_as_the_full_profile_trains_it_has_61706_parameters():
    lenet = zoo.build("lenet5", input_shape=(28, 28, 1), classes=10, activation="relu", pool="max", padding="same")
    assert lenet.count_params() == 61_706


def test_the_loss_of_a_shrug_is_ln_10():
    shrug, labels = np.full((2, 10), 0.1, "float32"), np.array([7, 2])
    sparse = float(keras.losses.SparseCategoricalCrossentropy()(labels, shrug))
    categorical = float(keras.losses.CategoricalCrossentropy()(keras.utils.to_categorical(labels, 10), shrug))
    assert sparse == pytest.approx(np.log(10), abs=1e-5)
    assert sparse == pytest.approx(categorical)


def test_batch_normalisation_by_hand():
    norm = layers.BatchNormalization()
    out = keras.ops.convert_to_numpy(norm(np.array([[1.0], [3.0], [5.0], [7.0]], "float32"), training=True))
    np.testing.assert_allclose(out.ravel(), np.array([-3, -1, 1, 3]) / np.sqrt(5 + 1e-3), rtol=1e-4)
    assert [weight[0] for weight in norm.get_weights()[2:]] == pytest.approx([0.04, 1.04], abs=1e-4)


# --- the exercises ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exercise", [check.wire, check.mended])
def test_a_model_in_place_of_its_function_is_named(exercise):
    message = exercise(two_blocks(True)).message
    assert "A function is expected here, but this is a Functional. Pass the function itself, by its name" in message


def test_a_models_weights_are_as_before():
    model = two_blocks(True)
    before = model.get_weights()
    assert check.mended(lambda: model).status == "correct"
    assert all(map(np.array_equal, before, model.get_weights()))


def test_early_stopping_agrees_with_keras():
    class Model:
        stop_training = False

        def get_weights(self):
            return []

    for losses, patience in [*check._RUNS, ([3, 2, 1], 1)]:
        stopper = keras.callbacks.EarlyStopping("val_loss", patience=patience)
        model = Model()
        stopper.set_model(model)
        stopper.on_train_begin()
        ended = len(losses)
        for epoch, loss in enumerate(losses):
            stopper.on_epoch_end(epoch, {"val_loss": loss})
            if model.stop_training:
                ended = epoch + 1
                break
        assert check._early_stop(losses, patience)[0] == ended
