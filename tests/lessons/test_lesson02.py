"""Lesson 02: the syllabus' figures, the shape explorer's arithmetic, its words, its quiz and its bad input."""

from __future__ import annotations

import io
import itertools
import re

import numpy as np
import pytest
from PIL import Image

from cnnlab import conv, datasets, explore, kernels, shapes
from cnnlab.checks import lesson02 as check
from cnnlab.explore.convolution.shape_explorer import parse_pads
from cnnlab.explore.convolution.windows import Windows, keras_answer

# --- the figures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "f", "s", "p", "outputs"), [(6, 3, 1, 0, 4), (6, 3, 1, 1, 6), (7, 3, 2, 0, 3), (224, 3, 2, 1, 112)]
)
def test_worked_sizes(n, f, s, p, outputs):
    assert shapes.output_size(n, f, strides=s, padding=p) == outputs == (n + 2 * p - f) // s + 1
    assert conv.conv2d(np.zeros((n, n)), np.zeros((f, f)), strides=s, padding=p).shape == (outputs, outputs)


@pytest.mark.parametrize("f", [3, 5, 7])
def test_an_odd_kernel_loses_half_its_size_on_each_side(f):
    assert 28 - shapes.output_size(28, f) == 2 * (f // 2)
    assert shapes.same_padding(28, f) == ((f - 1) // 2, (f - 1) // 2)
    assert shapes.padding_for_size(28, f) == (f - 1) / 2


@pytest.mark.parametrize(("n", "f", "s"), [(6, 3, 1), (6, 4, 1), (224, 3, 2), (7, 5, 3)])
def test_the_general_padding_formula(n, f, s):
    assert shapes.padding_for_size(n, f, strides=s) == ((n - 1) * s - n + f) / 2


def test_the_39_pixel_network():
    sizes = [39]
    for f, s in ((3, 1), (5, 2), (5, 2)):
        sizes.append(shapes.output_size(sizes[-1], f, strides=s))
    assert sizes == [39, 37, 17, 7]
    assert sizes[-1] ** 2 * 40 == 1960


def test_keras_same_at_224_is_uneven():
    assert shapes.same_padding(224, 3, strides=2) == (0, 1)
    assert shapes.padding_for_size(224, 3, strides=2, target=112) == 0.5


def test_zeros_draw_the_strongest_edge_of_the_photo():
    sky = datasets.photo("china")[..., 1].astype(int)
    rows = {
        mode: abs(conv.conv2d(conv.pad2d(sky, 1, mode=mode), kernels.kernel("sobel_horizontal"))).mean(axis=1)
        for mode in ("zeros", "reflect")
    }
    assert (round(rows["zeros"][0]), round(rows["zeros"][-1])) == (917, 253)
    assert max(rows["zeros"][1:-1].max(), rows["reflect"].max()) < 200
    assert rows["zeros"][1:6].mean() == pytest.approx(3, abs=0.5)


def test_two_paddings_of_one_size_agree_hardly_anywhere():
    piece = datasets.photo("china")[100:324, 200:424, 1].astype(int)
    sobel = kernels.kernel("sobel_vertical")
    uneven, even = (conv.conv2d(np.pad(piece, pad), sobel, strides=2) for pad in ((0, 1), 1))
    assert uneven.shape == even.shape == (112, 112)
    assert (uneven == even).mean() < 0.05
    inside = np.s_[1:-1, 1:-1]
    assert (uneven - even)[inside].std() > uneven[inside].std()  # the difference is as strong as the pictures


def test_the_windows_of_both_paddings():
    row, ones = np.array([[1, 2, 3, 4, 5, 6]]), np.ones((1, 3), int)
    assert conv.conv2d(row, ones, strides=2, padding=((0, 0), (0, 1))).tolist() == [[6, 12, 11]]
    assert conv.conv2d(row, ones, strides=2, padding=((0, 0), (1, 1))).tolist() == [[3, 9, 15]]


def test_ten_layers_leave_8_of_28():
    size = 28
    for _ in range(10):
        size = shapes.output_size(size, 3)
    assert size == 8


@pytest.mark.parametrize(("p", "corner", "edge", "middle"), [(0, 1, 3, 9), (1, 4, 6, 9), (2, 9, 9, 9)])
def test_usage_of_corner_edge_and_middle(p, corner, edge, middle):
    # The gradient of the sum of all outputs with respect to a pixel counts the windows that use it.
    outputs = 6 + 2 * p - 2
    grad, _, _ = conv.conv2d_backward(
        np.ones((6, 6, 1)), np.ones((3, 3, 1, 1)), np.ones((outputs, outputs, 1)), padding=p
    )
    assert (grad[0, 0, 0], grad[0, 3, 0], grad[3, 3, 0]) == (corner, edge, middle)


def test_three_layers_give_the_corner_one_path_and_the_middle_729():
    paths = np.ones(7, int)
    for _ in range(3):
        paths = np.convolve(paths, [1, 1, 1])
    assert (len(paths), paths[0] ** 2, paths[6] ** 2) == (13, 1, 729)


def test_same_size_other_numbers():
    row, ones = np.array([[1, 2, 3, 4, 5, 6]]), np.ones((1, 3), int)
    assert conv.conv2d(row, ones, strides=(1, 2), padding=((0, 0), (0, 1))).tolist() == [[6, 12, 11]]
    assert conv.conv2d(row, ones, strides=(1, 2), padding=((0, 0), (1, 1))).tolist() == [[3, 9, 15]]
    assert shapes.same_padding(6, 3, strides=2) == (0, 1)


def test_zeros_draw_an_edge_and_reflection_does_not():
    sky = np.full((8, 8), 230)
    sobel = kernels.kernel("sobel_horizontal")
    zeros, reflect = (conv.conv2d(conv.pad2d(sky, 1, mode=mode), sobel) for mode in ("zeros", "reflect"))
    assert zeros[0, 4] == -920  # 0 above, 1·230 + 2·230 + 1·230 below, subtracted
    assert not reflect.any()


# --- the explorer -----------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setenv("CNNLAB_STRICT", "1")


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


def test_bad_pads_show_the_panel_and_keep_the_picture(monkeypatch):
    monkeypatch.delenv("CNNLAB_STRICT")
    explorer = explore.ShapeExplorer()
    explorer.view()
    before = explorer._image.value
    explorer.controls["pads"].value = "a lot"
    assert "ValueError: `pads` must be" in explorer._error.value
    assert explorer._image.value == before
    explorer.controls["pads"].value = "1"
    assert explorer._error.value == ""


def test_set_with_bad_pads_moves_nothing():
    explorer = explore.ShapeExplorer(padding="same")
    before = explorer.state()
    with pytest.raises(ValueError, match="`pads`"):
        explorer.set(pads="a lot", strides=1)
    assert explorer.state() == before


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
        (dict(width=0), ValueError, "`width`"),
        (dict(strides=1.5), TypeError, "`strides`"),
        (dict(kernel_size=8), ValueError, "`kernel_size`"),
        (dict(padding="sane"), ValueError, "Did you mean 'same'?"),
        (dict(padding=7), ValueError, "`padding` must be a whole number from 0 to 6. Received: 7"),
        (dict(padding=(1, 2)), ValueError, "((top, bottom), (left, right))"),
    ],
)
def test_the_constructor_refuses(arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        explore.ShapeExplorer(**arguments)


def test_the_quiz_hides_and_reveals():
    quiz = explore.ShapeExplorer(height=6, width=9, strides=2, predict=True)
    hidden, before = quiz.describe(), quiz.png()
    assert "= ?" in hidden
    for secret in ("Output 2 × 4", "Dropped", "Keras", "(1, 2, 4, 1)", "1 + 1"):
        assert secret not in hidden
    quiz.set(guess="2 × 4")
    assert "Output 2 × 4: 8 windows" in quiz.describe()
    assert quiz.png() != before
    quiz.set(strides=1)
    assert quiz.guess == ""
    assert "= ?" in quiz.describe()


@pytest.mark.parametrize(
    ("guess", "right"), [("2 × 4", True), ("2x4", True), ("2, 4", True), ("4 × 2", False), ("3 × 4", False)]
)
def test_the_quiz_judges_height_before_width(guess, right):
    quiz = explore.ShapeExplorer(height=6, width=9, strides=2, predict=True)
    quiz.view()
    quiz.set(guess=guess)
    assert ("and so it is" in quiz._asked.value) is right


def test_the_quiz_knows_that_nothing_may_fit():
    quiz = explore.ShapeExplorer(height=2, width=9, strides=2, predict=True)
    quiz.view()
    quiz.set(guess="none")
    assert "and so it is" in quiz._asked.value


def test_the_hidden_picture_does_not_give_the_answer_away():
    quiz = explore.ShapeExplorer(height=6, width=9, strides=1, predict=True)
    hidden = [pixels(quiz.set(strides=s)) for s in (1, 3)]
    assert np.array_equal(*hidden)  # 4 × 7 or 2 × 3 outputs: the same picture above the formula
    shown = [pixels(quiz.set(strides=s, guess="2 × 3")) for s in (1, 3)]
    assert not np.array_equal(*shown)


def pixels(explorer):
    """(H, W, 3) the picture without the formula's card, which holds the stride."""
    return np.asarray(Image.open(io.BytesIO(explorer.png())).convert("RGB"))[:620]


# --- the exercises ----------------------------------------------------------------------------------------------------


def test_the_by_hand_answer_is_the_formula():
    right = tuple(shapes.output_size(n, 11, strides=3, padding=1) for n in (101, 135))
    assert check.by_hand(right).status == "correct"


@pytest.mark.parametrize(
    "shorter",
    [
        lambda n, f, s, p: n // s,
        lambda n, f, s, p: -(-n // s),
        lambda n, f, s, p: round(n / s),
        lambda n, f, s, p: n // s + 1,
        lambda n, f, s, p: n // s - 1,
        lambda n, f, s, p: (n + 2 * p) // s,
        lambda n, f, s, p: (n - f) // s,
        lambda n, f, s, p: (n - f) // s + 1,
        lambda n, f, s, p: (n - f) // s + 1 + 2 * p,
        lambda n, f, s, p: (n + p - f) // s + 1,
        lambda n, f, s, p: (n + 2 * p - f) // s,
        lambda n, f, s, p: (n + 2 * p - f + 1) // s,
        lambda n, f, s, p: round((n + 2 * p - f) / s) + 1,
        lambda n, f, s, p: (n + 2 * p - s) // f + 1,
    ],
)
def test_no_shorter_formula_gives_the_by_hand_answer(shorter):
    assert check.by_hand(tuple(shorter(n, 11, 3, 1) for n in (101, 135))).status == "wrong"


def test_a_kernel_that_does_not_fit_has_no_output():
    check.output_size(lambda n, f, s=1, p=0, d=1: max((n + 2 * p - d * (f - 1) - 1) // s + 1, 0)).require()
    verdict = check.output_size(lambda n, f, s=1, p=0, d=1: int((n + 2 * p - d * (f - 1) - 1) / s) + 1)
    assert verdict.message.startswith("For (n=2, f=3, s=2) you got 1, not 0: int() cuts towards 0")


@pytest.mark.parametrize(("strides", "padding"), [(s, p) for s in range(1, 7) for p in range(12)])
def test_the_design_has_one_answer(strides, padding):
    assert (check.design((strides, padding)).status == "correct") == ((strides, padding) == (3, 1))


def test_a_size_that_is_not_whole_is_named():
    verdict = check.output_size(lambda n, f, s=1, p=0, d=1: (n + 2 * p - f) / s + 1)
    assert "you got 3.5" in verdict.message
    assert "round the quotient down" in verdict.message
