"""Darknet files in Keras: speed beside OpenCV, time and memory of a large file, and damaged files by the thousand.

    python benchmarks/darknet.py speed [--data DIR]     YOLO-Fastest, 320 × 320, one picture: Keras beside OpenCV
    python benchmarks/darknet.py load [--data DIR]      yolov3: seconds and peak memory, in a fresh process
    python benchmarks/darknet.py fuzz [--pairs 12000]   damaged pairs: each loads or is refused, how fast, how large

Targets: the compiled Keras model takes at most three times as long as OpenCV on the same cores; yolov3 with its weights
(248 MB, random here: only the size matters) loads in at most 15 s and adds at most three times its file to the memory;
of at least 10,000 damaged pairs each is settled in under 2 s.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the damaged files are those of the tests

import numpy as np

from cnnlab.detection.darknet import DarknetError, cfg, plan, weights

ROUNDS = 40
FOLDER = Path(os.environ.get("CNNLAB_DATA", "data")) / "darknet"


def speed(folder: Path) -> None:
    import cv2

    from cnnlab import darknet

    files = [folder / f"yolo-fastest-1.1.{end}" for end in ("cfg", "weights")]
    detector = darknet.load(*files)
    image = np.random.default_rng(0).random((1, 320, 320, 3), np.float32)
    network = cv2.dnn.readNetFromDarknet(*map(str, files))
    blob, names = np.ascontiguousarray(image.transpose(0, 3, 1, 2)), network.getUnconnectedOutLayersNames()

    def theirs() -> None:
        network.setInput(blob)
        network.forward(names)

    times: dict[str, list[float]] = {"Keras": [], "OpenCV": []}
    for number in range(ROUNDS + 5):  # the two take turns, so that a slow moment of the machine meets both
        for name, run in (("Keras", lambda: detector.forward(image)), ("OpenCV", theirs)):
            start = time.perf_counter()
            run()
            if number >= 5:
                times[name].append(time.perf_counter() - start)
    for name, values in times.items():
        print(f"{name:7} {1000 * statistics.median(values):6.1f} ms a picture, median of {ROUNDS}")
    ratio = statistics.median(a / b for a, b in zip(times["Keras"], times["OpenCV"], strict=True))
    print(f"ratio   {ratio:6.2f}    (target: at most 3)")


_LOAD = """
import resource, sys, time
import keras
from cnnlab import darknet
darknet.load
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
darknet.load(*sys.argv[1:])
seconds = time.perf_counter() - start
print(seconds, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def load(folder: Path) -> None:
    from darknet_files import write_random

    with tempfile.TemporaryDirectory() as scratch:
        files = write_random(Path(scratch), (folder / "yolov3.cfg").read_text(), name="yolov3")
        run = subprocess.run(
            [sys.executable, "-c", _LOAD, *map(str, files)], capture_output=True, text=True, check=True
        )
        size = files[1].stat().st_size / 1e6
    seconds, before, after = map(float, run.stdout.split())
    before, after = before * 1024 / 1e6, after * 1024 / 1e6  # Linux counts in KiB
    print(f"yolov3: {seconds:.1f} s for {size:.0f} MB    (target: at most 15 s)")
    print(f"peak memory {before:.0f} MB before and {after:.0f} MB after: {(after - before) / size:.2f} times the file")
    print(f"more, {after / size:.2f} times with Keras itself    (target: at most 3)")


def fuzz(pairs: int) -> None:
    import keras
    from darknet_files import damaged

    from cnnlab.detection.darknet import load_model

    counts = {"refused by the .cfg": 0, "refused by the .weights": 0, "whole": 0}
    slowest, built, slowest_build = 0.0, 0, 0.0
    peaks: list[int] = []
    tracemalloc.start()
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(pairs):
            files = damaged(seed, Path(scratch))
            start = time.perf_counter()
            try:
                made = plan.make(cfg.read(files[0]))
                for _ in weights.read(files[1], made):
                    pass
                outcome = "whole"
            except DarknetError as error:
                outcome = "refused by the .cfg" if str(error).startswith("bad.cfg") else "refused by the .weights"
            slowest = max(slowest, time.perf_counter() - start)
            counts[outcome] += 1
            # A Keras graph takes a tenth of a second: of the pairs that are whole, one in ten is built to its end.
            if outcome == "whole" and counts["whole"] % 10 == 0:
                peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
                start = time.perf_counter()
                load_model(*files)
                slowest_build, built = max(slowest_build, time.perf_counter() - start), built + 1
                keras.backend.clear_session()
                tracemalloc.start()
                peaks.append(peak)
    peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    print(f"{pairs:,} damaged pairs: " + ", ".join(f"{number:,} {name}" for name, number in counts.items()))
    print(f"slowest to read or refuse {1000 * slowest:.0f} ms; {built} built, slowest {slowest_build:.2f} s "
          "(target: under 2 s)")  # fmt: skip
    print(f"largest allocation while reading {max(peaks) / 1e6:.1f} MB, the process at its largest "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6:.0f} MB")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("speed", "load", "fuzz"))
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder with the Darknet files")
    parser.add_argument("--pairs", type=int, default=12_000)
    arguments = parser.parse_args()
    if arguments.what == "fuzz":
        fuzz(arguments.pairs)
    elif arguments.what == "speed" and not (arguments.data / "yolo-fastest-1.1.weights").is_file():
        print(f"No yolo-fastest-1.1.weights in {arguments.data}: name its folder with --data, or set CNNLAB_DATA.")
    else:
        (speed if arguments.what == "speed" else load)(arguments.data)


if __name__ == "__main__":
    main()
