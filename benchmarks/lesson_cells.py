"""The cells of a lesson, run one by one in a script: to measure with several seeds what the lesson shows with one."""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # as the lesson's first cell sets it

import jupytext

LESSONS = Path(__file__).parents[1] / "lessons"


@dataclass(frozen=True)
class Ran:
    """A cell that has run: its `source`, the `seconds` it took, what it `said`, and the lesson's `names` by then."""

    source: str
    seconds: float
    said: str
    names: dict[str, object]


def run(lesson: str, profile: str = "quick", seed: int = 0) -> Iterator[Ran]:
    """Run the code cells of ``lessons/<lesson>.py`` from the top, without its setup, its checks and its explorers."""
    names: dict[str, object] = {}
    for cell in jupytext.read(LESSONS / f"{lesson}.py").cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or "bootstrap" in tags or cell.source.startswith(("check.", "explore.")):
            continue
        source = f"PROFILE, SEED = {profile!r}, {seed}" if "parameters" in tags else cell.source
        said, start = io.StringIO(), time.perf_counter()
        with contextlib.redirect_stdout(said):
            exec(compile(source, lesson, "exec"), names)
        yield Ran(source, time.perf_counter() - start, said.getvalue(), names)


def asked(arguments: list[str]) -> tuple[str, list[int]]:
    """The profile and the seeds that a command line names; the quick profile and the seeds 0, 1 and 2 if it is empty.

    >>> asked(["full", "0"]), asked([])
    (('full', [0]), ('quick', [0, 1, 2]))
    """
    seeds = [int(word) for word in arguments if word.isdigit()]
    return "full" if "full" in arguments else "quick", seeds or [0, 1, 2]
