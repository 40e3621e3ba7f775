"""A lesson's notebook → the pieces that a teacher's papers are made of: headings, words, predictions, exercises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from cnnlab.course.lessons import CourseError, Lesson
from cnnlab.course.navigation import MARK
from cnnlab.course.notebook import read_notebook

_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_HEADING = re.compile(r"(#{1,6})\s+(.+)")
_ITEM = re.compile(r"\s{0,3}(?:[-*+]|\d{1,3}[.)])\s")
_PREDICT = re.compile(r"\*\*Predict\b[^*]*\*\*\s*")
_EXERCISE = re.compile(r"\*\*(Exercise\b[^*]*)\*\*\s*")
_CHECK = re.compile(r"^check\.\w+\(", re.MULTILINE)
_DRAWS = re.compile(r"\balt=|\bexplore\.")
_WORDS = ("text", "list", "table", "formula", "quote", "listing")


@dataclass(frozen=True)
class Piece:
    """One piece of a lesson.

    Attributes
    ----------
    kind : ``"heading"``, ``"text"``, ``"list"``, ``"table"``, ``"formula"``, ``"quote"``, ``"listing"``, ``"predict"``,
        ``"exercise"`` (the question; `stub` is what a learner starts from), ``"code"``, or ``"check"``
    source : Markdown without the mark of its kind (``##``, ``**Predict.**``), or code
    cell : number of the cell in the notebook, from 1
    level : of a heading: 2 for ``##``
    name : of an exercise, as in ``check.NAME``
    title : of an exercise and of its heading: what the heading says
    stub : the code that an exercise starts from
    outputs : of code
    tags : of its cell, the slide type of Jupyter's own slide metadata included
    """

    kind: str
    source: str
    cell: int
    level: int = 0
    name: str = ""
    title: str = ""
    stub: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)
    tags: frozenset[str] = frozenset()

    @property
    def is_words(self) -> bool:
        """Whether it is something to read that is neither a heading nor a question."""
        return self.kind in _WORDS

    @property
    def draws(self) -> bool:
        """Whether it is code that draws: how it does that is not what it shows."""
        return self.kind == "code" and bool(_DRAWS.search(self.source))


def lesson_notebook(lesson: Lesson) -> dict[str, Any]:
    """Read a lesson's notebook, outputs included.

    Raises
    ------
    CourseError
        If there is none, or if it cannot be read.
    """
    if not lesson.notebook.is_file():
        raise CourseError(f"{lesson.name} has no notebook yet: `cnnlab build {lesson.number}` makes it")
    return read_notebook(lesson.notebook)


def pieces(notebook: dict[str, Any]) -> list[Piece]:
    """Return a lesson's pieces in order; setup, parameters, imports and the links between lessons are left out.

    Parameters
    ----------
    notebook : as `cnnlab.course.notebook.read_notebook` gives it

    Examples
    --------
    >>> source = "## Padding\\n\\nOne ring.\\n\\n**Predict.** Which size?"
    >>> cell = {"cell_type": "markdown", "source": source, "metadata": {}}
    >>> [(piece.kind, piece.source) for piece in pieces({"cells": [cell]})]
    [('heading', 'Padding'), ('text', 'One ring.'), ('predict', 'Which size?')]
    """
    found: list[Piece] = []
    for number, cell in enumerate(notebook["cells"], start=1):
        tags = _tags(cell)
        if tags & {"bootstrap", "parameters", "navigation"} or not cell["source"].strip():
            continue
        if cell["cell_type"] == "markdown":
            found += (replace(piece, cell=number, tags=tags) for piece in words(cell["source"]))
        elif cell["cell_type"] == "code":
            if name := next((tag.removeprefix("exercise-") for tag in tags if tag.startswith("exercise-")), None):
                stub = Piece("exercise", "", number, name=name, stub=cell["source"], tags=tags)
                found = _with_question(found, stub)
            elif _CHECK.search(cell["source"]):
                found.append(Piece("check", cell["source"], number, tags=tags))
            elif not _only_imports(cell["source"]):
                found.append(Piece("code", cell["source"], number, outputs=cell["outputs"], tags=tags))
    return found


def _tags(cell: dict[str, Any]) -> frozenset[str]:
    shown = cell["metadata"].get("slideshow")
    kind = shown.get("slide_type") if isinstance(shown, dict) else None
    return frozenset([*cell["metadata"].get("tags", []), *([kind] if isinstance(kind, str) else [])])


def words(source: str) -> Iterator[Piece]:
    """Yield the pieces of a cell of Markdown; its number is not known here and stands as 0."""
    for block in _blocks(source):
        if heading := _HEADING.fullmatch(block):
            title = heading[2].strip()
            yield Piece("heading", title, 0, level=len(heading[1]), title=title if title.startswith("Exercise") else "")
        elif MARK in block:
            continue
        elif _FENCE.match(block):
            yield Piece("listing", block, 0)
        elif block.lstrip().startswith(("$$", r"\begin")):
            yield Piece("formula", block, 0)
        elif re.match(r"\s*\|", block):
            yield Piece("table", block, 0)
        elif block.startswith(">"):
            yield Piece("quote", block, 0)
        elif _ITEM.match(block):
            yield Piece("list", block, 0)
        elif question := _PREDICT.search(block):
            if before := block[: question.start()].strip():
                yield Piece("text", before, 0)
            yield Piece("predict", block[question.end() :].strip(), 0)
        elif question := _EXERCISE.search(block):
            if before := block[: question.start()].strip():
                yield Piece("text", before, 0)
            title = question[1].strip(" .")
            yield Piece("heading", title, 0, level=3, title=title)
            yield Piece("text", block[question.end() :].strip(), 0)
        else:
            yield Piece("text", block, 0)


def _blocks(source: str) -> Iterator[str]:
    """Yield what blank lines and headings part, with code, formulas and lists kept in one piece."""
    block: list[str] = []
    fence = formula = False
    lines = source.split("\n")
    for at, line in enumerate(lines):
        if not fence and not formula and _HEADING.fullmatch(line):
            yield from _joined(block)
            yield line
            block = []
            continue
        if _FENCE.match(line) and not formula:
            fence = not fence
        elif not fence and line.count("$$") % 2:
            formula = not formula
        if line.strip() or fence or formula:
            block.append(line)
            continue
        following = next((later for later in lines[at + 1 :] if later.strip()), "")
        if block and _ITEM.match(block[0]) and (_ITEM.match(following) or following.startswith("  ")):
            block.append(line)  # between the items of one list
            continue
        yield from _joined(block)
        block = []
    yield from _joined(block)


def _joined(block: list[str]) -> Iterator[str]:
    text = "\n".join(block).strip("\n")
    if text.strip():
        yield text


def _with_question(found: list[Piece], stub: Piece) -> list[Piece]:
    """Take what an exercise asks off the end of `found`, and return the rest with the exercise behind it."""
    start = len(found)
    while start and found[start - 1].is_words:
        start -= 1
    asked, title = found[start:], ""
    if start and found[start - 1].title:
        start -= 1
        title = found[start].title
    else:  # code stands between what it is called and what it asks, or it has no name
        title = next((piece.title for piece in reversed(found) if piece.title), "")
        asked = asked[-1:]
        start = len(found) - len(asked)
    question = "\n\n".join(piece.source for piece in asked)
    tags = stub.tags.union(*(piece.tags for piece in asked))
    return [*found[:start], replace(stub, source=question, title=title, tags=tags)]


def _only_imports(source: str) -> bool:
    lines = [line for line in source.split("\n") if line.strip() and not line.startswith("#")]
    return all(re.match(r"(import|from)\s|[\s)]", line) for line in lines)
