"""Every exercise judged across two processes says what it says when it is called: the same status, the same words.

A sample by default; with CNNLAB_SLOW=1 every answer that the tests know, and every mutant of every solution.
"""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

import pytest
from bank_answers import GROUPS, TESTS, answer, answers_to, exercise_of
from exercise_bank import EXERCISES

from cnnlab.course.grading.confined import confine
from cnnlab.course.grading.judging import lent
from cnnlab.course.grading.judging.judge import Answerer
from cnnlab.course.startup import load_keras

SAMPLE = dict(zip(GROUPS, (1, 1, 2, 1, 1, 1), strict=True))
LONG = {"lesson05-wire", "lesson05-mended", "lesson10-freeze_backbone", "lesson10-fine_tune", "lesson14-siamese",
        "lesson16-flip_pair"}  # fmt: skip
FOLDERS = [str(TESTS), str(Path(__file__).parent)]
NAMES = [param.id for param in EXERCISES]


@pytest.fixture(scope="module")
def answerer(tmp_path_factory):
    load_keras()
    lent.lend_objects_of("cnnlab.checks.lesson17")
    limits = confine.Limits(seconds=120)
    with Answerer(tmp_path_factory.mktemp("answers"), limits, keras=True, readable=(TESTS,)) as answerer:
        yield answerer


# What each process counts for itself: addresses in memory, and the numbers in names that Keras makes up.
OWN = re.compile(r"0x[0-9a-f]+|(?<=[a-z])_\d+")


def _chosen(name: str) -> list[tuple[str, int]]:
    """Group and place of the answers that are tried; different ones for each exercise, so that all forms come up."""
    if os.environ.get("CNNLAB_SLOW"):
        return [(group, place) for group in GROUPS for place in range(len(answers_to(name, group)))]
    start, chosen = NAMES.index(name), []
    for group, count in SAMPLE.items():
        there = 0 if name in LONG and group not in GROUPS[:3] else len(answers_to(name, group))
        chosen += [(group, (start + k * max(there // count, 1)) % there) for k in range(min(count, there))]
    return chosen


def _directly(name: str, group: str, place: int) -> str:
    """What the check says of an answer that is called here; empty where its source raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in a notebook
        try:
            given = answer(name, group, place)
        except Exception:  # noqa: BLE001  a mutant
            return ""
        return OWN.sub("…", str(exercise_of(name)[1](given)))


def _across(answerer: Answerer, name: str, group: str, place: int) -> str:
    source = f"import sys\nsys.path[:0] = {FOLDERS}\nfrom bank_answers import answer\nit = answer{name, group, place}"
    answerer.begin()
    answerer.fresh()
    if "raised" in answerer.run("answer", source):
        return ""
    (given,) = answerer.value("it")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return OWN.sub("…", str(exercise_of(name)[1](given)))


@pytest.mark.parametrize("name", NAMES)
def test_two_processes_say_the_same_as_one(answerer, name, record_property):
    chosen = _chosen(name)
    for group, place in chosen:
        assert _across(answerer, name, group, place) == _directly(name, group, place), (group, place)
    record_property("judged", len(chosen))


LIAR = """
import keras
import numpy as np

class my_model(keras.Model):
    def count_params(self):
        return 12_810
    def get_weights(self):
        return [np.zeros(shape) for shape in ((3, 3, 1, 16), (16,), (3, 3, 16, 32), (32,), (800, 10), (10,))]
    weights = property(get_weights)
    def set_weights(self, weights):
        pass
    def __call__(self, pictures, training=False):
        return np.full((len(pictures), 10), 0.1)
"""


def test_a_model_that_says_the_right_numbers_and_computes_others_is_wrong(answerer):
    answerer.begin()
    answerer.fresh()
    assert "raised" not in answerer.run("answer", LIAR)
    verdict = exercise_of("lesson05-wire")[1](answerer.value("my_model")[0])
    assert (verdict.status, verdict.message[:22]) == ("wrong", "The weights are right,")
