"""The mask inspector: its counts against sets of pixels, its scores against other libraries, and what it refuses."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.metrics import jaccard_score

from cnnlab import explore
from cnnlab.explore.tasks.hatching import hatched
from cnnlab.tasks import segmentation

TRUTH = np.array([[[0, 0, 1, 1], [0, 0, 1, 2]]])
SAID = np.array([  # the probability of class 1 at each pixel; class 0 gets the rest, class 2 nothing
    [[0.1, 0.3, 0.6, 0.9], [0.0, 0.7, 0.4, 0.2]],
])  # fmt: skip


def small(**options) -> explore.MaskInspector:
    probabilities = np.stack([1 - SAID, SAID, 0 * SAID], axis=-1)
    names = ("ground", "leaf", "stone")
    return explore.MaskInspector(np.zeros((1, 2, 4, 3)), TRUTH, probabilities, class_names=names, **options)


@pytest.fixture(scope="module")
def inspector():
    return explore.MaskInspector()


def test_a_small_case_by_hand():
    # From 0.50 on leaf is said at 0.6, 0.9 and 0.7; in the truth it is at 0.6, 0.9 and 0.4: 2 right, 1 and 1 wrong.
    words = small().set(threshold=0.5).describe().splitlines()
    assert words[2] == "leaf where its probability is 0.50 or more: 2 pixels right, 1 claimed falsely, 1 missed."
    assert words[3] == "IoU = 2 / (2 + 1 + 1) = 0.50. Dice 0.67, precision 0.67, recall 0.67."
    # At 0.40 the missed one is found; at 0.30 the neighbour, too; at 0.90 one of three is left.
    assert [small().set(threshold=t).counts() for t in (0.4, 0.3, 0.9)] == [(3, 1, 0), (3, 2, 0), (1, 0, 2)]
    # The most probable classes are 0 0 1 1 / 0 1 0 0: ground 3 of 6 pixels, leaf 2 of 4, stone 0 of 1; 5 of 8 right.
    assert "accuracy 0.625, mean IoU 0.333 (ground 0.50, leaf 0.50, stone 0.00)" in words[1]


@pytest.mark.parametrize("picture", [0, 3, 7])
def test_scores_are_those_of_other_libraries(inspector, picture):
    inspector.set(picture=picture)
    truth, said = inspector._truth[picture], inspector.predicted()
    words, mean = inspector.describe(), jaccard_score(truth.ravel(), said.ravel(), average="macro")
    assert f"mean IoU {mean:.3f}" in words
    assert f"accuracy {np.mean(truth == said):.3f}" in words
    for k in np.unique(truth):
        inspector.set(class_name=segmentation.SHAPES[k])
        for threshold, iou in zip((0.05, 0.5, 0.95), inspector.at_every_threshold()[[0, 9, 18]], strict=True):
            mask = inspector._probabilities[picture, ..., k] >= threshold
            assert iou == pytest.approx(jaccard_score((truth == k).ravel(), mask.ravel()))
            assert inspector.set(threshold=threshold).answer() == pytest.approx(iou)


def test_the_fates_add_up(inspector):
    for name in segmentation.SHAPES:
        inspector.set(picture=2, class_name=name)
        right, false, missed = inspector.counts()
        true = int((inspector._truth[2] == segmentation.SHAPES.index(name)).sum())
        assert right + missed == true
        assert f"{name} has {true} pixels in the truth; {right + false} pixels" in inspector.question()


def test_a_higher_threshold_never_claims_more(inspector):
    inspector.set(picture=1, class_name="triangle")
    counts = np.array([inspector.set(threshold=t).counts() for t in np.arange(1, 20) / 20])
    assert (np.diff(counts[:, 0] + counts[:, 1]) <= 0).all()
    assert (np.diff(counts[:, 2]) >= 0).all()


def test_the_probabilities_made_up_leave_something_to_choose(inspector):
    inspector.set(picture=0, class_name="circle")
    profile = inspector.at_every_threshold()
    assert 0.8 < profile.max() < 0.95
    assert profile.argmax() != 9, "the best threshold should not be the usual one"


def test_a_class_in_neither_is_undefined():
    quiz = small(predict=True).set(class_name="stone", threshold=0.05)
    assert quiz.answer() == 0.0  # in the truth, never said
    nowhere = explore.MaskInspector(
        np.zeros((1, 2, 2, 3)), np.zeros((1, 2, 2), int), np.eye(2)[np.zeros((1, 2, 2), int)]
    )
    nowhere.set(class_name="class 1")
    assert nowhere.answer() == "undefined"
    assert "0 / 0" in nowhere.describe()
    assert "No threshold changes that" in nowhere.describe()
    assert nowhere.png().startswith(b"\x89PNG")
    quiz = explore.MaskInspector(*[a for a in (nowhere._images, nowhere._truth, nowhere._probabilities)], predict=True)
    assert "and so it is" in quiz.set(class_name="class 1", guess="undefined")._asked.value


def test_many_classes_have_a_colour_and_a_pattern_each():
    many = explore.MaskInspector(
        np.zeros((1, 6, 9, 3)), np.arange(54).reshape(1, 6, 9) % 9, np.full((1, 6, 9, 9), 1 / 9)
    )
    assert many._names == list(segmentation.COLOURS)
    assert many.png().startswith(b"\x89PNG")
    pictures = {hatched(np.full((1, 1), k), np.full((9, 3), 0.8), 60, 60).tobytes() for k in range(9)}
    assert len(pictures) == 9, "two classes look alike without their colours"


def test_where_classes_meet_there_is_a_line():
    pixels = hatched(np.array([[0, 0, 1, 1]]), np.array([(1.0, 1.0, 1.0), (1.0, 1.0, 1.0)]), 10, 40)
    dark = (pixels.max(axis=-1) < 60).all(axis=0)
    assert np.flatnonzero(dark).tolist() == [19, 20]


P, T, X = np.full((1, 4, 4, 2), 0.5), np.zeros((1, 4, 4), int), np.zeros((1, 4, 4, 3))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (dict(images=X), "must be given together"),
        (dict(images=X[:0], truth=T[:0], probabilities=P[:0]), "must hold 1 to 200 pictures. Received: 0"),
        (dict(images=X[..., :2], truth=T, probabilities=P), "`images` must have shape (H, W) or (H, W, 3)"),
        (dict(images=X, truth=T[:, :3], probabilities=P), "Received: (1, 3, 4) and (1, 4, 4, 2)"),
        (dict(images=X, truth=T + 2, probabilities=P), "whole numbers from 0 to 1, the classes of `probabilities`"),
        (dict(images=X, truth=T + 0.5, probabilities=P), "Received: float64 from 0.5 to 0.5"),
        (dict(images=X, truth=T, probabilities=4 * P), "(the softmax of the model's answers). Received: from 2 to 2"),
        (dict(images=X, truth=T, probabilities=P, class_names="abc"), "`class_names` must be 2 different names"),
        (dict(images=X, truth=T, probabilities=P, titles=("a", "b")), "`titles` must be 1 different names"),
    ],
)  # fmt: skip
def test_the_mask_inspector_refuses(arguments, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        explore.MaskInspector(**arguments)
