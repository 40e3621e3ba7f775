"""A sheet of paper measured in inches, for explorers that redraw a whole page of numbers at every key press.

Axes, ticks and `Text` objects cost most of a small figure's time, and a page like the shape explorer's needs none of
them: it is cells, frames and characters at known places. Later marks cover earlier ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backend_bases import RendererBase
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, IdentityTransform

from cnnlab import plot
from cnnlab.common import fonts
from cnnlab.plot import Picture

INK = "#222222"
MONO_ADVANCE = 0.60205  # width of one DejaVu Sans Mono character, as a part of the font's size
_DIGIT_HEIGHT = 0.729  # of DejaVu's digits and capitals, as a part of the font's size
_DASHES = (0, (2, 1.4))


class Sheet:
    """Marks on a `Picture`, placed in inches from its top left corner, y downwards.

    Parameters
    ----------
    picture : the figure to draw on

    Examples
    --------
    >>> sheet = Sheet(Picture(4, 2, alt="The word seven."))
    >>> sheet.write(0.5, 1.0, "seven")
    >>> len(sheet.picture.artists)
    1
    """

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        height = picture.get_size_inches()[1]
        self._inches = Affine2D().scale(1, -1).translate(0, height) + picture.dpi_scale_trans
        self._last_text: tuple[str, PathCollection] | None = None  # its colour, while nothing else has come on top

    def paint(self, pixels: np.ndarray, left: float, top: float, width: float, height: float) -> None:
        """(H, W, 3) or (H, W, 4) bytes stretched over a rectangle, under all marks; no pixel is smoothed."""
        dots, tall = self.picture.dpi, self.picture.get_size_inches()[1]
        x0, x1 = round(left * dots), round((left + width) * dots)
        y0, y1 = round((tall - top - height) * dots), round((tall - top) * dots)  # upwards
        up = np.arange(y1 - y0)[::-1] * pixels.shape[0] // (y1 - y0)  # the lowest row first
        across = np.arange(x1 - x0) * pixels.shape[1] // (x1 - x0)
        whole = np.full((*pixels.shape[:2], 4), 255, np.uint8)
        whole[..., : pixels.shape[2]] = pixels
        stretched = whole.view(np.uint32)[:, across][up]  # a pixel's four bytes as one number: several times quicker
        self.picture.add_artist(_Bitmap(stretched.view(np.uint8), x0, y0))

    def cells(self, colours: np.ndarray, left: float, top: float, cell: float, edge: str = "#A8B0BA") -> None:
        """A grid of square cells with sides of `cell`, each with its RGB colour from the (H, W, 3) array."""
        rows, columns = np.indices(colours.shape[:2]).reshape(2, -1)
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])  # (4, 2), x before y
        squares = np.stack([columns, rows], axis=-1)[:, None] + corners  # (H*W, 4, 2)
        style = {"facecolors": colours.reshape(-1, 3), "edgecolors": edge, "linewidths": 0.7}
        self._add(PolyCollection(np.array([left, top]) + cell * squares, **style))

    def box(
        self, x: float, y: float, width: float, height: float, edge: str, *, fill: str = "none", line: float = 1.0,
        dashed: bool = False,
    ) -> None:  # fmt: skip
        """A rectangle with its top left corner at (x, y); `line` is its outline's width in points."""
        style = {"linestyle": _DASHES} if dashed else {}
        self._add(Rectangle((x, y), width, height, facecolor=fill, edgecolor=edge, linewidth=line, **style))

    def lines(self, segments: Sequence, colour: str, line: float = 1.0) -> None:
        """Straight lines, each ``((x, y), (x, y))``."""
        self._add(LineCollection(segments, colors=colour, linewidths=line))

    def shapes(self, corners: Sequence, colour: str, *, line: float = 0.0) -> None:
        """Polygons, each a list of corners: filled, or outlined with `line` points."""
        face, edge = (colour, "none") if not line else ("none", colour)
        self._add(PolyCollection(corners, facecolors=face, edgecolors=edge, linewidths=line))

    def stamp(self, text: str, places: Sequence[tuple[float, float]], size: float, colour: str = INK) -> None:
        """The same few characters centred on many places."""
        self.stamp_all({text: places}, size, colour)

    def stamp_all(self, places: Mapping[str, Sequence[tuple[float, float]]], size: float, colour: str = INK) -> None:
        """Several words, each centred on its places, as one mark: far quicker than one for each word."""
        paths = {word: _centred(self.picture.drawable(word), round(size, 1)) for word in places if word.strip()}
        marks = [(path, place) for word, path in paths.items() for place in places[word]]
        if marks:
            self._add_text(*zip(*marks, strict=True), colour)

    def write(
        self, x: float, y: float, text: str, size: float = 10.0, colour: str = INK, *, bold: bool = False,
        mono: bool = False,
    ) -> None:  # fmt: skip
        """A line of text that starts at `x`, with the middle of its digits at `y`."""
        self._add_text([_outline(self.picture.drawable(text), size, bold, mono)], [(x, y)], colour)

    def write_all(self, lines: Sequence[tuple[float, float, str]], size: float, *, mono: bool = False) -> None:
        """Many lines of text, each ``(x, y, text)`` as in `write`, as one mark: quicker than one for each line."""
        drawn = [_outline(self.picture.drawable(text), size, False, mono) for _, _, text in lines]
        self._add_text(drawn, [line[:2] for line in lines], INK)

    def _add(self, mark: Artist) -> None:
        self._last_text = None
        mark.set_transform(self._inches)
        self.picture.add_artist(mark)

    def _add_text(self, paths: Sequence[Path], places: Sequence[tuple[float, float]], colour: str) -> None:
        colour = plot.ink(colour)
        if self._last_text is not None and self._last_text[0] == colour:  # one mark for all: most of a mark's time is
            marks = self._last_text[1]  # spent on making it
            marks.set_paths([*marks.get_paths(), *paths])
            marks.set_offsets(np.concatenate([marks.get_offsets(), places]))
            return
        # Size 1 draws the path, which is in points, as it is; only its place is in the sheet's inches.
        marks = PathCollection(
            paths, sizes=[1.0], offsets=places, offset_transform=self._inches, facecolors=colour, linewidths=0
        )
        marks.set_transform(IdentityTransform())
        self.picture.add_artist(marks)
        self._last_text = colour, marks


