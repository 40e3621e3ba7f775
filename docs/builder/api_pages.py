"""The reference: one page for each public module and each explorer, written for Sphinx's autodoc to fill.

What is public is read from the sources: ``__all__`` where a module has one, else what it defines and what it imports
``as`` itself. An object that another page of the reference defines is listed and linked, not described twice.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import cnnlab
from cnnlab.course.lesson_checks import exercises_of

if TYPE_CHECKING:
    from cnnlab.explore.base.controls import Control

SECTIONS = {  # title → modules, in the order one picture travels; with their rooms where the face of cnnlab lacks them
    "The arithmetic": "shapes conv conv_grad pooling kernels boxes",
    "Pictures and data": "datasets scenes practice upload data.faces",
    "Networks": "zoo zoo.lenet zoo.alexnet zoo.vgg zoo.squeezenet zoo.inception zoo.resnet zoo.senet ledger",
    "Training": "training augment transfer calibration delivery",
    "What a network sees": "activations seeing.gradients",
    "Detection": "detections nms metrics detection.confusion anchors yolo tiny_yolo yolo_training letterbox overlay "
    "darknet darknet.cfg darknet.plan darknet.keras_model darknet.heads darknet.weights "
    "detection.bundle detection.bundle_card detection.practice_boxes",
    "Faces, styles, masks, captions": "verification tasks.verification_training tasks.triplets style segmentation "
    "tasks.segmentation_training tasks.mask_plot captioning tasks.captioning_training tasks.search",
    "To look at": "plot explore",
    "The course": "checks checks.exercise doctor progress course.startup course.detect_command",
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
_EXERCISE = "cnnlab.checks.exercise.Exercise"
_LONGEST = 160  # characters of a constant's value that are worth reading
_FRONT = [
    "What the lessons import, module by module. Each function says what it takes, with shapes and units, what it gives",
    "back and what it refuses, and shows an example that the tests run. The lessons that use it are named below it.",
    "",
    "A module is imported with ``from cnnlab import shapes``, its functions are called as",
    "``shapes.output_size(7, 3)``. The examples leave out the module's name, and have NumPy as ``np``.",
]
_EXERCISES = [
    "Each is a `cnnlab.checks.exercise.Exercise`. Called with an answer, ``check.output_size(output_size)``, it says",
    "whether the answer is right, and if not, why. ``check.output_size.hint()`` and ``check.output_size.solution()``",
    "help.",
]


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


@lru_cache(maxsize=1)
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
    names |= {f"{lesson.__name__}.{name}": _EXERCISE for lesson in lessons_checks() for name in exercises_of(lesson)}
    return {real: public for real, public in names.items() if real != public}


def lessons_checks() -> list[ModuleType]:
    """Return the modules of the lessons' exercises."""
    names = sorted(
        name for _, name, _ in pkgutil.iter_modules(cnnlab.checks.__path__) if re.fullmatch(r"lesson\d\d", name)
    )
    return [importlib.import_module(f"cnnlab.checks.{name}") for name in names]


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
    """Return a module's public names in the order of a reader, errors last.

    A module that defines them all has them in order. Of others come first what the docstring names, then functions.
    """
    tree = ast.parse(inspect.getsource(module))
    names = [name for node in tree.body for name in _defined(node)]
    names += [
        alias.asname
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    ]
    passed_on = set(getattr(module, "__all__", names)) - {name for node in tree.body for name in _defined(node)}
    chosen = getattr(module, "__all__", None)
    names = list(dict.fromkeys(name for name in [*names, *(chosen or ())] if not name.startswith("_")))
    if chosen is not None:
        names = [name for name in names if name in chosen]
    said = inspect.cleandoc(module.__doc__ or "")

    def place(name: str) -> tuple[bool, int, bool]:
        kind = inspect.isclass(getattr(module, name))
        fails = kind and issubclass(getattr(module, name), Exception)
        mentioned = said.find(f"`{name}`") if passed_on else 0
        return fails, mentioned if mentioned >= 0 else len(said), kind and bool(passed_on)

    return sorted(names, key=place)


def _defined(node: ast.stmt) -> Iterator[str]:
    """Yield the functions, classes and constants that a statement of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    for target in targets:
        for name in target.elts if isinstance(target, ast.Tuple) else [target]:
            if isinstance(name, ast.Name) and name.id.isupper():
                yield name.id


def _constant(module: ModuleType, name: str) -> tuple[str, str]:
    """A constant's value, where it is short enough to read, and the comment beside its definition."""
    value = repr(getattr(module, name))
    comment = re.search(rf"^{name}\b[^\n]*?= [^\n]*?  # (.+)$", inspect.getsource(module), re.MULTILINE)
    return (value if len(value) <= _LONGEST and " at 0x" not in value else "", comment[1] if comment else "")


def _module_page(page: Page, source: Path) -> str:
    lines = [*_title(page.name), f".. py:module:: {page.name}", ""]
    said = inspect.cleandoc(page.module.__doc__ or "")
    lines += [said, ""]
    if page.name == "cnnlab.checks":
        return "\n".join([*lines, *_exercises(source), *_toctree(["cnnlab.checks.exercise"])])
    lines += [f".. lessons-using:: {page.name}", ""]
    room, _, name = page.name.rpartition(".")
    if page.defined and f"import {name}" not in said and page.name != "cnnlab.explore":
        lines += [".. code-block:: python", "", f"   from {room} import {name}", ""]
    below = [name for name in pages() if name.startswith(f"{page.name}.")]
    lines += _contents(page, below)
    if page.name == "cnnlab.explore":
        return "\n".join([*lines, *_toctree(f"cnnlab.explore.{name}" for name in page.defined)])
    for name in page.defined:
        kind = ["autoclass", ":members:"] if inspect.isclass(getattr(page.module, name)) else ["autofunction", ""]
        lines += [f".. {kind[0]}:: {page.name}.{name}", f"   {kind[1]}".rstrip(), ""]
    lines += [".. rubric:: Constants", ""] * bool(page.constants)
    for name, (value, says) in page.constants.items():
        lines += [f".. py:data:: {name}", "   :no-contents-entry:", *[f"   :value: {value}"] * bool(value), ""]
        lines += [f"   {says}", ""]
    return "\n".join([*lines, *_toctree(below)])


