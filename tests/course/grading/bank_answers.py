"""Every answer that the tests know to an exercise, by a name that another process finds it under too."""

from __future__ import annotations

import ast
import functools
import importlib
import random
from pathlib import Path

from exercise_bank import EXERCISES, NONSENSE, answer_from, bank
from mutants import Mutant, mutants

from cnnlab.checks.exercise import Exercise

TESTS = Path(__file__).parents[2]
GROUPS = ("solution", "right", "bank", "nonsense", "keras", "mutant")


def exercise_of(name: str) -> tuple[str, Exercise]:
    """The lesson and the exercise of a name such as ``lesson05-wire``."""
    (exercise,) = (param.values[0] for param in EXERCISES if param.id == name)
    return name.partition("-")[0], exercise


@functools.cache
def answers_to(name: str, group: str) -> list:
    """The answers of a group, as text or as they are."""
    lesson, exercise = exercise_of(name)
    if group == "solution":
        return [exercise.solution_source]
    if group == "right":
        return [*importlib.import_module(f"answers.{lesson}").RIGHT[exercise.name]]
    if group == "bank":
        return [mistake.answer for mistake in bank(exercise)]
    if group in ("nonsense", "keras"):
        values = NONSENSE if group == "nonsense" else _of_keras()
        return [answer for value in values for answer in (value, lambda *args, given=value, **kwargs: given)]
    source = exercise.solution_source
    texts = [] if "while " in source else [ast.unparse(ast.fix_missing_locations(m.tree)) for m in mutants(source)]
    # A mutated loop may have no end; and which entry of a set comes first differs from process to process.
    return [text for text in texts if not ("_frozen(" in text and "set(" in text)]


@functools.cache
def _of_keras() -> tuple:
    """What Keras makes, for exercises that ask for something else."""
    import keras

    half, layer = keras.ops.cast([0.5, 2], "bfloat16"), keras.layers.Dense(3)
    model = keras.Sequential([keras.Input((4,)), layer])
    others = keras.losses.Huber(), keras.optimizers.SGD(0.1), keras.metrics.Mean(), keras.layers.Dense, keras
    return half, half > 1, keras.Variable([[1.0, 2]]), keras.Variable(2.0), keras.Input((3,)), layer, model, *others


def answer(name: str, group: str, place: int) -> object:
    """One of them as the check takes it; a mutant may raise."""
    random.seed(0)  # Keras draws the seeds of its layers from here
    _, exercise = exercise_of(name)
    value = answers_to(name, group)[place]
    if group == "mutant":
        return Mutant("", ast.parse(value)).answer(exercise.answer_name)
    is_source = isinstance(value, str) and (group in ("solution", "bank") or "\n" in value)
    return answer_from(value, exercise) if is_source else value
