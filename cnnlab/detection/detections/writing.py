"""A data set of boxes → a folder in the format of COCO, YOLO or Pascal VOC: whole, or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections import Counter
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import numpy as np
import yaml
from PIL import Image

from cnnlab.common.errors import DataError, cause
from cnnlab.common.validate import check_choice
from cnnlab.data.pictures.names import LONGEST
from cnnlab.data.pictures.split import same
from cnnlab.detection.detections.coco import CORNERS
from cnnlab.detection.detections.dataset import BoxDataset
from cnnlab.detection.detections.names import unprintable
from cnnlab.detection.detections.records import GroundTruth
from cnnlab.detection.detections.voc import LABEL_MAP, LABEL_MAP_HEAD
from cnnlab.detection.detections.yolo_txt import decimals

_FOLDERS = {"train": "train", "validation": "valid", "test": "test", "": ""}  # as Roboflow calls them
_LISTS = {"train": "train.txt", "validation": "val.txt", "test": "test.txt", "": "default.txt"}  # as VOC does


def write(data: BoxDataset, folder: str | os.PathLike, format: str = "coco") -> Path:
    """Write pictures and boxes as a data set that labelling tools, training programs and `read` take.

    Parameters
    ----------
    data : at least one picture
    folder : a new folder, or an empty one. It is there whole or not at all
    format
        ``"coco"``: for each split a folder with its pictures and ``_annotations.coco.json``; ``"yolo"``: ``images`` and
        ``labels`` in a folder for each split, and ``data.yaml``; ``"voc"``: ``JPEGImages``, ``Annotations``,
        ``ImageSets/Main`` and CVAT's ``labelmap.txt``

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    TypeError, ValueError
        No data set, an unknown format, boxes with a flag that the format cannot hold: ``crowd`` needs COCO, ``ignore``
        COCO or VOC (of a box without area `read` knows it anyway).
    DataError
        If the folder is not empty or cannot be written, or a picture is not there any more.

    Notes
    -----
    Files are copied as they are; arrays become PNG. Two pictures of the same name get their folders' names before it.
    What is read back is equal: boxes to the last bit, labels, flags, classes, splits, and which pictures are labelled;
    areas that are not the box's own in COCO only, groups in none. A number has as many decimals as that takes: YOLO's
    parts of a side at least 6 (a coordinate below 1e-30 pixel may change). Where x + width does not give COCO's right
    edge to the last bit, ``xyxy`` beside ``bbox`` holds it. VOC's numbers are edges, as labelImg and CVAT write them; a
    program that takes VOC's own definition (pixel columns from 1) reads them one pixel to the left and up.

    Examples
    --------
    >>> import tempfile
    >>> from cnnlab.detection.detections import GroundTruth, read
    >>> image = np.zeros((48, 64, 3), np.uint8)
    >>> data = BoxDataset.of([image], [GroundTruth([[8, 12, 40, 36]], [0])], ["nut"], files=["tray.png"])
    >>> with tempfile.TemporaryDirectory() as here:
    ...     folder = write(data, Path(here, "out"), "yolo")
    ...     (folder / "labels" / "tray.txt").read_text(), read(folder).truths[0].boxes
    ('0 0.375000 0.500000 0.500000 0.500000\\n', array([[ 8., 12., 40., 36.]]))
    """
    if not isinstance(data, BoxDataset):
        raise TypeError(f"`data` must be a BoxDataset. Received: {type(data).__name__}")
    check_choice(format, "format", tuple(_WRITERS))
    if not len(data):
        raise ValueError("`data` must have a picture. Received: none")
    _check_flags(data, format)
    folder = Path(os.path.abspath(folder))
    if not folder.name or "\0" in folder.name:
        raise ValueError(f"`folder` must name a new or an empty folder. Received: {str(folder)!r}")
    made = [above for above in folder.parents if not above.exists()]
    unfinished = folder.with_name(f".{folder.name[:LONGEST]}.{secrets.token_hex(4)}.part")
    try:
        if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir() or any(folder.iterdir())):
            raise DataError(f"{folder.name} is there, and no empty folder: name a new one")
        unfinished.mkdir(parents=True)
        _WRITERS[format](data, unfinished, _names(data))
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    except OSError as error:
        raise DataError(f"the folder {folder.name} was not written: {cause(error)}") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        for above in made:  # those that are empty: where it went wrong
            with contextlib.suppress(OSError):
                above.rmdir()
    return folder


def _check_flags(data: BoxDataset, format: str) -> None:
    for flag, formats in (("crowd", ("coco",)), ("ignore", ("coco", "voc"))):
        for file, truth in zip(data.files, data.truths, strict=True):
            if format not in formats and (getattr(truth, flag) & _has_area(truth)).any():
                raise ValueError(
                    f"`format` {format!r} cannot hold the flag `{flag}`, which a box of {file!r} has. Write "
                    f"{' or '.join(map(repr, formats))}, or leave those boxes out: dataclasses.replace(data, "
                    f"truths=[truth[~truth.{flag}] for truth in data.truths])"
                )


def _has_area(truth: GroundTruth) -> np.ndarray:
    """(N,) False for the boxes that `read` flags by itself, since they have no area."""
    return (truth.boxes[:, :2] < truth.boxes[:, 2:]).all(axis=1)


def _names(data: BoxDataset) -> list[str]:
    """A name for each picture that no other has, with or without its ending."""
    paths = [PurePosixPath(file) for file in data.files]
    count = Counter(same(path.stem) for path in paths)
    names, taken = [], set()
    for path, picture in zip(paths, data.pictures, strict=True):
        stem = path.stem if count[same(path.stem)] == 1 else "_".join([*path.parts[:-1], path.stem])
        stem = "".join("_" if unprintable(c) else c for c in stem).strip()
        while len(stem.encode()) > LONGEST - 20:
            stem = stem[:-1]
        ending = ".png" if isinstance(picture, np.ndarray) else picture.suffix
        stem = next(one for n in range(len(paths) + 1) if same(one := f"{stem}_{n}" if n else stem) not in taken)
        taken.add(same(stem))
        names.append(stem + ending)
    return names


def _copy(data: BoxDataset, row: int, target: Path) -> None:
    picture = data.pictures[row]
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(picture, np.ndarray):
        Image.fromarray(picture).save(target, "PNG")
        return
    try:
        shutil.copyfile(picture, target)
    except FileNotFoundError:
        raise DataError(f"the picture {data.files[row]} is not there any more") from None


def _write_yolo(data: BoxDataset, folder: Path, names: list[str]) -> None:
    said: dict[str, object] = {}
    for row, name in enumerate(names):
        split = _FOLDERS[data.splits[row]]
        _copy(data, row, folder / split / "images" / name)
        if split:
            said["val" if split == "valid" else split] = f"{split}/images"
        if data.labelled[row]:
            truth, (height, width) = data.truths[row], data.sizes[row].tolist()
            lines = []
            for label, (x1, y1, x2, y2) in zip(truth.labels.tolist(), truth.boxes.tolist(), strict=True):
                (x, wide), (y, tall) = decimals(x1, x2, width), decimals(y1, y2, height)
                lines.append(f"{label} {x} {y} {wide} {tall}\n")
            _text(folder / split / "labels" / f"{Path(name).stem}.txt", "".join(lines))
    said |= {"nc": len(data.class_names), "names": list(data.class_names)}
    _text(folder / "data.yaml", yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=100_000))


def _write_voc(data: BoxDataset, folder: Path, names: list[str]) -> None:
    lists: dict[str, list[str]] = {}
    for row, name in enumerate(names):
        _copy(data, row, folder / "JPEGImages" / name)
        lists.setdefault(data.splits[row], []).append(Path(name).stem)
        if data.labelled[row]:
            root = ElementTree.Element("annotation")
            truth, (height, width) = data.truths[row], data.sizes[row].tolist()
            _element(root, {"folder": "JPEGImages", "filename": name, "source": {"database": "cnnlab"}})
            _element(root, {"size": {"width": width, "height": height, "depth": 3}, "segmented": 0})
            ignored = (_has_area(truth) & truth.ignore).tolist()
            for label, box, ignore in zip(truth.labels, truth.boxes.tolist(), ignored, strict=True):
                corners = dict(zip(("xmin", "ymin", "xmax", "ymax"), map(_shortest, box), strict=True))
                thing = {"name": data.class_names[label], "difficult": int(ignore), "bndbox": corners}
                _element(root, {"object": thing})
            ElementTree.indent(root)
            written = ElementTree.tostring(root, encoding="unicode")
            _text(folder / "Annotations" / f"{Path(name).stem}.xml", f"{written}\n")
    for split, stems in lists.items():
        _text(folder / "ImageSets" / "Main" / _LISTS[split], "".join(f"{stem}\n" for stem in stems))
    rows = [LABEL_MAP_HEAD, "background:0,0,0::", *(f"{name}:::" for name in data.class_names)]
    _text(folder / LABEL_MAP, "".join(f"{row}\n" for row in rows))


def _write_coco(data: BoxDataset, folder: Path, names: list[str]) -> None:
    categories = [{"id": n, "name": name, "supercategory": ""} for n, name in enumerate(data.class_names, 1)]
    for split in sorted({*data.splits.tolist()}):
        images, annotations = [], []
        for row in np.flatnonzero(data.splits == split).tolist():
            _copy(data, row, folder / _FOLDERS[split] / names[row])
            if not data.labelled[row]:
                continue
            truth, (height, width) = data.truths[row], data.sizes[row].tolist()
            ignore = _has_area(truth) & truth.ignore
            images.append({"id": row + 1, "file_name": names[row], "width": width, "height": height})
            for n, (x1, y1, x2, y2) in enumerate(truth.boxes.tolist()):
                box = {"bbox": [x1, y1, x2 - x1, y2 - y1]}
                if (x1 + box["bbox"][2], y1 + box["bbox"][3]) != (x2, y2):
                    box[CORNERS] = [x1, y1, x2, y2]
                box |= {"area": float(truth.areas[n]), "iscrowd": int(truth.crowd[n]), "segmentation": []}
                if ignore[n]:
                    box["ignore"] = 1
                label = int(truth.labels[n])
                annotations.append({"id": len(annotations) + 1, "image_id": row + 1, "category_id": label + 1, **box})
        said = {"images": images, "annotations": annotations, "categories": categories}
        _text(folder / _FOLDERS[split] / "_annotations.coco.json", json.dumps(said, ensure_ascii=False))


def _element(above: ElementTree.Element, said: dict[str, object]) -> None:
    for name, value in said.items():
        one = ElementTree.SubElement(above, name)
        if isinstance(value, dict):
            _element(one, value)
        else:
            one.text = str(value)


def _shortest(number: float) -> str:
    """The fewest digits that give the number back.

    >>> _shortest(12.0), _shortest(0.1)
    ('12', '0.1')
    """
    return repr(number).removesuffix(".0")


def _text(path: Path, written: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written, encoding="utf-8", newline="\n")


_WRITERS = {"coco": _write_coco, "yolo": _write_yolo, "voc": _write_voc}
