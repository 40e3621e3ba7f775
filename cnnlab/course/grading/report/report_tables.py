"""The large tables of the report: who has which exercise right, and how many have."""

from __future__ import annotations

from cnnlab.course.grading.records import STATUSES, Graded, LessonInfo
from cnnlab.course.grading.report import parts
from cnnlab.course.grading.report.misconceptions import Results, right
from cnnlab.course.grading.report.people import People
from cnnlab.course.grading.report.strangers import one_line

_CELLS = {"correct": "y", "not attempted": "o", "missing": "o"}
_SHORT = {"raised": "error", "stopped": "limit", "missing": "no cell"}  # beside the sign; the ear gets all the words
_LEGEND = "✔ right, ✘ wrong (error: its cell ends with one; limit: stopped at one), ○ not attempted (or no cell for it)"

TABLES = """
thead th { background: var(--soft); vertical-align: bottom; }
thead th code { font-size: .8rem; }
tbody th { font-weight: normal; background: var(--back); position: sticky; left: 0; }
td i { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
tbody th, td { white-space: nowrap; }
td.text { white-space: normal; min-width: 18rem; }
td span { font-size: .75rem; font-weight: normal; }
td.y { color: var(--good); } td.x { color: var(--bad); font-weight: bold; } td.o { color: var(--quiet); }
td.y, td.x, td.o { text-align: center; }
td.n, th.n { text-align: right; }
caption .quiet { display: block; font-weight: normal; }
@media print { tbody th { position: static; white-space: normal; } td, th { padding: .1rem .25rem; }
  table { font-size: 9pt; } thead th code { font-size: 7pt; } }
"""


def learners_tables(results: Results, people: People) -> str:
    """Return the points of every learner in every lesson, then a table for each lesson with every exercise."""
    if not results.school.learners:
        return ""
    return "\n".join([_overview(results, people), *(_lesson(results, people, one) for one in results.school.lessons)])


def counts_tables(results: Results) -> str:
    """Return for each lesson how many have each exercise right, wrong and open: a table that names nobody."""
    tables = []
    for lesson in results.school.lessons:
        rows = []
        for exercise in lesson.exercises:
            tally = results.tally(lesson, exercise)
            opened = tally["not attempted"] + tally["missing"]
            counts = (tally["correct"], tally.total() - tally["correct"] - opened, opened, tally.total())
            cells = "".join(f'<td class="n">{count}</td>' for count in counts)
            rows.append(f'<tr><th scope="row">{parts.title(exercise)} ({parts.code_name(exercise)})</th>{cells}</tr>')
        head = "".join(
            f'<th scope="col" class="n">{words}</th>' for words in ("✔ right", "✘ wrong", "○ open", "copies")
        )
        head = f'<th scope="col">Exercise</th>{head}'
        name = f"counts-{parts.identity(lesson)}"
        tables.append(parts.table(name, one_line(lesson.title), head, "".join(rows)))
    return "\n".join(tables)


def _overview(results: Results, people: People) -> str:
    school = results.school
    head = "".join(
        f'<th scope="col" class="n">{_lesson_link(results, lesson)}<br>of {len(lesson.exercises)}</th>'
        for lesson in school.lessons
    )
    total = sum(len(lesson.exercises) for lesson in school.lessons)
    head = f'<th scope="col">Learner</th>{head}<th scope="col" class="n">All<br>of {total}</th>'
    rows = "".join(_points(results, people, learner.key) for learner in school.learners)
    caption = "Exercises that are right, by lesson (– nothing handed in)"
    return parts.table("table-all", caption, head, rows)


def _lesson_link(results: Results, lesson: LessonInfo) -> str:
    """A lesson's number, which leads to its table where there is one."""
    said = one_line(lesson.title.removeprefix(f"{_number(lesson)} · "))
    words = f'{_number(lesson)}<span class="unseen"> {said}</span>'
    return f'<a href="#table-{parts.identity(lesson)}">{words}</a>' if results.of(lesson) else words


def _points(results: Results, people: People, key: str) -> str:
    there = {*results.school.waiting, *((copy.learner, copy.lesson) for copy in results.unjudged)}
    cells, rights = [], []
    for lesson in results.school.lessons:
        copy = results.copies.get((key, lesson.name))
        if copy:
            rights.append(right(copy))
            cells.append(f'<td class="n">{right(copy)}{" late" if copy.late else ""}</td>')
        elif (key, lesson.name) in there:
            cells.append('<td class="n quiet">not graded</td>')
        else:
            cells.append('<td class="n quiet">–<i> nothing handed in</i></td>')
    total = sum(rights) if rights else "–"
    return f'<tr><th scope="row">{people.link(key)}</th>{"".join(cells)}<td class="n">{total}</td></tr>'


def _lesson(results: Results, people: People, lesson: LessonInfo) -> str:
    copies = results.of(lesson)
    if not copies:
        return ""
    names = "".join(f'<th scope="col">{parts.code_name(exercise)}</th>' for exercise in lesson.exercises)
    head = f'<th scope="col">Learner, lesson {_number(lesson)}</th>{names}'
    head += f'<th scope="col" class="n">Right<br>of {len(lesson.exercises)}</th>'
    rows = "".join(
        f'<tr><th scope="row">{people.link(copy.learner)}</th>{_cells(copy, lesson)}'
        f'<td class="n">{right(copy)}{" late" if copy.late else ""}</td></tr>'
        for copy in copies
    )
    return parts.table(
        f"table-{parts.identity(lesson)}",
        f'{one_line(lesson.title)} <span class="quiet">({_LEGEND})</span>',
        head,
        rows,
    )


def _cells(copy: Graded, lesson: LessonInfo) -> str:
    statuses = {judgement.exercise: judgement.status for judgement in copy.judgements}
    return "".join(_cell(statuses.get(exercise.name, "missing")) for exercise in lesson.exercises)


def _cell(status: str) -> str:
    mark, words = STATUSES[status]
    short = f'<span aria-hidden="true"> {_SHORT[status]}</span>' if status in _SHORT else ""
    return f'<td class="{_CELLS.get(status, "x")}">{mark}{short}<i> {words}</i></td>'


def _number(lesson: LessonInfo) -> str:
    return one_line(lesson.name.partition("_")[0], 20)
