"""What works on this machine, what does not, and what to type: ``cnnlab doctor``.

Versions are compared with cnnlab's own requirements as installed, so that there is no second list to keep. The backend
is imported in a process of its own: a broken or slow one cannot take the caller along. The network is not used.
"""

from __future__ import annotations

import difflib
import os
import platform
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from cnnlab.common.errors import DataError
from cnnlab.course.doctor import backend as _backend
from cnnlab.course.doctor import installed as _installed
from cnnlab.data import datasets

_ROOM = {"problem": 100e6, "warning": 1e9}  # free bytes below which a folder is that

# What an environment variable of ours does; an unknown CNNLAB_ name is probably misspelt.
VARIABLES = {
    "CNNLAB_CACHE": "folder for downloads",
    "CNNLAB_COURSE": "folder with lessons and notebooks",
    "CNNLAB_DATA": "folder with data files",
    "CNNLAB_OFFLINE": "1 forbids downloads",
    "CNNLAB_STRICT": "1 lets an explorer's error stop the notebook",
    "CNNLAB_TASK": "a batch knows its processes by it",
}

_FORBIDDEN = "not here, and CNNLAB_OFFLINE forbids the download: "
_UNSET = "unset CNNLAB_OFFLINE, then cnnlab data get "

# How a lesson loads a data file, and in which parts.
_LOADERS = {
    "mnist": (datasets.mnist, "train", "test"),
    "fashion_mnist": (datasets.fashion_mnist, "train", "test"),
    "cifar10": (datasets.cifar10, "train", "test"),
    "cats_and_dogs": (datasets.cats_and_dogs, "train", "validation"),
}

