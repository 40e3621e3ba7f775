"""What a class has handed in: whose each notebook is, and of which lesson."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cnnlab.course.grading.records import Learner
from cnnlab.course.lessons import Lesson


@dataclass(frozen=True)
class Copy:
    """The notebook that is graded for one learner and one lesson; there is at most one.

    Attributes
    ----------
    learner, lesson : a learner's key, a lesson's name
    path : the file, which can be read as long as the `Found` that it came with is kept
    file : the same below the folder of submissions, with forward slashes
    late : whether the platform marked it as late
    notes : what a teacher should know: other files of this learner and lesson, and why this one was taken
    """

    learner: str
    lesson: str
    path: Path
    file: str
    late: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """All that a folder of submissions holds.

    Attributes
    ----------
    learners : in the order of the roster, else by name; those on the roster who handed in nothing included
    copies : by learner, then lesson
    set_aside : file → why it is not graded
    """

    learners: tuple[Learner, ...]
    copies: tuple[Copy, ...]
    set_aside: dict[str, str]


def find(folder: Path, lessons: Sequence[Lesson], roster: Path | None = None) -> Found:
    """Find the notebooks in a folder (or a zip) as Moodle, Canvas, Google Classroom or GitHub Classroom export it."""
    names = {lesson.name for lesson in lessons}
    files = sorted(path for path in Path(folder).glob("*/*.ipynb") if path.stem in names)
    learners = {path.parent.name: Learner(path.parent.name, path.parent.name) for path in files}
    copies = [Copy(p.parent.name, p.stem, p, p.relative_to(folder).as_posix()) for p in files]
    return Found(tuple(learners.values()), tuple(copies), {})
