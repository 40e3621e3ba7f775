"""The reference: one page for each public module and each explorer, written for Sphinx's autodoc to fill.

What is public is read from the sources: ``__all__`` where a module has one, else what it defines and what it imports
``as`` itself. An object that another page of the reference defines is listed and linked, not described twice.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import cnnlab

SECTIONS = {  # title → modules, in the order one picture travels; with their rooms where the face of cnnlab lacks them
    "The arithmetic": "shapes conv conv_grad pooling kernels boxes",
    "Pictures and data": "datasets scenes practice upload data.faces",
    "Networks": "zoo ledger",
    "Training": "training augment transfer calibration delivery",
    "What a network sees": "activations seeing.gradients",
    "Detection": "detections nms metrics detection.confusion anchors yolo tiny_yolo yolo_training letterbox overlay "
    "darknet darknet.cfg darknet.plan darknet.keras_model darknet.heads darknet.weights "
    "detection.bundle detection.bundle_card detection.practice_boxes",
    "Faces, styles, masks, captions": "verification tasks.verification_training tasks.triplets style segmentation "
    "tasks.segmentation_training tasks.mask_plot captioning tasks.captioning_training tasks.search",
    "To look at": "plot explore",
    "The course": "checks doctor progress course.startup course.detect_command",
}
EXTENSIONS = ["numpydoc", "sphinx_codeautolink", "api_docstrings", "api_lessons"]
SETTINGS = {
    "add_module_names": False,
    "autodoc_inherit_docstrings": False,
    "autodoc_preserve_defaults": True,
    "numpydoc_show_class_members": False,
    "python_display_short_literal_types": True,
    "toc_object_entries_show_parents": "hide",
    "codeautolink_concat_default": True,
    "codeautolink_disable_link_titles": True,
}
_LONGEST = 160  # characters of a constant's value that are worth reading


@dataclass
class Page:
    """What stands on a module's page.

    Attributes
    ----------
    name : as it is imported, such as ``cnnlab.shapes``
    module : the module itself
    defined : names described here, classes and functions
    elsewhere : name → the full name under which another page describes it
    constants : name → (its value as it is written, what its comment says)
    """

    name: str
    module: ModuleType
    defined: list[str] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)
    constants: dict[str, tuple[str, str]] = field(default_factory=dict)


def write(source: Path) -> None:
    """Write ``api/`` into the folder `source` that Sphinx reads."""
    folder = source / "api"
    folder.mkdir(exist_ok=True)
    for page in pages().values():
        (folder / f"{page.name}.rst").write_text(_module_page(page, source), encoding="utf-8")
    for name in cnnlab.explore.__all__:
        (folder / f"cnnlab.explore.{name}.rst").write_text(_explorer_page(name, source), encoding="utf-8")
    (folder / "index.rst").write_text(_index(), encoding="utf-8")


@lru_cache(maxsize=1)
def pages() -> dict[str, Page]:
    """Return the pages of all modules by name."""
    found = {}
    for short in " ".join(SECTIONS.values()).split():
        found[f"cnnlab.{short}"] = Page(f"cnnlab.{short}", _module(short))
    homes = {page.module.__name__: name for name, page in found.items()}
    for page in found.values():
        _fill(page, homes)
    return found


def real_names() -> dict[str, str]:
    """Return the full name under which Python knows an object → the name under which the reference describes it."""
    names = {}
    for page in pages().values():
        rooms = {page.name, page.module.__name__}
        for name in page.defined:
            thing = getattr(page.module, name)
            here = f"{page.name}.{name}"
            places = {f"{room}.{name}" for room in rooms} | {f"{thing.__module__}.{thing.__qualname__}"}
            members = [member for member in dir(thing) if not member.startswith("_")] if inspect.isclass(thing) else []
            for place in places:
                names[place] = here
                names.update({f"{place}.{member}": f"{here}.{member}" for member in members})
        for room in rooms:
            names[room] = page.name
            names.update({f"{room}.{name}": there for name, there in page.elsewhere.items()})
            names.update({f"{room}.{name}": f"{page.name}.{name}" for name in page.constants})
    return {real: public for real, public in names.items() if real != public}


def _module(short: str) -> ModuleType:
    thing: object = cnnlab
    for part in short.split("."):
        try:
            thing = getattr(thing, part)
        except AttributeError:
            thing = importlib.import_module(f"{thing.__name__}.{part}")
    return thing


def _fill(page: Page, homes: dict[str, str]) -> None:
    for name in public_names(page.module):
        thing = getattr(page.module, name)
        if inspect.ismodule(thing):
            if there := homes.get(thing.__name__):
                page.elsewhere[name] = there
        elif name.isupper():
            page.constants[name] = _constant(page.module, name)
        elif (home := homes.get(thing.__module__, page.name)) != page.name:
            page.elsewhere[name] = f"{home}.{name}"
        else:
            page.defined.append(name)


def public_names(module: ModuleType) -> list[str]:
    """Return a module's public names: those it defines in their order, then those it passes on."""
    tree = _tree(module)
    here = [name for node in tree.body for name in _defines(node)]
    given = [
        alias.asname
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    ]
    chosen = getattr(module, "__all__", None)
    names = [name for name in dict.fromkeys(here + given) if not name.startswith("_")]
    if chosen is None:
        return names
    return [name for name in names if name in chosen] + [name for name in chosen if name not in names]


def _defines(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    for target in targets:
        if isinstance(target, ast.Name) and target.id.isupper():
            yield target.id


def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def _constant(module: ModuleType, name: str) -> tuple[str, str]:
    value = repr(getattr(module, name))
    return (value if len(value) <= _LONGEST and "<" not in value else ""), ""


def _module_page(page: Page, source: Path) -> str:
    below = [name for name in pages() if name.startswith(f"{page.name}.")]
    lines = [*_title(page.name), f".. py:module:: {page.name}", "", inspect.cleandoc(page.module.__doc__ or ""), ""]
    lines += [f".. py:currentmodule:: {page.name}", ""]
    for name in page.defined if page.name != "cnnlab.explore" else ():
        kind = "autoclass" if inspect.isclass(getattr(page.module, name)) else "autofunction"
        lines += [f".. {kind}:: {name}", *(["   :members:", ""] if kind == "autoclass" else [""])]
    for name, (value, says) in page.constants.items():
        lines += [f".. py:data:: {name}", *([f"   :value: {value}"] if value else []), "", f"   {says}", ""]
    if below or page.name == "cnnlab.explore":
        children = below or [f"cnnlab.explore.{name}" for name in page.defined]
        lines += [".. toctree::", "   :maxdepth: 1", "", *(f"   {name}" for name in children), ""]
    return "\n".join(lines)


def _explorer_page(name: str, source: Path) -> str:
    lines = [*_title(name), ".. py:currentmodule:: cnnlab.explore", "", f".. autoclass:: {name}", "   :members:", ""]
    return "\n".join(lines)


def _index() -> str:
    lines = [*_title("Reference")]
    known = pages()
    for title, names in SECTIONS.items():
        top = [f"cnnlab.{name}" for name in names.split()]
        top = [name for name in top if name.rpartition(".")[0] not in known]
        lines += [".. toctree::", f"   :caption: {title}", "   :maxdepth: 1", "", *(f"   {name}" for name in top), ""]
    return "\n".join(lines)


def _title(text: str) -> list[str]:
    return [text, "=" * len(text), ""]
