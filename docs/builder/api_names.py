"""What the reference describes: its modules, and the public names of each.

What is public is read from the sources: ``__all__`` where a module has one, else what it defines and what it imports
``as`` itself. An object that another page of the reference defines is listed and linked, not described twice.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import ModuleType

import cnnlab
from cnnlab.course.lesson_checks import exercises_of

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
_EXERCISE = "cnnlab.checks.exercise.Exercise"
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
