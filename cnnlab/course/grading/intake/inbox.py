"""A folder or a zip of submissions → the files in it, found without following, opening or trusting anything.

Links, pipes and devices are never opened, hidden folders never entered, and of a zip only notebooks of a reasonable
size are unpacked. Whatever is passed over has a reason.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from cnnlab.common.errors import DataError, FileNote, cause
from cnnlab.course.grading.intake.keys import is_korean
from cnnlab.course.lessons import CourseError
from cnnlab.data.pictures.archive import SPELLING, ArchiveError, unpack
from cnnlab.data.pictures.names import hidden

LARGEST = 64 << 20  # bytes of a notebook; the largest of the course has 1.3 million
_MOST = 5_000_000  # files and folders
_OTHERS = 20_000  # files that are no notebooks; more are not remembered
_DEEPEST = 30  # folders in one another
_UNPACKED = 4 << 30  # bytes of all zips together
_IN_ONE_FOLDER = 256 << 20  # bytes unpacked from one folder of a zip: it is one learner's
_MEMBERS = 60_000
_DEFLATED = 2_000  # no member packs better than 1,032 to 1, and none is larger than `LARGEST`
_JUNCTION = 0xA0000003  # what Windows calls a mount point: a folder that is elsewhere
NO_NOTEBOOK = "not a notebook"


@dataclass(frozen=True)
class File:
    """One file: where it is, and the parts of its path below the submissions; a zip is a part as a folder is."""

    path: Path
    parts: tuple[str, ...]
    trouble: str = ""  # why it is not to be read

    @property
    def name(self) -> str:
        """The path below the submissions with forward slashes, made fit to print."""
        return shown("/".join(self.parts))


@dataclass
class Inbox:
    """What was found.

    Attributes
    ----------
    notebooks : files whose name ends with ``.ipynb``, those too that are not to be read
    others : other files, those in repositories left out
    set_aside : file, or folder with a slash at its end → why it was not looked at
    broken : the same for a zip or a folder that somebody has handed in
    repositories : folders that hold ``.git``, as the parts of their paths
    """

    notebooks: list[File] = field(default_factory=list)
    others: list[File] = field(default_factory=list)
    set_aside: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    repositories: set[tuple[str, ...]] = field(default_factory=set)

    def in_repository(self, parts: tuple[str, ...]) -> bool:
        """Whether a path leads into a folder that holds ``.git``, which comes first in it."""
        return any(parts[:depth] in self.repositories for depth in range(1, len(parts)))


def shown(text: str) -> str:
    """Return a file's name with whatever does not print written out; different names stay different.

    >>> shown("Ada\\u202e/02\\n.ipynb")
    'Ada\\\\u202e/02\\\\n.ipynb'
    """
    return "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in text)


def open_inbox(folder: Path, scratch: Path) -> Inbox:
    """List the files of a folder or a zip of submissions.

    Parameters
    ----------
    folder : what the platform handed out, unpacked or not
    scratch : an empty folder for what comes out of zips; the files listed may lie in it

    Returns
    -------
    Inbox
        In the order of the paths. Zips in the folder, a platform's or a learner's, count as folders; zips within zips
        are set aside.

    Raises
    ------
    CourseError
        If there is no such folder or zip, or the zip as a whole cannot be unpacked.
    """
    inbox = Inbox()
    if folder.is_dir():
        _walk(folder, (), inbox, scratch)
    elif folder.is_file() and folder.suffix.lower() == ".zip":
        if trouble := _unzip(File(folder, ()), inbox, scratch):
            raise CourseError(trouble)
    else:
        kind = "which is a file" if folder.exists() else "which does not exist"
        raise CourseError(f"`SUBMISSIONS` must be a folder or a zip. Received: {str(folder)!r}, {kind}")
    for files in (inbox.notebooks, inbox.others):
        files.sort(key=lambda file: file.parts)
    return inbox


def _walk(root: Path, above: tuple[str, ...], inbox: Inbox, scratch: Path | None) -> None:
    """List `root`, and its zips if there is `scratch`; without recursion, for strangers make folders very deep."""
    waiting, count = [(root, above)], 0
    while waiting:
        folder, parts = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not parts:
                raise CourseError(f"`SUBMISSIONS` {str(folder)!r} cannot be opened: {cause(error)}") from None
            inbox.broken[File(folder, parts).name + "/"] = f"cannot be opened: {cause(error)}"
            continue
        for entry in listed:
            count += 1
            file = File(Path(entry.path), (*parts, entry.name))
            kind, reason = _kind(entry)
            if entry.name == ".git" and parts:
                inbox.repositories.add(parts)
            if count > _MOST:
                raise CourseError(f"`SUBMISSIONS` has more than {_MOST:,} files and folders: the last was {file.name}")
            if kind == "folder" and len(file.parts) > _DEEPEST:
                reason = f"lies more than {_DEEPEST} folders deep"
            if reason:
                if kind == "folder" or _is_notebook(entry.name) or not hidden((entry.name,)):
                    inbox.set_aside[file.name + "/" * (kind == "folder")] = reason
            elif kind == "folder":
                waiting.append((file.path, file.parts))
            elif entry.name.lower().endswith(".zip") and scratch is not None:
                if trouble := _unzip(file, inbox, scratch):
                    inbox.broken[file.name] = trouble
            elif _is_notebook(entry.name):
                inbox.notebooks.append(replace(file, trouble=_too_large(entry.stat(follow_symlinks=False).st_size)))
            elif len(inbox.others) < _OTHERS and not inbox.in_repository(file.parts):
                inbox.others.append(file)


def _kind(entry: os.DirEntry[str]) -> tuple[str, str]:
    """Tell a folder from a file, and why it is not looked at."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return "file", f"cannot be read: {cause(error)}"
    kind = "folder" if stat.S_ISDIR(status.st_mode) else "file"
    if stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION:
        return "file", "a link, which is not followed"
    if kind == "file" and not stat.S_ISREG(status.st_mode):
        return kind, "a pipe or a device, not a file"
    if hidden((entry.name,)):
        return kind, f"a hidden or system {kind}, which is not looked at"
    return kind, ""


