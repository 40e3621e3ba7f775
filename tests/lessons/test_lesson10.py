"""Lesson 10: the syllabus' figures, and what the lesson claims of transfer."""

from __future__ import annotations

import os
from pathlib import Path

import keras
import numpy as np
import pytest

from cnnlab import datasets, transfer
from cnnlab.checks import lesson10 as check
from cnnlab.training.transfer import photos

layers = keras.layers
PETS = {"input_shape": (32, 32, 3), "resize": 128}
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


# --- the figures ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def heavy():
    """ResNet-50 with the head that is often put on it."""
    base = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(224, 224, 3))
    x = layers.Flatten(name="flatten")(base.output)
    x = layers.Dense(1024, activation="relu", kernel_initializer="zeros", name="hidden")(x)
    return base, keras.Model(base.input, layers.Dense(100, name="classes")(x))


def test_resnet50_with_flatten_has_the_figures_of_the_syllabus(heavy):
    backbone, model = heavy
    assert backbone.count_params() == 23_587_712
    assert model.get_layer("flatten").output.shape == (None, 7 * 7 * 2048) == (None, 100_352)
    assert model.get_layer("hidden").count_params() == 100_352 * 1024 + 1024 == 102_761_472
    assert model.get_layer("classes").count_params() == 1024 * 100 + 100 == 102_500
    assert model.count_params() == 23_587_712 + 102_761_472 + 102_500 == 126_451_684


def test_the_statistics_of_batch_normalisation_never_train(heavy):
    _, model = heavy
    transfer.unfreeze(model)
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    assert trainable == 126_398_564
    assert 2 * sum(layer.moving_mean.shape[0] for layer in norms) == 53_120 == model.count_params() - trainable


def test_the_exercise_with_smaller_photos():
    assert transfer.backbone("resnet50", (160, 160, 3), weights=None).output_shape == (None, 5, 5, 2048)
    assert check.head_size(51_200 * 256 + 256 + 256 * 3 + 3).status == "correct"


def test_an_orange_pixel_in_three_families():
    orange = np.array([[[255.0, 128.0, 0.0]]])
    families = {"mobilenet_v2": [1, 0, -1], "resnet50": [-103.9, 11.2, 131.3], "efficientnet": [255, 128, 0]}
    for name, expected in families.items():
        seen = getattr(keras.applications, name).preprocess_input(orange.copy())[0, 0]
        np.testing.assert_allclose(seen, expected, atol=0.06)


def test_the_backbone_of_the_lesson():
    base = transfer.digits_backbone()
    assert base.output_shape == (None, 7, 7, 64)
    assert base.get_layer("block3_conv").count_params() == 3 * 3 * 32 * 64 == 18_432
    assert base.count_params() == 23_632
    assert transfer.freeze(transfer.classifier(base, classes=5)).trainable_params == 64 * 5 + 5


# --- what the lesson claims -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def task():
    """Pictures and labels of the digits 5 to 9, to train on and to test, and two backbones' features of them."""
    five = (5, 6, 7, 8, 9)
    new = transfer.scattered_digits(five, seed=1)
    test = transfer.scattered_digits(five, "test", copies=3, seed=2)
    bases = {"learned": transfer.digits_backbone(), "random": transfer.digits_backbone(weights=None)}
    images = [data.images / np.float32(255) for data in (new, test)]
    found = {name: [scaled(transfer.features(base, x)) for x in images] for name, base in bases.items()}
    return images, (new.labels, test.labels), found


def scaled(values):
    return (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, keepdims=True)


def head_accuracy(found, labels, test_labels, rows):
    """A linear head by ridge regression to one-hot labels: another method than the lesson's, the same claim."""
    train, test = (np.hstack([values, np.ones((len(values), 1))]) for values in (found[0][rows], found[1]))
    truth = np.eye(5)[labels[rows]]
    weights = np.linalg.solve(train.T @ train + 3 * np.eye(train.shape[1]), train.T @ truth)
    return float(((test @ weights).argmax(axis=1) == test_labels).mean())


