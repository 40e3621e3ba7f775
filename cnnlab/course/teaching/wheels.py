"""``cnnlab data wheels``: a folder from which a class installs the course without a network.

pip does the work: it resolves, downloads and builds. What it cannot do is to ask what another system needs: with
``--platform`` it still answers a condition such as ``sys_platform == "win32"`` for the machine that it runs on
(pip#11664). So for another system each wheel's own list of requirements is read with that system's answers, and what is
missing is fetched as well.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from cnnlab.common.files import write_atomic
from cnnlab.course.lessons import CourseError, course_folder
from cnnlab.course.teaching.wheel_target import Target
from cnnlab.data.locate import offline

EXTRAS = "tensorflow,lab,batch"  # what requirements.txt gives a learner
_RECORD = "wheels.json"
Announce = Callable[[str], object]


@dataclass(frozen=True)
class Wheelhouse:
    """What a folder of wheels holds for one target: how many files, how large, and what it lacks."""

    files: int
    bytes: int
    missing: tuple[str, ...]


def make_wheelhouse(folder: Path, to: Target, announce: Announce = lambda line: None) -> Wheelhouse:
    """Fill a folder with the wheels of the course and of all that it needs, and say in ``install.txt`` how to use it.

    A folder may serve several targets, one call each. What is in it already is not downloaded again.

    Parameters
    ----------
    folder : made if it does not exist
    to : whom it is for
    announce : called with a line for each download

    Raises
    ------
    CourseError
        If `folder` is a file or holds anything else, if downloads are switched off, or if pip is not there, cannot
        reach its index, or finds no wheel of a package; the message has pip's own words.
    """
    folder = Path(folder).absolute()
    _check_folder(folder)
    if offline():
        raise CourseError("CNNLAB_OFFLINE is set, and a wheelhouse has to be downloaded: unset it, and try again")
    folder.mkdir(parents=True, exist_ok=True)
    own = _course_wheel(folder)
    wanted = f"{own}[{EXTRAS}]"
    if to.platform:
        _pip(["download", "--dest", str(folder), "--find-links", str(folder), *to.of_pip, wanted], announce)
        missing = _completed(folder, own, to, announce)
    else:
        _pip(["wheel", "--wheel-dir", str(folder), "--find-links", str(folder), wanted], announce)
        missing = _not_installed(folder, own)
    made = _recorded(folder)
    made += [to] if to not in made and not missing else []
    write_atomic(folder / _RECORD, json.dumps([[one.python, one.platform] for one in made]) + "\n")
    write_atomic(folder / "install.txt", _words(folder, made))
    files = list(folder.glob("*.whl"))
    return Wheelhouse(len(files), sum(file.stat().st_size for file in files), missing)


def _check_folder(folder: Path) -> None:
    """Refuse a folder in which somebody's own files would drown among a hundred wheels."""
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"`--to` must be a folder. Received a file: {str(folder)!r}")
    own = (_RECORD, "install.txt")
    others = sorted(f.name for f in folder.glob("*") if f.suffix != ".whl" and f.name not in own)
    if others:
        raise CourseError(f"`--to` must be a folder of wheels alone, or a new one. {str(folder)!r} holds {others[0]!r}")


def _course_wheel(folder: Path) -> Path:
    """Build the course's own wheel into `folder`."""
    with tempfile.TemporaryDirectory() as scratch:
        _pip(["wheel", "--no-deps", "--wheel-dir", scratch, str(course_folder())])
        built = next(Path(scratch).glob("*.whl"))
        for older in folder.glob(f"{built.name.partition('-')[0]}-*.whl"):
            older.unlink()
        write_atomic(folder / built.name, built.read_bytes())
    return folder / built.name