class _Bitmap(Artist):
    """Pixels as they are: matplotlib's own images are resampled at every draw, which takes most of the time."""

    def __init__(self, pixels: np.ndarray, left: int, bottom: int) -> None:
        super().__init__()
        self.set_zorder(-1)
        self._pixels, self._left, self._bottom = pixels, left, bottom  # (H, W, 4) uint8, lowest row first

    def draw(self, renderer: RendererBase) -> None:
        """Copy the pixels into the drawing."""
        context = renderer.new_gc()
        renderer.draw_image(context, self._left, self._bottom, self._pixels)
        context.restore()


def rectangle(x: float, y: float, width: float, height: float) -> list[tuple[float, float]]:
    """The corners of a rectangle with its top left corner at (x, y), for `Sheet.shapes`."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def disc(x: float, y: float, radius: float, corners: int = 16) -> list[tuple[float, float]]:
    """The corners of a polygon around (x, y) that looks like a disc; one of four stands upright, as a square does."""
    angles = (np.arange(corners) + 0.5) * 2 * np.pi / corners
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles.tolist()]


@lru_cache(maxsize=1024)
def _outline(text: str, size: float, bold: bool, mono: bool) -> Path:
    """The outline of `text` in points, y upwards, starting at x = 0 with the middle of its digits at y = 0."""
    family = ["DejaVu Sans Mono"] if mono else []
    if not mono or not fonts.in_base(text):
        family += fonts.families(text) or ()
    font = FontProperties(family=family, weight="bold" if bold else "normal")
    return TextPath((0, -_DIGIT_HEIGHT / 2 * size), text, size=size, prop=font)


@lru_cache(maxsize=256)
def _centred(text: str, size: float) -> Path:
    path = _outline(text, size, False, False)
    box = path.get_extents()
    return path.transformed(Affine2D().translate(-(box.x0 + box.x1) / 2, 0))
