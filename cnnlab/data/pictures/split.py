"""Which picture is trained on and which is held out, and that neither a picture nor a group is on both sides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SPLITS = ("train", "validation", "test")
# What people call the folders of a data set that is split already: words, with or without numbers and other words.
_WORDS = {
    "train": "train", "training": "train", "trainval": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation", "eval": "validation",
    "test": "test", "testing": "test", "holdout": "test", "pred": "test",
}  # fmt: skip
KEPT_FIRST = ("test", "validation", "train")  # of two copies, the one to judge with


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


def same(name: str) -> str:
    """A name as it is compared: upper and lower case, and the two forms of Unicode, aside."""
    return unicodedata.normalize("NFC", name).casefold()


def split_named(name: str) -> str:
    """The split that a folder's name speaks of: ``"train"``, ``"validation"``, ``"test"``, or ``""`` for none.

    >>> [split_named(name) for name in ("Training_Set", "seg_test", "dev", "train2017", "testset", "trains")]
    ['train', 'test', 'validation', 'train', 'test', '']
    """
    words = re.findall(r"[^\W\d_]+", same(name))
    kinds = {_WORDS.get(word) or _WORDS.get(word.removesuffix("set").removesuffix("data"), "") for word in words} - {""}
    return kinds.pop() if len(kinds) == 1 else ""


def draw_split(labels: np.ndarray, fraction: float, seed: int, groups: Sequence[str] | None = None) -> np.ndarray:
    """Hold out the same share of every class, at random but the same for the same seed.

    Parameters
    ----------
    labels : (N,) classes, whole numbers
    fraction : share to hold out, 0 … 1. A class with two pictures or more gives at least one and keeps at least one
    seed : whole number
    groups
        (N,) names; all pictures of one name go to the same side. The share is then met as well as whole groups allow

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
    if groups is not None and fraction:
        splits[_whole_groups(labels, fraction, seed, groups)] = "validation"
        return splits
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        held_out = min(max(round(fraction * len(rows)), 1), len(rows) - 1) if fraction else 0
        order = np.random.default_rng((seed, int(label))).permutation(len(rows))
        splits[rows[order[:held_out]]] = "validation"
    return splits


def _whole_groups(labels: np.ndarray, fraction: float, seed: int, groups: Sequence[str]) -> np.ndarray:
    """(N,) True for the pictures of the groups to hold out.

    Groups are taken in random order, each if it brings the shares of the classes nearer to `fraction`; scikit-learn's
    stratified group split knows no fraction, and leaves small classes without a picture.
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    classes, label = np.unique(labels, return_inverse=True)
    shares = np.zeros((len(names), len(classes)))  # what each group has of each class
    np.add.at(shares, (group, label), 1)
    shares /= shares.sum(axis=0)
    order = np.random.default_rng(seed).permutation(len(names))
    held_out, given = np.zeros(len(names), bool), np.zeros(len(classes))

    def able(one: int) -> bool:  # every class keeps something to train on
        return bool((given + shares[one] < 1 - 1e-9).all())

    for one in order:
        if able(one) and ((given + shares[one] - fraction) ** 2).sum() < ((given - fraction) ** 2).sum():
            held_out[one] = True
            given += shares[one]
    for number in range(len(classes)):  # a class that gave none gives the smallest group that it can
        can = [one for one in order if shares[one, number] and able(one)] if not given[number] else []
        if can:
            least = min(can, key=lambda one: shares[one].sum())
            held_out[least] = True
            given += shares[least]
    return held_out[group]


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
        rows.sort(key=lambda row: KEPT_FIRST.index(splits[row]))  # stable: otherwise in the order of the files
        first, conflict = rows[0], len(set(labels[rows].tolist())) > 1
        for row in rows[1:]:
            apart = splits[row] != splits[first] and "train" in (splits[row], splits[first])
            pairs.append(Duplicate(files[first], files[row], bool(apart), bool(labels[row] != labels[first])))
        for row in rows if conflict else rows[1:]:
            other = files[first] if row != first else files[rows[1]]
            reasons[row] = "one picture with two labels" if conflict else f"the same pixels as {other}"
    return pairs, reasons
