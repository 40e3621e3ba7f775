"""A class list as a platform exports it → learners, each with their own row as it was.

Read by their headings, in any order and among any others:

=================  ==================================================================================================
Moodle             the grader report, the list of participants, an assignment's grading worksheet: *First name*,
                   *Last name* or *Full name*, *ID number*, *Email address*, *Username*, *Identifier* ("Participant 71")
Canvas             the gradebook: *Student* ("Lovelace, Ada") or *LastName*, *FirstName*; *ID*, *SIS User ID*,
                   *SIS Login ID*. The rows *Points Possible* and *Student, Test* are nobody's
Google Classroom   the grades as CSV: *Last Name*, *First Name*, *Email Address*. Its rows of dates, points and averages
                   are nobody's
GitHub Classroom   ``classroom_roster.csv`` and ``gh classroom assignment-grades``: *identifier* or *roster_identifier*,
                   *github_username*, *name*, *student_repository_name*
=================  ==================================================================================================

Sources: lib/gradebook_exporter.rb of Canvas, mod/assign/gradingtable.php and lib/grade of Moodle, gh-classroom's
assignment_grades.go.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from cnnlab.common.errors import cause
from cnnlab.course.grading.intake.keys import is_korean, keys, readable
from cnnlab.course.grading.records import Learner
from cnnlab.course.lessons import CourseError

_LARGEST = 16 << 20  # bytes
_MOST = 20_000  # rows
_ABOVE = 5  # rows that may stand above the headings
_SEPARATORS = (",", ";", "\t")
_NOBODY = {"points possible", "student, test", "test student"}

#: what a column says → its headings, in small letters: English, and the languages that platforms translate them into
HEADINGS = {
    "first": {"first name", "firstname", "given name", "vorname", "prénom", "nombre", "이름", "名"},
    "last": {"last name", "lastname", "surname", "family name", "nachname", "nom", "nom de famille", "apellido(s)",
             "apellidos", "성", "姓"},
    "name": {"student", "full name", "fullname", "name", "student name", "learner", "vollständiger name",
             "nom complet", "nombre completo", "성명", "학생", "氏名"},
    "email": {"email address", "email", "e-mail", "e-mail address", "mail", "e-mail-adresse", "adresse de courriel",
              "dirección de correo", "이메일 주소", "이메일", "メールアドレス"},
    "user": {"username", "user name", "login", "sis login id", "github_username", "anmeldename",
             "nom d'utilisateur", "nombre de usuario", "사용자 아이디", "사용자명", "ユーザ名"},
    "number": {"id number", "idnumber", "student id", "student number", "sis user id", "matrikelnummer", "id-nummer",
               "numéro d'identification", "número de id", "학번", "id 번호"},
    "canvas": {"id"},
    "identifier": {"identifier", "roster_identifier"},
    "repository": {"student_repository_name"},
}  # fmt: skip


def read_roster(path: Path) -> list[Learner]:
    """Read a class list: what a platform exports, by its headings.

    Parameters
    ----------
    path : a CSV file, its values apart by commas, semicolons or tabs; in UTF-8, UTF-16, the Korean cp949 or, where it
        is none of these, the western cp1252

    Returns
    -------
    list of Learner
        In the order of the file. `Learner.columns` is the row as it was, by its own headings, so that it can be
        imported again. Two rows with one e-mail address, user name or Canvas ID are one learner: the first is kept.

    Raises
    ------
    CourseError
        If the file is no list of this kind; the message names the file, what is missing and what its headings are.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "grades.csv")
    ...     _ = path.write_text('Student,ID\\n    Points Possible,\\n"Lovelace, Ada",7\\n')
    ...     read_roster(path)
    [Learner(key='ada-lovelace', name='Ada Lovelace', columns={'Student': 'Lovelace, Ada', 'ID': '7'})]
    """
    path = Path(path)
    headings, rows = _table(path)
    kinds = kinds_of(headings)
    people, seen = [], set()
    for row in rows:
        columns = dict(zip(headings, row, strict=False))
        name = _name(columns, kinds)
        marks = {(kind, mark.casefold()) for kind in _UNIQUE if (mark := says(columns, kinds, kind))}
        if name and not _nobodys(columns, kinds) and not marks & seen:
            people.append((name, columns))
            seen |= marks
    if not people:
        raise CourseError(f"{path.name} has headings and no learner below them")
    numbers = [next(filter(None, (says(c, kinds, kind) for kind in _BY)), "") for _, c in people]
    names = [name for name, _ in people]
    made = keys(list(zip(names, numbers, strict=True)))
    return [Learner(key, name, columns) for key, (name, columns) in zip(made, people, strict=True)]


_UNIQUE = ("email", "user", "canvas")  # two rows with one of these are one learner's
_BY = ("number", "user", "email", "canvas", "identifier")  # what tells two of one name apart, in their keys


def kinds_of(headings: Iterable[str]) -> dict[str, str]:
    """Return which column says what: a key of `HEADINGS` → the first heading that means it.

    >>> kinds_of(["Email address", "Surname", "Institution"])
    {'last': 'Surname', 'email': 'Email address'}
    """
    found: dict[str, str] = {}
    for kind, words in HEADINGS.items():
        for heading in headings:
            if " ".join(heading.casefold().split()) in words:
                found.setdefault(kind, heading)
    if "first" in found and "last" not in found and "name" not in found:  # a column "이름" by itself is the whole name
        found["name"] = found.pop("first")
    return found


def says(columns: dict[str, str], kinds: dict[str, str], kind: str) -> str:
    """Return what a row says in the column of this kind; empty where there is none."""
    return columns.get(kinds.get(kind, ""), "").strip()


def _name(columns: dict[str, str], kinds: dict[str, str]) -> str:
    """Return a learner's name, first name first; in Chinese, Japanese and Korean as it is written there."""
    first, last = says(columns, kinds, "first"), says(columns, kinds, "last")
    for kind in () if first or last else ("name", "identifier", "email", "user"):
        if said := says(columns, kinds, kind):
            last, comma, first = map(str.strip, said.partition(","))
            if not comma:
                return readable(said)
            break
    eastern = all("\u3040" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3" for c in first + last)
    return readable(last + first if eastern else f"{first} {last}")


def _nobodys(columns: dict[str, str], kinds: dict[str, str]) -> bool:
    """Whether a row is a platform's own: Canvas's points and test student, Google's dates, points and averages."""
    name, last, first = (says(columns, kinds, kind).casefold() for kind in ("name", "last", "first"))
    if {name, last, f"{last}, {first}"} & _NOBODY:
        return True
    wanted = [kind for kind in ("first", "email") if kind in kinds]
    return len(wanted) == 2 and not any(says(columns, kinds, kind) for kind in wanted)


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the headings and the rows below them that are not empty."""
    text = _decoded(path)
    best: tuple[int, list[str], list[list[str]]] = (0, [], [])
    first_line: list[str] = []
    for separator in _SEPARATORS:
        rows = _rows(text, separator, path)
        first_line = max(first_line, rows[0] if rows else [], key=len)
        for n, row in enumerate(rows[:_ABOVE]):
            kinds = kinds_of(row)
            if len(kinds) > best[0] and kinds.keys() & {"first", "last", "name", "email", "user", "identifier"}:
                best = (len(kinds), row, rows[n + 1 :])
    if not best[0]:
        there = ", ".join(filter(None, (readable(heading)[:40] for heading in first_line[:12])))
        raise CourseError(
            f"`--roster` must be a class list with headings such as 'First name', 'Last name', 'Email address', "
            f"'Student', 'ID', 'github_username'. Received: {path.name!r}, which begins with: {there or 'nothing'}"
        )
    return best[1], best[2]


def _rows(text: str, separator: str, path: Path) -> list[list[str]]:
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            if any(value.strip() for value in row):
                rows.append(row)
            if len(rows) > _MOST:
                raise CourseError(f"{path.name} has more than {_MOST:,} rows: that is no class")
    except csv.Error as error:
        raise CourseError(f"{path.name}, line {reader.line_num}, cannot be read: {error}") from None
    return rows


def _decoded(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise CourseError(f"{path.name} has {size:,} bytes, and a class list may have {_LARGEST:,}")
        data = path.read_bytes()
    except OSError as error:
        raise CourseError(f"`--roster` {path.name} cannot be read: {cause(error)}") from None
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise CourseError(f"{path.name} is a spreadsheet's own file: save it as CSV in UTF-8")
    for text in _readings(data):
        return text.replace("\0", "")
    raise CourseError(f"{path.name} is no text that can be read here: save it as CSV in UTF-8")


def _readings(data: bytes) -> Iterator[str]:
    """Yield the text in each encoding that it may be in, the likeliest first."""
    wide = "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else ""
    if not wide and b"\0" in data:  # in UTF-16 every comma has one, behind it or before it
        wide = "utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be"
    for encoding in [wide] if wide else ["utf-8-sig", "cp949", "cp1252"]:
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        if encoding in ("utf-8-sig", wide) or (is_korean if encoding == "cp949" else _western)(text):
            yield text


def _western(text: str) -> bool:
    """Whether text read as cp1252 is western: letters with accents, and not many of them beside each other."""
    foreign = [c for c in text if not c.isascii()]
    beside = "".join(re.findall(r"[^\x00-\x7f]{2,}", text))
    return sum(map(str.isalpha, foreign)) >= 0.7 * len(foreign) and len(beside) <= 0.5 * len(foreign)
