"""Lessons as slides: what stands on which slide, what comes later, what only the speaker sees, what the page holds."""

from __future__ import annotations

import re

import pytest
from lesson_files import NAMES, ROOT
from notebook_cells import code, markdown
from toy_course import PIXEL

from cnnlab.course.cli import main
from cnnlab.course.lessons import CourseError, Lesson
from cnnlab.course.moving import Moving
from cnnlab.course.teaching import slides
from cnnlab.course.teaching.deck import Slide, deck, lead
from cnnlab.course.teaching.reading import lesson_notebook, pieces

SENTENCE = "Here stands a sentence of exactly sixty characters, and no more. "  # 65 with the space
PICTURE = f'<img alt="A cat." width="80" height="40" src="data:image/png;base64,{PIXEL}">'


def of(*cells: dict) -> list[Slide]:
    return deck(pieces({"cells": list(cells)}))


def drawn(source: str = 'plot.image(cat, alt="A cat.")') -> dict:
    output = {"output_type": "display_data", "data": {"text/html": PICTURE, "text/plain": "A cat."}}
    return {**code(source), "outputs": [output]}


def explored(words: str) -> dict:
    """A cell that shows an explorer, which asks where its words begin with a question."""
    page = f'<div class="cnnlab-twin"><img alt="{words}" width="800" height="440" src="data:image/png;base64,{PIXEL}">'
    output = {"output_type": "display_data", "data": {"text/html": f"{page}<p>▶</p></div>", "text/plain": words}}
    return {**code("explore.ShapeExplorer()"), "outputs": [output]}


def words(slide: Slide) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", " ".join(element.html for element in slide.elements)).replace("  ", " ")


def test_every_part_begins_a_row_and_what_does_not_fit_goes_on_below():
    many = "\n\n".join([SENTENCE.strip()] * 15)
    found = of(markdown("# Title\n\nWhy?"), markdown(f"## One\n\n{many}"), markdown("## Two\n\nEnd."))
    assert [(slide.title, slide.first) for slide in found] == [
        ("Title", True), ("One", True), ("One", False), ("Two", True),
    ]  # fmt: skip
    assert sum(len(slide.elements) for slide in found[1:3]) == 15


def test_a_prediction_stands_with_its_code_and_the_answer_comes_later():
    [slide] = of(
        markdown("## Part\n\nLay it.\n\n**Predict.** How many?"), code("print(3)", text="3\n"), markdown("Three.")
    )
    assert [element.later for element in slide.elements] == [False, False, False, True, True]
    assert ["Lay it." in words(slide), "Predict. How many?" in words(slide)] == [True, True]
    assert "3" in slide.elements[3].html
    assert "Three." in slide.elements[4].html


def test_an_answer_that_has_no_room_comes_with_the_next_slide_under_the_question():
    long = "\n".join(f"print({n})" for n in range(9))
    first, second = of(
        markdown(f"## P\n\n{SENTENCE}\n\n**Predict.** Which?"), code(long, text="\n".join("0123456789ab"))
    )
    assert not any(element.later for element in [*first.elements, *second.elements])
    assert words(second).split()[:3] == ["Which?", "0", "1"]


def test_a_long_paragraph_is_cut_and_stands_whole_in_the_notes():
    [slide] = of(markdown(f"## Part\n\n{SENTENCE * 4}"))
    assert words(slide).count("Here stands") == 2  # 2 × 65 = 130 characters; a third makes 195, more than 180
    assert slide.notes[0].count("Here stands") == 4
    assert lead("It shrinks. By how much? That is the rest:", 12) == "It shrinks. That is the rest:"
    assert lead("No end") == "No end"


@pytest.mark.parametrize(
    ("tag", "titles", "shown", "noted"),
    [
        ("slide", [("Part", True), ("Part", True)], 4, 0),
        ("subslide", [("Part", True), ("Part", False)], 4, 0),
        ("fragment", [("Part", True)], 4, 0),
        ("notes", [("Part", True)], 0, 4),
        ("skip", [("Part", True)], 0, 0),
    ],
)
def test_a_tag_overrides(tag, titles, shown, noted):
    found = of(markdown("## Part\n\nA word."), markdown(SENTENCE * 4, tag))
    assert [(slide.title, slide.first) for slide in found] == titles
    assert words(found[-1]).count("Here stands") == shown
    assert "".join(found[-1].notes).count("Here stands") == noted
    assert found[-1].elements[-1].later == (tag == "fragment")


def test_how_a_picture_is_drawn_is_not_shown_and_its_words_go_with_it():
    [slide] = of(markdown("## Part\n\nLook:"), drawn())
    assert "plot" not in words(slide)
    assert 'alt="A cat."' in slide.elements[-1].html
    assert slide.notes == ["Cell 2 of the notebook draws the picture."]


