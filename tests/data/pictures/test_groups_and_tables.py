"""Groups stay on one side, tables are read however they are written, and a thousand classes are as good as two."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.utils.class_weight import compute_class_weight

from cnnlab.common.errors import DataError
from cnnlab.data.datasets import image_folder
from cnnlab.data.pictures.labels import label_in_name, read_table
from cnnlab.data.pictures.split import draw_split, split_named


def fill(root, names, size=(4, 4)):
    """A picture unlike any other under each name."""
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / name, "PNG")


def sides(data) -> dict[str, set[str]]:
    """Group → the splits it has pictures in."""
    found: dict[str, set[str]] = {}
    for group, split in zip(data.groups, data.splits, strict=True):
        found.setdefault(group, set()).add(str(split))
    return found


# --- groups -----------------------------------------------------------------------------------------------------------

PATIENTS = [f"{name}/patient{n:02}_{i}.png" for n in range(10) for name in ("ill", "well") for i in range(3)]


@pytest.mark.parametrize("pattern", [r"patient\d+", r"(patient\d+)_", r"/([^/]+)_"])
def test_a_group_by_the_name_is_on_one_side(tmp_path, pattern):
    """Ten patients with three pictures of each class: two of them, or 12 pictures of 60, are held out."""
    fill(tmp_path, PATIENTS)
    data = image_folder(tmp_path, 4, groups=pattern)
    assert data.counts() == {"train": (24, 24), "validation": (6, 6)}
    assert all(len(found) == 1 for found in sides(data).values())
    assert data.groups[0] == "patient00"
    assert "split here, whole groups, about the same share of every class" in data.report()
    assert "groups: 10" in data.report().splitlines()
    assert image_folder(tmp_path, 4, groups=pattern, seed=1).splits.tolist() != data.splits.tolist()


def test_two_brackets_are_both_the_group_and_what_fits_not_stands_for_itself(tmp_path):
    fill(tmp_path, ["a/x1_0.png", "a/x1_1.png", "a/x2_0.png", "a/y.png", "b/x1_0.png", "b/z.png"])
    data = image_folder(tmp_path, 4, groups=r"(.)/(x\d)", validation=0)
    assert data.groups == ("a/x1", "a/x1", "a/x2", "a/y.png", "b/x1", "b/z.png")
    assert "groups: 3; 2 pictures in none" in data.report()


def test_a_group_by_a_column_is_on_one_side(tmp_path):
    fill(tmp_path, [f"images/{n}.png" for n in range(40)])
    rows = [f"{n},{'ab'[n % 2]},p{n // 4}" for n in range(40)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label,Patient ID", *rows]))
    data = image_folder(tmp_path, 4, labels="labels.csv", groups="patient id")
    assert data.counts() == {"train": (16, 16), "validation": (4, 4)}
    assert all(len(found) == 1 for found in sides(data).values())
    assert data.groups[:5] == ("p0", "p0", "p2", "p2", "p3")  # of 0, 1, 10, 11 and 12


def test_a_group_in_two_split_folders_is_kept_to_judge_with(tmp_path):
    """p1 is in all three: only its test picture stays. p2 is in train and validation: its validation picture does."""
    fill(tmp_path, [
        "train/a/p0_0.png", "train/b/p0_1.png", "train/a/p1_2.png", "train/b/p2_3.png", "train/b/q_4.png",
        "val/a/p1_5.png", "val/b/p2_6.png", "val/a/r_7.png", "test/a/p1_8.png", "test/b/s_9.png",
    ])  # fmt: skip
    data = image_folder(tmp_path, 4, groups=r"([a-z]\d?)_")
    assert {one.file: one.reason for one in data.skipped} == {
        "train/a/p1_2.png": "its group p1 is in the test set",
        "val/a/p1_5.png": "its group p1 is in the test set",
        "train/b/p2_3.png": "its group p2 is in the validation set",
    }
    assert all(len(found) == 1 for found in sides(data).values())
    assert data.counts() == {"train": (1, 2), "validation": (1, 1), "test": (1, 1)}


def test_validation_is_drawn_in_groups_where_only_a_test_folder_is_there(tmp_path):
    fill(tmp_path, [f"{'test' if '09' in name else 'train'}/{name}" for name in PATIENTS])
    data = image_folder(tmp_path, 4, groups=r"patient\d+", validation=0.33)
    assert data.counts() == {"train": (18, 18), "validation": (9, 9), "test": (3, 3)}
    assert all(len(found) == 1 for found in sides(data).values())


@pytest.mark.parametrize(
    ("groups", "error", "says"),
    [
        (
            r"(patient",
            ValueError,
            r"`groups` must be None, a column of .* or a regular expression \(.*Received: '\(pati",
        ),
        (7, ValueError, "`groups` must be None"),
        (r"video\d+", DataError, r"`groups` 'video\\\\d\+' fits no file name, such as 'ill/patient00_0.png'"),
        (r"^(ill|well)", DataError, "ill, well have one group only, to train on or to validate on. Add another group"),
    ],
)
def test_groups_that_are_none_are_refused(tmp_path, groups, error, says):
    fill(tmp_path, PATIENTS)
    with pytest.raises(error, match=says):
        image_folder(tmp_path, 4, groups=groups)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 8)), min_size=1, max_size=60),
    st.sampled_from([0.1, 0.2, 0.5, 0.9]),
    st.integers(0, 5),
)
def test_whole_groups_are_drawn_and_every_class_keeps_some(pictures, fraction, seed):
    """On any data: no group on both sides, and none of the classes is held out as a whole."""
    labels, groups = np.array(pictures).T
    held_out = draw_split(labels, fraction, seed, [f"g{group}" for group in groups]) == "validation"
    for group in set(groups):
        assert len(set(held_out[groups == group])) == 1
    for label in set(labels):
        assert not held_out[labels == label].all()


def test_a_rare_class_in_large_groups_is_held_out_too():
    """Five groups of 20 common pictures; two of them have a rare one too. A tenth is less than any group."""
    groups = np.array([f"g{n}" for n in range(5) for _ in range(20)] + ["g0", "g1"])
    labels = np.array([0] * 100 + [1] * 2)
    for seed in range(10):
        held_out = draw_split(labels, 0.05, seed, groups) == "validation"
        assert held_out[labels == 1].sum() == 1
        assert held_out[labels == 0].sum() in (20, 40)


def test_many_groups_meet_the_share_of_every_class():
    """Thirty groups of one class and thirty of another, of one to ten pictures: a fifth of each, within a group."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 11, 60)
    groups, labels = np.repeat(np.arange(60), sizes), np.repeat(np.arange(60) % 2, sizes)
    for seed in range(10):
        held_out = draw_split(labels, 0.2, seed, groups.astype(str)) == "validation"
        for label in (0, 1):
            of_class = labels == label
            assert abs(held_out[of_class].sum() - 0.2 * of_class.sum()) <= 10


