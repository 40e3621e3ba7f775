"""What an answer needs of the learner's other cells: an import, a constant, a function that helps.

In her notebook the answer finds them, so they have to come along, or an honest answer ends with a NameError. Taken are
those statements alone that define a name which the answer reads, and which neither the answer itself nor an earlier
answer nor the course's own lesson above it nor Python defines; and what they read themselves. They stand in cells of
the learner's own or in cells of the course that she edited, above the answer or between it and its check: imports,
functions, classes and assignments that are not indented. Where there are several of one name, the last one counts.
Nothing comes along from the cell of another exercise, and nothing that mentions ``check``.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from cnnlab.course.copy.merge import exercise_of
from cnnlab.course.grading.intake.cell_names import bound, parsed, read
from cnnlab.course.grading.intake.copy_reader import CopyReader
from cnnlab.course.grading.intake.keys import readable

LONGEST = 20_000  # characters that come along with one answer
_MOST_READ = 100_000  # characters of a learner's other cells
_MOST = 5  # notes on one exercise
_STAR = "*"  # stands for the names that ``from math import *`` defines
_LINE_END = re.compile(r"\r\n|\r|\n")  # as Python counts lines


@dataclass(frozen=True)
class _Definition:
    """A statement of a learner's cell.

    Attributes
    ----------
    cell, first, column : where it begins, from 0; the order of the notebook
    lines, node : the lines of its cell, its syntax tree
    names : those that it defines or changes
    anew : whether it defines them whatever they were before
    """

    cell: int
    first: int
    column: int
    lines: list[str]
    node: ast.stmt
    names: frozenset[str]
    anew: bool

    @property
    def source(self) -> str:
        """Its text, without what stands beside it in its lines."""
        lines = self.lines[self.first : self.node.end_lineno]
        lines[-1] = lines[-1].encode()[: self.node.end_col_offset].decode()
        lines[0] = lines[0].encode()[self.column :].decode()
        return "\n".join(lines)


def come_along(reader: CopyReader, answers: Mapping[str, str | None]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return what comes along with each answer, and notes that say so.

    Parameters
    ----------
    reader : of the learner's notebook, when the answers have been read
    answers : exercise → source, in the course's order

    Returns
    -------
    (dict, list of str)
        Exercise → the statements, in the notebook's order, of those answers that need any.
    """
    along: dict[str, tuple[str, ...]] = {}
    notes: list[str] = []
    earlier: set[str] = set()
    definitions = list(_definitions(reader))
    for exercise, answer in answers.items():
        if answer is not None and answer != reader.stubs[exercise]:
            known = earlier | _of_the_course_above(reader, exercise) | (bound(answer) or frozenset())
            cells = _may_serve(reader, exercise)
            there = [one for one in definitions if one.cell in cells]
            found = _needed(there, read(answer) or frozenset(), known)
            sources = tuple(one.source for one in found)
            if sum(map(len, sources)) > LONGEST:
                notes.append(f"{exercise}: what it needs of other cells has more than {LONGEST:,} characters")
            elif found:
                along[exercise] = sources
                for one, source in list(zip(found, sources, strict=True))[:_MOST]:
                    notes.append(f"{exercise}: `{_first_line(source)}` of cell {one.cell + 1} came along")
                if len(found) > _MOST:
                    notes.append(f"{exercise}: {len(found) - _MOST} more statements of other cells came along")
        earlier |= bound(answer or reader.stubs[exercise]) or frozenset()
    return along, notes


def renamed(reader: CopyReader, answers: Mapping[str, str | None]) -> tuple[dict[str, str | None], list[str]]:
    """Give an answer that has another name, and that the learner's own check is called with, the name of the course.

    Returns
    -------
    (dict, list of str)
        The answers, to some of which a line like ``my_output_size = f2`` is appended, and notes that say so.
    """
    new, notes = dict(answers), []
    course = [cell["source"] for cell in reader.course["cells"] if cell["cell_type"] == "code"]
    wanted = dict(call for source in course for call in _checked(source))
    read_too = set(reader.searched) | (reader.code.keys() - reader.own.keys())
    calls = [call for n, source in reader.code.items() if n in read_too for call in _checked(source)]
    for exercise, answer in answers.items():
        asked = wanted.get(exercise)
        if answer is None or not asked or answer == reader.stubs[exercise]:
            continue
        own = bound(answer) or frozenset()
        given = [name for checked, name in calls if checked == exercise and name in own]
        if given and given[-1] != asked:
            line = f"{asked} = {given[-1]}"
            new[exercise] = f"{answer}\n\n{line}"
            shown = _first_line(line)
            notes.append(f"{exercise}: `{shown}` was appended, because its check is called with the name on the right")
    return new, notes


