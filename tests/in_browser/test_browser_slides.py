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


def test_an_explorer_moves_by_its_own_keys_and_the_slide_by_the_clickers(folder):
    with browser.page("about:blank") as opened:
        asked, wrong = [], []
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("console", lambda message: wrong.append(message.text))
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.set_viewport_size({"width": 1280, "height": 720})
        opened.goto(address(folder, 2))
        opened.wait_for_selector(".reveal.ready")
        # The shape explorer asks on one slide, and moves on the next.
        slide = opened.evaluate("() => Reveal.getSlides().findIndex((one) => one.querySelector('.cnnlab-moving'))")
        opened.evaluate(
            "(n) => { const at = Reveal.getIndices(Reveal.getSlides()[n]); Reveal.slide(at.h, at.v); }", slide - 1
        )
        asking = "section.present img[alt^='Predict first. How large is the output?']"
        opened.locator(asking).wait_for(state="attached")
        while opened.evaluate("() => Reveal.getSlidePastCount()") < slide:
            opened.keyboard.press("PageDown")
        moving = opened.locator("section.present .cnnlab-moving")
        alt = "section.present .cnnlab-moving img[alt*='{}']"

        def turned() -> int:
            return opened.evaluate("() => Reveal.getSlidePastCount()") - slide

        # 6 × 9, kernel 3. Stride 2: ⌊3 / 2⌋ + 1 = 2 and ⌊6 / 2⌋ + 1 = 4; stride 3: ⌊3 / 3⌋ + 1 = 2 and ⌊6 / 3⌋ + 1 = 3.
        opened.locator(alt.format("Output 2 × 4: 8 windows.")).wait_for()
        said = opened.locator("[aria-live=polite].unseen")
        assert said.text_content().count("Output 2 × 4: 8 windows.") == 1
        assert moving.get_by_role("status").bounding_box()["width"] <= 1
        place = moving.locator("img").first.bounding_box()
        assert min(place["width"], 2 * place["height"]) > 800
        strides = moving.get_by_role("slider", name="strides")
        strides.focus()
        opened.keyboard.press("ArrowRight")
        opened.locator(alt.format("Output 2 × 3: 6 windows.")).wait_for()
        assert [image.bounding_box() for image in moving.locator("img").all()] == [place] * moving.locator(
            "img"
        ).count()
        assert strides.get_attribute("aria-valuetext") == "3"
        assert "Output 2 × 3: 6 windows." in moving.get_by_role("status").text_content()
        moving.get_by_role("combobox", name="padding").focus()
        opened.keyboard.press("ArrowDown")
        opened.locator(alt.format("padding same")).wait_for()
        opened.keyboard.press("End")
        assert turned() == 0

        # Escape leaves a control, and the clicker turns the slide from wherever the focus is, and takes it along.
        opened.keyboard.press("Escape")
        assert opened.evaluate("() => document.activeElement === document.body && !Reveal.isOverview()")
        strides.focus()
        opened.keyboard.press("PageDown")
        assert turned() == 1
        assert opened.evaluate("() => document.activeElement === document.body")
        opened.keyboard.press("ArrowLeft")
        assert turned() == 0
        assert strides.get_attribute("aria-valuetext") == "3"
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
        moving = opened.locator(".cnnlab-moving").first
        assert "Output 2 × 4: 8 windows." in moving.locator("img").first.get_attribute("alt")  # the first state
        assert moving.locator("img").first.bounding_box()["height"] > 300
        assert not moving.get_by_role("slider", include_hidden=True).first.is_visible()
