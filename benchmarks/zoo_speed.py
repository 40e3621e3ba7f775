"""Time a forward pass of the zoo's networks beside those of `keras.applications`: batch 8, same cores, same moment.

    python benchmarks/zoo_speed.py

The two take turns, and the medians of their times are compared; so are the medians of the rounds' ratios, which a slow
drift of the machine does not touch. The target is a ratio of at most 1.05.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table

import keras
import numpy as np

from cnnlab import zoo

ROUNDS = 15
BATCH = 8


def seconds(model: keras.Model, images: np.ndarray) -> float:
    start = time.perf_counter()
    model.predict_on_batch(images)
    return time.perf_counter() - start


def compare(name: str, reference: type, rounds: int) -> None:
    mine, theirs = zoo.build(name), reference(weights=None)
    images = np.random.default_rng(0).standard_normal((BATCH, *mine.input_shape[1:]), np.float32)
    for model in (mine, theirs):  # compiles
        model.predict_on_batch(images)
    pairs = []
    for number in range(rounds):
        order = (mine, theirs) if number % 2 else (theirs, mine)  # neither always goes first
        first, second = (seconds(model, images) for model in order)
        pairs.append((first, second) if number % 2 else (second, first))
    ours, reference_time = (statistics.median(times) for times in zip(*pairs, strict=True))
    paired = statistics.median(a / b for a, b in pairs)
    print(
        f"{name:10s} cnnlab {ours:6.3f} s   keras.applications {reference_time:6.3f} s   "
        f"ratio of medians {ours / reference_time:5.3f}   median of ratios {paired:5.3f}",
        flush=True,
    )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{os.cpu_count()} cores, batch {BATCH}, Keras {keras.__version__} on {keras.backend.backend()}")
    compare("resnet50", keras.applications.ResNet50, rounds)
    compare("vgg16", keras.applications.VGG16, rounds)


if __name__ == "__main__":
    main()
