"""The way through the course: what stands at the top and the foot of each lesson, with an address and without."""

from __future__ import annotations

import re

import pytest
from lesson_files import NAMES, ROOT

from cnnlab.course import navigation
from cnnlab.course.building import notebooks, stamping
from cnnlab.course.lessons import all_lessons

URL = "https://github.com/someone/some-course"
LESSONS = [lesson for lesson in all_lessons(ROOT) if lesson.source.is_file()]
LINK = re.compile(r"\[([^\[\]]+)\]\(([^)]+)\)")


@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_each_lesson_links_to_its_neighbours_at_top_and_foot(lesson):
    at = LESSONS.index(lesson)
    wanted = [(f"← {other.title}", f"{other.name}.ipynb") for other in LESSONS[:at][-1:]]
    wanted += [("All lessons", "index.ipynb")]
    wanted += [(f"{other.title} →", f"{other.name}.ipynb") for other in LESSONS[at + 1 :][:1]]
    cells = notebooks.stamped(lesson)["cells"]
    first, last = cells[0]["source"], cells[-1]["source"]
    top = re.search(rf"^# .+\n\n{navigation.MARK}\n((?:.+\n)*)\n", first)[1]
    assert LINK.findall(top) == LINK.findall(last) == wanted
    assert "address" not in first, "without an address nothing but the links stands under the title"
    assert cells[-1]["metadata"] == {"tags": ["navigation"]}
    text = lesson.source.read_text(encoding="utf-8")
    assert text == stamping.stamp(text, lesson)


def test_with_an_address_badges_and_links_lead_to_colab():
    middle = LESSONS[3]
    text = navigation.navigation(middle, LESSONS, URL)
    addresses = [address for _, address in LINK.findall(text)]
    colab = [navigation.colab(URL, name) for name in (LESSONS[2].name, "index", LESSONS[4].name)]
    assert addresses[-3:] == colab
    assert f"(https://colab.research.google.com/assets/colab-badge.svg)]({navigation.colab(URL, middle.name)})" in text
    assert f"https://mybinder.org/v2/gh/someone/some-course/main?labpath=my-cnnlab%2F{middle.name}.ipynb" in text
    assert "\n\n" not in text, "one paragraph: the build replaces it up to the first empty line"


def test_no_binder_where_there_is_nothing_for_it_to_build(tmp_path):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "00_first.py").write_text("# %% [markdown]\n# # 00 First\n", encoding="utf-8")
    lessons = all_lessons(tmp_path)
    text = navigation.navigation(lessons[0], lessons, URL)
    assert "binder" not in text
    assert "colab" in text


@pytest.mark.parametrize("url", ["", "https://git.example/a/b"])
def test_where_colab_cannot_read_the_links_are_all(url):
    assert "colab" not in navigation.navigation(LESSONS[0], LESSONS, url).lower()


def test_the_setup_cell_is_folded_and_shorter_than_any_cell_may_be():
    cell = notebooks.stamped(LESSONS[0])["cells"][1]
    assert cell["metadata"] == {"tags": ["bootstrap"], "cellView": "form", "jupyter": {"source_hidden": True}}
    assert cell["source"].startswith("# @title ")
    assert len(cell["source"].splitlines()) <= 15
