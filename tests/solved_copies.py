"""Write copies of the notebooks that solve themselves at their end: ``python tests/solved_copies.py FOLDER``.

One kernel then proves both: the lesson as people open it, and behind it, in the state that it leaves, every exercise
with its solution, every cell that reads an answer or what was made of one, and that all checks agree.
"""

from __future__ import annotations

import ast
import copy
import shutil
import sys
from pathlib import Path

import nbformat
from lesson_files import NAMES, ROOT, checked, exercise_of, exercises, notebook, solve


def _names(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell reads, inside its functions too, and those that it leaves behind."""
    tree = ast.parse(source)
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    left: set[str] = set()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            left.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            left.add(node.id)
        elif not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            waiting += ast.iter_child_nodes(node)
    return read, left


def tail(name: str) -> list[nbformat.NotebookNode]:
    """The cells that are run again once the exercises of a lesson are solved."""
    opened = notebook(name)
    solved = solve(copy.deepcopy(opened), name)
    cells, changed = [], set()
    for before, after in zip(opened.cells, solved.cells, strict=True):
        if after.cell_type != "code":
            continue
        read, left = _names(after.source)
        if exercise_of(after):
            changed |= _names(before.source)[1]
        elif not (read & (changed | {"check"})):
            continue
        changed |= left
        cells.append(nbformat.v4.new_code_cell(after.source))
    count = len(exercises(name))
    said = f'assert "✔ {count} · ✘ 0 · ○ 0" in str(check.summary()), check.summary()'
    return [*cells, nbformat.v4.new_code_cell(said)]


def main(folder: Path) -> None:
    """Write a copy of each notebook into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "notebooks" / "index.ipynb", folder)
    for name in NAMES:
        node, behind = notebook(name), tail(name)
        answered = {exercise for cell in behind for exercise in checked(cell)}
        if answered != set(exercises(name)):
            raise ValueError(f"{name}: its checks say nothing of {set(exercises(name)) ^ answered}")
        node.cells += behind
        nbformat.write(node, folder / f"{name}.ipynb")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
