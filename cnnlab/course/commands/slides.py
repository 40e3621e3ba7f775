"""``cnnlab slides``: lessons as slides that a teacher shows."""

from __future__ import annotations

import argparse

from cnnlab.course.commands import options


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    options.teaching(commands, "slides", "lessons as slides to show, one file each, without a network", call)


def call(arguments: argparse.Namespace) -> int:
    """Write the slides and say where they are."""
    if absent := options.missing("latex2mathml", "nbconvert"):
        return absent
    from cnnlab.course.lessons import find_lessons
    from cnnlab.course.teaching.slides import write_slides

    for lesson in find_lessons(arguments.lessons):
        print(write_slides(lesson, arguments.out), flush=True)
    return 0
