"""The report on a class: its counts, its words, its order, who is named, and what strangers write into it."""

from __future__ import annotations

import re
from dataclasses import replace

import page_reader
import pytest
from made_class import FIRST, LAST, made_class

from cnnlab.course.grading.records import Graded, Judgement, Learner, SchoolClass
from cnnlab.course.grading.report import explorers
from cnnlab.course.grading.report.anonymous import Names
from cnnlab.course.grading.report.class_report import class_report
from cnnlab.course.grading.report.results import write_results
from cnnlab.course.grading.report.strangers import lines, one_line
from cnnlab.course.moving import Moving

MADE = made_class()
SCHOOL = MADE.school
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'&amp;\u202etxet\x00\x1b[31m{style}%s"


def part(text: str, heading: str) -> str:
    """The words of one part of the page."""
    body = text.split(f">{heading}</h2>")[1].split("</section>")[0]
    return " ".join(re.sub("<[^>]*>", "", body).split())


def said_as(words: str) -> str:
    """A misconception as `part` has it."""
    return " ".join((words[:1].upper() + words[1:]).replace("`", "").split()).replace("<", "&lt;")


def test_the_page_is_whole_and_its_links_lead_to_the_learners(tmp_path):
    write_results(SCHOOL, tmp_path)
    page = page_reader.read((tmp_path / "report.html").read_text(encoding="utf-8"), tmp_path)
    assert [text for level, text in page.headings if level == 2] == [
        "What to teach next", "What each exercise showed", "Copies that could not be graded", "Who is stuck, and where",
        "Who handed in nothing, or late", "Every exercise of every learner", "Wrong answers that are alike",
        "Files that were set aside", "Notes on copies",
    ]  # fmt: skip


def test_what_to_teach_next_says_how_many_what_where_and_who():
    # The generated class has 9 of 36 with each of two misconceptions; output_size comes before padding_to_keep.
    (lesson, exercise, words), count = MADE.counts.most_common(1)[0]
    assert (lesson, exercise, count) == ("02_padding_and_stride", "output_size", 9)
    said = part(class_report(SCHOOL), "What to teach next")
    assert said.startswith(
        "9 of 36 learners who handed in 02 · Padding and stride share this misconception, in the exercise The whole "
        f"formula: {said_as(words)} The exercise stands in the part Dilation: a kernel with gaps."
    )
    assert "def my_output_size(n, f, s=1, p=0, d=1): return n + 2 * p - d * (f - 1)" in said
    assert "Why this one: no misconception is shared by more learners." in said
    assert "9 of 36, Keep the size (02 · Padding and stride): The right total" in said
    who = said.split("Who: ")[1].split(" Why")[0].split(", ")
    assert len(who) == 9


SCRIPT = "let a = 1;\n"


def with_explorers(*cells: str) -> SchoolClass:
    """The class; `cells` are those of the three exercises that are to be taught next, in the order of the report."""
    named = dict(zip(("output_size", "padding_to_keep", "one_cell"), cells, strict=True))
    lessons = tuple(
        replace(one, exercises=tuple(replace(e, explorer=named.get(e.name, "explore.No()")) for e in one.exercises))
        for one in SCHOOL.lessons
    )
    return replace(SCHOOL, lessons=lessons)


def moved(source: str, own_example: bool) -> Moving | None:
    """Stands for `moving`: draws nothing."""
    assert own_example
    if "Breaks" in source:
        raise ImportError("no <b>matplotlib</b>")
    name = source.removeprefix("explore.").removesuffix("()")
    element = f'<figure class="cnnlab-moving">{name} moves<script>{SCRIPT}</script></figure>'
    return None if "Still" in source else Moving(name, element, own="Lab" in source)


@pytest.mark.parametrize("anonymous", [False, True])
def test_what_to_teach_next_has_its_explorer_folded_and_each_once(monkeypatch, anonymous):
    monkeypatch.setattr(explorers, "moving", moved)
    text = class_report(with_explorers("explore.Shape()", "explore.Shape()", "explore.Lab()"), anonymous=anonymous)
    folded = re.findall(r'<details class="explorer">.*?</details>', text, re.DOTALL)
    assert [re.search("<summary>(.*?)</summary>", one)[1] for one in folded] == [
        "To show it: the lesson's <code>Shape</code>",
        "To show it: the lesson's <code>Lab</code>",
    ]
    assert ["an example of its own" in one for one in folded] == [False, True]
    assert text.index("The stride is forgotten") < text.index(folded[0]) < text.index("Why this one")
    assert text.index("After that") < text.index(folded[1]) < text.index("What each exercise showed</h2>")
    # printf 'let a = 1;\n' | openssl dgst -sha256 -binary | base64
    assert "; script-src 'sha256-3smTKsMnFX9i0OGCm4n/7GAEzudwCR3kiBveN8jVUAk='\"" in text
    rest = page_reader.read(re.sub(r"<figure.*?</figure>", "", text, flags=re.DOTALL))
    assert "To show it" in rest.words


