"""What a folder of pictures holds before any of them is opened: which files, of which class, split and group.

Every file is placed by the layout of the folder, or left out with a reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cnnlab.common.errors import DataError, FileNote
from cnnlab.data.pictures.labels import TABLES, Row, label_in_name, read_table
from cnnlab.data.pictures.layout import ANNOTATIONS, STRAY, Layout, Parts, Tree, layout_of, speaks_of
from cnnlab.data.pictures.read import NAMED
from cnnlab.data.pictures.split import same, split_named

FOLDERS = ("folder", "parent", "path")  # a class is called as the outermost folder, the innermost, or all of them


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


def find_images(
    folder: Path, source: str, labels: str | None = None, groups: str | None = None, encoding: str | None = None
) -> Found:
    """List the pictures, each with its label, split and group; the arguments are those of `image_folder`."""
    tree = Tree(folder)
    by_folder = labels is None or labels in FOLDERS
    layout = layout_of(tree, by_folder)
    found = Found(skipped=[FileNote(layout.name(parts), reason) for parts, reason in tree.skipped])
    if by_folder:
        _by_folder(found, tree, layout, source, labels)
        reason = STRAY
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


def _by_folder(found: Found, tree: Tree, layout: Layout, source: str, labels: str | None) -> None:
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


def _placed(found: Found, tree: Tree, layout: Layout) -> Iterator[tuple[Parts, Parts, str]]:
    """The files that lie where the layout has pictures, each with its base and split; reports the others."""
    for parts in tree.files:
        base = layout.base(parts)
        if base is not None:
            yield parts, base, layout.bases[base]
            continue
        found.skipped.append(FileNote(layout.name(parts), layout.reason(parts)))


def _by_name(found: Found, tree: Tree, layout: Layout) -> None:
    for parts, base, split in _placed(found, tree, layout):
        if any(speaks_of(name, ANNOTATIONS) for name in parts[len(base) : -1]):
            found.skipped.append(FileNote(layout.name(parts), "in a folder of masks or labels"))
        else:
            label = label_in_name(parts[-1])
            found.pictures.append(Picture(tree.folder.joinpath(*parts), layout.name(parts), label, split))


def _by_table(
    found: Found, tree: Tree, layout: Layout, source: str, labels: str, groups: str | None, encoding: str | None
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


def _hint(tree: Tree, layout: Layout) -> str:
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
    """The first four names, and how many more there are."""
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


def choose(found: Found, max_images: int, seed: int, test: bool = False) -> list[Picture]:
    """At most `max_images` of the pictures, each class and split in its proportion; `test`: a test set follows."""
    if len(found.pictures) <= max_images:
        return found.pictures
    groups: dict[tuple[str, str], list[int]] = {}
    for row, picture in enumerate(found.pictures):
        groups.setdefault((picture.label, picture.split), []).append(row)
    whole = all(picture.split != "validation" for picture in found.pictures if picture.label)
    test = test and all(picture.split != "test" for picture in found.pictures if picture.label)
    fewest = {
        group: min(1 + (whole and group[1] != "test") + (test and group[1] in ("", "train")), len(rows))
        for group, rows in groups.items()
    }
    if max_images < (least := sum(fewest.values())):
        each = "two for each class, to train and to validate on" if whole else "one for each class and split"
        each += ", and one more to test on" if test else ""
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
