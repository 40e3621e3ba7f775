"""What classes and pictures may be called, so that every format can hold the name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names of classes; refuses those that a label file could not hold: empty, twice, with breaks, outer spaces."""
    if isinstance(names, (str, bytes)) or not isinstance(names, Iterable):
        raise TypeError(f"`class_names` must be a list of names. Received: {names!r}")
    seen = set()
    for name in (names := tuple(names)):
        if not isinstance(name, str):
            raise TypeError(f"`class_names` must be strings. Received: {name!r}")
        if not name or name != name.strip() or any(unprintable(c) for c in name):
            raise ValueError(
                f"`class_names` must not be empty, have spaces at their ends or control characters. Received: {name!r}"
            )
        if name in seen:
            raise ValueError(f"`class_names` must name each class once. Received: {name!r} twice")
        seen.add(name)
    return names


def unprintable(character: str) -> bool:
    """Whether a character breaks a line, or can stand in no XML or YAML file."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in "\ufffe\uffff"


def check_groups(groups: Sequence[object], count: int) -> tuple[str, ...]:
    """The names of groups as text; refuses those of a table that are not there (None, NaN): they are no one group.

    >>> check_groups(["tray 1", 2, ""], 3)
    ('tray 1', '2', '')
    """
    if not isinstance(groups, Iterable):
        raise TypeError(f"`groups` must be names, one a picture. Received: {groups!r}")
    groups = tuple(groups)
    if len(groups) != count:
        raise ValueError(f"`groups` must have {count} names, one a picture. Received: {len(groups)}")
    for row, name in enumerate(groups):
        if not isinstance(name, (str, int, float, np.generic)) or name != name:
            rule = "`groups` must be names, with '' for a picture without a group"
            raise TypeError(f"{rule}. Received: {name!r} in row {row}")
    return tuple(map(str, groups))


def check_files(files: Iterable[str]) -> None:
    """Refuse names of pictures that lead out of the data set, and one name for two."""
    seen = set()
    for file in files:
        if not isinstance(file, str):
            raise TypeError(f"`files` must be strings. Received: {file!r}")
        if not file or file.startswith("/") or "\\" in file or {"..", ".", ""} & {*file.split("/")}:
            raise ValueError(f"`files` must be names within the data set, with forward slashes. Received: {file!r}")
        if file in seen:
            raise ValueError(f"`files` must name each picture once. Received: {file!r} twice")
        seen.add(file)
