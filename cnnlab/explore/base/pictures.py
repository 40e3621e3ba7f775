"""Many pictures that differ little, stored small: whole ones, and what differs from them, pixel for pixel."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from cnnlab import plot

_ALIKE = 0.4  # of the pixels may differ between a picture and the whole one that it is stored against


class Pictures:
    """A store of pictures, each once.

    Attributes
    ----------
    images : addresses (``data:image/webp;base64,…``) of whole pictures, and of differences on a transparent ground
    layers : for each picture, the places in `images` that lie on top of each other, from below: one or two
    """

    def __init__(self) -> None:
        self.images: list[str] = []
        self.layers: list[list[int]] = []
        self._whole: dict[int, np.ndarray] = {}  # place in `images` → (H, W) pixels, RGBA as one number
        self._known: dict[bytes, int] = {}

    def add(self, picture: plot.Picture) -> int:
        """Store a picture; the number under which it stands in `layers`."""
        picture.canvas.draw()
        pixels = np.asarray(picture.canvas.buffer_rgba())
        key = pixels.tobytes()
        if key not in self._known:
            self._known[key] = len(self.layers)
            self.layers.append(self._store(pixels.copy()))
        return self._known[key]

    def _store(self, pixels: np.ndarray) -> list[int]:
        flat = pixels.view(np.uint32)[..., 0]
        differing = {place: flat != whole for place, whole in self._whole.items() if whole.shape == flat.shape}
        nearest = min(differing, key=lambda place: differing[place].mean(), default=None)
        if nearest is None or differing[nearest].mean() > _ALIKE:
            self._whole[len(self.images)] = flat
            self.images.append(_address(pixels[..., :3]))
            return [len(self.images) - 1]
        self.images.append(_address(np.where(differing[nearest][..., None], pixels, 0).astype(np.uint8)))
        return [nearest, len(self.images) - 1]


def _address(pixels: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="webp", lossless=True, exact=True)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
