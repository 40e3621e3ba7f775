"""One box, its cell and its anchor: the numbers that a YOLO network is asked to say."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np

from cnnlab import plot
from cnnlab.arithmetic import boxes as box_arrays
from cnnlab.common.validate import check_int, check_rank
from cnnlab.data import scenes
from cnnlab.detection import anchors as anchor_sizes
from cnnlab.detection import yolo
from cnnlab.explore.base.controls import choice, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import minus
from cnnlab.explore.detection.boxed_picture import rulings
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import INK, Sheet

_WIDTH, _HEIGHT = 10.0, 4.75  # inches
_LEFT, _TOP, _SIDE = 0.2, 0.55, 3.9
_MIDDLE, _RIGHT = 4.45, 6.75  # where the anchors and the numbers begin
_SMALLEST = 4  # pixels
_SCENE = 652  # a small shape in front of a large one: one cell of the 6 × 6 grid, two anchors


class TargetViewer(Explorer):
    """Move a box and read its target: which cell is responsible, which anchor, and the 5 + C numbers they hold.

    The first box is yours to move; the others stay where they are, and may want the same place.

    Parameters
    ----------
    image : (H, W, 3), 0–1 or uint8; by default a scene
    boxes : (N, 4) xyxy in pixels, N >= 1; must be given with an image
    labels : (N,) indices into `class_names`
    class_names : at least one
    anchors : (A, 2) widths and heights in pixels, at most 5; by default those of the scenes
    grids : numbers of cells a side to choose from, each 1 to 20
    predict : ask for row, column and anchor before showing them

    Examples
    --------
    >>> viewer = TargetViewer().set(x=50, y=20, width=30, height=30, grid=6)
    >>> viewer.answer()
    {'row': 1, 'column': 3, 'anchor': 1}
    """

    x = whole(0, lambda it: it._size[1], lambda it: it._start[0], label="centre x", width=250)
    y = whole(0, lambda it: it._size[0], lambda it: it._start[1], label="centre y", width=250)
    width = whole(_SMALLEST, lambda it: it._size[1], lambda it: it._start[2], width=250)
    height = whole(_SMALLEST, lambda it: it._size[0], lambda it: it._start[3], width=250)
    label = choice(lambda it: it._names, lambda it: it._names[it._labels[0]], label="class")
    grid = choice(lambda it: [(f"{n} × {n}", n) for n in it._grids], lambda it: it._grids[len(it._grids) // 2])
    listed = {"x": (24, 40, 56, 72, 88), "grid": None}

    def __init__(
        self,
        image: np.ndarray | None = None,
        boxes: np.ndarray | None = None,
        labels: Sequence[int] | None = None,
        *,
        class_names: Sequence[str] = scenes.CLASSES,
        anchors: np.ndarray = scenes.ANCHORS,
        grids: Sequence[int] = (3, 6, 12),
        predict: bool = False,
    ) -> None:
        if image is None:
            one = scenes.scene(_SCENE, min_objects=2, max_objects=2)
            image, boxes, labels, class_names = one.image, one.boxes, one.labels, one.class_names
        if boxes is None or labels is None:
            raise ValueError("`boxes` and `labels` must be given with an `image`")
        pixels = check_rank(image, "image", {3: "(H, W, 3)"})
        if pixels.shape[-1] != 3:
            raise ValueError(f"`image` must have shape (H, W, 3). Received: shape {pixels.shape}")
        self._pixels = pixels if pixels.dtype == np.uint8 else (255 * np.clip(pixels, 0, 1)).astype(np.uint8)
        self._size = pixels.shape[:2]
        self._names = tuple(map(str, class_names))
        self._anchors = anchor_sizes.check(anchors)
        if len(self._anchors) > 5:
            raise ValueError(f"`anchors` must be at most 5, to be drawn. Received: {len(self._anchors)}")
        self._grids = [check_int(grid, "grids", 1, 20) for grid in grids]
        self._boxes = box_arrays.check(boxes)
        if not len(self._boxes):
            raise ValueError("`boxes` must hold at least one box, to be moved. Received: none")
        x1, y1, x2, y2 = self._boxes[0]
        self._start = [int(value) for value in ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)]  # whole pixels
        self._labels = np.asarray(labels)
        # Refuses labels that are off.
        yolo.encode(self._boxes, self._labels, self._anchors, (1, 1), len(self._names), self._size)
        self._known: tuple | None = None
        super().__init__(predict=predict)

    def question(self) -> str:
        return "Which row, which column, which anchor? Type three numbers, such as 1, 2, 0."

    def answer(self) -> dict[str, int]:
        return dict(zip(("row", "column", "anchor"), self._place(), strict=True))

    def _place(self) -> tuple[int, int, int]:
        where, _ = self._encoded()
        return int(where.row[0]), int(where.column[0]), int(where.anchor[0])

    def target(self) -> np.ndarray:
        """The 5 + C numbers of the moved box."""
        return self._encoded()[1][self._place()]

    # --- what is computed ---------------------------------------------------------------------------------------

    def _all_boxes(self) -> np.ndarray:
        half = np.array([self.width, self.height]) / 2
        moved = np.concatenate([(self.x, self.y) - half, (self.x, self.y) + half])
        return np.concatenate([moved[None], self._boxes[1:]])

    def _encoded(self) -> tuple[yolo.Responsible, np.ndarray]:
        """Who is responsible for each box, and the targets: asked for many times in one redraw."""
        state = self.state()
        if self._known is None or self._known[0] != state:
            labels = np.array([self._names.index(self.label), *self._labels[1:]])
            setting = {"anchors": self._anchors, "grid": (self.grid, self.grid), "image_size": self._size}
            boxes = self._all_boxes()
            targets, _ = yolo.encode(boxes, labels, classes=len(self._names), **setting)
            self._known = state, yolo.responsible(boxes, **setting), targets
        return self._known[1:]

    def _cell(self) -> tuple[float, float]:
        """Height and width of a cell in pixels."""
        return self._size[0] / self.grid, self._size[1] / self.grid

    def _ious(self) -> np.ndarray:
        return anchor_sizes.shape_iou([(self.width, self.height)], self._anchors)[0]

    def _rivals(self) -> list[int]:
        """The other boxes that want the same cell and anchor."""
        where, _ = self._encoded()
        same = (where.row == where.row[0]) & (where.column == where.column[0]) & (where.anchor == where.anchor[0])
        return [int(i) for i in np.flatnonzero(same) if i]

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        high, wide = map(plot.short_number, self._cell())
        anchors = [f"{plot.short_number(w)} × {plot.short_number(h)}" for w, h in self._anchors]
        lines = [
            f"A {self.label}, centre x = {self.x}, y = {self.y}, {self.width} pixels wide and {self.height} high.",
            f"Grid {self.grid} × {self.grid} on a picture {self._size[0]} high and {self._size[1]} wide: a cell is "
            f"{high} high and {wide} wide.",
            f"Anchors (width × height): {', '.join(f'{k}: {words}' for k, words in enumerate(anchors))}.",
        ]
        if not self.revealed:
            return "\n".join([*lines, "Cell, anchor and numbers appear with your guess."])
        row, column, anchor = self._place()
        ious = ", ".join(f"anchor {k} {iou:.2f}" for k, iou in enumerate(self._ious()))
        sums = zip(("x", "y", "tw", "th"), self._sums(), self.target(), strict=False)
        classes = ", ".join(f"{name} {value:.0f}" for name, value in zip(self._names, self.target()[5:], strict=True))
        objectness = self._encoded()[1][..., yolo.OBJECTNESS]
        lines += [
            f"Row ⌊{self.y} / {high}⌋ = {row}, column ⌊{self.x} / {wide}⌋ = {column}{self._last_words()}.",
            f"IoU of the shapes: {ious}. Anchor {anchor} is responsible.",
            "; ".join(f"{name} = {how} = {value:.2f}" for name, how, value in sums) + ".",
            f"Objectness 1; {classes}.",
            self._rival_words(),
            f"Objectness is 0 in the other {int((objectness == 0).sum())} of {objectness.size} slots.",
        ]
        return "\n".join(lines)

    def _sums(self) -> tuple[str, str, str, str]:
        """How x, y, tw and th of the target are worked out."""
        row, column, anchor = self._place()
        high, wide, anchor_w, anchor_h = map(plot.short_number, (*self._cell(), *self._anchors[anchor]))
        return (
            f"{self.x} / {wide} − {column}",
            f"{self.y} / {high} − {row}",
            f"ln({self.width} / {anchor_w})",
            f"ln({self.height} / {anchor_h})",
        )

    def _last_words(self) -> str:
        at_end = self.x == self._size[1] or self.y == self._size[0]
        return " (on the last border: the last cell)" if at_end else ""

    def _rival_words(self) -> str:
        if rivals := self._rivals():
            names = " and the ".join(self._names[self._labels[i]] for i in rivals)
            return f"The {names} (dashed) has the same cell and the same anchor. One place, one object: it is lost."
        (where, _), here = self._encoded(), self._place()
        for i in range(1, len(self._boxes)):
            if (where.row[i], where.column[i]) == here[:2]:
                name = self._names[self._labels[i]]
                return f"The {name} (dashed) is in the same cell, with anchor {where.anchor[i]}: both are kept."
        return "No other box wants this cell." if len(self._boxes) > 1 else "There is no other box."

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        self._draw_scene(sheet)
        self._draw_anchors(sheet)
        self._draw_numbers(sheet)
        return picture

    def _draw_scene(self, sheet: Sheet) -> None:
        (height, width), (high, wide) = self._size, self._cell()
        shown = Map(sheet, self._pixels, (_LEFT, _TOP), _SIDE)
        sheet.write(_LEFT, _TOP - 0.27, f"grid {self.grid} × {self.grid}", 12, bold=True)
        sides = np.arange(self.grid + 1)
        lines = rulings(shown, self._size, sides * high, sides * wide)
        sheet.lines(lines, "white", 1.6)
        sheet.lines(lines, "#555555", 0.7)
        for number in range(0, self.grid, 1 if self.grid <= 12 else 2):
            (x, _), (_, y) = shown.corner(0, (number + 0.5) * wide), shown.corner((number + 0.5) * high, 0)
            sheet.stamp(str(number), [(x, shown.top - 0.1), (shown.left - 0.09, y)], 7.5, plot.GREY)
        boxes = box_arrays.clip(self._all_boxes(), height, width)
        shown.outline(boxes[:1], plot.BLUE, 2.0)
        shown.dashed(boxes[1:], plot.BLUE, 2.0)
        if self.revealed:
            row, column, _ = self._place()
            cell = column * wide, row * high, (column + 1) * wide, (row + 1) * high
            shown.outline(np.array([cell]), plot.ORANGE, 3.2)
        x, y = shown.corner(self.y, self.x)
        for radius, colour in ((0.075, "white"), (0.055, plot.BLUE)):
            sheet.shapes([[(x - radius, y), (x, y - radius), (x + radius, y), (x, y + radius)]], colour)

    def _draw_anchors(self, sheet: Sheet) -> None:
        """Each anchor with the box on it, centres together, all in one scale."""
        sheet.write(_MIDDLE, _TOP - 0.27, "box on anchor", 12, bold=True)
        room = min(0.86, 3.95 / len(self._anchors) - 0.08)
        own = self.width, self.height
        largest = max(self._anchors.max(), *own)
        scale, ious = room / largest, self._ious()
        best, lines = self._place()[2] if self.revealed else -1, []
        for k, (w, h) in enumerate(self._anchors):
            x, y = _MIDDLE + 0.5 * room, _TOP + k * (room + 0.1) + 0.5 * room
            colour = plot.ORANGE if k == best else plot.GREY
            for size, edge, line in (((w, h), colour, 3.0 if k == best else 1.6), (own, plot.BLUE, 1.6)):
                wide, high = size[0] * scale, size[1] * scale
                sheet.box(x - wide / 2, y - high / 2, wide, high, edge, line=line)
            words = f"{k}: {plot.short_number(w)} × {plot.short_number(h)}"
            iou = f"IoU {ious[k]:.2f}" if self.revealed else "IoU ?"
            beside = _MIDDLE + room + 0.12
            lines += [(beside, y - 0.1, words), (beside, y + 0.1, iou)]
        sheet.write_all(lines, 9.5)

    def _draw_numbers(self, sheet: Sheet) -> None:
        place = "cell ? ?, anchor ?"
        rows = [(name, "?") for name in ("x", "y", "tw", "th", "objectness", *self._names)]
        if self.revealed:
            row, column, anchor = self._place()
            place = f"row {row}, column {column}, anchor {anchor}"
            rows = [(name, f"{value:.2f}") for (name, _), value in zip(rows, self.target(), strict=True)]
            rows = [(name, value.removesuffix(".00") if k > 3 else value) for k, (name, value) in enumerate(rows)]
        sheet.write(_RIGHT, _TOP - 0.27, place, 12, bold=True)
        step = min(0.34, 3.2 / len(rows))
        lines = [_TOP + 0.16 + k * step for k in range(len(rows))]
        sheet.write_all([(_RIGHT, y, name) for y, (name, _) in zip(lines, rows, strict=True)], 10)
        values = [(_RIGHT + 1.0, y, minus(f"{value:>5}")) for y, (_, value) in zip(lines, rows, strict=True)]
        sheet.write_all(values, 10.5, mono=True)
        if self.revealed:
            sheet.write_all([(_RIGHT + 1.7, y, f"= {text}") for y, text in zip(lines, self._sums(), strict=False)], 9)
        if self.revealed and len(self._boxes) > 1:
            colour = plot.RED if self._rivals() else INK
            for k, line in enumerate(textwrap.wrap(self._rival_words(), 46)):
                sheet.write(_RIGHT, _TOP + 3.45 + 0.2 * k, line, 9, colour)
