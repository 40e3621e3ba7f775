"""The walk downhill against NumPy and Keras, and the learning-rate explorer's words and verdicts against the walk."""

from __future__ import annotations

import math
import re
from itertools import pairwise, product

import keras
import numpy as np
import pytest

from cnnlab import explore
from cnnlab.explore.training.descent import CURVES, OPTIMIZERS, descend
from cnnlab.explore.training.learning_rate_explorer import LEARNING_RATES


@pytest.fixture
def explorer():
    return explore.LearningRateExplorer()


def valley_slope(w):
    return 2 * (w - 3)


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


@pytest.mark.parametrize(
    ("optimizer", "rate", "name"),
    [
        (keras.optimizers.SGD(0.1), 0.1, "gradient descent"),
        (keras.optimizers.Adagrad(0.5, initial_accumulator_value=0.0), 0.5, "AdaGrad"),
    ],
)
def test_the_steps_are_those_of_keras(optimizer, rate, name):
    w, reached = keras.Variable(0.0), [0.0]
    for _ in range(5):
        optimizer.apply([keras.ops.convert_to_tensor(valley_slope(reached[-1]), "float32")], [w])
        reached.append(float(keras.ops.convert_to_numpy(w)))
    assert [step.after for step in descend(valley_slope, 0.0, rate, 5, name)] == pytest.approx(reached[1:], rel=1e-5)


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
        ({"slope": lambda w: math.inf}, "`slope` must be finite at `start`. Received: slope(0) = inf"),
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
        ({"learning_rate": 1.1, "steps": 20, "curve": "two valleys", "start": 3.0},
         "Not there yet: 12 of 20 steps went up. 91 % of the height is left after 20 steps."),
        ({"start": 3.0}, "No slope, no step"),
    ],
)  # fmt: skip
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


def test_the_hidden_step_is_not_in_the_picture():
    explorer = explore.LearningRateExplorer(predict=True).set(learning_rate=0.1, steps=2)
    assert "1.08" not in explorer.question()
    assert "1.08" not in " ".join(text.get_text() for ax in explorer.figure().axes for text in ax.texts)


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
    between = explore.LearningRateExplorer(lambda w: (w - 3.00999) ** 2).set(learning_rate=0.5, steps=3)
    assert between.describe().splitlines()[-1].startswith("Arrived: 0 % of the height is left")  # and not less than 0


@pytest.mark.parametrize("exp", [math.exp, np.exp])  # one raises, one warns
def test_a_loss_that_explodes_outside_its_range_is_still_drawn(exp):
    steep = explore.LearningRateExplorer(lambda w: exp(w * w), low=-2, high=2)
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
        ({"loss": abs, "low": 2, "high": 2}, ValueError, "`low` must be less than `high`, both finite. Received: 2"),
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
