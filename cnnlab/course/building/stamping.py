"""What the build stamps into a lesson: the links to its neighbours, and the cell that makes cnnlab importable."""

from __future__ import annotations

import re

from cnnlab.course.building.lesson_text import BuildError
from cnnlab.course.lessons import Lesson, all_lessons
from cnnlab.course.navigation import MARK, links, navigation, repository

# As short as it can be: what it does must be done before there is a cnnlab to do it.
BOOTSTRAP = """\
# @title Setup: run this cell first
import importlib.util
import os
import subprocess
import sys

COURSE_URL = os.environ.get("COURSE_URL", "{url}")
if importlib.util.find_spec("cnnlab") is None:
    if not COURSE_URL or subprocess.run([sys.executable, "-m", "pip", "install", "-qq", COURSE_URL]).returncode:
        raise RuntimeError("cnnlab is not installed. {remedy}")
    importlib.invalidate_caches()
from cnnlab.course.startup import load_keras

load_keras()"""

_TITLE_CELL = re.compile(r"# %% \[markdown\].*\n# # .*\n")
_NAVIGATION = re.compile(rf"^# {MARK}\n(?:# .+\n)*", re.MULTILINE)
_FOOT = '# %% [markdown] tags=["navigation"]'


def bootstrap(url: str) -> str:
    """Return the source of the cell that makes ``import cnnlab`` work; `url` is the repository, "" if there is none.

    >>> bootstrap("").count("\\n") < 15
    True
    """
    if url:
        remedy = "Go online and retry, or run `pip install .` in the course folder."
        return BOOTSTRAP.format(url=f"git+{url}", remedy=remedy)
    remedy = "Run `pip install .` in the course folder, or set COURSE_URL."
    return BOOTSTRAP.format(url="", remedy=remedy)


def stamp(text: str, lesson: Lesson) -> str:
    """Return a lesson's text with the navigation and the bootstrap cell of today in it, and nothing else changed.

    Parameters
    ----------
    text : the lesson as py:percent
    lesson : which lesson it is

    Raises
    ------
    BuildError
        If the lesson does not begin with a Markdown cell that begins with the title.
    """
    before, *cells = re.split(r"^(?=# %%)", text, flags=re.MULTILINE)
    if not cells or not _TITLE_CELL.match(cells[0]):
        raise BuildError(f"{lesson.name}: the first cell must be Markdown and begin with the title, `# …`")
    url = repository(lesson.course)
    lessons = [other for other in all_lessons(lesson.course) if other.source.is_file()]
    top = _commented(navigation(lesson, lessons, url))
    if _NAVIGATION.search(cells[0]):
        cells[0] = _NAVIGATION.sub(lambda _: top, cells[0], count=1)
    else:
        cells[0] = _TITLE_CELL.sub(lambda title: f"{title[0]}#\n{top}", cells[0], count=1)
    cell = f'# %% tags=["bootstrap"]\n{bootstrap(url)}\n\n'
    places = [n for n, cell in enumerate(cells) if '"bootstrap"' in cell.partition("\n")[0]]
    cells[places[0] if places else 1 : places[0] + 1 if places else 1] = [cell]
    cells = [cell for cell in cells if not cell.startswith(_FOOT)]
    body = (before + "".join(cells)).rstrip("\n")
    return f"{body}\n\n{_FOOT}\n{_commented(links(lesson, lessons))}"


def _commented(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.split("\n"))
