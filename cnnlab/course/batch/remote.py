"""What a Dask worker does with one notebook: the same as `execute` does on this machine, in a scratch folder there."""

from __future__ import annotations

import contextlib
import json
import platform
import signal
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from cnnlab.course.batch.agreement import differences, versions_at_start
from cnnlab.course.batch.here import environment, run_here
from cnnlab.course.batch.processes import scratch_folder
from cnnlab.course.batch.tasks import Failure, Outcome, Task

_COUNT_AGAIN = 10.0  # seconds
_places: dict[str, tuple[float, int]] = {}  # address of a worker in this process → when, how many


class NotWanted(Exception):
    """Nobody waits for this notebook any more."""


def dask_setup(_: Any) -> None:
    """Leave Ctrl-C in the terminal to the process that has started this worker: it ends the worker in good order."""
    signal.signal(signal.SIGINT, lambda *_: None)  # unlike SIG_IGN, nothing that is started here inherits it


def pack(message: dict[str, Any]) -> bytes:
    """Return `message` as compressed JSON.

    >>> unpack(pack({"name": "02", "half": "\\ud83d"}))["name"]
    '02'
    """
    return zlib.compress(json.dumps(message).encode(), 1)


def unpack(data: bytes) -> dict[str, Any]:
    """Return what `pack` was given."""
    return json.loads(zlib.decompress(data))


def task_message(task: Task) -> dict[str, Any]:
    """Return a task as JSON holds it. Its folder stays behind: it means nothing on another machine."""
    return {**asdict(task), "folder": None}


def outcome_of(message: dict[str, Any]) -> Outcome:
    """Return an outcome that came as JSON."""
    failure = message["failure"]
    return Outcome(**{**message, "failure": Failure(**failure) if failure else None})


def perform(data: bytes, common: dict[str, Any], number: int) -> bytes:
    """Execute one notebook on the worker that calls this.

    Parameters
    ----------
    data : a packed task
    common : what all tasks of a run share: ``run``, the topic its starts are logged under; ``versions`` that must be
        those of this worker, or None; ``changes`` to its environment variables; ``timeout`` in seconds
    number : of the task in the run

    Returns
    -------
    bytes
        A packed outcome; or ``{"refused": [...], "worker": address}`` where the versions differ.
    """
    from distributed import get_client, get_worker

    worker = get_worker()
    if common["versions"]:
        here = versions_at_start(common["run"], tuple(sorted(common["changes"].items())))
        if refused := differences(common["versions"], here):
            return pack({"refused": refused, "worker": worker.address})
    place = f"{platform.node()} ({worker.address})"
    client = get_client()
    # Known to the scheduler before the notebook starts: whatever becomes of this worker, the start is on record.
    client.log_event(common["run"], {"number": number, "place": place, "worker": worker.address})
    env = environment(_places_on_this_machine(worker, client))
    with _own_cache(common["changes"]) as changes:
        for name, value in changes.items():
            env.pop(name, None)
            if value is not None:
                env[name] = value
        key = worker.get_current_task()
        running = run_here([Task(**unpack(data))], 1, common["timeout"], env, look=lambda: _look(worker, key))
        with contextlib.closing(running):
            _, outcome = next(running)
    return pack({**asdict(outcome), "place": place})


@contextlib.contextmanager
def _own_cache(changes: dict[str, str | None]) -> Iterator[dict[str, str | None]]:
    """Replace a cache on the machine that sent the task by an empty one here."""
    if "CNNLAB_CACHE" not in changes:
        yield changes
        return
    with scratch_folder() as cache:
        yield {**changes, "CNNLAB_CACHE": str(cache)}


def _look(worker: Any, key: Any) -> None:
    """Raise where the task is no longer wanted (cancelled, its client gone) or its worker is about to leave."""
    from distributed import Reschedule
    from distributed.core import Status

    state = worker.state.tasks.get(key)
    if state is None or state.state not in ("executing", "long-running"):
        raise NotWanted
    if worker.status in (Status.closing, Status.closing_gracefully, Status.closed, Status.failed):
        raise Reschedule  # elsewhere


def _places_on_this_machine(worker: Any, client: Any) -> int:
    """How many notebooks may run here at a time: the threads of all workers with this worker's host."""
    from distributed.comm import get_address_host

    when, places = _places.get(worker.address, (float("-inf"), 1))
    if time.monotonic() - when > _COUNT_AGAIN:
        host = get_address_host(worker.address)
        places = sum(n for address, n in client.nthreads().items() if get_address_host(address) == host) or 1
        _places[worker.address] = (time.monotonic(), places)
    return places
