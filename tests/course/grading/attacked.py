"""The checks of a small lesson that is attacked: eight exercises, each asking for a function that doubles an array."""

from __future__ import annotations

import numpy as np

from cnnlab.checks.exercise import Exercise
from cnnlab.checks.judging import ByCases, Misreading

NAMES = ("one", "two", "three", "four", "five", "six", "seven", "eight")
SQUARED = "You square it: 2 and 0 alone would not tell."


def _exercise(name: str) -> Exercise:
    return Exercise(
        name=name,
        solution_source=f"def {name}(x):\n    return 2 * x",
        hints=("Add it to itself.",),
        diagnose=ByCases(
            truth=lambda x: 2 * x,
            cases=[(3,), (np.array([[0.5, -2.0], [7.0, 0.0]]),)],
            misreadings=[Misreading(lambda x: x * x, SQUARED)],
            otherwise="Double it.",
            praise="It doubles.",
        ),
    )


one, two, three, four, five, six, seven, eight = map(_exercise, NAMES)
