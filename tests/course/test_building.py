"""Lessons into notebooks: what is stamped, what is kept, what is refused."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys

import nbformat
import pytest
from toy_course import PIXEL, write_lesson

from cnnlab.course.batch.execute import Failure, Outcome
from cnnlab.course.building import notebooks, stamping
from cnnlab.course.building.lesson_text import BuildError
from cnnlab.course.building.outputs import MAX_BYTES, still
from cnnlab.course.lessons import CourseError, Lesson, find_lessons

NAME = "00_first"
TEXT = """\
# %% [markdown]
# # 00 First
#
# Goals: `a` and `b`.

# %% tags=["parameters"]
PROFILE = "quick"
SEED = 0


# %% tags=["nbval-check-output"]
def double(x):
    return 2 * x


print("one", flush=True)
print(double(1))

# %% [markdown]
# Blank lines between cells are the formatter's business.

# %%
def end():
    return None
"""
EMBEDDED = f'<img alt="a picture" src="data:image/png;base64,{PIXEL}">'
EXPLORER = f"""\
# %%
import os

from IPython.display import display

view = {{"model_id": "dangling", "version_major": 2, "version_minor": 0}}
picture = '{EMBEDDED}'
bundle = {{"application/vnd.jupyter.widget-view+json": view, "text/html": picture, "text/plain": "a picture"}}
display(bundle, raw=True)

