"""The report on a class, in the order in which a teacher needs it on the morning after.

What to teach next comes first, and why; then what each exercise showed, who is stuck, who is missing, every exercise of
every learner, answers that are alike, and what was not graded. The page for the projector names nobody: it has counts
where the report has people.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from cnnlab.course.grading.records import ExerciseInfo, LessonInfo, SchoolClass
from cnnlab.course.grading.report import parts
from cnnlab.course.grading.report.anonymous import Names
from cnnlab.course.grading.report.explorers import Explorers
from cnnlab.course.grading.report.misconceptions import AT_LEAST, Misconception, Results, teach_next
from cnnlab.course.grading.report.parts import number
from cnnlab.course.grading.report.people import People
from cnnlab.course.grading.report.report_tables import TABLES, counts_tables, learners_tables
from cnnlab.course.grading.report.strangers import one_line
from cnnlab.course.look import document

_MOST = 5  # misconceptions shown of an exercise
_LINES = 10  # of a sample answer
_ROWS = 200  # rows of a list
_FILES = 5  # named of those set aside for one reason
_FAILED = "Copies that could not be graded"


def class_report(school: SchoolClass, *, anonymous: bool = False) -> str:
    """Return one page that needs no network and no other file but the learners' pages that it links to.

    Parameters
    ----------
    school : as far as it is graded; the page says how far
    anonymous : whether to name nobody. The page then holds no name, key, entry of the roster or file, no row for a
        learner, no answers that are alike and no notes; sample answers lose comments, docstrings and names
    """
    report = _Report(school, anonymous)
    title = "Class report, without names" if anonymous else "Class report"
    sections = [(heading, text) for heading, text in report.sections() if text]
    links = "".join(f'<li><a href="#part-{n}">{html.escape(h)}</a></li>' for n, (h, _) in enumerate(sections, start=1))
    body = "\n".join(
        f'<section aria-labelledby="part-{n}">\n<h2 id="part-{n}">{html.escape(heading)}</h2>\n{text}\n</section>'
        for n, (heading, text) in enumerate(sections, start=1)
    )
    header = f"<header>\n<h1>{title}</h1>\n{_state(report.results, anonymous)}\n</header>"
    contents = f'<nav aria-label="Parts" class="screen"><ul>{links}</ul></nav>'
    main = f'<main id="main" tabindex="-1">\n{body}\n</main>'
    return document(title, f"{header}\n{contents}\n{main}", parts.STYLE + _STYLE, report.explorers.policy)


def _state(results: Results, anonymous: bool) -> str:
    """How far the grading is, in a sentence or two."""
    school = results.school
    failed = len(results.unjudged) + len(school.broken)
    done, found = len(results.copies), len(results.copies) + len(school.waiting) + failed
    who = f"{number(len(school.learners), 'learner')}, {number(len(school.lessons), 'lesson')}"
    lines = []
    if not found:
        lines.append(f'<p class="lead">{who}: no copy of a lesson was found.</p>')
    elif school.waiting:
        lines += [
            f'<p class="lead"><b>{done:,} of {number(found, "copy", "copies")} graded so far</b> ({who}).</p>',
            "<p>The same command with <code>--resume</code> goes on with the others. What stands here is true of those "
            "that are graded.</p>",
        ]
    else:
        all_of = f"{done:,} of " if done < found else "all " if found > 1 else ""
        lines.append(f'<p class="lead">{who}: {all_of}{number(found, "copy", "copies")} graded.</p>')
    if failed:
        lines.append(
            f'<p class="bad"><b>{number(failed, "copy", "copies")} could not be graded.</b>'
            + ("</p>" if anonymous else ' <a href="#failed">Which, and why</a>.</p>')
        )
    return "\n".join(lines)


class _Report:
    def __init__(self, school: SchoolClass, anonymous: bool) -> None:
        self.school, self.results = school, Results(school)
        self.people = People(school.learners)
        self.names = Names(school.learners) if anonymous else None
        self.misconceptions = self.results.misconceptions()
        self.explorers = Explorers()

    def sections(self) -> Iterable[tuple[str, str]]:
        """Yield each part's heading and HTML; an empty part is left out."""
        yield "What to teach next", self._next()
        yield "What each exercise showed", "\n".join(map(self._lesson, self.school.lessons))
        if self.names:
            yield "Every exercise in numbers", counts_tables(self.results)
            return
        yield _FAILED, self._failed()
        yield "Who is stuck, and where", self._stuck()
        yield "Who handed in nothing, or late", self._missing()
        yield "Every exercise of every learner", learners_tables(self.results, self.people)
        yield "Wrong answers that are alike", self._alike()
        yield "Files that were set aside", self._aside()
        yield "Notes on copies", self._notes()

    def _next(self) -> str:
        first = teach_next(self.misconceptions, self.school.lessons)
        if first is None:
            return "<p>No two learners share a misconception that the checks can name.</p>"
        others = [one for one in self.misconceptions if one is not first and len(one.learners) >= 2][:2]
        lesson, exercise = first.lesson, first.exercise
        lines = [
            f'<p class="lead"><b>{self._count(first)}</b> learners who handed in {one_line(lesson.title)} share this '
            f"misconception, in the exercise {self._link(lesson, exercise)}:</p>",
            f'<p class="said bad big">{_words(first)}</p>',
            f"<p>The exercise stands in the part <b>{parts.section(lesson, exercise)}</b>.</p>",
            self._sample(first, "An answer that it leads to:"),
            self._who(first),
            self._explorer(first),
            '<p class="quiet">Why this one: no misconception is shared by more learners. Where others are nearly as '
            "common (at least four fifths as many), the one that comes first in the course is taken, because later "
            "lessons rest on it.</p>",
        ]
        if others:
            rows = "".join(
                f"<li><b>{self._count(one)}</b>, {self._link(one.lesson, one.exercise)} "
                f"({one_line(one.lesson.title)}): {_words(one)}{self._explorer(one)}</li>"
                for one in others
            )
            lines.append(f"<h3>After that</h3>\n<ol>{rows}</ol>")
        return "\n".join(lines)

    def _explorer(self, one: Misconception) -> str:
        """What shows it in the lesson, once all is graded: until then a report is written every minute."""
        return "" if self.school.waiting else self.explorers.folded(one.exercise.explorer)

    def _lesson(self, lesson: LessonInfo) -> str:
        exercises = "\n".join(self._exercise(lesson, exercise) for exercise in lesson.exercises)
        copies = len(self.results.of(lesson))
        head = f'<h3 id="{parts.identity(lesson)}">{one_line(lesson.title)}</h3>'
        if not copies:
            return f"{head}\n<p>Nothing is graded.</p>"
        return f"{head}\n<p>{number(copies, 'copy', 'copies')} graded.</p>\n{exercises}"

    def _exercise(self, lesson: LessonInfo, exercise: ExerciseInfo) -> str:
        tally = self.results.tally(lesson, exercise)
        right, opened = tally["correct"], tally["not attempted"] + tally["missing"]
        wrong = tally.total() - right - opened
        here = [one for one in self.misconceptions if one.lesson is lesson and one.exercise is exercise]
        shared = [one for one in here if len(one.learners) > 1][:_MOST]
        items = "".join(f'<li class="whole">{self._shared(one)}</li>' for one in shared)
        single = "".join(
            f"<li>{_words(one)} ({self.people.listed(one.learners)})</li>"
            for one in here
            if len(one.learners) == 1 and not self.names  # on the projector one learner's mistake stays unsaid
        )
        unsaid = len(here) - len([one for one in here if len(one.learners) > 1]) if self.names else 0
        rest = [
            (unsaid, "with a misconception that nobody shares"),
            (sum(len(one.learners) for one in here if len(one.learners) > 1 and one not in shared), "rarer ones"),
            (tally["wrong"] - sum(len(one.learners) for one in here), "wrong in another way"),
            (tally["raised"], "whose cell ends with an error"),
            (tally["stopped"], "stopped at a limit"),
        ]
        others = ", ".join(f"{count} {words}" for count, words in rest if count)
        lines = [
            f'<h4 id="{parts.identity(lesson, exercise)}">{parts.title(exercise)} ({parts.code_name(exercise)})</h4>',
            f'<p><span class="good">✔ {right} right</span> · <span class="bad">✘ {wrong} wrong</span> · '
            f"○ {opened} open</p>",
        ]
        lines += [f'<ul class="plain">{items}</ul>'] if items else []
        lines += [f"<p>One learner each:</p>\n<ul>{single}</ul>"] if single else []
        if others:
            lines.append(f'<p class="quiet">{"Also" if shared or single else "Of the wrong ones"}: {others}.</p>')
        return "\n".join(['<div class="exercise">', *lines, "</div>"])

    def _shared(self, one: Misconception) -> str:
        """A misconception of several learners: how many, the check's words, an answer, who."""
        width = 12 * len(one.learners) / len(self.results.of(one.lesson))
        return (
            f'<p><b>{self._count(one)}</b> <span class="bar" style="width:{width:.1f}rem"></span></p>'
            f'<p class="said bad">{_words(one)}</p>{self._sample(one)}{self._who(one)}'
        )

    def _count(self, one: Misconception) -> str:
        return f"{len(one.learners)} of {len(self.results.of(one.lesson))}"

    def _link(self, lesson: LessonInfo, exercise: ExerciseInfo) -> str:
        return f'<a href="#{parts.identity(lesson, exercise)}">{parts.title(exercise)}</a>'

    def _sample(self, one: Misconception, before: str = "") -> str:
        """The most typical answer; for the projector the first that can be shown without names."""
        answers: Iterable[str | None] = one.answers[:1]
        if self.names:
            answers = map(self.names.taken_out, one.answers)
        text = next((text for text in answers if text), None)
        lead = f"<p>{before}</p>" if before else ""
        return lead + parts.answer(text, _LINES) if text else ""

    def _who(self, one: Misconception) -> str:
        return "" if self.names else f'<p class="who">Who: {self.people.listed(one.learners)}</p>'

    def _stuck(self) -> str:
        hard = []
        for lesson in self.school.lessons:
            for exercise in lesson.exercises:
                tally = self.results.tally(lesson, exercise)
                if 2 * tally["correct"] < tally.total():
                    hard.append(
                        f"<li>{self._link(lesson, exercise)} ({one_line(lesson.title)}): "
                        f"{tally['correct']} of {tally.total()} have it right</li>"
                    )
        rows = "".join(
            f'<tr><th scope="row">{self.people.link(one.learner)}</th><td>{one_line(one.lesson.title)}</td>'
            f'<td>{one.right} of {len(one.lesson.exercises)}</td><td class="text">'
            f"{self._link(one.lesson, one.exercise)}: {parts.sign(one.judgement)}. "
            f"{_capital(one.judgement.misconception or one.judgement.message, 160)}</td></tr>"
            for one in self.results.stuck()
        )
        lines = ["<p>Fewer than half of those who handed in the lesson have these right:</p>"] if hard else []
        lines += [f"<ul>{''.join(hard)}</ul>"] if hard else ["<p>At least half have each exercise right.</p>"]
        if not rows:
            return "\n".join([*lines, "<p>Everybody has at least half of the exercises of each lesson right.</p>"])
        head = "".join(
            f'<th scope="col">{words}</th>' for words in ("Learner", "Lesson", "Right", "The first thing to talk about")
        )
        caption = "Learners who have fewer than half of a lesson's exercises right"
        return "\n".join([*lines, parts.table("stuck", caption, head, rows)])

    def _missing(self) -> str:
        lessons = self.school.lessons
        absent = [set(self.results.missing[lesson.name]) for lesson in lessons]
        nothing = [one.key for one in self.school.learners if absent and all(one.key in keys for keys in absent)]
        silent = set(nothing)
        lines = [f"<li>Nothing at all: {self.people.listed(nothing)}</li>"] if nothing else []
        for lesson in lessons:
            here = [key for key in self.results.missing[lesson.name] if key not in silent]
            late = [copy.learner for copy in self.results.of(lesson) if copy.late]
            if here:
                lines.append(f"<li>{one_line(lesson.title)} is missing: {self.people.listed(here)}</li>")
            if late:
                lines.append(f"<li>{one_line(lesson.title)} was late: {self.people.listed(late)}</li>")
        others = [one.key for one in self.school.learners if not one.columns]
        if 0 < len(others) < len(self.school.learners):
            lines.append(f"<li>Not on the class list: {self.people.listed(others)}</li>")
        return f"<ul>{''.join(lines)}</ul>" if lines else "<p>Everybody handed in every lesson, and nobody late.</p>"

    def _alike(self) -> str:
        groups = self.results.alike()
        if not groups:
            return ""
        items = "".join(
            f'<li class="whole">{self._link(group.lesson, group.exercise)} ({one_line(group.lesson.title)}): '
            f"{self.people.listed(group.learners)}{parts.answer(group.answer, _LINES)}</li>"
            for group in groups[:_ROWS]
        )
        return (
            "<p>These wrong answers differ in names, spacing and comments alone. <b>That is a reason to talk, and no "
            "proof of anything</b>: learners work together, read the same hints and make the same mistakes. Right "
            "answers are not compared, because there is often one way to write them; nor are answers of fewer than "
            f"{AT_LEAST} parts (names, numbers and operations: about five lines), nor one that a quarter of the class "
            f'gives, because short and common answers are alike by nature.</p>\n<ul class="plain">{items}</ul>'
        )

    def _failed(self) -> str:
        items = [
            f"<code>{one_line(file, 200)}</code>: {one_line(why, 300)}" for file, why in self.school.broken.items()
        ]
        items += [
            f"{self.people.link(copy.learner)}, <code>{one_line(copy.file, 200)}</code>: "
            f"{one_line(next((one.message for one in copy.judgements), ''), 300)}"
            for copy in self.results.unjudged
        ]
        return _rows(items).replace("<ul>", '<ul id="failed">', 1)

    def _aside(self) -> str:
        """Files by reason: a whole repository has many of one kind."""
        reasons: dict[str, list[str]] = {}
        for file, why in self.school.set_aside.items():
            reasons.setdefault(why, []).append(file)
        return _rows(
            [
                f"{_capital(why, 300)}: "
                + ", ".join(f"<code>{one_line(file, 200)}</code>" for file in files[:_FILES])
                + (f" and {number(len(files) - _FILES, 'more', 'more')}" if len(files) > _FILES else "")
                for why, files in reasons.items()
            ]
        )

    def _notes(self) -> str:
        titles = {lesson.name: one_line(lesson.title) for lesson in self.school.lessons}
        copies = [copy for lesson in self.school.lessons for copy in self.results.of(lesson)]
        return _rows(
            [
                f"{self.people.link(copy.learner)}, {titles[copy.lesson]}: {one_line(note, 300)}"
                for copy in copies
                for note in copy.notes
            ]
        )


