"""Lessons into notebooks: ``lessons/*.py``, which we write, to ``notebooks/*.ipynb``, which people open, with outputs.

The same lesson gives the same file anywhere: cell ids come from the position, nothing is timed, the data are those that
need no network, and an output that names a folder of this machine fails the build. Only Python's version is noted, as
JupyterLab notes it: opening and saving a notebook changes nothing. A notebook that is wrong in any way is not written.

Each notebook remembers, in its metadata, the lesson it was built from. So it is known, whatever the clocks say, which
of the two somebody has changed since, and no work is replaced unasked.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import platform
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from cnnlab.common.files import write_atomic
from cnnlab.course.batch.cluster import check_address
from cnnlab.course.batch.execute import ClusterLost, Task, environment
from cnnlab.course.batch.execute import execute as execute_notebooks
from cnnlab.course.batch.processes import scratch_folder
from cnnlab.course.building.lesson_text import BuildError, cells_of, content, first_difference, text_of
from cnnlab.course.building.outputs import problems_of, still
from cnnlab.course.building.stamping import stamp
from cnnlab.course.copy.merge import exercise_of
from cnnlab.course.copy.workbook import backup_folder, keep
from cnnlab.course.lessons import Lesson, find_lessons
from cnnlab.course.notebook import NotebookError, read_notebook
from cnnlab.course.progress import index_notebook

# What JupyterLab would write when it opens the notebook.
_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": platform.python_version(),
    },
}
_COLLAPSED = {"cellView": "form", "jupyter": {"source_hidden": True}}  # in Colab and in JupyterLab
# Nothing of the kernel's life belongs in a committed file.
_OPTIONS = {"record_timing": False, "store_widget_state": False}


def build(
    lessons: Iterable[str] | None = None,
    *,
    execute: bool = True,
    force: bool = False,
    jobs: int = 1,
    timeout: float = 600.0,
    course: Path | None = None,
    announce: Callable[[str], object] = lambda line: None,
    cluster: str | None = None,
) -> list[str]:
    """Build and execute the notebooks whose lesson has changed.

    Where only prose has changed, the outputs that are there stay, and nothing is executed.

    Parameters
    ----------
    lessons : numbers, names or paths; all lessons when empty
    execute : False writes the notebooks without outputs
    force : build also what has not changed, and replace a notebook that was edited; a copy of it is kept
    jobs : notebooks executed at a time, >= 1
    timeout : seconds a notebook may take, > 0
    course : the course folder; looked for when not given
    announce : called with a line for each notebook as it is done
    cluster : execute on a Dask cluster instead: the address of its scheduler, or ``"local:4"`` for 4 workers here. Its
        threads decide how many run at a time

    Returns
    -------
    list of str
        Names of the notebooks written.

    Raises
    ------
    CourseError
        For an unknown lesson, or a cluster that cannot be used.
    BuildError
        If a notebook failed, or was edited since it was built, or the cluster was lost; the message lists every
        problem with its lesson and cell. The other notebooks are written.
    """
    if cluster is not None:
        check_address(cluster)  # also where nothing has changed
    written, problems, todo, prose, backup = [], [], {}, {}, None
    for lesson in _with_source(find_lessons(lessons, course)):
        notebook = stamped(lesson)
        if not force and (refused := _edited(lesson, notebook)):
            problems.append(refused)
            announce(f"refused    {lesson.name}")
            continue
        if (text := _stamped_text(lesson)) != lesson.source.read_text(encoding="utf-8"):
            write_atomic(lesson.source, text)
        if not force and _is_current(lesson, notebook, execute):
            announce(f"unchanged  {lesson.name}")
        elif not force and execute and _takes_outputs(lesson, notebook):
            prose[lesson.name] = (lesson, notebook)
        else:
            todo[lesson.name] = (lesson, notebook)
    done = _executed(todo, jobs, timeout, cluster, announce) if execute and todo else _unexecuted(todo)
    done = itertools.chain(_unexecuted(prose), done)
    try:
        for lesson, notebook, failure in done:
            found = [failure] if failure else problems_of(lesson, notebook, _text(notebook))
            if found:
                problems += found
                announce(f"failed     {lesson.name}")
            else:
                if _edited(lesson, notebook):
                    backup = backup or backup_folder(lesson.course)
                    keep(lesson.notebook, backup)
                write_atomic(lesson.notebook, _text(notebook))
                written.append(lesson.name)
                announce(f"written    {lesson.name}")
    except ClusterLost as error:
        left = ", ".join(name for name in todo if name not in written)
        problems.append(f"{error} Not built: {left}")
    index, page = _index(course)
    if _stale(index, page):
        write_atomic(index, _text(page))
    if problems:
        raise BuildError("\n".join(problems))
    return written


def check(lessons: Iterable[str] | None = None, *, course: Path | None = None) -> list[str]:
    """Return where lessons and notebooks disagree: one line a lesson, naming the first cell; empty when all agree.

    Also reported: a notebook without a lesson or without outputs, and a lesson whose navigation or bootstrap cell is
    not the present one.
    """
    found = [line for lesson in find_lessons(lessons, course) if (line := _disagreement(lesson))]
    return found + ["index: not today's list of lessons. `cnnlab build` writes it"] * _stale(*_index(course))


def sync(lessons: Iterable[str] | None = None, *, force: bool = False, course: Path | None = None) -> list[str]:
    """Take edits made in notebooks back into the lessons, and return the names of the lessons rewritten.

    Parameters
    ----------
    lessons : numbers, names or paths; all lessons when empty
    force : rewrite also a lesson that has edits of its own; a copy of it is kept
    course : the course folder; looked for when not given

    Raises
    ------
    BuildError
        If lesson and notebook have both been edited since the notebook was built, or it is not known which, or the
        notebook holds what a lesson cannot. The other lessons are rewritten.
    """
    rewritten, problems, backup = [], [], None
    for lesson in find_lessons(lessons, course):
        if not lesson.notebook.is_file():
            continue
        try:
            notebook = _read(lesson.notebook)
            text = text_of(notebook["cells"], lesson.name)
            if lesson.source.is_file():
                ours = _read(lesson.source)["cells"]
                cell, built = first_difference(ours, notebook["cells"]), _built_from(notebook)
                if cell is None or (built == _state(notebook["cells"]) and not force):
                    continue  # nothing was edited in the notebook
                if built != _state(ours):
                    if not force:
                        problems.append(_which(lesson, cell, "both have been edited since" if built else ""))
                        continue
                    backup = backup or backup_folder(lesson.course)
                    keep(lesson.source, backup)
            write_atomic(lesson.source, text)
            notebook["metadata"]["cnnlab"] = {"lesson": _state(notebook["cells"])}
            write_atomic(lesson.notebook, _text(notebook))
            rewritten.append(lesson.name)
        except BuildError as error:
            problems.append(str(error))
    if problems:
        raise BuildError("\n".join(problems))
    return rewritten


def stamped(lesson: Lesson) -> dict[str, Any]:
    """Return a lesson as a notebook without outputs, with the navigation and the bootstrap cell of today in it."""
    cells = cells_of(_stamped_text(lesson))
    metadata = {**_METADATA, "cnnlab": {"lesson": _state(cells)}}
    for position, cell in enumerate(cells, start=1):
        cell["id"] = f"lesson-{lesson.number}-cell-{position:03d}"
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
        if "bootstrap" in cell["metadata"].get("tags", []):
            cell["metadata"].update(_COLLAPSED)
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _index(course: Path | None) -> tuple[Path, dict[str, Any]]:
    """Return where the course's own index stands and what it should be: all lessons, and nobody's progress."""
    lessons = [lesson for lesson in find_lessons(None, course) if lesson.source.is_file()]
    folder = find_lessons(None, course)[0].notebook.parent
    return folder / "index.ipynb", {**index_notebook(lessons, folder.parent / "lessons"), "metadata": _METADATA}


def _stale(path: Path, page: dict[str, Any]) -> bool:
    return not path.is_file() or first_difference(page["cells"], _read(path)["cells"]) is not None


def _stamped_text(lesson: Lesson) -> str:
    text = lesson.source.read_text(encoding="utf-8")
    today = stamp(text, lesson)
    return text if first_difference(cells_of(text), cells_of(today)) is None else today  # blank lines are no change


def _with_source(lessons: list[Lesson]) -> list[Lesson]:
    for lesson in lessons:
        if not lesson.source.is_file():
            raise BuildError(f"{lesson.name}: there is no {lesson.source}. From the notebook: `cnnlab build --sync`")
    return lessons


def _read(path: Path) -> dict[str, Any]:
    """Read a lesson or a notebook as notebook JSON, every source one string whose lines end in a line feed."""
    try:
        if path.suffix != ".ipynb":
            return {"cells": cells_of(path.read_text(encoding="utf-8")), "metadata": {}}
        notebook = read_notebook(path)
    except ValueError as error:
        raise BuildError(str(error) if isinstance(error, NotebookError) else f"{path.name}: {error}") from None
    for cell in notebook["cells"]:
        cell["source"] = re.sub("\r\n?", "\n", cell["source"])
    return notebook


def _text(notebook: dict[str, Any]) -> str:
    import nbformat

    node = nbformat.from_dict(notebook)
    nbformat.validate(node)
    return nbformat.writes(node).rstrip() + "\n"


def _state(cells: list[dict[str, Any]]) -> str:
    """Return a short name for what a lesson says."""
    return hashlib.sha256(json.dumps([content(cell) for cell in cells]).encode()).hexdigest()[:16]


def _built_from(notebook: dict[str, Any]) -> str | None:
    """Return the name of what a notebook was built from; None where a tool has dropped it."""
    mark = notebook["metadata"].get("cnnlab")
    return mark.get("lesson") if isinstance(mark, dict) else None


def _edited(lesson: Lesson, wanted: dict[str, Any]) -> str:
    """Return why a notebook must not be replaced by `wanted`: it holds what the lesson does not. "" if it may."""
    if not lesson.notebook.is_file():
        return ""
    try:
        there, ours = _read(lesson.notebook), _read(lesson.source)["cells"]
    except BuildError as error:
        return f"{error}. To replace it: `cnnlab build --force {lesson.number}`"
    built = _built_from(there)
    if _state(there["cells"]) in (built, _state(wanted["cells"]), _state(ours)):
        return ""
    cell = first_difference(ours, there["cells"]) or 1
    why = _which(lesson, cell, "the notebook has been edited since it was built" if built else "")
    known = [content(one) for one in ours]
    if any(exercise_of(one) and content(one) not in known for one in there["cells"]):
        why += ". An answer is in it: for answers `cnnlab start` lays out a copy of your own"
    return why


def _which(lesson: Lesson, cell: int, why: str) -> str:
    return (
        f"{lesson.name}: cell {cell}: lesson and notebook differ, and {why or 'nothing says which is newer'}. "
        f"To keep the notebook: `cnnlab build --sync --force {lesson.number}`. "
        f"To keep the lesson: `cnnlab build --force {lesson.number}`. A copy of the other is kept in .cnnlab/backups"
    )


def _disagreement(lesson: Lesson) -> str | None:
    if not lesson.source.is_file():
        return f"{lesson.name}: a notebook without a lesson. To make one of it: `cnnlab build --sync {lesson.number}`"
    mend = f"`cnnlab build {lesson.number}`"
    wanted = stamped(lesson)
    if _stamped_text(lesson) != lesson.source.read_text(encoding="utf-8"):
        return f"{lesson.name}: not today's navigation or bootstrap cell. {mend} puts them in"
    if not lesson.notebook.is_file():
        return f"{lesson.name}: no notebook yet. {mend} makes it"
    if edited := _edited(lesson, wanted):
        return edited
    notebook = _read(lesson.notebook)
    cell = first_difference(wanted["cells"], notebook["cells"])
    if cell:
        return f"{lesson.name}: cell {cell}: lesson and notebook differ. {mend} follows the lesson"
    cell = _first_unexecuted(notebook)
    return f"{lesson.name}: cell {cell}: not executed, or out of order. {mend} --force executes it" if cell else None


def _first_unexecuted(notebook: dict[str, Any]) -> int | None:
    count = 0
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] == "code" and cell["source"].strip():
            count += 1
            if cell["execution_count"] != count:
                return number
    return None


def _is_current(lesson: Lesson, notebook: dict[str, Any], executed: bool) -> bool:
    if not lesson.notebook.is_file():
        return False
    there = _read(lesson.notebook)
    same = first_difference(notebook["cells"], there["cells"]) is None
    return same and not (executed and _first_unexecuted(there))


def _takes_outputs(lesson: Lesson, notebook: dict[str, Any]) -> bool:
    """Give `notebook` the outputs of the one that is there, if that holds the same code; whether it does."""
    if not lesson.notebook.is_file():
        return False
    there = _read(lesson.notebook)
    new, old = ([cell for cell in one["cells"] if cell["cell_type"] == "code"] for one in (notebook, there))
    if _first_unexecuted(there) or first_difference(new, old) is not None:
        return False
    for cell, ran in zip(new, old, strict=True):
        cell.update(outputs=ran["outputs"], execution_count=ran["execution_count"])
    return True


_Built = Iterator[tuple[Lesson, dict[str, Any], str]]


def _unexecuted(todo: dict[str, tuple[Lesson, dict[str, Any]]]) -> _Built:
    return ((lesson, notebook, "") for lesson, notebook in todo.values())


def _executed(
    todo: dict[str, tuple[Lesson, dict[str, Any]]],
    jobs: int,
    timeout: float,
    cluster: str | None,
    announce: Callable[[str], object],
) -> _Built:
    """Yield each lesson with its executed notebook and, if it failed, the reason."""
    with scratch_folder() as cache:
        env = environment()  # the same threads whatever `jobs` is: with others a network is trained to other numbers
        # Data, framework and device as on any machine: nothing downloaded, nobody's own files, no GPU.
        env.update(CNNLAB_OFFLINE="1", CNNLAB_CACHE=str(cache), KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="-1")
        env.update(PYTHONHASHSEED="0")
        env.pop("CNNLAB_DATA", None)
        tasks = [
            Task(name, notebook, lesson.notebook.parent, options=_OPTIONS) for name, (lesson, notebook) in todo.items()
        ]
        outcomes = execute_notebooks(tasks, jobs=jobs, timeout=timeout, env=env, cluster=cluster, announce=announce)
        for task, outcome in outcomes:
            lesson, notebook = todo[task.name]
            failure = f"{lesson.name}: {outcome.failure}" if outcome.failure else ""
            if not failure:
                for cell, ran in zip(notebook["cells"], outcome.notebook["cells"], strict=True):
                    if cell["cell_type"] == "code":
                        cell["outputs"] = list(still(ran["outputs"]))
                        cell["execution_count"] = ran["execution_count"]
            yield lesson, notebook, failure
