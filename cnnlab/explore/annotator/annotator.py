"""The annotator: boxes drawn around what is in the pictures of a folder, and saved as YOLO label files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from cnnlab import plot
from cnnlab.arithmetic.boxes import check as check_boxes
from cnnlab.common.errors import DataError, FileNote
from cnnlab.common.validate import check_int
from cnnlab.data.pictures.read import ImageError
from cnnlab.detection.detections import GroundTruth
from cnnlab.explore.annotator.album import Album, ChangedOnDisk
from cnnlab.explore.annotator.panel import Panel
from cnnlab.explore.annotator.rows import Row, row_of
from cnnlab.explore.annotator.shown_page import drawn, in_words
from cnnlab.explore.base.shown import publish
from cnnlab.explore.base.wording import counted

SHARP = 1120  # the longest side that is kept of a picture: twice what is shown, for dense screens


class Annotator:
    """Draw boxes around what is in your pictures. Every change is saved at once, as YOLO label files.

    The last line of a cell shows it. Where anywidget is installed, boxes are drawn, moved and resized on the picture,
    with the mouse or with keys; the number fields, menus and buttons beside it do all of that everywhere.

    A picture without a label file is not labelled; one with an empty label file holds nothing; else there is a row for
    each box. Rows that are no boxes (polygons, more columns, classes that are not in the list) are kept as they are. A
    label file that something else has changed meanwhile is read again, and not written over. Showing writes nothing.

    Parameters
    ----------
    folder
        pictures, in folders below it too. The labels of ``images/1.jpg`` are in ``labels/1.txt``, those of another
        ``1.jpg`` beside it in ``1.txt``, where `detections.read` looks for them
    class_names
        what can be in the pictures. The classes of a ``data.yaml`` or ``classes.txt`` in the folder come first and keep
        their numbers; new names are added behind them. None takes the list in the folder
    files : names of some of the pictures, from `folder` on; None takes all

    Attributes
    ----------
    file : name of the picture that is shown, from the data set's folder on
    selected : the number of the selected box, from 1; 0 where none is
    label : the class of the next box
    said : what happened last, in words

    Raises
    ------
    ValueError
        If there is no such folder, no picture in it, or no name for a class.
    DataError
        If the folder cannot be read, nor its class list, nor any of its pictures; if its labels are in another format.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (200, 100)).save(Path(folder, "tray.png"))
    ...     annotator = Annotator(folder, ["screw", "nut"])
    ...     print(annotator.add((80, 45, 120, 55), "nut").labelled, Path(folder, "tray.txt").read_text())
    1 1 0.500000 0.500000 0.200000 0.100000
    <BLANKLINE>
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        class_names: Sequence[str] | None = None,
        *,
        files: Sequence[str] | None = None,
    ) -> None:
        if not isinstance(folder, (str, os.PathLike)):
            raise TypeError(f"`folder` must be the name of a folder. Received: {folder!r}")
        self._album = Album(Path(folder), class_names, files)
        self.label = self.selected = 0
        self.said = ""
        self._panel: Panel | None = None
        first = self.files.index(self._album.bookmark())
        if not self._arrive([*range(first, len(self.files)), *range(first)]):
            raise DataError(
                f"none of the pictures can be read, such as {self.skipped[0].file}: {self.skipped[0].reason}"
            )

    # --- what there is ------------------------------------------------------------------------------------------

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the pictures, from the data set's folder on."""
        return self._album.files

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture that is shown, in pixels."""
        return self._album.sizes[self.file]

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes; their places are their numbers."""
        return self._album.class_names

    @property
    def skipped(self) -> tuple[FileNote, ...]:
        """The pictures left out, each with the reason. One that cannot be read is met when it is its turn."""
        return tuple(self._album.skipped)

    @property
    def labelled(self) -> int:
        """How many pictures have a label file."""
        return self._album.labelled

    def counted(self) -> str:
        """How many of the pictures are labelled, in words."""
        return self._album.counted()

    def boxes(self, file: str | None = None) -> GroundTruth:
        """The boxes of a picture, in its pixels; by default of the one that is shown."""
        rows = self._rows
        if file is not None and (name := self._album.named(file)) != self.file:
            rows = self._album.rows(name)
        found = [row for row in rows if row.box is not None]
        return GroundTruth(np.reshape([row.box for row in found], (-1, 4)), [row.label for row in found])

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return self._album.can_undo

    @property
    def may_be_empty(self) -> bool:
        """Whether the picture can be confirmed as empty: no rows, and not confirmed yet."""
        return not self._has_text(self._rows) and not self._album.is_labelled(self.file)

    def describe(self) -> str:
        """The picture that is shown and its boxes, in words and numbers."""
        return in_words(self._album, self.file, self._rows)

    def figure(self) -> plot.Picture:
        """The picture that is shown, with its boxes."""
        return drawn(self.pixels, self.size, self._rows, self.class_names, self.selected, self.describe())

    # --- from picture to picture --------------------------------------------------------------------------------

    def go(self, to: str | int) -> Annotator:
        """Show another picture: by its name, or by its number, from 1.

        Raises
        ------
        ValueError, DataError
            If there is no such picture, or it cannot be read; the one before stays.
        """
        row = self.files.index(self._album.named(to)) if isinstance(to, str) else self._row(to)
        if not self._arrive([row]):
            note = next(note for note in self.skipped if note.file == self.files[row])
            raise DataError(f"{note.file}: {note.reason}")
        return self._moved()

    def step(self, by: int) -> Annotator:
        """Show the next picture that can be read (`by` 1), or the one before (-1); at the end, stay."""
        here = self.files.index(self.file)
        if self._arrive(range(here + 1, len(self.files)) if by > 0 else range(here - 1, -1, -1)):
            return self._moved()
        return self._say(f"This is the {'last' if by > 0 else 'first'} picture.")

    def next_unlabelled(self) -> Annotator:
        """Show the next picture without a label file; after the last, from the first on."""
        here = self.files.index(self.file)
        rows = [*range(here + 1, len(self.files)), *range(here)]
        if self._arrive([row for row in rows if not self._album.is_labelled(self.files[row])]):
            return self._moved()
        return self._say("No other picture is without labels.")

    def _row(self, number: int) -> int:
        return check_int(number, "to", 1, len(self.files)) - 1

    def _arrive(self, rows: Sequence[int]) -> bool:
        """Show the first of these pictures that can be read; note the others."""
        passed = []
        for row in rows:
            name = self.files[row]
            try:
                pixels, found = self._album.picture(name, SHARP), self._album.rows(name)
            except (ImageError, DataError) as error:
                self._album.leave_out(name, str(error))
                passed.append(f"{name} is left out: {error}. ")
                continue
            self.file, self.pixels, self._rows, self.selected = name, pixels, found, 0
            self.said = "".join(passed) + self._heading()
            return True
        return False

    def _moved(self) -> Annotator:
        self._album.remember(self.file)
        return self._say(self.said)

    def _heading(self) -> str:
        number = self.files.index(self.file) + 1
        kept = [(line, row.reason) for line, row in enumerate(self._rows, 1) if row.reason]
        state = counted(len(self.boxes()), "box", "es")
        if kept:
            line, reason = kept[0]
            state += f", and {counted(len(kept), 'row')} that stay as they are (line {line}: {reason})"
        elif not self._album.is_labelled(self.file):
            state = "not labelled yet"
        elif not self._has_text(self._rows):
            state = "labelled, nothing is in it"
        return f"Picture {number} of {len(self.files)}, {self.file}: {state}."

    # --- boxes --------------------------------------------------------------------------------------------------

    def add(self, box: Sequence[float], label: str | int | None = None) -> Annotator:
        """Add a box and select it.

        Parameters
        ----------
        box : x1, y1, x2, y2 in pixels, inside the picture
        label : name or number of its class; None takes that of the box before
        """
        box = self._checked(box)
        self.label = self.label if label is None else self._class(label)
        rows = (*self._rows, row_of(box, self.label, self.size))
        return self._save(rows, len(self.boxes()) + 1, "Box {} is new: {}.")

    def new_box(self) -> Annotator:
        """Add a box in the middle of the picture, a quarter as wide and high."""
        return self.add(self.middle())

    def middle(self) -> tuple[int, int, int, int]:
        """Where a new box begins: x1, y1, x2, y2."""
        height, width = self.size
        x, y = width * 3 // 8, height * 3 // 8
        return x, y, x + max(1, width // 4), y + max(1, height // 4)

    def change(self, number: int, box: Sequence[float] | None = None, label: str | int | None = None) -> Annotator:
        """Move or resize box `number`, from 1, give it another class, or both."""
        place = self._place(number)
        row = self._rows[place]
        box = row.box if box is None else self._checked(box)
        label = row.label if label is None else self._class(label)
        if (box, label) == (row.box, row.label):
            return self._say(self.said)
        self.label = label
        rows = (*self._rows[:place], row_of(box, label, self.size), *self._rows[place + 1 :])
        return self._save(rows, number, "Box {} is now {}.")

    def remove(self, number: int) -> Annotator:
        """Delete box `number`, from 1. With the last row of a picture its label file goes: it is not labelled then."""
        place = self._place(number)
        rows = (*self._rows[:place], *self._rows[place + 1 :])
        if self._has_text(rows):
            return self._save(rows, 0, f"Box {number} is deleted; {counted(len(self.boxes()) - 1, 'box', 'es')} left.")
        return self._save(
            None, 0, "The last box is deleted, and the picture not labelled: press “nothing here” if it is empty."
        )

    def nothing_here(self) -> Annotator:
        """Confirm that there is nothing in the picture: its label file is empty."""
        if self._has_text(self._rows):
            raise ValueError("there are rows for this picture: delete its boxes first")
        return self._save((), 0, "The picture is labelled: nothing is in it.")

    def undo(self) -> Annotator:
        """Take back the last change to a label file, also of another picture, which is then shown."""
        name = self._guard_disk(self._album.undo)
        if not name:
            return self._say("There is nothing to undo.")
        self._arrive([self.files.index(name)])
        self._album.remember(self.file)
        return self._say(f"The last change is undone. {self._heading()}")

    def select(self, number: int) -> Annotator:
        """Select box `number`, from 1; 0 selects none."""
        self.selected = check_int(number, "number", 0, len(self.boxes()))
        if not number:
            return self._say("No box is selected.")
        self.label = self._rows[self._place(number)].label
        return self._say(f"Box {number} of {len(self.boxes())}: {self._named_box(number)}.")

    def choose(self, label: str | int) -> Annotator:
        """Give the selected box a class, or the next box where none is selected."""
        label = self._class(label)
        if self.selected:
            return self.change(self.selected, label=label)
        self.label = label
        return self._say(f"The next box is a {self.class_names[label]}.")

    def add_class(self, name: str) -> Annotator:
        """Add a class behind the others, which keep their numbers."""
        number = self._album.add_class(name)
        self._rows = self._album.rows(self.file)  # rows of this class are boxes now
        return self._say(f"Class {number}, {self.class_names[number]}, is new.")

    @staticmethod
    def _has_text(rows: Sequence[Row]) -> bool:
        return any(row.text.strip() for row in rows)

    def _class(self, label: str | int) -> int:
        names = self.class_names
        if isinstance(label, str):
            if label not in names:
                raise ValueError(f"`label` must be one of {', '.join(names)}. Received: {label!r}")
            return names.index(label)
        return check_int(label, "label", 0, len(names) - 1)

    def _place(self, number: int) -> int:
        """The row of box `number`."""
        there = [place for place, row in enumerate(self._rows) if row.box is not None]
        if not there:
            raise ValueError(f"`number` must be that of a box, and the picture has none. Received: {number!r}")
        return there[check_int(number, "number", 1, len(there)) - 1]

    def _checked(self, box: Sequence[float]) -> tuple[float, ...]:
        if np.shape(box) != (4,):
            raise ValueError(f"`box` must be four numbers, x1, y1, x2 and y2. Received: {box!r}")
        x1, y1, x2, y2 = check_boxes([box], "box")[0].tolist()
        height, width = self.size
        if not (0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height):
            raise ValueError(
                f"`box` must be x1 < x2 within 0 and {width}, y1 < y2 within 0 and {height}. "
                f"Received: {x1:g}, {y1:g}, {x2:g}, {y2:g}"
            )
        return x1, y1, x2, y2

    def _named_box(self, number: int) -> str:
        row = self._rows[self._place(number)]
        x1, y1, x2, y2 = row.box
        return f"{self.class_names[row.label]}, x from {x1:g} to {x2:g}, y from {y1:g} to {y2:g}"

    # --- saving and showing -------------------------------------------------------------------------------------

    def _save(self, rows: Sequence[Row] | None, selected: int, words: str) -> Annotator:
        self._guard_disk(lambda: self._album.save(self.file, rows))
        self._rows, self.selected = tuple(rows or ()), selected
        return self._say(words.format(selected, self._named_box(selected)) if selected else words)

    def _guard_disk(self, action: object) -> object:
        try:
            return action()
        except ChangedOnDisk:
            self._rows, self.selected = self._album.rows(self.file), 0
            self._say(self._heading())
            raise

    def _say(self, words: str) -> Annotator:
        self.said = words
        if self._panel is not None:
            self._panel.show()
        return self

    def view(self) -> widgets.Widget:
        """The living widget: picture, controls, and what happened last."""
        if self._panel is None:
            self._panel = Panel(self)
        return self._panel.view

    def _ipython_display_(self) -> None:
        publish(self.figure(), self.describe(), self.view())
