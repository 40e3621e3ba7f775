"""axe reads three lessons in JupyterLab, as they are saved, in the light and the dark theme."""

from __future__ import annotations

import shutil

import accessibility
import browser
import pytest
from lesson_files import NAMES, ROOT

pytest.importorskip("axe_playwright_python", reason="axe is not installed")
pytestmark = pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH")

# What the course puts into a notebook: its prose and its outputs, by every rule. The frame around them is
# JupyterLab's: the toolbar, the editors of the code cells and the button that folds a heading have no names there.
COURSE, FRAME = [".jp-RenderedMarkdown", ".jp-OutputArea"], [".jp-collapseHeadingButton"]


def test_axe_finds_nothing_grave_in_three_lessons_as_they_are_saved(tmp_path):
    names = [f"{NAMES[number]}.ipynb" for number in (2, 9, 11)]  # tables, formulas, verdicts, explorers, photographs
    for name in names:
        shutil.copy(ROOT / "notebooks" / name, tmp_path)
    found: dict[str, list[str]] = {}
    with browser.jupyterlab(tmp_path, tmp_path / "settings") as address:
        for name in names:
            with browser.page(address.format(name)) as page:
                page.wait_for_selector(".jp-OutputArea img")
                browser.wait_until_idle(page)
                browser.show_whole_notebook(page)
                found[name] = accessibility.findings(page, COURSE, FRAME)
                browser.set_theme(page, "Dark")
                found[name] += accessibility.findings(page, COURSE, FRAME, colours_only=True)
                browser.set_theme(page, "Light")  # JupyterLab keeps the setting
    assert {name: one for name, one in found.items() if one} == {}
