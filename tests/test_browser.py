"""A real browser opens lesson 02 in JupyterLab, moves a slider, and sees what a learner would see."""

from __future__ import annotations

import shutil
from pathlib import Path

import browser
import pytest

LESSON = Path(__file__).parent.parent / "notebooks" / "02_padding_and_stride.ipynb"

pytestmark = [
    pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    """The shape explorer's output in a page where lesson 02 has run."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(LESSON, folder)
    with (
        browser.jupyterlab(folder, tmp_path_factory.mktemp("settings")) as address,
        browser.page(address.format(LESSON.name)) as page,
    ):
        browser.run_all(page)
        yield browser.explorer_with(page, "strides")


def test_moving_a_slider_changes_picture_and_words(explorer):
    words, picture = explorer.words(), explorer.picture()
    explorer.focus_slider("strides")
    explorer.page.keyboard.press("ArrowRight")
    explorer.wait_for_new_picture(picture)
    assert explorer.words() != words
    assert "stride" in explorer.words()


def test_the_slider_is_reached_and_moved_by_keyboard_alone(explorer):
    explorer.focus_slider("height")
    assert explorer.tab_to_slider("strides", at_most=20), "Tab does not lead from the first slider to this one"
    before = explorer.picture()
    explorer.page.keyboard.press("ArrowLeft")
    explorer.wait_for_new_picture(before)


def test_a_bad_value_is_explained_in_a_red_panel_and_a_good_one_clears_it(explorer):
    picture = explorer.picture()
    explorer.type_into("pads", "oops")
    assert "`pads`" in explorer.error()
    assert "oops" in explorer.error()
    assert explorer.error_colour() == "rgb(176, 0, 32)"
    assert explorer.picture() == picture, "the last settings that worked stay on the screen"
    explorer.type_into("pads", "2")
    explorer.wait_for_no_error()


def test_no_cell_failed(explorer):
    assert explorer.page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    assert explorer.page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
