"""A classifier on its way out and back: the same answers, whole bundles only, and cards that say what they must."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import pkgutil
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from PIL import Image

import cnnlab
from cnnlab import augment, datasets, delivery, tiny_yolo, transfer
from cnnlab.common.errors import DataError
from cnnlab.training.delivery.bundle import LAYERS

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
NAMES = ["ring", "clear", "grain"]  # not in the order of the alphabet
SOFTMAX = keras.layers.GlobalAveragePooling2D(), keras.layers.Softmax()


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """Says which of red, green and blue is brightest."""
    inputs = keras.Input((6, 8, 3))
    mean = keras.layers.GlobalAveragePooling2D()(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3, "softmax", name="classes")(mean))
    model.set_weights([10 * np.eye(3), np.zeros(3)])
    return model


@pytest.fixture
def bundle(tmp_path, model):
    return delivery.save(tmp_path / "cells", model, NAMES, "# Cells", fit="pad")


def test_it_comes_back_the_same(bundle, model):
    back = delivery.load(bundle)
    assert back.class_names == tuple(NAMES)
    assert (back.image_size, back.fit, back.card) == ((6, 8), "pad", "# Cells")
    images = np.random.default_rng(0).uniform(size=(5, 6, 8, 3)).astype("float32")
    np.testing.assert_allclose(back.model.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-6)
    assert sorted(path.name for path in bundle.iterdir()) == sorted(delivery.FILES)
    assert repr(back) == "Classifier(ring, clear, grain; pictures of 6 × 8)"


@pytest.mark.parametrize(("channel", "name"), list(enumerate(NAMES)))
def test_it_answers_by_name(bundle, channel, name):
    picture = np.zeros((6, 8, 3), np.uint8)
    picture[..., channel] = 255
    back = delivery.load(bundle)
    answers = back.predict(picture)
    assert next(iter(answers)) == name
    assert answers[name] == pytest.approx(np.exp(10) / (np.exp(10) + 2), abs=1e-4)
    assert list(answers.values()) == sorted(answers.values(), reverse=True)
    assert back.predict(picture / 255) == pytest.approx(answers)


def test_it_reads_a_file_as_the_training_pictures_were_read(bundle, tmp_path):
    wide = np.zeros((6, 16, 3), np.uint8)
    wide[..., 1] = 255
    Image.fromarray(wide).save(tmp_path / "new.jpg", "PNG")  # with a wrong name
    answers = delivery.load(bundle).predict(tmp_path / "new.jpg")
    # Padded to 6 × 8, half of the picture is black: the mean is halved.
    assert answers["clear"] == pytest.approx(np.exp(5) / (np.exp(5) + 2), abs=0.01)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(DataError, match="not a picture"):
        delivery.load(bundle).predict(tmp_path / "notes.txt")


def test_it_stretches_16_bits_where_the_training_pictures_were_stretched(tmp_path, model):
    """Of 0 and 1,000 of 65,535 the mean is 0.008; stretched it is half of the brightness."""
    values = np.zeros((6, 8), np.uint16)
    values[3:] = 1000
    Image.fromarray(values).save(tmp_path / "dark.png")
    for stretch in (False, True):
        back = delivery.load(delivery.save(tmp_path / f"{stretch}", model, NAMES, "# Cells", stretch_16_bit=stretch))
        assert back.stretch_16_bit == stretch
        picture = datasets.read_image(tmp_path / "dark.png", stretch_16_bit=stretch)[0]
        assert (picture.mean() > 100) == stretch
        assert back.predict(tmp_path / "dark.png") == pytest.approx(back.predict(picture))


@pytest.mark.parametrize(
    ("picture", "says"),
    [
        (np.zeros((8, 6, 3)), r"`picture` must have shape \(6, 8, 3\). Received: \(8, 6, 3\)"),
        (np.zeros((1, 6, 8, 3)), "`picture` must have shape"),
        (np.full((6, 8, 3), 200.0), "must be bytes, or floats from 0 to 1. Received: float64 from 200 to 200"),
        (np.zeros((6, 8, 3), int), "must be bytes, or floats from 0 to 1. Received: int64"),
        (np.full((6, 8, 3), np.nan), "must be bytes, or floats from 0 to 1"),
    ],
)
def test_other_pictures_are_refused(bundle, picture, says):
    with pytest.raises(ValueError, match=says):
        delivery.load(bundle).predict(picture)


def test_a_bundle_is_replaced_and_nothing_else_is(tmp_path, model, bundle):
    delivery.save(bundle, model, ["a", "b", "c"], "# Other")
    assert delivery.load(bundle).card == "# Other"
    assert [path.name for path in tmp_path.iterdir()] == ["cells"]
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("mine")
    with pytest.raises(DataError, match="thesis exists and is no saved classifier"):
        delivery.save(tmp_path / "thesis", model, NAMES, "# Cells")
    assert (tmp_path / "thesis" / "chapter1.txt").read_text() == "mine"


def test_a_full_disk_leaves_the_old_bundle(tmp_path, model, bundle, monkeypatch):
    def full(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", full)
    with pytest.raises(DataError, match="cells was not saved: No space left on device"):
        delivery.save(bundle, model, ["a", "b", "c"], "# Other")
    monkeypatch.undo()
    assert delivery.load(bundle).card == "# Cells"
    assert [path.name for path in tmp_path.iterdir()] == ["cells"]


@pytest.mark.parametrize("name", delivery.FILES)
def test_a_missing_file_is_named(bundle, name):
    (bundle / name).unlink()
    with pytest.raises(DataError, match=f"cells is no saved classifier: {name} missing"):
        delivery.load(bundle)


DAMAGED = "labels.json of cells is damaged"
LABELS = [
    *((text, DAMAGED) for text in ("not json", "", "[]", "[" * 100_000, "null")),
    *((change, DAMAGED) for change in ({"format": 2}, {"class_names": "abc"}, {"image_size": [6]}, {"fit": "squash"})),
    ({"image_size": ["6", "8"]}, DAMAGED),
    ({"image_size": [32, 32]}, f"{DAMAGED}: it says 32 × 32 pixels, and the model takes 6 × 8"),
    ({"class_names": [["a"], ["b"], ["c"]]}, "`class_names` must be 3 different names"),
    ({"class_names": ["a", "b"]}, "`class_names` must be 3 different names"),
]


@pytest.mark.parametrize(("change", "says"), LABELS, ids=range(len(LABELS)))
def test_labels_that_are_damaged_or_of_another_model_are_refused(bundle, change, says):
    path = bundle / "labels.json"
    text = change if isinstance(change, str) else json.dumps({**json.loads(path.read_text(encoding="utf-8")), **change})
    path.write_text(text)
    with pytest.raises(DataError, match=says):
        delivery.load(bundle)


def test_another_model_under_these_labels_is_refused(bundle, model):
    with open(bundle / "model.keras", "ab") as file:
        file.write(b"x")
    with pytest.raises(DataError, match=r"^model.keras of cells is not the file that was saved with these labels"):
        delivery.load(bundle)


def test_a_card_that_is_no_text_is_refused(bundle):
    (bundle / "MODEL_CARD.md").write_bytes(b"# caf\xe9")
    with pytest.raises(DataError, match="cells cannot be read: UnicodeDecodeError"):
        delivery.load(bundle)


def zip_of(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "{}")
    return buffer.getvalue()


NO_MODEL = "model.keras of cells is empty, cut short or no model of Keras"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", NO_MODEL),
        (b"no model", NO_MODEL),
        (zip_of("notes.txt"), NO_MODEL),
        (None, NO_MODEL),
        (zip_of("config.json", "metadata.json", "model.weights.h5"), "cells cannot be read: "),
    ],
    ids=["empty", "foreign", "zip", "cut", "damaged"],
)
def test_a_model_that_cannot_be_read_is_refused_without_a_machine_path(bundle, content, says):
    model = bundle / "model.keras"
    model.write_bytes(model.read_bytes()[:2000] if content is None else content)
    labels = json.loads((bundle / "labels.json").read_text(encoding="utf-8"))
    labels["sha256"] = hashlib.sha256(model.read_bytes()).hexdigest()
    (bundle / "labels.json").write_text(json.dumps(labels))
    with pytest.raises(DataError, match=says) as caught:
        delivery.load(bundle)
    assert str(bundle) not in str(caught.value)


class Unregistered(keras.layers.Layer):
    def call(self, x):
        return x


@pytest.mark.parametrize("layer", [Unregistered, lambda: keras.layers.Lambda(lambda x: x)], ids=["own", "Lambda"])
def test_a_model_that_would_not_come_back_is_not_saved(tmp_path, layer):
    model = layers_of(keras.Input((4, 4, 3)), layer(), *SOFTMAX)
    with pytest.raises(ValueError, match="`model` must be one that Keras can read back.* with (Unregistered|Lambda)$"):
        delivery.save(tmp_path / "cells", model, NAMES, "# C")
    assert not list(tmp_path.iterdir())


@keras.saving.register_keras_serializable("learner")
class Own(keras.layers.Layer):
    def call(self, x):
        return x


def layer_classes() -> dict[str, type]:
    """Every Keras layer that a module of the course defines, wherever it is."""
    for module in pkgutil.walk_packages(cnnlab.__path__, "cnnlab."):
        importlib.import_module(module.name)
    classes, waiting = {}, [keras.layers.Layer]
    while waiting:
        waiting += (known := waiting.pop()).__subclasses__()
        if known.__module__.startswith("cnnlab."):
            classes[known.__name__] = known
    return classes


EXAMPLES = {  # every layer of the course, as a network would hold it
    "GroupedConv2D": lambda c: c(4, 3, groups=1),
    "LocalResponseNormalization": lambda c: c(),
    "ChannelPadding": lambda c: c(2),
    "DarknetMaxPooling2D": lambda c: c(2, 1, 1),
    "ChannelSlice": lambda c: c(0, 2),
    "RandomAffine": lambda c: c(rotation=0.1),
    "RandomPCAColor": lambda c: c(steps=np.eye(3)),
    "Pipeline": lambda c: c([keras.layers.RandomBrightness(0.1, value_range=(0, 1))], (0, 1)),
}


FRESH = """
import json, pathlib, sys
import keras
import numpy as np
from cnnlab.training.delivery import load

