"""What the report on a class and a learner's own page are both put together from."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

from cnnlab.course.grading.records import STATUSES, ExerciseInfo, Judgement, LessonInfo
from cnnlab.course.grading.report.strangers import lines, one_line, plain_line

_CODE = re.compile(r"`([^`\n]+)`")

#: status → class in the style sheet
KINDS = {"correct": "good", "not attempted": "open", "missing": "open"}

STYLE = """
.lead { font-size: 1.15rem; }
.quiet { color: var(--quiet); }
.good { color: var(--good); } .bad { color: var(--bad); }
.said { white-space: pre-wrap; border-left: .3rem solid var(--line); padding: .1rem .8rem; margin: .5rem 0; }
.said.good { border-left: .3rem solid var(--good); color: inherit; }
.said.bad { border-left: .3rem dashed var(--bad); color: inherit; }
pre.answer { border: 1px solid var(--line); border-radius: 4px; background: var(--soft); margin: .4rem 0; }
"""


def number(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    >>> number(1, "copy", "copies"), number(0, "lesson")
    ('1 copy', '0 lessons')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def spoken(text: str) -> str:
    """Return words of the course, which are HTML already, with what stands between backticks as code.

    >>> spoken("Here `strides` is given.")
    'Here <code>strides</code> is given.'
    """
    return _CODE.sub(r"<code>\1</code>", text)


def sign(judgement: Judgement) -> str:
    """Return a judgement's sign and words as HTML."""
    mark, words = STATUSES[judgement.status]
    return f'<b class="{KINDS.get(judgement.status, "bad")}">{mark} {words}</b>'


def answer(source: str, most: int = 40) -> str:
    """Return an answer as HTML, its first lines where it is long."""
    return f'<pre class="answer"><code>{lines(source, most)}</code></pre>'


def identity(lesson: LessonInfo, exercise: ExerciseInfo | None = None) -> str:
    """Return the ``id`` of a lesson's or an exercise's place on a page."""
    return quote(lesson.name if exercise is None else f"{lesson.name}-{exercise.name}", safe="")


def title(exercise: ExerciseInfo) -> str:
    """Return an exercise's heading in the lesson as HTML, without the word Exercise before it.

    >>> title(ExerciseInfo("by_hand", "Exercise: one layer by hand", "size = ..."))
    'One layer by hand'
    """
    text = plain_line(exercise.heading).removeprefix("Exercise: ") or exercise.name
    return spoken(html.escape(text[:1].upper() + text[1:]))


def code_name(exercise: ExerciseInfo) -> str:
    """Return an exercise's name as HTML that may be broken between its words."""
    return f"<code>{html.escape(exercise.name).replace('_', '_<wbr>')}</code>"


def section(lesson: LessonInfo, exercise: ExerciseInfo) -> str:
    """Return the heading of the part of the lesson that an exercise rests on, as HTML: its own, if that is a part."""
    above = exercise.section if exercise.section != lesson.title else ""
    return spoken(one_line(above or exercise.heading))


def table(name: str, caption: str, columns: str, rows: str) -> str:
    """Return a table in a place of its own, which scrolls where the page is narrow and can be reached by keyboard.

    Parameters
    ----------
    name : its ``id``
    caption : HTML
    columns : the header's cells, HTML
    rows : the body's, HTML
    """
    return (
        f'<div class="wide" role="region" aria-labelledby="{name}" tabindex="0"><table>'
        f'<caption id="{name}">{caption}</caption>\n<thead><tr>{columns}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>"
    )
