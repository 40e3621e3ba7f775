"""A folder or a zip of pictures, one folder for each class → arrays, and an account of what was found on the way."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnlab.common.errors import DataError, FileNote, cause
from cnnlab.common.validate import check_choice, check_int, check_number, pair
from cnnlab.data.dataset import Dataset
from cnnlab.data.pictures.archive import MERGED, unpack
from cnnlab.data.pictures.find import Found, choose, find_images, relative, twins
from cnnlab.data.pictures.read import FITS, ImageError, read_image
from cnnlab.data.pictures.split import Duplicate, draw_split, find_duplicates

MAX_IMAGES = 5_000
_EXAMPLES = 4  # files named for one reason in a report


@dataclass(frozen=True, eq=False)
class ImageFolder:
    """Labelled pictures from files, split, and what was found on the way.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, H, W, 3), values 0 … 255
    labels : ndarray of int64, shape (N,), an index into `class_names` for each picture
    class_names : tuple of str, the folders' names in alphabetical order
    files : tuple of N str, the files with forward slashes, from the folder of the data set on
    splits : ndarray of str, shape (N,): ``"train"``, ``"validation"`` or ``"test"``
    skipped : files left out, each with its reason
    notes : files that had to be changed to be read (turned, converted …), each with what was done
    duplicates : pairs of files with the same pixels
    empty_classes : class folders without a single picture that could be read
    source : where the pictures came from, in words
    presplit : whether the folder came with train and validation folders of its own
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    files: tuple[str, ...]
    splits: np.ndarray
    skipped: tuple[FileNote, ...]
    notes: tuple[FileNote, ...]
    duplicates: tuple[Duplicate, ...]
    empty_classes: tuple[str, ...]
    source: str
    presplit: bool

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        size = "×".join(map(str, self.images.shape[1:]))
        return (
            f"ImageFolder({len(self):,} images of {size}, {len(self.class_names)} classes, {len(self.skipped)} files "
            f"left out, source: {self.source})"
        )

    def split(self, name: str) -> Dataset:
        """The pictures of one split.

        Parameters
        ----------
        name : ``"train"``, ``"validation"`` or ``"test"``, one that the folder has

        Raises
        ------
        ValueError
            If there is no such split.
        """
        check_choice(name, "name", tuple(dict.fromkeys(self.splits.tolist())))
        rows = self.splits == name
        return Dataset(self.images[rows], self.labels[rows], self.class_names, f"{self.source}, {name}")

    def counts(self) -> dict[str, tuple[int, ...]]:
        """How many pictures each split has of each class: split → one number for each class."""
        names = [name for name in ("train", "validation", "test") if (self.splits == name).any()]
        classes = len(self.class_names)
        return {
            name: tuple(np.bincount(self.labels[self.splits == name], minlength=classes).tolist()) for name in names
        }

    def report(self) -> str:
        """The account in words: what is there, what was left out and why, what to look at before training."""
        how = "split by its folders" if self.presplit else "split here, the same share of every class"
        size = " × ".join(map(str, self.images.shape[1:3]))
        lines = [f"{len(self):,} pictures of {size}, {how}:"]
        for name, counts in self.counts().items():
            each = ", ".join(f"{c} {n}" for c, n in zip(self.class_names, counts, strict=True))
            lines.append(f"  {name}: {each}")
        lines += _reasons(self.skipped, "left out")
        lines += _reasons(self.notes, "changed to be read")
        return "\n".join([*lines, *self._warnings()])

    def _warnings(self) -> Iterator[str]:
        if self.empty_classes:
            yield f"no picture for: {', '.join(self.empty_classes)}; these are no classes here"
        across = [pair for pair in self.duplicates if pair.across]
        if across:
            pairs = "; ".join(f"{pair.second} is {pair.first}" for pair in across[:_EXAMPLES])
            yield f"the same picture on both sides of a split: {len(across)} ({pairs}{_more(across)})"
        conflicts = [pair for pair in self.duplicates if pair.conflict]
        if conflicts:
            pairs = "; ".join(f"{pair.first} and {pair.second}" for pair in conflicts[:_EXAMPLES])
            yield f"one picture with two labels: {len(conflicts)} ({pairs}{_more(conflicts)})"
        for split, counts in self.counts().items():
            missing = [name for name, count in zip(self.class_names, counts, strict=True) if not count]
            if missing:
                yield f"{split} has no picture of: {', '.join(missing)}"
        totals = np.bincount(self.labels, minlength=len(self.class_names))
        if totals.max() >= 3 * totals.min():
            few, many = self.class_names[totals.argmin()], self.class_names[totals.argmax()]
            yield (
                f"unbalanced: {totals.max():,} of {many}, {totals.min():,} of {few}; always saying {many} is right in "
                f"{100 * totals.max() / totals.sum():.0f} % of cases"
            )


