"""Lesson 00: its figures, and the arithmetic of the learning-rate explorer against NumPy and Keras."""

from __future__ import annotations

import math
import os
import re
from itertools import pairwise, product

import numpy as np
import pytest

from cnnlab import datasets, explore
from cnnlab.checks import lesson00 as check
from cnnlab.explore.training.descent import CURVES, OPTIMIZERS, descend
from cnnlab.explore.training.learning_rate_explorer import LEARNING_RATES

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


@pytest.fixture
def explorer():
    return explore.LearningRateExplorer()


def valley_slope(w):
    return 2 * (w - 3)


# --- figures --------------------------------------------------------------------------------------------------------


def dense_stack(keras, *sizes):
    layers = [keras.layers.Dense(units, activation="relu") for units in sizes[1:-1]]
    return keras.Sequential([keras.Input((sizes[0],)), *layers, keras.layers.Dense(sizes[-1], activation="softmax")])


@pytest.mark.parametrize(
    ("sizes", "by_layer"),
    [((4, 50, 3), [250, 153]), ((4, 50, 30, 3), [250, 1530, 93]), ((4, 12, 8, 3), [60, 104, 27])],
)
def test_parameters_of_a_dense_stack(keras, sizes, by_layer):
    model = dense_stack(keras, *sizes)
    assert [layer.count_params() for layer in model.layers] == by_layer
    assert model.count_params() == sum(by_layer)
    assert (
        check.stack_parameters(lambda s: sum(a * b + b for a, b in zip(s[:-1], s[1:], strict=True))).status == "correct"
    )


def test_three_branches_joined_have_1283_parameters(keras):
    inputs = keras.Input((4,))
    joined = keras.layers.Concatenate()([keras.layers.Dense(units)(inputs) for units in (50, 80, 30)])
    model = keras.Model(inputs, keras.layers.Dense(3)(joined))
    assert joined.shape == (None, 160)
    assert [n for n in (layer.count_params() for layer in model.layers) if n] == [250, 400, 150, 483]
    assert model.count_params() == 1283


def test_iris_reaches_95_percent_on_the_lessons_split(keras):
    iris = datasets.iris()
    x, y = iris.features.astype("float32"), iris.labels
    order = np.random.default_rng(0).permutation(150)
    train, test = order[:105], order[105:]
    keras.utils.set_random_seed(0)
    model = dense_stack(keras, 4, 50, 30, 3)
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(0.02))
    model.fit(x[train], y[train], epochs=30, batch_size=35, verbose=0)
    said = keras.ops.convert_to_numpy(model(x[test])).argmax(axis=-1)
    assert len(test) == 45
    assert (said == y[test]).mean() >= 0.95


def test_of_three_learning_rates_one_creeps_one_learns_and_one_leaves_the_valley(keras):
    iris = datasets.iris()
    train = np.random.default_rng(0).permutation(150)[:105]
    x, y = iris.features.astype("float32")[train], iris.labels[train]
    keras.utils.set_random_seed(0)
    model = dense_stack(keras, 4, 50, 30, 3)
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
    first_weights, last = model.get_weights(), {}
    for rate in (0.001, 0.03, 1.0):
        model.set_weights(first_weights)
        model.optimizer.learning_rate = rate
        losses = model.fit(x, y, epochs=25, batch_size=105, verbose=0).history["loss"]
        last[rate] = losses[-1]
    assert losses[1] > 2 * losses[0]  # the first step at 1.0
    assert last[0.03] < last[0.001] < losses[0]
    assert last[1.0] > math.log(3) - 0.01