keras.saving.get_custom_objects().clear()  # layers register where they are defined, and `load` needs no such help
back = {}
for folder in pathlib.Path(sys.argv[1]).iterdir():
    try:
        one = load(folder)
        back[folder.name] = [*one.predict(np.full((*one.image_size, 3), 0.25)).values()]
    except RuntimeError as error:
        back[folder.name] = str(error)
print(json.dumps(back))
"""


def test_everything_of_the_course_comes_back_in_a_fresh_process(tmp_path):
    """One process for all: a layer that is not named to Keras there cannot be read. The learner's own is asked for."""
    classes = layer_classes()
    assert set(classes.values()) == set(LAYERS)
    models = {name: layers_of(keras.Input((8, 8, 3)), EXAMPLES[name](one), *SOFTMAX) for name, one in classes.items()}
    detector = tiny_yolo.build((64, 64, 3))
    mean = keras.layers.GlobalAveragePooling2D()(detector.layers[-2].output)
    models["tiny_yolo"] = keras.Model(detector.input, keras.layers.Softmax()(mean))
    base = transfer.backbone("squeezenet", (48, 48, 3), weights=None, resize=64)  # resized, flipped, its mean taken
    models["transfer"] = transfer.classifier(base, 3)
    inner = layers_of(keras.Input((8, 8, 3)), augment.pipeline("detection"))  # a layer in a chain in a model in a model
    models["augment"] = layers_of(keras.Input((8, 8, 3)), augment.pipeline("photos"), inner, *SOFTMAX)
    models["own"] = layers_of(keras.Input((4, 4, 3)), Own(), *SOFTMAX)
    expected = {}
    for name, model in models.items():
        size = model.input_shape[1:3]
        delivery.save(tmp_path / name, model, [f"{n}" for n in range(model.output_shape[1])], "# C")
        expected[name] = [*delivery.load(tmp_path / name).predict(np.full((*size, 3), 0.25)).values()]
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(tmp_path)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    back = json.loads(done.stdout.splitlines()[-1])
    assert back.pop("own").startswith("own cannot be read yet: it holds Own, which is not part of the course. Run the")
    assert back.keys() == expected.keys() - {"own"}
    for name, answers in back.items():
        np.testing.assert_allclose(answers, expected[name], atol=1e-5, err_msg=name)


