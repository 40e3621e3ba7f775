"""``cnnlab detect``: boxes around what is in a photo."""

from __future__ import annotations

import argparse
import sys

from cnnlab.course.commands import options


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    detect = commands.add_parser(
        "detect",
        help="find objects in photos: annotated pictures and JSON",
        usage="cnnlab detect PHOTO [PHOTO ...] [--model NAME | BUNDLE | CFG WEIGHTS [NAMES]] [--score S] [--out DIR]",
    )
    # Behind --model the photos come with its words: detect() tells them apart.
    detect.add_argument("photos", nargs="*", metavar="PHOTO", help="a picture, or a folder of pictures")
    detect.add_argument(
        "--model", nargs="+", default=["tiny-yolo"], metavar="MODEL",
        help="a name (tiny-yolo, yolo-fastest, yolov3-tiny, yolov3), a bundle that train-detector wrote, or CFG "
        "WEIGHTS [NAMES] (default: tiny-yolo, which knows circles, squares and triangles)",
    )  # fmt: skip
    detect.add_argument(
        "--score", type=options.share, metavar="S", help="least score, 0 to 1 (default: 0.25, or what a bundle says)"
    )
    detect.add_argument("--out", default="detections", metavar="DIR", help="folder to write to (default: detections)")
    detect.set_defaults(call=call)


def call(arguments: argparse.Namespace) -> int:
    """Detect, and say what was found."""
    from cnnlab.common.errors import DataError
    from cnnlab.course.detect_command import detect
    from cnnlab.course.startup import load_keras

    load_keras()
    try:
        return detect(
            arguments.photos,
            arguments.model,
            arguments.score,
            arguments.out,
            announce=lambda line: print(line, flush=True),
            complain=lambda line: print(f"cnnlab: {line}", file=sys.stderr, flush=True),
        )
    except (ValueError, DataError) as error:  # a file or a name that is no detector
        return options.complain(error, 2)
