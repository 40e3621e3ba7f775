"""The command ``cnnlab``: its help, how it ends, what it returns. Each of its commands is a module of `commands`."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence

from cnnlab.common.version import VERSION
from cnnlab.course.commands import add_all
from cnnlab.course.commands.options import complain
from cnnlab.course.lessons import CourseError

_EXAMPLES = """\
examples:
  cnnlab start                        a copy of the course to work in, my-cnnlab/
  cnnlab start --update               what is new in the course, beside all that you have written
  cnnlab progress                     what is right, what is open, and what is next
  cnnlab run                          every lesson, quick profile, results in runs/
  cnnlab run 2 03 --profile full      two lessons, the real thing
  cnnlab run 02 -p SEED 7             one lesson with a parameter changed
  cnnlab run --resume                 what failed or is missing, again
  cnnlab build --check                do lessons and notebooks agree?
  cnnlab grade moodle.zip --roster class.csv   what a class has handed in, judged, with a report
  cnnlab slides 02                    a lesson to show: one file for a browser, without a network
  cnnlab sheet 02                     what it asks, on paper, and the answers on a second sheet
  cnnlab key 02                       its notebook with every exercise solved, for the teacher
  cnnlab doctor                       what works here, what does not, what to type
  cnnlab data get mnist               fetch a data set for a classroom without internet
  cnnlab detect dog.jpg --model yolo-fastest   boxes around what is in a photo
  cnnlab train-detector my-boxes/     a detector of your own things, from pictures with boxes
  cnnlab ledger vgg16                 what each layer of a network costs, a model.keras of yours too

exit status: 0 all well, 1 something failed, 2 a wrong command or a folder that cannot be written, 130 stopped by hand
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    Parameters
    ----------
    argv : the words after ``cnnlab``; those of this process when not given
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a Windows code page lacks characters; stderr escapes them anyway
    arguments = _parser().parse_args(_with_values(sys.argv[1:] if argv is None else argv))
    try:
        with _terminated_like_interrupted():
            return arguments.call(arguments)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` say, has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the flush at exit would fail again
        return 0
    except (CourseError, OSError) as error:
        return complain(error, 2)


def _with_values(words: Sequence[str]) -> list[str]:
    """Each ``-p NAME VALUE`` as one word: alone, a value such as -1e-3 would be taken for an option.

    >>> _with_values(["run", "-p", "LR", "-1e-3", "--resume"])
    ['run', '--parameter=LR=-1e-3', '--resume']
    """
    rest, glued = list(words), []
    while rest:
        if rest[0] in ("-p", "--parameter") and len(rest) > 2 and not rest[2].startswith("--"):
            glued.append(f"--parameter={rest[1]}={rest[2]}")
            rest = rest[3:]
        else:
            glued.append(rest.pop(0))
    return glued


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let ``kill`` and a cancelled CI job end a run as Ctrl-C does, so that it still writes its report."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "cnnlab",
        description="Work through, run, build and check the course on convolutional networks.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"cnnlab {VERSION}")
    add_all(parser.add_subparsers(title="commands", required=True, metavar="COMMAND"))
    return parser
