"""Where a lesson first uses a term, the word is a link to the glossary: tried on what prose can do to a word."""

from __future__ import annotations

import doctest
import re

import pytest
import term_links
from docutils import nodes
from docutils.core import publish_doctree
from glossary_page import Term
from myst_parser.docutils_ import Parser

NAMES = [
    "stride", "strided convolution", "receptive field", "AP", "mAP", "batch", "batch normalisation", "floor",
    "Gram matrix", "precision–recall curve", "non-maximum suppression", "k-means anchors", "loss", "logits", "MAC",
    "1 × 1 convolution", "IoU", "mean IoU", "memory", "Keras' rule",
]  # fmt: skip


def read(text: str) -> nodes.document:
    """A page of Markdown as Sphinx sees it."""
    settings = {"myst_enable_extensions": ["dollarmath", "amsmath"], "doctitle_xform": False}
    return publish_doctree(text, parser=Parser(), settings_overrides=settings)


def linked(text: str, names: list[str] = NAMES, lesson: str = "05_first_cnn") -> list[str]:
    """The words of a page that became links, in the page's order."""
    words = term_links.Words([Term(name, "", lesson, (), "", (name,)) for name in names])
    page = read(text)
    before = page.astext()
    found = term_links.link_first_uses(page, lesson, words, lambda term: f"glossary.html#{term.name}")
    links = [link for link in page.findall(nodes.reference) if "cnnlab-term" in link["classes"]]
    assert page.astext() == before, "linking changed the words"
    assert [link["refuri"].partition("#")[2] for link in links] == found, "not in the page's order"
    return [link.astext() for link in links]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("A stride of 2, then a stride of 3.", ["stride"]),
        ("Two strides, two batches, two losses.", ["strides", "batches", "losses"]),
        ("Two Gram matrices, a logit.", ["Gram matrices", "logit"]),
        ("Receptive fields grow. Strides too.", ["Receptive fields", "Strides"]),
        ("The stride's square, the MACs' sum, a batch’s end.", ["stride", "MACs", "batch"]),
        # A term within a longer one, and within another word
        ("A strided convolution has a stride.", ["strided convolution", "stride"]),
        ("A strided layer, upstride and a stridency.", []),
        ("The mAP is no AP.", ["mAP", "AP"]),
        ("Batch normalisation and batch normalisation. Then a batch.", ["Batch normalisation", "batch"]),
        ("The mean IoU, then the IoU.", ["mean IoU", "IoU"]),
        ("The mean\nIoU and an AP@.5, mAP@[.50:.95].", ["mean\nIoU", "AP", "mAP"]),
        # Capitals mean something in abbreviations
        ("On a mac, an ap, a map; FAR away.", []),
        # Divided by a line's end, by a hyphen, by a dash
        ("The receptive\nfield of *one\nunit*.", ["receptive\nfield"]),
        ("Receptive-field sizes, batch\u00a0normalisation.", ["Receptive-field", "batch\u00a0normalisation"]),
        ("A precision-recall curve, k-means anchors.", ["precision-recall curve", "k-means anchors"]),
        ("By non-maximum\nsuppression.", ["non-maximum\nsuppression"]),
        ("A 1 × 1\nconvolution.", ["1 × 1\nconvolution"]),
        ("The batch-hard triplets, a pre-batch state.", []),
        ("A stride–batch table, a loss—then.", ["stride", "batch", "loss"]),
        ("By Keras’ rule, and by Keras' rule.", ["Keras’ rule"]),
        # What is no prose
        ("`stride` and ``batch``:\n\n```python\nstride = 2  # stride\n```\n\n    batch = 3\n", []),
        ("# Stride\n\n## The batch\n\nText.", []),
        ("[a stride](https://example.org) and <https://example.org/stride>, ![a batch](stride.png)", []),
        ("$stride = batch$, and\n\n$$batch \\cdot stride$$\n", []),
        ("<details>stride</details>\n\n<b>stride</b>\n", ["stride"]),  # between inline tags stands prose
        ("<!-- stride -->\n\nA batch.", ["batch"]),
        # Tables: in the body, not in the head
        ("| stride | b |\n|---|---|\n| batch | the loss |\n", ["batch", "loss"]),
        # Lists, quotations, emphasis
        ("- a stride\n- **batch**, *loss*\n\n> logits\n", ["stride", "batch", "loss", "logits"]),
        # In the page's order also where emphasis divides a paragraph
        ("The **AP** before the stride and the *AP*.", ["AP", "stride"]),
    ],
)  # fmt: skip
def test_what_is_linked(text, links):
    assert linked(text) == links


