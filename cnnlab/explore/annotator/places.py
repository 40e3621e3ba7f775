"""Where the pictures, their label files and the class list of a folder lie: as `detections.read` finds them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from cnnlab.common.errors import DataError, FileNote
from cnnlab.data.pictures.layout import Parts
from cnnlab.detection.detections.places import Shelf, shown
from cnnlab.detection.detections.yolo_lists import class_list
from cnnlab.detection.detections.yolo_txt import label_files

CLASS_LIST = "classes.txt"


class Places:
    """The data set that a folder is, or is a part of.

    Parameters
    ----------
    folder : of pictures; one called images is part of the folder around it where labels or a class list lie beside it

    Attributes
    ----------
    root : the data set's folder
    labels : picture → its label file, whether that exists or not; both are names from `root` on
    sizes : picture → its height and width in pixels
    skipped : what is left out, with reasons
    class_names : of the data set, in their order; none where no file names them
    class_lists : the files that name them

    Raises
    ------
    DataError
        If two files name other classes, or the one that should cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder.parent if _is_part(folder) else folder
        shelf = Shelf(self.root)
        self.skipped = [FileNote(p.file, p.rule.removeprefix("left out: ")) for p in shelf.problems]
        there = {}
        for file in label_files(shelf):
            pictures = shelf.beside(file)
            there |= {pictures[0]: file} if len(pictures) == 1 else {}
        self.labels: dict[str, str] = {}
        self.sizes: dict[str, tuple[int, int]] = {}
        inside = folder.relative_to(self.root).parts
        for picture in sorted(shelf.pictures):
            label = there.get(picture) or _label_of(picture)
            others = [one for one in shelf.beside(label) if one != picture]
            if picture[: len(inside)] != inside:
                continue
            if others:
                reason = f"its labels would be those of {shown(others[0])} too: rename one of the two"
                self.skipped.append(FileNote(shown(picture), reason))
            else:
                name = "/".join(picture)
                self.labels[name], self.sizes[name] = "/".join(label), shelf.pictures[picture][:2]
        before = len(shelf.problems)
        classes = class_list(shelf, None)
        if classes.names is None and len(shelf.problems) > before:
            raise DataError(str(shelf.problems[before]))
        self.class_names = classes.names or ()
        self.class_lists = tuple("/".join(parts) for parts in classes.files)


def _is_part(folder: Path) -> bool:
    around = folder.parent
    lists = (CLASS_LIST, "data.yaml", "data.yml")
    return folder.name.lower() == "images" and (
        (around / "labels").is_dir() or any((around / name).is_file() for name in lists)
    )


def _label_of(picture: Parts) -> Parts:
    """Where the labels of a picture go that has none: from the last folder called images to the one called labels."""
    parts = [*picture[:-1], PurePosixPath(picture[-1]).with_suffix(".txt").name]
    for place in reversed(range(len(parts) - 1)):
        if parts[place].lower() == "images":
            parts[place] = "labels"
            break
    return tuple(parts)
