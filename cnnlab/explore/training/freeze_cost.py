"""A classifier as blocks that can be frozen, and what a training step costs when some of them are."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import keras

from cnnlab.models.ledger import ledger

# The part of a layer's name that it shares with the other layers of its block.
_BLOCK = re.compile(r"head(?=_)|block_\d+|conv2d_\d+|[A-Za-z]+\d*[a-z]?")
_MOST = 20  # blocks; a network of more is shown in pieces of several


@dataclass(frozen=True)
class Block:
    """Neighbouring layers that train together.

    Attributes
    ----------
    name : what their names begin with
    macs : multiply-adds of one picture forwards, layer by layer from the input up
    params : weights that train when the block does; those of BatchNormalization not counted
    norms : weights of its BatchNormalization layers, statistics included: these stay frozen
    """

    name: str
    macs: tuple[int, ...]
    params: int
    norms: int


@dataclass(frozen=True)
class Cost:
    """Multiply-adds of one training step for one picture.

    Attributes
    ----------
    forward : every layer runs, frozen or not
    weights : gradients of the weights that train
    handed : gradients handed down from layer to layer, as far as the lowest layer that trains
    """

    forward: int
    weights: int
    handed: int

    @property
    def total(self) -> int:
        return self.forward + self.weights + self.handed


def blocks_of(model: keras.Model) -> tuple[Block, ...]:
    """The blocks of `model` from the input up; the last is its head.

    Raises
    ------
    ValueError
        If nothing is left beside the head.
    """
    kept: list[tuple[str, int, int, int]] = []  # block, multiply-adds, weights, weights of BatchNormalization
    for row in ledger(model):
        if not row.params:
            continue
        name = _BLOCK.match(row.name.rsplit("/", 1)[-1])
        norm = row.kind == keras.layers.BatchNormalization.__name__
        # A BatchNormalization belongs to what it normalises, whatever it is called.
        key = kept[-1][0] if norm and kept else name[0] if name else row.name
        kept.append((key, row.macs or 0, 0 if norm else row.params, row.params if norm else 0))
    keys = list(dict.fromkeys(key for key, *_ in kept))
    if len(keys) < 2:
        raise ValueError(f"`model` must have a head and something below it. Received: {model.name} with {len(keys)}")
    below, size = keys[:-1], math.ceil((len(keys) - 1) / (_MOST - 1))
    groups = [below[start : start + size] for start in range(0, len(below), size)]
    return tuple(_block(group, kept) for group in [*groups, keys[-1:]])


def _block(group: Sequence[str], kept: Sequence[tuple[str, int, int, int]]) -> Block:
    own = [row for row in kept if row[0] in group]
    name = group[0] if len(group) == 1 else f"{group[0]} … {group[-1]}"
    macs = tuple(row[1] for row in own if row[2])
    return Block(name, macs, sum(row[2] for row in own), sum(row[3] for row in own))


def step_cost(blocks: Sequence[Block], trained: int) -> Cost:
    """What a step costs when the head and the `trained` blocks below it train."""
    return Cost(*map(sum, zip(*spans(blocks, trained), strict=True)))


def spans(blocks: Sequence[Block], trained: int) -> list[tuple[int, int, int]]:
    """The cost of a step, block by block: forwards, gradients of its weights, gradients that it hands down."""
    lowest = len(blocks) - 1 - trained
    parts = []
    for place, block in enumerate(blocks):
        macs = sum(block.macs)
        handed = macs - block.macs[0] if place == lowest else macs  # the lowest layer that trains hands nothing down
        parts.append((macs, macs, handed) if place >= lowest else (macs, 0, 0))
    return parts
