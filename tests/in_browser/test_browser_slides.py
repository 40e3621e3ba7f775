"""Slides as a class sees them: nothing over an edge, large enough, answers not before their key, by keyboard alone."""

from __future__ import annotations

from pathlib import Path

import browser
import pytest
from lesson_files import NAMES, ROOT

from cnnlab.course.lessons import Lesson

pytest.importorskip("sphinx_revealjs", reason="reveal.js is not installed")
pytestmark = pytest.mark.skipif(browser.executable() is None, reason="no browser")

# Of every slide, all of it shown: what hangs over an edge, the smallest letters as seen, pictures without words.
MEASURE = """() => Reveal.getSlides().map((slide, number) => {
  const at = Reveal.getIndices(slide); Reveal.slide(at.h, at.v, 99);
  const body = slide.querySelector(".body"), page = slide.querySelector(".page"), scale = Reveal.getScale();
  const lettered = [...page.querySelectorAll("*")].filter((one) => !one.closest("math")
    && [...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  const frame = page.getBoundingClientRect();
  return { number: number + 1,
    over: Math.max(body.scrollHeight - body.clientHeight, body.scrollWidth - body.clientWidth,
                   frame.bottom - innerHeight, frame.right - innerWidth),
    smallest: Math.min(...lettered.map((one) => parseFloat(getComputedStyle(one).fontSize) * scale)),
    mute: [...slide.querySelectorAll("img")].filter((one) => !one.alt).length };
})"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    from cnnlab.course.teaching.slides import write_slides

    made = tmp_path_factory.mktemp("slides")
    for number in (2, 6, 16):  # formulas, wide tables of text, tables of words
        write_slides(Lesson(ROOT, NAMES[number]), made)
    return made


def address(folder: Path, number: int) -> str:
    return (folder / f"{NAMES[number]}.slides.html").as_uri()


@pytest.mark.parametrize("number", [2, 6, 16])
def test_nothing_hangs_over_an_edge_and_all_can_be_read(folder, number):
    with browser.page(address(folder, number)) as opened:
        for width, height in ((1280, 720), (1920, 1080)):
            opened.set_viewport_size({"width": width, "height": height})
            opened.wait_for_selector(".reveal.ready")
            opened.wait_for_function(f"() => Math.abs(Reveal.getScale() - {width} / 1280) < 0.01")
            slides = opened.evaluate(MEASURE)
            assert len(slides) > 40
            assert [slide for slide in slides if slide["over"] > 0.5 or slide["smallest"] < 19.9 or slide["mute"]] == []


def test_an_answer_comes_with_its_key_on_the_screen_and_for_a_screen_reader(folder):
    with browser.page("about:blank") as opened:
        asked, wrong = [], []
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.goto(address(folder, 2))
        opened.wait_for_selector(".reveal.ready")
        for _ in range(2):
            opened.keyboard.press("ArrowRight")
        answer = "8 pixels, window of 5: starts [0, 1, 2, 3], so 4 outputs"
        before = opened.locator("body").aria_snapshot()
        assert "A window of 3 on a row of 8: how many places?" in before
        assert answer not in before
        opened.keyboard.press("PageDown")  # what a presenter's clicker sends
        opened.wait_for_selector("section.present .fragment.visible")
        assert answer in opened.locator("section.present").first.aria_snapshot()
        assert answer in opened.locator("[aria-live=polite].unseen").inner_text()
        opened.keyboard.press("PageUp")
        opened.wait_for_selector("section.present .fragment:not(.visible)", state="attached")
        assert answer not in opened.locator("body").aria_snapshot()
        with opened.context.expect_page() as window:
            opened.keyboard.press("s")
        notes = window.value.locator(".speaker-controls-notes")
        notes.get_by_text("It cannot start at pixel 4").wait_for()
        assert wrong == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_it_is_dark_where_the_reader_wants_it_and_light_on_paper(folder):
    colour = "() => getComputedStyle(document.body).backgroundColor"
    with browser.page("about:blank") as opened:
        opened.emulate_media(color_scheme="dark")
        opened.goto(address(folder, 2))
        opened.wait_for_selector(".reveal.ready")
        assert opened.evaluate(colour) == "rgb(18, 18, 18)"
        opened.goto(f"{address(folder, 2)}?print-pdf")
        opened.wait_for_selector(".pdf-page")
        opened.emulate_media(media="print", color_scheme="dark")
        assert opened.evaluate(colour) == "rgb(255, 255, 255)"
        assert opened.locator(".pdf-page").count() > 40
