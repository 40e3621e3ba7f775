"""Which statements of the course's own lesson an answer needs: those that make what it reads, and no more.

A lesson takes a minute because it trains a network; most of its answers need no more than ``import numpy as np``. So
each statement above an answer's cell is asked what it binds, what it may change and what it reads, and only those run
on which the answer depends. In doubt a statement is kept: one too many costs time, one too few a wrong verdict.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cnnlab.course.copy.merge import exercise_of
from cnnlab.course.grading.intake.cell_names import bound, read
from cnnlab.course.lessons import CourseError

_COMPREHENSIONS = ("listcomp", "setcomp", "dictcomp", "genexpr")  # scopes that run where they stand
_SEED = "a seed"  # stands for the state that random layers draw from; no name, for it has a space

# Calling these changes none of their arguments. Modules: what is called in them.
_ONLY_READ = {
    *("print", "len", "range", "sorted", "sum", "min", "max", "abs", "round", "zip", "enumerate", "list", "tuple"),
    *("set", "dict", "map", "any", "all", "str", "int", "float", "bool", "repr", "format", "isinstance", "type"),
    *(
        "display",
        "check",
        "plot",
        "explore",
        "overlay",
        "np",
        "math",
        "keras",
        "layers",
        "ops",
        "activations",
        "anchors",
    ),
    *("augment", "boxes", "calibration", "conv", "datasets", "kernels", "ledger", "letterbox", "metrics", "nms"),
    *("pooling", "scenes", "shapes", "yolo", "zoo"),
}
_OF_NUMPY_THAT_CHANGE = {
    "shuffle",
    "put",
    "place",
    "copyto",
    "fill_diagonal",
    "putmask",
    "put_along_axis",
    "seed",
    "at",
}
# Methods that leave their object as it is, and those that leave their arguments as they are.
_READING_METHODS = {
    *("sum", "mean", "std", "min", "max", "argmax", "argmin", "round", "astype", "reshape", "copy", "tolist", "any"),
    *("all", "transpose", "ravel", "flatten", "items", "keys", "values", "get", "format", "join", "split", "index"),
    *("count", "predict", "count_params", "get_weights", "get_layer", "summary", "startswith", "endswith", "strip"),
    *("replace", "lower", "upper", "clip", "cumsum", "dot", "evaluate", "numpy", "get_config"),
}
_LEAVING_ARGUMENTS = {
    *_READING_METHODS,
    *("fit", "compile", "append", "extend", "add", "update", "set_weights", "insert", "build"),
}


@dataclass(frozen=True)
class Statement:
    """A statement of the lesson.

    Attributes
    ----------
    cell : position of its cell in the notebook
    source : its text
    binds : names that it gives a value
    rebinds : those of them that it gives one whatever they had before
    changes : names whose values it may change
    reads, later : names that it reads when it runs, and when the functions in it run
    lasting : whether what it binds is a module, a function, a class or a number: nothing that a later one changes
    """

    cell: int
    source: str
    binds: frozenset[str]
    rebinds: frozenset[str]
    changes: frozenset[str]
    reads: frozenset[str]
    later: frozenset[str]
    lasting: bool


@dataclass(frozen=True)
class Place:
    """Where an exercise's answer stands: its name, its cell's position in the notebook, what the cell starts from."""

    exercise: str
    cell: int
    stub: str


class Plan:
    """A lesson as a sequence of statements and of places for answers.

    Parameters
    ----------
    notebook : the course's own, as parsed JSON

    Examples
    --------
    >>> cells = [("import numpy as np\\nsize = 3", []), ("size += 1\\nprint(size)", []), ("a = ...", ["exercise-area"])]
    >>> cells = [{"cell_type": "code", "source": source, "metadata": {"tags": tags}} for source, tags in cells]
    >>> plan = Plan({"cells": cells})
    >>> [plan.steps[step].source for step in sorted(plan.needed("area", {"size"}))]
    ['size = 3', 'size += 1']
    """

    def __init__(self, notebook: Mapping[str, Any]) -> None:
        steps: list[Statement | Place] = []
        for position, cell in enumerate(notebook["cells"]):
            if cell["cell_type"] != "code" or "bootstrap" in cell["metadata"].get("tags", []):
                continue
            if name := exercise_of(cell):
                steps.append(Place(name, position, cell["source"]))
            else:
                steps += _statements(position, cell["source"])
        self.steps = tuple(steps)
        self.places = {step.exercise: place for place, step in enumerate(steps) if isinstance(step, Place)}
        self._binders: dict[str, list[int]] = defaultdict(list)
        names: dict[bool, set[str]] = {True: set(), False: set()}
        for number, step in enumerate(self.steps):
            if isinstance(step, Statement):
                for name in step.binds:
                    self._binders[name].append(number)
                names[step.lasting] |= step.binds
        self._lasting = (names[True] | set(dir(builtins))) - names[False]

    def needed(self, exercise: str, names: Iterable[str]) -> set[int]:
        """Return the numbers of the steps that an answer needs which reads `names`."""
        place = self.places[exercise]
        live: set[str] = set()
        self._read(names, place, live)
        chosen = set()
        for number in range(place - 1, -1, -1):
            step = self.steps[number]
            if isinstance(step, Place) or not live & (step.binds | (step.changes - self._lasting)):
                continue
            chosen.add(number)
            live -= step.rebinds
            self._read(step.reads, number, live)
        return chosen

    def _read(self, names: Iterable[str], at: int, live: set[str]) -> None:
        """Add `names` to the `live` ones, and what the functions read that they stand for just before step `at`."""
        waiting = [name for name in names if name not in live]
        while waiting:
            name = waiting.pop()
            if name in live:
                continue
            live.add(name)
            if name == "keras":
                live.add(_SEED)
            binders = self._binders.get(name, [])
            if before := bisect_left(binders, at):
                waiting += self.steps[binders[before - 1]].later - live


def _statements(cell: int, source: str) -> list[Statement]:
    """The statements of a cell of ours, an import of several names being several."""
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)) and len(node.names) > 1:
            parts = [type(node)(**{**dict(ast.iter_fields(node)), "names": [alias]}) for alias in node.names]
            found += [_statement(cell, ast.unparse(part), part) for part in parts]
        else:
            first = min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
            lines = source.split("\n")[first - 1 : node.end_lineno]
            found.append(_statement(cell, "\n".join(lines), node))
    return found


def _statement(cell: int, source: str, node: ast.stmt) -> Statement:
    binds, read_at_all = bound(source), read(source)
    if binds is None or read_at_all is None:
        raise CourseError(f"The lesson's cell {cell + 1} has a statement that is too long to be understood")
    table = symtable.symtable(source, "<lesson>", "exec")
    reads, later = {s.get_name() for s in table.get_symbols() if s.is_referenced()}, set()
    waiting = [(child, False) for child in table.get_children()]
    while waiting:
        inner, runs_later = waiting.pop()
        function = inner.get_type() == "function" and inner.get_name() not in _COMPREHENSIONS
        runs_later = runs_later or function
        names = {s.get_name() for s in inner.get_symbols() if s.is_global() and s.is_referenced()}
        (later if runs_later else reads).update(names)
        waiting += [(child, runs_later) for child in inner.get_children()]
    reads, later = reads & read_at_all, later & read_at_all  # not the variables of comprehensions
    defines = isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom))
    assigns = isinstance(node, (ast.Assign, ast.AnnAssign))
    rebinds = binds if defines or assigns else set()
    lasting = defines or (assigns and isinstance(node.value, (ast.Constant, ast.UnaryOp)))
    return Statement(cell, source, *map(frozenset, (binds, rebinds, _changes(node), reads, later)), lasting)


def _changes(statement: ast.stmt) -> set[str]:
    """Names whose values a statement may change without giving them new ones."""
    changes: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            changes |= _roots([node])
        elif isinstance(node, ast.AugAssign):
            changes |= _roots([node.target])
        elif isinstance(node, ast.Call):
            changes |= _changed_by(node)
    return changes


def _changed_by(call: ast.Call) -> set[str]:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    root = next(iter(_roots([call.func])), "")
    if isinstance(call.func, ast.Name):
        return set() if root in _ONLY_READ else {root, *_roots(given)}
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method in ("set_random_seed", "seed"):
        return {_SEED}
    if root in _ONLY_READ:
        return _roots(given) if root == "np" and method in _OF_NUMPY_THAT_CHANGE else set()
    changed = set() if method in _READING_METHODS else _roots([call.func])
    return changed if method in _LEAVING_ARGUMENTS else changed | _roots(given)


def _roots(expressions: list[ast.expr]) -> set[str]:
    """The names that expressions are made of: what is done to ``x[0].y`` or to ``[x]`` may be done to ``x``."""
    found = set()
    for expression in expressions:
        if isinstance(expression, (ast.Attribute, ast.Subscript, ast.Starred)):
            found |= _roots([expression.value])
        elif isinstance(expression, (ast.List, ast.Tuple)):
            found |= _roots(expression.elts)
        elif isinstance(expression, ast.Name):
            found.add(expression.id)
        elif isinstance(expression, ast.Call):  # what a call returns may be its object or a view of it
            found |= _roots([expression.func])
        elif not isinstance(expression, ast.Constant):
            found |= {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
    return found
