"""``cnnlab train-detector``: a detector of one's own things."""

from __future__ import annotations

import argparse

from cnnlab.course.commands import options


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    train = commands.add_parser(
        "train-detector",
        help="train a detector on pictures with your own boxes",
        usage="cnnlab train-detector FOLDER|ZIP [--out DIR] [--size N] [--epochs N] [--start shapes|none|BUNDLE] "
        "[--groups REGEX] [--seed N] [--encoding NAME]",
        description="Read YOLO, Pascal VOC or COCO labels, train, and write a detector for `cnnlab detect --model`. "
        "Stopped or killed, the same command goes on behind the last epoch.",
    )
    train.add_argument("source", metavar="FOLDER|ZIP", help="pictures and their boxes")
    train.add_argument("--out", metavar="DIR", help="folder to write to (default: NAME-detector)")
    train.add_argument(
        "--size",
        type=options.positive(int),
        default=160,
        metavar="N",
        help="longer side of the network's input (default: 160)",
    )
    train.add_argument("--epochs", type=options.positive(int), default=60, metavar="N", help="at most (default: 60)")
    train.add_argument(
        "--start", default="shapes", metavar="START",
        help="weights to start from: shapes (of the course's detector), none, or a bundle (default: shapes)",
    )  # fmt: skip
    train.add_argument(
        "--groups", metavar="REGEX", help=r"what must stay together, found in the files' names, such as '(tray\d+)_'"
    )
    train.add_argument("--seed", type=options.whole, default=0, metavar="N", help="of split and training (default: 0)")
    train.add_argument("--encoding", metavar="NAME", help="of the file names in an old zip, such as cp949 or gbk")
    train.set_defaults(call=call)


def call(arguments: argparse.Namespace) -> int:
    """Train, and say how it goes."""
    from cnnlab.course.startup import load_keras

    load_keras()
    from cnnlab.common.errors import DataError
    from cnnlab.course.train_command import train_detector

    try:
        return train_detector(
            arguments.source,
            arguments.out,
            arguments.size,
            arguments.epochs,
            arguments.start,
            arguments.groups,
            arguments.seed,
            arguments.encoding,
            announce=lambda line: print(line, flush=True),
        )
    except (ValueError, DataError) as error:  # data or an argument that it cannot train with
        return options.complain(error, 2)
