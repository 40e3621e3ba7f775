"""``cnnlab slides``: lessons as slides that a teacher shows."""

from __future__ import annotations

import argparse
import os

from cnnlab.course.commands import options


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    slides = commands.add_parser("slides", help="lessons as slides to show, one file each, without a network")
    options.lessons(slides)
    slides.add_argument("--out", type=os.path.expanduser, default="teaching", metavar="DIR", help="(default: teaching)")
    slides.set_defaults(call=call)


def call(arguments: argparse.Namespace) -> int:
    """Write the slides and say where they are."""
    if absent := options.missing("latex2mathml", "nbconvert"):
        return absent
    from cnnlab.course.lessons import find_lessons
    from cnnlab.course.teaching.slides import write_slides

    for lesson in find_lessons(arguments.lessons):
        print(write_slides(lesson, arguments.out), flush=True)
    return 0
