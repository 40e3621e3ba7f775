"""COCO's label files: one JSON for all pictures of a split, boxes as ``[x, y, width, height]`` in pixels.

Source: https://cocodataset.org/#format-data
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from cnnlab.common.errors import DataError
from cnnlab.data.pictures.layout import Parts
from cnnlab.data.pictures.names import shown as quoted
from cnnlab.data.pictures.split import split_named
from cnnlab.detection.detections.places import Shelf, brief, content, shown
from cnnlab.detection.detections.problems import counted
from cnnlab.detection.detections.rows import MOST_ROWS, Found, Labels, Row, flag
from cnnlab.detection.detections.yolo_lists import MOST_CLASSES, tidy_names

_MOST_BYTES = 200_000_000
_MOST_VALUES = 10_000_000  # what is between brackets and commas: a gigabyte of memory at the most
_LISTS = ("images", "annotations", "categories")
CORNERS = "xyxy"  # beside `bbox`, where x + width is not the right edge to the last bit


def label_files(shelf: Shelf) -> list[Parts]:
    """The JSON files that look like COCO's: with pictures and with annotations, whatever else is in them."""
    found = []
    for parts in shelf.ending(".json"):
        try:
            data = content(shelf.path(parts), _MOST_BYTES).replace(b"\0", b"")
        except DataError:
            continue
        if b'"images"' in data and b'"annotations"' in data:
            found.append(parts)
    return sorted(found, key=lambda parts: not parts[-1].startswith("instances"))


def find(shelf: Shelf, class_names: Sequence[str] | None, encoding: str | None) -> Found:
    """Read all label files of a folder; `encoding` is not used, since JSON is Unicode."""
    found = Found(tuple(class_names or ()))
    numbers = {name: n for n, name in enumerate(found.class_names)}
    files = label_files(shelf)
    for file in [*files, *(parts for parts in shelf.ending(".json") if parts not in files)]:
        try:
            said = _parsed(file, shelf)
            if file not in files:
                continue  # something else, but whole: a label file that is cut short would not be
            if not isinstance(said, dict) or not all(isinstance(said.get(name), list) for name in _LISTS):
                raise DataError('it must be an object with the lists "images", "annotations" and "categories"')
            shelf.take(len(said["annotations"]) + len(said["images"]))
            one = _File(file, said, shelf)
            classes = one.classes(numbers, fixed=class_names is not None)
            one.read(classes, found)
        except DataError as error:
            shelf.problem(file, "", f"left out: {error}")
    found.class_names = tuple(numbers)
    return found


