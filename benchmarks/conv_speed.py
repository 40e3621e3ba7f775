"""Time `cnnlab.conv.conv2d` beside `keras.ops.conv` and beside the plain loops, on the same cores.

    python benchmarks/conv_speed.py

The first two take turns, so that a busy moment of the machine hits both. Shown are the median of each, and the
quartiles of their ratio, turn by turn. Run it on idle cores all the same: NumPy's matrix product splits its work evenly
and waits for the slower core, TensorFlow hands out small pieces, so a busy core costs NumPy more.

The loops would take ten minutes on the whole batch. They get one corner of 5 by 5 pixels with all its channels, and
their time is scaled by the number of multiply-adds; the line below that compares both on the corner itself.
"""

from __future__ import annotations

import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table

import keras
import numpy as np

from cnnlab import conv, pooling, shapes

ROUNDS = 31


def seconds(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def take_turns(*calls) -> list[tuple[float, ...]]:
    """Seconds of each call, turn by turn; one round to warm up, then `ROUNDS` in turn."""
    for call in calls:
        call()
    return list(zip(*([seconds(call) for call in calls] for _ in range(ROUNDS)), strict=True))


def row(name: str, mine: tuple[float, ...], theirs: tuple[float, ...], other: str) -> None:
    """One line: both medians, and how many times as long `mine` took, from the lower quartile of turns to the upper."""
    low, middle, high = statistics.quantiles((a / b for a, b in zip(mine, theirs, strict=True)), n=4)
    ratio = (
        f"{middle:.2f} times its time ({low:.2f} to {high:.2f})" if middle > 0.1 else f"{1 / middle:,.0f} times as fast"
    )
    mine, theirs = (statistics.median(times) * 1e3 for times in (mine, theirs))
    print(f"{name:<50} cnnlab {mine:7.2f} ms   {other} {theirs:10.2f} ms   {ratio}", flush=True)


def main() -> None:
    random = np.random.default_rng(0)
    print(f"{os.cpu_count()} cores, NumPy {np.__version__}, Keras {keras.__version__} on {keras.backend.backend()}")
    cases = [
        ((8, 56, 56, 64), (3, 3, 64, 64), {}),
        ((8, 56, 56, 64), (3, 3, 64, 64), {"padding": "same"}),
        ((8, 56, 56, 64), (3, 3, 64, 64), {"strides": 2}),
        ((8, 56, 56, 64), (1, 1, 64, 256), {}),
        ((32, 28, 28, 1), (5, 5, 1, 32), {}),
        ((1, 224, 224, 3), (7, 7, 3, 64), {"strides": 2, "padding": "same"}),
    ]
    for image_shape, kernel_shape, how in cases:
        images = random.standard_normal(image_shape, np.float32)
        kernel = random.standard_normal(kernel_shape, np.float32)
        tensors = keras.ops.convert_to_tensor(images), keras.ops.convert_to_tensor(kernel)
        mine, theirs = take_turns(
            lambda images=images, kernel=kernel, how=how: conv.conv2d(images, kernel, **how),
            lambda tensors=tensors, how=how: np.asarray(keras.ops.conv(*tensors, **how)),
        )
        row(f"conv2d {image_shape} * {kernel_shape} {' '.join(map(str, how.values()))}", mine, theirs, "keras")

    images = random.standard_normal((8, 56, 56, 64), np.float32)
    tensor = keras.ops.convert_to_tensor(images)
    mine, theirs = take_turns(
        lambda: pooling.pool2d(images, 2), lambda: np.asarray(keras.ops.max_pool(tensor, 2, 2, "valid"))
    )
    row("pool2d (8, 56, 56, 64), size 2, max", mine, theirs, "keras")

    kernel = random.standard_normal((3, 3, 64, 64), np.float32)
    corner = images[0, :5, :5]
    (mine,) = take_turns(lambda: conv.conv2d(images, kernel))
    loops = seconds(lambda: conv.conv2d_loops(corner, kernel))
    scale = 8 * shapes.conv_macs(56, 3, 64, 64) / shapes.conv_macs(5, 3, 64, 64)
    row(f"the loops, timed on 5 by 5, times {scale:.0f}", mine, (loops * scale,) * ROUNDS, "loops")
    (mine,) = take_turns(lambda: conv.conv2d(corner, kernel))
    row("the loops on the same 5 by 5 corner", mine, (loops,) * ROUNDS, "loops")


if __name__ == "__main__":
    main()
