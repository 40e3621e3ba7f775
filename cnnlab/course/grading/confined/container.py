"""A learner's code in a container: the command line of docker or podman that starts one.

All that is of this machine in there can only be read: the package, the data that ships with it, the data folder and
the downloads. What can be written is memory, which goes with the container. It talks over its stdin and stdout.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from cnnlab.course.batch.execute import cpus
from cnnlab.course.grading.confined.limits import Limits
from cnnlab.course.grading.confined.watch import MAX_THREADS
from cnnlab.course.lessons import CourseError

RUNTIMES = ("docker", "podman")
HOME = "/tmp"
PACKAGES = "/course"  # what holds the package in there

_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}")  # what both take for a name, with its tag or digest
_NOBODY = "65534:65534"
_SECONDS = 20.0  # a runtime has to say that it is there


def check_image(image: str) -> str:
    """Return the name of an image. A word that begins with a hyphen would be an option, and is refused.

    >>> check_image("ghcr.io/ada/cnnlab:1.0")
    'ghcr.io/ada/cnnlab:1.0'
    >>> check_image("--privileged")
    Traceback (most recent call last):
    cnnlab.course.lessons.CourseError: `image` must be an image's name, as in name:tag. Received: '--privileged'
    """
    if not _IMAGE.fullmatch(image):
        raise CourseError(f"`image` must be an image's name, as in name:tag. Received: {image!r}")
    return image


def find_runtime(image: str) -> str:
    """Return the path of docker, or of podman, whichever answers first, once it has said that it holds `image`.

    Raises
    ------
    CourseError
        If `image` is no name, neither runtime can start anything (with the words of each), or it has no such image.
    """
    check_image(image)
    said = []
    for name in RUNTIMES:
        if not (path := shutil.which(name)):
            said.append(f"{name} is not installed")
        elif trouble := _trouble(path, "info"):
            said.append(f"{name} cannot be used ({trouble})")
        elif _trouble(path, "image", "inspect", image):
            raise CourseError(f"{name} has no image {image!r} here: fetch it first, with {name} pull {image}")
        else:
            return path
    raise CourseError(f"A container needs docker or podman: {'; '.join(said)}")


def _trouble(*command: str) -> str:
    """What a command complains about, its last line; empty where it ends well."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no answer: {type(error).__name__}"
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines and done.returncode else f"code {done.returncode}" if done.returncode else ""


def command(
    runtime: str,
    name: str,
    image: str,
    arguments: Sequence[str],
    limits: Limits,
    *,
    folders: Mapping[str, str | os.PathLike[str]],
    values: Mapping[str, str],
) -> list[str]:
    """Return the command line that runs ``python ARGUMENTS`` in a container.

    Parameters
    ----------
    runtime : path of docker or podman
    name : of the container, by which it can be ended
    image : with Python and what the course needs; it is not downloaded
    arguments : of its Python
    limits : its memory, processes and files, which the runtime keeps
    folders : path in the container → folder here, to be read only
    values : environment variables in the container
    """
    threads = os.environ.get("OMP_NUM_THREADS", "")  # what the runner gives each of its jobs
    words = [
        runtime, "run", "--rm", "--interactive", f"--name={name}", "--pull=never", "--network=none", "--read-only",
        "--cap-drop=ALL", "--security-opt=no-new-privileges", f"--user={_NOBODY}", "--ipc=private",
        f"--memory={limits.memory}", f"--memory-swap={limits.memory}",  # the two being equal, none of it is swapped out
        f"--pids-limit={limits.processes + MAX_THREADS}",  # a thread is one to the kernel
        f"--cpus={threads if threads.isdecimal() else cpus()}", "--ulimit=core=0:0",
        f"--tmpfs={HOME}:rw,nosuid,nodev,mode=1777,size={limits.files}", f"--workdir={HOME}",
    ]  # fmt: skip
    for target, source in folders.items():
        words.append(f"--mount={_fields('type=bind', f'source={os.fspath(source)}', f'target={target}', 'readonly')}")
    words += [f"--env={key}={value}" for key, value in values.items()]
    return [*words, "--entrypoint=python", check_image(image), *arguments]


def _fields(*fields: str) -> str:
    """Fields as one line of CSV, as both runtimes read it: a comma may be part of a folder's name.

    >>> _fields("type=bind", "source=C:\\\\Users\\\\Ada, Bo")
    'type=bind,"source=C:\\\\Users\\\\Ada, Bo"'
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()
