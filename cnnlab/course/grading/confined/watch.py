"""Watching a process that runs a learner's code: what it prints is kept short, and at a limit it is ended."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cnnlab.course.batch.processes import end_marked, remove
from cnnlab.course.grading.confined import seccomp
from cnnlab.course.grading.confined.limits import Limits

if TYPE_CHECKING:
    import psutil

MAX_THREADS = 1_000
MAX_ENTRIES = 10_000  # files and folders in a scratch folder

_POLL = 0.05  # seconds between two looks
_DISK_EVERY = 10  # looks
_BLOCK = 65_536
_RUNTIME = 30.0  # seconds docker or podman has to end a container
_LAST = 5.0  # seconds from the end of the pipe to the end of the process


class Confined:
    """A running process with a learner's code in it; made by `confine.start`. Leaving a ``with`` closes it.

    Attributes
    ----------
    stdin, stdout : binary files to talk to it; an end of `stdout` means that it is gone
    stopped : why the watcher has ended it, in words; empty while it runs, or when it ended otherwise
    scratch : the folder it runs in, the only one it can write
    deadline : when it will be ended, on the clock of `time.monotonic`
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        scratch: Path,
        limits: Limits,
        mark: str,
        ending: Sequence[str] = (),
    ) -> None:
        self.process, self.scratch, self.limits = process, scratch, limits
        self.stdin, self.stdout = process.stdin, process.stdout
        self.stopped = ""
        self.deadline = time.monotonic() + limits.seconds
        self._printed = bytearray()
        self._mark, self._ending = mark, ending
        self._alone, self._ours = False, _filters("self")
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._watch, self._drain)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Confined:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def output(self) -> str:
        """What it has printed, the beginning of it."""
        return self._printed.decode("utf-8", "replace")

    @property
    def ended(self) -> str:
        """How it ended, in words, once `stdout` has come to its end.

        A code says nothing of the answers: whatever runs in there chooses it.
        """
        try:
            code = self.process.wait(timeout=_LAST)
        except subprocess.TimeoutExpired:
            return "its process has closed its side of the pipe"
        if self.stopped:
            return self.stopped
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"its process was ended by {signal.Signals(-code).name}"
        return f"its process ended with code {code}"

    def close(self) -> None:
        """End it and all it has started, and take its scratch folder away."""
        self._closing.set()
        self._end()
        for thread in self._threads:
            thread.join(timeout=5)
        for file in (self.stdin, self.stdout, self.process.stderr):
            with contextlib.suppress(OSError):  # what was not yet sent has nowhere to go
                file.close()
        remove(self.scratch)

    def _drain(self) -> None:
        """Read all that is printed, so that it never has to wait, and keep the beginning."""
        with contextlib.suppress(OSError, ValueError):  # closed meanwhile
            while block := os.read(self.process.stderr.fileno(), _BLOCK):
                self._printed += block[: max(0, self.limits.output - len(self._printed))]

    def _watch(self) -> None:
        look = 0
        while not self._closing.wait(_POLL) and self.process.poll() is None:
            if reason := self._excess(disk=look % _DISK_EVERY == 0):
                self.stopped = reason
                self._end()
                return
            look += 1

    def _excess(self, *, disk: bool) -> str:
        """What it uses too much of, in words; empty if nothing."""
        import psutil

        limits = self.limits
        if time.monotonic() > self.deadline:
            return f"no end after {limits.seconds:g} s"
        family = self._family()
        if len(family) > limits.processes:
            return f"more than {limits.processes} processes at a time"
        memory = threads = 0
        for process in family:
            with contextlib.suppress(psutil.Error):  # ended meanwhile
                memory += process.memory_info().rss
                threads += process.num_threads()
        if memory > limits.memory:
            return f"more than {_size(limits.memory)} of memory"
        if threads > MAX_THREADS + limits.processes:
            return f"more than {MAX_THREADS:,} threads at a time"
        if disk:
            written, entries = _written(self.scratch, family)
            if written > limits.files:
                return f"more than {_size(limits.files)} written to disk"
            if entries > MAX_ENTRIES:
                return f"more than {MAX_ENTRIES:,} files, or folders in each other too deep to follow"
        return ""

    def _family(self) -> list[psutil.Process]:
        """The process and its children, theirs included."""
        import psutil

        try:
            process = psutil.Process(self.process.pid)
            # One filter more than ours (a container around us gives us one): then it can start no process.
            self._alone = self._alone or (seccomp.available() and _filters(process.pid) > self._ours)
            return [process] if self._alone else [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _end(self) -> None:
        """End the process and its family. One under the filter has none; others are halted before any is ended."""
        import psutil

        family = self._family()
        if not self._alone:
            for how in (psutil.Process.suspend, psutil.Process.kill):
                for process in family:
                    with contextlib.suppress(psutil.Error):  # ended meanwhile
                        how(process)
                family = self._family() + family  # what was started while the list was made
        if self._ending:  # a container belongs to its runtime, not to the command that has started it
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
                subprocess.run(self._ending, **quiet, timeout=_RUNTIME, check=False)
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()
        if not self._alone:
            end_marked(self._mark)


def _filters(pid: int | str) -> int:
    """How many filters of system calls the kernel applies to a process; 0 where it does not say."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("Seccomp_filters:"):
                return int(line.partition(":")[2])
    return 0


def _written(folder: Path, family: list[psutil.Process]) -> tuple[int, int]:
    """Bytes on disk that a family has written, and how many entries there are below `folder`."""
    import psutil

    kept, entries = _below(folder)
    passed = 0
    for process in family:
        with contextlib.suppress(psutil.Error, OSError, AttributeError):  # AttributeError: no such counter on macOS
            passed += process.io_counters().write_bytes
        kept += _unlinked(process.pid)
    return max(kept, passed), entries


def _below(folder: Path) -> tuple[int, int]:
    """Bytes in the blocks of all files below `folder`, and their number; too deep for a path counts as too many."""
    size, entries, waiting = 0, 0, [os.fspath(folder)]
    while waiting and entries <= MAX_ENTRIES:
        try:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    entries += 1
                    about = entry.stat(follow_symlinks=False)
                    size += getattr(about, "st_blocks", about.st_size // 512 + 1) * 512  # a sparse file is small
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return size, MAX_ENTRIES + 1
    return size, entries


def _unlinked(pid: int) -> int:
    """Bytes in files that a process holds open and that no folder names any more (Linux)."""
    size = 0
    with contextlib.suppress(OSError):
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                about = os.stat(entry.path)
                if stat.S_ISREG(about.st_mode) and about.st_nlink == 0:
                    size += about.st_blocks * 512
    return size


def _size(number: int) -> str:
    """A number of bytes in words.

    >>> _size(4 * 1024**3), _size(256_000_000)
    ('4 GiB', '256 MB')
    """
    if number % 1024**2 == 0:
        return f"{number / 1024**3:g} GiB" if number >= 1024**3 else f"{number // 1024**2} MiB"
    return f"{number / 1e9:g} GB" if number >= 10**9 else f"{number / 1e6:g} MB"
