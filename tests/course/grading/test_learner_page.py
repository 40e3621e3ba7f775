"""A learner's own page: every verdict with the check's words and what to try, and nobody else on it."""

from __future__ import annotations

from dataclasses import replace

import page_reader
from made_class import made_class

from cnnlab.course.grading.records import Judgement, Learner
from cnnlab.course.grading.report.learner_page import learner_page
from cnnlab.course.grading.report.strangers import plain_line

MADE = made_class()
SCHOOL = MADE.school
HOSTILE = '"><script>alert(1)</script>\u202e\x00'


def of(key: str) -> str:
    return learner_page(SCHOOL, next(learner for learner in SCHOOL.learners if learner.key == key))


def test_every_exercise_is_there_with_what_the_check_said_and_what_to_try():
    for learner in SCHOOL.learners[:9]:
        page = page_reader.read(learner_page(SCHOOL, learner))
        for copy in SCHOOL.graded:
            if copy.learner != learner.key:
                continue
            lesson = next(one for one in SCHOOL.lessons if one.name == copy.lesson)
            assert (2, lesson.title) in page.headings
            for exercise, judgement in zip(lesson.exercises, copy.judgements, strict=True):
                at = page.words.index(f"({exercise.name})", page.words.index(f"{lesson.title} {_right(copy)} of"))
                said = page.words[at : at + 2000]
                if judgement.status != "missing":
                    assert " ".join(judgement.message.replace("`", "").split()) in said
                if judgement.status != "correct":
                    assert " ".join(f"To try: {judgement.hint}".replace("`", "").split()) in said
                    assert f"To read again: “{exercise.section.replace('`', '')}” in {lesson.title}" in said


def _right(copy) -> int:
    return sum(judgement.status == "correct" for judgement in copy.judgements)


def test_an_exercise_under_a_part_of_its_own_names_that_part():
    lesson = SCHOOL.lessons[0]
    exercises = tuple(replace(one, section=lesson.title) for one in lesson.exercises)
    school = replace(SCHOOL, lessons=(replace(lesson, exercises=exercises), *SCHOOL.lessons[1:]))
    words = page_reader.read(learner_page(school, SCHOOL.learners[2])).words
    assert "To read again: “3 · Slide it” in 01 · Convolution by hand" in words


def test_the_first_sentence_counts_and_says_where_to_go_on():
    # learner-3: 6 + 2 + 4 of 20 right; of the other 8 four were tried and four are open
    page = page_reader.read(of("learner-3"))
    assert page.words.split("Skip to the content ")[1].startswith(
        "Zoë O'Brien 12 of 20 exercises right, 4 to look at again, 4 still open. A good place to go on: One layer by "
        "hand (02 · Padding and stride). 01 · Convolution by hand 6 of 6 exercises right."
    )


def test_nobody_else_is_named():
    for learner in SCHOOL.learners:
        words = page_reader.read(learner_page(SCHOOL, learner)).words
        assert plain_line(learner.name) in words
        others = {other.name for other in SCHOOL.learners} - {learner.name}
        assert not [name for name in others if plain_line(name) in words]
        assert "An older copy was set aside" not in words  # a note for the teacher


def test_a_wrong_answer_is_shown_as_it_was_judged_and_a_right_one_folded_in():
    copy = SCHOOL.graded[1]
    wrong = next(one for one in copy.judgements if one.status == "wrong")
    text = of(copy.learner)
    page_reader.read(text)
    assert f"<code>{copy.answers[wrong.exercise].splitlines()[0]}" in text
    assert text.count("<summary>Your answer</summary>") == sum(
        one.status == "correct" for other in SCHOOL.graded if other.learner == copy.learner for one in other.judgements
    )


def test_an_answer_that_is_partly_open_is_shown_and_an_untouched_one_is_not():
    lesson = SCHOOL.lessons[1]
    copy = next(one for one in SCHOOL.graded if one.lesson == lesson.name)
    judgements = tuple(Judgement(one.name, "not attempted", "Not attempted yet.") for one in lesson.exercises)
    answers = {one.name: one.stub for one in lesson.exercises} | {"by_hand": "size = (31, ...)"}
    school = replace(SCHOOL, graded=(replace(copy, judgements=judgements, answers=answers),))
    text = learner_page(school, next(one for one in SCHOOL.learners if one.key == copy.learner))
    assert text.count("Your answer, as it was judged") == 1
    assert "size = (31, ...)" in text


def test_lessons_without_a_verdict_say_why():
    learner = SCHOOL.learners[0]
    first, second, third = (lesson.name for lesson in SCHOOL.lessons)
    lost = replace(SCHOOL.graded[0], lesson=second, fingerprint="", judgements=())
    school = replace(SCHOOL, graded=(lost,), waiting=((learner.key, third),))
    words = page_reader.read(learner_page(school, learner)).words
    assert "None of your lessons is graded yet." in words
    assert "01 · Convolution by hand: No notebook was found." in words
    assert "02 · Padding and stride: Handed in, and it could not be judged: talk to your teacher." in words
    assert "03 · Pooling: Handed in, not graded yet." in words
    assert first not in words


def test_who_has_everything_right_is_told_so():
    copy = SCHOOL.graded[0]
    right = tuple(Judgement(one.exercise, "correct", "Yes.") for one in copy.judgements)
    school = replace(SCHOOL, graded=(replace(copy, judgements=right),))
    assert "All 6 exercises that you handed in are right. Well done." in learner_page(school, SCHOOL.learners[0])


def test_whatever_a_stranger_writes_stays_text():
    copy = SCHOOL.graded[0]
    judgements = tuple(Judgement(one.exercise, "raised", HOSTILE, hint="Look.") for one in copy.judgements)
    answers = {one.exercise: HOSTILE for one in judgements}
    school = replace(SCHOOL, graded=(replace(copy, judgements=judgements, answers=answers, late=True),))
    text = learner_page(school, Learner(copy.learner, HOSTILE))
    assert "Handed in late." in page_reader.read(text).words
    assert "<script" not in text
    assert "\u202e" not in text
    assert "⟨U+202E⟩␀" in text  # in the answer it is shown: it was judged with it
