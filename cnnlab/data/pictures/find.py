"""What a folder of pictures holds before any of them is opened: which files, of which class, split and group.

One walk lists the files. One layout, guessed from the folders' names, says where the classes begin and which split each
place is. Then every file is placed by it, or left out with a reason.
"""

from __future__ import annotations

import os
import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cnnlab.common.errors import DataError, FileNote
from cnnlab.data.pictures.archive import hidden
from cnnlab.data.pictures.labels import TABLES, Row, label_in_name, read_table, same
from cnnlab.data.pictures.read import NAMED
from cnnlab.data.pictures.split import split_named

FOLDERS = ("folder", "parent", "path")  # a class is called as the outermost folder, the innermost, or all of them
_MAX_WALKED = 200_000  # files looked at; a folder with more is somebody's whole disk
_IMAGES = {"images", "image", "imgs", "img", "pictures", "photos", "jpegimages", "data"}
_NO_CLASSES = {"annotations", "annotation", "trimaps", "segmentations", "segmentation", "groundtruth", "xmls"}
_ANNOTATIONS = _NO_CLASSES | {"labels", "label", "masks", "mask"}  # which may be classes where nothing says "images"
_STRAY = "not in the folder of a class"

Parts = tuple[str, ...]  # of a path, from the folder that is read on


@dataclass(frozen=True)
class Picture:
    """A file before it is opened: ``""`` where it has no label, split or group."""

    file: Path
    name: str
    label: str
    split: str = ""
    group: str = ""


@dataclass(eq=False)
class Found:
    """The pictures before any is opened, what was left out, and what is to be said."""

    pictures: list[Picture] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    skipped: list[FileNote] = field(default_factory=list)
    notes: list[FileNote] = field(default_factory=list)
    hint: str = ""  # what to try where no classes were found


class _Tree:
    """The files below a folder, hidden ones and links left out, and what each folder holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[Parts] = []
        self.skipped: list[tuple[Parts, str]] = []
        self.folders: dict[Parts, list[str]] = {}  # each folder → the folders in it
        self._walk()
        pictures = [parts for parts in self.files if parts[-1].lower().endswith(NAMED)] or self.files
        self.pictures = set(pictures)
        self.direct = {parts[:-1] for parts in pictures}  # folders with a picture in them
        self.full = {parts[:n] for parts in pictures for n in range(len(parts))}  # … or somewhere below
        self.used = {parts[:n] for parts in self.files for n in range(len(parts))}  # … or any other file

    def _walk(self) -> None:
        """List everything, in an order that no system changes."""

        def barred(error: OSError) -> None:
            self.skipped.append((Path(error.filename).relative_to(self.folder).parts, "a folder that may not be read"))

        for above, folders, files in os.walk(self.folder, onerror=barred):
            here = Path(above).relative_to(self.folder).parts
            links = {name for name in folders if os.path.islink(os.path.join(above, name))}  # os.walk goes into none
            folders.sort()
            self.folders[here] = [name for name in folders if name not in links and not hidden((*here, name))]
            for name in sorted([*files, *links]):
                parts = (*here, name)
                if name in links or os.path.islink(os.path.join(above, name)):
                    self.skipped.append((parts, "a link"))
                elif hidden(parts):
                    self.skipped.append((parts, "a hidden or system file"))
                else:
                    self.files.append(parts)
            if len(self.files) + len(self.skipped) > _MAX_WALKED:
                raise DataError(f"it holds more than {_MAX_WALKED:,} files: name the folder of the pictures itself")

    def inside(self, node: Parts) -> list[str]:
        """The folders in a folder."""
        return self.folders.get(node, [])  # none is known of one that may not be read

    def filled(self, node: Parts) -> list[str]:
        """The folders in a folder that have pictures, without those of masks and the like beside them."""
        names = [name for name in self.inside(node) if (*node, name) in self.full]
        words = _ANNOTATIONS if any(_is(name, _IMAGES) for name in names) else _NO_CLASSES
        return [name for name in names if not _is(name, words)] or names


@dataclass(eq=False)
class _Layout:
    """In which folders the classes begin: folder → its split, ``""`` for none. All lie in `root`."""

    root: Parts
    bases: dict[Parts, str]
    class_first: bool = False  # cats/train/…, not train/cats/…

    def base(self, parts: Parts) -> Parts | None:
        """That of a file; None for a file that lies elsewhere."""
        return next((parts[:n] for n in range(len(parts) - 1, -1, -1) if parts[:n] in self.bases), None)

    def name(self, parts: Parts) -> str:
        """A file's name as seen from `root`, fit to print."""
        shown = posixpath.relpath("/".join(parts), "/".join(self.root) or ".")
        return shown.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    def reason(self, parts: Parts) -> str:
        """Why a file that has no base is left out."""
        inside, start = parts[: len(self.root)] == self.root, len(self.root) + 1
        tops = {base[:start] for base in self.bases}
        beside = any(self.bases.values()) and inside and len(parts) > start and parts[:start] not in tops
        return "a folder beside the train and validation folders" if beside else _STRAY


