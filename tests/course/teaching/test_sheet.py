"""What a lesson asks on paper, and its answers on a second sheet."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from lesson_files import NAMES, ROOT, exercises
from notebook_cells import code, markdown
from toy_course import PIXEL

from cnnlab.course.cli import main
from cnnlab.course.lessons import CourseError, Lesson
from cnnlab.course.teaching import sheet
from cnnlab.course.teaching.questions import questions
from cnnlab.course.teaching.reading import pieces

EXERCISES = {"n": SimpleNamespace(solution_source="n = 3\n# three places", why="A window of 3 has three.")}
PICTURE = f'<img alt="A &lt;cat&gt;." width="80" height="40" src="data:image/png;base64,{PIXEL}">'


def asked(*cells: dict) -> list:
    return questions(pieces({"cells": list(cells)}), EXERCISES)


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))


LESSON = [
    markdown("# 02 · Title"),
    markdown("## Part"),
    {**code("plot.image(cat, alt='')"), "outputs": [{"output_type": "display_data", "data": {"text/html": PICTURE}}]},
    markdown("Count.\n\n**Predict.** How many places?"),
    code("print(4 - 1)", text="3\n"),
    markdown("Three: 0, 1, 2."),
    markdown("### Exercise: count\n\nNow five."),
    code("n = ...", "exercise-n"),
    code("check.n(n)", text="○ Not attempted yet"),
    markdown("## Next\n\n**Predict.** What comes much later?"),
    markdown("## Last\n\nWords."),
    code("print(9)", text="9"),
]


def test_a_question_brings_what_it_needs_and_no_answer():
    page = sheet.sheet("02 · Title", asked(*LESSON))
    said = text(page)
    assert "1 · Predict Count. How many places? print ( 4 - 1 )" in said
    assert "2 · Exercise: count Now five. n = ..." in said
    assert 'alt="A &lt;cat&gt;."' in page
    for answer in ("Three: 0", "n = 3", "three places", "window of 3", "Not attempted"):
        assert answer not in said
    rooms = re.findall(r'<div class="lines" aria-hidden="true">(.*?)</div>', page)
    assert [room.count("<span>") for room in rooms] == [2, 3, 2]  # for a number two; one more than a solution has


def test_the_answers_are_what_the_notebook_shows_and_why_a_solution_works():
    said = text(sheet.answers("02 · Title", asked(*LESSON)))
    assert "1 · Predict How many places? 3 Three: 0, 1, 2." in said
    assert "n = 3 # three places A window of 3 has three." in said
    assert "3 · Predict What comes much later? The lesson comes back to this later" in said


def test_answers_of_many_lines_are_cut():
    long = code("print(x)", text="\n".join(map(str, range(40))))
    assert "13 … 26 more lines in the notebook" in text(sheet.answers("", asked(markdown("**Predict.** x?"), long)))


@pytest.mark.parametrize("name", [NAMES[2], NAMES[14]])
def test_both_sheets_of_a_lesson_are_written_and_need_nothing_else(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CNNLAB_COURSE", str(ROOT))
    assert main(["sheet", name[:2], "--out", str(tmp_path)]) == 0
    paths = [tmp_path / f"{name}.{kind}.html" for kind in ("sheet", "answers")]
    assert capsys.readouterr().out == "".join(f"{path}\n" for path in paths)
    paper, solved = (path.read_text(encoding="utf-8") for path in paths)
    for page in (paper, solved):
        assert "default-src 'none'" in page
        assert "<script" not in page
        assert not re.findall(r"""(?:src|href)=["'](?!data:image/|https?://|#)""", page)
        assert all('alt="' in image for image in re.findall(r"<img [^>]+>", page))
        assert re.findall(r"<h(\d)", page)[:3] == ["1", "2", "3"]
    for exercise in exercises(name).values():
        assert " ".join(exercise.why.split())[:40] in text(solved).replace("&#x27;", "'").replace("&quot;", '"')
        assert exercise.why[:40] not in text(paper)


def test_a_lesson_that_asks_nothing_is_refused(tmp_path, monkeypatch):
    cell = code("from cnnlab.checks import lesson02 as check")
    monkeypatch.setattr(sheet, "lesson_notebook", lambda lesson: {"cells": [cell]})
    with pytest.raises(CourseError, match="00_toy asks nothing"):
        sheet.write_sheet(Lesson(ROOT, "00_toy"), tmp_path)
    assert list(tmp_path.iterdir()) == []
