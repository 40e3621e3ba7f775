"""A folder or a zip of pictures → arrays, and an account of what was found on the way."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cnnlab.common.errors import DataError, FileNote, cause
from cnnlab.common.validate import check_choice, check_int, check_number, pair
from cnnlab.data.pictures.archive import MERGED, SPELLING, unpack
from cnnlab.data.pictures.find import FOLDERS, Found, Picture, choose, few, find_images, twins
from cnnlab.data.pictures.names import check_encoding
from cnnlab.data.pictures.read import FITS, MAX_PIXELS, ImageError, read_image
from cnnlab.data.pictures.report import ImageFolder
from cnnlab.data.pictures.split import KEPT_FIRST, draw_split, find_duplicates, same

MAX_IMAGES = 5_000
DRAWN = ("validation", "test")  # in the order in which they are drawn
_PURPOSES = {"validation": "to validate on", "test": "to test on"}


def image_folder(
    path: str | os.PathLike,
    image_size: int | tuple[int, int] = 96,
    *,
    labels: str | None = None,
    groups: str | None = None,
    validation: float = 0.2,
    test: float = 0.0,
    seed: int = 0,
    fit: str = "crop",
    duplicates: str = "drop",
    max_images: int = MAX_IMAGES,
    max_pixels: int = MAX_PIXELS,
    stretch_16_bit: bool = False,
    encoding: str | None = None,
) -> ImageFolder:
    r"""Read a folder, or a zip of one, in which each class has a folder of pictures, or a table or the names say it.

    Either ``cats/…, dogs/…`` or, split already, ``train/cats/…, train/dogs/…, validation/cats/…`` and perhaps
    ``test/…``; folders within a class folder belong to the class. The folders of a split may have other usual names
    (``Training``, ``test_set``, ``seg_train``, ``dev``), or lie within those of the classes. A folder around all of it
    does not matter. Where there is no validation folder, validation is drawn from the training pictures; a test set is
    drawn where `test` asks for one.

    Parameters
    ----------
    path : the folder, or the zip file. A zip is unpacked into a temporary folder, with the care of `unpack`
    image_size : side in pixels, or (height, width), that all pictures are brought to
    labels
        where the class is. ``"folder"``: the outermost folder (None: the same, but refused where all of these hold the
        same folders); ``"parent"``: the innermost; ``"path"``: all of them, ``dogs/beagle``; ``"name"``: what comes
        before the number in a file's name, ``cat.0.jpg``; ``"labels.csv"``: a table among the files or beside the
        notebook, with ``"labels.csv:breed"`` for one of several columns
    groups
        what must stay on one side of a split (a patient, a video): a column of that table, or a regular expression
        whose bracket is searched in the file's name with its folders, such as ``r"(patient\d+)_"``. Where the split is
        given, a group stays in the test set rather than in the validation set, and there rather than in the training
        set; the pictures left out are reported
    validation : share of every class held out for validation where the data has none, 0 … 0.9
    test : share of every class held out to be asked once, at the end, where the data has no test set; 0 draws none
    seed : of these splits, and of the choice among more than `max_images` pictures
    fit : ``"crop"`` cuts the middle out of a picture of another shape, ``"pad"`` adds black, ``"stretch"`` distorts
    duplicates
        ``"drop"`` keeps one of several files whose pixels are the same once they have `image_size` (that in the
        validation set rather than that in the training set) and none where their labels differ; ``"keep"`` keeps all.
        They are reported either way
    max_images
        read at most this many, the same share of every class and split but at least one, drawn at random. Bounds the
        memory: a pixel takes 3 bytes, so 5,000 pictures of 96 × 96 take 138 MB, and twice that where any are left out
    max_pixels : a larger picture is made smaller while it is read, see `read_image`
    stretch_16_bit : see `read_image`
    encoding : of the names in a zip, or of the table, that are not in UTF-8, such as ``"cp949"``; see `unpack`

    Returns
    -------
    ImageFolder
        Files that cannot be read as a picture are in its ``skipped``, with the reason; none stops the reading.

    Raises
    ------
    DataError
        If there is no such folder or zip, the zip could do harm (see `unpack`), fewer than two classes have pictures,
        a class has one picture (or one group) and nothing to hold out, the names of two differ only in upper and lower
        case, or it cannot be told where the class is. The message says what to do.

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
    labels = _checked_labels(labels)
    _check_groups(groups)
    validation = check_number(validation, "validation", 0, 0.9)
    test = check_number(test, "test", 0, 0.9)
    if validation + test > 0.95:
        raise ValueError(f"`validation` and `test` must leave 5 % to train on. Received: {validation} and {test}")
    check_int(seed, "seed", minimum=0)
    check_choice(fit, "fit", FITS)
    check_choice(duplicates, "duplicates", ("drop", "keep"))
    check_int(max_images, "max_images", minimum=2)
    check_int(max_pixels, "max_pixels", minimum=1)
    check_encoding(encoding)

    def read(folder: Path, unpacked: Sequence[FileNote] = ()) -> ImageFolder:
        found = find_images(folder, path.name, labels, groups, encoding)
        for one in unpacked:
            said = one.reason.startswith((MERGED, SPELLING))
            (found.notes if said else found.skipped).append(one)
            name = one.file.rpartition("/")[2]
            clash = [known for known in found.classes if same(known) == same(name)]
            if clash and one.reason.startswith(MERGED):
                raise DataError(twins(path.name, clash[0], name))
        chosen = choose(found, max_images, seed, test > 0)
        how = {"fit": fit, "max_pixels": max_pixels, "stretch_16_bit": stretch_16_bit}
        images, pictures = _open(found, chosen, size, how)
        return _split(found, images, pictures, path.name, (validation, test), seed, duplicates == "drop", labels)

    try:
        if path.is_dir():
            return read(path)
        if not path.is_file():
            raise DataError(f"there is no folder and no zip file {path.name!r} here")
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary, "unpacked")
            return read(folder, unpack(path, folder, encoding=encoding))
    except OSError as error:
        raise DataError(f"{path.name} was not read: {cause(error)}") from None


