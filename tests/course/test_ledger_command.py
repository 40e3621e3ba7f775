"""``cnnlab ledger``: any network's table, from a name or from a stranger's file, printed, as CSV and as a page."""

import csv
import io
import json
import zipfile
from html.parser import HTMLParser

import keras
import pytest
from keras import layers

from cnnlab import ledger, zoo
from cnnlab.course.cli import main

# Keras' own saving turns TensorFlow's variables into arrays in a way that NumPy 2 complains about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture
def said(capsys):
    """What a command printed, after a look at its exit status."""

    def run(*words, status=0):
        assert main(["ledger", *map(str, words)]) == status
        spoken = capsys.readouterr()
        return spoken.err if status else spoken.out

    return run


def saved(path, model):
    model.save(path)
    return path


def written(path, config, weights=b""):
    """A .keras file with any text or object for its architecture."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", config if isinstance(config, (str, bytes)) else json.dumps(config))
        archive.writestr("model.weights.h5", weights)
    return path


# ── which network ──


def test_a_name_of_the_zoo_prints_its_ledger(said):
    assert said("lenet5") == f"{ledger.ledger(zoo.build('lenet5'))}\n"
    conv1 = [said("lenet5", "--input", 28, 24, *more).splitlines()[4].split()[:4] for more in ((), (3,))]
    assert conv1 == [["conv1", "Conv2D", "24×20×6", "156"], ["conv1", "Conv2D", "24×20×6", "456"]]


@pytest.mark.parametrize("name", ["MobileNetV3Small", "mobilenet_v3_small"])
def test_a_name_of_keras_applications_counts_for_pictures_of_its_size(name, said):
    table = said(name)
    assert "224×224×3" in table
    assert "2,554,968" in table  # Keras' count_params()
    assert "≥" not in table
    assert "96×96×3" in said(name, "--input", 96, 96)


@pytest.mark.parametrize(
    "build",
    [
        lambda: zoo.build("resnet20"),  # its shortcuts are a layer of the course
        lambda: zoo.build("alexnet", (67, 67, 3), include_top=False),
        lambda: keras.Sequential([zoo.build("lenet5", include_top=False), layers.Flatten(), layers.Dense(2)]),
        lambda: keras.Sequential([layers.Conv2D(2, 3), layers.RandomFlip()]),  # knows its input since it was called
    ],
)
def test_a_file_has_the_ledger_of_the_model_in_it(build, said, tmp_path):
    model = build()
    if not model.built:
        model(keras.ops.zeros((1, 8, 8, 3)))
    expected = f"{ledger.ledger(model)}\n"
    assert said(saved(tmp_path / "model.keras", model)) == expected


def test_of_a_file_only_the_architecture_is_read(said, tmp_path):
    """Neither its weights nor its compilation, so that a loss of one's own is no hindrance."""

    def loss(true, predicted):
        return keras.ops.mean((true - predicted) ** 2)

    model = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(4, 3, 2, "same"), layers.Flatten()])
    model.compile("sgd", loss)
    with zipfile.ZipFile(saved(tmp_path / "model.keras", model)) as archive:
        config = archive.read("config.json")
    path = written(tmp_path / "without.keras", config)
    assert "sizes are open" in said(path)
    assert "10×5×4" in said(path, "--input", 20, 10)


def test_a_giant_is_counted_and_not_built(said, tmp_path):
    config = keras.saving.serialize_keras_object(keras.Sequential([keras.Input((1000,)), layers.Dense(7)]))
    text = json.dumps(config).replace('"units": 7', f'"units": {10**10}')  # 40 TB
    assert "10,010,000,000,000" in said(written(tmp_path / "giant.keras", text))


# ── what it writes ──

NAMES = ['=HYPERLINK("x")', "+1", "-1", "@a", "<b>&\"'", "tab\tand\nline", "Maß", "half \ud800"]


