"""Parts of pages that follow from the course: the table of the lessons with their times."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from sources import lay

from cnnlab.course.lessons import Lesson, all_lessons
from cnnlab.course.navigation import repository

_MINUTES = re.compile(r"\*\*Time:\*\*\s(?:about\s)?(\d+)\sminutes")
_LESSONS = """\
# Lessons

"To read and try" is the time of one person alone, with the exercises. "Cells run in" is what all cells of the lesson
take together on two cores without a GPU. A lesson says in its first lines which others it needs.
"""

_COLAB = """\
Under the title of each lesson is a link that opens it in Colab, in a fresh copy of your own. Its first cell installs
`cnnlab`, and touches nothing that Colab has already.
"""
_NO_COLAB = """\
Under the title of each lesson is a link to its notebook, unsolved and without outputs. Open it in Colab with *File →
Upload notebook*. Its first cell installs `cnnlab` from the address in `COURSE_URL`. This copy of the course has no
published address, so write yours there: `git+https://…`.
"""


def write(source: Path, course: Path) -> None:
    """Write the table of the lessons into ``_parts`` of the folder `source`, and the page that lists them."""
    lessons = all_lessons(course)
    table = lessons_table(lessons)
    lay(source / "_parts" / "lessons.md", table)
    lay(source / "_parts" / "colab.md", _COLAB if published(course) else _NO_COLAB)
    names = "\n".join(lesson.name for lesson in lessons)
    rows = table.replace("](lessons/", "](")
    lay(source / "lessons" / "index.md", f"{_LESSONS}\n{rows}\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n")


def lessons_table(lessons: Sequence[Lesson]) -> str:
    """Return the lessons as a table in Markdown: title, what a reader will do (the README's words), times."""
    lines = ["| No. | Lesson | You will | To read and try | Cells run in |", "|---|---|---|---|---|"]
    for lesson in lessons:
        does, runs = _readme(lesson)
        title = lesson.title.partition(" · ")[2]
        link = f"[{title}](lessons/{lesson.name}.ipynb)"
        lines.append(f"| {lesson.number} | {link} | {does} | {minutes(lesson)} min | {runs} |")
    return "\n".join(['<div class="lesson-table">', "", *lines, "", "</div>"])


def published(course: Path) -> str:
    """Return the address of the course's repository; "" where none is known."""
    on_github = os.environ.get("GITHUB_REPOSITORY", "")
    return repository(course) or (f"https://github.com/{on_github}" if on_github else "")


def minutes(lesson: Lesson) -> int:
    """Return how long a reader needs, as the lesson's first cell says."""
    return int(_MINUTES.search(lesson.source.read_text(encoding="utf-8"))[1])


def cells_run_in(lesson: Lesson) -> str:
    """Return how long all cells of a lesson take, as the README says."""
    return _readme(lesson)[1]


def _readme(lesson: Lesson) -> tuple[str, str]:
    """What the README's table says of a lesson: what a learner does, and how long the cells take."""
    text = (lesson.course / "README.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| {lesson.number} \| \[.+?\]\(.+?\) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    return row[1], row[2]


def write_contents(source: Path) -> None:
    """Write the contents below the front page and the page about the course; absent pages are left out."""
    for page, names in (
        ("index", ["lessons/index", "explorers", "formulas", "glossary", "api/index", "about"]),
        ("about", ["teaching", "reach", "cluster", "measured", "changelog"]),
    ):
        there = [name for name in names if any((source / f"{name}{end}").is_file() for end in (".md", ".rst"))]
        with (source / f"{page}.md").open("a", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(["", "```{toctree}\n:hidden:\n", *there, "```", ""]))
