"""A Dask cluster out of processes that a test starts and may kill, and a worker that executes no notebook."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from cnnlab.course.batch.execute import Task

#: What ``python -m tiny_worker FOLDER`` does, by the task's options: the parts of a notebook's life that matter here.
TINY = """
import json, os, pathlib, sys, threading
import psutil

folder = pathlib.Path(sys.argv[1])
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
task = json.loads((folder / "task.json").read_text())
options = task["options"]
if "tells" in options:  # who runs it, to somebody who reads from a pipe
    with open(options["tells"], "w") as pipe:
        pipe.write(f"{os.getpid()} {os.getppid()}")
if "starts" in options:
    with open(options["starts"], "a") as file:
        file.write(task["parameters"]["name"] + "\\n")
if options.get("kills"):
    psutil.Process().parent().kill()
if options.get("waits"):
    threading.Event().wait(options["waits"])
if options.get("dies"):
    os._exit(3)
if options.get("writes"):
    (folder / "output.ipynb").write_text((folder / "input.ipynb").read_text())
found = {"status": options.get("status", "ok"), "name": "Odd", "message": "no", "seed": task["parameters"].get("SEED")}
found["env"] = {name: os.environ.get(name) for name in options.get("env", [])}
found["listed"] = [os.listdir(os.environ[name]) for name in options.get("lists", [])]
(folder / "result.json").write_text(json.dumps(found))
"""


#: What may stand where the worker's side of a task should be.
BROKEN = """
def fails(*_):
    raise OSError(28, "No space left on device")
"""


def tiny(name: object, **options: object) -> Task:
    """A task for the worker above."""
    cells = [{"cell_type": "code", "source": "1 + 1", "metadata": {}, "outputs": [], "execution_count": None}]
    return Task(str(name), {"cells": cells}, None, {"name": str(name)}, options, "tiny_worker")


def write_tiny(folder: Path) -> dict[str, str]:
    """Write the worker above and return the environment variables that make it known."""
    folder.mkdir(exist_ok=True)
    (folder / "tiny_worker.py").write_text(TINY)
    (folder / "broken_there.py").write_text(BROKEN)
    package = str(Path(__file__).parents[1])
    return {"PYTHONPATH": os.pathsep.join([str(folder), package, os.environ.get("PYTHONPATH", "")])}


class Machines:
    """A scheduler and workers, each a process of its own, ended with the block."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder, self.env = folder, {**os.environ, **env}
        self.processes: list[subprocess.Popen] = []
        file = folder / "scheduler.json"
        self.scheduler = self._start(
            "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)
        )
        self.address = ""
        while not self.address:
            with contextlib.suppress(OSError, ValueError):
                self.address = json.loads(file.read_text())["address"]
            with contextlib.suppress(subprocess.TimeoutExpired):
                raise RuntimeError(f"the scheduler has ended with code {self.scheduler.wait(timeout=0.02)}")

    def worker(self, *options: str, env: dict[str, str] | None = None) -> subprocess.Popen:
        """Start a worker of one thread."""
        words = ("--nthreads", "1", "--memory-limit", "0", "--no-dashboard", "--local-directory", str(self.folder))
        return self._start("dask_worker", self.address, *words, *options, env=env)

    def _start(self, module: str, *options: str, env: dict[str, str] | None = None) -> subprocess.Popen:
        command: Sequence[str] = [sys.executable, "-m", f"distributed.cli.{module}", *options]
        with (self.folder / f"{module}.log").open("ab") as log:
            process = subprocess.Popen(command, env={**self.env, **(env or {})}, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def end(self) -> None:
        """Kill all of it."""
        for process in self.processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in psutil.Process(process.pid).children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        child.kill()
            process.kill()
            process.wait()


@contextlib.contextmanager
def machines(folder: Path, workers: int, env: dict[str, str]) -> Iterator[Machines]:
    """A cluster of this many workers of one thread, which are started again when they are killed."""
    cluster = Machines(folder, env)
    try:
        if workers:
            cluster.worker("--nworkers", str(workers))
        yield cluster
    finally:
        cluster.end()
