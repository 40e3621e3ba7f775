"""A Sphinx extension: the explorers' elements go into the pages as they are written.

A page holds ``<div class="moving" data-explorer="KEY">…</div><!-- /moving -->``, with a still picture or nothing in it;
``_moving/KEY.html`` among the sources holds the element. So neither doctrees nor the search index carry the states.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

FOLDER = "_moving"
_PLACE = re.compile(r'<div class="moving" data-explorer="([\w-]+)">.*?</div><!-- /moving -->', re.DOTALL)


def place(key: str, still: str = "") -> str:
    """Return the HTML that keeps a place for an explorer; `still` stands there if it has not been exported."""
    return f'<div class="moving" data-explorer="{key}">{still}</div><!-- /moving -->'


def _fill(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    def element(found: re.Match[str]) -> str:
        file = Path(app.srcdir, FOLDER, f"{found[1]}.html")
        return file.read_text(encoding="utf-8") if file.is_file() else found[0]

    if "body" in context:
        context["body"] = _PLACE.sub(element, context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the replacement with Sphinx: last, so that nothing else has to read all the states."""
    app.connect("html-page-context", _fill, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
