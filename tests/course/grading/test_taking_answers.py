"""The answers come out of a learner's notebook whatever was done to it; what else a teacher should know is said."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lesson_files import ROOT, exercises

from cnnlab.course.copy import workbook
from cnnlab.course.copy.merge import exercise_of
from cnnlab.course.grading.intake import along, answers, cell_names, copy_reader
from cnnlab.course.grading.intake.answers import lesson_info, take
from cnnlab.course.lessons import Lesson
from cnnlab.course.notebook import NotebookError, read_notebook

AREA_STUB = "def area(h, w):\n    return ..."
AREA = "def area(h, w):\n    return h * w"
SIDES_STUB = "height = ...\nwidth = ...  # two numbers"


def code(source, *tags, **more):
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source,
        "outputs": [],
        **more,
    }


def prose(source, **more):
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


COURSE = {
    "cells": [
        {**cell, "id": f"lesson-02-cell-{n:03d}"}
        for n, cell in enumerate(
            [
                prose("# 02 · Areas"),
                code("import numpy as np\nfrom cnnlab.checks import lesson02 as check"),
                prose("## Rectangles\n\n```\n# no heading\n```\n### Exercise: an area\nWrite it."),
                code(AREA_STUB, "exercise-area"),
                code("check.area(area)"),
                prose("### Exercise: two sides"),
                code(SIDES_STUB, "exercise-sides"),
                code("check.sides((height, width))"),
                code("plot.line(alt='A line that rises from one to two.')"),
                prose("The end, in some more words."),
            ],
            start=1,
        )
    ],
    "metadata": {"cnnlab": {"lesson": "now"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
AREA_AT, AREA_CHECK, SIDES_AT = 3, 4, 6
PLACES = {"area": AREA_AT, "sides": SIDES_AT}


@pytest.fixture
def mine():
    return copy.deepcopy(COURSE)


def taken(notebook):
    return take(notebook, COURSE)


def test_a_lessons_exercises_with_their_headings():
    info = lesson_info(COURSE, Lesson(ROOT, "02_areas"))
    assert (info.name, info.title) == ("02_areas", "02 · Areas")
    assert [(e.name, e.heading, e.section) for e in info.exercises] == [
        ("area", "Exercise: an area", "Rectangles"),
        ("sides", "Exercise: two sides", "Rectangles"),
    ]
    assert info.exercises[0].stub == AREA_STUB


def test_the_explorer_of_an_exercise_is_the_nearest_of_its_part_and_of_the_parts_around_it():
    def cell(kind, source, *tags):
        return {"cell_type": kind, "source": source, "metadata": {"tags": list(tags)}}

    def part(title, *sources):
        named = {"a": "explore.A()", "b": "explore.B()", "c": "explore.C()"}
        codes = [cell("code", named.get(s, "..."), *[] if s in named else [f"exercise-{s}"]) for s in sources]
        return [cell("markdown", f"## {title}\n### More"), *codes]

    notebook = {"cells": [
        *part("1", "far"), *part("2", "behind"), *part("3", "under", "a", "b", "own", "c"), *part("4", "before"),
        *part("5", "none"), *part("6", "both"), *part("7", "a"), *part("8", "c", "last"),
    ]}  # fmt: skip
    found = {e.name: e.explorer[-3:] for e in lesson_info(notebook, Lesson(ROOT, "02_areas")).exercises}
    assert found == {
        "far": "", "behind": "A()", "under": "A()", "own": "B()", "before": "C()", "none": "", "both": "A()",
        "last": "C()",
    }  # fmt: skip


def test_what_was_not_touched_is_the_stub_and_nothing_is_said(mine):
    assert taken(mine) == answers.Taken({"area": AREA_STUB, "sides": SIDES_STUB})


def drop_tags(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def drop_ids(notebook):
    for cell in notebook["cells"]:
        cell.pop("id", None)


def drop_both(notebook):
    drop_tags(notebook)
    drop_ids(notebook)


def no_code_but_the_answers_and_the_checks(notebook):
    drop_both(notebook)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def own_cells_everywhere(notebook):
    drop_both(notebook)
    for n in (9, 7, 5, 3, 0):
        notebook["cells"].insert(n, code(f"print('mine', {n})"))


def ids_of_another_version(notebook):
    """As a version with one cell less above would have them: the check has the id that is the stub's now."""
    drop_tags(notebook)
    for n, cell in enumerate(notebook["cells"], start=0):
        cell["id"] = f"lesson-02-cell-{n:03d}"


