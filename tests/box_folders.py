"""Folders of boxed pictures for the tests: three small pictures, and their boxes in each format."""

from __future__ import annotations

import functools
import io
import json
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 64, 48
# In every layout: picture a shows a cat and a dog, b a dog, c nothing.
BOXES = {
    "a": [("cat", (8, 12, 40, 36)), ("dog", (0, 0, 16, 24))],
    "b": [("dog", (32, 24, 64, 48))],
    "c": [],
}


@functools.lru_cache
def picture(ending: str = "jpg", width: int = WIDTH, height: int = HEIGHT, turn: int = 0) -> bytes:
    """A picture as a file; `turn` is its EXIF orientation, and its size is that before it is turned."""
    buffer = io.BytesIO()
    image, exif = Image.new("RGB", (width, height), "teal"), Image.Exif()
    if turn:
        exif[0x0112] = turn
    image.save(buffer, {"jpg": "JPEG"}.get(ending.lower(), ending.upper()), exif=exif)
    return buffer.getvalue()


def laid_out(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files; a picture that is given as `""` is one of 64 × 48 pixels."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content == "" and name.lower().endswith((".jpg", ".png")):
            content = picture(name.rpartition(".")[2].lower())
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def zipped(folder: Path) -> Path:
    """The same as a zip beside it."""
    target = folder.with_suffix(".zip")
    with zipfile.ZipFile(target, "w") as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder).as_posix())
    return target


def yolo(stem: str, classes: str = "cat dog") -> str:
    """The rows of a picture: exact, since 64 and 48 divide without a rest what is in them."""
    rows = []
    for name, (x1, y1, x2, y2) in BOXES[stem]:
        parts = ((x1 + x2) / 2 / WIDTH, (y1 + y2) / 2 / HEIGHT, (x2 - x1) / WIDTH, (y2 - y1) / HEIGHT)
        rows.append(" ".join([str(classes.split().index(name)), *map(str, parts)]))
    return "\n".join(rows)


def voc(
    stem: str,
    filename: str | None = None,
    *,
    first: int = 0,
    size: str = f"{WIDTH} {HEIGHT}",
    database: str = "Unknown",
) -> str:
    """The XML of a picture; `first` is the number of its first column."""
    wide, tall = size.split()
    objects = "".join(
        f"<object><name>{name}</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult><bndbox>"
        f"<xmin>{x1 + first}</xmin><ymin>{y1 + first}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
        for name, (x1, y1, x2, y2) in BOXES[stem]
    )
    return (
        f"<annotation><folder>x</folder><filename>{filename or stem + '.jpg'}</filename><source><database>{database}"
        f"</database></source><size><width>{wide}</width><height>{tall}</height><depth>3</depth></size>{objects}"
        "</annotation>"
    )


def coco(
    names: dict[str, str],
    categories: dict[int, str] = {1: "cat", 2: "dog"},  # noqa: B006
    more: tuple = (),
    group: str = "",
) -> str:
    """The JSON of some pictures, given as stem → file_name."""
    ids = {name: number for number, name in categories.items()}
    annotations = []
    for number, stem in enumerate(names):
        for name, (x1, y1, x2, y2) in BOXES[stem]:
            box = [x1, y1, x2 - x1, y2 - y1]
            one = {"id": len(annotations), "image_id": number, "category_id": ids[name], "bbox": box}
            annotations.append(one | {"area": box[2] * box[3], "segmentation": [], "iscrowd": 0})
    return json.dumps(
        {
            "info": {"description": ""},
            "images": [
                {"id": n, "file_name": name, "width": WIDTH, "height": HEIGHT} for n, name in enumerate(names.values())
            ],
            "annotations": annotations,
            "categories": [*more, *({"id": n, "name": name, "supercategory": group} for n, name in categories.items())],
        }
    )


def read_back(data: object) -> dict[str, list]:
    """What is in each picture, by the first letter of its name: class and box, as `BOXES` has it."""
    found = {}
    for file, truth in zip(data.files, data.truths, strict=True):
        labels = [data.class_names[label] for label in truth.labels]
        boxes = [tuple(map(float, box)) for box in np.asarray(truth.boxes).tolist()]
        found[file.rpartition("/")[2][0]] = list(zip(labels, boxes, strict=True))
    return found
