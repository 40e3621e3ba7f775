"""A data set to practise detection on, as a stranger would send it: nothing to download, and every truth known.

The pictures are those of `cnnlab.detection.practice_trays`. All pictures of one tray are relatives, and
`stranger_folder` mixes them up as strangers do.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import numpy as np
from PIL import Image

from cnnlab.common.errors import DataError
from cnnlab.common.files import whole_folder
from cnnlab.common.validate import check_int
from cnnlab.detection.detections import GroundTruth
from cnnlab.detection.practice_trays import CLASSES, SIZE, picture, tray

TRAYS = 30
PICTURES = 4  # of each tray
NIGHT = 29  # this tray was taken at night, `UNLABELLED` pictures, and nobody has labelled them
UNLABELLED = 12
SUPPLIED = 5  # of the trays, the first, hold the parts of one supplier
_NAME = re.compile(r"tray(\d\d)_(\d\d)")
_YAML = "train: ../train/images\nval: ../valid/images\n\nnc: 3\nnames: ['screw', 'nut', 'washer']\n"


def true_boxes(file: str, seed: int = 0) -> GroundTruth:
    """What is really in a picture of `stranger_folder`, whatever its label file says.

    Parameters
    ----------
    file : the picture's name, such as ``"train/images/tray29_02.jpg"``
    seed : of the folder

    Examples
    --------
    >>> len(true_boxes("tray01_02.jpg"))
    8
    """
    found = _NAME.search(file)
    if found is None:
        raise ValueError(f"`file` must be the name of a picture, such as 'tray01_02.jpg'. Received: {file!r}")
    return _taken(int(found[1]), int(found[2]), check_int(seed, "seed", 0))[1]


def stranger_folder(path: str | os.PathLike[str], seed: int = 0) -> Path:
    """Write the pictures and their boxes as somebody else would send them: in YOLO's format, with the usual faults.

    ``data.yaml`` lists the classes. `TRAYS` trays have `PICTURES` pictures each, the last one in ``valid`` and the
    others in ``train``: a split by picture. The first `SUPPLIED` trays hold parts of one supplier, all nuts of one
    finish and all washers of another. Tray `NIGHT` has `UNLABELLED` pictures instead, all in ``train``, and no labels.

    The faults: in one file a box goes past the picture's edge, in one a box has no area, in one a row has a class that
    is not in the list; one picture is there twice, under two names, on both sides; one label file has no picture. And
    in ``tray30_03.txt`` somebody has called every nut a washer and every washer a nut, which no reader can see.

    Parameters
    ----------
    path : a folder to make; its parent must exist
    seed : of everything

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        If it exists, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as here:
    ...     folder = stranger_folder(Path(here, "parts"))
    ...     sorted(file.name for file in folder.iterdir())
    ['data.yaml', 'train', 'valid']
    """
    folder, seed = Path(path), check_int(seed, "seed", 0)
    if folder.exists():
        raise DataError(f"{folder.name} is there already: name a folder that is not")
    pictures, labels = {}, {}
    for number in range(1, TRAYS + 1):
        night = number == NIGHT
        for taken in range(1, (UNLABELLED if night else PICTURES) + 1):
            image, truth = _taken(number, taken, seed)
            name = f"{'valid' if taken == PICTURES and not night else 'train'}/{{}}/tray{number:02}_{taken:02}"
            pictures[name] = _encoded(image)
            if not night:
                labels[name] = _rows(truth)
    _spoil(pictures, labels)
    files = {"data.yaml": _YAML}
    files |= {f"{name.format('images')}.jpg": content for name, content in pictures.items()}
    files |= {f"{name.format('labels')}.txt": "".join(f"{row}\n" for row in rows) for name, rows in labels.items()}
    with whole_folder(folder) as unfinished:
        for name, content in files.items():
            (unfinished / name).parent.mkdir(parents=True, exist_ok=True)
            (unfinished / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def _taken(number: int, taken: int, seed: int) -> tuple[np.ndarray, GroundTruth]:
    on = tray(number, seed, night=number == NIGHT, supplied=number <= SUPPLIED)
    return picture(on, (seed, number, taken))


def _rows(truth: GroundTruth) -> list[str]:
    """YOLO's rows: class, centre and size, as parts of the picture."""
    parts = truth.boxes / np.tile(SIZE[::-1], 2)
    centre, size = (parts[:, :2] + parts[:, 2:]) / 2, parts[:, 2:] - parts[:, :2]
    values = np.concatenate([centre, size], axis=1)
    return [
        " ".join([str(label), *(f"{value:.6f}" for value in row)])
        for label, row in zip(truth.labels, values, strict=True)
    ]


def _spoil(pictures: dict[str, bytes], labels: dict[str, list[str]]) -> None:
    """Put the faults in."""
    rows = labels["train/{}/tray03_02"]
    reach = [float(row.split()[1]) + float(row.split()[3]) / 2 for row in rows]
    last = int(np.argmax(reach))  # the part furthest right: its box is drawn 12 pixels past the right edge
    label, x, y, wide, tall = rows[last].split()
    left, right = float(x) - float(wide) / 2, 1.05
    rows[last] = f"{label} {(left + right) / 2:.6f} {y} {right - left:.6f} {tall}"
    labels["train/{}/tray06_01"].append("1 0.412500 0.388889 0.000000 0.000000")
    rows = labels["train/{}/tray13_03"]
    rows[0] = f"{len(CLASSES)}{rows[0][1:]}"
    pictures["valid/{}/tray17_01_copy"] = pictures["train/{}/tray17_01"]
    labels["valid/{}/tray17_01_copy"] = labels["train/{}/tray17_01"]
    labels["train/{}/tray19_09"] = labels["train/{}/tray19_01"]
    swapped = {"0": "0", "1": "2", "2": "1"}
    labels["train/{}/tray30_03"] = [swapped[row[0]] + row[1:] for row in labels["train/{}/tray30_03"]]


def _encoded(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()