def _rows(items: Sequence[str]) -> str:
    more = f"<li>and {number(len(items) - _ROWS, 'more', 'more')}</li>" if len(items) > _ROWS else ""
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items[:_ROWS])}{more}</ul>" if items else ""


def _words(one: Misconception) -> str:
    return _capital(one.words, 600)


def _capital(text: str, longest: int) -> str:
    """A sentence as HTML; what a check says after a colon begins with a small letter."""
    return parts.spoken(one_line(text[:1].upper() + text[1:], longest))


_STYLE = (
    """
nav ul { columns: 14rem; padding-left: 1.2rem; }
section { margin-top: 2.5rem; }
h2 { border-bottom: 2px solid var(--line); padding-bottom: .2rem; }
h3 { margin: 1.8rem 0 .4rem; }
h4 { margin: 0 0 .2rem; }
.said { font-weight: 500; }
.big { font-size: 1.25rem; line-height: 1.4; }
.exercise { border-top: 1px solid var(--line); padding: .8rem 0 .2rem; }
.exercise p, .exercise ul { margin: .3rem 0; }
ul.plain { list-style: none; padding: 0; }
ul.plain > li { margin: .8rem 0; }
.bar { display: inline-block; height: .6rem; background: var(--bad); border-radius: 2px; }
.who { font-size: .92rem; }
.explorer summary { cursor: pointer; }
@media print { .explorer:not([open]), .explorer summary { display: none; } }
"""
    + TABLES
)
