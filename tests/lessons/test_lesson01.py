"""Lesson 01: every figure it teaches, its explorers' arithmetic, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from scipy.signal import convolve2d, correlate2d

from cnnlab import conv, datasets, explore, kernels
from cnnlab.explore.base.wording import number_text
from cnnlab.explore.convolution import kernel_lab
from cnnlab.explore.convolution.kernel_text import kernel_from_text, kernel_to_text

IMAGE = np.array([[1, 3, 3, 0, 0], [0, 3, 1, 0, 0], [0, 0, 2, 1, 1], [0, 0, 3, 0, 1], [3, 2, 1, 3, 0]])
KERNEL = np.array([[0, 1, 0], [1, 0, 1], [1, 1, 0]])
OUTPUT = [[4, 8, 4], [5, 5, 6], [8, 5, 9]]
SOBEL = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setenv("CNNLAB_STRICT", "1")


# --- the syllabus' figures ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("convolve", [conv.conv2d, conv.conv2d_loops])
def test_the_worked_example(convolve):
    output = convolve(IMAGE, KERNEL)
    assert output.tolist() == OUTPUT
    assert (output[0, 0], output[0, 1]) == (4, 8)  # the two cells worked out in the prose


def test_the_vertical_edge():
    halves = np.array([[10, 10, 10, 0, 0, 0]] * 6)
    assert conv.conv2d(halves, kernels.kernel("vertical_edge")).tolist() == [[0, 30, 30, 0]] * 4
    assert conv.conv2d(halves[:, ::-1], kernels.kernel("vertical_edge")).tolist() == [[0, -30, -30, 0]] * 4


def test_the_named_kernels():
    assert kernels.kernel("sobel_vertical").tolist() == SOBEL
    assert kernels.kernel("scharr_vertical").tolist() == [[3, 0, -3], [10, 0, -10], [3, 0, -3]]
    assert (np.array([[1], [2], [1]]) * [1, 0, -1]).tolist() == SOBEL
    for name in ("identity", "box_blur", "gaussian_blur", "sharpen", "emboss"):
        assert kernels.kernel(name).sum() == pytest.approx(1)
    for name in ("laplacian", "outline", "prewitt_vertical", "sobel_vertical", "scharr_vertical"):
        assert kernels.kernel(name).sum() == 0


@pytest.mark.parametrize(("family", "worst"), [("prewitt", 4.4), ("sobel", 2.0), ("scharr", 0.3)])
def test_how_fairly_the_families_treat_slanted_edges(family, worst):
    y, x = np.mgrid[-1:2, -1:2]
    angles = np.radians(np.arange(91))
    waves = np.sin((x * np.cos(angles)[:, None, None] + y * np.sin(angles)[:, None, None]) * 2 * np.pi / 5)
    across, down = (-(waves * kernels.kernel(f"{family}_{way}")).sum((1, 2)) for way in ("vertical", "horizontal"))
    assert round(np.abs(np.degrees(np.arctan2(down, across) - angles)).max(), 1) == worst


def test_true_convolution_is_the_sum_with_the_kernel_flipped():
    assert correlate2d(IMAGE, KERNEL, mode="valid").tolist() == OUTPUT
    flipped = conv.conv2d(IMAGE, kernels.flip(KERNEL)).tolist()
    assert flipped == convolve2d(IMAGE, KERNEL, mode="valid").tolist() == [[7, 8, 2], [6, 5, 3], [7, 4, 9]]


@pytest.mark.parametrize(
    ("name", "agrees"),
    [("box_blur", True), ("gaussian_blur", True), ("sobel_horizontal", True), ("sobel_vertical", False)],
)
def test_the_bug_that_flips_rows_only_shows_where_left_and_right_differ(name, agrees):
    photo, kernel = datasets.gray(datasets.photo("coins")).astype(float), kernels.kernel(name)
    buggy = conv.conv2d(photo, kernel[::-1])
    assert np.allclose(buggy, convolve2d(photo, kernel, mode="valid")) == agrees


def learn(piece: np.ndarray, target: np.ndarray, steps: int) -> np.ndarray:
    """The weights after gradient descent from noise, by another way than the lesson's: a matrix of windows."""
    columns = np.lib.stride_tricks.sliding_window_view(piece, (3, 3)).reshape(-1, 9)
    weights = np.random.default_rng(0).normal(size=9)
    for _step in range(steps):
        weights = weights - 0.1 * 2 / len(columns) * columns.T @ (columns @ weights - target.ravel())
    return weights.reshape(3, 3)


