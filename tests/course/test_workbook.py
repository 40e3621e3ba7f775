"""A learner's copy: laid out without answers, brought up to date without a loss, whatever was done to it and whenever
the process was killed.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from lesson_files import ROOT, exercise_of, solve
from lesson_files import notebook as course_notebook
from toy_course import write_notebook

from cnnlab import plot
from cnnlab.course import cli
from cnnlab.course.copy import merge, workbook
from cnnlab.course.copy.sealed import sealed
from cnnlab.course.lessons import CourseError, Lesson
from cnnlab.course.notebook import read_notebook

NAMES = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
STUB = "my_sum = ...  # your answer"
ANSWER = "my_sum = 1 + 1"


def code(source, *tags, **more):
    return {"cell_type": "code", "metadata": {"tags": list(tags)} if tags else {}, "source": source, **more}


def prose(source, **more):
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def numbered(*cells):
    return [{**cell, "id": f"lesson-00-cell-{n:03d}"} for n, cell in enumerate(cells, start=1)]


LESSON = numbered(
    prose("# Title"),
    code("import numpy as np"),
    code('PROFILE = "quick"\nSEED = 0', "parameters"),
    prose("**Predict.** What is the sum?"),
    code("print('a sum of two')"),
    prose("Write the sum."),
    code(STUB, "exercise-total"),
    code("check.total(my_sum)"),
    prose("Another section, with many words in it."),
    code("print('the end')"),
)


def sources(cells):
    return [cell["source"] for cell in cells]


def at(cells, source):
    return sources(cells).index(source)


@pytest.fixture
def base():
    return copy.deepcopy(LESSON)


@pytest.fixture
def mine():
    return copy.deepcopy(LESSON)


@pytest.fixture
def new():
    return copy.deepcopy(LESSON)


def test_nothing_changed_changes_nothing(base, mine, new):
    mine[4]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "a sum of two"}]
    merged = merge.merge(base, mine, new)
    assert merged == mine


def test_an_answer_a_note_and_new_cells_of_the_course_are_all_there(base, mine, new):
    mine[6]["source"] = ANSWER
    mine[7]["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "✔ yes"}}]
    mine.insert(7, prose("My own note.", id="my-note"))
    new[1]["source"] = "import numpy as np\nimport keras"
    new.insert(4, code("print('new in the course')"))
    new = numbered(*new)
    merged = merge.merge(base, mine, new)
    assert sources(merged) == [
        *sources(new)[:7], ANSWER, "My own note.", *sources(new)[8:],
    ]  # fmt: skip
    answer = merged[at(merged, ANSWER)]
    assert answer["metadata"]["tags"] == ["exercise-total"]
    assert answer["id"] == new[7]["id"]
    assert merged[at(merged, "check.total(my_sum)")]["outputs"], "the verdict is the learner's"
    assert len({cell["id"] for cell in merged}) == len(merged)


def test_of_a_cell_that_both_changed_the_learners_stays_and_the_courses_is_below(base, mine, new):
    mine[4]["source"] = "print('a sum of two', 1 + 1)"
    new[4]["source"] = "print('the sum of two')"
    merged = merge.merge(base, mine, new)
    place = at(merged, mine[4]["source"])
    assert "has changed" in merged[place + 1]["source"]
    assert merged[place + 2] == new[4]
    again = merge.merge(new, merged, copy.deepcopy(new))
    assert sources(again) == sources(merged), "said once"


@pytest.mark.parametrize(("n", "written"), [(6, ANSWER), (2, 'PROFILE = "full"\nSEED = 7')])
def test_a_new_stub_does_not_undo_an_answer(base, mine, new, n, written):
    mine[n]["source"] = written
    new[n]["source"] += "\nOTHER = ..."
    merged = merge.merge(base, mine, new)
    assert [cell["source"] for cell in merged if cell["cell_type"] == "code"].count(new[n]["source"]) == 0
    assert merged[n]["source"] == written
    assert merged[n + 1]["cell_type"] == "markdown"
    assert new[n]["source"] in merged[n + 1]["source"]


def test_what_the_learner_deleted_stays_away_until_the_course_changes_it(base, mine, new):
    del mine[8:10]
    new[9]["source"] = "print('the very end')"
    merged = merge.merge(base, mine, new)
    assert "Another section, with many words in it." not in sources(merged)
    assert sources(merged)[-1] == "print('the very end')"


def test_what_the_course_deleted_goes_unless_the_learner_wrote_in_it(base, mine, new):
    mine[6]["source"] = ANSWER
    del new[6:9]
    merged = merge.merge(base, mine, numbered(*new))
    assert ANSWER in sources(merged)
    assert "check.total(my_sum)" not in sources(merged)
    assert len({cell["id"] for cell in merged}) == len(merged)


def test_an_order_that_somebody_changed_is_kept(base, mine, new):
    moved = [*mine[:4], *mine[8:], *mine[4:8]]
    new[0]["source"] = "# New title"
    merged = merge.merge(base, moved, new)
    assert sources(merged) == ["# New title", *sources(moved)[1:]]
    turned = numbered(*new[:4], *new[8:], *new[4:8])
    mine[6]["source"] = ANSWER
    merged = merge.merge(base, mine, turned)
    assert sources(merged) == [ANSWER if text == STUB else text for text in sources(turned)]


def test_an_answer_is_found_by_the_check_below_it_where_a_tool_dropped_ids_and_tags(base, mine, new):
    bare = [{key: value for key, value in cell.items() if key != "id"} | {"metadata": {}} for cell in mine]
    bare[6]["source"] = "x = 40\n\n\ndef helper(n):\n    return n\n\n\nmy_sum = helper(x) - 38"
    bare.insert(7, code("scratch = 3"))
    bare.insert(0, prose("Opened in Colab."))
    new[6]["source"] = STUB + ", please"
    merged = merge.merge(base, bare, new)
    [found] = [cell for cell in merged if merge.exercise_of(cell) == "total"]
    assert "helper(x) - 38" in found["source"]
    assert "scratch = 3" in sources(merged)
    assert sources(merged)[0] == "Opened in Colab."


def test_an_answer_without_the_name_it_should_have_is_the_cell_above_the_check(base, mine, new):
    bare = [{key: value for key, value in cell.items() if key != "id"} | {"metadata": {}} for cell in mine]
    bare[6]["source"] = "2  # no idea how to name it, and quite a different text"
    merged = merge.merge(base, bare, new)
    assert merge.exercise_of(merged[6]) == "total"
    assert merged[6]["source"] == bare[6]["source"]


def test_a_cell_turned_into_text_is_the_learners(base, mine, new):
    mine[4] = {**prose("print('a sum of two')"), "id": mine[4]["id"]}
    new[9]["source"] = "print('fin')"
    merged = merge.merge(base, mine, new)
    assert merged[4]["cell_type"] == "markdown"


def test_attachments_and_an_editors_notes_stay(base, mine, new):
    mine[3].update(source="![me](attachment:me.png)", attachments={"me.png": {"image/png": "AAAA"}})
    mine[4]["metadata"]["collapsed"] = True
    new[4]["source"] = "print('changed')"
    merged = merge.merge(base, mine, new)
    assert merged[3]["attachments"] == {"me.png": {"image/png": "AAAA"}}
    assert merged[4] == {**new[4], "metadata": {"collapsed": True}}


# --- the real lessons -------------------------------------------------------------------------------------------------


def checks_an_answer(cell):
    return cell["cell_type"] == "code" and re.search(r"\bcheck\.(?!summary)\w+\(", cell["source"])


def spoiled(cells, seed, keep_marks):
    """A learner's notebook after a lively session: solved, with own cells, edits, deletions and moves."""
    rng = random.Random(seed)
    exercises = [cell for cell in cells if merge.exercise_of(cell)]
    protected = {id(cell) for cell in exercises}
    for n, cell in enumerate(cells):
        if cell["cell_type"] == "code" and re.search(r"\bcheck\.\w+\(", cell["source"]):
            protected.add(id(cell))
        elif id(cell) not in protected and rng.random() < 0.15:
            cell["source"] += f"\n# mine {n}" if cell["cell_type"] == "code" else f"\n\nMy remark {n}."
    kept = [cell for cell in cells if id(cell) in protected or rng.random() > 0.1]
    for n in range(12):
        kept.insert(rng.randrange(len(kept) + 1), code(f"own = {n}") if n % 2 else prose(f"A note of mine, {n}."))
    for _ in range(5):
        kept.insert(rng.randrange(len(kept)), kept.pop(rng.randrange(len(kept))))
    if not keep_marks:
        for cell in kept:
            cell.pop("id", None)
            cell["metadata"] = {}
    return kept


