"""Every exercise: its solution passes, each wrong answer fails with its diagnosis, the cell it starts from is open."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from exercise_bank import EXERCISES, answer_from, bank
from lesson_files import NAMES, exercises, open_cells

from cnnlab.checks.answers import Wrong, array, call, number, parts, show
from cnnlab.checks.exercise import Exercise, ExerciseError

MISTAKES = [
    pytest.param(p.values[0], mistake, id=f"{p.id}-{number}")
    for p in EXERCISES
    for number, mistake in enumerate(bank(p.values[0]))
]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_solution_is_correct(exercise):
    exercise(answer_from(exercise.solution_source, exercise)).require()


@pytest.mark.parametrize("name", NAMES)
def test_the_cells_of_a_lesson_are_its_exercises_and_not_attempted(name):
    cells, known = open_cells(name), exercises(name)
    assert set(cells) == set(known)
    assert len(known) >= (3 if name.startswith("00") else 5)
    for exercise in known.values():
        assert exercise(answer_from(cells[exercise.name], exercise)).status == "not attempted"


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_wrong_answer_is_named(exercise, mistake):
    answer = answer_from(mistake.answer, exercise) if isinstance(mistake.answer, str) else mistake.answer
    verdict = exercise(answer)
    assert verdict.status == "wrong"
    assert mistake.says in verdict.message


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_exercise_is_complete(exercise):
    assert len(bank(exercise)) >= 4
    assert exercise.hints
    assert len({mistake.says for mistake in bank(exercise)}) >= 3, "the diagnoses must tell mistakes apart"


@pytest.fixture
def doubling() -> Exercise:
    def diagnose(answer):
        if number(call(answer, 3)) != 6:
            raise Wrong("twice 3 is 6")
        return "doubled"

    return Exercise("double", "def double(x):\n    return 2 * x", ("add", "x + x"), diagnose)


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (lambda x: 2 * x, "correct", "doubled"),
        (lambda x: x, "wrong", "twice 3 is 6"),
        (..., "not attempted", "double"),
        (lambda x: ..., "not attempted", "double"),
        (lambda x: None, "wrong", "return"),
        (lambda x: 1 / 0, "wrong", "ZeroDivisionError"),
        (6, "wrong", "A function is expected"),
    ],
)
def test_a_verdict_says_what_happened(doubling, answer, status, says):
    verdict = doubling(answer)
    assert verdict.status == status
    assert says in str(verdict)
    assert says in verdict._repr_html_()


def test_require_raises_unless_correct(doubling):
    doubling(lambda x: 2 * x).require()
    with pytest.raises(ExerciseError, match="twice 3"):
        doubling(lambda x: x).require()


def test_hints_are_numbered_from_one(doubling):
    assert "hint(2)" in doubling.hint()
    assert doubling.hint(2) == "x + x"
    with pytest.raises(ValueError, match="from 1 to 2. Received: 3"):
        doubling.hint(3)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_name_without_parentheses_or_answer_helps_and_spoils_nothing(exercise):
    said = [repr(exercise), repr(exercise.hint), repr(exercise.solution), str(exercise()), str(exercise(1, 2))]
    for line in said:
        assert f"check.{exercise.name}" in line
        assert len(line) <= 200
        assert "\n" not in line
        for secret in (exercise.solution_source, *exercise.hints, "lambda", "Mistake"):
            assert secret not in line
    assert f"check.{exercise.name}({exercise.answer_name})" in said[3]


def test_a_number_where_several_are_wanted_is_told_what_a_pair_is():
    with pytest.raises(Wrong, match=r"one number, 33\. Give a pair, two values in brackets .*: \(height, width\)\."):
        parts(33, ("height", "width"))
    with pytest.raises(Wrong, match=r"shape \(2,\): a pair, 2 numbers in brackets .* such as \(…, …\)\. Yours is one"):
        array(np.float32(33), (2,), "The size")
    with pytest.raises(Wrong, match=r"shape \(2, 3\): 2 × 3 numbers\. Yours is one number, 33\."):
        array(33, (2, 3))


def test_tensors_of_any_framework_are_numbers():
    import keras

    two = keras.Variable(2.0)
    pair = keras.ops.cast([1, 2], "bfloat16")
    assert number(3 * two) == 6  # with torch, it has a gradient
    assert parts(two * [3, 4], ("height", "width"))[1] == 8
    assert array([two * 3, two], (2,)).tolist() == [6, 2]
    assert array([[two + 1, 2], [3, two]], (2, 2)).tolist() == [[3, 2], [3, 2]]
    assert array(pair, (2,)).tolist() == [1, 2]
    with pytest.raises(Wrong, match="should be one number, but this is a KerasTensor"):
        number(keras.Input((1,)))
    with pytest.raises(Wrong, match="This is one number, 6"):
        parts(3 * two, ("height", "width"))


COMPLEX = {
    "Python's": 10 + 5j, "NumPy's": np.complex128(10 + 5j), "an array": np.array(10 + 5j), "a row": [10 + 5j],
    "objects": np.array([10 + 5j], object),
}  # fmt: skip


@pytest.mark.parametrize("answer", COMPLEX.values(), ids=COMPLEX)
def test_a_complex_number_is_no_real_one(answer):
    with pytest.raises(Wrong, match=r"^The answer should be one number, .* complex: its imaginary part is 5, not 0\.$"):
        number(answer)


def test_a_complex_number_without_an_imaginary_part_is_a_real_one():
    signal = np.arange(8.0)
    there_and_back = np.fft.ifft(np.fft.fft(signal))  # what is left of the imaginary parts is rounding
    assert there_and_back.dtype.kind == "c"
    assert array(there_and_back, (8,)) == pytest.approx(signal)
    assert number(10 + 0j) == 10
    with pytest.raises(Wrong, match=r"yours is complex: the imaginary part of one of its entries is 2, not 0\."):
        array(signal + [0, 0, 2j, 0, 0, 0, 0, 0], (8,))


@pytest.mark.parametrize("power", [400, 5000])  # Python does not write out a number of more than 4,300 digits
def test_a_number_too_large_for_a_float_is_called_so(power):
    for answer in (10**power, -(10**power), [10**power], Fraction(10**power)):
        with pytest.raises(Wrong, match="^The size should be one number, .* 308 digits, too large for a float"):
            number(answer, "The size")
    for read_as in (lambda: array([1, 10**power], None), lambda: parts(10**power, ("height", "width"))):
        with pytest.raises(Wrong, match="more than 308 digits"):
            read_as()
    assert show(10**power) == "an int"


def test_why_it_works_follows_the_praise_and_the_solution(doubling):
    told = replace(doubling, why="Twice is a sum. Both parts are one number.")
    assert str(told(lambda x: 2 * x)) == "✔ doubled\nWhy it works: Twice is a sum. Both parts are one number."
    assert "Why" not in str(told(lambda x: x))
    exec(told.solution(), {})
    assert "# Why it works: Twice" in told.solution()
    assert doubling.solution() == doubling.solution_source


def test_an_ellipsis_at_the_end_stands_for_all_that_is_missing(doubling):
    three = replace(doubling, answer_name="three", solution_source="three = [1, 2, 3]", diagnose=lambda a: f"{a}")
    for answer in ([1, ...], [1, ..., ...], (1, ...)):
        assert "2 of its 3 entries are still ..." in three(answer).message
    assert three([...]).status == "not attempted"


def test_an_ellipsis_that_stands_for_nothing_is_wrong(doubling):
    six = replace(doubling, solution_source="double = 6", diagnose=lambda answer: f"{number(answer)}")
    for answer in ([..., 6], [6, ...], (6, (..., 1))):
        assert "should be one number, but this is a" in six(answer).message


def test_an_error_without_a_text_is_named_alone():
    def unfinished(x):
        raise NotImplementedError

    with pytest.raises(Wrong, match=r"^Your function raised NotImplementedError\nIt was called with 3\.$"):
        call(unfinished, 3)


def test_an_answer_cannot_spoil_the_next_test():
    data = np.arange(3)

    def meddler(x):
        x[:] = 0
        return 1

    call(meddler, data)
    assert data.tolist() == [0, 1, 2]