def _pip(words: list[str], announce: Announce = lambda line: None) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", words[0]]
    with subprocess.Popen(
        [*command, "--retries", "2", "--progress-bar", "off", *words[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        said = []
        for line in process.stdout:
            said.append(line.strip())
            if line.lstrip().startswith("Downloading "):
                announce(line.strip())
    if process.returncode:
        errors = [
            line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR:") or "No module named" in line
        ]
        raise CourseError(f"pip {words[0]}: {' '.join(errors) or ' '.join(said[-3:])}")


def _completed(folder: Path, own: Path, to: Target, announce: Announce) -> tuple[str, ...]:
    """Fetch what the target needs beside what this machine would, and return what cannot be had."""
    tried: set[str] = set()
    while missing := {_plain(requirement) for requirement in _lacking(folder, own, to)} - tried:
        tried |= missing
        with tempfile.TemporaryDirectory() as scratch:
            pins = Path(scratch, "constraints.txt")
            lines = (f"{name}=={version}\n" for name, version in _versions(folder, to))
            pins.write_text("".join(lines), encoding="utf-8")
            where = ["--dest", str(folder), "--find-links", str(folder), "--constraint", str(pins)]
            for requirement in sorted(missing):  # one by one: of one there may be no wheel
                with contextlib.suppress(CourseError):
                    _pip(["download", *where, *to.of_pip, requirement], announce)
    return tuple(sorted({_plain(requirement) for requirement in _lacking(folder, own, to)}))


def _plain(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"


def _lacking(folder: Path, own: Path, to: Target) -> Iterator[Requirement]:
    """Yield the requirements, of the course and of all that it leads to, that no wheel in `folder` meets."""
    wheels = _wheels(folder, to)
    waiting = [Requirement(f"{parse_wheel_filename(own.name)[0]}[{EXTRAS}]")]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop(0)
        name = canonicalize_name(requirement.name)
        fitting = [one for one in wheels.get(name, []) if requirement.specifier.contains(one[0], prereleases=True)]
        if not fitting:
            yield requirement
            continue
        for extra in ("", *sorted(requirement.extras)):
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += _required(max(fitting)[1], {**to.environment, "extra": extra})


def _required(wheel: Path, environment: dict[str, str]) -> Iterator[Requirement]:
    """Yield what a wheel says that it requires, where the conditions hold."""
    try:
        with ZipFile(wheel) as archive:
            name = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
            headers = HeaderParser().parsestr(archive.read(name).decode("utf-8"))
        for line in headers.get_all("Requires-Dist", []):
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate(environment):
                yield requirement
    except (BadZipFile, StopIteration, InvalidRequirement, UnicodeDecodeError, OSError) as error:
        raise CourseError(f"{wheel.name} is damaged ({error}): delete it, and run the command again") from None


def _wheels(folder: Path, to: Target) -> dict[str, list[tuple]]:
    """Return the wheels in `folder` that the target can use: name → (version, file)."""
    fits, found = to.tags, {}
    for file in sorted(folder.glob("*.whl")):
        try:
            name, version, _, kinds = parse_wheel_filename(file.name)
        except InvalidWheelFilename:
            continue
        if kinds & fits:
            found.setdefault(name, []).append((version, file))
    return found


def _versions(folder: Path, to: Target) -> Iterable[tuple[str, str]]:
    return [(name, str(max(found)[0])) for name, found in _wheels(folder, to).items()]


def _not_installed(folder: Path, own: Path) -> tuple[str, ...]:
    """Install without a network, and without doing it; return what pip does not find."""
    words = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "--dry-run"]
    words += ["--ignore-installed", "--no-index", "--find-links", str(folder), f"{own}[{EXTRAS}]"]
    ran = subprocess.run(words, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if not ran.returncode:
        return ()
    missing = re.findall(r"No matching distribution found for ([^\s;]+)", ran.stderr)
    return tuple(missing) or (ran.stderr.strip().rpartition("\n")[2],)


def _recorded(folder: Path) -> list[Target]:
    try:
        return [Target(python, platform) for python, platform in json.loads((folder / _RECORD).read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def _words(folder: Path, made: list[Target]) -> str:
    """The text of ``install.txt``."""
    install = f'-m pip install --no-index --find-links {folder.name} "cnnlab[{EXTRAS}]"'
    pythons = sorted({one.python for one in made}, key=lambda python: int(python.partition(".")[2]))
    whom = "\n".join(f"  {one}" for one in made) or "  nobody yet: something was missing"
    unix = windows = ""
    for python in pythons:
        unix += f"  python{python} -m venv .venv\n"
        windows += f"  py -{python} -m venv .venv\n"
    return f"""\
To install the course without a network. This folder holds all that it needs for

{whom}

Copy it into the folder of the course, beside README.md, open a terminal there, and type

Linux and macOS
{unix}  .venv/bin/python {install}
  .venv/bin/python -m cnnlab start
  .venv/bin/python -m jupyter lab my-cnnlab/index.ipynb

Windows
{windows}  .venv\\Scripts\\python {install}
  .venv\\Scripts\\python -m cnnlab start
  .venv\\Scripts\\python -m jupyter lab my-cnnlab\\index.ipynb

The Python on the machine must be of the version named above: a wheel for one does not fit another.
"""
