"""Train a detector on photographs of blood cells, from the project's own weights and from scratch, and compare.

    python benchmarks/own_detector.py --data bccd.zip [--size 320] [--epochs 22] [--seeds 0 1 2] [--starts shapes none]
                                      [--folder DIR]

The pictures are those of BCCD (github.com/Shenggan/BCCD_Dataset, MIT): 364 photographs of 640 × 480 pixels with red
cells, white cells and platelets, split by its own lists. It trains on ``train``, the best epoch is chosen on
``validation``, and mAP@.5 is measured on ``test``. One line for each run, and the mean of each start. With --folder a
run that was cut off goes on behind its last epoch.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table

import numpy as np

from cnnlab import yolo_training
from cnnlab.detection import detections

CHANGES = yolo_training.Augmentation(flip=0.5)  # a microscope knows no up


def run(data: detections.BoxDataset, start: str, seed: int, options: argparse.Namespace) -> float:
    """Train and judge once; print the line and return mAP@.5 on the test pictures."""
    began, cpu = time.perf_counter(), time.process_time()
    trained = yolo_training.fit_detector(
        data,
        image_size=options.size,
        epochs=options.epochs,
        start=None if start == "none" else start,
        augment=CHANGES,
        seed=seed,
        folder=options.folder and options.folder / f"{start}-{seed}",
        report=lambda line: print("   ", line, flush=True) if options.verbose else None,
    )
    seconds, busy = time.perf_counter() - began, time.process_time() - cpu
    judged = trained.judge(data.split("test"))
    each = ", ".join(f"{name} {value:.3f}" for name, value in judged.per_class.items())
    print(
        f"start {start}, seed {seed}: test mAP@.5 {judged.map50:.3f} ({each}); validation {trained.map50:.3f} in epoch "
        f"{trained.best_epoch}; {seconds:.0f} s, {busy:.0f} s of them computing",
        flush=True,
    )
    return judged.map50


def main() -> None:
    """Run all, seed by seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="bccd.zip, or a folder or zip of your own")
    parser.add_argument("--size", type=int, default=320, help="longer side of the network's input (%(default)s)")
    parser.add_argument("--epochs", type=int, default=22)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--starts", nargs="+", default=["shapes", "none"])
    parser.add_argument("--folder", type=Path, help="where every epoch is kept")
    parser.add_argument("--verbose", action="store_true", help="a line for every epoch")
    options = parser.parse_args()
    data = detections.read(options.data)
    print(data.report())
    found = {start: [] for start in options.starts}
    for seed in options.seeds:
        for start in options.starts:
            found[start].append(run(data, start, seed, options))
    for start, values in found.items():
        print(f"start {start}: mean {np.mean(values):.3f}, {min(values):.3f} to {max(values):.3f}")


if __name__ == "__main__":
    main()
