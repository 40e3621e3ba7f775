"""Lessons into notebooks: ``lessons/*.py``, which we write, to ``notebooks/*.ipynb``, which people open, with outputs.

The same lesson gives the same file anywhere: cell ids come from the position, nothing is timed, the data are those that
need no network, and an output that names a folder of this machine fails the build. A notebook that is wrong in any way
is not written.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from cnnlab._atomic import write_atomic
from cnnlab._outputs import problems_of, still
from cnnlab.course import Lesson, find_lessons
from cnnlab.execute import Task, environment
from cnnlab.execute import execute as execute_notebooks

BOOTSTRAP = """\
# Makes `import cnnlab` work: nothing to do where it is installed, one installation on Colab or elsewhere.
import importlib.util
import os
import subprocess
import sys

COURSE_URL = os.environ.get("COURSE_URL", "{url}")  # {note}
if importlib.util.find_spec("cnnlab") is None:
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--upgrade-strategy", "only-if-needed"]
    if not COURSE_URL or subprocess.run([*pip, COURSE_URL]).returncode:
        raise RuntimeError("cnnlab is not installed. {remedy}")
    importlib.invalidate_caches()
from cnnlab.startup import load_keras

load_keras()  # a few seconds, without the lines that TensorFlow would put here in red"""

_TITLE_CELL = re.compile(r"# %% \[markdown\].*\n# # .*\n")
_BADGE = re.compile(r"^# <!-- badge -->.*$", re.MULTILINE)
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_NO_HEADER = {"jupytext": {"notebook_metadata_filter": "-all"}}
# Nothing of the kernel's life belongs in a committed file.
_OPTIONS = {"record_timing": False, "store_widget_state": False}


class BuildError(RuntimeError):
    """A lesson could not be made into a notebook that may be committed."""


