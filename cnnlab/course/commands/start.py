"""``cnnlab start``: a copy of the course to work in."""

from __future__ import annotations

import argparse
import os


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    start = commands.add_parser("start", help="lay out a copy of the course to work in")
    start.add_argument(
        "folder", nargs="?", type=os.path.expanduser, default="my-cnnlab", metavar="FOLDER", help="(default: my-cnnlab)"
    )
    start.add_argument("--update", action="store_true", help="bring it up to date and keep all that you have written")
    start.set_defaults(call=call)


def call(arguments: argparse.Namespace) -> int:
    """Lay out or update the copy and say what was written."""
    from cnnlab.course.copy import workbook

    folder, lines = arguments.folder, []

    def announce(line: str) -> None:
        lines.append(line)
        if not line.startswith("unchanged"):
            print(line, flush=True)

    written = (workbook.update if arguments.update else workbook.start)(folder, announce=announce)
    if not arguments.update and (new := workbook.behind(folder)):
        print(f"The course has changed in {', '.join(new)}. To bring that in: cnnlab start {folder} --update")
    elif not written:
        print(f"Nothing new: {folder} is as it was.")
    print(f"To work in it: jupyter lab {os.path.join(folder, 'index.ipynb')}")
    return 1 if any(line.startswith("left") for line in lines) else 0
