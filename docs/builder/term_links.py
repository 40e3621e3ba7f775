"""A Sphinx extension: where a lesson first uses a term of the glossary, the word is a link, and the search finds it."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Sequence

import glossary_page
from docutils import nodes
from glossary_page import Term
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.transforms import SphinxTransform

# Code, formulas, HTML, headings, what heads a table, and what is a link already.
_NO_PROSE = (nodes.FixedTextElement, nodes.literal, nodes.math, nodes.title, nodes.thead, nodes.reference)
_BREAK = r"[\s\u2010-\u2013-]+"  # between the words of a term: a space, a line's end, hyphens and the shorter dashes


class Words:
    """The words of `terms` in running text; where several begin at one place, the longest is meant.

    Examples
    --------
    >>> names = ("average precision", "mAP", "AP")
    >>> words = Words([Term(name, "", "11_detection", (), "", (name,)) for name in names])
    >>> text = "The mAP is the mean of the average precisions (AP)."
    >>> [(found[0], term.name) for found, term in words.found_in(text, "12_yolo")]
    [('mAP', 'mAP'), ('average precisions', 'average precision'), ('AP', 'AP')]
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        called: dict[str, list[Term]] = {}
        for term in terms:
            for word in term.words:
                called.setdefault(word, []).append(term)
        longest_first = sorted(called, key=len, reverse=True)
        self._terms = [called[word] for word in longest_first]
        either = "|".join(f"({_pattern(word)})" for word in longest_first)
        self._pattern = re.compile(rf"(?<![\w-])(?:{either})(?!\w|-\w)")

    def found_in(self, text: str, lesson: str) -> Iterator[tuple[re.Match, Term]]:
        """Each place in `text` at which a term stands that has its meaning in the lesson of that name.

        Where a word has two, as "kernel" in a lesson on notebooks, the lesson's own is meant.
        """
        for found in self._pattern.finditer(text):
            meant = [term for term in self._terms[found.lastindex - 1] if term.means_this_in(lesson)]
            if meant:
                yield found, next((term for term in meant if term.lesson == lesson), meant[0])


def _pattern(word: str) -> str:
    """Return the expression for a term's word or words: also with a capital, and in the plural."""
    first = f"[{word[0]}{word[0].upper()}]"
    rest = _BREAK.join(map(re.escape, re.split(r"[ –-]", word[1:]))).replace("'", "['’]")
    if rest.endswith("matrix"):
        return f"{first}{rest[:-1]}(?:x|ces)"
    if re.search(r"[sxz]$|[cs]h$", rest):
        return first + (f"{rest}?" if re.search(r"[^s]s$", rest) else f"{rest}(?:es)?")
    return first + (f"{rest[:-1]}(?:y|ies)" if re.search(r"[^aeiou]y$", rest) else f"{rest}s?")


def setup(app: Sphinx) -> dict[str, bool]:
    """Have Sphinx link the terms when the links of a page are made."""
    app.connect("doctree-resolved", _link_page)
    app.add_transform(_NoIndexEntries)
    StandardDomain.object_types["term"].attrs["searchprio"] = 0  # found under its own name, and first
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class _NoIndexEntries(SphinxTransform):
    """Take the glossary's terms out of the index: the search would show each of them as "Glossary"."""

    default_priority = 800  # before Sphinx collects them

    def apply(self) -> None:
        """Remove the entries of the page that is being read."""
        if self.env.docname == "glossary":
            for entry in list(self.document.findall(addnodes.index)):
                entry.parent.remove(entry)


@functools.cache
def _words() -> Words:
    return Words(glossary_page.terms())


def _link_page(app: Sphinx, page: nodes.document, name: str) -> None:
    folder, _, lesson = name.partition("/")
    if folder != "lessons" or lesson == "index":
        return
    glossary = app.builder.get_relative_uri(name, "glossary")
    anchors = {
        term: f"{glossary}#{anchor}"
        for term, _, kind, _, anchor, _ in app.env.domains.standard_domain.get_objects()
        if kind == "term"
    }
    link_first_uses(page, lesson, _words(), lambda term: anchors[term.name])
    for section in page.findall(_is_glossary):
        more = nodes.paragraph("", "The terms of all lessons, with their Korean names, are in the ")
        more += [nodes.reference("", "glossary", refuri=glossary, internal=True), nodes.Text(".")]
        section.insert(section.first_child_matching_class(nodes.bullet_list) + 1, more)


def link_first_uses(page: nodes.Element, lesson: str, words: Words, address: Callable[[Term], str]) -> list[str]:
    """Turn the first use of each term in the page's prose into a link; returns what was linked, in order.

    Parameters
    ----------
    page : a lesson's document; it is changed
    lesson : the lesson's name
    words : the words of all terms: a word that is part of a longer term, or that has another meaning in this lesson,
        is found and left alone
    address : gives the address of a term's definition
    """
    linked: list[str] = []

    def in_text(text: str) -> Iterator[nodes.Node]:
        end = 0
        for found, term in words.found_in(text, lesson):
            if term.name in linked:
                continue
            linked.append(term.name)
            yield nodes.Text(text[end : found.start()])
            yield nodes.reference("", found[0], refuri=address(term), internal=True, classes=["cnnlab-term"])
            end = found.end()
        yield nodes.Text(text[end:])

    def in_order(node: nodes.Element) -> None:
        children, node.children = node.children, []
        for is_text, group in itertools.groupby(children, lambda child: isinstance(child, nodes.Text)):
            if is_text:
                node += in_text("".join(group))  # in one piece again: a line's end in the source divides it
                continue
            for child in group:
                if _is_prose(child):
                    in_order(child)
                node += child

    in_order(page)
    return linked


def _is_prose(node: nodes.Element) -> bool:
    return not isinstance(node, _NO_PROSE) and "cell" not in node["classes"] and not _is_glossary(node)


def _is_glossary(node: nodes.Node) -> bool:
    return isinstance(node, nodes.section) and node[0].astext() == "Glossary"