def _contents(page: Page, below: list[str]) -> list[str]:
    """A table of what a page describes, in a line each."""
    there = {name: f"{page.name}.{name}" for name in page.defined} | page.elsewhere
    rows = {name: (full, getattr(page.module, name)) for name, full in there.items()}
    rows |= {name: (name, pages()[name].module) for name in below if name not in there.values()}
    if len(rows) < 2:
        return []
    return _table((f":py:obj:`{name} <{full}>`", summary(thing)) for name, (full, thing) in rows.items())


def _exercises(source: Path) -> list[str]:
    """A table of the lessons with the names of their exercises."""
    titles = {file.name[:2]: f":doc:`/lessons/{file.stem}`" for file in (source / "lessons").glob("[0-9][0-9]_*.ipynb")}
    rows = []
    for lesson in lessons_checks():
        number = lesson.__name__[-2:]
        rows.append((titles.get(number, number), ", ".join(f"``{name}``" for name in exercises_of(lesson))))
    return [*_EXERCISES, "", *_table(rows)]


def _table(rows: Iterable[tuple[str, str]]) -> list[str]:
    lines = [".. list-table::", "   :class: api-contents", "   :widths: auto", ""]
    for name, says in rows:
        lines += [f"   * - {name}", f"     - {says}"]
    return [*lines, ""]


def summary(thing: object) -> str:
    """Return what an object's docstring says first, in one line.

    >>> from cnnlab import boxes
    >>> summary(boxes.area)
    'Width times height of each box, in square pixels.'
    """
    said = inspect.cleandoc(thing.__doc__ or "").partition("\n\n")[0]
    return re.match(r".+?(?:\.(?= [A-Z])|$)", said.replace("\n", " "))[0]


def _explorer_page(name: str, source: Path) -> str:
    kind = getattr(cnnlab.explore, name)
    lines = [*_title(name), ".. py:currentmodule:: cnnlab.explore", ""]
    if (source / "explorers" / f"{name}.md").is_file():
        lines += [f":doc:`Move it in the browser </explorers/{name}>`, without a kernel.", ""]
    lines += [f".. autoclass:: cnnlab.explore.{name}", "   :members:"]
    if name != "Explorer":
        same = [member for member in vars(cnnlab.explore.Explorer) if not member.startswith("_")]
        lines += [f"   :exclude-members: {', '.join(same)}", ""]
        lines += _controls(kind)
        lines += ["`set`, `state`, `figure`, `describe` and the rest are those of every `Explorer`.", ""]
    return "\n".join([*lines, ""])


def _controls(kind: type) -> list[str]:
    """A table of the controls that an explorer declares, and of what each can take where that is always the same."""
    from cnnlab.explore.base.controls import Control

    declared = {
        name: control
        for parent in reversed(kind.__mro__)
        for name, control in vars(parent).items()
        if isinstance(control, Control) and name != "guess"
    }
    if not declared:
        return []
    lines = [".. rubric:: Controls", "", "What ``set()`` takes by name, and ``state()`` returns.", ""]
    return lines + _table((f"``{name}``", takes(control)) for name, control in declared.items())


def takes(control: Control) -> str:
    """Say what a control takes, as far as its class knows.

    >>> from cnnlab.explore import ShapeExplorer
    >>> takes(ShapeExplorer.strides), takes(ShapeExplorer.padding), takes(ShapeExplorer.pads)
    ('a number, 1 to 4', "one of ``'valid'``, ``'same'``, ``'explicit'``", 'text')
    """
    traits, kind = control.traits, control.kind.__name__
    if kind == "Button":
        return "a button: ``press()`` presses it"
    if kind == "Checkbox":
        return "``True`` or ``False``"
    if "options" in traits:
        if callable(traits["options"]):
            return "one of what there is to choose at the time"
        values = [option[1] if isinstance(option, tuple) else option for option in traits["options"]]
        return "one of " + ", ".join(f"``{value!r}``" for value in values)
    if "max" in traits:
        low, high = (traits[end] for end in ("min", "max"))
        return f"a number, {low} to {high}" if not callable(low) and not callable(high) else "a number"
    return "text"


def _index() -> str:
    lines = [*_title("Reference"), *_FRONT, ""]
    known = pages()
    for title, names in SECTIONS.items():
        top = [f"cnnlab.{name}" for name in names.split() if f"cnnlab.{name}".rpartition(".")[0] not in known]
        lines += [".. toctree::", f"   :caption: {title}", "   :hidden:", ""]
        lines += [*(f"   {name.removeprefix('cnnlab.')} <{name}>" for name in top), "", title, "-" * len(title), ""]
        lines += _table((f":py:mod:`{name}`", summary(known[name].module)) for name in top)
    return "\n".join(lines)


def _toctree(names: Iterable[str]) -> list[str]:
    entries = [f"   {name.rpartition('.')[2]} <{name}>" for name in names]
    return [".. toctree::", "   :hidden:", "", *entries, ""] if entries else []


def _title(text: str) -> list[str]:
    return [text, "=" * len(text), ""]
