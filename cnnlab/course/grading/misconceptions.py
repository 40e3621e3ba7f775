"""What a class has in common: shared misconceptions, what to teach next, who is stuck, answers that are alike."""

from __future__ import annotations

from dataclasses import dataclass

from cnnlab.course.grading.records import SchoolClass


@dataclass(frozen=True)
class Misconception:
    """A wrong idea and who has it.

    Attributes
    ----------
    lesson, exercise : names
    words : the check's, without the learner's numbers
    learners : keys, in the order of the class
    sample : a short answer that came of it
    """

    lesson: str
    exercise: str
    words: str
    learners: tuple[str, ...]
    sample: str = ""


def misconceptions(school: SchoolClass) -> tuple[Misconception, ...]:
    """Return every misconception of the class, the most common first, then in the order of the course."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for copy in school.graded:
        for judgement in copy.judgements:
            if judgement.status == "wrong" and judgement.misconception:
                found.setdefault((copy.lesson, judgement.exercise, judgement.misconception), []).append(copy.learner)
    return tuple(
        Misconception(*what, learners=tuple(who)) for what, who in sorted(found.items(), key=lambda f: -len(f[1]))
    )
