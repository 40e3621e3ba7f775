"""Synthetic scenes: what is drawn is what the labels say."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cnnlab import scenes

VARIETY = scenes.scenes(150, seed=5)


def bounds(mask):
    """The tight half-open box of a mask, the slow way."""
    rows, columns = np.nonzero(mask)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_what_a_scene_holds():
    for one in [*VARIETY, scenes.scene(0, min_objects=0, max_objects=0)]:
        n = len(one.boxes)
        assert (one.image.shape, one.image.dtype) == ((96, 96, 3), np.float32)
        assert one.image.min() >= 0
        assert one.image.max() <= 1
        assert (one.boxes.shape, one.boxes.dtype) == ((n, 4), np.float64)
        assert (one.labels.shape, one.labels.dtype) == ((n,), np.int64)
        assert (one.masks.shape, one.masks.dtype) == ((n, 96, 96), bool)
        assert len(one.colours) == n
        assert one.boxes.tolist() == [bounds(mask) for mask in one.masks], "the tight bounds of what is seen"
        assert one.masks.sum(axis=0).max() <= 1, "no pixel belongs to two"
    assert (n, one.caption) == (0, "an empty scene")


def test_the_pixels_of_a_mask_have_its_colour():
    for one in scenes.scenes(40, seed=1, noise=0.0, clutter=0):
        for mask, colour in zip(one.masks, one.colours, strict=True):
            typical = np.median(one.image[mask], axis=0)
            assert np.abs(typical - scenes.COLOURS[colour]).max() < 0.06


@pytest.mark.parametrize(
    ("name", "share"), [("circle", np.pi / 4), ("square", 1.0), ("triangle", 0.5), ("cross", 1 - 0.64**2)]
)
def test_an_upright_shape_fills_its_share_of_its_box(name, share):
    # π/4 of the square around a circle; half of the rectangle around a triangle; a cross leaves four corners of 0.64·r.
    options = dict(classes=(name,), max_objects=1, turn=0.0, sizes=(40, 40), clutter=0, noise=0.0)
    for one in scenes.scenes(8, seed=2, **options):
        x1, y1, x2, y2 = one.boxes[0]
        assert x2 - x1 == pytest.approx(40, abs=1.5)
        assert one.masks[0].sum() / ((x2 - x1) * (y2 - y1)) == pytest.approx(share, abs=0.04)


def test_a_ring_has_a_hole():
    one = scenes.scene(0, classes=("ring",), max_objects=1, sizes=(40, 40))
    x, y = (one.boxes[0, :2] + one.boxes[0, 2:]).astype(int) // 2
    assert not one.masks[0, y, x]


def test_sizes_are_kept():
    for one in scenes.scenes(100, seed=3, sizes=(20, 30), overlap=0.0):
        sides = (one.boxes[:, 2:] - one.boxes[:, :2]).max(axis=1)
        assert sides.min() >= 18.5  # a corner may cut less than half of its pixel
        assert sides.max() <= 31


@pytest.mark.parametrize("overlap", [0.0, 0.2, 0.5])
def test_at_most_the_given_part_is_hidden(overlap):
    crowd = dict(min_objects=5, max_objects=5, classes=("square",), turn=0.0, sizes=(30, 30), overlap=overlap)
    hidden = [1 - mask.sum() / 900 for one in scenes.scenes(60, seed=6, **crowd) for mask in one.masks]
    assert max(hidden) <= overlap + 0.07  # the pixels at the edges
    assert max(hidden) >= overlap - 0.1


def test_shapes_lie_inside_a_picture_that_is_not_square():
    for one in scenes.scenes(40, seed=7, height=48, width=112, sizes=(10, 40)):
        assert one.image.shape == (48, 112, 3)
        assert (one.boxes[:, :2] >= 0).all()
        assert (one.boxes[:, 2:] <= (112, 48)).all()


def test_every_number_of_objects_and_every_class_occurs():
    assert {len(one.boxes) for one in VARIETY} == {1, 2, 3, 4}
    assert set(np.concatenate([one.labels for one in VARIETY])) == {0, 1, 2}
    assert {colour for one in VARIETY for colour in one.colours} == set(scenes.COLOURS)


def test_a_scene_depends_on_its_seed_alone():
    few, many = scenes.scenes(3, seed=9), scenes.scenes(6, seed=9)
    for left, right in zip(few, many, strict=False):
        assert np.array_equal(left.image, right.image)
        assert left.caption == right.caption
    assert np.array_equal(few[2].image, scenes.scene((9, 2)).image)
    assert not np.array_equal(few[0].image, few[1].image)
    assert not np.array_equal(few[0].image, scenes.scene((10, 0)).image)
    assert scenes.scenes(0, seed=0) == []
    with pytest.raises(ValueError, match=re.escape("`n` must be a whole number >= 0. Received: -1")):
        scenes.scenes(-1, seed=0)
    with pytest.raises(ValueError, match="`seed` must be a whole number from 0 to 4294967295"):
        scenes.scenes(1, 5 + 2**32)  # NumPy takes it for (5, 1): scene 1 of seed 5


def test_the_caption_of_two_shapes_is_true():
    for one in scenes.scenes(80, seed=8, min_objects=2, max_objects=2):
        if len(one.boxes) < 2:
            continue
        words = re.fullmatch(r"an? (\w+) (\w+) (left of|right of|above|below) an? (\w+) (\w+)", one.caption)
        big, small = np.argsort(-one.masks.sum(axis=(1, 2)), kind="stable")
        assert words.group(1, 2) == (one.colours[big], one.class_names[one.labels[big]])
        assert words.group(4, 5) == (one.colours[small], one.class_names[one.labels[small]])
        dx, dy = one.boxes[big].reshape(2, 2).mean(axis=0) - one.boxes[small].reshape(2, 2).mean(axis=0)
        expected = {"left of": -dx, "right of": dx, "above": -dy, "below": dy}
        assert expected[words.group(3)] == max(expected.values())


def test_captions_of_one_and_of_many():
    assert scenes.scene(0, max_objects=1, classes=("square",)).caption.endswith("square")
    assert scenes.scene(1, min_objects=4, max_objects=4, sizes=(10, 14)).caption.endswith(", and 2 more")
    assert all("an orange" in one.caption for one in VARIETY if re.search(r"(?<!\w)orange", one.caption))


def test_a_colour_never_covers_itself():
    crowd = dict(min_objects=8, max_objects=8, overlap=1.0, sizes=(30, 40), clutter=0, noise=0.0, turn=0.0)
    for one in scenes.scenes(20, seed=11, **crowd):
        for k, colour in enumerate(one.colours):
            if one.class_names[one.labels[k]] != "square":
                continue
            x1, y1, x2, y2 = one.boxes[k].astype(int)
            inside = one.masks[:, y1:y2, x1:x2].any(axis=(1, 2))
            twins = [j for j in np.flatnonzero(inside) if j > k and one.colours[j] == colour]
            for j in twins:  # boxes of round shapes may cross where the shapes do not
                assert one.class_names[one.labels[j]] != "square"


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        (dict(height=15), ValueError, "`height` must be a whole number >= 16. Received: 15"),
        (dict(width=50.0), TypeError, "`width`"),
        (dict(max_objects=0), ValueError, "`max_objects` must be a whole number >= 1. Received: 0"),
        (dict(classes=("circle", "sqare")), ValueError, "Did you mean 'square'?"),
        (dict(classes=()), ValueError, "`classes` must be a list of names"),
        (dict(classes="circle"), ValueError, "`classes` must be a list of names"),
        (dict(classes=("ring", "ring")), ValueError, "`classes` must all be different"),
        (dict(sizes=(30, 20)), ValueError, "`sizes` must be (smallest, largest)"),
        (dict(sizes=(10, 97)), ValueError, "`sizes` must be a number from 4 to 96. Received: 97"),
        (dict(sizes=20), ValueError, "`sizes` must be (smallest, largest)"),
        (dict(overlap=1.5), ValueError, "`overlap` must be a number from 0 to 1. Received: 1.5"),
        (dict(turn="far"), TypeError, "`turn` must be a number from 0 to 180"),
        (dict(overlap="0.3"), TypeError, "`overlap` must be a number from 0 to 1. Received: '0.3'"),
        (dict(noise=True), TypeError, "`noise` must be a finite number >= 0. Received: True"),
        (dict(noise=float("nan")), ValueError, "`noise` must be a finite number >= 0. Received: nan"),
        (dict(clutter=-1), ValueError, "`clutter`"),
        (dict(seed=-1), ValueError, "`seed` must be a whole number from 0 to 4294967295. Received: -1"),
        (dict(seed=2**32), ValueError, "`seed` must be a whole number from 0 to 4294967295"),
        (dict(seed=(1, 2**32)), ValueError, "`seed` must be a whole number from 0 to 4294967295"),
        (dict(seed=None), TypeError, "`seed`"),
    ],
)
def test_bad_options_are_refused(options, error, says):
    with pytest.raises(error, match=re.escape(says)):
        scenes.scene(**{"seed": 0, **options})


@pytest.mark.parametrize("side", [16, 32])
def test_the_default_sizes_fit_any_picture(side):
    one = scenes.scene(0, side, side, max_objects=1)
    assert 12 <= (one.boxes[0, 2:] - one.boxes[0, :2]).max() <= side
