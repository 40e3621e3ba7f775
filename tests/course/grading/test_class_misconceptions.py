"""What a class has in common: counts, what to teach next, who is stuck, and which wrong answers are alike."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_class import made_class

from cnnlab.course.grading.records import ExerciseInfo, Graded, Judgement, Learner, LessonInfo, SchoolClass
from cnnlab.course.grading.report.alike import form
from cnnlab.course.grading.report.misconceptions import AT_LEAST, Results, teach_next

LESSONS = (
    LessonInfo("01_a", "01 · A", (ExerciseInfo("p", "P", "p = ..."), ExerciseInfo("q", "Q", "q = ..."))),
    LessonInfo("02_b", "02 · B", (ExerciseInfo("r", "R", "def r(n):\n    ..."),)),
)


def school(*copies: Graded, learners: int = 6, **more: object) -> SchoolClass:
    return SchoolClass(LESSONS, tuple(Learner(f"l{n}", f"Learner {n}") for n in range(learners)), copies, **more)


def copy(learner: int, lesson: LessonInfo, *said: str, answer: str = "x = 1", **more: object) -> Graded:
    """A copy of which each exercise was judged: a status, or the words of a misconception."""
    judgements = tuple(
        Judgement(exercise.name, word) if word in ("correct", "not attempted", "raised", "wrong", "missing")
        else Judgement(exercise.name, "wrong", f"You got 7: {word}", word)
        for exercise, word in zip(lesson.exercises, said, strict=True)
    )  # fmt: skip
    answers = {exercise.name: answer for exercise in lesson.exercises}
    return Graded(f"l{learner}", lesson.name, "f", judgements, answers, **{"fingerprint": "f", **more})


A, B = LESSONS


def counts(results: Results) -> dict[tuple[str, str], int]:
    return {(one.exercise.name, one.words): len(one.learners) for one in results.misconceptions()}


def test_the_counts_of_a_generated_class_are_the_generated_ones():
    made = made_class()
    found = Results(made.school).misconceptions()
    assert {(one.lesson.name, one.exercise.name, one.words): len(one.learners) for one in found} == made.counts
    assert len(made.counts) > 15
    assert [len(one.learners) for one in found] == sorted(made.counts.values(), reverse=True)


def test_a_misconception_is_known_by_its_words_and_its_exercise():
    # "no stride" in p: l0, l1; the same words in q: l0; other words in p: l2
    given_ = school(
        copy(1, A, "no stride", "correct"), copy(0, A, "no stride", "no stride"), copy(2, A, "no bias", "wrong")
    )
    assert counts(Results(given_)) == {("p", "no stride"): 2, ("q", "no stride"): 1, ("p", "no bias"): 1}
    first = Results(given_).misconceptions()[0]
    assert first.learners == ("l0", "l1")  # in the order of the class, whatever the order of grading


def test_only_wrong_answers_of_which_the_check_names_a_misconception_count():
    judged = Judgement("r", "raised", "ZeroDivisionError", "not to be counted")
    odd = Graded("l0", "02_b", "f", (judged,), {"r": "1 / 0"}, fingerprint="f")
    assert Results(school(odd, copy(1, B, "wrong"), copy(2, B, "not attempted"))).misconceptions() == []


def test_the_answer_shown_is_the_shortest_of_the_commonest_form():
    # Two answers n − 1, written in two ways, and one n * 1 * 1: n − 1 is the commonest form, "def r(n)" its shortest.
    copies = (
        copy(0, B, "m", answer="def r(n): return n * 1 * 1"),
        copy(1, B, "m", answer="def r(number):\n    return number - 1  # off"),
        copy(2, B, "m", answer="def r(n):\n    return n - 1"),
        copy(3, B, "m", answer="def r(n: no Python"),
    )
    assert Results(school(*copies)).misconceptions()[0].answers == (
        "def r(n):\n    return n - 1",
        "def r(number):\n    return number - 1  # off",
        "def r(n): return n * 1 * 1",
        "def r(n: no Python",
    )


@pytest.mark.parametrize(
    ("in_a", "in_b", "expected"),
    [
        (3, 5, "late"),  # 5 · 3 = 15 < 4 · 5 = 20: not nearly as common
        (4, 5, "early"),  # 5 · 4 = 20 = 4 · 5: nearly as common, and earlier
        (5, 5, "early"),
        (1, 1, None),  # nobody shares one
        (1, 2, "late"),
        (0, 0, None),
    ],
)
def test_what_is_taught_next_is_common_and_where_others_are_nearly_so_early(in_a, in_b, expected):
    copies = [copy(n, A, "correct", "early") for n in range(in_a)] + [copy(n, B, "late") for n in range(in_b)]
    chosen = teach_next(Results(school(*copies)).misconceptions(), LESSONS)
    assert (chosen.words if chosen else None) == expected


def test_of_two_in_one_exercise_the_commoner_is_taught():
    # 4 and 5 learners in p: both are near, both stand in one place, and 5 > 4
    copies = [copy(n, A, "four", "correct") for n in range(4)] + [copy(n, A, "five", "correct") for n in range(4, 9)]
    assert teach_next(Results(school(*copies, learners=9)).misconceptions(), LESSONS).words == "five"


def test_stuck_is_who_has_fewer_than_half_right_at_the_first_answer_that_was_tried():
    copies = (
        copy(0, A, "correct", "wrong"),  # 1 of 2 is half
        copy(1, A, "not attempted", "raised"),  # 0 of 2: the first that was tried is q
        copy(2, A, "missing", "not attempted"),  # nothing was tried: the first exercise
        copy(3, B, "wrong"),
    )
    found = [
        (one.learner, one.exercise.name, one.judgement.status, one.right) for one in Results(school(*copies)).stuck()
    ]
    assert found == [("l1", "q", "raised", 0), ("l2", "p", "missing", 0), ("l3", "r", "wrong", 0)]


def test_who_is_missing_is_not_who_waits_or_could_not_be_judged():
    broken = Graded("l2", "01_a", "f", (Judgement("p", "stopped"), Judgement("q", "stopped")), {})
    results = Results(school(copy(0, A, "correct", "correct"), broken, learners=4, waiting=(("l1", "01_a"),)))
    assert results.missing == {"01_a": ["l3"], "02_b": ["l0", "l1", "l2", "l3"]}
    assert results.unjudged == [broken]
    assert results.tally(A, A.exercises[0]) == {"correct": 1}  # what was not judged counts nowhere
    assert results.stuck() == []


LONG = """
def r(n):
    total = 0
    for step in range(n):
        total += step * 2 - n // 3
        if total > 100:
            total = total - 100
    total = max(total, n + 1)
    return total, n
