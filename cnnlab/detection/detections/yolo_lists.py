"""What lies beside YOLO's label files: the names of the classes, and which pictures belong to which split.

Ultralytics and Roboflow write both into ``data.yaml``, Darknet and CVAT into ``obj.data`` and ``obj.names``, labelImg
and Label Studio the names into ``classes.txt``. The paths in them may lead anywhere: only those files count that lie
below the folder that is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from cnnlab.common.errors import DataError
from cnnlab.data.pictures.layout import Parts
from cnnlab.data.pictures.names import shown as quoted
from cnnlab.data.pictures.split import same
from cnnlab.detection.detections.names import unprintable
from cnnlab.detection.detections.places import Shelf, brief, lines, shown, text

MOST_CLASSES = 10_000
_MOST_BYTES = 1_000_000
_MOST_YAML = 200_000  # bytes: PyYAML takes seconds for that
_MOST_LISTED = 20_000_000  # bytes of a list of pictures
_SPLITS = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}
_NOTHING = ("", "~", "null")  # as YAML writes that nothing is said
_NAMES = ("classes.txt", "predefined_classes.txt", "_darknet.labels", ".names", "labels.txt", "names.txt")


@dataclass
class ClassList:
    """The names of the classes, None where no file has them, and where the pictures of each split are said to be."""

    names: tuple[str, ...] | None = None
    keypoints: int = 0  # numbers that follow each box where the data set is one of bodies and their joints
    paths: list[tuple[Parts, str, str, str]] = field(default_factory=list)  # file, key, split, path
    files: list[Parts] = field(default_factory=list)  # where the names stand


def class_list(shelf: Shelf, encoding: str | None) -> ClassList:
    """Find the names of the classes. Two lists that differ are refused: one label would have two meanings.

    A YAML file that is not called data.yaml, and says neither where pictures are nor how many classes there are, may be
    about something else: its ``names`` count where there is no other list.
    """
    found = ClassList()
    lists: list[tuple[bool, Parts, tuple[str, ...]]] = []  # may be about something else, file, names
    for file in [*shelf.ending(".yaml", ".yml"), *shelf.ending(*_NAMES), *shelf.ending(".data")]:
        if file[-1].lower().endswith(".txt") and shelf.beside(file):
            continue  # labels of a picture of this name
        try:
            doubtful, names = _read(file, shelf, found, encoding)
        except DataError as error:
            shelf.problem(file, "", f"left out: {error}")
            continue
        lists += [(doubtful, file, names)] if names else []
    for doubtful, file, names in sorted(lists, key=lambda one: one[0]):
        if found.names is None:
            found.names, known_from, unsure = names, file, doubtful
        elif names != found.names and doubtful and not unsure:
            rule = (
                f"noted: its names are not those in {shown(known_from)}, and it says nothing of pictures: passed over"
            )
            shelf.problem(file, "names", rule)
            continue
        elif names != found.names:
            raise DataError(
                f"the classes are {_few(found.names)} in {shown(known_from)} and {_few(names)} in {shown(file)}: "
                "take one away, or pass `class_names`"
            )
        found.files.append(file)
    return found


def _read(file: Parts, shelf: Shelf, found: ClassList, encoding: str | None) -> tuple[bool, tuple[str, ...]]:
    """Whether a file may be about something else, and the names in it; what else it says goes to `found`."""
    is_yaml = file[-1].lower().endswith((".yaml", ".yml"))
    written = text(shelf.path(file), _MOST_YAML if is_yaml else _MOST_BYTES, encoding)
    if file[-1].lower().endswith(".data"):
        pairs = (line.partition("=") for _, line in lines(written))
        found.paths += [(file, k.strip(), _SPLITS[k.strip()], v) for k, _, v in pairs if k.strip() in _SPLITS]
        return False, ()
    if not is_yaml:
        return False, tidy_names([line for _, line in lines(written)], file, shelf)
    said = _yaml(written)
    if not isinstance(said, dict) or not ("names" in said or _SPLITS.keys() & said.keys()):
        return True, ()
    root = said.get("path") if isinstance(said.get("path"), str) else ""
    paths = [(file, name, _SPLITS[name], f"{root}/{path}") for name in _SPLITS for path in _strings(said.get(name))]
    found.paths += paths
    shape = said.get("kpt_shape")
    if isinstance(shape, list) and len(shape) == 2 and all(isinstance(n, str) and n.isdecimal() for n in shape):
        found.keypoints = min(int(shape[0][:4]), 1000) * min(int(shape[1][:4]), 3)
    names = _names(said.get("names"), file, shelf)
    if names and isinstance(said.get("nc"), str) and said["nc"].strip() != str(len(names)):
        shelf.problem(file, "nc", f"noted: it says {quoted(said['nc'])} classes, and names {len(names)}")
    return not (paths or "nc" in said or same(file[-1]) in ("data.yaml", "data.yml")), names


def _yaml(written: str) -> object:
    """YAML with every value as the text that it is: a class may be called ``no``, ``1.0`` or ``2021-01-01``.

    PyYAML's base loader makes nothing of a value and knows no merging of keys, by which a small file can grow large.
    """
    try:
        return yaml.load(written, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        at = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise DataError(f"it is no YAML: {error.problem or error.context}{at}") from None
    except RecursionError:
        raise DataError("it is no YAML of a data set: too many lists within lists") from None
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise DataError(f"it is no YAML: {str(error).splitlines()[0][:100]}") from None


def _strings(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and one.lower() not in (*_NOTHING, "true", "false")]


def _names(value: object, file: Parts, shelf: Shelf) -> tuple[str, ...]:
    """The classes' names from a list, or from a mapping of their numbers."""
    if isinstance(value, dict):
        numbers = {}
        for number, name in value.items():
            if isinstance(number, str) and number.isascii() and number.isdecimal() and len(number) <= 5:
                numbers[int(number)] = name
            else:
                shelf.problem(file, "names", f"left out: a class's number must be 0, 1, 2 …: {quoted(str(number))}")
        value = [numbers.get(n, str(n)) for n in range(max(numbers, default=-1) + 1)]
    if isinstance(value, str):  # "[a, b]" in quotes, or one name
        value = None if value.lower() in _NOTHING or not value.strip("[] ") else value.strip("[] ").split(",")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise DataError(f"names must be a list of the classes' names: {brief(value)}")
    return tidy_names([name if isinstance(name, str) else brief(name) for name in value], file, shelf)


