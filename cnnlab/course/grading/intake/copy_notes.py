"""What a teacher should know of a learner's notebook beside the answers in it."""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from cnnlab.course.copy.merge import exercise_of
from cnnlab.course.copy.workbook import as_copy, version
from cnnlab.course.grading.intake.cell_names import bound, read
from cnnlab.course.grading.intake.copy_reader import CopyReader, Notebook, calls, numbered
from cnnlab.course.grading.intake.keys import readable

_MOST = 5  # notes of one kind on one exercise
_CHECK_SET = re.compile(r"^\s*(?:check(?:\.\w+)*\s*=[^=]|setattr\(\s*check\b)", re.MULTILINE)


def on_names(
    reader: CopyReader, answers: Mapping[str, str | None], along: Mapping[str, Iterable[str]]
) -> Iterable[str]:
    """Say which names an answer reads that only cells define which are not taken, and that do not come `along`."""
    course = tuple(cell["source"] for cell in reader.course["cells"] if cell["cell_type"] == "code")
    known = _defined(course).union(*(bound(text) or () for text in answers.values() if text))
    answered = set().union(*reader.places.values())
    defined: dict[str, list[int]] = {}
    for n in reader.searched:
        if n not in answered:
            for name in reader.bound(n) or ():
                defined.setdefault(name, []).append(n)
    for exercise, answer in answers.items():
        came = frozenset().union(*(bound(text) or () for text in along.get(exercise, ())))
        for name in sorted((read(answer or "") or frozenset()) & defined.keys() - known - came)[:_MOST]:
            cells = numbered(defined[name])
            where = f"cell {cells} alone defines" if len(defined[name]) == 1 else f"cells {cells} alone define"
            yield f"the answer to {exercise} reads `{name[:60]}`, which {where}, and that is not one of the course's"


def on_checks(reader: CopyReader) -> Iterable[str]:
    """Say which checks were deleted or changed, and where `check` itself was."""
    older = another_version(reader.notebook, reader.course)  # its checks may have read so then
    for name in reader.stubs:
        called = calls(name)
        course = [cell["source"].strip() for cell in reader.course["cells"] if called.search(cell["source"])]
        there = reader.checks(name)
        if course and not there:
            yield f"the check of {name} was deleted"
        elif course and not older and not any(text in reader.code[n] for text in course for n in there):
            line = next(line for line in reader.code[there[-1]].split("\n") if called.search(line))
            yield f"the check of {name} was changed, in cell {there[-1] + 1}: {readable(line[:200])}"
    if patched := [n for n in reader.own if _CHECK_SET.search(reader.code[n])]:
        yield f"cell {numbered(patched)} gives `check` another meaning"


def on_version(reader: CopyReader) -> Iterable[str]:
    """Say what there is to say of a copy that another version of the course has laid out."""
    if another_version(reader.notebook, reader.course):
        yield "made of another version of this lesson than the course has now"
    strange = {name for n in reader.code if (name := exercise_of(reader.mine[n]))} - reader.stubs.keys()
    for name in sorted(strange)[:_MOST]:
        yield f"it has an exercise {readable(name[:60])!r}, which the course has not: that was not judged"


def another_version(notebook: Notebook, course: Notebook) -> bool:
    """Whether a notebook says that it was made of another version of the lesson than this one."""
    mark, ours = notebook["metadata"].get("cnnlab"), course["metadata"].get("cnnlab")
    if not isinstance(mark, dict):
        return False
    if isinstance(mark.get("base"), str):
        cells = [{key: value for key, value in cell.items() if key != "outputs"} for cell in course["cells"]]
        return mark["base"] != _version_of_copies(json.dumps(cells))
    present = ours.get("lesson") if isinstance(ours, dict) else None
    return bool(present) and isinstance(mark.get("lesson"), str) and mark["lesson"] != present


# Of the course, and so the same for every copy of a class:


@lru_cache(maxsize=100)
def _defined(cells: tuple[str, ...]) -> frozenset[str]:
    return frozenset(dir(builtins)).union(*(bound(source) or () for source in cells))


@lru_cache(maxsize=100)
def _version_of_copies(cells: str) -> str:
    return version(as_copy({"cells": json.loads(cells), "metadata": {}}))