# --- tables -----------------------------------------------------------------------------------------------------------


def read(tmp_path, text, pictures=("a/1.png", "a/2.png", "b/2.jpg"), **how):
    (tmp_path / "t.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(tmp_path / "t.csv", "t.csv", pictures, **how)


def test_a_cell_names_a_picture_by_any_end_of_its_path(tmp_path):
    cells = ["a/1.png", "./A/1.PNG", "a\\1", "data/x/a/1.png", "1.png", "1", " 1 "]
    for cell in cells:
        table, notes = read(tmp_path, f"file,label\n{cell},cat\n")
        assert list(table) == ["a/1.png"]
        assert not notes
    table, notes = read(tmp_path, "file,label\n2,cat\nb/2,dog\n2.png,cow\n")
    assert {name: row.label for name, row in table.items()} == {"b/2.jpg": "dog", "a/2.png": "cow"}
    assert [(one.file, one.reason) for one in notes] == [
        ("t.csv, line 2", "names 2 pictures, such as a/2.png and b/2.jpg: '2'")
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_usual_table_is_read(tmp_path, delimiter, encoding):
    text = f"weight{delimiter}file{delimiter}breed\n1{delimiter}1.png{delimiter}Möpse, alt\n"
    if delimiter == ",":
        text = text.replace("Möpse, alt", '"Möpse, alt"')
    table, _ = read(tmp_path, text.encode(encoding))
    assert table["a/1.png"].label == "Möpse, alt"


def test_the_first_of_two_columns_of_one_name_counts_and_splits_must_be_splits(tmp_path):
    table, _ = read(tmp_path, "file,label,label,set\n1.png,cat,7,train\na/2.png,dog,8,later\n")
    assert {name: (row.label, row.split) for name, row in table.items()} == {
        "a/1.png": ("cat", ""), "a/2.png": ("dog", "")
    }  # fmt: skip


def test_a_table_in_an_old_encoding_needs_its_name(tmp_path):
    text = "file,label\n1.png,Möpse\n".encode("cp1252")
    with pytest.raises(DataError, match="t.csv is not in UTF-8: pass its `encoding`"):
        read(tmp_path, text)
    assert read(tmp_path, text, encoding="cp1252")[0]["a/1.png"].label == "Möpse"
    with pytest.raises(DataError, match="t.csv is not in ascii"):
        read(tmp_path, text, encoding="ascii")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "t.csv is empty"),
        ("\n \n", "t.csv is empty"),
        ("file,label\n", "no column that names the pictures"),
        ("file,label\n1.png," + "x" * 200_000, "t.csv, line 2: field larger than field limit"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path, text, says):
    with pytest.raises(DataError, match=says):
        read(tmp_path, text)


def test_no_table_however_damaged_does_anything_but_give_rows_or_a_reason(tmp_path):
    good = io.StringIO(newline="")
    csv.writer(good).writerows([["file", "label", "split", "p"], *([f"{n}.png", "cat", "val", "x"] for n in range(9))])
    good = good.getvalue().encode()
    rng = np.random.default_rng(0)
    outcomes = set()
    for _ in range(2000):
        data = bytearray(good)
        for at in rng.integers(0, len(data), rng.integers(1, 8)):
            data[at] = rng.choice([rng.integers(0, 256), *b',;\n"\0\r'])
        try:
            table, notes = read(
                tmp_path, bytes(data[: rng.integers(0, len(data) + 1)]), [f"x/{n}.png" for n in range(9)]
            )
            assert all(name.startswith("x/") for name in table)
            assert all("t.csv, line " in one.file for one in notes)
            outcomes.add("read")
        except DataError as error:
            assert "t.csv" in str(error)  # noqa: PT017  some are read, some are not
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_a_table_beside_the_notebook_serves_too(tmp_path, monkeypatch):
    fill(tmp_path / "data", ["0.png", "1.png", "2.png", "3.png"])
    (tmp_path / "mine.csv").write_text("0.png,cat\n1.png,dog\n2.png,cat\n3.png,dog\n")
    monkeypatch.chdir(tmp_path)
    for labels in ("mine.csv", tmp_path / "mine.csv"):
        data = image_folder("data", 4, labels=labels, validation=0)
        assert data.labels.tolist() == [0, 1, 0, 1]
        assert not data.skipped


@pytest.mark.parametrize("labels", ["names", "labels.xlsx", 3, "", "csv"])
def test_labels_that_are_none_are_refused(tmp_path, labels):
    with pytest.raises(
        ValueError, match=r"`labels` must be None, 'folder', 'parent', 'path', 'name', or a table such as"
    ):
        image_folder(tmp_path, labels=labels)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("cat.0.jpg", "cat"), ("cat_dog_12.jpg", "cat_dog"), ("St. Bernard-07.png", "St. Bernard"),
        ("cat (1).jpg", "cat"), ("cat.jpg", "cat"), ("12.jpg", ""), ("2024-01-01.jpg", ""),
        ("cat_0_jpg.rf.3a8b9c.jpg", "cat"), ("Katze3", "Katze"),
        ("A\u0308pfel 3.png", "Äpfel"),
    ],
)  # fmt: skip
def test_the_class_in_a_name(name, label):
    assert label_in_name(name) == label


