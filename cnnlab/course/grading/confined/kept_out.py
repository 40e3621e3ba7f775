"""What this machine keeps a learner's code from, found out by trying: a process like a learner's tries it all.

A list of kernels and their versions would be a promise; a container, a security module or a sandbox around us can
break it.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cnnlab.course.grading.confined import inside
from cnnlab.course.lessons import CourseError


@dataclass(frozen=True)
class Kept:
    """Whether something is kept out: its `kind` in one word, and in `words` what an answer can and cannot do."""

    kind: str
    kept: bool
    words: str


# kind → (what it means when every attempt was refused, what it means when one was not)
_WORDS = {
    "reading": (
        "reads Python, its packages, the course and its data, and no other file",
        "can read every file that you can read: other submissions too",
    ),
    "writing": (
        "writes in a folder of its own, which is removed afterwards",
        "can change and delete every file that you can: the course and the results too",
    ),
    "processes": (
        "starts no process, so none is left behind",
        "can start processes; they are ended with it, unless they hide",
    ),
    "others": (
        "cannot signal or read other processes",
        "can end every process of yours, the grading too",
    ),
    "network": (
        "has no network",
        "can use the network",
    ),
}
_ALWAYS = (
    Kept("environment", True, "sees only those environment variables that Python, Keras and the course need"),
    Kept("limits", True, "is ended beyond its time, its memory and what it may write to disk; what it prints is cut"),
)


@functools.cache
def kept_out() -> tuple[Kept, ...]:
    """Return what is and is not kept out here, without a container; a learner's answer is the subject of the words.

    >>> [kept.kind for kept in kept_out()]
    ['reading', 'writing', 'processes', 'others', 'network', 'environment', 'limits']
    """
    from cnnlab.course.grading.confined import confine

    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder, "secret")
        secret.write_text("of somebody else", encoding="utf-8")
        with confine.start(["-m", __name__, str(secret)], folder, confine.Limits()) as confined:
            said = confined.stdout.read(1000)
            ended = "" if said else confined.ended
        if ended:  # and closed: all that it has printed is read
            why = f"{ended}. {confined.output.strip().rpartition(chr(10))[2]}".strip()
            raise CourseError(f"What an answer can reach here could not be tried: {why}")
    done = json.loads(said)
    tried = [Kept(kind, kind not in done, words[kind in done]) for kind, words in _WORDS.items()]
    return (*tried, *_ALWAYS)


def in_a_sentence() -> str:
    """What an answer can reach on this machine, in a sentence or two.

    >>> in_a_sentence().startswith("On this machine an answer ")
    True
    """
    if open_ways := [one.words for one in kept_out() if not one.kept]:
        return f"On this machine an answer {'; '.join(open_ways)}. With --container it cannot."
    return "On this machine an answer reaches no other file, no other process and no network."


def _attempts(secret: Path) -> dict[str, tuple[Callable[[], object], ...]]:
    """kind → what is tried. An attempt that ends without an error has not been refused."""
    parent = os.getppid()
    attempts = {
        "reading": (secret.read_text, lambda: os.listdir(secret.parent)),
        "writing": (lambda: secret.write_text(""), lambda: secret.with_name("planted").write_text("")),
        "network": (lambda: socket.socket(type=socket.SOCK_DGRAM), lambda: socket.create_server(("127.0.0.1", 0))),
    }
    if sys.platform == "win32":  # where signal 0 is no question, but Ctrl-C
        return attempts | {"processes": (lambda: None,), "others": (lambda: None,)}
    return attempts | {
        "processes": (lambda: os.fork() or os._exit(0),),
        "others": (lambda: os.kill(parent, 0), Path(f"/proc/{parent}/environ").read_bytes),
    }


def _try_all(secret: Path) -> list[str]:
    done = []
    for kind, attempts in _attempts(secret).items():
        for attempt in attempts:
            with contextlib.suppress(OSError):
                attempt()
                done.append(kind)
    return done


if __name__ == "__main__":
    _reading, writing = inside.enter()
    writing.write(json.dumps(_try_all(Path(sys.argv[1]))).encode())
    writing.flush()
