"""A real browser moves every slider, menu, box and switch of every explorer; a picture or its words must follow."""

from __future__ import annotations

import importlib.util

import accessibility
import browser
import pytest

from cnnlab import explore

EXPLORERS = [name for name in explore.__all__ if name not in ("Annotator", "Explorer")]
START = """from cnnlab.course.startup import load_keras
load_keras()
from cnnlab import explore
from cnnlab.checks.exercise import Verdict
display(*(Verdict(status, f"This is {status}.") for status in ("correct", "wrong", "not attempted")))"""
MADE = {
    "BoxBench": "explore.BoxBench(predict=True).set(guess='0.9')",
    "StyleMonitor": """import numpy as np
from cnnlab import style, transfer
monitor, pictures = explore.StyleMonitor(), np.random.default_rng(0).random((2, 16, 16, 3), "float32")
base = transfer.photo_backbone((16, 16, 3))
painted = style.transfer(*pictures, base, "block2_conv1", ["block1_conv1"], steps=3, callbacks=[monitor])""",
    "TrainingMonitor": """import keras, numpy as np
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
monitor = explore.TrainingMonitor()
fitted = model.fit(np.ones((64, 4)), np.ones(64), epochs=3, verbose=0, callbacks=[monitor])""",
}
WATCH = """output => {
    const seen = () => output.querySelector("img")?.src + "|"
        + [...output.querySelectorAll("[role=status]")].map(words => words.innerText).join("|");
    output.seenBefore = seen();
    output.hasChanged = () => seen() !== output.seenBefore;
}"""


def sliders(output):
    for handle in output.locator(".noUi-target:not([disabled]) .noUi-handle").all():
        at_its_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
        key = "ArrowLeft" if at_its_end else "ArrowRight"
        yield handle, lambda handle=handle, key=key: handle.press(key)


def menus(output):
    for menu in output.locator("select:not(:disabled)").all():
        chosen, count = menu.evaluate("menu => [menu.selectedIndex, menu.options.length]")
        if count > 1:
            yield menu, lambda menu=menu, index=(chosen + 1) % count: menu.select_option(index=index)


def boxes_and_switches(output):
    for box in output.locator("input[type=checkbox]:not(:disabled)").all():
        yield box, box.click
    for row in output.locator(".widget-toggle-buttons").all():
        yield row, row.locator("button:not(.mod-active)").first.click


def larger_boxes(output):
    for box in output.locator("textarea").all():
        box.fill("1 0; 0 2")
        yield box, lambda box=box: box.press("Enter")


def move_every_control(page, output):
    """Move one control after the other; yield what each is called and whether anything followed."""
    for kind in (sliders, menus, boxes_and_switches, larger_boxes):
        for control, move in kind(output):
            label = control.evaluate("control => control.closest('.jupyter-widgets').innerText.trim().split('\\n')[0]")
            output.evaluate(WATCH)
            move()
            try:
                page.wait_for_function("output => output.hasChanged()", arg=output.element_handle())
            except Exception:  # noqa: BLE001  playwright's TimeoutError: playwright itself may not be installed
                yield label, False
            else:
                # Picture, words and error arrive apart: what is late would pass for the next control's doing.
                browser.wait_until_idle(page)
                yield label, output.locator(".cnnlab-error").count() == 0


NAMELESS = """cell => [...cell.querySelectorAll(
    "button, select, input, textarea, canvas, [role=slider], [role=textbox], [role=application], [contenteditable]")]
    .filter(part => part.checkVisibility() && !part.closest(".jp-InputArea"))
    .filter(part => !(part.getAttribute("aria-label") || part.innerText || "").replace(/[^\\x20-\\u2fff]/g, "").trim()
        && !(part.labels && [...part.labels].some(label => label.innerText.trim())))
    .map(part => part.outerHTML.slice(0, 200))"""

