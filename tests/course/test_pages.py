"""The page of a lesson: everything in it, formulas included, with no network and no server."""

from __future__ import annotations

import json
import re
from pathlib import Path

import browser
import pytest
from toy_course import PIXEL

from cnnlab.course.batch import pages
from cnnlab.course.batch.execute import Failure
from cnnlab.course.batch.pages import mathml, page
from cnnlab.course.batch.report import Result
from cnnlab.course.notebook import read_notebook

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9][0-9]_*.ipynb"))
FAILURE = Failure(3, "1 / 0  # <b>", "ZeroDivisionError", "division by zero", "Traceback: line 1")


def notebook(*cells: dict) -> dict:
    return {"cells": [{"metadata": {}, **cell} for cell in cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def markdown(source: str) -> dict:
    return {"cell_type": "markdown", "source": source}


def code(source: str, *outputs: dict, **more: object) -> dict:
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "execution_count": 1, **more}


def display(**data: object) -> dict:
    return {"output_type": "display_data", "data": {k.replace("_", "/", 1): v for k, v in data.items()}, "metadata": {}}


def shown(*cells: dict, failure: Failure | None = None) -> str:
    status = "raised" if failure else "ok"
    return page(notebook(*cells), Result("03_pooling", "03 · Pooling", "x", status=status, failure=failure))


def test_what_failed_comes_first_and_leads_to_its_cell():
    cells = markdown("# Pooling"), code("SEED = 0", metadata={"tags": ["parameters"]})
    injected = code("SEED = 7", metadata={"tags": ["injected-parameters"]})
    note = {**markdown("papermill's own words"), "metadata": {"tags": ["papermill-error-cell-tag"]}}
    text = shown(note, *cells, injected, note, code("1 / 0  # <b>"), failure=FAILURE)
    assert text.index("cell 3: ZeroDivisionError: division by zero") < text.index("<h1 id=")
    assert "<details open><summary>Traceback</summary>" in text
    assert 'href="#cell-id=cell-3"' in text
    assert text.index('id="cell-id=cell-3"') < text.rindex("# &lt;b&gt;")
    assert "papermill" not in text
    assert len(re.findall('id="cell-id=cell-3"', text)) == 1


def test_formulas_are_mathml_wherever_they_stand():
    tables = "| a |\n|---|\n| $x_1$ |"
    text = shown(
        markdown(f"# F\n\n$a<b$ and $$\\frac{{1}}{{2}}$$\n\n{tables}"), code("1", display(text_latex="$\\pi$"))
    )
    assert text.count("<math") == 4
    assert "<mfrac>" in text
    assert "&lt;" in text
    assert "\\pi" not in text


def test_what_cannot_be_read_as_a_formula_stays_as_it_is():
    assert mathml("{") == "<code>{</code>"
    assert mathml("<b>") == mathml("&lt;b&gt;")
    assert "<b>" not in shown(markdown("$<b>$"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem[:2])
def test_every_formula_of_the_course_can_be_read(lesson):
    for cell in read_notebook(lesson)["cells"]:
        if cell["cell_type"] == "markdown":
            for display_, inline in re.findall(r"\$\$(.+?)\$\$|\$(.+?)\$", cell["source"], re.DOTALL):
                assert mathml(display_ or inline).startswith("<math"), display_ or inline


def test_widgets_leave_their_picture_and_lines_are_joined():
    view = display(**{"application_vnd.jupyter.widget-view+json": {"model_id": "a"}, "text_plain": "Box()"})
    picture = display(text_html=[f'<img alt="two pixels" src="data:image/png;base64,{PIXEL}"', ">"])
    stream = {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]}
    text = shown(code("explore()", picture, view, stream))
    assert "widget-view" not in text
    assert 'alt="two pixels"' in text
    assert "one\ntwo\n" in text


def test_links_lead_from_page_to_page():
    text = shown(markdown("[next](05_first_cnn.ipynb) [all](index.ipynb) [part](./02_padding.ipynb#s) [x](a.ipynb)"))
    for target in ("05_first_cnn.html", "index.html", "02_padding.html#s", "a.ipynb"):
        assert f'href="{target}"' in text


def test_a_notebook_that_nbconvert_cannot_show_has_a_page(monkeypatch):
    def broken(_):
        raise KeyError("filter")

    monkeypatch.setattr(pages, "_body", broken)
    text = shown(code("1"), failure=FAILURE)
    assert "The notebook cannot be shown here: KeyError: " in text
    assert "ZeroDivisionError" in text


def test_the_words_of_a_notebook_are_no_markup_of_the_page():
    text = page(notebook(), Result("03_a", "<script>a</script>", "x", status="ok", notebook='"><b>.ipynb'))
    assert "<script>a" not in text
    assert '"><b>' not in text


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH")
def test_a_page_from_a_folder_fetches_nothing_and_fits_a_small_window(tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api")
    lesson = read_notebook(next(path for path in LESSONS if path.stem.startswith("02")))
    outside = '<img alt="none" src="https://example.org/a.png"><script src="https://example.org/a.js"></script>'
    lesson["cells"].append({**code("1", display(text_html=outside)), "metadata": {}})
    result = Result("02", "02", "x", status="raised", failure=FAILURE)
    (tmp_path / "02.html").write_text(page(json.loads(json.dumps(lesson)), result), encoding="utf-8")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.executable(), args=browser.FLAGS)
        backs = set()
        for scheme in ("light", "dark"):
            opened = chromium.new_page(viewport={"width": 800, "height": 900}, color_scheme=scheme)
            reasons = []
            opened.on("requestfailed", lambda request, reasons=reasons: reasons.append(request.failure))
            opened.goto((tmp_path / "02.html").as_uri())
            assert reasons == ["csp", "csp"]  # refused by the page's own policy, not by a missing network
            assert opened.evaluate("document.documentElement.scrollWidth") <= 800
            assert opened.evaluate("document.querySelector('math').getBoundingClientRect().height") > 8
            backs.add(opened.evaluate("getComputedStyle(document.body).backgroundColor"))
            words = "getComputedStyle(document.querySelector('p.failure')).color"
            assert contrast(opened.evaluate(words), max(backs) if scheme == "light" else min(backs)) >= 4.5
        chromium.close()
    assert len(backs) == 2


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as the browser has them, by the rule of WCAG 2."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
