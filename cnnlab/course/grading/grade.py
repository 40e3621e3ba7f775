"""Grade a class: find the copies, take their answers, have each judged in processes of its own, collect what comes.

Every result is on disk as soon as it is there, so a grading that is stopped, by hand or by the lights going out, loses
only the copies that were in the middle.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from cnnlab.common.validate import check_int
from cnnlab.course.batch.execute import cpus, execute
from cnnlab.course.grading.confined.confine import Limits
from cnnlab.course.grading.confined.container import find_runtime
from cnnlab.course.grading.confined.kept_out import in_a_sentence
from cnnlab.course.grading.graded_lessons import graded_lessons
from cnnlab.course.grading.intake.submissions import find
from cnnlab.course.grading.records import SchoolClass
from cnnlab.course.grading.report.results import write_results
from cnnlab.course.grading.store import claim
from cnnlab.course.grading.underway import Underway
from cnnlab.course.lessons import CourseError, Lesson, course_folder

_EVERY = 60.0  # seconds between two times that the tables and the report are written
_GRACE = 180.0  # seconds for what a worker does itself: it imports Keras, and judges
_OWN = 7  # as many exercises' time for the lesson's own statements: answers may rest on what they train


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
                "`jobs` is for this machine: a cluster's threads decide, so leave out `--jobs` or `--cluster`. "
                f"Received: {jobs!r}, {cluster!r}"
            )
    lessons = list(lessons or [])
    course = course_folder() if course is None else Path(course)
    limits = limits or Limits()
    known = graded_lessons(lessons, course, container)
    found = find(Path(submissions), [Lesson(course, name) for name in known], roster and Path(roster))
    if not found.copies:
        named = " or ".join(known) if lessons else "the course"
        others = list({**found.broken, **found.set_aside}.items())
        held = ""
        for file, why in others[:1]:
            many = f"{len(others)} other files, such as" if len(others) > 1 else "another file,"
            held = f", which holds {many} {file} ({why})"
        raise CourseError(f"`SUBMISSIONS` must hold a notebook of {named}. Received: {os.fspath(submissions)!r}{held}")
    if container and not cluster:
        find_runtime(container)
    handed_in = {copy.lesson for copy in found.copies}
    grading = Underway(
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
            timeout=_GRACE + limits.seconds * (longest + _OWN),
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
