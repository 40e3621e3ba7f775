"""A real browser labels pictures by mouse and by keyboard alone; the kernel is killed, and nothing is lost."""

from __future__ import annotations

import importlib.util
import os
import signal

import browser
import pytest
from PIL import Image

from cnnlab.detection import detections

CELL = """import os, pathlib
from cnnlab import explore
pathlib.Path("../kernel.txt").write_text(str(os.getpid()))
annotator = explore.Annotator("../parts", ["screw", "nut"])
annotator"""
ZOOM = 560 / 200  # screen pixels a pixel: the pictures are 200 wide
# What takes the keyboard and has no name, by label, content or attribute.
NAMELESS = """view => [...view.querySelectorAll("button, select, input, canvas")]
    .filter(part => part.checkVisibility())
    .filter(part => !part.getAttribute("aria-label") && !part.innerText.trim()
        && ![...part.labels ?? []].some(label => label.innerText.trim()))
    .map(part => part.outerHTML.slice(0, 200))"""


class Desk:
    """The annotator on the page, and its folder."""

    def __init__(self, page, folder):
        self.page, self.folder = page, folder
        self.view = page.locator(".cnnlab-live")
        self.canvas = self.view.locator("canvas")
        self.canvas.wait_for()

    def says(self, words):
        self.view.locator("[role=status]", has_text=words).wait_for()

    def drag(self, start, end):
        """Press the button at one place, move to another, release it; both in pixels of the picture."""
        frame = self.canvas.bounding_box()
        (x0, y0), (x1, y1) = ((frame["x"] + x * ZOOM, frame["y"] + y * ZOOM) for x, y in (start, end))
        self.page.mouse.move(x0, y0)
        self.page.mouse.down()
        for step in range(1, 6):
            self.page.mouse.move(x0 + (x1 - x0) * step / 5, y0 + (y1 - y0) * step / 5)
        self.page.mouse.up()

    def click(self, x, y):
        self.canvas.click(position={"x": x * ZOOM, "y": y * ZOOM})

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, part, key="Tab", at_most=20):
        """Press Tab until this part of the page has the keyboard."""
        handle = part.element_handle()
        for _ in range(at_most):
            self.page.keyboard.press(key)
            if self.page.evaluate("part => document.activeElement === part", handle):
                return
        raise AssertionError(f"{key} does not lead there")

    def labels(self, name):
        """The rows of a picture's label file; None where there is none."""
        file = self.folder / "labels" / f"{name}.txt"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else None


def by_mouse(desk):
    """Draw two boxes, move one, resize it, delete the other, and go on."""
    desk.says("Picture 1 of 3, images/a.png: not labelled yet.")
    desk.drag((20, 20), (60, 50))
    desk.says("Box 1 is new: screw, x from 20 to 60, y from 20 to 50.")
    desk.drag((40, 35), (60, 45))  # the selected box, from its middle
    desk.says("Box 1 is now screw, x from 40 to 80, y from 30 to 60.")
    desk.drag((80, 60), (100, 70))  # its lower right corner
    desk.says("Box 1 is now screw, x from 40 to 100, y from 30 to 70.")
    desk.drag((180, 90), (120, 10))  # beside it: another
    desk.says("Box 2 is new: screw, x from 120 to 180, y from 10 to 90.")
    desk.click(60, 50)
    desk.says("Box 1 of 2: screw")
    desk.click(150, 50)
    desk.says("Box 2 of 2: screw")
    desk.view.get_by_role("button", name="delete box").click()
    desk.says("Box 2 is deleted; 1 box left.")
    # x from 40 to 100 of 200, y from 30 to 70 of 100
    assert desk.labels("a") == ["0 0.350000 0.500000 0.300000 0.400000"]
    desk.view.get_by_role("button", name="next", exact=True).click()
    desk.says("Picture 2 of 3, images/b.png: not labelled yet.")


