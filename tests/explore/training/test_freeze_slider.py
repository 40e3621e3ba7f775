"""What a training step costs, by hand and as the exercise counts it; the freeze slider's words and what it refuses."""

from __future__ import annotations

import keras
import pytest

from cnnlab import explore, ledger, transfer
from cnnlab.checks import lesson10 as check
from cnnlab.explore.training.freeze_cost import Block, blocks_of, step_cost
from cnnlab.explore.training.freeze_slider import DIGITS, PETS

layers = keras.layers


@pytest.fixture(scope="module")
def model():
    """The lesson's classifier of the digits 5 to 9, not trained."""
    return transfer.classifier(transfer.digits_backbone(weights=None), classes=5)


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


def test_the_slider_counts_as_the_exercise_does(model):
    slider, macs, right = explore.FreezeSlider(), [row.macs for row in ledger.ledger(model) if row.macs], {}
    exec(check.step_macs.solution_source, right)
    for trained in range(4):
        assert slider.set(train=trained).cost().total == right["step_macs"](macs, 3 - trained)


@pytest.mark.parametrize("name", ["squeezenet", "mobilenet_v2"])
def test_blocks_hold_every_parameter_once(name):
    model = transfer.classifier(transfer.backbone(name, (64, 64, 3), weights=None), 2)
    blocks = blocks_of(model)
    assert sum(block.params + block.norms for block in blocks) == model.count_params()
    assert blocks[-1].name == "head"
    assert len(blocks) <= 20
    assert sum(sum(block.macs) for block in blocks) == ledger.ledger(model).macs


def test_squeezenets_blocks_are_its_modules():
    words = explore.FreezeSlider().set(network="cats and dogs", train=9).describe()
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
    for (labels, rate), found in DIGITS.items():
        slider.set(labels=str(labels), rate=f"{rate:g}")
        assert slider.accuracy() == found[2]
        assert f"{found[2][0]:.0%} ± {found[2][1]:.0%}" in slider.describe()
    assert all(len(found) == 4 for found in DIGITS.values())
    assert all(len(found) == 10 for found in PETS.values())


def test_the_slider_takes_a_model_and_its_accuracies(model):
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


HEADLESS = keras.Sequential([keras.Input((4,)), layers.Dense(2)])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": "resnet50"}, TypeError, "`model` must be a keras.Model. Received: str"),
        ({"model": HEADLESS}, ValueError, "`model` must have a head and something below it"),
        ({"model": None, "train": 4}, ValueError, "`train` must be a whole number from 0 to 3"),
        ({"model": None, "accuracies": {}}, ValueError, "must come with the `model`"),
        ({"accuracies": {(50, 1e-3): [(0.5, 0.1)]}}, ValueError, "`accuracies` must map"),
        ({"accuracies": {50: [None] * 4}}, ValueError, "`accuracies` must map"),
        ({"accuracies": {(50, 1e-3): [(50, 1)] * 4}}, ValueError, "from 0 to 1. Received"),
        ({"accuracies": [0.5]}, TypeError, "`accuracies` must map"),
    ],
)
def test_the_slider_refuses(model, arguments, error, message):
    with pytest.raises(error, match=message):
        explore.FreezeSlider(**{"model": model, **arguments})
