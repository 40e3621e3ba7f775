"""Throughput on a Dask cluster of this machine beside plain processes, as ratios in one run.

    python benchmarks/cluster.py            # 20 real notebooks and 200 tiny tasks, twice each way
    python benchmarks/cluster.py --kernels 60 --tiny 1000 --rounds 3

Both ways use the same number of places; rounds alternate, so that whatever else the machine does falls on both. A
real notebook has two cells and a kernel of its own; a tiny task is a Python process that writes a result and ends, so
that what the cluster costs is not lost in what the notebook costs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cnnlab.course.batch.execute import Task, execute

TINY = """
import json, pathlib, sys
(pathlib.Path(sys.argv[1]) / "result.json").write_text(json.dumps({"status": "ok"}))
"""
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def cell(source: str) -> dict:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, "id": "a"}


def kernels(number: int) -> Iterator[Task]:
    notebook = {"cells": [cell("1 + 1")], "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}
    return (Task(str(n), notebook) for n in range(number))


def tiny(number: int) -> Iterator[Task]:
    return (Task(str(n), {"cells": []}, worker="benchmark_tiny") for n in range(number))


def seconds(tasks: Iterator[Task], **where: object) -> tuple[float, float]:
    """Wall time and the sum of the tasks' own seconds, from the first outcome to the last: without the start."""
    begin, own = 0.0, 0.0
    for count, (_, outcome) in enumerate(execute(tasks, **where)):
        if outcome.status != "ok":
            raise SystemExit(f"a task did not end well: {outcome.failure}")
        if count:
            own += outcome.seconds
        else:
            begin = time.perf_counter()
    return time.perf_counter() - begin, own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernels", type=int, default=20, help="real notebooks (default: 20)")
    parser.add_argument("--tiny", type=int, default=200, help="tiny tasks (default: 200)")
    parser.add_argument("--places", type=int, default=2, help="at a time (default: 2)")
    parser.add_argument("--rounds", type=int, default=2, help="(default: 2)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "benchmark_tiny.py").write_text(TINY)
        os.environ["PYTHONPATH"] = os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")])
        for name, tasks, number in (("notebooks", kernels, arguments.kernels), ("tiny tasks", tiny, arguments.tiny)):
            if number < 2:
                continue
            here, there = [], []
            for _ in range(arguments.rounds):
                here.append(seconds(tasks(number), jobs=arguments.places))
                there.append(seconds(tasks(number), cluster=f"local:{arguments.places}"))
            print(f"{number} {name}, {arguments.places} at a time, {arguments.rounds} rounds:")
            for words, measured in (("plain processes", here), ("cluster", there)):
                each = [1000 * wall / (number - 1) for wall, _ in measured]
                own = [1000 * mine / (number - 1) for _, mine in measured]
                print(
                    f"  {words:16} {statistics.median(each):7.1f} ms of wall time each, "
                    f"{statistics.median(own):7.1f} ms by their own clocks"
                )
            ratio = statistics.median(a[0] / b[0] for a, b in zip(here, there, strict=True))
            added = statistics.median(b[0] - a[0] for a, b in zip(here, there, strict=True)) / (number - 1)
            print(f"  the cluster's throughput is {ratio:.2f} of that of plain processes: {1000 * added:+.1f} ms each")


if __name__ == "__main__":
    main()
