"""A folder or a zip of somebody's boxed pictures → one record, and an account of every row that was not right."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path

from cnnlab.common.errors import DataError, cause
from cnnlab.common.validate import check_choice
from cnnlab.data.pictures.archive import unpack
from cnnlab.data.pictures.names import check_encoding
from cnnlab.detection.detections import coco, voc, yolo_txt
from cnnlab.detection.detections.dataset import BoxDataset
from cnnlab.detection.detections.names import check_names
from cnnlab.detection.detections.places import Shelf, shown
from cnnlab.detection.detections.problems import Problem, counted
from cnnlab.detection.detections.records import GroundTruth
from cnnlab.detection.detections.rows import settle

FORMATS = {"yolo": yolo_txt, "voc": voc, "coco": coco}
_CALLED = {
    "yolo": "YOLO's .txt files",
    "voc": "Pascal VOC's .xml files",
    "coco": "a COCO .json",
}
_COPY = re.compile(r"(.+)\.rf\.\w+\.\w+")  # as Roboflow names the copies that it makes of one picture


def read(
    path: str | os.PathLike,
    *,
    format: str | None = None,
    class_names: Sequence[str] | None = None,
    encoding: str | None = None,
) -> BoxDataset:
    """Read a folder, or a zip of one, of pictures with boxes in the format of YOLO, Pascal VOC or COCO.

    The format is known by what the files hold, and so is the layout: as Roboflow, CVAT, Label Studio, labelImg and
    Ultralytics export it, or as the data sets themselves come. Splits are those that ``data.yaml``, ``ImageSets/Main``,
    the name of a COCO file or the folders name. Only files below the folder are opened, wherever a path in them leads.

    Parameters
    ----------
    path : the folder, or the zip file. A zip is unpacked into a temporary folder, with the care of
        `cnnlab.data.pictures.archive.unpack`; it is there as long as the data set or a part of it is
    format : ``"yolo"``, ``"voc"`` or ``"coco"`` where the folder holds more than one
    class_names : the classes in their order. None takes those that the files list, for VOC without a list those that
        occur, by the alphabet
    encoding : of names in a zip, and of class lists, that are not in UTF-8, such as ``"cp949"``

    Returns
    -------
    BoxDataset
        In the order of the pictures' names with their folders: what `write` made comes back split by split (none,
        test, train, valid), from VOC's one folder by name alone. Whatever row or picture is left out, changed or
        doubtful is in its ``problems``; none stops the reading.

    Raises
    ------
    TypeError, ValueError
        If an argument is not one of those above.
    DataError
        If there is no such folder or zip, it could do harm, no picture or no label file is found, there are two formats
        or two lists of classes. The message says what to do.

    Notes
    -----
    Corners are edges in pixels: a box over a whole picture of width W reaches from 0 to W. VOC's own files, those whose
    ``<database>`` is ``The VOC2012 Database`` or that of another year, count pixel columns from 1 to W instead, and one
    is taken from their ``xmin`` and ``ymin``; labelImg, CVAT, Label Studio and most others write edges into the same
    XML, and their numbers are taken as they are. COCO's are x, y, width, height from edge 0. YOLO's are parts of the
    picture; they are worked out with the decimals that are written and rounded once.

    Boxes belong to the upright picture, turned as its EXIF says, as labelling tools show it. Where a file states the
    picture's size and has height and width exchanged, the boxes were drawn on the picture as it is stored, and are
    turned. Where it states a size of the same shape, the boxes are scaled; of another shape, they are left. All of this
    is noted.

    A box with a negative side, with a number that is not finite or of an unknown class is left out; a picture of whose
    rows none can be read is not labelled. A box without area is kept with the flag ``ignore``: it is neither learned
    nor counted. One that leaves the picture is clipped, and noted where it does so by more than a tenth of a pixel.
    VOC's *difficult* becomes ``ignore``, COCO's
    *iscrowd* ``crowd``. Of a polygon in YOLO's format the box around it is taken, and of a row with key points its box.
    The copies that Roboflow makes of a picture are one group.

    Pictures in folders that are named after masks (masks, trimaps, SegmentationClass, annotations …) are passed over
    where there are pictures elsewhere, and so is what ``cnnlab train-detector`` wrote into the folder.

    Examples
    --------
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (100, 50)).save(Path(folder, "tray.png"))
    ...     _ = Path(folder, "tray.txt").write_text("1 0.5 0.5 0.2 0.4\\n0 0.5 0.5 0 0.4\\n")
    ...     _ = Path(folder, "classes.txt").write_text("nut\\nscrew\\n")
    ...     data = read(folder)
    >>> data.truths[0].boxes[0], data.truths[0].ignore, data.class_names
    (array([40., 15., 60., 35.]), array([False,  True]), ('nut', 'screw'))
    >>> print(data.problems[0])
    tray.txt, line 2: kept, but does not count: it has no area: x 50 … 50, y 15 … 35
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"`path` must be the name of a folder or of a zip. Received: {path!r}")
    if path == "":
        raise ValueError("`path` must name a folder or a zip; the one you are in is \".\". Received: ''")
    path = Path(os.path.abspath(path))
    if format is not None:
        check_choice(format, "format", tuple(FORMATS))
    if class_names is not None:
        class_names = check_names(class_names)
    check_encoding(encoding)
    try:
        if path.is_dir():
            return _read(path, path.name, format, class_names, encoding, [], None)
        if not path.is_file():
            raise DataError("there is no folder and no zip file of this name")
        home = _Home()
        folder = Path(home.path, "unpacked")
        notes = unpack(path, folder, encoding=encoding)
        notes = [Problem(n.file, "", f"noted: {n.reason}") for n in notes if n.reason != "a hidden or system file"]
        return _read(folder, path.name, format, class_names, encoding, notes, home)
    except DataError as error:
        message = str(error)
        raise DataError(message if message.startswith(f"{path.name} ") else f"{path.name}: {message}") from None
    except OSError as error:
        raise DataError(f"{path.name}: it was not read ({cause(error)})") from None


