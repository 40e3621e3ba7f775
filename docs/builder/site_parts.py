"""Parts of pages that follow from the course: the table of the lessons with their times."""

from __future__ import annotations

import re
from pathlib import Path

from cnnlab.course.lessons import Lesson, all_lessons

_ROW = re.compile(r"^\| (\d\d) \| \[.+?\]\(.+?\) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_MINUTES = re.compile(r"\*\*Time:\*\*\s(?:about\s)?(\d+)\sminutes")


def write(source: Path, course: Path) -> None:
    """Write the parts into ``_parts`` of the folder `source`, and the list of lessons."""
    (source / "_parts").mkdir(parents=True, exist_ok=True)
    lessons = all_lessons(course)
    table = lessons_table(lessons, (course / "README.md").read_text(encoding="utf-8"))
    (source / "_parts" / "lessons.md").write_text(table, encoding="utf-8")
    (source / "lessons").mkdir(exist_ok=True)
    names = "\n".join(lesson.name for lesson in lessons)
    text = f"# Lessons\n\n{table.replace('](lessons/', '](')}\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    (source / "lessons" / "index.md").write_text(text, encoding="utf-8")


def lessons_table(lessons: list[Lesson], readme: str) -> str:
    """Return the lessons as a table in Markdown: title, what a reader will do (the README's words), times."""
    known = {number: (does, runs) for number, does, runs in _ROW.findall(readme)}
    lines = ["| | Lesson | You will | Read and try | Cells run in |", "|---|---|---|---|---|"]
    for lesson in lessons:
        does, runs = known.get(lesson.number, ("", ""))
        title = lesson.title.partition(" · ")[2] or lesson.title
        lines.append(
            f"| {lesson.number} | [{title}](lessons/{lesson.name}.ipynb) | {does} | {minutes(lesson)} min | {runs} |"
        )
    return "\n".join(lines)


def minutes(lesson: Lesson) -> int:
    """Return how long a reader needs, as the lesson's first cell says."""
    text = lesson.source.read_text(encoding="utf-8")[:4000].replace("\n# ", " ")
    return int(_MINUTES.search(text)[1])


def write_contents(source: Path) -> None:
    """Write the contents below the front page and the page about the course; absent pages are left out."""
    for page, hidden, names in (
        ("index", True, ["lessons/index", "explorers", "formulas", "glossary", "api/index", "about"]),
        ("about", False, ["teaching", "measured", "cluster", "changelog"]),
    ):
        there = [
            name for name in names if any((source / f"{name}{end}").is_file() for end in (".md", ".rst", ".ipynb"))
        ]
        option = ":hidden:\n" if hidden else ""
        with (source / f"{page}.md").open("a", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(["", f"```{{toctree}}\n{option}", *there, "```", ""]))
