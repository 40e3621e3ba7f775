"""Lesson 10: the syllabus' figures, the freeze slider's arithmetic, its quiz, and what the lesson claims."""

from __future__ import annotations

import os
from pathlib import Path

import keras
import numpy as np
import pytest

from cnnlab import datasets, explore, ledger, transfer
from cnnlab.checks import lesson10 as check
from cnnlab.explore.training import freeze_slider
from cnnlab.explore.training.freeze_cost import Block, blocks_of, spans, step_cost

layers = keras.layers
PETS = {"input_shape": (32, 32, 3), "resize": 128}
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setenv("CNNLAB_STRICT", "1")
    monkeypatch.setenv("CNNLAB_OFFLINE", "1")
    monkeypatch.delenv("CNNLAB_DATA", raising=False)


# --- the figures ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def heavy():
    """ResNet-50 with the head that is often put on it."""
    base = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(224, 224, 3))
    x = layers.Flatten(name="flatten")(base.output)
    x = layers.Dense(1024, activation="relu", kernel_initializer="zeros", name="hidden")(x)
    return base.count_params(), keras.Model(base.input, layers.Dense(100, name="classes")(x))


def test_resnet50_with_flatten_has_the_figures_of_the_syllabus(heavy):
    backbone, model = heavy
    assert backbone == 23_587_712
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
    base = transfer.backbone("resnet50", (160, 160, 3), weights=None)
    assert base.output_shape == (None, 5, 5, 2048)
    assert check.head_size(51_200 * 256 + 256 + 256 * 3 + 3).status == "correct"


def test_the_average_of_the_backbones_maps():
    assert "7 × 7 × 64 becomes 64." in str(check.average(lambda maps: maps.mean(axis=(1, 2))))