@pytest.fixture
def strange(tmp_path):
    """A file whose layers have the worst of names, several axes, and numbers that are not known."""
    x = inputs = keras.Input((None, 9, 1), name="in")
    for number in range(len(NAMES)):
        x = layers.Conv2D(2, (1, 2), name=f"name{number}")(x)
    config = json.dumps(keras.saving.serialize_keras_object(keras.Model(inputs, x, name="<i>")))
    for number, name in enumerate(NAMES):
        config = config.replace(f'"name{number}"', json.dumps(name))
    return written(tmp_path / "strange.keras", config)


def test_csv_has_plain_numbers_and_no_formula(said, strange, tmp_path):
    out = tmp_path / "table.csv"
    assert said(strange, "--out", out) == f"Written to {out}: <i>, {len(NAMES) + 1} rows\n"
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"), newline="")))
    names = [f"'{name}" if name[0] in "=+-@" else name for name in NAMES]
    names[-1] = "half \\ud800"  # UTF-8 has no place for half a pair
    assert [row.pop("layer") for row in rows] == ["in", *names]
    assert rows[1] == {
        "kind": "Conv2D", "output": "?x8x2", "parameters": "6", "trainable": "6", "multiply_adds": "", "field": "1x2",
        "stride": "1", "memory_bytes": "", "note": "sizes are open: give `--input`",
    }  # fmt: skip
    said("lenet5", "--out", out)
    rows = csv.DictReader(io.StringIO(out.read_text(encoding="utf-8")))
    for row, known in zip(rows, ledger.ledger(zoo.build("lenet5")), strict=True):
        assert int(row["multiply_adds"]) == known.macs
        assert int(row["memory_bytes"]) == known.activation_bytes
        assert row["field"] == (known.receptive_field if known.name in ("flatten", "fc1", "fc2", "predictions") else
                                str(known.receptive_field[0].size))  # fmt: skip


class Tables(HTMLParser):
    """The cells of a page, row by row, and its tags."""

    def __init__(self, page):
        super().__init__()
        self.rows, self.tags, self.text, self.in_cell = [], [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        self.in_cell = self.in_cell and tag not in ("th", "td")

    def handle_data(self, data):
        if self.in_cell:
            self.rows[-1][-1] += data
        self.text.append(data)


def test_a_page_is_whole_and_its_names_are_escaped(said, strange, tmp_path):
    out = tmp_path / "page.HTML"
    said(strange, "--out", out)
    page = Tables(out.read_text(encoding="utf-8"))
    assert page.tags[0] == ("html", {"lang": "en"})
    assert [row[0] for row in page.rows[2:-1]] == [*NAMES[:-1], "half \\ud800"]
    tags = [tag for tag, _ in page.tags]
    assert [tags.count(tag) for tag in ("title", "table", "caption", "b", "i", "script")] == [1, 1, 1, 0, 0, 0]
    assert "<i>" in page.text  # the caption
    scopes = [about.get("scope") for tag, about in page.tags if tag == "th"]
    assert (scopes.count("col"), scopes.count("row")) == (8, len(NAMES) + 2)
    said("lenet5", "--out", out)
    table = ledger.ledger(zoo.build("lenet5")).table()
    assert Tables(out.read_text(encoding="utf-8")).rows == [list(row) for row in (table.head, *table.rows, table.total)]


def test_a_name_cannot_break_the_printed_table(said, strange):
    table = said(strange)
    assert table.count("\n") == ledger.ledger(zoo.build("lenet5")).table().text().count("\n") + 2
    assert "tab\\tand\\nline" in table


# ── what is refused, in one line ──


def refused(said, *words):
    error = said(*words, status=2)
    assert error.startswith("cnnlab: ")
    assert error[:-1].isprintable()
    assert len(error) < 500
    return error


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["resnet_50"], "Received: 'resnet_50'. Nearest: resnet50, "),
        (["mobilenetv22"], "Nearest: MobileNetV2, "),
        (["elephant"], "Some names: lenet5, alexnet, "),
        (["no/such.keras"], "Received: 'no/such.keras', and there is none"),
        (["lenet5", "--out", "table.txt"], "`--out` must end in .csv or .html. Received: 'table.txt'"),
        (["lenet5", "--input", "28"], "`--input` must be HEIGHT WIDTH [CHANNELS]. Received: 28"),
        (["lenet5", "--input", "12", "12"], "`--input` (12, 12, 1) is too small for lenet5: layer `conv2`"),
        (["ResNet50", "--input", "16", "16"], "Input size must be at least 32x32"),
        (["lenet5", "--out", "no/such/folder/a.csv"], "No such file or directory"),
    ],
)
def test_a_wrong_order(words, says, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert says in refused(said, *words)
    assert list(tmp_path.iterdir()) == []


def test_an_input_that_is_no_size(capsys):
    with pytest.raises(SystemExit):
        main(["ledger", "lenet5", "--input", "28", "x"])
    assert "must be a number > 0. Received: 'x'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ((9, 9), "`--input` must fit the model's own, (8, 8, 1). Received: (9, 9, 1)"),
        ((8, 8, 2), "Received: (8, 8, 2)"),
    ],
)
def test_an_input_that_the_file_does_not_take(sizes, says, said, tmp_path):
    path = saved(tmp_path / "model.keras", keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3)]))
    assert says in refused(said, path, "--input", *sizes)


