"""A classifier for programs without Keras: a `.tflite` or `.onnx` file, read back by its own interpreter.

Keras writes both (`model.export`), with packages of its own for each backend. What is missing is said in one sentence,
and a file that answers otherwise than the model did is not kept: with TensorFlow 2.21 the converter to ONNX makes
inputs of a normalisation's constants, and with JAX it pools in a way that onnxruntime does not know.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from cnnlab.common.errors import DataError, cause
from cnnlab.common.files import write_atomic
from cnnlab.common.quiet import no_stderr
from cnnlab.common.validate import check_rank
from cnnlab.training.delivery.bundle import Classifier

_FORMATS = {".tflite": "litert", ".onnx": "onnx"}  # ending → Keras' name
_READERS = {".tflite": "ai-edge-litert", ".onnx": "onnxruntime"}  # ending → the package that runs such a file
_WRITERS = {
    (".tflite", "torch"): "litert-torch", (".onnx", "torch"): "onnx onnxscript",
    (".onnx", "tensorflow"): "onnx tf2onnx", (".onnx", "jax"): "jax2onnx",
}  # fmt: skip
_TRIED = 8  # pictures of noise that a new file is asked about
_CLOSE = 1e-3  # of two probabilities


class _NotInstalled(DataError):
    """The package that runs the file is missing."""


@dataclass(frozen=True)
class Exported:
    """A file that `export` wrote.

    Attributes
    ----------
    path : the file
    difference : the largest difference of a probability from the model's, over 8 pictures of noise; None where the
        package that runs such a file is not installed
    """

    path: Path
    difference: float | None

    def __repr__(self) -> str:
        size = f"{self.path.name}: {self.path.stat().st_size / 1000:,.1f} kB"
        if self.difference is None:
            return f"{size}; not read back, which needs `pip install {_READERS[self.path.suffix.lower()]}`"
        return f"{size}; read back, its probabilities are the model's to within {self.difference:.0e}"


def export(classifier: Classifier, path: str | os.PathLike) -> Exported:
    """Write a classifier's network for programs without Keras, read the file back, and compare its answers.

    The file holds the network alone, and takes one picture at a time. Whoever uses it needs the bundle's
    ``labels.json`` too: the order of the classes, the size and the range of the pictures.

    Parameters
    ----------
    classifier : from `load`
    path
        the file; its ending says which kind. ``.tflite``: LiteRT, for phones and small computers; TensorFlow writes it
        without more, torch with the package litert-torch, JAX cannot. ``.onnx``: ONNX, for most other programs; torch
        writes it with the packages onnx and onnxscript, TensorFlow with onnx and tf2onnx, JAX with jax2onnx

    Returns
    -------
    Exported
        The file, and how far its answers are from the model's. It is read back where its interpreter is installed:
        ai-edge-litert or onnxruntime.

    Raises
    ------
    DataError
        If the backend in use cannot write such a file, a package is missing, the folder cannot be written, or the file
        does not give the model's probabilities. Then it is not kept; what was there before is there still.
    TypeError, ValueError
        If `classifier` is none, or `path` has another ending.
    """
    if not isinstance(classifier, Classifier):
        raise TypeError(f"`classifier` must come from `delivery.load`. Received: {type(classifier).__name__}")
    path = Path(path)
    ending = _ending(path)
    pictures = np.random.default_rng(0).uniform(size=(_TRIED, *classifier.image_size, 3)).astype("float32")
    expected = keras.ops.convert_to_numpy(classifier.model(pictures, training=False))
    with tempfile.TemporaryDirectory() as room:
        made = Path(room, f"model{ending}")
        _write(classifier, made, path.name)
        try:
            difference = float(np.abs(run_exported(made, pictures) - expected).max())
        except _NotInstalled:
            difference = None
        except DataError as error:
            reason = str(error).partition(": ")[2]
            raise DataError(f"{path.name} was not kept: it was written, and cannot be run: {reason}") from None
        if difference is not None and not difference <= _CLOSE:
            raise DataError(f"{path.name} was not kept: its probabilities differ from the model's by {difference:.2g}")
        try:
            write_atomic(path, made.read_bytes())
        except OSError as error:
            raise DataError(f"{path.name} was not written: {cause(error)}") from None
    return Exported(path, difference)


def run_exported(path: str | os.PathLike, images: np.ndarray) -> np.ndarray:
    """What an exported file answers, without Keras.

    Parameters
    ----------
    path : a ``.tflite`` or ``.onnx`` file that you trust
    images : (N, H, W, 3) floats from 0 to 1, N >= 1

    Returns
    -------
    ndarray
        (N, classes) probabilities, float32.

    Raises
    ------
    DataError
        If there is no such file, it cannot be run, or the package that runs it is not installed.
    """
    path = Path(path)
    ending = _ending(path)
    images = check_rank(images, "images", {4: "(N, H, W, 3)"}, empty=False).astype("float32")
    if not path.is_file():
        raise DataError(f"there is no file {path.name!r} here")
    try:
        with _without_words():
            ask = {".tflite": _tflite, ".onnx": _onnx}[ending](path.read_bytes())
            return np.concatenate([ask(image[None]) for image in images])
    except ImportError:
        raise _NotInstalled(f"running {path.name} needs `pip install {_READERS[ending]}`") from None
    except Exception as error:  # each interpreter has classes of errors of its own
        raise DataError(f"{path.name} cannot be run: {_first_line(error)}") from error


def _ending(path: Path) -> str:
    if path.suffix.lower() not in _FORMATS:
        raise ValueError(f"`path` must end in .tflite or .onnx. Received: {path.name!r}")
    return path.suffix.lower()


def _write(classifier: Classifier, path: Path, name: str) -> None:
    """Have Keras write the file, or say in one sentence why it cannot."""
    ending, backend = path.suffix, keras.config.backend()
    if (ending, backend) == (".tflite", "jax"):
        raise DataError(f"{name} was not written: Keras writes .tflite with TensorFlow and torch, and JAX is in use")
    packages = _WRITERS.get((ending, backend), "")
    if not all(importlib.util.find_spec(package.replace("-", "_")) for package in packages.split()):
        raise DataError(f"{name} was not written: with {backend} that needs `pip install {packages}`")
    one = keras.InputSpec(shape=(1, *classifier.image_size, 3), dtype="float32", name="image")
    try:
        with _without_words():
            classifier.model.export(str(path), format=_FORMATS[ending], verbose=False, input_signature=[one])
    except Exception as error:  # each converter has classes of errors of its own
        old = f"Keras writes .tflite from version 3.13 on, and this is {keras.__version__}"
        why = old if "format=litert" in str(error) else _first_line(error)
        raise DataError(f"{name} was not written: {why}") from error


@contextlib.contextmanager
def _without_words() -> Iterator[None]:
    """Let converters and interpreters work without what they print, log and warn of on the way."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    with (
        no_stderr(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.disable(before)


def _tflite(content: bytes) -> Callable[[np.ndarray], np.ndarray]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()

    def ask(images: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(taken["index"], images)
        interpreter.invoke()
        return interpreter.get_tensor(given["index"])

    return ask


def _onnx(content: bytes) -> Callable[[np.ndarray], np.ndarray]:
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda images: session.run(None, {name: images})[0]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