def revised(cells, seed):
    """The next edition of a lesson: some cells changed, some new, some gone, none of them an exercise's."""
    rng = random.Random(seed)
    result = []
    for n, cell in enumerate(cells):
        ours = merge.exercise_of(cell) or "check." in cell["source"]
        if not ours and n > 3 and rng.random() < 0.07:
            continue
        if not ours and rng.random() < 0.15:
            cell = {**cell, "source": cell["source"] + ("\n# revised" if cell["cell_type"] == "code" else " Revised.")}
        if merge.exercise_of(cell) and rng.random() < 0.3:
            cell = {**cell, "source": cell["source"] + "\n# the stub of the next edition"}
        result.append({**cell})
        if rng.random() < 0.07:
            result.append(code(f"print('new in this edition {n}')"))
    return [{**cell, "id": f"lesson-00-cell-{n:03d}"} for n, cell in enumerate(result, start=1)]


@pytest.mark.parametrize("keep_marks", [True, False], ids=["as JupyterLab saves", "ids and tags lost"])
@pytest.mark.parametrize("name", NAMES)
def test_every_answer_of_every_lesson_is_carried_over(name, keep_marks):
    base = read_notebook(ROOT / "notebooks" / f"{name}.ipynb")["cells"]
    node = solve(course_notebook(name), name)
    mine = [{**cell, "metadata": {**cell["metadata"]}} for cell in json.loads(json.dumps(node))["cells"]]
    for seed in range(2):
        solved = spoiled(copy.deepcopy(mine), seed, keep_marks)
        answers = {exercise_of(cell): cell["source"] for cell in node.cells if exercise_of(cell)}
        merged = merge.merge(base, solved, revised(base, seed))
        assert {merge.exercise_of(cell): cell["source"] for cell in merged if merge.exercise_of(cell)} == answers
        assert sum(merge.exercise_of(cell) is not None for cell in merged) == len(answers)
        untouched = {(cell["cell_type"], cell["source"].rstrip()) for cell in base}
        there = {(cell["cell_type"], cell["source"]) for cell in merged}
        for cell in solved:
            text = cell["cell_type"], cell["source"]
            assert text in there or (text[0], text[1].rstrip()) in untouched, f"lost: {text}"
        assert len({cell["id"] for cell in merged}) == len(merged)


