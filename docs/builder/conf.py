"""What Sphinx makes of the sources that the builder lays out. Nothing in the pages is fetched from elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

from cnnlab.common.version import VERSION

_HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE))

import api_pages  # noqa: E402

project = "cnnlab"
author = "the authors of cnnlab"
release = VERSION
html_title = "cnnlab"
language = "en"
default_role = "py:obj"
nitpicky = False

extensions = ["myst_nb", "mathml", "moving", "trimmed", "term_links", *api_pages.EXTENSIONS]
globals().update(api_pages.SETTINGS)

source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"}
exclude_patterns = ["_parts", "_moving", "_extra"]
templates_path = ["templates"]

# Outputs stand as they were committed: nothing is run.
nb_execution_mode = "off"
nb_merge_streams = True
nb_code_prompt_show = "Show the setup"
nb_code_prompt_hide = "Hide the setup"
myst_enable_extensions = ["amsmath", "attrs_block", "attrs_inline", "dollarmath"]
myst_heading_anchors = 4
myst_dmath_double_inline = True

html_theme = "pydata_sphinx_theme"
html_context = {"default_mode": "light"}  # without JavaScript, too, code has its colours
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["site.css", *sorted(f.name for f in (_HERE / "static").glob("*.css") if f.name != "site.css")]
html_favicon = "static/cnnlab.svg"
html_show_search_summary = False
html_domain_indices = False  # the reference's first page lists the modules
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
_ALONE = ("index", "formulas", "glossary", "search", "genindex")  # no neighbours to lead to
html_sidebars = {"**": ["sidebar-nav-bs"], **dict.fromkeys(_ALONE, [])}
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button-field"],
    "header_links_before_dropdown": 7,
    "primary_sidebar_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "footer_end": [],
    "search_bar_text": "Search the course",
    "logo": {"text": "cnnlab", "image_light": "static/cnnlab.svg", "image_dark": "static/cnnlab.svg"},
    "back_to_top_button": False,
    "footer_start": [],
    "navigation_with_keys": False,
}