# --- one sigmoid, and scores ------------------------------------------------------------------------------------------


def test_one_sigmoid_answers_for_both_classes(tmp_path):
    """Red says yes: its mean m gives the score 4 m − 2, and 1/(1 + e^−(4 m − 2)) is the probability of `dog`."""
    mean = keras.layers.GlobalAveragePooling2D()
    model = layers_of(keras.Input((6, 8, 3)), mean, keras.layers.Dense(1, activation="sigmoid"))
    model.set_weights([np.array([[4.0], [0.0], [0.0]]), np.array([-2.0])])
    back = delivery.load(delivery.save(tmp_path / "pets", model, ["cat", "dog"], "# Pets"))
    red = np.zeros((6, 8, 3))
    assert back.predict(red) == pytest.approx({"cat": 1 / (1 + np.exp(-2)), "dog": 1 / (1 + np.exp(2))}, abs=1e-5)
    assert next(iter(back.predict(red))) == "cat"
    red[..., 0] = 1
    assert next(iter(back.predict(red))) == "dog"
    with pytest.raises(ValueError, match="`class_names` must be 2 different names"):
        delivery.save(tmp_path / "pets", model, ["dog"], "# Pets")


@pytest.mark.parametrize(("activation", "bias"), [("relu", 2.0), (None, 0.5)])  # between 0 and 1, and scores still
@pytest.mark.parametrize(("classes", "last"), [(2, "softmax"), (1, "sigmoid")])
def test_scores_are_not_delivered_as_probabilities(tmp_path, classes, last, activation, bias):
    scores = keras.layers.Dense(classes, activation, kernel_initializer="zeros")
    model = layers_of(keras.Input((4, 4, 3)), keras.layers.GlobalAveragePooling2D(), scores)
    scores.bias.assign([bias] * classes)
    with pytest.raises(ValueError, match=f'`model` must end in probabilities: activation="{last}" in its last layer'):
        delivery.save(tmp_path / "pets", model, ["a", "b"], "# Pets")
    assert not list(tmp_path.iterdir())


