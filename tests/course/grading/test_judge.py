"""A copy judged across two processes: a toy lesson whose answers are right, wrong, open, missing, broken or hostile."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from cnnlab.course.batch.execute import Task, execute
from cnnlab.course.grading.confined import confine
from cnnlab.course.grading.confined.confine import Limits
from cnnlab.course.grading.judging.judge import LONGEST_MESSAGE, judge
from cnnlab.course.lessons import CourseError

CHECKS = """
from cnnlab.checks.exercise import Exercise
from cnnlab.checks.judging import ByCases, ByValue, Misreading

area = Exercise(
    name="area", answer_name="my_area", solution_source="def my_area(h, w):\\n    return h * w", hints=("Multiply.",),
    diagnose=ByCases(lambda h, w: h * w, [(2, 3), (4, 5)],
                     [Misreading(lambda h, w: h + w, "you added.")], "Count the squares.", "Yes."),
)
volume = Exercise(
    name="volume", answer_name="my_volume", solution_source="my_volume = my_area(2, 3) * DEPTH",
    hints=("Use `my_area`.",), diagnose=ByValue(24, {12: "that is half."}, "Times the depth.", "Yes."), why="It is.",
)
shades = Exercise(
    name="shades", answer_name="shades", solution_source="shades = [1, 2]", hints=("Two.",),
    diagnose=ByValue((1, 2), {}, "One and two.", "Yes."),
)
"""
STUBS = {
    "area": "def my_area(h, w):\n    return ...",
    "volume": "my_volume = ...",
    "shades": "shades = ...  # two numbers",
}
RIGHT = {
    "area": "def my_area(h, w):\n    return h * w",
    "volume": "my_volume = my_area(2, 3) * DEPTH",
    "shades": "shades = 1, 2",
}


def cell(source: str, *tags: str) -> dict:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {"tags": list(tags)},
        "outputs": [],
        "execution_count": None,
    }


NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": "# Areas", "metadata": {}},
        cell("raise RuntimeError('the set-up is not run')", "bootstrap"),
        cell("from judge_checks import area\nimport judge_checks as check\nDEPTH = 4"),
        cell(STUBS["area"], "exercise-area"),
        cell("check.area(my_area)"),
        cell("slow = sum(range(10))\nWAIT = [0]\nwhile len(WAIT) < LENGTH:\n    WAIT.append(0)", "parameters"),
        cell(STUBS["volume"], "exercise-volume"),
        cell("check.volume(my_volume)"),
        cell(STUBS["shades"], "exercise-shades"),
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture(scope="module", autouse=True)
def checks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checks")
    (folder / "judge_checks.py").write_text(CHECKS)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    sys.modules.pop("judge_checks", None)


@pytest.fixture
def judged(tmp_path):
    """Judge answers that differ from the right ones as given; return exercise → judgement, the notes, the cells."""

    def run(seconds: float = 20, along=None, **answers: str | None) -> tuple[dict, list[str], list[int]]:
        started: list[int] = []
        limits = Limits(seconds=seconds)
        rows, notes = judge(NOTEBOOK, RIGHT | answers, tmp_path, along=along, limits=limits, on_cell=started.append)
        assert [row.exercise for row in rows] == ["area", "volume", "shades"]
        assert not list(tmp_path.iterdir()), "a scratch folder is left"
        return {row.exercise: row for row in rows}, notes, started

    return run


def test_right_answers_are_right_and_the_praise_is_the_message(judged):
    rows, notes, started = judged()
    assert [row.status for row in rows.values()] == ["correct"] * 3
    assert rows["volume"].message == "Yes.\nWhy it works: It is."
    assert rows["volume"].hint == rows["volume"].misconception == ""
    assert (notes, started) == ([], [3, 6, 8])


def test_a_wrong_answer_has_the_checks_words_its_misconception_and_the_first_hint(judged):
    rows, _, _ = judged(area="def my_area(h, w):\n    return h + w")
    assert rows["area"].status == "wrong"
    assert rows["area"].message == "For (2, 3) you got 5, not 6: you added."
    assert rows["area"].misconception == "you added."
    assert rows["area"].hint == "Multiply."
    assert rows["volume"].message.startswith("You got 20. Times the depth.")  # (2 + 3) * 4: the learner's own my_area
    assert rows["volume"].misconception == ""


def test_what_is_open_is_told_from_what_is_missing_and_what_is_half_done(judged):
    rows, _, _ = judged(area=f"\n{STUBS['area']}\n", volume=None, shades="shades = (1, ...)")
    assert rows["area"].status == "not attempted"
    assert (rows["volume"].status, rows["volume"].message) == ("missing", "The notebook has no cell for this exercise.")
    assert rows["shades"].status == "not attempted"
    assert "1 of its 2 entries is still ..." in rows["shades"].message


def test_an_error_in_one_cell_harms_no_other(judged):
    rows, notes, _ = judged(
        area="%matplotlib inline\ndef my_area(h, w):\n    return h * w\nmy_area(1)", shades="shades = (1"
    )
    assert (rows["area"].status, rows["shades"].status) == ("raised", "raised")
    assert rows["area"].message.startswith(
        "TypeError: my_area() missing 1 required positional argument: 'w'\nLine 4: my_area(1)"
    )
    assert rows["shades"].message.startswith("SyntaxError: ")
    assert rows["shades"].message.endswith("Line 1: shades = (1")
    assert rows["volume"].status == "correct"  # my_area is there
    assert notes == ["area: `%matplotlib inline` was left out"]


def test_an_answer_may_read_what_the_lesson_makes(judged):
    rows, _, _ = judged(shades="shades = [slow - 44, len(WAIT)]", area=f"LENGTH = 2\n{RIGHT['area']}")
    assert rows["shades"].status == "correct"
    rows, _, _ = judged(shades="shades = [1, WAIT[1]]")  # nothing is called LENGTH
    assert rows["shades"].status == "raised"
    assert rows["shades"].message == (
        "IndexError: list index out of range\nLine 1: shades = [1, WAIT[1]]\nThe lesson's own line `while len(WAIT) < "
        "LENGTH:`, which this answer needs, failed: NameError: name 'LENGTH' is not defined."
    )


def test_a_name_that_is_not_given_a_value(judged):
    rows, _, _ = judged(volume="volume = 24")
    assert (rows["volume"].status, rows["volume"].hint) == ("wrong", "Use `my_area`.")
    assert rows["volume"].message == "The cell gives the name my_volume no value: the check looks there."


def test_an_endless_cell_costs_its_exercise_only(judged):
    rows, _, _ = judged(seconds=1.0, area="while True: pass")
    assert (rows["area"].status, rows["area"].message) == ("stopped", "Stopped: no end after 1 s.")
    assert rows["volume"].status == "raised"  # the lesson's own cell runs in its place, and its my_area returns ...
    assert rows["shades"].status == "correct"


def test_an_endless_function_costs_its_exercise_only(judged):
    rows, _, _ = judged(seconds=1.0, area="def my_area(h, w):\n    while h != 2: pass\n    return h * w")
    assert (rows["area"].status, rows["area"].message) == ("stopped", "Stopped: no end after 1 s.")
    assert rows["volume"].status == rows["shades"].status == "correct"  # my_area(2, 3) is 6


def test_an_endless_line_of_the_lessons_costs_those_that_need_it(judged):
    never = "class Never(int):\n    __gt__ = lambda self, other: True\nLENGTH = Never()\nmy_area = lambda h, w: h * w"
    rows, _, _ = judged(seconds=0.3, area=never, shades="shades = [1, 2] or WAIT")
    assert (rows["area"].status, rows["volume"].status, rows["shades"].status) == ("correct", "correct", "stopped")
    assert rows["shades"].message == (
        "Stopped: the lesson's own line `while len(WAIT) < LENGTH:`, which this answer needs, did not come to its end: "
        "no end after 1.5 s."
    )


DEAF = """
import threading
from cnnlab.course.grading.wire.channel import Channel

