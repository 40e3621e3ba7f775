"""A toy course, a class that hands in its lessons, and a worker that judges by reading, to try the grading with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from cnnlab.course.grading import grade
from cnnlab.course.grading.confined.confine import Limits

HERE = Path(__file__).parent
LESSONS = {"01_first": ("by_hand", "output_size"), "02_second": ("design",)}
DRIVER = (
    "import sys; from cnnlab.course.grading import underway; underway._WORKER = 'toy_worker'; "
    "from cnnlab.course.grading.confined import confine; "
    "confine.fingerprint = lambda: 'the package'; "
    "from cnnlab.course.cli import main; sys.exit(main(sys.argv[1:]))"
)


def notebook(lesson, answers, extra="", checks="from cnnlab.checks import lesson02 as check"):
    """A lesson of the toy course with these answers; where one is None, without its cell."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": f"# {lesson[:2]} {lesson[3:].title()}{extra}"},
        {"cell_type": "code", "metadata": {}, "source": checks},
    ]
    for name in LESSONS[lesson]:
        heading = {"cell_type": "markdown", "metadata": {}, "source": f"### Exercise: {name}"}
        tags = {"tags": [f"exercise-{name}"]}
        answer = {"cell_type": "code", "metadata": tags, "source": answers.get(name, f"{name} = ...")}
        checked = {"cell_type": "code", "metadata": {}, "source": f"check.{name}({name})"}
        cells += [heading, *([answer] if answer["source"] is not None else []), checked]
    for number, cell in enumerate(cells):
        cell["id"] = f"{lesson[:2]}-{number}"
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


class School:
    """A course, its submissions, and what has been judged so far."""

    def __init__(self, folder):
        self.folder, self.out, self.submissions = folder, folder / "out", folder / "in"
        for lesson in LESSONS:
            self.lesson(lesson)

    def lesson(self, lesson, *changes):
        write(self.folder / "course" / "notebooks" / f"{lesson}.ipynb", notebook(lesson, {}, *changes))
        (self.folder / "course" / "lessons").mkdir(exist_ok=True)

    def hand_in(self, learner, lesson, *answers):
        given = zip(LESSONS[lesson], answers, strict=True)
        named = {name: answer and f"{name} = {answer!r}" for name, answer in given}
        write(self.submissions / learner / f"{lesson}.ipynb", notebook(lesson, named))

    def grade(self, *lessons, **options):
        options = {"limits": Limits(seconds=50), **options}
        return grade.grade(self.submissions, lessons, out=self.out, course=self.folder / "course", **options)

    def command(self, *words, **environment):
        words = ["grade", str(self.submissions), *words, "--out", str(self.out)]
        return subprocess.run(
            [sys.executable, "-c", DRIVER, *words], capture_output=True, text=True, check=False, timeout=60,
            env={**os.environ, "CNNLAB_COURSE": str(self.folder / "course"), **environment},
        )  # fmt: skip

    def judged(self):
        """The answers that the worker was given since this was asked last."""
        log = Path(os.environ["TOY_LOG"])
        lines = log.read_text().splitlines() if log.exists() else []
        log.write_text("")
        return [json.loads(line) for line in lines]


def statuses(graded):
    return {(g.learner, g.lesson): [j.status for j in g.judgements] for g in graded}
