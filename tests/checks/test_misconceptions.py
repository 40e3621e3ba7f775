"""What a verdict says that wrong answers have in common: the misreading that was recognised, in the course's words."""

from __future__ import annotations

import numpy as np
import pytest
from exercise_bank import EXERCISES

from cnnlab.checks.answers import Wrong, number
from cnnlab.checks.exercise import Exercise, Verdict
from cnnlab.checks.judging import ByCases, ByEntry, ByValue, InTurn, Misreading


def exercise(diagnose) -> Exercise:
    return Exercise(name="toy", solution_source="toy = 8", hints=("Count.",), diagnose=diagnose)


def of(diagnose, answer) -> str:
    verdict = exercise(diagnose)(answer)
    assert verdict.status == "wrong"
    return verdict.misconception


VALUE = ByValue(8, {7: "that is the kernel turned round."}, otherwise="Add nine products.", praise="Yes.")
CASES = ByCases(
    truth=lambda n, f: n - f + 1,
    cases=[(6, 3), (5, 2)],
    misreadings=[Misreading(lambda n, f: n - f, "the + 1 is missing.")],
    otherwise="Count the places.",
)
ENTRIES = ByEntry((608, 850), {"conv": {600: "The 8 biases are missing."}, "fc": {}}, "Count.", "Yes.", np.array,
                  {(850, 608): "The two are swapped."})  # fmt: skip


def _custom(answer: object) -> str:
    value = number(answer)
    if value > 100:
        raise Wrong(f"You got {value:g}. {'Nobody' if value > 200 else 'No one'} counts a pixel twice, and you did.")
    raise Wrong("Half of the pixels are missing, those of every second row.")


@pytest.mark.parametrize(
    ("diagnose", "answer", "misconception"),
    [
        (VALUE, 7, "that is the kernel turned round."),
        (VALUE, 9, ""),  # no misreading that is known
        (VALUE, "7", "It should be one number."),
        (VALUE, float("nan"), "It is not a number (nan): 0 / 0, inf / inf, or the root or logarithm of a negative "
         "number was computed on the way."),
        (CASES, lambda n, f: n - f, "the + 1 is missing."),
        (CASES, lambda n, f: 1, ""),
        (CASES, lambda n, f: None, "The function returns None. Is the `return` missing?"),
        (CASES, lambda n, f: 1 / 0, "The function ends with an error."),
        (CASES, 3, "A function is expected here. Pass the function itself, by its name alone, without calling it."),
        (ENTRIES, (600, 850), "The 8 biases are missing."),
        (ENTRIES, (850, 608), "The two are swapped."),
        (ENTRIES, (1, 850), ""),
        (InTurn(lambda answer: "", VALUE), 7, "that is the kernel turned round."),
        (_custom, 150, "You got …. … counts a pixel twice, and you did."),
        (_custom, 250, "You got …. … counts a pixel twice, and you did."),
        (_custom, 7, "Half of the pixels are missing, those of every second row."),
        (lambda answer: {}[answer], 7,
         "The check cannot read the answer. Compare its form with what the cell asks for."),
    ],
)  # fmt: skip
def test_the_misconception_is_what_such_answers_have_in_common(diagnose, answer, misconception):
    assert of(diagnose, answer) == misconception


def test_an_answer_that_is_right_or_open_has_none():
    assert exercise(VALUE)(8) == Verdict("correct", "Yes.")
    assert exercise(VALUE)(...).misconception == ""


class Zebra:
    """Stands for whatever a learner calls a thing."""


def _raises(*args, **kwargs):
    raise ValueError("zebra 424242")


@pytest.mark.parametrize("checked", EXERCISES)
def test_nothing_of_the_learners_is_part_of_it(checked):
    for answer in (
        "zebra",
        ["zebra"],
        {"zebra": 1},
        Zebra(),
        _raises,
        424242,
        [424242.5] * 3,
        lambda *args, **kw: "zebra",
    ):
        words = checked(answer).misconception.lower()
        assert "zebra" not in words
        assert "424" not in words
