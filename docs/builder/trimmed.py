"""A Sphinx extension: what the theme and myst-nb bring along and no page of this site uses is left out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

_UNUSED = ("vendor", "scripts/bootstrap.js*", "scripts/fontawesome.js*", "scripts/*.map", "styles/*.map",
           "mystnb.*.css", "webpack-macros.html")  # fmt: skip
# Whole rules for Font Awesome's icons, its fonts, and the name of a map: a fifth of the theme's style.
_ICON = re.compile(
    r"@font-face\{[^}]*\}|(?<=[}{])(?:\.fa[bdlrs]?(?:-[\w-]+)?(?::{1,2}(?:before|after))?,?)+\{[^{}]*\}"
    r"|/\*# sourceMappingURL=[^*]*\*/"
)
_SCRIPT_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def _plain(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    context["css_files"] = [css for css in context["css_files"] if "mystnb" not in str(css.filename)]
    # A folded cell is called what can be read on it.
    context["body"] = context.get("body", "").replace('<summary aria-label="Toggle hidden content">', "<summary>")


def _trim(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    shutil.rmtree(Path(app.outdir, "_sources"), ignore_errors=True)  # nothing is in it
    static = Path(app.outdir, "_static")
    for pattern in _UNUSED:
        for path in static.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, unused in (("styles/pydata-sphinx-theme.css", _ICON), ("scripts/pydata-sphinx-theme.js", _SCRIPT_MAP)):
        file = static / name
        file.write_text(unused.sub("", file.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect both to Sphinx' events; later than myst-nb, which adds its style to each page."""
    app.connect("html-page-context", _plain, priority=900)
    app.connect("build-finished", _trim, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
