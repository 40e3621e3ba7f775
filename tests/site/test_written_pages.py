"""Links of the pages written by hand: right on GitHub, and turned into the site's."""

from __future__ import annotations

import re

import pytest
import written_pages
from written_pages import ROOT, on_site, pages, relinked

TEACHING = ROOT / "docs" / "teaching.md"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("[a](../notebooks/02_padding_and_stride.ipynb)", "[a](lessons/02_padding_and_stride.ipynb)"),
        ("[a](pages/formulas.md#output-size)", "[a](formulas.md#output-size)"),
        ("[a](cluster.md)", "[a](cluster.md)"),
        ("[a](../CHANGELOG.md)", "[a](changelog.md)"),
        ("[all](../notebooks/index.ipynb)", "[all](index.md)"),
        ("[a](../README.md#what-is-measured)", "[a](measured.md)"),
        ("[the README](../README.md#start)", "the README"),  # no page of the site
        ("[a script](../benchmarks/nms.py)", "a script"),
        ("[a](https://example.org/notebooks)", "[a](https://example.org/notebooks)"),
        ("[a](#a-day)", "[a](#a-day)"),
        ("[a](glossary.md)", "[a](glossary.md)"),  # the builder makes it
        ("```\n[a](cluster.md) [b](../README.md)\n```\n", "```\n[a](cluster.md) [b](../README.md)\n```\n"),
    ],
)
def test_a_link_leads_to_the_sites_page(written, wanted):
    assert relinked(written, TEACHING) == (wanted, [])


def test_a_picture_is_taken_along():
    text, pictures = relinked("![words](shape_explorer.png)", TEACHING)
    assert text == "![words](shape_explorer.png)"
    assert pictures == [ROOT / "docs" / "shape_explorer.png"]


def test_a_page_does_not_link_to_itself():
    assert relinked("[README](../../README.md#what-is-measured)", pages()["measured.md"])[0] == "README"


@pytest.mark.parametrize(
    "name", ["changelog.md", "cluster.md", "formulas.md", "measured.md", "reach.md", "teaching.md"]
)
def test_links_are_right_where_the_page_lies(name):
    source = pages()[name]
    for target in re.findall(r"\]\(([^()\s]+)\)", source.read_text(encoding="utf-8")):
        path = target.partition("#")[0]
        assert not path or re.match("https?:", path) or (source.parent / path).is_file(), target


@pytest.mark.parametrize("name", ["measured.md", "reach.md"])
def test_a_part_of_the_readme_is_there_to_be_shown(name):
    # ```{include} says between which two strings; Sphinx would stop at a missing first one, not at a missing last one.
    text = pages()[name].read_text(encoding="utf-8")
    first, last = re.search(r':start-after: "(.+)"\n:end-before: "(.+)"', text).groups()
    part = (ROOT / "README.md").read_text(encoding="utf-8").partition(f"\n{first}\n")[2].partition(last)
    assert part[1] == last
    assert "| --- " in part[0] or "|---|" in part[0]
    heading = first.lstrip("# ").lower().replace(" ", "-").replace("'", "")
    assert written_pages.README[heading] == name


def test_all_pages_are_laid_out(tmp_path):
    names = written_pages.lay_out(tmp_path / "sources")
    assert {"index.md", "changelog.md", "teaching.md", "cluster.md", "formulas.md"} <= set(names)
    assert all((tmp_path / "sources" / name).is_file() for name in names)
    assert "lessons/01_convolution_by_hand.ipynb" in (tmp_path / "sources" / "formulas.md").read_text(encoding="utf-8")


def test_a_notebook_stands_among_the_lessons():
    assert on_site(ROOT / "notebooks" / "18_your_own_detector.ipynb") == "lessons/18_your_own_detector.ipynb"
    assert on_site(ROOT / "pyproject.toml") == ""
