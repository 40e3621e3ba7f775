"""Pictures and tables for the lessons: real where they can be had, an honest stand-in where they cannot.

Every data set says where it came from in `source`, and a lesson prints it. Photos, iris and the small digits ship with
scikit-image and scikit-learn and need no network. MNIST is looked for in ``CNNLAB_DATA``, then in the cache, then
downloaded (a lesson waits ten seconds at most); failing all three, enlarged scikit-learn digits stand in for it.

Environment: ``CNNLAB_DATA`` names a folder of data files, ``CNNLAB_CACHE`` another cache folder, ``CNNLAB_OFFLINE=1``
forbids downloads.
"""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cnnlab._download import DataError
from cnnlab._files import (
    Availability,
    available,
    cache_path,
    data_folder,
    data_path,
    fetch,
    locate,
    offline,
    shipped,
)
from cnnlab._photos import gray, photo, photo_description, photo_names
from cnnlab._validate import check_choice, check_int

__all__ = [
    "Availability",
    "DataError",
    "Dataset",
    "Table",
    "available",
    "cache_path",
    "data_folder",
    "data_path",
    "digits",
    "fetch",
    "gray",
    "iris",
    "mnist",
    "offline",
    "photo",
    "photo_description",
    "photo_names",
    "shipped",
]

_DIGITS = tuple("0123456789")

# What NumPy's reader and zipfile raise between them on a file with flipped, missing or added bytes.
_UNREADABLE = (
    OSError,
    EOFError,
    MemoryError,
    AttributeError,
    RuntimeError,
    TypeError,
    ValueError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


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
    >>> digits()
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


def iris() -> Table:
    """Fisher's iris flowers: 150 flowers, four lengths in centimetres, three species, 50 of each in order.

    Examples
    --------
    >>> iris()
    Table(150 rows of 4 features, 3 classes, source: scikit-learn's iris)
    >>> iris().features[0].tolist(), iris().class_names
    ([5.1, 3.5, 1.4, 0.2], ('setosa', 'versicolor', 'virginica'))
    """
    from sklearn.datasets import load_iris

    data = load_iris()
    return Table(
        features=data.data,
        labels=data.target.astype(np.int64),
        feature_names=tuple(data.feature_names),
        class_names=tuple(map(str, data.target_names)),
        source="scikit-learn's iris",
    )


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

    Raises
    ------
    TypeError, ValueError
        If `size` is not a whole number of at least 8.

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
        class_names=_DIGITS,
        source="scikit-learn's digits" + (f", enlarged from 8×8 to {size}×{size}" if size > 8 else ""),
    )


def _interpolation(old: int, new: int) -> np.ndarray:
    """Weights (new, old) of linear interpolation along one axis; every row sums to 1."""
    centres = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    return np.maximum(0, 1 - np.abs(centres[:, None] - np.arange(old)))


def mnist(split: str = "train", limit: int | None = None) -> Dataset:
    """MNIST: handwritten digits, 28×28, white on black; 60,000 to train on and 10,000 to test on.

    Looked for as ``mnist.npz`` in ``CNNLAB_DATA`` (any number of rows), then in the cache, then downloaded with its
    SHA-256 checked. A lesson waits ten seconds at most; ``cnnlab data get mnist`` waits for as long as bytes arrive.
    Failing all three, scikit-learn's digits, enlarged to 20×20 inside a border of 4 as MNIST's are, stand in: 1,438 to
    train on, 359 (every fifth of a class) to test on. `Dataset.source` then begins with ``"stand-in"`` and says why.

    Parameters
    ----------
    split : ``"train"`` or ``"test"``
    limit : keep at most this many pictures, the first ones; None keeps all

    Returns
    -------
    Dataset
        Images (N, 28, 28, 1).

    Raises
    ------
    ValueError, TypeError
        If `split` or `limit` breaks its rule.
    DataError
        If the ``mnist.npz`` of ``CNNLAB_DATA`` is damaged: a file put there on purpose is not passed over in silence.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998.

    Examples
    --------
    >>> mnist("test", limit=5).images.shape
    (5, 28, 28, 1)
    """
    check_choice(split, "split", ("train", "test"))
    if limit is not None:
        check_int(limit, "limit", minimum=1)
    try:
        path, place = locate("mnist")
    except DataError as error:
        whole = _stand_in(split, reason=str(error))
    else:
        images, labels = read_split(path, split, side=28, channels=1, classes=10)
        whole = Dataset(images, labels, _DIGITS, source=f"MNIST, {path.name} {place}")
    return replace(whole, images=whole.images[:limit], labels=whole.labels[:limit])


def _stand_in(split: str, reason: str) -> Dataset:
    small = digits(size=20)
    by_class = np.argsort(small.labels, kind="stable")  # their own order repeats every ten: every fifth has few ones
    held_out = np.zeros(len(small), dtype=bool)
    held_out[by_class[4::5]] = True
    rows = held_out if split == "test" else ~held_out
    return Dataset(
        images=np.pad(small.images[rows], ((0, 0), (4, 4), (4, 4), (0, 0))),
        labels=small.labels[rows],
        class_names=_DIGITS,
        source=f"stand-in: scikit-learn's digits enlarged to 28×28 ({reason})",
    )


def read_split(path: Path, split: str, side: int, channels: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Read one half of an ``.npz`` as Keras' data sets have it: ``x_train``, ``y_train``, ``x_test``, ``y_test``.

    Parameters
    ----------
    path : the file
    split : ``"train"`` or ``"test"``
    side, channels : size the pictures must have; with one channel the last axis may be missing in the file
    classes : labels must lie in 0 … `classes` − 1; they may have shape (N,) or (N, 1)

    Returns
    -------
    tuple
        images (N, side, side, channels) uint8 and labels (N,) int64, N >= 1.

    Raises
    ------
    DataError
        If the file cannot be read or is not of this form.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "two.npz")
    ...     np.savez(file, x_train=np.zeros((2, 28, 28), np.uint8), y_train=np.array([7, 1]))
    ...     images, labels = read_split(file, "train", side=28, channels=1, classes=10)
    >>> images.shape, labels.tolist()
    ((2, 28, 28, 1), [7, 1])
    """
    x, y = f"x_{split}", f"y_{split}"
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            images, labels = arrays[x], arrays[y]
    except KeyError:
        raise DataError(f"{path} must hold the arrays {x} and {y}, and does not") from None
    except _UNREADABLE as error:
        raise DataError(f"{path} is not a readable .npz file: {error}. Copy it again, or remove it") from None
    shapes = [(side, side, channels)] + ([(side, side)] if channels == 1 else [])
    if images.dtype != np.uint8 or images.shape[1:] not in shapes:
        rule = " or ".join(str(("N", *shape)).replace("'", "") for shape in reversed(shapes))
        raise DataError(f"{path}: {x} must be uint8 of shape {rule}. Received: {images.dtype}, {images.shape}")
    if labels.dtype.kind not in "iu" or labels.shape not in ((labels.size,), (labels.size, 1)):
        raise DataError(f"{path}: {y} must be whole numbers of shape (N,). Received: {labels.dtype}, {labels.shape}")
    if len(images) != len(labels) or not len(images):
        raise DataError(f"{path}: {x} and {y} must have as many rows. Received: {len(images)} and {len(labels)}")
    if labels.min() < 0 or labels.max() >= classes:
        received = f"{labels.min()} … {labels.max()}"
        raise DataError(f"{path}: {y} must lie in 0 … {classes - 1}. Received: {received}")
    return images.reshape(-1, side, side, channels), labels.reshape(-1).astype(np.int64)
