"""The target viewer: cell, anchor and numbers counted by hand, its words, and what it refuses."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cnnlab import explore, scenes


@pytest.mark.parametrize("grid", [3, 6, 12])
@pytest.mark.parametrize("box", [(50, 20, 30, 30), (0, 96, 10, 60), (96, 0, 60, 12), (63, 63, 31, 31)])
def test_the_viewer_counts_by_hand(grid, box):
    x, y, w, h = box
    viewer = explore.TargetViewer().set(x=x, y=y, width=w, height=h, grid=grid)
    side = 96 / grid
    row, column = min(int(y / side), grid - 1), min(int(x / side), grid - 1)
    ious = []
    for anchor_w, anchor_h in scenes.ANCHORS:
        both = min(w, anchor_w) * min(h, anchor_h)
        ious.append(both / (w * h + anchor_w * anchor_h - both))
    best = int(np.argmax(ious))
    assert viewer.answer() == {"row": row, "column": column, "anchor": best}
    wanted = [x / side - column, y / side - row, *np.log(np.array([w, h]) / scenes.ANCHORS[best])]
    assert viewer.target()[:4] == pytest.approx(wanted)
    words = viewer.describe()
    assert f"= {row}, column" in words
    assert f"Anchor {best} is responsible" in words
    for name, value in zip(("x", "y", "tw", "th"), wanted, strict=True):
        assert re.search(rf"\b{name} = .* = {value:.2f}[.;]", words)
    for k, iou in enumerate(ious):
        assert f"anchor {k} {iou:.2f}" in words


def test_the_viewer_says_when_two_want_one_place():
    viewer = explore.TargetViewer()
    assert "both are kept" in viewer.describe()
    viewer.set(width=20, height=20)
    assert "it is lost" in viewer.describe()
    viewer.set(grid=12)
    assert "No other box wants this cell" in viewer.describe()
    assert "other 430 of 432 slots" in viewer.describe()


def test_the_viewer_takes_a_picture_that_is_not_square():
    image = np.zeros((60, 120, 3), np.uint8)
    viewer = explore.TargetViewer(image, [(5, 5, 30, 20)], [0], class_names=("cat",), anchors=[(20, 20)], grids=(4,))
    assert list(viewer.answer().values()) == [0, 0, 0]
    viewer.set(x=100, y=50)
    assert list(viewer.answer().values()) == [3, 3, 0]  # cells 15 high and 30 wide
    assert "a cell is 15 high and 30 wide" in viewer.describe()
    assert "x = 100 / 30 − 3 = 0.33; y = 50 / 15 − 3 = 0.33" in viewer.describe()
    assert "There is no other box" in viewer.describe()


def test_a_wrong_guess_is_told_the_place():
    quiz = explore.TargetViewer(predict=True).set(guess="4, 2, 2")
    assert quiz.prediction.verdict() == "✘ You said 4, 2, 2; it is row 2, column 4, anchor 2."


def test_the_hidden_picture_does_not_depend_on_the_answer():
    quiz, other = (explore.TargetViewer(predict=True, anchors=[(20, 20), (40, 40)]) for _ in range(2))
    other._labels = other._labels[::-1].copy()
    assert quiz.png() == other.png()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (dict(image=np.zeros((9, 9, 3))), "`boxes` and `labels` must be given"),
        (dict(image=np.zeros((9, 9)), boxes=[(0, 0, 5, 5)], labels=[0]), "`image` must have shape (H, W, 3)"),
        (dict(image=np.zeros((9, 9, 4)), boxes=[(0, 0, 5, 5)], labels=[0]), "Received: shape (9, 9, 4)"),
        (dict(image=np.zeros((9, 9, 3)), boxes=[], labels=[]), "at least one box"),
        (dict(image=np.zeros((9, 9, 3)), boxes=[(0, 0, 5, 5)], labels=[7]), "`labels` must lie in 0 … 2"),
        (dict(image=np.zeros((9, 9, 3)), boxes=[(5, 0, 0, 5)], labels=[0]), "`boxes`"),
        (dict(anchors=[(5, 5)] * 6), "`anchors` must be at most 5"),
        (dict(grids=(0,)), "`grids` must be a whole number from 1 to 20"),
    ],
)
def test_the_viewer_refuses(arguments, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        explore.TargetViewer(**arguments)