def test_an_explorer_moves_and_takes_the_place_of_its_picture():
    cells = pieces(
        {"cells": [markdown("## Part\n\nTry it."), explored("Input 6 × 9."), drawn(), markdown("So it is.")]}
    )
    moves = {"explore.ShapeExplorer()": Moving("ShapeExplorer", "<figure>moves</figure>")}
    first, second = deck(cells, moves.get)
    assert [element.html for element in first.elements[1:]] == ["<figure>moves</figure>"]
    # 400 for the picture, 14 between two elements, 100 for the controls
    assert [(element.height, element.picture, element.later) for element in first.elements[1:]] == [(514, True, True)]
    assert 'alt="A cat."' in second.elements[0].html
    [still] = [slide for slide in deck(cells) if 'alt="Input 6 × 9."' in slide.elements[-1].html]
    assert "moves" not in words(still)


def test_an_explorer_that_asks_asks_first_and_answers_on_the_next_slide():
    cells = pieces({"cells": [markdown("## Part\n\nTry it."), explored("Predict first. How large?")]})
    asks, moves = deck(cells, lambda source: Moving("ShapeExplorer", "<figure>moves</figure>"))
    assert 'alt="Predict first. How large?"' in asks.elements[-1].html
    assert [element.html for element in moves.elements] == ["<figure>moves</figure>"]
    assert not moves.elements[0].later


def test_an_exercise_is_a_question_without_its_answer():
    cells = [
        markdown("## Part\n\nWords.\n\n### Exercise: count\n\nHow many?"), code("n = ...", "exercise-n"),
        code("check.n(n)", text="○ Not attempted yet"), markdown("The next cell counts."), code("check.summary()"),
        markdown("## Glossary\n\n- **n**: a number"), markdown("**Further reading**\n\n- A book."),
    ]  # fmt: skip
    before, exercise = of(*cells)
    assert (exercise.title, exercise.above) == ("Exercise: count", "Part")
    assert "How many?" in words(exercise)
    assert "..." in words(exercise)
    assert "Not attempted" not in words(exercise) + words(before)


def test_long_output_and_long_tables_are_made_to_fit():
    table = "\n".join(["| a | b |", "|---|---|", *(f"| {n} | {'word ' * 12} |" for n in range(30))])
    parts = of(markdown(f"## T\n\n{table}"), code("print(x)", text="\n".join(map(str, range(80)))))
    assert len(parts) > 2
    assert all(slide.left >= 0 for slide in parts)
    assert [words(part).split()[:2] for part in parts[:2]] == [["a", "b"], ["a", "b"]]
    assert "… 62 more lines in the notebook" in words(parts[-1])  # 18 lines and this one


@pytest.mark.parametrize("name", NAMES)
def test_no_lesson_has_a_slide_that_is_estimated_too_full(name):
    found = deck(pieces(lesson_notebook(Lesson(ROOT, name))))
    assert [slide.title for slide in found if slide.left < 0] == []
    text = " ".join(map(words, found))
    assert "check." not in re.sub(r"check\.\w+\.\w+", "", text)  # hints are named, verdicts are not
    assert "Not attempted" not in text


def test_the_page_needs_no_other_file_and_its_script_ends_where_it_should(monkeypatch, tmp_path):
    pytest.importorskip("sphinx_revealjs", reason="reveal.js is not installed")
    monkeypatch.setattr(slides, "moving", lambda source: None)  # tests/in_browser/test_browser_slides.py moves one
    path = slides.write_slides(Lesson(ROOT, NAMES[1]), tmp_path)
    text = path.read_text(encoding="utf-8")
    body = text[text.index("<body>") : text.index("<script>")]
    assert not re.findall(r"""(?:src|href)=["'](?!data:image/|https?://|#)""", body)
    assert not re.findall(r"""<(?:script|link)[^>]+(?:src|href)""", text)
    assert "default-src 'none'" in text
    assert all(re.search(r'alt="[^"]{20}', image) for image in re.findall(r"<img [^>]+>", body))
    before = path.read_bytes()
    assert slides.write_slides(Lesson(ROOT, NAMES[1]), tmp_path).read_bytes() == before
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(CourseError, match="was not written by this command"):
        slides.write_slides(Lesson(ROOT, NAMES[1]), tmp_path)
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_script_of_reveals_cannot_end_the_page_early():
    page = slides.page("A <b>", [Slide("A <b>", first=True)], "x = '</script>'", "y {}")
    assert "x = '<\\/script>'" in page
    assert "<title>A &lt;b&gt;</title>" in page


def test_without_the_package_it_says_what_to_type(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(slides, "find_spec", lambda name: None)
    monkeypatch.setenv("CNNLAB_COURSE", str(ROOT))
    assert main(["slides", "2", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "cnnlab: reveal.js is not installed. Type: pip install 'cnnlab[slides]'\n"
