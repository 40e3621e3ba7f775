"""Where the answers stand in a learner's notebook, whatever was done to it.

The first of these that is there:

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

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from cnnlab.course.copy.merge import exercise_of, pairs
from cnnlab.course.copy.sealed import sealed
from cnnlab.course.grading.intake.cell_names import bound
from cnnlab.course.notebook import NotebookError, read_notebook

Cell = dict[str, Any]
Notebook = dict[str, Any]

LONGEST = 100_000  # characters of a cell
MOST_CELLS = 5_000  # of a notebook; the longest lesson has 131
_COMPARED_CELLS = 1_000  # that are compared with the course's
_MOST_COMPARED = 300_000_000  # pairs of characters that comparing may take: some seconds
_MOST_READ = 500_000  # characters of the learner's own cells that are searched for names
_MOST_TAGGED = 20  # cells of one exercise, the last ones
_CHECK_LINE = re.compile(r"^check\.\w+(?:\.\w+)?\(.*\)[ \t]*(?:#.*)?$\n?", re.MULTILINE)


def read_copy(path: Path) -> Notebook:
    """Read what a learner has handed in.

    Raises
    ------
    NotebookError
        If the file is no notebook, or one with more cells than anybody writes.
    """
    notebook = read_notebook(path)
    if len(notebook["cells"]) > MOST_CELLS:
        raise NotebookError(f"{path.name} has {len(notebook['cells']):,} cells, and {MOST_CELLS:,} are read")
    return notebook


class CopyReader:
    """One learner's notebook beside the course's.

    Parameters
    ----------
    notebook, course : as `cnnlab.course.notebook.read_notebook` returns them

    Attributes
    ----------
    code : position → source, of the learner's code cells; those longer than anybody writes are not looked at
    own : those of them that are not as the course has them
    stubs : exercise → the text that it starts from
    places : exercise → positions of the cells that its answer was taken from
    notes : what a teacher should know of where answers were found
    """

    def __init__(self, notebook: Notebook, course: Notebook) -> None:
        self.notebook, self.course = notebook, course
        self.mine: list[Cell] = notebook["cells"]
        code = {n: cell["source"] for n, cell in enumerate(self.mine) if cell["cell_type"] == "code"}
        self.code = {n: source for n, source in code.items() if len(source) <= LONGEST}
        self.stubs = {name: cell["source"] for cell in course["cells"] if (name := exercise_of(cell))}
        self.ids = {name: cell.get("id") for cell in course["cells"] if (name := exercise_of(cell))}
        self.notes: list[str] = []
        if long := sorted(code.keys() - self.code.keys()):
            self.notes.append(f"cell {numbered(long)} was passed over: it has more than {LONGEST:,} characters")
        self._names: dict[int, frozenset[str] | None] = {}
        self.places: dict[str, list[int]] = {}

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
        if len(self.mine) > _COMPARED_CELLS or here * there > _MOST_COMPARED:
            self.notes.append("too large, and too unlike the course's, to look for answers whose cells lost their tags")
            return {}
        return pairs(self.laid_out, self.mine)

    def answer(self, name: str) -> str | None:
        """Return the answer to an exercise, as the module's docstring says where it stands."""
        stub = self.stubs[name]
        tagged = [n for n in self.code if exercise_of(self.mine[n]) == name][-_MOST_TAGGED:]
        places = tagged or self._by_id(name) or self._by_pairs(name)
        found = self._written(name, places)
        if not found and (own := self._below_stub(name, places)):
            self.notes.append(
                f"the answer to {name} was taken from cell {own[0] + 1}: the cell meant for it is unchanged"
            )
            found = own
        if not found:
            return stub if places else None
        self.places[name] = found
        return "\n\n".join(self._without_checks(n).strip("\n") for n in found)

    def _without_checks(self, n: int) -> str:
        return _CHECK_LINE.sub("", self.code[n])

    def _by_id(self, name: str) -> list[int]:
        """By the id, which in another version of the course may be another cell's: so by what it defines too."""
        wanted = bound(self.stubs[name]) or frozenset()
        same = [n for n in self.code if self.ids[name] is not None and self.mine[n].get("id") == self.ids[name]]
        return [n for n in same if exercise_of(self.mine[n]) is None and wanted & (self.bound(n) or frozenset())]

    def _by_pairs(self, name: str) -> list[int]:
        base = next(n for n, cell in enumerate(self.course["cells"]) if exercise_of(cell) == name)
        place = self.paired.get(base)
        return [place] if place in self.code and exercise_of(self.mine[place]) is None else []

    def _written(self, name: str, places: Sequence[int]) -> list[int]:
        """Return which of an exercise's cells make its answer: from the last one upwards until all is defined."""
        stub = self.stubs[name].strip()
        written = [n for n in places if self._without_checks(n).strip() not in ("", stub)]
        missing, chosen = set(bound(stub) or ()), []
        for n in reversed(written):
            defines = self.bound(n) or frozenset()  # what is no Python defines nothing in a notebook either
            if missing & defines:
                chosen.insert(0, n)
                missing -= defines
        chosen = chosen or written[-1:]
        if len(written) > 1:
            counts = (
                f"cell {numbered(chosen)} counts" if len(chosen) < 2 else f"cells {numbered(chosen)} count together"
            )
            self.notes.append(f"cells {numbered(written)} are all tagged as the answer to {name}: {counts}")
        return chosen

    def _below_stub(self, name: str, places: Sequence[int]) -> list[int]:
        """Return the learner's own cell between the untouched stub and the check that defines the same names."""
        wanted = bound(self.stubs[name])
        checks = self.checks(name)
        if not places or not checks or not wanted:
            return []
        between = [n for n in self.searched if places[-1] < n < checks[-1] and exercise_of(self.mine[n]) is None]
        return [n for n in between if wanted <= (self.bound(n) or frozenset())][-1:]

    @cached_property
    def searched(self) -> list[int]:
        """The own cells that are searched for names: as many as are read in a second."""
        chosen, total = [], 0
        for n, source in self.own.items():
            total += len(source)
            if total <= _MOST_READ:
                chosen.append(n)
        return chosen

    def checks(self, name: str) -> list[int]:
        return [n for n, source in self.code.items() if calls(name).search(source)]

    def bound(self, n: int) -> frozenset[str] | None:
        """The names that a cell defines; None where it is no Python."""
        if n not in self._names:
            self._names[n] = bound(self.code[n])
        return self._names[n]


def calls(name: str) -> re.Pattern[str]:
    """Return what finds a call of an exercise's check."""
    return re.compile(rf"\bcheck\.{re.escape(name)}\(")


def numbered(cells: Sequence[int], most: int = 5) -> str:
    """Name cells by their numbers from 1: the first few of many.

    >>> numbered([0, 2]), numbered(range(9))
    ('1, 3', '1, 2, 3, 4, 5 and 4 more')
    """
    more = f" and {len(cells) - most} more" if len(cells) > most else ""
    return ", ".join(str(n + 1) for n in cells[:most]) + more


def _text(cell: Cell) -> tuple[str, str]:
    return cell["cell_type"], cell["source"].rstrip()


@lru_cache(maxsize=10_000)
def _packed(source: str) -> str:
    """Of the course, and so the same for every copy of a class."""
    return sealed(source) if "alt" in source else source
