"""The built site's frame: what the builder puts around and into the pages that Sphinx makes."""

from __future__ import annotations

import re


def test_every_icon_of_the_theme_has_a_picture_of_ours(site):
    style = (site / "_static" / "site.css").read_text(encoding="utf-8")
    drawn = {name for rule in re.findall(r"([^{}]*)\{ --icon:", style) for name in re.findall(r"\.(fa-[\w-]+)", rule)}
    used = set()
    for page in site.rglob("*.html"):
        for words in re.findall(r'class="(fa-solid[^"]*)"', page.read_text(encoding="utf-8")):
            used |= set(words.split())
    assert used - {"fa-solid", "fa-lg"} <= drawn


def test_every_place_for_an_explorer_is_filled(site):
    pages = [*site.glob("*.html"), *site.glob("lessons/*.html"), *site.glob("explorers/*.html")]
    texts = {page.relative_to(site).as_posix(): page.read_text(encoding="utf-8") for page in pages}
    assert [name for name, text in texts.items() if 'class="moving"' in text] == []
    # One on the front page, and one at least in every lesson but the last, whose explorers need its own pictures.
    still = [
        name for name, text in texts.items() if re.match(r"index|lessons/\d", name) and "cnnlab-moving" not in text
    ]
    assert still == ["lessons/18_your_own_detector.html"]


def test_no_page_loads_what_the_site_has_no_use_for(site):
    assert not list(site.rglob("*fontawesome*"))
    assert not list(site.rglob("*.map"))
    for page in site.rglob("*.html"):
        loaded = re.findall(r'<script[^>]* src="([^"]+)"', page.read_text(encoding="utf-8"))
        assert not [script for script in loaded if "bootstrap" in script or "fontawesome" in script]
        assert page.name == "search.html" or not [script for script in loaded if "searchindex" in script]
