"""The batch runner on small notebooks that fail in every way a lesson can."""

from __future__ import annotations

import base64
import errno
import functools
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import psutil
import pytest
from toy_course import PIXEL, printed, write_course, write_notebook

from cnnlab.common.files import write_atomic
from cnnlab.course.batch import runner
from cnnlab.course.batch.execute import Failure, Outcome, Task, environment, execute
from cnnlab.course.batch.report import Report, Result, read_results, thumbnail
from cnnlab.course.lessons import CourseError, all_lessons, course_folder, find_lessons

ALL = ("00_good", "01_raises", "02_crashes", "03_hangs", "04_leaves")


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """One real run of every toy lesson, two at a time."""
    course = write_course(tmp_path_factory.mktemp("course"), *ALL)
    # A kernelspec named python3 that belongs to some other interpreter must not be used.
    kernels = tmp_path_factory.mktemp("jupyter")
    spec = kernels / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = ["/nowhere/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Other", "language": "python"}))
    out = tmp_path_factory.mktemp("out") / "runs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(kernels))
        patch.setenv("MPLBACKEND", "pdf")
        report = runner.run(course=course, out=out, jobs=2, timeout=20, parameters={"SEED": "7"})
        left = psutil.pid_exists(int((course / "notebooks" / "kernel").read_text()))
    assert not left, "the kernel that hung must be gone when the run ends"
    return course, out, report


@pytest.mark.parametrize(
    ("name", "status", "cell", "source", "words"),
    [
        ("00_good", "ok", None, None, None),
        ("01_raises", "raised", 4, "raise ValueError", "ValueError: 3 <b>bold</b> words"),
        ("02_crashes", "crashed", 3, "os._exit(3)", "the kernel died"),
        ("03_hangs", "timeout", 4, "Event().wait()", "no end after 20 s"),
        ("04_leaves", "raised", 3, "raise SystemExit(0)", "stopped itself before its end"),
    ],
)
def test_each_lesson_ends_in_its_own_way(batch, name, status, cell, source, words):
    result = batch[2].results[name]
    assert result.status == status
    if status == "ok":
        assert result.failure is None
        return
    assert words in str(result.failure)
    assert result.failure.cell == cell
    assert source in result.failure.source


def test_only_a_complete_notebook_gets_the_plain_name(batch):
    _, out, _ = batch
    assert sorted(p.name for p in out.glob("*.ipynb")) == ["00_good.ipynb"] + [f"{n}.failed.ipynb" for n in ALL[1:]]
    assert "before" in printed(out / "01_raises.failed.ipynb")
    assert "after" not in printed(out / "01_raises.failed.ipynb")


def test_kernel_is_this_interpreter_in_the_promised_environment(batch):
    text = printed(batch[1] / "00_good.ipynb")
    assert f"executable {sys.executable}" in text
    assert "strict 1 backend" in text
    assert "backend pdf" not in text
    assert "seed 7 quick" in text


def test_json_report_says_what_python_says(batch):
    _, out, report = batch
    recorded = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert [r["status"] for r in recorded["results"]] == ["ok", "raised", "crashed", "timeout", "raised"]
    assert read_results(out / "report.json") == report.results
    assert "ValueError" in recorded["results"][1]["failure"]["traceback"]
    assert "\x1b" not in recorded["results"][1]["failure"]["traceback"]


def test_html_report_shows_failures_escaped_and_the_first_picture(batch):
    page = (batch[1] / "index.html").read_text(encoding="utf-8")
    assert "5 lessons: 4 did not run to the end" in page
    assert "cell 4: ValueError: 3 &lt;b&gt;bold&lt;/b&gt; words" in page
    assert "<b>bold</b>" not in page
    assert page.count("<img") == 1
    assert 'alt="The first figure of 00 Good"' in page
    assert "://" not in page  # self-contained


