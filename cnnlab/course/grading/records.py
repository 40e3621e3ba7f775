"""What the parts of the grading hand to each other: who, which exercise, and what the check said."""

from __future__ import annotations

from dataclasses import dataclass, field

#: status → (sign, words). One point for the first, none for the others.
STATUSES = {
    "correct": ("✔", "right"),
    "wrong": ("✘", "wrong"),
    "raised": ("✘", "its cell ends with an error"),
    "stopped": ("✘", "stopped at a limit"),
    "not attempted": ("○", "not attempted"),
    "missing": ("○", "its cell is not in the notebook"),
}


@dataclass(frozen=True)
class Judgement:
    """What became of one exercise of one learner.

    Attributes
    ----------
    exercise : name, as in ``check.NAME``
    status : a key of `STATUSES`
    message : the check's words, or what stopped the answer; text of the learner's may be part of it
    misconception : what a wrong answer has in common with others of its kind: the check's words without the
        learner's numbers; empty where the check names none
    hint : the exercise's first hint, where the answer is not right
    """

    exercise: str
    status: str
    message: str = ""
    misconception: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Learner:
    """Somebody in the class.

    Attributes
    ----------
    key : unique in the class and safe as a file name
    name : as people read it
    columns : the learner's row of the roster, by its own headings; empty without a roster
    """

    key: str
    name: str
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ExerciseInfo:
    """An exercise as the course has it: name, heading, the cell that it starts from, the section that it rests on.

    `explorer` is the cell of the lesson's nearest explorer: see `cnnlab.course.grading.intake.answers.lesson_info`.
    """

    name: str
    heading: str
    stub: str
    section: str = ""
    explorer: str = ""


@dataclass(frozen=True)
class LessonInfo:
    """A lesson that is graded."""

    name: str
    title: str
    exercises: tuple[ExerciseInfo, ...]


@dataclass(frozen=True)
class Graded:
    """One learner's copy of one lesson, judged.

    Attributes
    ----------
    learner, lesson : a learner's key, a lesson's name
    file : the notebook that was taken, below the folder of submissions
    judgements : one for each exercise of the lesson, in its order
    answers : exercise → the source that was judged
    late : whether the platform marked the file as late
    notes : what a teacher should know: older copies set aside, cells that were changed, a second try
    seconds : wall time
    fingerprint : equal means that nothing has to be done again; empty, that this copy could not be judged
    """

    learner: str
    lesson: str
    file: str
    judgements: tuple[Judgement, ...]
    answers: dict[str, str]
    late: bool = False
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    fingerprint: str = ""


@dataclass(frozen=True)
class SchoolClass:
    """All that the report and the tables are made of.

    Attributes
    ----------
    lessons : in the course's order
    learners : in the order of the roster, else by name; those who have handed in nothing included
    graded : whatever has been judged so far
    set_aside : file → why it was not graded
    broken : file → why a copy that should have been graded cannot be
    waiting : copies that were found and are not judged yet, as (learner's key, lesson's name)
    """

    lessons: tuple[LessonInfo, ...]
    learners: tuple[Learner, ...]
    graded: tuple[Graded, ...]
    set_aside: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    waiting: tuple[tuple[str, str], ...] = ()