def test_the_sobel_kernel_can_be_learned_from_a_photo():
    piece = datasets.gray(datasets.photo("chelsea"))[60:124, 220:284].astype(float)
    piece = (piece - piece.mean()) / piece.std()
    target = conv.conv2d(piece, kernels.kernel("sobel_vertical"))
    off = {steps: np.abs(learn(piece, target, steps) - SOBEL).max() for steps in (0, 100, 500, 2000)}
    assert off[0] == pytest.approx(2.36, abs=0.005)
    assert off[100] == pytest.approx(0.55, abs=0.005)
    assert off[500] < 0.1
    assert off[2000] < 0.005


def test_the_gradient_is_a_convolution_of_the_image_with_the_error():
    rng = np.random.default_rng(1)
    image, weights = rng.normal(size=(9, 8)), rng.normal(size=(3, 3))
    target = conv.conv2d(image, kernels.kernel("sobel_vertical"))

    def loss(weights):
        return ((conv.conv2d(image, weights) - target) ** 2).mean()

    error = conv.conv2d(image, weights) - target
    gradient = 2 / error.size * conv.conv2d(image, error)
    for place in np.ndindex(3, 3):
        nudge = np.zeros((3, 3))
        nudge[place] = 1e-6
        assert gradient[place] == pytest.approx((loss(weights + nudge) - loss(weights - nudge)) / 2e-6, rel=1e-5)


def test_noise_teaches_the_kernel_in_sixty_steps_and_stripes_never():
    rng = np.random.default_rng(2)
    noise, stripes = rng.normal(size=(64, 64)), np.tile(rng.normal(size=64), (64, 1))
    sobel = kernels.kernel("sobel_vertical")
    assert np.abs(learn(noise, conv.conv2d(noise, sobel), 60) - sobel).max() < 0.005
    from_stripes = learn(stripes, conv.conv2d(stripes, sobel), 200)
    np.testing.assert_allclose(conv.conv2d(stripes, from_stripes), conv.conv2d(stripes, sobel), atol=1e-6)
    assert np.abs(from_stripes - sobel).max() >= 1
    np.testing.assert_allclose(from_stripes.sum(0), [4, 0, -4], atol=1e-6)


def test_keras_computes_the_same():
    from cnnlab.course.startup import load_keras

    load_keras()
    import keras

    layer = keras.layers.Conv2D(1, 3, use_bias=False)
    layer.build((None, 5, 5, 1))
    layer.set_weights([KERNEL[:, :, None, None]])
    output = np.asarray(layer(IMAGE[None, :, :, None].astype("float32")))
    assert output[0, :, :, 0].tolist() == OUTPUT


# --- typed kernels --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1 2\n3 4", [[1, 2], [3, 4]]),
        (" 1, 2 ;\t3,4 \n", [[1, 2], [3, 4]]),
        ("\N{MINUS SIGN}1 1/9 -0.5", [[-1, 1 / 9, -0.5]]),
        ("-3", [[-3]]),
    ],
)
def test_a_kernel_is_read_as_it_is_typed(text, rows):
    np.testing.assert_allclose(kernel_from_text(text), rows)


@pytest.mark.parametrize("name", kernels.names())
def test_a_kernel_survives_being_written_and_read(name):
    np.testing.assert_allclose(kernel_from_text(kernel_to_text(kernels.kernel(name))), kernels.kernel(name), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 x 2", r"`kernel` must hold numbers .* Received: 'x'"),
        ("1 2; 3", r"rows of one length\. Received: rows of 2, 1 numbers"),
        ("", r"1 to 7 rows and columns\. Received: no numbers"),
        (" ; \n", "no numbers"),
        ("1 " * 8, "Received: 1 × 8"),
        ("1\n" * 8, "Received: 8 × 1"),
        ("1/0", "Received: '1/0'"),
        ("nan", "Received: 'nan'"),
        ("1e9", "Received: '1e9'"),
        ("99999", "Received: '99999'"),
    ],
)
def test_a_kernel_that_cannot_be_read_is_explained(text, message):
    with pytest.raises(ValueError, match=message):
        kernel_from_text(text)


def test_numbers_are_written_without_dust_and_with_a_minus_sign():
    assert [number_text(x) for x in (0.1 + 0.2, 3 - 1e-12, -0.0, -2, 1 / 3)] == ["0.30", "3", "0", "−2", "0.33"]


# --- the stepper ----------------------------------------------------------------------------------------------------


def last_number(words: str) -> float:
    """The sum in a description: the line before the last."""
    return float(words.splitlines()[-2].removeprefix("= ").replace("−", "-"))


