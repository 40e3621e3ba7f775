"""What more labels are worth: lesson 18's detector from 20 and from 60 labelled pictures, on the same test trays.

Usage: python benchmarks/labelled_parts.py [SEED ...]    by default 0, 1 and 2; two to three minutes each

All take the same number of steps, and choose their epoch on the same validation trays.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # as the lesson's first cell sets it

import numpy as np

from cnnlab.detection import detections, practice_boxes, yolo_training

EPOCHS = 36  # of 60 pictures, as in the lesson


def main(seeds: list[int]) -> None:
    """Print a row for each seed and choice of pictures."""
    changes = yolo_training.Augmentation(flip=0.5, scale=0.1, shift=0.05, contrast=0.15, colour=0.3)
    print(f"{'seed':4}  {'pictures':34} {'mAP@.5':>6}  AP@.5 of each class")
    for seed in seeds:
        with tempfile.TemporaryDirectory() as room:
            data = detections.read(practice_boxes.stranger_folder(Path(room, "parts"), seed=seed))
            tray = np.array([int(file.split("tray")[1][:2]) for file in data.files])
            choices = {
                "20, of one supplier's five trays": tray <= 5,
                "20, of five other trays": (tray > 5) & (tray <= 10),
                "60, of all fifteen": tray <= 15,
            }
            for words, chosen in choices.items():
                parts = [chosen, (tray > 15) & (tray <= 20), (tray > 20) & (tray <= 28)]
                splits = np.select(parts, ["train", "validation", "test"], "")
                some = replace(data, splits=splits)
                trained = yolo_training.fit_detector(
                    some, image_size=160, anchors=2, epochs=EPOCHS * 60 // chosen.sum(), batch_size=4, augment=changes,
                    patience=1000, seed=seed, report=lambda line: None,
                )  # fmt: skip
                judged = trained.judge(some.split("test"))
                each = ", ".join(f"{name} {value:.2f}" for name, value in judged.per_class.items())
                print(f"{seed:4}  {words:34} {judged.map50:6.3f}  {each}", flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [0, 1, 2])