def by_keyboard(desk):
    """From the cell's own keyboard focus to a saved file, and out of the picture again, without the mouse."""
    desk.tab_to(desk.canvas, "Shift+Tab")
    desk.press("n")
    desk.says("Box 1 is new: screw, x from 75 to 125, y from 37 to 62.")
    desk.press("Shift+ArrowLeft", "Shift+ArrowLeft", "ArrowUp", "ArrowUp")
    desk.says("Box 1 is now screw, x from 55 to 105, y from 35 to 60.")
    desk.press("r")
    desk.says("Arrow keys now resize box 1.")
    desk.press("Shift+ArrowRight", "ArrowLeft", "Shift+ArrowDown")
    desk.says("Box 1 is now screw, x from 55 to 114, y from 35 to 70.")
    desk.press("2")
    desk.says("Box 1 is now nut")
    desk.press("n")
    desk.says("Box 2 is new: nut")
    desk.press("Shift+Tab")
    desk.says("Box 1 of 2: nut")
    desk.press("x", "d", "d")  # in JupyterLab they would cut the cell or delete it
    desk.press("Delete")
    desk.says("Box 1 is deleted; 1 box left.")
    desk.press("Control+z")
    desk.says("The last change is undone. Picture 2 of 3, images/b.png: 2 boxes.")
    desk.press("Tab", "Tab")
    desk.says("Box 2 of 2: nut")
    field = desk.view.get_by_label("x1 (left)")
    desk.tab_to(field)  # the last box is selected: Tab leads out
    field.fill("10")
    desk.press("Enter")
    desk.says("Box 2 is now nut, x from 10 to 60, y from 37 to 62.")
    # x from 55 to 114 of 200: centre 84.5, 59 wide; y from 35 to 70 of 100: centre 52.5
    assert desk.labels("b") == ["1 0.422500 0.525000 0.295000 0.350000", "1 0.175000 0.495000 0.250000 0.250000"]
    desk.tab_to(desk.canvas, "Shift+Tab")
    desk.press("PageDown")
    desk.says("Picture 3 of 3, images/c.png: not labelled yet.")
    desk.press("0")
    desk.says("The picture is labelled: nothing is in it.")
    assert desk.labels("c") == []
    desk.press("n", "ArrowRight", "Escape")
    desk.says("Box 1 is now nut, x from 76 to 126, y from 37 to 62.")
    assert desk.page.evaluate("() => document.activeElement.getAttribute('role')") == "status"


def the_kernel_dies(desk):
    os.kill(int((desk.folder.parent / "kernel.txt").read_text()), signal.SIGKILL)
    desk.page.locator(".jp-Dialog button", has_text="Ok").click()
    browser.wait_until_idle(desk.page)
    desk.page.click("text=Run >> nth=0")
    desk.page.click("text=Run All Cells >> nth=0")
    desk.says("Picture 3 of 3, images/c.png: 1 box.")
    desk.view.get_by_text("3 of 3 pictures labelled.").wait_for()


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH")
@pytest.mark.skipif(importlib.util.find_spec("anywidget") is None, reason="anywidget is not installed")
def test_pictures_are_labelled_by_mouse_and_by_keyboard_and_a_dead_kernel_loses_nothing(tmp_path):
    folder = tmp_path / "parts"
    (folder / "images").mkdir(parents=True)
    for name in "abc":
        Image.linear_gradient("L").resize((200, 100)).save(folder / "images" / f"{name}.png")
    with browser.page_with(tmp_path, CELL) as page:
        page.set_default_timeout(10_000)
        desk = Desk(page, folder)
        assert desk.view.evaluate(NAMELESS) == []
        by_mouse(desk)
        by_keyboard(desk)
        the_kernel_dies(desk)
    read = detections.read(folder)
    assert (read.files, read.class_names) == (("images/a.png", "images/b.png", "images/c.png"), ("screw", "nut"))
    assert [truth.boxes.round(9).tolist() for truth in read.truths] == [
        [[40, 30, 100, 70]], [[55, 35, 114, 70], [10, 37, 60, 62]], [[76, 37, 126, 62]],
    ]  # fmt: skip
    assert [truth.labels.tolist() for truth in read.truths] == [[0], [1, 1], [1]]
    assert read.labelled.all()
    assert read.problems == ()
