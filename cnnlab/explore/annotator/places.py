"""Where the pictures, their label files and the class list of a folder lie: as `detections.read` finds them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from cnnlab.common.errors import DataError, FileNote
from cnnlab.data.pictures.layout import Parts
from cnnlab.detection.detections import coco, voc
from cnnlab.detection.detections.places import Shelf, shown
from cnnlab.detection.detections.yolo_lists import class_list
from cnnlab.detection.detections.yolo_txt import label_files

CLASS_LIST = "classes.txt"
_LISTS = (CLASS_LIST, "data.yaml", "data.yml")


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
        If two files name other classes, the one that should cannot be read, or the labels are in another format.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder.parent if _is_part(folder) else folder
        shelf = Shelf(self.root)
        left_out = [p for p in shelf.problems if p.rule.startswith("left out")]
        self.skipped = [FileNote(p.file, p.rule.removeprefix("left out: ")) for p in left_out]
        self.labels: dict[str, str] = {}
        self.sizes: dict[str, tuple[int, int]] = {}
        there, inside = _labels(shelf), folder.relative_to(self.root).parts
        for picture in sorted(shelf.pictures):
            if picture[: len(inside)] == inside:
                self._place(picture, there.get(picture) or _label_of(picture), shelf)
        before = len(shelf.problems)
        classes = class_list(shelf, None)
        if classes.names is None and len(shelf.problems) > before:
            problem = shelf.problems[before]
            reason, other_encoding, _ = problem.rule.removeprefix("left out: ").partition(": pass its `encoding`")
            raise DataError(f"{problem.file}: {reason}{': save it in UTF-8' if other_encoding else ''}")
        self.class_names = classes.names or ()
        self.class_lists = tuple("/".join(parts) for parts in classes.files)

    def _place(self, picture: Parts, label: Parts, shelf: Shelf) -> None:
        """Note where the labels of a picture lie, or why it cannot have any."""
        name, others = "/".join(picture), [one for one in shelf.beside(label) if one != picture]
        if shown(picture) != name:
            self.skipped.append(FileNote(shown(picture), "its name is not in UTF-8: rename it"))
        elif others:
            reason = f"its labels would be those of {shown(others[0])} too: rename one of the two"
            self.skipped.append(FileNote(name, reason))
        elif any(shelf.path(label[:n]).is_symlink() for n in range(1, len(label) + 1)):
            self.skipped.append(FileNote(name, "its labels are behind a link, which no reading follows"))
        else:
            self.labels[name], self.sizes[name] = "/".join(label), shelf.pictures[picture][:2]


def _is_part(folder: Path) -> bool:
    around = folder.parent
    beside = (around / "labels").is_dir() or any((around / name).is_file() for name in _LISTS)
    return folder.name.lower() == "images" and beside


def _labels(shelf: Shelf) -> dict[Parts, Parts]:
    """Picture → its label file, for those that have one; refuses labels that are all in other formats."""
    files = label_files(shelf)
    others = [] if files else [*voc.label_files(shelf), *coco.label_files(shelf)]
    if others:
        raise DataError(
            f"its labels are no YOLO files, such as {shown(others[0])}, and the annotator writes those. To make a copy "
            'that it can open: detections.write(detections.read(folder), new_folder, format="yolo")'
        )
    pairs = [(shelf.beside(file), file) for file in files]
    return {pictures[0]: file for pictures, file in pairs if len(pictures) == 1}


def _label_of(picture: Parts) -> Parts:
    """Where the labels of a picture go that has none: from the last folder called images to the one called labels."""
    parts = [*picture[:-1], PurePosixPath(picture[-1]).with_suffix(".txt").name]
    for place in reversed(range(len(parts) - 1)):
        if parts[place].lower() == "images":
            parts[place] = "labels"
            break
    return tuple(parts)