@pytest.mark.parametrize(
    "tool",
    [
        drop_tags,
        drop_ids,
        drop_both,
        no_code_but_the_answers_and_the_checks,
        own_cells_everywhere,
        ids_of_another_version,
    ],
)
def test_answers_are_found_whatever_a_tool_drops(tool, mine):
    mine["cells"][AREA_AT]["source"] = AREA
    mine["cells"][SIDES_AT]["source"] = "height, width = 3, 4"
    tool(mine)
    assert taken(mine).answers == {"area": AREA, "sides": "height, width = 3, 4"}


def test_a_cell_that_is_gone_is_missing(mine):
    del mine["cells"][SIDES_AT]
    assert taken(mine) == answers.Taken({"area": AREA_STUB, "sides": None})


@pytest.mark.parametrize("empty", ["", "  \n", "check.area(area)"])
def test_an_emptied_cell_was_not_attempted(empty, mine):
    mine["cells"][AREA_AT]["source"] = empty
    assert taken(mine).answers["area"] == AREA_STUB


@pytest.mark.parametrize(
    ("texts", "answer", "counts"),
    [
        ([AREA, AREA_STUB], AREA, ""),
        ([AREA_STUB, AREA], AREA, ""),
        (
            ["def area(h, w):\n    return 1", AREA],
            AREA,
            "cells 4, 5 are all tagged as the answer to area: cell 5 counts",
        ),
        ([AREA, "check.area(area)\ncheck.area.hint()"], AREA, ""),  # one cell, split above its check
        ([AREA, "area(2, 3)"], AREA, "cell 4 counts"),  # a try below: it defines nothing
        ([AREA, "area = area("], AREA, "cell 4 counts"),  # no Python: in a notebook it leaves what was there before
        (["area(", "area)"], "area)", "cell 5 counts"),
    ],
)
def test_of_several_cells_with_one_tag_the_last_that_is_not_the_stub(texts, answer, counts, mine):
    mine["cells"][AREA_AT : AREA_AT + 1] = [code(text, "exercise-area") for text in texts]
    found = taken(mine)
    assert found.answers["area"] == answer
    assert (counts in found.notes[0]) if counts else not found.notes


def test_a_cell_that_was_split_is_put_together_again(mine):
    parts = ["height = 3", "width = 4", "print(height)"]
    mine["cells"][SIDES_AT : SIDES_AT + 1] = [code(text, "exercise-sides") for text in parts]
    found = taken(mine)
    assert found.answers["sides"] == "height = 3\n\nwidth = 4"
    assert "cells 7, 8 count together" in found.notes[0]


def test_an_answer_in_a_cell_of_its_own_below_the_stub(mine):
    mine["cells"].insert(AREA_AT + 1, code(AREA))
    found = taken(mine)
    assert found.answers["area"] == AREA
    assert found.notes == ("the answer to area was taken from cell 5: the cell meant for it is unchanged",)


@pytest.mark.parametrize("place", [AREA_AT, AREA_CHECK + 1], ids=["above the stub", "below the check"])
def test_the_same_names_elsewhere_are_no_answer(place, mine):
    mine["cells"].insert(place, code(AREA))
    assert taken(mine).answers["area"] == AREA_STUB


def test_calls_of_the_check_are_no_part_of_an_answer(mine):
    mine["cells"][AREA_AT]["source"] = f"check.area.hint()\n{AREA}\ncheck.area(area)  # mine"
    del mine["cells"][AREA_CHECK]
    assert taken(mine) == answers.Taken({"area": AREA, "sides": SIDES_STUB}), "the check is there, in the merged cell"


TEXTS = st.sampled_from(
    [
        AREA,
        AREA_STUB,
        SIDES_STUB,
        "height = 1",
        "width = 2",
        "x = (",
        "",
        "check.area(area)",
        "check = 1",
        "%time\nheight = 3",
    ]
)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["delete", "copy", "swap", "write", "untag", "no id", "tag", "to prose"]),
        st.integers(0, 40),
        TEXTS,
    )
)


