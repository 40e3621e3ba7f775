"""An executed notebook → a page for the browser that needs no network, no server and no other file.

nbconvert makes the cells. Its own pages fetch MathJax and more from elsewhere; here formulas become MathML, which
browsers draw with their own fonts, and a policy in the page keeps anything else from being fetched.
"""

from __future__ import annotations

import copy
import functools
import html
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from cnnlab.course.batch.report import STATUSES, Result, failure_html
from cnnlab.course.building.outputs import still
from cnnlab.course.look import COLOURS, frame

_POLICY = (
    "default-src 'none'; img-src data:; media-src data:; font-src data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'"
)
_LESSON = re.compile(r'href="(?:\./)?(\d\d_\w+|index)\.ipynb(?=["#])')
_OF_PAPERMILL = {"papermill-error-cell-tag", "injected-parameters"}


def page(notebook: dict[str, Any], result: Result) -> str:
    """Return a lesson as one HTML page, what failed first.

    Parameters
    ----------
    notebook : parsed JSON, executed as far as it went
    result : its line in the report
    """
    failure = result.failure
    top = ""
    if failure:
        link = f'<p><a href="#cell-id=cell-{failure.cell}">Go to the cell</a></p>' if failure.cell else ""
        shown = failure_html(failure).replace("<details>", "<details open>")
        top = f'<section class="failure">{shown}{link}</section>'
    try:
        body = _LESSON.sub(r'href="\1.html', _body(notebook))
    except Exception as error:  # noqa: BLE001  nbconvert's filters and templates raise anything; the notebook is there
        why = html.escape(f"{type(error).__name__}: {error}"[:200])
        body = f"<p>The notebook cannot be shown here: {why}</p>"
    file = html.escape(result.notebook)
    status = "ok" if result.status == "ok" else "failure"
    facts = f'<b class="{status}">{STATUSES[result.status]}</b> {result.seconds:.1f} s'
    facts += f' · <a href="{file}">{file}</a>' if file else ""
    nav = f'<nav><p><a href="index.html">All lessons</a> · {facts}</p></nav>'
    return frame(result.title, f"{nav}\n{top}\n{body}", _style(), _POLICY)


def markdown(source: str) -> str:
    """Return Markdown as HTML, its formulas as MathML and headings with anchors, as Jupyter makes them."""
    return _markdown()(source)


@functools.cache
def _markdown() -> Callable[[str], str]:
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        """Markdown with formulas as MathML."""

        def inline_math(self, body: str) -> str:
            return mathml(body)

        def block_math(self, body: str) -> str:
            return mathml(body, display="block")

        def latex_environment(self, name: str, body: str) -> str:
            return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", display="block")

        def multiline_math(self, text: str) -> str:
            return mathml(re.sub(r"^\$\$|\$\$$", "", text.strip()), display="block")

    return lambda source: MarkdownWithMath(renderer=Renderer(escape=False)).render(source)


def _body(notebook: dict[str, Any]) -> str:
    import nbformat
    from nbconvert import HTMLExporter

    class Exporter(HTMLExporter):
        def default_filters(self) -> Iterable[tuple[str, Any]]:
            yield from super().default_filters()
            yield "markdown2html", markdown

    node = nbformat.reads(json.dumps(_prepared(notebook)), as_version=4)  # joins the lines that a file has apart
    exporter = Exporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    return exporter.from_notebook_node(node)[0]


def _prepared(notebook: dict[str, Any]) -> dict[str, Any]:
    """A copy without what only a kernel can show, each cell named by its number in the notebook as written."""
    cells, number = [], 0
    for cell in copy.deepcopy(notebook["cells"]):
        tags = set(cell["metadata"].get("tags", []))
        number += not tags & _OF_PAPERMILL
        if "papermill-error-cell-tag" in tags:
            continue
        cell["id"] = f"cell-{number}" if not tags & _OF_PAPERMILL else "cell-parameters"
        if cell["cell_type"] == "code":
            cell["outputs"] = list(still(cell["outputs"]))
            for output in cell["outputs"]:
                if "text/latex" in output.get("data", {}):
                    output["data"]["text/markdown"] = output["data"].pop("text/latex")  # for the same formulas
        cells.append(cell)
    metadata = {"language_info": {"name": "python", "pygments_lexer": "python3"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def mathml(tex: str, display: str = "inline") -> str:
    """A formula of TeX as MathML; as it is where it cannot be read.

    >>> mathml("x^2").startswith("<math"), mathml("{")
    (True, '<code>{</code>')
    """
    from latex2mathml.converter import convert

    try:
        return convert(html.unescape(tex), display=display)
    except Exception:  # noqa: BLE001  its parser raises many kinds for what it does not know
        return f"<code>{html.escape(tex)}</code>"


def _style() -> str:
    from pygments.formatters import HtmlFormatter

    light, dark = (HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("xcode", "monokai"))
    plain = ".highlight, .highlight pre { background: var(--soft); }"
    return f"{COLOURS}{_STYLE}{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n{plain}"


_STYLE = """
:root { --red: #b3261e; --green: #1a6b2d; --yellow: #7a5a00; --blue: #0550ae; --purple: #7d3cb5; --cyan: #0b6470;
  --jp-content-font-color1: var(--text); --jp-error-color1: var(--bad); --jp-success-color1: var(--good);
  --jp-info-color1: var(--link); }
@media screen and (prefers-color-scheme: dark) { :root { --red: #ff8e86; --green: #56d364; --yellow: #e3b341;
  --blue: #79b8ff; --purple: #d2a8ff; --cyan: #76e3ea; } }
a.anchor-link { visibility: hidden; padding-left: .3em; text-decoration: none; }
:is(h1, h2, h3, h4):hover > a.anchor-link { visibility: visible; }
b.ok { color: var(--good); }
b.failure, p.failure { color: var(--bad); }
section.failure { border-left: .4rem solid var(--bad); padding: .2rem 1rem; }
.code_cell { margin: 1rem 0; }
.input_area, section.failure pre { border: 1px solid var(--line); border-radius: 4px; background: var(--soft); }
.output_area { margin: .4rem 0; overflow-x: auto; }
.output_error pre, .output_stderr pre { border-left: .3rem solid var(--bad); }
.prompt { display: none; }
img, svg, video { max-width: 100%; height: auto; }
.output_area img { background: #fff; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .2rem .6rem; }
math[display=block] { display: block math; overflow-x: auto; margin: .8rem 0; }
summary { cursor: pointer; }
.ansi-bold { font-weight: bold; }
.ansi-red-fg, .ansi-red-intense-fg { color: var(--red); }
.ansi-green-fg, .ansi-green-intense-fg { color: var(--green); }
.ansi-yellow-fg, .ansi-yellow-intense-fg { color: var(--yellow); }
.ansi-blue-fg, .ansi-blue-intense-fg { color: var(--blue); }
.ansi-magenta-fg, .ansi-magenta-intense-fg { color: var(--purple); }
.ansi-cyan-fg, .ansi-cyan-intense-fg { color: var(--cyan); }
"""