def _definitions(reader: CopyReader) -> Iterator[_Definition]:
    """The statements of the learner's own cells, and of the setup, that may come along, in the notebook's order."""
    setup = [n for n in reader.code if "bootstrap" in reader.mine[n]["metadata"].get("tags", [])]
    length = 0
    for n in sorted({*reader.searched, *setup}.difference(*reader.places.values())):
        length += len(reader.code[n])
        if length > _MOST_READ or (cell := parsed(reader.code[n])) is None:
            continue
        lines = _LINE_END.split(cell[0])
        for node in cell[1].body:
            names, anew = _defined_by(node)
            if names and not any(isinstance(part, ast.Name) and part.id == "check" for part in ast.walk(node)):
                decorated = [part.lineno for part in getattr(node, "decorator_list", ())]
                column = 0 if decorated else node.col_offset
                yield _Definition(n, min([node.lineno, *decorated]) - 1, column, lines, node, names, anew)


def _defined_by(node: ast.stmt) -> tuple[frozenset[str], bool]:
    """The names that a statement defines or changes, and whether it does so whatever they were before."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return frozenset((alias.asname or alias.name).split(".")[0] for alias in node.names), True
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return frozenset([node.name]), True
        case ast.Assign(targets=targets, value=value):
            pass
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
            targets = [target]
        case _:
            return frozenset(), False
    # `table[0] = 1` changes what `table` stands for.
    names = {part for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    read_too = {part.id for part in ast.walk(value) if isinstance(part, ast.Name)}
    anew = not isinstance(node, ast.AugAssign) and all(
        isinstance(name.ctx, ast.Store) and name.id not in read_too for name in names
    )
    return frozenset(name.id for name in names), anew


def _may_serve(reader: CopyReader, exercise: str) -> set[int]:
    """The cells that stand above an exercise's answer, or between it and its check, and belong to no other exercise."""
    answers = set().union(*reader.places.values())
    end = max([*reader.places[exercise], *reader.checks(exercise)])
    return {n for n in reader.code if n < end and n not in answers and exercise_of(reader.mine[n]) in (None, exercise)}


def _of_the_course_above(reader: CopyReader, exercise: str) -> frozenset[str]:
    """What the course's own cells define above an exercise; the setup is not run where answers are judged."""
    cells = reader.course["cells"]
    end = next(n for n, cell in enumerate(cells) if exercise_of(cell) == exercise)
    code = [cell for cell in cells[:end] if cell["cell_type"] == "code" and exercise_of(cell) is None]
    run = [cell["source"] for cell in code if "bootstrap" not in cell["metadata"].get("tags", [])]
    return frozenset(dir(builtins)).union(*map(_bound_in_the_course, run))


@lru_cache(maxsize=10_000)
def _bound_in_the_course(source: str) -> frozenset[str]:
    return bound(source) or frozenset()  # the same for every copy of a class


def _needed(there: Iterable[_Definition], names: Iterable[str], known: frozenset[str]) -> list[_Definition]:
    """Return which statements define `names`, except those that are `known`, and what these read; in order."""
    binders: dict[str, list[_Definition]] = defaultdict(list)
    for one in there:
        for name in one.names:
            binders[name].append(one)
    chosen: dict[tuple[int, int, int], _Definition] = {}
    waiting, seen, length = [*names], set(known), 0
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for one in reversed(binders.get(name, binders[_STAR])):
            place = (one.cell, one.first, one.column)
            if place not in chosen and length <= LONGEST:
                chosen[place], source = one, one.source
                length += len(source)
                waiting += read(source) or ()
            if one.anew and _STAR not in one.names:
                break
    return [chosen[place] for place in sorted(chosen)]


def _checked(source: str) -> list[tuple[str, str]]:
    """Which exercises' checks a cell calls with a plain name, and these names, in order."""
    cell = parsed(source) if "check." in source else None
    found = []
    for node in ast.walk(cell[1]) if cell else ():
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="check"), attr=exercise), args=[ast.Name(id=name)], keywords=[]
            ):
                found.append((node.lineno, node.col_offset, exercise, name))
    return [(exercise, name) for _, _, exercise, name in sorted(found)]


def _first_line(source: str) -> str:
    line = source.split("\n")[0]
    return readable(line if len(line) <= 60 else f"{line[:59]}…")
