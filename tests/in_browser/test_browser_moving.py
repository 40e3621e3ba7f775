"""A reader opens a page of exported explorers from a folder: by keyboard and mouse, by night, without scripts."""

from __future__ import annotations

import io
import re

import browser
import numpy as np
import pytest
from PIL import Image

from cnnlab import explore

pytestmark = pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH")

NOTHING_FROM_ELSEWHERE = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'"
)
STATES = {"op": ("max", "average"), "pool_size": (2, 3, 4), "row": None, "gradient": None}
WIDE = ":root{color-scheme:light dark} @media (prefers-color-scheme:dark){body{background:#121212;color:#eee}}"


def write(path, *elements):
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Moving</title><style>{WIDE}</style>'
        f'<meta http-equiv="Content-Security-Policy" content="{NOTHING_FROM_ELSEWHERE}">'
        f'<meta name="viewport" content="width=device-width"><main>{"".join(elements)}</main>',
        encoding="utf-8",
    )
    return path.as_uri()


def pixels(locator):
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB")).astype(int)


def test_an_exported_explorer_is_read_moved_and_printed(tmp_path):
    explorer = explore.PoolingExplorer()
    element = explorer.to_html(STATES)
    words = {}
    for pool_size, rows in ((2, 3), (3, 2), (4, 1)):  # windows that fit into 6 rows: 6 / 2, 6 / 3, and one of 4
        for row in range(rows):
            for op in ("max", "average"):
                for gradient in (False, True):
                    with explorer.trying(dict(op=op, pool_size=pool_size, row=row, gradient=gradient)):
                        words[op, pool_size, row, gradient] = explorer.describe()
    there = write(tmp_path / "page.html", element, element)
    explorer.set(op="average", pool_size=3, row=1, gradient=True)
    other = write(tmp_path / "other.html", explorer.to_html(["row"]))

    with browser.page("about:blank") as page:
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(there)
        first, second = page.get_by_role("group", name="PoolingExplorer").all()
        told = first.get_by_role("status")

        def shows(*state):
            first.get_by_role("img", name=words[state], exact=True).wait_for()
            assert told.text_content() == words[state]

        # It opens on the explorer's own state. Nothing of the sentence for pages without scripts is left.
        shows("max", 2, 0, False)
        assert "JavaScript" not in first.inner_text()
        op, size, row = first.get_by_label("op"), first.get_by_label("pool_size"), first.get_by_label("output row")
        gradient = first.get_by_label("show the gradient")

        # By keyboard, in the order of the page: a list, two sliders, a switch.
        for control in (op, size, row, gradient):
            page.keyboard.press("Tab")
            assert control.evaluate("control => control === document.activeElement")
        page.keyboard.press("Space")
        shows("max", 2, 0, True)
        row.press("End")
        shows("max", 2, 2, True)
        assert row.get_attribute("aria-valuetext") == "2"
        size.press("ArrowRight")  # a window of 3 leaves 2 rows: the row moves as little as it can
        shows("max", 3, 1, True)
        assert (row.get_attribute("max"), row.get_attribute("aria-valuetext")) == ("1", "1")
        op.select_option("average")
        shows("average", 3, 1, True)
        moved = pixels(first.locator(".cnnlab-moving-picture"))
        size.press("ArrowRight")  # one row is left, and nothing to choose
        shows("average", 4, 0, True)
        assert row.is_disabled()

        # A page may run its scripts a second time: nothing changes, and no error is said.
        first.locator("script").last.evaluate(
            "old => { const again = document.createElement('script'); again.text = old.text; old.replaceWith(again); }"
        )
        shows("average", 4, 0, True)
        assert (op.input_value(), size.get_attribute("aria-valuetext")) == ("1", "4")

        # By mouse, to the far left of the slider.
        size.click(position={"x": 3, "y": 8})
        shows("average", 2, 0, True)
        assert size.locator("xpath=../..").inner_text().split() == ["pool_size", "2"]

        # The other one on the page has not moved.
        assert second.get_by_role("status").text_content() == words["max", 2, 0, False]
        assert second.get_by_label("op").input_value() == "0"

        # Keys stay in the control, but for those of a presenter's clicker.
        page.evaluate("heard = []; document.addEventListener('keydown', event => heard.push(event.key))")
        for key in ("ArrowRight", "ArrowLeft", "PageDown", "Escape"):
            size.press(key)
        assert page.evaluate("heard") == ["PageDown", "Escape"]

        # On a phone the page is as wide as the phone. At night it is dark, and pictures keep their white ground.
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.emulate_media(color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.querySelector('[role=status]')).color") == "rgb(238, 238, 238)"
        ground = "getComputedStyle(document.querySelector('.cnnlab-moving-picture')).backgroundColor"
        assert page.evaluate(ground) == "rgb(255, 255, 255)"

        # On paper stand the settings and no handles.
        page.emulate_media(media="print")
        assert not size.is_visible()
        assert op.evaluate("list => getComputedStyle(list).borderTopWidth") == "0px"
        assert first.locator(".cnnlab-moving-value").first.is_visible()
        page.emulate_media(media="screen", color_scheme="light")

        # What the layers show is the picture that is drawn as one.
        page.set_viewport_size({"width": 1280, "height": 1000})
        page.goto(other)
        whole = page.locator(".cnnlab-moving-picture")
        assert whole.locator("img").count() == 1
        assert np.abs(moved - pixels(whole)).max() <= 2

        # Who comes back finds it as it began, its controls too: a browser puts none where it was left.
        page.go_back()
        shows("max", 2, 0, False)
        assert (op.input_value(), size.input_value(), gradient.is_checked()) == ("0", "0", False)
        assert said == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []

        # Without scripts it shows the first state, its words, and why nothing can be moved.
        plain = page.context.browser.new_context(java_script_enabled=False).new_page()
        plain.goto(there)
        still = plain.get_by_role("group", name="PoolingExplorer").first
        assert still.get_by_role("img").get_attribute("alt") == words["max", 2, 0, False]
        assert still.get_by_role("status").text_content() == words["max", 2, 0, False]
        assert re.search("appear where the page may run JavaScript", still.inner_text())
        assert not still.locator("input").first.is_visible()
