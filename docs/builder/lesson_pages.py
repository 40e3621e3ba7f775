"""A lesson's committed notebook → the notebook that Sphinx reads: outputs as they are, pictures as files beside it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from moving import place

from cnnlab.course.copy.workbook import fresh
from cnnlab.course.lessons import Lesson, all_lessons, find_lessons
from cnnlab.course.navigation import MARK
from cnnlab.course.notebook import read_notebook

_NAVIGATION = re.compile(rf"^{MARK}\n(?:.+\n)*\n?", re.MULTILINE)
_BYTES = re.compile(r'src="data:image/(png|jpeg|gif|webp);base64,([^"]+)"')
_TWIN = re.compile(r'<div class="cnnlab-twin">')


def chosen(words: Sequence[str], course: Path) -> list[Lesson]:
    """Return the lessons that `words` name, all where there are none."""
    return find_lessons(words, course)


def write(lessons: Sequence[Lesson], made: Mapping[str, str], source: Path, course: Path) -> None:
    """Write the pages of `lessons` into ``lessons/`` of the folder `source`, and stubs for all others.

    Parameters
    ----------
    lessons : which to write in full
    made : cells' source → the key of the explorer that was exported for it
    source : the folder that Sphinx reads
    course : the course folder
    """
    folder = source / "lessons"
    folder.mkdir(exist_ok=True)
    for lesson in all_lessons(course):
        if lesson not in lessons:
            cell = {"cell_type": "markdown", "metadata": {}, "source": f"# {lesson.title}\n\nNot in this build."}
            page = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
            (folder / f"{lesson.name}.ipynb").write_text(json.dumps(page), encoding="utf-8")
            continue
        page = lesson_page(lesson, made, folder)
        (folder / f"{lesson.name}.ipynb").write_text(json.dumps(page), encoding="utf-8")
        download = source / "_extra" / "download"
        download.mkdir(exist_ok=True)
        clean = json.dumps(fresh(lesson), ensure_ascii=False, indent=1, sort_keys=True)
        (download / f"{lesson.name}.ipynb").write_text(clean + "\n", encoding="utf-8")


def lesson_page(lesson: Lesson, made: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Return a lesson's notebook for Sphinx; its pictures are written into ``pictures/`` below `folder`."""
    notebook = read_notebook(lesson.notebook)
    cells = []
    for cell in notebook["cells"]:
        tags = set(cell["metadata"].get("tags", []))
        if "navigation" in tags:
            continue
        if cell["cell_type"] == "markdown":
            cell["source"] = _NAVIGATION.sub("", cell["source"])
        else:
            cell["metadata"] = {"tags": ["hide-input"] if "bootstrap" in tags else []}
            for output in cell["outputs"]:
                _show(output, cell["source"], made, folder)
        cells.append(cell)
    return {**notebook, "cells": cells, "metadata": {"kernelspec": notebook["metadata"]["kernelspec"]}}


def _show(output: dict[str, Any], code: str, made: Mapping[str, str], folder: Path) -> None:
    data = output.get("data", {})
    if "text/html" not in data:
        return
    html = "".join(data["text/html"])
    html = _BYTES.sub(lambda found: f'loading="lazy" src="{_picture(found[1], found[2], folder)}"', html)
    if _TWIN.search(html) and code in made:
        html = place(made[code], html)
    output["data"] = {"text/html": html}


def _picture(kind: str, packed: str, folder: Path) -> str:
    """Write a picture's bytes under a name of their own and return its address as seen from a lesson's page."""
    data = base64.b64decode(packed)
    name = f"{hashlib.sha256(data).hexdigest()[:16]}.{kind}"
    target = folder.parent / "_extra" / "lessons" / "pictures"
    target.mkdir(parents=True, exist_ok=True)
    (target / name).write_bytes(data)
    return f"pictures/{name}"
