"""What is executed and how it ended: the records that runner, build, grading and cluster hand around."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cnnlab.course.lessons import CourseError


class ClusterLost(CourseError):
    """The cluster is gone, or has nobody left who may run anything: what had not ended by then did not run."""


@dataclass(frozen=True)
class Task:
    """A notebook, and what to do with it in a process of its own.

    Attributes
    ----------
    name : what it is called
    notebook : its content, as parsed JSON
    folder : where the process runs; a scratch folder that is gone afterwards when None
    parameters : values put behind the cell tagged ``parameters``
    options : for the worker; those of `cnnlab.course.batch.worker` are further options of nbclient's
        ``NotebookClient``
    worker : the module that does it, started as ``python -m WORKER FOLDER``: see `cnnlab.course.batch.worker`
    """

    name: str
    notebook: dict[str, Any]
    folder: Path | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    worker: str = "cnnlab.course.batch.worker"


@dataclass(frozen=True)
class Failure:
    """Why a notebook did not reach its end.

    Attributes
    ----------
    cell : the cell it was at, counted from 1 over all cells of the notebook as written; None before the first,
        0 where it is about no cell
    source : that cell's source
    name, message : the exception's, or what else happened
    traceback : as text; for a process that died, the last it wrote
    """

    cell: int | None
    source: str
    name: str
    message: str
    traceback: str = ""

    def __str__(self) -> str:
        where = "before the first cell: " if self.cell is None else f"cell {self.cell}: " if self.cell else ""
        return f"{where}{self.name}: {self.message}" if self.message else f"{where}{self.name}"


@dataclass(frozen=True)
class Outcome:
    """How an execution ended.

    Attributes
    ----------
    status : ``"ok"``, ``"raised"``, ``"crashed"`` or ``"timeout"``
    seconds : wall time, the start of the kernel included
    notebook : the executed notebook, as far as it came; None if nothing of it could be read
    failure : None when ok
    result : what else the worker found; None where it did not come to its end
    attempts : how often it was started: more than once where the machine it ran on was lost
    place : where it ran; empty for this machine
    """

    status: str
    seconds: float
    notebook: dict[str, Any] | None
    failure: Failure | None = None
    result: dict[str, Any] | None = None
    attempts: int = 1
    place: str = ""