"""
RENAMED = '''
def  r( number ) :
    """Add them up."""
    s = 0  # mine
    for i in range(number):
        s += (i * 2) - (number // 3)

        if s > 100:
            s = s - 100
    s = max(s, (number + 1))
    return (s, number)
'''


def test_answers_are_alike_whatever_their_names_spacing_comments_and_docstrings():
    copies = (copy(0, B, "wrong", answer=LONG), copy(2, B, "raised", answer=RENAMED), copy(3, B, "wrong"))
    (group,) = Results(school(*copies)).alike()
    assert group.learners == ("l0", "l2")
    assert group.answer == min(LONG, RENAMED, key=len)


@pytest.mark.parametrize(
    "changed",
    [
        LONG.replace("100", "101"),  # a constant
        LONG.replace("range(n)", "reversed(n)"),  # a name from elsewhere
        LONG.replace("total - 100", "100 - total"),  # the order
        LONG.replace("+=", "-="),  # an operation
        LONG.replace("return total, n", "return n, total"),  # one name for another
    ],
)
def test_answers_that_compute_something_else_are_not_alike(changed):
    assert Results(school(copy(0, B, "wrong", answer=LONG), copy(1, B, "wrong", answer=changed))).alike() == []


def test_right_answers_short_ones_and_those_that_many_give_are_not_compared():
    assert Results(school(*(copy(n, B, "correct", answer=LONG) for n in range(2)))).alike() == []
    assert Results(school(*(copy(n, B, "wrong", answer="def r(n): return n - 1") for n in range(2)))).alike() == []
    # Of 20 copies a quarter is 5: five alike are shown, six are not.
    others = [copy(n, B, "correct") for n in range(6, 20)]
    five = [copy(n, B, "wrong", answer=LONG) for n in range(5)]
    sixth = copy(5, B, "correct"), copy(5, B, "wrong", answer=RENAMED)
    assert [len(one.learners) for one in Results(school(*five, sixth[0], *others, learners=20)).alike()] == [5]
    assert Results(school(*five, sixth[1], *others, learners=20)).alike() == []


def test_the_length_is_counted_beyond_what_the_lesson_gives():
    # "def r(n):\n    ..." has 6 parts: the module, the function, its arguments, the argument, the line, the constant.
    parts = form("def r(n):\n    ...").size
    assert parts == 6
    # r = [0, 0, …]: module, assignment, name, list and a constant for each entry: 4 + entries
    enough = f"r = [{', '.join(['0'] * (AT_LEAST + parts - 4))}]"
    short = enough.replace("[0, ", "[", 1)
    assert form(enough).size == AT_LEAST + parts
    assert len(Results(school(copy(0, B, "wrong", answer=enough), copy(1, B, "wrong", answer=enough))).alike()) == 1
    assert Results(school(copy(0, B, "wrong", answer=short), copy(1, B, "wrong", answer=short))).alike() == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("import numpy as np\nx = np.zeros(3)", "import numpy\ny = numpy.zeros(3)"),
        ("def f(a: int) -> int: return a", "def f(b): return b"),
        ("x = lambda a, b=2: a + b", "y = lambda p, q=2: p + q"),
        ("x = [k for k in (1, 2)]", "x = [m for m in (1, 2)]"),
        ("try:\n  x = 1\nexcept ValueError as e:\n  x = e", "try:\n  z = 1\nexcept ValueError as why:\n  z = why"),
        ("def f():\n  global g\n  g = 1", "def h():\n  global k\n  k = 1"),
        ("match x:\n  case [a, *b]: c = a, b", "match x:\n  case [p, *q]: r = p, q"),
        ("match x:\n  case {'a': a, **b}: c = a, b", "match x:\n  case {'a': p, **q}: r = p, q"),
        ("x = '\\d'", "y = '\\\\d'"),
    ],
)
def test_every_way_to_give_a_name_is_seen(one, other):
    assert form(one) == form(other)


def test_keywords_and_attributes_are_no_names_of_the_answers_own():
    assert form("def f(axis): return g(axis=axis)") != form("def f(a): return g(a=a)")
    assert form("x = a.real") != form("x = a.imag")


HOSTILE = {
    "no Python": "def f(:",
    "a null": "x = 1\x00",
    "brackets": "(" * 5000,
    "nested": "x = " + "-" * 9000 + "1",
    "long": "x" * 20_001,
    "magic": "%timeit f(3)",
    "half a character": "x = '\ud800'",
    "calls": "f(" * 90 + ")" * 90,
    "a huge number": "x = 0x1" + "0" * 10_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_has_no_form_or_one_and_never_raises(source):
    assert form(source) is None or form(source).size > 0


@given(
    st.lists(
        st.sampled_from(["a = 1", "b = a + 2", "c = [a, b]", "def f(x):\n    return x * 3", "d = f(4)"]), max_size=6
    )
)
def test_writing_an_answer_anew_changes_nothing(lines):
    source = "\n".join(lines)
    assert form(ast.unparse(ast.parse(source))) == form(source)
