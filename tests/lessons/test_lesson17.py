"""Lesson 17: the explorer against plain counts, and the numbers that the lesson states."""

from __future__ import annotations

import re
import zipfile

import numpy as np
import pytest

from cnnlab import datasets, delivery, explore, practice, transfer
from cnnlab.checks import lesson17 as check
from cnnlab.explore.training.answer_explorer import NO_ANSWER

NAMES = ["clear", "grain", "ring"]


def numbers(text: str) -> list[float]:
    return [float(n.replace(",", "")) for n in re.findall(r"-?\d[\d,]*(?:\.\d+)?", text)]


@pytest.fixture
def answers():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3), 80)
    labels = rng.integers(0, 3, 80)
    images = rng.integers(0, 256, (80, 6, 9, 3), dtype=np.uint8)
    return explore.AnswerExplorer(images, labels, probabilities, class_names=NAMES), labels, probabilities


# --- the explorer -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [0.0, 0.5, 0.7, 0.95])
def test_the_table_is_a_count(answers, threshold):
    explorer, labels, probabilities = answers
    explorer.set(threshold=threshold)
    said, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    for c, truth in enumerate(NAMES):
        for k, answer in enumerate(NAMES):
            assert explorer.count(truth, answer) == ((labels == c) & (said == k) & (sure >= threshold)).sum()
        assert explorer.count(truth, NO_ANSWER) == ((labels == c) & (sure < threshold)).sum()
    assert explorer.answer() == ((said != labels) & (sure >= threshold)).sum()


def test_the_words_are_the_counts(answers):
    explorer, labels, probabilities = answers
    explorer.set(threshold=0.5, truth="ring", said="grain")
    said, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    kept = sure >= 0.5
    here = sure[kept & (labels == 2) & (said == 1)]
    lines = explorer.describe().splitlines()
    wrong = (kept & (said != labels)).sum()
    right = kept.sum() - wrong
    assert numbers(lines[1])[:4] == [kept.sum(), 80, round(100 * kept.mean()), wrong]
    assert numbers(lines[1])[4:] == [right, kept.sum(), pytest.approx(right / kept.sum(), abs=5e-4)]
    assert lines[2].startswith(f"Truth ring, answer grain: {len(here)}.")
    assert numbers(lines[2])[3:] == pytest.approx(np.sort(here)[::-1][:10], abs=0.0051)
    assert numbers(lines[3])[:2] == [(labels == 2).sum(), (kept & (labels == 2) & (said == 2)).sum()]
    assert numbers(lines[4])[:2] == [(kept & (said == 1)).sum(), (kept & (said == 1) & (labels == 1)).sum()]


def test_pages_hold_ten_and_follow_the_cell(answers):
    explorer, labels, probabilities = answers
    explorer.set(truth="ring", said=NO_ANSWER, threshold=0.95)
    pages = explorer.controls["page"].max
    assert pages == -(-len(explorer.rows()) // 10) > 1
    explorer.set(page=2)
    assert f"page 2 of {pages}" in explorer.describe()
    explorer.controls["said"].value = "ring"
    assert explorer.page == 1


def test_a_threshold_that_silences_everything():
    explorer = explore.AnswerExplorer(np.zeros((2, 4, 4, 1)), np.array([0, 1]), np.full((2, 2), 0.5))
    explorer.set(threshold=0.9)
    assert "nothing is wrong, and nothing is of use" in explorer.describe()
    assert explorer.answer() == 0
    assert explorer.png()


def test_it_begins_with_the_commonest_mistake(answers):
    explorer, labels, probabilities = answers
    table = np.array([[explorer.count(t, a) for a in NAMES] for t in NAMES])
    np.fill_diagonal(table, 0)
    assert explorer.count(explorer.truth, explorer.said) == table.max()


def test_the_quiz_hides_and_reveals():
    quiz = explore.AnswerExplorer(predict=True)
    quiz.view()
    hidden = quiz.png()
    assert quiz.describe().endswith("The table appears with your guess.")
    assert hidden == quiz.set(truth="8").png()
    quiz.set(threshold=0.9)
    quiz.set(guess=str(quiz.answer()))
    assert "11 of them wrong: right 614 / 625 = 0.982" in quiz.describe()
    assert "and so it is" in quiz._asked.value
    assert quiz.png() != hidden


def test_the_lessons_numbers_of_the_default():
    explorer = explore.AnswerExplorer()
    assert "Answered: 898 of 898 (100 %), 91 of them wrong: right 807 / 898 = 0.899." in explorer.describe()


def test_many_classes_and_long_names():
    rng = np.random.default_rng(0)
    names = [f"a rather long name {n}" for n in range(20)]
    explorer = explore.AnswerExplorer(
        np.zeros((30, 40, 20, 1), np.uint8), rng.integers(0, 20, 30), rng.dirichlet(np.ones(20), 30), class_names=names
    )
    assert explorer.png()


IMAGES, LABELS, PROBABILITIES = np.zeros((4, 5, 5, 3)), np.array([0, 1, 0, 1]), np.full((4, 2), 0.5)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"labels": None}, ValueError, "must be given together"),
        ({"probabilities": np.full((4, 1), 1.0)}, ValueError, "2 to 20 columns"),
        ({"probabilities": np.full((4, 2), 3.0)}, ValueError, "`probabilities` must lie in 0 … 1. Received: 3 … 3"),
        ({"labels": np.array([0, 1, 2, 1])}, ValueError, "`labels` must be 4 classes from 0 to 1. Received: 4 labels"),
        ({"labels": np.array([0, 1])}, ValueError, "`labels` must be 4 classes"),
        ({"labels": np.array([0.0, 1, 0, 1])}, TypeError, "`labels` must hold whole numbers"),
        ({"images": IMAGES[:3]}, ValueError, "`images` must be 4 pictures of 1 or 3 channels"),
        ({"images": IMAGES + 7}, ValueError, "`images` must be bytes or lie in 0 … 1. Received: 7 … 7"),
        ({"class_names": ["a"]}, ValueError, "`class_names` must be 2 different names"),
        ({"class_names": ["a", NO_ANSWER]}, ValueError, "`class_names` must be 2 different names"),
    ],
)
def test_the_constructor_refuses(change, error, says):
    arguments = {"images": IMAGES, "labels": LABELS, "probabilities": PROBABILITIES, **change}
    with pytest.raises(error, match=says):
        explore.AnswerExplorer(**arguments)


