"""A lesson's committed notebook → the notebook that Sphinx reads: outputs as they are, pictures as files beside it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from explorer_pages import Moving
from moving import place
from site_parts import cells_run_in, minutes, published
from sources import lay

from cnnlab.course.copy.workbook import fresh
from cnnlab.course.lessons import Lesson, all_lessons
from cnnlab.course.navigation import MARK, binder, colab
from cnnlab.course.notebook import read_notebook
from cnnlab.explore.cells import named_in

EXTRA = "_extra"  # of Sphinx' sources: what lies beside the pages as it is
_NAVIGATION = re.compile(rf"^{MARK}\n(?:.+\n)*\n?", re.MULTILINE)
_TITLE = re.compile(r"\A# .+\n")
_BYTES = re.compile(r'(?: style="[^"]*")? src="data:image/(png|jpeg|gif|webp);base64,([^"]+)"')
_TWIN = re.compile(r'(?:<style>.*?</style>)?(<div class="cnnlab-twin">.*)<p>.*?</p></div>', re.DOTALL)
_RUN_IT = '<p class="cnnlab-note">Its controls need the notebook: run this cell there.</p></div>'
_OWN_EXAMPLE = (
    '<p class="cnnlab-note">The explorer above shows what this lesson has made, and moves in the notebook alone. '
    "The one below has an example of its own, and moves here.</p>"
)
_ASKS = re.compile(r"\bpredict=True\b")
_AFTER_A_GUESS = (
    '<details class="guess"><summary>Write your guess down, then open this: here the explorer moves, and answers.'
    "</summary>{}</details>"
)
_SEE_ABOVE = (
    '<p class="cnnlab-note">This one moves in the notebook alone. <a href="#explorer-{name}">Higher up on this '
    "page</a> one of its kind moves.</p>"
)


def write(lessons: Sequence[Lesson], moving: Moving, source: Path, course: Path) -> None:
    """Write the pages of `lessons` into ``lessons/`` of the folder `source`, and stubs for all others.

    Parameters
    ----------
    lessons : which to write in full
    moving : the explorers that have been exported
    source : the folder that Sphinx reads
    course : the course folder
    """
    for lesson in all_lessons(course):
        if lesson in lessons:
            page = lesson_page(lesson, moving, source / EXTRA / "lessons")
            clean = json.dumps(fresh(lesson), ensure_ascii=False, indent=1, sort_keys=True)
            lay(source / EXTRA / "download" / f"{lesson.name}.ipynb", clean + "\n")
        else:  # so that links to it can be made
            page = _page([_words(f"# {lesson.title}\n\nThis lesson is not in this build.")])
        lay(source / "lessons" / f"{lesson.name}.ipynb", json.dumps(page))


def lesson_page(lesson: Lesson, moving: Moving, extra: Path) -> dict[str, Any]:
    """Return a lesson's notebook for Sphinx; its pictures are written into ``pictures/`` of the folder `extra`."""
    notebook = read_notebook(lesson.notebook)
    facts = _facts(lesson, notebook)
    cells, shown = [], set()
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if cell["cell_type"] == "markdown":
            if "navigation" not in tags:
                cells.append(_words(_NAVIGATION.sub("", cell["source"])))
            continue
        cell["metadata"] = {"tags": ["hide-input"]} if "bootstrap" in tags else {}
        for output in cell["outputs"]:
            if "text/html" in output.get("data", {}):
                page = "".join(output["data"]["text/html"])
                output["data"] = {"text/html": _on_site(page, cell["source"], moving, shown, extra)}
        cells.append(cell)
    first = cells[0]["source"]
    end = _TITLE.match(first).end()
    cells[0] = _words(f"{first[:end]}\n{facts}\n\n{first[end:]}")
    return _page(cells)


def _words(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _page(cells: list[dict[str, Any]]) -> dict[str, Any]:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cells = [{key: value for key, value in cell.items() if key != "id"} for cell in cells]
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}


def _facts(lesson: Lesson, notebook: dict[str, Any]) -> str:
    """What stands under the title: times, how much there is to do, and where the notebook can be had."""
    tags = [tag for cell in notebook["cells"] for tag in cell["metadata"].get("tags", [])]
    facts = [f"{minutes(lesson)} minutes to read and try", f"cells run in {cells_run_in(lesson)}"]
    if exercises := len({tag for tag in tags if tag.startswith("exercise-")}):
        facts.append(f"{exercises} exercises")
    links = [f'<a class="badge" href="../download/{lesson.name}.ipynb" download>Download the notebook, unsolved</a>']
    url = published(lesson.course)
    for words, address in (("Open in Colab", colab(url, lesson.name)), ("Open in Binder", binder(url, lesson))):
        if address:
            links.append(f'<a class="badge" href="{html.escape(address)}">{words}</a>')
    return f'<p class="lesson-facts">{" · ".join(facts)}</p>\n<p class="lesson-links">{" ".join(links)}</p>'


def _on_site(page: str, code: str, moving: Moving, shown: set[str], extra: Path) -> str:
    """An output's HTML as the site shows it; `shown` are the classes of which an explorer moves on the page already."""
    page = _BYTES.sub(lambda found: f' loading="lazy" src="pictures/{picture(found[1], found[2], extra)}"', page)
    twin = _TWIN.search(page)
    if not twin:
        return page
    still, name = twin[1], named_in(code)
    key = moving.cells.get(code)
    if not key and name not in moving.classes:
        return still + _RUN_IT
    if not key and name in shown:
        return f"{still}{_SEE_ABOVE.format(name=name)}</div>"
    anchor = "" if name in shown else f' id="explorer-{name}"'
    shown.add(name)
    if key and _ASKS.search(code):
        return f"{still}</div>{_AFTER_A_GUESS.format(f'<div{anchor}>{place(key)}</div>')}"
    if key:
        return f"<div{anchor}>{place(key, still + _RUN_IT)}</div>"
    own = f"{_OWN_EXAMPLE}<div{anchor}>{place(name)}</div>"
    return f"{still}</div>{_AFTER_A_GUESS.format(own) if _ASKS.search(code) else own}"


def picture(kind: str, packed: str, extra: Path) -> str:
    """Write a picture's bytes (base64) into ``pictures/`` of a folder, named after them, and return the name."""
    data = base64.b64decode(packed)
    name = f"{hashlib.sha256(data).hexdigest()[:16]}.{kind}"
    lay(extra / "pictures" / name, data)
    return name
