"""Processes and folders that an ended notebook leaves behind, and taking them away."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

MARK = "CNNLAB_TASK"  # environment variable that every process of one notebook has: children inherit it

_ROUNDS = 3  # a process may start another while the list is made
# The pid of a container means nothing outside of it, though both may share a temporary folder.
_PREFIX = f"cnnlab-run-{hashlib.sha256(platform.node().encode()).hexdigest()[:8]}-"


def end_marked(mark: str) -> None:
    """Kill every process, but this one, whose environment says that it belongs to the notebook `mark`.

    A child in a session of its own escapes a signal to the group, and one whose parent has ended is nobody's child any
    more; what it was started with stays readable.
    """
    import psutil  # comes with ipykernel, so only where notebooks can run

    for _ in range(_ROUNDS):
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):  # ended meanwhile, or somebody else's
                if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                    process.kill()
                    found.append(process)
        if not found:
            return
        psutil.wait_procs(found, timeout=10)


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a temporary folder, after those of runs that were killed have been removed."""
    import psutil

    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        pid = folder.name[len(_PREFIX) :].partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)  # refuses a link; another user's stays
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
