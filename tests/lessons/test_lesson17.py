"""Lesson 17: the numbers that it states, and its short answers against the library."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from cnnlab import datasets, delivery, practice, transfer
from cnnlab.checks import lesson17 as check


def solution(exercise):
    """The function that solves `exercise`."""
    namespace = {"np": np}
    exec(exercise.solution_source, namespace)
    return namespace[exercise.answer_name]


@pytest.fixture(scope="module")
def smears(tmp_path_factory):
    archive = practice.cells_zip(tmp_path_factory.mktemp("cells") / "cells.zip", seed=0)
    found = datasets.image_folder(archive, 32, validation=0.25, seed=0)
    return found, np.array([file.split("/")[1].split("_")[0] for file in found.files])


def nearest(found, held_out):
    """For each held-out picture the row of the most similar one of the others."""
    pixels = found.images.reshape(len(found), -1).astype(float)
    rows = np.flatnonzero(~held_out)
    away = [((pixels[rows] - pixels[row]) ** 2).sum(axis=1) for row in np.flatnonzero(held_out)]
    return rows[np.argmin(away, axis=1)]


def test_memory_passes_the_split_by_picture_and_fails_the_one_by_patient(smears):
    found, patients = smears
    number = np.array([int(patient[-2:]) for patient in patients])
    by_picture, by_patient = found.splits == "validation", number % 4 == 0
    assert by_picture.sum() == by_patient.sum() == 60
    assert len(set(patients[by_picture]) & set(patients[~by_picture])) > 15
    assert not set(patients[by_patient]) & set(patients[~by_patient])
    accuracy = {}
    for way, held_out in (("picture", by_picture), ("patient", by_patient)):
        accuracy[way] = (found.labels[nearest(found, held_out)] == found.labels[held_out]).mean()
    assert accuracy["picture"] == pytest.approx(0.867, abs=0.001)
    assert accuracy["patient"] == pytest.approx(0.433, abs=0.001)


def test_the_exercises_split_keeps_patients_apart(smears):
    _, patients = smears
    held_out = solution(check.split_by_patient)(patients, 6, np.random.default_rng(0))
    assert held_out.sum() == 60
    assert not set(patients[held_out]) & set(patients[~held_out])


def test_what_trains_along():
    model = transfer.classifier(transfer.digits_backbone(), classes=5)
    assert transfer.unfreeze_top(model, 3).trainable_params == 23_509
    assert model.count_params() == 23_957


@pytest.mark.parametrize(
    "name", ["a/1.txt", "../1.txt", "a/../../1.txt", "/1.txt", "c:1.txt", "\\1.txt", "a\\..\\..\\1.txt"]
)
def test_the_exercises_name_is_what_unpack_does(tmp_path, name):
    """The lesson's short answer and the library agree on what leads out."""
    info = zipfile.ZipInfo("x")
    info.filename = info.orig_filename = name
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as file:
        file.writestr(info, b"x")
    try:
        datasets.unpack(tmp_path / "one.zip", tmp_path / "out")
        inside = True
    except datasets.ArchiveError:
        inside = False
    assert solution(check.stays_inside)(name) is inside


def test_a_file_is_answered_as_its_array_was(tmp_path):
    archive = practice.digits_zip(tmp_path / "digits.zip", per_class=6, seed=0)
    found = datasets.image_folder(archive, 28, validation=0.5, seed=0)
    datasets.unpack(archive, tmp_path / "files")
    model = transfer.classifier(transfer.digits_backbone((28, 28, 3)), classes=len(found.class_names))
    card = delivery.model_card("d", purpose="p", data="d", training="t", class_names=found.class_names,
                               matrix=np.eye(5), limits=["l"])  # fmt: skip
    back = delivery.load(delivery.save(tmp_path / "bundle", model, found.class_names, card))
    row = np.flatnonzero(found.splits == "validation")[0]
    file = next(path for path in (tmp_path / "files").rglob("*") if path.as_posix().endswith(f"/{found.files[row]}"))
    assert back.predict(file) == pytest.approx(back.predict(found.images[row]), abs=1e-6)


def test_the_exercises_scores_are_the_librarys():
    matrix = np.random.default_rng(0).integers(1, 20, (4, 4))
    precision, recall = solution(check.precision_recall)(matrix)
    scores = delivery.class_scores(matrix)
    np.testing.assert_allclose((precision, recall), (scores.precision, scores.recall))
