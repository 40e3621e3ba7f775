"""Which statements of a lesson an answer needs: cases by hand, and every lesson's own answers with what they need."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import pytest
from lesson_files import NAMES, ROOT, exercises

from cnnlab.course.grading.judging.cells import Cells, names_of
from cnnlab.course.grading.judging.slices import Plan
from cnnlab.course.notebook import read_notebook


def plan_of(*cells: str) -> Plan:
    """A plan of these cells and, behind them, the place of the exercise `it`."""
    parts = [{"cell_type": "code", "source": source, "metadata": {}} for source in cells]
    place = {"cell_type": "code", "source": "it = ...", "metadata": {"tags": ["exercise-it"]}}
    return Plan({"cells": [*parts, place]})


def kept(lesson: str, *names: str) -> str:
    """The numbers of the lines, all of them statements, that an answer needs which reads `names`."""
    plan = plan_of(lesson)
    lines = [step.source for step in plan.steps[:-1]]
    assert lines == lesson.split("\n")
    return " ".join(str(number) for number in sorted(plan.needed("it", names)))


@pytest.mark.parametrize(
    ("lesson", "names", "steps"),
    [
        ("a = 1\nb = 2", ["a"], "0"),
        ("a = 1\nb = a\na = 3", ["b"], "0 1"),
        ("a = 1\na = 2", ["a"], "1"),  # the first value is never read
        ("a = [1]\na += [2]", ["a"], "0 1"),
        ("a = {}\na['x'] = 1\nb = 2\na.y.z = b", ["a"], "0 1 2 3"),
        ("a = []\na.append(1)\nprint(a)\nlen(a)", ["a"], "0 1"),
        ("a = []\nb = a.copy()\na.sort()", ["b"], "0 1"),
        ("a = []\nfill(a)", ["a"], "0 1"),  # whatever fill does
        ("a = []\nplot.lines(a)\ndisplay(a)\ncheck.it(a)\nexplore.Viewer(a)", ["a"], "0"),
        ("import numpy as np\na = np.zeros(3)\nnp.fill_diagonal(a, 1)\nnp.sum(a)", ["a"], "0 1 2"),
        ("a = []\nrng.shuffle(a[0])", ["a"], "0 1"),
        ("k = 2\nf = lambda x: x * k\nk = 3", ["f"], "1 2"),  # f reads k when it is called, behind k = 3
        ("k = 2\nl = 3\nfor i in range(k): a = i", ["a"], "0 2"),
        ("a = 0\nif b: a = 1", ["a"], "0 1"),  # it may keep its first value
        ("a, (b, *c) = d", ["c"], "0"),
        ("with open(x) as a: pass", ["a"], "0"),
        ("a = [i for i in range(3)]", ["i"], ""),  # the i inside is another
        ("n = 3\na = [n for _ in range(3)]", ["a"], "0 1"),
        ("c = 3\ny = [c for c in range(3)]\nz = c", ["z"], "0 2"),  # nor does it give the other a value
        ("n = 3\nf(n)\ng(n)", ["n"], "0"),  # a number stays what it is
        ("import keras\nkeras.utils.set_random_seed(0)\na = 1", ["a"], "2"),
        ("import keras\nkeras.utils.set_random_seed(0)\na = 1", ["keras"], "0 1"),
        ("a = 1", ["b", "print"], ""),
        ("model = build(data)\nmodel.fit(data)\nmodel.predict(data)", ["data"], "0"),  # data may be kept in build
        ("model = build()\nmodel.fit(data)\nmodel.predict(data)", ["model"], "0 1"),
        ("del a.b", ["a"], "0"),
        ("(b := 3)", ["b"], "0"),
        ("a = 1\nglobals()['b'] = a", ["globals"], ""),
        ("a = []\nfill(a, int)", ["int"], ""),  # a builtin is lasting
    ],
)
def test_a_statement_is_kept_where_the_answer_may_depend_on_it(lesson, names, steps):
    assert kept(lesson, *names) == steps


def test_a_function_needs_what_its_body_reads_when_it_is_called():
    plan = plan_of(
        "import numpy as np, math",
        "def area(r):\n    return PI * r**2 * scale()",
        "PI = 3",
        "def scale(): return math.pi",
    )
    found = [plan.steps[number].source.split("\n")[0] for number in sorted(plan.needed("it", ["area"]))]
    assert found == ["import math", "def area(r):", "PI = 3", "def scale(): return math.pi"]


def test_the_set_up_and_the_cells_behind_the_answer_are_never_part_of_it():
    cells = [("a = 1", ["bootstrap"]), ("it = ...", ["exercise-it"]), ("a = 2", [])]
    plan = Plan({"cells": [{"cell_type": "code", "source": s, "metadata": {"tags": t}} for s, t in cells]})
    assert plan.needed("it", ["a"]) == set()


SLOW = {"05_first_cnn", "09_data_augmentation", "10_transfer_learning", "14_face_verification", "17_capstone"}  # Keras


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_of_the_course_runs_on_what_it_is_given(name):
    if name in SLOW and not os.environ.get("CNNLAB_SLOW"):
        pytest.skip("Keras takes seconds to be imported; CNNLAB_SLOW=1 tries this lesson too")
    plan = Plan(read_notebook(ROOT / "notebooks" / f"{name}.ipynb"))
    known = exercises(name)
    assert set(plan.places) == set(known)
    for exercise in plan.places:
        cells, source = Cells(), known[exercise].solution_source
        reads, _ = names_of(source)
        for number in sorted(plan.needed(exercise, reads)):
            assert "raised" not in cells.run("lesson", plan.steps[number].source)
        assert cells.run(exercise, source) == {"notes": []}
        known[exercise](cells.names[known[exercise].answer_name]).require()
        assert len(plan.needed(exercise, reads)) <= 5, "this answer needs much: is it right?"


def test_an_answer_that_reads_the_trained_model_gets_it():
    plan = Plan(read_notebook(Path(ROOT, "notebooks", "12_yolo_from_scratch.ipynb")))
    found = [plan.steps[number].source for number in sorted(plan.needed("history", ["model"]))]
    assert any(source.startswith("history = model.fit(") for source in found)
    assert any(source.startswith("learn = scenes.scenes(") for source in found)
    assert not any("gallery" in source or "explore" in source for source in found)
    assert importlib.util.find_spec("cnnlab.checks.lesson12")
