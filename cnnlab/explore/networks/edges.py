"""A network with written weights and photos for it: what an explorer shows before a learner brings a model."""

from __future__ import annotations

import keras
import numpy as np

from cnnlab.arithmetic import kernels
from cnnlab.data import datasets

EDGES = ("vertical edges", "horizontal edges", "slanting edges")


def edge_model(side: int = 96) -> keras.Model:
    """A network whose weights were written and not learned: it tells which way the edges of a grey picture run.

    Eight 3×3 kernels. Four look for upright and level edges, light on one side or on the other. Four look for slanting
    lines, bright or dark: an edge kernel turned by 45 degrees would still answer to upright edges, and these do not. A
    class adds up its own kernels' answers and takes off others. Deterministic, and there without any training.

    Parameters
    ----------
    side : of the square picture in pixels

    Examples
    --------
    >>> model = edge_model()
    >>> stripes = np.zeros((1, 96, 96, 1))
    >>> stripes[:, ::6] = 1
    >>> EDGES[int(np.argmax(keras.ops.convert_to_numpy(model(stripes))))]
    'horizontal edges'
    """
    upright = kernels.kernel("prewitt_vertical") / 3
    slanting = np.array([[2, -1, -1], [-1, 2, -1], [-1, -1, 2]]) / 3
    directions = [upright, upright.T, slanting, slanting[:, ::-1]]
    stack = np.stack([sign * kernel for kernel in directions for sign in (1, -1)], axis=-1)[:, :, None]
    model = keras.Sequential(
        [
            keras.Input((side, side, 1)),
            keras.layers.Conv2D(8, 3, activation="relu", use_bias=False, name="edges"),
            keras.layers.MaxPooling2D(2, name="pool"),
            keras.layers.GlobalAveragePooling2D(name="mean"),
            keras.layers.Dense(3, activation="softmax", use_bias=False, name="directions"),
        ],
        name="edge_model",
    )
    # A slanting edge answers two to three times as much in all as one along the grid: its votes count a quarter.
    votes = np.repeat([[1, -1, -0.125], [-1, 1, -0.125], [0, 0, 0.25], [0, 0, 0.25]], 2, axis=0)
    model.set_weights([stack, 60 * votes])
    return model


def grey_photo(name: str, side: int = 96) -> np.ndarray:
    """The middle square of a photo, in grey (side, side, 1), 0–1: each pixel the mean of a block."""
    photo = datasets.gray(datasets.photo(name)).astype(float)
    size = min(photo.shape)
    top, left = (n - size for n in photo.shape)
    square = photo[top // 2 : top // 2 + size, left // 2 : left // 2 + size] / 255
    starts = np.linspace(0, size, side + 1).astype(int)
    counts = np.diff(starts)
    blocks = np.add.reduceat(np.add.reduceat(square, starts[:-1], axis=0), starts[:-1], axis=1)
    return (blocks / np.outer(counts, counts))[..., None]
