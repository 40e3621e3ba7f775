"""The archives of Omniglot → characters, each with the name of its alphabet."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from cnnlab.common.errors import DataError
from cnnlab.data.pictures.folder import image_folder

ALPHABETS = ("Balinese", "Greek", "Korean", "Latin", "Sanskrit")
HELD_OUT = ("Early_Aramaic", "Japanese_(katakana)", "Tagalog")  # nothing of these is trained on


@functools.lru_cache(maxsize=1)  # both splits are read from the same archives
def characters(archives: tuple[tuple[Path, int], ...], size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The pictures, (N, H, W, 1) uint8 with light strokes on black, and the name of the character on each, (N,).

    `archives` are files, each with the time of its last change, so that a changed one is read again. A character that
    is in several of them is taken from the first: two alphabets are in both of those that are published.
    """
    images, names = [], []
    for path, _ in archives:
        found = image_folder(path, size, labels="path", validation=0, duplicates="keep")
        known = set(np.concatenate(names)) if names else set()
        here = np.array(found.class_names)[found.labels]
        if odd := sorted({name.split("/")[0] for name in here} - {*ALPHABETS, *HELD_OUT}):
            raise DataError(f"{path.name} must hold alphabets of Omniglot's small background sets. Found: {odd[0]}")
        new = np.array([name not in known for name in here])
        images.append(255 - found.images[new, :, :, :1])
        names.append(here[new])
    order = np.argsort(np.concatenate(names), kind="stable")
    return np.concatenate(images)[order], np.concatenate(names)[order]