@settings(max_examples=40, deadline=None)
@given(edits=EDITS)
def test_whatever_is_done_to_a_notebook_only_its_own_cells_are_answers(edits):
    mine = copy.deepcopy(COURSE)
    cells = mine["cells"]
    for kind, place, text in edits:
        n = place % max(len(cells), 1)
        if kind == "copy" or not cells:
            cells.insert(n, copy.deepcopy(cells[n]) if cells else code(text))
        elif kind == "delete":
            del cells[n]
        elif kind == "swap":
            cells[0], cells[n] = cells[n], cells[0]
        elif kind == "write":
            cells[n]["source"] = text
        elif kind == "untag":
            cells[n]["metadata"] = {}
        elif kind == "no id":
            cells[n].pop("id", None)
        elif kind == "tag":
            cells[n]["metadata"] = {"tags": ["exercise-area"]}
        elif kind == "to prose":
            cells[n]["cell_type"] = "markdown"
    before = copy.deepcopy(mine)
    found = taken(mine)
    assert mine == before, "it is only read"
    assert list(found.answers) == ["area", "sides"]
    there = {cell["source"] for cell in cells if cell["cell_type"] == "code"}
    for name, stub in zip(found.answers, (AREA_STUB, SIDES_STUB), strict=True):
        answer = found.answers[name]
        assert answer in (None, stub) or set(answer.split("\n\n")) <= there
        tagged = {c["source"] for c in cells if c["cell_type"] == "code" and exercise_of(c) == name}
        written = {text for text in tagged if text not in (stub, "") and not text.startswith("check.")}
        if len(written) == 1:
            assert answer in written, "its one tagged cell, wherever it stands"


# --- what is said ---


USES = "def area(h, w):\n    return {}"


def test_what_an_answer_needs_of_the_learners_other_cells_comes_along(mine):
    """An import beside the course's own, a function and what it reads: nothing else of these cells."""
    mine["cells"][1]["source"] += "\nimport math"
    mine["cells"].insert(2, code("def product(a, b):\n    return a * b * ONE\n\nunused = 1\nprint(unused)"))
    mine["cells"].insert(3, code("ONE = 1; two = 2"))
    mine["cells"][AREA_AT + 2]["source"] = USES.format("math.floor(product(h, len(np.ones(w))))")
    found = taken(mine)
    assert found.answers["area"] == mine["cells"][AREA_AT + 2]["source"], "its lines are numbered as they were"
    assert found.along == {"area": ("import math", "def product(a, b):\n    return a * b * ONE", "ONE = 1")}
    assert found.notes == (
        "area: `import math` of cell 2 came along",
        "area: `def product(a, b):` of cell 3 came along",
        "area: `ONE = 1` of cell 4 came along",
    )


@pytest.mark.parametrize(
    ("own", "reads", "comes"),
    [
        ("from math import floor as down, ceil", "down(h)", ["from math import floor as down, ceil"]),
        ("from math import *", "floor(h)", ["from math import *"]),
        ("import os.path; print(1)", "os.sep", ["import os.path"]),
        ("def once(f): return f\n@once\ndef k():\n    pass", "k()",
         ["def once(f): return f", "@once\ndef k():\n    pass"]),
        ("class K:\n    x = 'ä'; y = 2", "K.x", ["class K:\n    x = 'ä'; y = 2"]),
        ("k = 1\nk = 2", "k", ["k = 2"]),
        ("k = 1\nk = k + 1\nk *= 3", "k", ["k = 1", "k = k + 1", "k *= 3"]),
        ("'ä'; k: int = 1; m = 2", "k", ["k: int = 1"]),
        ("k = {}\nk['a'] = 1\nm = 2", "k", ["k = {}", "k['a'] = 1"]),
        ("def k(n):\n    return n and m(n - 1)\ndef m(n):\n    return n and k(n - 1)", "k(h)",
         ["def k(n):\n    return n and m(n - 1)", "def m(n):\n    return n and k(n - 1)"]),
        ("%time\n!pip install k\nk = 1", "k", ["k = 1"]),
        ("def k():\r\n    return 1\r\nm = 2", "k()", ["def k():\n    return 1"]),
        ("k = check.area(area)", "k", []),  # nothing that calls a check
        ("def k(): return check.area.hint()", "k()", []),
        ("for k in range(3): pass", "k", []),
        ("np = len = own = 1", "np.ones(len([own]))", None),  # the course's, Python's, and the answer's own
    ],
)  # fmt: skip
def test_which_statements_come_along(own, reads, comes, mine):
    mine["cells"].insert(2, code(own))
    mine["cells"][AREA_AT + 1]["source"] = f"own = 3\n{USES.format(reads)}"
    found = taken(mine)
    assert found.along == ({"area": tuple(comes)} if comes else {})
    assert len(found.notes) == (0 if comes is None else len(comes) or 1)
    if comes == []:
        (note,) = found.notes
        assert note == "the answer to area reads `k`, which cell 3 alone defines, and that is not one of the course's"


