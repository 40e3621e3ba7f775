"""Bring a learner's notebook up to date from three lists of cells: as laid out, as the learner's, as the course's.

Whatever a learner has written is in the result. A cell is only replaced or dropped while it reads as it was laid out.
"""

from __future__ import annotations

import ast
import difflib
import re
import uuid
from typing import Any

Cell = dict[str, Any]

_SIMILAR = 0.6  # share of characters in common from which a cell is the other one, edited
_CHANGED = "**The course has changed this cell since you edited it.** Yours, above, is kept as it is."


def merge(base: list[Cell], mine: list[Cell], new: list[Cell]) -> list[Cell]:
    """Return `mine` with what the course has changed between `base` and `new`.

    Parameters
    ----------
    base : the cells as they were laid out
    mine : what the learner has made of them
    new : the cells as the course has them now

    Returns
    -------
    list of dict
        A cell that the learner left alone follows the course. A cell that the learner changed stays, and if the course
        changed it too, the new text stands below with a note. The learner's own cells keep their place behind the cell
        that they follow. A cell that the learner deleted stays away until the course changes it.

    Examples
    --------
    >>> def cells(*sources): return [{"cell_type": "code", "source": s, "metadata": {}} for s in sources]
    >>> merged = merge(cells("a = 1", "b = ..."), cells("a = 1", "my = 0", "b = 2"), cells("a = 1.0", "b = ..."))
    >>> [cell["source"] for cell in merged]
    ['a = 1.0', 'my = 0', 'b = 2']
    """
    mine_of, new_of = pairs(base, mine, by_id=True), pairs(base, new)  # position in base → position there
    stays = {n for n, at in mine_of.items() if n in new_of or _text(mine[at]) != _text(base[n])}
    stays |= {n for n, at in new_of.items() if n in mine_of or _text(new[at]) != _text(base[n])}
    my_keys, new_keys = _keys(mine_of, len(mine), "mine", stays), _keys(new_of, len(new), "new", stays)
    common = [n for kind, n in my_keys if kind == "base" and n in new_of]
    # Of two orders the one that was changed is meant; the learner's, where both were.
    order = _woven(new_keys, my_keys) if common == sorted(common) else _woven(my_keys, new_keys)

    taken = {cell.get("id") for cell in new}
    merged: list[Cell] = []
    for kind, n in order:
        if kind == "mine" or (kind == "base" and n not in new_of):
            merged.append(_own(mine[n if kind == "mine" else mine_of[n]], taken))
        elif kind == "new" or n not in mine_of:
            merged.append(new[n if kind == "new" else new_of[n]])
        else:
            merged += _one_of(base[n], mine[mine_of[n]], new[new_of[n]], taken)
    return _with_ids(merged)


def pairs(base: list[Cell], other: list[Cell], *, by_id: bool = False) -> dict[int, int]:
    """Return which cell of `other` is which of `base`: position in `base` → position in `other`.

    In this order: the same text; the same id, if `by_id`; the tag of an exercise; for a tool that drops ids and tags,
    the cell above an exercise's check, first one that defines the name which is checked; the only cell between two that
    are known; a text much alike.
    """
    found: dict[int, int] = {}

    def left() -> tuple[list[int], list[int]]:
        taken = set(found.values())
        return [n for n in range(len(base)) if n not in found], [n for n in range(len(other)) if n not in taken]

    def match(one: Any, another: Any) -> None:
        """Pair what is left by a key that both have, first in the same order, then anywhere."""
        ours, theirs = left()
        a, b = [one(base[n]) for n in ours], [another(other[n]) for n in theirs]
        for block in difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks():
            for step in range(block.size):
                if a[block.a + step] is not None:
                    found[ours[block.a + step]] = theirs[block.b + step]
        waiting: dict[Any, list[int]] = {}
        for n, key in zip(theirs, b, strict=True):
            if n not in found.values():
                waiting.setdefault(key, []).append(n)
        for n, key in zip(ours, a, strict=True):
            if n not in found and key is not None and waiting.get(key):
                found[n] = waiting[key].pop(0)

    def by(key: Any) -> None:
        match(key, key)

    if by_id:
        by(lambda cell: (cell["id"], _text(cell)) if "id" in cell else None)
    by(_text)
    if by_id:
        by(lambda cell: cell.get("id"))
    by(exercise_of)
    ours, _ = left()
    for n in ours:
        if (name := exercise_of(base[n])) and (at := _above_check(name, base[n], other, left()[1])) is not None:
            found[n] = at
    ours, theirs = left()
    for n in ours:  # the only one between two that are known
        at = found.get(n - 1, -1 if n == 0 else len(other)) + 1
        follows = found.get(n + 1, -1) if n + 1 < len(base) else len(other)
        if at in theirs and follows == at + 1 and base[n]["cell_type"] == other[at]["cell_type"]:
            found[n] = at
    ours, theirs = left()
    alike = sorted(
        ((ratio, n, at) for n in ours for at in theirs if (ratio := _likeness(base[n], other[at])) >= _SIMILAR),
        key=lambda row: (-row[0], *row[1:]),
    )
    for _, n, at in alike:
        if n not in found and at not in found.values():
            found[n] = at
    return found


