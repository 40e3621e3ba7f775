"""Reading labelled pictures from an ``.npz`` file of the form in which Keras has its data sets."""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from cnnlab.common.errors import DataError

MAX_BYTES = 1 << 30  # of the rows that are read, unpacked

_CHUNK = 1 << 20
_FORMATS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
# What NumPy's reader and zipfile raise between them on a file with flipped, missing or added bytes.
_UNREADABLE = (
    OSError,
    EOFError,
    MemoryError,
    AttributeError,
    RuntimeError,
    TypeError,
    ValueError,
    OverflowError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_split(
    path: Path, split: str, side: int, channels: int, classes: int, limit: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Read one half of an ``.npz`` as Keras' data sets have it: ``x_train``, ``y_train``, ``x_test``, ``y_test``.

    What the file declares is checked before it is unpacked, and only the rows asked for are.

    Parameters
    ----------
    path : the file
    split : ``"train"`` or ``"test"``
    side, channels : size the pictures must have; with one channel the last axis may be missing in the file
    classes : labels must lie in 0 … `classes` − 1; they may have shape (N,) or (N, 1)
    limit : rows to read, the first ones; all when None

    Returns
    -------
    tuple
        images (N, side, side, channels) uint8 and labels (N,) int64, N >= 1.

    Raises
    ------
    DataError
        If the file cannot be read or is not of this form, or the rows asked for have more than `MAX_BYTES`.

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
    shapes = [(side, side, channels)] + ([(side, side)] if channels == 1 else [])
    try:
        with zipfile.ZipFile(path) as archive, _Rows(archive, x) as images, _Rows(archive, y) as labels:
            if images.dtype != np.uint8 or images.shape[1:] not in shapes:
                rule = " or ".join(str(("N", *shape)).replace("'", "") for shape in reversed(shapes))
                raise DataError(f"{path}: {x} must be uint8 of shape {rule}. Received: {images.dtype}, {images.shape}")
            if labels.dtype.kind not in "iu" or len(labels.shape) not in (1, 2) or labels.shape[1:] not in ((), (1,)):
                received = f"{labels.dtype}, {labels.shape}"
                raise DataError(f"{path}: {y} must be whole numbers of shape (N,). Received: {received}")
            rows = images.shape[0]
            if rows != labels.shape[0] or not rows:
                received = f"{rows} and {labels.shape[0]}"
                raise DataError(f"{path}: {x} and {y} must have as many rows. Received: {received}")
            images, labels = images.read(limit), labels.read(limit)
    except KeyError:
        raise DataError(f"{path} must hold the arrays {x} and {y}, and does not") from None
    except DataError:
        raise
    except _UNREADABLE as error:
        raise DataError(f"{path} is not a readable .npz file: {error}. Copy it again, or remove it") from None
    if labels.min() < 0 or labels.max() >= classes:
        received = f"{labels.min()} … {labels.max()}"
        raise DataError(f"{path}: {y} must lie in 0 … {classes - 1}. Received: {received}")
    return images.reshape(-1, side, side, channels), labels.reshape(-1).astype(np.int64)


class _Rows:
    """One array of an ``.npz``: its shape and type as its header has them, and its first rows when they are asked for.

    np.load would unpack all of it first.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        member = archive.getinfo(f"{name}.npy")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{name} is packed in another way than np.savez does it")
        self.stream = archive.open(member)
        version = np.lib.format.read_magic(self.stream)
        if version not in _FORMATS:
            raise ValueError(f"{name} has the unknown format {version}")
        self.shape, self.fortran, self.dtype = _FORMATS[version](self.stream)
        if self.dtype.hasobject:  # a pickle, which may run anything
            raise ValueError(f"{name} holds Python objects, not numbers")

    def __enter__(self) -> _Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def read(self, limit: int | None) -> np.ndarray:
        """The first `limit` rows."""
        whole = limit is None or self.fortran  # by columns, the first rows lie all over the file
        shape = self.shape if whole else (min(limit, self.shape[0]), *self.shape[1:])
        size = self.dtype.itemsize * math.prod(shape)
        if size > MAX_BYTES:
            raise ValueError(f"{size:,} bytes unpacked, and {MAX_BYTES:,} are allowed: ask for fewer with `limit`")
        data, at = np.empty(size, np.uint8), 0
        while at < size:
            block = self.stream.read(min(_CHUNK, size - at))
            if not block:
                raise EOFError(f"it ends after {at:,} of {size:,} bytes")
            data[at : at + len(block)] = np.frombuffer(block, np.uint8)
            at += len(block)
        if whole and self.stream.read(1):  # at the end, the checksum is compared
            raise ValueError("an array is longer than its header says")
        rows = data.view(self.dtype).reshape(shape, order="F" if self.fortran else "C")
        return rows[:limit]
