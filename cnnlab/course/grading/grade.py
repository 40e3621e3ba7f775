"""Grade a class: find the copies, take their answers, have each judged in processes of its own, collect what comes.

Every result is on disk as soon as it is there, so a grading that is stopped, by hand or by the lights going out, loses
only the copies that were in the middle.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cnnlab.common.validate import check_int
from cnnlab.course.batch.display import Display, printable
from cnnlab.course.batch.execute import Failure, Outcome, Task, cpus, execute
from cnnlab.course.grading.answers import Taken, take
from cnnlab.course.grading.confine import Limits
from cnnlab.course.grading.container import find_runtime
from cnnlab.course.grading.graded_lessons import GradedLesson, fingerprint, graded_lessons
from cnnlab.course.grading.kept_out import in_a_sentence
from cnnlab.course.grading.records import Graded, Judgement, SchoolClass
from cnnlab.course.grading.results import write_results
from cnnlab.course.grading.store import ResultError, Store, claim, judgements_of
from cnnlab.course.grading.submissions import Copy, Found, find
from cnnlab.course.lessons import CourseError, Lesson, course_folder
from cnnlab.course.notebook import NotebookError

_WORKER = "cnnlab.course.grading.worker"
_EVERY = 60.0  # seconds between two times that the tables and the report are written
_SHOWN = 300  # characters of an exception
_EXCEPTION = re.compile(r"[\w.]+(Error|Exception|Interrupt|Exit)\b")  # how the last line of a traceback begins
_GRACE = 180.0  # seconds for what a worker does itself: it imports Keras, and judges


class GradingStopped(CourseError):
    """Something has happened that makes every further verdict worthless."""


@dataclass(frozen=True)
class _Job:
    """A copy that is to be judged, and what its verdicts depend on."""

    copy: Copy
    taken: Taken
    version: str


def grade(
    submissions: str | os.PathLike[str],
    lessons: Iterable[str] | None = None,
    *,
    roster: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] = "grades",
    jobs: int | None = None,
    limits: Limits | None = None,
    container: str | None = None,
    cluster: str | None = None,
    resume: bool = False,
    anonymous: bool = False,
    progress: bool = False,
    course: Path | None = None,
) -> SchoolClass:
    """Judge what a class has handed in, and write results, tables, the report and a page for each learner into `out`.

    Parameters
    ----------
    submissions : the folder, or the zip, that a platform exported
    lessons : numbers, names or paths; when empty, all lessons of which somebody has handed in a copy
    roster : the platform's own list of the class, or its gradebook: names, columns, and who has handed in nothing
    out : folder for the results. A new one, or one that an earlier grading wrote
    jobs : copies at a time on this machine, >= 1; by default 2 where there are two processors
    limits : what a learner's code may use
    container : image in which each learner's code runs
    cluster : a Dask scheduler's address, or ``local:N``: where the copies are judged
    resume : keep what an earlier grading into `out` found, where answers, lesson, package and (of what was stopped at a
        limit) limits are the same
    anonymous : whether the report names nobody
    progress : show a bar on stderr (in a terminal) and a line for each copy on stdout
    course : the course folder; looked for when not given

    Returns
    -------
    SchoolClass
        A `Graded` in it without a fingerprint could not be judged: its worker did not come to its end.

    Raises
    ------
    CourseError
        For an unknown lesson, a folder without a copy, a folder `out` that is no grading's, a container or a cluster
        that cannot be used: before anything runs.
    GradingStopped
        If the course's own files have changed meanwhile.
    ClusterLost
        If the cluster is gone. Both only after tables and report are written.
    OSError
        If `out` cannot be written.
    KeyboardInterrupt
        On Ctrl-C, likewise.
    """
    if jobs is not None:
        check_int(jobs, "jobs", minimum=1)
        if cluster is not None:
            raise CourseError(
                f"`jobs` is for this machine: a cluster's threads decide. Received: {jobs!r}, {cluster!r}"
            )
    lessons = list(lessons or [])
    course = course_folder() if course is None else Path(course)
    limits = limits or Limits()
    known = graded_lessons(lessons, course, container)
    found = find(Path(submissions), [Lesson(course, name) for name in known], roster and Path(roster))
    if not found.copies:
        named = " or ".join(known) if lessons else "the course"
        others = {**found.broken, **found.set_aside}
        first = "".join(f". Of {len(others)} in it, {file}: {why}" for file, why in list(others.items())[:1])
        raise CourseError(f"`submissions` must hold a notebook of {named}. Received: {os.fspath(submissions)!r}{first}")
    if container and not cluster:
        find_runtime(container)
    handed_in = {copy.lesson for copy in found.copies}
    grading = _Grading(
        found,
        {name: lesson for name, lesson in known.items() if lessons or name in handed_in},
        claim(Path(out), Path(submissions)),
        {"limits": asdict(limits), "container": container},
        resume,
        progress,
    )
    longest = max(len(one.exercises) for one in grading.lessons.values())
    with contextlib.closing(grading):
        outcomes = execute(
            grading.tasks(),
            jobs=jobs or min(2, cpus()),
            timeout=_GRACE + limits.seconds * (longest + 1),
            cluster=cluster,
            announce=grading.say,
        )
        with contextlib.closing(outcomes):
            grading.store.begin()
            if progress:
                grading.say(_kept_out(container, cluster))
                grading.say_what_is_left_out()
            try:
                wrote, took = time.monotonic(), 0.0
                for task, outcome in outcomes:
                    grading.record(task, outcome)
                    if time.monotonic() - wrote > max(_EVERY, 20 * took):
                        begin = time.monotonic()
                        write_results(grading.school(), grading.store.out, anonymous=anonymous)
                        wrote = time.monotonic()
                        took = wrote - begin
            finally:
                outcomes.close()  # nothing runs any more while the last words are written
                write_results(grading.school(), grading.store.out, anonymous=anonymous)
    return grading.school()


def _kept_out(container: str | None, cluster: str | None) -> str:
    """Say in a sentence what the answers cannot reach."""
    if container:
        return f"The answers run in containers of {container}."
    if cluster and cluster.startswith("tcp:"):
        return (
            "Over tcp:// whoever reaches the scheduler gives the workers orders: an answer too, where a worker's "
            "machine does not keep the network from it. Over tls:// nobody without the keys can."
        )
    if cluster and not cluster.startswith("local:"):
        return "What an answer can reach is up to the cluster's machines: `cnnlab doctor` says it on each of them."
    return in_a_sentence()


def _why(failure: Failure) -> str:
    """What became of a worker, and the exception that it died of, where it left one."""
    lines = failure.traceback.strip().splitlines()
    error = f" ({lines[-1][:_SHOWN]})" if lines and _EXCEPTION.match(lines[-1]) else ""
    return (failure.message or failure.name) + error


class _Grading:
    """A class that is being graded: what is done, what is running, and what is still to come."""

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
            job = _Job(copy, taken, fingerprint([lesson.fingerprint, taken.answers, copy.notes, taken.notes]))
            if kept := self._kept(job, lesson.exercises):
                self.kept += 1
                self._finish(copy, replace(kept, file=copy.file, late=copy.late))
                continue
            name = f"{copy.learner} {copy.lesson}"
            self.running[name] = job
            yield Task(name, lesson.notebook, options={"answers": taken.answers, **self.options}, worker=_WORKER)

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
