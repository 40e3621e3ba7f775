"""The reference: docstrings as its pages show them, and what must have a page there."""

from __future__ import annotations

import ast
import doctest
from pathlib import Path
from types import SimpleNamespace

import api_docstrings
import api_lessons
import api_names
import api_pages
import built_pages
import pytest
from bs4 import BeautifulSoup
from docutils import nodes

import cnnlab
from cnnlab.arithmetic import boxes, shapes

COURSE = Path(__file__).resolve().parents[2]
MODULES = [f"cnnlab.{name}" for name in " ".join(api_names.SECTIONS.values()).split()]


def retold(text: str, types: dict[str, str]) -> str:
    return "\n".join(api_docstrings.retold(text.strip().split("\n"), types))


@pytest.fixture
def few_classes(monkeypatch):
    """The classes that types link to, without importing what defines them all."""
    known = {"Detections": "cnnlab.detections.Detections"}
    monkeypatch.setattr(api_docstrings, "_classes", lambda: known)


# --- docstrings --------------------------------------------------------------------------------------------------


def test_what_an_argument_is_moves_below_its_name_and_its_type_beside_it(few_classes):
    told = retold(
        """
Area of something.

Parameters
----------
n : input length,
    in pixels
padding
    ``"same"`` or a number

Raises
------
ValueError
    If it is 0.
""",
        {"n": "int", "padding": "str | int"},
    )
    assert told == (
        "Area of something.\n\nParameters\n----------\nn : ``int``\n    input length,\n    in pixels\n"
        'padding : ``str | int``\n    ``"same"`` or a number\n\nRaises\n------\nValueError\n    If it is 0.'
    )


def test_names_that_share_a_line_keep_their_own_types(few_classes):
    told = retold(
        "Parameters\n----------\nbias, strides, groups : as before",
        {"bias": "float", "strides": "int", "groups": "int"},
    )
    assert told.split("\n")[2] == "bias, strides, groups : ``float``, ``int``, ``int``"


def test_a_description_that_begins_with_the_type_is_not_told_it_twice(few_classes):
    told = retold("Attributes\n----------\nimages : ndarray of uint8, (N, H, W)", {"images": "ndarray"})
    assert told.split("\n")[2:] == ["images", "    ndarray of uint8, (N, H, W)"]


def test_answers_keep_numpydocs_form_and_sentences_become_whole(few_classes):
    told = retold(
        "Returns\n-------\nbest : (N,) int64\nthe list, and what\n    follows it\nndarray\n    Shape (N,).", {}
    )
    assert told.split("\n")[2:] == [
        "**best**",
        "    (N,) int64",
        "the list, and what follows it",
        "ndarray",
        "    Shape (N,).",
    ]


def test_a_docstring_without_lists_stays_as_it_is():
    text = "One line.\n\n>>> 1 + 1\n2"
    assert retold(text, {}) == text


@pytest.mark.parametrize("module", [api_docstrings, api_pages])
def test_the_builders_own_examples_run(module, few_classes):
    assert doctest.testmod(module).failed == 0


def test_a_type_links_to_the_class_that_the_reference_describes(few_classes):
    assert api_docstrings.linked("dict[str, Detections] | None") == (
        "``dict[str,`` :py:obj:`Detections <cnnlab.detections.Detections>`\\ ``] | None``"
    )
    assert api_docstrings.linked("int") == "``int``"


def test_a_name_is_found_as_its_own_module_says_it_and_none_is_found_on_a_page_without_a_module(
    few_classes, monkeypatch
):
    monkeypatch.setattr(api_names, "real_names", dict)
    there = SimpleNamespace(docname="api/cnnlab.tasks.search", node_id="here")
    env = SimpleNamespace(domains={"py": SimpleNamespace(objects={"cnnlab.tasks.search.beam": there})})
    app = SimpleNamespace(builder=SimpleNamespace(get_relative_uri=lambda page, other: f"{other}.html"))

    def found(said: str, module: str | None) -> object:
        node = {"refdomain": "py", "reftarget": said, "refdoc": "index", "py:module": module}
        return api_docstrings._find(app, env, node, nodes.literal(text=said))

    assert found("search.beam", "cnnlab.tasks.captioning_training")["refuri"] == "api/cnnlab.tasks.search.html#here"
    assert found("search.beam", None) is None


def test_an_argument_is_no_link_and_an_example_stays_as_it_runs(few_classes):
    lines = ["`boxes` and `area`.", "", ">>> check([1])", "ValueError: `boxes` must have shape (N, 4)"]
    api_docstrings._retell(None, "function", "check", boxes.check, None, lines)
    assert lines == ["``boxes`` and `area`.", "", ">>> check([1])", "ValueError: `boxes` must have shape (N, 4)"]


