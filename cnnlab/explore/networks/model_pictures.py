"""A model and its pictures: a learner's own, or a network with written weights and photos for it."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from cnnlab.arithmetic import kernels
from cnnlab.common.validate import check_rank
from cnnlab.data import datasets
from cnnlab.explore.base.controls import names
from cnnlab.explore.base.wording import by
from cnnlab.seeing import activations

EDGES = ("vertical edges", "horizontal edges", "slanting edges")
PHOTOS = ("china", "chelsea", "coins")
_MOST = 40  # names in a dropdown


class Pictures:
    """The model's pictures, how they look, and what they are called.

    Parameters
    ----------
    model : as for `cnnlab.activations.map_layers`; None stands for `edge_model`
    images : (N, H, W, C) or one picture (H, W, C), as the model takes them; None, without a model, for three photos
    titles : a name for each
    shown : the pictures as people should see them, uint8 or 0–1; None stretches `images` to black … white

    Raises
    ------
    TypeError, ValueError
        If the model cannot be opened, or anything does not fit it.
    """

    def __init__(self, model: keras.Model | None, images: object, titles: Sequence[str] | None, shown: object) -> None:
        if model is None and images is None:
            images = np.stack([grey_photo(name) for name in PHOTOS])
            titles = PHOTOS if titles is None else titles
        if images is None:
            raise ValueError("`images` must be given with a `model`: pictures as it takes them, (N, H, W, C)")
        self.model = edge_model() if model is None else model
        array = check_rank(images, "images", {3: "(H, W, C)", 4: "(N, H, W, C)"})
        self.images = (array[None] if array.ndim == 3 else array).astype("float32")
        if not 1 <= len(self.images) <= _MOST:
            raise ValueError(f"`images` must hold 1 to {_MOST} pictures. Received: {len(self.images)}")
        self.titles = names(titles, "titles", len(self.images), "picture", ", one for each picture")
        self.layers = list(activations.map_layers(self.model))
        if not self.layers:
            raise ValueError("`model` must have a layer with maps, an output of shape (N, h, w, C), and has none")
        activations.feature_maps(self.model, self.images[:1], self.layers[:1])  # refuses pictures that do not fit
        self.shown = self._looks(shown)

    def _looks(self, shown: object) -> list[np.ndarray]:
        """Each picture as (H, W, 4) bytes."""
        if shown is None:
            low, high = self.images.min(), self.images.max()
            looks = (self.images - low) / (high - low or 1)
        else:
            looks = check_rank(shown, "shown", {3: "(H, W, C)", 4: "(N, H, W, C)"})
            looks = looks[None] if looks.ndim == 3 else looks
            looks = looks / 255 if looks.dtype == np.uint8 else looks.astype(float)
        if looks.shape[:3] != self.images.shape[:3] or looks.shape[-1] not in (1, 3):
            size = by(self.images.shape[:3])
            raise ValueError(
                f"`shown` must be {size} pictures with 1 or 3 channels, to be looked at. Received: shape {looks.shape}"
            )
        colours = (255 * np.clip(looks, 0, 1)).astype(np.uint8)
        opaque = np.full((*colours.shape[:3], 1), 255, np.uint8)
        return list(np.concatenate([np.broadcast_to(colours, (*colours.shape[:3], 3)), opaque], axis=-1))

    def choices(self) -> list[tuple[str, int]]:
        """Title and index of each, as a control offers them."""
        return [(title, index) for index, title in enumerate(self.titles)]


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
