"""The commands of ``cnnlab``, a module each: ``add`` declares its words and options, ``call`` does what they ask.

A module imports at its top only what is quick: all of them are imported to read a command line. What a command needs,
it imports when it is called.
"""

from __future__ import annotations

import argparse

from cnnlab.course.commands import (
    build,
    data,
    detect,
    doctor,
    grade,
    key,
    ledger,
    progress,
    run,
    sheet,
    slides,
    start,
    train_detector,
)

# In the order of the help.
ALL = (start, run, build, grade, slides, sheet, key, progress, doctor, data, detect, train_detector, ledger)


def add_all(commands: argparse._SubParsersAction) -> None:
    """Declare every command."""
    for command in ALL:
        command.add(commands)
