"""The answer explorer against plain counts, its words, its pages, and what it refuses."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cnnlab import explore
from cnnlab.explore.training.answer_explorer import NO_ANSWER

NAMES = ["clear", "grain", "ring"]


def numbers(text: str) -> list[float]:
    return [float(n.replace(",", "")) for n in re.findall(r"-?\d[\d,]*(?:\.\d+)?", text)]


@pytest.fixture
def answers():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3), 80)
    labels = rng.integers(0, 3, 80)
    images = rng.integers(0, 256, (80, 6, 9, 3), dtype=np.uint8)
    return explore.AnswerExplorer(images, labels, probabilities, class_names=NAMES), labels, probabilities


@pytest.mark.parametrize("threshold", [0.0, 0.5, 0.7, 0.95])
def test_the_table_is_a_count(answers, threshold):
    explorer, labels, probabilities = answers
    explorer.set(threshold=threshold)
    said, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    for c, truth in enumerate(NAMES):
        for k, answer in enumerate(NAMES):
            assert explorer.count(truth, answer) == ((labels == c) & (said == k) & (sure >= threshold)).sum()
        assert explorer.count(truth, NO_ANSWER) == ((labels == c) & (sure < threshold)).sum()
    assert explorer.answer() == ((said != labels) & (sure >= threshold)).sum()


def test_the_words_are_the_counts(answers):
    explorer, labels, probabilities = answers
    explorer.set(threshold=0.5, truth="ring", said="grain")
    said, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    kept = sure >= 0.5
    here = sure[kept & (labels == 2) & (said == 1)]
    lines = explorer.describe().splitlines()
    wrong = (kept & (said != labels)).sum()
    right = kept.sum() - wrong
    assert numbers(lines[1])[:4] == [kept.sum(), 80, round(100 * kept.mean()), wrong]
    assert numbers(lines[1])[4:] == [right, kept.sum(), pytest.approx(right / kept.sum(), abs=5e-4)]
    assert lines[2].startswith(f"Truth ring, answer grain: {len(here)}.")
    assert numbers(lines[2])[3:] == pytest.approx(np.sort(here)[::-1][:10], abs=0.0051)
    assert numbers(lines[3])[:2] == [(labels == 2).sum(), (kept & (labels == 2) & (said == 2)).sum()]
    assert numbers(lines[4])[:2] == [(kept & (said == 1)).sum(), (kept & (said == 1) & (labels == 1)).sum()]


def test_it_begins_with_the_commonest_mistake(answers):
    explorer, labels, probabilities = answers
    table = np.array([[explorer.count(t, a) for a in NAMES] for t in NAMES])
    np.fill_diagonal(table, 0)
    assert explorer.count(explorer.truth, explorer.said) == table.max()


def test_pages_hold_ten_and_follow_the_cell(answers):
    explorer, labels, probabilities = answers
    explorer.set(truth="ring", said=NO_ANSWER, threshold=0.95)
    pages = explorer.controls["page"].max
    assert pages == -(-len(explorer.rows()) // 10) > 1
    explorer.set(page=2)
    assert f"page 2 of {pages}" in explorer.describe()
    explorer.controls["said"].value = "ring"
    assert explorer.page == 1


def test_the_default_and_nothing_at_all_in_words():
    words = explore.AnswerExplorer().describe()
    assert "Answered: 898 of 898 (100 %), 91 of them wrong: right 807 / 898 = 0.899." in words  # as the lesson says
    silent = explore.AnswerExplorer(np.zeros((2, 4, 4, 1)), np.array([0, 1]), np.full((2, 2), 0.5)).set(threshold=0.9)
    assert "nothing is wrong, and nothing is of use" in silent.describe()
    assert silent.answer() == 0
    assert silent.png().startswith(b"\x89PNG")


def test_many_classes_and_long_names():
    rng = np.random.default_rng(0)
    names = [f"a rather long name {n}" for n in range(20)]
    explorer = explore.AnswerExplorer(
        np.zeros((30, 40, 20, 1), np.uint8), rng.integers(0, 20, 30), rng.dirichlet(np.ones(20), 30), class_names=names
    )
    assert explorer.png()


IMAGES, LABELS, PROBABILITIES = np.zeros((4, 5, 5, 3)), np.array([0, 1, 0, 1]), np.full((4, 2), 0.5)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"labels": None}, ValueError, "must be given together"),
        ({"probabilities": np.full((4, 1), 1.0)}, ValueError, "2 to 20 columns"),
        ({"probabilities": np.full((4, 2), 3.0)}, ValueError, "`probabilities` must lie in 0 … 1. Received: 3 … 3"),
        ({"labels": np.array([0, 1, 2, 1])}, ValueError, "`labels` must be 4 classes from 0 to 1. Received: 4 labels"),
        ({"labels": np.array([0, 1])}, ValueError, "`labels` must be 4 classes"),
        ({"labels": np.array([0.0, 1, 0, 1])}, TypeError, "`labels` must hold whole numbers"),
        ({"images": IMAGES[:3]}, ValueError, "`images` must be 4 pictures of 1 or 3 channels"),
        ({"images": IMAGES + 7}, ValueError, "`images` must be bytes or lie in 0 … 1. Received: 7 … 7"),
        ({"class_names": ["a"]}, ValueError, "`class_names` must be 2 different names"),
        ({"class_names": ["a", NO_ANSWER]}, ValueError, "`class_names` must be 2 different names"),
    ],
)
def test_the_constructor_refuses(change, error, says):
    arguments = {"images": IMAGES, "labels": LABELS, "probabilities": PROBABILITIES, **change}
    with pytest.raises(error, match=says):
        explore.AnswerExplorer(**arguments)


def test_the_hidden_picture_does_not_depend_on_the_cell():
    quiz = explore.AnswerExplorer(predict=True)
    assert quiz.png() == quiz.set(truth="8").png()
