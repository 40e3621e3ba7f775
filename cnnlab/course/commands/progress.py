"""``cnnlab progress``: how far a learner is."""

from __future__ import annotations

import argparse
import os


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    progress = commands.add_parser("progress", help="say how far a learner is, lesson by lesson, and what is next")
    progress.add_argument(
        "folder", nargs="?", type=os.path.expanduser, metavar="FOLDER",
        help="a folder of lessons (default: the current one if it is one, else my-cnnlab)",
    )  # fmt: skip
    progress.set_defaults(call=call)


def call(arguments: argparse.Namespace) -> int:
    """Say it."""
    from cnnlab.course.progress import overview

    here = overview(arguments.folder or ".")
    if not (here.standings or arguments.folder):
        here = overview("my-cnnlab")
    print(here)
    return 0 if here.standings else 2