# %%
print([os.environ.get(name) for name in ("CNNLAB_DATA", "CNNLAB_OFFLINE", "KERAS_BACKEND", "CNNLAB_STRICT")])
"""


@pytest.fixture
def course(tmp_path):
    write_lesson(tmp_path / "course", NAME, TEXT)
    return tmp_path / "course"


@pytest.fixture
def outputs(monkeypatch):
    """Replace execution; the dictionary says which outputs the cell of a given position (from 0) has."""
    given = {}

    def instant(tasks, **_):
        for task in tasks:
            count = 0
            for position, cell in enumerate(task.notebook["cells"]):
                if cell["cell_type"] == "code":
                    count += 1
                    cell.update(outputs=given.get(position, []), execution_count=count)
            yield task, Outcome("ok", 0.1, task.notebook)

    monkeypatch.setattr(notebooks, "execute_notebooks", instant)
    return given


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def path_of(course, name=NAME):
    return course / "notebooks" / f"{name}.ipynb"


def test_a_real_build_is_repeatable_and_shows_pictures_without_a_kernel(course, monkeypatch):
    monkeypatch.setenv("CNNLAB_DATA", "/somewhere")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    write_lesson(course, NAME, TEXT + "\n" + EXPLORER)
    assert notebooks.build(course=course) == [NAME]
    first = path_of(course).read_bytes()
    assert notebooks.build(course=course) == []
    assert notebooks.build(course=course, force=True) == [NAME]
    assert path_of(course).read_bytes() == first
    assert notebooks.check(course=course) == []

    notebook = nbformat.reads(first.decode(), as_version=4)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells[:2]] == ["lesson-00-cell-001", "lesson-00-cell-002"]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4, 5, 6]
    assert code[2].outputs == [stream("one\n2\n")]
    assert code[4].outputs[0].data.keys() == {"text/html", "text/plain"}
    assert "[None, '1', 'tensorflow', '1']" in code[5].outputs[0].text
    assert notebook.metadata.keys() == {"kernelspec", "language_info", "cnnlab"}
    assert notebook.cells[1].metadata == {"tags": ["bootstrap"], "cellView": "form", "jupyter": {"source_hidden": True}}
    assert all(cell.metadata.keys() <= {"tags"} for cell in notebook.cells if cell is not notebook.cells[1])


def test_the_lesson_gets_navigation_and_bootstrap_and_nothing_else_changes(course, outputs):
    notebooks.build(course=course)
    lesson = (course / "lessons" / f"{NAME}.py").read_text(encoding="utf-8")
    top = "# <!-- navigation -->\n# [All lessons](index.ipynb)\n#\n"
    foot = '\n# %% [markdown] tags=["navigation"]\n# [All lessons](index.ipynb)\n'
    cell = f'# %% tags=["bootstrap"]\n{stamping.bootstrap("")}\n\n'
    assert lesson.startswith(f"# %% [markdown]\n# # 00 First\n#\n{top}# Goals")
    assert lesson.endswith(foot)
    assert lesson.replace(top, "").replace(cell, "").replace(foot, "") == TEXT
    notebooks.build(course=course)
    assert (course / "lessons" / f"{NAME}.py").read_text(encoding="utf-8") == lesson


def test_an_address_in_pyproject_reaches_navigation_and_bootstrap(course, outputs):
    notebooks.build(course=course)
    (course / "pyproject.toml").write_text(
        '[project]\nname = "cnnlab"\n[project.urls]\nHome = "https://example.org"\n'
        'Repository = "https://github.com/someone/some-course.git"\n[tool.x]\nRepository = "https://wrong.example"\n'
    )
    assert notebooks.check(course=course) == [
        f"{NAME}: not today's navigation or bootstrap cell. `cnnlab build 00` puts them in",
        "index: not today's list of lessons. `cnnlab build` writes it",
    ]
    notebooks.build(course=course)
    cells = json.loads(path_of(course).read_text(encoding="utf-8"))["cells"]
    link = "https://colab.research.google.com/github/someone/some-course/blob/start/00_first.ipynb"
    assert f"({link})" in "".join(cells[0]["source"])
    assert "".join(cells[0]["source"]).count("<!-- navigation -->") == 1
    assert '"git+https://github.com/someone/some-course"' in "".join(cells[1]["source"])
    assert notebooks.check(course=course) == []


@pytest.mark.parametrize("url", ["", "https://github.com/someone/some-course"])
def test_bootstrap_is_short_plain_python(url):
    source = stamping.bootstrap(url)
    ast.parse(source)
    assert len(source.splitlines()) <= 15
    assert max(map(len, source.splitlines())) <= 120


def test_bootstrap_installs_nothing_where_cnnlab_is(monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    monkeypatch.setattr("cnnlab.course.startup.load_keras", lambda: None)
    exec(stamping.bootstrap(""), {})


def test_keras_is_loaded_in_silence_and_the_users_choices_stand():
    code = (
        "import os, sys, types, importlib.abc, importlib.machinery\n"
        "class Noisy(importlib.abc.Loader, importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        return importlib.machinery.ModuleSpec(name, self) if name == 'keras' else None\n"
        "    def create_module(self, spec): return None\n"
        "    def exec_module(self, module): os.write(2, b'from C++'); module.log = os.environ['TF_CPP_MIN_LOG_LEVEL']\n"
        "sys.meta_path.insert(0, Noisy())\n"
        "from cnnlab.course.startup import load_keras\n"
        "load_keras()\n"
        "import keras\n"
        "os.write(2, b'after')\n"
        "print(keras.log, os.environ['TF_ENABLE_ONEDNN_OPTS'])"
    )
    variables = {k: v for k, v in os.environ.items() if k != "TF_ENABLE_ONEDNN_OPTS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**variables, "TF_CPP_MIN_LOG_LEVEL": "1"}, capture_output=True, check=True
    )
    assert done.stdout.split() == [b"1", b"0"]
    assert done.stderr == b"after"


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [("", 0, "or set COURSE_URL"), ("git+file:///x", 1, "set COURSE_URL"), ("git+file:///x", 0, None)],
)
def test_bootstrap_where_cnnlab_is_not(monkeypatch, address, code, words):
    calls = []
    monkeypatch.setattr("cnnlab.course.startup.load_keras", lambda: None)
    monkeypatch.setenv("COURSE_URL", address)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(
        subprocess, "run", lambda command: calls.append(command) or subprocess.CompletedProcess(command, code)
    )
    if words:
        with pytest.raises(RuntimeError, match=words):
            exec(stamping.bootstrap(""), {})
    else:
        exec(stamping.bootstrap(""), {})
    if address:
        assert calls[0][:4] == [sys.executable, "-m", "pip", "install"]
        assert calls[0][-1] == "git+file:///x"
        assert not {"--upgrade", "-U", "--force-reinstall"} & set(calls[0])
    else:
        assert calls == []


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (stream("a warning\n", "stderr"), r"cell 4: writes to stderr: a warning"),
        ({"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}, "cell 4: ValueError: no"),
        (stream("saved in {course}/notebooks/x"), "cell 4: its output names a folder of this machine"),
        (stream("<object object at 0x7f5e6a81>"), "cell 4: its output holds a memory address"),
        (
            {"output_type": "display_data", "data": {"text/html": ["<p>", "{course}"]}, "metadata": {}},
            "cell 4: its output names a folder of this machine",
        ),
        (
            {"output_type": "display_data", "data": {"text/html": [EMBEDDED]}, "metadata": {}},
            "cell 4: compared byte by byte, and shows a picture",
        ),
        (stream("x" * MAX_BYTES), r"00_first: 1.50 MB, more than the 1.5 MB .* cell 4 has the most, 1.50 MB"),
    ],
)
def test_outputs_that_may_not_be_committed_fail_the_build(course, outputs, output, words):
    outputs[3] = [json.loads(json.dumps(output).replace("{course}", str(course)))]
    with pytest.raises(BuildError, match=words):
        notebooks.build(course=course)
    assert not path_of(course).exists()


@pytest.mark.parametrize("text", ["on lab-pc-17\n", "lab-pc-17.school.example", "ada.l@somewhere", "by ada.l."])
def test_the_names_of_a_machine_and_its_user_may_not_be_committed(course, outputs, monkeypatch, text):
    monkeypatch.setattr("platform.node", lambda: "lab-pc-17.school.example")
    monkeypatch.setattr("getpass.getuser", lambda: "ada.l")
    outputs[3] = [stream(text)]
    with pytest.raises(BuildError, match="cell 4: its output names this machine or its user: (lab-pc-17|ada.l)"):
        notebooks.build(course=course)


@pytest.mark.parametrize("user", ["root", "max", "user"])
def test_a_common_word_is_no_name(course, outputs, monkeypatch, user):
    monkeypatch.setattr("getpass.getuser", lambda: user)
    outputs[3] = [stream(f"the {user} of 4")]
    assert notebooks.build(course=course) == [NAME]


def test_the_bytes_of_a_picture_are_not_read_as_a_path(course, outputs, monkeypatch):
    monkeypatch.setenv("HOME", "/AAA")
    page = EMBEDDED.replace(PIXEL, "iVBO+/AAA+/AAA=")
    write_lesson(course, NAME, TEXT + "\n" + EXPLORER)
    outputs[6] = [{"output_type": "display_data", "data": {"text/html": [page]}, "metadata": {}}]
    assert notebooks.build(course=course) == [NAME]


def test_a_longer_name_is_not_a_machine_path(course, outputs, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    outputs[3] = [stream("/home/anna\n")]
    assert notebooks.build(course=course) == [NAME]
    outputs[3] = [stream("/home/ann/x\n")]
    with pytest.raises(BuildError, match="/home/ann$"):
        notebooks.build(course=course, force=True)


def test_one_lesson_that_fails_does_not_stop_the_others_or_touch_its_notebook(course, outputs, monkeypatch):
    write_lesson(course, "01_second", TEXT.replace("00 First", "01 Second"))
    notebooks.build(course=course)
    before = path_of(course).read_bytes()
    whole = notebooks.execute_notebooks

    def first_fails(tasks, **options):
        for task, outcome in whole(tasks, **options):
            failure = Failure(4, "print(double(1))", "NameError", "name 'double' is not defined")
            yield task, outcome if task.name != NAME else Outcome("raised", 0.1, None, failure)

    monkeypatch.setattr(notebooks, "execute_notebooks", first_fails)
    lines = []
    with pytest.raises(BuildError, match="^00_first: cell 4: NameError: name 'double' is not defined$"):
        notebooks.build(course=course, force=True, announce=lines.append)
    assert lines == ["failed     00_first", "written    01_second"]
    assert path_of(course).read_bytes() == before


def test_printed_text_does_not_depend_on_how_it_was_cut_and_keeps_its_place():
    figure = {"output_type": "display_data", "data": {"image/png": PIXEL}, "metadata": {}}
    cut = [stream("a"), stream("b\n"), dict(figure), stream("c"), stream("w", "stderr"), stream("d")]
    assert list(still(cut)) == [stream("ab\n"), figure, stream("c"), stream("w", "stderr"), stream("d")]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda cells: cells[3].update(source=["print(3)"]), "cell 4: lesson and notebook differ"),
        (lambda cells: cells[3]["metadata"].update(tags=[]), "cell 4: lesson and notebook differ"),
        (lambda cells: cells.pop(), "cell 7: lesson and notebook differ"),
        (lambda cells: cells.append({**cells[4], "id": "new"}), "cell 8: lesson and notebook differ"),
        (lambda cells: cells[3].update(execution_count=None), "cell 4: not executed, or out of order"),
    ],
)
def test_check_names_the_first_cell_that_differs(course, outputs, change, words):
    notebooks.build(course=course)
    assert notebooks.check(course=course) == []
    notebook = json.loads(path_of(course).read_text(encoding="utf-8"))
    change(notebook["cells"])
    path_of(course).write_text(json.dumps(notebook), encoding="utf-8")
    [line] = notebooks.check(course=course)
    assert line.startswith(f"{NAME}: {words}")
    assert notebooks.build(course=course, force="differ" in words) == [NAME]
    assert notebooks.check(course=course) == []


def test_check_reports_missing_and_orphaned_notebooks(course, outputs):
    notebooks.build(course=course)
    path_of(course).rename(path_of(course, "07_orphan"))
    assert notebooks.check(course=course) == [
        "00_first: no notebook yet. `cnnlab build 00` makes it",
        "07_orphan: a notebook without a lesson. To make one of it: `cnnlab build --sync 07`",
    ]
    with pytest.raises(BuildError, match="07_orphan: there is no"):
        notebooks.build(["07"], course=course)


def test_without_execution_there_are_no_outputs(course):
    notebooks.build(course=course, execute=False)
    cells = json.loads(path_of(course).read_text(encoding="utf-8"))["cells"]
    assert all(cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")
    assert notebooks.build(course=course, execute=False) == []


def cells_in(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def edit(path, change):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_sync_takes_a_notebooks_edits_back_but_not_an_editors_notes(course, outputs):
    notebooks.build(course=course)
    source = course / "lessons" / f"{NAME}.py"
    before = source.read_text(encoding="utf-8")

    def change(notebook):
        notebook["cells"][3]["source"] = ["print(3)"]
        notebook["cells"][3]["metadata"]["collapsed"] = True
        notebook["metadata"]["kernelspec"]["display_name"] = "My kernel"

    edit(path_of(course), change)
    os.utime(path_of(course), (0, 0))  # what the clocks say is not asked
    assert notebooks.sync(course=course) == [NAME]
    start = before.index("SEED = 0")
    after = source.read_text(encoding="utf-8")
    assert after[:start] == before[:start]
    assert '# %% tags=["nbval-check-output"]\nprint(3)\n' in after
    assert "kernel" not in after
    assert notebooks.sync(course=course) == []
    source.write_text(after.replace("print(3)", "print(4)"), encoding="utf-8")
    assert notebooks.build(course=course) == [NAME], "what was synced is not held for an edit"


def edit_lesson(course):
    source = course / "lessons" / f"{NAME}.py"
    source.write_text(source.read_text(encoding="utf-8").replace("return None", "return 1"), encoding="utf-8")


def edit_notebook(course):
    edit(path_of(course), lambda notebook: notebook["cells"][3].update(source="print('mine')"))


@pytest.mark.parametrize("older", ["lessons/00_first.py", "notebooks/00_first.ipynb"])
def test_of_two_edits_none_is_dropped_whatever_the_clocks_say(course, outputs, older):
    notebooks.build(course=course)
    edit_lesson(course)
    edit_notebook(course)
    os.utime(course / older, (0, 0))
    saved = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    with pytest.raises(BuildError, match="cell 4: lesson and notebook differ, and both have been edited since"):
        notebooks.sync(course=course)
    with pytest.raises(BuildError, match="cell 4: lesson and notebook differ, and the notebook has been edited"):
        notebooks.build(course=course)
    assert {path: path.read_bytes() for path in course.rglob("*") if path.is_file()} == saved


def test_the_lesson_alone_was_edited(course, outputs):
    notebooks.build(course=course)
    edit_lesson(course)
    assert notebooks.sync(course=course) == [], "there is nothing to take back"
    assert notebooks.build(course=course) == [NAME]
    assert "return 1" in str(cells_in(path_of(course)))
    assert not (course / ".cnnlab").exists()


def test_changed_prose_alone_keeps_the_outputs(course, outputs):
    outputs[3] = [stream("printed before\n")]
    notebooks.build(course=course)
    before = cells_in(path_of(course))
    outputs.clear()  # whatever is executed from now on has none
    lesson = course / "lessons" / f"{NAME}.py"
    lesson.write_text(lesson.read_text(encoding="utf-8").replace("Goals:", "The goals:"), encoding="utf-8")
    assert notebooks.build(course=course) == [NAME]
    after = cells_in(path_of(course))
    assert [cell for cell in before if cell["cell_type"] == "code"] == [c for c in after if c["cell_type"] == "code"]
    assert "The goals:" in str(after)
    assert notebooks.check(course=course) == []
    edit_lesson(course)  # its code
    assert notebooks.build(course=course) == [NAME]
    assert "printed before" in str(after)
    assert "printed before" not in str([cell.get("outputs") for cell in cells_in(path_of(course))])


def test_force_keeps_a_copy_of_what_it_replaces(course, outputs):
    notebooks.build(course=course)
    edit_notebook(course)
    notebook = path_of(course).read_bytes()
    assert notebooks.build(course=course, force=True) == [NAME]
    [kept] = (course / ".cnnlab" / "backups").glob("*/00_first.ipynb")
    assert kept.read_bytes() == notebook
    edit_lesson(course)
    edit_notebook(course)
    lesson = (course / "lessons" / f"{NAME}.py").read_bytes()
    assert notebooks.sync(course=course, force=True) == [NAME]
    [kept] = (course / ".cnnlab" / "backups").glob("*/00_first.py")
    assert kept.read_bytes() == lesson
    assert notebooks.build(course=course) == []


def test_a_solved_notebook_is_not_replaced(course, outputs):
    stub = '\n# %% tags=["exercise-total"]\nmy_total = ...\n'
    write_lesson(course, NAME, TEXT + stub)
    notebooks.build(course=course)
    edit(path_of(course), lambda notebook: notebook["cells"][6].update(source="my_total = 3"))
    for _ in range(2):
        with pytest.raises(BuildError, match="edited since it was built.*--sync.*--force 00.*`cnnlab start`"):
            notebooks.build(course=course)
        edit_lesson(course)
    [line] = notebooks.check(course=course)
    assert "`cnnlab start`" in line


def test_where_nothing_says_which_is_newer_neither_is_replaced(course, outputs):
    notebooks.build(course=course)
    edit_lesson(course)
    edit(path_of(course), lambda notebook: notebook["metadata"].pop("cnnlab"))
    for what in (notebooks.build, notebooks.sync):
        with pytest.raises(BuildError, match="nothing says which is newer"):
            what(course=course)


def test_running_a_notebook_is_no_edit(course, outputs):
    notebooks.build(course=course)

    def run(notebook):
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell.update(outputs=[stream("again")], execution_count=9)

    edit(path_of(course), run)
    assert notebooks.build(course=course) == [NAME]


@pytest.mark.parametrize("character", "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
def test_what_only_python_takes_for_the_end_of_a_line_stays_in_its_string(course, outputs, character):
    notebooks.build(course=course)
    for n, text in ((3, f"print('a{character}b')"), (0, f"# Title\n\na{character}b")):
        edit(path_of(course), lambda notebook, n=n, text=text: notebook["cells"][n].update(source=text))
        assert notebooks.sync(course=course) == [NAME]
        assert f"a{character}b" in (course / "lessons" / f"{NAME}.py").read_bytes().decode()
        assert notebooks.sync(course=course) == []
    notebooks.build(course=course, force=True)
    assert "".join(cells_in(path_of(course))[3]["source"]) == f"print('a{character}b')"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": "x = 1\n# %% a comment\ny = 2"}, "cell 4: a lesson cannot hold it as it is. A line that begins"),
        ({"source": "%% a\n", "cell_type": "markdown"}, "cell 4: a lesson cannot hold it as it is"),
        ({"attachments": {"a.png": {"image/png": PIXEL}}}, "cell 4: a picture is attached to it"),
    ],
)
def test_what_a_lesson_cannot_hold_is_refused_and_nothing_is_dropped(course, outputs, changes, words):
    notebooks.build(course=course)
    lesson = (course / "lessons" / f"{NAME}.py").read_bytes()
    edit(path_of(course), lambda notebook: notebook["cells"][3].update(changes))
    saved = path_of(course).read_bytes()
    with pytest.raises(BuildError, match=words):
        notebooks.sync(course=course)
    assert (course / "lessons" / f"{NAME}.py").read_bytes() == lesson
    assert path_of(course).read_bytes() == saved


def test_a_cell_marker_inside_a_string_does_not_split_the_cell(course, outputs):
    notebooks.build(course=course)
    text = 'x = """\n# %% not a cell\n"""\nprint(x)'
    edit(path_of(course), lambda notebook: notebook["cells"][3].update(source=text))
    assert notebooks.sync(course=course) == [NAME]
    assert notebooks.sync(course=course) == []
    notebooks.build(course=course, force=True)
    assert "".join(cells_in(path_of(course))[3]["source"]) == text


