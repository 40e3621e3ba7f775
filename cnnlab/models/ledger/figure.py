"""A ledger as bars: where a network keeps its parameters, its multiply-adds and its memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from cnnlab import plot
from cnnlab.models.ledger.table import memory, shape_text, short

if TYPE_CHECKING:
    from cnnlab.models.ledger import Comparison, Ledger

LABELLED = 30  # bars that can carry a name each; a longer ledger is put together by block
_DEEPEST = 4  # parts of a name that may make a block: the longest in Keras' networks, stage_0_block_0
PANELS = (("parameters", short, plot.BLUE), ("multiply-adds", short, plot.ORANGE), ("memory", memory, plot.GREEN))


def _groups(book: Ledger) -> dict[str, list[int]]:
    """Bar → its [parameters, multiply-adds, bytes]: a bar a layer, or in a long ledger a bar a block."""
    rows = [(row, [row.params or 0, row.macs or 0, row.activation_bytes or 0]) for row in book.rows]
    rows = [(row, values) for row, values in rows if any(values)]
    names = [row.name for row, _ in rows]
    if len(rows) > LABELLED:
        names = _blocks(names) or [_size(row.output_shape) for row, _ in rows]
    groups: dict[str, list[int]] = {}
    for name, (_, values) in zip(names, rows, strict=True):
        groups[name] = [a + b for a, b in zip(groups.get(name, (0, 0, 0)), values, strict=True)]
    return groups


def _blocks(names: Sequence[str]) -> list[str] | None:
    """The block of each layer: the first parts of its name, as many as tell blocks apart; None if names do not.

    >>> _blocks(["stem_conv", "block_1_conv", "block_1_bn", "block_2_conv", "block_2_bn", "block_3_conv"])
    ['stem_conv', 'block_1', 'block_1', 'block_2', 'block_2', 'block_3']
    """
    for depth in range(1, _DEEPEST + 1):
        blocks = ["_".join(name.replace("/", "_").split("_")[:depth]) for name in names]
        found = Counter(blocks)
        runs = 1 + sum(one != other for one, other in pairwise(blocks))
        # conv2d_7, activation_7, conv2d_8: names that come again and again are kinds of layers, no blocks.
        if len(found) <= LABELLED and max(found.values()) <= len(names) / 2 and runs < 2 * len(found):
            return blocks
    return None


def _size(shape: tuple | None) -> str:
    """Height and width of a layer's output, where the names tell no blocks apart."""
    if shape and isinstance(shape[0], tuple):
        shape = shape[0]
    if shape is None or len(shape) < 3:
        return "vectors"
    return f"maps of {shape_text(shape[:-1])}"


def ledger_figure(book: Ledger) -> plot.Picture:
    """One bar a layer (or a block) in three panels; nothing is left out or put with another."""
    groups = _groups(book)
    return _bars(groups, f"{book.name}: {_said(groups)}")


def comparison_figure(comparison: Comparison) -> plot.Picture:
    """One bar a model in three panels."""
    sums = {title: [book.params, book.macs, book.activation_bytes] for title, book in comparison.ledgers.items()}
    words = [f"{title}: {_numbers(values)}" for title, values in sums.items()]
    return _bars(sums, ". ".join(words) + ".")


def _numbers(values: Sequence[int]) -> str:
    return ", ".join(f"{text(value)} {name}" for (name, text, _), value in zip(PANELS, values, strict=True))


def _said(groups: dict[str, list[int]]) -> str:
    """Which bar is the longest in each panel, and what share it has."""
    parts = []
    for index, (name, text, _) in enumerate(PANELS):
        total = sum(values[index] for values in groups.values())
        if total:
            where = max(groups, key=lambda key: groups[key][index])
            most = groups[where][index]
            parts.append(f"most {name} in {where}, {text(most)} of {text(total)} ({most / total:.0%})")
    return "; ".join(parts) + "."


def _bars(groups: dict[str, list[int]], alt: str) -> plot.Picture:
    height = 1.0 + 0.24 * max(len(groups), 3)
    picture = plot.Picture(10, height, alt=alt)
    axes = picture.subplots(1, len(PANELS), sharey=True)
    for index, (ax, (name, text, colour)) in enumerate(zip(axes, PANELS, strict=True)):
        values = [sums[index] for sums in groups.values()]
        bars = ax.barh(range(len(groups)), values, color=colour)
        ax.bar_label(bars, [text(value) for value in values], padding=3, fontsize=8)
        ax.set_xlim(0, 1.35 * max(values, default=0) or 1)  # room for the numbers beside the bars
        ax.set_xticks([])
        ax.set_title(name, fontsize=10)
        ax.spines[["top", "right", "bottom"]].set_visible(False)
    axes[0].set_yticks(range(len(groups)), list(groups), fontsize=8)
    axes[0].set_ylim(len(groups) - 0.4, -0.6)
    widest = max(map(len, groups), default=0)
    picture.subplots_adjust(
        left=min(0.02 + 0.0075 * widest, 0.35), right=0.99, top=1 - 0.4 / height, bottom=0.1 / height
    )
    return picture