def test_the_first_explorer_steps_are_those_of_keras(keras):
    for optimizer, rate, name in (
        (keras.optimizers.SGD(0.1), 0.1, "gradient descent"),
        (keras.optimizers.Adagrad(0.5, initial_accumulator_value=0.0), 0.5, "AdaGrad"),
    ):
        w, reached = keras.Variable(0.0), []
        for _ in range(5):
            optimizer.apply([valley_slope(w)], [w])
            reached.append(float(w))
        assert [step.after for step in descend(valley_slope, 0.0, rate, 5, name)] == pytest.approx(reached, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        ("MeanSquaredError", 0.14 / 3),  # (0.04 + 0.09 + 0.01) / 3
        ("MeanAbsoluteError", 0.6 / 3),  # (0.2 + 0.3 + 0.1) / 3
        ("CategoricalCrossentropy", -math.log(0.7)),
    ],
)
def test_losses_by_hand(keras, name, by_hand):
    loss = getattr(keras.losses, name)()
    assert float(loss(np.array([[0.0, 1, 0]]), np.array([[0.2, 0.7, 0.1]]))) == pytest.approx(by_hand, rel=1e-5)


# --- the walk -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 0.9, 1.0, 1.05])
def test_gradient_descent_leaves_one_minus_two_eta_of_the_distance(rate):
    reached = [step.after for step in descend(valley_slope, 0.0, rate, 10)]
    assert reached == pytest.approx([3 - 3 * (1 - 2 * rate) ** k for k in range(1, 11)], abs=1e-9)


def test_adagrad_by_hand():
    first, second = descend(valley_slope, 0.0, 0.5, 2, "AdaGrad")
    assert (first.slope, first.h) == (-6, 36)
    assert first.after == pytest.approx(0.5)  # 0 + 0.5 · 6 / √36
    assert second.h == pytest.approx(61)  # 36 + 25
    assert second.after == pytest.approx(0.5 + 2.5 / math.sqrt(61))


def test_adagrad_does_not_notice_how_steep_the_curve_is():
    one, four, *_ = CURVES
    assert four.slope(1.0) == 4 * one.slope(1.0)
    paths = [[step.after for step in descend(curve.slope, 0.0, 0.7, 20, "AdaGrad")] for curve in (one, four)]
    assert paths[0] == pytest.approx(paths[1], rel=1e-6)
    assert descend(four.slope, 0.0, 0.3, 20)[-1].after != pytest.approx(descend(one.slope, 0.0, 0.3, 20)[-1].after)


def test_level_ground_is_no_division_by_zero():
    assert [step.after for step in descend(valley_slope, 3.0, 0.5, 3, "AdaGrad")] == [3, 3, 3]


def test_a_ball_that_leaves_is_followed_no_further():
    path = descend(valley_slope, 0.0, 3.0, 1000)
    assert len(path) < 20
    assert abs(path[-1].after) > 1e6 > abs(path[-1].before)


def test_a_walk_needs_a_slope_to_start_with():
    with pytest.raises(ValueError, match=re.escape("`slope` must be finite at `start`. Received: slope(0) = inf")):
        descend(lambda w: math.inf, 0.0, 0.1, 3)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_the_slopes_are_those_of_the_curves(curve):
    for w in np.linspace(curve.low, curve.high, 33):
        measured = (curve.loss(w + 1e-5) - curve.loss(w - 1e-5)) / 2e-5
        assert curve.slope(w) == pytest.approx(measured, abs=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 0.0}, "`learning_rate` must be a finite number > 0. Received: 0.0"),
        ({"learning_rate": math.nan}, "`learning_rate` must be a finite number > 0. Received: nan"),
        ({"steps": 0}, "`steps` must be a whole number >= 1. Received: 0"),
        ({"optimizer": "adagrad"}, "Received: 'adagrad'. Did you mean 'AdaGrad'?"),
    ],
)
def test_a_walk_refuses_bad_settings(change, message):
    settings = {"slope": valley_slope, "start": 0.0, "learning_rate": 0.1, "steps": 3, **change}
    with pytest.raises(ValueError, match=re.escape(message)):
        descend(**settings)