@pytest.mark.parametrize("strides", [1, 2, 3])
def test_the_stepper_says_the_sum_of_every_position(strides):
    rng = np.random.default_rng(3)
    image, kernel = rng.integers(-9, 10, (5, 6)), rng.integers(-3, 4, (3, 2))
    stepper = explore.ConvolutionStepper(image, kernel, strides)
    true = correlate2d(image, kernel, mode="valid")[::strides, ::strides]
    for step, place in enumerate(np.ndindex(true.shape)):
        words = stepper.set(step=step).describe()
        assert last_number(words) == true[place]
        assert f"row {place[0]}, column {place[1]}." in words
        assert len(words.splitlines()[-1].split(": ")[1].split()) == step + 1
        assert np.isfinite(stepper._sums()).sum() == step + 1, "the picture must not run ahead"
    assert step == stepper.controls["step"].max


def test_the_stepper_spells_out_the_products():
    words = explore.ConvolutionStepper().set(row=0, column=1).describe()
    assert "  3·0 + 3·1 + 0·0\n+ 3·1 + 1·0 + 0·1\n+ 0·1 + 2·1 + 1·0\n" in words
    assert words.endswith("= 8\nOutput so far, row by row: 4 8")


def test_the_stepper_goes_on_by_buttons_and_jumps_by_row_and_column():
    stepper = explore.ConvolutionStepper()
    for _ in range(4):
        stepper.controls["next"].click()
    assert (stepper.step, stepper.row, stepper.column) == (4, 1, 1)
    stepper.controls["previous"].click()
    assert (stepper.step, stepper.row, stepper.column) == (3, 1, 0)
    stepper.controls["row"].value = 2  # as the browser does
    assert stepper.step == 6
    for _ in range(5):
        stepper.controls["next"].click()
    assert stepper.step == 8, "there is nothing after the last position"


def test_the_steppers_ranges_follow_the_kernel():
    stepper = explore.ConvolutionStepper().set(step=8)
    stepper.set(kernel="1 1 1 1; 1 1 1 1")
    assert (stepper.controls["row"].max, stepper.controls["column"].max, stepper.controls["step"].max) == (3, 1, 7)
    assert stepper.controls["play"].max == 7
    assert stepper.step == 7


@pytest.mark.parametrize(
    ("kernel", "says"),
    [("1 1 1 1 1 1", "5 − 6 + 1 = 0 columns"), ("1\n" * 7, "5 − 7 + 1 = −1 rows")],
)
def test_a_kernel_that_does_not_fit_is_explained(kernel, says):
    stepper = explore.ConvolutionStepper().set(kernel=kernel)
    assert "does not fit" in stepper.describe()
    assert says in stepper.describe()
    assert stepper.png().startswith(b"\x89PNG")
    asked = explore.ConvolutionStepper(predict=True).set(kernel=kernel)
    assert asked.answer() == 0


def test_the_answer_is_hidden_until_one_is_typed():
    stepper = explore.ConvolutionStepper(predict=True).set(step=1)
    hidden = stepper.png()
    assert "8" not in stepper.describe().replace("·", " ").split("times kernel")[1]
    assert stepper.describe().endswith("= ?\nOutput so far, row by row: 4 ?")
    assert stepper.question() == "What is the sum at row 0, column 1?"
    stepper.controls["guess"].value = "7"
    assert stepper.describe().endswith("= 8\nOutput so far, row by row: 4 8")
    assert stepper.png() != hidden
    stepper.set(step=2)
    assert "= ?" in stepper.describe(), "each position is asked for anew"


def test_an_unreadable_kernel_is_refused_and_nothing_moves():
    stepper = explore.ConvolutionStepper().set(step=5)
    before = stepper.state()
    with pytest.raises(ValueError, match="must hold numbers"):
        stepper.set(kernel="one two")
    assert stepper.state() == before


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"image": [1, 2]}, ValueError, r"`image` must have shape \(H, W\)\. Received: shape \(2,\)"),
        ({"image": np.zeros((11, 4))}, ValueError, r"`image` must have from 1 to 10 rows .* 11 × 4\. Pass a piece"),
        ({"image": np.zeros((0, 4))}, ValueError, "Received: 0 × 4"),
        ({"image": [["a"]]}, TypeError, "`image` must hold real numbers"),
        ({"image": [[np.nan, 1]]}, ValueError, "`image` must hold finite numbers"),
        ({"kernel": np.zeros((8, 1))}, ValueError, "`kernel` must have from 1 to 7 rows and columns"),
        ({"kernel": np.zeros((3, 3, 1))}, ValueError, r"`kernel` must have shape \(KH, KW\)"),
        ({"strides": 0}, ValueError, "`strides` must be a whole number from 1 to 3"),
        ({"strides": 1.5}, TypeError, "`strides`"),
    ],
)
def test_the_stepper_refuses_what_it_cannot_show(arguments, error, message):
    with pytest.raises(error, match=message):
        explore.ConvolutionStepper(**arguments)


def test_a_photos_bytes_do_not_wrap_around():
    stepper = explore.ConvolutionStepper(np.full((3, 3), 200, np.uint8), np.ones((3, 3)))
    assert last_number(stepper.describe()) == 1800