def _reasons(found: tuple[FileNote, ...], what: str) -> list[str]:
    if not found:
        return []
    files: dict[str, list[str]] = {}
    for one in found:
        files.setdefault(one.reason, []).append(one.file)
    lines = [f"{what}: {len(found):,}"]
    for reason, names in files.items():
        lines.append(f"  {reason}: {', '.join(names[:_EXAMPLES])}{_more(names)}")
    return lines


def _more(listed: list) -> str:
    return f" and {len(listed) - _EXAMPLES:,} more" if len(listed) > _EXAMPLES else ""


def image_folder(
    path: str | os.PathLike,
    image_size: int | tuple[int, int] = 96,
    *,
    validation: float = 0.2,
    seed: int = 0,
    fit: str = "crop",
    duplicates: str = "drop",
    max_images: int = MAX_IMAGES,
) -> ImageFolder:
    """Read a folder, or a zip of one, in which each class has a folder of pictures.

    Either ``cats/…, dogs/…`` or, split already, ``train/cats/…, train/dogs/…, validation/cats/…`` and perhaps
    ``test/…``; folders within a class folder belong to the class. One folder around all of it does not matter.

    Parameters
    ----------
    path : the folder, or the zip file. A zip is unpacked into a temporary folder, with the care of `unpack`
    image_size : side in pixels, or (height, width), that all pictures are brought to
    validation : share of every class held out for validation where the folder is not split already, 0 … 0.9
    seed : of that split, and of the choice among more than `max_images` pictures
    fit : ``"crop"`` cuts the middle out of a picture of another shape, ``"pad"`` adds black, ``"stretch"`` distorts
    duplicates
        ``"drop"`` keeps one of several files whose pixels are the same once they have `image_size` (that in the
        validation set rather than that in the training set) and none where their labels differ; ``"keep"`` keeps all.
        They are reported either way
    max_images
        read at most this many, the same share of every class and split but at least one, drawn at random. Bounds the
        memory: a pixel takes 3 bytes, so 5,000 pictures of 96 × 96 take 138 MB, and twice that where any are left out

    Returns
    -------
    ImageFolder
        Files that cannot be read as a picture are in its ``skipped``, with the reason; none stops the reading.

    Raises
    ------
    DataError
        If there is no such folder or zip, the zip could do harm (see `unpack`), fewer than two classes have pictures,
        or the names of two differ only in upper and lower case.

    Examples
    --------
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number, name in enumerate(["dark", "dark", "light", "light"]):
    ...         Path(folder, name).mkdir(exist_ok=True)
    ...         Image.new("L", (8, 8), 10 + 60 * number).save(Path(folder, name, f"{number}.png"))
    ...     data = image_folder(folder, image_size=8, validation=0.5)
    >>> data.class_names, data.counts()
    (('dark', 'light'), {'train': (1, 1), 'validation': (1, 1)})
    """
    path = Path(os.path.abspath(path))  # "." has no name, and a link should keep its own
    size = pair(image_size, "image_size")
    validation = check_number(validation, "validation", 0, 0.9)
    check_int(seed, "seed", minimum=0)
    check_choice(fit, "fit", FITS)
    check_choice(duplicates, "duplicates", ("drop", "keep"))
    check_int(max_images, "max_images", minimum=2)

    how = {"size": size, "fit": fit, "drop": duplicates == "drop"}
    how |= {"max_images": max_images, "validation": validation, "seed": seed}
    try:
        if path.is_dir():
            return _read(find_images(path), path.name, **how)
        if not path.is_file():
            raise DataError(f"there is no folder and no zip file {path.name!r} here")
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary, "unpacked")
            skipped = unpack(path, folder)
            found = find_images(folder)
            classes = {name.casefold() for name in found.classes}
            for one in skipped:
                name = one.file.rpartition("/")[2]
                if one.reason.startswith(MERGED) and name.casefold() in classes:
                    raise DataError(twins(path.name, [*found.classes, name]))
            found.skipped[:0] = skipped
            return _read(found, path.name, **how)
    except OSError as error:
        raise DataError(f"{path.name} was not read: {cause(error)}") from None


