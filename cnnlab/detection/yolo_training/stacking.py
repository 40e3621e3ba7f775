"""Scenes as arrays for ``model.fit``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlab.data.scenes import Scene
from cnnlab.detection import yolo


def stack(scenes: Sequence[Scene], anchors: np.ndarray, grid: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, int]:
    """Scenes as arrays for ``model.fit``.

    Parameters
    ----------
    scenes : at least one, all of one size and with the same classes
    anchors : (A, 2) widths and heights in pixels
    grid : (rows, columns)

    Returns
    -------
    images : (N, H, W, 3) float32
    targets : (N, rows, columns, A·(5 + C)) float32
    unassigned : how many objects found no place, see `cnnlab.yolo.encode`

    Examples
    --------
    >>> from cnnlab.data.scenes import scenes
    >>> images, targets, unassigned = stack(scenes(2, seed=0), [(20, 20), (36, 36)], grid=(6, 6))
    >>> images.shape, targets.shape, unassigned
    ((2, 96, 96, 3), (2, 6, 6, 16), 0)
    """
    size, names = common(scenes)
    encoded = [yolo.encode(one.boxes, one.labels, anchors, grid, len(names), size) for one in scenes]
    targets = np.stack([grid_of_one for grid_of_one, _ in encoded]).astype(np.float32)
    images = np.stack([one.image for one in scenes])
    return images, targets.reshape(*targets.shape[:3], -1), sum(len(lost) for _, lost in encoded)


def common(scenes: Sequence[Scene]) -> tuple[tuple[int, int], tuple[str, ...]]:
    """The (height, width) and the class names that all `scenes` have; ValueError where they differ."""
    if not len(scenes):
        raise ValueError("`scenes` must hold at least one scene. Received: none")
    size, names = scenes[0].image.shape[:2], scenes[0].class_names
    for one in scenes:
        if one.image.shape[:2] != size or one.class_names != names:
            raise ValueError("`scenes` must all have one size and the same classes")
    return size, names