def without_checks(cells):
    return [cell for cell in cells if not checks_an_answer(cell)]


def answers_alone(cells):
    return [cell for cell in cells if merge.exercise_of(cell)]


def back_to_front(cells):
    return cells[::-1]


def tried_twice(cells):
    """Each answer copied, and changed: JupyterLab copies the tags too."""
    return [
        other
        for cell in cells
        for other in [cell, {**cell, "id": f"{cell['id']}-2", "source": f"{cell['source']}\n# another try"}][
            : 2 if merge.exercise_of(cell) else 1
        ]
    ]


def split_in_two(cells):
    result = []
    for cell in cells:
        lines = cell["source"].split("\n") if merge.exercise_of(cell) else [cell["source"]]
        half = len(lines) // 2
        parts = [lines[:half], lines[half:]] if half else [lines]
        result += [{**cell, "id": f"{cell['id']}-{n}", "source": "\n".join(part)} for n, part in enumerate(parts)]
    return result


def joined_with_checks(cells):
    result = []
    for cell in cells:
        if checks_an_answer(cell) and merge.exercise_of(result[-1]):
            result[-1] = {**result[-1], "source": f"{result[-1]['source']}\n{cell['source']}"}
        else:
            result.append(cell)
    return result


@pytest.mark.parametrize("keep_marks", [True, False], ids=["as JupyterLab saves", "ids and tags lost"])
@pytest.mark.parametrize(
    "treat", [without_checks, answers_alone, back_to_front, tried_twice, split_in_two, joined_with_checks]
)
@pytest.mark.parametrize("name", NAMES)
def test_whatever_was_done_to_its_cells_a_lesson_keeps_all_that_was_written(name, treat, keep_marks):
    base = read_notebook(ROOT / "notebooks" / f"{name}.ipynb")["cells"]
    mine = treat(json.loads(json.dumps(solve(course_notebook(name), name)))["cells"])
    if not keep_marks:
        mine = [{key: value for key, value in cell.items() if key != "id"} | {"metadata": {}} for cell in mine]
    merged = merge.merge(base, mine, revised(base, 0))
    laid_out = {cell["source"].rstrip() for cell in base}
    written = {cell["source"] for cell in mine if cell["source"].rstrip() not in laid_out}
    assert written <= set(sources(merged))
    stubs = {cell["source"] for cell in base if merge.exercise_of(cell)}
    assert stubs.isdisjoint(sources(merged)), "an empty stub beside an answer"


