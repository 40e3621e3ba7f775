"""A Dask cluster under load and under fire: minutes, so only where CNNLAB_SLOW is set. Figures are printed."""

from __future__ import annotations

import collections
import json
import os
import random
import sys
import threading
import time

import psutil
import pytest
from dask_machines import machines, tiny, write_tiny
from test_runner_hostile import SOURCES as HOSTILE
from toy_course import SOURCES, write_notebook

from cnnlab.course.batch import runner
from cnnlab.course.batch.execute import ClusterLost, execute

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.skipif(not os.environ.get("CNNLAB_SLOW"), reason="takes minutes: set CNNLAB_SLOW=1"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
]


@pytest.fixture(autouse=True)
def site(tmp_path, monkeypatch):
    env = write_tiny(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", env["PYTHONPATH"])


def shown(folder, name):
    """All that an executed notebook shows."""
    file = next(folder.glob(f"{name}*.ipynb"))
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return [[output for output in cell.get("outputs", [])] for cell in cells]


def test_four_workers_find_what_this_machine_finds(tmp_path):
    course = tmp_path / "course"
    names = [name for name in {**SOURCES, **HOSTILE} if "orphan" not in name]  # those write where they run
    sources = {f"{number:02d}{name[2:]}": {**SOURCES, **HOSTILE}[name] for number, name in enumerate(names)}
    for name, cells in sources.items():
        write_notebook(course, name, cells)
    here = runner.run(course=course, out=tmp_path / "here", jobs=2, timeout=60)
    there = runner.run(course=course, out=tmp_path / "there", cluster="local:4", timeout=60)
    for name, ours in here.results.items():
        theirs = there.results[name]
        assert (ours.status, ours.failure and (ours.failure.cell, ours.failure.name)) == (
            theirs.status,
            theirs.failure and (theirs.failure.cell, theirs.failure.name),
        ), name
        if ours.status != "timeout":
            assert shown(tmp_path / "here", name) == shown(tmp_path / "there", name), name
    print(f"\n{len(sources)} notebooks: {here.seconds:.1f} s here (2 at a time), {there.seconds:.1f} s with 4 workers")


def processor_seconds():
    """Processor time of this process and of all living below it, without that of children that have ended."""
    me = psutil.Process()
    total = 0.0
    for process in [me, *me.children(recursive=True)]:
        try:
            total += process.cpu_times().user + process.cpu_times().system
        except psutil.Error:
            continue
    return total


@pytest.mark.parametrize("place", ["local:4", "scheduler elsewhere"])
def test_five_thousand_stream_through(tmp_path, place):
    """Memory at 500 and at the end; what the cluster itself costs a notebook, in seconds of a processor."""
    number, me = int(os.environ.get("CNNLAB_STREAM", "5000")), psutil.Process()
    memory, begin, used, ended = {}, 0.0, 0.0, collections.Counter()

    def stream(address):
        nonlocal begin, used
        for task, outcome in execute((tiny(n, writes=True) for n in range(number)), cluster=address):
            ended[task.name] += 1
            assert (outcome.status, outcome.attempts) == ("ok", 1), outcome
            assert outcome.notebook["cells"]
            if len(ended) == 100:
                begin, used = time.monotonic(), processor_seconds()
            if len(ended) in (500, number):
                memory[len(ended)] = me.memory_info().rss / 1e6
            if len(ended) == number - 20:
                used, begin = processor_seconds() - used, time.monotonic() - begin

    if place == "local:4":
        stream(place)
    else:
        with machines(tmp_path, 4, {}) as cluster:
            stream(cluster.address)
    each = 1000 / (number - 120)
    print(
        f"\n{place}: {number:,} tasks, {begin * each:.0f} ms of wall time each, of which {used * each:.1f} ms of a "
        f"processor for client, scheduler and workers; {memory[500]:.1f} MB at 500, {memory[number]:.1f} MB at the end"
    )
    assert set(ended.values()) == {1}
    assert len(ended) == number
    assert used * each < 60
    assert memory[number] - memory[500] < 30


def test_ten_workers_are_killed_at_random_and_the_scheduler_once(tmp_path):
    """Each outcome is there once; what started more often than once says so; a run goes on where the last has ended."""
    rng, number = random.Random(0), 240
    done, killed, lost, begun = {}, 0, 0, collections.Counter()

    def fire(cluster, over):
        nonlocal killed
        for _ in range(10):
            if over.wait(rng.uniform(0.5, 2.5)):
                return
            workers = [p for p in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]
            rng.choice(workers).kill()
            killed += 1
        if not over.wait(1):
            cluster.scheduler.kill()

    for turn in range(20):
        waiting = [name for name in map(str, range(number)) if name not in done]
        if not waiting:
            break
        folder = tmp_path / f"dask{turn}"
        folder.mkdir()
        starts, here, over = folder / "starts", {}, threading.Event()
        with machines(folder, 4, {}) as cluster:
            outcomes = execute((tiny(n, waits=0.5, starts=str(starts)) for n in waiting), cluster=cluster.address)
            gun = threading.Thread(target=fire, args=(cluster, over))
            if turn == 0:
                gun.start()
            try:
                for task, outcome in outcomes:
                    assert task.name not in here
                    here[task.name] = outcome
            except ClusterLost as error:
                print(f"\nturn {turn}: {error} {len(here)} of {number} had ended")
            over.set()
            if turn == 0:
                gun.join()
        ran = collections.Counter(starts.read_text().split())
        assert {name: n for name, n in ran.items() if name in here and n > here[name].attempts} == {}
        assert {outcome.failure.name for outcome in here.values() if outcome.status != "ok"} <= {"KilledWorker"}
        lost += sum(outcome.status != "ok" for outcome in here.values())
        begun += ran
        done.update({name: outcome for name, outcome in here.items() if outcome.status == "ok"})
    twice = sum(outcome.attempts > 1 for outcome in done.values())
    print(
        f"\n{killed} workers and the scheduler killed in {turn} runs: {len(done)} of {number} done in "
        f"{sum(begun.values())} starts; {twice} ran more than once and say so; {lost} were given up after two lost "
        "workers and ran again in the next run"
    )
    assert killed == 10
    assert len(done) == number
