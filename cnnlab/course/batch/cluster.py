"""A Dask cluster as a place to run notebooks: its address, the connection, and whether its machines are as this one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any

from cnnlab.course.batch.agreement import data_differences, differences, machine, versions
from cnnlab.course.batch.processes import scratch_folder
from cnnlab.course.batch.stream import Stream
from cnnlab.course.batch.tasks import Outcome, Task
from cnnlab.course.lessons import CourseError

ANSWER = 10.0  # seconds that a scheduler has to answer
FIRST_WORKER = 60.0  # seconds in which the first worker has to be there
MAX_LOCAL = 64  # workers of local:N

_SHOWN = 8  # machines named in one message
_SCHEDULER = ("cnnlab", "python", "dask", "distributed")  # it runs no notebook
_INSTALL = "`cluster` needs Dask: pip install 'cnnlab[cluster]'"
_SILENT = "it cannot say what it has. Is this cnnlab installed there? ({error})"
# A dead worker's notebook is started once more; the worker's environment is ours, without threads that Dask would set.
_LOCAL = {
    "distributed.scheduler.allowed-failures": 1,
    "distributed.scheduler.http.routes": [],
    "distributed.nanny.pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": 65536},
}


def check_address(cluster: object) -> tuple[str, int]:
    """Return ``("local", workers)`` or ``(address, 0)``, or say what an address looks like.

    >>> check_address("local:4"), check_address("tls://10.0.0.1:8786")
    (('local', 4), ('tls://10.0.0.1:8786', 0))
    """
    text = cluster if isinstance(cluster, str) else ""
    if (local := re.fullmatch(r"local:(\d{1,3})", text, re.ASCII)) and 1 <= int(local[1]) <= MAX_LOCAL:
        return "local", int(local[1])
    address = re.fullmatch(r"(?:tcp|tls)://(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})", text, re.ASCII)
    if address and 1 <= int(address[1]) <= 65535:
        return text, 0
    raise CourseError(
        "`cluster` must be tcp://HOST:PORT or tls://HOST:PORT of a Dask scheduler, or local:N for N workers on this "
        f"machine, 1 to {MAX_LOCAL}. Received: {cluster!r}"
    )


def run_there(
    cluster: str,
    tasks: Iterable[Task],
    timeout: float,
    changes: Mapping[str, str | None],
    announce: Callable[[str], object],
) -> Generator[tuple[Task, Outcome], None, None]:
    """Execute `tasks` on a cluster and yield each with its outcome as soon as it is back.

    Parameters
    ----------
    cluster : ``"tcp://HOST:PORT"`` or ``"tls://HOST:PORT"`` of a scheduler, the certificates being those of Dask's own
        configuration; or ``"local:N"`` for N workers on this machine, which end with the run
    tasks : notebooks; the next is taken when there is room for it
    timeout : seconds a notebook may take before it is killed, > 0
    changes : environment variables that differ in the notebooks' processes; None takes one away
    announce : called with a sentence whenever there is something to say of the cluster

    Raises
    ------
    CourseError
        At the call: for an address that is none, a scheduler that does not answer, no worker, machines that differ.
    ClusterLost
        When the scheduler is gone, or there has been no worker for a minute.
    """
    running = _run(cluster, tasks, timeout, dict(changes), announce)
    next(running)  # connects and checks: what cannot be used is refused before the caller has written anything
    return running


def _run(
    cluster: str,
    tasks: Iterable[Task],
    timeout: float,
    changes: dict[str, str | None],
    announce: Callable[[str], object],
) -> Generator[Any, None, None]:
    with _connected(cluster) as client:
        wanted = None  # workers that this process has started are as it is
        if not cluster.startswith("local:"):
            here = machine(changes)
            _check(client, cluster, here, changes, announce)
            wanted = here["versions"]
        threads = client.nthreads()
        places, workers = sum(threads.values()), len(threads)
        announce(
            f"On {cluster}: {workers} worker{'' if workers == 1 else 's'}, {places} notebook"
            f"{'' if places == 1 else 's'} at a time."
        )
        yield None
        yield from Stream(client, cluster, wanted, changes, timeout, announce).outcomes(iter(tasks))


@contextlib.contextmanager
def _connected(cluster: str) -> Iterator[Any]:
    """Give a client of the cluster, which is made first if it is a local one."""
    address, workers = check_address(cluster)
    try:
        import dask
        from distributed import LocalCluster, Security
        from distributed.gc import disable_gc_diagnosis
    except ImportError:
        raise CourseError(_INSTALL) from None
    with contextlib.ExitStack() as stack:
        stack.enter_context(_silent())
        security, place = None, address
        if workers:
            try:
                security = Security.temporary()  # or any process of this machine could give the workers orders
            except ImportError:
                raise CourseError(_INSTALL) from None
            stack.enter_context(dask.config.set(_LOCAL))
            folder = stack.enter_context(scratch_folder())
            place = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    memory_limit=0,  # a notebook has a process of its own: the worker holds no data
                    local_directory=str(folder),
                    preload="cnnlab.course.batch.remote",
                    dashboard_address="127.0.0.1:0",  # no page: a port has to be named or Dask takes 8787
                    silence_logs=logging.CRITICAL,
                    protocol="tls",
                    security=security,
                )
            )
            disable_gc_diagnosis(force=True)  # Ctrl-C that falls into a callback of the garbage collector is lost
        try:
            client = _client(place, security)
        except OSError as error:
            raise CourseError(
                f"`cluster`: no scheduler answers at {address} within {ANSWER:g} s. Is it running, and can this "
                f"machine reach it? {_first_line(error)}"
            ) from None
        except (TypeError, ValueError, RuntimeError) as error:  # what Dask says of certificates that it lacks
            raise CourseError(f"`cluster`: {address} cannot be used: {_first_line(error)}") from None
        stack.enter_context(contextlib.closing(client))
        try:
            client.wait_for_workers(1, timeout=FIRST_WORKER)
        except asyncio.TimeoutError:  # which is the built-in one from Python 3.11 on
            raise CourseError(
                f"`cluster`: the scheduler {address} answers, but has no worker after {FIRST_WORKER:g} s"
            ) from None
        yield client


def _client(place: Any, security: Any) -> Any:
    """Connect; a client that cannot is closed here, not whenever the garbage collector finds it.

    In the thread of a next client, say, which would wait there for itself.
    """
    from distributed import Client

    client = Client.__new__(Client)
    try:
        client.__init__(place, timeout=ANSWER, name="cnnlab", set_as_default=False, security=security)
    except BaseException:
        with contextlib.suppress(Exception):
            client.close(timeout=1)
        raise
    return client


def _check(
    client: Any,
    cluster: str,
    here: Mapping[str, Any],
    changes: Mapping[str, str | None],
    announce: Callable[[str], object],
) -> None:
    """Refuse a cluster whose machines would find other results than this one, and say what else is worth knowing."""
    try:
        theirs = client.run_on_scheduler(versions, dict(changes))
        found = differences({name: here["versions"][name] for name in _SCHEDULER}, theirs)
    except (ImportError, AttributeError) as error:  # it reads what is sent to the workers
        found = [_SILENT.format(error=_first_line(error))]
    wrong = {"the scheduler": found}
    reports = client.run(machine, dict(changes), on_error="return")
    for address, report in reports.items():
        if isinstance(report, BaseException):
            wrong[f"worker {address}"] = [_SILENT.format(error=_first_line(report))]
        else:
            name = f"worker {address} on {report['here']}"
            wrong[name] = differences(here["versions"], report["versions"]) + list(data_differences(here, report))
    wrong = {name: phrases for name, phrases in wrong.items() if phrases}
    if wrong:
        lines = [f"  {name}: {'; '.join(phrases)}" for name, phrases in wrong.items()]
        if len(lines) > _SHOWN:
            lines[_SHOWN:] = [f"  … and {len(lines) - _SHOWN} more"]
        first = f"`cluster`: not every machine of {cluster} is as this one. Nothing was started."
        raise CourseError("\n".join([first, *lines]))
    sets = [set(report["data"]) for report in reports.values()]
    everywhere, somewhere = set.intersection(*sets), set.union(*sets)
    if uneven := sorted(somewhere - everywhere):
        announce(f"Only some of the workers have the data files {', '.join(uneven)}: the others make do without.")
    if extra := sorted(everywhere - set(here["data"])):
        announce(f"The workers have data files that are not on this machine, and use them: {', '.join(extra)}.")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep Dask from logging on stderr what is said here in sentences."""
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    yield
    for logger, level in zip(loggers, levels, strict=True):  # not after an error: Dask's threads end a little later
        logger.setLevel(level)