@pytest.mark.parametrize(("rate", "status"), [(1e-4, "correct"), (1e-2, "wrong")])
def test_fine_tuning_may_follow_a_schedule(rate, status):
    def fine_tune(model):
        model.get_layer("block3_conv").trainable = True
        schedule = keras.optimizers.schedules.CosineDecay(rate, 100)
        model.compile(keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy")
        return model

    assert check.fine_tune(fine_tune).status == status


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
    """Features and labels of the digits 5 to 9, as the lesson has them: those from 0 to 4, and random ones."""
    five = (5, 6, 7, 8, 9)
    new = transfer.scattered_digits(five, seed=1)
    test = transfer.scattered_digits(five, "test", copies=3, seed=2)
    bases = {"learned": transfer.digits_backbone(), "random": transfer.digits_backbone(weights=None)}
    images = [data.images / np.float32(255) for data in (new, test)]
    found = {name: [scaled(transfer.features(base, x)) for x in images] for name, base in bases.items()}
    return found, new.labels, test.labels


def scaled(values):
    return (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, keepdims=True)


def head_accuracy(found, labels, test_labels, rows):
    """A linear head by ridge regression to one-hot labels: another method than the lesson's, the same claim."""
    train, test = (np.hstack([values, np.ones((len(values), 1))]) for values in (found[0][rows], found[1]))
    truth = np.eye(5)[labels[rows]]
    weights = np.linalg.solve(train.T @ train + 3 * np.eye(train.shape[1]), train.T @ truth)
    return float(((test @ weights).argmax(axis=1) == test_labels).mean())


def test_features_from_other_digits_beat_random_features_by_far(task):
    found, labels, test_labels = task
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
    found, labels, test_labels = task
    new = transfer.scattered_digits((5, 6, 7, 8, 9), seed=1)
    test = transfer.scattered_digits((5, 6, 7, 8, 9), "test", copies=3, seed=2)
    model = transfer.classifier(transfer.digits_backbone(weights=None), classes=5)
    gaps = []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        rows = transfer.few_labels(labels, 30, seed)
        start = transfer.digits_backbone(weights=None, seed=seed).get_weights()
        transfer.restart(model, [*start, np.zeros((64, 5)), np.zeros(5)])
        model.fit(new.images[rows] / np.float32(255), labels[rows], batch_size=10, epochs=50, verbose=0)
        scratch = model.evaluate(test.images / np.float32(255), test.labels, batch_size=300, verbose=0)[1]
        gaps.append(head_accuracy(found["learned"], labels, test_labels, rows) - scratch)
    assert np.mean(gaps) > 0.05


# --- what a step costs ------------------------------------------------------------------------------------------------

BLOCKS = (Block("a", (100,), 10, 2), Block("b", (200, 30), 20, 0), Block("head", (50,), 5, 0))


@pytest.mark.parametrize(
    ("trained", "expected"),
    [
        (0, (380, 50, 0)),  # the head alone hands nothing down
        (1, (380, 200 + 30 + 50, 30 + 50)),
        (2, (380, 380, 280)),
    ],
)
def test_the_cost_of_a_step_by_hand(trained, expected):
    cost = step_cost(BLOCKS, trained)
    assert (cost.forward, cost.weights, cost.handed) == expected
    assert cost.total == sum(expected)
    assert tuple(map(sum, zip(*spans(BLOCKS, trained), strict=True))) == expected


@pytest.mark.parametrize("trained", range(4))
def test_the_slider_counts_as_the_exercise_does(trained):
    slider = explore.FreezeSlider(train=trained)
    book = ledger.ledger(transfer.classifier(transfer.digits_backbone(weights=None), classes=5))
    macs = [row.macs for row in book if row.macs]
    right = {}
    exec(check.step_macs.solution_source, right)
    assert slider.cost().total == right["step_macs"](macs, 3 - trained)


def test_blocks_hold_every_parameter_once():
    for model in (
        transfer.classifier(transfer.backbone("squeezenet", (64, 64, 3), weights=None), 2),
        transfer.classifier(transfer.backbone("mobilenet_v2", (64, 64, 3), weights=None), 2),
    ):
        blocks = blocks_of(model)
        assert sum(block.params + block.norms for block in blocks) == model.count_params()
        assert blocks[-1].name == "head"
        assert len(blocks) <= 20
        assert sum(sum(block.macs) for block in blocks) == ledger.ledger(model).macs


def test_squeezenets_blocks_are_its_modules():
    slider = explore.FreezeSlider()
    slider.set(network="cats and dogs", train=9)
    words = slider.describe()
    assert "conv1 to head train." in words
    assert "Parameters that train: 723,522 of 723,522." in words


# --- the slider -------------------------------------------------------------------------------------------------------


def test_the_slider_describes_what_it_shows():
    words = explore.FreezeSlider(train=1).describe()
    assert "digits 5 to 9: block3 and head train; block1 and block2 are frozen." in words
    assert "Parameters that train: 18,432 + 325 = 18,757 of 23,957." in words
    assert "BatchNormalization stays frozen everywhere: 448 numbers" in words
    # 28²·144 + 14²·4,608 + 7²·18,432 + 320 forwards; 7²·18,432 + 320 for weights; the head hands down 320
    assert "1.9 M multiply-adds forwards, 903.5 k for gradients of weights, 320 handed down" in words


def test_the_slider_shows_what_was_measured():
    slider = explore.FreezeSlider(train=2)
    for (labels, rate), found in freeze_slider.DIGITS.items():
        slider.set(labels=str(labels), rate=f"{rate:g}")
        assert slider.accuracy() == found[2]
        assert f"{found[2][0]:.0%} ± {found[2][1]:.0%}" in slider.describe()
    assert all(len(found) == 4 for found in freeze_slider.DIGITS.values())
    assert all(len(found) == 10 for found in freeze_slider.PETS.values())


def test_the_quiz_hides_the_parameters_until_a_guess():
    quiz = explore.FreezeSlider(train=2, predict=True)
    assert "23,3" not in quiz.describe()
    assert "How many parameters train?" in quiz.question()
    quiz.set(guess="23365")  # 4,608 + 18,432 + 325
    assert quiz.revealed
    assert "4,608 + 18,432 + 325 = 23,365" in quiz.describe()
    assert quiz.answer() == 23_365


def test_the_slider_takes_a_model_and_its_accuracies():
    model = transfer.classifier(transfer.digits_backbone(weights=None), classes=3)
    measured = {(50, 1e-3): [(0.5, 0.1), None, (0.7, 0.05), (0.6, 0.1)]}
    slider = explore.FreezeSlider(model, measured, train=2)
    assert "70% ± 5%" in slider.describe()
    assert slider.set(train=1).describe().endswith("Accuracy: not measured.")
    assert explore.FreezeSlider(model).accuracy() is None
    assert explore.FreezeSlider(model).figure().png()


def test_a_model_without_a_named_head_ends_in_its_last_layer():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="first"), layers.Flatten()])
    model.add(layers.Dense(2, name="last"))
    assert [block.name for block in blocks_of(model)] == ["first", "last"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": "resnet50"}, TypeError, "`model` must be a keras.Model. Received: str"),
        ({"train": 4}, ValueError, "`train` must be a whole number from 0 to 3"),
        ({"accuracies": {}}, ValueError, "must come with the `model`"),
    ],
)
def test_the_slider_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        explore.FreezeSlider(**arguments)


def test_the_slider_refuses_accuracies_that_do_not_fit():
    model = transfer.classifier(transfer.digits_backbone(weights=None), classes=3)
    for wrong in ({(50, 1e-3): [(0.5, 0.1)]}, {50: [None] * 4}, {(50, 1e-3): [(50, 1)] * 4}):
        with pytest.raises(ValueError, match="`accuracies` must map"):
            explore.FreezeSlider(model, wrong)
    with pytest.raises(TypeError, match="`accuracies` must map"):
        explore.FreezeSlider(model, [0.5])
    with pytest.raises(ValueError, match="`model` must have a head and something below it"):
        explore.FreezeSlider(keras.Sequential([keras.Input((4,)), layers.Dense(2)]))


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
