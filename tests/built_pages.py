"""What stands in the pages of a built site: their links, pictures and headings, read without a browser."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

ADDRESSES = {"href", "src", "poster", "data", "action", "xlink:href"}
IN_CSS = re.compile(r"""(?:url\(\s*|@import\s+)(?:"([^"]*)"|'([^']*)'|([^\s"')]+))""")
HEADINGS = {f"h{level}": level for level in range(1, 7)}


def site_folder() -> Path:
    """The folder of the built site, which may not be there: ``$CNNLAB_SITE``, or ``site/`` of the course."""
    return Path(os.environ.get("CNNLAB_SITE") or Path(__file__).resolve().parents[1] / "site").resolve()


@dataclass
class BuiltPage:
    """One HTML file of a site.

    Attributes
    ----------
    linked : addresses a reader may follow
    loaded : addresses the browser loads by itself: pictures, styles, scripts
    images : the attributes of each picture, and whether it lies in a part that is hidden from screen readers
    headings : level and text of each, in order
    """

    file: Path
    language: str = ""
    title: str = ""
    ids: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    images: list[dict[str, str | None]] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, page: BuiltPage) -> None:
        super().__init__()
        self.page, self.open = page, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        page, of = self.page, dict(attrs)
        self.open = tag if tag in HEADINGS or tag in ("title", "style") else self.open
        if tag == "html":
            page.language = of.get("lang") or ""
        if tag == "img":
            page.images.append(of)
        if tag in HEADINGS:
            page.headings.append((HEADINGS[tag], ""))
        page.ids += [of[name] for name in ("id", "name") if of.get(name) and (name == "id" or tag == "a")]
        # <data value> and <object data> share a name; a canonical link is a statement, and nothing loads it.
        follows = tag in ("a", "area", "form") or (
            tag == "link" and of.get("rel") in ("next", "prev", "index", "search")
        )
        addresses = [of[name] or "" for name in ADDRESSES & of.keys() if tag != "data"]
        if tag in ("img", "source"):
            addresses += [part.split()[0] for part in (of.get("srcset") or "").split(",") if part.strip()]
        (page.linked if follows else page.loaded).extend(addresses)
        page.loaded += in_css(of.get("style") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == self.open:
            self.open = ""

    def handle_data(self, data: str) -> None:
        if self.open == "style":
            self.page.loaded += in_css(data)
        elif self.open == "title":
            self.page.title += data
        elif self.open:
            level, text = self.page.headings[-1]
            self.page.headings[-1] = level, text + data


def in_css(text: str) -> list[str]:
    """The addresses that a style sheet loads.

    >>> in_css("@import 'a.css'; p { background: url(b.png) } i { mask: url( \\"c.svg#d\\" ) }")
    ['a.css', 'b.png', 'c.svg#d']
    """
    return ["".join(found) for found in IN_CSS.findall(text)]


@cache
def read(file: Path) -> BuiltPage:
    """Read one HTML file."""
    page = BuiltPage(file)
    _Reader(page).feed(file.read_text(encoding="utf-8"))
    return page


def wrong_address(address: str, file: Path, site: Path, followed: bool) -> str | None:
    """What is wrong with an address in a file of the site, or None.

    A link that is `followed` may lead to the network; what a page loads may not. Everything else must be in the site,
    as a file, since a folder opened from a disk has no index page, and must hold the anchor.
    """
    parts = urlsplit(address)
    if parts.scheme in ("data", "about") or (
        followed and parts.scheme in ("http", "https", "mailto") and (parts.netloc or parts.path)
    ):
        return None
    if parts.scheme or parts.netloc:
        return f"{address} is not in the site"
    place, anchor = urldefrag(address)
    target = (file.parent / unquote(urlsplit(place).path)).resolve() if place else file
    if not target.is_relative_to(site) or not target.is_file():
        return f"{address}: no such file in the site"
    if anchor and target.suffix == ".html" and unquote(anchor) not in read(target).ids:
        return f"{address}: no such anchor on that page"
    return None
