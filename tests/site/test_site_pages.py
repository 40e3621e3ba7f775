"""The pages of the built site, read without a browser: every address leads somewhere, every picture has words."""

from __future__ import annotations

from collections import Counter

import built_pages
import pytest

MB = 1024 * 1024


@pytest.fixture(scope="module")
def pages(site) -> list[built_pages.BuiltPage]:
    return [built_pages.read(file) for file in sorted(site.rglob("*.html"))]


def of_each(pages, what) -> dict[str, list]:
    """What is wrong on each page where anything is."""
    return {page.file.name: wrong for page in pages if (wrong := what(page))}


def test_every_address_leads_to_a_file_and_an_anchor_that_are_there(site, pages):
    def wrong(page):
        links = [built_pages.wrong_address(address, page.file, site, followed=True) for address in page.linked]
        parts = [built_pages.wrong_address(address, page.file, site, followed=False) for address in page.loaded]
        return sorted(filter(None, {*links, *parts}))

    assert len(pages) > 30
    assert of_each(pages, wrong) == {}


def test_what_a_style_sheet_loads_is_there(site):
    wrong = {
        f"{file.name}: {found}"
        for file in site.rglob("*.css")
        for address in built_pages.in_css(file.read_text(encoding="utf-8"))
        if (found := built_pages.wrong_address(address, file, site, followed=False))
    }
    assert wrong == set()


def test_every_picture_has_words(pages):
    """Decoration has none and says so: the theme's own pictures alone."""

    def mute(page):
        return [image for image in page.images if not (image.get("alt") or "").strip() and not decoration(image)]

    def decoration(image):
        return image.get("alt") == "" and "_static/" in image["src"]

    assert sum(len(page.images) for page in pages) > 100
    assert of_each(pages, mute) == {}


def test_a_page_says_its_language_and_its_own_title(pages):
    assert {page.language for page in pages} == {"en"}
    assert [title for title, times in Counter(page.title for page in pages).items() if times > 1 or not title] == []


def test_headings_begin_with_one_and_leave_no_level_out(pages):
    def wrong(page):
        levels = [level for level, _ in page.headings]
        jumps = [text for (level, text), before in zip(page.headings[1:], levels, strict=False) if level > before + 1]
        return jumps if levels[:1] == [1] and levels.count(1) == 1 else [levels]

    assert of_each(pages, wrong) == {}
    assert of_each(pages, lambda page: [level for level, text in page.headings if not text.strip()]) == {}


def test_no_name_of_a_place_is_given_twice(pages):
    assert of_each(pages, lambda page: [name for name, times in Counter(page.ids).items() if times > 1]) == {}


def test_the_site_fits_on_a_stick(site):
    assert sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) <= 60 * MB


@pytest.mark.parametrize(
    ("address", "followed", "wrong"),
    [
        ("other.html#there", True, None),
        ("#here", True, None),
        ("folder/a%20b.txt", True, None),
        ("https://example.org", True, None),
        ("mailto:a@example.org", True, None),
        ("data:image/png;base64,", False, None),
        ("style.css?digest=1", False, None),
        ("https://example.org/a.js", False, "https://example.org/a.js is not in the site"),
        ("//example.org/a.js", True, "//example.org/a.js is not in the site"),
        ("file:///tmp/a.html", True, "file:///tmp/a.html is not in the site"),
        ("javascript:void(0)", True, "javascript:void(0) is not in the site"),
        ("#gone", True, "#gone: no such anchor on that page"),
        ("other.html#gone", True, "other.html#gone: no such anchor on that page"),
        ("Other.html", True, "Other.html: no such file in the site"),
        ("folder/", True, "folder/: no such file in the site"),
        ("/other.html", True, "/other.html: no such file in the site"),
        ("../outside.html", True, "../outside.html: no such file in the site"),
    ],
)
def test_a_wrong_address_is_known(tmp_path, address, followed, wrong):
    site = tmp_path / "site"
    (site / "folder").mkdir(parents=True)
    (site / "folder" / "a b.txt").touch()
    (site / "style.css").touch()
    (tmp_path / "outside.html").touch()
    (site / "page.html").write_text('<h1 id="here">Here</h1>', encoding="utf-8")
    (site / "other.html").write_text('<a name="there">There</a>', encoding="utf-8")
    if address == "Other.html" and (site / address).is_file():
        pytest.skip("this disk does not tell large letters from small ones")
    assert built_pages.wrong_address(address, site / "page.html", site, followed) == wrong


def test_a_page_is_read_whole(tmp_path):
    file = tmp_path / "page.html"
    file.write_text(
        """<!doctype html><html lang="en"><head><title>A &amp; B</title><link rel="stylesheet" href="a.css">
        <link rel="next" href="b.html"><style>i { background: url('c.png') }</style></head>
        <h1 id="one">One <em>two</em></h1><a href="d.html">d</a><img src="e.png" alt="" srcset="f.png 2x, g.png 3x">
        <div style="mask: url(h.svg)"></div><h3>Three</h3><script src="i.js"></script></html>""",
        encoding="utf-8",
    )
    page = built_pages.read(file)
    assert (page.language, page.title, page.ids) == ("en", "A & B", ["one"])
    assert page.headings == [(1, "One two"), (3, "Three")]
    assert page.linked == ["b.html", "d.html"]
    assert sorted(page.loaded) == ["a.css", "c.png", "e.png", "f.png", "g.png", "h.svg", "i.js"]
    assert [image["alt"] for image in page.images] == [""]
