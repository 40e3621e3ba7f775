"""Which pictures of a boxed data set are held out: whole groups, and about the same share of every class's boxes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from cnnlab.common.errors import DataError
from cnnlab.data.pictures.split import draw_split
from cnnlab.detection.detections.names import check_groups
from cnnlab.detection.detections.records import GroundTruth


def groups_of(files: Sequence[str], groups: str | Sequence[str]) -> tuple[str, ...]:
    """The group of each picture, ``""`` for none: by a regular expression that is searched in its name, or as given.

    >>> groups_of(["tray1/a.png", "tray2/b.png"], r"(tray\\d+)")
    ('tray1', 'tray2')
    """
    if not isinstance(groups, str):
        return check_groups(groups, len(files))
    try:
        pattern = re.compile(groups)
    except re.error as error:
        raise ValueError(f"`groups` must be a regular expression ({error}). Received: {groups!r}") from None
    fits = [pattern.search(file) for file in files]
    if files and not any(fits):
        raise ValueError(f"`groups` must fit a file's name, such as {files[0]!r}. Received: {groups!r}")
    return tuple("/".join(filter(None, fit.groups())) or fit[0] if fit else "" for fit in fits)


def divide(
    splits: np.ndarray,
    pool: np.ndarray,
    groups: np.ndarray,
    truths: Sequence[GroundTruth],
    shares: dict[str, float],
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw some pictures out of a pool.

    Parameters
    ----------
    splits : (N,) as they are
    pool : (N,) bool, the pictures that are divided; the others stay as they are
    groups : (N,) names of what stays together, no two pictures without a group under the same name
    truths : N, whose classes are to have about the same share on every side
    shares : of the pool, by the name of the split; the rest becomes ``"train"``
    seed : whole number

    Returns
    -------
    tuple of ndarray
        The (N,) new splits, and (N,) the split that a picture's group has outside of the pool, ``""`` for none. A
        picture of the pool whose group has one is in no split.

    Raises
    ------
    DataError
        If there is only one group to divide.
    """
    splits, elsewhere = splits.copy(), np.full(len(splits), "", splits.dtype)
    fixed = ~pool & (splits != "")
    home = dict(zip(groups[fixed], splits[fixed], strict=True))
    elsewhere[pool] = [home.get(name, "") for name in groups[pool]]
    splits[pool] = np.where(elsewhere[pool] == "", "train", "")
    left = 1.0
    for number, (name, share) in reversed([*enumerate(shares.items())]):  # the last first, each with a seed of its own
        rows = np.flatnonzero(pool & (splits == "train"))
        if not share:
            continue
        if len(set(groups[rows])) < 2:
            raise DataError(f"nothing can be held out: {len(set(groups[rows]))} group or picture is left to divide")
        splits[rows[_chosen([truths[row] for row in rows], share / left, 2 * seed + number, groups[rows])]] = name
        left -= share
    return splits, elsewhere


def _chosen(truths: list[GroundTruth], share: float, seed: int, groups: np.ndarray) -> np.ndarray:
    """(N,) True for the pictures to hold out: each box counts for its class, each picture once for itself."""
    labels = np.concatenate([np.full(len(truths), -1), *(truth.labels for truth in truths)])
    owners = np.concatenate([np.arange(len(truths)), np.repeat(np.arange(len(truths)), list(map(len, truths)))])
    drawn = draw_split(labels, share, seed, groups[owners].astype(str))
    return drawn[: len(truths)] == "validation"
