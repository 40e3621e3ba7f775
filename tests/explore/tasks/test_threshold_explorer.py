"""The threshold explorer: its rates against scikit-learn and by hand, its hardest pairs, its words, what it refuses."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.metrics import roc_curve

from cnnlab import explore
from cnnlab.explore.tasks.threshold_explorer import bars
from cnnlab.tasks import verification

LINE = np.array([[0.0], [1.0], [3.0], [3.5], [7.0]])  # two people with two pictures each, and one with one
WHO = np.array([4, 4, 9, 9, 5])
FACES = np.linspace(0, 1, 5)[:, None, None] * np.ones((5, 6, 6))


@pytest.fixture(scope="module")
def explorer():
    return explore.ThresholdExplorer()


def small(**options):
    return explore.ThresholdExplorer(LINE, WHO, FACES, **options)


def test_both_rates_by_hand():
    # One person: 1 and 0.25. Two: 9, 12.25, 4, 6.25 between the two pairs, 49, 36, 16, 12.25 to the last picture.
    one = small(threshold=6.25)  # 4 and 6.25 are accepted: a distance equal to τ is
    assert one._rates() == (2 / 8, 0)
    assert "Of 8 pairs of two people 2 are accepted: false accept rate 2 / 8 = 0.250." in one.describe()
    assert "Of 2 pairs of one person 0 are refused: false reject rate 0 / 2 = 0.000." in one.describe()
    one.set(threshold=0.5)  # 1 is refused, 0.25 is not
    assert "false reject rate 1 / 2 = 0.500" in one.describe()
    assert one.set(threshold=0.0)._rates() == (0, 1)
    assert one.set(threshold=one.controls["threshold"].max)._rates() == (1, 0)


def test_the_rates_are_those_of_scikit_learn(explorer):
    same = np.repeat([True, False], [len(explorer._known[True]), len(explorer._known[False])])
    distances = np.concatenate([explorer._known[True], explorer._known[False]])
    accepts, rights, thresholds = roc_curve(same, -distances, drop_intermediate=False)
    for tau in (0.4, 0.9, 1.35, 2.0):
        last = np.flatnonzero(-thresholds <= tau)[-1]
        assert explorer.set(threshold=tau)._rates() == pytest.approx((accepts[last], 1 - rights[last]), abs=1e-12)


def test_the_hardest_pairs_come_first_and_are_judged():
    one = small(threshold=6.25)
    lines = one.describe().splitlines()
    assert (
        lines[-2]
        == "One person, farthest apart, pictures: 0 and 1 (d = 1.0, ✔ accepted); 2 and 3 (d = 0.2, ✔ accepted)."
    )
    assert "1 and 2 (d = 4.0, ✘ accepted); 1 and 3 (d = 6.2, ✘ accepted); 0 and 2 (d = 9.0, ✔ refused)" in lines[-1]
    lines = one.set(page=3).describe().splitlines()
    assert lines[-2].endswith("pictures: no more.")
    assert "2 and 4 (d = 16.0" not in lines[-1]
    assert "0 and 4 (d = 49.0, ✔ refused)" in lines[-1]


def test_a_threshold_of_the_lesson_is_kept_exactly():
    assert small(threshold=6.2345).threshold == 6.2345
    assert small().threshold == pytest.approx(1.0)  # both rates are 0 there
    rng = np.random.default_rng(0)
    points, who, faces = rng.normal(size=(40, 3)), np.repeat(np.arange(10), 4), np.zeros((40, 4, 4))
    distances, same = verification.pairs(points, who)
    for rate in (0.05, 0.1, 0.2):
        tau = verification.threshold_for(distances, same, rate)
        one = explore.ThresholdExplorer(points, who, faces, threshold=tau)
        assert one._rates() == pytest.approx((np.mean(distances[~same] <= tau), np.mean(distances[same] > tau)))


def test_a_bar_holds_its_upper_end(explorer):
    one = explore.ThresholdExplorer([[0.0], [1.0], [2.0]], [0, 0, 1], np.zeros((3, 4, 4)))
    assert one._edges[-1] == pytest.approx(4.0)
    assert one.set(threshold=4.0).png() != one.set(threshold=3.9).png()
    assert [bars(most)[0] for most in (20, 39.9, 40, 99, 100, 199, 200, 0.37)] == [1, 1, 2, 2, 5, 5, 10, 0.01]
    assert bars(0.0)[0] > 0


def test_collapsed_embeddings_are_all_accepted_or_none():
    one = explore.ThresholdExplorer(np.ones((5, 2)), WHO, FACES)
    assert one._rates() == (1, 0)
    assert "Equal error rate over all thresholds: 0.500" in one.describe()
    assert one.png()


def test_grey_pictures_with_a_channel_are_pictures():
    assert explore.ThresholdExplorer(LINE, WHO, FACES[..., None]).png() == small().png()


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((LINE, WHO), ValueError, "given together. Received: 2 of the three"),
        ((LINE, WHO[:4], FACES), ValueError, "of one length, 2 to 1,000. Received: 5, 4 and 5"),
        ((LINE[:1], WHO[:1], FACES[:1]), ValueError, "of one length"),
        ((LINE, np.arange(5), FACES), ValueError, "pairs of one person and of two"),
        ((LINE, WHO, 300 * FACES), ValueError, "numbers from 0 to 1"),
        ((LINE, WHO, FACES[:, 0]), ValueError, "`images`"),
        ((LINE * np.nan, WHO, FACES), ValueError, "finite"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        explore.ThresholdExplorer(*arguments)


def test_a_threshold_beyond_all_pairs_is_refused():
    with pytest.raises(ValueError, match="`threshold` must be"):
        small(threshold=1000.0)


def test_the_question_asks_for_either_rate(explorer):
    quiz = small(predict=True, threshold=6.25)
    assert "2 of the 2 pairs of one person are accepted, and 2 of the 8 pairs of two people" in quiz.question()
    assert quiz.answer() == 2 / 8
    assert quiz.set(ask="false reject rate").answer() == 0
    assert "ask" not in explorer.controls