def _checked_labels(labels: object) -> str | None:
    if labels is None or labels in (*FOLDERS, "name"):
        return labels
    if isinstance(labels, (str, os.PathLike)) and re.search(r"\.(csv|tsv|txt)(:.|$)", os.fspath(labels), re.IGNORECASE):
        return os.fspath(labels).replace("\\", "/")
    raise ValueError(
        "`labels` must be None, 'folder', 'parent', 'path', 'name', or a table such as 'labels.csv' or "
        f"'labels.csv:breed'. Received: {labels!r}"
    )


def _check_groups(groups: object) -> None:
    try:
        if groups is not None:
            re.compile(groups)
    except (re.error, TypeError) as error:
        rule = "`groups` must be None, a column of the table of labels or a regular expression"
        raise ValueError(f"{rule} ({error}). Received: {groups!r}") from None


def _open(
    found: Found, chosen: list[Picture], size: tuple[int, int], how: dict[str, object]
) -> tuple[np.ndarray, list[Picture]]:
    """The pixels of those pictures that can be read, and which these are."""
    images = np.empty((len(chosen), *size, 3), np.uint8)
    read = []
    for picture in chosen:
        try:
            images[len(read)], said = read_image(picture.file, size, **how)
        except ImageError as error:
            found.skipped.append(FileNote(picture.name, str(error)))
            continue
        read.append(picture)
        found.notes += [FileNote(picture.name, one) for one in said]
    return images[: len(read)], read


def _split(
    found: Found,
    images: np.ndarray,
    pictures: list[Picture],
    source: str,
    shares: tuple[float, float],
    seed: int,
    drop: bool,
    labels: str | None,
) -> ImageFolder:
    """Leave out what is there twice or on two sides, and draw the validation and test set where there is none."""
    labelled = np.array([row for row, picture in enumerate(pictures) if picture.label], dtype=np.int64)
    unlabelled = [row for row, picture in enumerate(pictures) if not picture.label]
    pool = [pictures[row] for row in labelled]
    names = [picture.name for picture in pool]
    classes = np.array([picture.label for picture in pool], dtype=object)
    splits = np.array([picture.split or "train" for picture in pool], dtype="<U10")
    grouped = any(picture.group for picture in pool)
    groups = np.array([picture.group or picture.name for picture in pool], dtype=object)
    presplit = any(picture.split for picture in pool)

    reasons = _in_two_splits(groups, splits) if grouped and presplit else {}
    shares = {name: share for name, share in zip(DRAWN, shares, strict=True) if share > 0 and name not in splits}
    hashes = [hashlib.sha256(images[row]).digest() for row in labelled]
    stay = [row for row in range(len(pool)) if row not in reasons]

    def draw(rows: Sequence[int]) -> None:
        rows = np.array([row for row in rows if splits[row] == "train"], dtype=np.int64)
        if not shares or len(set(classes[rows])) < 2:
            return
        _refuse_lone(source, found, classes[rows], groups[rows], grouped, list(shares))
        left = 1.0
        for name, share in shares.items():  # the shares are of all these rows, the later ones drawn from what is left
            rest = rows[splits[rows] == "train"]
            ids = groups[rest] if grouped else None
            drawn = draw_split(_numbers(classes[rest])[1], share / left, seed, ids)
            splits[rest[drawn == "validation"]] = name
            left -= share

    if not drop:
        draw(stay)
    pairs, copies = find_duplicates(
        [hashes[row] for row in stay], classes[stay], splits[stay], [names[r] for r in stay]
    )
    if drop:
        reasons |= {stay[row]: reason for row, reason in copies.items()}
        stay = [row for row in stay if row not in reasons]
        draw(stay)
    found.skipped += [FileNote(names[row], reason) for row, reason in sorted(reasons.items())]

    class_names, numbers = _numbers(classes[stay])
    if len(class_names) < 2:
        raise DataError(_too_few(source, found, class_names, labels))
    gone = {names[row] for row in reasons}
    return ImageFolder(
        images=images if len(stay) == len(images) else images[labelled[stay]],
        labels=numbers,
        class_names=class_names,
        files=tuple(names[row] for row in stay),
        splits=splits[stay],
        groups=tuple(groups[stay]) if grouped else (),
        unlabelled_images=images[unlabelled],
        unlabelled_files=tuple(pictures[row].name for row in unlabelled),
        skipped=tuple(found.skipped),
        notes=tuple(one for one in found.notes if one.file not in gone),
        duplicates=tuple(pairs),
        empty_classes=tuple(sorted(set(found.classes) - set(class_names))),
        source=source,
        presplit=presplit,
        how_split=_how_split(presplit, list(shares), grouped, labels),
    )