def test_resume_redoes_only_what_failed(batch, tmp_path):
    shutil.copytree(batch[0], course := tmp_path / "course")
    shutil.copytree(batch[1], out := tmp_path / "out")
    before = (out / "00_good.ipynb").stat().st_mtime_ns
    write_notebook(course, "01_raises", ["print('mended')"])
    report = runner.run(["0", "1"], course=course, out=out, parameters={"SEED": 7}, resume=True)
    assert [(r.status, r.reused) for r in report.results.values()] == [("ok", True), ("ok", False)]
    assert (out / "00_good.ipynb").stat().st_mtime_ns == before
    assert not (out / "01_raises.failed.ipynb").exists()
    recorded = read_results(out / "report.json")
    assert [recorded[name].status for name in ALL] == ["ok", "ok", "crashed", "timeout", "raised"]


def gone(pid: int) -> bool:
    """Whether a process has ended, within 30 s."""
    try:
        psutil.Process(pid).wait(timeout=30)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_stopping_a_run_keeps_what_finished_and_leaves_no_kernel(tmp_path, name):
    course = write_course(tmp_path, "00_good", "03_hangs")
    command = [sys.executable, "-m", "cnnlab", "run", "--jobs", "1", "--out", "out"]
    # A shell's background job ignores Ctrl-C, and passes that on: a learner's terminal does not.
    listening = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(
        command, cwd=course, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listening
    )
    assert process.stdout.readline().startswith("ok      00_good")
    deadline = time.monotonic() + 60
    while not (course / "notebooks" / "kernel").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate(timeout=60)
    assert process.returncode == (130 if name == "SIGINT" else -signal.SIGKILL)
    assert "Traceback" not in errors
    assert gone(int((course / "notebooks" / "kernel").read_text()))
    recorded = read_results(course / "out" / "report.json")
    assert [r.status for r in recorded.values()] == ["ok", "pending"]
    assert (course / "out" / "00_good.ipynb").exists()
    assert (course / "out" / "index.html").exists() == (name == "SIGINT")


TINY = """
import json, os, pathlib, sys
folder = pathlib.Path(sys.argv[1])
task = json.loads((folder / "task.json").read_text())
here = pathlib.Path.cwd()
if task["options"].get("silent"):
    sys.exit(0)
status = {"status": "ok"} if not task["options"].get("fails") else {"status": "raised", "name": "Odd", "message": "no"}
found = {"scratch": here == folder, "here": here.name, "seed": task["parameters"].get("SEED")}
(folder / "result.json").write_text(json.dumps({**status, **found}))
"""


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A worker that executes no notebook: the name of its module."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "tiny_worker.py").write_text(TINY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    return "tiny_worker"


def test_another_worker_gives_its_result_through(tiny, tmp_path):
    folder = tmp_path / "course"
    folder.mkdir()
    tasks = [
        Task("here", {"cells": []}, folder, {"SEED": 3}, worker=tiny),
        Task("scratch", {"cells": []}, worker=tiny),
        Task("fails", {"cells": []}, options={"fails": True}, worker=tiny),
        Task("silent", {"cells": []}, options={"silent": True}, worker=tiny),
    ]
    ended = {task.name: outcome for task, outcome in execute(tasks, jobs=2)}
    assert ended["here"].result == {"scratch": False, "here": "course", "seed": 3}
    assert ended["scratch"].result["scratch"]
    assert (ended["fails"].status, str(ended["fails"].failure)) == ("raised", "before the first cell: Odd: no")
    assert ended["fails"].result["scratch"]
    assert ended["silent"].status == "crashed"
    assert "ended with code 0 and left no result" in str(ended["silent"].failure)
    assert {(outcome.attempts, outcome.place) for outcome in ended.values()} == {(1, "")}


def test_tasks_are_taken_as_places_get_free(tiny):
    """At any time no more have been taken than have ended, plus one for each place."""
    taken, most = [], 0

    def tasks():
        for number in range(7):
            taken.append(number)
            yield Task(str(number), {"cells": []}, worker=tiny)

    for ended, _ in enumerate(execute(tasks(), jobs=2)):
        most = max(most, len(taken) - ended)
    assert most == 2
    assert taken == list(range(7))


# What follows needs no kernel: `execute` is replaced.


@pytest.fixture
def executed(monkeypatch):
    """Replace execution by instant success; the list says what was executed."""
    names = []

    def instant(tasks, **_):
        for task in tasks:
            names.append((task.name, task.parameters))
            yield task, Outcome("ok", 1.5, {**task.notebook, "metadata": {"papermill": {}}})

    monkeypatch.setattr(runner, "execute", instant)
    return names


