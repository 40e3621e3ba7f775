"""``cnnlab run``: lessons executed in batch, with a report."""

from __future__ import annotations

import argparse
import os

from cnnlab.course.commands import options


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    run = commands.add_parser("run", help="execute lessons and write a report")
    options.lessons(run)
    run.add_argument("--profile", choices=("quick", "full"), help="how much to compute (default: quick)")
    run.add_argument(
        "-p", "--parameter", type=_parameter, action="append", default=[], metavar="NAME VALUE", help="set a parameter"
    )
    options.jobs(run, None, "2, or 1 in the full profile")
    options.cluster(run)
    run.add_argument(
        "--out", type=os.path.expanduser, default="runs", metavar="DIR", help="folder for the results (default: runs)"
    )
    run.add_argument("--resume", action="store_true", help="redo only what failed, is missing or has changed")
    run.set_defaults(call=call)


def _parameter(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError(f"must be followed by NAME VALUE. Received: {text!r}")
    return name, value


def call(arguments: argparse.Namespace) -> int:
    """Run the lessons and say how many ran to their end."""
    from cnnlab.course.batch import runner

    if absent := options.missing("papermill", "ipykernel", "psutil"):
        return absent
    report = runner.run(
        arguments.lessons,
        profile=arguments.profile,
        parameters=dict(arguments.parameter),
        jobs=arguments.jobs,
        timeout=arguments.timeout,
        out=arguments.out,
        resume=arguments.resume,
        progress=True,
        cluster=arguments.cluster,
    )
    failed = len(report.failed)
    total = len(report.results)
    print(f"{total - failed} of {total} ran to the end in {report.seconds:.0f} s. Report: {arguments.out}/index.html")
    return 1 if failed else 0
