"""The glossary page: every term of the lessons, with Korean names that agree with each other."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import glossary_page
import nbformat
import pytest
from docutils import nodes
from glossary_page import Term
from sphinx.application import Sphinx

from cnnlab.course.lessons import Lesson, all_lessons

COURSE = Path(__file__).resolve().parents[2]
TERMS = glossary_page.terms()


def term(name: str, korean: str = "이름", lessons: str = "", meaning: str = "what it is.") -> Term:
    return Term(name, meaning, "02_padding", tuple(korean.split(";")), lessons, (name,))


def test_every_term_of_the_lessons_is_there():
    """Counted in the lessons' sources, not in the notebooks that the page is made from."""
    sources = [lesson.source.read_text(encoding="utf-8") for lesson in all_lessons(COURSE)]
    sections = [re.search(r"^# ## Glossary\n(?:#.*\n)+", source, re.MULTILINE)[0] for source in sources]
    assert [known.name for known in TERMS] == re.findall(r"^# - \*\*(.+?)\*\*:", "".join(sections), re.MULTILINE)
    assert all(known.meaning.endswith((".", "?")) and "\n" not in known.meaning for known in TERMS)


def test_every_korean_name_stands_for_one_term():
    names = [name for known in TERMS for name in known.korean]
    assert len(set(names)) == len(names)
    assert all(name == name.strip() and re.fullmatch(r"[가-힣\w .·×()-]+", name) for name in names)
    for known in TERMS:  # an abbreviation may be one of the names, as IoU is: not the only one
        assert re.search("[가-힣]", known.korean[0] + known.korean[-1]), known.name


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        (r"convolution\b", "합성곱"),
        (r"pooling\b", "풀링"),
        (r"(?<!padding )(?<!anchor )map\b(?!P)", "맵|변환"),
        (r"loss\b", "손실"),
        (r"learning\b", "학습"),
        (r"gradient\b", "경사|기울기"),
        (r"normalisation\b", "정규화"),
        (r"augmentation\b", "증강"),
        (r"label\b", "레이블"),
        (r"detector\b", "탐지기"),
        (r"detection\b", "탐지"),
        (r"segmentation\b", "분할"),
        (r"padding\b", "패딩"),
        (r"kernel\b", "커널"),
        (r"anchors?\b", "앵커"),
        (r"stride\b", "스트라이드"),
        (r"channel\b", "채널"),
        (r"IoU\b", "IoU"),
        (r"entropy\b", "교차 엔트로피"),
        (r"confusion matrix\b", "혼동 행렬"),
        (r"\bset\b", "세트"),
        (r"\bmodel\b", "모델"),
        (r"\bmask\b", "마스크"),
    ],
)
def test_related_terms_have_related_names(english, korean):
    named = [known for known in TERMS if re.search(english, known.name.partition(" (")[0])]
    assert named
    assert [known.name for known in named if not re.search(korean, " ".join(known.korean))] == []


def test_a_term_means_something_in_the_lesson_that_defines_it():
    assert [known.name for known in TERMS if not known.means_this_in(known.lesson)] == []