# --- the explorer ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "outcome"),
    [
        ({"learning_rate": 0.01}, "Creeping"),
        ({"learning_rate": 0.1}, "Arrived"),
        ({"learning_rate": 0.5}, "Arrived"),
        ({"learning_rate": 0.9}, "Overshooting"),
        ({"learning_rate": 1.0}, "Bouncing"),
        ({"learning_rate": 1.05}, "Diverging"),
        ({"learning_rate": 3.0, "steps": 20}, "Diverging"),
        ({"learning_rate": 0.3, "curve": "4 times as steep"}, "Diverging"),
        ({"learning_rate": 3.0, "steps": 1, "optimizer": "AdaGrad"}, "Arrived"),
        ({"learning_rate": 0.1, "steps": 20, "curve": "two valleys"}, "Stuck near level ground at w = 1.08"),
        ({"learning_rate": 0.5, "steps": 12, "curve": "two valleys"}, "Arrived"),
        ({"start": 3.0}, "No slope, no step"),
    ],
)
def test_the_outcome_has_a_name(explorer, settings, outcome):
    assert explorer.set(**settings).describe().splitlines()[-1].startswith(outcome)


def test_every_verdict_is_so(explorer):
    """Sweep the settings and read each verdict against the walk itself."""
    seen = set()
    with explorer._quiet():  # no picture
        for curve, optimizer, rate, start, steps in product(
            CURVES, OPTIMIZERS, LEARNING_RATES, (-1.0, 0.0, 2.0, 3.5, 5.0), (1, 2, 5, 20)
        ):
            values = dict(curve=curve.name, optimizer=optimizer, learning_rate=rate, start=start, steps=steps)
            for name, value in values.items():
                explorer.controls[name].value = value
            path = explorer.path()
            words = explorer._outcome(path)
            losses = [curve.loss(start), *(curve.loss(step.after) for step in path)]
            rises = sum(b > a for a, b in pairwise(losses))
            name = re.match(r"[A-Z][a-z ]+?(?=:| near|,)", words)[0]
            seen.add(name)
            assert "-0" not in words
            assert "\N{MINUS SIGN}0 %" not in words
            if name == "Creeping":
                assert rises == 0, values
            if name == "Diverging":
                assert losses[-1] == max(losses) > losses[0]
                assert optimizer == "gradient descent", values
                assert rises >= 2, values
            if "still gains" in words:
                assert rises == 0, values
            if "valley's floor" in words:
                assert path[-1].slope * curve.slope(path[-1].after) < 0, values
            if name == "Bouncing":
                assert min(losses) == pytest.approx(losses[0], rel=0.01), values
            if (counted := re.search(r"(\d+) of (\d+) steps? went up", words)) is not None:
                assert (int(counted[1]), int(counted[2])) == (rises, len(path)), values
    assert seen == {
        "Creeping", "Arrived", "Overshooting", "Bouncing", "Diverging", "Stuck", "Too far", "Not there yet",
    }  # fmt: skip


def test_between_two_valleys_a_large_rate_throws_the_ball_about(explorer):
    explorer.set(curve="two valleys", start=3.0, learning_rate=1.1, steps=20)
    assert explorer.describe().endswith(
        "Not there yet: 12 of 20 steps went up. 91 % of the height is left after 20 steps."
    )


def test_what_lies_between_two_drawn_points_is_not_less_than_nothing():
    own = explore.LearningRateExplorer(lambda w: (w - 3.00999) ** 2).set(learning_rate=0.5, steps=3)
    assert own.describe().splitlines()[-1].startswith("Arrived: 0 % of the height is left")


