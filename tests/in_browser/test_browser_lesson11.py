"""A real browser drags the boxes of lesson 11's bench, and moves them with the keyboard."""

from __future__ import annotations

import importlib.util

import browser
import pytest

CELL = "from cnnlab import explore\nbench = explore.BoxBench(a=(2, 2, 10, 8), b=(5, 4, 13, 10))\nbench"


def drag(bench, start, end):
    """Move the pointer from one place to another, both in squares, with its button down."""
    canvas = bench.output.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    (x0, y0), (x1, y1) = (
        (box["x"] + (20 + 18 * x) / 380 * box["width"], box["y"] + (20 + 18 * y) / 272 * box["height"])
        for x, y in (start, end)
    )
    bench.page.mouse.move(x0, y0)
    bench.page.mouse.down()
    for step in range(1, 9):
        bench.page.mouse.move(x0 + (x1 - x0) * step / 8, y0 + (y1 - y0) * step / 8)
    bench.page.mouse.up()


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH")
@pytest.mark.skipif(importlib.util.find_spec("anywidget") is None, reason="anywidget is not installed")
def test_boxes_are_dragged_and_moved_by_keyboard_and_the_numbers_follow(tmp_path):
    with browser.page_with(tmp_path, CELL) as page:
        bench = browser.explorer_with(page, "b: width")
        bench.wait_for_words("IoU = 20 / 76 = 0.26")

        drag(bench, (11.5, 8.5), (8.5, 6.5))  # b, from (5, 4) to (2, 2): onto a
        bench.wait_for_words("IoU = 48 / 48 = 1.00")

        drag(bench, (10, 8), (6, 8))  # the corner of b, which lies on top: half as wide
        bench.wait_for_words("IoU = 24 / 48 = 0.50")

        before = bench.picture()
        bench.focus_slider("b: width")
        page.keyboard.press("ArrowRight")
        bench.wait_for_new_picture(before)
        bench.wait_for_words("IoU = 30 / 48 = 0.62")  # 5 · 6 of 8 · 6

        drag(bench, (7, 8), (10, 8))  # the dragged box has followed the slider
        bench.wait_for_words("IoU = 48 / 48 = 1.00")
