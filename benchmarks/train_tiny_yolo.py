"""Train the detector that ships in data/, and write it in Darknet's format: tiny_yolo.cfg, .weights and .names.

    python benchmarks/train_tiny_yolo.py --out DIR [--epochs 2] [--backup DIR]

The network is that of lesson 12, `cnnlab.detection.tiny_yolo`, on default scenes of 96 × 96 pixels: circles, squares
and triangles in eight colours. Flipped left to right, every scene counts twice. A few minutes on two cores. It can be
stopped and started again: with --backup it goes on with the epoch it was in.

At the end it prints mAP on 500 scenes that it has not seen, and asks OpenCV, where that is installed, for a second
opinion on the files it wrote.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table

import keras
import numpy as np

from cnnlab import darknet, metrics, scenes, yolo_training
from cnnlab.detection import tiny_yolo
from cnnlab.detection.detections import GroundTruth

SCENES, BATCH, SEED = 8_000, 16, 2024
UNSEEN, UNSEEN_SEED = 500, 7


def training_set() -> tuple[np.ndarray, np.ndarray]:
    """Scenes and their mirror images, as arrays for `fit`."""
    some = scenes.scenes(SCENES, seed=SEED)
    mirrored = [
        scenes.Scene(
            one.image[:, ::-1], mirror(one.boxes, one.image.shape[1]), one.labels, one.masks[:, :, ::-1],
            one.class_names, one.colours, one.caption,
        )
        for one in some
    ]  # fmt: skip
    images, targets, lost = yolo_training.stack([*some, *mirrored], tiny_yolo.ANCHORS, grid=(12, 12))
    print(f"{len(images):,} pictures; {lost} objects found their place taken")
    return images, targets


def mirror(boxes: np.ndarray, width: int) -> np.ndarray:
    return np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], axis=1)


def train(epochs: int, backup: Path | None) -> keras.Model:
    keras.utils.set_random_seed(SEED)
    images, targets = training_set()
    model = tiny_yolo.build()
    loss = yolo_training.YoloLoss(anchors=len(tiny_yolo.ANCHORS))
    steps = epochs * -(-len(images) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(1e-4, steps, warmup_target=3e-3, warmup_steps=steps // 25)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=loss.metrics())
    watched = scenes.scenes(100, seed=UNSEEN_SEED + 1)
    callbacks = [
        yolo_training.MeanAveragePrecision(watched, tiny_yolo.ANCHORS, report=lambda line: print(line, flush=True))
    ]
    if backup is not None:
        callbacks.append(keras.callbacks.BackupAndRestore(backup, delete_checkpoint=False))
    start = time.perf_counter()
    model.fit(images, targets, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=callbacks)
    print(f"trained for {time.perf_counter() - start:.0f} s")
    return model


def report(folder: Path) -> None:
    """mAP of the files as they were written, and OpenCV's heads beside ours."""
    cfg, weights, names = (folder / f"tiny_yolo.{end}" for end in ("cfg", "weights", "names"))
    detector = darknet.load(cfg, weights, names)
    unseen = scenes.scenes(UNSEEN, seed=UNSEEN_SEED)
    found = detector.batch([one.image for one in unseen], score_threshold=yolo_training.LOW)
    truth = [GroundTruth(one.boxes, one.labels) for one in unseen]
    summary = metrics.coco_map(found, truth)
    at_half = metrics.mean_average_precision(found, truth, 0.5)
    print(f"on {UNSEEN} unseen scenes: mAP@.5 {at_half:.3f}, mAP@[.50:.95] {summary.ap:.3f}")
    for file in (cfg, weights, names):
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}  ({file.stat().st_size:,} bytes)")
    try:
        import cv2
    except ImportError:
        print("OpenCV is not installed: no second opinion")
        return
    fitted, _ = detector.fit([unseen[0].image])
    network = cv2.dnn.readNetFromDarknet(str(cfg), str(weights))
    network.setInput(np.ascontiguousarray(fitted.transpose(0, 3, 1, 2)))
    theirs = network.forward(f"conv_{detector.plan.outputs[0]}").transpose(0, 2, 3, 1)
    ours = detector.forward(fitted)[0]
    print(f"OpenCV's head differs by {np.abs(theirs - ours).max() / np.abs(ours).max():.1e} of the largest number")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--backup", type=Path, help="folder to go on from")
    parser.add_argument("--out", type=Path, required=True, help="folder for tiny_yolo.cfg, .weights and .names")
    arguments = parser.parse_args()
    model = train(arguments.epochs, arguments.backup)
    arguments.out.mkdir(parents=True, exist_ok=True)
    files = [arguments.out / f"tiny_yolo.{end}" for end in ("cfg", "weights", "names")]
    darknet.export(model, *files[:2], anchors=tiny_yolo.ANCHORS)
    files[2].write_text("\n".join(scenes.CLASSES) + "\n", encoding="utf-8")
    report(arguments.out)


if __name__ == "__main__":
    main()
