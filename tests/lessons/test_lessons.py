"""The lessons as written and the notebooks as committed keep the course's promises."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser

import pytest
from lesson_files import NAMES, ROOT, checked, checks, exercise_of, exercises, notebook, tags, texts
from nbconvert import HTMLExporter

FORBIDDEN = {
    r"^\s*[%!]": "magics and shell commands do not run everywhere",
    r"\binput\(": "a batch has nobody to type",
    r"\bpyplot\b|\bplt\.": "global figure state",
    r"\binteract\b|\bOutput\(": "hides exceptions from a batch",
    r"\btime\.sleep\(": "waits for nothing",
    r"import \*": "names from nowhere",
}


class Images(HTMLParser):
    """The images of a page, each with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.found.append(dict(attributes))

    @classmethod
    def of(cls, page: str) -> list[dict[str, str]]:
        parser = cls()
        parser.feed(page)
        return parser.found


@pytest.fixture(scope="module", params=NAMES)
def lesson(request):
    return request.param, notebook(request.param)


def code_cells(node):
    return [cell for cell in node.cells if cell.cell_type == "code"]


def test_the_lessons_have_the_numbers_of_the_readme():
    numbers = [name[:2] for name in NAMES]
    assert len(set(numbers)) == len(numbers)
    assert re.findall(r"^\| (\d\d) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE) == numbers
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == {*NAMES, "index"}


def test_cells_are_short(lesson):
    _, node = lesson
    lengths = [len(cell.source.splitlines()) for cell in code_cells(node)]
    assert max(lengths) <= 15
    assert sorted(lengths)[len(lengths) // 2] <= 6


def test_a_lesson_opens_with_title_bootstrap_and_parameters(lesson):
    _, node = lesson
    assert node.cells[0].source.startswith("# ")
    kinds = [tag for cell in node.cells for tag in tags(cell) if tag in ("bootstrap", "parameters")]
    assert kinds == ["bootstrap", "parameters"]
    parameters = next(cell for cell in node.cells if "parameters" in tags(cell)).source
    assert 'PROFILE = "quick"' in parameters
    assert "SEED = 0" in parameters


def test_no_cell_does_what_breaks_a_batch(lesson):
    _, node = lesson
    for cell in code_cells(node):
        if "bootstrap" in tags(cell):
            continue
        for pattern, why in FORBIDDEN.items():
            assert not re.search(pattern, cell.source, re.MULTILINE), f"{why}:\n{cell.source}"


def test_every_exercise_has_a_cell_and_is_checked(lesson):
    name, node = lesson
    known = exercises(name)
    assert {exercise_of(cell) for cell in node.cells} - {None} == set(known)
    assert {exercise for cell in node.cells for exercise in checked(cell)} == set(known)


def test_enough_outputs_are_compared(lesson):
    name, node = lesson
    compared = [cell for cell in node.cells if "nbval-check-output" in tags(cell)]
    assert len(compared) >= (8 if name[:2] in ("01", "02", "03", "04") else 1)
    for cell in compared:
        assert cell.outputs, f"nothing to compare:\n{cell.source}"
        assert cell.execution_count, "nbval skips a cell without an execution count"


def test_the_notebook_ran_from_top_to_bottom(lesson):
    _, node = lesson
    assert [cell.execution_count for cell in code_cells(node)] == list(range(1, len(code_cells(node)) + 1))


def test_outputs_are_clean(lesson):
    name, node = lesson
    home, root = os.path.expanduser("~"), str(ROOT)
    for cell in code_cells(node):
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", cell.source
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {}), "dangling widget"
        assert root not in texts(cell)
        assert f"{home}/" not in texts(cell)
    assert (ROOT / "notebooks" / f"{name}.ipynb").stat().st_size <= 1.5e6


def test_every_picture_has_words_in_the_page(lesson):
    """Read from the page that nbconvert makes: words that stand anywhere else reach nobody."""
    name, node = lesson
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(node)
    pictures = [image for image in Images.of(page) if image["src"].startswith("data:")]
    assert pictures or name.startswith("00")
    for picture in pictures:
        assert len(picture.get("alt") or "") > 40, f"{picture['src'][:60]} says {picture.get('alt')!r}"
        assert "<Figure" not in picture["alt"]
    assert len(pictures) == len({picture["src"] for picture in pictures}), "a picture that is there twice"
    assert not any("image/png" in o.get("data", {}) for cell in code_cells(node) for o in cell.outputs)


def test_no_picture_is_compared_byte_by_byte(lesson):
    _, node = lesson
    for cell in node.cells:
        if "nbval-check-output" in tags(cell):
            assert not any("<img" in output.get("data", {}).get("text/html", "") for output in cell.outputs)


def test_the_unsolved_lesson_says_not_attempted(lesson):
    name, node = lesson
    for cell in node.cells:
        if checked(cell):
            assert "○" in texts(cell), cell.source
            assert "✘" not in texts(cell), cell.source


def test_hints_and_solutions_are_mentioned(lesson):
    name, node = lesson
    assert checks(name).__doc__
    prose = "\n".join(cell.source for cell in node.cells if cell.cell_type == "markdown")
    assert ".hint()" in prose
    assert ".solution()" in prose


def test_nothing_was_left_to_be_filled_in(lesson):
    name, node = lesson
    text = "\n".join(cell.source for cell in node.cells) + (ROOT / "README.md").read_text(encoding="utf-8")
    assert not re.search(r"\b(MEASURED|TODO|TBD|FIXME|TIME\d\d)", text), name
