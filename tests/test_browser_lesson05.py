"""A real browser draws a digit with mouse and keys."""

from __future__ import annotations

import importlib.util

import browser
import nbformat
import pytest

pytestmark = [
    pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH"),
    pytest.mark.xdist_group("browser"),
]

START = "from cnnlab.startup import load_keras\nload_keras()\nimport keras, numpy as np\nfrom cnnlab import explore"
PAD = "pad = explore.DigitPad()\npad"


def opened(tmp_path_factory, *cells):
    """A page on which these cells are being run."""
    folder = tmp_path_factory.mktemp("course")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (START, *cells)])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / "page.ipynb")
    return browser.jupyterlab(folder, tmp_path_factory.mktemp("settings"))


@pytest.fixture(scope="class")  # one page at a time: closed before the next test opens its own
def pad(tmp_path_factory):
    if importlib.util.find_spec("anywidget") is None:
        pytest.skip("anywidget is not installed")
    with opened(tmp_path_factory, PAD) as address, browser.page(address.format("page.ipynb")) as page:
        browser.run_all(page)
        shown = browser.explorer_with(page, "turn, degrees")
        shown.canvas = shown.output.locator("canvas")
        shown.canvas.wait_for()
        yield shown


def wait_for_words(pad, words):
    """Return once the text under the picture holds `words`."""
    pad.output.locator("[role=status]", has_text=words).last.wait_for()


class TestDrawing:
    def test_a_stroke_of_the_mouse_is_classified(self, pad):
        pad.canvas.scroll_into_view_if_needed()
        box = pad.canvas.bounding_box()
        before = pad.picture()
        pad.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.15 * box["height"])
        pad.page.mouse.down()
        for step in range(1, 15):
            pad.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + (0.15 + 0.05 * step) * box["height"])
        pad.page.mouse.up()
        pad.wait_for_new_picture(before)
        wait_for_words(pad, "Your drawing, cut out")
        assert "The model says" in pad.words()

    def test_the_clear_button_empties_the_square(self, pad):
        # By key, which asks nothing of the page's layout: by mouse the press was sometimes lost on a busy machine.
        pad.output.locator("button", has_text="clear my drawing").press("Enter")
        wait_for_words(pad, "There is nothing to see")
        black = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
            .every((value, index) => index % 4 == 3 || value == 0)"""
        pad.page.wait_for_function(black, arg=pad.canvas.element_handle())

    def test_the_keyboard_draws_too(self, pad):
        pad.canvas.focus()
        before = pad.picture()
        pad.page.keyboard.press("Space")
        for _ in range(8):
            pad.page.keyboard.press("ArrowDown")
        pad.page.keyboard.press("Space")
        pad.wait_for_new_picture(before)
        wait_for_words(pad, "The model says")
        pad.page.keyboard.press("Delete")
        wait_for_words(pad, "There is nothing to see")