def test_an_input_too_small_for_a_file(said, tmp_path):
    path = saved(tmp_path / "model.keras", keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(2, 3)]))
    assert "`--input` (2, 2, 1) does not fit sequential" in refused(said, path, "--input", 2, 2)


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("no JSON", "Expecting value"),
        ([], "its config.json holds no model"),
        (DEEP, "recursion"),
        (b"\xff\xfe\x00", "a whole .keras file"),
        ("{" + " " * 30_000_000 + "}", "its config.json has 30,000,002 bytes"),
        ({}, "must hold a model"),
        (
            {"module": "os", "class_name": "system", "config": {"command": "touch harm"}},
            "it holds system, which only the code",
        ),
        ({"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}}, "a.keras: Dense"),
        (
            {"module": "keras", "class_name": "Sequential", "config": {"layers": 3}},  # Keras' own words differ
            "`MODEL` must be made of Keras' and the course's layers. Received: a.keras: ",
        ),
    ],
)
def test_a_zip_with_another_architecture(config, says, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert says in refused(said, written(tmp_path / "a.keras", config))
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


@pytest.mark.parametrize("kept", [0, 10, 300])
def test_a_file_that_is_cut_short(kept, said, tmp_path):
    path = saved(tmp_path / "model.keras", zoo.build("lenet5"))
    path.write_bytes(path.read_bytes()[:kept])
    assert "`MODEL` must be a whole .keras file. Received: model.keras: " in refused(said, path)


def test_other_files(said, tmp_path):
    (tmp_path / "model.h5").write_bytes(b"\x89HDF")
    assert "must be a .keras file" in refused(said, tmp_path / "model.h5")
    with zipfile.ZipFile(tmp_path / "photos.keras", "w") as archive:
        archive.writestr("dog.jpg", "")
    assert "There is no item named 'config.json'" in refused(said, tmp_path / "photos.keras")
    assert "there is none" in refused(said, f"{tmp_path}/")


@keras.saving.register_keras_serializable("tests")
class Own(layers.Layer):
    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (lambda: layers.Lambda(lambda x: x + 1), "Lambda layer, which would run code from the file"),
        (Own, "it holds Own, which only the code that defines it can build"),
    ],
)
def test_code_of_the_files_own_is_not_run(layer, says, said, tmp_path):
    path = saved(tmp_path / "model.keras", keras.Sequential([keras.Input((2,)), layer()]))
    objects = dict(keras.saving.get_custom_objects())
    keras.saving.get_custom_objects().pop("tests>Own")  # as in a process that has not defined it
    try:
        assert says in refused(said, path)
    finally:
        keras.saving.get_custom_objects().update(objects)
