"""Execute notebooks on this machine, each in a process of its own, some at a time.

Whatever one notebook does (raise, kill its kernel, hang), the others go on and the outcome says which cell it was and
why.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

from cnnlab.course.batch.processes import MARK, end_marked, python_path, scratch_folder
from cnnlab.course.batch.tasks import Failure, Outcome, Task

_POLL = 0.05  # seconds between two looks at the running notebooks
_LOG_TAIL = 4000  # bytes of a dead worker's last words
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


def cpus() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(jobs: int = 1) -> dict[str, str]:
    """Return the environment variables for kernels of which `jobs` run at a time.

    >>> environment()["CNNLAB_STRICT"]
    '1'
    """
    values = dict(os.environ)
    values.pop("JPY_SESSION_NAME", None)  # the notebook this is called from, which is none of those executed
    values.pop("MPLBACKEND", None)  # a kernel draws inline; a backend meant for scripts would show no figure
    values["PYTHONPATH"] = python_path()
    values["CNNLAB_STRICT"] = "1"  # an explorer's error fails the cell
    values["TF_CPP_MIN_LOG_LEVEL"] = "3"  # TensorFlow's log carries timestamps
    values["TF_ENABLE_ONEDNN_OPTS"] = "0"
    if jobs > 1:
        for name in _THREADS:  # otherwise each kernel starts one thread a core, and they fight
            values.setdefault(name, str(max(1, cpus() // jobs)))
        values.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # the first kernel would take the whole GPU
    return values


def run_here(
    tasks: Iterable[Task],
    jobs: int,
    timeout: float,
    env: dict[str, str],
    on_cell: Callable[[Task, int], None] | None = None,
    look: Callable[[], None] = lambda: None,
) -> Generator[tuple[Task, Outcome], None, None]:
    """Execute `tasks` as `execute` says, on this machine; `look` is called again and again, and may raise to end it."""
    waiting, running, ended = iter(tasks), [], threading.Event()
    with scratch_folder() as scratch:
        try:
            while True:
                for task in itertools.islice(waiting, jobs - len(running)):
                    running.append(_Job(task, Path(tempfile.mkdtemp(dir=scratch)), timeout, env, ended.set))
                if not running:
                    return
                ended.clear()  # whatever ends from here on is seen below, or ends the wait
                for job in list(running):
                    outcome = job.outcome()
                    if on_cell and job.moved():
                        on_cell(job.task, job.started)
                    if outcome:
                        running.remove(job)
                        shutil.rmtree(job.folder, ignore_errors=True)
                        yield job.task, outcome
                look()
                ended.wait(_POLL)
        finally:
            for job in running:
                job.kill()


class _Job:
    """A worker process and the folder it reports in."""

    def __init__(
        self, task: Task, folder: Path, timeout: float, env: dict[str, str], on_end: Callable[[], object]
    ) -> None:
        self.task, self.folder, self.timeout = task, folder, timeout
        self.started = 0  # cells
        self.mark = secrets.token_hex(16)
        (folder / "task.json").write_text(
            json.dumps({"parameters": task.parameters, "options": task.options}), encoding="utf-8"
        )
        (folder / "input.ipynb").write_text(json.dumps(task.notebook), encoding="utf-8")
        self.begin = time.monotonic()
        # In a file, not a pipe: a process that outlives its notebook could keep a pipe open for ever.
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", task.worker, str(folder)],
                cwd=task.folder or folder,
                env={**env, MARK: self.mark},
                stdin=subprocess.PIPE,  # its end tells the worker that we are gone
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for the runner alone, here and on Windows
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        threading.Thread(target=lambda: (self.process.wait(), on_end()), daemon=True).start()

    def position(self) -> int | None:
        """Position of the cell that started last, from 0."""
        lines = self._read("progress").split("\n")[:-1]  # what follows the last newline is not complete
        return int(lines[-1]) if lines else None

    def moved(self) -> bool:
        position = self.position()
        before, self.started = self.started, 0 if position is None else position + 1
        return before != self.started

    def outcome(self) -> Outcome | None:
        """Return how it ended, or None while it runs."""
        result = None
        seconds = time.monotonic() - self.begin
        code = self.process.poll()
        if code is None and seconds < self.timeout:
            return None
        if code is None:
            self.kill()
            status, reason = "timeout", {"name": "Timeout", "message": f"no end after {self.timeout:g} s"}
        elif code == 0 and (result := self._result()):
            self.process.stdin.close()
            end_marked(self.mark)
            status = result.pop("status")
            reason = {name: result[name] for name in ("name", "message", "traceback") if name in result}
        else:
            self.kill()
            status = "crashed"
            without = "" if code else " and left no result"
            reason = {"name": "WorkerError", "message": f"the process that ran it ended with code {code}{without}"}
        notebook = self._notebook()
        if status == "ok":
            return Outcome(status, seconds, notebook, result=result)
        position = self.position()
        if status == "crashed" or position is None:
            reason["traceback"] = self._read("log", _LOG_TAIL)
        source = "" if position is None else "".join(self.task.notebook["cells"][position]["source"])
        failure = Failure(None if position is None else position + 1, source, **reason)
        return Outcome(status, seconds, notebook, failure, result)

    def kill(self) -> None:
        """End the worker and all it started: the kernel is in a session of its own, so a signal would not reach it."""
        import psutil  # comes with ipykernel, so only where notebooks can run

        try:
            worker = psutil.Process(self.process.pid)
            family = [*worker.children(recursive=True), worker]
        except psutil.NoSuchProcess:
            family = []
        for process in family:
            with contextlib.suppress(psutil.Error):  # ended by itself meanwhile
                process.kill()
        psutil.wait_procs(family, timeout=10)
        end_marked(self.mark)
        self.process.wait()
        self.process.stdin.close()

    def _read(self, name: str, tail: int = 0) -> str:
        """The text of a file, or the `tail` bytes at its end; empty where there is none."""
        try:
            with open(self.folder / name, "rb") as file:
                if tail:
                    file.seek(max(0, os.fstat(file.fileno()).st_size - tail))
                return file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def _result(self) -> dict[str, Any] | None:
        try:
            return json.loads(self._read("result.json"))
        except json.JSONDecodeError:
            return None

    def _notebook(self) -> dict[str, Any] | None:
        try:
            return json.loads(self._read("output.ipynb"))
        except json.JSONDecodeError:  # killed while it wrote
            return None
