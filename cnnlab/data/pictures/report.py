"""Labelled pictures and the account of them: what is there, what was left out, what to look at before training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cnnlab.common.errors import FileNote
from cnnlab.common.validate import check_choice
from cnnlab.data.dataset import Dataset
from cnnlab.data.pictures.find import few
from cnnlab.data.pictures.split import SPLITS, Duplicate

_LISTED = 12  # classes counted one by one


@dataclass(frozen=True, eq=False)
class ImageFolder:
    """Labelled pictures from files, split, and what was found on the way.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, H, W, 3), values 0 … 255
    labels : ndarray of int64, shape (N,), an index into `class_names` for each picture
    class_names : tuple of str, in alphabetical order
    files : tuple of N str, the files with forward slashes, from the folder of the data set on
    splits : ndarray of str, shape (N,): ``"train"``, ``"validation"`` or ``"test"``
    groups : tuple of N str, what the picture must stay together with; its own file where it has none. Empty if no
        `groups` were asked for
    unlabelled_images : ndarray of uint8, shape (M, H, W, 3), the pictures of a test folder without labels
    unlabelled_files : tuple of M str
    skipped : files left out, and rows of a table without a picture, each once and with its reason
    notes : files that had to be changed to be read (turned, converted …), each with what was done
    duplicates : pairs of files with the same pixels
    empty_classes : class folders without a single picture that could be read
    source : where the pictures came from, in words
    presplit : whether the folders, or a table, said which split a picture is in
    how_split : how the pictures came to their splits, in words
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    files: tuple[str, ...]
    splits: np.ndarray
    groups: tuple[str, ...]
    unlabelled_images: np.ndarray
    unlabelled_files: tuple[str, ...]
    skipped: tuple[FileNote, ...]
    notes: tuple[FileNote, ...]
    duplicates: tuple[Duplicate, ...]
    empty_classes: tuple[str, ...]
    source: str
    presplit: bool
    how_split: str

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
        names = [name for name in SPLITS if (self.splits == name).any()]
        classes = len(self.class_names)
        return {
            name: tuple(np.bincount(self.labels[self.splits == name], minlength=classes).tolist()) for name in names
        }

    def class_weights(self) -> dict[int, float]:
        """What a picture of each class counts in training, so that all classes count the same: for Keras' `fit`.

        Returns
        -------
        dict
            Label → pictures to train on / (classes × pictures of the class), scikit-learn's "balanced". A class with
            nothing to train on has none.
        """
        counts = np.bincount(self.labels[self.splits == "train"], minlength=len(self.class_names))
        there = np.flatnonzero(counts)
        return {int(label): float(counts.sum() / (len(there) * counts[label])) for label in there}

    def report(self) -> str:
        """The account in words: what is there, what was left out and why, what to look at before training."""
        return _account(self)


def _account(data: ImageFolder) -> str:
    size = " × ".join(map(str, data.images.shape[1:3]))
    lines = [f"{len(data):,} pictures of {size}, {data.how_split}:"]
    for split, counts in data.counts().items():
        lines.append(f"  {split}: {_each(data.class_names, counts)}")
    if data.unlabelled_files:
        lines.append(f"without a label, kept apart: {len(data.unlabelled_files):,} ({few(data.unlabelled_files)})")
    if data.groups:
        alone = sum(group == file for group, file in zip(data.groups, data.files, strict=True))
        lines.append(f"groups: {len(set(data.groups)) - alone:,}" + (f"; {alone:,} pictures in none" if alone else ""))
    lines += _reasons(data.skipped, "left out")
    lines += _reasons(data.notes, "changed to be read")
    return "\n".join([*lines, *_warnings(data)])


def _each(names: Sequence[str], counts: Sequence[int]) -> str:
    if len(names) <= _LISTED:
        return ", ".join(f"{count} {name}" for count, name in zip(counts, names, strict=True))
    least, most = int(np.argmin(counts)), int(np.argmax(counts))
    ends = f"from {counts[least]:,} of {names[least]} to {counts[most]:,} of {names[most]}"
    return f"{sum(counts):,} of {len(names):,} classes, {ends if least != most else f'{counts[0]:,} of each'}"


def _reasons(found: Sequence[FileNote], what: str) -> list[str]:
    if not found:
        return []
    files: dict[str, list[str]] = {}
    for one in found:
        files.setdefault(one.reason, []).append(one.file)
    return [f"{what}: {len(found):,}", *(f"  {reason}: {few(names)}" for reason, names in files.items())]


def _warnings(data: ImageFolder) -> Iterator[str]:
    if data.empty_classes:
        yield f"no picture for: {few(data.empty_classes)}; these are no classes here"
    if across := [f"{pair.second} is {pair.first}" for pair in data.duplicates if pair.across]:
        yield f"the same picture on both sides of a split: {len(across)} ({few(across)})"
    if conflicts := [f"{pair.first} and {pair.second}" for pair in data.duplicates if pair.conflict]:
        yield f"one picture with two labels: {len(conflicts)} ({few(conflicts)})"
    for split, counts in data.counts().items():
        if missing := [name for name, count in zip(data.class_names, counts, strict=True) if not count]:
            yield f"{split} has no picture of: {few(missing)}"
    totals = np.bincount(data.labels, minlength=len(data.class_names))
    if totals.max() >= 3 * totals.min():
        rare, common = data.class_names[totals.argmin()], data.class_names[totals.argmax()]
        yield (
            f"unbalanced: {totals.max():,} of {common}, {totals.min():,} of {rare}; always saying {common} is right in "
            f"{100 * totals.max() / totals.sum():.0f} % of cases"
        )
