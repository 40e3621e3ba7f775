"""The course's lessons and notebooks as the tests read them."""

from __future__ import annotations

import functools
import importlib
import re
from pathlib import Path
from types import ModuleType

import jupytext
import nbformat

from cnnlab.checks.exercise import Exercise
from cnnlab.course.teaching import key

ROOT = Path(__file__).resolve().parent.parent
NAMES = sorted(path.stem for path in (ROOT / "lessons").glob("[0-9][0-9]_*.py"))


def notebook(name: str) -> nbformat.NotebookNode:
    """The notebook people open."""
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)


@functools.cache
def open_cells(name: str) -> dict[str, str]:
    """Source of the cell that each exercise of a lesson starts from, by the exercise's name."""
    cells = jupytext.read(ROOT / "lessons" / f"{name}.py").cells
    return {exercise: cell.source for cell in cells if (exercise := exercise_of(cell))}


def tags(cell: nbformat.NotebookNode) -> list[str]:
    """A cell's tags."""
    return cell.metadata.get("tags", [])


def checks(name: str) -> ModuleType:
    """The checks of a lesson, by its file name."""
    return importlib.import_module(f"cnnlab.checks.lesson{name[:2]}")


def exercises(name: str) -> dict[str, Exercise]:
    """The exercises of a lesson, by name."""
    return {key: value for key, value in vars(checks(name)).items() if isinstance(value, Exercise)}


def exercise_of(cell: nbformat.NotebookNode) -> str | None:
    """Name of the exercise whose answer this cell holds."""
    return next((tag.removeprefix("exercise-") for tag in tags(cell) if tag.startswith("exercise-")), None)


def solve(node: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """The lesson with every exercise's solution in its cell, as `cnnlab key` makes it."""
    return key.solve(node, exercises(name))


def checked(cell: nbformat.NotebookNode) -> list[str]:
    """Names of the exercises that this cell checks."""
    return re.findall(r"\bcheck\.(?!summary\()(\w+)\(", cell.source) if cell.cell_type == "code" else []


def texts(cell: nbformat.NotebookNode) -> str:
    """Everything a cell wrote, as plain text."""
    return "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])
    )