def my_area(h, w):
    return h * w

def reply_and_read_no_more(channel, message, raw, send=Channel._send):
    send(channel, message, raw)
    threading.Event().wait()

def at_the_next_exercise(channel):
    Channel._send = reply_and_read_no_more

Channel.forget = at_the_next_exercise
"""


def test_a_process_that_reads_no_more_costs_the_exercise_that_it_does_not_read(judged):
    rows, _, _ = judged(seconds=1.0, area=DEAF, volume=f"{RIGHT['volume']}  # {'x' * 200_000}")  # a pipe holds 65,536
    assert rows["area"].status == rows["shades"].status == "correct"
    assert (rows["volume"].status, rows["volume"].message) == ("stopped", "Stopped: no end after 1 s.")


EXITS = {
    "in the cell": ("import os\nos._exit(3)", "raised"),
    "in the function": ("import os\ndef my_area(h, w):\n    os._exit(3)", "wrong"),
    "by a signal": ("import ctypes\nctypes.string_at(0)", "stopped"),
}


@pytest.mark.parametrize(("source", "status"), EXITS.values(), ids=EXITS)
def test_a_process_that_ends_itself_costs_its_exercise_only(judged, source, status):
    rows, _, _ = judged(area=source, volume="my_volume = 24")
    words = {"stopped": "Stopped: its process was ended by SIGSEGV."}
    message = words.get(status, "The answer ended what it ran in: its process ended with code 3.")
    assert (rows["area"].status, rows["area"].message) == (status, message)
    assert rows["volume"].status == rows["shades"].status == "correct"


LIES = {
    "words": "b'cnn1, or so'",
    "a verdict": """b'cnn1' + struct.pack('<II', 44, 0) + b'{"number":1,"value":["tuple",["correct"]]}      '""",
    "a gigabyte": "b'cnn1' + struct.pack('<II', 2**30, 2**30)",
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_is_written_to_the_wire_itself_is_no_answer(judged, lie):
    forge = (
        f"import os, struct\nfor number in range(3, 40):\n    try: os.write(number, {lie})\n    except OSError: pass\n"
    )
    rows, _, _ = judged(area=forge, volume="my_volume = 24")
    assert rows["area"].status == "wrong"
    assert rows["area"].message == (
        "Nothing can be told of this answer: the process that ran it said what no answer says, and was ended."
    )
    assert rows["volume"].status == rows["shades"].status == "correct"


def test_what_is_handed_over_in_all_is_bounded(judged):
    more = """