@pytest.mark.parametrize(
    ("lessons", "here", "means_it"),
    [
        ("", "18_your_own_detector", True),
        ("05 07", "05_first_cnn", True),
        ("05 07", "06_classic_architectures", False),
        ("05-", "04_channels", False),
        ("05-", "05_first_cnn", True),
        ("00 05-", "18_your_own_detector", True),
        ("00 05-", "01_convolution", False),
    ],
)
def test_in_which_lessons_a_word_is_the_term(lessons, here, means_it):
    assert term("loss", lessons=lessons).means_this_in(here) is means_it


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["stride"], "must have a row for each term of the lessons. Missing: dilation$"),
        (["stride", "dilation", "strides"], "must name terms of the lessons only. No lesson defines: strides$"),
    ],
)
def test_a_table_that_does_not_fit_the_lessons_is_refused(tmp_path, rows, message):
    lesson = Lesson(tmp_path, "02_padding")
    lesson.notebook.parent.mkdir()
    text = "## Glossary\n\n- **stride**: how\n  far.\n- **dilation**: gaps."
    cell = nbformat.v4.new_markdown_cell(text)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), lesson.notebook)
    assert glossary_page.definitions(lesson) == [("stride", "how far."), ("dilation", "gaps.")]
    table = tmp_path / "glossary.csv"
    table.write_text("term,korean,lessons,words\n" + "".join(f"{row},보폭,,\n" for row in rows), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        glossary_page.terms([lesson], table)


def test_terms_stand_by_their_letters_and_korean_names_by_their_consonants():
    known = [term("stride", "보폭;스트라이드"), term(".cfg file", "까치"), term("1 × 1 kernel", "AP;가")]
    page = glossary_page.page(known)
    headings = re.findall(r"^##+ (?:\[(.+?)\].*|(.+))$", page, re.MULTILINE)
    # .cfg stands under C; ㄲ of 까치 under ㄱ, as in a dictionary
    assert [a or b for a, b in headings] == ["0–9", "C", "S", "Korean names", "0–9, A–Z", "ㄱ", "ㅂ", "ㅅ"]
    assert re.findall(r"^([.\w].*)\n\[(.+?)\]", page, re.MULTILINE) == [
        ("1 × 1 kernel", "AP"), (".cfg file", "까치"), ("stride", "보폭"),
    ]  # fmt: skip
    assert "  What it is. {doc}`Lesson\N{NO-BREAK SPACE}02 <lessons/02_padding>`" in page


@pytest.fixture(scope="module")
def read_by_sphinx(tmp_path_factory) -> tuple[Sphinx, str]:
    """The page of the whole course as Sphinx reads it, and what it warned of."""
    folder = tmp_path_factory.mktemp("glossary")
    source = folder / "source"
    (source / "lessons").mkdir(parents=True)
    for lesson in all_lessons(COURSE):
        text = f"# {lesson.title}\n\nA receptive field.\n\n## Glossary\n\n- **term**: words.\n\n**Further reading**\n"
        (source / "lessons" / f"{lesson.name}.md").write_text(text, encoding="utf-8")
    (source / "index.md").write_text("# Course\n\n```{toctree}\n:glob:\nglossary\nlessons/*\n```\n", encoding="utf-8")
    glossary_page.write(source)
    warned = io.StringIO()
    settings = {
        "extensions": ["myst_parser", "mathml", "term_links"],
        "myst_enable_extensions": ["attrs_block", "attrs_inline", "dollarmath"],
        "html_math_renderer": "mathml",
        "html_theme": "basic",
    }
    app = Sphinx(source, None, folder / "out", folder / "trees", "html", settings, status=None, warning=warned)
    app.build()
    return app, warned.getvalue()


def test_sphinx_reads_the_page_without_a_warning(read_by_sphinx):
    assert read_by_sphinx[1] == ""


def test_a_term_has_its_anchor_its_names_and_its_lesson(read_by_sphinx):
    app, _ = read_by_sphinx
    [item] = [
        item
        for item in app.env.get_doctree("glossary").findall(nodes.definition_list_item)
        if item[0].astext() == "receptive field"
    ]
    english, *korean, meaning = item
    assert english["ids"] == ["term-receptive-field"]
    assert [name.astext() for name in korean] == ["수용 영역", "수용장"]
    assert meaning.astext().startswith("The square of the input that one output value can depend on. Lesson")
    html = Path(app.outdir, "glossary.html").read_text(encoding="utf-8")
    assert '<span lang="ko">수용 영역</span>' in html


def test_a_lesson_links_to_a_term_and_from_its_own_glossary_to_this_one(read_by_sphinx):
    html = Path(read_by_sphinx[0].outdir, "lessons", "05_first_cnn.html").read_text(encoding="utf-8")
    words = '<a class="cnnlab-term reference internal" href="../glossary.html#term-receptive-field">receptive field</a>'
    assert f"A {words}." in html
    more = html.index(
        'The terms of all lessons, with their Korean names, are in the <a class="reference internal" href="../'
    )
    assert html.index("words.</p>") < more < html.index("Further reading")


def test_the_search_index_holds_each_name_with_its_anchor(read_by_sphinx):
    text = Path(read_by_sphinx[0].outdir, "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    # [page, kind, importance, anchor, name]; what stands before a dot, as in ".cfg file", is kept apart
    found = {name: anchor for objects in index["objects"].values() for *_, anchor, name in objects}
    assert found["receptive field"] == "term-receptive-field"
    assert {"합성곱", "컨볼루션", "수용 영역"} <= found.keys()
    assert index["indexentries"] == {}


def test_the_alphabet_leads_to_every_letter(read_by_sphinx):
    html = Path(read_by_sphinx[0].outdir, "glossary.html").read_text(encoding="utf-8")
    row = re.search(r'<nav class="cnnlab-letters" aria-label="Letters">(.*?)</nav>', html, re.DOTALL)[1]
    links = re.findall(r'<a [^>]*href="#([^"]+)"[^>]*>(.+?)</a>', row)
    assert "".join(words[0] for _, words in links) == "0ABCDEFGHIKLMNOPRSTUVWY한"  # no term begins with J, Q, X, Z
    assert all(f'id="{anchor}"' in html for anchor, _ in links)
    assert re.search('<a [^>]*lang="ko"[^>]*>한국어</a>', row)
