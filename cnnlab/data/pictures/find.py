"""What a folder of pictures holds before any of them is opened: which files, of which class, in which split."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnlab.common.errors import DataError, FileNote
from cnnlab.data.pictures.archive import hidden
from cnnlab.data.pictures.split import SPLITS

_MAX_WALKED = 200_000  # files looked at; a folder with more is somebody's whole disk


@dataclass(eq=False)
class Found:
    """The files of a folder before any is opened: (file, class name, split or "") each."""

    root: Path
    files: list[tuple[Path, str, str]]
    classes: list[str]
    skipped: list[FileNote]
    presplit: bool


def find_images(folder: Path) -> Found:
    """List the files and guess the layout."""
    root = _unwrapped(folder)
    splits = [top for top in _folders(root) if top.name.lower() in SPLITS]
    presplit = len(splits) > 1 and any(SPLITS[top.name.lower()] == "train" for top in splits)
    found = Found(root, [], [], [], presplit)
    _note_strays(found, root)
    if not presplit:
        _walk_classes(found, root, "")
        return found
    for top in _folders(root):
        if top in splits:
            _note_strays(found, top)
            _walk_classes(found, top, SPLITS[top.name.lower()])
        else:
            found.skipped.append(FileNote(top.name, "a folder beside the train and validation folders"))
    return found


def _unwrapped(folder: Path) -> Path:
    """The folder that holds more than one folder: a zip often has one folder around everything."""
    while True:
        inside = [top for top in _folders(folder) if not hidden((top.name,))]
        if len(inside) != 1 or not _folders(inside[0]):
            return folder
        folder = inside[0]


def _note_strays(found: Found, folder: Path) -> None:
    """Report what lies beside the folders of the classes."""
    for file in sorted(folder.iterdir(), key=lambda path: path.name):
        if not file.is_dir() or file.is_symlink():
            reason = "a hidden or system file" if hidden((file.name,)) else "not in the folder of a class"
            found.skipped.append(FileNote(relative(file, found.root), reason))


def _folders(folder: Path) -> list[Path]:
    inside = (path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    return sorted(inside, key=lambda path: path.name)  # paths themselves are ordered differently on Windows


def relative(file: Path, root: Path) -> str:
    """The name of `file` from `root` on, with forward slashes on every system."""
    return file.relative_to(root).as_posix()


def _walk_classes(found: Found, top: Path, split: str) -> None:
    for folder in _folders(top):
        if hidden((folder.name,)):
            found.skipped.append(FileNote(relative(folder, found.root), "a hidden or system file"))
            continue
        if folder.name not in found.classes:
            found.classes.append(folder.name)
        for file in _walk(folder):
            name = relative(file, found.root)
            if file.is_symlink():
                found.skipped.append(FileNote(name, "a link"))
            elif hidden(file.relative_to(folder).parts):
                found.skipped.append(FileNote(name, "a hidden or system file"))
            else:
                found.files.append((file, folder.name, split))
            if len(found.files) + len(found.skipped) > _MAX_WALKED:
                raise DataError(f"it holds more than {_MAX_WALKED:,} files: name the folder of the pictures itself")


def twins(source: str, classes: list[str]) -> str:
    """What is wrong with class names that some systems take for one; empty where nothing is."""
    names: dict[str, str] = {}
    for name in classes:
        first = names.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if first != name:
            return (
                f"{source} has the class folders {first!r} and {name!r}, one and the same on Windows and macOS: rename "
                "one of them, or put the pictures of both into one"
            )
    return ""


def _walk(folder: Path) -> Iterator[Path]:
    """All files below `folder`, links to folders included, in an order that no system changes."""
    for above, folders, files in os.walk(folder):
        folders.sort()
        links = [name for name in folders if os.path.islink(os.path.join(above, name))]  # os.walk does not enter them
        for name in sorted(files + links):
            yield Path(above, name)


def choose(found: Found, max_images: int, seed: int) -> list[tuple[Path, str, str]]:
    """At most `max_images` of the files, each class and split in its proportion."""
    if len(found.files) <= max_images:
        return found.files
    groups: dict[tuple[str, str], list[int]] = {}
    for row, (_, name, split) in enumerate(found.files):
        groups.setdefault((name, split), []).append(row)
    if max_images < len(groups):
        raise ValueError(
            f"`max_images` must be at least {len(groups)} here, one for each class and split. Received: {max_images}"
        )
    rng, share = np.random.default_rng(seed), max_images / len(found.files)
    counts = {group: max(1, int(share * len(rows))) for group, rows in groups.items()}
    while sum(counts.values()) > max_images:  # where small groups got more than their share, the largest give
        counts[max(counts, key=counts.get)] -= 1
    kept = sorted(row for group, rows in groups.items() for row in rng.permutation(rows)[: counts[group]])
    found.skipped.append(
        FileNote(f"{len(found.files) - len(kept):,} files", f"beyond {max_images:,} pictures: not drawn")
    )
    return [found.files[row] for row in kept]
