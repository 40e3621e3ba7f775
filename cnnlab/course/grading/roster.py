"""A class list as a platform exports it → learners."""

from __future__ import annotations

import csv
from pathlib import Path

from cnnlab.course.grading.records import Learner


def read_roster(path: Path) -> list[Learner]:
    """Read a roster or gradebook that Moodle, Canvas, Google Classroom or GitHub Classroom exports."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [Learner(next(iter(row.values())), next(iter(row.values())), dict(row)) for row in rows]
