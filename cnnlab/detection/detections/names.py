"""What classes and pictures may be called, so that every format can hold the name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def check_names(names: Iterable[str]) -> None:
    """Refuse names of classes that a label file could not hold: empty, twice, with line breaks or outer spaces."""
    seen = set()
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"`class_names` must be strings. Received: {name!r}")
        if not name or name != name.strip() or any(unprintable(c) for c in name):
            raise ValueError(
                f"`class_names` must not be empty, have spaces at their ends or control characters. Received: {name!r}"
            )
        if name in seen:
            raise ValueError(f"`class_names` must name each class once. Received: {name!r} twice")
        seen.add(name)


def unprintable(character: str) -> bool:
    """Whether a character breaks a line, or can stand in no XML or YAML file."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in "\ufffe\uffff"


def check_files(files: Iterable[str]) -> None:
    """Refuse names of pictures that lead out of the data set, and one name for two."""
    seen = set()
    for file in files:
        if not file or file.startswith("/") or "\\" in file or {"..", ".", ""} & {*file.split("/")}:
            raise ValueError(f"`files` must be names within the data set, with forward slashes. Received: {file!r}")
        if file in seen:
            raise ValueError(f"`files` must name each picture once. Received: {file!r} twice")
        seen.add(file)
