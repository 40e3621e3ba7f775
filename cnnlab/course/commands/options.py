"""What several commands share: kinds of values, options, and how a command says what is wrong."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable


def complain(error: Exception | str, status: int) -> int:
    """Say what is wrong in one line on stderr, and return the exit status."""
    print(f"cnnlab: {error}", file=sys.stderr, flush=True)
    return status


def missing(*modules: str) -> int:
    """Return 2 and say what to type if a module of the extra ``batch`` is not there; 0 if all are."""
    from importlib.util import find_spec

    absent = [name for name in modules if find_spec(name) is None]
    if not absent:
        return 0
    return complain(f"{', '.join(absent)} not installed. Type: pip install 'cnnlab[batch]'", 2)


def lessons(parser: argparse.ArgumentParser) -> None:
    """Take any number of lessons."""
    parser.add_argument(
        "lessons",
        nargs="*",
        type=os.path.expanduser,
        metavar="LESSON",
        help="number, name or path, such as 02 (default: all lessons)",
    )


def teaching(
    commands: argparse._SubParsersAction, name: str, words: str, call: Callable[[argparse.Namespace], int]
) -> None:
    """Declare a command that makes a teacher's files of lessons."""
    parser = commands.add_parser(name, help=words)
    lessons(parser)
    parser.add_argument("--out", type=os.path.expanduser, default="teaching", metavar="DIR", help="(default: teaching)")
    parser.set_defaults(call=call)


def jobs(parser: argparse.ArgumentParser, default: int | None, words: str) -> None:
    """Take how many at a time, and how long each may take."""
    parser.add_argument(
        "--jobs", type=positive(int), default=default, metavar="N", help=f"at a time (default: {words})"
    )
    parser.add_argument(
        "--timeout",
        type=positive(float),
        default=600.0,
        metavar="S",
        help="seconds a notebook may take (default: 600)",
    )


def cluster(parser: argparse.ArgumentParser) -> None:
    """Take the address of a Dask cluster."""
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="run on a Dask cluster: tcp://HOST:PORT, tls://HOST:PORT, or local:N for N workers here",
    )


def positive(kind: type) -> Callable[[str], float]:
    """Return what reads a number above 0 of this kind."""

    def number(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not 0 < value < 1e9:
            raise argparse.ArgumentTypeError(f"must be a number > 0. Received: {text!r}")
        return value

    return number


def whole(text: str) -> int:
    """Read a whole number, 0 included."""
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"must be a whole number >= 0. Received: {text!r}")
    return int(text)


def share(text: str) -> float:
    """Read a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1. Received: {text!r}")
    return value
