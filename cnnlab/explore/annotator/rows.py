"""The lines of one YOLO label file: boxes that can be changed, and lines that are only kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cnnlab.detection.detections.yolo_txt import decimals, pixels

Box = tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels

_COLUMNS = 5  # class, centre x, centre y, width, height; the last four as parts of the picture's sides


@dataclass(frozen=True)
class Row:
    """One line. Its text is written back as it was read, until its box or class is changed.

    Attributes
    ----------
    text : the line, without its end
    box : x1, y1, x2, y2 in pixels, inside the picture; None for a line that is only kept
    label : number of the class
    reason : why a line is only kept; empty for a box and for a line without text
    """

    text: str
    box: Box | None = None
    label: int = -1
    reason: str = ""


def parse(data: bytes, size: tuple[int, int], classes: int) -> tuple[Row, ...]:
    """Read the lines of a label file.

    Parameters
    ----------
    data : the file's bytes
    size : height and width of its picture, in pixels
    classes : how many classes there are

    Examples
    --------
    >>> rows = parse(b"1 0.5 0.5 0.2 0.1\\n0 0.1 0.1 0.9 0.1 0.9 0.9\\n", size=(100, 200), classes=2)
    >>> rows[0].box, rows[0].label
    ((80.0, 45.0, 120.0, 55.0), 1)
    >>> rows[1].reason
    '7 columns, and a box has 5'
    """
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    if not lines[-1]:
        lines.pop()
    return tuple(_row(line, size, classes) for line in lines)


def written(rows: Sequence[Row]) -> bytes:
    """The bytes of a label file.

    >>> written([Row("1 0.5 0.5 0.2 0.1"), Row("# mine")])
    b'1 0.5 0.5 0.2 0.1\\n# mine\\n'
    """
    return "".join(f"{row.text}\n" for row in rows).encode("utf-8", "surrogateescape")


def row_of(box: Sequence[float], label: int, size: tuple[int, int]) -> Row:
    """The line for a box.

    Parameters
    ----------
    box : x1, y1, x2, y2 in pixels, inside the picture
    label : number of the class
    size : height and width of the picture

    Examples
    --------
    >>> row_of((80, 45, 120, 55), 1, (100, 200)).text
    '1 0.500000 0.500000 0.200000 0.100000'
    """
    x1, y1, x2, y2 = map(float, box)
    (x, width), (y, height) = decimals(x1, x2, size[1]), decimals(y1, y2, size[0])
    return Row(" ".join([str(label), x, y, width, height]), (x1, y1, x2, y2), label)


def _row(line: str, size: tuple[int, int], classes: int) -> Row:
    words = line.lstrip("\ufeff").split()
    if not words:
        return Row(line)
    if len(words) != _COLUMNS:
        return Row(line, reason=f"{len(words)} column{'s' * (len(words) != 1)}, and a box has {_COLUMNS}")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return Row(line, reason="not all of it is numbers")
    if not all(map(math.isfinite, numbers)):
        return Row(line, reason="not all of it is finite numbers")
    if not numbers[0].is_integer() or not 0 <= numbers[0] < classes:
        return Row(line, reason=f"class {words[0]}, and the classes are numbered 0 to {classes - 1}")
    height, width = size
    x1, y1, x2, y2 = pixels(words[1:], width, height)
    box = max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height))
    if box[0] >= box[2] or box[1] >= box[3]:
        return Row(line, reason="no area inside the picture")
    return Row(line, box, int(numbers[0]))
