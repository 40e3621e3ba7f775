"""A picture on a sheet, with boxes on top that are given in the picture's own pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlab.common.validate import check_rank
from cnnlab.detection.overlay import Place, free_place
from cnnlab.explore.drawing.sheet import INK, Sheet

_CASING = "#FFFFFF"  # under every outline, so that it shows on dark and on light ground
_TONES = np.uint8(0xF8)  # 32 a channel
PLATE = (0.2, 0.17)  # width and height of a box's number, in inches
_LETTER = 0.0088  # inches a character takes for each point of its size, about


def as_bytes(image: object, name: str = "image") -> np.ndarray:
    """`image`, (H, W) or (H, W, 3), uint8 or floats from 0 to 1, as (H, W, 3) uint8.

    Raises
    ------
    TypeError, ValueError
        If it has another shape, holds other numbers, or is empty.

    Examples
    --------
    >>> as_bytes(np.ones((2, 3)))[0, 0].tolist()
    [255, 255, 255]
    """
    array = check_rank(image, name, {2: "(H, W)", 3: "(H, W, 3)"})
    if array.size == 0 or (array.ndim == 3 and array.shape[-1] != 3):
        raise ValueError(f"`{name}` must have shape (H, W) or (H, W, 3). Received: shape {array.shape}")
    if array.dtype != np.uint8:
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise ValueError(
                f"`{name}` must hold bytes, or numbers from 0 to 1. "
                f"Received: {array.dtype} from {array.min():g} to {array.max():g}"
            )
        array = np.rint(255.0 * array).astype(np.uint8)
    return array if array.ndim == 3 else np.repeat(array[..., None], 3, axis=-1)


class Overlay:
    """A picture fitted into a rectangle of a sheet.

    Parameters
    ----------
    image : (H, W, 3) uint8, as from `as_bytes`
    left, top, width, height : the rectangle, in inches; the picture keeps its proportions and stands in its middle
    """

    def __init__(self, image: np.ndarray, left: float, top: float, width: float, height: float) -> None:
        rows, columns = image.shape[:2]
        self.scale = min(width / columns, height / rows)  # inches a pixel
        self.width, self.height = columns * self.scale, rows * self.scale
        self.left, self.top = left + (width - self.width) / 2, top + (height - self.height) / 2
        self._shown = image & _TONES  # fewer tones make the PNG smaller and much quicker

    def draw(self, sheet: Sheet) -> None:
        """Put the picture on the sheet, under all marks."""
        sheet.paint(self._shown, self.left, self.top, self.width, self.height)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """A point of the picture, in inches on the sheet."""
        return self.left + x * self.scale, self.top + y * self.scale

    def outline(self, sheet: Sheet, boxes: np.ndarray, colour: str, line: float, *, casing: bool = True) -> None:
        """The outlines of boxes, (N, 4) xyxy in pixels, `line` points wide."""
        if not len(boxes):
            return
        x, y = self.left + boxes[:, [0, 2]] * self.scale, self.top + boxes[:, [1, 3]] * self.scale
        corners = np.stack([x[:, [0, 1, 1, 0]], y[:, [0, 0, 1, 1]]], axis=-1)  # (N, 4 corners, 2)
        if casing:
            sheet.shapes(corners, _CASING, line=line + 1.6)
        sheet.shapes(corners, colour, line=line)

    def dashed(self, sheet: Sheet, boxes: np.ndarray, colour: str, line: float) -> None:
        """The same with dashes: one mark a box, so for a few of them."""
        for x1, y1, x2, y2 in boxes:
            corner, size = self.place(x1, y1), ((x2 - x1) * self.scale, (y2 - y1) * self.scale)
            sheet.box(*corner, *size, _CASING, line=line + 1.2)
            sheet.box(*corner, *size, colour, line=line, dashed=True)

    def tags(self, sheet: Sheet, boxes: np.ndarray, words: Sequence[str], size: float = 8.5) -> None:
        """A small white label in the top left corner of each box, moved inside where the picture ends."""
        lines = []
        for (x1, y1, _, _), word in zip(boxes, words, strict=True):
            width, height = _LETTER * size * len(word) + 0.06, size * 0.0195
            x, y = self.place(x1, y1)
            x = min(max(x, self.left), self.left + self.width - width)
            y = min(max(y, self.top), self.top + self.height - height)
            sheet.box(x, y, width, height, "none", fill="#FFFFFFE0")
            lines.append((x + 0.03, y + height / 2, word))
        if lines:
            sheet.write_all(lines, size)


def plates(boxes: np.ndarray) -> list[Place]:
    """Where the numbers of boxes (N, 4) may stand, in inches, the best box first, so that none hides another.

    In a corner of its box, or further along the upper edge.
    """
    places: list[Place] = []
    width, height = PLATE
    for x1, y1, x2, y2 in boxes:
        corners = [(x1, y1), (x2 - width, y1), (x1, y2 - height), (x2 - width, y2 - height)]
        corners += [(x1 + k * width, y1) for k in range(1, len(boxes))]
        places.append(free_place([(x, y, x + width, y + height) for x, y in corners], places))
    return places


def bar(sheet: Sheet, left: float, top: float, width: float, share: float, colour: str, height: float = 0.16) -> None:
    """A share from 0 to 1 as a filled bar in a frame."""
    sheet.box(left, top, width, height, "none", fill="#E8EBEF")
    sheet.box(left, top, width * min(max(share, 0.0), 1.0), height, "none", fill=colour)
    sheet.box(left, top, width, height, INK, line=0.8)