def repository(course: Path) -> str:
    """Return the address in the course's pyproject.toml, ``[project.urls] Repository``; "" if none is set."""
    file = course / "pyproject.toml"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    # tomllib came with Python 3.11; one plain line does not need it.
    section = re.search(r"^\[project\.urls\][^\n]*\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    line = section and re.search(r"""^"?repository"?\s*=\s*["']([^"'\s]+)["']""", section[1], re.MULTILINE | re.I)
    return line[1].rstrip("/").removesuffix(".git") if line else ""


def bootstrap(url: str) -> str:
    """Return the source of the cell that makes ``import cnnlab`` work; `url` is the repository, "" if there is none.

    >>> bootstrap("").count("\\n") < 15
    True
    """
    if url:
        remedy = "Go online and retry, or run `pip install .` in the course folder."
        return BOOTSTRAP.format(url=f"git+{url}", note="where it is published", remedy=remedy)
    remedy = "Run `pip install .` in the course folder, or set COURSE_URL."
    return BOOTSTRAP.format(url="", note="this copy of the course has no address yet", remedy=remedy)


def badge(url: str, name: str) -> str:
    """Return the line under a lesson's title that opens it in Colab, or that says why there is none.

    >>> badge("", "02_padding_and_stride")
    '<!-- badge --> *Open in Colab: this copy of the course has no address yet.*'
    """
    if not url:
        return "<!-- badge --> *Open in Colab: this copy of the course has no address yet.*"
    github = re.fullmatch(r"https://github\.com/([^/]+/[^/]+)", url)
    if not github:
        return f"<!-- badge --> *Colab opens notebooks from GitHub only; this course is at <{url}>.*"
    link = f"https://colab.research.google.com/github/{github[1]}/blob/main/notebooks/{name}.ipynb"
    return f"<!-- badge --> [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({link})"


def build(
    lessons: Iterable[str] | None = None,
    *,
    execute: bool = True,
    force: bool = False,
    jobs: int = 1,
    timeout: float = 600.0,
    course: Path | None = None,
    announce: Callable[[str], object] = lambda line: None,
) -> list[str]:
    """Build and execute the notebooks whose lesson has changed.

    Parameters
    ----------
    lessons : numbers, names or paths; all lessons when empty
    execute : False writes the notebooks without outputs
    force : build also what has not changed
    jobs : notebooks executed at a time, >= 1
    timeout : seconds a notebook may take, > 0
    course : the course folder; looked for when not given
    announce : called with a line for each notebook as it is done

    Returns
    -------
    list of str
        Names of the notebooks written.

    Raises
    ------
    CourseError
        For an unknown lesson.
    BuildError
        If a notebook failed; the message lists every problem with its lesson and cell. The other notebooks are written.
    """
    written, problems, todo = [], [], {}
    for lesson in _with_source(find_lessons(lessons, course)):
        notebook = stamped(lesson)
        if (text := _stamped_text(lesson)) != lesson.source.read_text(encoding="utf-8"):
            write_atomic(lesson.source, text)
        if force or not _is_current(lesson, notebook, execute):
            todo[lesson.name] = (lesson, notebook)
        else:
            announce(f"unchanged  {lesson.name}")
    for lesson, notebook, failure in _executed(todo, jobs, timeout) if execute else _unexecuted(todo):
        found = [failure] if failure else problems_of(lesson, notebook, _text(notebook))
        if found:
            problems += found
            announce(f"failed     {lesson.name}")
        else:
            write_atomic(lesson.notebook, _text(notebook))
            written.append(lesson.name)
            announce(f"written    {lesson.name}")
    if problems:
        raise BuildError("\n".join(problems))
    return written


def check(lessons: Iterable[str] | None = None, *, course: Path | None = None) -> list[str]:
    """Return where lessons and notebooks disagree: one line a lesson, naming the first cell; empty when all agree.

    Also reported: a notebook without a lesson or without outputs, and a lesson whose badge or bootstrap cell is not the
    present one.
    """
    return [line for lesson in find_lessons(lessons, course) if (line := _disagreement(lesson))]


def sync(lessons: Iterable[str] | None = None, *, course: Path | None = None) -> list[str]:
    """Take edits made in notebooks back into the lessons, and return the names of the lessons rewritten.

    Raises
    ------
    BuildError
        If a lesson that disagrees with its notebook was changed after it; which of the two is right is not ours to say.
    """
    import jupytext

    rewritten = []
    for lesson in find_lessons(lessons, course):
        if not lesson.notebook.is_file():
            continue
        notebook = _read(lesson.notebook)
        if lesson.source.is_file():
            if _first_difference(_read(lesson.source)["cells"], notebook["cells"]) is None:
                continue
            if lesson.source.stat().st_mtime > lesson.notebook.stat().st_mtime:
                raise BuildError(
                    f"{lesson.name}: the lesson is newer than its notebook. To keep the lesson: "
                    f"`cnnlab build {lesson.number}`. To keep the notebook: save it again, then `cnnlab build --sync`"
                )
        # Of what an editor notes in a notebook, only the tags belong to the lesson.
        cells = [{**cell, "metadata": _tags(cell)} for cell in notebook["cells"]]
        bare = _notebook_node({**notebook, "cells": cells, "metadata": _NO_HEADER})
        write_atomic(lesson.source, jupytext.writes(bare, fmt="py:percent"))
        rewritten.append(lesson.name)
    return rewritten


def stamp(text: str, url: str, name: str) -> str:
    """Return a lesson's text with the badge and the bootstrap cell of today in it, and nothing else changed.

    Parameters
    ----------
    text : the lesson as py:percent
    url : address of the repository, "" if there is none
    name : the lesson's name

    Raises
    ------
    BuildError
        If the lesson does not begin with a Markdown cell that begins with the title.
    """
    before, *cells = re.split(r"^(?=# %%)", text, flags=re.MULTILINE)
    if not cells or not _TITLE_CELL.match(cells[0]):
        raise BuildError(f"{name}: the first cell must be Markdown and begin with the title, `# …`")
    line = badge(url, name)
    if _BADGE.search(cells[0]):
        cells[0] = _BADGE.sub(lambda _: f"# {line}", cells[0], count=1)
    else:
        cells[0] = _TITLE_CELL.sub(lambda title: f"{title[0]}#\n# {line}\n", cells[0], count=1)
    cell = f'# %% tags=["bootstrap"]\n{bootstrap(url)}\n\n'
    places = [n for n, cell in enumerate(cells) if '"bootstrap"' in cell.partition("\n")[0]]
    cells[places[0] if places else 1 : places[0] + 1 if places else 1] = [cell]
    return before + "".join(cells)


def stamped(lesson: Lesson) -> dict[str, Any]:
    """Return a lesson as a notebook without outputs, with the badge and the bootstrap cell of today in it."""
    import jupytext

    notebook = jupytext.reads(_stamped_text(lesson), fmt="py:percent")
    for position, cell in enumerate(notebook["cells"], start=1):
        cell["id"] = f"lesson-{lesson.number}-cell-{position:03d}"
        # Beside the tags, jupytext notes how many blank lines a lesson has between two cells.
        cell["metadata"] = {k: v for k, v in cell["metadata"].items() if not k.startswith("lines_to_")}
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return {"cells": notebook["cells"], "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}


def _stamped_text(lesson: Lesson) -> str:
    return stamp(lesson.source.read_text(encoding="utf-8"), repository(lesson.course), lesson.name)


def _with_source(lessons: list[Lesson]) -> list[Lesson]:
    for lesson in lessons:
        if not lesson.source.is_file():
            raise BuildError(f"{lesson.name}: there is no {lesson.source}. From the notebook: `cnnlab build --sync`")
    return lessons


def _read(path: Path) -> dict[str, Any]:
    """Read a lesson or a notebook as plain notebook JSON, every source one string."""
    import jupytext

    text = path.read_text(encoding="utf-8")
    try:
        notebook = json.loads(text) if path.suffix == ".ipynb" else jupytext.reads(text, fmt="py:percent")
    except ValueError as error:
        raise BuildError(f"{path.name}: cannot be read: {error}") from None
    cells = [{**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]]
    return {**notebook, "cells": cells}


def _notebook_node(notebook: dict[str, Any]) -> Any:
    import nbformat

    return nbformat.from_dict(notebook)


def _text(notebook: dict[str, Any]) -> str:
    import nbformat

    node = _notebook_node(notebook)
    nbformat.validate(node)
    return nbformat.writes(node).rstrip() + "\n"


def _tags(cell: dict[str, Any]) -> dict[str, Any]:
    return {"tags": cell["metadata"]["tags"]} if cell["metadata"].get("tags") else {}


def _first_difference(lesson: list[dict[str, Any]], notebook: list[dict[str, Any]]) -> int | None:
    """Return the number, from 1, of the first cell that differs in kind, text or tags; None if none does."""
    ours, theirs = ([(c["cell_type"], c["source"], _tags(c)) for c in cells] for cells in (lesson, notebook))
    if ours == theirs:
        return None
    same = (a == b for a, b in zip(ours, theirs, strict=False))
    return next((n for n, equal in enumerate(same, start=1) if not equal), min(len(ours), len(theirs)) + 1)


def _disagreement(lesson: Lesson) -> str | None:
    if not lesson.source.is_file():
        return f"{lesson.name}: a notebook without a lesson. To make one of it: `cnnlab build --sync {lesson.number}`"
    mend = f"`cnnlab build {lesson.number}`"
    wanted = stamped(lesson)
    if _stamped_text(lesson) != lesson.source.read_text(encoding="utf-8"):
        return f"{lesson.name}: not today's badge or bootstrap cell. {mend} puts them in"
    if not lesson.notebook.is_file():
        return f"{lesson.name}: no notebook yet. {mend} makes it"
    notebook = _read(lesson.notebook)
    cell = _first_difference(wanted["cells"], notebook["cells"])
    if cell:
        return f"{lesson.name}: cell {cell}: lesson and notebook differ. {mend} follows the lesson"
    cell = _first_unexecuted(notebook)
    return f"{lesson.name}: cell {cell}: not executed, or out of order. {mend} --force executes it" if cell else None


def _first_unexecuted(notebook: dict[str, Any]) -> int | None:
    count = 0
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] == "code" and cell["source"].strip():
            count += 1
            if cell["execution_count"] != count:
                return number
    return None


def _is_current(lesson: Lesson, notebook: dict[str, Any], executed: bool) -> bool:
    if not lesson.notebook.is_file():
        return False
    there = _read(lesson.notebook)
    same = _first_difference(notebook["cells"], there["cells"]) is None
    return same and not (executed and _first_unexecuted(there))


_Built = Iterator[tuple[Lesson, dict[str, Any], str]]


def _unexecuted(todo: dict[str, tuple[Lesson, dict[str, Any]]]) -> _Built:
    return ((lesson, notebook, "") for lesson, notebook in todo.values())


def _executed(todo: dict[str, tuple[Lesson, dict[str, Any]]], jobs: int, timeout: float) -> _Built:
    """Yield each lesson with its executed notebook and, if it failed, the reason."""
    with tempfile.TemporaryDirectory(prefix="cnnlab-cache-") as cache:
        env = environment()  # the same threads whatever `jobs` is: with others a network is trained to other numbers
        # Data, framework and device as on any machine: nothing downloaded, nobody's own files, no GPU.
        env.update(CNNLAB_OFFLINE="1", CNNLAB_CACHE=cache, KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="-1")
        env.update(PYTHONHASHSEED="0")
        env.pop("CNNLAB_DATA", None)
        tasks = [
            Task(name, notebook, lesson.notebook.parent, options=_OPTIONS) for name, (lesson, notebook) in todo.items()
        ]
        for task, outcome in execute_notebooks(tasks, jobs=jobs, timeout=timeout, env=env):
            lesson, notebook = todo[task.name]
            failure = f"{lesson.name}: {outcome.failure}" if outcome.failure else ""
            if not failure:
                for cell, ran in zip(notebook["cells"], outcome.notebook["cells"], strict=True):
                    if cell["cell_type"] == "code":
                        cell["outputs"] = list(still(ran["outputs"]))
                        cell["execution_count"] = ran["execution_count"]
            yield lesson, notebook, failure
