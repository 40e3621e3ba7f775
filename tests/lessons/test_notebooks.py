"""Each lesson with every exercise solved runs to its end, and every check says so."""

from __future__ import annotations

import json

import nbformat
import pytest
from lesson_files import NAMES, ROOT, checked, exercises, notebook, solve, texts

from cnnlab.course.batch.execute import Task, environment, execute


@pytest.mark.parametrize("name", NAMES)
def test_the_solved_lesson_runs_and_every_check_agrees(name):
    solved = solve(notebook(name), name)
    ((_, outcome),) = execute([Task(name, dict(solved), ROOT / "notebooks")], timeout=180, env=environment(jobs=2))
    assert outcome.status == "ok", outcome.failure
    done = nbformat.reads(json.dumps(outcome.notebook), as_version=4)  # joins what a file keeps as lists of lines
    verdicts = {exercise: texts(cell) for cell in done.cells for exercise in checked(cell)}
    assert set(verdicts) == set(exercises(name))
    for exercise, verdict in verdicts.items():
        assert "✔" in verdict, f"{exercise}: {verdict}"
