"""Data sets as people have them, as a folder and as a zip: what is read of each, and what is reported."""

from __future__ import annotations

import io
import itertools
import re
import tempfile
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from cnnlab.common.errors import DataError
from cnnlab.data.datasets import image_folder


def expanded(pattern: str) -> list[str]:
    """As a shell does it: ``{cats,dogs}/{0..2}.png`` are six names."""
    parts = re.split(r"\{([^}]*)\}", pattern)
    choices = [
        [part] if not n % 2 else
        [str(i) for i in range(int(part.split("..")[0]), int(part.split("..")[1]) + 1)] if ".." in part else
        part.split(",")
        for n, part in enumerate(parts)
    ]  # fmt: skip
    return ["".join(one) for one in itertools.product(*choices)]


def picture(number: int) -> bytes:
    """A PNG unlike any other, whatever it will be called."""
    pixels = np.random.default_rng(number).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def contents(layout: Layout) -> dict[str, bytes]:
    names = [name for pattern in layout.files.split() for name in expanded(pattern)]
    endings = (".png", ".jpg", ".JPEG", ".jpeg", ".heic")
    made = {name.replace("_", " ") if layout.spaces else name: b"" for name in names}
    return {
        name: picture(number) if name.endswith(endings) else b"text" for number, name in enumerate(made)
    } | {name: text.encode() for name, text in layout.tables.items()}  # fmt: skip


@dataclass
class Layout:
    """Files, arguments and what comes of them. Nothing is drawn unless `validation` is among the arguments."""

    files: str
    counts: dict[str, tuple[int, ...]] = field(default_factory=dict)
    classes: str = "cats dogs"
    unlabelled: int = 0
    skipped: dict[str, int] = field(default_factory=dict)  # reason → files
    arguments: dict[str, object] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    says: str = ""  # in the report, or in the refusal where nothing is counted
    spaces: bool = False
    presplit: bool = True


BESIDE = "a folder beside the train and validation folders"
STRAY = "not in the folder of a class"
BOTH = {"train": (3, 3), "validation": (2, 2)}
THREE = {"train": (3, 3), "validation": (2, 2), "test": (1, 1)}


def table(*rows: str) -> str:
    return "\n".join(rows) + "\n"


