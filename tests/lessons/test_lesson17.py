"""Lesson 17: the numbers that it states, and its short answers against the library."""

from __future__ import annotations

import zipfile

import keras
import numpy as np
import pytest
from PIL import Image

from cnnlab import calibration, datasets, delivery, practice, training, transfer
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


def nearest(found, held_out, known=None):
    """For each held-out picture the row of the most similar one of the known, or of all others."""
    pixels = found.images.reshape(len(found), -1).astype(float)
    rows = np.flatnonzero(~held_out if known is None else known)
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


def answers(network, inputs):
    return keras.ops.convert_to_numpy(network(inputs, training=False))


def trained_head(features, labels, classes, seed=0, rate=1e-2, epochs=40, weights=None):
    """As in the lesson."""
    keras.utils.set_random_seed(seed)
    head = transfer.head(features.shape[1], classes, learning_rate=rate)
    head.fit(features, labels, epochs=epochs, batch_size=16, class_weight=weights, verbose=0)
    return head


def test_the_network_goes_by_the_patient_too(smears):
    """0.63 by picture and 0.43 by patient."""
    found, patients = smears
    cells = transfer.features(transfer.digits_backbone((32, 32, 3)), (found.images / 255).astype("float32"))
    number = np.array([int(patient[-2:]) for patient in patients])
    accuracy = {}
    for way, held_out in (("picture", found.splits == "validation"), ("patient", number % 4 == 0)):
        head = trained_head(cells[~held_out], found.labels[~held_out], classes=3)
        right = answers(head, cells).argmax(axis=1) == found.labels
        accuracy[way] = right[held_out].mean()
        assert 0.65 < right[~held_out].mean() < 0.85
    assert accuracy["picture"] == pytest.approx(0.63, abs=0.06)
    assert accuracy["patient"] == pytest.approx(0.43, abs=0.06)


def test_copies_of_coin_tosses(tmp_path):
    """88 of 100 are remembered; 197 of 200 pairs are found, none by chance; without the twins a coin is left."""
    tossed = datasets.image_folder(practice.tossed_zip(tmp_path / "tossed.zip", seed=0), 64, validation=0.25, seed=0)
    held_out = tossed.splits == "validation"
    assert (len(tossed), held_out.sum(), tossed.duplicates) == (400, 100, ())
    right = tossed.labels[nearest(tossed, held_out)] == tossed.labels[held_out]
    assert right.sum() == pytest.approx(88, abs=2)
    pairs = datasets.near_duplicates(tossed.images, most=6)
    assert len(pairs) == pytest.approx(197, abs=2)
    stem = [file[:9] for file in tossed.files]
    assert all(stem[pair.first] == stem[pair.second] for pair in pairs)
    across = [pair for pair in pairs if held_out[pair.first] != held_out[pair.second]]
    assert len(across) == pytest.approx(76, abs=2)
    twins = [pair.first if held_out[pair.second] else pair.second for pair in across]
    clean = ~held_out & ~np.isin(np.arange(len(tossed)), twins)
    left = (tossed.labels[nearest(tossed, held_out, clean)] == tossed.labels[held_out]).sum()
    assert left == pytest.approx(54, abs=3)
    low, high = delivery.accuracy_interval(int(left), 100)
    assert low < 0.5 < high


def test_a_rare_class_needs_its_weight(tmp_path):
    """Of 20 rings 1 is found without weights and all with them, for 31 false alarms."""
    archive = practice.cells_zip(tmp_path / "rare.zip", {"clear": 400, "ring": 40}, pictures=1, seed=0)
    rare = datasets.image_folder(archive, 32, validation=0.5, seed=0)
    assert rare.counts() == {"train": (200, 20), "validation": (200, 20)}
    assert rare.class_weights() == {0: pytest.approx(0.55), 1: pytest.approx(5.5)}
    cells = transfer.features(transfer.digits_backbone((32, 32, 3)), (rare.images / 255).astype("float32"))
    learnt, scores = rare.splits == "train", {}
    for name, weights in (("plain", None), ("weighted", rare.class_weights())):
        head = trained_head(cells[learnt], rare.labels[learnt], 2, epochs=20, weights=weights)
        said = answers(head, cells[~learnt]).argmax(axis=1)
        scores[name] = delivery.class_scores(training.confusion_matrix(rare.labels[~learnt], said, 2))
    assert scores["plain"].recall[1] <= 0.15
    assert scores["plain"].balanced_accuracy == pytest.approx(0.53, abs=0.05)
    assert scores["weighted"].recall[1] >= 0.9
    assert scores["weighted"].balanced_accuracy == pytest.approx(0.92, abs=0.04)


