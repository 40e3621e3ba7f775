"""A row of a label file, held against its picture: turned, scaled, clipped or left out, and each said."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from cnnlab.data.pictures.layout import Parts
from cnnlab.detection.detections.places import Shelf
from cnnlab.detection.detections.problems import KEPT, counted
from cnnlab.detection.detections.records import GroundTruth

MOST_ROWS = 10_000  # of one picture
_FLAGS = {"1": True, "true": True, "1.0": True} | dict.fromkeys(("0", "false", "0.0", "", "none", "unspecified"), False)
_ROUNDING = 0.1  # pixels by which a box may leave its picture unsaid: what decimals with few digits do
_SAME_SHAPE = 0.01  # by how much two sizes may differ in shape, where one is the other made smaller


@dataclass
class Row:
    """A box as a label file has it, corners in pixels, and where it stands there."""

    where: str
    label: int
    box: tuple[float, float, float, float]
    crowd: bool = False
    ignore: bool = False
    area: float | None = None


@dataclass
class Labels:
    """What is said of one picture, in which file; `stated` is the (height, width) that it says the picture has.

    `unread` counts the rows that say nothing because they cannot be read: they are not among the `rows`.
    """

    file: Parts
    rows: list[Row] = field(default_factory=list)
    unread: int = 0
    stated: tuple[float, float] | None = None
    place: str = ""  # of the picture in the file


@dataclass
class Found:
    """What the reader of a format has found: pictures that are labelled, and the splits that it knows of."""

    class_names: tuple[str, ...] = ()
    labels: dict[Parts, Labels] = field(default_factory=dict)
    splits: dict[Parts, str] = field(default_factory=dict)


def flag(value: object) -> bool | None:
    """Yes or no as label files say it; None for anything else.

    >>> flag(1), flag("true"), flag("Unspecified"), flag(None), flag(2)
    (True, True, False, False, None)
    """
    return _FLAGS.get(str(value).strip().lower()) if not isinstance(value, (list, dict)) else None


def settle(labels: Labels, size: tuple[int, int, int], shelf: Shelf) -> GroundTruth:
    """The boxes that are in a picture, of what a label file says is in it; the rest goes to the shelf's problems.

    A row whose corners cannot be a box's is taken from the `rows`, and counted among the unread ones.

    Parameters
    ----------
    labels : with rows whose labels are known to be classes
    size : the picture's height, width and EXIF orientation
    """
    rows = _as_stated(labels, size, shelf)
    rows = labels.rows = [row for row in rows if _has_corners(row, labels, shelf)]
    if labels.unread and not rows:
        rule = f"noted: none of its {counted(labels.unread, 'row')} could be read, so its picture is not labelled"
        shelf.problem(labels.file, labels.place, rule)
    kept = [(row, box) for row in rows if (box := _within(row, size, labels.file, shelf)) is not None]
    if not kept:
        return GroundTruth([], [])
    boxes = np.array([box for _, box in kept])
    own = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    areas = [area if row.area is None else row.area for (row, _), area in zip(kept, own, strict=True)]
    return GroundTruth(
        boxes,
        np.array([row.label for row, _ in kept], np.int64),
        crowd=np.array([row.crowd for row, _ in kept]),
        ignore=np.array([row.ignore for row, _ in kept]),
        areas=np.array(areas),
    )


def _as_stated(labels: Labels, size: tuple[int, int, int], shelf: Shelf) -> list[Row]:
    """The rows in pixels of the upright picture, where the file says that they were meant for another."""
    height, width, turn = size
    if labels.stated is None or labels.stated == (height, width):
        return labels.rows
    tall, wide = labels.stated
    says, has = f"it says that the picture has {wide:g} × {tall:g} pixels", f"it has {width} × {height}"

    def note(rule: str) -> None:
        shelf.problem(labels.file, labels.place or "size", f"noted: {says}, {rule}")

    if turn >= 5 and (wide, tall) == (height, width):
        note("which is its size before it is turned as its EXIF says: its boxes are turned with it")
        return _changed(labels.rows, lambda box: turned(box, turn, height, width), 1.0)
    if not (0 < tall < math.inf and 0 < wide < math.inf):
        note(f"which cannot be; {has}, and the boxes are taken as pixels of that")
    elif abs(height * wide - width * tall) <= _SAME_SHAPE * width * tall:
        note(f"but {has}: its boxes are scaled by that")
        across, down = width / wide, height / tall
        scale = (across, down, across, down)
        return _changed(labels.rows, lambda box: tuple(np.multiply(box, scale).tolist()), across * down)
    else:
        note(f"but {has}, another shape: its boxes are taken as pixels of the picture as it is")
    return labels.rows


def _changed(rows: list[Row], move: object, area: float) -> list[Row]:
    return [
        Row(row.where, row.label, move(row.box), row.crowd, row.ignore, None if row.area is None else row.area * area)
        for row in rows
    ]


def turned(box: tuple[float, float, float, float], turn: int, height: int, width: int) -> tuple[float, ...]:
    """A box of the picture as it is stored, in the upright picture of `height` and `width`, for EXIF's turns 5 to 8.

    >>> turned((1, 2, 3, 6), 6, 20, 10)  # a quarter turn clockwise: what was at the top is on the right
    (4, 1, 8, 3)
    """
    x1, y1, x2, y2 = box
    across = (width - y2, width - y1) if turn in (6, 7) else (y1, y2)
    down = (height - x2, height - x1) if turn in (7, 8) else (x1, x2)
    return across[0], down[0], across[1], down[1]


def _says(row: Row) -> str:
    x1, y1, x2, y2 = (f"{round(number, 2):.10g}" for number in row.box)
    return f"x {x1} … {x2}, y {y1} … {y2}"


def _has_corners(row: Row, labels: Labels, shelf: Shelf) -> bool:
    x1, y1, x2, y2 = row.box
    if all(map(math.isfinite, row.box)) and x1 <= x2 and y1 <= y2:
        return True
    rule = "not all of its numbers are finite"
    if all(map(math.isfinite, row.box)):
        rule = f"its {'width' if x2 < x1 else 'height'} is negative"
    shelf.problem(labels.file, row.where, f"left out: {rule}: {_says(row)}")
    labels.unread += 1
    return False


def _within(row: Row, size: tuple[int, int, int], file: Parts, shelf: Shelf) -> tuple[float, ...] | None:
    """The box, cut off at the picture's edges; None where nothing is left, and why is noted."""
    height, width, _ = size
    x1, y1, x2, y2 = row.box
    cut = (max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height)))
    flat = x1 == x2 or y1 == y2
    if cut[0] > cut[2] or cut[1] > cut[3] or (not flat and (cut[0] == cut[2] or cut[1] == cut[3])):
        rule = f"left out: it is outside the picture of {width} × {height} pixels"
        return shelf.problem(file, row.where, f"{rule}: {_says(row)}")
    if flat:
        row.ignore = True
        shelf.problem(file, row.where, f"{KEPT}: it has no area: {_says(row)}")
    beyond = max(abs(a - b) for a, b in zip(cut, row.box, strict=True))
    if beyond > 0 and row.area is not None:
        row.area = min(row.area, (cut[2] - cut[0]) * (cut[3] - cut[1]))
    if beyond > _ROUNDING:
        rule = f"clipped: it leaves the picture of {width} × {height} pixels by {beyond:.4g}"
        shelf.problem(file, row.where, f"{rule}: {_says(row)}")
    return cut
