"""A Dask cluster as a place to run: outcomes, lost workers, a lost scheduler, machines that differ."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import os
import sys
import threading
from dataclasses import replace

import psutil
import pytest
from dask_machines import machines, tiny, write_tiny
from toy_course import printed, write_course, write_lesson, write_notebook

from cnnlab.course.batch import agreement, cluster, execute, remote, runner, stream
from cnnlab.course.batch.execute import ClusterLost, Outcome
from cnnlab.course.batch.report import Result, read_results
from cnnlab.course.building import notebooks
from cnnlab.course.lessons import CourseError

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    return write_tiny(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def two(tmp_path_factory, env):
    """A scheduler with Dask's own settings, and two workers."""
    folder = tmp_path_factory.mktemp("dask")
    with machines(folder, 2, env) as cluster:
        yield cluster


@pytest.fixture
def both(two):
    """The same, after both workers are there: a test before may have killed one."""
    from distributed import Client

    with Client(two.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    return two


@pytest.fixture
def here(env, monkeypatch):
    """Let this machine know the tiny worker too."""
    monkeypatch.setenv("PYTHONPATH", env["PYTHONPATH"])


def ended(tasks, **options):
    return {task.name: outcome for task, outcome in execute.execute(tasks, **options)}


def alike(outcome: Outcome) -> Outcome:
    """An outcome without what may differ between two machines."""
    failure = outcome.failure and replace(outcome.failure, traceback="")
    return replace(outcome, seconds=0.0, place="", failure=failure)


def test_outcomes_are_those_of_this_machine(two, here):
    def tasks():
        yield tiny("good")
        yield replace(tiny("seed"), parameters={"name": "seed", "SEED": 3})
        yield tiny("raised", status="raised")
        yield tiny("dies", dies=True)
        yield tiny("writes", writes=True)

    slow = tiny("slow", waits=60)
    there = ended(tasks(), cluster=two.address) | ended([slow], cluster=two.address, timeout=0.3)
    for name, outcome in (ended(tasks(), jobs=2) | ended([slow], timeout=0.3)).items():
        assert alike(there[name]) == alike(outcome)
    assert [there[name].status for name in ("good", "raised", "dies", "slow")] == ["ok", "raised", "crashed", "timeout"]
    assert there["seed"].result["seed"] == 3
    assert there["writes"].notebook["cells"][0]["source"] == "1 + 1"
    assert {outcome.attempts for outcome in there.values()} == {1}
    assert all("tcp://127.0.0.1:" in outcome.place for outcome in there.values())


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes")
def test_a_worker_that_is_killed_costs_a_second_start_and_says_so(two, tmp_path):
    os.mkfifo(pipe := tmp_path / "pipe")

    def kill_first():
        psutil.Process(int(pipe.read_text().split()[1])).kill()
        pipe.read_text()  # the second start tells too

    killer = threading.Thread(target=kill_first)
    killer.start()
    there = ended([tiny("hit", tells=str(pipe), waits=0.5), *map(tiny, range(3))], cluster=two.address)
    killer.join()
    assert {name: (o.status, o.attempts) for name, o in there.items()} == {
        "hit": ("ok", 2), "0": ("ok", 1), "1": ("ok", 1), "2": ("ok", 1),
    }  # fmt: skip


def test_a_notebook_that_kills_its_workers_is_given_up(two, tmp_path):
    """The scheduler would try four times: its own setting of allowed failures is 3."""
    starts = tmp_path / "starts"
    there = ended([tiny("killer", kills=True, starts=str(starts)), *map(tiny, range(4))], cluster=two.address)
    outcome = there.pop("killer")
    assert outcome.status == "crashed"
    assert "two workers that ran it were lost, and the next start was stopped" in str(outcome.failure)
    assert outcome.failure.name == "KilledWorker"
    assert outcome.attempts == 3
    assert starts.read_text().count("killer") in (2, 3)  # the third may have been stopped before its process was there
    assert {o.status for o in there.values()} == {"ok"}


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes")
def test_leaving_early_ends_what_runs_there(two, tmp_path):
    os.mkfifo(pipe := tmp_path / "pipe")
    found = []
    reader = threading.Thread(target=lambda: found.append(psutil.Process(int(pipe.read_text().split()[0]))))
    reader.start()
    outcomes = execute.execute([tiny("first"), tiny("waits", tells=str(pipe), waits=600)], cluster=two.address)
    with contextlib.closing(outcomes):
        assert next(outcomes)[0].name == "first"
        reader.join()
    found[0].wait(timeout=30)


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes")
def test_a_scheduler_without_workers_and_one_that_is_lost(tmp_path, env, monkeypatch):
    os.mkfifo(pipe := tmp_path / "pipe")
    with machines(tmp_path, 0, env) as cluster_of_one:
        monkeypatch.setattr(cluster, "FIRST_WORKER", 0.1)
        with pytest.raises(CourseError, match="answers, but has no worker after 0.1 s"):
            execute.execute([tiny("a")], cluster=cluster_of_one.address)
        monkeypatch.setattr(cluster, "FIRST_WORKER", 60)
        cluster_of_one.worker("--no-nanny")

        def kill():
            pipe.read_text()
            cluster_of_one.scheduler.kill()

        threading.Thread(target=kill, daemon=True).start()
        tasks = [tiny("first"), tiny("waits", tells=str(pipe), waits=600)]
        outcomes = execute.execute(tasks, cluster=cluster_of_one.address)
        assert next(outcomes)[0].name == "first"
        with pytest.raises(ClusterLost, match="The scheduler of tcp://.* is gone. What had ended is on disk: `--resum"):
            next(outcomes)


def test_tasks_are_read_as_they_are_needed(both):
    """Two threads, and two tasks for each: what was taken is at most 4 ahead of what has ended."""
    taken, most = [], 0

    def tasks():
        for number in range(12):
            taken.append(number)
            yield tiny(number)

    for count, _ in enumerate(execute.execute(tasks(), cluster=both.address)):
        most = max(most, len(taken) - count)
    assert most <= 4
    assert len(taken) == 12


def test_a_worker_takes_its_own_environment_and_what_was_changed(both, monkeypatch):
    monkeypatch.setenv("CNNLAB_ONLY_HERE", "1")
    monkeypatch.setenv("CNNLAB_OFFLINE", "1")
    names = ["CNNLAB_ONLY_HERE", "CNNLAB_STRICT", "MADE", "CNNLAB_OFFLINE", "CNNLAB_CACHE"]
    changed = {**execute.environment(), "MADE": "yes", "CNNLAB_CACHE": "/of/this/machine"}
    del changed["CNNLAB_OFFLINE"]
    task = tiny("env", env=names, lists=["CNNLAB_CACHE"])
    result = ended([task], cluster=both.address, env=changed)["env"].result
    found = result["env"]
    assert found["CNNLAB_CACHE"] not in (None, "/of/this/machine")
    assert result["listed"] == [[]]
    assert {name: found[name] for name in names[:4]} == {
        "CNNLAB_ONLY_HERE": None, "CNNLAB_STRICT": "1", "MADE": "yes", "CNNLAB_OFFLINE": None,
    }  # fmt: skip


def test_a_worker_shares_its_machine_with_its_neighbours():
    """Two workers of 2 and 1 threads on one machine: 3 places."""

    class Worker:
        address = "tcp://10.0.0.1:4"

    class Client:
        def nthreads(self):
            return {"tcp://10.0.0.1:4": 2, "tcp://10.0.0.1:5": 1, "tcp://10.0.0.2:4": 8}

    assert remote._places_on_this_machine(Worker, Client()) == 3


@pytest.mark.parametrize(
    "address",
    ["", "10.0.0.1", "10.0.0.1:8786", "http://a:1", "tcp://a", "tcp://a:0", "tcp://a:65536", "tcp://a b:1", "local:0",
     "local:65", "local:", "local:-1", "tcp://a:1/b", None, 4],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(address, tmp_path):
    course = write_course(tmp_path, "00_good")
    words = r"`cluster` must be tcp://HOST:PORT or tls://HOST:PORT .* or local:N .* 1 to 64. Received: "
    with pytest.raises(CourseError, match=words):
        cluster.check_address(address)
    if address:
        with pytest.raises(CourseError, match=words):
            runner.run(course=course, out=tmp_path / "out", cluster=address)
        assert not (tmp_path / "out" / "report.json").exists()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tls://[::1]:1", "tcp://head-node.example.org:65535"])
def test_an_address_that_is_one(address):
    assert cluster.check_address(address) == (address, 0)


def test_a_scheduler_that_does_not_answer(monkeypatch, unused_port):
    monkeypatch.setattr(cluster, "ANSWER", 0.3)
    with pytest.raises(CourseError, match=rf"no scheduler answers at tcp://127.0.0.1:{unused_port} within 0.3 s"):
        execute.execute([tiny("a")], cluster=f"tcp://127.0.0.1:{unused_port}")


@pytest.fixture
def unused_port():
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_certificates_that_are_not_there(unused_port):
    before = set(threading.enumerate())
    with pytest.raises(CourseError, match=rf"`cluster`: tls://127.0.0.1:{unused_port} cannot be used: .*TLS"):
        execute.execute([tiny("a")], cluster=f"tls://127.0.0.1:{unused_port}")
    assert set(threading.enumerate()) <= before, "half a client is left"


@pytest.mark.parametrize("module", ["distributed", "cryptography"])
def test_without_dask_it_says_what_to_type(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(CourseError, match=r"pip install 'cnnlab\[cluster\]'"):
        execute.execute([tiny("a")], cluster="local:1")


def test_machines_of_another_version_are_refused_with_both_named(both, monkeypatch):
    versions = agreement.versions

    def other(changes=None):
        return {**versions(changes), "keras": "9.9", "dask": "2000.1"}

    monkeypatch.setattr(agreement, "versions", other)
    with pytest.raises(CourseError) as refused:
        execute.execute([tiny("a")], cluster=both.address)
    first, scheduler, *workers = str(refused.value).split("\n")
    assert first == f"`cluster`: not every machine of {both.address} is as this one. Nothing was started."
    assert scheduler == f"  the scheduler: dask {versions()['dask']} (here 2000.1)"
    assert len(workers) == 2
    assert all(f"keras {versions()['keras']} (here 9.9); dask" in line for line in workers)
    assert all(line.startswith("  worker tcp://127.0.0.1:") for line in workers)


def test_a_backend_that_differs_is_a_version(two, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "nowhere")
    with pytest.raises(CourseError, match=r"backend \w+ [\d.]+ \(here nowhere, not installed\)"):
        execute.execute([tiny("a")], cluster=two.address)


def test_a_worker_that_joins_later_and_differs_is_not_used(both, monkeypatch):
    """Every worker says so when its first task comes; none is left, and the run ends."""
    monkeypatch.setattr(stream, "WITHOUT_WORKERS", 0.5)
    monkeypatch.setattr(cluster, "_check", lambda *_: None)
    monkeypatch.setattr(agreement, "versions", lambda changes=None: {"keras": "9.9"})
    said = []
    outcomes = execute.execute(map(tiny, range(4)), cluster=both.address, announce=said.append)
    with pytest.raises(ClusterLost, match="has had no worker that may be used for 0.5 s"):
        next(outcomes)
    assert len(said) == 3  # where it runs, and two workers
    assert all(f"is not used: keras {_keras()} (here 9.9)" in line for line in said[1:])


def test_a_task_that_fails_outside_of_its_notebook_is_reported(two, env, monkeypatch):
    monkeypatch.syspath_prepend(env["PYTHONPATH"].split(os.pathsep)[0])
    monkeypatch.setattr(stream, "perform", importlib.import_module("broken_there").fails)
    outcome = ended([tiny("a")], cluster=two.address)["a"]
    assert (outcome.status, outcome.attempts) == ("crashed", 1)
    assert str(outcome.failure) == "OSError: [Errno 28] No space left on device"


def test_machines_that_cannot_load_the_package_are_refused(two, tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("def machine(changes):\n    pass\n\ndef versions(changes):\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(cluster, "_SHOWN", 2)
    for name in ("machine", "versions"):
        monkeypatch.setattr(cluster, name, getattr(importlib.import_module("only_here"), name))
    from distributed import Client

    with Client(two.address, set_as_default=False) as client, pytest.raises(CourseError) as refused:
        cluster._check(client, two.address, {}, {}, print)
    _, scheduler, worker, more = str(refused.value).split("\n")
    assert scheduler.startswith("  the scheduler: ")
    assert worker.startswith("  worker tcp://127.0.0.1:")
    for line in (scheduler, worker):
        assert "it cannot say what it has. Is this cnnlab installed there?" in line
        assert "No module named 'only_here'" in line
    assert more == "  … and 1 more"


def _keras():
    from importlib.metadata import version

    return version("keras")


def test_data_files_that_the_workers_lack_are_named_before_anything_starts(two, monkeypatch, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"12345")
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
    with pytest.raises(CourseError, match=r"worker tcp://127.0.0.1:\d+ on .*: no data file mnist, which is here"):
        execute.execute([tiny("a")], cluster=two.address)


def test_what_else_is_said_of_data():
    def report(data, folder="", there=True):
        return {"data": data, "folder": folder, "there": there}

    def phrases(*reports):
        return list(agreement.data_differences(*reports))

    assert phrases(report({"mnist": 5}), report({"mnist": 5, "cifar10": 7})) == []
    assert phrases(report({"mnist": 5000}), report({"mnist": 5})) == ["a data file mnist of 5 bytes (here 5,000)"]
    assert phrases(report({}), report({}, "/data", False)) == ["CNNLAB_DATA names no folder there: /data"]


def test_the_package_s_source_is_part_of_its_version(tmp_path, monkeypatch):
    """Line ends of Windows are no change; a letter is one."""
    package = tmp_path / "cnnlab"
    (package / "course" / "batch").mkdir(parents=True)
    monkeypatch.setattr(agreement, "__file__", str(package / "course" / "batch" / "agreement.py"))
    names = []
    for text in (b"a = 1\n", b"a = 1\r\n", b"a = 2\n"):
        (package / "one.py").write_bytes(text)
        names.append(agreement.versions()["cnnlab"])
    assert names[0] == names[1] != names[2]


# What a teacher sees.


def test_run_says_where_a_lesson_ran(both, tmp_path, capsys):
    course, out = tmp_path / "course", tmp_path / "out"
    write_notebook(course, "00_short", ["print('seed', SEED)", "raise ValueError('3 <b>bold</b> words')"])
    report = runner.run(course=course, out=out, cluster=both.address, progress=True, parameters={"SEED": "7"})
    result = report.results["00_short"]
    assert str(result.failure) == "cell 4: ValueError: 3 <b>bold</b> words"
    assert result.place.endswith(")")
    assert "tcp://127.0.0.1:" in result.place
    assert printed(out / "00_short.failed.ipynb") == "seed 7\n"
    said = capsys.readouterr().out.split("\n")
    assert said[0] == f"On {both.address}: 2 workers, 2 notebooks at a time."
    assert f"  on {result.place}  cell 4" in said[1]
    page = (out / "index.html").read_text(encoding="utf-8")
    assert f"on the cluster {both.address}" in page
    assert f"{result.seconds:.1f} s, on {result.place}</p>" in page
    assert read_results(out / "report.json") == report.results


def test_a_second_start_is_in_the_report():
    twice = Result("02", "Two", "", place="node7 (tcp://10.0.0.7:1)", attempts=2)
    assert twice.travels == "on node7 (tcp://10.0.0.7:1), started 2 times: the worker before was lost"
    assert replace(twice, attempts=3).travels.endswith("started 3 times: the workers before were lost")
    assert Result("02", "Two", "").travels == ""


def losing(after):
    """An `execute` whose cluster is gone after so many outcomes."""

    def run(tasks, **_):
        for task in itertools.islice(tasks, after):
            cells = [{**cell, "outputs": [], "execution_count": 1} for cell in task.notebook["cells"]]
            yield task, Outcome("ok", 1.5, {**task.notebook, "cells": cells, "metadata": {"papermill": {}}})
        raise ClusterLost("The scheduler is gone.")

    return run


def test_a_run_that_loses_its_cluster_keeps_what_had_ended(tmp_path, monkeypatch, capsys):
    course, out = write_course(tmp_path / "course", "00_good", "01_raises"), tmp_path / "out"
    monkeypatch.setattr(runner, "execute", losing(1))
    report = runner.run(course=course, out=out, cluster="tcp://a:1", progress=True)
    assert report.stopped == "The scheduler is gone."
    assert "The scheduler is gone." in capsys.readouterr().out
    assert [r.name for r in report.failed] == ["01_raises"]
    assert [r.status for r in read_results(out / "report.json").values()] == ["ok", "pending"]
    assert "The scheduler is gone." in (out / "index.html").read_text(encoding="utf-8")
    monkeypatch.setattr(runner, "execute", losing(2))
    assert [r.reused for r in runner.run(course=course, out=out, resume=True).results.values()] == [True, False]


def test_jobs_are_for_this_machine(tmp_path):
    with pytest.raises(
        CourseError, match="`jobs` is for this machine.* leave out `--jobs` or `--cluster`. Received: 3 and 'local:2'"
    ):
        runner.run(course=write_course(tmp_path, "00_good"), out=tmp_path / "out", jobs=3, cluster="local:2")


def test_build_takes_a_cluster(tmp_path, monkeypatch):
    for name in ("00_one", "01_two"):
        write_lesson(tmp_path, name, f"# %% [markdown]\n# # {name}\n\n# %%\n1 + 1\n")
    given = {}

    def run(tasks, **options):
        given.update(options)
        return losing(1)(tasks)

    monkeypatch.setattr(notebooks, "execute_notebooks", run)
    with pytest.raises(notebooks.BuildError, match=r"The scheduler is gone\. Not built: 01_two"):
        notebooks.build(course=tmp_path, cluster="tcp://a:1")
    assert given["cluster"] == "tcp://a:1"
    assert (tmp_path / "notebooks" / "00_one.ipynb").exists()


def test_build_refuses_an_address_that_is_none_before_it_looks_what_has_changed(tmp_path):
    write_lesson(tmp_path, "00_one", "# %% [markdown]\n# # 00_one\n")
    notebooks.build(course=tmp_path, execute=False)
    with pytest.raises(CourseError, match="`cluster` must be tcp://HOST:PORT .* Received: 'foo'"):
        notebooks.build(course=tmp_path, execute=False, cluster="foo")


def test_a_cluster_of_one_s_own(here):
    """TLS with certificates that exist in memory alone; gone with the run."""
    said = []
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    assert {o.status for o in ended(map(tiny, range(2)), cluster="local:1", announce=said.append).values()} == {"ok"}
    assert said == ["On local:1: 1 worker, 1 notebook at a time."]
    left = {child.pid for child in psutil.Process().children(recursive=True)} - before
    names = [" ".join(psutil.Process(pid).cmdline()) for pid in left]
    assert all("resource_tracker" in name for name in names)
