"""Time `cnnlab.ledger.ledger` on the deepest network of the zoo; building the network is not counted.

    python benchmarks/ledger_speed.py

The target for ResNet-152 is a median of half a second.
"""

from __future__ import annotations

import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras

from cnnlab import ledger, zoo

ROUNDS = 21


def main() -> None:
    print(f"{os.cpu_count()} cores, Keras {keras.__version__} on {keras.backend.backend()}")
    for name in ("lenet5", "vgg16", "resnet50", "resnet152"):
        model = zoo.build(name, kernel_initializer="zeros")
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            rows = len(ledger.ledger(model))
            times.append(1e3 * (time.perf_counter() - start))
        first, median, worst = times[0], statistics.median(times), max(times)
        print(f"{name:10s} {rows:4d} rows   first {first:7.1f} ms   median {median:7.1f} ms   worst {worst:7.1f} ms")


if __name__ == "__main__":
    main()