def test_the_types_of_a_class_are_those_of_its_fields_and_properties():
    types = api_docstrings.types_of(shapes.ReceptiveField)
    assert (types["size"], types["centre"]) == ("int", "float")


@pytest.mark.parametrize(
    ("signature", "short"),
    [
        (
            "(n: int, k: 'str | int' = 1, *rest: int, strict: bool = True, **more: object)",
            "(n, k=1, *rest, strict=True, **more)",
        ),
        ("()", "()"),
        ("(kind: type = <class 'int'>)", "(kind: type = <class 'int'>)"),
    ],
)
def test_a_signature_without_types(signature, short):
    assert api_docstrings.without_types(signature) == short


# --- what has a page ---------------------------------------------------------------------------------------------


def test_every_module_of_the_face_and_every_module_a_lesson_imports_has_a_page():
    assert len(MODULES) == len(set(MODULES))
    assert {f"cnnlab.{name}" for name in cnnlab.__all__} <= set(MODULES)
    face = ast.parse(Path(cnnlab.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    rooms = {f"cnnlab.{node.module}.{alias.name}" for node in face.body if node.module for alias in node.names}
    known = rooms | set(MODULES)
    missing = set()
    for lesson in sorted((COURSE / "lessons").glob("*.py")):
        for node in ast.walk(ast.parse(lesson.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("cnnlab") and node.module != "cnnlab.checks":
                named = {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
                if not named & known:
                    missing.add(f"{lesson.name}: {node.module}")
    assert not missing


def test_public_names_are_those_a_module_defines_or_passes_on_and_errors_come_last():
    assert api_names.public_names(shapes)[:3] == ["dilated_size", "same_padding", "output_size"]
    assert {"explicit_padding", "resolve_padding"} <= set(api_names.public_names(shapes))  # `import … as` itself
    assert "check_int" not in api_names.public_names(shapes)
    from cnnlab.detection.darknet import cfg

    assert api_names.public_names(cfg)[-1] == "DarknetError"


def test_a_constant_has_its_value_and_its_comment():
    value, says = api_names._constant(boxes, "LARGEST")
    assert (value, says) == ("1e+150", "beyond it an area or a squared distance would overflow")


def test_code_is_taken_out_of_a_page_and_put_back_where_it_was():
    page = (
        '<p>a</p><div class="highlight-ipython3 notranslate"><div class="highlight"><pre>{}</pre></div>\n</div><svg/>'
    )
    blocks = api_lessons._BLOCK.findall(page.format(1) + page.format(2))
    assert [block.split("<pre>")[1][0] for block in blocks] == ["1", "2"]
    app = type("App", (), {"env": type("Env", (), {"sphinx_codeautolink_transforms": {"lessons/02": []}})})
    context = {"body": page.format(1) + page.format(2)}
    api_lessons._take_out_code(app, "lessons/02", "", context, None)
    assert "<p>" not in context["body"]
    context["body"] = context["body"].replace("<pre>", "<pre>x")
    api_lessons._put_code_back(app, "lessons/02", "", context, None)
    assert context == {"body": page.format("x1") + page.format("x2")}


# --- the built site ----------------------------------------------------------------------------------------------


def soup(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def test_each_module_and_explorer_has_its_page_and_none_is_heavy(site):
    wanted = {*MODULES, *(f"cnnlab.explore.{name}" for name in cnnlab.explore.__all__), "index"}
    pages = {page.stem: page for page in (site / "api").glob("*.html")}
    assert pages.keys() == wanted
    assert max(page.stat().st_size for page in pages.values()) <= 1_000_000


def test_a_function_says_what_it_takes_gives_refuses_shows_and_which_lessons_use_it(site):
    page = soup(site / "api" / "cnnlab.shapes.html")
    text = page.find(id="cnnlab.shapes.output_size").parent.get_text(" ", strip=True)
    parts = [
        "output_size (",
        "Parameters",
        "input length in pixels",
        "Raises",
        "Examples",
        "Used in",
        "02 · Padding and stride",
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_a_lessons_code_leads_to_the_function_and_back(site):
    lesson = site / "lessons" / "02_padding_and_stride.html"
    assert "../api/cnnlab.shapes.html#cnnlab.shapes.output_size" in built_pages.read(lesson).linked
    back = soup(site / "api" / "cnnlab.shapes.html").select("#module-cnnlab\\.shapes .lessons-using a")
    assert any(link["href"].startswith("../lessons/02_padding_and_stride.html#") for link in back)
