"""YOLO's label files: a line for each box, ``class x y width height``, the centre and the size as parts of the picture.

For each picture there is a ``.txt`` of the same name, in the folder ``labels`` beside ``images`` or in its own folder.
"""

from __future__ import annotations

import decimal
import itertools
import math
import re
from collections.abc import Sequence

from cnnlab.common.errors import DataError
from cnnlab.data.pictures.layout import Parts
from cnnlab.data.pictures.names import shown as quoted
from cnnlab.detection.detections.places import Shelf, content, lines, shown
from cnnlab.detection.detections.problems import counted
from cnnlab.detection.detections.rows import MOST_ROWS, Found, Labels, Row
from cnnlab.detection.detections.yolo_lists import MOST_CLASSES, ClassList, class_list, splits_of

_MOST_BYTES = 10_000_000
_LONGEST = 64  # characters of a number
_BEYOND = 0.1  # of a side, by which a polygon may leave its picture
_PRECISE = decimal.Context(prec=80, traps=[])  # without traps what is no number becomes NaN
# The first line of a label file: a class, and numbers behind it.
_ROW = re.compile(r"\s*\d+(\.0*)?([ \t]+[-+]?[\d.][\d.eE+-]*){4}")


def label_files(shelf: Shelf) -> list[Parts]:
    """The files that hold labels: named as a picture, or filled with rows.

    None, where neither a row nor a list of classes nor a folder of labels says that they are YOLO's: a text beside a
    picture may be a caption.
    """
    found, sure = [], is_listed(shelf)
    for parts in shelf.ending(".txt"):
        try:
            start = _text(shelf, parts)[:2000]
        except DataError:
            start = "?"
        named, looks = bool(shelf.beside(parts)), _ROW.match(start) is not None
        if named or looks:
            found.append(parts)
        sure = sure or looks or (named and (shelf.in_labels(parts) or not start.strip()))
    return found if sure else []


def is_listed(shelf: Shelf) -> bool:
    """Whether a file lists classes as YOLO's programs do."""
    return any(name in ("data.yaml", "obj.data", "obj.names", "classes.txt") for *_, name in shelf.files)


def find(shelf: Shelf, class_names: Sequence[str] | None, encoding: str | None) -> Found:
    """Read all label files of a folder."""
    files = label_files(shelf)
    classes = class_list(shelf, encoding) if class_names is None else ClassList(tuple(class_names))
    found = Found(splits=splits_of(shelf, classes))
    numbers: set[int] = set()  # of all classes that the rows name
    claimed = {picture for file in files for picture in shelf.beside(file)}
    for file in files:
        beside = shelf.beside(file) or _alone(file, claimed, shelf)
        pictures = shelf.readable(beside)
        if len(beside) == 1 and not pictures:
            continue  # its picture is among the problems
        try:
            if len(beside) != 1:
                raise DataError(_lost(file, beside or shelf.elsewhere(file), shelf))
            found.labels[pictures[0]] = _read(file, pictures[0], shelf, classes, numbers)
        except DataError as error:
            shelf.problem(file, "", f"left out: {error}")
    found.class_names = classes.names
    if classes.names is None:
        found.class_names = tuple(map(str, range(max(numbers, default=-1) + 1)))
        shelf.problem((), "", "noted: no list of the classes is there: they are called 0, 1 … Pass `class_names`")
    elif 0 not in numbers and max(numbers, default=0) == len(classes.names):
        rule = f"no row has class 0 and some have class {len(classes.names)}: the numbers look as if they began with 1"
        shelf.problem((), "", f"noted: {rule}. If they do, pass `class_names` with one more name before the others")
    return found


def _alone(file: Parts, claimed: set[Parts], shelf: Shelf) -> list[Parts]:
    """The picture of a label file's name in another folder, if there is one only, and it has no label file itself."""
    found = [one for one in shelf.elsewhere(file) if shelf.split(file) in ("", shelf.split(one))]
    if len(found) != 1 or found[0] in claimed:
        return []
    shelf.problem(file, "", f"noted: its picture is in another folder, {shown(found[0])}")
    return found


def _lost(file: Parts, pictures: list[Parts], shelf: Shelf) -> str:
    """Why a file is left out that fits no picture, or several."""
    rows = counted(sum(1 for _ in lines(_text(shelf, file))), "row")
    names = " and ".join(map(shown, pictures[:2])) + (" and others" if len(pictures) > 2 else "")
    if shelf.beside(file):
        return f"with its {rows}, it could be for {names}, since their names differ in their ending only"
    elsewhere = f", but in another folder {names}" if pictures else ""
    return f"with its {rows}, there is no picture of this name{elsewhere}"


def _text(shelf: Shelf, file: Parts) -> str:
    """A label file as text. What is no Unicode becomes a sign that no number has."""
    data = content(shelf.path(file), _MOST_BYTES)
    unicode = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(unicode, "replace")