def test_an_explorer_that_cannot_move_is_left_out_and_one_that_cannot_be_drawn_is_said(monkeypatch):
    monkeypatch.setattr(explorers, "moving", moved)
    page = page_reader.read(class_report(with_explorers("explore.Breaks()", "explore.Still()", "")))
    why = "The explorer of this part of the lesson cannot be drawn: ImportError: no <b>matplotlib</b>"
    assert page.words.count(why) == 1
    assert "To show it" not in page.words


def test_while_copies_wait_no_explorer_is_drawn(monkeypatch):
    monkeypatch.setattr(explorers, "moving", moved)
    cells = [f"explore.{name}()" for name in "ABC"]
    waiting = replace(with_explorers(*cells), waiting=(("somebody", "02_padding_and_stride"),))
    assert "<figure" not in class_report(waiting)
    assert class_report(replace(waiting, waiting=())).count("<figure") == 3


def test_every_count_is_the_generated_one():
    text = class_report(SCHOOL)
    shown = part(text, "What each exercise showed")
    for (_, _, words), count in MADE.counts.items():
        words = said_as(words)
        if count > 1:
            assert f"{count} of 36 {words}" in shown
        else:
            assert f"{words} (" in shown.split("One learner each:", 1)[1]


def test_the_tallies_of_an_exercise_add_up():
    # 36 copies of lesson 02: 15 of 36 have the whole formula right, 3 left it open, so 18 are wrong: 9 + 4 + 2 named,
    # 1 in another way, 1 error, 1 limit.
    shown = part(class_report(SCHOOL), "What each exercise showed").split("(output_size) ")[1].split("Keep the size")[0]
    assert shown.startswith("✔ 15 right · ✘ 18 wrong · ○ 3 open 9 of 36 ")
    assert re.findall(r"(\d) of 36", shown) == ["9", "4", "2"]
    assert shown.endswith("Also: 1 wrong in another way, 1 whose cell ends with an error, 1 stopped at a limit. ")


def test_the_table_holds_every_status_in_signs_and_words():
    page = page_reader.read(class_report(SCHOOL))
    table = page.tables[-2]  # lesson 02; the first two are who is stuck, and all the points
    exercises = SCHOOL.lessons[1].exercises
    assert table[0] == ["Learner, lesson 02", *(exercise.name for exercise in exercises), "Right of 6"]
    copies = [copy for copy in SCHOOL.graded if copy.lesson == "02_padding_and_stride"]
    words = {"correct": "✔ right", "wrong": "✘ wrong", "raised": "✘ error its cell ends with an error",
             "stopped": "✘ limit stopped at a limit", "not attempted": "○ not attempted",
             "missing": "○ no cell its cell is not in the notebook"}  # fmt: skip
    assert len(table) == 1 + len(copies)
    for row, copy in zip(table[1:], copies, strict=True):
        assert row[1:-1] == [words[judgement.status] for judgement in copy.judgements]
        right = sum(judgement.status == "correct" for judgement in copy.judgements)
        assert row[-1] == f"{right} late" * copy.late + f"{right}" * (not copy.late)


def test_the_table_of_all_lessons_holds_the_points_and_their_sum():
    page = page_reader.read(class_report(SCHOOL))
    table = page.tables[1]
    lessons = ["01 Convolution by hand of 6", "02 Padding and stride of 6", "03 Pooling of 8"]
    assert table[0] == ["Learner", *lessons, "All of 20"]
    for learner, row in zip(SCHOOL.learners, table[1:], strict=True):
        copies = [copy for copy in SCHOOL.graded if copy.learner == learner.key]
        points = [sum(one.status == "correct" for one in copy.judgements) for copy in copies]
        if points:
            late = [" late" if copy.late else "" for copy in copies]
            assert row[1:] == [f"{n}{word}" for n, word in zip(points, late, strict=True)] + [f"{sum(points)}"]
        else:
            assert row[1:] == ["– nothing handed in"] * 3 + ["–"]


