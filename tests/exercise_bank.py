"""The exercises of the course as the tests read them: all of them, their wrong answers, and answers made of text."""

from __future__ import annotations

import importlib
import pkgutil
import textwrap

import numpy as np
import pytest

import cnnlab.checks
from cnnlab.checks.exercise import Exercise, Mistake

LESSONS = sorted(m.name for m in pkgutil.iter_modules(cnnlab.checks.__path__) if m.name.startswith("lesson"))
EXERCISES = [
    pytest.param(exercise, id=f"{lesson}-{name}")
    for lesson in LESSONS
    for name, exercise in vars(importlib.import_module(f"cnnlab.checks.{lesson}")).items()
    if isinstance(exercise, Exercise)
]

NONSENSE = (
    None, "text", [], {}, float("nan"), float("inf"), [[1, 2], [3]], [1, "two", None], {1, 2}, 1j, np.int64(-1),
    13_108_000.5, object(), True, np.zeros((2, 3, 4)), np.zeros(0), dict, print, -1, np.zeros((2, 2)),
    (i for i in range(3)), 10**400, -(10**5000), np.array(1e9 + 5j), [10**400, 2.5j],
)  # fmt: skip


def bank(exercise: Exercise) -> list[Mistake]:
    """The wrong answers of an exercise; a misreading is one."""
    return [Mistake(m.how, m.says) for m in getattr(exercise.diagnose, "misreadings", ())] + [*exercise.mistakes]


def answer_from(source: str, exercise: Exercise) -> object:
    """What a learner's `source` leaves under the name that the exercise asks for."""
    namespace: dict[str, object] = {"np": np}
    exec(compile(textwrap.dedent(source), exercise.name, "exec"), namespace)
    return namespace[exercise.answer_name]
