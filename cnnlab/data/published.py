"""Published archives → the files that the course reads."""

from __future__ import annotations

import gzip
import os
import pickle
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cnnlab.common.errors import DataError
from cnnlab.data.pictures.archive import unpack

# What these functions raise on a file that is not what it should be.
UNREADABLE = (
    EOFError, KeyError, ValueError, TypeError, AttributeError, pickle.UnpicklingError, tarfile.TarError, zlib.error,
    gzip.BadGzipFile,
)  # fmt: skip

# What a pickled array names; nothing else is ever called. NumPy has moved the first, and says so on every import.
_OF_ARRAYS = {"_reconstruct": np.empty(0).__reduce__()[0], "ndarray": np.ndarray, "dtype": np.dtype}
_BATCHES = {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]}
_FOLDERS = [f"{split}/{name}" for split in ("train", "validation") for name in ("cats", "dogs")]


class _Unpickler(pickle.Unpickler):
    """CIFAR-10 is published as pickles, and a pickle may run anything: this one makes arrays, lists and texts."""

    def find_class(self, module: str, name: str) -> object:
        if module.split(".")[0] != "numpy" or name not in _OF_ARRAYS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _OF_ARRAYS[name]


def cifar10(parts: Sequence[Path], target: Path) -> None:
    """Write ``cifar10.npz`` from the archive of pickles: rows of 1,024 red, 1,024 green and 1,024 blue values."""
    arrays = {}
    with tarfile.open(parts[0], "r:gz") as archive:
        for split, names in _BATCHES.items():
            files = (archive.extractfile(f"cifar-10-batches-py/{name}") for name in names)
            batches = [_Unpickler(file, encoding="bytes").load() for file in files]
            rows = np.concatenate([batch[b"data"] for batch in batches])
            arrays[f"x_{split}"] = rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
            arrays[f"y_{split}"] = np.concatenate([np.array(batch[b"labels"], np.uint8) for batch in batches])
    _write(target, arrays)


def fashion_mnist(parts: Sequence[Path], target: Path) -> None:
    """Write ``fashion_mnist.npz`` from four files: images and labels to train on, images and labels to test on."""
    numbers = [np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8) for path in parts]
    arrays = {}
    for split, images, labels in (("train", *numbers[:2]), ("test", *numbers[2:])):  # behind headers of 16 and 8 bytes
        arrays |= {f"x_{split}": images[16:].reshape(-1, 28, 28), f"y_{split}": labels[8:]}
    _write(target, arrays)


def cats_and_dogs(parts: Sequence[Path], target: Path) -> None:
    """Take the zip as it is, if it can be unpacked without harm and holds the four folders."""
    folder = parts[0].with_name("unpacked")
    unpack(parts[0], folder)
    found = {"/".join(path.parent.parts[-2:]) for path in folder.rglob("*.jpg")}
    if missing := [name for name in _FOLDERS if name not in found]:
        raise DataError(f"the downloaded archive holds no pictures in {missing[0]}")
    os.replace(parts[0], target)


def _write(target: Path, arrays: dict[str, np.ndarray]) -> None:
    with open(target, "wb") as file:  # a path would be given the ending .npz
        np.savez(file, **arrays)  # not compressed: photographs hardly shrink, and every lesson would wait for it