def _is_notebook(name: str) -> bool:
    return name.lower().endswith(".ipynb")


def _too_large(size: int) -> str:
    if size <= LARGEST:
        return ""
    return f"has {size:,} bytes, and a notebook may have {LARGEST:,} ({LARGEST >> 20} MB): it was not read"


def _unzip(file: File, inbox: Inbox, scratch: Path) -> str:
    """Unpack the notebooks of a zip and list them; return why not, if not."""
    target = Path(tempfile.mkdtemp(dir=scratch)) / "unpacked"
    room = _UNPACKED - sum(path.stat().st_size for path in scratch.rglob("*.ipynb"))
    try:
        notes = _unpacked(file.path, target, room)
    except DataError as error:
        return str(error)
    for note in notes:
        parts = note.file.split("/")
        left = File(target.joinpath(*parts), (*file.parts, *parts), note.reason)
        if ".git" in parts:
            inbox.repositories.add((*file.parts, *parts[: parts.index(".git")]))
        if note.reason == NO_NOTEBOOK:
            if len(inbox.others) < _OTHERS and not inbox.in_repository(left.parts):
                inbox.others.append(left)
        elif left.path.exists() or (hidden(parts) and not _is_notebook(parts[-1])):
            continue  # it is there under a name that may be spelt wrongly, or it is nobody's work
        elif hidden(parts):
            inbox.set_aside[left.name] = note.reason
        elif _is_notebook(parts[-1]):
            inbox.notebooks.append(left)
        else:
            inbox.broken[left.name] = note.reason
    _walk(target, file.parts, inbox, None)
    return ""


def _unpacked(archive: Path, target: Path, room: int) -> tuple[FileNote, ...]:
    """Unpack the notebooks of a zip, its names as UTF-8 or, where they are Korean, as Korean Windows writes them."""
    refused = None
    try:
        notes = _unpacked_as(None, archive, target, room)
        if not any(note.reason.startswith(SPELLING) for note in notes):
            return notes
    except ArchiveError as error:
        if SPELLING not in str(error):
            raise
        refused = error
    again = target.with_name("again")
    with contextlib.suppress(ArchiveError):
        korean_notes = _unpacked_as("cp949", archive, again, room)
        if is_korean("".join(path.name for path in again.rglob("*"))):
            cleared(target)
            again.rename(target)
            return korean_notes
    cleared(again)
    if refused:
        raise refused
    return notes


def _unpacked_as(encoding: str | None, archive: Path, target: Path, room: int) -> tuple[FileNote, ...]:
    taken: dict[str, int] = {}

    def leave_out(name: str, size: int) -> str:
        """Leave out one learner's excess, so that the others' notebooks need not be refused with it."""
        if not _is_notebook(name):
            return NO_NOTEBOOK
        if trouble := _too_large(size):
            return trouble
        beside, _, _ = name.rpartition("/")
        if beside and taken.get(beside, 0) + size > _IN_ONE_FOLDER:
            return f"comes after {_IN_ONE_FOLDER >> 20} MB of notebooks in its folder: it was not unpacked"
        if sum(taken.values()) + size > room:
            return f"comes after {_UNPACKED >> 30} GB of notebooks from zips: unpack the zip yourself"
        taken[beside] = taken.get(beside, 0) + size
        return ""

    limits = {"max_files": _MEMBERS, "max_bytes": _UNPACKED, "max_ratio": _DEFLATED}
    return unpack(archive, target, encoding=encoding, leave_out=leave_out, **limits)


def cleared(scratch: Path) -> None:
    """Remove what zips have left behind."""
    shutil.rmtree(scratch, ignore_errors=True)