@pytest.fixture
def course(tmp_path):
    return write_course(tmp_path / "course", "00_good", "01_raises")


def test_resume_notices_what_changed(course, executed, tmp_path):
    out = tmp_path / "out"

    def names(**options):
        executed.clear()
        runner.run(course=course, out=out, **options)
        return [name for name, _ in executed]

    assert names() == ["00_good", "01_raises"]
    assert names(resume=True) == []
    assert names() == ["00_good", "01_raises"]  # without --resume everything again
    assert names(resume=True, parameters={"SEED": 1}) == ["00_good", "01_raises"]
    assert names(resume=True, parameters={"SEED": 1}) == []
    write_notebook(course, "01_raises", ["print('changed')"])
    assert names(resume=True, parameters={"SEED": 1}) == ["01_raises"]
    (out / "00_good.ipynb").unlink()
    assert names(resume=True, parameters={"SEED": 1}) == ["00_good"]
    (out / "report.json").write_text("{ half")
    assert names(resume=True, parameters={"SEED": 1}) == ["00_good", "01_raises"]


@pytest.mark.parametrize("flag", ["False", "false"])
def test_profile_and_parameters_reach_every_lesson_with_the_declared_types(course, executed, tmp_path, flag):
    given = {"SEED": "3", "RATE": "1e-3", "NAME": "12", "FLAG": flag}
    runner.run(course=course, out=tmp_path / "out", profile="full", parameters=given)
    assert executed == [
        (name, {"SEED": 3, "RATE": 0.001, "NAME": "12", "FLAG": False, "PROFILE": "full"})
        for name in ("00_good", "01_raises")
    ]


@pytest.mark.parametrize(
    ("lessons", "options", "words"),
    [
        (["9"], {}, r"`LESSON` .* Received: '9'. There are: 00_good, 01_raises"),
        (["01_raise"], {}, "Did you mean '01_raises'?"),
        (["nowhere/00_good.ipynb"], {}, "`LESSON`"),
        ([], {"parameters": {"SEEDS": "1"}}, "00_good has no parameter `SEEDS`. It has: PROFILE, SEED.*mean 'SEED'"),
        ([], {"parameters": {"SEED": "abc"}}, "`SEED` must be of type int, as its default 0 is. Received: 'abc'"),
        ([], {"parameters": {"SEED": "True"}}, "`SEED` must be of type int"),
        ([], {"parameters": {"FLAG": "1"}}, "`FLAG` must be of type bool"),
        ([], {"parameters": {"PROFILE": "fast"}}, "`PROFILE` must be one of 'quick', 'full'. Received: 'fast'"),
    ],
)
def test_wrong_words_are_refused_before_anything_runs(course, executed, tmp_path, lessons, options, words):
    with pytest.raises(CourseError, match=words):
        runner.run(lessons, course=course, out=tmp_path / "out", **options)
    assert executed == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (None, "02_odd has no cell tagged `parameters`"),
        ("%time\nSEED = 0", "not plain Python"),
        ("SEED = 0", "no parameter `PROFILE`"),
    ],
)
def test_a_notebook_without_usable_parameters_is_refused(course, executed, tmp_path, parameters, words):
    write_notebook(course, "02_odd", [], parameters)
    with pytest.raises(CourseError, match=words):
        runner.run(course=course, out=tmp_path / "out", profile="quick")
    assert executed == []


def test_a_lesson_not_built_yet_and_a_broken_notebook_are_named(course, executed, tmp_path):
    (course / "lessons" / "05_new.py").write_text("# %% [markdown]\n# # New\n")
    with pytest.raises(CourseError, match="05_new has no notebook yet: run `cnnlab build 05`"):
        runner.run(["5"], course=course, out=tmp_path / "out")
    (course / "notebooks" / "05_new.ipynb").write_text("{")
    report = runner.run(["5"], course=course, out=tmp_path / "out")
    assert "05_new.ipynb is not a notebook: Expecting property name" in str(report.results["05_new"].failure)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"jobs": 0}, ValueError),
        ({"timeout": 0}, ValueError),
        ({"timeout": "a"}, TypeError),
        ({"profile": "slow"}, ValueError),
    ],
)
def test_wrong_options_are_refused(course, executed, tmp_path, options, error):
    with pytest.raises(error, match=f"`{next(iter(options))}` .*Received"):
        runner.run(course=course, out=tmp_path / "out", **options)


