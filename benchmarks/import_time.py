"""Time `import cnnlab` and each core module, beyond what NumPy alone takes to import.

    python benchmarks/import_time.py

Every import runs in a fresh interpreter that has imported NumPy already. The modules take turns. The least time of each
is the one that no other program disturbed; the median says how far it was.
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
ROUNDS = 15
LIMIT = 15  # milliseconds for cnnlab


def milliseconds(module: str) -> float:
    """Milliseconds that a fresh interpreter with NumPy takes to import `module`."""
    code = f"import time, numpy; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return 1000 * float(done.stdout)


def main() -> None:
    for name in MODULES:
        milliseconds(name)  # fills the bytecode cache
    rounds = [[milliseconds(name) for name in MODULES] for _ in range(ROUNDS)]
    print(f"beyond NumPy, in ms: the least and the median of {ROUNDS} (limit for cnnlab: {LIMIT})")
    for name, times in zip(MODULES, zip(*rounds, strict=True), strict=True):
        print(f"  {name:<26} {min(times):7.1f} {statistics.median(times):7.1f}")


if __name__ == "__main__":
    main()
