"""A generated class: real exercises and wrong answers, what the real checks say of them, counts known beforehand."""

from __future__ import annotations

import functools
import random
import textwrap
from collections import Counter
from dataclasses import dataclass

import jupytext
from exercise_bank import answer_from, bank
from lesson_files import ROOT, checks, exercise_of

from cnnlab.checks.exercise import Exercise
from cnnlab.course.grading.records import ExerciseInfo, Graded, Judgement, Learner, LessonInfo, SchoolClass

LESSONS = ("01_convolution_by_hand", "02_padding_and_stride", "03_pooling")
FIRST = ("Ada", "Bo", "민서", "Zoë", "Mary-Jane", "José", "عمر", "Élodie", "Jun'ichi", "Łukasz", "서준", "Nils", "Ines")
LAST = (
    "Berg",
    "김",
    "Lindqvist",
    "O'Brien",
    "Ångström",
    "Müller-Wagner",
    "de la Cruz",
    "حسن",
    "🚀Martin",
    "<b>Eve</b>",
)
#: wrong answers that are functions: exercise → sources, each a misreading that the check names
WRONG = {
    "output_size": (
        """
        def my_output_size(n, f, s=1, p=0, d=1):
            return n + 2 * p - d * (f - 1)  # forgot something?
        """,
        """
        def my_output_size(n, f, s=1, p=0, d=1):
            return (n + p - d * (f - 1) - 1) // s + 1
        """,
        """
        def my_output_size(n, f, s=1, p=0, d=1):
            return (n + 2 * p - d * (f - 1)) // s
        """,
    ),
    "padding_to_keep": (
        """
        def padding_to_keep(f, d=1):
            total = d * (f - 1)
            return total - total // 2, total // 2
        """,
        """
        def padding_to_keep(f, d=1):
            return f // 2, f // 2
        """,
    ),
    "usage_map": (
        """
        def usage_map(height, width, f, s=1):
            counts = np.zeros((height, width), int)
            for top in range(0, height - f, s):
                for left in range(0, width - f, s):
                    counts[top : top + f, left : left + f] += 1
            return counts
        """,
        """
        def usage_map(height, width, f, s=1):
            counts = np.zeros((height, width), int)
            for top in range(0, height - f + 1, f):
                for left in range(0, width - f + 1, f):
                    counts[top : top + f, left : left + f] += 1
            return counts
        """,
    ),
    "valid_shape": (
        """
        def valid_shape(image_shape, kernel_shape):
            return image_shape[0] - kernel_shape[0], image_shape[1] - kernel_shape[1]
        """,
    ),
}


@dataclass(frozen=True)
class Wrong:
    """A wrong answer as a learner would hand it in, and what the check says of it."""

    source: str
    message: str
    misconception: str


@dataclass(frozen=True)
class Made:
    """A class and what is known about it.

    Attributes
    ----------
    school : the records
    counts : (lesson, exercise, the misconception's words) → how many learners were given it
    """

    school: SchoolClass
    counts: Counter[tuple[str, str, str]]


@functools.cache
def lesson_info(name: str) -> LessonInfo:
    """A lesson as the course has it."""
    title, above, heading, exercises = name, "", "", []
    for cell in jupytext.read(ROOT / "lessons" / f"{name}.py").cells:
        for line in cell.source.split("\n") if cell.cell_type == "markdown" else ():
            if line.startswith("# "):
                title = line[2:]
            elif line.startswith("## "):
                above = heading = line[3:]
            elif line.startswith("### "):
                heading = line[4:]
        if exercise := exercise_of(cell):
            exercises.append(ExerciseInfo(exercise, heading, cell.source, above))
    return LessonInfo(name, title, tuple(exercises))


@functools.cache
def wrong_answers(lesson: str, exercise: str) -> tuple[Wrong, ...]:
    """Wrong answers to an exercise, of which the check names the misconception."""
    asked: Exercise = vars(checks(lesson))[exercise]
    if exercise in WRONG:
        sources = [textwrap.dedent(source).strip() for source in WRONG[exercise]]
    else:
        plain = [one.answer for one in bank(asked) if isinstance(one.answer, (int, float, tuple))]
        sources = [f"{asked.answer_name} = {answer!r}" for answer in plain]
    found = []
    for source in sources:
        verdict = asked(answer_from(source, asked))
        if verdict.misconception:
            found.append(Wrong(source, verdict.message, verdict.misconception))
    return tuple(found)