def test_who_handed_in_nothing_is_named_and_so_is_who_is_late():
    said = part(class_report(SCHOOL), "Who handed in nothing, or late")
    nothing = [learner.name for n, learner in enumerate(SCHOOL.learners) if n % 10 == 9]
    assert said.startswith("Nothing at all: " + ", ".join(map(one_line, nothing)))
    late = [copy for copy in SCHOOL.graded if copy.late and copy.lesson == "03_pooling"]
    names = {learner.key: one_line(learner.name) for learner in SCHOOL.learners}
    assert said.endswith("03 · Pooling was late: " + ", ".join(names[copy.learner] for copy in late))


def test_a_grading_that_was_stopped_says_how_far_it_came():
    done, rest = SCHOOL.graded[:41], SCHOOL.graded[41:60]
    waiting = tuple((copy.learner, copy.lesson) for copy in rest)
    stopped = replace(SCHOOL, graded=done, waiting=waiting, broken={})
    page = page_reader.read(class_report(stopped))
    assert "41 of 60 copies graded so far (40 learners, 3 lessons)." in page.words
    assert "The same command with --resume goes on" in page.words
    assert sum(cell == "not graded" for row in page.tables[1] for cell in row) == 19
    assert "108 copies graded." not in page.words


@pytest.mark.parametrize("anonymous", [False, True])
def test_a_class_without_copies_or_learners_has_a_page(anonymous):
    for school in (
        SchoolClass((), (), ()),
        replace(SCHOOL, graded=(), broken={}),
        replace(SCHOOL, learners=(), graded=()),
    ):
        page = page_reader.read(class_report(school, anonymous=anonymous))
        assert "No two learners share a misconception" in page.words
        assert "graded." not in page.words.split("What each")[0] or school.broken


def test_a_class_that_has_everything_right_is_told_so():
    right = tuple(
        replace(copy, judgements=tuple(Judgement(one.exercise, "correct") for one in copy.judgements), late=False)
        for copy in SCHOOL.graded
    )
    there = {copy.learner for copy in right}
    learners = tuple(learner for learner in SCHOOL.learners if learner.key in there)
    page = page_reader.read(class_report(replace(SCHOOL, graded=right, learners=learners, broken={})))
    assert "40" not in page.words.split("copies graded")[0]
    assert "36 learners, 3 lessons: all 108 copies graded." in page.words
    assert "Everybody has at least half of the exercises of each lesson right." in page.words
    assert "Everybody handed in every lesson, and nobody late." in page.words
    assert "alike" not in page.words


def test_one_copy_is_not_all_of_them():
    one = replace(SCHOOL, graded=SCHOOL.graded[:1], learners=SCHOOL.learners[:1], lessons=SCHOOL.lessons[:1], broken={})
    assert "1 learner, 1 lesson: 1 copy graded." in page_reader.read(class_report(one)).words


def test_copies_that_could_not_be_graded_stand_at_the_top():
    lost = replace(SCHOOL.graded[0], fingerprint="", judgements=(Judgement("one_cell", "stopped", "its process died"),))
    page = page_reader.read(class_report(replace(SCHOOL, graded=(lost, *SCHOOL.graded[1:]))))
    assert "107 of 109 copies graded. 2 copies could not be graded. Which, and why." in page.words
    assert "it holds no notebook: it is empty" in page.words
    assert f"Ada Berg, {lost.file}: its process died" in page.words


def test_files_that_were_set_aside_for_one_reason_are_one_line():
    school = replace(SCHOOL, set_aside={f"repo/{n}.ipynb": "nobody asked for this lesson" for n in range(16)})
    said = part(class_report(school), "Files that were set aside")
    assert said == "Nobody asked for this lesson: " + ", ".join(f"repo/{n}.ipynb" for n in range(5)) + " and 11 more"


def test_answers_that_are_alike_are_shown_with_care():
    said = part(class_report(SCHOOL), "Wrong answers that are alike")
    assert "a reason to talk, and no proof of anything" in said
    assert "def usage_map" in said
    assert "Right answers are not compared" in said


