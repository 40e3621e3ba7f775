"""The process that runs a learner's answers, as the one that judges sees it: what it may be asked, and for how long.

Whatever it says may be a lie. What does not have the form of an answer raises `Nonsense`; its end raises `Gone`.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from cnnlab.course.grading.confined import confine
from cnnlab.course.grading.confined.watch import Confined
from cnnlab.course.grading.wire.channel import Channel, Gone
from cnnlab.course.grading.wire.plain import Nonsense
from cnnlab.course.lessons import CourseError

_START = 180.0  # seconds in which the process has to come up, Keras included
_OURS = 3600.0  # seconds that a check may take by itself


class Answerer:
    """The process that runs answers. Leaving a ``with`` ends it.

    Parameters
    ----------
    folder : where its scratch folder is made
    limits : beyond which it is stopped; its seconds are those that we wait for it, from one `begin` to the next
    keras : whether it loads Keras at once
    image : run it in a container of this image
    readable : files and folders that it may read beside the course
    """

    def __init__(
        self,
        folder: Path,
        limits: confine.Limits,
        *,
        keras: bool = False,
        image: str | None = None,
        readable: tuple[Path, ...] = (),
    ) -> None:
        arguments = ["-m", "cnnlab.course.grading.judging.answering", *["--keras"] * keras]
        self.confined = confine.start(arguments, folder, limits, image=image, readable=readable)
        self.channel = Channel(self.confined.stdout, self.confined.stdin, describes=False)
        self.confined.deadline = time.monotonic() + _START
        try:
            self.channel.request("forget")
        except (Gone, Nonsense) as error:
            ended = self.confined.ended
            self.confined.close()  # and with that all that it has printed is read
            said = self.confined.output.strip().rpartition("\n")[2]
            raise CourseError(f"The process for the answers did not start: {ended}. {said}".strip()) from error
        self._clock = self.channel.waiting = _Clock(self.confined, limits.seconds)
        self.limits = limits

    def __enter__(self) -> Answerer:
        return self

    def __exit__(self, *_: object) -> None:
        self.confined.close()

    def begin(self, share: float = 1.0) -> None:
        """Set the clock back to the limit, or a multiple of it, and forget what was handed over before."""
        seconds = self.limits.seconds * share
        self._clock.left, self.confined.limits = seconds, replace(self.limits, seconds=seconds)
        self.channel.forget()
        self.channel.request("forget")

    def fresh(self) -> None:
        """Start a new namespace."""
        self.channel.request("fresh")

    def names(self, source: str) -> tuple[list[str], list[str]] | None:
        """The names that a cell reads and those that it binds; None where it is no Python."""
        found = self.channel.request("names", source)
        if found is not None and not (_is(found, tuple) and len(found) == 2 and all(map(_are_texts, found))):
            raise Nonsense("no names of a cell")
        return found

    def run(self, label: str, source: str) -> dict[str, Any]:
        """Run a cell; see `cells.Cells.run`."""
        report = self.channel.request("run", label, source)
        if not (_is(report, dict) and _are_texts(report.get("notes"))):
            raise Nonsense("no report of a cell")
        if "raised" in report:
            raised, where = report["raised"], report.get("where")
            if not (_is(raised, list) and len(raised) == 2 and _are_texts(raised[0]) and raised[0]):
                raise Nonsense("no report of an error")
            if not (_is(raised[1], str) and _is(where, str)):
                raise Nonsense("no report of an error")
        return report

    def value(self, name: str) -> tuple:
        """What a name stands for, as a tuple of one; an empty tuple where it stands for nothing."""
        found = self.channel.request("value", name)
        if not (_is(found, tuple) and len(found) <= 1):
            raise Nonsense("no value")
        return found


def _is(value: object, kind: type) -> bool:
    return type(value) is kind


def _are_texts(values: object) -> bool:
    return _is(values, list) and all(_is(value, str) for value in values)


class _Clock:
    """Lets the process run out of time while we wait for it, and not while a check calculates or Keras is imported."""

    def __init__(self, confined: Confined, seconds: float) -> None:
        self.confined, self.left = confined, seconds

    def __enter__(self) -> None:
        self._began = time.monotonic()
        self.confined.deadline = self._began + self.left

    def __exit__(self, *_: object) -> None:
        now = time.monotonic()
        self.left -= now - self._began
        self.confined.deadline = now + _OURS
