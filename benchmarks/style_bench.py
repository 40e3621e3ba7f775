"""Make data/style_bench.webp, the sheet of pictures that `explore.StyleBench` opens on.

    python benchmarks/style_bench.py style_bench.webp

A cat (scikit-image's "chelsea", CC0) is painted like glass that this script draws: every combination of start, layers
and content weight of `cnnlab.explore.tasks.style_grid`, 18 runs at 84 × 84 pixels with the network of
`transfer.photo_backbone`. Two minutes on one core with oneDNN. Content and style stand first on the sheet. Each
colour is rounded to a multiple of 4, so that the sheet, which is compressed without loss, stays below 250 kB.
"""

from __future__ import annotations

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table

import numpy as np
from PIL import Image
from skimage.transform import resize

from cnnlab import datasets, style, transfer
from cnnlab.explore.tasks.style_grid import COLUMNS, CONTENT_LAYER, GRID, LAYERS, SIDE, STEPS, VARIATION

GLASS = np.array([[20, 4, 3], [24, 18, 3], [3, 8, 15], [3, 14, 11], [24, 23, 19], [9, 4, 10]]) / 25


def square(picture: np.ndarray) -> np.ndarray:
    """The middle of a picture, (SIDE, SIDE, 3) uint8."""
    edge = min(picture.shape[:2])
    top, left = ((n - edge) // 2 for n in picture.shape[:2])
    part = resize(picture[top : top + edge, left : left + edge], (SIDE, SIDE), anti_aliasing=True)
    return coarse(255 * part)


def coarse(picture: np.ndarray) -> np.ndarray:
    """The nearest multiples of 4, as uint8."""
    return (4 * np.clip(np.round(picture / 4), 0, 63)).astype(np.uint8)


def mosaic(side: int = 256, stones: int = 40, seed: int = 0) -> np.ndarray:
    """Pieces of coloured glass with dark joints, (side, side, 3), as lesson 15 draws them."""
    rng = np.random.default_rng(seed)
    points, colours = rng.uniform(0, side, (stones, 2)), GLASS[rng.integers(len(GLASS), size=stones)]
    pixels = np.stack(np.mgrid[:side, :side], axis=-1)[:, :, None]  # (side, side, 1, 2)
    distances = np.sqrt(((pixels - points) ** 2).sum(axis=-1))
    picture = colours[distances.argmin(axis=-1)]
    nearest, second = np.sort(distances, axis=-1)[..., :2].transpose(2, 0, 1)
    picture[second - nearest < side / 60] = 0.05
    return picture


def main(file: str) -> None:
    tiles = [square(datasets.photo("chelsea")), square(mosaic())]
    shown, painted = (tile / np.float32(255) for tile in tiles)
    base = transfer.photo_backbone((SIDE, SIDE, 3))
    for start, layers, weight in GRID:
        begin = time.perf_counter()
        made = style.transfer(
            shown, painted, base, CONTENT_LAYER, LAYERS[layers], content_weight=weight, variation_weight=VARIATION,
            steps=STEPS, start=start,
        )  # fmt: skip
        losses = ", ".join(f"{term} {made.history[term][-1]:.3f}" for term in ("content", "style", "variation"))
        print(f"{start}, {layers}, {weight}: {losses}; {time.perf_counter() - begin:.0f} s", flush=True)
        tiles.append(coarse(255 * made.picture))
    sheet = np.concatenate([np.concatenate(tiles[k : k + COLUMNS], axis=1) for k in range(0, len(tiles), COLUMNS)])
    Image.fromarray(sheet).save(file, lossless=True, quality=100, method=6)


if __name__ == "__main__":
    main(sys.argv[1])
