"""A folder of pictures with label files: saved whole at every change, and never over what others have changed."""

from __future__ import annotations

import codecs
import contextlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from cnnlab.common.errors import DataError, FileNote, cause
from cnnlab.common.files import write_atomic
from cnnlab.data.pictures.read import read_image
from cnnlab.detection.detections.names import check_names
from cnnlab.explore.annotator.places import CLASS_LIST, Places
from cnnlab.explore.annotator.rows import Row, parse, written
from cnnlab.explore.base.wording import counted

_MOST_BYTES = 1_000_000  # of a label file: ten thousand boxes
_BOOKMARK = ".annotator.json"  # which picture is shown


class ChangedOnDisk(DataError):
    """A file was changed by something else since it was read; nothing was written over it."""


class Album:
    """The pictures of a folder with their label files.

    Parameters
    ----------
    folder : an existing folder
    class_names : names for the classes; those of a class list in the folder come first and keep their numbers
    files : names of pictures from `folder` on; None takes all

    Attributes
    ----------
    files : names of the pictures, from the data set's folder on
    class_names : names of the classes
    sizes : picture → its height and width in pixels
    skipped : what is left out, with reasons
    """

    def __init__(self, folder: Path, class_names: Sequence[str] | None, files: Sequence[str] | None) -> None:
        if not folder.is_dir():
            raise ValueError(f"`folder` must be a folder of pictures. Received: {str(folder)!r}")
        folder = folder.absolute()
        try:
            places = Places(folder)
        except DataError as error:
            raise DataError(f"{folder.name}: {error}") from None
        except OSError as error:
            raise DataError(f"{folder.name}: it was not read ({cause(error)})") from None
        self.root, self.skipped, self.sizes, self._labels = places.root, places.skipped, places.sizes, places.labels
        names = [*places.labels]
        if files is not None:
            names = _chosen(files, names, folder.relative_to(places.root).as_posix())
        if not names:
            why = "".join(f" ({note.file}: {note.reason})" for note in self.skipped[-1:])
            raise ValueError(
                f"`folder` must hold a picture that can be read and labelled. Received: {folder.name!r}{why}"
            )
        self.files: tuple[str, ...] = tuple(names)
        self._listed, self._lists = places.class_names, {name: self._read(name) for name in places.class_lists}
        self.class_names = self._listed
        if class_names is not None:
            class_names = check_names(class_names)
            self.class_names = self._with(class_names)
        if not self.class_names:
            raise ValueError(
                f"`class_names` must name the classes: no list in the folder does. Received: {class_names!r}"
            )
        self._labelled = {name for name in self.files if self.label_file(name).is_file()}
        self._known: dict[str, bytes | None] = {}  # picture → its label file as it was last read or written
        self._done: list[tuple[str, bytes | None, bytes | None]] = []  # (picture, before, after), the last step last

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._done)

    @property
    def labelled(self) -> int:
        """How many pictures have a label file; those left out do not count."""
        return len(self._labelled - {note.file for note in self.skipped})

    def counted(self) -> str:
        """How many pictures are labelled, and how many left out, in words.

        Those that cannot be read are known once it was their turn.
        """
        unread = len({note.file for note in self.skipped} & set(self.files))
        left_out = f", {len(self.skipped)} left out" if self.skipped else ""
        return f"{self.labelled} of {counted(len(self.files) - unread, 'picture')} labelled{left_out}."

    def is_labelled(self, name: str) -> bool:
        """Whether this picture has a label file."""
        return name in self._labelled

    def named(self, file: str) -> str:
        """`file`, if it is the name of one of the pictures."""
        if file not in self.files:
            raise ValueError(f"`file` must be one of the pictures, such as {self.files[0]!r}. Received: {file!r}")
        return file

    def leave_out(self, name: str, reason: str) -> None:
        """Note that a picture is left out."""
        note = FileNote(name, reason)
        if note not in self.skipped:
            self.skipped.append(note)

    def label_file(self, name: str) -> Path:
        """Where the rows of this picture lie."""
        return self.root / self._labels[name]

    def label_name(self, name: str) -> str:
        """The name of that file, from the data set's folder on."""
        return self._labels[name]

    # --- reading ------------------------------------------------------------------------------------------------

    def picture(self, name: str, longest: int) -> Image.Image:
        """A picture, at most `longest` pixels high and wide. Raises `ImageError` if it cannot be read."""
        pixels, _ = read_image(self.root / name)
        self.sizes[name] = pixels.shape[:2]
        image = Image.fromarray(pixels)
        if max(image.size) > longest:
            image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        return image

    def rows(self, name: str) -> tuple[Row, ...]:
        """The rows of a picture as they are on the disk now."""
        data = self._known[name] = self._on_disk(name)
        if data is not None and data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise DataError(f"{self._labels[name]} is in UTF-16: save it in UTF-8")
        (self._labelled.discard if data is None else self._labelled.add)(name)
        return parse(data or b"", self.sizes[name], len(self.class_names))

    def _on_disk(self, name: str) -> bytes | None:
        return self._read(self._labels[name])

    def _read(self, name: str) -> bytes | None:
        """The bytes of a file of labels or of class names; None where there is none."""
        try:
            with open(self.root / name, "rb") as file:
                data = file.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataError(f"{name} cannot be read ({cause(error)})") from None
        if len(data) > _MOST_BYTES:
            raise DataError(f"{name} is larger than {_MOST_BYTES:,} bytes")
        return data

    # --- saving -------------------------------------------------------------------------------------------------

    def save(self, name: str, rows: Sequence[Row] | None) -> None:
        """Write the rows of a picture; None takes its label file away.

        Raises
        ------
        ChangedOnDisk
            If the file is not as it was last read; nothing is written.
        DataError
            If it cannot be written.
        """
        before, after = self._known[name], None if rows is None else written(rows)
        self._replace(name, after)
        self._done.append((name, before, after))

    def undo(self) -> str:
        """Take the last step back; the name of its picture, or empty where there is none.

        Raises
        ------
        ChangedOnDisk
            If the file is not as that step left it; this step and earlier ones of the same picture are forgotten.
        """
        if not self._done:
            return ""
        name, before, after = self._done[-1]
        self._known[name] = after
        try:
            self._replace(name, before)
        except ChangedOnDisk:
            self._done = [step for step in self._done if step[0] != name]
            raise
        self._done.pop()
        return name

    def _replace(self, name: str, data: bytes | None) -> None:
        label, path = self._labels[name], self.label_file(name)
        if self._on_disk(name) != self._known[name]:
            raise ChangedOnDisk(
                f"{label} was changed by something else since it was read. Nothing was written over it: it has been "
                "read again, and your last step was not made"
            )
        try:
            self._save_classes()
            if data is None:
                path.unlink(missing_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(path, data)
        except OSError as error:
            raise DataError(f"{label} cannot be written ({cause(error)}): your last step was not made") from None
        self._known[name] = data
        (self._labelled.discard if data is None else self._labelled.add)(name)

    # --- classes ------------------------------------------------------------------------------------------------

    def add_class(self, name: str) -> int:
        """Add a class behind the others and write the list; its number."""
        name, before = name.strip() if isinstance(name, str) else name, self.class_names
        check_names((*before, name))
        self.class_names = self._with((name,))
        try:
            self._save_classes()
        except (OSError, DataError) as error:
            self.class_names = before
            reason = error if isinstance(error, DataError) else cause(error)
            raise DataError(f"the class cannot be added: {reason}") from None
        return len(before)

    def _with(self, names: Sequence[str]) -> tuple[str, ...]:
        """The classes that there are, and behind them those of `names` that are new."""
        new = [name for name in names if name not in self.class_names]
        lists = [*self._lists]
        if new and (len(lists) > 1 or any(name.lower().endswith((".yaml", ".yml")) for name in lists)):
            name = "name" if len(lists) > 1 else "names"
            raise ValueError(
                f"{' and '.join(lists)} {name} the classes: {', '.join(self.class_names)}. "
                f"Write {', '.join(new)} behind them there, and make a new Annotator"
            )
        return (*self.class_names, *new)

    def _save_classes(self) -> None:
        if self.class_names == self._listed:
            return
        lists = self._lists or {CLASS_LIST: None}
        for name, data in lists.items():
            if self._read(name) != data:
                raise ChangedOnDisk(f"{name} was changed by something else since it was read: make a new Annotator")
        ((name, _),) = lists.items()
        data = "".join(f"{one}\n" for one in self.class_names).encode()
        write_atomic(self.root / name, data)
        self._listed, self._lists = self.class_names, {name: data}

    # --- where it was left --------------------------------------------------------------------------------------

    def bookmark(self) -> str:
        """The picture that was shown last; the first, where nothing is known."""
        try:
            name = json.loads((self.root / _BOOKMARK).read_text(encoding="utf-8"))["picture"]
        except (OSError, ValueError, LookupError, TypeError):
            return self.files[0]
        return name if name in self.files else self.files[0]

    def remember(self, name: str) -> None:
        """Note which picture is shown; a folder that cannot be written forgets it."""
        with contextlib.suppress(OSError):
            write_atomic(self.root / _BOOKMARK, json.dumps({"picture": name}))


def _chosen(files: Sequence[str], names: Sequence[str], inside: str) -> list[str]:
    if isinstance(files, (str, bytes)) or not isinstance(files, Iterable):
        raise TypeError(f"`files` must be a list of names of pictures. Received: {files!r}")
    prefix = "" if inside == "." else f"{inside}/"
    given = list(dict.fromkeys(map(str, files)))
    unknown = [name for name in given if prefix + name not in names]
    if unknown:
        raise ValueError(f"`files` must be names of pictures in the folder, from it on. Received: {unknown[0]!r}")
    return [prefix + name for name in given]
