"""What a class has in common: shared misconceptions, what to teach next, who is stuck, answers that are alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cnnlab.course.grading.records import ExerciseInfo, Graded, Judgement, LessonInfo, SchoolClass
from cnnlab.course.grading.report.alike import Form, form

AT_LEAST = 40  # parts of its own that an answer needs before being alike says anything: about five lines
TRIED = ("wrong", "raised", "stopped")


@dataclass(frozen=True)
class Misconception:
    """A wrong idea, and who has it.

    Attributes
    ----------
    lesson, exercise : where it shows
    words : the check's, without the learner's numbers
    learners : keys, in the order of the class
    answers : the answers that it led to, the most typical first: its form is the commonest, its text the shortest
    """

    lesson: LessonInfo
    exercise: ExerciseInfo
    words: str
    learners: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Alike:
    """Wrong answers to one exercise that differ in names, spacing and comments alone."""

    lesson: LessonInfo
    exercise: ExerciseInfo
    learners: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Stuck:
    """A learner who has fewer than half of a lesson's exercises right, and the first judgement to talk about."""

    learner: str
    lesson: LessonInfo
    exercise: ExerciseInfo
    judgement: Judgement
    right: int


class Results:
    """A class looked at from all sides. Everything is worked out from `school`, in the order of course and class.

    Parameters
    ----------
    school : as far as it is graded

    Attributes
    ----------
    copies : (learner's key, lesson's name) → the judged copy
    unjudged : copies that came to no verdict: their process broke down
    missing : lesson's name → keys of those of whom no copy was found
    """

    def __init__(self, school: SchoolClass) -> None:
        self.school = school
        self.copies = {(copy.learner, copy.lesson): copy for copy in school.graded if copy.fingerprint}
        self.unjudged = [copy for copy in school.graded if not copy.fingerprint]
        there = {*self.copies, *school.waiting, *((copy.learner, copy.lesson) for copy in self.unjudged)}
        self.missing = {
            lesson.name: [learner.key for learner in school.learners if (learner.key, lesson.name) not in there]
            for lesson in school.lessons
        }

    def of(self, lesson: LessonInfo) -> list[Graded]:
        """Return a lesson's copies in the order of the class."""
        keys = ((learner.key, lesson.name) for learner in self.school.learners)
        return [self.copies[key] for key in keys if key in self.copies]

    def judgements(self, lesson: LessonInfo, exercise: ExerciseInfo) -> list[tuple[Graded, Judgement]]:
        """Return what was said of an exercise, in the order of the class."""
        return [(copy, one) for copy in self.of(lesson) for one in copy.judgements if one.exercise == exercise.name]

    def tally(self, lesson: LessonInfo, exercise: ExerciseInfo) -> Counter[str]:
        """Return how many answers to an exercise have which status."""
        return Counter(judgement.status for _, judgement in self.judgements(lesson, exercise))

    def misconceptions(self) -> list[Misconception]:
        """Return every misconception, the commonest first, then in the order of the course.

        One is known by its words and its exercise: the same words in two exercises are two misconceptions.
        """
        found = []
        for lesson in self.school.lessons:
            for exercise in lesson.exercises:
                groups: dict[str, list[Graded]] = {}
                for copy, judgement in self.judgements(lesson, exercise):
                    if judgement.status == "wrong" and judgement.misconception:
                        groups.setdefault(judgement.misconception, []).append(copy)
                found += [
                    Misconception(
                        lesson,
                        exercise,
                        words,
                        tuple(copy.learner for copy in copies),
                        _typical_first([copy.answers.get(exercise.name, "") for copy in copies]),
                    )
                    for words, copies in groups.items()
                ]
        return sorted(found, key=lambda one: -len(one.learners))  # stable: equal counts stay in the course's order

    def stuck(self) -> list[Stuck]:
        """Return, for each copy with fewer than half of its exercises right, the first thing to talk about.

        That is the first answer that was tried and is not right; where none was tried, the first exercise.
        """
        found = []
        for lesson in self.school.lessons:
            exercises = {exercise.name: exercise for exercise in lesson.exercises}
            for copy in self.of(lesson):
                if 2 * right(copy) < len(copy.judgements):
                    wrong = [one for one in copy.judgements if one.status != "correct" and one.exercise in exercises]
                    first = next((one for one in wrong if one.status in TRIED), wrong[0])
                    found.append(Stuck(copy.learner, lesson, exercises[first.exercise], first, right(copy)))
        return found

    def alike(self) -> list[Alike]:
        """Return groups of wrong answers that are alike and long enough to say something, the longest answers first.

        An answer needs `AT_LEAST` parts more than the cell that the exercise starts from. One that more than four
        learners and more than a quarter of those who handed in the lesson give suggests itself, and is left out.
        """
        found: list[tuple[int, Alike]] = []
        for lesson in self.school.lessons:
            for exercise in lesson.exercises:
                given = form(exercise.stub)
                shortest = AT_LEAST + (given.size if given else 0)
                groups: dict[Form, list[Graded]] = {}
                for copy, judgement in self.judgements(lesson, exercise):
                    of = form(copy.answers.get(exercise.name, "")) if judgement.status in TRIED else None
                    if of and of.size >= shortest:
                        groups.setdefault(of, []).append(copy)
                most = max(4, len(self.of(lesson)) // 4)
                found += [
                    (of.size, Alike(lesson, exercise, tuple(copy.learner for copy in copies), _shown(copies, exercise)))
                    for of, copies in groups.items()
                    if 2 <= len(copies) <= most
                ]
        return [group for _, group in sorted(found, key=lambda one: -one[0])]


def right(copy: Graded) -> int:
    """Return how many exercises of a copy are right: its points."""
    return sum(judgement.status == "correct" for judgement in copy.judgements)


def teach_next(found: Sequence[Misconception], lessons: Sequence[LessonInfo]) -> Misconception | None:
    """Return the misconception to teach first: the one that most learners share.

    Where others are nearly as common, by at least four fifths, it is the earliest of them in the course, because the
    lessons after it rest on it. None where no two learners share one.
    """
    shared = [one for one in found if len(one.learners) >= 2]
    if not shared:
        return None
    most = max(len(one.learners) for one in shared)
    places = [(lesson.name, exercise.name) for lesson in lessons for exercise in lesson.exercises]
    near = [one for one in shared if 5 * len(one.learners) >= 4 * most]
    return min(near, key=lambda one: (places.index((one.lesson.name, one.exercise.name)), -len(one.learners)))


def _typical_first(answers: list[str]) -> tuple[str, ...]:
    """The answers, those of the commonest form first, shorter ones before longer ones."""
    forms = [form(answer) for answer in answers]
    counts = Counter(forms)
    order = sorted(range(len(answers)), key=lambda n: (forms[n] is None, -counts[forms[n]], len(answers[n]), n))
    return tuple(answers[n] for n in order)


def _shown(copies: list[Graded], exercise: ExerciseInfo) -> str:
    return min((copy.answers[exercise.name] for copy in copies), key=len)