def _is(name: str, words: set[str]) -> bool:
    found = re.findall(r"[^\W\d_]+", same(name))
    return "".join(found) in words or not words.isdisjoint(found)


def _layout(tree: _Tree, by_folder: bool) -> _Layout:
    root: Parts = ()
    while by_folder or root not in tree.direct:
        only = tree.filled(root)
        if len(only) != 1 or not tree.filled((*root, *only)):
            break
        empty = [name for name in tree.inside(root) if (*root, name) not in tree.used]
        if empty and not _is(only[0], _IMAGES) and not split_named(only[0]):
            break  # an empty folder beside it is a class without pictures, and so it is a class as well
        root = (*root, *only)

    named = {name: split_named(name) for name in tree.inside(root) if not _is(name, _ANNOTATIONS)}
    if _are_splits(named.values()):
        return _Layout(root, {_inner(tree, (*root, name), split): split for name, split in named.items() if split})
    classes = [(*root, name) for name in tree.filled(root)]
    pairs = {(*node, name): split_named(name) for node in classes for name in tree.filled(node)}
    if by_folder and all(pairs.values()) and _are_splits(pairs.values()) and tree.direct.isdisjoint(classes):
        return _Layout(root, pairs, class_first=True)
    return _Layout(root, {root: ""})


def _are_splits(kinds: object) -> bool:
    kinds = {*kinds} - {""}
    return "train" in kinds and len(kinds) > 1


def _inner(tree: _Tree, node: Parts, split: str) -> Parts:
    """The folder of a split, or that within it which holds everything: train/train, train/images."""
    while len(only := tree.filled(node)) == 1 and node not in tree.direct:
        if split_named(only[0]) != split and not _is(only[0], _IMAGES):
            break
        node = (*node, *only)
    return node


def find_images(
    folder: Path, source: str, labels: str | None = None, groups: str | None = None, encoding: str | None = None
) -> Found:
    """List the pictures, each with its label, split and group; the arguments are those of `image_folder`."""
    tree = _Tree(folder)
    by_folder = labels is None or labels in FOLDERS
    layout = _layout(tree, by_folder)
    found = Found(skipped=[FileNote(layout.name(parts), reason) for parts, reason in tree.skipped])
    if by_folder:
        _by_folder(found, tree, layout, source, labels)
        reason = _STRAY
    elif labels == "name":
        _by_name(found, tree, layout)
        reason = "no class in its name"
    else:
        _by_table(found, tree, layout, source, labels, groups, encoding)
        reason = f"no class in {labels.rpartition('/')[2]}"
    _keep_unlabelled(found, reason)
    if groups and not any(picture.group for picture in found.pictures):
        _by_pattern(found, groups)
    if labels is None:
        found.hint = _hint(tree, layout)
    return found