def exercise_of(cell: Cell) -> str | None:
    """Return the name of the exercise whose answer the cell holds, by its tag.

    >>> exercise_of({"metadata": {"tags": ["exercise-output_size"]}})
    'output_size'
    """
    tags = cell["metadata"].get("tags", [])
    return next((tag.removeprefix("exercise-") for tag in tags if tag.startswith("exercise-")), None)


def _text(cell: Cell) -> tuple[str, str]:
    return cell["cell_type"], cell["source"].rstrip()


def _above_check(name: str, stub: Cell, cells: list[Cell], free: list[int]) -> int | None:
    """Return where the answer to an exercise stands, judged by what it defines and by the check below it."""
    sources = {n: cells[n]["source"] for n in free if cells[n]["cell_type"] == "code"}
    answers = "|".join(_defined(stub["source"])) or "(?!)"
    defining = [n for n in sources if re.search(rf"^(?:def |class )?(?:{answers})\b", sources[n], re.MULTILINE)]
    called = re.compile(rf"\bcheck\.{name}\(")
    checks = [n for n, cell in enumerate(cells) if cell["cell_type"] == "code" and called.search(cell["source"])]
    if defining:
        return next((n for check in checks for n in reversed(defining) if n <= check), defining[-1])
    return next((n - 1 for n in checks if n - 1 in sources and "check." not in sources[n - 1]), None)


def _defined(source: str) -> list[str]:
    names = []
    for statement in ast.parse(source).body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            names.append(statement.name)
        elif isinstance(statement, ast.Assign):
            names += [
                node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)
            ]
    return names


def _likeness(one: Cell, other: Cell) -> float:
    if one["cell_type"] != other["cell_type"]:
        return 0.0
    matcher = difflib.SequenceMatcher(None, one["source"], other["source"], autojunk=False)
    quick = min(matcher.real_quick_ratio(), matcher.quick_ratio())
    return matcher.ratio() if quick >= _SIMILAR else quick


_Key = tuple[str, int]


def _keys(of: dict[int, int], count: int, kind: str, stays: set[int]) -> list[_Key]:
    """Name the cells of one notebook, in its order: ("base", n) for those of the base, else (kind, position)."""
    base_of = {at: n for n, at in of.items()}
    keys = [("base", base_of[at]) if at in base_of else (kind, at) for at in range(count)]
    return [key for key in keys if key[0] != "base" or key[1] in stays]


def _woven(main: list[_Key], other: list[_Key]) -> list[_Key]:
    """Return `main` with what only `other` has, each behind the one that it follows there."""
    woven, known = list(main), set(main)
    for position, key in enumerate(other):
        if key not in known:
            woven.insert(woven.index(other[position - 1]) + 1 if position else 0, key)
    return woven


def _one_of(base: Cell, mine: Cell, new: Cell, taken: set[str | None]) -> list[Cell]:
    """Return what becomes of a cell that all three have."""
    tags = [tag for tag in mine["metadata"].get("tags", []) if tag not in base["metadata"].get("tags", [])]
    metadata = {**mine["metadata"], **new["metadata"], "tags": [*new["metadata"].get("tags", []), *tags]}
    if not metadata["tags"]:
        del metadata["tags"]
    if _text(mine) == _text(new):
        outputs = {key: mine[key] for key in ("outputs", "execution_count") if key in mine and not new.get("outputs")}
        return [{**new, **outputs, "metadata": metadata}]
    if _text(mine) == _text(base):
        return [{**new, "metadata": metadata}]
    kept = {**mine, "id": new.get("id"), "metadata": metadata}
    if _text(new) == _text(base):
        return [kept]
    if exercise_of(new) or "parameters" in metadata.get("tags", []):  # below the learner's, the new cell would undo it
        return [kept, _note(f"{_CHANGED} The new one reads:\n\n```python\n{new['source']}\n```")]
    return [_own(mine, taken), _note(f"{_CHANGED} The new one is below."), new]


def _note(text: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _own(cell: Cell, taken: set[str | None]) -> Cell:
    """Return a cell as the learner's, without an id that is the course's: ids there come from the position."""
    return {key: value for key, value in cell.items() if key != "id" or value not in taken}


def _with_ids(cells: list[Cell]) -> list[Cell]:
    used: set[str] = set()
    for position, cell in enumerate(cells):
        if not cell.get("id") or cell["id"] in used:
            cells[position] = cell = {**cell, "id": uuid.uuid4().hex[:8]}
        used.add(cell["id"])
    return cells