def test_whatever_strangers_write_stays_text():
    judgement = Judgement("usage_map", "wrong", HOSTILE, "Course's words", "hint")
    hostile = Learner("k0", HOSTILE, {"Email address": HOSTILE})
    lesson = SCHOOL.lessons[1]
    judgements = (judgement, *(Judgement(one.name, "raised", HOSTILE) for one in lesson.exercises[1:]))
    answers = {one.name: HOSTILE for one in lesson.exercises}
    copies = tuple(
        Graded(key, lesson.name, HOSTILE, judgements, answers, notes=(HOSTILE,), fingerprint="f")
        for key in ("k0", "k1")
    )
    school = SchoolClass((lesson,), (hostile, Learner("k1", "Ada")), copies, {HOSTILE: HOSTILE}, {HOSTILE: HOSTILE})
    for anonymous in (False, True):
        text = class_report(school, anonymous=anonymous)
        page_reader.read(text)
        assert "<script" not in text
        assert "\x00" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_long_text_is_cut_and_says_so():
    assert len(one_line("x" * 10_000)) == 80
    assert lines("a\n" * 60, most=40).endswith("… (20 more lines)")
    assert lines("x" * 5000) == "x" * 4000 + "… (1000 more characters)"
    assert lines("\ud83d \u2066 \x7f\r\nb") == "\ufffd ⟨U+2066⟩ ␡\nb"
    assert one_line("김민서 🚀 e\u0301") == "김민서 🚀 e\u0301"


def test_two_learners_of_one_name_are_told_apart():
    twins = (Learner("ada-1", "Ada"), Learner("ada-2", "Ada"), Learner("bo", "Bo"))
    said = part(class_report(replace(SCHOOL, learners=twins, graded=())), "Who handed in nothing, or late")
    assert said == "Nothing at all: Ada (ada-1), Ada (ada-2), Bo"


# --- for the projector ------------------------------------------------------------------------------------------------


def test_the_page_for_the_projector_names_nobody():
    signed = tuple(  # everybody signs every answer, in each way there is
        replace(copy, answers={name: _signed(source, n) for name, source in copy.answers.items()})
        for n, copy in enumerate(SCHOOL.graded)
    )
    school = replace(SCHOOL, graded=signed)
    assert "learner3@school.example" in class_report(school) or "ada_" in class_report(school).lower()
    page = page_reader.read(class_report(school, anonymous=True))
    text = class_report(school, anonymous=True)
    for learner in school.learners:
        for entry in (learner.key, learner.name, *learner.columns.values()):
            assert entry not in text
    for name in (*FIRST, *LAST):
        assert not re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", text, re.IGNORECASE), name
    for copy in school.graded:
        assert copy.file not in text
    for file in (*school.set_aside, *school.broken):
        assert file not in text
    assert not [link for link in page.links if not link.startswith("#")]
    assert "learner-" not in text
    assert "9 of 36 learners" in page.words
    assert page.tables[1][3][1:] == ["15", "18", "3", "36"]  # output_size: right, wrong, open, copies


def _signed(source: str, n: int) -> str:
    learner = SCHOOL.learners[n % 40]
    first = learner.columns["First name"]
    word = re.sub(r"\W", "", first) or "x"
    return f'# by {learner.name}\n{word}_1 = "{first}, {learner.columns["Email address"]}"\n{source}  # {learner.key}\n'


def test_the_page_for_the_projector_keeps_what_only_one_learner_thinks_to_itself():
    text = class_report(SCHOOL, anonymous=True)
    alone = [words for (_, _, words), count in MADE.counts.items() if count == 1]
    assert alone
    assert not [words for words in alone if said_as(words) in part(text, "What each exercise showed")]
    assert "with a misconception that nobody shares" in text
    assert "alike" not in text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("adaBerg = 1", "… = 1"),
        ("x = 'min-seo'", "x = '…-…'"),
        ("민서의_값 = 1", "…의_값 = 1"),
        ("def berg_size(ada): return ada.max()", "def …_size(…):\n    return ….max()"),
        ("x = max(1, 2)  # Max", "x = max(1, 2)"),  # Python's own, though somebody is called so
        ("max = 3", "… = 3"),
        ("x = 20260001", "x = 0"),
        ("x = b'ada'", "x = b'?'"),
        ("class Ada:\n    'Ada'\n    pass", "class …:\n    pass"),
        ("def f(", None),
    ],
)
def test_names_are_taken_out_of_answers(source, expected):
    names = Names([
        Learner("ada-berg", "Ada Berg", {"ID number": "20260001"}), Learner("k", "민서"), Learner("m", "Max Min-Seo")
    ])  # fmt: skip
    assert names.taken_out(source) == expected
