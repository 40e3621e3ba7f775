"""The command ``cnnlab``. Each of its commands imports what it needs when it is called."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence

from cnnlab.common.version import VERSION
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
        return _complain(error, 2)


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


def _complain(error: Exception, status: int) -> int:
    print(f"cnnlab: {error}", file=sys.stderr)
    return status


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
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    start = commands.add_parser("start", help="lay out a copy of the course to work in")
    start.add_argument(
        "folder", nargs="?", type=os.path.expanduser, default="my-cnnlab", metavar="FOLDER", help="(default: my-cnnlab)"
    )
    start.add_argument("--update", action="store_true", help="bring it up to date and keep all that you have written")
    start.set_defaults(call=_start)

    run = commands.add_parser("run", help="execute lessons and write a report")
    _lessons(run)
    run.add_argument("--profile", choices=("quick", "full"), help="how much to compute (default: quick)")
    run.add_argument(
        "-p", "--parameter", type=_parameter, action="append", default=[], metavar="NAME VALUE", help="set a parameter"
    )
    _jobs(run, None, "2, or 1 in the full profile")
    run.add_argument(
        "--out", type=os.path.expanduser, default="runs", metavar="DIR", help="folder for the results (default: runs)"
    )
    run.add_argument("--resume", action="store_true", help="redo only what failed, is missing or has changed")
    run.set_defaults(call=_run)

    build = commands.add_parser("build", help="make the notebooks from the lessons")
    _lessons(build)
    mode = build.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="only say where lessons and notebooks disagree")
    mode.add_argument("--sync", action="store_true", help="take edits made in notebooks back into the lessons")
    build.add_argument(
        "--force", action="store_true", help="also what has not changed, and what was edited: a copy of that is kept"
    )
    build.add_argument("--no-execute", action="store_true", help="write notebooks without outputs")
    _jobs(build, 1, "1")
    build.set_defaults(call=_build)

    progress = commands.add_parser("progress", help="say how far a learner is, lesson by lesson, and what is next")
    progress.add_argument(
        "folder", nargs="?", type=os.path.expanduser, metavar="FOLDER",
        help="a folder of lessons (default: the current one if it is one, else my-cnnlab)",
    )  # fmt: skip
    progress.set_defaults(call=_progress)

    doctor = commands.add_parser("doctor", help="say what works here, what does not, and what to type")
    doctor.set_defaults(call=_doctor)

    data = commands.add_parser("data", help="list and fetch data sets")
    actions = data.add_subparsers(title="actions", required=True, metavar="ACTION")
    actions.add_parser("list", help="what there is and where it is").set_defaults(call=_data_list)
    fetch = actions.add_parser("get", help="fetch data sets now")
    fetch.add_argument("names", nargs="+", metavar="NAME")
    fetch.add_argument("--to", metavar="DIR", help="put them in this folder, for use as CNNLAB_DATA")
    fetch.set_defaults(call=_data_get)
    actions.add_parser("path", help="the folder data are looked for in").set_defaults(call=_data_path)

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
        "--score", type=_share, metavar="S", help="least score, 0 to 1 (default: 0.25, or what a bundle says)"
    )
    detect.add_argument("--out", default="detections", metavar="DIR", help="folder to write to (default: detections)")
    detect.set_defaults(call=_detect)

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
        type=_positive(int),
        default=160,
        metavar="N",
        help="longer side of the network's input (default: 160)",
    )
    train.add_argument("--epochs", type=_positive(int), default=60, metavar="N", help="at most (default: 60)")
    train.add_argument(
        "--start", default="shapes", metavar="START",
        help="weights to start from: shapes (of the course's detector), none, or a bundle (default: shapes)",
    )  # fmt: skip
    train.add_argument(
        "--groups", metavar="REGEX", help=r"what must stay together, found in the files' names, such as '(tray\d+)_'"
    )
    train.add_argument("--seed", type=_whole, default=0, metavar="N", help="of split and training (default: 0)")
    train.add_argument("--encoding", metavar="NAME", help="of the file names in an old zip, such as cp949 or gbk")
    train.set_defaults(call=_train_detector)

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
        "--input", nargs="+", type=_positive(int), metavar="N", help="count for this input (default: the network's own)"
    )
    ledger.add_argument("--out", metavar="FILE", help="write a table (.csv) or a page (.html) instead of printing")
    ledger.set_defaults(call=_ledger)
    return parser


def _parameter(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError(f"must be followed by NAME VALUE. Received: {text!r}")
    return name, value


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1. Received: {text!r}")
    return value


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"must be a whole number >= 0. Received: {text!r}")
    return int(text)


def _lessons(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "lessons",
        nargs="*",
        type=os.path.expanduser,
        metavar="LESSON",
        help="number, name or path, such as 02 (default: all lessons)",
    )


def _jobs(parser: argparse.ArgumentParser, default: int | None, words: str) -> None:
    parser.add_argument(
        "--jobs", type=_positive(int), default=default, metavar="N", help=f"at a time (default: {words})"
    )
    parser.add_argument(
        "--timeout",
        type=_positive(float),
        default=600.0,
        metavar="S",
        help="seconds a notebook may take (default: 600)",
    )


def _positive(kind: type) -> type:
    def number(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not 0 < value < 1e9:
            raise argparse.ArgumentTypeError(f"must be a number > 0. Received: {text!r}")
        return value

    return number


def _start(arguments: argparse.Namespace) -> int:
    from cnnlab.course.copy import workbook

    folder, lines = arguments.folder, []

    def announce(line: str) -> None:
        lines.append(line)
        if not line.startswith("unchanged"):
            print(line, flush=True)

    written = (workbook.update if arguments.update else workbook.start)(folder, announce=announce)
    if not arguments.update and (new := workbook.behind(folder)):
        print(f"The course has changed in {', '.join(new)}. To bring that in: cnnlab start {folder} --update")
    elif not written:
        print(f"Nothing new: {folder} is as it was.")
    print(f"To work in it: jupyter lab {os.path.join(folder, 'index.ipynb')}")
    return 1 if any(line.startswith("left") for line in lines) else 0


def _run(arguments: argparse.Namespace) -> int:
    from cnnlab.course.batch import runner

    missing = _missing("papermill", "ipykernel", "psutil")
    if missing:
        return missing
    report = runner.run(
        arguments.lessons,
        profile=arguments.profile,
        parameters=dict(arguments.parameter),
        jobs=arguments.jobs,
        timeout=arguments.timeout,
        out=arguments.out,
        resume=arguments.resume,
        progress=True,
    )
    failed = len(report.failed)
    total = len(report.results)
    print(f"{total - failed} of {total} ran to the end in {report.seconds:.0f} s. Report: {arguments.out}/index.html")
    return 1 if failed else 0


def _build(arguments: argparse.Namespace) -> int:
    from cnnlab.course.building import notebooks

    missing = _missing("jupytext", "nbformat", *([] if arguments.check or arguments.sync else ["papermill"]))
    if missing:
        return missing
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
        )
    except notebooks.BuildError as error:
        return _complain(error, 1)
    return 0


def _missing(*modules: str) -> int:
    """Return 2 and say what to type if a module of the extra ``batch`` is not there; 0 if all are."""
    from importlib.util import find_spec

    absent = [name for name in modules if find_spec(name) is None]
    if not absent:
        return 0
    print(f"cnnlab: {', '.join(absent)} not installed. Type: pip install 'cnnlab[batch]'", file=sys.stderr)
    return 2


def _progress(arguments: argparse.Namespace) -> int:
    from cnnlab.course.progress import overview

    here = overview(arguments.folder or ".")
    if not (here.standings or arguments.folder):
        here = overview("my-cnnlab")
    print(here)
    return 0 if here.standings else 2


def _doctor(arguments: argparse.Namespace) -> int:
    from cnnlab.course import doctor

    findings = doctor.report()
    print(doctor.render(findings))
    return 1 if any(finding.status == "problem" for finding in findings) else 0


def _data_list(arguments: argparse.Namespace) -> int:
    from cnnlab.course.data_command import list_files

    return list_files(announce=print)


def _data_get(arguments: argparse.Namespace) -> int:
    from cnnlab.course.data_command import get_files

    return get_files(arguments.names, arguments.to, announce=print, complain=_complain)


def _data_path(arguments: argparse.Namespace) -> int:
    from cnnlab.data import datasets

    print(datasets.data_path())
    return 0


def _detect(arguments: argparse.Namespace) -> int:
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
        return _complain(error, 2)


def _train_detector(arguments: argparse.Namespace) -> int:
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
        return _complain(error, 2)


def _ledger(arguments: argparse.Namespace) -> int:
    from cnnlab.course.startup import load_keras

    load_keras()
    from cnnlab.course.ledger_command import ledger_command

    try:
        return ledger_command(arguments.model, arguments.input, arguments.out, announce=print)
    except ValueError as error:  # a file or a name that is no model, or an input that does not fit it
        return _complain(error, 2)
