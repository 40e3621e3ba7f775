"""Run the course's notebooks in batch: one process each, with a report that says which ran and which did not, and why.

Everything finished is on disk at once: stopping a run loses only the notebooks that were in the middle.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cnnlab.common.files import write_atomic
from cnnlab.common.validate import check_choice, check_int, check_number
from cnnlab.course.batch.display import Display
from cnnlab.course.batch.execute import ClusterLost, Failure, Task, cpus, execute
from cnnlab.course.batch.pages import page
from cnnlab.course.batch.report import Report, Result, read_results
from cnnlab.course.lessons import CourseError, Lesson, all_lessons, find_lessons
from cnnlab.course.notebook import NotebookError, read_notebook

PROFILES = ("quick", "full")
_SHOWN = 500  # characters of a failure on one line
_UNKNOWN = object()  # the default of a parameter that is not a literal


class OutputError(OSError):
    """The output folder cannot be written."""


@dataclass(frozen=True)
class _Plan:
    """A lesson, its notebook as JSON, and what to put in."""

    lesson: Lesson
    notebook: dict[str, Any]
    parameters: dict[str, Any]

    def result(self) -> Result:
        cells = [[c["cell_type"], c["source"], c["metadata"].get("tags", [])] for c in self.notebook["cells"]]
        content = json.dumps([cells, self.parameters], sort_keys=True)
        fingerprint = hashlib.sha256(content.encode()).hexdigest()
        return Result(self.lesson.name, self.lesson.title, fingerprint, self.parameters)

    def task(self) -> Task:
        return Task(self.lesson.name, self.notebook, self.lesson.notebook.parent, self.parameters)


def run(
    lessons: Iterable[str] | None = None,
    *,
    profile: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    jobs: int | None = None,
    timeout: float = 600.0,
    out: str | os.PathLike[str] = "runs",
    resume: bool = False,
    course: Path | None = None,
    progress: bool = False,
    cluster: str | None = None,
) -> Report:
    """Execute lessons with papermill and write the executed notebooks, ``report.json`` and ``index.html``.

    A lesson that runs to its end becomes ``NN_name.ipynb`` in `out`; one that does not, ``NN_name.failed.ipynb``; and
    either way a page, ``NN_name.html``. The report keeps what earlier runs into `out` found of the other lessons.
    Whatever is wrong with one lesson, its notebook file included, the others run.

    Parameters
    ----------
    lessons : numbers, names or paths; all lessons when empty
    profile : ``"quick"`` or ``"full"``: the notebooks' ``PROFILE``; quick when not given
    parameters : name -> value for the cells tagged ``parameters``. Every lesson that runs must declare each name. A
        value given as text is read as the type of the declared default
    jobs : notebooks at a time on this machine, >= 1; by default 2 where there are two processors, 1 in the full
        profile
    timeout : seconds a notebook may take before it is killed, > 0
    out : folder for the results, made when missing
    resume : keep what an earlier run into `out` finished, and redo what failed, is missing, or has since changed in
        source or parameters. A change in the package itself does not count
    course : the course folder; looked for when not given
    progress : show a bar on stderr (in a terminal) and a line for each lesson on stdout
    cluster : run on a Dask cluster instead: the address of its scheduler, or ``"local:4"`` for 4 workers here. Its
        threads decide how many run at a time

    Returns
    -------
    Report
        Its ``failed`` is empty when all went well, and its ``stopped`` where a cluster was not lost meanwhile.

    Raises
    ------
    CourseError
        For an unknown lesson or parameter, or a cluster that cannot be used, before anything runs.
    OutputError
        If `out` cannot be written.
    KeyboardInterrupt
        On Ctrl-C, after the report is written.
    """
    profile = None if profile is None else check_choice(profile, "profile", PROFILES)
    check_number(timeout, "timeout", above=0, unit="seconds")
    plans = _plans(find_lessons(lessons, course), profile, dict(parameters or {}))
    full = any(isinstance(plan, _Plan) and plan.parameters.get("PROFILE") == "full" for plan in plans.values())
    if cluster is not None and jobs is not None:
        raise CourseError(
            "`jobs` is for this machine: a cluster's threads decide, so leave out `--jobs` or `--cluster`. "
            f"Received: {jobs!r} and {cluster!r}"
        )
    # Two kernels of the full profile would share one GPU.
    jobs = (1 if full else min(2, cpus())) if jobs is None else check_int(jobs, "jobs", minimum=1)
    folder = Path(out)
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        earlier = read_results(folder / "report.json")
    started = datetime.now().astimezone().isoformat(timespec="seconds")
    report = Report({}, started, jobs=jobs, timeout=timeout, cluster=cluster or "")
    todo = []
    for lesson, plan in plans.items():
        if isinstance(plan, NotebookError):
            failure = Failure(0, "", type(plan).__name__, str(plan))
            report.results[lesson.name] = Result(lesson.name, lesson.title, "", status="unreadable", failure=failure)
            continue
        report.results[lesson.name] = result = plan.result()
        old = earlier.get(lesson.name) if resume else None
        if old and old.status == "ok" and old.fingerprint == result.fingerprint and _is_there(folder / old.notebook):
            report.results[lesson.name] = replace(old, reused=True)
        else:
            todo.append(plan)
    # What was not asked for this time stays on record, so that a later --resume need not redo it.
    names = {lesson.name for lesson in all_lessons(course)} - set(report.results)
    others = {name: replace(old, reused=True) for name, old in earlier.items() if name in names}
    _run(todo, report, others, folder, progress)
    return report


def _run(todo: list[_Plan], report: Report, others: dict[str, Result], folder: Path, progress: bool) -> None:
    """Execute `todo`, filling in `report` and writing it after each lesson."""
    begin = time.monotonic()

    def record(index: bool = False) -> None:
        report.seconds = time.monotonic() - begin
        recorded = replace(report, results=dict(sorted({**others, **report.results}.items())))
        with _writing(folder):
            _write(folder / "report.json", recorded.to_json())
            if index:
                _write(folder / "index.html", recorded.to_html(folder))

    show = _Display(todo, report) if progress else None
    try:
        outcomes = execute(
            [plan.task() for plan in todo],
            jobs=report.jobs,
            timeout=report.timeout,
            on_cell=show.cell if show else None,
            cluster=report.cluster or None if todo else None,
            announce=show.shown.line if show else lambda line: None,
        )
        by_name = {plan.lesson.name: plan for plan in todo}
        with contextlib.closing(outcomes):
            record()  # shows that the folder can be written before anything runs
            for task, outcome in outcomes:
                result = replace(
                    report.results[task.name],
                    status=outcome.status,
                    seconds=round(outcome.seconds, 2),
                    failure=outcome.failure,
                    place=outcome.place,
                    attempts=outcome.attempts,
                )
                report.results[task.name] = result = _publish(by_name[task.name], result, outcome.notebook, folder)
                record()
                if show:
                    show.result(result)
    except ClusterLost as error:
        report.stopped = str(error)
        if show:
            show.shown.line(str(error))
    except KeyboardInterrupt:
        report.stopped = "Stopped by hand. `cnnlab run --resume` does the rest."
        record(index=True)
        raise
    finally:
        if show:
            show.close()
    record(index=True)


def _publish(plan: _Plan, result: Result, executed: dict[str, Any] | None, folder: Path) -> Result:
    """Write the executed notebook and its page, take away what they replace, and say so in the result."""
    lesson = plan.lesson
    whole, part = f"{lesson.name}.ipynb", f"{lesson.name}.failed.ipynb"
    name, stale = (whole, part) if result.status == "ok" else (part, whole)
    try:
        if executed is None:
            name = ""
            (folder / part).unlink(missing_ok=True)
        else:
            executed["metadata"]["papermill"].update(input_path=str(lesson.notebook), output_path=str(folder / name))
            _write(folder / name, json.dumps(executed, indent=1, ensure_ascii=False) + "\n")
        (folder / stale).unlink(missing_ok=True)
        result = replace(result, notebook=name, page=f"{lesson.name}.html")
        _write(folder / result.page, page(executed or plan.notebook, result))
    except OSError as error:
        words = f"{name or part} could not be written: {error.strerror or error}"
        failure = result.failure or Failure(0, "", type(error).__name__, words)
        status = "unwritten" if result.status == "ok" else result.status
        result = replace(result, status=status, notebook="", page="", failure=failure)
    return result


def _write(path: Path, text: str) -> None:
    write_atomic(path, text.encode("utf-8", "replace"))  # half of a pair of surrogates has no bytes


def _is_there(notebook: Path) -> bool:
    """Whether an earlier run's notebook is whole still."""
    try:
        return bool(read_notebook(notebook)["cells"])
    except NotebookError:
        return False


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"`out` must be a folder that can be written. Received: {str(folder)!r}: {reason}") from error