def test_an_earlier_answer_is_there_and_another_exercises_cell_stays_where_it_is(mine):
    mine["cells"].insert(2, code("area = None"))
    mine["cells"].insert(3, code("k = 1", "exercise-sides"))  # not the cell that is its answer
    mine["cells"][AREA_AT + 2]["source"] = USES.format("k * h * w")
    mine["cells"][SIDES_AT + 2]["source"] = "height, width = area(1, 2), 4"
    assert taken(mine).along == {}


@pytest.mark.parametrize(
    ("at", "comes"), [(AREA_AT, True), (AREA_CHECK, True), (AREA_CHECK + 1, False)], ids=["above", "between", "below"]
)
def test_what_stands_below_the_check_was_not_there_when_it_ran(at, comes, mine):
    mine["cells"][AREA_AT]["source"] = USES.format("helped(h) * w")
    mine["cells"].insert(at, code("def helped(x): return x"))
    assert taken(mine).along == ({"area": ("def helped(x): return x",)} if comes else {})


def test_what_the_setup_imports_can_be_read(mine):
    """It is not run where answers are judged."""
    course = copy.deepcopy(COURSE)
    for notebook in (mine, course):
        notebook["cells"].insert(1, code("import sys\nsys.path.append('x')", "bootstrap"))
    mine["cells"][AREA_AT + 1]["source"] = USES.format("min(h * w, sys.maxsize)")
    assert take(mine, course).along == {"area": ("import sys",)}


def test_too_much_does_not_come_along(mine):
    own = "k = '" + "x" * along.LONGEST + "'"
    mine["cells"].insert(2, code(own))
    mine["cells"][AREA_AT + 1]["source"] = USES.format("k")
    found = taken(mine)
    assert found.along == {}
    assert found.notes[0] == "area: what it needs of other cells has more than 20,000 characters"


def test_not_more_is_searched_than_somebody_writes(mine):
    mine["cells"].insert(2, code("k = 1  #" + "x" * 40_000))
    for n in (3, 4):
        mine["cells"].insert(n, code(f"m{n} = 1  #" + "x" * 40_000))
    mine["cells"][AREA_AT + 3]["source"] = USES.format("k + m3 + m4")
    found = taken(mine)
    assert found.along == {"area": ("k = 1", "m3 = 1")}
    assert found.notes[2] == (
        "the answer to area reads `m4`, which cell 5 alone defines, and that is not one of the course's"
    )


def test_of_many_statements_the_first_few_are_named(mine):
    mine["cells"].insert(2, code("\n".join(f"k{n} = {n}" for n in range(7))))
    mine["cells"][AREA_AT + 1]["source"] = USES.format(" + ".join(f"k{n}" for n in range(7)))
    found = taken(mine)
    assert len(found.along["area"]) == 7
    assert found.notes[4:] == (
        "area: `k4 = 4` of cell 3 came along",
        "area: 2 more statements of other cells came along",
    )


