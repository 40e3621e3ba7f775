"""What leaves the notebook: a trained classifier with its labels and its model card, and what comes back from disk.

A bundle is a folder of three files: ``model.keras``, ``labels.json`` (the class names in the order of the outputs, the
size and range of the pictures) and ``MODEL_CARD.md``. It appears whole or not at all.
"""

from __future__ import annotations

import json
import numbers
import os
import re
import secrets
import shutil
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from cnnlab.common.errors import DataError, cause
from cnnlab.common.files import sha256

# So that Keras knows every layer of the course when it reads a model, in a process that has seen none of them.
from cnnlab.common.validate import check_choice, check_int, check_rank
from cnnlab.data.pictures.read import FITS, read_image
from cnnlab.training.transfer.heads import are_probabilities, one_a_class

FILES = ("model.keras", "labels.json", "MODEL_CARD.md")
_FORMAT = 1  # of labels.json
_MEMBERS = ("config.json", "model.weights.h5")  # of model.keras, which is a zip
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RuntimeError)  # what Keras raises on such a model


@dataclass(frozen=True, eq=False)
class ClassScores:
    """How well each class is told apart.

    Attributes
    ----------
    precision : (classes,) of the pictures said to be of the class, the share that is; NaN where none was said to be
    recall : (classes,) of the pictures of the class, the share found; NaN where there are none
    f1 : (classes,) the harmonic mean of the two; NaN where one of them is, 0 where both are 0
    count : (classes,) pictures of the class
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    count: np.ndarray

    def table(self, class_names: Sequence[str]) -> str:
        """The scores as a table in Markdown, one row a class."""
        names = check_names(class_names, len(self.count))
        lines = ["| class | pictures | precision | recall | F1 |", "|---|---|---|---|---|"]
        for name, *scores in zip(names, self.count, self.precision, self.recall, self.f1, strict=True):
            shown = ["–" if np.isnan(score) else f"{score:.2f}" for score in scores[1:]]
            lines.append(f"| {_in_a_cell(name)} | {scores[0]:,} | {' | '.join(shown)} |")
        return "\n".join(lines)


def _in_a_cell(name: str) -> str:
    """A class is named as its folder is: a bar or a new line in it would end the cell."""
    return " ".join(name.split()).replace("|", "\\|")


def class_scores(matrix: np.ndarray) -> ClassScores:
    """Precision, recall and F1 of each class from a confusion matrix.

    Parameters
    ----------
    matrix : (classes, classes) counts, row = the truth, column = what was said, see `cnnlab.training.confusion_matrix`

    Raises
    ------
    TypeError, ValueError
        If it is not a square matrix of counts.

    Examples
    --------
    >>> scores = class_scores([[8, 2], [0, 10]])
    >>> scores.precision.round(2).tolist(), scores.recall.tolist()
    ([1.0, 0.83], [0.8, 1.0])
    """
    matrix = _counts(matrix)
    right, said, count = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    with np.errstate(invalid="ignore"):  # 0 / 0 is the NaN that is meant
        precision, recall = right / said, right / count
        f1 = np.where(precision + recall == 0, 0.0, 2 * precision * recall / (precision + recall))
    return ClassScores(precision, recall, f1, count)


def _counts(matrix: object) -> np.ndarray:
    """A confusion matrix as whole numbers, whatever dtype they came in."""
    matrix = check_rank(matrix, "matrix", {2: "(classes, classes)"})
    if matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise ValueError(f"`matrix` must be square, (classes, classes). Received: shape {matrix.shape}")
    wrong = matrix[~((matrix >= 0) & (matrix == np.rint(matrix)) & (matrix < 2**53))]
    if wrong.size:
        raise ValueError(f"`matrix` must hold counts, whole numbers >= 0. Received: {wrong[0]}")
    return matrix.astype(np.int64)


def accuracy_interval(right: int, total: int) -> tuple[float, float]:
    """Where the true accuracy may lie when `right` of `total` pictures were answered rightly: Wilson's 95 % interval.

    Unlike p ± 2 √(p(1 − p)/n) it stays within 0 and 1, and does not claim certainty where all, or none, were right.

    Parameters
    ----------
    right, total : whole numbers, 0 <= `right` <= `total`, `total` >= 1

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    Examples
    --------
    >>> [round(end, 2) for end in accuracy_interval(1, 1)], [round(end, 2) for end in accuracy_interval(45, 50)]
    ([0.21, 1.0], [0.79, 0.96])
    """
    if not (
        isinstance(total, numbers.Integral) and isinstance(right, numbers.Integral) and 0 <= right <= total and total
    ):
        raise ValueError(f"`right` must be 0 … `total`, `total` at least 1, both whole. Received: {right!r}, {total!r}")
    z = 1.959964  # 95 % of a normal distribution lie within ± z
    p = right / total
    middle, half = p + z * z / (2 * total), z * np.sqrt(p * (1 - p) / total + (z / (2 * total)) ** 2)
    scale = 1 + z * z / total
    return float(max(0.0, (middle - half) / scale)), float(min(1.0, (middle + half) / scale))


def model_card(
    title: str,
    *,
    purpose: str,
    data: str,
    training: str,
    class_names: Sequence[str],
    matrix: np.ndarray,
    limits: Sequence[str],
) -> str:
    """The page that goes with a model: what it is for, what it was made from, how good it is, what it cannot do.

    Parameters
    ----------
    title, purpose : what it is called and what it is for, and not for
    data : where the pictures came from, how many, what was left out: `cnnlab.datasets.ImageFolder.report` says it
    training : how it was trained, in words
    class_names : in the order of the outputs
    matrix : (classes, classes) confusion matrix on pictures it was not trained on
    limits : what a user must know, at least one sentence

    Returns
    -------
    str
        Markdown. The accuracy comes with its `accuracy_interval`.

    References
    ----------
    Mitchell and others, "Model cards for model reporting", 2019.

    Examples
    --------
    >>> card = model_card("Pets", purpose="Sorting.", data="20 photos.", training="A head.", class_names=["cat", "dog"],
    ...                   matrix=np.array([[8, 2], [0, 10]]), limits=["Two breeds only."])
    >>> card.splitlines()[0], "0.90 (95 % interval 0.70 to 0.97)" in card
    ('# Pets', True)
    """
    if isinstance(limits, str) or not list(limits):
        raise ValueError(f"`limits` must be at least one sentence: every model has limits. Received: {limits!r}")
    for name, text in (("title", title), ("purpose", purpose), ("data", data), ("training", training)):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"`{name}` must be a text with something in it. Received: {text!r}")
    scores = class_scores(matrix)
    names = check_names(class_names, len(scores.count))
    matrix, total = _counts(matrix), int(scores.count.sum())
    if not total:
        raise ValueError("`matrix` must count at least one picture. Received: none")
    right = int(np.trace(matrix))
    low, high = accuracy_interval(right, total)
    confused = matrix - np.diag(np.diag(matrix))
    row, column = np.unravel_index(confused.argmax(), confused.shape)
    worst = f"Most often confused: {names[row]}, taken for {names[column]}, {confused.max()} of {scores.count[row]}."
    return "\n\n".join(
        [
            f"# {title}",
            f"**For.** {purpose}",
            f"**Classes.** {', '.join(names)}.",
            f"## Data\n\n{data}",
            f"## Training\n\n{training}",
            f"## How good it is\n\nAccuracy {right / total:.2f} (95 % interval {low:.2f} to {high:.2f}) on {total:,} "
            f"picture{'' if total == 1 else 's'} it had not been trained on.",
            scores.table(names),
            *([worst] if confused.any() else []),
            "## Limits\n\n" + "\n".join(f"- {limit}" for limit in limits) + "\n",
        ]
    )


@dataclass(frozen=True, eq=False)
class Classifier:
    """A model with what is needed to use it: made by `load`.

    Attributes
    ----------
    model : the Keras model; pictures (N, H, W, 3) as floats from 0 to 1 → (N, classes) probabilities, or (N, 1) of one
        sigmoid
    class_names : in the order of the outputs; of one sigmoid, the class it says no to and the class it says yes to
    image_size : (height, width) of its pictures
    fit : how pictures of another shape are brought to it, see `cnnlab.datasets.read_image`
    card : its model card, Markdown
    """

    model: keras.Model
    class_names: tuple[str, ...]
    image_size: tuple[int, int]
    fit: str
    card: str

    def __repr__(self) -> str:
        size = " × ".join(map(str, self.image_size))
        return f"Classifier({', '.join(self.class_names)}; pictures of {size})"

    def predict(self, picture: str | os.PathLike | np.ndarray) -> dict[str, float]:
        """Class name → probability, the most likely first, for one picture.

        Parameters
        ----------
        picture : a file, which is read as the training pictures were; or an array (H, W, 3) of `image_size`, uint8 or
            floats from 0 to 1

        Raises
        ------
        DataError
            If the file is no picture that can be read; the message says why.
        TypeError, ValueError
            If the array has another size or another range, or the model does not give probabilities.
        """
        if isinstance(picture, (str, os.PathLike)):
            picture = read_image(picture, self.image_size, fit=self.fit)[0]
        picture = check_rank(picture, "picture", {3: "(H, W, 3)"})
        if picture.shape != (*self.image_size, 3):
            raise ValueError(f"`picture` must have shape {(*self.image_size, 3)}. Received: {picture.shape}")
        scaled = picture / 255 if picture.dtype == np.uint8 else picture
        if scaled.dtype.kind != "f" or not (scaled.min() >= 0 and scaled.max() <= 1):
            values = f"{picture.dtype} from {picture.min():g} to {picture.max():g}"
            raise ValueError(f"`picture` must be bytes, or floats from 0 to 1. Received: {values}")
        probabilities = one_a_class(_probabilities(self.model, scaled[None]))[0]
        order = np.argsort(-probabilities, kind="stable")
        return {self.class_names[c]: float(probabilities[c]) for c in order}


def save(
    folder: str | os.PathLike, model: keras.Model, class_names: Sequence[str], card: str, *, fit: str = "crop"
) -> Path:
    """Save a classifier as a folder that somebody else can use.

    Parameters
    ----------
    folder : the folder to make, or a bundle that is replaced; anything else is left alone
    model
        one input (N, H, W, 3) of floats from 0 to 1, one output of probabilities: (N, classes) of a softmax, or (N, 1)
        of a sigmoid
    class_names
        in the order of the outputs; for one sigmoid two, that of the label 0 and that of the label 1, whose probability
        the sigmoid gives
    card : the model card
    fit : how pictures were brought to the model's size, see `cnnlab.datasets.image_folder`

    Returns
    -------
    Path
        The folder, with the three files in it.

    Raises
    ------
    DataError
        If the folder exists and is no bundle, or cannot be written. Whatever was there is there still.
    TypeError, ValueError
        If the model or the names break their rule, or Keras could not read the model back: it holds a `Lambda`, or a
        layer of your own that is not registered.

    Examples
    --------
    >>> import tempfile
    >>> layers = [keras.Input((8, 8, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2, "softmax")]
    >>> with tempfile.TemporaryDirectory() as here:
    ...     folder = save(Path(here, "pets"), keras.Sequential(layers), ["cat", "dog"], "# Pets")
    ...     back = load(folder)
    >>> back, round(sum(back.predict(np.zeros((8, 8, 3))).values()), 4)
    (Classifier(cat, dog; pictures of 8 × 8), 1.0)
    """
    size, classes = _picture_size(model)
    names = check_names(class_names, classes)
    _check_is_trained(model)
    _probabilities(model, np.random.default_rng(0).uniform(size=(2, *size, 3)))  # scores are refused
    check_choice(fit, "fit", FITS)
    if not isinstance(card, str) or not card.strip():
        raise ValueError(f"`card` must be a text with something in it, see `model_card`. Received: {card!r}")
    folder = Path(folder)
    if folder.exists() and not all((folder / name).is_file() for name in FILES):
        raise DataError(f"{folder.name} exists and is no saved classifier: choose another name, or remove it")
    unfinished, old = (folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.{kind}") for kind in ("part", "old"))
    try:
        unfinished.mkdir()
        with warnings.catch_warnings():  # Keras 3 with TensorFlow and NumPy 2.1 or later, about its own way of copying
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.save(unfinished / "model.keras")
        _check_comes_back(unfinished / "model.keras", model)
        labels = {
            "format": _FORMAT,
            "class_names": names,
            "image_size": size,
            "fit": fit,
            "pixels": "floats from 0 to 1, red first",
            "keras": keras.__version__,
            "sha256": sha256(unfinished / "model.keras"),
        }
        (unfinished / "labels.json").write_text(json.dumps(labels, indent=2, ensure_ascii=False), encoding="utf-8")
        (unfinished / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        if folder.exists():
            folder.rename(old)
        unfinished.rename(folder)
    except OSError as error:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise DataError(f"{folder.name} was not saved: {cause(error)}") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return folder


def load(folder: str | os.PathLike) -> Classifier:
    """Read back what `save` wrote, and check that the parts belong together.

    Only load what you trust: a ``.keras`` file describes a program. Keras refuses to run code hidden in one
    (``safe_mode``), and so does this.

    Parameters
    ----------
    folder : of a saved classifier

    Raises
    ------
    DataError
        If a file is missing or damaged, or the model is not the one that was saved with these labels.

    Examples
    --------
    >>> import tempfile
    >>> layers = [keras.Input((8, 8, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2, "softmax")]
    >>> with tempfile.TemporaryDirectory() as here:
    ...     pets = load(save(Path(here, "pets"), keras.Sequential(layers), ["cat", "dog"], "# Pets"))
    >>> pets.class_names, pets.image_size
    (('cat', 'dog'), (8, 8))
    """
    folder = Path(folder)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise DataError(f"{folder.name} is no saved classifier: {', '.join(missing)} missing")
    try:
        labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        names, size, fit = labels["class_names"], labels["image_size"], labels["fit"]
        if labels["format"] != _FORMAT or not isinstance(names, list) or len(size) != 2 or fit not in FITS:
            raise KeyError("format")
        height, width = (check_int(n, "image_size", minimum=1) for n in size)
        expected = labels["sha256"]
    except (ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        raise DataError(f"labels.json of {folder.name} is damaged: {type(error).__name__}: {error}") from None
    try:
        if sha256(folder / "model.keras") != expected:
            raise DataError(f"model.keras of {folder.name} is not the file that was saved with these labels")
        _check_is_a_model(folder)
        card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
        model = keras.saving.load_model(folder / "model.keras", compile=False)  # to predict, no optimizer is needed
        size, classes = _picture_size(model)
        names = check_names(names, classes)
    except DataError:
        raise
    except (*_UNREADABLE, OSError) as error:
        if unknown := re.search(r"Could not locate (?:class|function) '(\w+)'", str(error)):
            raise DataError(
                f"{folder.name} cannot be read yet: it holds {unknown[1]}, which is not part of the course. Run the "
                "code that defines it, decorated with @keras.saving.register_keras_serializable(), and load again"
            ) from None
        # Keras' words go on with the whole model, and name the folders of this machine.
        words = (str(error).splitlines() or [""])[0].replace(str(folder), folder.name)[:200]
        raise DataError(f"{folder.name} cannot be read: {type(error).__name__}: {words}") from None
    if size != (height, width):
        wanted, said = (f"{h} × {w}" for h, w in (size, (height, width)))
        raise DataError(f"labels.json of {folder.name} is damaged: it says {said} pixels, and the model takes {wanted}")
    return Classifier(model, tuple(names), size, fit, card)


def _check_is_a_model(folder: Path) -> None:
    """Refuse an empty, shortened or foreign model.keras before Keras has words for it."""
    try:
        with zipfile.ZipFile(folder / "model.keras") as archive:
            missing = [name for name in _MEMBERS if name not in archive.namelist()]
    except zipfile.BadZipFile:
        missing = list(_MEMBERS)
    if missing:
        raise DataError(f"model.keras of {folder.name} is empty, cut short or no model of Keras: save it again")


def _check_comes_back(path: Path, model: keras.Model) -> None:
    try:
        keras.saving.load_model(path, compile=False)
    except _UNREADABLE:
        own = {
            type(layer).__name__
            for layer in model.layers
            if not type(layer).__module__.startswith("keras.") or isinstance(layer, keras.layers.Lambda)
        }
        raise ValueError(
            "`model` must be one that Keras can read back: decorate a layer of your own with "
            "@keras.saving.register_keras_serializable(), and make a Lambda such a layer. Received: "
            f"{model.name} with {', '.join(sorted(own)) or 'a part of its own'}"
        ) from None


def check_names(names: object, classes: int) -> list[str]:
    """The names of the classes as a list, refused unless there is a different one for each class."""
    listed = None if isinstance(names, str) or not isinstance(names, Sequence) else list(names)
    if listed is None or len(listed) != classes or not all(map(_is_text, listed)) or len(set(listed)) != classes:
        raise ValueError(f"`class_names` must be {classes} different names, one an output. Received: {names!r}")
    return listed


def _is_text(name: object) -> bool:
    return isinstance(name, str) and bool(name.strip())


def _picture_size(model: object) -> tuple[tuple[int, int], int]:
    """(height, width) of the pictures a model takes, and its number of classes."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {type(model).__name__}")
    try:
        shape, output = model.input_shape, model.output_shape
    except AttributeError:  # never called, and without an Input
        raise ValueError(
            "`model` must know its pictures: make keras.Input((H, W, 3)) its first layer. Received: "
            f"{model.name}, which is not built"
        ) from None
    if not (isinstance(shape, tuple) and len(shape) == 4 and shape[3] == 3 and None not in shape[1:]):
        raise ValueError(f"`model` must take pictures (N, H, W, 3) of one size. Received: input shape {shape}")
    if not (isinstance(output, tuple) and len(output) == 2):
        raise ValueError(f"`model` must give one number a class, (N, classes). Received: output shape {output}")
    return (shape[1], shape[2]), max(output[1], 2)


def _check_is_trained(model: keras.Model) -> None:
    """Refuse weights that are no numbers, and scores that happen to lie between 0 and 1."""
    for weight in model.weights:
        if not np.isfinite(keras.ops.convert_to_numpy(keras.ops.cast(weight, "float32"))).all():
            raise ValueError(f"`model` must have finite weights. Received: not-a-number or infinity in {weight.path}")
    last = model.layers[-1]
    while isinstance(last, keras.Model):
        last = last.layers[-1]
    if getattr(last, "activation", None) is keras.activations.linear:
        end = "softmax" if model.output_shape[1] > 1 else "sigmoid"
        raise ValueError(
            f'`model` must end in probabilities: activation="{end}" in its last layer. Received: {last.name} with none'
        )


def _probabilities(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """What `model` says of `images`, refused if they are scores: a user would take them for probabilities."""
    output = model(images.astype("float32"), training=False)
    outputs = keras.ops.convert_to_numpy(keras.ops.cast(output, "float32"))  # NumPy knows no bfloat16
    if not are_probabilities(outputs):
        last = "softmax" if outputs.shape[1] > 1 else "sigmoid"
        received = np.array2string(outputs[0, :4], precision=2)
        raise ValueError(
            f'`model` must end in probabilities: activation="{last}" in its last layer. Received: {received}'
        )
    return outputs
