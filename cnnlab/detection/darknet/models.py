"""Detectors by name: which files they are made of, where those come from, what they know."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cnnlab.common.validate import check_choice
from cnnlab.data import locate
from cnnlab.detection.darknet.detector import Detector, load


@dataclass(frozen=True)
class Model:
    """One named detector: its files, each in ``data/`` ("shipped") or in the registry of ``cnnlab data``."""

    cfg: tuple[str, str]
    weights: tuple[str, str]
    names: tuple[str, str]
    about: str


_COCO = ("shipped", "darknet/coco.names")
MODELS = {
    "tiny-yolo": Model(
        ("shipped", "tiny_yolo.cfg"), ("shipped", "tiny_yolo.weights"), ("shipped", "tiny_yolo.names"),
        "this course's own, trained by benchmarks/train_tiny_yolo.py: circles, squares and triangles in drawn scenes",
    ),
    "yolo-fastest": Model(
        ("data", "yolo-fastest-cfg"), ("data", "yolo-fastest"), _COCO,
        "YOLO-Fastest 1.1 (github.com/dog-qiuqiu/Yolo-Fastest): 80 classes of COCO in 1.4 MB",
    ),
    "yolov3-tiny": Model(
        ("shipped", "darknet/yolov3-tiny.cfg"), ("data", "yolov3-tiny"), _COCO,
        "YOLOv3-tiny (Redmon and Farhadi, 2018): 80 classes of COCO in 35 MB",
    ),
    "yolov3": Model(
        ("shipped", "darknet/yolov3.cfg"), ("data", "yolov3"), _COCO,
        "YOLOv3 (Redmon and Farhadi, 2018): 80 classes of COCO in 248 MB",
    ),
}  # fmt: skip


def names() -> list[str]:
    """The names that `named` knows.

    Examples
    --------
    >>> names()
    ['tiny-yolo', 'yolo-fastest', 'yolov3-tiny', 'yolov3']
    """
    return list(MODELS)


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
    check_choice(name, "name", names())
    model = MODELS[name]
    return load(*(_path(*file, name) for file in (model.cfg, model.weights, model.names)), letterbox=letterbox)


def _path(place: str, file: str, name: str) -> Path:
    if place == "shipped":
        return locate.shipped(file)
    try:
        return locate.locate(file)[0]
    except locate.DataError as error:
        model = MODELS[name]
        wanted = [file for place, file in (model.cfg, model.weights, model.names) if place == "data"]
        raise locate.DataError(
            f"{name} needs {locate.REGISTRY[file].file}, and it cannot be had: {error}. Type `cnnlab data get "
            f"{' '.join(wanted)}`, or put it in a folder that CNNLAB_DATA names"
        ) from None
