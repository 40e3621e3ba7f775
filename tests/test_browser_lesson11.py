"""A real browser drags the boxes of lesson 11's bench, and moves them with the keyboard."""

from __future__ import annotations

import importlib.util

import browser
import nbformat
import pytest

pytestmark = [
    pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH"),
    pytest.mark.skipif(importlib.util.find_spec("anywidget") is None, reason="anywidget is not installed"),
    pytest.mark.xdist_group("browser"),
]

CELL = "from cnnlab import explore\nbench = explore.BoxBench(a=(2, 2, 10, 8), b=(5, 4, 13, 10))\nbench"


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / "page.ipynb")
    with (
        browser.jupyterlab(folder, tmp_path_factory.mktemp("settings")) as address,
        browser.page(address.format("page.ipynb")) as page,
    ):
        browser.run_all(page)
        shown = browser.explorer_with(page, "b: width")
        shown.canvas = shown.output.locator("canvas")
        shown.canvas.wait_for()
        yield shown


def wait_for_words(bench, words):
    """Return once the text under the picture holds `words`."""
    bench.output.locator("[role=status]", has_text=words).last.wait_for()


def drag(bench, start, end):
    """Move the pointer from one place to another, both in squares, with its button down."""
    bench.canvas.scroll_into_view_if_needed()
    box = bench.canvas.bounding_box()
    (x0, y0), (x1, y1) = (
        (box["x"] + x / 20 * box["width"], box["y"] + y / 14 * box["height"]) for x, y in (start, end)
    )
    bench.page.mouse.move(x0, y0)
    bench.page.mouse.down()
    for step in range(1, 9):
        bench.page.mouse.move(x0 + (x1 - x0) * step / 8, y0 + (y1 - y0) * step / 8)
    bench.page.mouse.up()


def test_a_box_is_dragged_and_the_numbers_follow(bench):
    wait_for_words(bench, "IoU = 20 / 76 = 0.26")
    drag(bench, (11.5, 8.5), (8.5, 6.5))  # b, from (5, 4) to (2, 2): onto a
    wait_for_words(bench, "IoU = 48 / 48 = 1.00")


def test_a_corner_resizes_it(bench):
    drag(bench, (10, 8), (6, 8))  # b lies on top: half as wide
    wait_for_words(bench, "IoU = 24 / 48 = 0.50")


def test_the_dragged_box_follows_the_slider(bench):
    before = bench.picture()
    bench.focus_slider("b: width")
    bench.page.keyboard.press("ArrowRight")
    bench.wait_for_new_picture(before)
    wait_for_words(bench, "IoU = 30 / 48 = 0.62")  # 5 · 6 of 8 · 6
    drag(bench, (7, 8), (10, 8))
    wait_for_words(bench, "IoU = 48 / 48 = 1.00")