def made_class(size: int = 40, lessons: tuple[str, ...] = LESSONS, seed: int = 0, canvas: bool = False) -> Made:
    """A class of `size` learners; one in ten hands in nothing at all, one in eight is late with a lesson."""
    chance = random.Random(seed)
    learners = tuple(_learner(n, canvas) for n in range(size))
    graded, counts = [], Counter()
    for lesson in map(lesson_info, lessons):
        there = [learner for n, learner in enumerate(learners) if n % 10 != 9]
        outcomes = [_outcomes(lesson.name, exercise, len(there), chance) for exercise in lesson.exercises]
        for n, learner in enumerate(there):
            judged = [outcome[n] for outcome in outcomes]
            answers = {judgement.exercise: source for judgement, source in judged}
            for judgement, _ in judged:
                if judgement.misconception:
                    counts[lesson.name, judgement.exercise, judgement.misconception] += 1
            file = f"{learner.name}_{1000 + n}_assignsubmission_file/{lesson.name}.ipynb"
            late = chance.random() < 1 / 8
            notes = ("An older copy was set aside: it was handed in on an earlier day.",) if n % 13 == 5 else ()
            graded.append(
                Graded(learner.key, lesson.name, file, tuple(one for one, _ in judged), answers, late, notes, 1.5, "f")
            )
    aside = {"Berg, Ada/notes.docx": "it is no notebook", "shared/02_padding.ipynb": "it cannot be read: line 1"}
    broken = {"Lindqvist_Bo_7_assignsubmission_file/02_padding_and_stride.ipynb": "it holds no notebook: it is empty"}
    return Made(SchoolClass(tuple(map(lesson_info, lessons)), learners, tuple(graded), aside, broken), counts)


def _learner(n: int, canvas: bool) -> Learner:
    first, last = FIRST[n % len(FIRST)], LAST[n % len(LAST)]
    name, mail = f"{first} {last}", f"learner{n}@school.example"
    if canvas:
        columns = {"Student": f"{last}, {first}", "ID": str(4000 + n), "SIS User ID": f"S{n}", "SIS Login ID": mail}
        columns |= {"Section": "CNNs, autumn", "02 · Padding and stride (771)": "", "Final Score": "12"}
    else:
        columns = {"First name": first, "Last name": last, "ID number": f"2026{n:04d}", "Email address": mail}
    return Learner(f"learner-{n}", name, columns)


def _outcomes(lesson: str, exercise: ExerciseInfo, number: int, chance: random.Random) -> list[tuple[Judgement, str]]:
    """What becomes of an exercise, for each learner who handed in the lesson: some right, some wrong, some open."""
    asked: Exercise = vars(checks(lesson))[exercise.name]
    right = Judgement(exercise.name, "correct", f"{asked.why}"), asked.solution_source
    wrong = [
        (Judgement(exercise.name, "wrong", one.message, one.misconception, asked.hints[0]), one.source)
        for one in wrong_answers(lesson, exercise.name)
    ]
    broken = f"{asked.answer_name} = 1 / 0"
    raised = Judgement(exercise.name, "raised", "ZeroDivisionError: division by zero", hint=asked.hints[0]), broken
    unknown = Judgement(exercise.name, "wrong", "You got 17: count again.", hint=asked.hints[0]), "x = 17"
    stopped = Judgement(exercise.name, "stopped", "Stopped after 60 s.", hint=asked.hints[0]), "while True: pass"
    opened = Judgement(exercise.name, "not attempted", "Not attempted yet.", hint=asked.hints[0]), exercise.stub
    missing = Judgement(exercise.name, "missing", "Its cell is not in the notebook.", hint=asked.hints[0]), ""
    outcomes = [raised, unknown, stopped, opened, opened, missing][: number // 6]
    share = chance.choice([0.1, 0.3, 0.5])
    for n, answer in enumerate(wrong[:4]):
        outcomes += [answer] * round(share * number / 2**n / 2)
    outcomes = outcomes[:number] + [right] * (number - len(outcomes))
    chance.shuffle(outcomes)
    return outcomes
