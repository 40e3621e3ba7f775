"""A ledger as text and as HTML: the same columns, made once."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from cnnlab.models.ledger.rules import WHOLE

if TYPE_CHECKING:
    from cnnlab.arithmetic.shapes import ReceptiveField
    from cnnlab.models.ledger import Comparison, Ledger, Row

MISSING = "—"
COLUMNS = ("layer", "kind", "output", "parameters", "multiply-adds", "field", "stride", "memory")
SUMS = ("model", "parameters", "trainable", "multiply-adds", "field", "stride", "memory")
LEFT = 3  # columns of words in front of the columns of numbers


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


def _cells(row: Row) -> tuple[str, ...]:
    counts = (f"{row.params:,}", short(row.macs), *field_text(row.receptive_field), memory(row.activation_bytes))
    return (row.name, row.kind, shape_text(row.output_shape), *counts)


def _total(book: Ledger) -> tuple[str, ...]:
    return ("total", "", "", f"{book.params:,}", _macs(book), "", "", memory(book.activation_bytes))


def _macs(book: Ledger) -> str:
    """The sum, marked as too small where rows are missing from it."""
    return f"≥ {short(book.macs)}" if book.unknown else short(book.macs)


def _notes(book: Ledger) -> list[str]:
    """What is to be said below the table; equal notes share a line."""
    by_note: dict[str, list[str]] = {}
    for row in book.rows:
        if row.note:
            by_note.setdefault(row.note, []).append(row.name)
    trained = f"{book.trainable_params:,} of {book.params:,} parameters are trainable"
    listed = [f"{_listed(names)}: {note}" for note, names in by_note.items()]
    return [trained, *([book.note] if book.note else []), *listed]


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def ledger_text(book: Ledger) -> str:
    """The ledger in a fixed-width font."""
    rows = [_cells(row) for row in book.rows]
    return "\n".join([book.name, *_lines(COLUMNS, rows, _total(book), LEFT), *_notes(book)])


def _lines(head: Sequence[str], rows: list[tuple[str, ...]], total: tuple[str, ...] | None, left: int) -> list[str]:
    body = [head, *rows, *([total] if total else [])]
    widths = [max(map(len, column)) for column in zip(*body, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in body
    ]
    rule = "─" * max(map(len, lines))
    lines.insert(1, rule)
    if total:
        lines.insert(-1, rule)
    return lines


def ledger_html(book: Ledger) -> str:
    """The ledger as a table that scrolls where it is long."""
    rows = [(_cells(row), row.note) for row in book.rows]
    return _html(book.name, COLUMNS, rows, _total(book), LEFT, _notes(book))


def _html(
    caption: str,
    head: Sequence[str],
    rows: list[tuple[tuple[str, ...], str]],
    total: tuple[str, ...] | None,
    left: int,
    notes: list[str],
) -> str:
    def line(cells: Sequence[str], tag: str, about: str = "", title: str = "") -> str:
        parts = []
        for column, cell in enumerate(cells):
            style = f"padding:0.1em 0.7em;white-space:nowrap;text-align:{'left' if column < left else 'right'}"
            parts.append(f'<{tag}{about} style="{style}">{escape(cell)}</{tag}>')
        start = f'<tr title="{escape(title)}">' if title else "<tr>"
        return f"{start}{''.join(parts)}</tr>"

    body = "".join(line(cells, "td", title=title) for cells, title in rows)
    foot = f"<tfoot>{line(total, 'th')}</tfoot>" if total else ""
    below = "".join(f"<div>{escape(note)}</div>" for note in notes)
    columns = line(head, "th", ' scope="col"')
    return (
        '<div style="max-height:32em;overflow:auto"><table style="border-collapse:collapse">'
        f"<caption>{escape(caption)}</caption><thead>{columns}</thead><tbody>{body}</tbody>{foot}</table></div>{below}"
    )


def _sums(comparison: Comparison) -> list[tuple[str, ...]]:
    return [
        (
            title,
            f"{book.params:,}",
            f"{book.trainable_params:,}",
            _macs(book),
            *field_text(book.receptive_field),
            memory(book.activation_bytes),
        )
        for title, book in comparison.ledgers.items()
    ]


def comparison_text(comparison: Comparison) -> str:
    """The sums in a fixed-width font."""
    return "\n".join(_lines(SUMS, _sums(comparison), None, 1))


def comparison_html(comparison: Comparison) -> str:
    """The sums as a table."""
    rows = [(cells, "") for cells in _sums(comparison)]
    return _html("", SUMS, rows, None, 1, [])
