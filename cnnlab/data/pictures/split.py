"""Which picture is trained on and which is held out, and that no picture is on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# What people call the folders of a data set that is split already.
SPLITS = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
_KEPT_FIRST = ("test", "validation", "train")  # of two copies, the one to judge with


@dataclass(frozen=True)
class Duplicate:
    """Two files with the same pixels: `first`, the one that counts, and `second`.

    Attributes
    ----------
    first, second : file names
    across : whether one is trained on and the other is not
    conflict : whether they lie in folders of different classes
    """

    first: str
    second: str
    across: bool
    conflict: bool


def draw_split(labels: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Hold out the same share of every class, at random but the same for the same seed.

    Parameters
    ----------
    labels : (N,) classes, whole numbers
    fraction : share to hold out, 0 … 1. A class with two pictures or more gives at least one and keeps at least one
    seed : whole number

    Returns
    -------
    ndarray of str
        (N,) of ``"train"`` and ``"validation"``.

    Examples
    --------
    >>> draw_split(np.array([0] * 8 + [1] * 4), 0.25, seed=0).tolist().count("validation")
    3
    """
    # Not scikit-learn's stratified split: of a class of two beside one of a hundred it holds out none, and it refuses a
    # class of one.
    splits = np.full(len(labels), "train", dtype="<U10")
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        held_out = min(max(round(fraction * len(rows)), 1), len(rows) - 1) if fraction else 0
        order = np.random.default_rng((seed, int(label))).permutation(len(rows))
        splits[rows[order[:held_out]]] = "validation"
    return splits


def find_duplicates(
    hashes: Sequence[bytes], labels: np.ndarray, splits: np.ndarray, files: Sequence[str]
) -> tuple[list[Duplicate], dict[int, str]]:
    """Pictures whose pixels are the same, and which of them may stay.

    Parameters
    ----------
    hashes : of the pixels of each picture
    labels, splits, files : (N,) each, what is known of the picture

    Returns
    -------
    tuple
        The pairs, and row → why it should not stay. Of several copies one stays, in the test or validation set rather
        than in the training set; of copies with different labels none stays, since at least one label is wrong.

    Examples
    --------
    >>> splits = np.array(["train", "validation", "train"])
    >>> pairs, reasons = find_duplicates([b"x", b"x", b"y"], np.zeros(3, int), splits, ("1.jpg", "2.jpg", "3.jpg"))
    >>> pairs[0].first, pairs[0].across, reasons
    ('2.jpg', True, {0: 'the same pixels as 2.jpg'})
    """
    groups: dict[bytes, list[int]] = {}
    for row, digest in enumerate(hashes):
        groups.setdefault(digest, []).append(row)
    pairs: list[Duplicate] = []
    reasons: dict[int, str] = {}
    for rows in groups.values():
        if len(rows) < 2:
            continue
        rows.sort(key=lambda row: _KEPT_FIRST.index(splits[row]))  # stable: otherwise in the order of the files
        first, conflict = rows[0], len(set(labels[rows].tolist())) > 1
        for row in rows[1:]:
            apart = splits[row] != splits[first] and "train" in (splits[row], splits[first])
            pairs.append(Duplicate(files[first], files[row], bool(apart), bool(labels[row] != labels[first])))
        for row in rows if conflict else rows[1:]:
            other = files[first] if row != first else files[rows[1]]
            reasons[row] = "one picture with two labels" if conflict else f"the same pixels as {other}"
    return pairs, reasons
