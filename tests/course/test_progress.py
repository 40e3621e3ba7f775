"""Where a learner is: the summary of a lesson, the progress through a folder, the index, and what closes a lesson."""

from __future__ import annotations

import importlib
import json
import re
import textwrap

import nbformat
import pytest
from exercise_bank import EXERCISES, answer_from
from lesson_files import NAMES, ROOT, checks, exercises

from cnnlab import progress
from cnnlab.checks.exercise import Exercise
from cnnlab.checks.summary import Summary
from cnnlab.course import cli
from cnnlab.course.building.lesson_text import cells_of
from cnnlab.course.lessons import find_lessons

CELLS = {name: cells_of((ROOT / "lessons" / f"{name}.py").read_text(encoding="utf-8")) for name in NAMES}
SUMMARY = (
    "The next cell counts what the checks have said: what is right, what is wrong, what is open, and the help you used."
)


def glossary(name: str) -> list[tuple[str, str]]:
    """The terms of a lesson with what it says about each."""
    [text] = [cell["source"] for cell in CELLS[name] if cell["source"].startswith("## Glossary\n")]
    return [
        (term, " ".join(words.split())) for term, words in re.findall(r"^- \*\*(.+?)\*\*: ((?:.|\n  )+)$", text, re.M)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_is_no_longer_than_one_sitting(name):
    """Beside what is not read through: navigation, summary and glossary, which part the last cell of prose in two."""
    counted = [cell for cell in CELLS[name] if not cell["source"].startswith(("## Glossary", "check.summary()"))]
    counted = [cell for cell in counted if cell["metadata"].get("tags") != ["navigation"]]
    assert len(counted) - 1 <= 90
    prose = "\n".join(cell["source"] for cell in counted if cell["cell_type"] == "markdown")
    prose = re.sub(r"^<!-- navigation -->\n(.+\n)*", "", prose, flags=re.MULTILINE)
    assert len(prose.split()) - len(SUMMARY.split()) <= 3500


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_closes_with_summary_and_glossary(name):
    sources = [cell["source"] for cell in CELLS[name]]
    at = sources.index("check.summary()")
    assert " ".join(sources[at - 1].split()).endswith(SUMMARY)
    assert sources[at + 1].startswith("## Glossary\n")
    assert "Further reading" in sources[at + 2]
    assert len(sources) == at + 4, "nothing but the navigation follows"
    terms = glossary(name)
    assert 6 <= len(terms) <= 12
    assert sources[at + 1].count("\n- ") == len(terms)
    for term, words in terms:
        assert 3 <= len(words.split()) <= 40, term
        assert words.endswith((".", "?")), term


def test_no_term_means_two_things():
    meanings: dict[str, set[str]] = {}
    for name in NAMES:
        for term, words in glossary(name):
            meanings.setdefault(term.lower(), set()).add(words)
    assert not {term: words for term, words in meanings.items() if len(words) > 1}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_why(exercise):
    """Two or three sentences say why it works, after the praise and after the solution."""
    assert 2 <= len(re.findall(r"[.?!](?=\s|$)", exercise.why)) <= 3
    assert len(exercise.why.split()) <= 60
    assert not re.search(r"[*`$]|\byou\b", exercise.why)
    verdict = exercise(answer_from(exercise.solution_source, exercise))
    assert str(verdict).endswith(f"\nWhy it works: {exercise.why}")
    assert exercise.why not in exercise(...).message
    answer_from(exercise.solution(), exercise)


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_sums_up_its_exercises_in_their_order(name):
    tags = [tag for cell in CELLS[name] for tag in cell["metadata"].get("tags", [])]
    order = [tag.removeprefix("exercise-") for tag in tags if tag.startswith("exercise-")]
    summary = checks(name).summary
    assert [exercise.name for exercise in summary.exercises] == order
    assert set(order) == set(exercises(name))
    assert "check.summary()" in repr(summary)


@pytest.fixture
def three(monkeypatch) -> Summary:
    def exercise(name):
        return Exercise(name, f"my_{name} = 1", ("a", "b"), lambda answer: f"{1 / answer}", answer_name=f"my_{name}")

    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return Summary(exercise("first"), exercise("second"), exercise("third"))


def test_the_summary_counts_the_last_verdicts_and_the_help(three):
    first, second, third = three.exercises
    assert str(three()) == textwrap.dedent("""\
        ✔ 0 · ✘ 0 · ○ 3
        Open: first, second, third.
        Not checked since the kernel started: first, second, third. Run these cells to count them.
        Hints used: none.
        Solutions looked at: none.""")
    first(0), first(1), second(0), second(), third(...)
    second.hint(), second.hint(2), second.hint(2), third.solution()
    assert str(three()) == textwrap.dedent("""\
        ✔ 1 · ✘ 1 · ○ 1
        Wrong: second.
        Open: third.
        Hints used: second (2).
        Solutions looked at: third.""")
    assert "<a" not in three()._repr_html_()
    assert "\x00" not in three()._repr_html_()


def test_the_summary_links_to_what_is_open_where_the_kernel_knows_its_notebook(three, tmp_path, monkeypatch):
    cell = nbformat.v4.new_code_cell("my_second = ...", id="here-2", metadata={"tags": ["exercise-second"]})
    path = tmp_path / "my lesson.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assert '<a href="my%20lesson.ipynb#cell-id=here-2">second</a>' in three()._repr_html_()
    assert ">first</a>" not in three()._repr_html_()
    path.write_text("[]", encoding="utf-8")
    assert "<a" not in three()._repr_html_()


def written(folder, name, *cells):
    """A notebook with, for each exercise given as (name, output of its check), a stub and a check."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# {name[:2]} · {name[3:].title()}")])
    for exercise, said in cells:
        output = nbformat.v4.new_output("execute_result", {"text/plain": said, "text/html": "<p>"}, execution_count=1)
        check = nbformat.v4.new_code_cell(f"check.{exercise}(answer)", outputs=[output] if said else [])
        stub = nbformat.v4.new_code_cell("answer = ...", metadata={"tags": [f"exercise-{exercise}"]})
        notebook.cells += [stub, check]
    notebook.cells.append(
        nbformat.v4.new_code_cell("check.summary()", outputs=[nbformat.v4.new_output("stream", text="✘ 9")])
    )
    nbformat.write(notebook, folder / f"{name}.ipynb")


@pytest.fixture
def folder(tmp_path):
    written(tmp_path, "00_first", ("a", "✔ Right.\nWhy it works: …"), ("b", "✔ Right."))
    written(tmp_path, "01_second", ("c", "✘ Wrong."), ("d", "○ Not attempted yet."), ("e", ""))
    written(tmp_path, "02_third", ("f", ""))
    return tmp_path


def test_progress_is_read_from_the_outputs(folder):
    here = progress.overview(folder)
    assert [str(standing) for standing in here.standings] == ["✔ 2 · ✘ 0 · ○ 0", "✔ 0 · ✘ 1 · ○ 2", "✔ 0 · ✘ 0 · ○ 1"]
    assert str(here).splitlines()[-2:] == ["Together ✔ 2 · ✘ 1 · ○ 3 of 6 exercises.", "Next: 01 · Second (c, d, e)"]
    assert '<a href="01_second.ipynb">01 · Second</a> (c, d, e)' in here._repr_html_()


@pytest.mark.parametrize(
    ("solved", "following"),
    [((), "00_first"), (("00_first",), "01_second"), (("01_second",), "02_third"), (("02_third",), "00_first")],
)
def test_next_is_where_one_was_or_what_follows(tmp_path, solved, following):
    for name in ("00_first", "01_second", "02_third"):
        written(tmp_path, name, ("a", "✔ Right." if name in solved else ""))
    assert progress.overview(tmp_path).next.name == following


def test_when_all_is_right_nothing_is_next(tmp_path):
    written(tmp_path, "00_first", ("a", "✔ Right."))
    here = progress.overview(tmp_path)
    assert here.next is None
    assert "Next" not in str(here) + here._repr_html_()


def test_a_notebook_that_cannot_be_read_hides_no_other(folder):
    (folder / "01_second.ipynb").write_text("{ half", encoding="utf-8")
    here = progress.overview(folder)
    assert "cannot be read" in str(here)
    assert here.next.name == "02_third"


def test_a_check_that_said_something_in_another_form_counts():
    stream = {"output_type": "stream", "name": "stdout", "text": ["before\n", "✘ Wrong.\n"]}
    error = {"output_type": "error", "ename": "NameError", "evalue": "", "traceback": []}
    cell = {"cell_type": "code", "metadata": {}, "source": "print(check.a(1))", "outputs": [stream]}
    assert progress.verdicts({"cells": [cell]}) == {"a": "✘"}
    assert progress.verdicts({"cells": [{**cell, "outputs": [error]}]}) == {"a": "○"}
    assert progress.verdicts({"cells": [cell, {**cell, "outputs": []}]}) == {"a": "✘"}, "a second call that has not run"


def test_the_command(folder, monkeypatch, capsys):
    assert cli.main(["progress", str(folder)]) == 0
    assert "Next: 01 · Second" in capsys.readouterr().out
    monkeypatch.chdir(folder)
    assert cli.main(["progress"]) == 0
    assert "Next: 01 · Second" in capsys.readouterr().out
    monkeypatch.chdir(ROOT / "docs")
    assert cli.main(["progress"]) == 2
    assert "cnnlab start" in capsys.readouterr().out


def test_the_readme_describes_and_times_every_lesson():
    about = progress.described(ROOT)
    assert list(about) == NAMES
    for name, (does, time) in about.items():
        assert len(does) > 20, name
        assert re.fullmatch(r"\d+ s", time), name


def test_the_index_lists_lessons_times_and_ticks(tmp_path):
    lessons = [lesson for lesson in find_lessons(course=ROOT) if lesson.source.is_file()]
    fresh = progress.index_notebook(lessons, tmp_path)
    nbformat.validate(nbformat.from_dict(fresh))
    words, code, table = (cell["source"] for cell in fresh["cells"])
    assert re.findall(r"\]\((\w+)\.ipynb\)", table) == NAMES
    assert [time for _, time in progress.described(ROOT).values()] == re.findall(r"\| (\d+ s) \|", table)
    assert f"**Begin with** [{lessons[0].title}]({NAMES[0]}.ipynb)" in words
    assert "✔" not in table
    assert json.dumps(fresh) == json.dumps(progress.index_notebook(lessons, tmp_path))
    written(tmp_path, NAMES[0], ("a", "✔ Right."))
    written(tmp_path, NAMES[2], ("a", "✔ Right."), ("b", ""))
    begun = progress.index_notebook(lessons, tmp_path)["cells"]
    assert re.findall(r"^\| (.*) \| \[0[0-2]", begun[2]["source"], re.MULTILINE) == ["✔", "", "1 of 2"]
    assert f"({NAMES[2]}.ipynb)" in begun[0]["source"]


def test_the_cell_of_the_index_runs(folder, monkeypatch):
    monkeypatch.chdir(folder)
    code = progress.index_notebook([], folder)["cells"][1]["source"]
    assert "Next: 01 · Second" in str(eval(code.splitlines()[-1], {"progress": progress}))
    assert importlib.import_module("cnnlab.course.progress") is progress
