"""A page read strictly: tags that close in order, one of each id, links that lead somewhere, tables with headers."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

_VOID = {"meta", "br", "wbr", "!doctype"}


class Page(HTMLParser):
    """A page's words and its skeleton.

    Attributes
    ----------
    words : everything that is shown, joined by spaces
    headings : (level, text), in order
    ids, links : in order
    tables : for each its rows, a row as the texts of its cells
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self._shown: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], f"left open: {self.open}"
        self.words = " ".join("".join(self._shown).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        assert len(values) == len(attrs), f"an attribute twice in {tag}"
        self.attributes.append((tag, values))
        self.ids += [values["id"]] if values.get("id") else []
        self.links += [values["href"]] if tag == "a" else []
        if tag == "br":
            self.handle_data(" ")
        if tag not in _VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} closes something else"

    def handle_data(self, data: str) -> None:
        if {"style", "title"} & set(self.open):
            return
        self._shown.append(data)
        if any(re.fullmatch("h[1-6]", tag) for tag in self.open):
            level, text = self.headings[-1]
            self.headings[-1] = level, text + data
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data


def read(text: str, folder: Path | None = None) -> Page:
    """Read a page, and refuse what no page of ours may have.

    Parameters
    ----------
    text : the page
    folder : where it lies, if its links to other files are to be followed
    """
    page = Page(text)
    assert len(set(page.ids)) == len(page.ids), "an id twice"
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False)), (
        "a level of headings left out"
    )
    for link in page.links:
        if link.startswith("#"):
            assert unquote(link[1:]) in page.ids, f"{link} leads nowhere"
        else:
            assert re.fullmatch(r"learners/[^/]+\.html", link), link
            assert folder is None or (folder / unquote(link)).is_file()
    for tag, values in page.attributes:
        assert tag not in ("script", "img", "link", "iframe", "object", "form", "svg", "base"), tag
        assert not [name for name in values if name.startswith("on") or name in ("src", "srcset", "action")], values
        if tag == "th":
            assert values.get("scope") in ("col", "row")
        for name in ("aria-labelledby",):
            assert values.get(name) is None or values[name] in page.ids
    regions = [values for _, values in page.attributes if values.get("role") == "region"]
    assert len(regions) == len(page.tables)
    assert all(values["tabindex"] == "0" and values["aria-labelledby"] for values in regions)
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert '<html lang="en">' in text
    assert "url(" not in text
    assert "@import" not in text
    return page
