"""A newcomer's first evening as one story in a real browser, from `cnnlab start` to the tick on the index.

Nothing is told before it is asked, nothing is lost when the kernel is gone, and git sees nothing of it.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys

import browser
import nbformat
import pytest
from lesson_files import NAMES, ROOT, exercises, notebook, texts

from cnnlab.course.copy import workbook
from cnnlab.course.lessons import Lesson

LESSON, NEXT = NAMES[1:3]
SEEN = f"""() => [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell {browser.PICTURE}")]
    .filter(image => image.checkVisibility()).map(image => image.alt)"""


def title(name):
    return Lesson(ROOT, name).title


# --- before anything has run ------------------------------------------------------------------------------------------


def printed(cell):
    """The lines a cell has printed, without those too short to tell anything."""
    return [line.strip() for line in texts(cell).split("\n") if len(line.strip()) >= 8 and re.search(r"\w", line)]


def described(cell):
    """The words of a cell's pictures."""
    pages = [output.get("data", {}).get("text/html", "") for output in cell.get("outputs", [])]
    return [html.unescape(words) for words in re.findall(r'alt="([^"]+)"', "\n".join(pages))]


@pytest.mark.parametrize("name", NAMES)
def test_no_predict_cell_of_a_fresh_copy_shows_its_answer(name):
    copy = workbook.fresh(Lesson(ROOT, name))["cells"]
    built = notebook(name).cells
    asking = [n for n, cell in enumerate(copy) if cell["cell_type"] == "markdown" and "**Predict.**" in cell["source"]]
    assert asking
    for n in asking:
        answering = next((m for m in range(n, len(copy)) if copy[m]["cell_type"] == "code"), None)
        if answering is None:  # the question is about a text
            continue
        assert copy[answering]["outputs"] == []
        above = "\n".join(cell["source"] for cell in copy[:answering])
        assert [line for line in printed(built[answering]) if line in above] == []
        assert [words for words in described(built[answering]) if words in above + copy[answering]["source"]] == []


# --- the story --------------------------------------------------------------------------------------------------------


def command(course, *words):
    """What `cnnlab` prints when a learner types it in the course's folder."""
    environment = {key: value for key, value in os.environ.items() if key != "CNNLAB_COURSE"}
    done = subprocess.run(
        [sys.executable, "-m", "cnnlab", *words], cwd=course, env=environment, capture_output=True, encoding="utf-8"
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def git(course, *words):
    return subprocess.run(["git", *words], cwd=course, check=True, capture_output=True, encoding="utf-8").stdout


@pytest.fixture
def course(tmp_path):
    """The course as somebody has cloned it: every file is in git."""
    course = tmp_path / "course"
    for folder in ("lessons", "notebooks"):
        shutil.copytree(ROOT / folder, course / folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    for file in (".gitignore", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / file, course)
    git(course, "init", "--quiet")
    git(course, "add", "--all")
    return course


class Reader:
    """Somebody before JupyterLab: what is seen in the notebook that is open, and what can be done with it."""

    def __init__(self, page):
        self.page = page
        self.notebook = page.locator(".jp-NotebookPanel:visible")

    def follow(self, link, nth=0):
        """Click a link to a notebook; wait until its title stands there and its kernel is ready."""
        self.notebook.locator(".jp-RenderedHTMLCommon a", has_text=link).nth(nth).click()
        self.arrive(link)

    def arrive(self, heading):
        self.notebook.get_by_role("heading", level=1).filter(has_text=heading).wait_for()
        browser.wait_until_idle(self.page)

    def choose(self, menu, entry):
        self.page.locator(".lm-MenuBar-itemLabel", has_text=menu).click()
        self.page.locator(".lm-Menu-itemLabel", has_text=entry).first.click()

    def cell(self, source):
        return self.notebook.locator(".jp-CodeCell", has_text=source).first

    def run(self, cell):
        """Shift + Enter: runs the cell and goes to the next one."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")

    def pictures(self):
        """The words of each picture in sight."""
        return self.page.evaluate(SEEN)

    def sees_no_answer(self, name):
        assert self.notebook.locator(".jp-OutputArea-output").count() == 0
        page = self.notebook.inner_text()
        assert [words for cell in notebook(name).cells for words in described(cell) if words in page] == []


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH")
@pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine's PATH")
def test_from_start_to_the_tick_on_the_index(course, tmp_path):
    cloned = git(course, "status", "--porcelain")
    assert f"Next: {title(NAMES[0])}" in command(course, "start") + command(course, "progress")
    folder = course / "my-cnnlab"
    count = len(exercises(LESSON))
    with (
        browser.jupyterlab(folder, tmp_path / "settings") as address,
        browser.page(address.format("index.ipynb")) as page,
    ):
        reader = Reader(page)
        reader.arrive("All lessons")
        reader.follow(title(LESSON))
        reader.sees_no_answer(LESSON)
        assert page.locator(".lm-TabBar-tab.jp-mod-dirty").count() == 0, "who only looks is not asked to save"
        seen = run_and_answer(reader, count)
        browser.save(page)
        reader.choose("Kernel", "Shut Down Kernel")
        page.wait_for_selector("#jp-main-statusbar >> text=No Kernel")
        reader.choose("File", "Close Tab")

        reader.arrive("All lessons")
        reader.follow(title(LESSON))
        everything_is_there_again(reader, seen)
        reader.follow(title(NEXT), nth=-1)
        reader.sees_no_answer(NEXT)
        reader.follow("All lessons")
        reader.run(reader.cell("progress.overview()"))
        row = reader.notebook.locator(".jp-RenderedHTML tr", has_text=title(LESSON))
        row.get_by_text(f"✔ 1 · ✘ 0 · ○ {count - 1}").wait_for()
        browser.save(page)

    assert f"Next: {title(LESSON)}" in command(course, "progress")
    command(course, "start")  # the next evening
    index = nbformat.read(folder / "index.ipynb", as_version=4)
    assert index.cells[1].outputs == [], "what it said yesterday"
    assert f"| 1 of {count} | [{title(LESSON)}]({LESSON}.ipynb)" in index.cells[-1].source
    assert "cell_2_0 = 8" in (folder / f"{LESSON}.ipynb").read_text(encoding="utf-8")
    assert git(course, "status", "--porcelain") == cloned


def run_and_answer(reader, count):
    """Run the lesson, answer its first exercise; the words of the pictures that are then in sight."""
    reader.choose("Run", "Run All Cells")
    summary = reader.cell("check.summary()")
    summary.get_by_text(f"✔ 0 · ✘ 0 · ○ {count}").wait_for()
    reader.cell("cell_2_0 = ...").locator(".cm-content").click()
    reader.page.keyboard.press("Control+a")
    reader.page.keyboard.type("cell_2_0 = 8")
    reader.page.keyboard.press("Shift+Enter")
    reader.page.keyboard.press("Shift+Enter")
    reader.cell("check.one_cell(cell_2_0)").get_by_text("✔").wait_for()
    reader.run(summary)
    summary.get_by_text(f"✔ 1 · ✘ 0 · ○ {count - 1}").wait_for()
    words = reader.pictures()
    assert len(words) >= 5
    assert all(len(one) > 40 for one in words)
    return words


def everything_is_there_again(reader, seen):
    """The pictures and their words, the verdict, and for each explorer how its controls come back: no error."""
    reader.page.wait_for_function(f"count => ({SEEN})().length === count", arg=len(seen))
    words = reader.pictures()
    assert all(before in after for before, after in zip(seen, words, strict=True))
    reader.page.wait_for_function(
        "() => !document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)').innerText.includes('Loading widget')"
    )
    page = reader.notebook.inner_text()
    assert "model not found" not in page
    assert "Error displaying widget" not in page
    explorers = reader.notebook.locator(".cnnlab-twin")
    assert explorers.count() >= 2
    assert page.count("Run this cell for the controls.") == explorers.count()
    assert reader.cell("check.one_cell(cell_2_0)").get_by_text("✔").is_visible()
