"""Reading labelled pictures from an ``.npz`` file of the form in which Keras has its data sets."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from cnnlab._download import DataError

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
