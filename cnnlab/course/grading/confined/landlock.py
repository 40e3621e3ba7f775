"""Which files a process may reach, by Linux's Landlock: a process gives up rights, and so do all that it starts.

Landlock needs no rights of its own and no installed program. Its versions (kernel 5.13: 1, 5.19: 2, 6.2: 3, 6.7: 4,
6.10: 5, 6.12: 6) know more and more; what a kernel does not know stays allowed
(``Documentation/userspace-api/landlock.rst`` of the kernel, the numbers from its ``linux/landlock.h``).
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every processor
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE, _DEVICE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
_ON_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE  # the others make sense for folders only
_MADE = sum(1 << bit for bit in (6, 9, 10, 11))  # devices, sockets and pipes with names: nobody's to make
_KNOWN = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}  # version → rights; later: 16
_TCP, _SCOPES = 0b11, 0b11  # bind and connect; abstract sockets and signals


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def version() -> int:
    """The kernel's version of Landlock; 0 where it has none.

    >>> version() >= 0
    True
    """
    if sys.platform != "linux":
        return 0
    try:
        return _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def restrict(readable: Iterable[str | os.PathLike[str]], writable: Iterable[str | os.PathLike[str]]) -> None:
    """Give up every other file from here on: `readable` may be read and listed, `writable` changed as well.

    With version 4 TCP is given up too, with version 6 signals to processes that are not restricted like this one. A
    process that has given up something can neither read the memory and the environment of one that has not.

    Parameters
    ----------
    readable, writable : folders with all that is in them, or files; those that do not exist are passed over

    Raises
    ------
    OSError
        If the kernel has no Landlock, or the process may gain rights by a program it starts (no_new_privs is not set).
    """
    known = version()
    rights = _KNOWN.get(known, (1 << 16) - 1)
    fields = (rights, *([_TCP] if known >= 4 else []), *([_SCOPES] if known >= 6 else []))
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    ruleset = _call(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for paths, allowed in ((readable, _EXECUTE | _READ | _LIST), (writable, rights & ~_MADE)):
            for path in paths:
                _allow(ruleset, Path(path), allowed & rights)
        _call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, allowed: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there, or out of reach already
        return
    try:
        if not path.is_dir():
            allowed &= _ON_FILES
        rule = struct.pack("=Qi", allowed, descriptor)  # packed: no gap between the two
        _call(_ADD, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    finally:
        os.close(descriptor)
