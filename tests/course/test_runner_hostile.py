"""What notebooks do to the runner: each is run for real, with its own kernel, and costs only itself."""

from __future__ import annotations

import json
import os
import sys
import tempfile

import psutil
import pytest
from toy_course import printed, write_notebook

from cnnlab.course.batch import runner
from cnnlab.course.batch.processes import scratch_folder

HALF = "\\ud83d"  # half of a pair of surrogates, as text in a cell
# Starts a process in a session of its own, whose parent ends at once: nobody's child, and in no group of ours.
ORPHAN = """
import pathlib, subprocess, sys
sleep = "import pathlib, os, time; pathlib.Path('NAME').write_text(str(os.getpid())); time.sleep(600)"
start = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {sleep!r}], start_new_session=True)"
subprocess.run([sys.executable, "-c", start], check=True)
while not pathlib.Path("NAME").exists() or not pathlib.Path("NAME").read_text():
    pass
"""
SOURCES = {
    "00_hangs": [ORPHAN.replace("NAME", "hung"), "import threading\nthreading.Event().wait()"],  # first: others go on
    "00_magic": ["%nonexistentmagic", "1"],
    "01_half": [f"raise ValueError('the {HALF} reason')"],
    "02_error": ["raise ValueError('begin' + 'x' * 20_000_000 + 'end')"],
    "03_output": ["for _ in range(300):\n    print('y' * 100_000)", "print('next cell')"],
    "04_orphan": [ORPHAN.replace("NAME", "ended")],
}


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    course = tmp_path_factory.mktemp("course")
    for name, sources in SOURCES.items():
        write_notebook(course, name, sources)
    out = tmp_path_factory.mktemp("out") / "runs"
    return course, out, runner.run(course=course, out=out, jobs=2, timeout=30)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("00_magic", "cell 3: UsageError: Line magic function `%nonexistentmagic` not found."),
        ("01_half", "cell 3: ValueError: the ? reason"),
        ("02_error", "cell 3: ValueError: begin"),
    ],
)
def test_the_reason_is_kept(batch, name, words):
    _, out, report = batch
    assert str(report.results[name].failure).startswith(words)
    message = words.split(": ", 2)[2]
    for file in (f"{name}.failed.ipynb", f"{name}.html", "index.html", "report.json"):
        assert message in (out / file).read_text(encoding="utf-8")


def test_a_message_of_megabytes_is_cut_and_says_so(batch):
    _, out, report = batch
    failure = report.results["02_error"].failure
    assert len(failure.message) < 21_000
    assert failure.message.endswith("end")
    assert "19,980,008 characters left out" in failure.message
    for name in ("02_error.failed.ipynb", "02_error.html", "report.json", "index.html"):
        assert (out / name).stat().st_size < 400_000


def test_outputs_of_megabytes_are_cut_and_say_so(batch):
    _, out, report = batch
    assert report.results["03_output"].status == "ok"
    text = printed(out / "03_output.ipynb")
    assert len(text) < 10_000_200
    assert "cnnlab run keeps 10,000,000 characters of this cell's output: the rest is left out" in text
    assert text.endswith("next cell\n")


@pytest.mark.parametrize(("name", "status", "file"), [("04_orphan", "ok", "ended"), ("00_hangs", "timeout", "hung")])
def test_nothing_that_a_lesson_started_outlives_it(batch, name, status, file):
    course, _, report = batch
    assert report.results[name].status == status
    pid = int((course / "notebooks" / file).read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_kernel_that_does_not_start_says_why(tmp_path, monkeypatch):
    write_notebook(tmp_path, "00_good", ["1"])
    broken = tmp_path / "site"
    broken.mkdir()
    (broken / "ipykernel_launcher.py").write_text("raise SystemExit('the licence of this kernel has run out')")
    monkeypatch.setenv("PYTHONPATH", str(broken))
    out = tmp_path / "out"
    failure = runner.run(course=tmp_path, out=out, timeout=60).results["00_good"].failure
    assert str(failure).startswith("before the first cell: RuntimeError: Kernel died")
    assert "the licence of this kernel has run out" in failure.traceback
    for name in ("index.html", "00_good.html"):
        assert "the licence of this kernel has run out" in (out / name).read_text(encoding="utf-8")


def test_folders_of_killed_runs_are_swept_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch_folder() as running:
        prefix = running.name.rpartition(f"{os.getpid()}-")[0]
        gone = max(psutil.pids()) + 100_000
        for name in (f"{prefix}{gone}-abc", f"cnnlab-run-ffffffff-{gone}-abc", f"{prefix}word-abc", "cnnlab-data"):
            (tmp_path / name / "inside").mkdir(parents=True)
        kept = tmp_path / "kept"
        kept.mkdir()
        if sys.platform != "win32":
            (tmp_path / f"{prefix}{gone}-link").symlink_to(kept)
        with scratch_folder() as second:
            assert running.is_dir()
            assert second.is_dir()
        left = {path.name for path in tmp_path.iterdir()}
        assert f"{prefix}{gone}-abc" not in left, "its process is gone"
        assert left >= {running.name, f"cnnlab-run-ffffffff-{gone}-abc", f"{prefix}word-abc", "cnnlab-data", "kept"}
    assert not running.exists()


def test_a_notebook_of_many_megabytes_is_run_without_its_old_outputs(tmp_path, monkeypatch):
    path = write_notebook(tmp_path, "00_good", ["1"])
    notebook = json.loads(path.read_text())
    notebook["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "z" * 30_000_000}]
    path.write_text(json.dumps(notebook))
    sizes = []

    def measure(tasks, **_):
        sizes.extend(len(json.dumps(task.notebook)) for task in tasks)
        yield from ()

    monkeypatch.setattr(runner, "execute", measure)
    runner.run(course=tmp_path, out=tmp_path / "out")
    assert max(sizes) < 10_000
