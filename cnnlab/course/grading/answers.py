"""A learner's notebook → the answers in it, and nothing else.

Where an answer stands, the first of these that is there:

1. the cells with the tag ``exercise-NAME``. Of several (a copied cell, a cell that was split) the last one counts that
   is not the course's own stub; where it does not define all the names that the stub defines, those before it that do
   come along;
2. the cell with the stub's id, for a tool that drops tags, if it defines a name of the stub's;
3. the cell that `cnnlab.course.copy.merge.pairs` takes for the stub, for a tool that drops ids too: above the check and
   defining what is checked, between two cells that are known, or much alike.

Where that is still the stub, and a cell of the learner's own between it and the check defines the same names, this cell
is the answer: it is what the check was given in the learner's notebook.

Calls of the check itself are taken out of an answer: somebody has merged the two cells.
"""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from cnnlab.course.copy.merge import exercise_of, pairs
from cnnlab.course.copy.sealed import sealed
from cnnlab.course.copy.workbook import as_copy, version
from cnnlab.course.grading.cell_names import bound, read
from cnnlab.course.grading.records import ExerciseInfo, LessonInfo
from cnnlab.course.lessons import Lesson
from cnnlab.course.notebook import read_notebook

Cell = dict[str, Any]
Notebook = dict[str, Any]

LONGEST = 100_000  # characters of an answer
_MOST_CELLS = 1_000  # that are compared with the course's
_MOST_COMPARED = 300_000_000  # pairs of characters that comparing may take: some seconds
_MOST_READ = 500_000  # characters of the learner's own cells that are searched for names
_CHECK_LINE = re.compile(r"^check\.\w+(?:\.\w+)?\(.*\)[ \t]*(?:#.*)?$\n?", re.MULTILINE)
_CHECK_SET = re.compile(r"^\s*(?:check(?:\.\w+)*\s*=[^=]|setattr\(\s*check\b)", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)


@dataclass(frozen=True)
class Taken:
    """The answers of one notebook.

    Attributes
    ----------
    answers : exercise → the source of its answer, in the course's order; None where no cell of the notebook holds it.
        A text that is the course's own stub means that the exercise was not attempted
    notes : what a teacher should know: cells of the learner's own that an answer needs, checks that were changed or
        deleted, another version of the course, where an answer was found. Cells are numbered from 1, all kinds together
    """

    answers: dict[str, str | None]
    notes: tuple[str, ...] = ()


def lesson_info(notebook: Notebook, lesson: Lesson) -> LessonInfo:
    """Return a lesson's exercises, from the course's own notebook of it.

    Examples
    --------
    >>> words = {"cell_type": "markdown", "source": "# 02 Padding\\n## Stride\\n### Exercise: the size", "metadata": {}}
    >>> stub = {"cell_type": "code", "source": "size = ...", "metadata": {"tags": ["exercise-size"]}}
    >>> lesson_info({"cells": [words, stub]}, Lesson(Path("course"), "02_padding")).exercises
    (ExerciseInfo(name='size', heading='Exercise: the size', stub='size = ...', section='Stride'),)
    """
    title, above, exercises = "", [], []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            for signs, text in _HEADING.findall(_FENCE.sub("", cell["source"])):
                title = title or text
                above = [(level, words) for level, words in above if level < len(signs)] + [(len(signs), text)]
        elif name := exercise_of(cell):
            headings = ["", "", *(text for _, text in above)]
            exercises.append(ExerciseInfo(name, headings[-1], cell["source"], headings[-2]))
    return LessonInfo(lesson.name, title or lesson.title, tuple(exercises))


def take(copy: Path | Notebook, course_notebook: Notebook) -> Taken:
    """Take the answers, and only them, out of a learner's notebook.

    Parameters
    ----------
    copy : the learner's notebook, or its file. It is only read, whatever is in it
    course_notebook : the course's own notebook of the lesson

    Raises
    ------
    NotebookError
        If `copy` is a file that is no notebook.

    Examples
    --------
    >>> def code(source, *tags): return {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}}
    >>> course = {"cells": [code("size = ...", "exercise-size"), code("check.size(size)")], "metadata": {}}
    >>> mine = {"cells": [code("side = 4"), code("size = side + 2", "exercise-size")], "metadata": {}}
    >>> taken = take(mine, course)
    >>> taken.answers
    {'size': 'size = side + 2'}
    >>> print(*taken.notes, sep="\\n")
    the answer to size reads `side`, which cell 1 alone defines, and that is not one of the course's
    the check of size was deleted
    """
    notebook = copy if isinstance(copy, dict) else read_notebook(copy)
    reader = _Reader(notebook, course_notebook)
    answers = {name: reader.answer(name) for name in reader.stubs}
    notes = [*reader.notes, *reader.on_names(answers), *reader.on_checks(), *reader.on_version()]
    return Taken(answers, tuple(notes))