def _numbers(classes: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """The class names in order, and the index of each picture's class."""
    names = tuple(sorted(set(classes)))
    number = {name: index for index, name in enumerate(names)}
    return names, np.array([number[name] for name in classes], dtype=np.int64)


def _in_two_splits(groups: np.ndarray, splits: np.ndarray) -> dict[int, str]:
    """Row → why it is left out: its group has pictures in a set to judge with as well."""
    home: dict[str, str] = {}
    for split in KEPT_FIRST:
        for group in groups[splits == split]:
            home.setdefault(group, split)
    rows = [row for row, group in enumerate(groups) if splits[row] != home[group]]
    return {row: f"its group {groups[row]} is in the {home[groups[row]]} set" for row in rows}


def _how_split(presplit: bool, drawn: Sequence[str], grouped: bool, labels: str | None) -> str:
    share = "whole groups, about the same share of every class" if grouped else "the same share of every class"
    if not presplit:
        return f"split here, {share}" if drawn else "not split"
    by = "split by its folders" if labels in (None, "name", *FOLDERS) else "split by its folders or its table"
    return f"{by}, {' and '.join(drawn)} drawn here from train ({share})" if drawn else by


def _refuse_lone(
    source: str, found: Found, classes: np.ndarray, groups: np.ndarray, grouped: bool, drawn: Sequence[str]
) -> None:
    """Refuse a class that cannot give a picture, or a group, to each split that is drawn and keep one."""
    of: dict[str, set[str]] = {}
    for name, group in zip(classes, groups, strict=True):
        of.setdefault(name, set()).add(group)
    few_of = {name: len(those) for name, those in sorted(of.items()) if len(those) <= len(drawn)}
    if not few_of:
        return
    unit = "group" if grouped else "picture"
    lone = [name for name, count in few_of.items() if count == 1] or list(few_of)
    has = "has" if len(lone) == 1 else "have"
    count = f"one {unit}" if few_of[lone[0]] == 1 else f"two {unit}s"
    purposes = ", ".join(["to train on", *(_PURPOSES[name] for name in drawn[:-1])])
    none = list(drawn[::-1])[: len(drawn) - few_of[lone[0]] + 1]
    remedy = " and ".join(f"{name}=0" for name in none)
    raise DataError(
        f"{source}: {few(lone)} {has} {count} only, {purposes} or {_PURPOSES[drawn[-1]]}. Add another {unit}, take the "
        f"class out, or pass {remedy}, which holds nothing out{' for that' * (len(none) < len(drawn))}."
        f"{_left_out(found)}"
    )


def _too_few(source: str, found: Found, class_names: tuple[str, ...], labels: str | None) -> str:
    what = "folders with pictures, one for each class, such as cats/ and dogs/"
    if labels is not None and labels not in FOLDERS:
        what = f"classes with pictures by labels={labels!r}"
    there = ", ".join(class_names) or "none"
    hint = f" {found.hint}." if found.hint else ""
    return f"{source} must hold at least two {what}. Found {len(class_names)}: {there}.{_left_out(found)}{hint}"


def _left_out(found: Found) -> str:
    reasons = Counter(one.reason for one in found.skipped)
    why = "; ".join(f"{count} × {reason}" for reason, count in reasons.most_common(3))
    return f" Left out: {why}." if why else ""
