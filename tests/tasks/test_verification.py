"""Verification: distances and losses by hand, triplets that are triplets, and rates against scikit-learn."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.spatial.distance import cdist
from sklearn.metrics import roc_curve

from cnnlab import verification
from cnnlab.tasks import triplets

LABELS = st.lists(st.integers(0, 3), min_size=1, max_size=9)


def embeddings_of(labels, seed=0, dimensions=3):
    return np.random.default_rng(seed).normal(size=(len(labels), dimensions))


# --- distances and losses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "m", "d"), [(1, 1, 1), (5, 3, 2), (4, 6, 128), (0, 2, 3), (2, 0, 3)])
def test_distances_agree_with_scipy(n, m, d):
    rng = np.random.default_rng(n)
    first, second = rng.normal(size=(n, d)), rng.normal(size=(m, d))
    assert verification.squared_distances(first, second) == pytest.approx(cdist(first, second) ** 2)


def test_a_distance_to_itself_is_exactly_nothing():
    # 0.1² is not exact, and ‖a‖² − 2·a·a + ‖a‖² need not be 0.
    many = np.random.default_rng(0).normal(size=(50, 32)) * 1000
    assert np.diagonal(verification.squared_distances(many)).tolist() == [0] * 50
    assert verification.squared_distances(many, many).min() >= 0


def test_the_contrastive_loss_of_four_pairs():
    # d = 3-4-5: 5. One person: 25. Two people: max(1 − 5, 0)² = 0, and with margin 7 (7 − 5)² = 4. d = 0: margin².
    first, second = np.zeros((4, 2)), np.array([[3.0, 4], [3, 4], [0, 0], [0, 0]])
    assert verification.contrastive_loss(first, second, [1, 0, 1, 0]).tolist() == [25, 0, 0, 1]
    assert verification.contrastive_loss(first, second, [1, 0, 1, 0], margin=7).tolist() == [25, 4, 0, 49]


def test_the_triplet_loss_of_three_triplets():
    # d(a, p) = 1; d(a, n) = 4, 1.21 and 0: max(1 − 4 + 0.5, 0), 1 − 1.21 + 0.5 and 1 − 0 + 0.5.
    anchors, positives = np.zeros((3, 2)), np.tile([0.0, 1], (3, 1))
    negatives = [[2.0, 0], [1.1, 0], [0, 0]]
    assert verification.triplet_loss(anchors, positives, negatives, 0.5) == pytest.approx([0, 0.29, 1.5])


def test_collapsed_embeddings_cost_the_margin():
    one_point = np.full((5, 4), 0.3)
    assert verification.triplet_loss(one_point, one_point, one_point, 0.2).tolist() == [0.2] * 5
    assert verification.spread(one_point) == pytest.approx(0, abs=1e-12)
    assert triplets.active_share(np.zeros((5, 5)), [0, 0, 1, 1, 2], 0.2) == 1.0


def test_the_spread_is_the_root_of_the_mean_squared_distance_from_the_middle():
    some = np.random.default_rng(1).normal(size=(7, 3))
    assert verification.spread(some) == pytest.approx(np.sqrt(some.var(axis=0).sum()))
    assert verification.spread(some + 100) == pytest.approx(verification.spread(some))


# --- triplets ---------------------------------------------------------------------------------------------------------


def by_hand(labels):
    everyone = range(len(labels))
    return [
        (a, p, n)
        for a in everyone
        for p in everyone
        for n in everyone
        if a != p and labels[a] == labels[p] and labels[a] != labels[n]
    ]


@given(LABELS, st.integers(0, 5), st.sampled_from([0.01, 0.2, 3.0]))
@settings(deadline=None)
def test_mining_returns_triplets_and_nothing_else(labels, seed, margin):
    distances = verification.squared_distances(embeddings_of(labels, seed).round(seed % 2))  # whole numbers: many ties
    valid = by_hand(labels)
    assert list(map(tuple, triplets.valid_triplets(labels))) == valid
    semi_hard = triplets.semi_hard_triplets(distances, labels, margin)
    band = [(a, p, n) for a, p, n in valid if distances[a, p] < distances[a, n] < distances[a, p] + margin]
    assert list(map(tuple, semi_hard)) == band
    hard = triplets.batch_hard_triplets(distances, labels)
    assert set(map(tuple, hard)) <= set(valid)
    assert hard[:, 0].tolist() == sorted({a for a, _, _ in valid}), "one for each anchor that has any"
    for a, p, n in hard:
        assert distances[a, p] == max(distances[b, q] for b, q, _ in valid if b == a)
        assert distances[a, n] == min(distances[b, m] for b, _, m in valid if b == a)
    for found in (semi_hard, hard):
        assert (found.dtype, found.shape[1:]) == (np.int64, (3,))
    if valid:
        active = np.mean([distances[a, p] - distances[a, n] + margin > 0 for a, p, n in valid])
        assert triplets.active_share(distances, labels, margin) == pytest.approx(active)


@pytest.mark.parametrize("labels", [[], [4], [1, 2, 3], [5, 5, 5]])
def test_where_there_is_no_triplet_none_is_found(labels):
    distances = np.zeros((len(labels), len(labels)))
    assert triplets.valid_triplets(np.array(labels, int)).shape == (0, 3)
    assert triplets.batch_hard_triplets(distances, np.array(labels, int)).shape == (0, 3)
    assert triplets.semi_hard_triplets(distances, np.array(labels, int)).shape == (0, 3)
    with pytest.raises(ValueError, match="two pictures of one person"):
        triplets.active_share(distances, np.array(labels, int))


# --- one person or two ------------------------------------------------------------------------------------------------


def some_pairs(seed, n=60, decimals=9):
    """Distances of n pairs, those of one person smaller on the average; few decimals make many of them equal."""
    rng = np.random.default_rng(seed)
    same = rng.random(n) < 0.4
    same[:2] = True, False
    return np.round(rng.exponential(np.where(same, 1, 2)), decimals), same


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("decimals", [9, 1, 0])
def test_rates_agree_with_scikit_learn(seed, decimals):
    distances, same = some_pairs(seed, decimals=decimals)
    false_positives, true_positives, thresholds = roc_curve(same, -distances, drop_intermediate=False)
    found = verification.roc(distances, same)
    assert found.thresholds[1:] == pytest.approx(-thresholds[1:])
    assert found.thresholds[0] == -np.inf
    assert found.false_accepts == pytest.approx(false_positives)
    assert found.false_rejects == pytest.approx(1 - true_positives)
    crossing = brentq(lambda rate: 1 - rate - np.interp(rate, false_positives, true_positives), 0, 1)
    assert verification.equal_error_rate(distances, same) == pytest.approx(crossing, abs=1e-6)


def test_the_equal_error_rate_between_two_corners():
    # Same: 1, 2, 4. Different: 2, 3, 3, 5. At τ = 1: FAR 0, FRR 2/3. At 2: FAR 1/4, FRR 1/3. At 3: FAR 3/4, FRR 1/3.
    # From 2 to 3 the FAR rises from 1/4 to 3/4 and the FRR stays: they are equal at 1/3.
    distances, same = [1, 2, 4, 2, 3, 3, 5], [1, 1, 1, 0, 0, 0, 0]
    assert verification.equal_error_rate(distances, same) == pytest.approx(1 / 3)


@pytest.mark.parametrize("scale", [1, 7.5, 1e-6])
def test_the_equal_error_rate_has_no_unit(scale):
    distances, same = some_pairs(3)
    assert verification.equal_error_rate(distances * scale, same) == pytest.approx(
        verification.equal_error_rate(distances, same)
    )


@pytest.mark.parametrize(("same", "rate"), [([1, 1, 0, 0], 0.0), ([0, 0, 1, 1], 1.0)])
def test_a_perfect_verifier_and_one_that_is_always_wrong(same, rate):
    assert verification.equal_error_rate([1, 2, 3, 4], same) == rate


def test_a_threshold_accepts_no_more_strangers_than_wanted():
    for seed in range(5):
        distances, same = some_pairs(seed, decimals=1)
        for rate in (0, 0.05, 0.3, 1):
            threshold = verification.threshold_for(distances, same, rate)
            assert np.mean(distances[~same] <= threshold) <= rate
            larger = distances[distances > threshold]
            assert not len(larger) or np.mean(distances[~same] <= larger.min()) > rate
    assert verification.threshold_for([1.0, 1.0], [True, False], 0.5) == -np.inf


def test_all_pairs_once():
    labels = [0, 0, 1, 1, 1]
    distances, same = verification.pairs(embeddings_of(labels), labels)
    assert len(distances) == 10
    assert same.sum() == 1 + 3


# --- one of K ---------------------------------------------------------------------------------------------------------


def test_who_is_it():
    gallery = [[0.0, 0], [4, 0], [0, 4]]
    probes = [[0.5, 0], [4, 1], [3, 3]]  # squared distances 0.25, 1 and 10
    assert verification.identify(probes, gallery).tolist() == [0, 1, 1]
    assert verification.identify(probes, gallery, threshold=1).tolist() == [0, 1, -1]
    assert verification.identify(probes, gallery, threshold=0.9).tolist() == [0, -1, -1]
    assert verification.identify(np.empty((0, 2)), gallery).tolist() == []


def test_guessing_is_right_once_in_so_many_ways():
    labels = np.repeat(np.arange(30), 4)
    noise = embeddings_of(labels, dimensions=16)
    for ways in (2, 5, 20):
        assert verification.one_shot_accuracy(noise, labels, ways, 2000) == pytest.approx(1 / ways, abs=0.05)
    assert verification.one_shot_accuracy(np.zeros((120, 3)), labels, 5, 50) == pytest.approx(0.2)
    apart = labels[:, None] + np.random.default_rng(0).uniform(-0.2, 0.2, (120, 1))
    assert verification.one_shot_accuracy(apart, labels, 30, 50) == 1.0


def test_a_probe_is_never_the_picture_that_is_known():
    # A person's two pictures lie far apart, each beside one of the other person: only the same picture would be right.
    assert verification.one_shot_accuracy([[0.0], [10], [0.1], [9.9]], [0, 0, 1, 1], ways=2, trials=200) < 0.6
    assert verification.one_shot_accuracy([[0.0], [10], [3], [7]], [0, 0, 1, 1], ways=2, trials=200) <= 0.5


def test_drawing_repeats():
    labels = np.repeat(np.arange(6), 3)
    some = embeddings_of(labels)
    first, again, other = (verification.one_shot_accuracy(some, labels, 3, 99, seed) for seed in (1, 1, 2))
    assert first == again != other


# --- refused ----------------------------------------------------------------------------------------------------------

TWO = np.zeros((2, 3))
REFUSED = [
    (lambda: verification.squared_distances([1.0, 2]), "`first` must have shape (N, D). Received: shape (2,)"),
    (lambda: verification.squared_distances(TWO, np.zeros((2, 4))), "must have rows of one length. Received: (2, 3)"),
    (lambda: verification.squared_distances([[np.nan, 1]]), "`first` must be finite. Received: 1 NaN or infinite"),
    (lambda: verification.triplet_loss(TWO, TWO, TWO[:1]), "`anchors`, `positives`, `negatives` must have one shape"),
    (lambda: verification.triplet_loss(TWO, TWO, TWO, 0), "`margin` must be a finite number > 0. Received: 0"),
    (lambda: verification.contrastive_loss(TWO, TWO, [1]), "`same` must have one entry for each of the 2 pairs."),
    (lambda: verification.contrastive_loss(TWO, TWO, [1, 2]), "`same` must hold True and False, or 1 and 0."),
    (lambda: triplets.valid_triplets([0.5, 1]), "`labels` must be whole numbers. Received: dtype float64"),
    (lambda: triplets.batch_hard_triplets(TWO, [0, 1]), "`distances` must have shape (N, N) for N `labels`."),
    (lambda: triplets.semi_hard_triplets(np.eye(2), [0, 0], -1), "`margin` must be a finite number > 0."),
    (lambda: verification.roc([1, 2], [1, 1]), "`same` must hold pairs of one person and of two. Received: 2 of 2"),
    (lambda: verification.roc([1, np.inf], [1, 0]), "`distances` must be finite"),
    (lambda: verification.threshold_for([1, 2], [1, 0], 5), "`false_accept_rate` must be a number from 0 to 1."),
    (lambda: verification.identify(TWO, np.empty((0, 3))), "`gallery` must have at least one row. Received: none"),
    (lambda: verification.identify(TWO, TWO, float("nan")), "`threshold` must be a number. Received: nan"),
    (lambda: verification.one_shot_accuracy(TWO, [0, 1]), "`ways` must be at most the 0 people with two pictures."),
    (lambda: verification.one_shot_accuracy(TWO, [0, 0], 1), "`ways` must be a whole number >= 2. Received: 1"),
    (lambda: verification.spread(np.empty((0, 2))), "`embeddings` must have at least one row. Received: none"),
]


@pytest.mark.parametrize(("call", "says"), REFUSED, ids=range(len(REFUSED)))
def test_bad_arguments_are_refused(call, says):
    with pytest.raises((TypeError, ValueError), match=re.escape(says)):
        call()
