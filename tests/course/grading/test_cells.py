"""Cells that run one after the other without a kernel: IPython's own syntax, errors and where they come from."""

from __future__ import annotations

import inspect
import io

import pytest

from cnnlab.course.grading.judging.cells import Cells, names_of


@pytest.fixture
def cells():
    return Cells()


@pytest.mark.parametrize(
    ("source", "notes"),
    [
        ("%timeit a = 2\na = 1", ["`%timeit a = 2` was left out"]),
        ("a = 1\n!pip install torch", ["`!pip install torch` was left out"]),
        ("a = 1\na?", ["`%pinfo a` was left out"]),
        ("%%time\na = 1", []),
        ("%%capture out\na = 1", []),
        ("%time a = 1", []),
        ("a = !ls\na = 1", ["`!ls` was left out"]),
        (
            "a = 1\ndisplay(a)\nget_ipython().run_line_magic('matplotlib', 'inline')",
            ["`%matplotlib inline` was left out"],
        ),
    ],
)
def test_what_only_a_notebook_can_do_is_left_out_and_noted(cells, source, notes):
    assert cells.run("exercise it", source) == {"notes": notes}
    assert cells.names["a"] == 1


def test_a_cell_that_is_not_python_is_none_of_ours(cells):
    report = cells.run("exercise it", "%%bash\nrm -rf /\na = 1")
    assert report == {"notes": ["`%%bash` was left out"]}
    assert "a" not in cells.names


@pytest.mark.parametrize(
    ("source", "error", "where"),
    [
        ("a = 1\nb = a / 0", "ZeroDivisionError", "line 2: b = a / 0"),
        ("def f():\n    return c\n\nf()", "NameError", "line 2: return c"),  # the innermost line of the cell
        ("a = (1", "SyntaxError", "line 1: a = (1"),
        ("import json\njson.loads('{')", "JSONDecodeError", "line 2: json.loads('{')"),
        ("%matplotlib inline\nraise KeyError('x')", "KeyError", "line 2: raise KeyError('x')"),
        ("import sys\nsys.exit(3)", "SystemExit", "line 2: sys.exit(3)"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", "line 1: raise KeyboardInterrupt"),
        ("def f(): f()\nf()", "RecursionError", "line 1: def f(): f()"),
    ],
)
def test_an_error_ends_the_cell_and_says_where(cells, source, error, where):
    report = cells.run("exercise it", source)
    assert report["raised"][0][0] == error
    assert report["where"] == where
    assert cells.run("exercise next", "d = 4") == {"notes": []}
    assert cells.names["d"] == 4


def test_nobody_answers_input(cells, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert cells.run("exercise it", "a = input()")["raised"][0][0] == "EOFError"


def test_the_cells_share_a_namespace_and_can_be_read_back(cells):
    cells.run("exercise one", "def f(x):\n    return x + 1")
    cells.run("exercise two", "b = f(1)\nname = __name__")
    assert (cells.names["b"], cells.names["name"]) == (2, "__main__")
    assert inspect.getsource(cells.names["f"]) == "def f(x):\n    return x + 1"


def test_names_that_a_text_may_stand_for_are_read_too():
    assert names_of("def f(): return k\na = f") == (["f", "k"], ["a", "f"])
    assert "model" in names_of("a = globals()['model']")[0]
    assert names_of("a = (") is None
