"""A learner's own copy of the course: laid out fresh, brought up to date, and never lost.

The copy is a folder of notebooks without outputs. ``.cnnlab/`` in it remembers what was laid out: ``pristine/`` holds
every version of every notebook as it came, ``record.json`` which of them is the present one, and ``backups/`` what an
update has replaced. Each notebook names in its metadata the version it was laid out from, so a notebook and what it is
compared with change in one step.
"""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cnnlab.common.files import write_atomic
from cnnlab.common.version import VERSION
from cnnlab.course.copy.merge import merge
from cnnlab.course.copy.sealed import sealed
from cnnlab.course.lessons import CourseError, Lesson, find_lessons
from cnnlab.course.notebook import NotebookError, read_notebook
from cnnlab.course.progress import index_notebook

RECORD = ".cnnlab"

Notebook = dict[str, Any]
Announce = Callable[[str], object]


def start(folder: Path, *, course: Path | None = None, announce: Announce = lambda line: None) -> list[str]:
    """Lay out every lesson that is not in `folder` yet, and the index; what is there is not touched.

    Parameters
    ----------
    folder : made if it does not exist
    course : the course folder; looked for when not given
    announce : called with a line for each notebook

    Returns
    -------
    list of str
        Names of the notebooks written.

    Raises
    ------
    CourseError
        If `folder` is the course's own, no folder, or holds notebooks of these names that nobody has laid out.
    """
    folder = Path(folder)
    copies = _copies(folder, course)
    there = [name for name in copies if (folder / f"{name}.ipynb").exists()]
    if there and not (folder / RECORD).is_dir():
        raise CourseError(
            f"`FOLDER` must be new, or one that `cnnlab start` has laid out. Received: {str(folder)!r}, which holds "
            f"{there[0]}.ipynb. To take its answers over: `cnnlab start {folder} --update`"
        )
    there = [name for name in there if name != "index"]  # it shows how far the learner is, so it is always today's
    return _brought(folder, {name: copy for name, copy in copies.items() if name not in there}, announce)


def update(folder: Path, *, course: Path | None = None, announce: Announce = lambda line: None) -> list[str]:
    """Bring `folder` up to date with the course: new lessons come in, and every answer and note stays.

    What becomes of each cell is said in `cnnlab.course.copy.merge.merge`. A notebook that is replaced is first kept in
    ``.cnnlab/backups``. A notebook that cannot be read is announced and left as it is.

    Parameters
    ----------
    folder, course, announce : as for `start`

    Returns
    -------
    list of str
        Names of the notebooks written.
    """
    return _brought(Path(folder), _copies(Path(folder), course), announce)


def behind(folder: Path, *, course: Path | None = None) -> list[str]:
    """Return the lessons of which the course has another version than the one that `folder` was laid out from."""
    recorded = _record(Path(folder))
    copies = _copies(Path(folder), course)
    return [name for name, copy in copies.items() if name != "index" and recorded.get(name) != version(copy)]


def fresh(lesson: Lesson) -> Notebook:
    """Return a lesson as a learner first sees it: without outputs, the words of pictures out of sight."""
    return as_copy(read_notebook(lesson.notebook))


def as_copy(notebook: Notebook) -> Notebook:
    """Return the course's own notebook as `fresh` does."""
    cells = [
        {**cell, "source": sealed(cell["source"]), "outputs": [], "execution_count": None}
        if cell["cell_type"] == "code"
        else cell
        for cell in notebook["cells"]
    ]
    metadata = {key: value for key, value in notebook["metadata"].items() if key in ("kernelspec", "language_info")}
    if "version" in metadata.get("language_info", {}):  # as JupyterLab will write it: opening a copy changes nothing
        metadata["language_info"] = {**metadata["language_info"], "version": platform.python_version()}
    return {**notebook, "cells": cells, "metadata": metadata}