def _read(file: Parts, picture: Parts, shelf: Shelf, classes: ClassList, seen: set[int]) -> Labels:
    """The rows of a file; the classes that they name are added to `seen`."""
    height, width, _ = shelf.pictures[picture]
    labels, rows = Labels(file), list(itertools.islice(lines(_text(shelf, file)), MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise DataError(f"more than {MOST_ROWS:,} lines")
    shelf.take(len(rows))
    for number, line in rows:
        where = f"line {number}"
        try:
            label, numbers, joints = _numbers(line, classes)
            seen.add(label)
            if classes.names is not None and label >= len(classes.names):
                last = len(classes.names) - 1
                raise ValueError(f"its class {label} is none of the {len(classes.names)}, 0 … {last}")
            box = pixels(numbers, width, height) if len(numbers) == 4 else _around(numbers, width, height)
            if max(map(abs, box)) > 4 * max(width, height):
                raise ValueError(f"its numbers must be parts of the picture, 0 … 1: {quoted(line)}")
        except ValueError as error:
            shelf.problem(file, where, f"left out: {error}")
            labels.unread += 1
            continue
        if len(numbers) != 4 or joints:
            shelf.problem(file, where, f"noted: {_taken(numbers, joints)}")
        labels.rows.append(Row(where, label, box))
    return labels


def _taken(numbers: list[str], joints: int) -> str:
    """What a row of more than four numbers was taken for."""
    say = f"If so, say kpt_shape: [{joints}, 3] in data.yaml"
    if len(numbers) == 4:
        return f"a box; the {3 * joints} numbers behind it look like key points and are not read. {say}"
    polygon = f"a polygon of {len(numbers) // 2} corners, taken as the box around it"
    return f"{polygon}; it could be a box with key points. {say}" if joints else polygon


def _numbers(line: str, classes: ClassList) -> tuple[int, list[str], int]:
    """The class of a line, and the four numbers of its box or the corners of its polygon as they are written.

    The last is how many key points there may be behind the box, of which no data.yaml speaks: each is x, y and a 0, 1
    or 2 that says how well it is seen. It is no polygon if the numbers are odd, or a 2 among them is far outside.
    """
    first, *numbers = line.split()
    if len(numbers) < 4:
        raise ValueError(f"a row is a class and four numbers, and this is: {quoted(line)}")
    label = _number(first)
    if label != label or not 0 <= label < MOST_CLASSES or label != int(label):
        raise ValueError(f"its class must be a whole number from 0 on: {quoted(first)}")
    joints = (len(numbers) - 4) // 3 if len(numbers) % 3 == 1 and {*map(_number, numbers[6::3])} <= {0, 1, 2} else 0
    if len(numbers) == 5 or len(numbers) == 4 + classes.keypoints:
        numbers, joints = numbers[:4], 0  # behind the box: how sure a network was, or the joints of a body
    elif joints and (len(numbers) % 2 or max(map(_number, numbers[6::3])) == 2):
        numbers = numbers[:4]
    elif len(numbers) != 4 and (len(numbers) < 6 or len(numbers) % 2):
        raise ValueError(f"a box has 4 numbers and a polygon 6, 8, 10 …; this row has {len(numbers)} behind its class")
    for number in numbers:
        if not math.isfinite(_number(number)):
            raise ValueError(f"{quoted(number)} is no finite number")
    if len(numbers) > 4 and not all(-_BEYOND <= _number(number) <= 1 + _BEYOND for number in numbers):
        raise ValueError(
            f"no polygon: a corner is far outside the picture, {quoted(line)}. If these are key points, say kpt_shape "
            "in data.yaml"
        )
    return int(label), numbers, joints


def _number(word: str) -> float:
    try:
        return float(word) if len(word) <= _LONGEST else math.nan
    except ValueError:
        return math.nan


def pixels(numbers: Sequence[str], width: int, height: int) -> tuple[float, float, float, float]:
    """The corners in pixels of a box that is given by its centre and its size as parts of the picture.

    The arithmetic is done on the decimals as they are written, and rounded once.

    >>> pixels(("0.5", "0.5", "0.2", "0.1"), 640, 480)
    (256.0, 216.0, 384.0, 264.0)
    """
    x, y, wide, tall = map(_PRECISE.create_decimal, numbers)
    return (
        _edge(_PRECISE.subtract, x, wide, width),
        _edge(_PRECISE.subtract, y, tall, height),
        _edge(_PRECISE.add, x, wide, width),
        _edge(_PRECISE.add, y, tall, height),
    )


def _edge(way: object, centre: decimal.Decimal, size: decimal.Decimal, side: int) -> float:
    half = _PRECISE.divide(size, decimal.Decimal(2))
    return float(_PRECISE.multiply(way(centre, half), decimal.Decimal(side)))


def _around(numbers: Sequence[str], width: int, height: int) -> tuple[float, float, float, float]:
    across, down = [_number(n) * width for n in numbers[::2]], [_number(n) * height for n in numbers[1::2]]
    return min(across), min(down), max(across), max(down)


def decimals(low: float, high: float, side: int) -> tuple[str, str]:
    """Centre and size of a stretch of pixels as parts of a side: the fewest digits, 6 at least, that give it back.

    Numbers below 1e-30 pixel may come back as others.

    >>> decimals(260, 491, 640)
    ('0.58671875', '0.36093750')
    """
    exact_low, exact_high = decimal.Decimal(low), decimal.Decimal(high)
    centre = _PRECISE.divide(_PRECISE.add(exact_low, exact_high), decimal.Decimal(2 * side))
    size = _PRECISE.divide(_PRECISE.subtract(exact_high, exact_low), decimal.Decimal(side))
    for digits in (6, 7, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 40, 50, 60):
        x = decimal.Decimal(f"{centre:.{digits}f}")
        wide = decimal.Decimal(f"{size:.{digits}f}") if low else 2 * x  # so that nothing is left of x - width / 2
        if _edge(_PRECISE.subtract, x, wide, side) == low and _edge(_PRECISE.add, x, wide, side) == high:
            break
    return str(x), str(wide)
