"""Pictures that are always there and stand in for others: scikit-learn's digits, letters and shapes that are drawn."""

from __future__ import annotations

import numpy as np
from PIL import Image

from cnnlab.common.validate import check_choice, check_int
from cnnlab.data.dataset import Dataset
from cnnlab.data.drawn import LETTERS, ROWS, SHAPES, draw_letters, draw_shapes

DIGITS = tuple("0123456789")


def digits(size: int = 8) -> Dataset:
    """The 1,797 handwritten digits that ship with scikit-learn, white on black.

    Parameters
    ----------
    size : height and width in pixels, >= 8. The originals are 8×8; more is linear interpolation between their pixels
        (half-pixel centres, as `keras.layers.Resizing` does), which adds pixels but no detail

    Returns
    -------
    Dataset
        Images (1797, `size`, `size`, 1); scikit-learn's brightness 0 … 16 is scaled to 0 … 255.

    Examples
    --------
    >>> digits(size=28).images.shape
    (1797, 28, 28, 1)
    """
    from sklearn.datasets import load_digits

    check_int(size, "size", minimum=8)
    data = load_digits()
    weights = _interpolation(8, size)  # (size, 8)
    enlarged = weights @ data.images @ weights.T  # (1797, size, size), 0 … 16
    return Dataset(
        images=np.rint(enlarged * (255 / 16)).astype(np.uint8)[..., None],
        labels=data.target.astype(np.int64),
        class_names=DIGITS,
        source="scikit-learn's digits" + (f", enlarged from 8×8 to {size}×{size}" if size > 8 else ""),
    )


def _interpolation(old: int, new: int) -> np.ndarray:
    """Weights (new, old) of linear interpolation along one axis; every row sums to 1."""
    centres = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    return np.maximum(0, 1 - np.abs(centres[:, None] - np.arange(old)))


def letters(split: str = "train", limit: int | None = None) -> Dataset:
    """The letters A to J in 20 fonts, turned, slanted, moved and sized at random: 28×28, white on black.

    Drawn on the spot in the manner of notMNIST (Yaroslav Bulatov, 2011), in fonts that ship with matplotlib, and so
    available everywhere: 5,000 to train on, 1,000 others to test on, at about 3,000 a second.

    Parameters
    ----------
    split : ``"train"`` or ``"test"``
    limit : draw at most this many, the first ones; None draws all

    Examples
    --------
    >>> letters("test", limit=5)
    Dataset(5 images of 28×28×1, 10 classes, source: letters A to J in 20 of matplotlib's fonts)
    """
    images, labels = draw_letters(split, _rows(split, limit))
    return Dataset(images, labels, LETTERS, source="letters A to J in 20 of matplotlib's fonts")


def shapes(split: str = "train", limit: int | None = None) -> Dataset:
    """Ten shapes in any colour on crops of six photos, with noise: 32×32 in colour.

    Drawn on the spot, and so available everywhere: 5,000 to train on, 1,000 others to test on, at about 3,000 a second.

    Parameters
    ----------
    split : ``"train"`` or ``"test"``
    limit : draw at most this many, the first ones; None draws all

    Examples
    --------
    >>> shapes("test", limit=5)
    Dataset(5 images of 32×32×3, 10 classes, source: ten shapes drawn on crops of photos)
    """
    images, labels = draw_shapes(split, _rows(split, limit))
    return Dataset(images, labels, SHAPES, source="ten shapes drawn on crops of photos")


def _rows(split: str, limit: int | None) -> int:
    check_choice(split, "split", ("train", "test"))
    return ROWS[split] if limit is None else min(check_int(limit, "limit", minimum=1), ROWS[split])


def digits_like_mnist(split: str, limit: int | None) -> Dataset:
    """Scikit-learn's digits in MNIST's form, 28×28 with a rim of 4, every fifth of a class held out for the test."""
    small = digits(size=20)
    rows = np.flatnonzero(every_fifth(small.labels) == (split == "test"))[:limit]
    return Dataset(
        images=np.pad(small.images[rows], ((0, 0), (4, 4), (4, 4), (0, 0))),
        labels=small.labels[rows],
        class_names=DIGITS,
        source="scikit-learn's digits enlarged to 28×28",
    )


def digits_apart(split: str, size: tuple[int, int], why: str) -> Dataset:
    """Digits in place of characters: 0 to 4 to train on, 5 to 9 to test on; `why` says why they are needed."""
    all_digits = digits()
    chosen = DIGITS[:5] if split == "train" else DIGITS[5:]
    rows = np.flatnonzero(np.isin(all_digits.labels, [int(name) for name in chosen]))
    rows = rows[np.argsort(all_digits.labels[rows], kind="stable")]
    rows_of, columns_of = (_interpolation(8, max(length, 8)) for length in size)
    images = rows_of @ all_digits.images[rows, :, :, 0] @ columns_of.T
    return Dataset(
        images=np.rint(images).astype(np.uint8)[..., None],
        labels=all_digits.labels[rows] - int(chosen[0]),
        class_names=chosen,
        source=f"stand-in: scikit-learn's digits ({why})",
    )


def every_fifth(labels: np.ndarray) -> np.ndarray:
    """Which pictures to hold out, (N,) bool: every fifth of each class. In their own order digits repeat every ten."""
    held_out = np.zeros(len(labels), dtype=bool)
    held_out[np.argsort(labels, kind="stable")[4::5]] = True
    return held_out


def discs_and_stars(split: str, limit: int | None, size: tuple[int, int], why: str) -> Dataset:
    """Two of the shapes in place of cats and dogs; `why` says why they are needed."""
    part = "train" if split == "train" else "test"
    pair_of = [SHAPES.index("disc"), SHAPES.index("star")]
    count = ROWS[part] if limit is None else min(12 * limit, ROWS[part])
    while True:  # a picture depends on its number alone, so drawing more changes none of the first ones
        drawn = shapes(part, limit=count)
        rows = np.flatnonzero(np.isin(drawn.labels, pair_of))
        labels = (drawn.labels[rows] == pair_of[1]).astype(np.int64)
        if count == ROWS[part] or 2 * np.bincount(labels, minlength=2).min() > limit:
            break
        count = min(2 * count, ROWS[part])
    turns = taking_turns(labels)[:limit]
    resized = [
        np.asarray(Image.fromarray(image).resize(size[::-1], Image.Resampling.BICUBIC))
        for image in drawn.images[rows[turns]]
    ]
    source = f"stand-in: discs and stars drawn on crops of photos ({why})"
    return Dataset(np.stack(resized), labels[turns], ("disc", "star"), source)


def taking_turns(labels: np.ndarray) -> np.ndarray:
    """Rows in an order in which the classes alternate for as long as there are pictures of each."""
    rank = np.empty(len(labels), np.int64)  # of a picture among those of its class
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        rank[rows] = np.arange(len(rows))
    return np.lexsort((labels, rank))
