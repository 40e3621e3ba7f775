"""Lesson 16's captioner, trained by the lesson's own cells with several seeds, on the U-Net that they train first.

    python benchmarks/captioning.py            # the quick profile with seeds 0, 1 and 2
    python benchmarks/captioning.py full 0     # the full profile with seed 0: needs a GPU, or patience

The targets, on unseen scenes: 0.95 of the facts right, every fact right in 0.80 of the captions, and in at most 0.02 of
them when they are shuffled among the pictures. Run it alone on a quiet machine: the time counts.
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

from cnnlab.tasks import captioning

LESSON = Path(__file__).parents[1] / "lessons" / "16_beyond_boxes.py"
CELLS = {  # the cells that this needs, by what stands in them
    "imports": "import keras\n",
    "scenes": "unseen = scenes.scenes(",
    "label maps": "images_unseen, truth =",
    "U-Net": "history = segmentation_training.train(",
    "captions": "words = captioning.vocabulary(",
    "features": "def look(",
    "captioner": "captioning_training.train(",
}


def train(profile: str, seed: int) -> tuple[dict[str, float], dict[str, object]]:
    """Run these cells: the seconds of each, and the names that they leave."""
    names: dict[str, object] = {"PROFILE": profile, "SEED": seed}
    sources = [cell.source for cell in jupytext.read(LESSON).cells if cell.cell_type == "code"]
    seconds = {}
    for name, mark in CELLS.items():
        source = next(source for source in sources if mark in source)
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, LESSON.name, "exec"), names)
        seconds[name] = time.perf_counter() - start
    return seconds, names


def main() -> None:
    profile = "full" if "full" in sys.argv[1:] else "quick"
    for seed in [int(word) for word in sys.argv[1:] if word.isdigit()] or [0, 1, 2]:
        seconds, names = train(profile, seed)
        truths, spoken = names["truths"], names["spoken"]
        print(f"seed {seed}: U-Net {seconds['U-Net']:.0f} s, captioner {seconds['captioner']:.0f} s")
        print("  own pictures:", captioning.score(truths, spoken))
        print("  shuffled:    ", captioning.score(truths, captioning.shuffled(spoken)), flush=True)


if __name__ == "__main__":
    main()