def version(notebook: Notebook) -> str:
    """Return a short name for what a notebook says: everything in its cells but their ids."""
    cells = [{key: value for key, value in cell.items() if key != "id"} for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()[:16]


def _copies(folder: Path, course: Path | None) -> dict[str, Notebook]:
    lessons = [lesson for lesson in find_lessons(None, course) if lesson.notebook.is_file()]
    _require_another(folder, {path for lesson in lessons for path in (lesson.course, lesson.notebook.parent)})
    copies = {lesson.name: fresh(lesson) for lesson in lessons}
    index = index_notebook(lessons, folder)
    return {"index": {**index, "metadata": next(iter(copies.values()), index)["metadata"]}, **copies}


def _require_another(folder: Path, taken: set[Path]) -> None:
    if folder.resolve() in {path.resolve() for path in taken}:
        raise CourseError(
            f"`FOLDER` must be one beside the course's own files. Received: {str(folder)!r}. "
            "For a copy in my-cnnlab/: `cnnlab start`"
        )
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"`FOLDER` must be a folder, or a new name. Received: {str(folder)!r}, which is a file")


def _brought(folder: Path, copies: dict[str, Notebook], announce: Announce) -> list[str]:
    """Write the `copies` into `folder`, each merged with what is there."""
    (folder / RECORD / "pristine").mkdir(parents=True, exist_ok=True)
    for unfinished in [*folder.glob(".*.tmp"), *(folder / RECORD).rglob(".*.tmp")]:  # of a process that was killed
        unfinished.unlink(missing_ok=True)
    recorded, backup, written = _record(folder), None, []
    for name, copy in copies.items():
        path, present = folder / f"{name}.ipynb", version(copy)
        laid_out = {**copy, "metadata": {**copy["metadata"], "cnnlab": {"base": present}}}
        after = laid_out
        if path.exists():
            try:
                mine = read_notebook(path)
            except NotebookError as error:
                announce(f"left       {error}")
                continue
            mark = mine["metadata"].get("cnnlab")
            base = mark.get("base") if isinstance(mark, dict) else recorded.get(name)
            if base == present:
                recorded[name] = present
                announce(f"unchanged  {name}")
                continue
            before = _pristine(folder, name, base) or laid_out
            after = {
                **mine,
                "cells": merge(before["cells"], mine["cells"], laid_out["cells"]),
                "metadata": {**mine["metadata"], **laid_out["metadata"]},
                "nbformat_minor": max(5, mine.get("nbformat_minor", 0)),  # from 5 on cells have ids
            }
            if name == "index":  # what it said yesterday is not what it says today
                for cell in after["cells"]:
                    cell.update({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})
            if name != "index" or _texts(mine) != _texts(before):  # the index is written anew every day
                backup = backup or backup_folder(folder)
                keep(path, backup)
        _write(folder / RECORD / "pristine" / f"{name}.{present}.ipynb", laid_out)
        _write(path, after)  # from here on it is the new version: it names the other one itself
        recorded[name] = present
        written.append(name)
        announce(f"written    {name}")
    record = {"version": VERSION, "notebooks": recorded}
    write_atomic(folder / RECORD / "record.json", json.dumps(record, indent=1, sort_keys=True) + "\n")
    return written


def backup_folder(folder: Path) -> Path:
    """Make and return a new folder below `folder` for what is about to be replaced, named after the time.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     backup_folder(Path(folder)).parent.relative_to(folder).as_posix()
    '.cnnlab/backups'
    """
    now, number = time.strftime("%Y-%m-%dT%H-%M-%S"), 1
    while True:
        made = folder / RECORD / "backups" / (f"{now}-{number}" if number > 1 else now)
        try:
            made.mkdir(parents=True)
            return made
        except FileExistsError:
            number += 1


def keep(path: Path, backup: Path) -> None:
    """Copy a file into a folder of `backup_folder`, whole or not at all."""
    write_atomic(backup / path.name, path.read_bytes())


def _record(folder: Path) -> dict[str, str]:
    """Return which version of each notebook was laid out last; empty where that is not known."""
    try:
        recorded = json.loads((folder / RECORD / "record.json").read_bytes())["notebooks"]
        return {name: version for name, version in recorded.items() if isinstance(version, str)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _pristine(folder: Path, name: str, version: str | None) -> Notebook | None:
    """Return a notebook as it was laid out; None if that version is not there any more."""
    try:
        return read_notebook(folder / RECORD / "pristine" / f"{name}.{version}.ipynb")
    except NotebookError:
        return None


def _texts(notebook: Notebook) -> list[tuple[str, str]]:
    return [(cell["cell_type"], cell["source"]) for cell in notebook["cells"]]


def _write(path: Path, notebook: Notebook) -> None:
    """Write a notebook as Jupyter does."""
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    text = json.dumps({**notebook, "cells": cells}, ensure_ascii=False, indent=1, sort_keys=True)
    write_atomic(path, text + "\n")
