"""``cnnlab key``: lessons with every exercise solved."""

from __future__ import annotations

import argparse

from cnnlab.course.commands import options


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    options.teaching(commands, "key", "lessons with every exercise solved, and why, for the teacher", call)


def call(arguments: argparse.Namespace) -> int:
    """Write the keys and say where they are."""
    from cnnlab.course.lessons import find_lessons
    from cnnlab.course.teaching.key import write_keys

    write_keys(find_lessons(arguments.lessons), arguments.out, announce=lambda path: print(path, flush=True))
    return 0
