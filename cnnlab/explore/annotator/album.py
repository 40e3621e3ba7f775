"""A folder of pictures with label files: saved whole at every change, and never over what others have changed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from cnnlab.common.errors import DataError, FileNote, cause
from cnnlab.common.files import write_atomic
from cnnlab.data.pictures.read import read_image
from cnnlab.explore.annotator import places
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
    skipped : what is left out, with reasons
    """

    def __init__(self, folder: Path, class_names: Sequence[str] | None, files: Sequence[str] | None) -> None:
        if not folder.is_dir():
            raise ValueError(f"`folder` must be a folder of pictures. Received: {str(folder)!r}")
        folder = folder.absolute()
        self.root = places.root_of(folder)
        names, self.skipped = places.pictures_in(folder, self.root)
        if files is not None:
            names = _chosen(files, names, (folder / "_").relative_to(self.root).parent.as_posix())
        if not names:
            raise ValueError(f"`folder` must hold a picture, such as a JPEG or PNG file. Received: {folder.name!r}")
        self.files: tuple[str, ...] = tuple(names)
        self._list, self._listed = places.class_list(self.root)
        self.class_names = self._listed
        if class_names is not None:
            self.class_names = self._with(places.check_names(class_names))
        if not self.class_names:
            raise ValueError("`class_names` must name the classes: the folder has no list of them. Received: None")
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
        return self.root / places.label_name(name)

    # --- reading ------------------------------------------------------------------------------------------------

    def picture(self, name: str, longest: int) -> tuple[Image.Image, tuple[int, int]]:
        """A picture, at most `longest` pixels high and wide, and its own (height, width).

        Raises `ImageError` if it cannot be read.
        """
        pixels, _ = read_image(self.root / name)
        height, width = pixels.shape[:2]
        image = Image.fromarray(pixels)
        if max(height, width) > longest:
            image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        return image, (height, width)

    def rows(self, name: str, size: tuple[int, int]) -> tuple[Row, ...]:
        """The rows of a picture as they are on the disk now."""
        data = self._known[name] = self._on_disk(name)
        (self._labelled.discard if data is None else self._labelled.add)(name)
        return parse(data or b"", size, len(self.class_names))

    def _on_disk(self, name: str) -> bytes | None:
        path = self.label_file(name)
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise DataError(f"{places.label_name(name)} is larger than {_MOST_BYTES:,} bytes")
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataError(f"{places.label_name(name)} cannot be read ({cause(error)})") from None

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
        label, path = places.label_name(name), self.label_file(name)
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
        (name,) = places.check_names([name], "name")
        before = self.class_names
        if name.casefold() in map(str.casefold, before):
            raise ValueError(f"`name` must be a new class. Received: {name!r}, and there are {', '.join(before)}")
        self.class_names = self._with((name,))
        try:
            self._save_classes()
        except (OSError, DataError) as error:
            self.class_names = before
            raise DataError(f"the class list cannot be written ({error})") from None
        return len(self.class_names) - 1

    def _with(self, names: Sequence[str]) -> tuple[str, ...]:
        """The classes that there are, and behind them those of `names` that are new."""
        there = getattr(self, "class_names", self._listed)
        new = [name for name in names if name not in there]
        if new and self._list is not None and self._list.suffix != ".txt":
            raise ValueError(
                f"{self._list.name} names the classes: {', '.join(there)}. Write {', '.join(new)} behind them there"
            )
        return (*there, *new)

    def _save_classes(self) -> None:
        if self.class_names == self._listed:
            return
        there, listed = places.class_list(self.root)
        if (there, listed) != (self._list, self._listed):
            raise ChangedOnDisk("the class list was changed by something else since it was read: make a new Annotator")
        self._list = self._list or self.root / places.CLASS_LIST
        write_atomic(self._list, "".join(f"{name}\n" for name in self.class_names))
        self._listed = self.class_names

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
    prefix = "" if inside == "." else f"{inside}/"
    given = list(dict.fromkeys(map(str, files)))
    unknown = [name for name in given if prefix + name not in names]
    if unknown:
        raise ValueError(f"`files` must be names of pictures in the folder, from it on. Received: {unknown[0]!r}")
    return [prefix + name for name in given]