def test_the_example_in_the_docstring():
    assert doctest.testmod(term_links) == (0, 4)


def test_the_lessons_own_glossary_is_left_alone():
    page = "# Lesson\n\n## Parts\n\nA stride.\n\n## Glossary\n\n- **batch**: pictures.\n\n"
    assert linked(page + "## Further reading\n\nOn the loss.\n") == ["stride", "loss"]


def test_outputs_are_left_alone():
    page = read("A batch.")
    output = nodes.container("", nodes.paragraph("", "stride"), classes=["cell", "docutils"])
    page += output
    words = term_links.Words([Term("stride", "", "05_first_cnn", (), "", ("stride",))])
    assert term_links.link_first_uses(page, "05_first_cnn", words, lambda term: "") == []


def test_a_word_is_what_it_means_in_the_lesson():
    """Lesson 00's kernel runs cells; from lesson 01 on it is a small array; lesson 02 loses pixels, not a bet."""
    known = [
        Term("kernel (of a notebook)", "", "00_start_here", (), "00", ("kernel",)),
        Term("kernel", "", "01_convolution", (), "01-", ("kernel",)),
        Term("loss", "", "00_start_here", (), "00 01 04-", ("loss",)),
        Term("fine-tuning", "", "10_transfer", (), "", ("fine-tuning",)),
        Term("fine-tuning (of a detector)", "", "18_detector", (), "18", ("fine-tuning",)),
    ]
    words = term_links.Words(known)

    def meant(lesson: str) -> list[str]:
        page = read("A kernel, a loss, fine-tuning.")
        return term_links.link_first_uses(page, lesson, words, lambda term: term.name)

    assert meant("00_start_here") == ["kernel (of a notebook)", "loss", "fine-tuning"]
    assert meant("02_padding") == ["kernel", "fine-tuning"]
    assert meant("18_detector") == ["kernel", "loss", "fine-tuning (of a detector)"]


def test_a_word_with_another_meaning_hides_the_shorter_term_in_it():
    """In lesson 12 a "batch normalisation" of lesson 05 is no batch, whether or not it is linked there itself."""
    known = [
        Term("batch", "", "00_start_here", (), "", ("batch",)),
        Term("batch normalisation", "", "05_first_cnn", (), "05", ("batch normalisation",)),
    ]
    page = read("Batch normalisation of a batch.")
    term_links.link_first_uses(page, "12_yolo", term_links.Words(known), lambda term: "")
    [link] = page.findall(nodes.reference)
    assert link.astext() == "batch"


def test_the_built_lessons_link_to_what_is_there(site):
    """Each link leads to an anchor of the glossary, and each term is linked once."""
    glossary = (site / "glossary.html").read_text(encoding="utf-8")
    anchors = set(re.findall(r'<dt id="([^"]+)"', glossary))
    for page in sorted((site / "lessons").glob("[0-9]*.html")):
        html = page.read_text(encoding="utf-8")
        if 'id="glossary"' not in html:
            continue  # left out of this build
        links = re.findall(r'<a class="cnnlab-term[^"]*" href="\.\./glossary\.html#([^"]+)"', html)
        assert len(links) >= 10, page.name
        assert len(set(links)) == len(links), page.name
        assert set(links) <= anchors, page.name
