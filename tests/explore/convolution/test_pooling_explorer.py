"""The pooling explorer: its windows, words and gradients against independent computations, and its quiz."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cnnlab import pooling
from cnnlab.explore import PoolingExplorer
from cnnlab.explore.drawing.sheet import Sheet

OPS = {"max": np.max, "average": np.mean, "min": np.min}


def windows_by_hand(image, pool_size, step, padding, row, column):
    """The pixels under one window, from the definition of the padding alone."""
    starts = []
    for n, position in zip(image.shape, (row, column), strict=True):
        outputs = -(-n // step) if padding == "same" else (n - pool_size) // step + 1
        total = max((outputs - 1) * step + pool_size - n, 0) if padding == "same" else 0
        starts.append(position * step - total // 2)
    return [
        image[i, j]
        for i in range(starts[0], starts[0] + pool_size)
        for j in range(starts[1], starts[1] + pool_size)
        if 0 <= i < image.shape[0] and 0 <= j < image.shape[1]
    ]


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize(("pool_size", "strides"), [(1, 2), (2, "pool size"), (2, 1), (3, 2), (3, 4), (4, 3)])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_explorer_calculates_what_it_says(op, pool_size, strides, padding):
    image = np.random.default_rng(5).integers(-9, 10, (7, 5))
    explorer = PoolingExplorer(image)
    explorer.set(op=op, pool_size=pool_size, strides=strides, padding=padding)
    step = pool_size if strides == "pool size" else strides
    for row in range(explorer.controls["row"].max + 1):
        for column in range(explorer.controls["column"].max + 1):
            with explorer._quiet():
                explorer.controls["row"].value, explorer.controls["column"].value = row, column
            pixels = windows_by_hand(image, pool_size, step, padding, row, column)
            assert explorer.answer() == pytest.approx(OPS[op](pixels))
            covered = re.search(r"The window covers .*: (.*)\.", explorer.describe())[1]
            assert covered.replace("−", "-") == ", ".join(map(str, pixels))


def test_the_words_carry_the_arithmetic():
    explorer = PoolingExplorer()
    assert "max(1, 3, 5, 7) = 7" in explorer.describe()
    assert "circled: row 1, column 1." in explorer.describe()
    assert "(1 + 3 + 5 + 7) / 4 = 16 / 4 = 4" in explorer.set(op="average").describe()
    assert "0 parameters" in explorer.describe()
    assert "first of 2 equals" in explorer.set(op="min", row=1).describe()  # 8 0 4 0
    assert "rows 4, 5 and columns 4, 5" in explorer.set(op="max", row=0, pool_size=4).describe()
    words = explorer.set(op="average", pool_size=3, strides=2, padding="same", row=2, column=2).describe()
    assert "(0 + 2 + 3 + 8) / 4 = 13 / 4 = 3.25" in words
    assert "5 of the window's 9 places lie on padding" in words


def test_the_explorer_shows_where_the_gradient_goes():
    explorer = PoolingExplorer()
    assert "gradient" not in explorer.describe()
    words = explorer.set(gradient=True, pool_size=3, strides=1, row=1, column=2).describe()
    assert "goes to row 3, column 4 alone. That pixel wins 6 windows" in words
    assert "0.11 to each of its 9 pixels" in explorer.set(op="average").describe()


@pytest.mark.parametrize("op", OPS)
def test_the_explorers_gradient_is_the_effect_of_a_nudge(op):
    image = np.random.default_rng(6).permutation(36).reshape(6, 6).astype(float)  # no ties
    explorer = PoolingExplorer(image).set(op=op, pool_size=3, strides=2, padding="same", gradient=True)
    gradient = explorer._gradient()
    before = pooling.pool2d(image, 3, 2, "same", op).sum()
    for row, column in np.ndindex(image.shape):
        nudged = image.copy()
        nudged[row, column] += 0.25
        after = pooling.pool2d(nudged, 3, 2, "same", op).sum()
        assert gradient[row, column] == pytest.approx((after - before) / 0.25)


def test_the_position_stays_inside_the_output():
    explorer = PoolingExplorer().set(row=2, column=2)
    explorer.set(pool_size=4)
    assert (explorer.row, explorer.column) == (0, 0)
    explorer.set(strides=1)
    assert explorer.controls["row"].max == 2


def test_the_picture_hides_every_output_but_the_guessed_one(monkeypatch):
    explorer = PoolingExplorer(predict=True).set(op="average", row=1, column=1)
    written: dict[str, int] = {}
    stamp = Sheet.stamp_all

    def recorded(sheet, words, *style):
        for text, places in words.items():
            written[text] = written.get(text, 0) + len(places)
        stamp(sheet, words, *style)

    monkeypatch.setattr(Sheet, "stamp_all", recorded)
    explorer.figure()
    assert written["?"] == 9
    assert "(1 + 1 + 6 + 0) / 4 = ? / 4 = ?" in written
    with explorer._quiet():
        explorer.controls["guess"].value = "3"
    written.clear()
    explorer.figure()
    assert written["?"] == 8
    assert "(1 + 1 + 6 + 0) / 4 = 8 / 4 = 2" in written


@pytest.mark.parametrize(
    ("image", "error", "says"),
    [
        (np.zeros(4), ValueError, r"`image` must have shape \(H, W\). Received: shape \(4,\)"),
        (np.zeros((1, 5)), ValueError, r"from 2 to 8 pixels .* Received: shape \(1, 5\)"),
        (np.zeros((28, 28)), ValueError, r"crop it, .* Received: shape \(28, 28\)"),
        (np.array([[1, np.nan], [0, 0]]), ValueError, "`image` must hold finite numbers"),
        (np.array([["a", "b"], ["c", "d"]]), TypeError, "`image` must hold real numbers"),
    ],
)
def test_images_that_cannot_be_shown_are_refused(image, error, says):
    with pytest.raises(error, match=says):
        PoolingExplorer(image)


@pytest.mark.parametrize("image", [np.eye(2, dtype=bool), np.full((8, 8), -1.5), np.zeros((2, 8), np.uint8)])
def test_other_images_are_shown(image):
    explorer = PoolingExplorer(image).set(gradient=True, padding="same")
    assert explorer.png().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="`pool_size` must be from 1 to"):
        explorer.set(pool_size=5)


def test_the_explorer_draws_light_as_light_on_one_scale():
    explorer = PoolingExplorer(np.array([[0, 9, 3], [9, 9, 9], [0, 0, 6]])).set(pool_size=1)
    picture = explorer.figure()
    shades = [mark.get_facecolors()[:, 0] for mark in picture.artists if len(getattr(mark, "get_paths", list)()) == 9]
    boards = [shade for shade in shades if len(shade) == 9 and len(set(shade)) == 4]
    assert len(boards) == 2  # input and output, the same numbers: pool_size 1
    for board in boards:
        assert board.tolist() == pytest.approx([v / 9 for v in (0, 9, 3, 9, 9, 9, 0, 0, 6)])
