"""Lesson 01: every figure it teaches, and what it measures on photos."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import convolve2d, correlate2d

from cnnlab import conv, datasets, kernels

IMAGE = np.array([[1, 3, 3, 0, 0], [0, 3, 1, 0, 0], [0, 0, 2, 1, 1], [0, 0, 3, 0, 1], [3, 2, 1, 3, 0]])
KERNEL = np.array([[0, 1, 0], [1, 0, 1], [1, 1, 0]])
OUTPUT = [[4, 8, 4], [5, 5, 6], [8, 5, 9]]
SOBEL = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]


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
