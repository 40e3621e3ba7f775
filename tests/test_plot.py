"""What every figure promises: whole numbers on an axis of epochs, and marks that may be empty."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab import plot
from cnnlab.explore._sheet import Sheet


def ticks(x):
    picture = plot.lines({"loss": (x, [1.0, 0.5])}, xlabel="epoch", ylabel="loss", alt="A loss that falls.")
    picture.png()
    return picture.axes[0].get_xticks()


def test_an_axis_of_epochs_has_no_half_epochs():
    assert all(tick == int(tick) for tick in ticks([1, 2]))
    assert all(tick == int(tick) for tick in ticks(np.arange(2.0)))


def test_an_axis_of_measurements_may_have_any_ticks():
    assert any(tick != int(tick) for tick in ticks([0.1, 0.9]))


def test_names_may_stand_on_the_axis():
    assert list(ticks(["2014", "2015"])) == [0, 1]


@pytest.mark.parametrize("word", ["", " "])
def test_a_sheet_stamps_nothing_where_there_is_nothing_to_stamp(word):
    sheet = Sheet(plot.Picture(2.0, 1.0))
    blank = sheet.picture.png()
    sheet.stamp(word, [(1.0, 0.5)], 10.0)
    assert sheet.picture.png() == blank
