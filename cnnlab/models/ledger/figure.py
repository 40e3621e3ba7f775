"""Counts as bars: where a network keeps its parameters, its multiply-adds and its memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from cnnlab import plot
from cnnlab.models.ledger.table import memory, shape_text, short

LABELLED = 30  # bars that can carry a name each; a longer ledger is put together by block
_DEEPEST = 4  # parts of a name that may make a block: the longest in Keras' networks, stage_0_block_0
PANELS = (("parameters", short, plot.BLUE), ("multiply-adds", short, plot.ORANGE), ("memory", memory, plot.GREEN))

Counts = Sequence[int]  # one number for each panel


def grouped(layers: Sequence[tuple[str, tuple | None, Counts]]) -> dict[str, list[int]]:
    """The counts of each layer, or in a long list of each block; layers without any are left out.

    Parameters
    ----------
    layers : name, shape of the output and counts of each layer
    """
    layers = [layer for layer in layers if any(layer[2])]
    names = [name for name, _, _ in layers]
    if len(layers) > LABELLED:
        names = _blocks(names) or [_size(shape) for _, shape, _ in layers]
    groups: dict[str, list[int]] = {}
    for name, (_, _, counts) in zip(names, layers, strict=True):
        groups[name] = [a + b for a, b in zip(groups.get(name, (0, 0, 0)), counts, strict=True)]
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


def numbers_in_words(counts: Counts) -> str:
    """``61.7 k parameters, 416.5 k multiply-adds, 37.2 KiB memory``."""
    return ", ".join(f"{text(value)} {name}" for (name, text, _), value in zip(PANELS, counts, strict=True))


def longest_in_words(groups: Mapping[str, Counts]) -> str:
    """Which bar is the longest in each panel, and what share it has."""
    parts = []
    for index, (name, text, _) in enumerate(PANELS):
        total = sum(counts[index] for counts in groups.values())
        if total:
            where = max(groups, key=lambda key: groups[key][index])
            most = groups[where][index]
            parts.append(f"most {name} in {where}, {text(most)} of {text(total)} ({most / total:.0%})")
    return "; ".join(parts) + "."


def bars(groups: Mapping[str, Counts], alt: str) -> plot.Picture:
    """A bar for each group in each of three panels; `alt` says in words what they show."""
    height = 1.0 + 0.24 * max(len(groups), 3)
    picture = plot.Picture(10, height, alt=alt)
    axes = picture.subplots(1, len(PANELS), sharey=True)
    for index, (ax, (name, text, colour)) in enumerate(zip(axes, PANELS, strict=True)):
        values = [counts[index] for counts in groups.values()]
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
