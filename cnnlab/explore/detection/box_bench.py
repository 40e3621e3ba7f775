"""The box bench: two boxes on squared paper, and every number that goes into their IoU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.colors import to_rgb

from cnnlab import plot
from cnnlab.arithmetic import boxes as box_arithmetic
from cnnlab.explore.base.controls import choice, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import counted, minus
from cnnlab.explore.drawing.pointer import drag_boxes
from cnnlab.explore.drawing.sheet import INK, Sheet

COLUMNS, ROWS = 20, 14  # squares of the paper: boxes are counted in them
_WIDEST, _HIGHEST = 10, 8  # of the boxes
_LAST = (COLUMNS - _WIDEST, ROWS - _HIGHEST)  # where they may begin
_WIDTH, _HEIGHT, _CELL, _LEFT, _TOP = 10.0, 5.0, 0.27, 0.42, 0.62  # inches, y downwards
_PAPER, _TEXT, _KEY = 6.05, 6.15, 4.4  # where the paper ends, the numbers begin, and the key to the paper's colours
_SLIDERS = tuple(f"{box}_{letter}" for box in "ab" for letter in "xywh")
_ONLY_A, _ONLY_B, _BOTH = "#CFE3F2", "#FBE3B8", "#7FC8A9"


class _Pair(NamedTuple):
    """Two boxes and what lies between them; lengths in squares, before any clamp."""

    a: tuple[int, ...]
    b: tuple[int, ...]
    overlap: tuple[int, int]  # in x and in y, negative if there is a gap
    inter: int
    areas: tuple[int, int]
    union: int
    frame: int
    iou: float
    giou: float


class BoxBench(Explorer):
    """Move two boxes: how much they overlap, what they cover together, and the IoU and GIoU that follow.

    Where anywidget is installed, the boxes can be dragged as well.

    Parameters
    ----------
    a, b
        where the boxes start: four whole numbers x1, y1, x2, y2 on a paper 20 squares wide and 14 high, at most 10 wide
        and 8 high, with x1 at most 10 and y1 at most 6
    predict : ask for the IoU before showing it

    Raises
    ------
    ValueError
        If a box is not one that the sliders can make.

    Examples
    --------
    >>> bench = BoxBench(a=(1, 1, 5, 4), b=(3, 2, 7, 6))
    >>> round(bench.answer(), 3)
    0.167
    >>> print(bench.describe().splitlines()[3])
    Intersection 2 · 2 = 4. Union 12 + 16 − 4 = 24. IoU = 4 / 24 = 0.17.
    """

    a_x = whole(0, _LAST[0], label="a: x1", width=215)
    a_y = whole(0, _LAST[1], label="a: y1", width=215)
    a_w = whole(0, _WIDEST, label="a: width", width=215)
    a_h = whole(0, _HIGHEST, label="a: height", width=215)
    b_x = whole(0, _LAST[0], label="b: x1", width=215)
    b_y = whole(0, _LAST[1], label="b: y1", width=215)
    b_w = whole(0, _WIDEST, label="b: width", width=215)
    b_h = whole(0, _HIGHEST, label="b: height", width=215)
    format = choice(list(box_arithmetic.FORMATS), "xyxy", label="write them as")
    listed = {"b_x": (2, 4, 6, 8, 10), "b_y": (2, 4, 6), "a_w": (4, 8)}  # also apart

    def __init__(
        self, a: Sequence[int] = (2, 2, 10, 9), b: Sequence[int] = (6, 4, 15, 11), *, predict: bool = False
    ) -> None:
        self._pad = self._beside = drag_boxes((COLUMNS, ROWS), (_WIDEST, _HIGHEST), self._dragged)
        super().__init__(predict=predict, **_sliders(a, "a"), **_sliders(b, "b"))

    def living(self, image: str) -> str:
        """Of the picture only the numbers, where the paper that stands beside it shows the boxes."""
        if self._pad is None:
            return image
        left, right, bottom = (round(inches * plot.SHOWN_DPI) for inches in (_PAPER, _WIDTH, _KEY))
        window = f"width:{right - left}px;height:{bottom}px;overflow:hidden"
        return f'<div style="{window}"><div style="margin-left:-{left}px">{image}</div></div>'

    def adjust(self, changed: str | None) -> None:
        """Let the boxes that are dragged follow the sliders."""
        if self._pad is not None:
            self._pad.boxes = self._numbers()

    def _dragged(self, numbers: Sequence[int]) -> None:
        """Let the sliders follow the boxes that are dragged: all at once, so that there is one new picture."""
        if list(numbers) == self._numbers() or len(numbers) != len(_SLIDERS):
            return

        def follow() -> None:
            for name, number in zip(_SLIDERS, numbers, strict=True):
                self.controls[name].value = number

        self._guarded(follow)

    def _numbers(self) -> list[int]:
        """What the sliders say: x, y, width, height of box a, then of box b."""
        return [self.controls[name].value for name in _SLIDERS]

    # --- the arithmetic -----------------------------------------------------------------------------------------

    def _pair(self) -> _Pair:
        xa, ya, wa, ha, xb, yb, wb, hb = self._numbers()
        a, b = (xa, ya, xa + wa, ya + ha), (xb, yb, xb + wb, yb + hb)
        across, down = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1))
        inter = max(across, 0) * max(down, 0)
        areas = tuple((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (a, b))
        frame = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
        iou, giou = float(box_arithmetic.iou([a], [b])[0, 0]), float(box_arithmetic.giou([a], [b])[0, 0])
        return _Pair(a, b, (across, down), inter, areas, sum(areas) - inter, frame, iou, giou)

    def question(self) -> str:
        return "What is the IoU of the two boxes, as a decimal number with two places? Count the squares."

    def answer(self) -> float:
        return self._pair().iou

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        pair = self._pair()
        lines = [self._box_words("a", pair.a, pair.areas[0]), self._box_words("b", pair.b, pair.areas[1])]
        if not self.revealed:
            return "\n".join([*lines, "Intersection, union and IoU appear with your guess."])
        lines.append(f"Overlap in x: {_side(pair, 0)}. Overlap in y: {_side(pair, 1)}.")
        lines.append(f"Intersection {_product(pair)}. Union {_union(pair)}. IoU = {_quotient(pair)}.")
        empty = pair.frame - pair.union
        lines.append(
            f"The frame around both has {counted(pair.frame, 'square')}, {empty} of them in neither box. "
            f"GIoU = {_giou(pair)} = {_decimal(pair.giou)}."
        )
        return "\n".join([*lines, _remark(pair)])

    def _box_words(self, name: str, box: tuple[int, ...], area: int) -> str:
        x1, y1, x2, y2 = box
        sides = f"{x2 - x1} wide, {y2 - y1} high, area {x2 - x1} · {y2 - y1} = {area}"
        return f"Box {name}: x from {x1} to {x2}, y from {y1} to {y2}: {sides}. As {self.format}: {self._written(box)}."

    def _written(self, box: tuple[int, ...]) -> str:
        values = box_arithmetic.convert_format([box], "xyxy", self.format, ROWS, COLUMNS)[0]
        return ", ".join(f"{value:.3g}" for value in values)

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        pair = self._pair()
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        self._draw_paper(sheet, pair)
        self._draw_numbers(sheet, pair)
        return picture

    def _draw_paper(self, sheet: Sheet, pair: _Pair) -> None:
        y, x = np.mgrid[:ROWS, :COLUMNS]
        inside = [(x >= x1) & (x < x2) & (y >= y1) & (y < y2) for x1, y1, x2, y2 in (pair.a, pair.b)]
        colours = np.ones((ROWS, COLUMNS, 3))
        for mask, colour in ((inside[0], _ONLY_A), (inside[1], _ONLY_B), (inside[0] & inside[1], _BOTH)):
            colours[mask] = to_rgb(colour)
        sheet.cells(colours, _LEFT, _TOP, _CELL, edge="#D5D9DF")
        for k in range(0, COLUMNS + 1, 2):
            sheet.stamp(str(k), [(_LEFT + k * _CELL, _TOP - 0.13)], 8.0, plot.GREY)
        for k in range(0, ROWS + 1, 2):
            sheet.stamp(str(k), [(_LEFT - 0.15, _TOP + k * _CELL)], 8.0, plot.GREY)
        if self.revealed:
            frame = (*np.minimum(pair.a[:2], pair.b[:2]), *np.maximum(pair.a[2:], pair.b[2:]))
            self._outline(sheet, frame, plot.GREY, 1.4, dashed=True)
        self._outline(sheet, pair.a, plot.BLUE, 3.4)
        self._outline(sheet, pair.b, plot.RED, 3.4)
        # The names stand in the corners farthest from the other box.
        for name, box, other, colour in (("a", pair.a, pair.b, plot.BLUE), ("b", pair.b, pair.a, plot.RED)):
            right, low = box[0] + box[2] > other[0] + other[2], box[1] + box[3] > other[1] + other[3]
            place = _LEFT + box[2 * right] * _CELL + (-0.16 if right else 0.07), _TOP + box[1 + 2 * low] * _CELL
            sheet.write(place[0], place[1] + (-0.13 if low else 0.14), name, 13, colour, bold=True)

    def _outline(self, sheet: Sheet, box: Sequence, colour: str, line: float, *, dashed: bool = False) -> None:
        x1, y1, x2, y2 = box
        corner, size = (_LEFT + x1 * _CELL, _TOP + y1 * _CELL), ((x2 - x1) * _CELL, (y2 - y1) * _CELL)
        sheet.box(*corner, *size, colour, line=line, dashed=dashed)

    def _draw_numbers(self, sheet: Sheet, pair: _Pair) -> None:
        (wa, ha), (wb, hb) = ((box[2] - box[0], box[3] - box[1]) for box in (pair.a, pair.b))
        sheet.write(_TEXT, 0.2, f"as {self.format}", 9, plot.GREY)
        sheet.write(_TEXT, 0.45, f"a  {self._written(pair.a)}", 10, plot.BLUE, bold=True)
        sheet.write(_TEXT, 0.7, f"b  {self._written(pair.b)}", 10, plot.RED, bold=True)
        rows = {"area a": f"{wa} · {ha} = {pair.areas[0]}", "area b": f"{wb} · {hb} = {pair.areas[1]}"}
        hidden = {
            "overlap in x": _side(pair, 0),
            "overlap in y": _side(pair, 1),
            "intersection": _product(pair),
            "union": _union(pair),
        }
        rows |= hidden if self.revealed else dict.fromkeys(hidden, "?")
        for left, column in ((_TEXT, rows), (_TEXT + 1.12, rows.values())):
            sheet.write_all([(left, 1.08 + 0.28 * k, text) for k, text in enumerate(column)], 10)
        y = 3.02
        answer = _quotient(pair) if self.revealed else "?"
        sheet.write(_TEXT, y, f"IoU  {answer}", 13, bold=True)
        share = pair.iou if self.revealed else 0.0
        sheet.box(_TEXT, y + 0.2, 3.4, 0.16, "none", fill="#E8EBEF")
        sheet.box(_TEXT, y + 0.2, 3.4 * share, 0.16, "none", fill=_BOTH)
        sheet.box(_TEXT, y + 0.2, 3.4, 0.16, INK, line=0.8)
        middle = _TEXT + 1.7
        sheet.lines([((middle, y + 0.15), (middle, y + 0.41))], INK, 1.2)
        sheet.stamp("0.5", [(middle, y + 0.51)], 8.0, plot.GREY)
        if not self.revealed:
            return
        sheet.write(_TEXT, y + 0.86, f"frame {pair.frame}, in neither box {pair.frame - pair.union}", 10, plot.GREY)
        sheet.write(_TEXT, y + 1.14, f"GIoU  {_giou(pair)} = {_decimal(pair.giou)}", 10, plot.GREY)
        key = ((_ONLY_A, "a only"), (_ONLY_B, "b only"), (_BOTH, "both: intersection"))
        for k, (colour, words) in enumerate(key):
            x = _LEFT + 1.0 * k
            sheet.box(x, _HEIGHT - 0.3, 0.16, 0.16, "#A8B0BA", fill=colour)
            sheet.write(x + 0.22, _HEIGHT - 0.22, words, 9)
        sheet.write(_LEFT + 3.5, _HEIGHT - 0.22, "all coloured squares: union", 9)


def _sliders(box: object, name: str) -> dict[str, int]:
    """Where the four sliders of `box` stand, if they can show it."""
    x1, y1, x2, y2 = box_arithmetic.check([box], name)[0]
    values, most = (x1, y1, x2 - x1, y2 - y1), (*_LAST, _WIDEST, _HIGHEST)
    if any(not float(value).is_integer() or not 0 <= value <= limit for value, limit in zip(values, most, strict=True)):
        raise ValueError(
            f"`{name}` must be whole numbers x1, y1, x2, y2 with x1 from 0 to {_LAST[0]}, y1 from 0 to {_LAST[1]}, "
            f"at most {_WIDEST} wide and {_HIGHEST} high. Received: {box!r}"
        )
    return {f"{name}_{letter}": int(value) for letter, value in zip("xywh", values, strict=True)}


def _side(pair: _Pair, axis: int) -> str:
    """The overlap along one axis, with its clamp if it needs one."""
    a, b, length = pair.a, pair.b, pair.overlap[axis]
    working = f"min({a[axis + 2]}, {b[axis + 2]}) − max({a[axis]}, {b[axis]}) = {minus(str(length))}"
    return working if length >= 0 else f"{working}, so 0"


def _product(pair: _Pair) -> str:
    across, down = (max(length, 0) for length in pair.overlap)
    return f"{across} · {down} = {pair.inter}"


def _union(pair: _Pair) -> str:
    return f"{pair.areas[0]} + {pair.areas[1]} − {pair.inter} = {pair.union}"


def _quotient(pair: _Pair) -> str:
    if pair.union == 0:
        return "0, as the union is 0"
    return f"{pair.inter} / {pair.union} = {_decimal(pair.iou)}"


def _giou(pair: _Pair) -> str:
    return f"{_decimal(pair.iou)} − {pair.frame - pair.union} / {pair.frame}" if pair.frame else "0"


def _remark(pair: _Pair) -> str:
    if pair.inter == 0:
        gap = "They touch" if min(pair.overlap) == 0 else "They are apart"
        return f"{gap}: the IoU is 0 however far, while the GIoU still falls with the distance."
    if pair.iou == 1:
        return "They are the same box."
    counts = "would count as the same object" if pair.iou >= 0.5 else "would not count as the same object"
    return f"With the usual threshold of 0.5 these two {counts}."


def _decimal(value: float) -> str:
    return minus(f"{value + 0.0:.2f}")
