"""The glossary page: every term of the lessons' own glossaries, with its Korean name.

The lessons say what a term means. ``docs/glossary.csv`` adds what they do not say: the Korean names, the words by
which prose uses a term, and in which lessons such a word has this meaning.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cnnlab.common.files import write_atomic
from cnnlab.course.lessons import Lesson, all_lessons
from cnnlab.course.notebook import read_notebook

COURSE = Path(__file__).resolve().parents[2]
TABLE = COURSE / "docs" / "glossary.csv"

_ENTRY = re.compile(r"^- \*\*(.+?)\*\*: ((?:.|\n  )+)$", re.MULTILINE)
_QUALIFIER = re.compile(r"\s*\(.*\)")
_CONSONANTS = "ㄱㄱㄴㄷㄷㄹㅁㅂㅂㅅㅅㅇㅈㅈㅊㅋㅌㅍㅎ"  # of the 19 that begin a syllable; ㄲ stands under ㄱ
_SYLLABLES = range(0xAC00, 0xD7A4)  # 588 for each consonant


@dataclass(frozen=True)
class Term:
    """A term of the course.

    Attributes
    ----------
    name : as the lesson's glossary writes it, such as ``"kernel (of a notebook)"``
    meaning : the lesson's definition, in Markdown
    lesson : name of the lesson that defines it, such as ``"00_start_here"``
    korean : its Korean names, the commonest first
    lessons : the lessons in which its words mean this: ``"05 07"`` two of them, ``"05-"`` from one on, ``""`` all
    words : what prose calls it
    """

    name: str
    meaning: str
    lesson: str
    korean: tuple[str, ...]
    lessons: str
    words: tuple[str, ...]

    def means_this_in(self, lesson: str) -> bool:
        """Whether the words have this meaning in the lesson of that name."""
        number = lesson[:2]
        return not self.lessons or any(
            number >= first if dash else number == first
            for first, dash, _ in (span.partition("-") for span in self.lessons.split())
        )


def terms(lessons: Sequence[Lesson] | None = None, table: Path = TABLE) -> list[Term]:
    """Return the terms of the lessons, in their order.

    Parameters
    ----------
    lessons : those whose notebooks are read; the course's, if not given
    table : a CSV file with the columns term, korean, lessons and words. Several names or words are separated by ``;``.
        Without words a term is called by its name, without what stands there in parentheses.

    Raises
    ------
    ValueError
        If a term has no row, or a row no term.
    """
    with open(table, encoding="utf-8", newline="") as file:
        rows = {row["term"]: row for row in csv.DictReader(file)}
    lessons = all_lessons(COURSE) if lessons is None else lessons
    found = [(lesson, *entry) for lesson in lessons for entry in definitions(lesson)]
    names = [name for _, name, _ in found]
    if missing := [name for name in names if name not in rows]:
        raise ValueError(f"{table.name} must have a row for each term of the lessons. Missing: {', '.join(missing)}")
    if left := [name for name in rows if name not in names]:
        raise ValueError(f"{table.name} must name terms of the lessons only. No lesson defines: {', '.join(left)}")
    return [_term(lesson, name, meaning, rows[name]) for lesson, name, meaning in found]


def _term(lesson: Lesson, name: str, meaning: str, row: dict[str, str]) -> Term:
    korean = tuple(row["korean"].split(";"))
    words = tuple(row["words"].split(";")) if row["words"] else (_QUALIFIER.sub("", name),)
    return Term(name, meaning, lesson.name, korean, row["lessons"], words)


def definitions(lesson: Lesson) -> list[tuple[str, str]]:
    """Return the terms in a lesson's glossary with their definitions, in Markdown, each in one line."""
    cells = [cell["source"] for cell in read_notebook(lesson.notebook)["cells"]]
    text = next((source for source in cells if source.startswith("## Glossary\n")), "")
    return [(name, " ".join(meaning.split())) for name, meaning in _ENTRY.findall(text)]


def write(source: Path) -> None:
    """Write ``glossary.md`` into the folder that Sphinx reads."""
    write_atomic(source / "glossary.md", page(terms()))


def page(known: Sequence[Term]) -> str:
    """Return the page in MyST Markdown: the terms by the alphabet, then an index of their Korean names."""
    ordered = sorted(known, key=lambda term: _sorted_as(term.name))
    by_letter = [(letter, list(group)) for letter, group in itertools.groupby(ordered, lambda term: _letter(term.name))]
    row = " ".join(f"[{letter}](#{_anchor(letter)})" for letter, _ in by_letter)
    lessons = len({term.lesson for term in known})
    parts = [
        "---\nhtml_theme.sidebar_secondary.remove: true\n---\n# Glossary",
        f"The {len(known)} terms that the {lessons} lessons explain, each with its Korean name and the lesson that "
        "explains it. A lesson links to this page where it first uses a term.",
        f'<nav class="cnnlab-letters" aria-label="Letters">\n\n{row} [한국어](#korean-names){{.language-ko}}\n\n</nav>',
    ]
    for letter, group in by_letter:
        entries = "\n\n".join(map(_entry, group))
        parts += [f"({_anchor(letter)})=\n## {letter}", f"```{{glossary}}\n{entries}\n```"]
    return "\n\n".join([*parts, *_korean_index(known)]) + "\n"


def _sorted_as(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def _letter(name: str) -> str:
    first = _sorted_as(name)[0].upper()
    return "0–9" if first.isdigit() else first


def _anchor(letter: str) -> str:
    return f"letter-{letter[0].lower()}"


def _entry(term: Term) -> str:
    names = "\n".join(f"[{name}]{{.language-ko}}" for name in term.korean)
    meaning = term.meaning[0].upper() + term.meaning[1:]
    lesson = f"{{doc}}`Lesson\N{NO-BREAK SPACE}{term.lesson[:2]} <lessons/{term.lesson}>`"
    return f"{term.name}\n{names}\n  {meaning} {lesson}"


def _korean_index(known: Sequence[Term]) -> list[str]:
    names = sorted((name, term.name) for term in known for name in term.korean)
    parts = ["(korean-names)=\n## Korean names", "The same terms in the order of the Korean alphabet."]
    for consonant, group in itertools.groupby(names, lambda pair: _consonant(pair[0])):
        lines = "\n".join(f"- [{{term}}`{name}`]{{.language-ko}}: {english}" for name, english in group)
        parts.append(f"### [{consonant}]{{.language-ko}}\n\n{{.cnnlab-korean}}\n{lines}")
    return parts


def _consonant(name: str) -> str:
    first = ord(name[0])
    return _CONSONANTS[(first - _SYLLABLES.start) // 588] if first in _SYLLABLES else "0–9, A–Z"