# Extras that are more than one backend's package: what a learner cannot do without them.
_EXTRAS = {"lab": "JupyterLab on this machine", "batch": "cnnlab run and cnnlab build"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes
    ----------
    section : heading it belongs under, such as ``"Packages"``
    name : what was looked at
    status : ``"ok"``, ``"warning"`` (the course runs, something is missing) or ``"problem"`` (it does not run)
    detail : what was found, in words; never a path of this machine
    fix : what to type or set, exactly; empty when there is nothing to do
    path : the folder, file or value looked at, in the machine's own words: shown by `render` and not by `summary`
    """

    section: str
    name: str
    status: str
    detail: str
    fix: str = ""
    path: str = ""


def report() -> list[Finding]:
    """Look at everything the course needs, always in the same order.

    Takes as long as the import of the backend, some 5 seconds for TensorFlow. Uses no network, leaves no file.
    """
    return [*_packages(), *_keras(), *_widgets(), *_data(), *_disk(), *_environment(), *_grading()]


def render(findings: Iterable[Finding]) -> str:
    """The findings as text: ASCII only, so that every console and log file can hold it.

    Examples
    --------
    >>> print(render([Finding("Python", "Python", "problem", "3.9.1, needs >=3.10", "install Python 3.12")]))
    Python
      [problem] Python: 3.9.1, needs >=3.10
                do: install Python 3.12
    <BLANKLINE>
    1 problem, 0 warnings
    """
    findings = list(findings)
    lines: list[str] = []
    section = None
    for finding in findings:
        if finding.section != section:
            section = finding.section
            lines.append(section)
        where = f" -> {finding.path}" if finding.path else ""
        lines.append(f"  {f'[{finding.status}]':<9} {finding.name}: {finding.detail}{where}")
        if finding.fix:
            lines.append(f"{'':12}do: {finding.fix}")
    problems = sum(finding.status == "problem" for finding in findings)
    warnings = sum(finding.status == "warning" for finding in findings)
    lines += ["", f"{_count(problems, 'problem')}, {_count(warnings, 'warning')}"]
    return _ascii("\n".join(lines))


def summary(findings: Iterable[Finding] | None = None) -> str:
    """The short form for a notebook: what the course runs on, and what to mend. Holds no path of this machine.

    Parameters
    ----------
    findings : from `report`; by default a fresh one

    Examples
    --------
    >>> print(summary([Finding("Keras", "backend", "ok", "tensorflow 2.20.0"), Finding("Keras", "GPU", "ok", "none")]))
    backend: tensorflow 2.20.0
    GPU: none
    Nothing needs mending.
    """
    findings = list(report() if findings is None else findings)
    facts = [f for f in findings if f.status == "ok" and f.name in ("Python", "keras", "backend", "GPU", "mnist.npz")]
    lines = [f"{finding.name}: {finding.detail}" for finding in facts]
    forbidden = [finding for finding in findings if finding.detail.startswith(_FORBIDDEN)]
    if forbidden:  # one remedy for all of them
        lines.append(f"[warning] CNNLAB_OFFLINE forbids downloads. Not here: {_count(len(forbidden), 'data file')}")
        lines += [f"  {finding.name}: {finding.detail.removeprefix(_FORBIDDEN)}" for finding in forbidden]
        lines.append(f"  do: {_UNSET}{' '.join(finding.fix.removeprefix(_UNSET) for finding in forbidden)}")
    for finding in findings:
        if finding.status != "ok" and finding not in forbidden:
            lines.append(f"[{finding.status}] {finding.name}: {finding.detail}")
            lines += [f"  do: {finding.fix}"] if finding.fix else []
    if all(finding.status == "ok" for finding in findings):
        lines.append("Nothing needs mending.")
    return _ascii("\n".join(lines))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")


# -- Python and packages ------------------------------------------------------------------------------------------


def _packages() -> Iterator[Finding]:
    from packaging.specifiers import SpecifierSet

    running = platform.python_version()
    try:
        needed = metadata.metadata("cnnlab").get("Requires-Python", "")
    except metadata.PackageNotFoundError:
        yield Finding("Python", "Python", "ok", running)
        detail = "runs from a folder without being installed, so versions cannot be compared"
        yield Finding("Packages", "cnnlab", "warning", detail, "python -m pip install -e .")
        return
    if SpecifierSet(needed).contains(running, prereleases=True):
        yield Finding("Python", "Python", "ok", running)
    else:
        fix = "make a new environment with a Python version that fits, then install again"
        yield Finding("Python", "Python", "problem", f"{running}, needs {needed}", fix)
    requirements = _installed.requirements("cnnlab")
    for one in (one for one in requirements if _installed.belongs(one, "")):
        version = _installed.version(one.name)
        if not version:
            yield Finding("Packages", one.name, "problem", f"missing, needs {one.specifier}", _installed.command([one]))
        elif _installed.unmet([one]):
            yield Finding(
                "Packages", one.name, "problem", f"{version}, needs {one.specifier}", _installed.command([one])
            )
        else:
            yield Finding("Packages", one.name, "ok", version)
    for extra, purpose in _EXTRAS.items():
        wanted = [one for one in requirements if _installed.belongs(one, extra)]
        unmet = _installed.unmet(wanted)
        if extra == "lab" and _on_colab():
            continue
        if unmet:
            names = ", ".join(one.name for one in unmet)
            yield Finding(
                "Packages", f"extra [{extra}]", "warning", f"no {names}, for {purpose}", _installed.command(unmet)
            )
        elif wanted:
            yield Finding("Packages", f"extra [{extra}]", "ok", f"complete, for {purpose}")


def _keras() -> Iterator[Finding]:
    """The backend, imported in a process of its own, and the GPUs that it sees."""
    found = _backend.probe()
    backend = ("problem", found.trouble, found.fix) if found.trouble else ("ok", f"{found.name} {found.version}")
    yield Finding("Keras", "backend", *backend, path=found.said)
    if found.trouble:
        yield Finding("Keras", "GPU", "warning", "unknown, as the backend does not run")
    elif found.gpus:
        yield Finding("Keras", "GPU", "ok", f"{found.gpus} seen by {found.name}")
    elif shutil.which("nvidia-smi"):
        detail = f"an NVIDIA driver is installed, but {found.name} sees no GPU"
        yield Finding("Keras", "GPU", "warning", detail, _backend.gpu_fix(found.name))
    else:
        yield Finding("Keras", "GPU", "ok", "none; the quick profile is made for a CPU")


# -- widgets, data, disk, environment -----------------------------------------------------------------------------


def _on_colab() -> bool:
    return "google.colab" in sys.modules or "COLAB_RELEASE_TAG" in os.environ


def _widgets() -> Iterator[Finding]:
    """Explorers need the browser's half of ipywidgets, of the version that ipywidgets itself asks for."""
    if _on_colab():
        yield Finding("Widgets", "jupyterlab_widgets", "ok", "not needed: Colab brings its own")
        return
    wanted = [
        one for one in _installed.requirements("ipywidgets") if one.name.replace("-", "_") == "jupyterlab_widgets"
    ]
    version = _installed.version("jupyterlab_widgets")
    if not wanted:
        return  # without ipywidgets, which Packages reports
    if _installed.unmet(wanted):
        detail = f"{version or 'missing'}, ipywidgets needs {wanted[0].specifier}: sliders would not appear"
        yield Finding(
            "Widgets",
            "jupyterlab_widgets",
            "problem",
            detail,
            _installed.command(wanted) + "  (then restart JupyterLab)",
        )
    else:
        yield Finding("Widgets", "jupyterlab_widgets", "ok", version)


def _data() -> Iterator[Finding]:
    folder = datasets.data_folder()
    if folder is not None and not (folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)):
        fix = "set CNNLAB_DATA to a folder that exists and may be read, or unset it"
        yield Finding("Data", "CNNLAB_DATA", "problem", "names no folder that can be read", fix, str(folder))
        return
    for row in datasets.available():
        path = "" if row.path is None else str(row.path)
        size = f"{row.bytes / 1e6:.1f} MB"
        get = f"cnnlab data get {row.name}"
        if row.trouble:
            detail = f"in the {row.place}, {row.trouble}; until it is fetched again, {row.lost}"
            yield Finding("Data", row.file, "warning", detail, get, path)
        elif row.place != "not here":
            yield Finding("Data", row.file, *_readable(row), path)
        elif datasets.offline():
            yield Finding("Data", row.file, "warning", _FORBIDDEN + row.lost, _UNSET + row.name)
        else:
            detail = f"not here: downloaded when first used ({size}); where that fails, {row.lost}"
            yield Finding("Data", row.file, "ok", detail)
    yield Finding("Data", "photos", "ok", f"{len(datasets.photo_names())} to choose from")


