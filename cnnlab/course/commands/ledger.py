"""``cnnlab ledger``: what each layer of a network costs."""

from __future__ import annotations

import argparse

from cnnlab.course.commands import options


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    ledger = commands.add_parser(
        "ledger",
        help="say what a network costs, layer by layer",
        usage="cnnlab ledger MODEL [--input HEIGHT WIDTH [CHANNELS]] [--out FILE.csv | FILE.html]",
    )
    ledger.add_argument(
        "model",
        metavar="MODEL",
        help="a .keras file, a name of the course's zoo (vgg16) or one of keras.applications (MobileNetV2)",
    )
    ledger.add_argument(
        "--input",
        nargs="+",
        type=options.positive(int),
        metavar="N",
        help="count for this input (default: the network's own)",
    )
    ledger.add_argument("--out", metavar="FILE", help="write a table (.csv) or a page (.html) instead of printing")
    ledger.set_defaults(call=call)


def call(arguments: argparse.Namespace) -> int:
    """Count, and print or write it."""
    from cnnlab.course.startup import load_keras

    load_keras()
    from cnnlab.course.ledger_command import ledger_command

    try:
        return ledger_command(arguments.model, arguments.input, arguments.out, announce=print)
    except ValueError as error:  # a file or a name that is no model, or an input that does not fit it
        return options.complain(error, 2)