def test_weights_that_are_no_numbers_are_not_delivered(tmp_path):
    """A pooled maximum may swallow them, so that the probabilities look like any."""
    last = keras.layers.Dense(2, "softmax")
    model = layers_of(keras.Input((4, 4, 3)), keras.layers.GlobalAveragePooling2D(), last)
    last.set_weights([np.full((3, 2), np.nan), np.zeros(2)])
    with pytest.raises(ValueError, match="`model` must have finite weights. Received: not-a-number .* in .*kernel"):
        delivery.save(tmp_path / "pets", model, ["a", "b"], "# Pets")
    assert not list(tmp_path.iterdir())


def test_half_precision_answers_too(tmp_path):
    layers = keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3, "softmax", dtype="bfloat16")
    back = delivery.load(delivery.save(tmp_path / "cells", layers_of(keras.Input((4, 4, 3)), *layers), NAMES, "# C"))
    assert sum(back.predict(np.ones((4, 4, 3))).values()) == pytest.approx(1, abs=1e-2)


def layers_of(*layers: keras.layers.Layer) -> keras.Model:
    return keras.Sequential(list(layers))


@pytest.mark.parametrize(
    ("build", "names", "card", "error", "says"),
    [
        (
            lambda m: layers_of(keras.layers.Flatten()),
            NAMES,
            "# C",
            ValueError,
            "must know its pictures",
        ),
        (lambda m: "model", NAMES, "# C", TypeError, "`model` must be a keras.Model. Received: str"),
        (lambda m: m, ["a", "b"], "# C", ValueError, "`class_names` must be 3 different names, one for each output"),
        (lambda m: m, ["a", "b", "b"], "# C", ValueError, "`class_names` must be 3 different names"),
        (lambda m: m, [["a"], ["b"], ["c"]], "# C", ValueError, "`class_names` must be 3 different names"),
        (lambda m: m, ["a", "b", " "], "# C", ValueError, "`class_names` must be 3 different names"),
        (lambda m: m, "abc", "# C", ValueError, "`class_names` must be 3 different names"),
        (lambda m: m, NAMES, " ", ValueError, "`card` must be a text with something in it"),
        (
            lambda m: layers_of(keras.Input((None, None, 3)), keras.layers.GlobalAveragePooling2D()),
            NAMES,
            "# C",
            ValueError,
            r"`model` must take pictures \(N, H, W, 3\) of one size",
        ),
        (
            lambda m: layers_of(keras.Input((4, 4, 3)), keras.layers.Conv2D(3, 1)),
            NAMES,
            "# C",
            ValueError,
            "`model` must give one number for each class",
        ),
    ],
)
def test_save_refuses(tmp_path, model, build, names, card, error, says):
    with pytest.raises(error, match=says):
        delivery.save(tmp_path / "cells", build(model), names, card)
    assert not list(tmp_path.iterdir())


# --- scores -----------------------------------------------------------------------------------------------------------