@pytest.mark.parametrize(
    ("split", "names"),
    [
        ("train", "train TRAIN Training training_set trainset TrainingData seg_train train2017 train-images trainval"),
        ("validation", "val valid validation Validation_Set dev eval valset images_val"),
        ("test", "test Testing test_set test1 testing-data holdout seg_pred test-multiple_fruits"),
        ("", "cats trains testament value develop train_test trainer 2017"),
    ],
)
def test_the_names_of_splits(split, names):
    assert {name: split_named(name) for name in names.split()} == dict.fromkeys(names.split(), split)


# --- few and many classes ---------------------------------------------------------------------------------------------


def test_a_thousand_classes(tmp_path):
    fill(tmp_path, [f"{split}/c{n:04}/{split}.png" for n in range(1000) for split in ("train", "val", "test")], (2, 2))
    data = image_folder(tmp_path, 2)
    assert data.counts() == dict.fromkeys(("train", "validation", "test"), (1,) * 1000)
    assert "  train: 1,000 of 1,000 classes, 1 of each" in data.report().splitlines()
    assert len(data.report()) < 400
    fewer = image_folder(tmp_path, 2, max_images=3000)
    assert len(fewer) == 3000


def test_of_more_than_a_dozen_classes_the_smallest_and_the_largest_are_named(tmp_path):
    fill(tmp_path, [f"c{n:02}/{i}.png" for n in range(13) for i in range(2 + n)])
    report = image_folder(tmp_path, 4, validation=0).report()
    assert "  train: 104 of 13 classes, from 2 of c00 to 14 of c12" in report.splitlines()


def test_three_against_three_hundred(tmp_path):
    """A fifth is held out: 240 and 60 of the many, 2 and 1 of the few. Weights: 242 / (2 × 240) and 242 / (2 × 2)."""
    fill(tmp_path, [*(f"many/{n}.png" for n in range(300)), *(f"rare/{n}.png" for n in range(3))])
    data = image_folder(tmp_path, 4)
    assert data.counts() == {"train": (240, 2), "validation": (60, 1)}
    assert data.class_weights() == pytest.approx({0: 242 / 480, 1: 242 / 4})
    labels = data.split("train").labels
    expected = compute_class_weight("balanced", classes=np.unique(labels), y=labels)
    assert list(data.class_weights().values()) == pytest.approx(expected.tolist())
    assert "unbalanced: 300 of many, 3 of rare; always saying many is right in 99 % of cases" in data.report()


def test_a_class_without_training_pictures_has_no_weight(tmp_path):
    fill(tmp_path, ["train/a/0.png", "train/a/1.png", "train/c/2.png", "val/a/3.png", "val/b/4.png"])
    assert image_folder(tmp_path, 4).class_weights() == {0: 0.75, 2: 1.5}
