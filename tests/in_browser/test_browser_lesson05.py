"""A real browser draws a digit with mouse and keys, and ends training with the stop button and the notebook's own ■."""

from __future__ import annotations

import importlib.util

import browser
import pytest

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH")

LOADED = "from cnnlab.course.startup import load_keras\nload_keras()\n"
START = LOADED + "import keras, numpy as np\nfrom cnnlab import explore"
PAD = "pad = explore.DigitPad()\npad"
TRAINING = """model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
monitor = explore.TrainingMonitor()
fitted = model.fit(np.ones((64, 4)), np.ones(64), epochs=100_000, verbose=0, callbacks=[monitor])"""
BLACK = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
    .every((value, index) => index % 4 == 3 || value == 0)"""


def stroke(page, canvas):
    """Draw a line down the middle of the square with the mouse."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.15 * box["height"])
    page.mouse.down()
    for step in range(1, 15):
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + (0.15 + 0.05 * step) * box["height"])
    page.mouse.up()


@pytest.mark.skipif(importlib.util.find_spec("anywidget") is None, reason="anywidget is not installed")
def test_a_digit_is_drawn_with_mouse_and_keyboard_and_cleared_with_both(tmp_path):
    with browser.page_with(tmp_path, START, PAD) as page:
        pad = browser.explorer_with(page, "turn, degrees")
        canvas = pad.output.locator("canvas")
        before = pad.picture()
        stroke(page, canvas)
        pad.wait_for_new_picture(before)
        pad.wait_for_words("Your drawing, cut out")
        pad.wait_for_words("The model says")

        pad.output.locator("button", has_text="clear my drawing").click()
        pad.wait_for_words("There is nothing to see")
        page.wait_for_function(BLACK, arg=canvas.element_handle())

        canvas.focus()
        page.keyboard.press("Space")
        for _ in range(8):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        pad.wait_for_words("The model says")
        page.keyboard.press("Delete")
        pad.wait_for_words("There is nothing to see")


def test_the_stop_button_and_the_notebooks_own_end_a_run_and_the_next_cells_go_on(tmp_path):
    counted = "print('epochs run:', len(fitted.epoch) < 100_000)"
    with browser.page_with(tmp_path, START, TRAINING, counted, TRAINING, counted) as page:
        for number, stop in enumerate(("stop training", "Interrupt the kernel")):
            words = page.locator(".jp-CodeCell").nth(1 + 2 * number).locator("[role=status]").last
            expect(words).to_contain_text("To stop: the button, or the notebook's ■.", timeout=60_000)
            page.get_by_role("button", name=stop).click()
            expect(words).to_contain_text("Stopped by hand", timeout=2_000)
            page.locator(".jp-CodeCell").nth(2 + 2 * number).get_by_text("epochs run: True").wait_for()
            page.locator("button", has_text="stop training").nth(number).wait_for(state="hidden")
