"""A learner's own page: what was right, what the check said, what to try. Nobody else is named on it."""

from __future__ import annotations

import html

from cnnlab.course.grading.records import ExerciseInfo, Graded, Judgement, Learner, LessonInfo, SchoolClass
from cnnlab.course.grading.report import parts
from cnnlab.course.grading.report.misconceptions import TRIED, right
from cnnlab.course.grading.report.parts import number
from cnnlab.course.grading.report.strangers import lines, one_line, plain_line
from cnnlab.course.look import document


def learner_page(school: SchoolClass, learner: Learner) -> str:
    """Return one page for one learner.

    Each lesson that was handed in is there with every exercise: the verdict, the check's own words, for one that is not
    right the first hint and the part of the lesson to read again, and the answer as it was judged.
    """
    copies = {copy.lesson: copy for copy in school.graded if copy.learner == learner.key and copy.fingerprint}
    sections = "\n".join(_lesson(lesson, copies[lesson.name]) for lesson in school.lessons if lesson.name in copies)
    name = plain_line(learner.name) or learner.key
    others = _others(school, learner, copies)
    body = (
        f"<header>\n<h1><bdi>{html.escape(name)}</bdi></h1>\n{_state(school, copies)}\n</header>\n"
        f'<main id="main" tabindex="-1">\n{sections}\n{others}\n</main>'
    )
    return document(f"{name}: what your answers showed", body, parts.STYLE + _STYLE)


def _state(school: SchoolClass, copies: dict[str, Graded]) -> str:
    if not copies:
        return '<p class="lead">None of your lessons is graded yet.</p>'
    judgements = [
        (lesson, one) for lesson in school.lessons if lesson.name in copies for one in copies[lesson.name].judgements
    ]
    done = sum(one.status == "correct" for _, one in judgements)
    if done == len(judgements):
        return f'<p class="lead">All {number(done, "exercise")} that you handed in are right. Well done.</p>'
    tried = [(lesson, one) for lesson, one in judgements if one.status in TRIED]
    opened = len(judgements) - done - len(tried)
    first_lesson, first = (tried or [pair for pair in judgements if pair[1].status != "correct"])[0]
    exercise = next((one for one in first_lesson.exercises if one.name == first.exercise), None)
    begin = ""
    if exercise:
        link = f'<a href="#{parts.identity(first_lesson, exercise)}">{parts.title(exercise)}</a>'
        begin = f"<p>A good place to go on: {link} ({one_line(first_lesson.title)}).</p>"
    return (
        f'<p class="lead">{done} of {number(len(judgements), "exercise")} right, {len(tried)} to look at again, '
        f"{opened} still open.</p>\n{begin}"
    )


def _lesson(lesson: LessonInfo, copy: Graded) -> str:
    judged = {judgement.exercise: judgement for judgement in copy.judgements}
    late = " Handed in late." if copy.late else ""
    exercises = "\n".join(
        _exercise(lesson, exercise, judged[exercise.name], copy.answers.get(exercise.name) or "")
        for exercise in lesson.exercises
        if exercise.name in judged
    )
    where = parts.identity(lesson)
    return (
        f'<section aria-labelledby="{where}">\n<h2 id="{where}">{one_line(lesson.title)}</h2>\n'
        f"<p>{right(copy)} of {number(len(copy.judgements), 'exercise')} right.{late}</p>\n{exercises}\n</section>"
    )


def _exercise(lesson: LessonInfo, exercise: ExerciseInfo, judgement: Judgement, answer: str) -> str:
    good = judgement.status == "correct"
    kind = parts.KINDS.get(judgement.status, "bad")
    said = [
        f'<div class="exercise {kind}">',
        f'<h3 id="{parts.identity(lesson, exercise)}">{parts.title(exercise)} ({parts.code_name(exercise)})</h3>',
        f"<p>{parts.sign(judgement)}</p>",
    ]
    if judgement.message and judgement.status != "missing":
        said.append(f'<p class="said {kind}">{parts.spoken(lines(judgement.message))}</p>')
    if judgement.hint and not good:
        said.append(f"<p><b>To try:</b> {parts.spoken(lines(judgement.hint, most=10, longest=1000))}</p>")
    if not good:
        said.append(f"<p><b>To read again:</b> “{parts.section(lesson, exercise)}” in {one_line(lesson.title)}</p>")
    if good:
        said.append(f'<details class="screen"><summary>Your answer</summary>{parts.answer(answer, 60)}</details>')
    elif answer.strip() and answer.strip() != exercise.stub.strip():
        said.append(f"<p>Your answer, as it was judged:</p>{parts.answer(answer, 60)}")
    return "\n".join([*said, "</div>"])


def _others(school: SchoolClass, learner: Learner, copies: dict[str, Graded]) -> str:
    unjudged = {copy.lesson for copy in school.graded if copy.learner == learner.key and not copy.fingerprint}
    waiting = {lesson for key, lesson in school.waiting if key == learner.key}
    rows = []
    for lesson in school.lessons:
        if lesson.name in copies:
            continue
        state = "No notebook was found."
        if lesson.name in unjudged:
            state = "Handed in, and it could not be judged: talk to your teacher."
        elif lesson.name in waiting:
            state = "Handed in, not graded yet."
        rows.append(f"<li>{one_line(lesson.title)}: {state}</li>")
    if not rows:
        return ""
    items = "".join(rows)
    return f'<section aria-labelledby="others">\n<h2 id="others">Other lessons</h2>\n<ul>{items}</ul>\n</section>'


_STYLE = """
section { margin-top: 2rem; }
h2 { border-bottom: 2px solid var(--line); padding-bottom: .2rem; }
.exercise { border-left: .35rem solid var(--good); padding: .1rem 0 .1rem 1rem; margin: 1.2rem 0; }
.exercise.bad { border-left: .35rem dashed var(--bad); color: inherit; }
.exercise.open { border-left: .35rem dotted var(--quiet); }
.exercise.good { color: inherit; }
.exercise h3 { margin: 0; }
.exercise p { margin: .3rem 0; }
.exercise .said { border: 0; padding: 0; }
@media print { h2 + p { break-after: avoid; } .exercise { break-inside: avoid-page; } pre, code { font-size: 9pt; } }
"""
