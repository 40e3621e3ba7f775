"""A class that is being graded: what is done, what is running, and what is still to come."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cnnlab.course.batch.display import Display, printable
from cnnlab.course.batch.execute import Failure, Outcome, Task
from cnnlab.course.grading.graded_lessons import GradedLesson, fingerprint
from cnnlab.course.grading.intake.answers import Taken, take
from cnnlab.course.grading.intake.submissions import Copy, Found
from cnnlab.course.grading.records import Graded, Judgement, SchoolClass
from cnnlab.course.grading.store import ResultError, Store, judgements_of
from cnnlab.course.lessons import CourseError
from cnnlab.course.notebook import NotebookError

_WORKER = "cnnlab.course.grading.judging.worker"
_SHOWN = 300  # characters of an exception
_EXCEPTION = re.compile(r"[\w.]+(Error|Exception|Interrupt|Exit)\b")  # how the last line of a traceback begins


class GradingStopped(CourseError):
    """Something has happened that makes every further verdict worthless."""


@dataclass(frozen=True)
class _Job:
    """A copy that is to be judged, and what its verdicts depend on."""

    copy: Copy
    taken: Taken
    version: str


class Underway:
    """A class that is being graded: what is done, what is running, and what is still to come.

    Parameters
    ----------
    found : the copies; it is kept as long as they are read
    lessons : those that are graded, by name
    store : where each result goes, and where earlier ones are
    options : for every worker: the limits and the container's image
    resume : whether an earlier result stands where nothing that it depends on has changed
    progress : whether to show a bar and print lines
    """

    def __init__(
        self,
        found: Found,
        lessons: dict[str, GradedLesson],
        store: Store,
        options: dict[str, Any],
        resume: bool,
        progress: bool,
    ) -> None:
        self.found, self.lessons, self.store, self.options, self.resume = found, lessons, store, options, resume
        self.names = {learner.key: learner.name for learner in found.learners}
        self.show = Display(len(found.copies), "copy") if progress else None
        self.running: dict[str, _Job] = {}
        self.done: dict[Copy, Graded] = {}
        self.broken = dict(found.broken)
        self.kept = 0

    def school(self) -> SchoolClass:
        """As far as it is graded."""
        copies = [copy for copy in self.found.copies if copy.file not in self.broken]
        return SchoolClass(
            tuple(lesson.info for lesson in self.lessons.values()),
            self.found.learners,
            tuple(self.done[copy] for copy in copies if copy in self.done),
            self.found.set_aside,
            self.broken,
            tuple((copy.learner, copy.lesson) for copy in copies if copy not in self.done),
        )

    def tasks(self) -> Iterator[Task]:
        """Yield each copy that has to be judged: one is read only when there is a place for it."""
        for copy in self.found.copies:
            lesson = self.lessons[copy.lesson]
            try:
                taken = take(copy.path, lesson.notebook)
            except NotebookError as error:
                self.broken[copy.file] = str(error)
                self.say(f"{copy.file}: {error}")
                self._advance()
                continue
            # What is known of the file beside its answers stands in the result, so a change there counts too.
            judged = [taken.answers, taken.along, copy.notes, taken.notes]
            job = _Job(copy, taken, fingerprint([lesson.fingerprint, *judged]))
            if kept := self._kept(job, lesson.exercises):
                self.kept += 1
                self._finish(copy, replace(kept, file=copy.file, late=copy.late))
                continue
            name = f"{copy.learner} {copy.lesson}"
            self.running[name] = job
            options = {"answers": taken.answers, "along": taken.along, **self.options}
            yield Task(name, lesson.notebook, options=options, worker=_WORKER)

    def record(self, task: Task, outcome: Outcome) -> None:
        """Take down what became of a copy, and write it to disk."""
        job = self.running.pop(task.name)
        if outcome.failure and outcome.failure.name == "CourseChanged":
            raise GradingStopped(outcome.failure.message)
        exercises = self.lessons[job.copy.lesson].exercises
        notes = [*job.copy.notes, *job.taken.notes]
        try:
            if outcome.failure:
                raise ValueError(_why(outcome.failure))
            judgements = judgements_of(outcome.result.get("judgements"), exercises)
            notes += map(str, outcome.result.get("notes", []))
            stopped = any(judgement.status == "stopped" for judgement in judgements)
            finished = self._limited(job) if stopped else job.version
        except ValueError as error:
            words = f"This copy could not be judged: {error}"
            judgements = tuple(Judgement(name, "stopped", words) for name in exercises)
            finished = ""
        if outcome.attempts > 1:
            notes.append(f"judged at attempt {outcome.attempts}: the process before was lost with its machine")
        answers = {name: source for name, source in job.taken.answers.items() if source is not None}
        graded = Graded(
            job.copy.learner,
            job.copy.lesson,
            job.copy.file,
            judgements,
            answers,
            job.copy.late,
            tuple(notes),
            round(outcome.seconds, 2),
            finished,
        )
        self._finish(job.copy, graded)
        right = sum(judgement.status == "correct" for judgement in judgements)
        said = f"{right} of {len(judgements)} right" if finished else judgements[0].message
        self.say(f"{self.names[job.copy.learner]}  {job.copy.lesson}  {said}  {outcome.seconds:.1f} s")

    def _finish(self, copy: Copy, graded: Graded) -> None:
        self.store.save(graded)
        self.done[copy] = graded
        self._advance()

    def _advance(self) -> None:
        if self.show:
            self.show.advance(1)

    def _limited(self, job: _Job) -> str:
        """The fingerprint of a result that other limits could change."""
        return fingerprint([job.version, self.options["limits"]])

    def _kept(self, job: _Job, exercises: Sequence[str]) -> Graded | None:
        """The result of an earlier grading, if nothing of it has to be done again."""
        if not self.resume:
            return None
        try:
            graded = self.store.load(job.copy.learner, job.copy.lesson, exercises)
        except ResultError as error:
            self.say(f"{error}. It is judged again.")
            return None
        return graded if graded and graded.fingerprint in (job.version, self._limited(job)) else None

    def say_what_is_left_out(self) -> None:
        """Name earlier results that belong to nobody and nothing in this grading."""
        if others := [f"{learner}/{lesson}" for learner, lesson in self.store.others(self.names, self.lessons)]:
            more = f" and {len(others) - 5} more" * (len(others) > 5)
            self.say(f"Earlier results that are in no report this time: {', '.join(others[:5])}{more}")

    def say(self, text: str) -> None:
        """Print a line, which may hold names of learners and of files."""
        if self.show:
            self.show.line(printable(text))

    def close(self) -> None:
        """Say what was not done again, and take the bar away."""
        if self.kept:
            self.say(f"Kept from before, because nothing has changed: {self.kept}")
        if self.show:
            self.show.close()


def _why(failure: Failure) -> str:
    """What became of a worker, and the exception that it died of, where it left one."""
    lines = failure.traceback.strip().splitlines()
    error = f" ({lines[-1][:_SHOWN]})" if lines and _EXCEPTION.match(lines[-1]) else ""
    return (failure.message or failure.name) + error
