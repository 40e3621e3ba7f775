"""The shape explorer: its arithmetic against a sliding window and Keras, its words, its quiz, and bad input."""

from __future__ import annotations

import io
import itertools
import re

import numpy as np
import pytest
from PIL import Image

from cnnlab import explore, shapes
from cnnlab.explore.convolution.shape_explorer import parse_pads
from cnnlab.explore.convolution.windows import Windows, keras_answer


@pytest.fixture(scope="module")
def explorer():
    return explore.ShapeExplorer()


def brute_usage(height, width, f, s, pads, d):
    """Slide the window as a learner with a pencil would; None if it does not fit."""
    (top, bottom), (left, right) = pads
    counts = np.zeros((height + top + bottom, width + left + right), int)
    rows = [i for i in range(0, counts.shape[0], s) if i + d * (f - 1) < counts.shape[0]]
    columns = [j for j in range(0, counts.shape[1], s) if j + d * (f - 1) < counts.shape[1]]
    for i, j, a, b in itertools.product(rows, columns, range(f), range(f)):
        counts[i + a * d, j + b * d] += 1
    return (len(rows), len(columns)), counts[top : top + height, left : left + width]


SETTINGS = [
    dict(height=h, width=w, kernel_size=f, strides=s, dilation_rate=d, padding=padding)
    for h, w, f, s, d, padding in [
        (6, 9, 3, 2, 1, "valid"),
        (6, 9, 3, 2, 1, "same"),
        (5, 7, 4, 1, 1, "same"),
        (12, 4, 3, 1, 2, "valid"),
        (9, 12, 3, 2, 2, "same"),
        (8, 11, 2, 4, 1, "valid"),
        (1, 1, 1, 1, 1, "valid"),
        (7, 7, 3, 1, 3, "valid"),
        (3, 12, 7, 1, 1, "valid"),
    ]
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_size_and_usage_agree_with_sliding_the_window(explorer, settings):
    explorer.set(**settings)
    h, w, f, s, d = (settings[k] for k in ("height", "width", "kernel_size", "strides", "dilation_rate"))
    pads = shapes.resolve_padding(settings["padding"], (h, w), f, s, d)
    sizes, counts = brute_usage(h, w, f, s, pads, d)
    words = explorer.describe()
    if min(sizes) == 0:
        assert explorer.answer() == "none"
        assert "No window fits" in words
        assert "refused by Keras too" in words
        return
    assert explorer.answer() == sizes
    assert f"Output {sizes[0]} × {sizes[1]}" in words
    assert f"corner: {counts[0, 0]}; row {h // 2}, column {w // 2}: {counts[h // 2, w // 2]}; " in words
    assert f"at most: {counts.max()}. {(counts == 0).sum() or 'No'} pixel" in words
    assert "✔ Keras" in words
    assert "✘" not in words


def test_the_words_put_the_numbers_into_the_formula(explorer):
    explorer.set(height=6, width=9, kernel_size=3, strides=2, padding="valid", dilation_rate=1)
    words = explorer.describe()
    assert "height: ⌊(6 + 0 + 0 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊3 / 2⌋ + 1 = 1 + 1 = 2" in words
    assert "width: ⌊(9 + 0 + 0 − 1·(3 − 1) − 1) / 2⌋ + 1 = ⌊6 / 2⌋ + 1 = 3 + 1 = 4" in words
    assert "Dropped: row 5 is behind the last window." in words
    assert "turns (1, 6, 9, 1) into (1, 2, 4, 1)" in words
    assert explorer.figure().alt == words


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (dict(height=11, width=12, kernel_size=2, strides=4), "Dropped: row 10 and columns 10 to 11 are behind"),
        (dict(height=7, width=7, kernel_size=3, strides=2), "Nothing is dropped"),
        (dict(height=6, width=7, kernel_size=3, strides=2, pads="1"), "Dropped: 1 padding row is behind"),
        (dict(height=2, width=9, kernel_size=3, strides=2), "it needs 3 rows and the padded input has 2"),
        (dict(height=6, width=7, kernel_size=3, strides=2, padding="same"), "Keras' same is uneven here"),
        (dict(height=6, width=7, kernel_size=3, strides=2, padding="same"), "top 0, bottom 1, left 1, right 1"),
        (dict(height=9, width=9, kernel_size=3, strides=2, dilation_rate=2), "Conv2D(1, 5, strides=2) turns"),
        (dict(height=9, width=9, kernel_size=3, strides=2, dilation_rate=2), "no layer with strides and dilation_rate"),
        (dict(height=5, width=5, pads="0,1,2,3"), "ZeroPadding2D(((0, 1), (2, 3))) + Conv2D"),
    ],
)
def test_what_the_words_point_out(settings, says):
    assert says in explore.ShapeExplorer(strides=1).set(**settings).describe()


