"""Lesson 14's networks, trained by the lesson's own cells with several seeds.

    python benchmarks/verification.py            # the quick profile with seeds 0, 1 and 2
    python benchmarks/verification.py full 0     # the full profile with seed 0: needs a GPU, or patience

The targets, on people never seen (means of three seeds): an equal error rate of 0.05 at most, 0.98 of the faces right
among 5 and 0.93 among 20; batch-hard mining collapses on every seed and semi-hard mining does not; on alphabets never
seen 0.85 right among 5, where ``CNNLAB_DATA`` has Omniglot. Run it alone on a quiet machine: the time counts.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # as the lesson's first cell sets it

import jupytext
import numpy as np

LESSON = Path(__file__).parents[1] / "lessons" / "14_face_verification.py"
CELLS = {  # the cells that this needs, by what stands in them
    "imports": "import keras\n",
    "pixels": "unseen = faces.people(",
    "people": "learn = faces.people(",
    "mining": "for mining in training.MINING:",
    "training": "CosineDecay(6e-3",
    "rates": "more = faces.people(",
    "losses": '"collapsed", networks',
    "characters": "datasets.omniglot(",
    "reading": "reader.fit(",
    "reading rates": "training.embed(reader",
}


def train(profile: str, seed: int) -> dict[str, object]:
    """Run these cells, which print what they find, and return the names that they leave."""
    names: dict[str, object] = {"PROFILE": profile, "SEED": seed}
    sources = [cell.source for cell in jupytext.read(LESSON).cells if cell.cell_type == "code"]
    for name, mark in CELLS.items():
        source = next(source for source in sources if mark in source)
        start = time.perf_counter()
        exec(compile(source, LESSON.name, "exec"), names)
        print(f"  [{name}: {time.perf_counter() - start:.1f} s]", flush=True)
    return names


def main() -> None:
    profile = "full" if "full" in sys.argv[1:] else "quick"
    rates = []
    for seed in [int(word) for word in sys.argv[1:] if word.isdigit()] or [0, 1, 2]:
        print(f"seed {seed}")
        names = train(profile, seed)
        found, owners = names["found"], names["unseen"].labels
        shots = [names["verification"].one_shot_accuracy(found, owners, ways, seed=seed) for ways in (5, 20)]
        rates.append((names["eer"](found, owners), *shots))
    print("mean over the seeds, people never seen: EER {:.3f}, one of 5 {:.3f}, one of 20 {:.3f}".format(
        *np.mean(rates, axis=0)))  # fmt: skip


if __name__ == "__main__":
    main()