def _plans(lessons: list[Lesson], profile: str | None, given: dict[str, Any]) -> dict[Lesson, _Plan | NotebookError]:
    """What to do for each lesson, or why its notebook cannot be read."""
    plans: dict[Lesson, _Plan | NotebookError] = {}
    for lesson in lessons:
        if not lesson.notebook.is_file():
            raise CourseError(f"{lesson.name} has no notebook yet: run `cnnlab build {lesson.number}`")
        try:
            notebook = read_notebook(lesson.notebook)
        except NotebookError as error:
            plans[lesson] = error
            continue
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell.update(outputs=[], execution_count=None)  # they may be large, and are about to be replaced
        declared = _declared(lesson, notebook)
        values = dict(given)
        if profile is not None or "PROFILE" in declared:
            values.setdefault("PROFILE", profile or "quick")
        values = {name: _value(lesson, name, value, declared) for name, value in values.items()}
        plans[lesson] = _Plan(lesson, notebook, values)
    return plans


def _declared(lesson: Lesson, notebook: dict[str, Any]) -> dict[str, Any]:
    """Return name -> default value of what the cell tagged ``parameters`` assigns."""
    tagged = [c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", [])]
    if not tagged:
        raise CourseError(f"{lesson.name} has no cell tagged `parameters`")
    try:
        statements = ast.parse(tagged[0]["source"]).body
    except (SyntaxError, ValueError) as error:  # a zero byte or half a character is a ValueError
        raise CourseError(f"{lesson.name}: its cell tagged `parameters` is not plain Python: {error}") from None
    declared = {}
    for statement in statements:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name):
                try:
                    declared[target.id] = ast.literal_eval(statement.value)
                except (ValueError, TypeError):
                    declared[target.id] = _UNKNOWN
    return declared


