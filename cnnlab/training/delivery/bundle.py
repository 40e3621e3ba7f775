"""A trained classifier as a folder that somebody else can use, written whole and read back with care.

A bundle is a folder of three files: ``model.keras``, ``labels.json`` (the class names in the order of the outputs, the
size and range of the pictures) and ``MODEL_CARD.md``. It appears whole or not at all.
"""

from __future__ import annotations

import json
import os
import re
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from cnnlab.common.errors import DataError
from cnnlab.common.files import sha256, whole_folder
from cnnlab.common.validate import check_choice, check_int, check_rank
from cnnlab.data.pictures.read import FITS, read_image
from cnnlab.models import layers
from cnnlab.training.augment_layers import RandomAffine, RandomPCAColor
from cnnlab.training.delivery.card import check_names
from cnnlab.training.mistakes import with_both_columns
from cnnlab.training.value_range import Pipeline

FILES = ("model.keras", "labels.json", "MODEL_CARD.md")
_FORMAT = 1  # of labels.json
_MEMBERS = ("config.json", "model.weights.h5")  # of model.keras, which is a zip
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RuntimeError)  # what Keras raises on such a model
LAYERS = (*layers.LAYERS.values(), Pipeline, RandomAffine, RandomPCAColor)  # all that Keras does not have itself


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
    stretch_16_bit : whether pictures of more than 8 bits are stretched, see `cnnlab.datasets.read_image`
    """

    model: keras.Model
    class_names: tuple[str, ...]
    image_size: tuple[int, int]
    fit: str
    card: str
    stretch_16_bit: bool = False

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
            picture = read_image(picture, self.image_size, fit=self.fit, stretch_16_bit=self.stretch_16_bit)[0]
        picture = check_rank(picture, "picture", {3: "(H, W, 3)"})
        if picture.shape != (*self.image_size, 3):
            raise ValueError(f"`picture` must have shape {(*self.image_size, 3)}. Received: {picture.shape}")
        scaled = picture / 255 if picture.dtype == np.uint8 else picture
        if scaled.dtype.kind != "f" or not (scaled.min() >= 0 and scaled.max() <= 1):
            values = f"{picture.dtype} from {picture.min():g} to {picture.max():g}"
            raise ValueError(f"`picture` must be bytes, or floats from 0 to 1. Received: {values}")
        probabilities = with_both_columns(_probabilities(self.model, scaled[None]))[0]
        order = np.argsort(-probabilities, kind="stable")
        return {self.class_names[c]: float(probabilities[c]) for c in order}


def save(
    folder: str | os.PathLike,
    model: keras.Model,
    class_names: Sequence[str],
    card: str,
    *,
    fit: str = "crop",
    stretch_16_bit: bool = False,
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
    fit, stretch_16_bit : how pictures were brought to the model's size and to bytes, see `cnnlab.datasets.image_folder`

    Returns
    -------
    Path
        The folder, with the three files in it.

    Raises
    ------
    DataError
        If the folder exists and is no bundle, or cannot be written. Whatever was there is there still.
    TypeError, ValueError
        If the model is not as above, or Keras could not read it back: it holds a `Lambda`, or a layer of your own that
        is not registered.

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
    with whole_folder(folder) as unfinished:
        with warnings.catch_warnings():  # Keras 3 with TensorFlow and NumPy 2.1 or later, about its own way of copying
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.save(unfinished / "model.keras")
        _check_comes_back(unfinished / "model.keras", model)
        labels = {
            "format": _FORMAT,
            "class_names": names,
            "image_size": size,
            "fit": fit,
            "stretch_16_bit": bool(stretch_16_bit),
            "pixels": "floats from 0 to 1, red first",
            "keras": keras.__version__,
            "sha256": sha256(unfinished / "model.keras"),
        }
        (unfinished / "labels.json").write_text(json.dumps(labels, indent=2, ensure_ascii=False), encoding="utf-8")
        (unfinished / "MODEL_CARD.md").write_text(card, encoding="utf-8")
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
        expected, stretch = labels["sha256"], labels.get("stretch_16_bit", False) is True  # older bundles have none
    except (ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        raise DataError(f"labels.json of {folder.name} is damaged: {type(error).__name__}: {error}") from None
    try:
        if sha256(folder / "model.keras") != expected:
            raise DataError(f"model.keras of {folder.name} is not the file that was saved with these labels")
        _check_is_a_model(folder)
        card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
        model = _read(folder / "model.keras")
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
    return Classifier(model, tuple(names), size, fit, card, stretch)


def _check_is_a_model(folder: Path) -> None:
    """Refuse an empty, shortened or foreign model.keras before Keras has words for it."""
    try:
        with zipfile.ZipFile(folder / "model.keras") as archive:
            missing = [name for name in _MEMBERS if name not in archive.namelist()]
    except zipfile.BadZipFile:
        missing = list(_MEMBERS)
    if missing:
        raise DataError(f"model.keras of {folder.name} is empty, cut short or no model of Keras: save it again")


def _read(path: Path) -> keras.Model:
    """The model of a file, also in a process that has seen none of the course's layers; not compiled."""
    course = {keras.saving.get_registered_name(layer): layer for layer in LAYERS}
    return keras.saving.load_model(path, course, compile=False)


def _check_comes_back(path: Path, model: keras.Model) -> None:
    try:
        _read(path)
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
        raise ValueError(f"`model` must give one number for each class, (N, classes). Received: output shape {output}")
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
        raise _scores(model, f"{last.name} with none")


def _probabilities(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """What `model` says of `images`, refused if they are scores: a user would take them for probabilities."""
    output = model(images.astype("float32"), training=False)
    outputs = keras.ops.convert_to_numpy(keras.ops.cast(output, "float32"))  # NumPy knows no bfloat16
    inside = ((outputs >= -1e-4) & (outputs <= 1 + 1e-4)).all()  # not-a-number is neither
    if not inside or (outputs.shape[1] > 1 and not np.allclose(outputs.sum(axis=1), 1, atol=1e-2)):
        raise _scores(model, np.array2string(outputs[0, :4], precision=2))
    return outputs


def _scores(model: keras.Model, received: str) -> ValueError:
    last = "softmax" if model.output_shape[1] > 1 else "sigmoid"
    rule = f'`model` must end in probabilities: activation="{last}" in its last layer'
    return ValueError(f"{rule}. Received: {received}")
