"""``cnnlab sheet``: what a lesson asks, on paper with room to write, and the answers on a sheet of their own."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from cnnlab.course.lesson_checks import checks_of, exercises_of
from cnnlab.course.lessons import CourseError, Lesson
from cnnlab.course.look import document
from cnnlab.course.teaching import rendering
from cnnlab.course.teaching.deck import lead
from cnnlab.course.teaching.own_files import write_page
from cnnlab.course.teaching.questions import Question, questions
from cnnlab.course.teaching.reading import lesson_notebook, pieces
from cnnlab.course.teaching.rendering import Picture, Printed

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_LINES = 14  # of printed text on the sheet of answers


def write_sheet(lesson: Lesson, out: Path) -> list[Path]:
    """Write ``NN_name.sheet.html`` and ``NN_name.answers.html`` into a folder and return their paths.

    Raises
    ------
    CourseError
        If the lesson has no notebook, no checks or no question, or a file is there that this command has not written.
    """
    notebook = lesson_notebook(lesson)
    asked = questions(pieces(notebook), exercises_of(checks_of(notebook)))
    if not asked:
        raise CourseError(f"{lesson.name} asks nothing: it has no **Predict** and no exercise")
    pages = {"sheet": sheet(lesson.title, asked), "answers": answers(lesson.title, asked)}
    return [write_page(Path(out) / f"{lesson.name}.{kind}.html", page) for kind, page in pages.items()]


def sheet(title: str, asked: Sequence[Question]) -> str:
    """Return the page of questions."""
    top = f"""<main id="main"><header><h1>{html.escape(title)}</h1>
<p class="who"><span>Name</span><span>Date</span></p>
<p>Write down what you expect before anybody runs anything. A wrong number on paper is worth more than a right one on
the screen.</p></header>"""
    style = (Path(__file__).parent / "sheet.css").read_text(encoding="utf-8")
    return document(f"{title}: questions", f"{top}{''.join(_parts(asked, _asked))}</main>", style, _POLICY)


def answers(title: str, asked: Sequence[Question]) -> str:
    """Return the page of answers."""
    top = f'<main id="main"><header><h1>{html.escape(title)}: answers</h1></header>'
    style = (Path(__file__).parent / "sheet.css").read_text(encoding="utf-8")
    return document(f"{title}: answers", f"{top}{''.join(_parts(asked, _answered))}</main>", style, _POLICY)


def _parts(asked: Sequence[Question], shown) -> Iterator[str]:
    for part, group in itertools.groupby(asked, key=lambda question: question.part):
        heading = f"<h2>{rendering.inline(part)}</h2>" if part else ""
        yield f"<section>{heading}{''.join(map(shown, group))}</section>"


def _heading(question: Question) -> str:
    words = question.title or ("Predict" if question.kind == "predict" else "Exercise")
    return f"<h3>{question.number} · {rendering.inline(words)}</h3>"


def _asked(question: Question) -> str:
    before = "".join(
        rendering.prose(lead(piece.source, 320) if piece.kind == "text" else piece.source) for piece in question.before
    )
    pictures = "".join(f"<figure>{picture.html()}</figure>" for picture in question.pictures)
    code = rendering.code(question.code) if question.code else ""
    asked = f'<div class="{question.kind}">{rendering.prose(question.asked)}</div>'
    lines = '<div class="lines" aria-hidden="true">' + "<span></span>" * _room(question) + "</div>"
    return f"<article>{_heading(question)}{before}{pictures}{asked}{code}{lines}</article>"


def _room(question: Question) -> int:
    """How many lines there are to write on."""
    if question.kind == "exercise":
        return min(8, max(2, len(question.solution.split("\n")) + 1))
    printed = "\n".join(result.text for result in question.results if isinstance(result, Printed))
    return 3 if printed.count("\n") > 4 else 2


def _answered(question: Question) -> str:
    if question.kind == "exercise":
        why = f"<p>{html.escape(question.why)}</p>" if question.why else ""
        body = rendering.code(question.solution) + why
    else:
        shown = "".join(map(_result, question.results))
        body = shown + (rendering.prose(lead(question.shown, 240)) if question.shown else "")
        body = body or "<p>The lesson comes back to this later: keep what you wrote.</p>"
    return (
        f'<article>{_heading(question)}<p class="of">{rendering.inline(lead(question.asked, 90))}</p>{body}</article>'
    )


def _result(result: Picture | Printed) -> str:
    if isinstance(result, Picture):
        return f"<figure>{result.html()}</figure>"
    lines = result.text.split("\n")
    if len(lines) > _LINES + 1:
        lines = [*lines[:_LINES], f"… {len(lines) - _LINES} more lines in the notebook"]
    return Printed("\n".join(lines)).html()