def _by_folder(found: Found, tree: _Tree, layout: _Layout, source: str, labels: str | None) -> None:
    classes: dict[str, set[str]] = {}  # as compared → the folders within it
    first: dict[str, str] = {}  # as compared → as spelt, in the training set if it is there
    for base, split in sorted(layout.bases.items(), key=lambda one: one[1] not in ("train", "")):
        folders = [base[-2]] if layout.class_first else tree.inside(base)
        if problem := _twins(source, folders):
            raise DataError(problem)
        for name in folders:
            first.setdefault(same(name), unicodedata.normalize("NFC", name))
            if not layout.class_first and (*base, name) in tree.full and split in ("train", ""):
                within = {same(inner) for inner in tree.inside((*base, name)) if (*base, name, inner) in tree.full}
                classes.setdefault(same(name), set()).update(within)
    common = set.intersection(*classes.values()) if len(classes) > 1 else set()
    if labels is None and len(common) > 1:
        raise DataError(
            f"{source}: all folders that would be classes ({few(first.values())}) hold the same folders "
            f'({few(sorted(common))}). If those are the classes, pass labels="parent"; if not, labels="folder"'
        )
    for name in classes if labels is None and len(classes) > 1 and not any(layout.bases.values()) else ():
        if split_named(name) == "train" and len(within := tree.filled((*layout.root, first[name]))) > 1:
            beside = few(other for key, other in first.items() if key != name)
            raise DataError(
                f"{source}: is {first[name]} a split or a class? It holds folders ({few(within)}), and what lies "
                f'beside it ({beside}) names no split. Move that away, or pass labels="folder" if it is a class'
            )
    if labels in (None, "folder"):
        found.classes = list(first.values())
    merged = {}
    for parts, base, split in _placed(found, tree, layout):
        folders = [unicodedata.normalize("NFC", name) for name in parts[len(base) : -1]]
        folders = [unicodedata.normalize("NFC", base[-2]), *folders] if layout.class_first else folders
        label = "" if not folders else {"parent": folders[-1], "path": "/".join(folders)}.get(labels or "", folders[0])
        spelt = first.setdefault(same(label), label)
        if label != spelt:
            merged[layout.name(parts[:-1])] = f"its class is {spelt}, spelt otherwise"
        found.pictures.append(Picture(tree.folder.joinpath(*parts), layout.name(parts), spelt, split))
    found.notes += [FileNote(name, said) for name, said in merged.items()]


def _placed(found: Found, tree: _Tree, layout: _Layout) -> Iterator[tuple[Parts, Parts, str]]:
    """The files that lie where the layout has pictures, each with its base and split; reports the others."""
    for parts in tree.files:
        base = layout.base(parts)
        if base is not None:
            yield parts, base, layout.bases[base]
            continue
        found.skipped.append(FileNote(layout.name(parts), layout.reason(parts)))


def _by_name(found: Found, tree: _Tree, layout: _Layout) -> None:
    for parts, base, split in _placed(found, tree, layout):
        if any(_is(name, _ANNOTATIONS) for name in parts[len(base) : -1]):
            found.skipped.append(FileNote(layout.name(parts), "in a folder of masks or labels"))
        else:
            label = label_in_name(parts[-1])
            found.pictures.append(Picture(tree.folder.joinpath(*parts), layout.name(parts), label, split))


def _by_table(
    found: Found, tree: _Tree, layout: _Layout, source: str, labels: str, groups: str | None, encoding: str | None
) -> None:
    called, column = re.fullmatch(r"(.+?\.(?:csv|tsv|txt))(?::(.+))?", labels, re.IGNORECASE).groups()
    wanted = f"/{same(called)}"
    tables = [parts for parts in tree.files if f"/{same('/'.join(parts))}".endswith(wanted)]
    if not tables and not Path(called).is_file():
        there = ["/".join(parts) for parts in tree.files if parts[-1].lower().endswith(TABLES)]
        raise DataError(f"{source} holds no table {called!r}. It holds: {few(there) or 'no table'}")
    placed = {layout.name(p): (p, layout.bases.get(layout.base(p), "")) for p in tree.files if p not in tables}
    rows: dict[str, Row] = {}
    for table in tables or [None]:
        folder = table[:-1] if table and len(tables) > 1 else ()  # a table for each split
        split = split_named(called.rpartition("/")[2])
        pictures = {name: parts for name, (parts, _) in placed.items() if parts in tree.pictures}
        names = [name for name, parts in pictures.items() if parts[: len(folder)] == folder]
        names = [name for name in names if placed[name][1] == split] or names  # train.csv does not speak of test/1.jpg
        path, shown = (tree.folder.joinpath(*table), "/".join(table)) if table else (Path(called), Path(called).name)
        read, notes = read_table(path, shown, names, column or "", groups or "", encoding)
        rows |= read
        found.skipped += notes
    for name, (parts, split) in placed.items():
        row = rows.get(name, Row("", "", ""))
        if row.label is None:
            found.skipped.append(FileNote(name, f"rows of {called} disagree about it"))
        else:
            picture = Picture(tree.folder.joinpath(*parts), name, row.label, row.split or split, row.group)
            found.pictures.append(picture)


