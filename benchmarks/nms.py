"""Time `cnnlab.nms.nms` on 10,000 boxes beside the usual NumPy loop and OpenCV's compiled one, on one core.

    python benchmarks/nms.py

The usual loop keeps the best box, computes its IoU with all that are left, drops what overlaps, and goes on. Its time
grows with the boxes *kept*, so the scenes differ in that: from boxes spread over a picture, where most survive, to 50
heaps of boxes, as a detector gives before suppression. The three take turns and must keep the same boxes.
"""

from __future__ import annotations

import statistics
import time

import cv2
import numpy as np

from cnnlab import nms

BOXES = 10_000
ROUNDS = 9


def one_against_the_rest(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> np.ndarray:
    """The loop found in most repositories."""
    x1, y1, x2, y2 = boxes.T
    area = (x2 - x1) * (y2 - y1)
    order = np.argsort(-scores, kind="stable")
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        width = np.maximum(0, np.minimum(x2[best], x2[rest]) - np.maximum(x1[best], x1[rest]))
        height = np.maximum(0, np.minimum(y2[best], y2[rest]) - np.maximum(y1[best], y1[rest]))
        shared = width * height
        order = rest[shared / (area[best] + area[rest] - shared) <= threshold]
    return np.array(kept)


def spread(random: np.random.Generator, side: float, smallest: float, largest: float) -> np.ndarray:
    start, size = random.uniform(0, side, (BOXES, 2)), random.uniform(smallest, largest, (BOXES, 2))
    return np.concatenate([start, start + size], axis=1)


def heaps(random: np.random.Generator, count: int) -> np.ndarray:
    centres, sizes = random.uniform(0, 1000, (count, 2)), random.uniform(50, 200, (count, 2))
    which = random.integers(0, count, BOXES)
    centre = centres[which] + random.normal(0, 5, (BOXES, 2))
    size = sizes[which] * random.uniform(0.9, 1.1, (BOXES, 2))
    return np.concatenate([centre - size / 2, centre + size / 2], axis=1)


def main() -> None:
    random = np.random.default_rng(0)
    cv2.setNumThreads(1)
    print(f"NumPy {np.__version__}, OpenCV {cv2.__version__}, {BOXES:,} boxes, IoU threshold 0.5, median of {ROUNDS}")
    scenes = {
        "sides 10 to 100 on 1000 x 1000": spread(random, 1000, 10, 100),
        "sides 10 to 200 on 1000 x 1000": spread(random, 1000, 10, 200),
        "sides 50 to 300 on 1000 x 1000": spread(random, 1000, 50, 300),
        "sides 10 to 100 on 5000 x 5000": spread(random, 5000, 10, 100),
        "50 heaps of 200": heaps(random, 50),
    }
    for name, boxes in scenes.items():
        scores = random.permutation(BOXES) / BOXES
        single = scores.astype(np.float32)
        wide = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
        calls = [
            lambda b=boxes, s=scores: nms.nms(b, s),
            lambda b=boxes, s=scores: one_against_the_rest(b, s, 0.5),
            lambda w=wide, s=single: cv2.dnn.NMSBoxes(w, s, 0.0, 0.5),
        ]
        kept = calls[0]()
        if not np.array_equal(kept, calls[1]()):
            raise SystemExit(f"{name}: the loop keeps other boxes")
        agrees = "same boxes" if len(calls[2]()) == len(kept) else "other boxes"
        times = [[] for _ in calls]
        for _ in range(ROUNDS):
            for call, spent in zip(calls, times, strict=True):
                start = time.perf_counter()
                call()
                spent.append(time.perf_counter() - start)
        mine, loop, opencv = (1e3 * statistics.median(spent) for spent in times)
        print(
            f"{name:<31} keeps {len(kept):5,}   cnnlab {mine:6.1f} ms   loop {loop:6.1f} ms   OpenCV {opencv:6.1f} ms "
            f"({agrees})   {mine / loop:.2f} of the loop's time"
        )


if __name__ == "__main__":
    main()