@pytest.mark.parametrize(
    ("source", "check", "appended"),
    [
        ("def f2(h, w): return h * w", "check.area(f2)", "f2"),
        ("def area(h, w): return 1\ndef f2(h, w): return h * w", "print(check.area(f2))", "f2"),
        ("f1 = f2 = len", "check.area(f1)\ncheck.area(f2)", "f2"),
        ("f2 = len", "check.area(area)\ncheck.area(f2)", "f2"),
        ("area = f2 = len", "check.area(f2)\ncheck.area(area)", None),
        ("f2 = len", "check.area(f3)", None),
        ("f2 = len", "check.area(lambda h, w: f2)", None),
        ("f2 = len", "check.area(f2, 1)", None),
        ("f2 = len", "if True: check.sides(f2)", None),
    ],
)
def test_an_answer_of_another_name_that_the_check_was_given(source, check, appended, mine):
    mine["cells"][AREA_AT]["source"] = source
    mine["cells"][AREA_CHECK]["source"] = check
    found = taken(mine)
    assert found.answers["area"] == source + (f"\n\narea = {appended}" if appended else "")
    note = f"area: `area = {appended}` was appended, because its check is called with the name on the right"
    assert (note in found.notes) == bool(appended)


def test_names_that_are_known_are_not_mentioned(mine):
    """The course's, an earlier answer's, a builtin, and what the answer itself defines."""
    mine["cells"].insert(2, code("np = area = len = own = 1"))
    mine["cells"][AREA_AT + 1]["source"] = "own = 3\ndef area(h, w):\n    return np.ones(own) * len([h])"
    mine["cells"][SIDES_AT + 1]["source"] = "height = area(1, 2)\nwidth = 4"
    assert taken(mine) == answers.Taken({e: mine["cells"][n + 1]["source"] for e, n in PLACES.items()})


@pytest.mark.parametrize(
    ("source", "note"),
    [
        (None, "the check of area was deleted"),
        ("print('✔ right')", "the check of area was deleted"),
        ("check.area(lambda h, w: h * w)", "the check of area was changed, in cell 5: check.area(lambda h, w: h * w)"),
        ("check.area(area)\ncheck.area(area)", None),
        ("print(check.area(area))", None),  # its own text is still there
    ],
)
def test_a_check_that_was_deleted_or_changed(source, note, mine):
    if source is None:
        del mine["cells"][AREA_CHECK]
    else:
        mine["cells"][AREA_CHECK]["source"] = source
    assert taken(mine).notes == ((note,) if note else ())


@pytest.mark.parametrize("patch", ["check = lambda *a: '✔'", "check.area = print", "setattr(check, 'area', print)"])
def test_a_patched_check_is_said(patch, mine):
    mine["cells"].insert(AREA_CHECK, code(patch))
    assert taken(mine).notes == (f"cell {AREA_CHECK + 1} gives `check` another meaning",)


def test_another_version_of_the_course(mine):
    mine["metadata"]["cnnlab"] = {"lesson": "then"}
    mine["cells"][AREA_CHECK]["source"] = "check.area(area, 2)"  # so it read then
    mine["cells"].append(code("x = 1", "exercise-gone"))
    assert taken(mine).notes == (
        "made of another version of this lesson than the course has now",
        "it has an exercise 'gone', which the course has not: that was not judged",
    )


def test_the_version_that_a_copy_was_laid_out_from(mine):
    laid_out = workbook.as_copy(mine)
    laid_out["metadata"]["cnnlab"] = {"base": workbook.version(laid_out)}
    assert "plot.words" in laid_out["cells"][8]["source"]
    assert taken(laid_out) == answers.Taken({"area": AREA_STUB, "sides": SIDES_STUB})
    drop_both(laid_out)
    assert taken(laid_out).answers == {"area": AREA_STUB, "sides": SIDES_STUB}
    laid_out["metadata"]["cnnlab"] = {"base": "0" * 16}
    assert taken(laid_out).notes == ("made of another version of this lesson than the course has now",)