class _Home:
    """A temporary folder that is there as long as this object is."""

    def __init__(self) -> None:
        self.path = tempfile.mkdtemp(prefix="cnnlab-boxes-")
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def _read(
    folder: Path,
    source: str,
    format: str | None,
    class_names: Sequence[str] | None,
    encoding: str | None,
    notes: list[Problem],
    home: _Home | None,
) -> BoxDataset:
    shelf = Shelf(folder)
    shelf.problems += notes
    format = _recognised(shelf, [format] if format else [*FORMATS])
    found = FORMATS[format].find(shelf, class_names, encoding)
    pictures = sorted(shelf.pictures)
    truths, labelled = [], []
    for parts in pictures:
        labels = found.labels.get(parts)
        truths.append(settle(labels, shelf.pictures[parts], shelf) if labels else GroundTruth([], []))
        labelled.append(labels is not None and not (labels.unread and not labels.rows))
    first = next((one for one in shelf.problems if one.rule.startswith("left out")), None)
    if not any(labelled) and first and FORMATS[format].label_files(shelf):
        raise DataError(f"no label file has its picture here, or can be read. {first}")
    if not pictures:
        raise DataError("it holds no picture that can be opened")
    files = [shown(parts) for parts in pictures]
    groups = [_COPY.fullmatch(parts[-1]) for parts in pictures]
    return BoxDataset(
        files=files,
        truths=truths,
        class_names=found.class_names,
        sizes=[shelf.pictures[parts][:2] for parts in pictures],
        splits=[found.splits.get(parts) or shelf.split(parts) for parts in pictures],
        groups=[copy[1] if copy else "" for copy in groups],
        labelled=labelled,
        pictures=[shelf.path(parts) for parts in pictures],
        problems=sorted(shelf.problems, key=_place),
        source=source,
        format=format,
        home=home,
    )


def _place(problem: Problem) -> tuple[str, str, list[int]]:
    """By file, then by the kind of row, then by its number."""
    return problem.file, re.sub(r"\d+", "", problem.where), list(map(int, re.findall(r"\d+", problem.where)))


def _recognised(shelf: Shelf, formats: list[str]) -> str:
    """Which of some formats the label files have; refuses none, and more than one."""
    files = {name: FORMATS[name].label_files(shelf) for name in formats}
    there = {name: those for name, those in files.items() if those}
    if len(there) == 1:
        return next(iter(there))
    if there:
        each = ", ".join(f"{_CALLED[name]}: {len(those):,}, such as {shown(those[0])}" for name, those in there.items())
        choices = " or ".join(f'format="{name}"' for name in there)
        raise DataError(f"it holds labels in {len(there)} formats ({each}). Pass {choices}")
    listed = {"yolo": yolo_txt.is_listed(shelf), "voc": any(parts[-1] == voc.LABEL_MAP for parts in shelf.files)}
    for name in formats:  # of a data set that nobody has labelled yet
        if listed.get(name) and shelf.pictures:
            return name
    first = f" ({shelf.problems[0]})" if shelf.problems else ""
    if not shelf.pictures:
        raise DataError(f"it holds no picture that can be opened{first}")
    wanted = " or ".join(_CALLED[name] for name in formats)
    raise DataError(f"it holds {counted(len(shelf.pictures), 'picture')} and no labels: {wanted}{first}")