import numpy as np

class Shades:
    __len__ = lambda self: 2
    __getitem__ = lambda self, place: np.zeros(60_000_000, np.uint8)

shades = Shades()
"""
    rows, _, _ = judged(shades=more)
    assert rows["shades"].status == "wrong"
    assert rows["shades"].message == (
        "Nothing can be told of this answer: the process that ran it handed over more than 200 MB of values for one "
        "exercise, and was ended."
    )
    assert rows["area"].status == rows["volume"].status == "correct"


def test_what_cannot_be_handed_to_an_answer_costs_its_exercise_only(judged, monkeypatch):
    import judge_checks

    asks = dataclasses.replace(judge_checks.area, diagnose=lambda answer: answer[object()])
    monkeypatch.setattr(judge_checks, "area", asks)
    row = "class Row:\n    __getitem__ = lambda self, place: 3\nmy_area = Row()"
    rows, _, _ = judged(area=row, volume="my_volume = 24")
    assert rows["area"].status == "wrong"
    assert rows["area"].message == "The check cannot read this answer: object cannot be handed to an answer."
    assert rows["volume"].status == rows["shades"].status == "correct"


def test_a_report_that_is_forged_is_no_verdict(judged):
    patch = (
        "from cnnlab.course.grading.judging import session, cells\n"
        "from cnnlab.checks.exercise import Exercise, Verdict\n"
        "Exercise.__call__ = lambda self, answer: Verdict('correct', 'Yes.')\n"
        "cells.Cells.run = lambda self, label, source: {'status': 'correct', 'notes': 7}"
    )
    rows, _, _ = judged(area=f"{patch}\nmy_area = 3", volume="my_volume = 1", shades="shades = 7")
    assert [row.status for row in rows.values()] == ["wrong"] * 3


def test_what_comes_along_runs_in_front_of_its_answer(judged):
    """It reads the lesson's own names and earlier answers, and the lines of the answer keep their numbers."""
    rows, notes, _ = judged(
        along={
            "area": ["import math", "def product(a, b):\n    return math.prod([a, b])"],
            "volume": ["four = DEPTH", "six = my_area(2, 3)"],
            "shades": ["import nowhere_at_all", "two = 2"],
        },
        area="def my_area(h, w):\n    return product(h, w)",
        volume="my_volume = six * four",
        shades="one = two - 1\n1 / (one - 1)",
    )
    assert [rows[name].status for name in RIGHT] == ["correct", "correct", "raised"]
    failed = "`import nowhere_at_all` of another cell, which came along, failed: ModuleNotFoundError: No module named"
    assert rows["shades"].message.split("\n")[:2] == [
        "ZeroDivisionError: division by zero",
        "Line 2: 1 / (one - 1)",
    ]
    assert rows["shades"].message.split("\n")[2].startswith(failed)
    assert [note.startswith(f"shades: {failed}") for note in notes] == [True]


