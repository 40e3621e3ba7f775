"""Boxes drawn on pictures."""

from __future__ import annotations

import re

import numpy as np
import pytest
from contrast import contrast

from cnnlab import overlay
from cnnlab.detection.detections import Detections, GroundTruth

DARK = np.zeros((20, 30, 3))
TRUTH = GroundTruth([[2, 3, 12, 13]], [1])
FOUND = Detections([[4, 3, 14, 13], [0, 0, 5, 5]], [0.9, 0.25], [0, 1], ("cat", "dog"))


def words(picture):
    return [text.get_text() for ax in picture.axes for text in ax.texts]


def test_classes_and_scores_are_written():
    picture = overlay.gallery([DARK], [FOUND], [TRUTH], alt="A dog taken for a cat.", class_names=("cat", "dog"))
    assert words(picture) == ["dog", "cat 0.90", "dog 0.25"]
    assert picture.alt == "A dog taken for a cat."


def test_labels_can_be_read_on_their_plates():
    picture = overlay.gallery([DARK], [FOUND], [TRUTH], alt="x")
    texts = [text for ax in picture.axes for text in ax.texts]
    assert min(contrast(text.get_color(), text.get_bbox_patch().get_facecolor()) for text in texts) >= 4.5


def test_names_come_from_the_detections_or_are_numbers():
    assert words(overlay.gallery([DARK], [FOUND], alt="x")) == ["cat 0.90", "dog 0.25"]
    assert words(overlay.gallery([DARK], None, [TRUTH], alt="x")) == ["1"]


def test_a_box_covers_its_pixels():
    # Half-open pixels 2 … 12: matplotlib's pixel 2 begins at 1.5.
    picture = overlay.gallery([DARK], None, [TRUTH], alt="x")
    x, y, w, h = picture.axes[0].patches[-1].get_bbox().bounds
    assert (x, y, w, h) == (1.5, 2.5, 10, 10)


@pytest.mark.parametrize(("count", "columns", "size"), [(5, 4, (4, 2)), (3, 4, (3, 1)), (1, 1, (1, 1))])
def test_pictures_stand_in_rows(count, columns, size):
    picture = overlay.gallery([DARK] * count, alt="x", columns=columns, side=3.0)
    assert picture.get_size_inches().tolist() == pytest.approx([3.0 * size[0], 2.0 * size[1]])
    assert len(picture.axes) == count
    for ax in picture.axes:
        box = ax.get_position()
        assert min(box.x0, box.y0) >= 0
        assert max(box.x1, box.y1) <= 1


def test_titles_have_room():
    picture = overlay.gallery([DARK] * 4, alt="x", columns=2, titles=list("abcd"))
    picture.png()
    for ax in picture.axes:
        assert ax.title.get_window_extent().y1 <= picture.bbox.height


@pytest.mark.parametrize("name", ["detections", "ground_truth", "titles"])
def test_every_picture_needs_its_entry(name):
    with pytest.raises(ValueError, match=re.escape(f"`{name}` must have one entry for each picture, 1. Received: 0")):
        overlay.gallery([DARK], **{"detections": None, name: []}, alt="x")


def test_no_pictures_are_refused():
    with pytest.raises(ValueError, match="`images` must hold at least one picture"):
        overlay.gallery([], alt="x")


def test_labels_do_not_hide_each_other():
    near = Detections(
        [[4, 6, 20, 16], [4, 6, 21, 17], [5, 6, 20, 17], [4, 7, 19, 16]], [0.9, 0.8, 0.7, 0.6], [0, 1, 0, 1]
    )
    picture = overlay.gallery([DARK], [near], [TRUTH], alt="x", columns=1, side=4.0)
    picture.png()
    plates = [text.get_bbox_patch().get_window_extent() for text in picture.axes[0].texts]
    assert len(plates) == 5
    for number, one in enumerate(plates):
        for other in plates[:number]:
            overlap = one.intersection(one, other)
            assert overlap is None or min(overlap.width, overlap.height) < 4  # of 640 dots: the plates' rims
    assert all(picture.axes[0].bbox.padded(4).contains(*corner) for plate in plates for corner in plate.corners())