# --- the lab --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lab():
    return explore.KernelLab(np.random.default_rng(4).integers(0, 256, (20, 30)))


@pytest.mark.parametrize("name", kernels.names())
def test_a_preset_shows_the_library_s_kernel(lab, name):
    words = lab.set(preset=name, absolute=False).describe()
    true = correlate2d(lab._picture(), kernels.kernel(name), mode="valid")
    for word, value in (("Smallest", true.min()), ("largest", true.max())):
        row, column = np.argwhere(np.isclose(true, value))[0]
        assert f"{word} value {number_text(value)} at row {row}, column {column}" in words
    assert kernels.describe(name) in words
    signed = abs(kernels.kernel(name).sum()) < 1e-9
    assert ("centred on 0" in words) == signed
    assert ("Drawn in grey" in words) != signed


def test_typing_a_kernel_finds_its_preset_or_makes_it_custom(lab):
    lab.set(preset="identity")
    assert lab.set(kernel="1 0 -1; 2 0 -2; 1 0 -1").preset == "sobel_vertical"
    assert lab.set(kernel="1 0 -1; 3 0 -3; 1 0 -1").preset == "custom"
    assert lab.set(kernel="1 1 1\n1 1 1\n1 1 1", normalise=True).preset == "box_blur"
    lab.controls["normalise"].value = False
    assert lab.preset == "custom"
    assert "brightness 100 becomes 900" in lab.describe()


@pytest.mark.parametrize(
    ("kernel", "divisor"),
    [("1 1; 1 1", 4), ("1 0 -1; 2 0 -2; 1 0 -1", 4), ("-1 -1", -2), ("0 0", 1), ("-1 0", -1)],
)
def test_what_normalise_divides_by(lab, kernel, divisor):
    lab.set(kernel=kernel, normalise=True, absolute=False)
    true = correlate2d(lab._picture(), kernel_from_text(kernel) / divisor, mode="valid")
    assert f"largest value {number_text(true.max())} at" in lab.describe()


def test_absolute_values_lose_their_sign(lab):
    words = lab.set(preset="sobel_vertical", absolute=True).describe()
    largest = np.abs(correlate2d(lab._picture(), np.array(SOBEL), mode="valid")).max()
    assert f"largest value {number_text(largest)} at" in words
    assert "Smallest value −" not in words


def test_what_is_clipped_is_counted():
    half = explore.KernelLab(np.repeat([[0] * 10, [255] * 10], 5, axis=0), kernel=np.array([[2]]))
    assert "clipped: 0 % lie below 0, 50 % above 255" in half.describe()


def test_the_lab_shows_photos_without_the_network():
    lab = explore.KernelLab()
    for name in ("camera", "coffee"):
        words = lab.set(photo=name).describe()
        assert words.startswith(f"{name}, ")
        assert max(lab._picture().shape) <= kernel_lab.PHOTO_SIDE


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"image": np.zeros((6, 30))}, ValueError, "`image` must have at least 7 rows and columns. Received: 6 × 30"),
        ({"image": np.zeros((9, 9, 4))}, ValueError, "3 channels"),
        ({"image": np.zeros(9)}, ValueError, r"`image` must have shape \(H, W\) or \(H, W, 3\)"),
        ({"image": np.full((9, 9), np.inf)}, ValueError, "finite"),
        ({"kernel": np.zeros((9, 9))}, ValueError, "`kernel` must have from 1 to 7"),
    ],
)
def test_the_lab_refuses_what_it_cannot_show(arguments, error, message):
    with pytest.raises(error, match=message):
        explore.KernelLab(**arguments)


@pytest.mark.parametrize("shape", [(7, 7), (7, 900), (1000, 640, 3)])
def test_pictures_of_any_size_can_be_put_in(shape):
    lab = explore.KernelLab(np.random.default_rng(5).integers(0, 256, shape).astype(np.uint8))
    assert lab.png().startswith(b"\x89PNG")
    assert min(lab._picture().shape) >= 7


def test_the_steppers_input_is_light_where_its_numbers_are_large():
    def input_of(stepper):
        grids = [mark for mark in stepper.figure().artists if isinstance(mark, PolyCollection)]
        return grids[0].get_facecolors()[:, :3].tolist()

    kernel = np.ones((1, 1))
    light = input_of(explore.ConvolutionStepper(np.array([[0, 3], [6, 6]]), kernel))
    assert light == [[0, 0, 0], [0.5, 0.5, 0.5], [1, 1, 1], [1, 1, 1]]
    signed = input_of(explore.ConvolutionStepper(np.array([[0, -3], [6, 6]]), kernel))
    assert signed[0] == [1, 1, 1]  # white at zero, purple below, orange above
