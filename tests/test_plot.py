"""What every figure promises: whole numbers on an axis of epochs, and marks that may be empty."""

from __future__ import annotations

import numpy as np
import pytest
from contrast import contrast
from matplotlib.colors import same_color

from cnnlab import plot
from cnnlab.explore.drawing.sheet import Sheet


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


def drawn(picture):
    picture.canvas.draw()
    return np.asarray(picture.canvas.buffer_rgba())[..., :3]


def test_a_sheet_paints_every_pixel_as_it_is_and_marks_go_on_top():
    picture = plot.Picture(1.0, 0.5)  # 160 × 80 dots
    sheet = Sheet(picture)
    pixels = np.array([[[10, 20, 30], [200, 0, 0]], [[0, 200, 0], [0, 0, 200]]], np.uint8)
    sheet.box(0.0, 0.0, 0.125, 0.125, "none", fill="#FFFF00")
    sheet.paint(pixels, 0.0, 0.0, 0.5, 0.5)
    shown = drawn(picture)
    assert shown[10, 10].tolist() == [255, 255, 0]
    assert shown[30, 30].tolist() == [10, 20, 30]
    assert shown[30, 60].tolist() == [200, 0, 0]
    assert shown[60, 30].tolist() == [0, 200, 0]
    assert shown[60, 60].tolist() == [0, 0, 200]
    assert (shown[:, 80:] == 255).all()


def test_words_of_one_colour_are_one_mark_until_something_covers_them():
    sheet = Sheet(plot.Picture(2.0, 1.0))
    sheet.write(0.1, 0.2, "one")
    sheet.write(0.1, 0.5, "two")
    assert len(sheet.picture.artists) == 1
    apart = Sheet(plot.Picture(2.0, 1.0))
    apart.write(0.1, 0.2, "one")
    apart.lines([((0, 0), (0.01, 0))], "white")
    apart.write(0.1, 0.5, "two")
    assert len(apart.picture.artists) == 3
    assert (drawn(sheet.picture)[20:, :] == drawn(apart.picture)[20:, :]).all()
    sheet.write(0.1, 0.8, "three", colour="red")
    assert len(sheet.picture.artists) == 2


@pytest.mark.parametrize("colour", [*plot.PALETTE, plot.GREY])
def test_words_in_a_colour_of_the_palette_can_be_read(colour):
    for ground in ("white", "#F6F7F9"):  # the page, and the cards on it
        assert contrast(plot.ink(colour), ground) >= 4.5
    sheet = Sheet(plot.Picture(2.0, 1.0))
    sheet.write(0.1, 0.2, "one", colour=colour)
    (words,) = sheet.picture.artists
    assert same_color(words.get_facecolors()[0], plot.ink(colour))


def test_light_is_drawn_light_and_dark_dark():
    picture = plot.grids({"halves": np.array([[10, 10, 0, 0]])}, alt="x", brightness=["halves"], width=4, height=2)
    mesh = picture.axes[0].collections[0]
    picture.png()
    light, _, _, dark = mesh.get_facecolors()[:, :3].mean(axis=1)
    assert (light, dark) == (1, 0)
    numbers = [text for text in picture.axes[0].texts if text.get_text() in ("10", "0") and text.get_fontsize() == 10]
    assert [text.get_color() for text in numbers] == ["black", "black", "white", "white"]


def test_panels_that_are_compared_have_one_scale():
    panels = {"a": np.full((2, 2), 100.0), "b": np.full((2, 2), 200.0), "signed": np.full((2, 2), -3.0)}
    shown = plot.images(panels, alt="x", signed=["signed"], vmax={"a": 255, "b": 255})
    assert [ax.images[0].get_clim() for ax in shown.axes] == [(0, 255), (0, 255), (-3, 3)]
    shown = plot.grids({"a": panels["a"], "b": panels["b"]}, alt="x", brightness=["a", "b"], vmax=200)
    assert [ax.collections[0].get_clim() for ax in shown.axes] == [(0, 200), (0, 200)]


def test_the_bytes_of_a_dark_photo_stay_dark():
    shown = plot.images({"dusk": np.full((2, 2), 40, np.uint8)}, alt="x")
    assert shown.axes[0].images[0].get_clim() == (0, 255)


@pytest.mark.parametrize(
    ("value", "said"),
    [(1971.75, "1971.75"), (102_764_544, "102,764,544"), (1e6, "1,000,000"), (23_365, "23365"), (0.0625, "0.0625")]
    + [
        (-0.125, "-0.125"),
        (1000 / 3, "333.33"),
        (np.float32(0.1), "0.10"),
        (0.004, "0.004"),
        (1234567.891, "1,234,567.891"),
    ]
    + [(np.nan, "nan"), (np.inf, "inf"), (1e20, "1e+20"), (-0.0, "0")],
)
def test_a_number_keeps_its_digits(value, said):
    assert plot.short_number(value) == said