def test_scores_by_hand_and_by_scikit_learn():
    """Class 0: 5 of 10 found, 5 of 6 sayings right. Class 1: 6 of 10, 6 of 9. Class 2: 9 of 10, 9 of 15."""
    matrix = np.array([[5, 3, 2], [0, 6, 4], [1, 0, 9]])
    scores = delivery.class_scores(matrix)
    np.testing.assert_allclose(scores.recall, [0.5, 0.6, 0.9])
    np.testing.assert_allclose(scores.precision, [5 / 6, 6 / 9, 9 / 15])
    np.testing.assert_allclose(scores.f1, [10 / 16, 12 / 19, 18 / 25])  # 2·right / (row + column)
    assert scores.count.tolist() == [10, 10, 10]
    labels, said = (rows.repeat(matrix.ravel()) for rows in np.indices(matrix.shape).reshape(2, -1))
    expected = sklearn.metrics.precision_recall_fscore_support(labels, said)
    for got, want in zip((scores.precision, scores.recall, scores.f1, scores.count), expected, strict=True):
        np.testing.assert_allclose(got, want)


def test_nothing_over_nothing_is_not_a_number():
    scores = delivery.class_scores([[3, 0, 0], [0, 0, 0], [2, 0, 0]])
    np.testing.assert_array_equal(np.isnan(scores.precision), [False, True, True])
    np.testing.assert_array_equal(np.isnan(scores.recall), [False, True, False])
    assert "| b | 0 | – | – | – |" in scores.table(["a", "b", "c"])


@pytest.mark.parametrize(
    "matrix", [[[1, 2]], [[1, -1], [0, 2]], [[0.5, 0], [0, 1]], [[np.inf, 0], [0, 1]], [[np.nan, 0], [0, 1]]]
)
def test_other_matrices_are_refused(matrix):
    with pytest.raises(ValueError, match="`matrix` must"):
        delivery.class_scores(matrix)


# --- the card ---------------------------------------------------------------------------------------------------------

CARD = {
    "title": "Pets",
    "purpose": "Sorting.",
    "data": "20 photos.",
    "training": "A head.",
    "class_names": ["cat", "dog"],
    "matrix": np.array([[8, 2], [0, 10]]),
    "limits": ["Two breeds only."],
}


@pytest.mark.parametrize(("right", "total"), [(1, 1), (0, 10), (0, 3), (7, 9), (80, 100), (50, 50)])
def test_the_interval_is_scipys(right, total):
    theirs = scipy.stats.binomtest(right, total).proportion_ci(method="wilson")
    assert delivery.accuracy_interval(right, total) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


@pytest.mark.parametrize(("right", "total"), [(1, 0), (3, 2), (-1, 4), (0.5, 1), (1, 2.0)])
def test_an_interval_needs_a_count(right, total):
    with pytest.raises(ValueError, match=r"`right` must be 0 … `total`.* Received"):
        delivery.accuracy_interval(right, total)


def test_one_right_picture_is_no_certainty():
    card = delivery.model_card(**{**CARD, "matrix": np.array([[1, 0], [0, 0]])})
    assert "Accuracy 1.00 (95 % interval 0.21 to 1.00) on 1 picture it" in card


def test_the_card_says_what_it_must():
    """18 of 20 right. Wilson: (0.9 + 0.0960 ± 1.96 · √(0.0045 + 0.0024)) / 1.1921 = (0.996 ± 0.163) / 1.192."""
    card = delivery.model_card(**CARD)
    assert "Accuracy 0.90 (95 % interval 0.70 to 0.97) on 20 pictures" in card
    assert "| cat | 10 | 1.00 | 0.80 | 0.89 |" in card
    assert "Most often confused: cat, taken for dog, 2 of 10." in card
    assert "- Two breeds only." in card
    assert "Most often" not in delivery.model_card(**{**CARD, "matrix": np.diag([3, 4])})
    for dtype in (float, np.float32, np.uint8):  # counts are whole numbers in any of them
        assert delivery.model_card(**{**CARD, "matrix": CARD["matrix"].astype(dtype)}) == card


