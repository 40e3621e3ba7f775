"""A class as it comes, graded by the command that a teacher types: late, twice, broken, missing and hostile."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import generated_class
import pytest
from lesson_files import ROOT
from platform_trees import Person, tree_path, write_roster, write_tree, zipped

ONE, TWO = "01_convolution_by_hand", "02_padding_and_stride"
ADA, BO, EVE, MINSEO, OMAR = (
    Person("Ada", "Berg", 11),
    Person("Bo", "Kim", 12),
    Person("Eve", "Evil", 13),
    Person("민서", "김", 14),
    Person("Omar", "Haddad", 15),
)
HOSTILE = """\
import os, cnnlab.checks.lesson02 as theirs
from cnnlab.checks.exercise import Exercise, Verdict
Exercise.__call__ = lambda self, answer: Verdict("correct", "because I say so")
print("✔ all correct", flush=True)
os._exit(0)"""


HELPED = "def f2(n, f, s=1, p=0, d=1):\n    return math.floor(room(n, f, p, d) / s) + 1"


def solved(lesson, **answers):
    right = {name: generated_class.answers(lesson, name)["right"][0].source for name in
             generated_class.exercises_in(lesson)}  # fmt: skip
    return generated_class.notebook(lesson, {**right, **answers})


def with_cells_of_her_own(lesson):
    """An import, a function and a constant in cells of her own, and an answer by another name: all right there."""
    made = json.loads(solved(lesson, output_size=HELPED))
    for cell in made["cells"]:
        if cell["source"] == "check.output_size(my_output_size)":
            cell["source"] = "check.output_size(f2)"
    own = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1}
    made["cells"].insert(6, {**own, "source": "def room(n, f, p, d):\n    return n + 2 * p - d * (f - 1) - ONE"})
    made["cells"].insert(4, {**own, "source": "ONE = 1\nprint(ONE)"})
    made["cells"][2]["source"] += "\nimport math"
    return json.dumps(made).encode()


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder of results, and what was said."""
    folder = tmp_path_factory.mktemp("class")
    handed_in = [
        (ADA, ONE, solved(ONE)),
        (ADA, TWO, solved(TWO)),
        (BO, ONE, solved(ONE, one_cell="cell_2_0 = 7")),
        (EVE, TWO, solved(TWO, usage_map=HOSTILE, by_hand="size = (31, 42)")),
        (MINSEO, ONE, b'{"cells": ['),
        (MINSEO, TWO, with_cells_of_her_own(TWO)),
    ]
    tree = write_tree("canvas", folder / "tree", handed_in, late={(ADA, TWO)})
    (tree / tree_path("canvas", BO, ONE, attempt=1)).write_bytes(solved(ONE))
    submissions = zipped(tree, folder / "submissions.zip")
    roster = write_roster("canvas", folder / "class.csv", [ADA, BO, EVE, MINSEO, OMAR])
    words = ["grade", str(submissions), "1", "2", "--roster", str(roster), "--out", str(folder / "grades")]
    done = subprocess.run(
        [sys.executable, "-m", "cnnlab", *words, "--timeout", "20"], cwd=ROOT, env=os.environ, capture_output=True,
        text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    return folder / "grades", done


def test_it_says_who_was_graded_and_what_could_not_be(graded):
    folder, done = graded
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1, "")
    assert lines[0].startswith("On this machine an answer ")
    assert any(line.startswith(f"Ada Berg  {TWO}  6 of 6 right  ") for line in lines)
    assert any(line.startswith(f"Bo Kim  {ONE}  6 of 6 right  ") for line in lines)
    assert any(line.startswith(f"Eve Evil  {TWO}  4 of 6 right  ") for line in lines)
    (broken,) = [line for line in lines if line.startswith("not graded  ")]
    assert tree_path("canvas", MINSEO, ONE) in broken
    assert any(line.startswith("5 of 6 copies graded in ") for line in lines)
    assert lines[-1] == f"Report: {folder / 'report.html'}"


def test_everybody_is_in_the_table(graded):
    folder, _ = graded
    with open(folder / "grades.csv", encoding="utf-8-sig", newline="") as file:
        table = list(csv.reader(file))
    for who in (ADA, BO, EVE, MINSEO, OMAR):
        assert sum(str(who.number) in row for row in table) == 1, table


def test_each_result_holds_what_a_teacher_should_know(graded):
    folder, _ = graded
    results = [json.loads(path.read_text()) for path in folder.glob("results/*/*.json")]
    by_file = {result["file"]: result for result in results}
    assert by_file[tree_path("canvas", ADA, TWO, late=True)]["late"]
    bo = by_file[tree_path("canvas", BO, ONE, attempt=1)]
    assert any(tree_path("canvas", BO, ONE) in note for note in bo["notes"])
    eve = {one["exercise"]: one for one in by_file[tree_path("canvas", EVE, TWO)]["judgements"]}
    assert eve["usage_map"]["status"] == "raised"
    assert "its process ended with code 0" in eve["usage_map"]["message"]
    assert "because I say so" not in json.dumps(eve)
    assert eve["by_hand"]["status"] == "wrong"
    assert eve["output_size"]["status"] == "correct"


def test_what_an_answer_needs_of_a_learners_own_cells_comes_along(graded):
    """Her notebook shows ✔ everywhere, and so does the grade; the answer is shown as she wrote it."""
    folder, _ = graded
    results = [json.loads(path.read_text()) for path in folder.glob("results/*/*.json")]
    (hers,) = [result for result in results if result["file"] == tree_path("canvas", MINSEO, TWO)]
    assert [one["status"] for one in hers["judgements"]] == ["correct"] * 6, hers["judgements"]
    assert hers["answers"]["output_size"] == f"{HELPED}\n\nmy_output_size = f2"
    came = [note for note in hers["notes"] if note.endswith("came along")]
    assert came == [
        "output_size: `import math` of cell 3 came along",
        "output_size: `ONE = 1` of cell 5 came along",
        "output_size: `def room(n, f, p, d):` of cell 8 came along",
    ]
