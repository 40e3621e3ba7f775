"""Where the pictures, their label files and the class list of a folder lie: as `detections.read` looks for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from cnnlab.common.errors import DataError, FileNote
from cnnlab.data.pictures.names import hidden
from cnnlab.data.pictures.read import ENDINGS

CLASS_LIST = "classes.txt"


def root_of(folder: Path) -> Path:
    """The folder of pictures and labels: the one around it, for a folder called images."""
    return folder.parent if folder.name.lower() == "images" else folder


def label_name(picture: str) -> str:
    """The label file of a picture; both are named from the data set's folder on.

    >>> label_name("train/images/a/1.jpg"), label_name("1.jpg")
    ('train/labels/a/1.txt', '1.txt')
    """
    path = PurePosixPath(picture)
    parts = list(path.with_suffix(".txt").parts)
    for place in reversed(range(len(parts) - 1)):
        if parts[place].lower() == "images":
            parts[place] = "labels"
            break
    return "/".join(parts)


def pictures_in(folder: Path, root: Path) -> tuple[list[str], list[FileNote]]:
    """The pictures in a folder and below, by name from `root` on, and those that cannot have labels of their own."""
    names, skipped, taken = [], [], {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.suffix.lower() not in ENDINGS or hidden(path.relative_to(folder).parts) or not path.is_file():
            continue
        first = taken.setdefault(label_name(name), name)
        if first == name:
            names.append(name)
        else:
            skipped.append(FileNote(name, f"its labels would be those of {first}: rename one of the two"))
    return names, skipped


def class_list(root: Path) -> tuple[Path | None, tuple[str, ...]]:
    """The file that names the classes of a data set, and the names; None where there is no such file."""
    for name in ("data.yaml", "data.yml", CLASS_LIST, f"labels/{CLASS_LIST}"):
        path = root / name
        if path.is_file():
            return path, _names(path, name)
    return None, ()


def check_names(names: Sequence[str], argument: str = "class_names") -> tuple[str, ...]:
    """Class names as they can be written to a list, a line each: none empty, none twice."""
    given = [names] if isinstance(names, str) else list(names)
    if not given or any(not isinstance(name, str) or not name.strip() or not name.isprintable() for name in given):
        raise ValueError(f"`{argument}` must be names, each of letters that can be printed. Received: {names!r}")
    given = [name.strip() for name in given]
    if len({name.casefold() for name in given}) < len(given):
        raise ValueError(f"`{argument}` must be different names. Received: {names!r}")
    return tuple(given)


def _names(path: Path, name: str) -> tuple[str, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise DataError(f"{name} cannot be read as text ({error.__class__.__name__})") from None
    if path.suffix == ".txt":
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    found = re.search(r"^names:\s*\[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise DataError(f"{name} has no list `names: [...]` of the classes")
    return tuple(word.strip().strip("'\"") for word in found[1].split(",") if word.strip())
