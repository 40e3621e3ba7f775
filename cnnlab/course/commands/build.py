"""``cnnlab build``: the notebooks made from the lessons."""

from __future__ import annotations

import argparse

from cnnlab.course.commands import options


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    build = commands.add_parser("build", help="make the notebooks from the lessons")
    options.lessons(build)
    mode = build.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="only say where lessons and notebooks disagree")
    mode.add_argument("--sync", action="store_true", help="take edits made in notebooks back into the lessons")
    build.add_argument(
        "--force", action="store_true", help="also what has not changed, and what was edited: a copy of that is kept"
    )
    build.add_argument("--no-execute", action="store_true", help="write notebooks without outputs")
    options.jobs(build, 1, "1")
    options.cluster(build)
    build.set_defaults(call=call)


def call(arguments: argparse.Namespace) -> int:
    """Check, sync or build, and say what was written."""
    from cnnlab.course.building import notebooks

    tools = [] if arguments.check or arguments.sync else ["papermill"]
    if absent := options.missing("jupytext", "nbformat", *tools):
        return absent
    try:
        if arguments.check:
            differences = notebooks.check(arguments.lessons)
            print("\n".join(differences) or "Lessons and notebooks agree.")
            return 1 if differences else 0
        if arguments.sync:
            names = notebooks.sync(arguments.lessons, force=arguments.force)
            print("\n".join(f"rewritten  {name}" for name in names) or "Nothing to take back.")
            return 0
        notebooks.build(
            arguments.lessons,
            execute=not arguments.no_execute,
            force=arguments.force,
            jobs=arguments.jobs,
            timeout=arguments.timeout,
            announce=lambda line: print(line, flush=True),
            cluster=arguments.cluster,
        )
    except notebooks.BuildError as error:
        return options.complain(error, 1)
    return 0
