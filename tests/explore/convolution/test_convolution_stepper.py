"""The stepper: its sums against SciPy's, its buttons and ranges, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from scipy.signal import correlate2d

from cnnlab import explore


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


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"image": [1, 2]}, ValueError, r"`image` must have shape \(H, W\)\. Received: shape \(2,\)"),
        ({"image": np.zeros((11, 4))}, ValueError, r"`image` must have from 1 to 10 rows .* 11 × 4\. Pass a piece"),
        ({"image": [[np.nan, 1]]}, ValueError, "`image` must hold finite numbers"),
        ({"kernel": np.zeros((8, 1))}, ValueError, "`kernel` must have from 1 to 7 rows and columns"),
        ({"kernel": np.zeros((3, 3, 1))}, ValueError, r"`kernel` must have shape \(KH, KW\)"),
        ({"strides": 4}, ValueError, "`strides` must be a whole number from 1 to 3"),
    ],
)
def test_the_stepper_refuses_what_it_cannot_show(arguments, error, message):
    with pytest.raises(error, match=message):
        explore.ConvolutionStepper(**arguments)


def test_a_photos_bytes_do_not_wrap_around():
    stepper = explore.ConvolutionStepper(np.full((3, 3), 200, np.uint8), np.ones((3, 3)))
    assert last_number(stepper.describe()) == 1800


def test_the_steppers_input_is_light_where_its_numbers_are_large():
    def input_of(stepper):
        grids = [mark for mark in stepper.figure().artists if isinstance(mark, PolyCollection)]
        return grids[0].get_facecolors()[:, :3].tolist()

    kernel = np.ones((1, 1))
    light = input_of(explore.ConvolutionStepper(np.array([[0, 3], [6, 6]]), kernel))
    assert light == [[0, 0, 0], [0.5, 0.5, 0.5], [1, 1, 1], [1, 1, 1]]
    signed = input_of(explore.ConvolutionStepper(np.array([[0, -3], [6, 6]]), kernel))
    assert signed[0] == [1, 1, 1]  # white at zero, purple below, orange above
