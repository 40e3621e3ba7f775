"""What a picture shows, where its folder does not say: in the picture's own name, or in a row of a table."""

from __future__ import annotations

import csv
import io
import posixpath
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cnnlab.common.errors import DataError, FileNote
from cnnlab.data.pictures.split import same, split_named

TABLES = (".csv", ".tsv", ".txt")
_MAX_BYTES = 50_000_000
# What the column of the class is called, the surest first.
_CLASS = (
    "label", "labels", "class", "class_name", "classname", "category", "labelname", "species", "breed", "target",
    "diagnosis", "dx", "name",
)  # fmt: skip
_SPLIT = ("split", "set", "data_set", "dataset", "subset", "partition")
_YES_OR_NO = {"0": False, "0.0": False, "": False, "false": False, "1": True, "1.0": True, "true": True}


@dataclass(frozen=True)
class Row:
    """What a table says of one picture: ``""`` where it says nothing."""

    label: str
    split: str
    group: str


def label_in_name(name: str) -> str:
    """The class in a file's name: what comes before the number at its end.

    >>> [label_in_name(name) for name in ("cat.0.jpg", "great_pyrenees_12.jpg", "dog (3).png", "0001.jpg")]
    ['cat', 'great_pyrenees', 'dog', '']
    """
    stem = re.sub(r"[._](jpe?g|png|bmp)\.rf\.\w+$", "", name.rpartition(".")[0] or name)  # as Roboflow names a copy
    return unicodedata.normalize("NFC", re.sub(r"[\W_]*\d[\d\W_]*$", "", stem))


def read_table(
    path: Path, called: str, pictures: Iterable[str], column: str = "", groups: str = "", encoding: str | None = None
) -> tuple[dict[str, Row], list[FileNote]]:
    """The rows of a table that speak of pictures.

    Parameters
    ----------
    path, called : the table, and its name for messages
    pictures : names of the pictures it may speak of, with forward slashes
    column : that of the class; by default one with a usual name, the only one left, or a column of 0 and 1 for each
        class
    groups : the column of the groups; none by default
    encoding : of a table that is not in UTF-8

    Returns
    -------
    tuple
        Picture → its row, and a note on each row without a picture. Where two rows disagree about a picture, its label
        is None.

    Raises
    ------
    DataError
        If it is no table, or cannot be told which column holds what.
    """
    heads, rows = _parsed(path, called, encoding)
    index = _Index(pictures)
    if any(index.find(cell) for cell in heads):  # the first line speaks of a picture: there are no headings
        rows.insert(0, (1, heads))
        heads = [str(number + 1) for number in range(len(heads))]
    rows = [(line, [*cells, *[""] * (len(heads) - len(cells))]) for line, cells in rows]
    of = _Columns(heads, rows, index, called, column, groups)

    table: dict[str, Row] = {}
    notes = []
    for line, cells in rows:
        names = index.find(cells[of.file])
        reason = ""
        if len(names) != 1:
            what = f"{len(names)} pictures, such as {names[0]} and {names[1]}" if names else "no picture that is here"
            reason = f"names {what}: {cells[of.file].strip()[:80]!r}"
        elif of.confidence is not None and cells[of.confidence].strip() in ("0", "0.0"):
            reason = "its confidence is 0: the picture does not show that"
        if reason:
            notes.append(FileNote(f"{called}, line {line}", reason))
            continue
        row = of.read(cells)
        table[names[0]] = row if table.get(names[0], row) == row else Row(None, row.split, row.group)
    return table, notes


def _parsed(path: Path, called: str, encoding: str | None) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The headings, and each row that is not empty with its line's number."""
    if path.stat().st_size > _MAX_BYTES:
        raise DataError(f"{called} has more than {_MAX_BYTES:,} bytes: no table of labels is that long")
    content = path.read_bytes()
    unicode = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"  # Excel writes both
    try:
        text = content.decode(unicode)
    except UnicodeError:
        try:
            text = content.decode(encoding or "ascii")
        except UnicodeError:
            hint = f"not in {encoding}" if encoding else 'not in UTF-8: pass its `encoding`, such as "cp1252"'
            raise DataError(f"{called} is {hint}") from None
    first = next(iter(text.splitlines()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t|", key=first.count))
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        raise DataError(f"{called}, line {reader.line_num}: {error}") from None
    if not rows:
        raise DataError(f"{called} is empty")
    return rows[0][1], rows[1:]


class _Index:
    """Finds the picture that a cell speaks of: by its path or the end of it, with or without the ending."""

    def __init__(self, pictures: Iterable[str]) -> None:
        self._found: dict[str, list[str]] = {}  # each end of a path → the pictures that have it
        self.example = ""
        for name in pictures:
            self.example = self.example or name
            path = same(name)
            for whole in {path, posixpath.splitext(path)[0]}:
                parts = whole.split("/")
                for n in range(len(parts)):
                    self._found.setdefault("/".join(parts[n:]), []).append(name)

    def find(self, cell: str) -> list[str]:
        """The pictures that fit best; more than one where the cell is not enough to tell."""
        parts = same(cell.strip().replace("\\", "/").removeprefix("./")).split("/")
        ends = ("/".join(parts[n:]) for n in range(len(parts)))  # of /home/ada/pets/1.jpg the last may be known here
        return next((self._found[end] for end in ends if end and end in self._found), [])


class _Columns:
    """Which column holds what."""

    def __init__(
        self, heads: list[str], rows: list[tuple[int, list[str]]], index: _Index, called: str, column: str, groups: str
    ) -> None:
        numbers = range(len(heads))
        names = {_heading(heads[n]): n for n in reversed(numbers)}
        there = f"Its columns: {', '.join(heads)[:300]}"
        spoken = [len({name for _, cells in rows for name in index.find(cells[n])[:1]}) for n in numbers]
        if not max(spoken):
            raise DataError(f"{called} has no column that names the pictures, such as {index.example!r}. {there}")
        for asked in filter(None, (column, groups)):
            if _heading(asked) not in names:
                raise DataError(f"{called} has no column {asked!r}. {there}")
        self.file = spoken.index(max(spoken))
        self.group = names[_heading(groups)] if groups else None
        self.confidence = names.get("confidence")
        self.split = next((names[n] for n in _SPLIT if n in names), None)
        if self.split is not None and not all(split_named(cells[self.split]) for _, cells in rows):
            self.split = None
        left = [n for n in numbers if n not in (self.file, self.group, self.split)]
        usual = [names[n] for n in _CLASS if names.get(n) in left]
        self.label = names[_heading(column)] if column else (usual or left)[0] if usual or len(left) == 1 else None
        self.classes = {n: heads[n].strip() for n in left}
        marks = all(cells[n].strip().lower() in _YES_OR_NO for _, cells in rows for n in left)
        if self.label is None and not (left and marks):
            raise DataError(f'{called}: which column is the class? Pass labels="{called}:COLUMN". {there}')

    def read(self, cells: list[str]) -> Row:
        """What a row says; of one column for each class, the one that is marked."""
        if self.label is not None:
            label = unicodedata.normalize("NFC", cells[self.label].strip())
        else:
            marked = [name for n, name in self.classes.items() if _YES_OR_NO[cells[n].strip().lower()]]
            label = marked[0] if len(marked) == 1 else ""
        split = split_named(cells[self.split]) if self.split is not None else ""
        return Row(label, split, cells[self.group].strip() if self.group is not None else "")


def _heading(name: str) -> str:
    return "_".join(re.findall(r"\w+", same(name)))
