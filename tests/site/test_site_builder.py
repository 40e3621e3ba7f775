"""What the builder makes of the course, tried on small pieces: no site is needed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import types
from pathlib import Path

import explorer_pages
import folders
import lesson_pages
import mathml
import moving
import pytest
import site_parts
import trimmed
from explorer_pages import Moving

from cnnlab.course.copy.workbook import fresh
from cnnlab.course.lessons import all_lessons, find_lessons

COURSE = Path(__file__).resolve().parents[2]
LESSONS = all_lessons(COURSE)
# One pixel, as an explorer's twin holds it in a notebook.
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TWIN = (
    f'<style>.a{{}}</style><div class="cnnlab-twin"><img alt="A dot." width="8" height="8" style="max-width:none" '
    f'src="data:image/png;base64,{DOT}"><div>A dot.</div><p>▶ Run this cell for the controls.</p></div>'
)
OWN = Moving(classes={"KernelLab": LESSONS[1]})


def on_site(code: str, made: Moving, tmp_path: Path, shown: set[str] | None = None) -> str:
    return lesson_pages._on_site(TWIN, code, made, set() if shown is None else shown, tmp_path)


def test_a_picture_becomes_a_file_named_after_its_bytes(tmp_path):
    page = on_site("x", Moving(), tmp_path)
    (file,) = (tmp_path / "pictures").iterdir()
    assert file.read_bytes().startswith(b"\x89PNG")
    assert f'<img alt="A dot." width="8" height="8" loading="lazy" src="pictures/{file.name}">' in page


def test_an_explorer_of_literals_moves_in_place_of_its_picture(tmp_path):
    code = 'explore.KernelLab(photo="coins")'
    page = on_site(code, Moving(cells={code: "01-9"}), tmp_path)
    assert page.startswith('<div id="explorer-KernelLab"><div class="moving" data-explorer="01-9">')
    assert "A dot." in page  # until it is filled


def test_what_asks_first_answers_only_when_opened(tmp_path):
    code = "explore.KernelLab(predict=True)"
    page = on_site(code, Moving(cells={code: "KernelLab"}), tmp_path)
    assert page.index("A dot.") < page.index("<details") < page.index('data-explorer="KernelLab"')


def test_an_explorer_of_the_lessons_own_things_stands_above_an_example_which_comes_once(tmp_path):
    shown: set[str] = set()
    first = on_site("explore.KernelLab(mine)", OWN, tmp_path, shown)
    assert first.index("A dot.") < first.index('<div id="explorer-KernelLab">')
    second = on_site("explore.KernelLab(mine)", OWN, tmp_path, shown)
    assert "data-explorer" not in second
    assert 'href="#explorer-KernelLab"' in second


def test_an_explorer_without_an_example_stays_a_picture(tmp_path):
    page = on_site("explore.TrainingMonitor(mine)", OWN, tmp_path)
    assert "data-explorer" not in page
    assert "Run this cell" not in page
    assert "run this cell there" in page


@pytest.mark.parametrize(("there", "expected"), [("<figure>moves</figure>", "<figure>moves</figure>"), (None, "still")])
def test_a_place_is_filled_with_the_element_where_there_is_one(tmp_path, there, expected):
    if there:
        (tmp_path / moving.FOLDER).mkdir()
        (tmp_path / moving.FOLDER / "KernelLab.html").write_text(there, encoding="utf-8")
    context = {"body": f"a {moving.place('KernelLab', 'still')} b"}
    moving._fill(types.SimpleNamespace(srcdir=tmp_path), "page", "", context, None)
    assert re.search(rf"^a .*{expected}.* b$", context["body"])


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ([], "can be set."),
        (["a"], "can be set, and <code>a</code> moves as well."),
        (["a", "b", "c"], ", and <code>a</code>, <code>b</code> and <code>c</code> move as well."),
    ],
)
def test_below_an_explorer_stands_what_moves_in_the_notebook_alone(rest, said):
    assert explorer_pages._elsewhere(rest).endswith(said)


def test_a_lesson_begins_with_its_times_and_its_notebook(tmp_path):
    (lesson,) = find_lessons("02", COURSE)
    first = lesson_pages.lesson_page(lesson, Moving(), tmp_path)["cells"][0]["source"]
    title, _, facts, links = first.split("\n")[:4]
    assert title == "# 02 · Padding and stride"
    assert facts == '<p class="lesson-facts">45 minutes to read and try · cells run in 11 s · 6 exercises</p>'
    assert 'href="../download/02_padding_and_stride.ipynb" download' in links
    assert "Colab" not in links  # the course has no published address
    assert "<!-- navigation -->" not in first


def test_an_address_that_github_names_gives_badges(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "a/b")
    (lesson,) = find_lessons("02", COURSE)
    first = lesson_pages.lesson_page(lesson, Moving(), tmp_path)["cells"][0]["source"]
    assert "https://colab.research.google.com/github/a/b/blob/start/02_padding_and_stride.ipynb" in first
    assert "https://mybinder.org/v2/gh/a/b/main?labpath=my-cnnlab%2F02_padding_and_stride.ipynb" in first


def test_the_notebook_to_download_is_the_one_that_a_copy_begins_with(tmp_path):
    (lesson,) = find_lessons("02", COURSE)
    lesson_pages.write([lesson], Moving(), tmp_path, COURSE)
    text = (tmp_path / lesson_pages.EXTRA / "download" / f"{lesson.name}.ipynb").read_text(encoding="utf-8")
    assert json.loads(text) == fresh(lesson)
    others = json.loads((tmp_path / "lessons" / f"{LESSONS[3].name}.ipynb").read_text(encoding="utf-8"))
    assert others["cells"][0]["source"].startswith(f"# {LESSONS[3].title}\n")


def test_every_lesson_has_a_row_with_its_times():
    table = site_parts.lessons_table(LESSONS)
    assert table.count("<div") == table.count("</div>") == 1
    rows = [line for line in table.split("\n") if re.match(r"\| \d\d \|", line)]
    assert len(rows) == len(LESSONS) == 19
    for row in rows:
        assert re.search(r"\| \d{2,3} min \| \d+ s \|$", row), row


def test_a_formula_becomes_mathml_and_one_that_cannot_be_read_a_warning(monkeypatch):
    # ⌊(7 − 3) / 2⌋ + 1: a floor, a fraction with a row above and a number below, and a sum.
    made = mathml.mathml(r"\left\lfloor \frac{7 - 3}{2} \right\rfloor + 1", "block", None)
    assert made.startswith("<math")
    assert "<mfrac><mrow><mn>7</mn><mo>&#x02212;</mo><mn>3</mn></mrow><mrow><mn>2</mn></mrow></mfrac>" in made
    warned = []
    monkeypatch.setattr(mathml._LOG, "warning", lambda *words, **where: warned.append(words))
    assert mathml.mathml("{", "inline", None) == ""
    assert len(warned) == 1


def test_the_themes_style_loses_whole_rules_alone():
    style = '.a{x:y}.fa,.fas:before{a:b}.fa-bars{--fa:"x"}@media print{.fa-x{a:b}.b{c:d}}.c .fa-x{e:f}.fade{g:h}'
    assert trimmed._ICON.sub("", style) == ".a{x:y}@media print{.b{c:d}}.c .fa-x{e:f}.fade{g:h}"


def site_of(folder: Path, words: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "searchindex.js").write_text(words, encoding="utf-8")
    return folder


def test_two_folders_of_one_name_are_made_in_two_places(tmp_path):
    work = tmp_path / "work"
    first, second = (folders.working(tmp_path / where / "site", work) for where in "ab")
    assert len({*first, *second}) == 6
    assert {folder.parent for folder in first + second} == {work}  # pages include files of the course by ../../
    (first[0] / "of an earlier build").touch()
    assert folders.working(tmp_path / "a" / "site", work) == first
    assert not any(first[0].iterdir())
    assert not any((tmp_path / "a").iterdir())  # the parent is made, and nothing is left in it


def test_a_new_folder_an_empty_one_and_a_site_are_taken(tmp_path):
    (tmp_path / "empty").mkdir()
    site_of(tmp_path / "old", "old")
    for name in ("empty", "old", "new"):
        assert all(folder.is_dir() for folder in folders.working(tmp_path / name, tmp_path / "work"))


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("mine", "a new or empty folder, or one that holds a site"),
        ("mine/file", "a new or empty folder, or one that holds a site"),
        ("mine/file/site", "a folder that can be written"),
        ("build", "not hold .*build, in which the builder works"),
        (".", "not hold .*build, in which the builder works"),
    ],
)
def test_a_folder_that_cannot_be_taken_is_refused_before_the_work(tmp_path, out, said):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    with pytest.raises(SystemExit, match=rf"^`--out` must .*{said}.* Received: "):
        folders.working(tmp_path / out, tmp_path / "build")
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["file"]


@pytest.mark.parametrize("before", [True, False])
def test_the_finished_site_takes_the_place_of_the_old_one(tmp_path, before):
    made, out = site_of(tmp_path / "work" / "pages", "new"), tmp_path / "there" / "site"
    if before:
        site_of(out, "old")
    out.parent.mkdir(exist_ok=True)
    folders.put(made, out)
    assert (out / "searchindex.js").read_text(encoding="utf-8") == "new"
    assert [file.name for file in out.parent.iterdir()] == ["site"]


def test_the_old_site_comes_back_where_the_new_one_cannot_be_moved(tmp_path, monkeypatch):
    def fails(made: Path, out: Path) -> None:
        site_of(out, "half")
        raise OSError("the disk is full")

    made, out = site_of(tmp_path / "pages", "new"), site_of(tmp_path / "there" / "site", "old")
    monkeypatch.setattr(folders.shutil, "move", fails)
    with pytest.raises(OSError, match="the disk is full"):
        folders.put(made, out)
    assert (out / "searchindex.js").read_text(encoding="utf-8") == "old"
    assert (made / "searchindex.js").is_file()
    assert [file.name for file in out.parent.iterdir()] == ["site"]


def test_a_folder_that_holds_no_site_is_not_replaced(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    command = [sys.executable, str(COURSE / "docs" / "builder"), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    said = "`--out` must be a new or empty folder, or one that holds a site."
    assert done.stderr.strip().splitlines()[-1].startswith(said)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
