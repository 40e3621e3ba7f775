"""The numbers that exercises ask about: no shorter way leads to them, and no answer of nothing passes."""

from __future__ import annotations

import itertools
import numbers

import numpy as np
import pytest
from exercise_bank import EXERCISES, answer_from

from cnnlab import shapes
from cnnlab.checks import lesson02, lesson06

SHORTER = (  # than ⌊(n + 2p − f) / s⌋ + 1
    lambda n, f, s, p: n // s,
    lambda n, f, s, p: -(-n // s),
    lambda n, f, s, p: round(n / s),
    lambda n, f, s, p: n // s + 1,
    lambda n, f, s, p: n // s - 1,
    lambda n, f, s, p: (n + 2 * p) // s,
    lambda n, f, s, p: (n - f) // s,
    lambda n, f, s, p: (n - f) // s + 1,
    lambda n, f, s, p: (n - f) // s + 1 + 2 * p,
    lambda n, f, s, p: (n + p - f) // s + 1,
    lambda n, f, s, p: (n + 2 * p - f) // s,
    lambda n, f, s, p: (n + 2 * p - f + 1) // s,
    lambda n, f, s, p: round((n + 2 * p - f) / s) + 1,
    lambda n, f, s, p: (n + 2 * p - s) // f + 1,
)


def test_no_shorter_formula_gives_the_size_that_is_asked_for():
    given = [lesson02.by_hand(tuple(shorter(n, 11, 3, 1) for n in (101, 135))).status for shorter in SHORTER]
    assert given == ["wrong"] * len(SHORTER)


def test_one_design_alone_is_right():
    tried = itertools.product(range(1, 7), range(12))
    assert [design for design in tried if lesson02.design(design).status == "correct"] == [(3, 1)]


@pytest.mark.parametrize("field", range(2, 16))
def test_the_stack_that_is_asked_for_is_the_smallest_that_sees_enough(field):
    layers, weights = lesson06._stack(field)
    assert shapes.receptive_field([(3,)] * layers).size >= field
    assert layers == 1 or shapes.receptive_field([(3,)] * (layers - 1)).size < field
    assert weights == 9 * layers


def nothing(value):
    """Zeros of the form of `value`; None where it holds something other than numbers."""
    if isinstance(value, np.ndarray):
        return np.zeros_like(value) if value.dtype.kind in "iuf" and value.any() else None
    if isinstance(value, (tuple, list)):
        made = [nothing(part) for part in value]
        return None if not made or None in [part if part is None else 0 for part in made] else type(value)(made)
    return 0 * value if isinstance(value, numbers.Real) and not isinstance(value, bool) and value else None


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_answer_of_zeros_never_passes(exercise):
    right, emptied = answer_from(exercise.solution_source, exercise), []

    def zeros(*args, **kwargs):
        value = right(*args, **kwargs)
        if (made := nothing(value)) is not None:
            emptied.append(made)
            return made
        return value

    answer = zeros if callable(right) else nothing(right)
    verdict = exercise(answer)
    assert verdict.status == "wrong" or answer is None or (callable(right) and not emptied)
