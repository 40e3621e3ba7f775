"""Time `import cnnlab` and each core module, beyond what NumPy alone takes to import.

    python benchmarks/import_time.py

Every import runs in a fresh interpreter; NumPy alone and the modules take turns, and medians are compared.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

MODULES = [
    "cnnlab",
    "cnnlab.arithmetic.shapes",
    "cnnlab.arithmetic.conv",
    "cnnlab.arithmetic.pooling",
    "cnnlab.arithmetic.kernels",
    "cnnlab.data.datasets",
    "cnnlab.checks",
]
ROUNDS = 9
LIMIT = 0.15  # seconds


def seconds(module: str) -> float:
    """Seconds that a fresh interpreter takes for ``import numpy`` and then for `module`."""
    code = (
        f"import time; start = time.perf_counter(); import numpy; import {module}; print(time.perf_counter() - start)"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def main() -> None:
    names = ["numpy", *MODULES]
    for name in names:
        seconds(name)  # fills the bytecode cache
    rounds = [[seconds(name) for name in names] for _ in range(ROUNDS)]
    numpy, *medians = (statistics.median(times) for times in zip(*rounds, strict=True))
    print(f"numpy alone {numpy * 1e3:.0f} ms; beyond it (limit {LIMIT * 1e3:.0f} ms for cnnlab):")
    for name, median in zip(MODULES, medians, strict=True):
        print(f"  {name:<18} {(median - numpy) * 1e3:7.1f} ms")


if __name__ == "__main__":
    main()
