"""Processes and folders that an ended notebook leaves behind, and taking them away."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import secrets
import sys
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
            remove(folder)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder that a stranger's code has filled; what cannot be removed, another user's for example, stays.

    Links are removed, not followed. Folders in folders are moved up before they are emptied, so that ten thousand of
    them in each other, which `shutil.rmtree` ends at with a ``RecursionError``, are as good as side by side.
    """
    with contextlib.suppress(OSError):
        if folder.is_symlink() or not folder.is_dir():
            return
        folder.chmod(0o700)
        waiting = [folder]
        while waiting:
            place = waiting.pop()
            with contextlib.suppress(OSError):
                for entry in list(os.scandir(place)):
                    with contextlib.suppress(OSError):
                        if entry.is_dir(follow_symlinks=False):
                            os.chmod(entry.path, 0o700)  # or its owner could not move it
                            above = folder / secrets.token_hex(8)
                            os.rename(entry.path, above)
                            waiting.append(above)
                        else:
                            _unlink(entry.path)
                if place != folder:
                    place.rmdir()
        folder.rmdir()


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except PermissionError:
        if sys.platform != "win32" or os.path.islink(path):
            raise
        os.chmod(path, 0o600)  # Windows keeps what is read-only
        os.unlink(path)
