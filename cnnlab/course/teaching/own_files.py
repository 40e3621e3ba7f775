"""A file that a command has written itself may be written anew; any other file in its place stays."""

from __future__ import annotations

from pathlib import Path

from cnnlab.common.files import write_atomic
from cnnlab.course.lessons import CourseError

_MARK = "<!-- written by cnnlab -->"


def write_page(path: Path, page: str) -> Path:
    """Write a page of HTML whole, with a mark at its end that says who wrote it, and return its path.

    Raises
    ------
    CourseError
        If a file is there that has no such mark.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     notes = Path(folder, "notes.html")
    ...     _ = notes.write_text("my own")
    ...     write_page(notes, "<p>Hello</p>")
    Traceback (most recent call last):
    cnnlab.course.lessons.CourseError: notes.html was not written by this command: move it, or name another folder
    """
    if path.exists() and not path.read_bytes().rstrip().endswith(_MARK.encode()):
        raise foreign(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, f"{page.rstrip()}\n{_MARK}\n")
    return path


def foreign(path: Path) -> CourseError:
    """Return the refusal to replace somebody else's file."""
    return CourseError(f"{path.name} was not written by this command: move it, or name another folder")
