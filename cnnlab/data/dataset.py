"""What every data set of the course is: labelled pictures, or labelled rows, that say where they came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled pictures.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, H, W, C), values 0 … 255
    labels : ndarray of int64, shape (N,), an index into `class_names` for each picture
    class_names : tuple of str
    source : where the pictures came from, in words; begins with ``"stand-in"`` when they are not the ones asked for

    Examples
    --------
    >>> from cnnlab import datasets
    >>> datasets.digits()
    Dataset(1,797 images of 8×8×1, 10 classes, source: scikit-learn's digits)
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    source: str

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.labels.shape != self.images.shape[:1]:
            received = f"{self.images.shape} and {self.labels.shape}"
            raise ValueError(f"`images` must have shape (N, H, W, C) and `labels` (N,). Received: {received}")

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        size = "×".join(map(str, self.images.shape[1:]))
        return f"Dataset({len(self):,} images of {size}, {len(self.class_names)} classes, source: {self.source})"

    @property
    def is_stand_in(self) -> bool:
        """Whether these are other pictures than the ones asked for; `source` says why."""
        return self.source.startswith("stand-in")


@dataclass(frozen=True, eq=False)
class Table:
    """Labelled rows of numbers.

    Attributes
    ----------
    features : ndarray of float64, shape (N, F)
    labels : ndarray of int64, shape (N,), an index into `class_names` for each row
    feature_names : tuple of F str, with units
    class_names : tuple of str
    source : where the rows came from, in words
    """

    features: np.ndarray
    labels: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    source: str

    def __len__(self) -> int:
        return len(self.features)

    def __repr__(self) -> str:
        rows, columns = self.features.shape
        return f"Table({rows:,} rows of {columns} features, {len(self.class_names)} classes, source: {self.source})"