def _keep_unlabelled(found: Found, reason: str) -> None:
    """Keep the pictures without a label of a test or validation folder in which none has one; leave the others out."""
    of: dict[str, set[str]] = {}
    for picture in found.pictures:
        if picture.name.lower().endswith(NAMED):
            of.setdefault(picture.split or "train", set()).add(picture.label)
    unknown = set()  # splits whose only folder, such as test/unknown, is no class of the training set
    for split, labels in of.items():
        if split != "train" and len(labels - {""}) <= 1 and labels.isdisjoint(of.get("train", set()) - {""}):
            unknown.add(split)
    kept = []
    for picture in found.pictures:
        if picture.split in unknown:
            kept.append(replace(picture, label=""))
        elif picture.label:
            kept.append(picture)
        else:
            found.skipped.append(FileNote(picture.name, reason))
    alone = set().union(*(of[split] for split in unknown)) - {picture.label for picture in kept}
    found.classes = [name for name in found.classes if name not in alone]
    found.pictures = kept


def _by_pattern(found: Found, groups: str) -> None:
    pattern = re.compile(groups)
    fits = [pattern.search(picture.name) for picture in found.pictures]
    if found.pictures and not any(fits):
        raise DataError(f"`groups` {groups!r} fits no file name, such as {found.pictures[0].name!r}")
    found.pictures = [
        replace(picture, group="/".join(filter(None, fit.groups())) or fit[0] if fit else "")
        for picture, fit in zip(found.pictures, fits, strict=True)
    ]


def _hint(tree: _Tree, layout: _Layout) -> str:
    """What to pass where the folders are no classes."""
    tables = ["/".join(parts) for parts in tree.files if parts[-1].lower().endswith((".csv", ".tsv"))]
    if tables:
        return f'If a table says what they show, pass labels="{tables[0]}"'
    names = [label_in_name(parts[-1]) for parts in tree.pictures]
    classes = sorted({*names} - {""})
    if 1 < len(classes) <= len(names) / 2:
        return f'If the classes are {few(classes)}, as the files are called, pass labels="name"'
    return ""


def few(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:4]) + (f" and {len(listed) - 4:,} more" if len(listed) > 4 else "")


def _twins(source: str, classes: list[str]) -> str:
    """What is wrong with class names that some systems take for one; empty where nothing is."""
    names: dict[str, str] = {}
    for name in (unicodedata.normalize("NFC", one) for one in classes):
        first = names.setdefault(same(name), name)
        if first != name:
            return twins(source, first, name)
    return ""


def twins(source: str, first: str, second: str) -> str:
    """What is wrong with two class folders that differ only in upper and lower case."""
    return (
        f"{source} has the class folders {first!r} and {second!r}, one and the same on Windows and macOS: rename one "
        "of them, or put the pictures of both into one"
    )


def choose(found: Found, max_images: int, seed: int) -> list[Picture]:
    """At most `max_images` of the pictures, each class and split in its proportion."""
    if len(found.pictures) <= max_images:
        return found.pictures
    groups: dict[tuple[str, str], list[int]] = {}
    for row, picture in enumerate(found.pictures):
        groups.setdefault((picture.label, picture.split), []).append(row)
    whole = all(picture.split != "validation" for picture in found.pictures if picture.label)
    fewest = {group: min(1 + (whole and group[1] != "test"), len(rows)) for group, rows in groups.items()}
    if max_images < (least := sum(fewest.values())):
        each = "two for each class, to train and to validate on" if whole else "one for each class and split"
        raise ValueError(f"`max_images` must be at least {least} here, {each}. Received: {max_images}")
    rng, share = np.random.default_rng(seed), max_images / len(found.pictures)
    counts = {group: max(fewest[group], int(share * len(rows))) for group, rows in groups.items()}
    while sum(counts.values()) > max_images:  # where small groups got more than their share, the largest give
        counts[max(counts, key=counts.get)] -= 1
    kept = {row for group, rows in groups.items() for row in rng.permutation(rows)[: counts[group]].tolist()}
    for row, picture in enumerate(found.pictures):
        if row not in kept:
            found.skipped.append(FileNote(picture.name, f"beyond {max_images:,} pictures: not drawn"))
    return [found.pictures[row] for row in sorted(kept)]
