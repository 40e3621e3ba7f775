"""How far a learner is, computed from notebooks alone: what their check cells said when they were last saved.

Nothing is stored, sent or asked. A check cell's output begins with ✔, ✘ or ○; a cell that has not run counts as ○.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnlab.course import navigation
from cnnlab.course.lessons import Lesson
from cnnlab.course.notebook import NotebookError, read_notebook

SIGNS = "✔✘○"
_CALL = re.compile(r"\bcheck\.(?!summary\()(\w+)\(")
_ROW = re.compile(r"^\| \d\d \| \[.+?\]\(notebooks/(\w+)\.ipynb\) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_INDEX = """\
# All lessons

A title opens its lesson. The next cell says where you stand (click into it, then Shift + Enter): it reads the notebooks
of this folder as they were last saved, and nothing else. Save a lesson, come back, run it again.

Each picture carries words for whoever cannot see it. In a copy to work in they are packed, `plot.words(…)`, so that
they do not answer a question before you have run the cell."""
_IN_COLAB = " In Colab each lesson is opened by itself: there the cell finds nothing to read."


@dataclass(frozen=True)
class Standing:
    """One lesson in a learner's folder.

    Attributes
    ----------
    name : file name without its ending
    title : the lesson's first heading
    verdicts : exercise → ``"✔"``, ``"✘"`` or ``"○"``, in the lesson's order
    trouble : why the notebook cannot be read; empty when it can
    """

    name: str
    title: str
    verdicts: dict[str, str]
    trouble: str = ""

    def count(self, sign: str) -> int:
        """Return how many exercises have this verdict."""
        return sum(verdict == sign for verdict in self.verdicts.values())

    @property
    def done(self) -> bool:
        """Whether every exercise is right."""
        return not self.trouble and bool(self.verdicts) and self.count("✔") == len(self.verdicts)

    @property
    def begun(self) -> bool:
        """Whether an exercise has been answered."""
        return self.count("○") < len(self.verdicts)

    def __str__(self) -> str:
        return self.trouble or " · ".join(f"{sign} {self.count(sign)}" for sign in SIGNS)


class Overview:
    """The standings of a folder as text and as a page."""

    def __init__(self, folder: Path, standings: Sequence[Standing]) -> None:
        self.folder, self.standings = folder, list(standings)

    @property
    def next(self) -> Standing | None:
        """The lesson to go on with: the last one begun or, where that is done, the next one that is not."""
        begun = [n for n, standing in enumerate(self.standings) if standing.begun]
        at = begun[-1] if begun else 0
        return next((s for s in self.standings[at:] + self.standings[:at] if not (s.done or s.trouble)), None)

    def _summary(self) -> str:
        if not self.standings:
            return f"No lesson in {self.folder.name or 'this folder'}: `cnnlab start` lays out a copy to work in."
        total = sum(len(standing.verdicts) for standing in self.standings)
        counts = " · ".join(f"{sign} {sum(standing.count(sign) for standing in self.standings)}" for sign in SIGNS)
        return f"Together {counts} of {total} exercises."

    def _open(self, standing: Standing) -> str:
        return ", ".join(name for name, sign in standing.verdicts.items() if sign != "✔")

    def __str__(self) -> str:
        width = max((len(standing.title) for standing in self.standings), default=0)
        lines = [f"{standing.title:{width}}  {standing}" for standing in self.standings] + [self._summary()]
        if self.next:
            lines.append(f"Next: {self.next.title} ({self._open(self.next)})")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def link(standing: Standing) -> str:
            return f'<a href="{standing.name}.ipynb">{html.escape(standing.title)}</a>'

        rows = "".join(
            f"<tr><td style='text-align:left'>{link(standing)}</td>"
            f"<td style='white-space:{'normal' if standing.trouble else 'nowrap'}'>"
            f"{html.escape(str(standing))}</td></tr>"
            for standing in self.standings
        )
        lines = [html.escape(self._summary())]
        if self.next:
            lines.insert(0, f"<strong>Next:</strong> {link(self.next)} ({html.escape(self._open(self.next))})")
        return f"<p>{'<br>'.join(lines)}</p>" + (f"<table>{rows}</table>" if rows else "")


def overview(folder: str | Path = ".") -> Overview:
    """Return how far the learner is in the notebooks of a folder, and what is next.

    Parameters
    ----------
    folder : a folder of lessons, as `cnnlab start` lays it out
    """
    folder = Path(folder)
    return Overview(folder, [standing(path) for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))])


def standing(path: Path) -> Standing:
    """Return how far the learner is in one notebook."""
    try:
        notebook = read_notebook(path)
    except NotebookError as error:
        return Standing(path.stem, path.stem, {}, f"cannot be read: {error}")
    headings = (line[2:] for cell in notebook["cells"] for line in cell["source"].split("\n") if line.startswith("# "))
    return Standing(path.stem, next(headings, path.stem), verdicts(notebook))


def verdicts(notebook: dict[str, Any]) -> dict[str, str]:
    """Return what the check of each exercise said last: exercise → ``"✔"``, ``"✘"`` or ``"○"``, in the lesson's order.

    Examples
    --------
    >>> output = {"output_type": "execute_result", "data": {"text/plain": ["✔ Right."]}}
    >>> cell = {"cell_type": "code", "metadata": {}, "source": "check.by_hand(size)", "outputs": [output]}
    >>> verdicts({"cells": [cell, {**cell, "source": "check.design(layer)", "outputs": []}]})
    {'by_hand': '✔', 'design': '○'}
    """
    found: dict[str, str] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        for tag in cell["metadata"].get("tags", []):
            if tag.startswith("exercise-"):
                found.setdefault(tag.removeprefix("exercise-"), "○")
        names = _CALL.findall(cell["source"])
        signs = [line[0] for line in _lines(cell) if line[:1] and line[0] in SIGNS]
        for n, name in enumerate(reversed(names), start=1):  # a cell shows its last value, whatever stands above
            found[name] = signs[-n] if n <= len(signs) else found.get(name, "○")
    return found


def index_notebook(lessons: Sequence[Lesson], folder: Path) -> dict[str, Any]:
    """Return the page that leads to the lessons: titles as links, what they teach, how long they run, what is done.

    Parameters
    ----------
    lessons : of one course, in order; what README.md says about each stands beside it
    folder : the learner's; what its notebooks say is marked

    Returns
    -------
    dict
        A notebook of format 4 as JSON. Its one code cell shows the learner's standing when it is run.
    """
    course = lessons[0].course if lessons else Path()
    about, url = described(course), navigation.repository(course)
    columns = ["Done", "Lesson", "You will", "Runs in"] + (["Colab"] if navigation.colab(url, "index") else [])
    rows, found = [columns, ["---"] * len(columns)], []
    for lesson in lessons:
        path = folder / f"{lesson.name}.ipynb"
        now = standing(path) if path.is_file() else Standing(lesson.name, lesson.title, {})
        found.append(now)
        done = f"{now.count('✔')} of {len(now.verdicts)}" if now.begun else ""
        row = ["✔" if done and now.done else done, f"[{now.title}]({now.name}.ipynb)", *about.get(now.name, ("", ""))]
        rows.append(row + [f"[open]({navigation.colab(url, now.name)})"] * (len(columns) - len(row)))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    code = {
        "cell_type": "code",
        "execution_count": None,
        "outputs": [],
        "source": "from cnnlab import progress\n\nprogress.overview()",
    }
    words = _INDEX + _IN_COLAB * (len(columns) > 4)
    if following := Overview(folder, found).next:
        begin = "Go on" if any(standing.begun for standing in found) else "Begin"
        words += f"\n\n**{begin} with** [{following.title}]({following.name}.ipynb)"
    cells = [{"cell_type": "markdown", "source": words}, code, {"cell_type": "markdown", "source": table}]
    return {
        "cells": [{"id": f"index-cell-{n:03d}", "metadata": {}, **cell} for n, cell in enumerate(cells, start=1)],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def described(course: Path) -> dict[str, tuple[str, str]]:
    """Return what the table in the course's README.md says of each lesson: name → (what one does, how long it runs)."""
    readme = course / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    return {name: (does, time) for name, does, time in _ROW.findall(text)}


def _lines(cell: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a cell's outputs as plain text."""
    for output in cell.get("outputs", []):
        data = output.get("data")
        text = output.get("text") or (data.get("text/plain") if isinstance(data, dict) else None) or ""
        yield from ("".join(map(str, text)) if isinstance(text, list) else str(text)).split("\n")
