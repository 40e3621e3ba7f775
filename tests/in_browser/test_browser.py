"""A real browser opens lesson 02 in JupyterLab, moves a slider, and sees what a learner would see."""

from __future__ import annotations

import shutil
from pathlib import Path

import browser
import pytest

LESSON = Path(__file__).parents[2] / "notebooks" / "02_padding_and_stride.ipynb"


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH")
def test_sliders_keyboard_and_a_bad_value_in_a_lesson_that_has_run(tmp_path):
    shutil.copy(LESSON, tmp_path)
    with (
        browser.jupyterlab(tmp_path, tmp_path / "settings") as address,
        browser.page(address.format(LESSON.name)) as page,
    ):
        every_picture_has_words(page)  # as saved, before anything runs
        browser.run_all(page)
        explorer = browser.explorer_with(page, "strides")
        move_a_slider(explorer)
        reach_it_by_keyboard_alone(explorer)
        type_a_bad_value_and_a_good_one(explorer)
        every_picture_has_words(page)
        for kind in ("error", "stderr"):
            assert page.locator(f'.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.{kind}"]').count() == 0


def every_picture_has_words(page):
    pictures = f".jp-Cell {browser.PICTURE}"
    page.wait_for_function("pictures => document.querySelectorAll(pictures).length >= 5", arg=pictures)
    words = page.eval_on_selector_all(pictures, "images => images.map(image => image.alt)")
    assert min(map(len, words)) > 40


def move_a_slider(explorer):
    words, picture = explorer.words(), explorer.picture()
    explorer.focus_slider("strides")
    explorer.page.keyboard.press("ArrowRight")
    explorer.wait_for_new_picture(picture)
    explorer.wait_for_new_words(words)
    assert "stride" in explorer.words()


def reach_it_by_keyboard_alone(explorer):
    explorer.focus_slider("height")
    assert explorer.tab_to_slider("strides", at_most=20), "Tab does not lead from the first slider to this one"
    before = explorer.picture()
    explorer.page.keyboard.press("ArrowLeft")
    explorer.wait_for_new_picture(before)


def type_a_bad_value_and_a_good_one(explorer):
    picture = explorer.picture()
    explorer.type_into("pads", "oops")
    assert "`pads`" in explorer.error()
    assert "oops" in explorer.error()
    assert explorer.error_colour() == "rgb(211, 47, 47)", "the theme's red"
    assert explorer.picture() == picture, "the last settings that worked stay on the screen"
    explorer.type_into("pads", "2")
    explorer.wait_for_no_error()
