"""A process for a learner's code, with as little within its reach as the operating system can arrange.

`start` starts it with an environment without secrets, in a folder of its own, under a watcher (`watch.Confined`). The
process itself calls `inside.enter` before anything of a learner's runs, and gives up its rights.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from cnnlab.course.batch.processes import MARK, python_path
from cnnlab.course.grading.confined import container
from cnnlab.course.grading.confined.inside import PACKAGE, TOLD
from cnnlab.course.grading.confined.limits import GIB, MB, Limits  # noqa: F401  also found here
from cnnlab.course.grading.confined.watch import Confined
from cnnlab.data import locate

# What is passed on of our environment, and no more: how answers are calculated, and where Python finds its libraries.
_CALCULATING = (
    "LANG", "LC_ALL", "LC_CTYPE", "TZ", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS",
    "KERAS_BACKEND", "CNNLAB_STRICT",
)  # fmt: skip
_FINDING = (
    "PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "CNNLAB_DATA", MARK,
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
)  # fmt: skip
_AT_HOME = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR", "IPYTHONDIR", "KERAS_HOME",
            "XDG_CACHE_HOME", "XDG_CONFIG_HOME")  # fmt: skip
_SET = {
    "CNNLAB_OFFLINE": "1",
    "CUDA_VISIBLE_DEVICES": "-1",  # a GPU's memory is shared by all, and its driver is a way out
    "JAX_PLATFORMS": "cpu",
    "JOBLIB_MULTIPROCESSING": "0",  # it would try whether it may start processes, and complain
    "MPLBACKEND": "Agg",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
}
_NAMED = {"CNNLAB_DATA": "/data", "CNNLAB_CACHE": "/downloads"}  # variable → its folder in a container


def start(
    arguments: Sequence[str],
    folder: str | os.PathLike[str],
    limits: Limits,
    *,
    readable: Iterable[str | os.PathLike[str]] = (),
    image: str | None = None,
) -> Confined:
    """Start ``python ARGUMENTS`` for a learner's code.

    The process talks to this one over its stdin and stdout, and `inside.enter` is the first thing it must call.
    On Linux it ends with the thread that has started it.

    Parameters
    ----------
    arguments : of Python, for example ``["-m", "cnnlab.course.grading.judging.answering"]``
    folder : where its scratch folder is made, which goes when it ends
    limits : beyond which it is stopped
    readable : files and folders that it may read beside Python, its packages, the course and the data; not in a
        container
    image : run in a container of this image

    Raises
    ------
    CourseError
        If no container of `image` can be started here.
    """
    scratch = Path(tempfile.mkdtemp(prefix="answers-", dir=folder)).resolve()
    told = {"limits": asdict(limits), "readable": [*_data().values(), *map(os.path.realpath, readable)],
            "writable": [str(scratch)], "parent": os.getpid()}  # fmt: skip
    line, values, ending = [sys.executable, *arguments], environment(scratch) | {TOLD: json.dumps(told)}, []
    if image is not None:
        line, ending = _in_container(arguments, limits, image)
        values = dict(os.environ)  # of docker or podman, which pass on none of it
    mark = values.setdefault(MARK, secrets.token_hex(16))
    process = subprocess.Popen(
        line,
        cwd=scratch,
        env=values,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
    )
    return Confined(process, scratch, limits, mark, ending)


def _in_container(arguments: Sequence[str], limits: Limits, image: str) -> tuple[list[str], list[str]]:
    """The command lines that start a container and that end it."""
    runtime, name = container.find_runtime(image), f"cnnlab-{secrets.token_hex(8)}"
    folders = {f"{container.PACKAGES}/{PACKAGE.name}": os.fspath(PACKAGE), **_data()}
    told = {"limits": asdict(limits), "readable": ["/"], "writable": [container.HOME], "parent": None}
    values = _inside(container.HOME) | {"PYTHONPATH": container.PACKAGES, TOLD: json.dumps(told)}
    values |= {variable: there for variable, there in _NAMED.items() if there in folders}
    line = container.command(runtime, name, image, arguments, limits, folders=folders, values=values)
    return line, [runtime, "rm", "--force", name]


def environment(home: str | os.PathLike[str]) -> dict[str, str]:
    """Return the environment of a learner's process: nothing of ours that is not on a list, and `home` as its home.

    >>> environment("scratch")["HOME"]
    'scratch'
    """
    values = {name: os.environ[name] for name in _FINDING if name in os.environ}
    values["PYTHONPATH"] = python_path()
    if site.ENABLE_USER_SITE:  # packages of `pip install --user`, looked for at home otherwise
        values["PYTHONUSERBASE"] = site.getuserbase()
    return values | _inside(os.fspath(home)) | {"CNNLAB_CACHE": str(locate.cache_path())}


def _inside(home: str) -> dict[str, str]:
    """The part of an environment that is the same here and in a container."""
    values = {name: os.environ[name] for name in _CALCULATING if name in os.environ}
    if "KERAS_BACKEND" not in values and (backend := _configured_backend()):
        values["KERAS_BACKEND"] = backend
    return values | dict.fromkeys(_AT_HOME, home) | _SET


def _configured_backend() -> str:
    """The backend in Keras' own file at home, which is not read in there; empty where there is none."""
    home = os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")
    try:
        backend = json.loads(Path(home, "keras.json").read_text(encoding="utf-8"))["backend"]
    except (OSError, ValueError, LookupError, TypeError):  # TypeError: no dictionary
        return ""
    return backend if isinstance(backend, str) else ""


def _data() -> dict[str, str]:
    """Where the course's data lies: path in a container → folder here."""
    folders = {
        f"{container.PACKAGES}/data": locate.shipped("SOURCES.md").parent,
        _NAMED["CNNLAB_DATA"]: locate.data_folder(),
        _NAMED["CNNLAB_CACHE"]: locate.cache_path(),
    }
    return {there: os.path.realpath(here) for there, here in folders.items() if here and here.is_dir()}


def fingerprint() -> str:
    """SHA-256 over the names and the bytes of the course's own files, its package, as 64 hexadecimal digits.

    Where the operating system cannot keep an answer from changing them, two that are unequal show that one did.

    >>> fingerprint() == fingerprint()
    True
    """
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix == ".pyc":  # Python writes these as it goes
            continue
        if path.is_file():
            digest.update(f"{path.relative_to(PACKAGE).as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