LAYOUTS = {
    # --- the class is the folder ---
    "a folder for each class": Layout("{cats,dogs}/{0..2}.png", {"train": (3, 3)}, presplit=False),
    "wrapped twice": Layout("pets/pets/{cats,dogs}/{0..2}.png", {"train": (3, 3)}, presplit=False),
    "wrapped, with a read-me beside it": Layout(
        "pets/{cats,dogs}/{0..2}.png README.txt", {"train": (3, 3)}, skipped={STRAY: 1}, presplit=False
    ),
    "Keras: cats and dogs": Layout("PetImages/{Cat,Dog}/{0..2}.jpg", {"train": (3, 3)}, "Cat Dog", presplit=False),
    "Caltech-101": Layout(
        "caltech-101/101_ObjectCategories/{BACKGROUND_Google,accordion,ant}/image_000{1..3}.jpg "
        "caltech-101/Annotations/{accordion,ant}/annotation_000{1..3}.mat",
        {"train": (3, 3, 3)}, "BACKGROUND_Google accordion ant", skipped={STRAY: 6}, presplit=False,
    ),
    "CUB-200-2011": Layout(
        "CUB_200_2011/images/{001.Albatross,002.Auklet}/a_{1..3}.jpg CUB_200_2011/{images,classes}.txt "
        "CUB_200_2011/parts/parts.txt segmentations/{001.Albatross,002.Auklet}/a_{1..3}.png",
        {"train": (3, 3)}, "001.Albatross 002.Auklet", skipped={STRAY: 9}, presplit=False,
    ),
    "pictures and their masks": Layout(
        "{images,masks}/{cats,dogs}/{0..2}.png", {"train": (3, 3)}, skipped={STRAY: 6}, presplit=False
    ),
    "folders within the classes": Layout(
        "cats/{0..1}.png cats/{tabby,siamese}/{0..1}.png dogs/{0..2}.png", {"train": (6, 3)}, presplit=False
    ),
    "a table beside the folders": Layout(
        "{cats,dogs}/{0..2}.png labels.csv", {"train": (3, 3)}, skipped={STRAY: 1}, presplit=False
    ),
    # --- split folders, by any name ---
    "train and validation": Layout("train/{cats,dogs}/{0..2}.png validation/{cats,dogs}/{0..1}.png", BOTH),
    "all three": Layout(
        "data/train/{cats,dogs}/{0..2}.png data/val/{cats,dogs}/{0..1}.png data/test/{cats,dogs}/0.png", THREE
    ),
    "Kaggle: cat and dog, training_set": Layout(
        "training_set/training_set/{cats,dogs}/{0..2}.jpg test_set/test_set/{cats,dogs}/{0..1}.jpg",
        {"train": (3, 3), "test": (2, 2)},
    ),
    "Kaggle: Intel scenes, seg_train": Layout(
        "seg_train/seg_train/{forest,sea}/{0..2}.jpg seg_test/seg_test/{forest,sea}/{0..1}.jpg "
        "seg_pred/seg_pred/{0..4}.jpg",
        {"train": (3, 3), "test": (2, 2)}, "forest sea", skipped={STRAY: 5},
    ),
    "Fruits-360": Layout(
        "fruits-360/Training/{Apple_Red_1,Banana}/{0..2}_100.jpg fruits-360/Test/{Apple_Red_1,Banana}/{0..1}_100.jpg "
        "fruits-360/test-multiple_fruits/apple_{0..1}.jpg fruits-360/papers/fruit.pdf fruits-360/readme.md",
        {"train": (3, 3), "test": (2, 2)}, "Apple Red 1|Banana", skipped={STRAY: 3, BESIDE: 1}, spaces=True,
    ),
    "Kaggle: chest X-rays, the whole twice": Layout(
        "chest_xray/{train,chest_xray/train}/{NORMAL,PNEUMONIA}/{0..2}.jpeg "
        "chest_xray/{val,chest_xray/val}/{NORMAL,PNEUMONIA}/{0..1}.jpeg chest_xray/__MACOSX/._x",
        BOTH, "NORMAL PNEUMONIA", skipped={BESIDE: 10, "a hidden or system file": 1},
    ),
    "Kaggle: ten monkeys, training and validation": Layout(
        "training/training/{n0,n1}/{0..2}.jpg validation/validation/{n0,n1}/{0..1}.jpg monkey_labels.txt",
        BOTH, "n0 n1", skipped={STRAY: 1},
    ),
    "tiny ImageNet": Layout(
        "tiny/train/{n01,n02}/images/{0..2}.JPEG tiny/val/images/{0..3}.JPEG tiny/val/val_annotations.txt "
        "tiny/test/images/{0..1}.JPEG tiny/wnids.txt",
        {"train": (3, 3)}, "n01 n02", 6, {STRAY: 2},
    ),
    "dev, and numbers in the names": Layout("train2017/{cats,dogs}/{0..2}.png dev_1/{cats,dogs}/{0..1}.png", BOTH),
    "sets and data in one word": Layout("TrainSet/{cats,dogs}/{0..2}.png ValidData/{cats,dogs}/{0..1}.png", BOTH),
    "other letters in another split": Layout(
        "Train/{Cats,Dogs}/{0..2}.png VALID/{cats,dogs}/{0..1}.png", BOTH, "Cats Dogs", says="its class is Cats, spelt"
    ),
    "other forms of Unicode in another split": Layout(
        "train/{Äpfel,Birnen}/{0..2}.png test/{A\u0308pfel,Birnen}/{0..1}.png",
        {"train": (3, 3), "test": (2, 2)}, "Birnen Äpfel",
    ),
    "the split within the class": Layout("{cats,dogs}/train/{0..2}.png {cats,dogs}/test/{0..1}.png",
        {"train": (3, 3), "test": (2, 2)},
    ),
    "Roboflow: folders": Layout(
        "Pets.v1i.folder/train/{cats,dogs}/a{0..2}_jpg.rf.0c{0..0}.jpg Pets.v1i.folder/valid/{cats,dogs}/b{0..1}.jpg "
        "Pets.v1i.folder/test/{cats,dogs}/c.jpg Pets.v1i.folder/README.{dataset,roboflow}.txt",
        THREE, skipped={STRAY: 2},
    ),
    "Open Images by its toolkit": Layout(
        "OID/Dataset/train/{Apple,Banana}/{0..2}.jpg OID/Dataset/train/{Apple,Banana}/Label/{0..2}.txt "
        "OID/Dataset/validation/{Apple,Banana}/{0..1}.jpg OID/csv_folder/class-descriptions-boxable.csv",
        BOTH, "Apple Banana", skipped={"not a picture (.txt)": 6, STRAY: 1},
    ),
    "MVTec: one product": Layout(
        "bottle/train/good/{0..2}.png bottle/test/{good,broken}/{0..1}.png bottle/ground_truth/broken/{0..1}_mask.png",
        {"train": (0, 3), "test": (2, 2)}, "broken good", skipped={BESIDE: 2}, says="train has no picture of: broken",
    ),
    # --- validation is drawn from train, and pictures without labels are kept ---
    "train and test only": Layout(
        "train/{cats,dogs}/{0..4}.png test/{cats,dogs}/{0..1}.png",
        {"train": (4, 4), "validation": (1, 1), "test": (2, 2)}, arguments={"validation": 0.2},
        says="split by its folders, validation drawn here from train (the same share of every class)",
    ),
    "a test folder without labels": Layout(
        "train/{cats,dogs}/{0..4}.png test/{0..3}.png sample_submission.csv",
        {"train": (4, 4), "validation": (1, 1)}, unlabelled=4, skipped={STRAY: 1}, arguments={"validation": 0.2},
        says="without a label, kept apart: 4 (test/0.png, test/1.png",
    ),
    "test pictures in a folder of their own": Layout(
        "train/{cats,dogs}/{0..2}.png val/{cats,dogs}/{0..1}.png test/unknown/{0..3}.png", BOTH, unlabelled=4
    ),
    "ILSVRC": Layout(
        "ILSVRC/Data/CLS-LOC/train/{n01,n02}/n_{0..2}.JPEG ILSVRC/Data/CLS-LOC/{val,test}/i_{0..1}.JPEG "
        "ILSVRC/Annotations/CLS-LOC/train/n01/n_0.xml LOC_synset_mapping.txt",
        {"train": (3, 3)}, "n01 n02", 4, {STRAY: 2},
    ),
    # --- the class is in the file's name ---
    "Kaggle: dogs against cats": Layout(
        "train/{cat,dog}.{0..2}.jpg test1/{1..4}.jpg", {"train": (3, 3)}, "cat dog", 4, arguments={"labels": "name"}
    ),
    "names in one folder, wrapped": Layout(
        "train/train/{cat,dog}.{0..2}.jpg", {"train": (3, 3)}, "cat dog", arguments={"labels": "name"}, presplit=False
    ),
    "Oxford Pets": Layout(
        "images/{Abyssinian,great_pyrenees}_{1..3}.jpg images/Abyssinian_1.mat annotations/{list,trainval}.txt "
        "annotations/trimaps/{Abyssinian,great_pyrenees}_{1..3}.png",
        {"train": (3, 3)}, "Abyssinian great_pyrenees", arguments={"labels": "name"},
        skipped={"in a folder of masks or labels": 8, "not a picture (.mat)": 1}, presplit=False,
    ),
    "names in no folder": Layout(
        "{cat,dog}_{0..2}.png 7.png masks/cat_0.png", {"train": (3, 3)}, "cat dog", arguments={"labels": "name"},
        skipped={"no class in its name": 1, "in a folder of masks or labels": 1}, presplit=False,
    ),
    # --- the class is in a table ---
    "a table of file names": Layout(
        "images/{0..5}.png", {"train": (3, 3)}, arguments={"labels": "labels.csv"}, presplit=False,
        tables={"labels.csv": table("filename,label", *(f"{n}.png,{'cats' if n < 3 else 'dogs'}" for n in range(6)))},
    ),
    "Kaggle: dog breeds, ids and a test folder": Layout(
        "dog-breed/train/{a0,a1,a2,a3}.jpg dog-breed/test/{b0,b1}.jpg dog-breed/sample_submission.csv",
        {"train": (2, 2)}, "beagle pug", 2, {"no class in labels.csv": 1}, {"labels": "labels.csv"},
        {"dog-breed/labels.csv": table("id,breed", "a0,pug", "a1,beagle", "a2,pug", "a3,beagle")},
    ),
    "the same numbers in train and test": Layout(
        "train/{1..4}.jpg test/{1..2}.jpg", {"train": (2, 2)}, unlabelled=2, arguments={"labels": "train.csv"},
        tables={"train.csv": table("id,label", "1,cats", "2,dogs", "3,cats", "4,dogs")},
    ),
    "Kaggle: HAM10000, two parts and a column of several": Layout(
        "HAM10000_images_part_{1..2}/ISIC_{0..1}{0..1}.jpg", {"train": (2, 2)}, "mel nv", presplit=False,
        arguments={"labels": "HAM10000_metadata.csv"},
        skipped={"names 2 pictures, such as HAM10000_images_part_1/ISIC_11.jpg and HAM10000_images_part_2/ISIC_11.jpg: "
                 "'ISIC_11'": 1, "no class in HAM10000_metadata.csv": 4},
        tables={"HAM10000_metadata.csv": table(
            "lesion_id,image_id,dx,dx_type,age", "h1,HAM10000_images_part_1/ISIC_00.jpg,nv,histo,80",
            "h1,HAM10000_images_part_1/ISIC_01.jpg,mel,histo,80", "h2,HAM10000_images_part_2/ISIC_00.jpg,nv,follow,50",
            "h3,HAM10000_images_part_2/ISIC_01.jpg,mel,histo,40", "h4,ISIC_11,mel,histo,40")},
    ),
    "Kaggle: 525 birds, a table with paths and splits": Layout(
        "birds/{0..9}.jpg",
        BOTH, arguments={"labels": "birds.csv:labels"},
        tables={"birds.csv": table("class id,filepaths,labels,data set,scientific name", *(
            f"{n % 2},birds/{n}.jpg,{('cats', 'dogs')[n % 2]},{'train' if n < 6 else 'valid'},x" for n in range(10)))},
    ),
    "Roboflow: a table of 0 and 1 in each split": Layout(
        "train/{a,b,c,d}.jpg valid/{e,f,g}.jpg", {"train": (2, 2), "validation": (1, 1)},
        arguments={"labels": "_classes.csv"}, skipped={"no class in _classes.csv": 1},
        tables={
            "train/_classes.csv": table("filename, cats, dogs", "a.jpg,1,0", "b.jpg,0,1", "c.jpg,1,0", "d.jpg,0,1"),
            "valid/_classes.csv": table("filename, cats, dogs", "e.jpg,1,0", "f.jpg,0,1", "g.jpg,1,1"),
        },
    ),
    "Open Images: a table of labels, some of them denied": Layout(
        "train/{0a,0b,0c,0d}.jpg", {"train": (2, 2)}, "/m/01yrx /m/0bt9lr", presplit=False,
        arguments={"labels": "train-labels.csv:LabelName"},
        skipped={"its confidence is 0: the picture does not show that": 1},
        tables={"train-labels.csv": table(
            "ImageID,Source,LabelName,Confidence", "0a,verification,/m/01yrx,1", "0b,verification,/m/0bt9lr,1",
            "0c,verification,/m/01yrx,1", "0d,verification,/m/0bt9lr,1", "0d,verification,/m/01yrx,0")},
    ),
    "a table from a German Excel, without headings": Layout(
        "{0..3}.png", {"train": (2, 2)}, "hund katze", arguments={"labels": "tab.csv"}, presplit=False,
        tables={"tab.csv": "\ufeff" + table("0.png;katze", "1.png;hund", "2.png;katze", "3.png;hund")},
    ),
    "a bad table still gives what it can": Layout(
        "images/{0..7}.png", {"train": (3, 2)}, arguments={"labels": "labels.csv"}, presplit=False,
        skipped={"no class in labels.csv": 2, "rows of labels.csv disagree about it": 1,
                 "names no picture that is here: '99.png'": 1},
        tables={"labels.csv": table(
            "file,label", "0.png,cats", "1.png,dogs", "", "2.png,cats", "3.png,dogs", "3.png,dogs", "4.png,cats",
            "5.png", "6.png,cats", "6.png,dogs", "99.png,cats")},
    ),
    # --- several levels ---
    "the innermost folder": Layout(
        "{2019,2020}/{cats,dogs}/{0..2}.png", {"train": (6, 6)}, arguments={"labels": "parent"}, presplit=False
    ),
    "the outermost folder": Layout(
        "{left,right}/{a,b}/{0..2}.png", {"train": (6, 6)}, "left right", arguments={"labels": "folder"}, presplit=False
    ),
    "a table above the pictures' folder": Layout(
        "pets/images/{a,b}/{0..1}.png README.md", {"train": (2, 2)}, arguments={"labels": "labels.csv"}, presplit=False,
        skipped={"no class in labels.csv": 1},
        tables={"labels.csv": table("file,label", "a/0.png,cats", "a/1.png,dogs", "b/0.png,cats", "b/1.png,dogs")},
    ),
    "a class that is called as a split": Layout(
        "{bus,train}/{0..2}.png train/{steam,electric}/{0..1}.png", {"train": (3, 7)}, "bus train",
        arguments={"labels": "folder"}, presplit=False,
    ),
    "all folders": Layout(
        "train/{cats,dogs}/{old,young}/{0..2}.png test/{cats,dogs}/{old,young}/{0..1}.png",
        {"train": (3,) * 4, "test": (2,) * 4}, "cats/old cats/young dogs/old dogs/young", arguments={"labels": "path"},
    ),
    # --- refused, with the remedy ---
    "the same folders in all classes": Layout(
        "{2019,2020}/{cats,dogs}/{0..2}.png",
        says=r'would be classes \(2019, 2020\) hold the same folders \(cats, dogs\).*pass labels="parent"',
    ),
    "the same folders in all classes, split": Layout(
        "train/{a,b}/{cats,dogs}/{0..2}.png test/{0..2}.png", says=r"\(a, b\) hold the same folders \(cats, dogs\)"
    ),
    "a split beside something else": Layout(
        "Train/{cats,dogs}/{0..2}.png unseen/{0..2}.png",
        says=r"is Train a split or a class\? It holds folders \(cats, dogs\), and what lies beside it \(unseen\) names",
    ),
    "one picture of one class": Layout(
        "cats/{0..4}.png dogs/0.png", arguments={"validation": 0.2},
        says=r"dogs has one picture only, to train on or to validate on\. Add another picture, .* or pass validation=0",
    ),
    "one class": Layout("cats/{0..2}.png", says=r"at least two folders with pictures.*Found 1: cats\.$"),
    "names without labels=": Layout(
        "train/{cat,dog}.{0..2}.jpg", says='If the classes are cat, dog, as the files are called, pass labels="name"'
    ),
    "a table without labels=": Layout("images/{0..2}.png train.csv", says='pass labels="train.csv"'),
    "YOLO boxes": Layout("{train,valid}/images/{0..2}.jpg {train,valid}/labels/{0..2}.txt", says="Found 0: none"),
    "no such table": Layout(
        "{0..2}.png a.csv", arguments={"labels": "b.csv"}, says=r"holds no table 'b.csv'\. It holds: a.csv"
    ),
    "a table of other pictures": Layout(
        "{0..2}.png", arguments={"labels": "a.csv"}, tables={"a.csv": table("file,label", "x.png,cats")},
        says=r"a.csv has no column that names the pictures, such as '0.png'\. Its columns: file, label",
    ),
    "a table of many columns": Layout(
        "{0..2}.png", arguments={"labels": "a.csv"}, tables={"a.csv": table("file,age,weight", "0.png,5,9")},
        says='a.csv: which column is the class\\? Pass labels="a.csv:COLUMN"\\. Its columns: file, age, weight',
    ),
    "a column that is not there": Layout(
        "{0..2}.png", arguments={"labels": "a.csv:breed"}, tables={"a.csv": table("file,label", "0.png,cats")},
        says="a.csv has no column 'breed'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("case", LAYOUTS)
def test_a_layout_is_read_or_refused_and_every_file_is_accounted_for_once(tmp_path, case, packed):
    layout = LAYOUTS[case]
    files = contents(layout)
    path = tmp_path / ("data.zip" if packed else "data")
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    else:
        for name, content in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
    arguments = {"validation": 0.0} | layout.arguments
    if not layout.counts:
        with pytest.raises(DataError, match=layout.says):
            image_folder(path, 6, **arguments)
        return
    data = image_folder(path, 6, **arguments)
    assert data.counts() == layout.counts
    assert data.class_names == tuple(layout.classes.split("|" if "|" in layout.classes else None))
    assert len(data.unlabelled_files) == len(data.unlabelled_images) == layout.unlabelled
    reasons: dict[str, int] = {}
    for one in data.skipped:
        reasons[one.reason] = reasons.get(one.reason, 0) + 1
    assert reasons == layout.skipped
    assert data.presplit == layout.presplit
    assert layout.says in data.report()
    told = [*data.files, *data.unlabelled_files, *(one.file for one in data.skipped if ", line " not in one.file)]
    assert len(told) == len(set(told)) == len(files) - len(layout.tables)


def test_the_class_is_where_it_seems_to_be(tmp_path):
    """By the colour of the pictures: grey 0 to 3 are cats, 4 to 7 dogs, in whichever way the layout says so."""
    layouts = {
        "folder": [f"train/{'cats' if n < 4 else 'dogs'}/{n}.png" for n in range(8)],
        "name": [f"train/{'cats' if n < 4 else 'dogs'}.{n}.png" for n in range(8)],
        "labels.csv": [f"train/{7 - n}.png" for n in range(8)],
    }
    for labels, names in layouts.items():
        root = tmp_path / labels.replace(".", "_")
        for grey, name in enumerate(names):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (6, 6), 30 * grey).save(root / name)
        rows = [f"{7 - n},{'cats' if n < 4 else 'dogs'}" for n in range(8)]
        (root / "labels.csv").write_text(table("id,label", *rows))
        data = image_folder(root, 6, labels=labels, validation=0)
        assert data.labels.tolist() == (data.images[:, 0, 0, 0] >= 120).astype(int).tolist()


CATS, DOGS = "고양이", "강아지"


@pytest.mark.parametrize(
    ("written", "encoding"),
    [("cp949", "cp949"), ("utf-8", None), ("utf-8", "cp949"), ("decomposed", None)],
)
def test_the_classes_of_a_zip_have_their_names_without_the_flag_of_utf_8(tmp_path, written, encoding):
    def raw(name: str) -> bytes:
        return unicodedata.normalize("NFD", name).encode() if written == "decomposed" else name.encode(written)

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(4):
            archive.writestr(f"{'cd'[number % 2] * len(raw((CATS, DOGS)[number % 2]))}/{number}.png", picture(number))
    data = (tmp_path / "a.zip").read_bytes()
    for letter, name in (("c", CATS), ("d", DOGS)):
        data = data.replace(letter.encode() * len(raw(name)) + b"/", raw(name) + b"/")
    (tmp_path / "a.zip").write_bytes(data)
    assert image_folder(tmp_path / "a.zip", 6, encoding=encoding).class_names == (DOGS, CATS)
    if written == "cp949":
        with pytest.raises(
            DataError, match=f"unknown encoding: encoding='cp949' reads '{CATS}/0.png', encoding='cp932'"
        ):
            image_folder(tmp_path / "a.zip", 6)


NODES = ["train", "Test", "val", "images", "labels", "cats", "dogs", "Cats", "a\u0308", "ä", ".git", "cat.0", "dog_1"]


@settings(max_examples=150, deadline=None)
@example({"train", "train/train", "train/images/train", "train/train/train"}, None, None, False)
@given(
    st.sets(st.lists(st.sampled_from(NODES), min_size=1, max_size=4).map("/".join), min_size=1, max_size=14),
    st.sampled_from([None, "folder", "parent", "path", "name", "t.csv"]),
    st.sampled_from([None, "(cat|dog)"]),
    st.booleans(),
)
def test_whatever_lies_wherever_is_read_or_refused_and_accounted_for_once(names, labels, groups, few):
    """Any tree of these names; a file of the name of a folder has ``.png`` at its end, and so has any other."""
    files = {f"{name}.png": picture(number) for number, name in enumerate(sorted(names))}
    if labels == "t.csv":
        files["t.csv"] = "\n".join(["file,label", *(f"{name},{len(name) % 3}" for name in sorted(names)[2:])]).encode()
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, name).write_bytes(content)
        arguments = {"labels": labels, "groups": groups, "validation": 0.2 if few else 0}
        try:
            data = image_folder(folder, 2, max_images=6 if few else 100, **arguments)
        except (DataError, ValueError) as error:
            assert folder not in str(error)  # noqa: PT017  most of these are no data set
            return
    told = [*data.files, *data.unlabelled_files, *(one.file for one in data.skipped if ", line " not in one.file)]
    assert len(told) == len(set(told)) == len(files) - (labels == "t.csv")
    assert len(data.class_names) > 1
    assert len(set(data.class_names)) == len(data.class_names)
    assert data.report()
    if groups:
        for group in set(data.groups):
            assert len({split for g, split in zip(data.groups, data.splits, strict=True) if g == group}) == 1
