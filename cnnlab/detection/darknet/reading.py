"""Files → detectors: by the names of the files, or by the name of a public network whose files are known."""

from __future__ import annotations

import codecs
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import keras

from cnnlab.common.validate import check_choice
from cnnlab.data import locate
from cnnlab.detection.darknet import cfg, keras_model, plan, weights
from cnnlab.detection.darknet.cfg import DarknetError, first_bytes
from cnnlab.detection.darknet.detector import Detector, check_fit

MOST_NAMES = 100_000  # bytes of a .names file; coco.names has 625
# The .cfg, .weights and .names of each network: a file in data/, or a name that `cnnlab data` knows.
NETWORKS = {
    # this course's own, trained by benchmarks/train_tiny_yolo.py: circles, squares and triangles in drawn scenes
    "tiny-yolo": ("tiny_yolo.cfg", "tiny_yolo.weights", "tiny_yolo.names"),
    # YOLO-Fastest 1.1 (github.com/dog-qiuqiu/Yolo-Fastest): 80 classes of COCO in 1.4 MB
    "yolo-fastest": ("yolo-fastest-cfg", "yolo-fastest", "darknet/coco.names"),
    # Redmon and Farhadi, 2018: 80 classes of COCO in 35 MB, and in 248 MB
    "yolov3-tiny": ("darknet/yolov3-tiny.cfg", "yolov3-tiny", "darknet/coco.names"),
    "yolov3": ("darknet/yolov3.cfg", "yolov3", "darknet/coco.names"),
}


def load(
    cfg_file: str | os.PathLike[str],
    weights_file: str | os.PathLike[str],
    names: str | os.PathLike[str] | Sequence[str] | None = None,
    letterbox: bool | None = None,
) -> Detector:
    """Read a Darknet detector.

    Parameters
    ----------
    cfg_file : the .cfg, what the network is made of
    weights_file : the .weights, its numbers
    names : a .names file, one class on each line, or the names themselves, or None
    letterbox : as for `Detector`

    Returns
    -------
    Detector

    Raises
    ------
    DarknetError
        Naming file, line and section: for what cannot be read, what this package does not compute, and files that do
        not belong together. Nothing is allocated before all of it has been checked.

    Examples
    --------
    >>> load("missing.cfg", "missing.weights")
    Traceback (most recent call last):
    cnnlab.detection.darknet.cfg.DarknetError: missing.cfg: cannot be read (No such file or directory)
    """
    made, file, header = _planned(cfg_file, weights_file)
    names = read_names(names) if isinstance(names, (str, os.PathLike)) else tuple(names or ())
    check_fit(made, names)  # before the network is built, which takes its time
    return Detector(_filled(made, file), made, names, header, letterbox)


def load_model(cfg_file: str | os.PathLike[str], weights_file: str | os.PathLike[str]) -> keras.Model:
    """Read any Darknet network, a classifier too, as a plain Keras model.

    Parameters
    ----------
    cfg_file, weights_file : as for `load`

    Returns
    -------
    keras.Model
        See `cnnlab.darknet.keras_model.build`.

    Raises
    ------
    DarknetError
        As `load`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from cnnlab.detection.darknet import weights
    >>> text = "[net]\\nwidth=8\\nheight=8\\n[convolutional]\\nfilters=1\\nactivation=linear\\n[avgpool]\\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = pathlib.Path(folder, "small.cfg"), pathlib.Path(folder, "small.weights")
    ...     _ = files[0].write_text(text), files[1].write_bytes(weights.Header().pack() + bytes(4 * 4))
    ...     load_model(*files).count_params()  # a bias and a kernel of 1·1·3
    4
    """
    made, file, _ = _planned(cfg_file, weights_file)
    return _filled(made, file)


def _planned(
    cfg_file: str | os.PathLike[str], weights_file: str | os.PathLike[str]
) -> tuple[plan.Plan, Path, weights.Header]:
    """The plan, the file of its weights, which holds as many as it needs, and the header of that file."""
    made, file = plan.make(cfg.read(Path(cfg_file).expanduser())), Path(weights_file).expanduser()
    return made, file, weights.check_size(file, made)


def _filled(made: plan.Plan, weights_file: Path) -> keras.Model:
    model = keras_model.build(made)
    for node, arrays in weights.read(weights_file, made):
        keras_model.fill(model, node, arrays)
    return model


def read_names(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """The class names of a .names file, one on each line, empty lines at the end left out; UTF-8, UTF-16 or cp949.

    Raises
    ------
    DarknetError
        If the file cannot be read, is too long or is not text.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "pets.names")
    ...     _ = file.write_text("cat\\nred panda\\n\\n")
    ...     read_names(file)
    ('cat', 'red panda')
    """
    path = Path(path).expanduser()
    data = first_bytes(path, MOST_NAMES + 1)
    if len(data) > MOST_NAMES:
        raise DarknetError(f"has more than {MOST_NAMES:,} bytes: it is not a list of names", file=path.name)
    text = _decoded(data, path.name)
    return tuple(line.strip() for line in text.strip().split("\n")) if text.strip() else ()


def _decoded(data: bytes, file: str) -> str:
    """Text as editors on Windows save it too: UTF-16 begins with a mark, and what is not UTF-8 is Korean or refused."""
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp949"):
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            if "\0" not in text:
                return text
    raise DarknetError("is no text in UTF-8, UTF-16 or cp949: save it as UTF-8", file=file)


def names() -> list[str]:
    """The names that `named` knows.

    Examples
    --------
    >>> names()
    ['tiny-yolo', 'yolo-fastest', 'yolov3-tiny', 'yolov3']
    """
    return list(NETWORKS)


def named(name: str = "tiny-yolo", letterbox: bool | None = None) -> Detector:
    """Load a detector by its name.

    Parameters
    ----------
    name : one of `names`. ``"tiny-yolo"`` ships with the course; the others are looked for in the ``CNNLAB_DATA``
        folder (``darknet/…``) and the cache, and downloaded where that takes seconds. ``cnnlab data get yolov3``
        fetches one that takes longer
    letterbox : as for `cnnlab.darknet.load`

    Raises
    ------
    ValueError
        If there is no such name.
    cnnlab.datasets.DataError
        If a file cannot be had, with the reason and what to type.

    Examples
    --------
    >>> named("tiny-yolo")
    <Detector tiny_yolo: 96×96 pixels, grids 12×12, 3 classes, 100,688 parameters>
    """
    files = NETWORKS[check_choice(name, "name", names())]
    return load(*(_located(file, name) for file in files), letterbox=letterbox)


def _located(file: str, name: str) -> Path:
    if file not in locate.REGISTRY:
        return locate.shipped(file)
    try:
        return locate.locate(file)[0]
    except locate.DataError as error:
        wanted = " ".join(file for file in NETWORKS[name] if file in locate.REGISTRY)
        raise locate.DataError(
            f"{name} needs {locate.REGISTRY[file].file}, and it cannot be had: {error}. Type `cnnlab data get "
            f"{wanted}`, or put it in a folder that CNNLAB_DATA names"
        ) from None