def _parsed(file: Parts, shelf: Shelf) -> object:
    data = content(shelf.path(file), _MOST_BYTES)
    values = data.count(b",") + data.count(b"[") + data.count(b"{")
    if values > _MOST_VALUES:
        raise DataError(f"it has {values:,} values, and {_MOST_VALUES:,} are allowed")
    try:
        said = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except json.JSONDecodeError as error:
        raise DataError(f"it is no JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise DataError("it is no JSON of a data set: too many lists within lists") from None
    except ValueError as error:  # not Unicode, or a number of thousands of digits
        raise DataError(f"it is no JSON: {str(error)[:100]}") from None
    return said


class _File:
    """One JSON file while it is read."""

    def __init__(self, file: Parts, said: dict, shelf: Shelf) -> None:
        self.file, self.said, self.shelf = file, said, shelf
        stem = file[-1].rpartition(".")[0]
        self.split = split_named(stem) or shelf.split(file)

    def _note(self, where: str, rule: str) -> None:
        self.shelf.problem(self.file, where, rule)

    def _objects(self, name: str) -> Iterator[tuple[str, dict, object]]:
        """The objects of a list, each with its place and its id; what has no id is noted."""
        for n, one in enumerate(self.said[name]):
            where = f"{name}[{n}]"
            if not isinstance(one, dict):
                self._note(where, f"left out: it must be an object: {brief(one)}")
            elif (number := _id(one.get("id"))) is None and name != "annotations":
                self._note(where, f'left out: its "id" must be a number or a text: {brief(one.get("id"))}')
            else:
                yield where, one, number

    def classes(self, numbers: dict[str, int], fixed: bool) -> dict[int | str, int]:
        """Category's id → the number of its class. Adds the names to `numbers`; if these are `fixed`, others are -1."""
        named: dict[int | str, str] = {}
        if len(self.said["categories"]) > MOST_CLASSES:
            raise DataError(f"more than {MOST_CLASSES:,} categories")
        listed = sorted(self._objects("categories"), key=lambda one: (isinstance(one[2], str), one[2]))
        used = Counter(_id(one.get("category_id")) for one in self.said["annotations"] if isinstance(one, dict))
        above = {one.get("supercategory") for _, one, _ in listed if isinstance(one.get("supercategory"), str)}
        for where, one, number in listed:
            name = one.get("name")
            name = str(name) if isinstance(name, int) and not isinstance(name, bool) else name
            if number in named:
                self._note(where, f"left out: its id {number} is that of {quoted(named[number])} already")
            elif not isinstance(name, str) or not name.strip():
                self._note(where, f'left out: its "name" must be a text: {brief(name)}')
            elif name in above and not used[number] and one.get("supercategory") != name and len(listed) > 1:
                self._note(where, f"noted: {quoted(name)} is the group of the other classes, and no class")
            else:
                named[number] = name.strip()
        tidy = dict(zip(named, tidy_names([*named.values()], self.file, self.shelf), strict=True))
        if fixed:
            return {number: numbers.get(name, -1) for number, name in tidy.items()}
        return {number: numbers.setdefault(name, len(numbers)) for number, name in tidy.items()}

    def read(self, classes: dict[int | str, int], found: Found) -> None:
        """Add what the file says of the pictures that are here."""
        own: dict[int | str, Labels | None] = {}  # image's id → its labels; None where it is left out
        count = Counter(_id(one.get("image_id")) for one in self.said["annotations"] if isinstance(one, dict))
        for where, one, number in self._objects("images"):
            if number in own:
                self._note(where, f"left out: its id {number} is that of another image")
                continue
            own[number] = None
            name = one.get("file_name")
            if not isinstance(name, str) or not name.strip():
                self._note(where, f'left out: its "file_name" must be a text: {brief(name)}')
                continue
            pictures = self.shelf.named(name, self.file[:-1], self.split)
            if len(pictures) != 1:
                what = "several pictures fit" if pictures else "there is no picture"
                self._note(where, f"left out: with its {counted(count[number], 'annotation')}, {what} {quoted(name)}")
            elif pictures[0] in found.labels:
                by = shown(found.labels[pictures[0]].file)
                lost = counted(count[number], "annotation")
                self._note(where, f"left out: with its {lost}, {quoted(name)} has its labels from {by} already")
            elif self.shelf.readable(pictures):
                own[number] = found.labels[pictures[0]] = Labels(self.file, place=where)
                if one.get("width") is not None and one.get("height") is not None:
                    own[number].stated = (_real(one["height"]), _real(one["width"]))
                if self.split:
                    found.splits[pictures[0]] = self.split
        ids = set()
        for where, one, number in self._objects("annotations"):
            if number is not None and number in ids:
                self._note(where, f"noted: its id {number} is that of another annotation as well")
            ids.add(number)
            image = _id(one.get("image_id"))
            if image not in own:
                self._note(where, f'left out: its "image_id" {_is(one, "image_id", "none of the images")}')
                continue
            labels = own[image]
            if labels is None:
                continue  # its image is among the problems
            try:
                row = self._row(where, one, classes)
                if row.label >= 0:
                    labels.rows.append(row)
                else:  # of a class that was not asked for: not to be found, but read
                    self._note(
                        where, f"left out: its class is none of the {len(found.class_names)} that were asked for"
                    )
            except ValueError as error:
                self._note(where, f"left out: {error}")
                labels.unread += 1
        for picture, labels in list(found.labels.items()):
            if labels.file == self.file and len(labels.rows) > MOST_ROWS:
                self._note(labels.place, f"left out: it has more than {MOST_ROWS:,} annotations")
                del found.labels[picture]

    def _row(self, where: str, one: dict, classes: dict[int | str, int]) -> Row:
        category = _id(one.get("category_id"))
        if category not in classes:
            raise ValueError(f'its "category_id" {_is(one, "category_id", "none of the classes")}')
        numbers = one.get("bbox") or _around(one.get("segmentation"))
        if not one.get("bbox") and numbers:
            self._note(where, 'noted: its "bbox" is missing: the box around its polygons is taken')
        box = [_real(number) for number in numbers] if isinstance(numbers, list) and len(numbers) == 4 else []
        if not box or any(map(math.isnan, box)):
            raise ValueError(f'its "bbox" {_is(one, "bbox", "no list of 4 numbers")}')
        corners = (box[0], box[1], box[0] + box[2], box[1] + box[3])
        exact = one.get(CORNERS)
        if isinstance(exact, list) and len(exact) == 4:
            exact = tuple(map(_real, exact))
            if all(abs(a - b) <= 1e-9 * max(1, abs(a)) for a, b in zip(exact, corners, strict=True)):
                corners = exact
        flags = {name: flag(one.get(name)) for name in ("iscrowd", "ignore")}
        for name in (name for name, value in flags.items() if value is None):
            self._note(where, f'noted: its "{name}" must be 0 or 1, and is taken for 0: {brief(one[name])}')
        area = _real(one.get("area"))
        area = area if 0 <= area < 1e300 else None
        return Row(where, classes[category], corners, bool(flags["iscrowd"]), bool(flags["ignore"]), area)


def _is(one: dict, name: str, what: str) -> str:
    return f"is {what}: {brief(one[name])}" if name in one else "is missing"


def _around(polygons: object) -> list[float]:
    """The box x, y, width, height around a list of polygons; empty where it is none."""
    if not isinstance(polygons, list) or not all(isinstance(one, list) for one in polygons):
        return []
    numbers = [_real(number) for one in polygons for number in one]
    across, down = numbers[::2], numbers[1::2]
    if not down or len(across) != len(down) or not all(map(math.isfinite, numbers)):
        return []
    return [min(across), min(down), max(across) - min(across), max(down) - min(down)]


def _id(value: object) -> int | str | None:
    """What tells images and categories apart: a whole number, also if it is written ``3.0`` or ``"3"``, or a text."""
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"0|[1-9]\d{0,17}", value, re.ASCII) else value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _real(value: object) -> float:
    """A number, also where it is written as a text; NaN for anything else."""
    try:
        if isinstance(value, str) and len(value) <= 64:
            return float(value)
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf
