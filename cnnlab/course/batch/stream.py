"""Tasks streaming through a Dask cluster: sent a few for each thread, given back as they end, and none lost unsaid.

Scheduling, transport and the restart of what a dead worker was running are Dask's. Its scheduler tries as often as its
``distributed.scheduler.allowed-failures`` says; here a third start is stopped at once, because a notebook that has
taken two workers with it would take the next. And a task that was only waiting on a worker that died is sent again.
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cnnlab.course.batch.remote import outcome_of, pack, perform, task_message, unpack
from cnnlab.course.batch.tasks import ClusterLost, Failure, Outcome, Task

WITHOUT_WORKERS = 60.0  # seconds that a run waits for a worker before it is given up

_STARTS = 2  # of one notebook
_AHEAD = 2  # tasks for each thread: one that runs, and one that waits beside it
_COUNT_AGAIN = 5.0  # seconds until the threads are counted again
_POLL = 0.01
_TRIES = 5  # times that a task is sent again for what is not its fault
_REST = "What had ended is on disk: `--resume` does the rest."


@dataclass
class _Flight:
    """A task that has been sent, and where it was started so far."""

    task: Task
    begin: float
    starts: list[str] = field(default_factory=list)
    tries: int = 0
    given_up: bool = False


class Stream:
    """The tasks of one run that are on the cluster.

    Parameters
    ----------
    client : a ``distributed.Client``
    cluster : what the cluster is called
    wanted : versions that every worker must have, as `agreement.versions` gives them; None where they need not be asked
    changes, timeout, announce : as in `cluster.run_there`
    """

    def __init__(
        self,
        client: Any,
        cluster: str,
        wanted: Mapping[str, str] | None,
        changes: Mapping[str, str | None],
        timeout: float,
        announce: Callable[[str], object],
    ) -> None:
        from distributed import as_completed

        self.client, self.cluster, self.announce = client, cluster, announce
        self.run = f"cnnlab-{secrets.token_hex(8)}"  # the topic that starts are logged under
        self.common = {
            "run": self.run,
            "versions": None if wanted is None else dict(wanted),
            "changes": dict(changes),
            "timeout": timeout,
        }
        self.ended = as_completed(loop=client.loop, with_results=True, raise_errors=False)
        self.flights: dict[int, _Flight] = {}
        self.futures: dict[int, Any] = {}
        self.held: list[int] = []  # to be sent as soon as there is a worker that may run them
        self.refused: set[str] = set()  # addresses of workers
        self.sent = itertools.count()
        self._count_workers()
        self.with_workers = time.monotonic()

    def outcomes(self, waiting: Iterator[Task]) -> Iterator[tuple[Task, Outcome]]:
        """Yield each of the tasks `waiting` with its outcome."""
        self.client.subscribe_topic(self.run, self._started)
        numbers = itertools.count()
        while True:  # left early, the client is closed: its scheduler cancels what it had sent, and the workers notice
            room = max(1, _AHEAD * self.threads) - len(self.flights)
            for task in itertools.islice(waiting, max(0, room)):
                number = next(numbers)
                self.flights[number] = _Flight(task, time.monotonic())
                self._send(number)
            if not self.flights:
                return
            while self.ended.has_ready():
                number, outcome = self._next_outcome()
                if outcome:
                    task = self.flights.pop(number).task
                    self.futures.pop(number, None)  # while there is a future, the cluster keeps its result
                    yield task, outcome
            self._watch()
            time.sleep(_POLL)

    def _send(self, number: int) -> None:
        where: dict[str, Any] = {}
        if self.refused:
            if not (allowed := self._allowed()):
                self.held.append(number)
                return
            where = {"workers": allowed, "allow_other_workers": True}  # one that is refused would send it back
        self.futures[number] = self.client.submit(
            perform,
            pack(task_message(self.flights[number].task)),
            self.common,
            number,
            key=(self.run, number, next(self.sent)),
            pure=False,
            **where,
        )
        self.ended.add(self.futures[number])

    def _send_again(self, number: int) -> bool:
        """Send a task once more, unless it has come back too often."""
        flight = self.flights[number]
        flight.tries += 1
        if flight.tries > _TRIES:
            return False
        self._send(number)
        return True

    def _started(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """Note a start; the client's own thread calls this before the outcome can be there."""
        flight = self.flights.get(event[1]["number"])
        if flight:
            flight.starts.append(event[1]["place"])

    def _next_outcome(self) -> tuple[int, Outcome | None]:
        """Return the number of a task that has come back and how it ended; None where it was sent again."""
        future, result = next(self.ended)
        number = future.key[1]
        flight = self.flights[number]
        if flight.given_up:
            return number, _killed(flight)
        if future.status == "finished":
            message = unpack(result)
            if "refused" not in message:
                return number, replace(outcome_of(message), attempts=max(1, len(flight.starts)))
            self._refuse(message["worker"], message["refused"])
            self._send(number)
            return number, None
        if future.status != "error":
            raise ClusterLost(f"The scheduler of {self.cluster} is gone. {_REST}")
        error = result[1]
        if type(error).__name__ == "KilledWorker":
            again = len(flight.starts) < _STARTS and self._send_again(number)
            return number, None if again else _killed(flight)
        if not flight.starts and self._send_again(number):  # a worker that cannot even begin: perhaps another can
            return number, None
        failure = Failure(0, "", type(error).__name__, str(error))
        seconds = time.monotonic() - flight.begin
        return number, Outcome("crashed", seconds, None, failure, attempts=max(1, len(flight.starts)))

    def _watch(self) -> None:
        """Stop third starts, and see whether there are workers."""
        for number, flight in self.flights.items():
            if len(flight.starts) > _STARTS and not flight.given_up:
                flight.given_up = True
                self.client.cancel([self.futures[number]], force=True)
        if time.monotonic() - self.counted < (1.0 if self.held else _COUNT_AGAIN):
            return
        self._count_workers()
        if time.monotonic() - self.with_workers > WITHOUT_WORKERS:
            fit = " that may be used" if self.refused else ""
            raise ClusterLost(f"{self.cluster} has had no worker{fit} for {WITHOUT_WORKERS:g} s. {_REST}")
        held, self.held = self.held, []
        for number in held:
            self._send(number)

    def _count_workers(self) -> None:
        with contextlib.suppress(OSError):  # a scheduler that is gone: the futures say so
            threads = {address: n for address, n in self.client.nthreads().items() if address not in self.refused}
            self.threads = sum(threads.values())
            if threads:
                self.with_workers = time.monotonic()
        self.counted = time.monotonic()

    def _allowed(self) -> list[str]:
        return [address for address in self.client.nthreads() if address not in self.refused]

    def _refuse(self, address: str, reasons: list[str]) -> None:
        if address not in self.refused:
            self.refused.add(address)
            self.announce(f"The worker {address} is not used: {'; '.join(reasons)}.")


def _killed(flight: _Flight) -> Outcome:
    """The outcome of a task whose workers died."""
    if len(flight.starts) < _STARTS:
        words = f"{flight.tries} workers died while it ran or waited there"
    else:
        words = f"the worker that ran it was lost, and so was the one that ran it again ({', '.join(flight.starts)})"
        if len(flight.starts) > _STARTS:
            words = f"two workers that ran it were lost, and the next start was stopped ({', '.join(flight.starts)})"
    failure = Failure(0, "", "KilledWorker", words)
    seconds = time.monotonic() - flight.begin
    place = flight.starts[-1] if flight.starts else ""
    return Outcome("crashed", seconds, None, failure, None, max(1, len(flight.starts)), place)
