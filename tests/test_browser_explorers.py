"""A real browser moves every slider, menu, box and switch of every explorer; a picture or its words must follow."""

from __future__ import annotations

import browser
import pytest

from cnnlab import explore

EXPLORERS = [name for name in explore.__all__ if name != "Explorer"]
START = "from cnnlab.startup import load_keras\nload_keras()\nfrom cnnlab import explore"
MADE = {
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


def move_every_control(page, output):
    """Move one control after the other; yield what each is called and whether anything followed."""
    for kind in (sliders, menus, boxes_and_switches):
        for control, move in kind(output):
            label = control.evaluate("control => control.closest('.jupyter-widgets').innerText.trim().split('\\n')[0]")
            output.evaluate(WATCH)
            move()
            try:
                page.wait_for_function("output => output.hasChanged()", arg=output.element_handle())
            except Exception:  # noqa: BLE001  playwright's TimeoutError: playwright itself may not be installed
                yield label, False
            else:
                yield label, output.locator(".cnnlab-error").count() == 0


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH")
def test_every_control_of_every_explorer_is_moved(tmp_path):
    with browser.page_with(tmp_path, START, *(MADE.get(name, f"explore.{name}()") for name in EXPLORERS)) as page:
        pictures = f'count => document.querySelectorAll(".jp-CodeCell {browser.PICTURE}").length === count'
        page.wait_for_function(pictures, arg=len(EXPLORERS))
        assert [image.get_attribute("src")[:40] for image in page.locator(".jp-CodeCell img:not([alt])").all()] == []
        assert all(len(image.get_attribute("alt")) > 40 for image in page.locator(".jp-CodeCell img").all())
        page.set_default_timeout(6_000)
        cells = page.locator(".jp-CodeCell").all()[1:]
        followed = {
            (name, label): well
            for name, cell in zip(EXPLORERS, cells, strict=True)
            for label, well in move_every_control(page, cell.locator(".jp-OutputArea-output").first)
        }
    assert {name for name, _ in followed} == set(EXPLORERS)
    assert [moved for moved, well in followed.items() if not well] == []
