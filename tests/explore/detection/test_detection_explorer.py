"""The detection explorer: what it keeps, counts and draws of a network with two heads, and what it refuses."""

from __future__ import annotations

import re

import numpy as np
import pytest
from darknet_files import TWO_HEADS, write_random

from cnnlab import boxes, darknet, explore, plot
from cnnlab.explore.detection.boxed_picture import free_places
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import Sheet


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    return darknet.load(*write_random(tmp_path_factory.mktemp("net"), TWO_HEADS), ["thing"])


@pytest.fixture
def explorer(detector):
    rng = np.random.default_rng(0)
    return explore.DetectionExplorer(detector, [rng.random((50, 80, 3)), rng.random((300, 40))], ["wide", "high"])


@pytest.mark.parametrize("boxed", [False, True])
@pytest.mark.parametrize("picture", [0, 1])
def test_it_keeps_what_the_detector_keeps(detector, explorer, picture, boxed):
    detector.letterbox = boxed
    explorer.set(picture=picture, score=0.3, iou=0.4)
    found = detector(explorer._images[picture], score_threshold=0.3, iou_threshold=0.4)
    detector.letterbox = False
    assert len(found) > 3
    assert explorer.kept().scores == pytest.approx(found.scores)
    inside = boxes.clip(explorer.kept().boxes, *explorer._images[picture].shape[:2])
    assert inside == pytest.approx(found.boxes, abs=1e-6)


def test_its_words_are_counted(explorer):
    explorer.set(score=0.35, iou=0.3)
    some, words = explorer.candidates(), explorer.describe()
    assert f"The network reports 1,248 boxes; {len(some)} score 0.35 or more." in words
    assert f"leaves {len(explorer.kept())}." in words
    head_0, head_1 = (some[some.heads == number] for number in (0, 1))
    for index, size in enumerate(("4×6", "8×9", "12×20")):
        own = head_0.scores[head_0.anchors == index]
        assert re.search(rf"anchor {size}: {len(own)} box", words)
    assert f"Head 1 (12×8 cells): anchor 30×24: {len(head_1)} box" in words
    overlap = boxes.iou(explorer.kept().boxes, explorer.kept().boxes) - np.eye(len(explorer.kept()))
    assert overlap.max() <= 0.3


def test_thresholds_and_classes_leave_fewer(explorer):
    everything = len(explorer.set(score=0.05).candidates())
    assert len(explorer.set(score=0.5).candidates()) < everything
    assert len(explorer.set(score=0.05, only="thing").candidates()) == everything
    assert len(explorer.set(iou=0.95).kept()) > len(explorer.set(iou=0.0).kept())


@pytest.mark.parametrize("show", ["detections", "all boxes", "head 0", "head 1"])
def test_every_view_can_be_drawn(explorer, show):
    for picture in (0, 1):
        for score in (0.05, 0.95):
            assert explorer.set(show=show, picture=picture, score=score).png().startswith(b"\x89PNG")


def colourful(explorer, left, top, right, bottom):
    """Whether any colour but greys is in this part of the picture, in inches."""
    picture = explorer.figure()
    picture.canvas.draw()
    dots = np.asarray(picture.canvas.buffer_rgba())[..., :3].astype(int)
    left, top, right, bottom = (round(side * picture.dpi) for side in (left, top, right, bottom))
    part = dots[top:bottom, left:right]
    return bool((part.max(axis=-1) - part.min(axis=-1) > 40).any())


@pytest.mark.parametrize(
    ("show", "classes", "anchors"), [("detections", True, False), ("all boxes", False, False), ("head 0", False, True)]
)
def test_a_colour_means_one_thing_in_a_picture(show, classes, anchors):
    explorer = explore.DetectionExplorer().set(picture=2, score=0.1, show=show)
    assert colourful(explorer, 4.2, 0.4, 4.6, 2.1) is classes
    assert colourful(explorer, 4.2, 3.6, 4.6, 4.4) is anchors


def test_the_numbers_of_boxes_do_not_hide_each_other():
    shown = Map(Sheet(plot.Picture(4, 4)), np.zeros((3, 3, 3), np.uint8), (0, 0), 3.0)  # a pixel an inch
    taken = free_places(shown, np.array([(1, 1, 2, 2)] * 5 + [(1.02, 1.05, 2, 2)] * 2))
    for number, (x1, y1, x2, y2) in enumerate(taken):
        assert not any(x1 < c and a < x2 and y1 < d and b < y2 for a, b, c, d in taken[:number])


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"detector": "yolo"}, TypeError, "`detector` must be a cnnlab.darknet.Detector. Received: str"),
        ({"images": np.zeros((9, 9, 3))}, ValueError, "`images` must be a list of pictures. Received: one array"),
        ({"images": []}, ValueError, "`images` must hold 1 to 40 pictures. Received: 0"),
        ({"images": [np.zeros((9, 9, 3))] * 41}, ValueError, "`images` must hold 1 to 40 pictures. Received: 41"),
        ({"images": [np.zeros((9, 9, 7))]}, ValueError, "`image` must have 3 channels"),
        ({"images": [np.zeros((9, 9))], "titles": ["a", "b"]}, ValueError, "`titles` must be 1 different names"),
        ({"images": [np.zeros((9, 9))] * 2, "titles": ["a", "a"]}, ValueError, "`titles` must be 2 different names"),
    ],
)
def test_bad_arguments_are_refused(detector, arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        explore.DetectionExplorer(**{"detector": detector, **arguments})


def test_photos_are_the_default_for_a_detector_of_ones_own(detector):
    assert explore.DetectionExplorer(detector)._titles == ["astronaut", "chelsea", "coffee", "china"]