# --- what the lesson says ---------------------------------------------------------------------------------------------


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
    namespace = {"np": np}
    exec(check.split_by_patient.solution_source, namespace)
    held_out = namespace["split_by_patient"](patients, 6, np.random.default_rng(0))
    assert held_out.sum() == 60
    assert not set(patients[held_out]) & set(patients[~held_out])


@pytest.mark.parametrize("change", [(", replace=False", ""), ("np.unique(patients)", "patients")])
def test_nobody_may_be_drawn_twice(change):
    namespace = {"np": np}
    exec(check.split_by_patient.solution_source.replace(*change), namespace)
    assert "you once hold out" in str(check.split_by_patient(namespace["split_by_patient"]))


@pytest.mark.parametrize(("answer", "says"), [(0.04, "Give three digits"), (4.2, "percent"), (4.24, "percent")])
def test_an_error_bar_with_too_few_digits_or_too_many_percent(answer, says):
    assert says in str(check.error_bar(answer))


def test_what_trains_along():
    model = transfer.classifier(transfer.digits_backbone(), classes=5)
    assert transfer.unfreeze_top(model, 3).trainable_params == 23_509
    assert model.count_params() == 23_957


def test_the_exercises_name_is_what_unpack_does(tmp_path):
    """The lesson's short answer and the library agree on what leads out."""
    namespace = {"np": np}
    exec(check.stays_inside.solution_source, namespace)
    for n, name in enumerate(
        ["a/1.txt", "../1.txt", "a/../../1.txt", "/1.txt", "c:1.txt", "\\1.txt", "a\\..\\..\\1.txt"]
    ):
        info = zipfile.ZipInfo("x")
        info.filename = info.orig_filename = name
        with zipfile.ZipFile(tmp_path / f"{n}.zip", "w") as file:
            file.writestr(info, b"x")
        try:
            datasets.unpack(tmp_path / f"{n}.zip", tmp_path / f"{n}")
            inside = True
        except datasets.ArchiveError:
            inside = False
        assert namespace["stays_inside"](name) is inside


def test_error_bars_by_hand():
    """√(0.8 · 0.2 / 100) = 0.04; four times the pictures, half of the error."""
    error = [(p * (1 - p) / n) ** 0.5 for p, n in ((0.8, 100), (0.8, 400), (0.9, 50))]
    assert error == pytest.approx([0.04, 0.02, 0.0424], abs=5e-5)
    assert check.error_bar(error[2]).status == "correct"


def test_disagreements_by_hand():
    """The lesson's table: luck moves a lead of c − b by about √(b + c), as a coin would that is tossed for each."""
    for b, c, luck in ((10, 13, 4.8), (0, 3, 1.7), (26, 57, 9.1)):
        assert (b + c) ** 0.5 == pytest.approx(luck, abs=0.05)
        tosses = np.random.default_rng(0).choice([-1, 1], (4000, b + c)).sum(axis=1)
        assert tosses.std() == pytest.approx(luck, rel=0.05)


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
    namespace = {"np": np}
    exec(check.precision_recall.solution_source, namespace)
    matrix = np.random.default_rng(0).integers(1, 20, (4, 4))
    precision, recall = namespace["precision_recall"](matrix)
    scores = delivery.class_scores(matrix)
    np.testing.assert_allclose((precision, recall), (scores.precision, scores.recall))
