"""A learner's answers to one lesson → what the lesson's own checks say of them.

The answers run in a process that cannot be trusted (`answering`); the checks run here, on the values that come out of
it. A process that is stopped at a limit, or that ends itself, costs the exercise it was at; the next ones get a new
process, in which the answers before them run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cnnlab.course.grading.confined import confine
from cnnlab.course.grading.judging import lent
from cnnlab.course.grading.judging.answerer import Answerer
from cnnlab.course.grading.judging.slices import Place, Plan, Statement
from cnnlab.course.grading.records import Judgement
from cnnlab.course.grading.wire import keras_objects  # noqa: F401  each registers what it knows
from cnnlab.course.grading.wire.channel import Gone
from cnnlab.course.grading.wire.plain import Nonsense, NotForAnswers, TooMuch
from cnnlab.course.lesson_checks import checks_of, exercises_of
from cnnlab.course.startup import load_keras

LONGEST_MESSAGE = 2_000  # characters of a judgement's message
_NOTES = 20  # of one copy
_KEPT_OUT = "While it is judged, an answer cannot read other files, start processes or use the network."
_LESSONS_SHARE = 5.0  # times what an answer may take is what one of the lesson's own statements may: it may train


@dataclass
class _Copy:
    """The answers to one lesson while they are judged."""

    plan: Plan
    checks: Mapping[str, Any]
    answers: Mapping[str, str | None]
    along: Mapping[str, Sequence[str]]  # what runs in front of them
    judged: dict[str, Judgement] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)  # exercises whose cell ended the process
    bad: dict[int, str] = field(default_factory=dict)  # the lesson's own statements that ended it, or failed
    notes: list[str] = field(default_factory=list)

    @property
    def progress(self) -> tuple[int, int, int]:
        """Grows until every exercise is judged."""
        return len(self.judged), len(self.left_out), len(self.bad)

    def source(self, place: Place) -> str:
        """What runs in the place of an answer."""
        answer = self.answers.get(place.exercise)
        return place.stub if answer is None or place.exercise in self.left_out else answer

    def in_front(self, place: Place) -> Sequence[str]:
        """The statements that run in front of it."""
        return () if place.exercise in self.left_out else self.along.get(place.exercise, ())

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
    along: Mapping[str, Sequence[str]] | None = None,
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
    along : exercise → statements of the learner's other cells that run in front of its answer, one by one
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
    copy = _Copy(plan, {name: known[name] for name in plan.places if name in known}, answers, along or {})
    places = [plan.steps[plan.places[name]] for name in copy.checks]
    for place in places:
        answer = answers.get(place.exercise)
        if answer is None:
            copy.give(place.exercise, "missing", "The notebook has no cell for this exercise.")
        elif answer.strip() == place.stub.strip() or not answer.strip():
            copy.give(place.exercise, "not attempted", "Not attempted yet.")
    limits = limits or confine.Limits()
    while len(copy.judged) < len(places):
        before, keras = copy.progress, _mentions_keras(copy)
        with Answerer(folder, limits, keras=keras, image=image, readable=readable) as answerer:
            if keras:
                load_keras()  # here too: a check looks at what Keras makes
            _Run(copy, answerer, on_cell).go()
        if copy.progress == before:  # an answer that is judged spoils the process for what comes behind it
            copy.left_out |= set(copy.judged)
    return [copy.judged[place.exercise] for place in places], list(dict.fromkeys(copy.notes))[:_NOTES]


def _mentions_keras(copy: _Copy) -> bool:
    open_ = [name for name in copy.checks if name not in copy.judged]
    texts = (
        "".join([copy.answers.get(n) or "", *copy.along.get(n, ()), copy.checks[n].solution_source]) for n in open_
    )
    return any("keras" in text for text in texts)


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
        """The statements that each answer needs, up to the last that is open; None where the process has ended."""
        copy, needs = self.copy, {}
        for exercise, number in copy.plan.places.items():
            if exercise not in copy.checks:
                continue
            try:
                self.answerer.begin()
                place = copy.plan.steps[number]
                texts = [copy.source(place), *copy.in_front(place)]
                read = {name for text in texts for name in (self.answerer.names(text) or ((),))[0]}
            except (Gone, Nonsense) as end:
                self._ended(exercise, end, in_cell=True)
                copy.left_out.add(exercise)
                return None
            needs[exercise] = copy.plan.needed(exercise, read)
        last = max((copy.plan.places[exercise] for exercise in needs if exercise not in copy.judged), default=-1)
        return {exercise: steps for exercise, steps in needs.items() if copy.plan.places[exercise] <= last}

    def _statement(self, number: int, step: Statement, needs: Mapping[str, set[int]]) -> bool:
        """Run a statement of the lesson's own; False where the process has ended."""
        copy, line = self.copy, f"the lesson's own line `{step.source.partition(chr(10))[0]}`"
        if number in copy.bad:
            return True
        try:
            self.answerer.begin(_LESSONS_SHARE)
            report = self.answerer.run(f"lesson, cell {step.cell + 1}", step.source)
        except (Gone, Nonsense) as end:
            copy.bad[number] = f"{line}, which this answer needs, did not come to its end: {self._why(end)}"
            for exercise, steps in needs.items():
                if number in steps and exercise not in copy.judged:
                    copy.give(exercise, "stopped", f"Stopped: {copy.bad[number]}.")
            return False
        if "raised" in report:
            copy.bad[number] = f"{line}, which this answer needs, failed: {_raised(report).partition(chr(10))[0]}"
        return True

    def _answer(self, place: Place, needs: Mapping[str, set[int]]) -> bool:
        """Run an answer's cell, and judge it unless it is judged; False where the process has ended."""
        copy, exercise = self.copy, place.exercise
        is_open, ran = exercise not in copy.judged, False
        if is_open:
            self.on_cell(place.cell)
        try:
            self.answerer.begin()
            failed = self._in_front(place)
            report = self.answerer.run(f"exercise {exercise}", copy.source(place))
            ran = True
            if is_open:
                copy.notes += [f"{exercise}: {shortened(note, 200)}" for note in [*report["notes"], *failed][:5]]
                if "raised" in report:
                    before = [copy.bad[number] for number in sorted(needs[exercise]) if number in copy.bad]
                    copy.give(exercise, "raised", "\n".join([_raised(report), *map(_sentence, (before + failed)[:1])]))
                else:
                    self._check(exercise)
        except (Gone, Nonsense) as end:
            self._ended(exercise, end, in_cell=not ran)
            if not ran:
                copy.left_out.add(exercise)
            return False
        except NotForAnswers as fault:  # what it asked of the check may still wait for a reply
            copy.give(exercise, "wrong", f"The check cannot read this answer: {fault}.")
            return False
        return True

    def _in_front(self, place: Place) -> list[str]:
        """Run what comes along with an answer; return what there is to say of statements that failed."""
        failed = []
        for number, source in enumerate(self.copy.in_front(place), start=1):
            report = self.answerer.run(f"statement {number} in front of {place.exercise}", source)
            if "raised" in report:
                line, why = (text.partition("\n")[0] for text in (source, _raised(report)))
                failed.append(f"`{line}` of another cell, which came along, failed: {why}")
        return failed

    def _check(self, exercise: str) -> None:
        check = self.copy.checks[exercise]
        name = getattr(check, "answer_name", exercise)
        try:
            value = self.answerer.value(name)
        except Exception as error:  # noqa: BLE001  too large to be handed over, or it cannot be read
            return self.copy.give(exercise, "wrong", f"This answer cannot be read: {error}.")
        if not value:
            return self.copy.give(exercise, "wrong", f"The cell gives the name {name} no value: the check looks there.")
        try:
            verdict = check(value[0])
        except Exception as error:  # noqa: BLE001  a check never raises; if one does, the other exercises go on
            words = f"The check cannot read this answer: {type(error).__name__}: {error}"
            return self.copy.give(exercise, "wrong", words)
        return self.copy.give(exercise, verdict.status, verdict.message, verdict.misconception)

    def _ended(self, exercise: str, end: BaseException, *, in_cell: bool) -> None:
        """Say of an exercise that is not judged yet that the process ended at it."""
        if exercise in self.copy.judged:
            return
        if isinstance(end, Nonsense):
            self.copy.give(exercise, "wrong", f"Nothing can be told of this answer: {self._why(end)}.")
        elif self.answerer.confined.stopped or "by SIG" in self._why(end):
            self.copy.give(exercise, "stopped", f"Stopped: {self._why(end)}.")
        else:
            status = "raised" if in_cell else "wrong"
            self.copy.give(exercise, status, f"The answer ended what it ran in: {self._why(end)}.")

    def _why(self, end: BaseException) -> str:
        """Why the process is of no use any more, in words."""
        if isinstance(end, TooMuch):
            return f"the process that ran {end}, and was ended"
        if isinstance(end, Nonsense):
            return "the process that ran it said what no answer says, and was ended"
        return self.answerer.confined.ended


def _raised(report: Mapping[str, Any]) -> str:
    names, text = report["raised"]
    where = f"\n{_sentence(report['where'], '')}" if report.get("where") else ""
    why = f"\n{_KEPT_OUT}" if "PermissionError" in names else ""
    return f"{names[0]}: {text}{where}{why}" if text else f"{names[0]}{where}{why}"


def _sentence(text: str, end: str = ".") -> str:
    return text[:1].upper() + text[1:] + end


def shortened(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """The beginning and the end of a long text.

    >>> len(shortened("a" * 2_000)), len(shortened("a" * 200_000)) <= 2_000
    (2000, True)
    """
    if len(text) <= longest:
        return text
    half = longest // 2 - 20
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"