def test_what_comes_along_and_does_not_end_costs_its_exercise_alone(judged):
    rows, _, _ = judged(seconds=2, along={"area": ["import os", "os._exit(3)"], "shades": ["while True: pass"]})
    assert [rows[name].status for name in RIGHT] == ["raised", "raised", "stopped"]
    assert "its process ended with code 3" in rows["area"].message
    assert "exercise volume" not in rows["volume"].message


def test_messages_are_kept_short(judged):
    rows, _, _ = judged(area="raise ValueError('x' * 100_000)", shades="shades = ['x' * 500_000]")
    assert len(rows["area"].message) <= LONGEST_MESSAGE
    assert "characters left out" in rows["area"].message
    assert rows["shades"].message.startswith("This answer cannot be read: this is too large to be checked")


def test_a_lesson_without_checks_is_refused(tmp_path):
    with pytest.raises(CourseError, match="no checks"):
        judge({"cells": [cell("a = ...", "exercise-a")]}, {"a": "a = 1"}, tmp_path)


def test_the_worker_leaves_its_result_in_a_file(checks, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(checks))
    answers = {**RIGHT, "volume": None, "shades": "shades = [3, 4]"}
    options = {"answers": answers, "limits": {"seconds": 20}, "container": None}
    cells = []
    task = Task("Ada", NOTEBOOK, options=options, worker="cnnlab.course.grading.judging.worker")
    [(_, outcome)] = execute([task], on_cell=lambda task, count: cells.append(count))
    assert outcome.status == "ok", outcome.failure
    assert [row["status"] for row in outcome.result["judgements"]] == ["correct", "missing", "wrong"]
    assert outcome.result["notes"] == []
    assert json.dumps(outcome.result)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no such limit is kept")
def test_the_worker_does_not_take_the_machines_memory():
    source = (
        "import resource\nfrom cnnlab.course.grading.judging.worker import limit_memory\n"
        "before = resource.getrlimit(resource.RLIMIT_DATA)[1]\nlimit_memory()\n"
        "soft, hard = resource.getrlimit(resource.RLIMIT_DATA)\n"
        "assert hard == before, 'the answers inherit it'\n"
        "kept = bytearray(10**9)\n"
        "try:\n    bytearray(soft)\nexcept MemoryError:\n    print('kept')"
    )
    line = [sys.executable, "-c", source]
    assert subprocess.run(line, capture_output=True, text=True, check=True, timeout=60).stdout == "kept\n"


def test_the_worker_says_when_the_lesson_cannot_be_judged():
    task = Task("Ada", {**NOTEBOOK, "cells": NOTEBOOK["cells"][3:]}, worker="cnnlab.course.grading.judging.worker",
                options={"answers": RIGHT, "limits": {}, "container": None})  # fmt: skip
    [(_, outcome)] = execute([task])
    assert outcome.status == "raised"
    assert "no checks" in outcome.failure.message
    assert Path(__file__).exists()


def test_a_process_that_cannot_start_is_not_the_learners_fault(tmp_path, monkeypatch):
    monkeypatch.setattr("cnnlab.course.grading.confined.confine.start", _start_what_ends(confine.start))
    with pytest.raises(CourseError, match=r"did not start: its process ended with code 4\. no NumPy here"):
        judge(NOTEBOOK, RIGHT, tmp_path)
    assert not list(tmp_path.iterdir())


def _start_what_ends(start):
    words = ["-c", "import sys; print('no NumPy here', file=sys.stderr, flush=True); sys.exit(4)"]
    return lambda arguments, *others, **options: start(words, *others, **options)
