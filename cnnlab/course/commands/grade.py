"""``cnnlab grade``: what a class has handed in, judged and reported on."""

from __future__ import annotations

import argparse
import os
import sys
import time

from cnnlab.course.commands import options

_SECONDS, _MEMORY, _LEAST = 60, 4, 0.25  # for an answer; GB


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    grade = commands.add_parser(
        "grade",
        help="judge what a class has handed in and write a report",
        usage="cnnlab grade SUBMISSIONS [LESSON ...] [--roster FILE] [--out DIR] [--resume] [--anonymous]\n"
        "                    [--jobs N] [--timeout S] [--memory GB] [--container IMAGE] [--cluster ADDRESS]",
        description="Take the answers out of the notebooks that a class has handed in, judge them with the course's "
        "own lessons and checks, and write grades.csv, grades.json, report.html and a page for each learner.",
    )
    grade.add_argument(
        "submissions", type=os.path.expanduser, metavar="SUBMISSIONS",
        help="the folder or zip that Moodle, Canvas, Google Classroom or GitHub Classroom exported",
    )  # fmt: skip
    grade.add_argument(
        "lessons", nargs="*", default=[], type=os.path.expanduser, metavar="LESSON",
        help="number, name or path, such as 02 (default: every lesson that somebody has handed in)",
    )  # fmt: skip
    grade.add_argument(
        "--roster",
        type=os.path.expanduser,
        metavar="FILE",
        help="the class list or gradebook that the platform exported",
    )
    grade.add_argument(
        "--out", type=os.path.expanduser, default="grades", metavar="DIR", help="folder to write to (default: grades)"
    )
    grade.add_argument("--resume", action="store_true", help="keep what was graded before and has not changed since")
    grade.add_argument("--anonymous", action="store_true", help="write a report that names nobody, for the projector")
    grade.add_argument(
        "--jobs", type=options.positive(int), metavar="N", help="copies at a time (default: 2, or 1 on one processor)"
    )
    grade.add_argument(
        "--timeout", type=options.positive(float), default=_SECONDS, metavar="S",
        help=f"seconds that a learner's answer to one exercise may take (default: {_SECONDS})",
    )  # fmt: skip
    grade.add_argument(
        "--memory", type=_memory, default=_MEMORY, metavar="GB", help=f"memory that it may use (default: {_MEMORY})"
    )
    grade.add_argument(
        "--container", metavar="IMAGE", help="run answers in containers of this image (docker or podman)"
    )
    options.cluster(grade)
    grade.set_defaults(call=call)


def _memory(text: str) -> float:
    value = options.positive(float)(text)
    if value < _LEAST:
        raise argparse.ArgumentTypeError(f"must be a number of GB >= {_LEAST:g}. Received: {text!r}")
    return value


def call(arguments: argparse.Namespace) -> int:
    """Grade, and say how many copies were graded and which were not."""
    if absent := options.missing("psutil"):
        return absent
    from cnnlab.course.batch.display import printable
    from cnnlab.course.batch.execute import ClusterLost
    from cnnlab.course.grading.confined.confine import GIB, Limits
    from cnnlab.course.grading.grade import grade
    from cnnlab.course.grading.underway import GradingStopped

    begin = time.monotonic()
    try:
        school = grade(
            arguments.submissions,
            arguments.lessons,
            roster=arguments.roster,
            out=arguments.out,
            jobs=arguments.jobs,
            limits=Limits(seconds=arguments.timeout, memory=int(arguments.memory * GIB)),
            container=arguments.container,
            cluster=arguments.cluster,
            resume=arguments.resume,
            anonymous=arguments.anonymous,
            progress=True,
        )
    except (ClusterLost, GradingStopped) as error:
        return options.complain(error, 1)
    except KeyboardInterrupt:
        if os.path.isdir(arguments.out):
            print(
                f"What is graded so far is in {arguments.out}. The same with --resume does the rest.", file=sys.stderr
            )
        raise
    failed = school.broken | {g.file: g.judgements[0].message for g in school.graded if not g.fingerprint}
    for file, why in failed.items():
        print(f"not graded  {printable(file)}: {printable(why)}")
    total = len(school.graded) + len(school.broken)
    copies = "copy" if total == 1 else "copies"
    print(f"{total - len(failed)} of {total} {copies} graded in {time.monotonic() - begin:.0f} s.")
    print(f"Report: {os.path.join(arguments.out, 'report.html')}")
    return 1 if failed else 0
