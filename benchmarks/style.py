"""Style transfer as in lesson 15, by its own pictures and weights: how far the style loss falls, and how long it takes.

    python benchmarks/style.py                                   # with the weights that ship
    CNNLAB_DATA=folder python benchmarks/style.py                # and SqueezeNet's, if weights/ holds them

The target is one part in 5 with the weights that ship and one part in 8 with SqueezeNet, at 128 × 128 pixels, each in
at most 25 s on two cores. Run it alone on a quiet machine: the time counts. The paintings go to the folder named last.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lesson_cells import run
from skimage.io import imsave

RUNS = {"painted": "the weights that ship", "squeezed": "SqueezeNet"}


def main() -> None:
    for cell in run("15_style_transfer"):
        for name in [name for name in RUNS if f"{name} = style.transfer(" in cell.source]:
            result = cell.names[name]
            if result is None:  # without the data folder
                continue
            far, content = result.history["style"], result.history["content"]
            print(
                f"{RUNS[name]:21}  {cell.seconds:3.0f} s   style {far[0]:.2f} to {far[-1]:.3f}, one part in "
                f"{far[0] / far[-1]:.1f}   content 0 to {content[-1]:.2f}",
                flush=True,
            )
            for folder in map(Path, sys.argv[1:]):
                imsave(folder / f"{name}.png", (255 * result.picture).astype("uint8"))


if __name__ == "__main__":
    main()
