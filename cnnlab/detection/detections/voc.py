"""Pascal VOC's label files: an XML file for each picture, corners in pixels, and lists of the splits.

Sources: M. Everingham and J. Winn, "The PASCAL Visual Object Classes Challenge 2012 Development Kit", section 8;
``libs/pascal_voc_io.py`` of labelImg.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cnnlab.common.errors import DataError
from cnnlab.data.pictures.layout import Parts
from cnnlab.data.pictures.names import shown as quoted
from cnnlab.data.pictures.split import same, split_named
from cnnlab.detection.detections.names import unprintable
from cnnlab.detection.detections.places import Shelf, content, lines, shown, text
from cnnlab.detection.detections.problems import counted
from cnnlab.detection.detections.rows import MOST_ROWS, Found, Labels, Row, flag
from cnnlab.detection.detections.yolo_lists import tidy_names

_MOST_BYTES = 5_000_000
_EAST_ASIAN = (
    "cp949", "euc_kr", "johab", "cp932", "shift_jis", "euc_jp", "gbk", "gb2312", "gb18030", "big5", "cp950",
)  # fmt: skip
_SIDES = ("xmin", "ymin", "xmax", "ymax")
LABEL_MAP = "labelmap.txt"  # CVAT's list of the classes: a line for each, name:colour:parts:actions
LABEL_MAP_HEAD = "# label:color_rgb:parts:actions"


def label_files(shelf: Shelf) -> list[Parts]:
    """The XML files that speak of a picture."""
    found = []
    for parts in shelf.ending(".xml"):
        try:
            start = content(shelf.path(parts), _MOST_BYTES)[:2000].replace(b"\0", b"")
        except DataError:
            start = b""
        if re.search(rb"<annotation[\s>]", start) or shelf.beside(parts):
            found.append(parts)
    return found


def find(shelf: Shelf, class_names: Sequence[str] | None, encoding: str | None) -> Found:
    """Read all label files of a folder."""
    classes = list(class_names) if class_names is not None else _label_map(shelf, encoding)
    read: dict[Parts, tuple[Labels, list[str]]] = {}
    for file in label_files(shelf):
        try:
            root = _parsed(file, shelf, encoding)
            picture = _picture(file, root, shelf)
            if picture is None:
                continue
            if picture in read:
                raise DataError(f"{shown(picture)} has its labels from {shown(read[picture][0].file)}")
            read[picture] = _objects(file, root, shelf)
        except DataError as error:
            shelf.problem(file, "", f"left out: {error}")
    if classes is None:
        classes = sorted({name for _, names in read.values() for name in names})
    number = {name: n for n, name in enumerate(classes)}
    found = Found(tuple(classes), splits=_splits(shelf))
    for picture, (labels, names) in read.items():
        rows = []
        for row, name in zip(labels.rows, names, strict=True):
            row.label = number.get(name, -1)
            if row.label >= 0:
                rows.append(row)
            else:
                shelf.problem(labels.file, row.where, f"left out: {quoted(name)} is none of the {len(classes)} classes")
        labels.rows = rows
        found.labels[picture] = labels
    return found


def _parsed(file: Parts, shelf: Shelf, encoding: str | None) -> Element:
    data = content(shelf.path(file), _MOST_BYTES)
    try:
        root = fromstring(_unicode(data, encoding))
    except DefusedXmlException:
        raise DataError("it defines entities or refers to other files, as no label file needs to") from None
    except ParseError as error:
        raise DataError(f"it is no XML ({error})") from None
    except (ValueError, LookupError, RecursionError) as error:  # of encodings that it says it has
        raise DataError(f"it is no XML ({str(error)[:100]})") from None
    if root.tag != "annotation":
        raise DataError(f"its outermost element must be <annotation>: <{str(root.tag)[:40]}>")
    return root


def _unicode(data: bytes, encoding: str | None) -> bytes | str:
    """XML that the parser can read: it knows no encoding of Chinese, Japanese or Korean."""
    says = re.match(rb"""\s*<\?xml[^>]*?encoding=["']([\w.-]+)["']""", data[:200])
    try:
        name = codecs.lookup(says[1].decode() if says else encoding or "utf-8").name
        return data.decode(name) if name in _EAST_ASIAN and (says or not _is_utf8(data)) else data
    except (LookupError, UnicodeError):
        return data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeError:
        return False
    return True


def _picture(file: Parts, root: Element, shelf: Shelf) -> Parts | None:
    """The picture a file speaks of, by the file's own name or else by the name in it; None if it cannot be opened."""
    written = (root.findtext("filename") or "").strip()
    found = shelf.beside(file)
    if len(found) != 1 and written:
        named = shelf.named(written, file[:-1])
        found = named if len(named) == 1 else found or named
    if len(found) != 1:
        objects = counted(len(root.findall("object")), "object")
        what = "several pictures fit it" if found else f"there is no picture {quoted(written or shown(file))}"
        raise DataError(f"with its {objects}, {what}")
    return found[0] if shelf.readable(found) else None


def _objects(file: Parts, root: Element, shelf: Shelf) -> tuple[Labels, list[str]]:
    """The rows of a file, and the name of each one's class."""
    labels, names = Labels(file), []
    size = root.find("size")
    if size is not None:
        labels.stated = (_number(size.findtext("height")), _number(size.findtext("width")))
    objects = root.findall("object")
    if len(objects) > MOST_ROWS:
        raise DataError(f"more than {MOST_ROWS:,} objects")
    shelf.take(len(objects))
    first = 1.0 if _counts_pixels(root) else 0.0
    for number, thing in enumerate(objects, 1):
        where = f"object {number}"
        try:
            name, corners = _named_box(thing)
        except ValueError as error:
            shelf.problem(file, where, f"left out: {error}")
            labels.unread += 1
            continue
        difficult = flag(thing.findtext("difficult"))
        if difficult is None:
            said = quoted(thing.findtext("difficult"))
            shelf.problem(file, where, f"noted: its difficult must be 0 or 1, and is taken for 0: {said}")
        corners = (corners[0] - first, corners[1] - first, corners[2], corners[3])
        labels.rows.append(Row(where, -1, corners, ignore=bool(difficult)))
        names.append(name)
    return labels, names


def _named_box(thing: Element) -> tuple[str, tuple[float, ...]]:
    """The name of an object's class, and its corners as they are written."""
    name, box = (thing.findtext("name") or "").strip(), thing.find("bndbox")
    if not name or any(map(unprintable, name)):
        raise ValueError("it has no <name>, or one in more than one line")
    if box is None:
        raise ValueError("it has no <bndbox>")
    corners = tuple(_number(box.findtext(side)) for side in _SIDES)
    for side, value in zip(_SIDES, corners, strict=True):
        if math.isnan(value):
            got = box.findtext(side)
            raise ValueError(f"its {side} is missing" if got is None else f"its {side} is no number: {quoted(got)}")
    return name, corners


def _counts_pixels(root: Element) -> bool:
    """Whether its numbers are pixel columns from 1 on, the last one included.

    So in the PASCAL challenge's own files, and in those of the library supervision, which keep to its definition.
    labelImg, CVAT and the others write edges, from 0 to the width, and do not name these data bases.
    """
    said = (root.findtext("source/database") or "").strip()
    by_supervision = said == "roboflow.ai" and root.findtext("folder") == "VOC" and root.find("path") is None
    return by_supervision or re.fullmatch(r"The VOC ?20\d\d Database", said) is not None


def _number(written: str | None) -> float:
    try:
        return float(written) if written is not None and len(written) <= 400 else math.nan
    except ValueError:
        return math.nan


def _label_map(shelf: Shelf, encoding: str | None) -> list[str] | None:
    """The classes in CVAT's list, without the background that it begins with; None where there is no list."""
    for file in shelf.ending(LABEL_MAP):
        try:
            names = [line for _, line in lines(text(shelf.path(file), _MOST_BYTES, encoding))]
            names = [name.rsplit(":", 3)[0] for name in names[names[:1] == [LABEL_MAP_HEAD] :]]
            return list(tidy_names(names[names[:1] == ["background"] :], file, shelf))
        except DataError as error:
            shelf.problem(file, "", f"left out: {error}")
    return None


def _splits(shelf: Shelf) -> dict[Parts, str]:
    """Picture → split, by the lists in ImageSets/Main: ``train.txt``, ``val.txt``, ``test.txt``, ``trainval.txt``."""
    splits: dict[Parts, str] = {}
    known: dict[Parts, dict[str, Parts]] = {}
    unread = {parts[-1] for parts in shelf.unread}
    lists = [p for p in shelf.ending(".txt") if len(p) > 2 and [*map(same, p[-3:-1])] == ["imagesets", "main"]]
    for file in sorted(lists, key=lambda parts: same(parts[-1]).startswith("trainval")):
        stem = file[-1][:-4]
        split, root = split_named(stem), file[:-3]
        if not split or not stem.isalpha():  # aeroplane_train.txt: a list for each class
            continue
        if root not in known:
            inside = {parts: shown(parts[len(root) :]).rpartition(".")[0] for parts in shelf.pictures}
            known[root] = {same(name.partition("/")[2]): p for p, name in inside.items() if p[: len(root)] == root}
        try:
            for number, line in lines(text(shelf.path(file), _MOST_BYTES)):
                picture = known[root].get(same(line))
                if picture is None:
                    if same(line).rpartition("/")[2] not in unread:
                        shelf.problem(file, f"line {number}", f"noted: there is no picture {quoted(line)}")
                elif splits.setdefault(picture, split) != split and not same(stem).startswith("trainval"):
                    where = splits[picture]
                    shelf.problem(
                        file, f"line {number}", f"noted: {quoted(line)} is in {where} as well: it stays there"
                    )
        except DataError as error:
            shelf.problem(file, "", f"left out: {error}")
    return splits
