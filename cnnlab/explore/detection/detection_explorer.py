"""A detector's answer to a picture: what it found, what it left out, and which head, cell and anchor said so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from cnnlab import plot
from cnnlab.arithmetic import boxes as box_arrays
from cnnlab.data import datasets, scenes
from cnnlab.detection import darknet, letterbox
from cnnlab.detection.darknet.heads import Candidates
from cnnlab.detection.nms import nms
from cnnlab.explore.base.controls import choice, names, real
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import counted
from cnnlab.explore.detection.boxed_picture import PLATE, free_places, plates, rulings
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import INK, Sheet

_WIDTH, _HEIGHT = 9.6, 4.55  # inches
_LEFT, _TOP, _SIDE = 0.1, 0.45, 4.0
_TABLE, _STEP = 4.3, 0.205  # where the tables begin, and the height of a row
_ROWS, _ANCHORS = 7, 9  # rows of each table
_LEAST = 0.05  # of a score: below it nothing is kept in memory
_MOST_PICTURES, _MOST_PIXELS, _MOST_DRAWN = 40, 300, 150
_ALL, _KEPT, _EVERY = "all classes", "detections", "all boxes"
_COLOURS = (plot.BLUE, plot.RED, plot.GREEN, plot.PURPLE, plot.ORANGE, plot.SKY)  # of classes, or of a head's anchors


class DetectionExplorer(Explorer):
    """A detector on any picture: thresholds, classes, and what each head and anchor fired on.

    Parameters
    ----------
    detector : a `cnnlab.darknet.Detector`; by default the one that ships with the course
    images : 1 to 40 pictures of any size, as a detector takes them; by default scenes, or photos for your own detector
    titles : a name for each
    predict : ask how many boxes will be left before showing it

    Raises
    ------
    TypeError, ValueError
        If the detector is none, or a picture is none.

    Examples
    --------
    >>> explorer = DetectionExplorer()
    >>> sure, unsure = explorer.set(score=0.9).kept(), explorer.set(score=0.1).kept()
    >>> len(sure) <= len(unsure)
    True
    """

    picture = choice(lambda it: [(title, index) for index, title in enumerate(it._titles)])
    score = real(_LEAST, 0.95, 0.25, 0.05, label="score at least", readout_format=".2f")
    iou = real(0.0, 0.95, 0.45, 0.05, label="NMS: IoU above", readout_format=".2f")
    only = choice(lambda it: [_ALL, *it._class_names()], label="class")
    show = choice(lambda it: [_KEPT, _EVERY, *(f"head {number}" for number in range(len(it._detector.heads)))])
    listed = {"picture": (0, 1), "score": (0.05, 0.25, 0.75), "iou": (0.45, 0.95), "show": None}

    def __init__(
        self,
        detector: darknet.Detector | None = None,
        images: Sequence[np.ndarray] | None = None,
        titles: Sequence[str] | None = None,
        *,
        predict: bool = False,
    ) -> None:
        if detector is not None and not isinstance(detector, darknet.Detector):
            raise TypeError(f"`detector` must be a cnnlab.darknet.Detector. Received: {type(detector).__name__}")
        if images is None:
            images, titles = _scenes() if detector is None else _photos()
        if isinstance(images, np.ndarray) and images.ndim < 4:
            raise ValueError(f"`images` must be a list of pictures. Received: one array of shape {images.shape}")
        self._images = list(images)
        if not 1 <= len(self._images) <= _MOST_PICTURES:
            raise ValueError(f"`images` must hold 1 to {_MOST_PICTURES} pictures. Received: {len(self._images)}")
        self._titles = names(titles, "titles", len(self._images), "picture")
        self._detector = darknet.named() if detector is None else detector
        self._looks = [_look(image) for image in self._images]  # refuses what is no picture
        self._found: dict[int, tuple[Candidates, letterbox.Placement]] = {}
        super().__init__(predict=predict)

    # --- what is computed ---------------------------------------------------------------------------------------

    def _class_names(self) -> list[str]:
        count = max(head.classes for head in self._detector.heads)
        return list(self._detector.names) or [f"class {label}" for label in range(count)]

    def candidates(self) -> Candidates:
        """Every box of the chosen class with that score or more, best first, in pixels of the picture, not clipped."""
        if self.picture not in self._found:  # the network runs once a picture
            ((found, placement),) = self._detector.candidates([self._images[self.picture]], _LEAST)
            self._found[self.picture] = found, placement
        found, placement = self._found[self.picture]
        wanted = found.scores >= self.score - 1e-9  # a slider's 0.3 may be 0.30000000000000004
        if self.only != _ALL:
            wanted &= found.labels == self._class_names().index(self.only)
        some = found[wanted]
        return replace(some, boxes=placement.undo(some.boxes))

    def kept(self) -> Candidates:
        """What non-max suppression, within each class, leaves of them."""
        some = self.candidates()
        return some[nms(some.boxes, some.scores, self.iou, labels=some.labels)]

    def question(self) -> str:
        return (
            f"{len(self.candidates())} boxes have a score of {self.score:.2f} or more. How many are left after non-max "
            "suppression?"
        )

    def answer(self) -> int:
        return len(self.kept())

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        some = self.candidates()
        height, width = self._sizes()
        rows, columns = self._detector.input_size
        how = "letterboxed into" if self._detector.letterbox else "stretched to"
        total = sum(np.prod(head.grid) * len(head.anchors) for head in self._detector.heads)
        which = "" if self.only == _ALL else f" of class {self.only}"
        lines = [
            f"{self._titles[self.picture]}: {height}×{width} pixels, {how} {rows}×{columns}. The network reports "
            f"{total:,} boxes; {len(some)}{which} score {self.score:.2f} or more."
        ]
        if self.revealed:
            kept = self.kept()
            lines.append(f"Non-max suppression at an IoU of {self.iou:.2f}, within each class, leaves {len(kept)}.")
            lines += [self._said(kept, row) for row in range(min(len(kept), 5))]
            lines += [f"… and {len(kept) - 5} more."] if len(kept) > 5 else []
        lines += [
            f"Head {number} ({head.grid[0]}×{head.grid[1]} cells): "
            + "; ".join(f"anchor {_size(size)}: {count}, {best}" for size, count, best in self._tally(some, number))
            + "."
            for number, head in enumerate(self._detector.heads)
        ]
        return "\n".join(lines)

    def _said(self, kept: Candidates, row: int) -> str:
        x1, y1, x2, y2 = np.round(box_arrays.clip(kept.boxes[row : row + 1], *self._sizes())[0]).astype(int)
        head = self._detector.heads[kept.heads[row]]
        return (
            f"{row + 1}. {self._class_names()[kept.labels[row]]} {kept.scores[row]:.2f}, x {x1} to {x2}, y {y1} to "
            f"{y2}; head {kept.heads[row]}, row {kept.rows[row]}, column {kept.columns[row]}, anchor "
            f"{_size(head.anchors[kept.anchors[row]])}."
        )

    def _tally(self, some: Candidates, number: int) -> list[tuple[tuple[float, float], str, str]]:
        """For each anchor of a head: its size, how many boxes it gave, the best score."""
        rows = []
        for index, size in enumerate(self._detector.heads[number].anchors):
            scores = some.scores[(some.heads == number) & (some.anchors == index)]
            rows.append(
                (size, counted(len(scores), "box", "es"), f"best {scores.max():.2f}" if len(scores) else "none")
            )
        return rows

    def _sizes(self) -> tuple[int, int]:
        return np.shape(self._images[self.picture])[:2]

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        shown = Map(sheet, self._looks[self.picture], (_LEFT, _TOP), _SIDE)
        sheet.write(_LEFT, 0.24, self._titles[self.picture], 12, bold=True)
        some = self.candidates()
        kept = self.kept() if self.revealed else None
        if self.show.startswith("head"):
            self._draw_grid(shown, some, int(self.show.split()[1]))
        elif kept is None or self.show == _EVERY:
            shown.outline(self._on_look(some.boxes[:_MOST_DRAWN]), INK, 1.1)
        else:
            self._draw_kept(shown, kept)
        self._draw_found(sheet, some, kept)
        self._draw_anchors(sheet, some)
        return picture

    def _on_look(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes in pixels of the picture, cut at its edge, in pixels of what is shown of it."""
        (height, width), (rows, columns) = self._sizes(), self._looks[self.picture].shape[:2]
        return box_arrays.clip(boxes, height, width) * np.tile((columns / width, rows / height), 2)

    def _colours(self, kept: Candidates) -> list[str]:
        """Of the boxes kept, by their classes."""
        return [_COLOURS[label % len(_COLOURS)] for label in kept.labels]

    def _draw_kept(self, shown: Map, kept: Candidates) -> None:
        """The boxes in the colours of their classes, numbered as in the table."""
        boxes, colours = self._on_look(kept.boxes[:_MOST_DRAWN]), self._colours(kept)
        for row in reversed(range(len(boxes))):  # best on top
            shown.outline(boxes[[row]], colours[row], 2.0)
        plates(
            shown.sheet, free_places(shown, boxes[:_ROWS]), [plot.ink(colour) for colour in colours[:_ROWS]], "white"
        )

    def _draw_grid(self, shown: Map, some: Candidates, number: int) -> None:
        """The head's cells; those that fired in the colour of their anchor, with their boxes."""
        head, (_, placement) = self._detector.heads[number], self._found[self.picture]
        rows, columns = head.grid
        high, wide = placement.input_size[0] / rows, placement.input_size[1] / columns
        i, j = np.indices((rows, columns)).reshape(2, -1)
        cells = placement.undo(np.stack([j * wide, i * high, (j + 1) * wide, (i + 1) * high], axis=1))  # (cells, 4)
        x1, y1, x2, y2 = self._on_look(cells).T
        size = self._looks[self.picture].shape[:2]
        shown.sheet.lines(rulings(shown, size, np.union1d(y1, y2), np.union1d(x1, x2)), "#DDDDDD", 0.6)
        for index in range(len(head.anchors)):
            own = some[(some.heads == number) & (some.anchors == index)][:_MOST_DRAWN]
            if len(own):
                colour = _COLOURS[index % len(_COLOURS)]
                shown.outline(self._on_look(own.boxes), colour, 1.0, casing=False)
                shown.outline(self._on_look(cells[own.rows * columns + own.columns]), colour, 2.4)

    def _draw_found(self, sheet: Sheet, some: Candidates, kept: Candidates | None) -> None:
        left_over = "?" if kept is None else str(len(kept))
        sheet.write(_TABLE, 0.24, f"{len(some)} boxes above the score → {left_over} after NMS", 12, bold=True)
        if kept is None:
            sheet.write(_TABLE, 0.8, "your guess first", 12, plot.GREY)
            return
        words, scores, places = [], [], []
        for row in range(min(len(kept), _ROWS)):
            y = 0.55 + _STEP * row
            places.append((_TABLE - 0.05, y - PLATE[1] / 2, _TABLE - 0.05 + PLATE[0], y + PLATE[1] / 2))
            where = f"head {kept.heads[row]}, row {kept.rows[row]}, column {kept.columns[row]}"
            anchor = self._detector.heads[kept.heads[row]].anchors[kept.anchors[row]]
            words += [(_TABLE + 0.3, y, self._class_names()[kept.labels[row]][:16]), (_TABLE + 2.15, y, where)]
            words.append((_TABLE + 4.05, y, f"anchor {_size(anchor)}"))
            scores.append((_TABLE + 1.65, y, f"{kept.scores[row]:.2f}"))
        if self.show == _KEPT:
            plates(sheet, places, [plot.ink(colour) for colour in self._colours(kept)[:_ROWS]], "white")
        else:
            words += [(_TABLE, (y1 + y2) / 2, f"{row}") for row, (_, y1, _, y2) in enumerate(places, 1)]
        if words:
            sheet.write_all(words, 9)
            sheet.write_all(scores, 9, mono=True)
        if len(kept) > _ROWS:
            sheet.write(_TABLE, 0.55 + _STEP * _ROWS, f"… and {len(kept) - _ROWS} more", 9, plot.GREY)

    def _draw_anchors(self, sheet: Sheet, some: Candidates) -> None:
        """Which heads and anchors the boxes above the score come from."""
        top = _HEIGHT - 0.25 - _STEP * min(sum(len(head.anchors) for head in self._detector.heads), _ANCHORS)
        sheet.write(_TABLE, top - 0.27, "what each head and anchor fired on", 11, bold=True)
        line, words = 0, []
        for number, head in enumerate(self._detector.heads):
            for index, (size, count, best) in enumerate(self._tally(some, number)):
                if line == _ANCHORS:
                    break
                y = top + _STEP * line
                if self.show == f"head {number}":  # only there are the colours those of anchors
                    sheet.box(_TABLE, y - 0.055, 0.12, 0.11, "none", fill=_COLOURS[index % len(_COLOURS)])
                grid = f"head {number}: {head.grid[0]}×{head.grid[1]} cells"
                words += [(_TABLE + 0.22, y, grid), (_TABLE + 1.95, y, f"anchor {_size(size)}")]
                words += [(_TABLE + 3.3, y, count), (_TABLE + 4.2, y, best)]
                line += 1
        sheet.write_all(words, 9)


def _size(size: tuple[float, float]) -> str:
    """An anchor as it is spoken: width × height."""
    return f"{size[0]:.0f}×{size[1]:.0f}"


def _look(image: np.ndarray) -> np.ndarray:
    """A picture as (h, w, 3) bytes, no larger than it is shown."""
    shown = Image.fromarray((255 * letterbox.as_picture(image) + 0.5).astype(np.uint8))
    shown.thumbnail((_MOST_PIXELS, _MOST_PIXELS))
    return np.asarray(shown)


def _scenes() -> tuple[list[np.ndarray], list[str]]:
    some = scenes.scenes(8, seed=13, min_objects=2)
    return [one.image for one in some], [f"scene {number}" for number in range(len(some))]


def _photos() -> tuple[list[np.ndarray], list[str]]:
    shown = ["astronaut", "chelsea", "coffee", "china"]
    return [datasets.photo(name) for name in shown], shown
