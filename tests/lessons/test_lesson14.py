"""Lesson 14: its figures, the numbers of its prose, and its exercises against the library."""

from __future__ import annotations

import importlib
import os

import keras
import numpy as np
import pytest
from lesson_files import ROOT

from cnnlab import datasets, verification
from cnnlab.checks import lesson14 as check
from cnnlab.data import faces
from cnnlab.seeing.gradients import gradient
from cnnlab.tasks import triplets
from cnnlab.tasks import verification_training as training

SHARED = ROOT.parent / "shared" / "data"
slow = pytest.mark.skipif(not os.environ.get("CNNLAB_SLOW"), reason="trains for minutes: set CNNLAB_SLOW=1")


def test_the_numbers_worked_by_hand():
    f = np.array([[0.6, 0.8], [0.8, 0.6], [-0.6, 0.8]])
    assert verification.squared_distances(f)[0] == pytest.approx([0, 0.08, 1.44])
    points = np.array([[0.5, 0], [0.5, 0], [2, 0], [0, 0]])
    assert verification.contrastive_loss(points, np.zeros((4, 2)), [1, 0, 0, 0]).tolist() == [0.25, 0.25, 0, 1]
    assert len(triplets.valid_triplets(np.repeat(np.arange(16), 4))) == 64 * 3 * 60 == 11_520
    line = verification.squared_distances([[0.0], [0.3], [0.2], [0.9], [0.5]])
    people = [0, 0, 1, 1, 2]
    assert [t for t in triplets.semi_hard_triplets(line, people, 0.2).tolist() if t[0] == 0] == [[0, 1, 4]]
    assert triplets.batch_hard_triplets(line, people)[0].tolist() == [0, 1, 2]
    assert [round(1 - 0.99**k, 3) for k in (5, 100, 1000)] == [0.049, 0.634, 1.0]


def test_who_it_is_lies_in_18_numbers_and_the_rest_in_16():
    assert (len(faces.IDENTITY), len(faces.LOOK)) == (18, 16)


def test_another_look_moves_pixels_further_than_another_person_does():
    first, again = (faces.draw(faces.identity(seed=1), faces.look(seed)) for seed in (1, 2))
    other = faces.draw(faces.identity(seed=8), faces.look(seed=1))
    assert ((first - again) ** 2).sum() > 2 * ((first - other) ** 2).sum()


def test_pixels_are_hardly_better_than_guessing():
    unseen = faces.people(identities=100, pictures=6, seed=7)
    pixels = unseen.images.reshape(600, -1)
    assert 0.2 < verification.one_shot_accuracy(pixels, unseen.labels, 5) < 0.4
    assert 0.05 < verification.one_shot_accuracy(pixels, unseen.labels, 20) < 0.16
    assert verification.equal_error_rate(*verification.pairs(pixels, unseen.labels)) > 0.4


def test_the_root_of_nothing_has_no_slope():
    root = lambda x: keras.ops.sqrt(keras.ops.sum(keras.ops.square(x)))  # noqa: E731
    safe = lambda x: keras.ops.sqrt(keras.ops.sum(keras.ops.square(x)) + 1e-12)  # noqa: E731
    assert not np.isfinite(gradient(root, np.zeros(3))[1]).all()
    assert np.isfinite(gradient(safe, np.zeros(3))[1]).all()


def test_the_exercises_agree_with_the_library():
    def contrastive(distances, same, margin):
        points = np.stack([distances, np.zeros(len(distances))], axis=1)
        return verification.contrastive_loss(points, np.zeros_like(points), same, margin).mean()

    check.triplet(lambda a, p, n, margin: verification.triplet_loss(a, p, n, margin).mean()).require()
    check.semi_hard(lambda *given: triplets.semi_hard_triplets(*given).tolist()).require()
    check.contrastive(contrastive).require()
    check.threshold(verification.threshold_for).require()
    check.who(lambda one, table, tau: int(verification.identify([one], table, tau)[0])).require()


def test_no_alphabet_is_on_both_sides():
    parts = [{name.split("/")[0] for name in datasets.omniglot(split).class_names} for split in ("train", "test")]
    assert not parts[0] & parts[1]


@slow
def test_faces_and_characters_never_seen_are_told_apart_and_collapse_comes_and_is_cured(monkeypatch):
    """The lesson's own cells, as the benchmark runs them, with Omniglot where a data folder lies beside the project."""
    if (SHARED / "omniglot").is_dir():
        monkeypatch.setenv("CNNLAB_DATA", str(SHARED))
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    lesson_cells = importlib.import_module("lesson_cells")
    rates = []
    for seed in (0, 1, 2):
        *_, last = lesson_cells.run("14_face_verification", seed=seed)
        names, labels = last.names, last.names["unseen"].labels
        spreads = {mining: watch.spread[-1] for mining, watch in names["watches"].items()}
        assert spreads["batch_hard"] < 0.1
        assert min(spreads["semi_hard"], spreads["all"]) > 0.7
        collapsed = training.embed(names["networks"]["batch_hard"], names["unseen"].images[:120])
        loss = training.TripletLoss(0.5, "batch_hard")(labels[:120], collapsed)
        assert float(loss) == pytest.approx(0.5, abs=0.005), "the margin"
        shots = [verification.one_shot_accuracy(names["found"], labels, ways) for ways in (5, 20)]
        rates.append((verification.equal_error_rate(*verification.pairs(names["found"], labels)), *shots))
        if not names["characters"].is_stand_in:
            rows = training.embed(names["reader"], names["x_test"])[::3]
            assert verification.one_shot_accuracy(rows, names["y_test"][::3], ways=5) >= 0.85
    error, five, twenty = np.mean(rates, axis=0)
    assert error <= 0.05
    assert five >= 0.98
    assert twenty >= 0.93
