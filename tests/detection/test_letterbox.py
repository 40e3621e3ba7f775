"""Placing, resizing and back: OpenCV's interpolation, Darknet's bars, every kind of picture."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab import letterbox

SIDES = st.integers(1, 3000)


@pytest.mark.parametrize(
    ("image", "inner", "corner"),
    [  # in 416 × 416
        ((100, 200), (208, 416), (104, 0)),
        ((200, 100), (416, 208), (0, 104)),
        ((416, 416), (416, 416), (0, 0)),
        ((424, 640), (275, 416), (70, 0)),  # 424 · 416 / 640 = 275.6: 141 rows are left, 70 above and 71 below
        ((1, 5000), (1, 416), (207, 0)),
    ],
)
def test_a_picture_is_as_large_as_fits(image, inner, corner):
    place = letterbox.place(image, (416, 416))
    assert (place.height, place.width) == inner
    assert (place.top, place.left) == corner


def test_stretching_fills_the_input():
    assert letterbox.place((100, 200), (96, 160), letterbox=False) == letterbox.Placement(
        (100, 200), (96, 160), 0, 0, 96, 160
    )


@settings(max_examples=200)
@given(SIDES, SIDES, SIDES, SIDES, st.booleans())
def test_a_placement_lies_inside_and_boxes_come_back(height, width, rows, columns, boxed):
    place = letterbox.place((height, width), (rows, columns), boxed)
    assert place.top >= 0
    assert place.top + place.height <= rows
    assert place.left >= 0
    assert place.left + place.width <= columns
    assert place.height == rows or place.width == columns
    corners = np.array([[0, 0, width, height], [0.25 * width, 0.5 * height, 0.75 * width, height]])
    inside = place.apply(corners)
    assert inside[0].tolist() == pytest.approx(
        [place.left, place.top, place.left + place.width, place.top + place.height]
    )
    assert np.abs(place.undo(inside) - corners).max() < 1e-9 * max(height, width)


@pytest.mark.parametrize(("size", "new"), [((7, 9), (14, 5)), ((30, 40), (12, 13)), ((5, 5), (5, 8)), ((1, 3), (4, 4))])
def test_resizing_is_opencvs_bilinear(size, new):
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(0).random((*size, 3), np.float32)
    theirs = cv2.resize(image, new[::-1], interpolation=cv2.INTER_LINEAR)
    assert np.abs(letterbox.resize(image, new) - theirs).max() < 1e-5


def test_the_bars_are_grey_and_the_picture_is_whole():
    place = letterbox.place((2, 4), (8, 8))
    fitted = letterbox.fit(np.ones((2, 4, 3), np.float32), place)
    assert fitted.dtype == np.float32
    assert (fitted[2:6] == 1).all()
    assert (fitted[:2] == letterbox.GREY).all()
    assert (fitted[6:] == letterbox.GREY).all()


@pytest.mark.parametrize(
    ("image", "channels", "pixel"),
    [
        (np.full((2, 3), 51, np.uint8), 3, [0.2, 0.2, 0.2]),
        (np.full((2, 3, 1), 51, np.uint8), 3, [0.2, 0.2, 0.2]),
        (np.full((2, 3), 51, np.uint8), 1, [0.2]),
        (np.full((2, 3, 3), 0.2), 3, [0.2, 0.2, 0.2]),
        (np.full((2, 3, 3), 0.2), 1, [0.2]),
        (np.ones((2, 3), bool), 3, [1, 1, 1]),
        (np.tile(np.uint8([255, 0, 0, 0]), (2, 3, 1)), 3, [1, 1, 1]),  # transparent: the white below shows
        (np.tile(np.uint8([255, 0, 0, 255]), (2, 3, 1)), 3, [1, 0, 0]),
        (np.tile(np.uint8([0, 0, 0, 51]), (2, 3, 1)), 1, [0.8]),
        (np.tile(np.uint8([51, 0, 0, 0]), (2, 3, 1)), 4, [0.2, 0, 0, 0]),
    ],
)
def test_every_kind_of_picture_becomes_floats(image, channels, pixel):
    made = letterbox.as_picture(image, channels)
    assert made.dtype == np.float32
    assert made.shape == (2, 3, channels)
    assert made[1, 2].tolist() == pytest.approx(pixel, abs=1e-6)


@pytest.mark.parametrize(
    ("image", "error", "says"),
    [
        (np.zeros(3), ValueError, "`image` must have shape (H, W) or (H, W, C). Received: shape (3,)"),
        (np.zeros((0, 3, 3)), ValueError, "`image` must have at least one pixel. Received: shape (0, 3, 3)"),
        (np.zeros((2, 3, 2)), ValueError, "`image` must have 3 channels. Received: shape (2, 3, 2)"),
        (np.full((2, 3), 255.0), ValueError, "Received: floats from 255 to 255; divide by 255?"),
        (np.full((2, 3), np.nan), ValueError, "`image` must hold floats from 0 to 1, or uint8"),
        (np.zeros((2, 3), np.int64), TypeError, "`image` must be uint8 or floats from 0 to 1. Received: dtype int64"),
        ("dog.jpg", TypeError, "`image` must hold real numbers"),
    ],
)
def test_what_is_no_picture_is_refused(image, error, says):
    with pytest.raises(error, match=re.escape(says)):
        letterbox.as_picture(image)


def test_other_arguments_are_checked():
    with pytest.raises(ValueError, match="`image_size` must be"):
        letterbox.place((0, 5), (8, 8))
    with pytest.raises(ValueError, match=re.escape("`image` must be of (2, 4) pixels. Received: shape (4, 2, 3)")):
        letterbox.fit(np.ones((4, 2, 3)), letterbox.place((2, 4), (8, 8)))
    with pytest.raises(ValueError, match="row 0"):
        letterbox.place((2, 4), (8, 8)).undo([[5, 0, 1, 1]])
