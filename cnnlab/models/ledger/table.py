"""Counts, shapes and fields in words, and a table of such cells as text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from cnnlab.arithmetic.shapes import ReceptiveField
from cnnlab.models.ledger.rules import WHOLE

MISSING = "—"


def short(value: int | None) -> str:
    """A count in three or four digits: 240,000 → 240.0 k.

    >>> [short(n) for n in (None, 0, 850, 61_706, 15_470_264_320)]
    ['—', '0', '850', '61.7 k', '15.47 G']
    """
    if value is None:
        return MISSING
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**4, "k")):
        if value >= size:
            return f"{value / 1000 if unit == 'k' else value / size:.{2 if unit == 'G' else 1}f} {unit}"
    return str(value)


def memory(count: int | None) -> str:
    """Bytes in the unit that fits.

    >>> memory(28 * 28 * 6 * 4)
    '18.4 KiB'
    """
    if count is None:
        return MISSING
    for size, unit in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


def shape_text(shape: tuple | None) -> str:
    """(28, 28, 6) as 28×28×6, several of them with commas, an open size as ?."""
    if shape is None:
        return MISSING
    if shape and isinstance(shape[0], tuple):
        return ", ".join(map(shape_text, shape))
    return "×".join("?" if n is None else str(n) for n in shape) or "scalar"


def field_text(field: tuple[ReceptiveField, ...] | str | None) -> tuple[str, str]:
    """Size and stride of a field, one number where the axes agree."""
    if field is None:
        return MISSING, MISSING
    if field == WHOLE:
        return WHOLE, MISSING
    return _axes([axis.size for axis in field]), _axes([axis.stride for axis in field])


def _axes(values: list[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else "×".join(map(str, values))


@dataclass(frozen=True)
class Table:
    """Cells in rows, below a heading.

    Attributes
    ----------
    head, rows : cells, as many in each row; the first names the row
    words : how many columns of words there are in front of the columns of numbers
    caption : what the table is of; empty for none
    total : cells of a row of sums below all others; empty for none
    notes : lines below the table
    hints : one for each row, shown in HTML where the mouse rests on the row; empty for none
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int
    caption: str = ""
    total: Sequence[str] = ()
    notes: Sequence[str] = ()
    hints: Sequence[str] = ()

    def text(self) -> str:
        """The table in a fixed-width font; what cannot be printed, in a name from elsewhere, is escaped."""
        body = [self.head, *self.rows, *([self.total] if self.total else [])]
        body = [[printable(cell) for cell in cells] for cells in body]
        widths = [max(map(len, column)) for column in zip(*body, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if column < self.words else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
            ).rstrip()
            for cells in body
        ]
        rule = "─" * max(map(len, lines))
        lines.insert(1, rule)
        if self.total:
            lines.insert(-1, rule)
        above = [self.caption] if self.caption else []
        return "\n".join([*map(printable, above), *lines, *map(printable, self.notes)])

    def html(self) -> str:
        """The table for a notebook or a page; it scrolls where it is long."""
        hints = self.hints or [""] * len(self.rows)
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        body = "".join(self._line(cells, "td", hint) for cells, hint in zip(self.rows, hints, strict=True))
        foot = f"<tfoot>{self._line(self.total, 'th')}</tfoot>" if self.total else ""
        below = "".join(f"<div>{escape(note)}</div>" for note in self.notes)
        return (
            f'<div style="max-height:32em;overflow:auto"><table style="border-collapse:collapse">{caption}'
            f"<thead>{self._line(self.head, 'th', column=True)}</thead><tbody>{body}</tbody>{foot}</table></div>{below}"
        )

    def _line(self, cells: Sequence[str], tag: str, hint: str = "", column: bool = False) -> str:
        """A row; its first cell is a heading of the row, or all are headings of their columns."""
        parts = []
        for number, cell in enumerate(cells):
            kind, scope = tag, ""
            if column:
                scope = ' scope="col"'
            elif number == 0:
                kind, scope = "th", ' scope="row"'
            side = "left" if number < self.words else "right"
            style = f"padding:0.1em 0.7em;white-space:nowrap;text-align:{side}"
            style += ";font-weight:normal" if kind != tag else ""
            parts.append(f'<{kind}{scope} style="{style}">{escape(cell)}</{kind}>')
        start = f'<tr title="{escape(hint)}">' if hint else "<tr>"
        return f"{start}{''.join(parts)}</tr>"


def printable(text: str) -> str:
    r"""`text` with what would move the cursor or break the line written as in Python.

    >>> print(printable("a\tb — c"))
    a\tb — c
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
