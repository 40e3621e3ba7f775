"""Names in any script: drawn where a font has the letters, by number with a note where none has, without a warning."""

from __future__ import annotations

import logging

import keras
import numpy as np
import pytest
from PIL import Image

from cnnlab import plot
from cnnlab.common import fonts
from cnnlab.course import detect_command
from cnnlab.course.detect_command import annotated
from cnnlab.detection.detections import Detections
from cnnlab.explore.drawing.sheet import Sheet

CAT, ARC = "고양이", "\N{SEGMENT}"  # the second is in DejaVu Sans Mono, not in DejaVu Sans


@pytest.fixture
def only_dejavu(monkeypatch):
    """A machine with matplotlib's own fonts."""
    own = [font for font in fonts.fontManager.ttflist if "mpl-data" in font.fname]
    monkeypatch.setattr(fonts.fontManager, "ttflist", own)
    for cached in (fonts.families, fonts.file_for):
        cached.cache_clear()
    yield
    for cached in (fonts.families, fonts.file_for):
        cached.cache_clear()


def drawn(picture):
    picture.canvas.draw()
    return np.asarray(picture.canvas.buffer_rgba())[..., :3].copy()


def test_an_installed_font_that_has_the_letters_is_taken(only_dejavu):
    assert fonts.families("cat") == ("DejaVu Sans",)
    assert fonts.families(f"a {ARC}") == ("DejaVu Sans", "DejaVu Sans Mono")
    assert fonts.families(CAT) is None
    assert fonts.file_for(f"{ARC} 0.9").endswith("DejaVuSansMono.ttf")
    assert fonts.file_for(CAT) is None


def test_a_font_that_draws_boxes_for_everything_does_not_count():
    assert not any("Last" in name for name in fonts.families(CAT) or ())


def test_titles_labels_and_names_on_an_axis_are_numbered_and_said_in_a_note(only_dejavu, caplog):
    picture = plot.images({CAT: np.ones((2, 2))}, alt="Two.", width=4, row_height=2)
    picture.axes[0].text(0, 0, f"{CAT} 0.92", color="red")
    picture.add_axes((0.5, 0.2, 0.4, 0.5)).bar(["cat", "\N{SLICE OF PIZZA}"], [1, 2])
    drawn(picture)
    assert picture.numbered == {CAT: 1, "\N{SLICE OF PIZZA}": 2}
    assert picture.drawable(f"{CAT} 0.92") == "(1) 0.92"
    tag = plot.image_tag(picture, "Two.")
    assert tag.startswith('<img alt="Two."')
    assert tag.endswith("<p>No font on this machine has the letters of (1) 고양이, (2) \N{SLICE OF PIZZA}.</p>")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_number_is_drawn_and_not_squares(only_dejavu):
    pictures = [plot.Picture(2, 1) for _ in range(2)]
    for picture, text in zip(pictures, (CAT, "(1)"), strict=True):
        picture.text(0.1, 0.5, text)
        Sheet(picture).write(0.2, 0.2, text)
        Sheet(picture).stamp(text, [(1.0, 0.2)], 9)
    assert np.array_equal(*map(drawn, pictures))


def test_a_sheet_draws_with_the_font_that_has_the_letter(only_dejavu):
    pictures = [plot.Picture(1, 1) for _ in range(2)]
    Sheet(pictures[0]).write(0.2, 0.2, ARC, 20)
    Sheet(pictures[1]).write(0.2, 0.2, ARC, 20, mono=True)
    assert np.array_equal(*map(drawn, pictures))
    assert drawn(pictures[0]).min() < 128
    assert not pictures[0].numbered


def test_detect_draws_such_a_name_as_its_class(only_dejavu):
    image = np.zeros((200, 300, 3), np.uint8)
    pictures = [annotated(image, Detections([[50, 60, 90, 90]], [0.92], [1], names)) for names in (("a", CAT), ())]
    assert pictures[0] == pictures[1]  # without names it writes "class 1 0.92"
    assert pictures[0] != annotated(image, Detections([[50, 60, 90, 90]], [0.92], [1], ("a", "cat")))


def test_detect_says_which_class_that_is(only_dejavu, tmp_path, monkeypatch):
    def knows_cats(image, score_threshold):
        return Detections([[5, 6, 40, 40]], [0.9], [0], (CAT,))

    knows_cats.input_size, knows_cats.model = (96, 96), keras.Model(name="cats")
    monkeypatch.setattr(detect_command, "_detector", lambda model: (knows_cats, "cats", 0.25))
    Image.fromarray(np.zeros((60, 60, 3), np.uint8)).save(tmp_path / "a.png")
    said, complaints = [], []
    photos, out = [str(tmp_path / "a.png")], str(tmp_path / "out")
    assert detect_command.detect(photos, ["yolo"], 0.5, out, said.append, complaints.append) == 0
    assert f"{CAT} 0.90" in said[1]
    assert complaints == [f"no font on this machine has the letters of {CAT!r}: the pictures say class 0"]


def test_a_picture_without_such_names_has_no_note():
    picture = plot.Picture(2, 1)
    picture.text(0.1, 0.5, "η × π ≤ 3")
    assert "<p>" not in plot.image_tag(picture, "words")