def _readable(row: datasets.Availability) -> tuple[str, str, str]:
    """Status, detail and fix of a data file that is here."""
    detail = f"in the {row.place} ({row.bytes / 1e6:.1f} MB)"
    if row.place == "data folder" and row.name in _LOADERS:  # the cache is known by its SHA-256
        load, *splits = _LOADERS[row.name]
        try:
            for split in splits:
                load(split, limit=1)
        except DataError as error:
            why = str(error).replace(f"{row.path}", "the file")
            return "problem", f"in the data folder, damaged: {why}", "copy the file again, or remove it"
    return "ok", detail, ""


def _disk() -> Iterator[Finding]:
    places = (("cache", datasets.cache_path(), "set CNNLAB_CACHE to"), ("current folder", Path.cwd(), "work in"))
    for name, path, change in places:
        existing = next(folder for folder in (path, *path.parents) if os.path.lexists(folder))
        try:
            free = shutil.disk_usage(existing).free
            trial = existing / f".cnnlab-{secrets.token_hex(4)}"
            trial.touch(exist_ok=False)
            trial.unlink()
        except OSError as error:
            # Without a cache a lesson still runs, on stand-ins; without a place for notebooks it does not.
            status = "warning" if name == "cache" else "problem"
            detail = f"cannot be written ({error.strerror})"
            yield Finding("Disk", name, status, detail, f"{change} a folder that you may write", str(path))
            continue
        status = next((word for word, least in _ROOM.items() if free < least), "ok")
        fix = "" if status == "ok" else f"free some space, or {change} a folder with at least 1 GB"
        yield Finding("Disk", name, status, f"can be written, {free / 1e9:.1f} GB free", fix, str(path))


def _environment() -> Iterator[Finding]:
    where = "Colab" if _on_colab() else f"{platform.system()} {platform.machine()}"
    yield Finding("Environment", "machine", "ok", f"{where}, {_count(os.cpu_count() or 1, 'processor')}")
    for name in sorted(name for name in os.environ if name.startswith("CNNLAB_")):
        if name in VARIABLES:
            yield Finding("Environment", name, "ok", f"set ({VARIABLES[name]})", path=os.environ[name])
        else:
            near = difflib.get_close_matches(name, VARIABLES, n=1)
            fix = f"rename it to {near[0]}, or unset it" if near else "unset it"
            yield Finding("Environment", name, "warning", "set, but nothing reads it", fix, os.environ[name])


def _grading() -> Iterator[Finding]:
    """What `cnnlab grade` keeps a learner's answers from, tried in a process like theirs."""
    if find_spec("psutil") is None:  # comes with what `cnnlab grade` needs
        return
    from cnnlab.course.grading.confined.kept_out import in_a_sentence

    yield Finding("Grading", "answers", "ok", in_a_sentence().rstrip("."))
