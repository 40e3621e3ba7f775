"""Many pictures that differ little, stored small and exactly: whole ones, and what lies on top of them."""

from __future__ import annotations

import base64
import hashlib
import io

import numpy as np
from PIL import Image
from scipy.ndimage import maximum_filter

from cnnlab import plot

_MOST_LAYERS = 4  # of one picture: more save next to nothing, and a browser has to unpack each
_ALIKE = 0.7  # of the pixels may be kept of a picture that is laid upon another
_BLOCK = 4  # pixels: the side of the squares that are kept or left out
_ROWS = 3  # one row in so many is looked at to find the picture that is most alike


class StackedPictures:
    """A store of pictures, each once: those that come late are stored as what differs from an earlier one.

    Attributes
    ----------
    images : addresses (``data:image/webp;base64,…``) of whole pictures, and of differences on a transparent ground
    stacks : for each picture, the places in `images` of what lies on top of each other, from below

    Notes
    -----
    Nothing is lost: WebP is written without loss, and laid on each other the images are the picture, pixel for pixel.
    A whole picture takes two fifths of the PNG's bytes, a difference usually a tenth.
    """

    def __init__(self) -> None:
        self.images: list[str] = []
        self.stacks: list[list[int]] = []
        self._pixels: list[np.ndarray] = []  # of each picture: (H, W), red, green, blue and opacity as one number
        self._known: dict[bytes, int] = {}

    @property
    def size(self) -> int:
        """Characters of all addresses."""
        return sum(map(len, self.images))

    def add(self, picture: plot.Picture) -> int:
        """Store a picture; its place in `stacks`, which equal pictures share."""
        picture.canvas.draw()
        pixels = np.array(picture.canvas.buffer_rgba()).view(np.uint32)[..., 0]
        key = hashlib.sha256(pixels).digest()
        if key not in self._known:
            self._known[key] = len(self.stacks)
            self.stacks.append(self._stack(pixels))
            self._pixels.append(pixels)
        return self._known[key]

    def _stack(self, pixels: np.ndarray) -> list[int]:
        self.images.append("")
        top = len(self.images) - 1
        below = self._most_alike(pixels)
        kept = None if below is None else _around(pixels != self._pixels[below])
        if kept is None or kept.mean() > _ALIKE:
            self.images[top] = _address(pixels)
            return [top]
        self.images[top] = _address(np.where(kept, pixels, 0))  # 0 is transparent
        return [*self.stacks[below], top]

    def _most_alike(self, pixels: np.ndarray) -> int | None:
        """The picture on which these pixels are best laid, if there is one of their size."""
        there = (n for n, stack in enumerate(self.stacks) if len(stack) < _MOST_LAYERS)
        fits = (n for n in there if self._pixels[n].shape == pixels.shape)
        return min(fits, key=lambda n: np.count_nonzero(self._pixels[n][::_ROWS] != pixels[::_ROWS]), default=None)


def _around(differs: np.ndarray) -> np.ndarray:
    """The squares in which something differs and their neighbours.

    A browser that shrinks a layer mixes each pixel with those beside it; so where a layer ends, it must be equal to
    what lies below. At half the size no pixel is mixed across the side of a square.
    """
    height, width = differs.shape
    rows, columns = np.arange(0, height, _BLOCK), np.arange(0, width, _BLOCK)
    squares = np.logical_or.reduceat(np.logical_or.reduceat(differs, rows, axis=0), columns, axis=1)
    kept = maximum_filter(squares, 3)
    return kept.repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)[:height, :width]


def _address(pixels: np.ndarray) -> str:
    rgba = pixels.view(np.uint8).reshape(*pixels.shape, 4)
    image = Image.fromarray(rgba if (rgba[..., 3] < 255).any() else rgba[..., :3])
    buffer = io.BytesIO()
    image.save(buffer, format="webp", lossless=True, exact=True)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