def test_the_digits_head_is_too_sure_and_a_temperature_mends_it(tmp_path):
    """T = 1.53; on the test pictures the cross-entropy falls from 0.339 to 0.284, the error from 0.091 to 0.062."""
    archive = practice.digits_zip(tmp_path / "digits.zip", per_class=80, seed=0)
    data = datasets.image_folder(archive, 28, validation=0.4, test=0.4, seed=0)
    assert data.counts() == {"train": (16,) * 5, "validation": (32,) * 5, "test": (32,) * 5}
    parts = [data.split(name) for name in ("train", "validation", "test")]
    backbone = transfer.digits_backbone((28, 28, 3), seed=0)
    train, validation, test = (transfer.features(backbone, (part.images / 255).astype("float32")) for part in parts)
    head = trained_head(train, parts[0].labels, 5, rate=3e-2, epochs=100)
    said, final = answers(head, validation), answers(head, test)
    assert (said.argmax(axis=1) == parts[1].labels).mean() > 0.88
    assert (final.argmax(axis=1) == parts[2].labels).mean() > 0.84
    temperature = calibration.fit_temperature(said, parts[1].labels)
    assert 1.2 < temperature < 2.2
    mild = calibration.with_temperature(final, temperature)
    assert calibration.log_loss(mild, parts[2].labels) < calibration.log_loss(final, parts[2].labels)
    assert calibration.reliability(mild, parts[2].labels).error < calibration.reliability(final, parts[2].labels).error
    last = head.layers[-1]
    last.set_weights([weight / temperature for weight in last.get_weights()])
    np.testing.assert_allclose(answers(head, test), mild, atol=1e-5)  # the temperature is in the network now


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


def test_the_exercises_calibration_error_is_the_librarys():
    rng = np.random.default_rng(0)
    sure, right = rng.uniform(0.5, 1, 200), rng.uniform(size=200) < 0.7
    found = calibration.reliability(np.stack([sure, 1 - sure], axis=1), np.where(right, 0, 1))
    assert solution(check.calibration_error)(sure, right) == pytest.approx(found.error)


def test_the_numbers_of_the_prose():
    """The interval of one picture and of 57 of 72, the two bins by hand, the square roots of a temperature of 2."""
    assert np.round(delivery.accuracy_interval(1, 1), 2).tolist() == [0.21, 1.0]
    assert np.round(delivery.accuracy_interval(57, 72), 2).tolist() == [0.68, 0.87]
    labels = np.array([0] * 7 + [1] * 3 + [0] * 6 + [1] * 4)
    sure = np.array([0.9] * 10 + [0.6] * 10)
    assert calibration.reliability(np.stack([sure, 1 - sure], axis=1), labels).error == pytest.approx(0.1)
    assert calibration.with_temperature(np.array([[0.9, 0.1]]), 2).round(2).tolist() == [[0.75, 0.25]]
    best_of_20 = np.random.default_rng(0).normal(size=(20_000, 20)).max(axis=1).mean()
    assert best_of_20 == pytest.approx(1.87, abs=0.02)  # "about two standard errors"


def test_a_phones_file_is_answered_as_its_pixels_are(tmp_path):
    """Stored on its side, with the note to turn it: the file and the array that was read with care agree exactly."""
    picture = datasets.photo("chelsea")[:96, 100:196]
    note = Image.Exif()
    note[0x0112] = 6
    Image.fromarray(np.rot90(picture)).save(tmp_path / "phone.jpg", quality=95, exif=note)
    model = transfer.classifier(transfer.digits_backbone((28, 28, 3)), classes=2)
    head = model.get_layer("head_classes")
    head.set_weights([np.random.default_rng(0).normal(size=weight.shape) for weight in head.get_weights()])
    card = delivery.model_card("d", purpose="p", data="d", training="t", class_names=["a", "b"],
                               matrix=np.eye(2), limits=["l"])  # fmt: skip
    back = delivery.load(delivery.save(tmp_path / "bundle", model, ["a", "b"], card))
    pixels, notes = datasets.read_image(tmp_path / "phone.jpg", 28)
    assert notes == ("turned as its EXIF says",)
    assert back.predict(tmp_path / "phone.jpg") == back.predict(pixels)
    assert back.predict(np.rot90(pixels)) != pytest.approx(back.predict(pixels), abs=1e-3)
    upright = np.asarray(Image.fromarray(picture).resize((28, 28), Image.Resampling.BICUBIC)).astype(float)
    assert np.abs(pixels - upright).mean() < 5  # JPEG changes little