@pytest.mark.parametrize("name", ["02_padding_and_stride", "11_detection"])
def test_a_solved_copy_of_a_real_lesson(name):
    course = read_notebook(ROOT / "notebooks" / f"{name}.ipynb")
    solved = workbook.as_copy(course)
    solutions = {key: exercise.solution_source for key, exercise in exercises(name).items()}
    for cell in solved["cells"]:
        if exercise := exercise_of(cell):
            cell["source"] = solutions[exercise]
    assert take(solved, course) == answers.Taken({e: solutions[e] for e in take(course, course).answers})
    for cell in solved["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    assert take(solved, course).answers == solutions


# --- strangers ---


def test_what_is_no_notebook_is_refused(tmp_path):
    (tmp_path / "mine.ipynb").write_text("{}")
    with pytest.raises(NotebookError, match=r"mine\.ipynb is not a notebook"):
        take(tmp_path / "mine.ipynb", COURSE)


STRANGE = {
    "no Python": "def area(h, w:",
    "a zero byte": "area = '\0'",
    "half a surrogate": "area = '\ud800'",
    "magics": "%%time\n!ls\narea?\narea = 3",
    "parentheses": "area = " + "(" * 5_000,
    "a sum of many": "area = " + "1+" * 20_000 + "1",
    "many elifs": "if 0: pass\n" + "elif 0: pass\n" * 900 + "area = 1",
    "minus": "area = " + "-" * 40_000 + "1",
}


@pytest.mark.parametrize("what", STRANGE)
def test_a_strange_answer_is_taken_as_it_is(what, mine, tmp_path):
    mine["cells"][AREA_AT]["source"] = STRANGE[what]
    mine["cells"].insert(2, code(STRANGE[what] + "\nb = 1"))
    mine["cells"].insert(SIDES_AT + 1, code("height, width = b, 1", "exercise-sides"))
    (tmp_path / "mine.ipynb").write_text(json.dumps(mine))
    assert take(tmp_path / "mine.ipynb", COURSE).answers["area"] == STRANGE[what]


def test_a_cell_of_a_hundred_thousand_characters_is_passed_over(mine):
    mine["cells"][AREA_AT]["source"] = "area = 0" + " " * copy_reader.LONGEST
    found = taken(mine)
    assert found.answers["area"] is None
    assert found.notes == ("cell 4 was passed over: it has more than 100,000 characters",)


def test_many_and_long_cells_are_not_compared(mine, monkeypatch):
    """Comparing takes as long as both texts multiplied: it is not begun where that is too long."""
    drop_both(mine)
    mine["cells"][AREA_AT]["source"] = AREA
    mine["cells"] += [code("abc" * 1_000 + str(n)) for n in range(50)]
    monkeypatch.setattr(copy_reader, "_MOST_COMPARED", 1_000)
    monkeypatch.setattr(copy_reader, "pairs", None)
    found = taken(mine)
    assert found.answers == {"area": None, "sides": None}
    assert found.notes == ("too large, and too unlike the course's, to look for answers whose cells lost their tags",)


# --- names ---


@pytest.mark.parametrize(
    ("source", "binds", "reads"),
    [
        ("import a.b, c as d\nfrom e import f as g", {"a", "d", "g"}, set()),
        ("for i in x: y = i", {"i", "y"}, {"x", "i"}),
        ("with a() as b, c: pass", {"b"}, {"a", "c"}),
        ("class C(D):\n    e = f\n    def g(self): return h", {"C"}, {"D", "f", "h"}),
        (
            "def f(a, b=c) -> d:\n    global g\n    g = a + h\n    i = 1\n    return lambda: i + j",
            {"f", "g"},
            {"c", "d", "h", "j"},
        ),
        ("(a := b) + [c for c in d if e]", {"a"}, {"b", "d", "e"}),
        ("{a: b for a in c for b in a}\nd = [a for a in b]", {"d"}, {"b", "c"}),
        ("a = [b(a) for b in a]\nimport b.c as c\n[c for c in c]", {"a", "c"}, {"a", "c"}),
        ("a += 1; b[0] **= 2; c.d = 3; e //= f", {"a", "e"}, {"a", "b", "c", "e", "f"}),
        ("match a:\n    case {'x': b}: pass", {"b"}, {"a"}),
        ("%matplotlib inline\nsize?\na = !ls\n!pip install b", None, None),
        ("%matplotlib inline\nsize?\na = b", {"a"}, {"b"}),
        ("%%time\na = b", {"a"}, {"b"}),
        ("a = ", None, None),
    ],
)
def test_names_that_a_cell_binds_and_reads(source, binds, reads):
    assert cell_names.bound(source) == binds
    assert cell_names.read(source) == reads


def test_a_text_that_nobody_wrote_by_hand_is_not_parsed():
    assert cell_names.bound("a = 1\n" * 9_000) is None
    assert cell_names.bound("a = [" + "1, " * 3_000 + "]") is None
    assert cell_names.bound("a = [" + "1, " * 900 + "]") == {"a"}