def _value(lesson: Lesson, name: str, value: Any, declared: dict[str, Any]) -> Any:
    """Return `value` for the parameter `name`, text being read as the type of the default."""
    if name not in declared:
        near = difflib.get_close_matches(name, declared, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise CourseError(
            f"{lesson.name} has no parameter `{name}`. It has: {', '.join(declared) or 'none at all'}.{hint}"
        )
    if name == "PROFILE" and value not in PROFILES:
        raise CourseError(f"`PROFILE` must be one of {', '.join(map(repr, PROFILES))}. Received: {value!r}")
    default = declared[name]
    if isinstance(default, str) and isinstance(value, str):
        return value
    read = value
    if isinstance(default, bool) and str(value).lower() in ("true", "false"):
        read = str(value).lower() == "true"
    elif isinstance(value, str):
        with contextlib.suppress(ValueError, SyntaxError):
            read = ast.literal_eval(value)
    kinds = {bool: (bool,), int: (int,), float: (int, float), str: (str,)}.get(type(default))
    if kinds and (not isinstance(read, kinds) or (isinstance(read, bool) and bool not in kinds)):
        raise CourseError(
            f"{lesson.name}: `{name}` must be of type {type(default).__name__}, as its default {default!r} is. "
            f"Received: {value!r}"
        )
    return read


class _Display:
    """A bar over all cells, and a line for each lesson that ends."""

    def __init__(self, todo: list[_Plan], report: Report) -> None:
        self.cells = {plan.lesson.name: len(plan.notebook["cells"]) for plan in todo}
        self.at = dict.fromkeys(self.cells, 0)
        self.shown = Display(sum(self.cells.values()), "cell")
        for result in report.results.values():
            if result.reused or result.status == "unreadable":
                self.result(result)

    def cell(self, task: Task, started: int) -> None:
        self._advance(task.name, started)

    def result(self, result: Result) -> None:
        if result.reused:
            self.shown.line(f"{'kept':8}{result.name}")
            return
        if result.name in self.cells:
            self._advance(result.name, self.cells[result.name])
        why = f"  {str(result.failure)[:_SHOWN]}" if result.failure else ""
        travels = f"  {result.travels}" if result.travels else ""
        self.shown.line(f"{result.status:8}{result.name}  {result.seconds:.1f} s{travels}{why}")

    def _advance(self, name: str, started: int) -> None:
        self.shown.advance(started - self.at[name], name)
        self.at[name] = started

    def close(self) -> None:
        self.shown.close()