def test_features_from_other_digits_beat_random_features_by_far(task):
    _, (labels, test_labels), found = task
    ways = {
        name: lambda rows, seed, own=own: head_accuracy(own, labels, test_labels, rows) for name, own in found.items()
    }
    curve = transfer.learning_curve(ways, labels, sizes=[10, 30, 100], seeds=3)
    gap, spread = curve.gap("learned", "random")
    assert (gap > 0.1).all()
    assert (gap > 2 * spread / np.sqrt(3)).all()  # twice the standard error of the mean
    assert curve.mean("learned")[1] > 0.55


def test_scratch_is_behind_with_thirty_labels(task):
    """The lesson's own comparison at one point: 150 steps from random weights, and a head on features."""
    (x, x_test), (labels, test_labels), found = task
    model = transfer.classifier(transfer.digits_backbone(weights=None), classes=5)
    gaps = []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        rows = transfer.few_labels(labels, 30, seed)
        start = transfer.digits_backbone(weights=None, seed=seed).get_weights()
        transfer.restart(model, [*start, np.zeros((64, 5)), np.zeros(5)])
        model.fit(x[rows], labels[rows], batch_size=10, epochs=50, verbose=0)
        scratch = model.evaluate(x_test, test_labels, batch_size=300, verbose=0)[1]
        gaps.append(head_accuracy(found["learned"], labels, test_labels, rows) - scratch)
    assert np.mean(gaps) > 0.05


# --- the real thing ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pets():
    """Three hundred cats and dogs with their SqueezeNet features, and as many put aside as there are."""
    if not (SHARED / "weights").is_dir():
        pytest.skip("no cats, dogs and ImageNet weights beside the project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNNLAB_DATA", str(SHARED))
        train, aside = (datasets.cats_and_dogs(split) for split in ("train", "validation"))
        base = transfer.backbone("squeezenet", **PETS)
    rows = transfer.few_labels(train.labels, 300, seed=0)
    x, x_test = (images / np.float32(255) for images in (train.images[rows], aside.images))
    return (x, transfer.features(base, x), train.labels[rows]), (x_test, transfer.features(base, x_test), aside.labels)


def accuracies(model, inputs, labels, test_inputs, test_labels):
    """Ten rounds over a hundred pictures, in steps of ten: accuracies of three seeds."""
    start = model.get_weights()

    def run(rows, seed):
        keras.utils.set_random_seed(seed)
        transfer.restart(model, start)
        model.fit(inputs[rows], labels[rows], batch_size=10, epochs=10, verbose=0)
        return model.evaluate(test_inputs, test_labels, batch_size=100, verbose=0)[1]

    return transfer.learning_curve({"run": run}, labels, [100], seeds=3).mean("run")[0]


def test_transfer_tells_cats_from_dogs_by_a_hundred_labels(pets):
    (_, f, labels), (_, f_test, test_labels) = pets
    assert accuracies(transfer.head(512, classes=2), f, labels, f_test, test_labels) >= 0.70


@pytest.mark.skipif(not os.environ.get("CNNLAB_SLOW"), reason="takes a minute: set CNNLAB_SLOW=1")
def test_scratch_is_twelve_points_behind_on_cats_and_dogs(pets):
    (x, f, labels), (x_test, f_test, test_labels) = pets
    head = accuracies(transfer.head(512, classes=2), f, labels, f_test, test_labels)
    whole = transfer.classifier(transfer.backbone("squeezenet", weights=None, **PETS), classes=2)
    assert head - accuracies(whole, x, labels, x_test, test_labels) >= 0.12


def test_the_network_that_ships_tells_cats_from_dogs_without_a_label(pets):
    x_test, _, labels = pets[1]
    said = transfer.photo_backbone((32, 32, 3), classifier=True).predict(x_test, batch_size=200, verbose=0)
    cat, dog = (photos.CLASSES.index(name) for name in ("cat", "dog"))
    assert ((said[:, dog] > said[:, cat]) == labels).mean() == pytest.approx(0.77, abs=0.01)
