"""What probabilities are worth: bins by hand, SciPy and scikit-learn as oracles, and temperatures that come back."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab import calibration


def drawn(seed: int, n: int = 4_000, classes: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, their probabilities, and labels drawn from just these: perfectly calibrated."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(n, classes)) * 2
    probabilities = scipy.special.softmax(scores, axis=1)
    labels = (probabilities.cumsum(axis=1) > rng.uniform(size=(n, 1))).argmax(axis=1)
    return scores, probabilities, labels


def two_classes(sure: list[float]) -> np.ndarray:
    return np.stack([np.array(sure), 1 - np.array(sure)], axis=1)


def test_the_error_of_two_bins_by_hand():
    """Ten answers of 0.9, 7 right: 0.2 off; ten of 0.6, 6 right: 0. Their mean is 0.1."""
    labels = np.array([0] * 7 + [1] * 3 + [0] * 6 + [1] * 4)
    found = calibration.reliability(two_classes([0.9] * 10 + [0.6] * 10), labels)
    assert found.count.tolist() == [0, 0, 0, 0, 0, 10, 0, 0, 10, 0]  # a bin holds its upper edge
    assert found.accuracy[[5, 8]].tolist() == [0.6, 0.7]
    assert np.isnan(found.accuracy[0])
    assert found.error == pytest.approx(0.1)


def test_of_a_calibrated_model_the_error_is_small_and_of_an_eager_one_large():
    scores, probabilities, labels = drawn(0)
    assert calibration.reliability(probabilities, labels).error < 0.02
    assert calibration.reliability(scipy.special.softmax(3 * scores, axis=1), labels).error > 0.1


@pytest.mark.parametrize("bins", [1, 5, 10, 15])
def test_the_bins_are_those_of_scikit_learn(bins):
    """For two classes, its calibration curve of the likelier class."""
    rng = np.random.default_rng(bins)
    sure = rng.uniform(0.5, 1, 500)
    right = rng.uniform(size=500) < 0.8
    found = calibration.reliability(two_classes(sure.tolist()), np.where(right, 0, 1), bins)
    from sklearn.calibration import calibration_curve

    share, mean = calibration_curve(right, sure, n_bins=bins)
    there = found.count > 0
    np.testing.assert_allclose(found.accuracy[there], share)
    np.testing.assert_allclose(found.confidence[there], mean)


def test_the_log_loss_is_scikit_learns():
    _, probabilities, labels = drawn(1, n=200)
    assert calibration.log_loss(probabilities, labels) == pytest.approx(sklearn.metrics.log_loss(labels, probabilities))
    assert np.isfinite(calibration.log_loss(np.array([[1.0, 0.0]]), np.array([1])))


@settings(max_examples=40, deadline=None)
@given(st.floats(0.2, 5), st.integers(0, 100))
def test_a_temperature_divides_the_scores(temperature, seed):
    scores, probabilities, _ = drawn(seed, n=20)
    cooled = calibration.with_temperature(probabilities, temperature)
    np.testing.assert_allclose(cooled, scipy.special.softmax(scores / temperature, axis=1), atol=1e-9)
    assert (cooled.argmax(axis=1) == probabilities.argmax(axis=1)).all()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_comes_back(temperature):
    """Labels are drawn from softmax(z); a model that says softmax(T z) needs the temperature T."""
    scores, _, labels = drawn(2, n=20_000)
    said = scipy.special.softmax(scores * temperature, axis=1)
    assert calibration.fit_temperature(said, labels) == pytest.approx(temperature, rel=0.05)


def test_the_fitted_temperature_is_the_best_of_a_grid():
    scores, _, labels = drawn(3, n=300)
    said = scipy.special.softmax(scores * 3, axis=1)
    best = calibration.fit_temperature(said, labels)
    losses = [calibration.log_loss(calibration.with_temperature(said, t), labels) for t in np.linspace(0.3, 8, 400)]
    assert calibration.log_loss(calibration.with_temperature(said, best), labels) <= min(losses) + 1e-9


def test_where_all_is_right_the_temperature_stays_within_its_bounds():
    """The best would be 0; from somewhere above 0.05 on the loss is too small to differ."""
    said = two_classes([0.9] * 5)
    temperature = calibration.fit_temperature(said, np.zeros(5, int))
    assert 0.05 <= temperature < 0.1
    assert calibration.with_temperature(said, temperature)[:, 0] == pytest.approx(1)


def test_the_diagram_says_its_numbers():
    _, probabilities, labels = drawn(4, n=100)
    bold = calibration.with_temperature(probabilities, 0.5)
    picture = calibration.diagram({"one": probabilities, "two": bold}, labels)
    assert picture.alt.count("calibration error") == 2
    assert picture.alt.startswith("one: calibration error 0.")
    assert [ax.get_xlabel() for ax in picture.axes] == ["how sure it was"] * 2
    assert sum(int(text.get_text()) for text in picture.axes[0].texts) == 100


@pytest.mark.parametrize(
    ("probabilities", "labels", "says"),
    [
        ([[0.5, 0.2]], [0], "rows of at least two probabilities that sum to 1"),
        ([[2.0, -1.0]], [0], "sum to 1"),
        ([[np.nan, 1.0]], [0], "sum to 1"),
        ([[1.0]], [0], "at least two"),
        ([[0.5, 0.5]], [0, 1], "an entry for each row of `probabilities`. Received: 2 and 1"),
        ([[0.5, 0.5]], [2], "whole numbers from 0 to 1. Received: \\[2\\]"),
        ([[0.5, 0.5]], [0.5], "must be classes"),
        (np.zeros((0, 2)), [], "must not be empty"),
    ],
)
def test_what_are_no_answers_is_refused(probabilities, labels, says):
    for call in (calibration.reliability, calibration.log_loss, calibration.fit_temperature):
        with pytest.raises(ValueError, match=says):
            call(np.array(probabilities), np.array(labels))


def test_a_diagram_of_nothing_is_refused():
    with pytest.raises(ValueError, match="`models` must be one to four"):
        calibration.diagram({}, np.array([0]))
    with pytest.raises(ValueError, match="`temperature` must be a number from 0.001 to 1000"):
        calibration.with_temperature(np.array([[0.5, 0.5]]), 0)
