"""The files of a boxed data set: its pictures, their sizes, and which picture a label file or a name speaks of."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from cnnlab.common.errors import DataError, cause
from cnnlab.data.pictures.layout import Parts, Tree, speaks_of
from cnnlab.data.pictures.names import shown as quoted
from cnnlab.data.pictures.read import NAMED, ImageError, read_size
from cnnlab.data.pictures.split import same, split_named
from cnnlab.detection.detections.problems import Problem, counted

_IMAGES = {"images", "image", "imgs", "img", "pictures", "photos", "jpegimages", "jpgs", "pngs"}
_LABELS = {"labels", "label", "annotations", "annotation", "anns", "xmls", "xml", "txts", "txt", "bboxes", "boxes"}
_MASKS = {"masks", "mask", "trimaps", "trimap", "segmentationclass", "segmentationobject", "segmentations"}
_MASKS |= {"segmentation", "annotations", "annotation"}
_BUNDLE = ("bundle", "detector.json")  # what `cnnlab train-detector` writes into a folder, and what else lies there
_WRITTEN = ("bundle", "report")
_MOST_PROBLEMS = 100_000  # that are listed; more are counted
_MOST_ROWS = 1_000_000  # of a data set, good and bad
_MANY = 100  # pictures of one name, from which on a path is not searched for among them
_ENDINGS = tuple(ending for ending in NAMED if ending not in (".pdf", ".svg", ".eps", ".psd", ".ico"))


class Shelf:
    """The pictures and the other files below a folder, each by its parts; what is wrong with them is in `problems`.

    Attributes
    ----------
    files : all files but the pictures, the masks and what a training wrote
    pictures : those that can be opened → height, width and EXIF orientation
    problems : a list that the readers of the formats add to
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = Tree(folder)
        self.problems = [
            Problem(shown(parts), "", f"left out: {reason}")
            for parts, reason in self.tree.skipped
            if reason != "a hidden or system file"
        ]
        self.files: list[Parts] = []
        self.pictures: dict[Parts, tuple[int, int, int]] = {}
        self.unread: set[Parts] = set()  # the keys and the paths of pictures that cannot be opened
        self._names: set[str] = set()
        self._rows = self._more = 0
        self._keys: dict[Parts, list[Parts]] = {}
        self._ends: dict[str, list[Parts]] = {}
        for parts in self._without_masks(self._without_detectors(self.tree.files)):
            if parts[-1].lower().endswith(_ENDINGS):
                self._measure(parts)
            else:
                self.files.append(parts)
        around = posixpath.commonprefix([parts[:-1] for parts in self.tree.files])  # of "my test/images" no split
        self._root = next((n for n, name in enumerate(around) if name.isalpha() and split_named(name)), len(around))

    def _without_detectors(self, files: list[Parts]) -> list[Parts]:
        """The files without those that a training wrote into the folder: class lists and drawn pictures are no data."""
        homes = {parts[:-2] for parts in files if parts[-2:] == _BUNDLE}
        if not homes:
            return files
        written = {(*home, name) for home in homes for name in _WRITTEN}
        left = [parts for parts in files if not any(parts[:n] in written for n in range(1, len(parts)))]
        for home in sorted(homes):
            self.problem((*home, _BUNDLE[0]), "", "noted: a trained detector: it and its report were passed over")
        return left

    def _without_masks(self, files: list[Parts]) -> list[Parts]:
        """The files without pictures in folders of masks, unless there are no others."""
        pictures = [parts for parts in files if parts[-1].lower().endswith(_ENDINGS)]
        folders = sorted(folder for folder in {parts[:-1] for parts in pictures} if _holds_masks(folder))
        of_masks = set(folders)
        masks = {parts for parts in pictures if parts[:-1] in of_masks}
        if not masks or len(masks) == len(pictures):
            return files
        where = shown(folders[0]) + (f" and {counted(len(folders) - 1, 'more folder')}" if folders[1:] else "")
        taken = "was taken for a mask" if len(masks) == 1 else "were taken for masks"
        self.problem((), "", f"noted: {counted(len(masks), 'picture')} in {where} {taken}")
        return [parts for parts in files if parts not in masks]

    def _measure(self, parts: Parts) -> None:
        try:
            if "\\" in shown(parts) or shown(parts) in self._names:
                raise ImageError("its name has a backslash, or is that of another picture: rename it")
            self.pictures[parts] = read_size(self.path(parts))
            self._names.add(shown(parts))
        except ImageError as error:
            self.unread.add(key(parts))
            self.problems.append(Problem(shown(parts), "", f"left out: with its labels, {error}"))
        self._keys.setdefault(key(parts), []).append(parts)
        whole = same("/".join(parts))
        for path in {whole, posixpath.splitext(whole)[0]}:
            pieces = path.split("/")
            for n in range(len(pieces)):
                self._ends.setdefault("/".join(pieces[n:]), []).append(parts)

    def path(self, parts: Parts) -> Path:
        """Where a file is on the disk."""
        return self.folder.joinpath(*parts)

    def problem(self, parts: Parts, where: str, rule: str) -> None:
        """Note what is wrong with a file. The last of very many problems says how many more there are."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(shown(parts), where, rule))
        else:
            self._more += 1
            rule = f"noted: {self._more:,} more rows that are not as they should be"
            self.problems[_MOST_PROBLEMS:] = [Problem("", "", rule)]

    def take(self, rows: int) -> None:
        """Count rows; raises `DataError` where the data set has more than can be held."""
        if self._rows + rows > _MOST_ROWS:
            raise DataError(f"with its {counted(rows, 'row')} there would be more than {_MOST_ROWS:,} in the data set")
        self._rows += rows

    def ending(self, *endings: str) -> list[Parts]:
        """The files that are no pictures whose names end so, those in the outermost folders first."""
        return sorted((parts for parts in self.files if parts[-1].lower().endswith(endings)), key=lambda p: (len(p), p))

    def beside(self, parts: Parts) -> list[Parts]:
        """The pictures of a label file: those of its name in its folder, or in the matching folder of pictures."""
        found = self._keys.get(key(parts), [])
        return [one for one in found if one[:-1] == parts[:-1]] or found

    def named(self, name: str, near: Parts = (), split: str = "") -> list[Parts]:
        """The pictures that a path speaks of: it may begin elsewhere, and may lack its ending.

        Where it fits several, those in the folder `near` count first, and then those whose folders name `split`.
        """
        pieces = [piece for piece in same(name.strip().replace("\\", "/")).split("/") if piece not in ("", ".", "..")]
        own = same("/".join([*near, *pieces]))
        found = [one for one in self._ends.get(own, []) if len(one) == len(near) + len(pieces)] if pieces else []
        ends = ("/".join(pieces[n:]) for n in range(len(pieces)))
        found = found or next((self._ends[end] for end in ends if end in self._ends), [])
        if len(found) > _MANY:
            return found[:2]
        for better in (lambda one: one[: len(near)] == near, lambda one: self.split(one) == split):
            if len(found) > 1:
                found = [one for one in found if better(one)] or found
        return found

    def elsewhere(self, parts: Parts) -> list[Parts]:
        """The pictures of the name of a label file, in whatever folder."""
        return self._ends.get(key(parts)[-1], [])

    def readable(self, found: list[Parts]) -> list[Parts]:
        """Those of some pictures that can be opened."""
        return [parts for parts in found if parts in self.pictures]

    def split(self, parts: Parts) -> str:
        """The split that the folders of a file name, the outermost first."""
        return next(filter(None, map(split_named, parts[self._root : -1])), "")

    def folders(self) -> dict[Parts, Parts]:
        """Every folder, as it is compared → as it is spelt."""
        return {tuple(map(same, node)): node for node in self.tree.folders}

    def in_labels(self, parts: Parts) -> bool:
        """Whether a file lies in a folder that is called after labels."""
        return any(speaks_of(name, _LABELS) for name in parts[:-1])


def _holds_masks(folder: Parts) -> bool:
    """Whether the innermost name of a path that speaks of pictures or of masks speaks of masks.

    >>> _holds_masks(("annotations", "trimaps")), _holds_masks(("face masks", "images"))
    (True, False)
    """
    said = [name for name in folder if speaks_of(name, _MASKS | _IMAGES)]
    return bool(said) and speaks_of(said[-1], _MASKS)


def key(parts: Parts) -> Parts:
    """What a picture's path and that of its label file have in common.

    >>> key(("train", "images", "1.jpg")) == key(("train", "labels", "1.txt")) == key(("train_labels", "1.xml"))
    True
    """
    folders = []
    for name in parts[:-1]:
        words = [word for word in re.findall(r"[^\W_]+", same(name)) if word not in _IMAGES | _LABELS]
        folders += ["_".join(words)] if words else []
    return (*folders, same(posixpath.splitext(parts[-1])[0]))


def shown(parts: Parts) -> str:
    """A file's name, fit to print: bytes that are no UTF-8 become ``%B0``, so that two names stay two.

    >>> shown(("images", "\\udcb0.jpg"))
    'images/%B0.jpg'
    """
    return re.sub("[\ud800-\udfff]", lambda one: f"%{ord(one[0]) & 0xFF:02X}", "/".join(parts))


def brief(value: object) -> str:
    """A value of a stranger's JSON or YAML, fit to print: what may be long or deep is named and not written out.

    >>> brief([8, 12, -3, 24]), brief([[1], [2]]), brief("cat")
    ("'[8, 12, -3, 24]'", 'a list of 2', "'cat'")
    """
    if isinstance(value, dict):
        return f"an object of {len(value):,}"
    if isinstance(value, list) and (len(value) > 6 or any(isinstance(one, (list, dict)) for one in value)):
        return f"a list of {len(value):,}"
    return quoted(str(value))


def content(path: Path, most: int) -> bytes:
    """The bytes of a file of at most `most`.

    Raises
    ------
    DataError
        With the bare reason why it is not read.
    """
    try:
        if not path.is_file():
            raise DataError("not a file")
        with open(path, "rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise DataError(cause(error)) from None
    if len(data) > most:
        raise DataError(f"more than {most:,} bytes")
    return data


def text(path: Path, most: int, encoding: str | None = None) -> str:
    """A file of text: UTF-8, or UTF-16 where it begins so, or else `encoding`. Raises `DataError` as `content` does."""
    data = content(path, most)
    unicode = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(unicode)
    except UnicodeError:
        try:
            return data.decode(encoding or "ascii")
        except UnicodeError:
            hint = f"not in {encoding}" if encoding else 'not in UTF-8: pass its `encoding`, such as "cp949"'
            raise DataError(hint) from None


def lines(written: str) -> Iterator[tuple[int, str]]:
    """The lines of a text that are not empty, each with its number from 1 and without outer spaces."""
    for number, line in enumerate(re.split(r"\r\n?|\n", written), 1):
        if line.strip():
            yield number, line.strip()
