"""The feature maps of any layer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import keras
import numpy as np

from cnnlab import plot
from cnnlab.explore.base.controls import choice, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import by
from cnnlab.explore.drawing.arrays import Map, shades
from cnnlab.explore.drawing.sheet import Sheet
from cnnlab.explore.networks.model_pictures import Pictures
from cnnlab.models import ledger
from cnnlab.seeing import activations

_PAGE, _COLUMNS, _GAP = 36, 6, 2  # maps a page, maps a row, pixels between maps
_RIM = "#888888"  # around a picture, which may be as white as the page


class FeatureMaps(Explorer):
    """Any layer of any model, map by map: what lights up, and which part of the picture the strongest value saw.

    Parameters
    ----------
    model
        Sequential or functional, models within it included, with one input of pictures; by default a network whose
        weights were written by hand. Its answers are read once: after more training, build a new explorer
    images : (N, H, W, C) or one picture (H, W, C), as the model takes them, at most 40; grey photos by default
    titles : a name for each picture
    shown : the pictures as people should see them, where the model wants them otherwise; uint8 or 0–1

    Raises
    ------
    TypeError, ValueError
        If the model cannot be opened or the pictures do not fit it; the message says why.

    Examples
    --------
    >>> explorer = FeatureMaps()
    >>> print(explorer.set(layer="pool", channel=2).describe().splitlines()[0])
    Picture china, layer pool: 8 maps of 47×47; this is map 2.
    """

    picture = choice(lambda it: it._pictures.choices())
    layer = choice(lambda it: it._pictures.layers)
    channel = whole(0, lambda it: it.maps().shape[-1] - 1, label="map")
    listed = {"layer": None, "channel": range(8)}

    def __init__(
        self,
        model: keras.Model | None = None,
        images: np.ndarray | None = None,
        *,
        titles: Sequence[str] | None = None,
        shown: np.ndarray | None = None,
    ) -> None:
        self._pictures = Pictures(model, images, titles, shown)
        book = ledger.ledger(self._pictures.model, self._pictures.images.shape[1:])
        self._fields = {row.name: row.receptive_field for row in book if row.name in self._pictures.layers}
        self._maps = lru_cache(maxsize=8)(self._all_maps)  # so that going back is quick
        super().__init__()

    def adjust(self, changed: str | None) -> None:
        """Begin with the map of a layer that answers most strongly."""
        if changed in (None, "layer"):
            self.controls["channel"].value = int(self.maps().max(axis=(0, 1)).argmax())

    def maps(self) -> np.ndarray:
        """The maps (h, w, C) of the chosen layer for the chosen picture."""
        return self._maps(self.picture)[self.layer]

    def _all_maps(self, picture: int) -> dict[str, np.ndarray]:
        found = activations.feature_maps(self._pictures.model, self._pictures.images[picture], self._pictures.layers)
        return {name: maps[0] for name, maps in found.items()}

    def strongest(self) -> tuple[int, int]:
        """Row and column of the largest value in the chosen map."""
        chosen = self.maps()[..., self.channel]
        return tuple(map(int, np.unravel_index(chosen.argmax(), chosen.shape)))

    def window(self) -> tuple[int, int, int, int] | None:
        """First row, last row, first and last column that the strongest value sees; None where it is not defined."""
        field = self._fields[self.layer]
        if field is None:
            return None
        height, width = self._pictures.images.shape[1:3]
        if isinstance(field, str):
            return 0, height - 1, 0, width - 1
        edges = []
        for axis, index, n in zip(field, self.strongest(), (height, width), strict=True):
            first = axis.offset + index * axis.stride
            edges += [max(first, 0), min(first + axis.size, n) - 1]
        return tuple(edges)

    def describe(self) -> str:
        maps, title = self.maps(), self._pictures.titles[self.picture]
        height, width, channels = maps.shape
        chosen, (row, column) = maps[..., self.channel], self.strongest()
        peaks = maps.max(axis=(0, 1))
        order = np.argsort(-peaks, kind="stable")[:3]
        silent = int((maps == 0).all(axis=(0, 1)).sum())
        lines = [
            f"Picture {title}, layer {self.layer}: {channels} maps of {height}×{width}; this is map {self.channel}.",
            f"Its largest value is {plot.measured(chosen[row, column])}, at row {row}, column {column}.",
            self._seen_words(),
            f"{100 * (chosen == 0).mean():.0f} % of the map is zero; its mean is {plot.measured(chosen.mean())}.",
            "Largest values in this layer: " + ", ".join(f"map {c} {plot.measured(peaks[c])}" for c in order) + ".",
        ]
        if silent:
            lines.append(f"{silent} of the {channels} maps {'is' if silent == 1 else 'are'} zero everywhere.")
        return "\n".join(lines)

    def _seen_words(self) -> str:
        window = self.window()
        if window is None:
            return "Which part of the picture it sees is not defined for this layer."
        top, bottom, left, right = window
        size = f"{bottom - top + 1}×{right - left + 1} pixels"
        return f"It sees rows {top} to {bottom}, columns {left} to {right} of the picture: {size} (orange frame)."

    def figure(self) -> plot.Picture:
        picture = plot.Picture(10, 4.1, alt=self.describe())
        sheet = Sheet(picture)
        maps = self.maps()
        seen = Map(sheet, self._pictures.shown[self.picture], (0.15, 0.55), 3.0)
        seen.title(f"picture: {self._pictures.titles[self.picture]}")
        seen.frame(0, 0, *self._pictures.images.shape[1:3], _RIM)
        if (window := self.window()) is not None:
            top, bottom, left, right = window
            seen.frame(top, left, bottom - top + 1, right - left + 1, plot.ORANGE)
        row, column = self.strongest()
        chosen = Map(sheet, shades(maps[..., self.channel]), (3.4, 0.55), 3.0)
        chosen.title(f"{self.layer}, map {self.channel}: {by(maps.shape[:2])}, its own brightness")
        chosen.frame(row, column, 1, 1, plot.ORANGE)
        self._draw_page(sheet, maps)
        value = maps[row, column, self.channel]
        words = f"largest value {plot.measured(value)} at row {row}, column {column} (orange)"
        sheet.stamp(words, [(4.9, 3.78)], 9)
        if window is not None:
            sheet.stamp(f"what it saw: rows {top}–{bottom}, columns {left}–{right}", [(1.65, 3.78)], 9)
        return picture

    def _draw_page(self, sheet: Sheet, maps: np.ndarray) -> None:
        """All maps of the layer, or the 36 around the chosen one, in the brightness of the whole layer."""
        height, width, channels = maps.shape
        first = self.channel // _PAGE * _PAGE
        shown = range(first, min(first + _PAGE, channels))
        columns = min(_COLUMNS, int(np.ceil(np.sqrt(len(shown)))))
        rows = -(-len(shown) // columns)
        gap = max(_GAP, max(height, width) // 20)
        tall, wide = height + gap, width + gap
        pixels = np.full((rows * tall, columns * wide, 4), 255, np.uint8)
        coloured = shades(maps[..., first : shown.stop].reshape(height, -1)).reshape(height, width, len(shown), 4)
        for number in range(len(shown)):
            top, left = number // columns * tall, number % columns * wide
            pixels[top : top + height, left : left + width] = coloured[:, :, number]
        page = Map(sheet, pixels, (6.65, 0.55), 3.2)
        page.title(f"maps {first} to {shown.stop - 1} of {channels}, one brightness")
        place = self.channel - first
        page.frame(place // columns * tall, place % columns * wide, height, width, plot.ORANGE)