def test_a_file_in_place_of_the_output_folder(course, executed, tmp_path):
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(runner.OutputError, match=r"`out` must be a folder that can be written. Received: .*out'"):
        runner.run(course=course, out=tmp_path / "out")
    assert executed == []


def test_a_full_disk_stops_the_run_and_resume_goes_on(course, executed, tmp_path, monkeypatch):
    """Where not even the report can be written, nothing that ran later would be on record."""
    out = tmp_path / "out"
    full = {"01_raises.ipynb"}

    def writes(path, data):
        if Path(path).name in full:
            full.add("report.json")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_atomic(path, data)

    monkeypatch.setattr(runner, "write_atomic", writes)
    with pytest.raises(runner.OutputError, match="No space left on device"):
        runner.run(course=course, out=out)
    assert [r.status for r in read_results(out / "report.json").values()] == ["ok", "pending"]
    full.clear()
    executed.clear()
    assert not runner.run(course=course, out=out, resume=True).failed
    assert [name for name, _ in executed] == ["01_raises"]


def test_a_lesson_whose_output_cannot_be_written_fails_alone(course, executed, tmp_path):
    out = tmp_path / "out"
    (out / "00_good.ipynb" / "in the way").mkdir(parents=True)
    report = runner.run(course=course, out=out)
    assert [r.status for r in report.results.values()] == ["unwritten", "ok"]
    assert str(report.results["00_good"].failure).endswith("Error: 00_good.ipynb could not be written: Is a directory")
    assert "its output cannot be written" in (out / "index.html").read_text(encoding="utf-8")


