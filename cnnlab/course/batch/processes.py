"""Processes and folders that an ended notebook leaves behind, and taking them away."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

MARK = "CNNLAB_TASK"  # environment variable that every process of one notebook has: children inherit it

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_ROUNDS = 3  # a process may start another while the list is made
# The pid of a container means nothing outside of it, though both may share a temporary folder.
_PREFIX = f"cnnlab-run-{hashlib.sha256(platform.node().encode()).hexdigest()[:8]}-"


def python_path() -> str:
    """PYTHONPATH for a process of ours: our own, behind the folder that holds this very package.

    Otherwise a checkout that is run in its folder would start what is installed. An installed package is found without:
    the folder of all packages must not come before Python's own modules.
    """
    package = Path(sys.modules[__name__.partition(".")[0]].__path__[0]).absolute()
    first = [] if package.parent.name in ("site-packages", "dist-packages") else [os.fspath(package.parent)]
    return os.pathsep.join([*first, *filter(None, [os.environ.get("PYTHONPATH")])])


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

    Links are removed, not followed. Ten thousand folders in each other, where `shutil.rmtree` ends with a
    ``RecursionError`` and a path grows too long, are gone through on foot, in and out.
    """
    if os.rmdir not in os.supports_dir_fd:  # Windows, whose paths end long before that
        shutil.rmtree(folder, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        here = os.open(folder, _FOLDER)
        try:
            os.fchmod(here, 0o700)
            inner, names = [_clear(here)], []  # at each depth: the folders that are left, and the one we are in
            while inner:
                down = bool(inner[-1])
                name = inner[-1].pop() if down else ".."
                with contextlib.suppress(OSError):
                    if down:
                        os.chmod(name, 0o700, dir_fd=here)
                    there = os.open(name, _FOLDER, dir_fd=here)
                    os.close(here)
                    here = there
                    if down:
                        names.append(name)
                        inner.append(_clear(here))
                if not down:
                    inner.pop()
                    if names:
                        with contextlib.suppress(OSError):
                            os.rmdir(names.pop(), dir_fd=here)
        finally:
            os.close(here)
        os.rmdir(folder)


def _clear(folder: int) -> list[str]:
    """Remove the files and links of an open folder and return the names of the folders in it."""
    folders = []
    with os.scandir(folder) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            else:
                with contextlib.suppress(OSError):
                    os.unlink(entry.name, dir_fd=folder)
    return folders
