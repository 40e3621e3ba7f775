"""Lesson 12's detector, trained by the lesson's own cells with several seeds: how long it takes and how good it gets.

    python benchmarks/yolo.py            # the quick profile with seeds 0, 1 and 2
    python benchmarks/yolo.py full       # the full profile, once: a few minutes on two cores

The target is a mean mAP@.5 of 0.90 on 200 unseen scenes after at most 90 s of training on two cores, and 0.97 with
mAP@[.50:.95] 0.70 for the full profile. Run it alone on a quiet machine: the time counts.
"""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # as the lesson's first cell sets it

import jupytext

LESSON = Path(__file__).parents[1] / "lessons" / "12_yolo_from_scratch.py"
SLOW = "model.fit("  # the cell that trains
LAST = "summary ="  # the cell that measures


def train(profile: str, seed: int) -> tuple[float, float, float]:
    """Run the lesson up to its twelve numbers: seconds of training, mAP@.5, mAP@[.50:.95]."""
    names: dict[str, object] = {}
    seconds = 0.0
    for cell in jupytext.read(LESSON).cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or "bootstrap" in tags:
            continue
        source = f"PROFILE, SEED = {profile!r}, {seed}" if "parameters" in tags else cell.source
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, LESSON.name, "exec"), names)
        if SLOW in source:
            seconds = time.perf_counter() - start
        if source.startswith("ranked") and LAST in source:
            break
    return seconds, names["summary"].ap50, names["summary"].ap


def main() -> None:
    profile = "full" if "full" in sys.argv[1:] else "quick"
    seeds = [int(word) for word in sys.argv[1:] if word.isdigit()] or ([0] if profile == "full" else [0, 1, 2])
    rows = []
    for seed in seeds:
        rows.append(train(profile, seed))
        print(
            f"seed {seed}: {rows[-1][0]:4.0f} s   mAP@.5 {rows[-1][1]:.3f}   mAP@[.50:.95] {rows[-1][2]:.3f}",
            flush=True,
        )
    if len(rows) > 1:
        values = [row[1] for row in rows]
        print(
            f"mAP@.5 {statistics.mean(values):.3f} on average, from {min(values):.3f} to {max(values):.3f}; "
            f"at most {max(row[0] for row in rows):.0f} s"
        )


if __name__ == "__main__":
    main()