SHRUNK = """() => [...document.querySelectorAll(".jp-CodeCell img")].filter(image => image.checkVisibility())
    .filter(image => image.getBoundingClientRect().width < image.naturalWidth / 2 - 1)
    .map(image => image.alt.slice(0, 40))"""


def every_control_has_a_name(cells):
    assert {name: nameless for name, cell in cells if (nameless := cell.evaluate(NAMELESS))} == {}


def nothing_is_shrunk_at_800_pixels(page):
    page.set_viewport_size({"width": 800, "height": 600})
    assert page.evaluate(SHRUNK) == []


def axe_finds_nothing_grave_in_either_theme(page):
    browser.show_whole_notebook(page)
    assert accessibility.findings(page, [".jp-OutputArea"]) == []
    browser.set_theme(page, "Dark")
    assert accessibility.findings(page, [".jp-OutputArea"], colours_only=True) == []
    browser.set_theme(page, "Light")
    page.set_viewport_size({"width": 1280, "height": 1000})


def only_the_twin_or_the_view_is_seen(page, living):
    expected = [len(EXPLORERS), len(EXPLORERS) if living else 0]
    page.wait_for_function(
        """expected => [".cnnlab-twin", ".cnnlab-live"]
            .every((one, k) => document.querySelectorAll(one).length === expected[k])""",
        arg=expected,
    )
    for twin in page.locator(".cnnlab-twin").all():
        assert twin.is_visible() != living
    assert page.get_by_text("Error displaying widget").locator("visible=true").count() == 0


def it_survives_its_kernel(page):
    """Saved, restarted, shut down, and opened again: words say that nobody listens, then the twins stand there."""
    browser.save(page)
    page.click("text=Kernel >> nth=0")
    page.click("text=Restart Kernel… >> nth=0")
    page.locator(".jp-Dialog button", has_text="Restart").last.click()
    dead = page.wait_for_selector(".cnnlab-live.jupyter-widgets-disconnected")
    assert "Nobody is listening" in dead.evaluate("view => getComputedStyle(view, '::before').content")
    page.reload()
    page.wait_for_selector(".jp-CodeCell .cnnlab-twin")
    browser.wait_until_idle(page)
    only_the_twin_or_the_view_is_seen(page, living=False)
    for twin in page.locator(".cnnlab-twin").all():
        assert twin.locator("img").evaluate("image => image.complete && image.naturalWidth > 300")
        assert "Run this cell for the controls" in twin.inner_text()


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH")
@pytest.mark.skipif(importlib.util.find_spec("axe_playwright_python") is None, reason="axe is not installed")
def test_every_control_of_every_explorer_is_moved(tmp_path):
    with browser.page_with(tmp_path, START, *(MADE.get(name, f"explore.{name}()") for name in EXPLORERS)) as page:
        pictures = f'count => document.querySelectorAll(".cnnlab-live {browser.PICTURE}").length === count'
        page.wait_for_function(pictures, arg=len(EXPLORERS))
        assert [image.get_attribute("src")[:40] for image in page.locator(".jp-CodeCell img:not([alt])").all()] == []
        assert all(len(image.get_attribute("alt")) > 40 for image in page.locator(".jp-CodeCell img").all())
        page.set_default_timeout(6_000)
        only_the_twin_or_the_view_is_seen(page, living=True)
        cells = page.locator(".jp-CodeCell").all()[1:]
        every_control_has_a_name(zip(EXPLORERS, cells, strict=True))
        followed = {
            (name, label): well
            for name, cell in zip(EXPLORERS, cells, strict=True)
            for label, well in move_every_control(page, cell.locator(".jp-OutputArea-output").last)
        }
        nothing_is_shrunk_at_800_pixels(page)
        axe_finds_nothing_grave_in_either_theme(page)
        it_survives_its_kernel(page)
    assert {name for name, _ in followed} == set(EXPLORERS)
    assert [moved for moved, well in followed.items() if not well] == []