def test_an_update_of_the_whole_course_on_disk_carries_every_answer(tmp_path):
    course, folder = tmp_path / "course", tmp_path / "my"
    shutil.copytree(ROOT / "notebooks", course / "notebooks", ignore=shutil.ignore_patterns(".*"))
    (course / "lessons").mkdir()
    workbook.start(folder, course=course)
    answers = {}
    for seed, name in enumerate(NAMES):
        path, built = folder / f"{name}.ipynb", course / "notebooks" / f"{name}.ipynb"
        node = solve(nbformat.read(path, as_version=4), name)
        answers[name] = {exercise_of(cell): cell["source"] for cell in node.cells if exercise_of(cell)}
        node["cells"] = spoiled(node.cells, seed, keep_marks=True)
        path.write_text(json.dumps(node), encoding="utf-8")
        course_now = json.loads(built.read_text(encoding="utf-8"))
        course_now["cells"] = revised(read_notebook(built)["cells"], seed)
        built.write_text(json.dumps(course_now), encoding="utf-8")
    assert set(lessons_of(workbook.update(folder, course=course))) == set(NAMES)
    for name in NAMES:
        cells = read_notebook(folder / f"{name}.ipynb")["cells"]
        assert {merge.exercise_of(cell): cell["source"] for cell in cells if merge.exercise_of(cell)} == answers[name]


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_is_seen_in_a_fresh_copy(name):
    lesson = Lesson(ROOT, name)
    before, after = read_notebook(lesson.notebook)["cells"], workbook.fresh(lesson)["cells"]
    assert sum("**Predict" in cell["source"] for cell in after) >= 1
    for old, cell in zip(before, after, strict=True):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
            assert not re.search(r"""\balt=\(?\s*f?["'][^"']{20}""", cell["source"])
        else:
            assert cell == old


def test_packed_words_are_the_same_words():
    source = (
        'size, name = 3, "é"\n'
        "alt = f'Größe: {size:>4d} of {name!r}, {{braces}} and {size * 2:.{size}f}' ' 100 % of them'\n"
        'alt += " and a second sentence that answers"\n'
        'words = [alt, dict(alt="one that is given " "as an argument" if size else f"{size}: another, given too")]\n'
        'short = dict(alt="a, b")'
    )
    plain, packed = {}, {"plot": plot}
    exec(source, plain)
    exec(sealed(source), packed)
    assert packed["words"] == plain["words"]
    assert "Größe" not in sealed(source)
    assert "given" not in sealed(source)
    assert 'alt="a, b"' in sealed(source)
    assert sealed("%magic\nnot python(") == "%magic\nnot python("


# --- folders ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path):
    course = tmp_path / "course"
    for number in range(3):
        write_notebook(course, f"0{number}_toy", [f"print({number})", STUB, "check.total(my_sum)"])
    return course