def _read(
    found: Found,
    source: str,
    *,
    size: tuple[int, int],
    fit: str,
    drop: bool,
    max_images: int,
    validation: float,
    seed: int,
) -> ImageFolder:
    """Open the files, and leave out what cannot be read or is there twice."""
    if problem := twins(source, found.classes):
        raise DataError(problem)
    chosen = choose(found, max_images, seed)
    images = np.empty((len(chosen), *size, 3), np.uint8)
    rows, names, hashes, notes = [], [], [], []
    for row, (file, _, _) in enumerate(chosen):
        name = relative(file, found.root)
        try:
            images[row], said = read_image(file, size, fit=fit)
        except ImageError as error:
            found.skipped.append(FileNote(name, str(error)))
            continue
        rows.append(row)
        names.append(name)
        hashes.append(hashlib.sha256(images[row]).digest())
        notes += [FileNote(name, one) for one in said]

    classes = np.array([chosen[row][1] for row in rows], dtype=object)
    if found.presplit:
        splits = np.array([chosen[row][2] for row in rows], dtype="<U10")
    elif drop:
        splits = np.full(len(rows), "train", dtype="<U10")  # drawn below, when each picture is there once
    else:
        splits = draw_split(_labels(classes)[1], validation, seed)
    pairs, reasons = find_duplicates(hashes, classes, splits, names)
    if drop:
        found.skipped += [FileNote(names[row], reason) for row, reason in sorted(reasons.items())]
    kept = [row for row in range(len(rows)) if not (drop and row in reasons)]

    class_names, labels = _labels(classes[kept])
    if len(class_names) < 2:
        raise DataError(_too_few(source, found, class_names))
    redraw = drop and not found.presplit
    return ImageFolder(
        images=images if len(kept) == len(images) else images[np.array(rows)[kept]],
        labels=labels,
        class_names=class_names,
        files=tuple(names[row] for row in kept),
        splits=draw_split(labels, validation, seed) if redraw else splits[kept],
        skipped=tuple(found.skipped),
        notes=tuple(notes),
        duplicates=tuple(pairs),
        empty_classes=tuple(sorted(set(found.classes) - set(class_names))),
        source=source,
        presplit=found.presplit,
    )


def _labels(classes: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """The class names in order, and the index of each picture's class."""
    names = tuple(sorted(set(classes)))
    return names, np.array([names.index(name) for name in classes], dtype=np.int64)


def _too_few(source: str, found: Found, class_names: tuple[str, ...]) -> str:
    there = ", ".join(class_names) or "none"
    reasons = Counter(one.reason for one in found.skipped)
    why = "; ".join(f"{count} × {reason}" for reason, count in reasons.most_common(3))
    return (
        f"{source} must hold at least two folders with pictures, one for each class, such as cats/ and dogs/. Found "
        f"{len(class_names)}: {there}." + (f" Left out: {why}." if why else "")
    )
