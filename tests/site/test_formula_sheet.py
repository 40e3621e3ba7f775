"""The formula sheet: its code gives the numbers beside it, its arithmetic too, and it prints on one page."""

from __future__ import annotations

import doctest
import math
import re
from pathlib import Path

import browser
import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "pages" / "formulas.md"
TEXT = PAGE.read_text(encoding="utf-8")
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
ENTRIES = {title: body for title, _, body in (part.partition("\n") for part in TEXT.split("\n### ")[1:])}
# What of TeX stands in a worked number → Python; fractions first, from the inside.
TEX = [
    (r"\\sqrt\{([^{}]*)\}", r"(\1)**0.5"), (r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))"),
    (r"\^\{([^{}]*)\}", r"**(\1)"), (r"\^", "**"), (r"\\left\\lfloor(.*?)\\right\\rfloor", r"math.floor(\1)"),
    (r"\\left|\\right|\\,", ""), (r"\\ ", " "), (r"\\cdot", "*"), (r"\\ln", "math.log"), (r"\\max", "max"),
    (r"(\d) *(?=math|\()", r"\1*"), (r"(?<![.\w])e\*\*", "math.e**"),
]  # fmt: skip


def formulas(body: str) -> tuple[str, str]:
    """The general formula of an entry, and its worked number."""
    general, worked = re.findall(r"^\$\$(.+?)\$\$$", body, re.MULTILINE)
    return general, worked


def statements(worked: str) -> list[list[str]]:
    """Each equation of a worked number, taken apart at = and ≈."""
    worked = re.sub(r"\\(?:begin|end)\{array\}(?:\{l\})?", "", worked)
    return [re.split(r"=|\\approx", part) for part in re.split(r"\\\\|\\qquad|,? *\\quad", worked)]


def value(tex: str) -> float | None:
    """What an expression comes to; None for a name such as P."""
    before = ""
    while before != tex:
        before = tex
        for pattern, python in TEX:
            tex = re.sub(pattern, python, tex)
    tex = tex.strip().rstrip(",")
    if re.search(r"[\\{A-Z]", tex):
        return None
    return eval(tex, {"math": math, "max": max})


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]


def test_every_entry_has_its_parts():
    assert len(ENTRIES) >= 25
    for title, body in ENTRIES.items():
        lessons = re.findall(r"\]\(([^)]+\.ipynb)\)", body)
        assert lessons, title
        assert all((PAGE.parent / lesson).is_file() for lesson in lessons), title
        assert formulas(body), title
        assert len(CODE.findall(body)) == 1, title


@pytest.mark.parametrize(
    "call",
    ["output_size", "same_padding", "conv_params", "conv_macs", "receptive_field", "boxes.iou", "average_precision"],
)
def test_the_sheet_covers_what_it_promises(call):
    assert f"{call}(" in TEXT


def test_the_code_gives_the_numbers_shown():
    first, *blocks = CODE.findall(TEXT)
    names: dict[str, object] = {}
    exec(first, names)
    parsed = doctest.DocTestParser().get_doctest("\n".join(blocks), names, PAGE.name, str(PAGE), 0)
    said: list[str] = []
    failed, tried = doctest.DocTestRunner().run(parsed, out=said.append)
    assert tried > 50
    assert not failed, "".join(said)


def test_code_and_worked_number_end_in_the_same():
    for title, body in ENTRIES.items():
        (code,) = CODE.findall(body)
        shown = "\n".join(line for line in code.splitlines() if not line.startswith((">>>", "...")))
        worked = [numbers(parts[-1]) for parts in statements(formulas(body)[1]) if len(parts) > 1]
        found = [number for group in worked for number in group]
        # An intermediate result (P = 1) may come before the last.
        assert found[-len(numbers(shown)) :] == numbers(shown), title


def test_the_arithmetic_of_every_worked_number_holds():
    checked = 0
    for title, body in ENTRIES.items():
        for parts in statements(formulas(body)[1]):
            known = [(part, value(part)) for part in parts]
            known = [(part, number) for part, number in known if isinstance(number, (int, float))]
            digits = len(known[-1][0].strip().rstrip(",").partition(".")[2]) if known else 0
            for _, number in known[:-1]:
                assert round(number, max(digits, 1)) == pytest.approx(known[-1][1]), (title, parts)
                checked += 1
    assert checked >= len(ENTRIES)


def test_values_are_read_as_tex_means_them():
    assert value(r"\frac{e^{\ln(5)}}{2^2}") == pytest.approx(5 / 4)
    assert value(r"\left\lfloor \frac{7}{2} \right\rfloor + 1") == 4
    assert value(r"3 \cdot 3 \ln(2)") == pytest.approx(9 * math.log(2))
    assert value("G_{01}") is None


@pytest.mark.skipif(browser.executable() is None, reason="needs Chromium")
def test_the_sheet_prints_on_one_page(site):
    with browser.page((site / "formulas.html").as_uri()) as opened:
        paper = opened.pdf(format="A4", prefer_css_page_size=True)
        opened.emulate_media(media="print")
        opened.set_viewport_size({"width": 733, "height": 1000})  # 194 mm, what the margins leave of A4
        cut = opened.evaluate(
            """[...document.querySelectorAll('#formula-sheet section section > *')]
               .filter(part => part.scrollWidth > part.clientWidth + 1).map(part => part.textContent.trim())"""
        )
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    assert cut == []