def edit(path, **changes):
    """Change sources in a notebook: cell_3="text"; append="text" adds a cell."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for key, text in changes.items():
        if key == "append":
            notebook["cells"].append(prose(text, id="own"))
        else:
            notebook["cells"][int(key.removeprefix("cell_"))]["source"] = text
    path.write_text(json.dumps(notebook), encoding="utf-8")


def said(path):
    return sources(read_notebook(path)["cells"])


def lessons_of(names):
    return [name for name in names if name != "index"]


def test_start_lays_out_what_is_missing_and_touches_nothing_else(course, tmp_path):
    folder = tmp_path / "my"
    assert lessons_of(workbook.start(folder, course=course)) == ["00_toy", "01_toy", "02_toy"]
    edit(folder / "00_toy.ipynb", cell_3=ANSWER)
    solved = (folder / "00_toy.ipynb").read_bytes()
    (folder / "01_toy.ipynb").unlink()
    edit(course / "notebooks" / "00_toy.ipynb", cell_2="print('changed')")
    assert lessons_of(workbook.start(folder, course=course)) == ["01_toy"]
    assert (folder / "00_toy.ipynb").read_bytes() == solved
    assert workbook.behind(folder, course=course) == ["00_toy"]


def test_update_brings_the_new_and_keeps_the_old_in_a_backup(course, tmp_path):
    folder = tmp_path / "my"
    workbook.start(folder, course=course)
    edit(folder / "00_toy.ipynb", cell_3=ANSWER, append="My note.")
    before = (folder / "00_toy.ipynb").read_bytes()
    edit(course / "notebooks" / "00_toy.ipynb", cell_2="print('changed')")
    write_notebook(course, "03_new", ["print(3)"])
    assert lessons_of(workbook.update(folder, course=course)) == ["00_toy", "03_new"]
    assert said(folder / "00_toy.ipynb")[2:] == ["print('changed')", ANSWER, "check.total(my_sum)", "My note."]
    [kept] = (folder / ".cnnlab" / "backups").glob("*/00_toy.ipynb")
    assert kept.read_bytes() == before
    assert lessons_of(workbook.update(folder, course=course)) == []
    assert workbook.behind(folder, course=course) == []


def test_a_restored_backup_is_brought_up_to_date_again(course, tmp_path):
    folder = tmp_path / "my"
    workbook.start(folder, course=course)
    edit(folder / "00_toy.ipynb", cell_3=ANSWER)
    for text in ("print('second')", "print('third')"):
        edit(course / "notebooks" / "00_toy.ipynb", cell_2=text)
        workbook.update(folder, course=course)
    first = min((folder / ".cnnlab" / "backups").glob("*/00_toy.ipynb"), key=lambda path: path.stat().st_mtime_ns)
    (folder / "00_toy.ipynb").write_bytes(first.read_bytes())
    workbook.update(folder, course=course)
    assert said(folder / "00_toy.ipynb")[2:] == ["print('third')", ANSWER, "check.total(my_sum)"]


def test_a_notebook_that_cannot_be_read_is_left_and_named(course, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "my"
    workbook.start(folder, course=course)
    broken = ["<<<<<<< HEAD", "[]", '{"nbformat": 3, "worksheets": []}', '{"nbformat": 4, "cells": [{}]}', "\xff\xfe"]
    edit(course / "notebooks" / "00_toy.ipynb", cell_2="print('changed')")
    edit(course / "notebooks" / "01_toy.ipynb", cell_2="print('changed')")
    monkeypatch.setenv("CNNLAB_COURSE", str(course))
    for text in broken:
        (folder / "00_toy.ipynb").write_text(text, encoding="latin-1")
        assert cli.main(["start", str(folder), "--update"]) == 1
        assert "left       00_toy.ipynb is not a notebook" in capsys.readouterr().out
        assert (folder / "00_toy.ipynb").read_text(encoding="latin-1") == text
    assert "print('changed')" in said(folder / "01_toy.ipynb")


def test_a_folder_with_notebooks_of_somebody_else_is_refused_and_can_be_taken_over(course, tmp_path):
    folder = tmp_path / "my"
    folder.mkdir()
    (folder / "01_toy.ipynb").write_bytes((course / "notebooks" / "01_toy.ipynb").read_bytes())
    edit(folder / "01_toy.ipynb", cell_3=ANSWER)
    with pytest.raises(CourseError, match=r"holds 01_toy\.ipynb.*--update"):
        workbook.start(folder, course=course)
    assert [path.name for path in folder.iterdir()] == ["01_toy.ipynb"]
    workbook.update(folder, course=course)
    assert ANSWER in said(folder / "01_toy.ipynb")
    assert (folder / "02_toy.ipynb").exists()


@pytest.mark.parametrize("record", ["", "[]", '{"notebooks": 3}', None])
def test_a_lost_record_loses_no_answer(course, tmp_path, record):
    folder = tmp_path / "my"
    workbook.start(folder, course=course)
    edit(folder / "00_toy.ipynb", cell_3=ANSWER)
    edit(course / "notebooks" / "00_toy.ipynb", cell_2="print('changed')")
    if record is None:
        for path in sorted((folder / ".cnnlab").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    else:
        (folder / ".cnnlab" / "record.json").write_text(record)
    workbook.update(folder, course=course)
    assert said(folder / "00_toy.ipynb").count(ANSWER) == 1
    assert STUB not in said(folder / "00_toy.ipynb")


def test_the_command(course, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CNNLAB_COURSE", str(course))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["start"]) == 0
    assert (tmp_path / "my-cnnlab" / "00_toy.ipynb").exists()
    assert f"jupyter lab {Path('my-cnnlab', 'index.ipynb')}" in capsys.readouterr().out
    edit(course / "notebooks" / "00_toy.ipynb", cell_2="print('changed')")
    assert cli.main(["start"]) == 0
    told = "The course has changed in 00_toy. To bring that in: cnnlab start my-cnnlab --update"
    assert told in capsys.readouterr().out
    assert cli.main(["start", "--update"]) == 0
    assert "has changed" not in capsys.readouterr().out
    assert cli.main(["start", "--update"]) == 0
    assert capsys.readouterr().out.startswith("Nothing new: my-cnnlab is as it was.\n")


@pytest.mark.parametrize("words", [[], ["--update"]])
def test_the_courses_own_folders_and_files_are_refused(course, tmp_path, monkeypatch, capsys, words):
    before = contents(course)
    monkeypatch.setenv("CNNLAB_COURSE", str(course))
    monkeypatch.chdir(course / "notebooks")
    for folder in (".", str(course), "", "../notebooks", str(course / "notebooks" / "00_toy.ipynb")):
        assert cli.main(["start", folder, *words]) == 2
        assert re.match(r"cnnlab: `FOLDER` must be .+ Received: .+\n$", capsys.readouterr().err)
    assert contents(course) == before


# --- killed -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def answered(course, tmp_path):
    """A folder with an answer in each notebook, and a course that has gone on."""
    folder = tmp_path / "my"
    workbook.start(folder, course=course)
    for number in range(3):
        edit(folder / f"0{number}_toy.ipynb", cell_3=f"my_sum = {number}", append=f"My note {number}.")
        edit(course / "notebooks" / f"0{number}_toy.ipynb", cell_2=f"print('changed {number}')")
    write_notebook(course, "03_new", ["print(3)"])
    return folder


def nothing_lost(folder, course):
    """Each notebook is whole, old or new; after another update it is what an update in one go would have made."""
    for number in range(3):
        assert {f"my_sum = {number}", f"My note {number}."} <= set(said(folder / f"0{number}_toy.ipynb"))
    workbook.update(folder, course=course)
    for number in range(3):
        assert said(folder / f"0{number}_toy.ipynb")[2:] == [
            f"print('changed {number}')", f"my_sum = {number}", "check.total(my_sum)", f"My note {number}.",
        ]  # fmt: skip
        kept = list((folder / ".cnnlab" / "backups").glob(f"*/0{number}_toy.ipynb"))
        assert any(f"print({number})" in said(path) for path in kept), "what was replaced is kept"
    assert said(folder / "03_new.ipynb")[-1] == "print(3)"
    assert not list(folder.rglob(".*.tmp"))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def restore(folder, saved):
    for path in contents(folder).keys() - saved.keys():
        path.unlink()
    for path, content in saved.items():
        path.write_bytes(content)


class Killed(BaseException):
    pass


def test_a_failure_at_any_step_of_writing_loses_nothing(answered, course, monkeypatch, tmp_path):
    saved = contents(answered)
    calls = []

    def counted(real, limit):
        def step(*arguments):
            calls.append(real)
            if len(calls) > limit:
                raise Killed
            return real(*arguments)

        return step

    for steps in range(1000):
        restore(answered, saved)
        calls.clear()
        with monkeypatch.context() as patched, contextlib.suppress(Killed):
            patched.setattr(os, "fsync", counted(os.fsync, steps))
            patched.setattr(os, "replace", counted(os.replace, steps))
            workbook.update(answered, course=course)
        finished = len(calls) <= steps
        nothing_lost(answered, course)
        if finished:
            break
    assert steps >= 20


CHILD = """
import sys
from pathlib import Path
from cnnlab.course.copy import workbook
print("ready", flush=True)
workbook.update(Path(sys.argv[1]), course=Path(sys.argv[2]))
"""


def test_a_process_killed_at_20_moments_loses_nothing(answered, course):
    saved = contents(answered)
    rng, duration, cut_short = random.Random(0), None, 0
    for _ in range(21):
        restore(answered, saved)
        child = subprocess.Popen([sys.executable, "-c", CHILD, answered, course], stdout=subprocess.PIPE)
        child.stdout.readline()
        begin = time.monotonic()
        if duration is not None:  # the first one shows how long it takes
            time.sleep(rng.random() * duration)
            child.kill()
        cut_short += child.wait() != 0
        child.stdout.close()
        duration = duration or time.monotonic() - begin
        nothing_lost(answered, course)
    assert cut_short >= 5
