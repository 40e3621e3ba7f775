"""Formulas as MathML, which browsers draw with their own fonts: a page fetches nothing for them."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

_LOG = logging.getLogger(__name__)


def mathml(tex: str, display: str, where: Any) -> str:
    """Return a formula of TeX as MathML; warn, at the node `where`, of one that cannot be read."""
    from latex2mathml.converter import convert

    try:
        return convert(tex, display=display)
    except Exception as error:  # noqa: BLE001  its parser raises many kinds for what it does not know
        _LOG.warning("the formula %r cannot be read: %s", tex, error, location=where)
        return ""


def _inline(writer: Any, node: Any) -> None:
    from docutils import nodes

    writer.body.append(mathml(node.astext(), "inline", node))
    raise nodes.SkipNode


def _block(writer: Any, node: Any) -> None:
    from docutils import nodes

    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    writer.body.append(mathml(node.astext(), "block", node))
    writer.body.append("</div>")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer with Sphinx."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
