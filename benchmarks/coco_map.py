"""Time `cnnlab.metrics.coco_map` beside pycocotools on 5,000 pictures with 100 detections each.

    python benchmarks/coco_map.py            # or fewer pictures: python benchmarks/coco_map.py 500

Timed for pycocotools: `evaluate` and `accumulate`, on annotations already indexed. Timed for cnnlab: the whole call, on
records already made. Reading files and building either side's objects is left out for both, and printed apart. The
twelve numbers must agree to 1e-9.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from dataclasses import astuple

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from cnnlab import metrics
from cnnlab.detection.detections import Detections, GroundTruth

IMAGES = 5_000
DETECTIONS = 100
CLASSES = 20


def scenes(images: int) -> tuple[list[Detections], list[GroundTruth]]:
    """About 7 objects a picture on 640 by 480, one in fifty a crowd; 40 guesses near objects and 60 elsewhere."""
    random = np.random.default_rng(0)
    found, truth = [], []
    for _ in range(images):
        count = int(random.integers(1, 14))
        boxes, labels = some_boxes(random, count), random.integers(0, CLASSES, count)
        truth.append(GroundTruth(boxes, labels, crowd=random.random(count) < 0.02))
        rows = random.integers(0, count, 40)
        near = boxes[rows] + random.normal(0, 0.08, (40, 4)) * np.tile(boxes[rows, 2:] - boxes[rows, :2], 2)
        near = np.sort(near.reshape(40, 2, 2), axis=1).reshape(40, 4)
        guesses = np.concatenate([near, some_boxes(random, DETECTIONS - 40)])
        guessed = np.concatenate([labels[rows], random.integers(0, CLASSES, DETECTIONS - 40)])
        found.append(Detections(guesses, random.random(DETECTIONS), guessed))
    return found, truth


def some_boxes(random: np.random.Generator, count: int) -> np.ndarray:
    start, size = random.uniform(0, 1, (count, 2)) * [560, 400], random.gamma(1.5, 50, (count, 2)) + 4
    return np.concatenate([start, start + size], axis=1)


def as_coco(records: list, scored: bool) -> COCO:
    annotations = []
    for image, record in enumerate(records, start=1):
        for row, (x1, y1, x2, y2) in enumerate(record.boxes.tolist()):
            annotation = {
                "id": len(annotations) + 1,
                "image_id": image,
                "category_id": int(record.labels[row]),
                "bbox": [x1, y1, x2 - x1, y2 - y1],
                "area": (x2 - x1) * (y2 - y1),
                "iscrowd": 0 if scored else int(record.crowd[row]),
            }
            annotations.append(annotation | ({"score": float(record.scores[row])} if scored else {}))
    coco = COCO()
    coco.dataset = {
        "images": [{"id": image} for image in range(1, len(records) + 1)],
        "categories": [{"id": label} for label in range(CLASSES)],
        "annotations": annotations,
    }
    coco.createIndex()
    return coco


def main() -> None:
    images = int(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    start = time.perf_counter()
    found, truth = scenes(images)
    print(f"{images:,} pictures, {DETECTIONS} detections each, {CLASSES} classes, NumPy {np.__version__}")
    print(f"making the records      {time.perf_counter() - start:7.2f} s")

    start = time.perf_counter()
    summary = metrics.coco_map(found, truth)
    mine = time.perf_counter() - start
    print(f"cnnlab                  {mine:7.2f} s")

    with contextlib.redirect_stdout(io.StringIO()):
        start = time.perf_counter()
        evaluation = COCOeval(as_coco(truth, False), as_coco(found, True), "bbox")
        indexing = time.perf_counter() - start
        start = time.perf_counter()
        evaluation.evaluate()
        evaluation.accumulate()
        theirs = time.perf_counter() - start
        evaluation.summarize()
    print(f"making pycocotools' index {indexing:5.2f} s")
    print(f"pycocotools             {theirs:7.2f} s   {theirs / mine:.1f} times as long")
    print(f"largest difference of the twelve numbers: {np.abs(evaluation.stats - astuple(summary)).max():.1e}")
    print(summary)


if __name__ == "__main__":
    main()
