"""The command line: words in, words and exit status out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from toy_course import write_course, write_lesson

import cnnlab
from cnnlab import datasets, doctor
from cnnlab.course import cli
from cnnlab.course.batch import runner
from cnnlab.course.batch.report import Report, Result
from cnnlab.course.building import notebooks
from cnnlab.course.building.lesson_text import BuildError


@pytest.fixture
def course(tmp_path, monkeypatch):
    course = write_course(tmp_path / "course", "00_good", "01_raises")
    monkeypatch.setenv("CNNLAB_COURSE", str(course))
    monkeypatch.chdir(tmp_path)
    return course


@pytest.fixture
def ran(monkeypatch):
    """Replace the runner; the dictionary holds what it was asked for and, under "status", what it answers."""
    asked = {"status": "ok"}

    def run(lessons, **options):
        asked.update(options, lessons=lessons)
        return Report({"00_good": Result("00_good", "Good", "x", status=asked["status"])}, "now")

    monkeypatch.setattr(runner, "run", run)
    return asked


def python(*words, **environment):
    return subprocess.run(
        [sys.executable, *words], capture_output=True, env={**os.environ, **environment}, timeout=60, check=False
    )


def test_module_and_version():
    done = python("-m", "cnnlab", "--version")
    assert (done.returncode, done.stdout.decode().strip()) == (0, f"cnnlab {cnnlab.__version__}")


def test_nothing_heavy_is_imported_before_a_command_needs_it():
    heavy = "numpy", "tensorflow", "keras", "matplotlib", "ipywidgets", "papermill", "jupytext", "PIL", "tqdm"
    code = f"import sys, cnnlab.course.cli; print([m for m in {heavy!r} if m in sys.modules])"
    assert python("-c", code).stdout.decode().strip() == "[]"


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    assert stopped.value.code == 0
    assert "cnnlab run --resume" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["run", "--jobs", "0"],
        ["run", "--timeout", "nan"],
        ["run", "--profile", "slow"],
        ["run", "-p", "SEED"],
        ["run", "-p", "SEED", "--resume"],
        ["run", "-p", "=", "7"],
        ["build", "--check", "--sync"],
        ["data"],
        ["data", "get"],
    ],
)
def test_wrong_commands_exit_2(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 2
    assert "usage: cnnlab" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "code", "words"), [("ok", 0, "1 of 1"), ("raised", 1, "0 of 1")])
def test_run_passes_everything_on_and_says_how_it_went(ran, capsys, status, code, words):
    ran["status"] = status
    line = "run 0 --profile full -p SEED 7 -p RATE -1 -p LR -1e-3 -p LOW -inf --parameter B false -p T a=b"
    line += " --jobs 3 --timeout 2.5 --out there --resume --cluster local:4"
    assert cli.main(line.split()) == code
    assert words in capsys.readouterr().out
    del ran["status"]
    assert ran == {
        "lessons": ["0"],
        "profile": "full",
        "parameters": {"SEED": "7", "RATE": "-1", "LR": "-1e-3", "LOW": "-inf", "B": "false", "T": "a=b"},
        "jobs": 3,
        "timeout": 2.5,
        "out": "there",
        "cluster": "local:4",
        "resume": True,
        "progress": True,
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "9"], "`LESSON` must be one of the course's. Received: '9'"),
        (["run", "✔"], "`LESSON` must be one of the course's."),
        (["run", "-p", "SEEDS", "1"], "has no parameter `SEEDS`"),
        (["run", "--out", "file"], "`out` must be a folder that can be written. Received: 'file'"),
        (["build", "9"], "`LESSON`"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(course, tmp_path, capsys, words, message):
    (tmp_path / "file").write_text("in the way")
    assert cli.main(words) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.startswith("cnnlab: ")
    assert errors.count("\n") == 1


def test_a_tilde_is_the_home_folder(ran, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    cli.main(["run", "~/00_good.py", "--out", "~/runs"])
    assert [Path(word) for word in (*ran["lessons"], ran["out"])] == [tmp_path / "00_good.py", tmp_path / "runs"]


def test_no_course_is_a_clear_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CNNLAB_COURSE", str(tmp_path))
    assert cli.main(["run"]) == 2
    assert "`CNNLAB_COURSE` must name a folder" in capsys.readouterr().err


def test_a_console_that_lacks_characters_does_not_crash(course):
    write_lesson(course, "00_яблоко", "# %% [markdown]\n# # Яблоко\n")
    done = python("-m", "cnnlab", "build", "--check", PYTHONIOENCODING="cp1252")
    assert done.returncode == 1
    assert b"00_??????: not today" in done.stdout
    assert done.stderr == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_exits_130_without_a_traceback(monkeypatch, capsys, number):
    before = signal.getsignal(signal.SIGTERM)
    as_in_a_terminal = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores Ctrl-C
    monkeypatch.setattr(runner, "run", lambda *_, **__: signal.raise_signal(number))
    try:
        assert cli.main(["run"]) == 130
    finally:
        signal.signal(signal.SIGINT, as_in_a_terminal)
    assert capsys.readouterr().err == "Stopped.\n"
    assert signal.getsignal(signal.SIGTERM) is before


def test_missing_batch_tools_say_what_to_type(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cli.main(["run"]) == 2
    assert "pip install 'cnnlab[batch]'" in capsys.readouterr().err
    assert cli.main(["build"]) == 2


def test_build_check_sync_and_build(course, capsys):
    for notebook in (course / "notebooks").iterdir():
        notebook.unlink()
    write_lesson(course, "00_good", "# %% [markdown]\n# # Good\n")
    assert cli.main(["build", "--check"]) == 1
    assert cli.main(["build", "--no-execute"]) == 0
    assert cli.main(["build", "--check"]) == 1  # not executed
    assert cli.main(["build", "--sync"]) == 0
    text = capsys.readouterr().out
    stale, unexecuted = "00_good: not today's navigation", "cell 2: not executed"
    for words in (stale, "written    00_good", unexecuted, "Nothing to take back."):
        assert words in text


def test_a_failed_build_exits_1(monkeypatch, course, capsys):
    def fail(*_, **__):
        raise BuildError("00_good: cell 4: ValueError: no")

    monkeypatch.setattr(notebooks, "build", fail)
    assert cli.main(["build"]) == 1
    assert capsys.readouterr().err == "cnnlab: 00_good: cell 4: ValueError: no\n"


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warning", 0), ("problem", 1)])
def test_doctor(monkeypatch, capsys, status, code):
    monkeypatch.setattr(doctor, "report", lambda: [SimpleNamespace(status=status)])
    monkeypatch.setattr(doctor, "render", lambda findings: f"{len(findings)} finding")
    assert cli.main(["doctor"]) == code
    assert capsys.readouterr().out == "1 finding\n"


def test_data_list_and_path(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CNNLAB_CACHE", str(tmp_path))
    monkeypatch.delenv("CNNLAB_DATA", raising=False)
    assert cli.main(["data", "path"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path)
    assert cli.main(["data", "list"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("mnist")
    assert "not here, from https://" in text


def test_data_get(monkeypatch, capsys):
    def fetch(name, to=None, progress=None):
        if name == "nothing":
            raise datasets.DataError("no network")
        if name == "unknown":
            raise ValueError("`name` must be one of 'mnist'. Received: 'unknown'")
        progress(5, 10)
        return Path(to or "cache") / name

    monkeypatch.setattr(datasets, "fetch", fetch)
    assert cli.main(["data", "get", "mnist", "--to", "share"]) == 0
    assert capsys.readouterr().out == f"{Path('share/mnist')}\n"
    assert cli.main(["data", "get", "nothing", "mnist"]) == 1  # the others are fetched all the same
    got = capsys.readouterr()
    assert got.err == "cnnlab: no network\n"
    assert got.out == f"{Path('cache/mnist')}\n"
    assert cli.main(["data", "get", "unknown"]) == 2
