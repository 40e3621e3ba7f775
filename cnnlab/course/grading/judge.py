"""A learner's answers to one lesson → what the lesson's own checks say of them.

The answers run in a process that cannot be trusted (`answering`); the checks run here, on the values that come out of
it. A process that is stopped at a limit, or that ends itself, costs the exercise it was at; the next ones get a new
process, in which the answers before them run again.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cnnlab.course.grading import confine, lent, wire_keras  # noqa: F401  each registers what it knows
from cnnlab.course.grading.plain import Nonsense
from cnnlab.course.grading.records import Judgement
from cnnlab.course.grading.slices import Place, Plan, Statement
from cnnlab.course.grading.watch import Confined
from cnnlab.course.grading.wire import Channel, Gone
from cnnlab.course.lesson_checks import checks_of, exercises_of
from cnnlab.course.lessons import CourseError
from cnnlab.course.startup import load_keras

LONGEST_MESSAGE = 2_000  # characters of a judgement's message
_NOTES = 20  # of one copy
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
        arguments = ["-m", "cnnlab.course.grading.answering", *["--keras"] * keras]
        self.confined = confine.start(arguments, folder, limits, image=image, readable=readable)
        self.channel = Channel(self.confined.stdout, self.confined.stdin, describes=False)
        self.confined.deadline = time.monotonic() + _START
        try:
            self.channel.request("forget")
        except (Gone, Nonsense) as error:
            said = self.confined.output.strip().rpartition("\n")[2]
            self.confined.close()
            raise CourseError(f"The process for the answers did not start: {self.ended}. {said}".strip()) from error
        self._clock = self.channel.waiting = _Clock(self.confined, limits.seconds)

    def __enter__(self) -> Answerer:
        return self

    def __exit__(self, *_: object) -> None:
        self.confined.close()

    def begin(self) -> None:
        """Set the clock back, and forget what was handed over before."""
        self._clock.left = self._clock.seconds
        self.channel.forget()
        self.channel.request("forget")

    def fresh(self) -> None:
        """Start a new namespace."""
        self.channel.request("fresh")

    def names(self, source: str) -> tuple[list[str], list[str]] | None:
        """The names that a cell reads and those that it binds; None where it is no Python."""
        return self.channel.request("names", source)

    def run(self, label: str, source: str) -> dict[str, Any]:
        """Run a cell; see `cells.Cells.run`."""
        return self.channel.request("run", label, source)

    def value(self, name: str) -> tuple:
        """What a name stands for, as a tuple of one; an empty tuple where it stands for nothing."""
        return self.channel.request("value", name)

    @property
    def ended(self) -> str:
        """Why the process is gone, in words."""
        return self.confined.ended


class _Clock:
    """Lets the process run out of time while we wait for it, and not while a check calculates or Keras is imported."""

    def __init__(self, confined: Confined, seconds: float) -> None:
        self.confined, self.seconds, self.left = confined, seconds, seconds

    def __enter__(self) -> None:
        self._began = time.monotonic()
        self.confined.deadline = self._began + self.left

    def __exit__(self, *_: object) -> None:
        now = time.monotonic()
        self.left -= now - self._began
        self.confined.deadline = now + _OURS


@dataclass
class _Copy:
    """The answers to one lesson while they are judged."""

    plan: Plan
    checks: Mapping[str, Any]
    answers: Mapping[str, str | None]
    judged: dict[str, Judgement] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)  # exercises whose cell ended the process
    bad: dict[int, str] = field(default_factory=dict)  # the lesson's own statements that ended it, or failed
    notes: list[str] = field(default_factory=list)

    def source(self, place: Place) -> str:
        """What runs in the place of an answer."""
        answer = self.answers.get(place.exercise)
        return place.stub if answer is None or place.exercise in self.left_out else answer

    def give(self, exercise: str, status: str, message: str = "", misconception: str = "") -> None:
        """Record what became of an exercise."""
        hints = getattr(self.checks[exercise], "hints", ())
        hint = hints[0] if hints and status != "correct" else ""
        self.judged[exercise] = Judgement(exercise, status, shortened(message), misconception, hint)


def judge(
    notebook: Mapping[str, Any],
    answers: Mapping[str, str | None],
    folder: Path,
    *,
    limits: confine.Limits | None = None,
    image: str | None = None,
    readable: tuple[Path, ...] = (),
    on_cell: Callable[[int], None] = lambda position: None,
) -> tuple[list[Judgement], list[str]]:
    """Judge a learner's answers to one lesson.

    Parameters
    ----------
    notebook : the course's own lesson as parsed JSON
    answers : exercise → the source of its cell; None where the learner's notebook has none
    folder : where the process with the answers gets a folder of its own
    limits : what it may use; the seconds count for each exercise anew: its cell, and what the check asks of it
    image : the process runs in a container of this image
    readable : files and folders that it may read beside the course
    on_cell : called with the position of each exercise's cell as it starts

    Returns
    -------
    One judgement for each exercise of the lesson, in its order, and what a teacher should know.

    Raises
    ------
    CourseError
        If the lesson has no checks, or a container cannot be started.
    """
    plan = Plan(notebook)
    checks = checks_of(notebook)
    lent.lend_objects_of(checks.__name__)
    known = exercises_of(checks)
    copy = _Copy(plan, {name: known[name] for name in plan.places if name in known}, answers)
    copy_places = [plan.steps[number] for number in plan.places.values() if plan.steps[number].exercise in known]
    for place in copy_places:
        answer = answers.get(place.exercise)
        if answer is None:
            copy.give(place.exercise, "missing", "The notebook has no cell for this exercise.")
        elif answer.strip() == place.stub.strip() or not answer.strip():
            copy.give(place.exercise, "not attempted", "Not attempted yet.")
    limits = limits or confine.Limits()
    for _ in range(len(copy_places) + len(plan.steps)):
        if len(copy.judged) == len(copy_places):
            break
        keras = _mentions_keras(copy)
        with Answerer(folder, limits, keras=keras, image=image, readable=readable) as answerer:
            if keras:
                load_keras()  # here too: a check looks at what Keras makes
            _Run(copy, answerer, on_cell).go()
    return [copy.judged[place.exercise] for place in copy_places], list(dict.fromkeys(copy.notes))[:_NOTES]


def _mentions_keras(copy: _Copy) -> bool:
    open_ = [name for name in copy.checks if name not in copy.judged]
    return any("keras" in (copy.answers.get(n) or "") + copy.checks[n].solution_source for n in open_)


class _Run:
    """One process's way through a copy, as far as it comes."""

    def __init__(self, copy: _Copy, answerer: Answerer, on_cell: Callable[[int], None]) -> None:
        self.copy, self.answerer, self.on_cell = copy, answerer, on_cell

    def go(self) -> None:
        """Run the lesson's statements and the answers, and judge those that are not judged yet."""
        copy = self.copy
        needs = self._needs()
        if needs is None:
            return
        needed = set().union(*needs.values())
        last = max((copy.plan.places[name] for name in needs), default=-1)
        for number, step in enumerate(copy.plan.steps[: last + 1]):
            if isinstance(step, Statement):
                if number in needed and not self._statement(number, step, needs):
                    return
            elif step.exercise in copy.checks and not self._answer(step, needs):
                return

    def _needs(self) -> dict[str, set[int]] | None:
        """The statements that each answer needs which is not judged yet; None where the process has ended."""
        copy, needs = self.copy, {}
        for exercise, number in copy.plan.places.items():
            if exercise not in copy.checks:
                continue
            with self._blaming(exercise) as alive:
                self.answerer.begin()
                names = self.answerer.names(copy.source(copy.plan.steps[number]))
                needs[exercise] = copy.plan.needed(exercise, names[0] if names else ())
            if not alive:
                return None
        still_open = [copy.plan.places[exercise] for exercise in needs if exercise not in copy.judged]
        last = max(still_open, default=-1)
        return {exercise: steps for exercise, steps in needs.items() if copy.plan.places[exercise] <= last}

    def _statement(self, number: int, step: Statement, needs: Mapping[str, set[int]]) -> bool:
        """Run a statement of the lesson's own; False where the process has ended."""
        copy = self.copy
        if number in copy.bad:
            return True
        try:
            self.answerer.begin()
            report = self.answerer.run(f"lesson, cell {step.cell + 1}", step.source)
        except (Gone, Nonsense):
            line = step.source.split("\n")[0]
            copy.bad[number] = f"the lesson's own line `{line}` did not come to its end: {self.answerer.ended}"
            for exercise, steps in needs.items():
                if number in steps and exercise not in copy.judged:
                    copy.give(exercise, "stopped", f"This answer needs more than may be used: {copy.bad[number]}.")
            return False
        if "raised" in report:
            line = step.source.split("\n")[0]
            copy.bad[number] = f"the lesson's own line `{line}` failed before it, with {_raised(report)}"
        return True

    def _answer(self, place: Place, needs: Mapping[str, set[int]]) -> bool:
        """Run an answer's cell, and judge it unless it is judged; False where the process has ended."""
        copy, exercise = self.copy, place.exercise
        is_open = exercise not in copy.judged
        if is_open:
            self.on_cell(place.cell)
        with self._blaming(exercise) as alive:
            self.answerer.begin()
            ran = False
            report = self.answerer.run(f"exercise {exercise}", copy.source(place))
            ran = True
            if is_open:
                copy.notes += [f"{exercise}: {note}" for note in report.get("notes", [])[:5]]
                if "raised" in report:
                    before = [copy.bad[number] for number in sorted(needs[exercise]) if number in copy.bad]
                    copy.give(exercise, "raised", "\n".join([_raised(report), *map(_sentence, before[:1])]))
                else:
                    self._check(exercise)
        if not alive and not ran:
            copy.left_out.add(exercise)
        return bool(alive)

    def _check(self, exercise: str) -> None:
        check = self.copy.checks[exercise]
        name = getattr(check, "answer_name", exercise)
        try:
            value = self.answerer.value(name)
        except Exception as error:  # noqa: BLE001  too large to be handed over, or it cannot be read
            return self.copy.give(exercise, "wrong", f"This answer cannot be read: {error}.")
        if not value:
            return self.copy.give(exercise, "wrong", f"The cell gives the name {name} no value: the check looks there.")
        verdict = check(value[0])
        self.copy.give(exercise, verdict.status, verdict.message, getattr(verdict, "misconception", ""))
        return None

    @contextlib.contextmanager
    def _blaming(self, exercise: str) -> Iterator[list[bool]]:
        """Give an open `exercise` its status if the process ends in the ``with``; what is yielded is then empty."""
        alive = [True]
        try:
            yield alive
        except Gone:
            alive.clear()
            status, message = "stopped", f"Stopped: {self.answerer.ended}."
        except Nonsense as lie:
            alive.clear()
            status, message = "wrong", f"Its process did not answer as a function or a value does: {lie}."
        if not alive and exercise not in self.copy.judged:
            self.copy.give(exercise, status, message)


def _raised(report: Mapping[str, Any]) -> str:
    names, text = report["raised"]
    where = f"\n{_sentence(report['where'], '')}" if report.get("where") else ""
    return f"{names[0]}: {text}{where}" if text else f"{names[0]}{where}"


def _sentence(text: str, end: str = ".") -> str:
    return text[:1].upper() + text[1:] + end


def shortened(text: str) -> str:
    """The beginning and the end of a long message.

    >>> shortened("a" * 3_000).count("a")
    1960
    """
    if len(text) <= LONGEST_MESSAGE:
        return text
    half = LONGEST_MESSAGE // 2 - 20
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"
