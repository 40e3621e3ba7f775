"""``cnnlab data``: list data sets, fetch them, say where they are; and all that a class installs, in one folder."""

from __future__ import annotations

import argparse
import os

from cnnlab.course.commands import options


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its actions."""
    data = commands.add_parser("data", help="list and fetch data sets")
    actions = data.add_subparsers(title="actions", required=True, metavar="ACTION")
    actions.add_parser("list", help="what there is and where it is").set_defaults(call=_list)
    fetch = actions.add_parser("get", help="fetch data sets now")
    fetch.add_argument("names", nargs="+", metavar="NAME")
    fetch.add_argument("--to", metavar="DIR", help="put them in this folder, for use as CNNLAB_DATA")
    fetch.set_defaults(call=_get)
    wheels = actions.add_parser("wheels", help="fetch all that is installed, for a class without a network")
    wheels.add_argument("--to", type=os.path.expanduser, default="wheels", metavar="DIR", help="(default: wheels)")
    wheels.add_argument("--python", metavar="VERSION", help="such as 3.12 (default: this one)")
    wheels.add_argument(
        "--platform",
        metavar="NAME",
        help="windows, macos-arm64, macos-x86_64, linux-x86_64 or linux-aarch64 (default: this machine)",
    )
    wheels.set_defaults(call=_wheels)
    actions.add_parser("path", help="the folder data are looked for in").set_defaults(call=_path)


def _list(arguments: argparse.Namespace) -> int:
    from cnnlab.course.data_command import list_files

    return list_files(announce=print)


def _get(arguments: argparse.Namespace) -> int:
    from cnnlab.course.data_command import get_files

    return get_files(arguments.names, arguments.to, announce=print, complain=options.complain)


def _wheels(arguments: argparse.Namespace) -> int:
    from cnnlab.course.teaching import wheel_target, wheels

    to = wheel_target.target(arguments.python, arguments.platform)
    made = wheels.make_wheelhouse(arguments.to, to, announce=lambda line: print(line, flush=True))
    how = os.path.join(arguments.to, "install.txt")
    print(f"{made.files} wheels, {made.bytes / 1e6:,.0f} MB. How to use them: {how}")
    if made.missing:
        return options.complain(f"no wheel for {to}: {', '.join(made.missing)}", 1)
    print(f"Checked: {to} installs from it without a network.")
    return 0


def _path(arguments: argparse.Namespace) -> int:
    from cnnlab.data import datasets

    print(datasets.data_path())
    return 0
