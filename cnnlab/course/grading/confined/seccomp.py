"""A filter of system calls, Linux's seccomp: no new process, no socket, no hand on another process.

A process that can start no other is all that there is to end: nothing can hide from the one who kills it. So the filter
says no where a limit on the number of processes would only count. What it refuses raises ``PermissionError`` in Python.

The filter works for every user and inside containers, and needs neither a namespace nor an installed program
(``Documentation/userspace-api/seccomp_filter.rst`` of the kernel; the numbers are those of its ``unistd.h``).
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column below, AUDIT_ARCH_…
_NEWEST = 462  # later calls than the kernel's number 462 are unknown here, and refused as unknown

# Each call's number on x86_64 and on aarch64; None where there is none.
_REFUSED = {
    # a new process, or another program in this one
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281), "unshare": (272, 97),
    "setns": (308, 268),
    # a hand on another process
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "setpriority": (141, 140), "ioprio_set": (251, 30), "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # the network, and the sockets of other programs; io_uring would do both without asking
    "socket": (41, 198), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    # memory that is in no process's account, or outlives its process
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "semget": (64, 190),
    "msgget": (68, 186), "mq_open": (240, 180),
    # files past Landlock: its first versions do not know `truncate`
    "truncate": (76, 45), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "inotify_init": (253, None),
    "inotify_init1": (294, 26), "fanotify_init": (300, 262), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "mount_setattr": (442, 442),
    # keys, and what is only good for attacking the kernel
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "personality": (135, 92),
}  # fmt: skip
# Landlock knows none of these, and `shutil.copy` calls some: they say yes and do nothing.
_PRETENDED = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "utimensat": (280, 88), "futimesat": (261, None), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
}  # fmt: skip
_OWN = {"kill": (62, 129), "tgkill": (234, 131)}  # allowed with this process's own number first
# Allowed with 0 in one argument: (numbers, which argument).
_ZERO = {
    "prlimit64": ((302, 261), 0), "sched_setaffinity": ((203, 122), 0), "sched_setscheduler": ((144, 119), 0),
    "sched_setparam": ((142, 118), 0), "sched_setattr": ((314, 274), 0),  # 0 means this process
    "fallocate": ((285, 47), 1),  # with a mode, it would claim the disk past the limit on a file's size
}  # fmt: skip
_EXCEPT = {  # refused with these values of one argument: (numbers, which argument, values)
    "prctl": ((157, 167), 0, (1, 4, 35, 0x59616D61)),  # to outlive the parent, to be unreadable, to let be traced
    "fcntl": ((72, 25), 1, (8, 15)),  # F_SETOWN…: signals to another process
    "ioctl": ((16, 29), 1, (0x8901, 0x8902, 0x5412)),  # FIOSETOWN, SIOCSPGRP; TIOCSTI types into a terminal
}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_THREAD = 0x10000  # CLONE_THREAD

_LOAD, _EQUAL, _AT_LEAST, _BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # instructions of classic BPF
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_SECCOMP = (317, 277)
_SET_FILTER, _ALL_THREADS = 1, 1


def _program(column: int, architecture: int, pid: int) -> list[tuple[int, int, int, int]]:
    """The filter as instructions (code, jump if true, jump if false, constant)."""
    refuse, allow = (_RETURN, 0, 0, _ERRNO | _EPERM), (_RETURN, 0, 0, _ALLOW)
    unknown = (_RETURN, 0, 0, _ERRNO | _ENOSYS)
    program = [
        (_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), refuse,  # calls of 32-bit programs have other numbers
        (_LOAD, 0, 0, 0), (_AT_LEAST, 0, 1, _NEWEST + 1), unknown,
    ]  # fmt: skip

    def rule(numbers: tuple[int | None, ...], *then: tuple[int, int, int, int]) -> None:
        if numbers[column] is not None:
            program.extend([(_EQUAL, 0, len(then), numbers[column]), *then])

    for numbers in _REFUSED.values():
        rule(numbers, refuse)
    for numbers in _PRETENDED.values():
        rule(numbers, (_RETURN, 0, 0, _ERRNO))
    rule(_CLONE3, unknown)  # its flags are out of a filter's sight; the C library then takes `clone`
    rule(_CLONE, _argument(0), (_BITS, 1, 0, _THREAD), refuse, allow)
    for numbers in _OWN.values():
        rule(numbers, _argument(0), (_EQUAL, 1, 0, pid), refuse, allow)
    for numbers, which in _ZERO.values():
        rule(numbers, _argument(which), (_EQUAL, 1, 0, 0), refuse, allow)
    for numbers, which, values in _EXCEPT.values():
        tests = [(_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
        rule(numbers, _argument(which), *tests, allow, refuse)
    return [*program, allow]


def _argument(which: int) -> tuple[int, int, int, int]:
    """Load the low half of an argument: the kernel takes process numbers and commands as 32 bits."""
    return (_LOAD, 0, 0, 16 + 8 * which)


def available() -> bool:
    """Whether this machine's kernel and processor are known to the filter."""
    known = platform.machine() in _ARCHITECTURES and sys.byteorder == "little"
    return sys.platform == "linux" and known and sys.maxsize > 2**32  # a program of 32 bits has other numbers


def restrict() -> None:
    """Filter this process's system calls from here on, for all its threads.

    Raises
    ------
    OSError
        If the kernel refuses, for example because it was built without seccomp.
    """
    column, architecture = _ARCHITECTURES[platform.machine()]
    program = _program(column, architecture, os.getpid())
    instructions = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))

    class Program(ctypes.Structure):  # struct sock_fprog
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    described = Program(len(program), ctypes.addressof(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    call = (ctypes.c_long(_SECCOMP[column]), ctypes.c_ulong(_SET_FILTER), ctypes.c_ulong(_ALL_THREADS))
    if libc.syscall(*call, ctypes.byref(described)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