def tidy_names(names: list[str], file: Parts, shelf: Shelf) -> tuple[str, ...]:
    """Names that can stand in a file, each once; what that changes is noted."""
    if len(names) > MOST_CLASSES:
        raise DataError(f"more than {MOST_CLASSES:,} classes")
    tidy: list[str] = []
    taken: set[str] = set()
    for number, written in enumerate(names):
        name = "".join(" " if unprintable(c) else c for c in written).strip() or str(number)
        if name in taken:
            name = next(one for n in range(len(names) + 1) if (one := f"{name} ({number + n})") not in taken)
        if name != written.strip():
            shelf.problem(file, f"class {number}", f"noted: {quoted(written)} is called {quoted(name)} here")
        tidy.append(name)
        taken.add(name)
    return tuple(tidy)


def splits_of(shelf: Shelf, classes: ClassList) -> dict[Parts, str]:
    """Picture → split, as far as ``data.yaml`` or ``obj.data`` say it with paths that lead somewhere here."""
    splits: dict[Parts, str] = {}
    for file, name, split, path in classes.paths:
        place = _place(path, file[:-1], shelf)
        if place is None:
            shelf.problem(file, name, f"noted: nothing here is at {quoted(path.strip('/'))}")
            continue
        is_list = place in shelf.files
        pictures = list(_listed(place, shelf)) if is_list else [p for p in shelf.pictures if p[: len(place)] == place]
        twice = sorted({splits[one] for one in pictures if splits.get(one, split) != split})
        if twice:
            shelf.problem(file, name, f"noted: names pictures that {twice[0]} names as well: they stay there")
        for picture in pictures:
            splits.setdefault(picture, split)
    return splits


def _place(path: str, base: Parts, shelf: Shelf) -> Parts | None:
    """The folder of pictures, or the list of them, that a path leads to. The path may begin outside of what is here."""
    pieces = [piece for piece in same(path.strip().replace("\\", "/")).split("/") if piece not in ("", ".", "..")]
    places = shelf.folders() | {tuple(map(same, parts)): parts for parts in shelf.ending(".txt")}
    base = tuple(map(same, base))
    ends = [end for n in range(len(pieces) + (not pieces)) for end in ((*base, *pieces[n:]), tuple(pieces[n:]))]
    return next((places[end] for end in ends if end in places), None)


def _listed(file: Parts, shelf: Shelf) -> Iterator[Parts]:
    try:
        for number, line in lines(text(shelf.path(file), _MOST_LISTED)):
            found = shelf.named(line, file[:-1])
            if len(found) == 1:
                yield from shelf.readable(found)
            else:
                what = "several pictures" if found else "no picture that is here"
                shelf.problem(file, f"line {number}", f"noted: names {what}: {quoted(line)}")
    except DataError as error:
        shelf.problem(file, "", f"left out: {error}")


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:4])[:120] + (" …" if len(names) > 4 else "")
