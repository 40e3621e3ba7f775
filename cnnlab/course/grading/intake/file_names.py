"""What the names of handed-in files are made of: a platform's prefix, a lesson, a person, and the marks of a copy."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnnlab.course.grading.intake.keys import readable, words
from cnnlab.course.grading.intake.which_lesson import Known, in_name

MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<rest>.*))?", re.DOTALL)
# Small letters alone, and numbers that do not begin with a zero: "kim_2026_02_padding" is nothing of Canvas's.
CANVAS = re.compile(
    r"(?:(?P<before>LATE)_)?(?P<name>[^A-Z\W]*?)_?(?:(?P<late>LATE)_)?"
    r"(?:(?P<anonymous>anon_[A-Za-z0-9]+)|(?P<number>[1-9]\d*))_(?P<upload>[1-9]\d*)_(?P<rest>.+)",
    re.DOTALL,
)
# What Drive, Colab, Windows, macOS, browsers and JupyterLab add to the name of a second file.
_COPY = re.compile(
    r"^(?:copy[ _]of|kopie[ _]von|copie[ _]de|copia[ _]de)[ _]+|^의[ _]사본|의[ _]사본$|^\.ipynb|\.ipynb$"
    r"|[\s_]+-?[\s_]*(?:copy|kopie|copie|copia|복사본|のコピー)$",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"[\s_]*(?:\((\d{1,3})\)|-Copy(\d{1,3}))$", re.IGNORECASE)
_UPLOADED_AGAIN = re.compile(r"^(?:\.ipynb)?[-_](\d{1,2})$")  # directly behind the lesson's name
_DASH = re.compile(r"[\s_]+[-–—][\s_]+$|^[\s_]+[-–—][\s_]+")
#: folders that are nobody's, and what somebody writes behind the name of a lesson without being called so
CONTENTS = {
    "notebooks", "notebook", "lessons", "lesson", "submissions", "submission", "homework", "cnnlab", "my-cnnlab", "src",
    "work", "answers", "solutions", "final", "draft", "old", "new", "backup", "copy", "copies", "done", "content",
    "drive", "mydrive", "colab notebooks", "classroom", "downloads", "files",
}  # fmt: skip


def stem(name: str) -> str:
    """Return a name without ``.ipynb`` or ``.zip``.

    >>> stem("02_padding.IPYNB"), stem("Kim M. J.")
    ('02_padding', 'Kim M. J.')
    """
    return re.sub(r"\.(?:ipynb|zip)$", "", name, flags=re.IGNORECASE)


def canvas(text: str) -> re.Match[str] | None:
    """Take apart a name that Canvas made; None where it did not.

    >>> canvas("lovelaceada_LATE_12_345_02_padding")["rest"], canvas("kim_2026_02_padding")
    ('02_padding', None)
    """
    found = CANVAS.fullmatch(text)
    return found if found and (found["name"] or found["anonymous"]) else None


def own_name(file_name: str) -> str:
    """Return a file's name as its learner gave it, without its ending and what Moodle or Canvas put before it.

    >>> own_name("Ada Lovelace_7_assignsubmission_file_02_padding.ipynb"), own_name("lovelaceada_1_22_mine.ipynb")
    ('02_padding', 'mine')
    """
    text = stem(file_name)
    found = MOODLE.fullmatch(text) or canvas(text)
    return (found["rest"] or "") if found else text


def beside_lesson(text: str, course: Sequence[Known]) -> tuple[str, bool]:
    """Return what a file's name says beside the lesson's, and whether " - " stands between the two.

    Examples
    --------
    >>> course = [Known("02_padding", "", {}, "")]
    >>> beside_lesson("Copy of 02_padding - Ada Lovelace (1)", course), beside_lesson("02_padding_final", course)
    (('Ada Lovelace', True), ('final', False))
    >>> beside_lesson("student (1)", course)
    ('student (1)', False)
    """
    before, after = _apart(text, course)
    dashed = after is not None and bool(_DASH.search(before) or _DASH.search(after))
    rest = readable(" ".join(f"{before} {after or ''}".replace("_", " ").split()).strip(" -–—.,"))
    if not words(rest) or (dashed and rest.casefold() in CONTENTS):
        return "", False
    return rest, dashed


def copy_number(text: str, course: Sequence[Known]) -> int:
    """Return the number that a browser, Drive, Canvas or JupyterLab gave to a second file of one name.

    >>> course = [Known("02_padding", "", {}, "")]
    >>> [copy_number(text, course) for text in ("02_padding", "02_padding-1", "02_padding (2)", "02_padding-Copy3")]
    [0, 1, 2, 3]
    """
    place = in_name(text, course)
    found = (place and _UPLOADED_AGAIN.search(text[place[1].stop :])) or _AGAIN.search(text)
    return int(next(filter(None, found.groups()))) if found else 0


def _apart(text: str, course: Sequence[Known]) -> tuple[str, str | None]:
    """Return what stands before and behind the lesson's name, without marks of a copy; None behind where it is not.

    Without a lesson in the name a number stays: "student (1)" and "student (2)" may be two people.
    """
    found = in_name(text, course)
    if not found:
        return _COPY.sub("", text), None
    before, after = _COPY.sub("", text[: found[1].start]), text[found[1].stop :]
    if _UPLOADED_AGAIN.search(after):
        return before, ""
    marked = ""
    while marked != after:  # "02_padding의 사본 (1)"
        marked, after = after, _AGAIN.sub("", _COPY.sub("", after))
    return before, after
