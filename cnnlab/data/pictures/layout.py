"""Where the pictures of a data set lie: all files below a folder, and the folders in which its classes begin.

One walk lists the files. The layout is guessed from the names of folders and from which of them have pictures.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cnnlab.common.errors import DataError
from cnnlab.data.pictures.names import hidden
from cnnlab.data.pictures.read import NAMED
from cnnlab.data.pictures.split import same, split_named

_MAX_WALKED = 200_000  # files looked at; a folder with more is somebody's whole disk
_IMAGES = {"images", "image", "imgs", "img", "pictures", "photos", "jpegimages", "data"}
_NO_CLASSES = {"annotations", "annotation", "trimaps", "segmentations", "segmentation", "groundtruth", "xmls"}
ANNOTATIONS = _NO_CLASSES | {"labels", "label", "masks", "mask"}  # which may be classes where nothing says "images"
STRAY = "not in the folder of a class"

Parts = tuple[str, ...]  # of a path, from the folder that is read on


class Tree:
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
            if Path(error.filename) == self.folder:
                raise error
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
        words = ANNOTATIONS if any(speaks_of(name, _IMAGES) for name in names) else _NO_CLASSES
        return [name for name in names if not speaks_of(name, words)] or names


@dataclass(eq=False)
class Layout:
    """In which folders the classes begin: folder → its split, ``""`` for none. All lie in `root`."""

    root: Parts
    bases: dict[Parts, str]
    class_first: bool = False  # cats/train/…, not train/cats/…

    def base(self, parts: Parts) -> Parts | None:
        """That of a file; None for a file that lies elsewhere."""
        return next((parts[:n] for n in range(len(parts) - 1, -1, -1) if parts[:n] in self.bases), None)

    def name(self, parts: Parts) -> str:
        """A file's name as seen from `root`, fit to print."""
        shared = len(os.path.commonprefix([parts, self.root]))
        shown = "/".join([*[".."] * (len(self.root) - shared), *parts[shared:]])
        return shown.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    def reason(self, parts: Parts) -> str:
        """Why a file that has no base is left out."""
        inside, start = parts[: len(self.root)] == self.root, len(self.root) + 1
        tops = {base[:start] for base in self.bases}
        beside = any(self.bases.values()) and inside and len(parts) > start and parts[:start] not in tops
        return "a folder beside the train and validation folders" if beside else STRAY


def speaks_of(name: str, words: set[str]) -> bool:
    """Whether a folder's name is one of these words, or has one among its own: ``train_images`` speaks of images."""
    found = re.findall(r"[^\W\d_]+", same(name))
    return "".join(found) in words or not words.isdisjoint(found)


def layout_of(tree: Tree, by_folder: bool) -> Layout:
    """Where the classes of a tree begin, and which split each place is.

    Folders that hold nothing but one folder are gone through first. Then it is train/cats, cats/train or cats alone;
    cats/train only where folders are the classes, `by_folder`.
    """
    root: Parts = ()
    while by_folder or root not in tree.direct:
        only = tree.filled(root)
        if len(only) != 1 or not tree.filled((*root, *only)):
            break
        empty = [name for name in tree.inside(root) if (*root, name) not in tree.used]
        if empty and not speaks_of(only[0], _IMAGES) and not split_named(only[0]):
            break  # an empty folder beside it is a class without pictures, and so it is a class as well
        root = (*root, *only)

    named = {name: split_named(name) for name in tree.inside(root) if not speaks_of(name, ANNOTATIONS)}
    if _are_splits(named.values()):
        return Layout(root, {_inner(tree, (*root, name), split): split for name, split in named.items() if split})
    classes = [(*root, name) for name in tree.filled(root)]
    pairs = {(*node, name): split_named(name) for node in classes for name in tree.filled(node)}
    if by_folder and all(pairs.values()) and _are_splits(pairs.values()) and tree.direct.isdisjoint(classes):
        return Layout(root, pairs, class_first=True)
    return Layout(root, {root: ""})


def _are_splits(kinds: Iterable[str]) -> bool:
    kinds = {*kinds} - {""}
    return "train" in kinds and len(kinds) > 1


def _inner(tree: Tree, node: Parts, split: str) -> Parts:
    """The folder of a split, or that within it which holds everything: train/train, train/images."""
    while len(only := tree.filled(node)) == 1 and node not in tree.direct:
        if split_named(only[0]) != split and not speaks_of(only[0], _IMAGES):
            break
        node = (*node, *only)
    return node
