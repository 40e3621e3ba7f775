"""What the explorers of detection share: pictures as bytes, the lines of a grid, and the numbers of their boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlab.common.validate import check_rank
from cnnlab.detection.overlay import Place, free_place
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import Sheet, rectangle

TONES = np.uint8(0xF8)  # the bits that are drawn: 32 tones a channel make the PNG smaller and much quicker
PLATE = (0.2, 0.17)  # width and height of a box's number, in inches


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


def rulings(shown: Map, size: Sequence[int], rows: np.ndarray, columns: np.ndarray) -> list:
    """Lines over a picture of `size` (height, width), for `Sheet.lines`: across at `rows`, down at `columns`."""
    across = [(shown.corner(y, 0), shown.corner(y, size[1])) for y in rows]
    return across + [(shown.corner(0, x), shown.corner(size[0], x)) for x in columns]


def free_places(shown: Map, boxes: np.ndarray) -> list[Place]:
    """Where the plates of boxes (N, 4), in pixels, may stand, the best box first, so that none hides another.

    In a corner of its box, or further along the upper edge.
    """
    places: list[Place] = []
    width, height = PLATE
    for x1, y1, x2, y2 in boxes:
        (left, top), (right, bottom) = shown.corner(y1, x1), shown.corner(y2, x2)
        corners = [(left, top), (right - width, top), (left, bottom - height), (right - width, bottom - height)]
        corners += [(left + k * width, top) for k in range(1, len(boxes))]
        places.append(free_place([(x, y, x + width, y + height) for x, y in corners], places))
    return places


def plates(sheet: Sheet, places: Sequence[Place], colours: Sequence[str], ink: str) -> None:
    """Number boxes from 1 up, each on a plate of its colour."""
    for colour in dict.fromkeys(colours):
        own = [place for place, its in zip(places, colours, strict=True) if its == colour]
        sheet.shapes([rectangle(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in own], colour)
    middles = [((x1 + x2) / 2, (y1 + y2) / 2) for x1, y1, x2, y2 in places]
    sheet.stamp_all({str(number): [middle] for number, middle in enumerate(middles, 1)}, 8, ink)
