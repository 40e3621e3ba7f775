"""What a process does to itself before a learner's code runs in it: it gives up whatever answers do not need.

Files by Landlock; new processes, sockets, signals and hands on other processes by a filter of system calls; what root
has beyond others. Nothing that the process is told afterwards gives them back. What an operating system lacks is left
out, and `kept_out` finds out which. The module imports nothing that starts a thread, as NumPy does: such a thread
would keep its rights.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sys
from pathlib import Path
from typing import BinaryIO

from cnnlab.course.batch.execute import cpus
from cnnlab.course.grading.confined import landlock, seccomp

PACKAGE = Path(sys.modules[__name__.partition(".")[0]].__path__[0])  # cnnlab
TOLD = "CNNLAB_CONFINED"  # environment variable with what `confine.start` tells `enter`

_OPEN_FILES = 256
_SIGNALS = 1_000
_NICE = 5
_TIMES = 20  # as many answers may take their seconds each; the watcher counts those
_SYSTEM = (  # libraries, fonts, time zones, and what NumPy and TensorFlow ask the kernel about the processor
    "/usr", "/lib", "/lib64", "/bin", "/nix/store", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/localtime", "/etc/fonts", "/etc/mime.types", "/etc/alternatives", "/dev/urandom", "/dev/random", "/dev/zero",
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems", "/proc/version",
    "/proc/sys/vm/overcommit_memory", "/proc/sys/crypto/fips_enabled", "/sys/devices/system", "/sys/fs/cgroup",
)  # fmt: skip
_SET_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT = 38, 1  # of prctl
_CAPABILITIES_VERSION = 0x20080522


def enter() -> tuple[BinaryIO, BinaryIO]:
    """Give up whatever answers do not need. Called first in a process that `start` has started.

    Returns
    -------
    What is read from and written to the process that started this one. The null device takes stdin's place, and what
    is printed goes where stderr goes, so that no answer can speak in our name by printing.

    Raises
    ------
    RuntimeError
        If `start` has not started this process, or something has started a thread already: it would keep its rights.
    """
    if TOLD not in os.environ:
        raise RuntimeError("`enter` works only in a process that `start` has started")
    told = json.loads(os.environ.pop(TOLD))
    reading, writing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    if sys.platform != "win32":
        _limit(told["limits"])
        os.nice(_NICE)
    if sys.platform == "linux":
        if len(os.listdir("/proc/self/task")) > 1:
            raise RuntimeError("`enter` must be called before anything starts a thread")
        _give_up_rights(told)
    return reading, writing


def _limit(limits: dict[str, float]) -> None:
    """Limits that the kernel keeps: they hold between two looks of the watcher, and when there is none."""
    import resource  # not on Windows

    processors = cpus()
    wanted = {
        "CORE": 0,
        "FSIZE": limits["files"],
        "NOFILE": _OPEN_FILES,
        "SIGPENDING": _SIGNALS,  # and timers: all processes of a user share the system's own limit
        "CPU": int(limits["seconds"] * processors * _TIMES) + 5,
        # Memory for data; the stacks of threads, of which TensorFlow starts some a processor, count as a whole.
        "DATA": limits["memory"] + processors * 128 * 1024**2,
    }
    if sys.platform == "darwin":
        wanted["NPROC"] = 1  # this user has one already, so none can be added (threads are not counted there)
    for name, value in wanted.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:  # not on macOS
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS knows some by name only
            resource.setrlimit(kind, (value, value))


def _give_up_rights(told: dict[str, object]) -> None:
    with contextlib.suppress(OSError):  # where memory runs out all the same, the kernel is to end this process first
        Path("/proc/self/oom_score_adj").write_text("1000")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_DIE_WITH_PARENT, 9, 0, 0, 0)
    if told["parent"] and os.getppid() != told["parent"]:
        os._exit(1)  # it died before we could ask to die with it
    libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if os.geteuid() == 0:  # root without its capabilities is a user like others
        header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
        libc.capset(header, (ctypes.c_uint32 * 6)())
    with contextlib.suppress(OSError):
        landlock.restrict([*_needed(), *told["readable"]], [*told["writable"], "/dev/null", "/dev/full"])
    if seccomp.available():
        with contextlib.suppress(OSError):
            seccomp.restrict()


def _needed() -> list[str | Path]:
    """What Python, its packages and the course's own are read from."""
    packages = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    interpreter = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
    libraries = filter(os.path.isabs, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep))
    return [*_SYSTEM, *interpreter, *packages, *libraries, PACKAGE]
