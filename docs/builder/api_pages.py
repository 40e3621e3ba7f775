"""The reference: one page for each public module and each explorer, written for Sphinx's autodoc to fill."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from api_names import SECTIONS, Page, lessons_checks, pages

import cnnlab
from cnnlab.course.lesson_checks import exercises_of

if TYPE_CHECKING:
    from cnnlab.explore.base.controls import Control

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


def write(source: Path) -> None:
    """Write ``api/`` into the folder `source` that Sphinx reads."""
    folder = source / "api"
    folder.mkdir(exist_ok=True)
    for page in pages().values():
        (folder / f"{page.name}.rst").write_text(_module_page(page, source), encoding="utf-8")
    for name in cnnlab.explore.__all__:
        (folder / f"cnnlab.explore.{name}.rst").write_text(_explorer_page(name, source), encoding="utf-8")
    (folder / "index.rst").write_text(_index(), encoding="utf-8")


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
