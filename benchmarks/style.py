"""Style transfer as in lesson 15, by its own pictures and weights: how far the style loss falls, and how long it takes.

    python benchmarks/style.py                                   # with the weights that ship
    CNNLAB_DATA=folder python benchmarks/style.py                # and SqueezeNet's, if weights/ holds them

The target is one part in 5 with the weights that ship and one part in 8 with SqueezeNet, at 128 × 128 pixels, each in
at most 25 s on two cores. Run it alone on a quiet machine: the time counts. The paintings go to the folder named last.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # as the lesson's first cell sets it

import jupytext
from skimage.io import imsave

LESSON = Path(__file__).parents[1] / "lessons" / "15_style_transfer.py"
NEEDED = ("import keras", "PROFILE =", "SIDE, STEPS", "GLASS =", "cat, glass =", "base =", "def canvas(", "small_cat,")
NEEDED += ("CONTENT =",)
RUNS = {"painted": "the weights that ship", "squeezed": "SqueezeNet"}


def main() -> None:
    names: dict[str, object] = {}
    for cell in jupytext.read(LESSON).cells:
        if cell.cell_type != "code" or "bootstrap" in cell.metadata.get("tags", []):
            continue
        run = next(
            (name for name in RUNS if f"\n{name} = style.transfer(" in f"\n{cell.source}".replace("    ", "")), None
        )
        if run is None and not any(line.startswith(NEEDED) for line in cell.source.splitlines()):
            continue
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(cell.source, LESSON.name, "exec"), names)
        result = names.get(run)
        if result is not None:
            seconds, far = time.perf_counter() - start, result.history["style"]
            print(
                f"{RUNS[run]:21}  {seconds:3.0f} s   style {far[0]:.2f} to {far[-1]:.3f}, one part in "
                f"{far[0] / far[-1]:.1f}   content 0 to {result.history['content'][-1]:.2f}",
                flush=True,
            )
            for folder in map(Path, sys.argv[1:]):
                imsave(folder / f"{run}.png", (255 * result.picture).astype("uint8"))


if __name__ == "__main__":
    main()
