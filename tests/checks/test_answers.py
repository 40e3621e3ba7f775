"""Every exercise of every lesson against answers at large: right ones in other styles, and every mechanical mistake."""

from __future__ import annotations

import importlib
import itertools
import re

import numpy as np
import pytest
from exercise_bank import EXERCISES, LESSONS, NONSENSE, answer_from
from mutants import survivors

from cnnlab.checks.answers import Wrong, call
from cnnlab.checks.judging import ByCases, ByEntry, ByValue

BANKS = {lesson: importlib.import_module(f"answers.{lesson}") for lesson in LESSONS}
ALL = [pytest.param(p.id.partition("-")[0], p.values[0], id=p.id) for p in EXERCISES]


def _declared(*forms: type) -> list:
    """Every diagnosis of these forms, whether it is an exercise's whole diagnosis or a part of one."""
    found = {}
    for lesson in LESSONS:
        for name, value in vars(importlib.import_module(f"cnnlab.checks.{lesson}")).items():
            diagnosis = getattr(value, "diagnose", value)
            for part in getattr(diagnosis, "diagnoses", [diagnosis]):
                if isinstance(part, forms):
                    found.setdefault(id(part), pytest.param(part, id=f"{lesson}-{name}"))
    return list(found.values())


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


@pytest.mark.parametrize(("lesson", "exercise"), ALL)
def test_right_answers_in_other_styles_are_accepted(lesson, exercise):
    answers = BANKS[lesson].RIGHT[exercise.name]
    assert len(answers) >= 3
    for answer in answers:
        exercise(answer_from(answer, exercise) if isinstance(answer, str) and "\n" in answer else answer).require()


@pytest.mark.parametrize("cases", _declared(ByCases))
def test_misreadings_can_be_told_apart_by_the_cases(cases):
    given = [("the truth", cases.right), *zip([m.says for m in cases.misreadings], cases.misread, strict=True)]
    for misreading, answers in zip(cases.misreadings, cases.misread, strict=True):
        if len(answers) < len(cases.cases):  # it fails on a case, and not because a warning is an error here
            failing = cases.cases[len(answers)]
            with pytest.raises(Wrong) as failure:
                call(misreading.how, *failing.args, **failing.kwargs)
            assert answers
            assert not isinstance(failure.value.__cause__, Warning)
    for (one, left), (other, right) in itertools.combinations(given, 2):
        same = len(left) == len(right) and all(map(cases.same, left, right))
        assert not same, f"no case tells these apart:\n{one}\n{other}"


@pytest.mark.parametrize("by_value", _declared(ByValue, ByEntry))
def test_misreadings_are_different_values(by_value):
    given = [("the truth", by_value.truth), *((m.says, m.how) for m in by_value.misreadings)]
    for (one, left), (other, right) in itertools.combinations(given, 2):
        assert not by_value.same(left, right), f"these are one value:\n{one}\n{other}"


@pytest.mark.parametrize("diagnosis", _declared(ByCases, ByValue, ByEntry))
def test_a_misreading_is_diagnosed(diagnosis):
    for misreading in diagnosis.misreadings:
        with pytest.raises(Wrong, match=re.escape(misreading.says)) as wrong, np.errstate(all="ignore"):
            diagnosis(misreading.how)
        assert wrong.value.misconception == misreading.says


@pytest.mark.parametrize("exercise", EXERCISES)
def test_nonsense_is_named_as_what_it_is(exercise):
    for value in NONSENSE:
        for answer in (value, lambda *args, given=value, **kwargs: given):
            verdict = exercise(answer)
            assert verdict.status == "wrong", value
            assert not UNREADABLE.search(verdict.message), verdict.message


def _with_entries() -> list:
    """The exercises whose answer has entries of its own, with the right answer."""
    solved = [(p.values[0], answer_from(p.values[0].solution_source, p.values[0]), p.id) for p in EXERCISES]
    return [pytest.param(e, right, id=i) for e, right, i in solved if isinstance(right, (tuple, list, dict))]


@pytest.mark.parametrize(("exercise", "right"), _with_entries())
def test_an_answer_that_is_partly_open_is_not_wrong_yet(exercise, right):
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
