"""``cnnlab data``: list data sets, fetch them, say where they are."""

from __future__ import annotations

import argparse

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
    actions.add_parser("path", help="the folder data are looked for in").set_defaults(call=_path)


def _list(arguments: argparse.Namespace) -> int:
    from cnnlab.course.data_command import list_files

    return list_files(announce=print)


def _get(arguments: argparse.Namespace) -> int:
    from cnnlab.course.data_command import get_files

    return get_files(arguments.names, arguments.to, announce=print, complain=options.complain)


def _path(arguments: argparse.Namespace) -> int:
    from cnnlab.data import datasets

    print(datasets.data_path())
    return 0
