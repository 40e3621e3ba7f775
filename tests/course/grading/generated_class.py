"""A class made from the bank of answers: what each of its notebooks holds is known, and so is every verdict.

Right answers are the solutions and those of ``tests/answers``; wrong ones are the misreadings and mistakes that the
checks declare. A value is written down as such. A misreading that is a function is handed in as an import of that
function, so what is judged is exactly what the bank holds, whichever names it rests on.
"""

from __future__ import annotations

import ast
import copy
import functools
import importlib
import json
import random
import re
import textwrap
from collections import Counter
from dataclasses import dataclass, field

from lesson_files import ROOT, exercises
from platform_trees import Person, tree_path

from cnnlab.checks.exercise import Exercise
from cnnlab.course.copy.merge import exercise_of

FIRST = ("Ada", "Bo", "민서", "Zoë", "Mary-Jane", "José", "Élodie", "Łukasz", "Ines", "Nils", "Jun'ichi", "Omar")
LAST = ("Berg", "Kim", "O'Brien", "Ångström", "de la Cruz")
_HEAVY = re.compile(r"keras|scipy|skimage|tensorflow|torch")
SHARES = {"right": 45, "misread": 35, "mistaken": 5, "raised": 5, "not attempted": 5, "missing": 5}


@dataclass(frozen=True)
class Known:
    """What stands in a cell, and what is known of it.

    Attributes
    ----------
    source : the cell's text; None where the cell is deleted
    status : the judgement's
    says : words of the check's message
    misconception : the check's words for a misreading; empty where it is none, or its words depend on the answer
    """

    source: str | None
    status: str
    says: str = ""
    misconception: str = ""


@dataclass
class Made:
    """Notebooks handed in, and what is known of them.

    Attributes
    ----------
    submissions : (who, lesson's name, bytes of the notebook), as `platform_trees.write_tree` takes them
    known : (who, lesson's name) → exercise → what stands there
    """

    people: list[Person]
    submissions: list[tuple[Person, str, bytes]] = field(default_factory=list)
    known: dict[tuple[Person, str], dict[str, Known]] = field(default_factory=dict)

    def by_file(self, platform: str) -> dict[str, dict[str, Known]]:
        """What is known by the file that `platform` makes of it."""
        return {tree_path(platform, *key): known for key, known in self.known.items()}

    def counts(self) -> Counter[tuple[str, str, str]]:
        """How many share each misconception: (lesson, exercise, words) → learners."""
        return Counter(
            (lesson, name, one.misconception)
            for (_, lesson), known in self.known.items()
            for name, one in known.items()
            if one.misconception
        )


@functools.cache
def course_notebook(lesson: str) -> dict:
    """The course's notebook of a lesson as JSON, without outputs."""
    notebook = json.loads((ROOT / "notebooks" / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell["outputs"] = []
    return notebook


def make(lessons: tuple[str, ...], people: list[Person], seed: int = 0, heavy: bool = True) -> Made:
    """Make the notebooks of a class; one in twelve has not handed in a lesson.

    Parameters
    ----------
    lessons : names
    people : the class
    seed : of who answers what
    heavy : whether answers may import a framework, which takes seconds
    """
    chance = random.Random(seed)
    made = Made(people)
    decks = {
        (lesson, name): _deck(lesson, name, len(people), chance, heavy)
        for lesson in lessons
        for name in exercises_in(lesson)
    }
    for n, who in enumerate(made.people):
        for lesson in lessons:
            if (n + int(lesson[:2])) % 12 == 11:
                continue
            known = {name: decks[lesson, name][n] for name in exercises_in(lesson)}
            made.known[who, lesson] = known
            made.submissions.append((who, lesson, notebook(lesson, {name: one.source for name, one in known.items()})))
    return made


def people(size: int) -> list[Person]:
    """Return people who all have names of their own."""
    return [Person(FIRST[n % len(FIRST)], LAST[n // len(FIRST) % len(LAST)], 101 + n) for n in range(size)]


def exercises_in(lesson: str) -> list[str]:
    """The exercises of a lesson in the order in which they stand in it."""
    return [name for cell in course_notebook(lesson)["cells"] if (name := exercise_of(cell))]


def notebook(lesson: str, answers: dict[str, str | None]) -> bytes:
    """The course's notebook with these answers; where one is None, without its cell."""
    made = copy.deepcopy(course_notebook(lesson))
    cells = []
    for cell in made["cells"]:
        source = answers.get(exercise_of(cell) or "", cell["source"])
        if source is not None:
            cells.append({**cell, "source": source})
    return json.dumps({**made, "cells": cells}).encode()


def _deck(lesson: str, name: str, size: int, chance: random.Random, heavy: bool) -> list[Known]:
    """What each of `size` people answers to an exercise. Few misreadings, so that some are shared by many."""
    pool = answers(lesson, name)
    if not heavy:
        pool = {kind: [one for one in given if not _HEAVY.search(one.source or "")] for kind, given in pool.items()}
    kinds = [kind for kind in SHARES if pool[kind]]
    common = {kind: chance.sample(pool[kind], min(3, len(pool[kind]))) for kind in kinds}
    drawn = chance.choices(kinds, [SHARES[kind] for kind in kinds], k=size)
    return [chance.choice(common[kind]) for kind in drawn]


@functools.cache
def answers(lesson: str, name: str) -> dict[str, list[Known]]:
    """All that can be handed in for an exercise, by kind."""
    exercise = exercises(lesson)[name]
    module = f"lesson{lesson[:2]}"
    others = importlib.import_module(f"answers.{module}").RIGHT[name]
    right = [exercise.solution_source, *filter(None, (_source(exercise, other) for other in others))]
    stub = next(cell["source"] for cell in course_notebook(lesson)["cells"] if exercise_of(cell) == name)
    misread = []
    for n, one in enumerate(getattr(exercise.diagnose, "misreadings", ())):
        if isinstance(one.says, str):
            where = f"{name}.diagnose.misreadings[{n}].how"
            source = _source(exercise, one.how) or _imported(exercise, module, where)
            misread.append(Known(source, "wrong", one.says, one.says))
    mistaken = []
    for n, one in enumerate(exercise.mistakes):
        source = _source(exercise, one.answer) or _imported(exercise, module, f"{name}.mistakes[{n}].answer")
        mistaken.append(Known(source, "wrong", one.says))
    return {
        "right": [Known(source, "correct") for source in right],
        "misread": misread,
        "mistaken": mistaken,
        "raised": [Known(f"{exercise.answer_name} = not_defined_anywhere", "raised", "not_defined_anywhere")],
        "not attempted": [Known(stub, "not attempted")],
        "missing": [Known(None, "missing")],
    }


def _source(exercise: Exercise, answer: object) -> str | None:
    """An answer as text: its own if it is a text of several lines, a literal, or None."""
    if isinstance(answer, str) and "\n" in answer:
        return textwrap.dedent(answer).strip()
    try:
        same = ast.literal_eval(repr(answer)) == answer
    except (ValueError, SyntaxError):
        return None
    return f"{exercise.answer_name} = {answer!r}" if same is True else None


def _imported(exercise: Exercise, module: str, where: str) -> str:
    return f"from cnnlab.checks import {module} as bank\n\n{exercise.answer_name} = bank.{where}"
