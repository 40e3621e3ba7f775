"""Lesson 14's networks, trained by the lesson's own cells with several seeds.

    python benchmarks/verification.py            # the quick profile with seeds 0, 1 and 2
    python benchmarks/verification.py full 0     # the full profile with seed 0: needs a GPU, or patience

The targets, on people never seen (means of three seeds): an equal error rate of 0.05 at most, 0.98 of the faces right
among 5 and 0.93 among 20; batch-hard mining collapses on every seed and semi-hard mining does not; on alphabets never
seen 0.85 right among 5, where ``CNNLAB_DATA`` has Omniglot. Run it alone on a quiet machine: the time counts.
"""

from __future__ import annotations

import sys

import numpy as np
from lesson_cells import asked, run

MEASURES = (
    "pixels are right",
    "for mining in",
    "model.fit(batches",
    "more = ",
    "reader.fit(",
    "measured = {}",
)


def main() -> None:
    profile, seeds = asked(sys.argv[1:])
    rates = []
    for seed in seeds:
        print(f"seed {seed}")
        for cell in run("14_face_verification", profile, seed):
            if any(mark in cell.source for mark in MEASURES):
                print(f"{cell.said}  [{cell.seconds:.1f} s]", flush=True)
        names = cell.names
        found, owners = names["found"], names["unseen"].labels
        shots = [names["verification"].one_shot_accuracy(found, owners, ways, seed=seed) for ways in (5, 20)]
        rates.append((names["eer"](found, owners), *shots))
    print("mean over the seeds, people never seen: EER {:.3f}, one of 5 {:.3f}, one of 20 {:.3f}".format(
        *np.mean(rates, axis=0)))  # fmt: skip


if __name__ == "__main__":
    main()
