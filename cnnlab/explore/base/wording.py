"""Turns of phrase and ways to write numbers that several explorers share."""

from __future__ import annotations

from collections.abc import Sequence

from cnnlab import plot


def cut(text: str, most: int) -> str:
    """`text` in at most `most` characters.

    >>> cut("block2_unit1_conv2", 10)
    'block2_un…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def counted(number: int, noun: str, plural: str = "s") -> str:
    """A number with its noun.

    >>> counted(1, "epoch"), counted(0, "box", "es")
    ('1 epoch', '0 boxes')
    """
    return f"{number} {noun}{'' if number == 1 else plural}"


def minus(text: str) -> str:
    """`text` with true minus signs, which are as wide as the digits, in the place of hyphens.

    >>> minus("-0.50")
    '−0.50'
    """
    return text.replace("-", "−")


def number_text(value: float) -> str:
    """A number as a learner writes it: free of floating-point dust, with a real minus sign.

    >>> number_text(0.1 + 0.2), number_text(-3.0)
    ('0.30', '−3')
    """
    return minus(plot.short_number(round(float(value), 9) + 0.0))


def term_text(value: float) -> str:
    """A number as a term of a sum or product: a negative one in brackets.

    >>> term_text(4), term_text(-3)
    ('4', '(−3)')
    """
    return f"({number_text(value)})" if value < 0 else number_text(value)


def by(sizes: Sequence[int]) -> str:
    """Sizes as they are spoken.

    >>> by((28, 28, 6))
    '28×28×6'
    """
    return "×".join(str(int(size)) for size in sizes)


def span(name: str, first: int, last: int) -> str:
    """A row, or several that follow each other.

    >>> span("row", 3, 3), span("column", 0, 2)
    ('row 3', 'columns 0 to 2')
    """
    return f"{name} {first}" if first == last else f"{name}s {first} to {last}"
