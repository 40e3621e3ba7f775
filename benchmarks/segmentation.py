"""Lesson 16's U-Net and its rivals, trained by the lesson's own cells with several seeds.

    python benchmarks/segmentation.py            # the quick profile with seeds 0, 1 and 2
    python benchmarks/segmentation.py full       # the full profile, once: for a GPU

The targets, on 200 unseen scenes: a mean IoU by shape of 0.90 in the quick profile and 0.96 in the full one; and with
skips an IoU of things ten points higher than without, at equal parameters, on each seed. Run it alone on a quiet
machine: the time counts.
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

LESSON = Path(__file__).parents[1] / "lessons" / "16_beyond_boxes.py"
RIVALS, UNET, LAST = "rival_scores =", "history =", "scores ="  # what the cells that train, and that measures, hold


def train(profile: str, seed: int) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Run the lesson up to its scores: those of the rivals, those of the U-Net by head, and the seconds of both."""
    names: dict[str, object] = {}
    seconds = {}
    for cell in jupytext.read(LESSON).cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or "bootstrap" in tags or cell.source.startswith(("check.", "explore.")):
            continue
        source = f"PROFILE, SEED = {profile!r}, {seed}" if "parameters" in tags else cell.source
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, LESSON.name, "exec"), names)
        for what in (RIVALS, UNET):
            if what in source:
                seconds[what] = time.perf_counter() - start
        if source.startswith(LAST):
            break
    return names["rival_scores"], names["scores"], seconds


def main() -> None:
    profile = "full" if "full" in sys.argv[1:] else "quick"
    for seed in [int(word) for word in sys.argv[1:] if word.isdigit()] or ([0] if profile == "full" else [0, 1, 2]):
        rivals, scores, seconds = train(profile, seed)
        said = ", ".join(f"{name} {value:.3f}" for name, value in {**scores, **rivals}.items())
        ahead = 100 * (rivals["with skips"] - rivals["without"])
        times = f"{seconds[UNET]:.0f} s and {seconds[RIVALS]:.0f} s"
        print(f"seed {seed}: {said} ({ahead:.0f} points); {times}", flush=True)


if __name__ == "__main__":
    main()
