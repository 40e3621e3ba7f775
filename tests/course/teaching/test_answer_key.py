"""Answer keys: every exercise solved, nothing stale beside it, and nobody's file replaced."""

from __future__ import annotations

import json

import pytest
from lesson_files import NAMES, ROOT, exercises, open_cells
from notebook_cells import code, markdown

from cnnlab.checks.exercise import Exercise
from cnnlab.course.cli import main
from cnnlab.course.lessons import CourseError
from cnnlab.course.notebook import read_notebook
from cnnlab.course.teaching import key

SOLVED = Exercise("n", "n = 3", ("Count.",), diagnose=lambda answer: "Yes.", why="A window of 3 has three.")
CELLS = [
    markdown("# 02 · Title\n\nWords."),
    code("m = 1\nprint(m)", text="1"),
    code("n = ...", "exercise-n", text="old"),
    code("check.n(n)", text="○ Not attempted yet"),
    code("twice = [n, n]\nprint(twice)", text="[Ellipsis, Ellipsis]"),
    code("print(twice[0])", text="Ellipsis"),
    code("print(m)", text="1"),
]


def test_the_solution_stands_in_the_cell_with_why_and_what_depended_on_it_is_emptied():
    notebook = {"cells": CELLS, "metadata": {}}
    before = json.dumps(notebook)
    cells = key.solve(notebook, {"n": SOLVED})["cells"]
    assert cells[2]["source"] == "n = 3\n# Why it works: A window of 3 has three."
    assert [bool(cell.get("outputs")) for cell in cells] == [False, True, False, False, False, False, True]
    assert json.dumps(notebook) == before
    assert not SOLVED.seen.solution  # nobody has looked at it


def test_an_exercise_that_the_checks_do_not_have_is_named():
    with pytest.raises(CourseError, match="cell 1 is that of an exercise 'm', which"):
        key.solve({"cells": [code("m = ...", "exercise-m")]}, {"n": SOLVED})


def test_every_lesson_has_its_key_and_a_second_run_replaces_only_its_own(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CNNLAB_COURSE", str(ROOT))
    assert main(["key", "--out", str(tmp_path)]) == 0
    assert len(capsys.readouterr().out.split()) == len(NAMES)
    for name in NAMES:
        cells = read_notebook(tmp_path / f"{name}.key.ipynb")["cells"]
        assert cells[0]["source"].split("\n")[0].endswith(" · answer key")
        sources = [cell["source"] for cell in cells]
        assert not set(open_cells(name).values()) & set(sources)
        for exercise in exercises(name).values():
            assert any(source.startswith(f"{exercise.solution_source}\n# Why it works: ") for source in sources)
    first, second = (tmp_path / f"{name}.key.ipynb" for name in NAMES[:2])
    ran = json.loads(first.read_text(encoding="utf-8"))
    ran["cells"][1].update(execution_count=7, outputs=[])
    first.write_text(json.dumps(ran), encoding="utf-8")
    assert main(["key", "0", "1", "--out", str(tmp_path)]) == 0  # run, but not edited
    notes = json.loads(second.read_text(encoding="utf-8"))
    notes["cells"][0]["source"].append("\nAsk Bo about this one.")
    second.write_text(json.dumps(notes), encoding="utf-8")
    before = [file.read_bytes() for file in (first, second)]
    first.write_bytes(before[0])
    assert main(["key", "0", "1", "--out", str(tmp_path)]) == 2
    assert f"{second.name} was not written by this command" in capsys.readouterr().err
    assert [file.read_bytes() for file in (first, second)] == before


@pytest.mark.parametrize("there", ["", "[]", '{"cells": [], "nbformat": 4, "metadata": {"cnnlab": 3}}'])
def test_any_other_file_of_the_name_stays(there, tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLAB_COURSE", str(ROOT))
    file = tmp_path / f"{NAMES[2]}.key.ipynb"
    file.write_text(there, encoding="utf-8")
    assert main(["key", "2", "--out", str(tmp_path)]) == 2
    assert file.read_text(encoding="utf-8") == there
