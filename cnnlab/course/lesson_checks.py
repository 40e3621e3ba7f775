"""The checks of a lesson, found as the lesson finds them: by its own line ``from cnnlab.checks import … as check``.

So a course with other lessons brings checks of its own.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from cnnlab.course.lessons import CourseError

_NAME = "check"


def checks_of(notebook: Mapping[str, Any]) -> ModuleType:
    """Import the module that a lesson's code cells call ``check``.

    Parameters
    ----------
    notebook : the course's own lesson as parsed JSON; its import is carried out, so never a learner's

    Raises
    ------
    CourseError
        If no cell imports one, or if what it names cannot be imported.

    Examples
    --------
    >>> cell = {"cell_type": "code", "source": "from cnnlab.checks import lesson02 as check"}
    >>> checks_of({"cells": [cell]}).__name__
    'cnnlab.checks.lesson02'
    """
    for name in _imported(notebook):
        try:
            return importlib.import_module(name)
        except ImportError as error:
            raise CourseError(f"The lesson's checks cannot be imported: {name} ({error})") from None
    raise CourseError(f"The lesson has no checks: no cell says `from … import … as {_NAME}`")


def exercises_of(module: ModuleType) -> dict[str, Any]:
    """Return the exercises of a module of checks: name → exercise, in the order in which the module makes them.

    Examples
    --------
    >>> from cnnlab.checks import lesson02
    >>> list(exercises_of(lesson02))[:2]
    ['by_hand', 'output_size']
    """
    return {name: value for name, value in vars(module).items() if hasattr(value, "solution_source")}


def _imported(notebook: Mapping[str, Any]) -> Iterator[str]:
    """Yield the full names of the modules that code cells import as `check`."""
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code" or _NAME not in cell["source"]:
            continue
        try:
            tree = ast.parse(cell["source"])
        except SyntaxError:  # a cell with a magic of IPython's
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                base = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
                yield from (base + alias.name for alias in node.names if (alias.asname or alias.name) == _NAME)