def test_every_setting_agrees_with_keras():
    grid = itertools.product((1, 4, 7), (1, 2, 3, 5), (1, 2, 3), ("valid", "same", "explicit"), (1, 2, 3))
    for n, f, s, padding, d in grid:
        pads = ((1, 0), (2, 1)) if padding == "explicit" else None
        resolved = pads or shapes.resolve_padding(padding, (n, n + 2), f, s, d)
        sizes = tuple(
            Windows("row", size, *pad, f, s, d).outputs for size, pad in zip((n, n + 2), resolved, strict=True)
        )
        _, shape, _ = keras_answer(n, n + 2, f, s, padding, pads, d)
        assert shape == ((1, *sizes, 1) if min(sizes) >= 1 else None), (n, f, s, padding, d)


def test_typing_pads_switches_to_explicit_padding():
    explorer = explore.ShapeExplorer(padding="same")
    explorer.controls["pads"].value = "0,2,0,2"
    assert explorer.padding == "explicit"
    assert "top 0, bottom 2, left 0, right 2" in explorer.describe()
    assert explorer.set(padding="same").state()["padding"] == "same"
    assert explorer.set(**explorer.state()).state()["padding"] == "same"
    assert explorer.set(pads=explorer.pads).state()["padding"] == "explicit"
    assert explorer.set(pads="2", padding="valid").state()["padding"] == "valid"


@pytest.mark.parametrize("text", ["one", "", "1,2", "1,2,3", "1,2,3,4,5", "-1", "1.5", "7", "0,0,0,7", "1,,2,3", "²"])
def test_unreadable_pads_are_refused_in_words(text):
    with pytest.raises(ValueError, match=r"`pads` must be one whole number, or four as top,bottom,left,right"):
        parse_pads(text)


@pytest.mark.parametrize(
    ("text", "pads"), [("2", ((2, 2), (2, 2))), (" 0, 1 ,2,3 ", ((0, 1), (2, 3))), ("1 0 1 0", ((1, 0), (1, 0)))]
)
def test_readable_pads(text, pads):
    assert parse_pads(text) == pads


@pytest.mark.parametrize(
    ("padding", "mode", "pads"),
    [(2, "explicit", "2"), (((0, 1), (2, 3)), "explicit", "0,1,2,3"), ("same", "same", "1")],
)
def test_padding_can_be_given_as_for_conv2d(padding, mode, pads):
    state = explore.ShapeExplorer(padding=padding).state()
    assert (state["padding"], state["pads"]) == (mode, pads)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (dict(height=13), ValueError, "`height` must be a whole number from 1 to 12. Received: 13"),
        (dict(padding="sane"), ValueError, "Did you mean 'same'?"),
        (dict(padding=7), ValueError, "`padding` must be a whole number from 0 to 6. Received: 7"),
        (dict(padding=(1, 2)), ValueError, "((top, bottom), (left, right))"),
    ],
)
def test_the_constructor_refuses(arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        explore.ShapeExplorer(**arguments)


def test_the_hidden_picture_does_not_give_the_answer_away():
    quiz = explore.ShapeExplorer(height=6, width=9, strides=1, predict=True)
    hidden = [pixels(quiz.set(strides=s)) for s in (1, 3)]
    assert np.array_equal(*hidden)  # 4 × 7 or 2 × 3 outputs: the same picture above the formula
    shown = [pixels(quiz.set(strides=s, guess="2 × 3")) for s in (1, 3)]
    assert not np.array_equal(*shown)


def pixels(explorer):
    """(H, W, 3) the picture without the formula's card, which holds the stride."""
    return np.asarray(Image.open(io.BytesIO(explorer.png())).convert("RGB"))[:620]
