"""A learner's own page: what was right, what the check said, what to try."""

from __future__ import annotations

from cnnlab.course.grading.records import Learner, SchoolClass


def learner_page(school: SchoolClass, learner: Learner) -> str:
    """Return one page for one learner, on which nobody else is named."""
    return f'<!doctype html>\n<html lang="en"><title>{len(school.lessons)} lessons</title></html>\n'
