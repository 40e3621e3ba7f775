"""A ledger as bars: where a network keeps its parameters, its multiply-adds and its memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnlab import plot
from cnnlab._ledger_table import memory, short

if TYPE_CHECKING:
    from cnnlab.ledger import Comparison, Ledger

LABELLED = 30  # bars that can carry a name each; a longer ledger is put together by block
PANELS = (("parameters", short, plot.BLUE), ("multiply-adds", short, plot.ORANGE), ("memory", memory, plot.GREEN))


def _groups(book: Ledger) -> dict[str, list[int]]:
    """Bar → its [parameters, multiply-adds, bytes].

    A bar is a layer; in a long ledger, what stands before the first _ or / of the layers' names. One that has nothing
    but memory, a pooling or an activation, is put with the bar in front of it.
    """
    count = sum(1 for row in book.rows if row.params or row.macs)
    sums: dict[str, list[int]] = {}
    for row in book.rows:
        name = row.name if count <= LABELLED else row.name.replace("/", "_").split("_")[0]
        bar = sums.setdefault(name, [0, 0, 0])
        for index, value in enumerate((row.params, row.macs, row.activation_bytes)):
            bar[index] += value or 0
    groups: dict[str, list[int]] = {}
    for name, bar in sums.items():
        if groups and not (bar[0] or bar[1]):
            last = next(reversed(groups.values()))
            last[2] += bar[2]
        else:
            groups[name] = bar
    return groups


def ledger_figure(book: Ledger) -> plot.Picture:
    """One bar a layer (or a block) in three panels."""
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