def test_the_card_is_balanced_for_three_against_three_hundred():
    """297 of 300 and 1 of 3: 298 / 303 = 0.98, and (0.99 + 1/3) / 2 = 0.66. Always dog: 300 / 303 = 0.99, and 1/2."""
    matrix = np.array([[297, 3], [2, 1]])
    card = delivery.model_card(**{**CARD, "class_names": ["dog", "lynx"], "matrix": matrix})
    assert "Accuracy 0.98 (95 % interval 0.96 to 0.99) on 303 pictures" in card
    assert "the mean of the classes' recalls: 0.66. Always saying dog would reach 0.99 and 0.50." in card
    low, high = scipy.stats.binomtest(1, 3).proportion_ci(method="wilson")
    said = f"fewer than 10 pictures: lynx (3; the true recall may lie between {low:.2f} and {high:.2f})."
    assert said in card
    labels, answers = (rows.repeat(matrix.ravel()) for rows in np.indices(matrix.shape).reshape(2, -1))
    theirs = sklearn.metrics.balanced_accuracy_score(labels, answers)
    assert delivery.class_scores(matrix).balanced_accuracy == pytest.approx(theirs)
    assert "fewer than" not in delivery.model_card(**CARD)
    none = delivery.model_card(**{**CARD, "class_names": list("abcdefg"), "matrix": np.diag([0, 20, 2, 1, 1, 1, 1])})
    assert "fewer than 10 pictures: a (0), d (1; the true recall may lie between 0.21 and 1.00), " in none
    assert "and 1 more." in none


def test_of_many_classes_the_table_shows_the_worst():
    """F1 of a: 1, b: never said, c: nothing to find, d: 2·3 / (4 + 3), e: 2·4 / (4 + 7)."""
    scores = delivery.class_scores(
        [[5, 0, 0, 0, 0], [0, 0, 0, 0, 2], [0, 0, 0, 0, 0], [0, 0, 0, 3, 1], [0, 0, 0, 0, 4]]
    )
    rows = scores.table(list("abcde"), most=2).splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| b", "| e", "| 3 others, none worse"]
    assert rows[-1] == "| 3 others, none worse | 9 | | | |"
    assert scores.table(list("abcde"), most=5) == scores.table(list("abcde"))
    with pytest.raises(ValueError, match="`most` must be a whole number >= 1"):
        scores.table(list("abcde"), most=0)


def test_many_classes_become_few_and_the_first_answer_stays():
    rng = np.random.default_rng(0)
    probabilities, labels = rng.dirichlet(np.full(50, 0.1), 300), rng.integers(0, 50, 300)
    names = [f"c{n}" for n in range(50)]
    few, likely, short = delivery.commonest_mistakes(labels, probabilities, names)
    assert likely.shape == (300, 20)
    assert short[-1] == "other classes"
    place = [short.index(name) if name in short else 19 for name in names]
    assert few.tolist() == [place[label] for label in labels]
    assert likely.argmax(axis=1).tolist() == [place[said] for said in probabilities.argmax(axis=1)]
    np.testing.assert_array_equal(likely.max(axis=1), probabilities.max(axis=1))
    same, unchanged, all_of_them = delivery.commonest_mistakes(labels, probabilities, names, most=50)
    assert all_of_them == names
    np.testing.assert_array_equal(same, labels)
    np.testing.assert_array_equal(unchanged, probabilities)
    with pytest.raises(ValueError, match="`most` must be a whole number >= 2. Received: 1"):
        delivery.commonest_mistakes(labels, probabilities, names, most=1)


def test_a_name_does_not_break_the_table():
    lines = delivery.class_scores([[1, 0], [0, 1]]).table(["a|b", "c\nd"]).splitlines()
    assert lines[2:] == [r"| a\|b | 1 | 1.00 | 1.00 | 1.00 |", "| c d | 1 | 1.00 | 1.00 | 1.00 |"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"limits": []}, "every model has limits"),
        ({"limits": "none"}, "every model has limits"),
        ({"purpose": " "}, "`purpose` must be a text with something in it"),
        ({"class_names": ["cat"]}, "`class_names` must be 2 different names"),
        ({"matrix": np.zeros((2, 2), int)}, "`matrix` must count at least one picture"),
    ],
)
def test_a_card_without_the_essentials_is_refused(change, says):
    with pytest.raises(ValueError, match=says):
        delivery.model_card(**{**CARD, **change})


def test_a_stop_between_the_two_last_steps_keeps_the_old_bundle(bundle, model, monkeypatch):
    before = {file.name: file.read_bytes() for file in bundle.iterdir()}
    rename = Path.rename

    def stopped(self, target):
        if self.suffix == ".part":
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", stopped)
        with pytest.raises(KeyboardInterrupt):
            delivery.save(bundle, model, NAMES, "# New")
    assert {file.name: file.read_bytes() for file in bundle.iterdir()} == before
    assert [file.name for file in bundle.parent.iterdir()] == [bundle.name]
