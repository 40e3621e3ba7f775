"""A teacher opens the report on a class from a folder, with the keyboard, by night, on a phone, and prints it."""

from __future__ import annotations

from dataclasses import replace

import browser
import pytest
from lesson_files import ROOT
from made_class import made_class

from cnnlab.course.grading.intake.answers import lesson_info
from cnnlab.course.grading.report.results import write_results
from cnnlab.course.lessons import Lesson
from cnnlab.course.notebook import read_notebook

# The least contrast of the page's shown texts with what lies behind them (WCAG 2.2, 1.4.3), and where it is.
LEAST_CONTRAST = """() => {
    const light = colour => {
        const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3)
            .map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const behind = element => {
        for (let e = element; e; e = e.parentElement) {
            const colour = getComputedStyle(e).backgroundColor;
            if (!/, 0\\)$/.test(colour)) return colour;
        }
        return getComputedStyle(document.body).backgroundColor;
    };
    let least = [21, ''];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || element.closest('style')) continue;
        const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
        if ((a + .05) / (b + .05) < least[0]) least = [(a + .05) / (b + .05), element.outerHTML.slice(0, 80)];
    }
    return least;
}"""


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH")
def test_a_teacher_reads_the_report_before_the_first_lesson(tmp_path):
    made = made_class(30, ("02_padding_and_stride", "03_pooling"))
    lessons = [Lesson(ROOT, one.name) for one in made.school.lessons]
    of_notebooks = tuple(lesson_info(read_notebook(one.notebook), one) for one in lessons)  # with their explorers
    write_results(replace(made.school, lessons=of_notebooks), tmp_path)
    with browser.page("about:blank") as page:
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "report.html").as_uri())

        # The first Tab shows the way past the links, and Enter takes it.
        skip = page.get_by_role("link", name="Skip to the content")
        assert skip.bounding_box()["x"] < 0
        page.keyboard.press("Tab")
        assert skip.bounding_box()["x"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")  # to the exercise that is to be taught next
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

        # What a screen reader comes to.
        tree = page.locator("body").aria_snapshot()
        assert '- heading "Class report" [level=1]' in tree
        assert tree.index('region "What to teach next"') < tree.index('region "Who is stuck, and where"')
        table = page.get_by_role("table", name="02 · Padding and stride")
        ada = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Ada Berg"))
        judged = made.school.graded[0].judgements
        assert ada.get_by_role("cell").count() == len(judged) + 1
        assert "right" in ada.inner_text()

        # The explorer under what to teach next is folded, opens by keyboard, and moves.
        explorer = page.get_by_role("group", name="ShapeExplorer")
        assert not explorer.is_visible()
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        explorer.get_by_role("slider", name="strides").focus()
        page.keyboard.press("End")
        page.wait_for_function(
            "figure => figure.querySelector('img').alt.includes('stride 3')", arg=explorer.element_handle()
        )

        # By night and by day, on paper too, every word can be read.
        for media, scheme in (("screen", "light"), ("screen", "dark"), ("print", "dark")):
            page.emulate_media(media=media, color_scheme=scheme)
            contrast, where = page.evaluate(LEAST_CONTRAST)
            assert contrast >= 4.5, where
            dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 18, 18)"
            assert dark == (media == "screen" and scheme == "dark")
        assert not skip.is_visible()
        assert len(page.pdf(format="A4")) > 10_000
        page.emulate_media(media="screen")

        # On a phone the page stays as wide as the phone; a wide table scrolls in its own place, by keyboard.
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        place = page.get_by_role("region", name="03 · Pooling").filter(has=page.get_by_role("table"))
        place.focus()
        page.keyboard.press("End")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("place => place.scrollLeft > 0", arg=place.element_handle())
        assert page.evaluate("document.documentElement.scrollLeft") == 0

        # No script runs but the explorer's: a learner's words could not, if they came to be one.
        assert said == []
        page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'var ran = 1'}))")
        assert page.evaluate("typeof ran") == "undefined"
        assert "Content Security Policy" in said.pop()

        # A name leads to that learner's page, which is as wide and as legible.
        page.get_by_role("link", name="Ada Berg").first.click()
        assert page.get_by_role("heading", level=1).inner_text() == "Ada Berg"
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            contrast, where = page.evaluate(LEAST_CONTRAST)
            assert contrast >= 4.5, where

        assert said == []
        assert [url for url in asked if not url.startswith("file://")] == []
