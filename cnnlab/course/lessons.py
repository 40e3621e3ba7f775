"""The course folder and the lessons in it.

The folder holds ``lessons/NN_name.py`` (what we write) and ``notebooks/NN_name.ipynb`` (what people open).
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"(\d\d)_\w+")
_TITLE = re.compile(r'^(?:# |\s*")# (.+?)(?:\\n)?(?:",?)?$', re.MULTILINE)  # in a py:percent file or in notebook JSON


class CourseError(ValueError):
    """What was asked for is not in the course: no such folder, lesson or parameter."""


@dataclass(frozen=True)
class Lesson:
    """One lesson: where its source and its notebook are.

    Attributes
    ----------
    course : the course folder
    name : file name without its ending, such as ``"02_padding_and_stride"``

    Examples
    --------
    >>> lesson = Lesson(Path("course"), "02_padding_and_stride")
    >>> lesson.number, lesson.notebook.as_posix()
    ('02', 'course/notebooks/02_padding_and_stride.ipynb')
    """

    course: Path
    name: str

    @property
    def number(self) -> str:
        """Two digits: ``"02"``."""
        return self.name[:2]

    @property
    def source(self) -> Path:
        """The lesson as written: ``lessons/NN_name.py``."""
        return self.course / "lessons" / f"{self.name}.py"

    @property
    def notebook(self) -> Path:
        """The lesson as opened: ``notebooks/NN_name.ipynb``."""
        return self.course / "notebooks" / f"{self.name}.ipynb"

    @property
    def title(self) -> str:
        """The first heading, or the name where there is none."""
        file = self.source if self.source.is_file() else self.notebook
        heading = _TITLE.search(file.read_text(encoding="utf-8", errors="replace"))  # a title is not worth a traceback
        return heading[1].strip() if heading else self.name


def course_folder() -> Path:
    """Return the folder that holds ``lessons/`` and ``notebooks/``.

    Looked for in this order: ``$CNNLAB_COURSE``; the current folder and those above it; the folder above the package,
    which is the course when cnnlab was installed with ``pip install -e``.

    Raises
    ------
    CourseError
        If there is none, or if ``$CNNLAB_COURSE`` names a folder that is not one.
    """
    named = os.environ.get("CNNLAB_COURSE")
    if named:
        folder = Path(os.path.expanduser(named)).resolve()
        if _is_course(folder):
            return folder
        raise CourseError(f"`CNNLAB_COURSE` must name a folder with lessons/ and notebooks/ in it. Received: {named!r}")
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if _is_course(folder):
            return folder
    raise CourseError(
        f"No course here: neither {here} nor a folder above it holds lessons/ and notebooks/. "
        "Change to the course folder, or name it: CNNLAB_COURSE=/path/to/course"
    )


def _is_course(folder: Path) -> bool:
    return (folder / "lessons").is_dir() and (folder / "notebooks").is_dir()


def all_lessons(course: Path | None = None) -> list[Lesson]:
    """Return every lesson of the course that has a source or a notebook, by number."""
    course = course_folder() if course is None else Path(course)
    files = [*(course / "lessons").glob("*.py"), *(course / "notebooks").glob("*.ipynb")]
    return [Lesson(course, name) for name in sorted({f.stem for f in files if _NAME.fullmatch(f.stem)})]


def find_lessons(words: Iterable[str] | None = None, course: Path | None = None) -> list[Lesson]:
    """Return the lessons that `words` name, in that order and each once; all of them when there are no words.

    Parameters
    ----------
    words : numbers (``"2"``, ``"02"``), names (``"02_padding_and_stride"``) or paths of a lesson's file
    course : the course folder; looked for when not given

    Raises
    ------
    CourseError
        If a word names no lesson; the message lists those there are.
    """
    known = all_lessons(course)
    if not known:
        folder = course_folder() if course is None else course
        raise CourseError(f"There is no lesson in {folder}: lessons/ and notebooks/ hold no file named NN_name")
    words = [words] if isinstance(words, (str, os.PathLike)) else list(words or [])
    found = [_find(os.fspath(word), known) for word in words]
    return list(dict.fromkeys(found)) if found else known


def _find(word: str, known: list[Lesson]) -> Lesson:
    for lesson in known:
        if word == lesson.name or (word.isdecimal() and int(word) == int(lesson.number)):
            return lesson
        if word.endswith((".py", ".ipynb")) and Path(word).resolve() in (
            lesson.source.resolve(),
            lesson.notebook.resolve(),
        ):
            return lesson
    names = [lesson.name for lesson in known]
    near = difflib.get_close_matches(Path(word).stem, names, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise CourseError(f"`LESSON` must be one of the course's. Received: {word!r}. {hint}There are: {', '.join(names)}")
