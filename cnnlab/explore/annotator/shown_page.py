"""One picture with its boxes, drawn and in words: what a page without a kernel shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from cnnlab import plot
from cnnlab.explore.annotator.album import Album
from cnnlab.explore.annotator.rows import Row
from cnnlab.explore.base.wording import cut
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import Sheet

SHOWN = 560  # the longest side of a picture on the screen, in pixels
_MOST_ZOOM = 8.0  # of a small picture
LONGEST = 18  # characters of a class name in the picture


def shown_size(size: tuple[int, int]) -> tuple[int, int]:
    """Height and width on the screen of a picture of this height and width.

    >>> shown_size((3000, 4000)), shown_size((180, 240)), shown_size((20, 20))
    ((420, 560), (420, 560), (160, 160))
    """
    zoom = min(SHOWN / max(size), _MOST_ZOOM)
    return max(1, round(size[0] * zoom)), max(1, round(size[1] * zoom))


def drawn(
    pixels: Image.Image,
    size: tuple[int, int],
    rows: Sequence[Row],
    class_names: Sequence[str],
    selected: int,
    alt: str,
) -> plot.Picture:
    """The picture with the boxes of `rows`, each with its number and class, the selected one with a thick line.

    `size` is the height and width that the boxes are measured in, `selected` a number from 1, or 0.
    """
    height, width = (side / plot.SHOWN_DPI for side in shown_size(size))
    picture = plot.Picture(width, height, alt=alt)
    page = Map(Sheet(picture), np.asarray(pixels), (0, 0), (width, height))
    scale = np.tile([pixels.width / size[1], pixels.height / size[0]], 2)
    boxes = [row for row in rows if row.box is not None]
    for number, row in enumerate(boxes, 1):
        colour = plot.PALETTE[row.label % len(plot.PALETTE)]
        page.outline(np.array([row.box]) * scale, colour, 4.0 if number == selected else 2.0)
    if boxes:
        words = [f"{number} {cut(class_names[row.label], LONGEST)}" for number, row in enumerate(boxes, 1)]
        page.tags(np.array([row.box for row in boxes]) * scale, words, size=9.5)
    return picture


def in_words(album: Album, file: str, rows: Sequence[Row]) -> str:
    """A picture's place in the folder, whether it is labelled, and its boxes with their corners."""
    height, width = album.sizes[file]
    lines = [
        f"Picture {album.files.index(file) + 1} of {len(album.files)}: {file}, {width} × {height} pixels. "
        + album.counted()
    ]
    boxes = [row for row in rows if row.box is not None]
    kept = [(line, row) for line, row in enumerate(rows, 1) if row.reason]
    if not album.is_labelled(file):
        lines.append("It is not labelled yet.")
    elif not boxes and not kept:
        lines.append("It is labelled as empty: nothing is in it.")
    for number, row in enumerate(boxes, 1):
        x1, y1, x2, y2 = row.box
        lines.append(f"{number} {album.class_names[row.label]}: x from {x1:g} to {x2:g}, y from {y1:g} to {y2:g}.")
    for line, row in kept:
        lines.append(f"{album.label_name(file)}, line {line} is kept as it is: {row.reason}.")
    return "\n".join([*lines, *(f"Left out: {note.file}, {note.reason}." for note in album.skipped)])
