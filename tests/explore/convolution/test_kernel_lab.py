"""The kernel lab: its values against SciPy's, its presets, photos, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import correlate2d

from cnnlab import explore, kernels
from cnnlab.explore.base.wording import number_text
from cnnlab.explore.convolution import kernel_lab
from cnnlab.explore.convolution.kernel_text import kernel_from_text

SOBEL = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]


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