class _Reader:
    """One learner's notebook beside the course's."""

    def __init__(self, notebook: Notebook, course: Notebook) -> None:
        self.notebook, self.course = notebook, course
        self.mine: list[Cell] = notebook["cells"]
        self.code = {n: cell["source"] for n, cell in enumerate(self.mine) if cell["cell_type"] == "code"}
        self.stubs = {name: cell["source"] for cell in course["cells"] if (name := exercise_of(cell))}
        self.ids = {name: cell.get("id") for cell in course["cells"] if (name := exercise_of(cell))}
        self.notes: list[str] = []
        self._names: dict[int, frozenset[str] | None] = {}
        self.places: set[int] = set()  # of the cells that answers came from

    @cached_property
    def laid_out(self) -> list[Cell]:
        """The course's cells, each as it stands in the notebook or as a learner's copy has it, whichever is here."""
        texts = {_text(cell) for cell in self.mine}
        packed = [{**cell, "source": _packed(cell["source"])} for cell in self.course["cells"]]
        return [b if _text(b) in texts else a for a, b in zip(self.course["cells"], packed, strict=True)]

    @cached_property
    def own(self) -> dict[int, str]:
        """The learner's code cells that are not as the course has them."""
        texts = {_text(cell) for cell in [*self.laid_out, *self.course["cells"]]}
        return {n: source for n, source in self.code.items() if _text(self.mine[n]) not in texts}

    @cached_property
    def paired(self) -> dict[int, int]:
        """Position in the course → position here, where comparing takes no longer than some seconds."""
        texts, mine = [{_text(cell) for cell in cells} for cells in (self.laid_out, self.mine)]
        here = sum(len(cell["source"]) for cell in self.mine if _text(cell) not in texts)
        there = sum(len(cell["source"]) for cell in self.laid_out if _text(cell) not in mine)
        if len(self.mine) > _MOST_CELLS or here * there > _MOST_COMPARED:
            self.notes.append("too large, and too unlike the course's, to look for answers whose cells lost their tags")
            return {}
        return pairs(self.laid_out, self.mine)

    def answer(self, name: str) -> str | None:
        """Return the answer to an exercise, as the module's docstring says where it stands."""
        stub = self.stubs[name]
        tagged = [n for n in self.code if exercise_of(self.mine[n]) == name]
        places = tagged or self._by_id(name) or self._by_pairs(name)
        found = self._written(name, places)
        if not found and (own := self._below_stub(name, places)):
            self.notes.append(
                f"the answer to {name} was taken from cell {own[0] + 1}: the cell meant for it is unchanged"
            )
            found = own
        if not found:
            return stub if places else None
        self.places.update(found)
        answer = "\n\n".join(_CHECK_LINE.sub("", self.code[n]).strip("\n") for n in found)
        if len(answer) > LONGEST:
            self.notes.append(
                f"the answer to {name} has {len(answer):,} characters, and {LONGEST:,} are read: it was not taken"
            )
            return None
        return answer if answer.strip() else stub

    def _by_id(self, name: str) -> list[int]:
        """By the id, which in another version of the course may be another cell's: so by what it defines too."""
        wanted = bound(self.stubs[name]) or frozenset()
        same = [n for n in self.code if self.ids[name] is not None and self.mine[n].get("id") == self.ids[name]]
        return [n for n in same if exercise_of(self.mine[n]) is None and wanted & (self._bound(n) or frozenset())]

    def _by_pairs(self, name: str) -> list[int]:
        base = next(n for n, cell in enumerate(self.course["cells"]) if exercise_of(cell) == name)
        place = self.paired.get(base)
        return [place] if place in self.code and exercise_of(self.mine[place]) is None else []

    def _written(self, name: str, places: Sequence[int]) -> list[int]:
        """Return which of an exercise's cells make its answer: from the last one upwards until all is defined."""
        stub = self.stubs[name].strip()
        written = [n for n in places if self.code[n].strip() not in ("", stub)]
        missing, chosen = set(bound(stub) or ()), []
        for n in reversed(written):
            defines = self._bound(n) or frozenset()  # what is no Python defines nothing in a notebook either
            if missing & defines:
                chosen.insert(0, n)
                missing -= defines
        chosen = chosen or written[-1:]
        if len(written) > 1:
            cells = ", ".join(str(n + 1) for n in written)
            taken = " and ".join(str(n + 1) for n in chosen)
            self.notes.append(f"cells {cells} are all tagged as the answer to {name}: cell {taken} counts")
        return chosen

    def _below_stub(self, name: str, places: Sequence[int]) -> list[int]:
        """Return the learner's own cell between the untouched stub and the check that defines the same names."""
        wanted = bound(self.stubs[name])
        checks = self._checks(name)
        if not places or not checks or not wanted:
            return []
        between = [n for n in self._searched if places[-1] < n < checks[-1] and exercise_of(self.mine[n]) is None]
        return [n for n in between if wanted <= (self._bound(n) or frozenset())][-1:]

    @cached_property
    def _searched(self) -> list[int]:
        """The own cells that are searched for names: as many as are read in a second."""
        chosen, total = [], 0
        for n, source in self.own.items():
            total += len(source)
            if total <= _MOST_READ:
                chosen.append(n)
        return chosen

    def _checks(self, name: str) -> list[int]:
        return [n for n, source in self.code.items() if _calls(name).search(source)]

    def _bound(self, n: int) -> frozenset[str] | None:
        """The names that a cell defines; None where it is no Python."""
        if n not in self._names:
            self._names[n] = bound(self.code[n])
        return self._names[n]

    def on_names(self, answers: Mapping[str, str | None]) -> Iterable[str]:
        """Say which names an answer reads that only cells define which are not taken."""
        course = tuple(cell["source"] for cell in self.course["cells"] if cell["cell_type"] == "code")
        known = _defined(course).union(*(bound(text) or () for text in answers.values() if text))
        defined: dict[str, list[int]] = {}
        for n in self._searched:
            if n not in self.places:
                for name in self._bound(n) or ():
                    defined.setdefault(name, []).append(n)
        for exercise, answer in answers.items():
            for name in sorted((read(answer or "") or frozenset()) & defined.keys() - known):
                cells = [str(n + 1) for n in defined[name]]
                where = (
                    f"cell {cells[0]} alone defines" if len(cells) == 1 else f"cells {', '.join(cells)} alone define"
                )
                yield f"the answer to {exercise} reads `{name}`, which {where}, and that is not one of the course's"

    def on_checks(self) -> Iterable[str]:
        """Say which checks were deleted or changed, and where `check` itself was."""
        for name in self.stubs:
            called = _calls(name)
            course = [cell["source"].strip() for cell in self.course["cells"] if called.search(cell["source"])]
            there = self._checks(name)
            if course and not there:
                yield f"the check of {name} was deleted"
            elif (
                course and not self._another_version and not any(text in self.code[n] for text in course for n in there)
            ):
                line = next(line for line in self.code[there[-1]].split("\n") if called.search(line))
                yield f"the check of {name} was changed, in cell {there[-1] + 1}: {line.strip()[:100]}"
        for n in self.own:
            if _CHECK_SET.search(self.code[n]):
                yield f"cell {n + 1} gives `check` another meaning"

    @cached_property
    def _another_version(self) -> bool:
        """Whether the notebook says that it was made of another version of the lesson."""
        mark, course = self.notebook["metadata"].get("cnnlab"), self.course["metadata"].get("cnnlab")
        if not isinstance(mark, dict):
            return False
        if isinstance(mark.get("base"), str):
            cells = [{key: value for key, value in cell.items() if key != "outputs"} for cell in self.course["cells"]]
            return mark["base"] != _version_of_copies(json.dumps(cells))
        ours = course.get("lesson") if isinstance(course, dict) else None
        return bool(ours) and isinstance(mark.get("lesson"), str) and mark["lesson"] != ours

    def on_version(self) -> Iterable[str]:
        """Say what there is to say of a copy that another version of the course has laid out."""
        if self._another_version:
            yield "made of another version of this lesson than the course has now"
        strange = {name for n in self.code if (name := exercise_of(self.mine[n]))} - self.stubs.keys()
        for name in sorted(strange)[:5]:
            yield f"it has an exercise {name[:60]!r}, which the course has not: that was not judged"


def _calls(name: str) -> re.Pattern[str]:
    return re.compile(rf"\bcheck\.{re.escape(name)}\(")


def _text(cell: Cell) -> tuple[str, str]:
    return cell["cell_type"], cell["source"].rstrip()


# Of the course, the same for every copy of a class:


@lru_cache(maxsize=10_000)
def _packed(source: str) -> str:
    return sealed(source) if "alt" in source else source


@lru_cache(maxsize=100)
def _defined(cells: tuple[str, ...]) -> frozenset[str]:
    return frozenset(dir(builtins)).union(*(bound(source) or () for source in cells))


@lru_cache(maxsize=100)
def _version_of_copies(cells: str) -> str:
    return version(as_copy({"cells": json.loads(cells), "metadata": {}}))
