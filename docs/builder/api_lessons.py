"""From a lesson's code to the functions it uses, and from a function to the lessons that use it.

sphinx-codeautolink finds what the names in a lesson's code mean and makes them links. Its own lists of who uses a
function name every section; ours name each lesson once, and lead to the first place there.
"""

from __future__ import annotations

import re
from typing import Any

import api_names
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

_BLOCK = re.compile(r'<div class="highlight-\w+ notranslate">.*?</div>\s*</div>', re.DOTALL)
_NAMED = 4  # of more lessons the titles would be a paragraph
_CUT = "\n<!-- next block -->\n"  # on lines of its own: blocks are told apart by theirs
_Place = tuple[str, str]  # a page and the anchor of a section there


class LessonsUsing(nodes.General, nodes.Element):
    """Stands for the list of lessons that use an object until all lessons are read."""


class LessonsUsingDirective(SphinxDirective):
    """``.. lessons-using:: cnnlab.shapes.output_size``"""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return [LessonsUsing(name=self.arguments[0])]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx: after sphinx-codeautolink, which has resolved the names by then."""
    app.add_node(LessonsUsing)
    app.add_directive("lessons-using", LessonsUsingDirective)
    app.connect("config-inited", _name_what_is_public)
    app.connect("env-updated", _leave_out_the_reference, priority=400)
    app.connect("env-updated", _gather, priority=600)
    app.connect("doctree-resolved", _fill)
    app.connect("html-page-context", _take_out_code, priority=499)
    app.connect("html-page-context", _put_code_back, priority=501)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _name_what_is_public(app: Sphinx, config: Config) -> None:
    config.codeautolink_inventory_map = api_names.real_names()


def _leave_out_the_reference(app: Sphinx, env: Any) -> None:
    """Let the examples of docstrings stand as they are: they call what is described right above them."""
    for page in [page for page in env.sphinx_codeautolink_transforms if page.startswith("api/")]:
        del env.sphinx_codeautolink_transforms[page]


def _gather(app: Sphinx, env: Any) -> None:
    """Note for each object the first place in every lesson that uses it."""
    places: dict[str, dict[str, str]] = {}
    for page, blocks in sorted(env.sphinx_codeautolink_transforms.items()):
        if page.startswith("lessons/"):
            for block in blocks:
                for name in block.names:
                    places.setdefault(name.resolved_location, {}).setdefault(page, block.example.ref_id or "")
    app.lessons_using = places


def _fill(app: Sphinx, doctree: nodes.document, page: str) -> None:
    for mark in list(doctree.findall(LessonsUsing)):
        places = app.lessons_using.get(mark["name"], {})
        mark.replace_self(_list(app, page, list(places.items())) if places else [])


def _list(app: Sphinx, page: str, places: list[_Place]) -> nodes.paragraph:
    """``Used in 02 · Padding and stride, 03 · Pooling``, each a link; of many lessons the numbers alone."""
    many = len(places) > _NAMED
    line = nodes.paragraph("", "Used in lessons " if many else "Used in ", classes=["lessons-using"])
    for number, (lesson, anchor) in enumerate(places):
        address = app.builder.get_relative_uri(page, lesson) + (f"#{anchor}" if anchor else "")
        title = app.env.titles[lesson].astext()
        text = title.partition(" ")[0] if many else title
        line += [nodes.Text(", ")] * (number > 0)
        line += nodes.reference("", text, internal=True, refuri=address, **({"reftitle": title} if many else {}))
    return line


def _take_out_code(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Leave to sphinx-codeautolink the blocks of code alone: it parses and rewrites all that it is given."""
    if page in getattr(app.env, "sphinx_codeautolink_transforms", {}) and "body" in context:
        context["whole_body"] = context["body"]
        context["body"] = _CUT.join(_BLOCK.findall(context["body"]))


def _put_code_back(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    if "whole_body" in context:
        blocks = iter(context["body"].split(_CUT))
        context["body"] = _BLOCK.sub(lambda _: next(blocks), context.pop("whole_body"))
