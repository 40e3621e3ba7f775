"""A network's ledger on a `Sheet`: a table in one font, with bars among its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from cnnlab import plot
from cnnlab.explore.drawing.sheet import MONO_ADVANCE, Sheet
from cnnlab.explore.networks.ledger_lines import Line
from cnnlab.models.ledger.table import memory, short

ROWS = 25  # a longer network shows those around the chosen layer
TOP, HEIGHT = 0.78, 3.8  # of the rows on the page, in inches
_LARGEST, _LONGEST = 9.5, 19  # points; characters of a layer's name
_TALLEST = 0.27  # inches, of a row
_CHOSEN = "#FFF1CC"
# Characters for output, parameters, multiply-adds, field, stride, memory: alone on the page, and beside another.
_ALONE, _BESIDE = (14, 13, 9, 7, 7, 11), (13, 11, 9, 0, 0, 0)


class LedgerTable:
    """One table on a sheet.

    Parameters
    ----------
    sheet : where to draw
    left, width : in inches
    names, lines : the layers
    alone : with field, stride and memory; two tables beside each other have no room for them
    """

    def __init__(
        self, sheet: Sheet, left: float, width: float, names: Sequence[str], lines: Sequence[Line], alone: bool
    ) -> None:
        self.sheet, self.left, self.width, self.alone = sheet, left, width, alone
        self.names, self.lines = names, lines
        self._columns = _ALONE if alone else _BESIDE

    def draw(self, centre: int, chosen: int | None, hidden: str | None, scales: tuple[int, int]) -> None:
        """The rows around row `centre`.

        Parameters
        ----------
        centre : a row that must be on the page
        chosen : the row to frame, if any
        hidden : name of the layer whose counts are not shown, if any
        scales : the parameters and the multiply-adds that the longest bars stand for
        """
        count = min(ROWS, len(self.lines))
        first = min(max(centre - ROWS // 2, 0), len(self.lines) - count)
        shown = range(first, first + count)
        self._measure(max(len(self.names[index]) for index in shown), min(_TALLEST, HEIGHT / count))
        self._head(first, len(self.lines) - first - count)
        texts, bars = [], ([], [])
        for number, index in enumerate(shown):
            y = TOP + (number + 0.5) * self._pitch
            if index == chosen:
                box = (self.left - 0.08, y - self._pitch / 2, self.width + 0.12, self._pitch)
                self.sheet.box(*box, plot.ORANGE, fill=_CHOSEN)
            row = self.lines[index].row
            secret = self.names[index] == hidden
            texts.append((self.left, y, self._row(index, secret)))
            counts = (0, 0) if secret else (row.params, row.macs or 0)
            for spans, start, value, most in zip(bars, self._starts, counts, scales, strict=True):
                if value:
                    spans.append(_bar(start, y, max(self._bar * value / most, 0.012), 0.6 * self._pitch))
        self.sheet.write_all(texts, self._size, mono=True)
        for spans, colour in zip(bars, (plot.BLUE, plot.ORANGE), strict=True):
            if spans:
                self.sheet.shapes(spans, colour)

    def _measure(self, longest: int, pitch: float) -> None:
        """Font and columns: the numbers keep their characters, and the two bars share what is left of the width."""
        self._pitch, self._name = pitch, min(max(longest, 8), _LONGEST)
        characters = self._name + sum(self._columns)
        self._size = min(_LARGEST, 0.8 * 72 * pitch, 0.75 * self.width * 72 / (MONO_ADVANCE * characters))
        letter = MONO_ADVANCE * self._size / 72
        self._gap = int((self.width / letter - characters) // 2)
        self._bar = (self._gap - 1.5) * letter
        output, params, macs = self._columns[:3]
        ends = self._name + output + params, self._name + output + params + self._gap + macs
        self._starts = [self.left + (end + 0.7) * letter for end in ends]

    def _head(self, above: int, below: int) -> None:
        words = ("output", "parameters", "multiply-adds", "field", "stride", "memory")
        self.sheet.write(self.left, TOP - 0.19, self._line("layer", words), self._size, plot.GREY, mono=True)
        hidden = [f"{count} more {where}" for count, where in ((above, "above"), (below, "below")) if count]
        if hidden:
            self.sheet.write(self.left, 0.4, ", ".join(hidden), 8, plot.GREY)

    def _row(self, index: int, secret: bool) -> str:
        line = self.lines[index]
        counts = (f"{line.row.params:,}" if self.alone else short(line.row.params), short(line.row.macs))
        size, stride = ("all", "") if line.sees[0] == "whole input" else line.sees
        cells = (line.output, *(("?", "?") if secret else counts), size, stride, memory(line.row.activation_bytes))
        return self._line(self.names[index], cells)

    def _line(self, name: str, cells: Sequence[str]) -> str:
        output, params, macs, *others = self._columns
        # A heading may reach into the free room for the bar in front of it.
        numbers = f"{cells[0]:>{output}}{cells[1]:>{params}}{cells[2]:>{self._gap + macs}}{'':{self._gap}}"
        if not self.alone:
            return f"{cut(name, self._name):<{self._name}}{numbers}".rstrip()
        rest = "".join(f"{cell:>{width}}" for cell, width in zip(cells[3:], others, strict=True))
        return f"{cut(name, self._name):<{self._name}}{numbers}{rest}"


def cut(text: str, length: int) -> str:
    """`text` in at most `length` characters.

    >>> cut("block2_unit1_conv2", 10)
    'block2_un…'
    """
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _bar(x: float, y: float, width: float, height: float) -> list[tuple[float, float]]:
    top, bottom = y - height / 2, y + height / 2
    return [(x, top), (x + width, top), (x + width, bottom), (x, bottom)]