def numbers(line: str) -> list[float]:
    return [float(n.replace(",", "")) for n in re.findall(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?", line.replace("−", "-"))]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("rate", [0.01, 0.3, 0.9])
def test_the_words_hold_the_arithmetic(explorer, optimizer, rate):
    lines = explorer.set(optimizer=optimizer, learning_rate=rate, steps=4).describe().splitlines()
    w, h = 0.0, 0.0
    for number, line in enumerate(lines[2:6], start=1):
        gradient = valley_slope(w)
        h += gradient**2
        before, w = w, w - rate * gradient / (math.sqrt(h) if optimizer == "AdaGrad" else 1.0)
        said = numbers(line.replace(" − ", " minus "))
        assert said[0] == number
        assert said[1] == pytest.approx(gradient, abs=1e-4)
        assert said[-2:] == pytest.approx([w, (w - 3) ** 2], abs=1e-4)
        assert f"w = {before:.4g}".replace("-", "−")[:6] in line
        if optimizer == "AdaGrad":
            assert said[4] == pytest.approx(h, abs=1e-4)


def test_a_long_walk_is_told_in_short(explorer):
    lines = explorer.set(steps=20).describe().splitlines()
    assert len(lines) <= 12
    assert lines[2].startswith("step 1:")
    assert lines[-2].startswith("step 20:")


def test_prediction_hides_the_last_step_and_reveals_it():
    explorer = explore.LearningRateExplorer(predict=True).set(learning_rate=0.1, steps=2)
    assert "w = 0.6, where the slope is −4.8" in explorer.question()
    assert "1.08" not in explorer.describe() + explorer.question()
    assert "Creeping" not in explorer.describe()
    hidden = explorer.png()
    assert "1.08" not in " ".join(text.get_text() for ax in explorer.figure().axes for text in ax.texts)
    explorer.set(guess="1.08")
    assert "= 1.08, loss 3.6864" in explorer.describe()
    assert explorer.answer() == 1.08
    assert explorer.png() != hidden
    assert "guess" in explorer.set(steps=3).state()
    assert not explorer.revealed


def test_adagrads_question_says_what_h_was():
    explorer = explore.LearningRateExplorer(predict=True).set(optimizer="AdaGrad", learning_rate=0.5, steps=2)
    assert "h was 36 before it" in explorer.question()
    assert explorer.answer() == 0.82


def test_a_loss_of_your_own_is_measured():
    own = explore.LearningRateExplorer(lambda w: (w + 5) ** 2, low=-10, high=0).set(start=-7.0, learning_rate=0.5)
    assert own.curve == "your own"
    assert own.describe().splitlines()[-1].startswith("Arrived")
    assert own.set(curve="one valley").start == 0  # the start moves into the other curve's range
    assert own.set(curve="your own").start == pytest.approx(-8.75)


def test_a_loss_that_explodes_outside_its_range_is_still_drawn():
    for exp in (math.exp, np.exp):  # one raises, one warns
        steep = explore.LearningRateExplorer(lambda w, exp=exp: exp(w * w), low=-2, high=2)
        words = steep.set(start=1.5, learning_rate=3.0, steps=20).describe()
        assert "step 1:" in words
        assert words.endswith("Diverging: the learning rate is too large. The ball is now out of sight.")
        assert steep.png().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"loss": 3}, TypeError, "`loss` must be a function of one number. Received: 3"),
        ({"loss": abs, "gradient": 3}, TypeError, "`gradient` must be a function of one number. Received: 3"),
        ({"gradient": abs}, ValueError, "`gradient` needs a `loss`"),
        (
            {"loss": abs, "low": 2, "high": 2},
            ValueError,
            "`low` must be less than `high`, both finite. Received: 2 and 2",
        ),
        ({"loss": abs, "high": math.inf}, ValueError, "both finite. Received: -1.0 and inf"),
        ({"loss": lambda w: [w, w]}, ValueError, "`loss` must give one finite number. Received: loss(-1) ="),
        ({"loss": lambda w: math.nan}, ValueError, "loss(-1) = nan"),
        ({"loss": lambda w: "low"}, ValueError, "`loss` must give one finite number"),
        ({"loss": abs, "gradient": lambda w: math.inf}, ValueError, "`gradient` must give one finite number"),
    ],
)
def test_a_loss_of_your_own_is_checked(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        explore.LearningRateExplorer(**arguments)


def test_every_learning_rate_the_lesson_names_can_be_set(explorer):
    assert {0.01, 0.1, 0.5, 0.9, 1.0, 1.05, 3.0} <= set(LEARNING_RATES)
    with pytest.raises(ValueError, match=r"`learning_rate` must be one of .* Received: 0.123"):
        explorer.set(learning_rate=0.123)
