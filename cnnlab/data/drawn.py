"""Labelled pictures drawn on the spot: what stands in, offline, for data sets that are no small files.

Picture number i of a split depends on i alone, so the first thousand are the same whether a thousand or all are asked
for. Nothing here is downloaded: the letters are set in the fonts that matplotlib ships, the shapes are drawn on crops
of the photos that scikit-image and scikit-learn ship.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cnnlab.data.photos import photo

ROWS = {"train": 5_000, "test": 1_000}
LETTERS = tuple("ABCDEFGHIJ")
SHAPES = ("disc", "ring", "square", "diamond", "triangle", "star", "cross", "crescent", "arrow", "bars")

_FACES = tuple(
    f"{family}{style}.ttf"
    for family, styles in (
        ("DejaVuSans", ("", "-Bold", "-Oblique", "-BoldOblique")),
        ("DejaVuSansMono", ("", "-Bold", "-Oblique", "-BoldOblique")),
        ("DejaVuSerif", ("", "-Bold", "-Italic", "-BoldItalic")),
        ("STIXGeneral", ("", "Bol", "Italic", "BolIta")),
        ("cm", ("r10", "b10", "ss10", "tt10")),
    )
    for style in styles
)
_PHOTOS = ("astronaut", "chelsea", "china", "coffee", "flower", "rocket")
_STREAM = {"train": 0, "test": 1}


def draw_letters(split: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The letters A to J in 20 fonts, light on dark, 28×28; turned, slanted, moved and sized at random.

    Parameters
    ----------
    split : ``"train"`` or ``"test"``
    rows : how many, the first ones

    Returns
    -------
    tuple
        Images (rows, 28, 28, 1) uint8 and labels (rows,) int64.

    Examples
    --------
    >>> images, labels = draw_letters("test", 3)
    >>> images.shape, labels.shape
    ((3, 28, 28, 1), (3,))
    """
    images, labels = np.empty((rows, 28, 28, 1), np.uint8), np.empty(rows, np.int64)
    for i in range(rows):
        rng = np.random.default_rng((_STREAM[split], i))
        labels[i] = rng.integers(len(LETTERS))
        page = Image.new("L", (56, 56))  # twice the size, so that edges come out grey
        font = _font(_FACES[rng.integers(len(_FACES))], int(rng.integers(30, 47)))
        ImageDraw.Draw(page).text((28, 28), LETTERS[labels[i]], fill=255, font=font, anchor="mm")
        turned = _turned(page, rng.uniform(-20, 20), rng.uniform(-0.25, 0.25), rng.uniform(-4, 4, size=2))
        images[i, ..., 0] = np.asarray(turned.resize((28, 28), Image.Resampling.BOX))
    return images, labels


def draw_shapes(split: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Ten coloured shapes on crops of photographs, 32×32; colour, place, size and angle say nothing about the class.

    Parameters
    ----------
    split : ``"train"`` or ``"test"``
    rows : how many, the first ones

    Returns
    -------
    tuple
        Images (rows, 32, 32, 3) uint8 and labels (rows,) int64.

    Examples
    --------
    >>> images, labels = draw_shapes("test", 3)
    >>> images.shape, labels.shape
    ((3, 32, 32, 3), (3,))
    """
    grounds = [photo(name) for name in _PHOTOS]
    images, labels = np.empty((rows, 32, 32, 3), np.uint8), np.empty(rows, np.int64)
    for i in range(rows):
        rng = np.random.default_rng((_STREAM[split], i))
        labels[i] = rng.integers(len(SHAPES))
        mask = _shape(SHAPES[labels[i]], rng.uniform(13, 21))
        turned = _turned(mask, rng.uniform(-20, 20), 0.0, rng.uniform(-9, 9, size=2))
        cover = np.asarray(turned.resize((32, 32), Image.Resampling.BOX))[..., None] / 255  # (32, 32, 1)
        ground = _crop(grounds[rng.integers(len(grounds))], rng)
        colour = rng.integers(0, 256, size=3)
        noise = rng.integers(-16, 17, size=(32, 32, 3))
        images[i] = np.clip(ground + (colour - ground) * cover + noise, 0, 255)
    return images, labels


@lru_cache(maxsize=len(_FACES) * 31)
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    import matplotlib

    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", face)), size)


def _turned(page: Image.Image, degrees: float, slant: float, shift: np.ndarray) -> Image.Image:
    """`page` turned about its centre, slanted, and moved by `shift` pixels (right, down)."""
    angle, middle = np.deg2rad(degrees), page.width / 2
    back = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ [[1, slant], [0, 1]]
    # PIL asks, for each pixel of the result, where it comes from.
    offset = middle - back @ (middle + shift)
    coefficients = (*back[0], offset[0], *back[1], offset[1])
    return page.transform(page.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)


def _crop(ground: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every second pixel of a random 64×64 piece of a photo, at half its contrast: (32, 32, 3)."""
    top, left = (int(rng.integers(side - 64)) for side in ground.shape[:2])
    piece = ground[top : top + 64 : 2, left : left + 64 : 2].astype(float)
    return piece.mean() + (piece - piece.mean()) * rng.uniform(0.4, 0.8)


def _shape(name: str, r: float) -> Image.Image:
    """A white shape of radius `r` in the middle of a black 64×64 page."""
    page = Image.new("L", (64, 64))
    pen, c = ImageDraw.Draw(page), 32.0

    def points(corners: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(c + r * x, c + r * y) for x, y in corners]

    def disc(radius: float, fill: int, x: float = 0.0) -> None:
        pen.ellipse((c + x - radius, c - radius, c + x + radius, c + radius), fill=fill)

    if name == "disc":
        disc(r, 255)
    elif name == "ring":
        disc(r, 255)
        disc(0.55 * r, 0)
    elif name == "crescent":
        disc(r, 255)
        disc(0.85 * r, 0, 0.5 * r)
    elif name == "bars":
        for y in (-0.75, 0.25):
            pen.polygon(points([(-1, y), (1, y), (1, y + 0.5), (-1, y + 0.5)]), fill=255)
    elif name == "star":
        angles, radii = np.arange(10) * np.pi / 5 - np.pi / 2, np.tile([1.15, 0.48], 5)
        pen.polygon(points([(a * np.cos(t), a * np.sin(t)) for t, a in zip(angles, radii, strict=True)]), fill=255)
    else:
        pen.polygon(points(_CORNERS[name]), fill=255)
    return page


_CORNERS = {
    "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "diamond": [(0, -1.15), (1.15, 0), (0, 1.15), (-1.15, 0)],
    "triangle": [(0, -1.1), (1.05, 0.8), (-1.05, 0.8)],
    "cross": [(-0.33, -1), (0.33, -1), (0.33, -0.33), (1, -0.33), (1, 0.33), (0.33, 0.33), (0.33, 1), (-0.33, 1),
              (-0.33, 0.33), (-1, 0.33), (-1, -0.33), (-0.33, -0.33)],
    "arrow": [(-1, -0.3), (0.1, -0.3), (0.1, -0.9), (1.1, 0), (0.1, 0.9), (0.1, 0.3), (-1, 0.3)],
}  # fmt: skip
