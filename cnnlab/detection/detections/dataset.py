"""A data set of pictures with boxes: what is known of each picture, and what was wrong with what said so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cnnlab.common.errors import DataError
from cnnlab.common.validate import check_int, check_number
from cnnlab.data.pictures.read import ImageError, read_image
from cnnlab.data.pictures.split import SPLITS
from cnnlab.detection.detections.held_out import divide, groups_of
from cnnlab.detection.detections.names import check_files, check_groups, check_names
from cnnlab.detection.detections.problems import KINDS, Problem, counted
from cnnlab.detection.detections.records import GroundTruth

_SHOWN = 12  # rows of one kind that a report lists


@dataclass(frozen=True, eq=False)
class BoxDataset:
    """Pictures and the boxes in them. Made by `read` from files, or by `BoxDataset.of` from arrays.

    ``len`` counts the pictures; an index (a mask, whole numbers, a slice, one number) picks some of them. Every box
    lies within its picture, and has an area or the flag ``ignore``; its label is the number of a class.

    Attributes
    ----------
    files : names of the pictures, with forward slashes, as seen from the folder of the data set
    truths : a `GroundTruth` for each picture, boxes xyxy in pixels of the picture as `image` gives it
    class_names : the classes
    sizes : (N, 2) int64, height and width in pixels
    splits : (N,) ``"train"``, ``"validation"``, ``"test"``, or ``""`` where the source says nothing
    groups : what each picture must stay together with, such as a patient or a video; ``""`` where nothing is known
    labelled
        (N,) bool. False where nobody has looked yet: the picture has no label file, or none that can be read. A picture
        whose label file is empty is labelled, and shows nothing
    problems : what was left out, changed or noted on reading
    source : name of the folder or the zip
    format : ``"yolo"``, ``"voc"``, ``"coco"``, or ``""`` for arrays

    Examples
    --------
    >>> dark, light = np.zeros((20, 30, 3), np.uint8), np.full((20, 30, 3), 200, np.uint8)
    >>> data = BoxDataset.of([dark, light], [GroundTruth([[2, 3, 9, 9]], [1]), GroundTruth([], [])], ("nut", "screw"))
    >>> len(data), data.sizes[0].tolist(), data.counts()
    (2, [20, 30], {'': (0, 1)})
    >>> data[1].image(0).shape
    (20, 30, 3)
    """

    files: tuple[str, ...]
    truths: tuple[GroundTruth, ...]
    class_names: tuple[str, ...]
    sizes: np.ndarray
    splits: np.ndarray
    groups: tuple[str, ...]
    labelled: np.ndarray
    pictures: tuple[Path | np.ndarray, ...] = field(repr=False)  # where `image` finds them
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    source: str = ""
    format: str = ""
    home: object = field(default=None, repr=False)  # keeps the folder of an unpacked zip until nobody reads it

    def __post_init__(self) -> None:
        count = len(self.pictures)
        for name, kind in (("sizes", np.int64), ("splits", "<U10"), ("labelled", bool)):
            array = np.array(getattr(self, name), dtype=kind).reshape((count, 2) if name == "sizes" else count)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        for name in ("files", "truths", "problems"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "class_names", check_names(self.class_names))
        object.__setattr__(self, "groups", check_groups(self.groups, count))
        check_files(self.files)
        wrong = sorted({*self.splits.tolist()} - {"", *SPLITS})
        if wrong:
            raise ValueError(f"`splits` must be 'train', 'validation', 'test' or ''. Received: {wrong[0]!r}")
        for file, truth, size in zip(self.files, self.truths, self.sizes, strict=True):
            _check_truth(file, truth, size, len(self.class_names))

    @classmethod
    def of(
        cls,
        images: Sequence[np.ndarray],
        truths: Sequence[GroundTruth],
        class_names: Sequence[str],
        files: Sequence[str] | None = None,
        splits: Sequence[str] | None = None,
        groups: Sequence[str] | None = None,
    ) -> BoxDataset:
        """A data set of arrays in memory.

        Parameters
        ----------
        images : N pictures, each (H, W, 3) uint8; they are not copied
        truths : N records; every box within its picture, with an area or the flag ``ignore``
        class_names : names of the classes, each once
        files : N names, each once. None calls them ``0000.png``, ``0001.png`` …
        splits, groups : N each; None is ``""`` for all

        Raises
        ------
        TypeError, ValueError
            Something that is no picture, lengths that differ, a box that leaves its picture or has no area, a label
            without a class, a name twice.
        """
        parts = {"images": images, "truths": truths, "files": files, "splits": splits, "groups": groups}
        for name, values in parts.items():
            if values is not None and (isinstance(values, str) or not hasattr(values, "__len__")):
                raise TypeError(f"`{name}` must be a list with one value for each picture. Received: {values!r}")
        images = tuple(images)
        for row, image in enumerate(images):
            if (
                not isinstance(image, np.ndarray)
                or image.dtype != np.uint8
                or image.shape[2:] != (3,)
                or not image.size
            ):
                got = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
                raise TypeError(
                    "`images` must be arrays of shape (H, W, 3) with pixels in them, and dtype uint8. "
                    f"Received: {got}, row {row}"
                )
        for name, values in parts.items():
            if values is not None and len(values) != len(images):
                raise ValueError(
                    f"`{name}` must have one value for each of the {len(images)} pictures. Received: {len(values)}"
                )
        return cls(
            files=[f"{row:04}.png" for row in range(len(images))] if files is None else files,
            truths=truths,
            class_names=class_names,
            sizes=[image.shape[:2] for image in images],
            splits=[""] * len(images) if splits is None else splits,
            groups=[""] * len(images) if groups is None else groups,
            labelled=[True] * len(images),
            pictures=images,
        )

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: object) -> BoxDataset:
        rows = np.atleast_1d(np.arange(len(self))[index])
        names = ("files", "truths", "groups", "pictures")
        columns = {name: tuple(getattr(self, name)[row] for row in rows) for name in names}
        arrays = {name: getattr(self, name)[rows] for name in ("sizes", "splits", "labelled")}
        return replace(self, **columns, **arrays)

    def split(self, name: str) -> BoxDataset:
        """The pictures of one split, ``""`` for those of none."""
        if name not in ("", *SPLITS):
            raise ValueError(f"`name` must be 'train', 'validation', 'test' or ''. Received: {name!r}")
        return self[self.splits == name]

    def image(self, row: int) -> np.ndarray:
        """Picture number `row`, (H, W, 3) uint8: upright as its EXIF says, as its boxes are.

        Raises
        ------
        DataError
            If the file cannot be read any more, or is cut short.
        """
        row = check_int(row, "row", 0, len(self) - 1)
        picture = self.pictures[row]
        if isinstance(picture, np.ndarray):
            return picture.copy()
        try:
            return read_image(picture)[0]
        except ImageError as error:
            raise DataError(f"{self.files[row]}: {error}") from None

    def counts(self) -> dict[str, tuple[int, ...]]:
        """How many boxes of each class each split has, by the split's name."""
        found = {}
        for split in (*SPLITS, ""):
            labels = [self.truths[row].labels for row in np.flatnonzero(self.splits == split)]
            if labels:
                found[split] = tuple(np.bincount(np.concatenate(labels), minlength=len(self.class_names)).tolist())
        return found

    def report(self) -> str:
        """In a few lines: how many pictures and boxes, of what, in which split, and what was wrong.

        Of many alike the first dozen is listed; ``problems`` has them all.
        """
        boxes = sum(map(len, self.truths))
        lines = [
            f"{self.source or 'in memory'}: {counted(len(self), 'picture')}, "
            f"{counted(boxes, 'box', 'es')} of {counted(len(self.class_names), 'class', 'es')}"
            + (f" ({self.format})" if self.format else "")
        ]
        for split, counts in self.counts().items():
            common = sorted(zip(counts, self.class_names, strict=True), key=lambda one: -one[0])[:_SHOWN]
            said = ", ".join(f"{name} {count:,}" for count, name in common)
            more = f" and {len(counts) - _SHOWN:,} classes with fewer" if len(counts) > _SHOWN else ""
            lines.append(
                f"{split or 'no split'}: {counted((self.splits == split).sum(), 'picture')}, boxes: {said}{more}"
            )
        empty = sum(1 for truth, done in zip(self.truths, self.labelled, strict=True) if done and not len(truth))
        lines.append(
            f"labelled, but nothing in it: {counted(empty, 'picture')}; not labelled: {(~self.labelled).sum():,}"
        )
        for kind in KINDS:
            some = [problem for problem in self.problems if problem.rule.startswith(kind)]
            lines += [f"{kind}: {len(some):,}"] if some else []
            lines += [f"  {problem}" for problem in some[:_SHOWN]]
            if len(some) > _SHOWN:
                lines.append(f"  and {len(some) - _SHOWN:,} more")
        return "\n".join(lines)

    def draw_split(
        self,
        validation: float = 0.25,
        test: float = 0.0,
        groups: str | Sequence[str] | None = None,
        seed: int = 0,
    ) -> BoxDataset:
        """Hold out labelled pictures at random, whole groups on one side, about the same share of every class's boxes.

        Divided are the pictures of the training set and those of no split; where the source has a validation or a test
        set, it stays as it is.

        Parameters
        ----------
        validation, test : shares, 0 … 0.9 together
        groups
            N names of what must stay together, or a regular expression whose bracket is searched in the file's name,
            such as ``r"(tray\\d+)_"``. None takes the groups that the data set has; a picture without one is alone
        seed : whole number

        Returns
        -------
        BoxDataset
            The same pictures with other `splits`. One whose group lies in a validation or test set of the source has
            no split, and is among the problems: it could be neither trained on nor judged with.

        Examples
        --------
        >>> images = [np.zeros((8, 8, 3), np.uint8)] * 4
        >>> data = BoxDataset.of(images, [GroundTruth([[0, 0, 4, 4]], [0])] * 4, ["nut"], groups=["a", "a", "b", "b"])
        >>> sorted(data.draw_split(0.5).splits.tolist())
        ['train', 'train', 'validation', 'validation']
        """
        validation, test = check_number(validation, "validation", 0, 0.9), check_number(test, "test", 0, 0.9)
        if validation + test > 0.9:
            raise ValueError(f"`validation` and `test` must be at most 0.9 together. Received: {validation + test:g}")
        seed = check_int(seed, "seed", minimum=0)
        for name, share in (("validation", validation), ("test", test)):
            if share and (self.splits == name).any():
                raise ValueError(
                    f"`{name}` must be 0 here: {(self.splits == name).sum():,} pictures are in the {name} set already. "
                    f'To draw all anew, pass dataclasses.replace(data, splits=[""] * len(data)). Received: {share:g}'
                )
        named = self.groups if groups is None else groups_of(self.files, groups)
        unlike = np.array([name or file for name, file in zip(named, self.files, strict=True)], dtype=object)
        pool = self.labelled & np.isin(self.splits, ("", "train"))
        shares = {"validation": validation, "test": test}
        splits, elsewhere = divide(self.splits, pool, unlike, self.truths, shares, seed)
        problems = [
            Problem(self.files[row], "", f"left out: its group is in the {elsewhere[row]} set, {named[row]}")
            for row in np.flatnonzero(elsewhere != "")
        ]
        return replace(self, splits=splits, problems=[*self.problems, *problems], groups=named)


def _check_truth(file: str, truth: GroundTruth, size: np.ndarray, classes: int) -> None:
    if not isinstance(truth, GroundTruth):
        raise TypeError(f"`truths` must be GroundTruth records. Received: {type(truth).__name__} for {file!r}")
    if not len(truth):
        return
    low, high = truth.boxes[:, :2], truth.boxes[:, 2:]
    wrong = (low < 0).any(axis=1) | (high > size[::-1]).any(axis=1) | ((low == high).any(axis=1) & ~truth.ignore)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            "`truths` must hold boxes within their picture (see boxes.clip), with an area or flagged `ignore`. "
            f"Received: {truth.boxes[row].tolist()}, row {row} of {file!r}, {size[1]} × {size[0]} pixels"
        )
    if truth.labels.max() >= classes:
        raise ValueError(f"`truths` must have labels below the {classes} classes. Received: {truth.labels.max()}")