@pytest.mark.parametrize("end", ["\n", "\n\n\n", "\n  \n", "  ", "\r\n"])
def test_blank_lines_at_the_end_of_a_cell_settle(course, outputs, end):
    notebooks.build(course=course)

    def change(notebook):
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"]) + end

    edit(path_of(course), change)
    assert notebooks.check(course=course) == []
    edit(path_of(course), lambda notebook: notebook["cells"][3].update(source="print(3)" + end))
    assert notebooks.sync(course=course) == [NAME]
    assert notebooks.sync(course=course) == []
    assert notebooks.check(course=course) == []


def test_one_malformed_notebook_does_not_stop_the_others(course, outputs):
    write_lesson(course, "01_second", TEXT.replace("00 First", "01 Second"))
    notebooks.build(course=course)
    for text in ("[]", "{}", '{"nbformat": 3, "worksheets": []}', '{"cells": [{"cell_type": "code"}]}', "{ half"):
        path_of(course).write_text(text, encoding="utf-8")
        for what in (notebooks.build, notebooks.sync):
            with pytest.raises(BuildError, match="^00_first.ipynb is not a notebook"):
                what(course=course)
        path_of(course, "01_second").unlink(missing_ok=True)
        assert notebooks.check(course=course)[0].startswith("00_first.ipynb is not a notebook")
        with pytest.raises(BuildError):
            notebooks.build(course=course)
        assert path_of(course, "01_second").is_file()
        assert path_of(course).read_text(encoding="utf-8") == text
    path_of(course).write_text("[]", encoding="utf-16")
    with pytest.raises(BuildError, match="^00_first.ipynb is not a notebook"):
        notebooks.build(course=course)


@pytest.mark.parametrize("text", ["", "# %%\n1 + 1\n", "# %% [markdown]\n# no title\n"])
def test_a_lesson_begins_with_its_title(course, text):
    write_lesson(course, NAME, text)
    with pytest.raises(BuildError, match=f"{NAME}: the first cell must be Markdown and begin with the title"):
        notebooks.build(course=course)


def test_unknown_lessons_and_unreadable_notebooks_are_named(course, outputs):
    with pytest.raises(CourseError, match="`LESSON`"):
        notebooks.build(["44"], course=course)
    path_of(course).write_text("{ half", encoding="utf-8")
    with pytest.raises(BuildError, match="00_first.ipynb is not a notebook"):
        notebooks.build(course=course)


def test_titles_come_from_the_lesson(course):
    assert [lesson.title for lesson in find_lessons(course=course)] == ["00 First"]
    write_lesson(course, "01_plain", "# no heading\n")
    assert Lesson(course, "01_plain").title == "01_plain"
