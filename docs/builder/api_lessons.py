"""From a lesson's code to the functions it uses, and from a function to the lessons that use it."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.config import Config


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", _name_what_is_public)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _name_what_is_public(app: Sphinx, config: Config) -> None:
    import api_pages

    config.codeautolink_inventory_map = api_pages.real_names()
