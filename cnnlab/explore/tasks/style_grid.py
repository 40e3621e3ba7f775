"""The runs that `StyleBench` opens on: a sheet of pictures that ships, and what the shipped network says of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np

from cnnlab.data import datasets
from cnnlab.seeing import activations
from cnnlab.tasks import style
from cnnlab.training import transfer

FILE, SIDE = "style_bench.webp", 84  # in data/; of each picture on the sheet, in pixels
WEIGHTS = (0.01, 0.1, 1.0)  # of the content, beside 1 for the style
CONTENT_LAYER, VARIATION, STEPS = "block3_conv1", 0.5, 150
_ALL = ("block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2", "block3_conv1")
LAYERS = {"first layer": _ALL[:1], "all five": _ALL, "deep layer": _ALL[-1:]}
STARTS = ("content", "noise")
GRID = tuple(product(STARTS, LAYERS, WEIGHTS))  # the sheet's order, row by row; content and style stand before them
COLUMNS = 5  # of the sheet: four rows

Losses = dict[str, tuple[float, float]]  # term → before the first step and after the last


@dataclass(frozen=True, eq=False)
class Result:
    """What a run made, with everything the bench shows of it.

    Attributes
    ----------
    picture : (H, W, 3) uint8
    losses : content, style, variation → before and after, relative as `style.transfer` counts them
    grams, style_grams : layer → (C, C) over H·W·C
    compared : the layers whose Gram matrices the run compared
    """

    picture: np.ndarray
    losses: Losses
    grams: Mapping[str, np.ndarray]
    style_grams: Mapping[str, np.ndarray]
    compared: tuple[str, ...]

    def distance(self, layer: str) -> float:
        """The relative style loss of one layer: 0 for the style's own Gram matrix, 1 for one of zeros."""
        difference = self.grams[layer] - self.style_grams[layer]
        return float((difference**2).sum() / (self.style_grams[layer] ** 2).sum())


@cache
def shipped() -> tuple[np.ndarray, np.ndarray, dict[tuple[str, str, float], Result]]:
    """Content and style, (84, 84, 3) uint8, and the results by start, layers and content weight."""
    tiles = cut(datasets.read_image(datasets.shipped(FILE))[0])
    noise = np.random.default_rng(0).uniform(size=tiles[0].shape)  # as `style.transfer` starts
    pictures = np.stack([*tiles / 255, noise]).astype("float32")
    base = transfer.photo_backbone((SIDE, SIDE, 3))
    maps = activations.feature_maps(base, pictures, list(_ALL))
    grams = {name: [style.gram(one) / one.size for one in maps[name]] for name in _ALL}
    wanted, last = maps[CONTENT_LAYER][0], len(pictures) - 1
    results = {}
    for place, key in enumerate(GRID, start=2):
        compared, ends = LAYERS[key[1]], (0 if key[0] == "content" else last, place)
        views = [
            Result(
                tiles[0], {}, {name: grams[name][k] for name in _ALL}, {name: grams[name][1] for name in _ALL}, compared
            )
            for k in ends
        ]
        losses = {
            "content": [_relative_content(wanted, maps[CONTENT_LAYER][k]) for k in ends],
            "style": [float(np.mean([view.distance(name) for name in compared])) for view in views],
            "variation": [style.total_variation(pictures[k]) / pictures[k].size for k in ends],
        }
        ended = {term: tuple(values) for term, values in losses.items()}
        results[key] = replace(views[1], picture=tiles[place], losses=ended)
    return tiles[0], tiles[1], results


def _relative_content(wanted: np.ndarray, maps: np.ndarray) -> float:
    return style.content_loss(wanted, maps) / style.content_loss(wanted, 0 * wanted)


def cut(sheet: np.ndarray) -> np.ndarray:
    """The pictures of a sheet, (N, 84, 84, 3), row by row."""
    rows, columns = sheet.shape[0] // SIDE, sheet.shape[1] // SIDE
    tiles = sheet.reshape(rows, SIDE, columns, SIDE, 3).swapaxes(1, 2)
    return tiles.reshape(-1, SIDE, SIDE, 3)


def of_transfer(made: style.Transfer) -> Result:
    """The same of a run of `style.transfer`."""
    terms = ("content", "style", "variation")
    losses = {term: (made.history[term][0], made.history[term][-1]) for term in terms}
    picture = np.round(255 * np.asarray(made.picture)).astype(np.uint8)
    return Result(picture, losses, made.grams, made.style_grams, tuple(made.grams))
