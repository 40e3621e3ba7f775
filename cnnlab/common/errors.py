"""What every room may raise or report about a file: the error of missing or damaged data, and a note on one file."""

from __future__ import annotations

from dataclasses import dataclass


class DataError(RuntimeError):
    """A data file is missing, damaged or cannot be fetched. The message says which, why and what to do."""


@dataclass(frozen=True)
class FileNote:
    """What there is to say of one `file`, by its name with forward slashes: why it was left out, or changed."""

    file: str
    reason: str


def cause(error: OSError) -> str:
    """The system's words for an error, without the path that ``str(error)`` would add.

    >>> cause(FileNotFoundError(2, "No such file or directory", "/home/ada/secret.txt"))
    'No such file or directory'
    """
    return error.strerror or type(error).__name__
