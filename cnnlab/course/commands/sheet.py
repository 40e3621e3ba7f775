"""``cnnlab sheet``: what lessons ask, on paper."""

from __future__ import annotations

import argparse

from cnnlab.course.commands import options


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    options.teaching(commands, "sheet", "what lessons ask, on paper, and the answers on a second sheet", call)


def call(arguments: argparse.Namespace) -> int:
    """Write the sheets and say where they are."""
    if absent := options.missing("latex2mathml", "nbconvert"):
        return absent
    from cnnlab.course.lessons import find_lessons
    from cnnlab.course.teaching.sheet import write_sheet

    for lesson in find_lessons(arguments.lessons):
        print(*write_sheet(lesson, arguments.out), sep="\n", flush=True)
    return 0
