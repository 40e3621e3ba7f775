"""Every exercise of every lesson against answers at large: right ones in other styles, and every mechanical mistake."""

from __future__ import annotations

import importlib
import itertools
import re

import numpy as np
import pytest
from mutants import survivors
from test_checks import EXERCISES, LESSONS, answer_from

from cnnlab.checks.exercise import Wrong
from cnnlab.checks.judging import ByCases, ByEntry, ByValue

BANKS = {lesson: importlib.import_module(f"answers.{lesson}") for lesson in LESSONS}
ALL = [pytest.param(p.id.partition("-")[0], p.values[0], id=p.id) for p in EXERCISES]
RIGHT = [
    pytest.param(p.values[1], answer, id=f"{p.id}-{number}")
    for p in ALL
    for number, answer in enumerate(BANKS[p.values[0]].RIGHT[p.values[1].name])
]


def _declared(lesson: str, *forms: type) -> dict[str, ByCases | ByValue | ByEntry]:
    """Every diagnosis of these forms in a lesson, whether it is an exercise's whole diagnosis or a part of one."""
    found = {}
    for name, value in vars(importlib.import_module(f"cnnlab.checks.{lesson}")).items():
        diagnosis = getattr(value, "diagnose", value)
        for part in getattr(diagnosis, "diagnoses", [diagnosis]):
            if isinstance(part, forms) and part not in found.values():
                found[f"{name}-{len(found)}"] = part
    return found


def _declared_in_all(*forms: type) -> list:
    return [pytest.param(part, id=f"{x}-{name}") for x in LESSONS for name, part in _declared(x, *forms).items()]


# What a message to a learner never says: Python's inside, a number nobody reads, "not a number" as if it were one.
UNREADABLE = re.compile(
    r"This check cannot read|np\.(float|int|str|bool)|you got nan(?!, not a number)|\d\.\d+e\+\d|<function|object at 0x"
)


@pytest.mark.parametrize(("lesson", "exercise"), ALL)
def test_every_mutant_is_refused(lesson, exercise, record_property):
    """Or it is listed as equivalent, with the reason; and what is listed is still called correct."""
    reasons = BANKS[lesson].EQUIVALENT.get(exercise.name, {})
    count, passed = survivors(exercise.solution_source, exercise.answer_name, exercise)
    record_property("mutants", (count, len(passed)))
    assert not [label for label in passed if not any(part in label for part in reasons)]
    assert not [part for part in reasons if not any(part in label for label in passed)], "listed, but refused"


@pytest.mark.parametrize(("exercise", "answer"), RIGHT)
def test_a_right_answer_in_another_style_is_accepted(exercise, answer):
    exercise(answer_from(answer, exercise) if isinstance(answer, str) and "\n" in answer else answer).require()


@pytest.mark.parametrize(("lesson", "exercise"), ALL)
def test_three_right_answers_are_known(lesson, exercise):
    assert len(BANKS[lesson].RIGHT[exercise.name]) >= 3


@pytest.mark.parametrize("cases", _declared_in_all(ByCases))
def test_misreadings_can_be_told_apart_by_the_cases(cases):
    given = [("the truth", cases.right), *((m.says, cases.answers_of(m.how)) for m in cases.misreadings)]
    assert all(answers for _, answers in given)
    for (one, left), (other, right) in itertools.combinations(given, 2):
        same = len(left) == len(right) and all(map(cases.same, left, right))
        assert not same, f"no case tells these apart:\n{one}\n{other}"


@pytest.mark.parametrize("by_value", _declared_in_all(ByValue, ByEntry))
def test_misreadings_are_different_values(by_value):
    given = [("the truth", by_value.truth), *((m.says, m.how) for m in by_value.misreadings)]
    for (one, left), (other, right) in itertools.combinations(given, 2):
        assert not by_value.same(left, right), f"these are one value:\n{one}\n{other}"


@pytest.mark.parametrize("diagnosis", _declared_in_all(ByCases, ByValue, ByEntry))
def test_a_misreading_is_diagnosed(diagnosis):
    for misreading in diagnosis.misreadings:
        with pytest.raises(Wrong, match=re.escape(misreading.says)):
            diagnosis(misreading.how)


NONSENSE = {
    "none": None,
    "text": "text",
    "list": [],
    "dict": {},
    "nan": float("nan"),
    "infinity": float("inf"),
    "ragged": [[1, 2], [3]],
    "mixed": [1, "two", None],
    "set": {1, 2},
    "complex": 1j,
    "numpy": np.int64(-1),
    "large": 13_108_000.5,
    "object": object(),
    "flag": True,
    "volume": np.zeros((2, 3, 4)),
    "empty": np.zeros(0),
    "class": dict,
    "builtin": print,
    "negative": -1,
    "square": np.zeros((2, 2)),
    "generator": (i for i in range(3)),
}


@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize(("lesson", "exercise"), ALL)
def test_nonsense_is_named_as_what_it_is(lesson, exercise, nonsense):
    value = NONSENSE[nonsense]
    for answer in (value, lambda *args, **kwargs: value):
        verdict = exercise(answer)
        assert verdict.status == "wrong"
        assert not UNREADABLE.search(verdict.message), verdict.message


@pytest.mark.parametrize(("lesson", "exercise"), ALL)
def test_an_answer_that_is_partly_open_is_not_wrong_yet(lesson, exercise):
    right = answer_from(exercise.solution_source, exercise)
    if not isinstance(right, (tuple, list, dict)) or len(right) < 2:
        pytest.skip("the answer has no entries of its own")
    if isinstance(right, dict):
        first, *_ = right
        partly, spoilt = {**right, first: ...}, {key: ... if key == first else object() for key in right}
    else:
        partly, spoilt = type(right)([..., *right[1:]]), type(right)([..., *[object()] * (len(right) - 1)])
    verdict = exercise(partly)
    assert verdict.status == "not attempted"
    assert re.search(r"1 of its \d+ entries is still \.\.\.", verdict.message), verdict.message
    verdict = exercise(spoilt)
    assert verdict.status == "wrong"
    assert "still ..." in verdict.message