BROKEN = {
    "format 3": (json.dumps({"nbformat": 3, "worksheets": [{"cells": []}]}), "it is of format 3: open it in"),
    "list": ("[]", "it holds a list"),
    "nothing in it": ("{}", "it has no `nbformat` 4"),
    "no cells": ('{"nbformat": 4}', "it has no list of `cells`"),
    "no source": ('{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "its cell 1 has no source"),
    "number as source": ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}', "its cell 1 has no source"),
    "unknown cell": (
        '{"nbformat": 4, "cells": [{"cell_type": "cod", "source": "1/0"}]}',
        "no known type, but 'cod'",
    ),
    "no cell": ('{"nbformat": 4, "cells": [null]}', "its cell 1 is of no known type"),
    "tags": (
        '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "metadata": {"tags": "a"}}]}',
        "the tags of its cell 1 are no list of words",
    ),
    "metadata": (
        '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "metadata": []}]}',
        "the metadata of its cell 1 is no dict",
    ),
    "outputs": (
        '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "outputs": {}}]}',
        "the outputs of its cell 1 are no list of dicts",
    ),
    "UTF-16": ("{}".encode("utf-16"), "it is written in UTF-16: save it as UTF-8"),
    "Latin-1": (b'{"caf\xe9": 1}', "can't decode byte 0xe9"),
    "zero bytes": ("", "it is empty (0 bytes)"),
    "web page": ("<!DOCTYPE html>\n<html>", "it begins with '<!DOCTYPE html>': a web page was saved, not the notebook"),
    "half": ('{"nbformat": 4, "cells": [', "Expecting value"),
    "deep": ("[" * 100_000, "its lists are thousands deep"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_notebook_that_is_none_fails_alone_with_a_sentence(course, executed, tmp_path, case, capsys):
    content, says = BROKEN[case]
    file = course / "notebooks" / "00_good.ipynb"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    report = runner.run(course=course, out=tmp_path / "out", progress=True)
    assert [r.status for r in report.results.values()] == ["unreadable", "ok"]
    failure = str(report.results["00_good"].failure)
    assert "00_good.ipynb is not a notebook: " in failure
    assert says in failure
    assert str(tmp_path) not in failure
    assert says in capsys.readouterr().out
    assert [name for name, _ in executed] == ["01_raises"]
    assert read_results(tmp_path / "out" / "report.json") == report.results


def test_a_notebook_with_a_byte_order_mark_is_one(course, executed, tmp_path):
    file = course / "notebooks" / "00_good.ipynb"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert not runner.run(course=course, out=tmp_path / "out").failed


def test_a_run_of_one_lesson_keeps_the_record_of_the_others(course, executed, tmp_path):
    """The evening before, as README has it: all of them, one with a parameter, then what is missing."""
    out = tmp_path / "out"
    write_notebook(course, "02_late", ["print('late')"])
    runner.run(course=course, out=out)
    runner.run(["1"], course=course, out=out, parameters={"SEED": 7})
    assert [
        (r.name, r.parameters["SEED"]) for r in read_results(out / "report.json").values() if "SEED" in r.parameters
    ]
    assert "3 lessons: all of them ran to their end" in (out / "index.html").read_text(encoding="utf-8")
    executed.clear()
    runner.run(course=course, out=out, resume=True)
    assert [name for name, _ in executed] == ["01_raises"], "the one that ran with another parameter"
    runner.run(["0"], course=course, out=out)
    executed.clear()
    runner.run(course=course, out=out, resume=True)
    assert executed == []


def test_a_lesson_that_is_no_more_leaves_the_report(course, executed, tmp_path):
    out = tmp_path / "out"
    runner.run(course=course, out=out)
    (course / "notebooks" / "01_raises.ipynb").unlink()
    runner.run(["0"], course=course, out=out)
    assert list(read_results(out / "report.json")) == ["00_good"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"nbformat": 4, "cells": []}'])
def test_resume_does_not_keep_half_a_notebook(course, executed, tmp_path, content):
    out = tmp_path / "out"
    runner.run(course=course, out=out)
    (out / "00_good.ipynb").write_text(content)
    executed.clear()
    runner.run(course=course, out=out, resume=True)
    assert [name for name, _ in executed] == ["00_good"]


GOOD_ROW = {"name": "00_good", "title": "00 Good", "fingerprint": "x", "status": "ok", "notebook": "00_good.ipynb"}


@pytest.mark.parametrize(
    "recorded",
    [
        None, 3, [], [[]], {}, {"results": None}, {"results": 3}, {"results": {"a": 1}}, {"results": [None, 3, []]},
        *({"results": [{**GOOD_ROW, **change}]} for change in (
            {"name": 3}, {"name": None}, {"title": []}, {"status": []}, {"status": "odd"}, {"seconds": "1"},
            {"seconds": True}, {"notebook": ["a"]}, {"notebook": "../../etc/passwd"}, {"notebook": "a\\b"},
            {"parameters": []}, {"failure": 3}, {"failure": {}, "x": 1}, {"failure": {"cell": "1"}}, {"unknown": 1},
            {"page": "http://a/b.html"}, {"reused": "yes"},
        )),
    ],
)  # fmt: skip
def test_a_report_of_odd_types_is_survived(course, executed, tmp_path, recorded):
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.json").write_text(json.dumps(recorded))
    assert read_results(out / "report.json") == {}
    assert not runner.run(["0"], course=course, out=out, resume=True).failed
    (out / "report.json").write_text(json.dumps({"results": [3, GOOD_ROW]}))
    assert list(read_results(out / "report.json")) == ["00_good"], "one bad row does not take the good ones with it"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe{", b"[" * 100_000], ids=["empty", "UTF-16", "deep"])
def test_a_report_that_is_none_is_survived(tmp_path, content):
    (tmp_path / "report.json").write_bytes(content)
    assert read_results(tmp_path / "report.json") == {}


def test_atomic_writing_leaves_the_old_file_and_no_rest_when_it_fails(tmp_path, monkeypatch):
    file = tmp_path / "report.json"
    write_atomic(file, "old")

    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(file, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
    assert file.read_text() == "old"


def test_a_failure_without_a_readable_notebook_is_reported(course, tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    (out / "00_good.ipynb").write_text("from an earlier run")
    failure = Failure(None, "", "WorkerError", "ended with code 1", "No module named papermill")

    def broken(tasks, **_):
        for task in tasks:
            yield task, Outcome("crashed", 0.1, None, failure)

    monkeypatch.setattr(runner, "execute", broken)
    report = runner.run(["0"], course=course, out=out)
    assert report.results["00_good"].failure == failure
    assert not (out / "00_good.ipynb").exists()
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "before the first cell: WorkerError: ended with code 1" in page
    assert "No module named papermill" in page


def test_jobs_share_the_processors_unless_the_user_decided(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("cnnlab.course.batch.here.cpus", lambda: 8)
    assert environment(4)["OMP_NUM_THREADS"] == "2"
    assert "OMP_NUM_THREADS" not in environment(1)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert environment(4)["OMP_NUM_THREADS"] == "5"


def test_the_full_profile_runs_one_at_a_time_unless_told(course, executed, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "cpus", lambda: 8)
    assert runner.run(course=course, out=tmp_path / "out").jobs == 2
    assert runner.run(course=course, out=tmp_path / "out", profile="full").jobs == 1
    assert runner.run(course=course, out=tmp_path / "out", profile="full", jobs=3).jobs == 3


@pytest.mark.parametrize("word", ["0", "00", "00_good", "notebooks/00_good.ipynb", "./lessons/00_good.py"])
def test_the_ways_to_name_a_lesson(course, monkeypatch, word):
    monkeypatch.chdir(course)
    monkeypatch.delenv("CNNLAB_COURSE", raising=False)
    assert [lesson.name for lesson in find_lessons([word, word])] == ["00_good"]


def test_where_the_course_is_looked_for(course, tmp_path, monkeypatch):
    monkeypatch.delenv("CNNLAB_COURSE", raising=False)
    monkeypatch.chdir(course / "notebooks")
    assert course_folder() == course
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CNNLAB_COURSE", str(course))
    assert [lesson.title for lesson in all_lessons()] == ["00 Good", "01 Raises"]
    monkeypatch.setenv("CNNLAB_COURSE", str(tmp_path / "no"))
    with pytest.raises(CourseError, match="`CNNLAB_COURSE` must name a folder .* Received: '.*no'"):
        course_folder()
    monkeypatch.delenv("CNNLAB_COURSE")
    monkeypatch.setattr("cnnlab.course.lessons.__file__", str(tmp_path / "site" / "cnnlab" / "course" / "lessons.py"))
    with pytest.raises(CourseError, match="No course here"):
        course_folder()


def claiming(width: int, height: int) -> str:
    """A picture of a few bytes whose header says this."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0")
    chunks = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (header, data, b"IEND"))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


def test_thumbnails_are_small_and_a_broken_picture_is_skipped():
    def notebook(*pictures):
        return {"cells": [{"outputs": [{"data": {"image/png": p}} for p in pictures]}]}

    assert thumbnail(notebook()) is None
    assert thumbnail(notebook("bm90IGEgcGljdHVyZQ==")) is None
    assert thumbnail(notebook("bm90IGEgcGljdHVyZQ==", PIXEL)).startswith(b"\x89PNG")
    assert thumbnail(notebook(claiming(20_000, 20_000))) is None  # 400 million pixels: Pillow refuses it as a bomb
    assert thumbnail(notebook(claiming(10_000, 10_000), PIXEL)).startswith(b"\x89PNG")  # Pillow would warn of it
    assert thumbnail(notebook("bm90IGJhc2U2NA", "!!!", PIXEL)).startswith(b"\x89PNG")
    page = ['<img alt="two pixels" ', f'src="data:image/png;base64,{PIXEL}">']  # a file keeps it as a list of lines
    assert thumbnail({"cells": [{"outputs": [{"data": {"text/html": page}}]}]}).startswith(b"\x89PNG")


def test_an_empty_report_and_an_unfinished_one():
    report = Report({"00_a": Result("00_a", "A & B", "x")}, "now", stopped="Stopped by hand.")
    assert [r.name for r in report.failed] == ["00_a"]
    page = report.to_html(Path("nowhere"))
    assert "A &amp; B" in page
    assert "not finished" in page
    assert "Stopped by hand." in page
