"""A model's pictures: what the model gets, what a person sees, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from cnnlab.common.validate import check_rank
from cnnlab.explore.base.wording import by
from cnnlab.explore.networks.edges import edge_model, grey_photo
from cnnlab.seeing import activations

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
            names = ("china", "chelsea", "coins")
            images = np.stack([grey_photo(name) for name in names])
            titles = names if titles is None else titles
        if images is None:
            raise ValueError("`images` must be given with a `model`: pictures as it takes them, (N, H, W, C)")
        self.model = edge_model() if model is None else model
        array = check_rank(images, "images", {3: "(H, W, C)", 4: "(N, H, W, C)"})
        self.images = (array[None] if array.ndim == 3 else array).astype("float32")
        if not 1 <= len(self.images) <= _MOST:
            raise ValueError(f"`images` must hold 1 to {_MOST} pictures. Received: {len(self.images)}")
        self.titles = [f"picture {i}" for i in range(len(self.images))] if titles is None else list(map(str, titles))
        if len(self.titles) != len(self.images) or len(set(self.titles)) != len(self.titles):
            raise ValueError(
                f"`titles` must be {len(self.images)} different names, one a picture. Received: {self.titles!r}"
            )
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
