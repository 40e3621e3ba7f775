"""A network, its heads and its class names in one object: picture in, boxes out."""

from __future__ import annotations

import codecs
import contextlib
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from cnnlab.arithmetic import boxes as _boxes
from cnnlab.common.errors import cause
from cnnlab.common.validate import check_fraction, check_int
from cnnlab.detection import letterbox as _letterbox
from cnnlab.detection.darknet import build, cfg, heads, plan, weights
from cnnlab.detection.darknet.error import DarknetError
from cnnlab.detection.detections import Detections
from cnnlab.detection.nms import nms

MOST_NAMES = 100_000  # bytes of a .names file; coco.names has 625


@dataclass(frozen=True)
class Timing:
    """Seconds that one picture takes: making it fit, the network, boxes and non-max suppression."""

    fitting: float
    network: float
    boxes: float

    @property
    def total(self) -> float:
        """All three."""
        return self.fitting + self.network + self.boxes


class Detector:
    """A network that finds objects in pictures; made by `cnnlab.darknet.load`.

    Parameters
    ----------
    model : from `cnnlab.darknet.build.model`, filled
    plan : what it was built from; it must have a head
    names : of the classes, or empty
    header : of the .weights file, kept so that it can be written again
    letterbox : keep a picture's shape; by default as ``letter_box`` in the .cfg says, and where it says nothing, no

    Attributes
    ----------
    model : keras.Model
        (N, H, W, C) from 0 to 1 → the raw numbers that each head reads. A plain functional model: save it, look into
        it, cut it open as in lesson 08.
    plan, heads, names, header : what else belongs to it
    letterbox : bool, may be changed

    Examples
    --------
    >>> from cnnlab import darknet
    >>> detector = darknet.named("tiny-yolo")
    >>> found = detector(np.full((60, 90, 3), 128, np.uint8))
    >>> len(found), found.names
    (0, ('circle', 'square', 'triangle'))
    """

    def __init__(
        self,
        model: keras.Model,
        plan: plan.Plan,
        names: Sequence[str] = (),
        header: weights.Header | None = None,
        letterbox: bool | None = None,
    ) -> None:
        if not plan.heads:
            raise DarknetError(
                "there is no [yolo] and no [region]: this network answers with numbers and not with boxes; "
                "`darknet.load_model` reads it", file=plan.config.file,
            )  # fmt: skip
        self.model, self.plan = model, plan
        self.heads = heads.heads_of(plan)
        self.names = _check_names(names, self.heads)
        self.header = weights.Header() if header is None else header
        self.letterbox = bool(plan.config.net["letter_box"]) if letterbox is None else bool(letterbox)

    @property
    def input_size(self) -> tuple[int, int]:
        """(height, width) of the pictures that the network takes."""
        return self.plan.input_shape[:2]

    def __call__(
        self, image: np.ndarray, score_threshold: float = 0.25, iou_threshold: float = 0.45, **options: object
    ) -> Detections:
        """Find the objects in one picture.

        Parameters
        ----------
        image : (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or floats from 0 to 1, of any size
        score_threshold : boxes with a lower score are left out, 0 to 1; Darknet's own program uses 0.25
        iou_threshold : of two boxes of one class that overlap more, the better stays, 0 to 1
        **options : ``max_detections``, how many to return at most

        Returns
        -------
        Detections
            Boxes in the picture's own pixels, clipped to it, the best first.
        """
        return self.batch([image], score_threshold, iou_threshold, **options)[0]

    def batch(
        self,
        images: Iterable[np.ndarray],
        score_threshold: float = 0.25,
        iou_threshold: float = 0.45,
        max_detections: int | None = None,
    ) -> list[Detections]:
        """Find the objects in several pictures, each of its own size, in one pass of the network.

        Parameters
        ----------
        images : pictures as for a call, or one array (N, H, W, C)
        score_threshold, iou_threshold, max_detections : as for a call, for each picture
        """
        if max_detections is not None:
            max_detections = check_int(max_detections, "max_detections", minimum=1)
        found = self.candidates(images, score_threshold)
        return [self.suppress(*one, iou_threshold, max_detections) for one in found]

    def candidates(
        self, images: Iterable[np.ndarray], score_threshold: float = 0.25
    ) -> list[tuple[heads.Candidates, _letterbox.Placement]]:
        """Boxes before non-max suppression, with the head, cell and anchor of each, and how the picture was placed.

        Parameters
        ----------
        images : as for `batch`
        score_threshold : boxes with a lower score are left out

        Returns
        -------
        list of (Candidates, Placement)
            One pair a picture; boxes are in pixels of the network's input: ``placement.undo`` brings them back.
        """
        check_fraction(score_threshold, "score_threshold")
        fitted, placements = self.fit(images)
        if not placements:
            return []
        outputs = self.forward(fitted)
        return [
            (heads.decode([output[i] for output in outputs], self.heads, self.input_size, score_threshold), placement)
            for i, placement in enumerate(placements)
        ]

    def fit(self, images: Iterable[np.ndarray]) -> tuple[np.ndarray, list[_letterbox.Placement]]:
        """Pictures as the network takes them, (N, H, W, C) float32, and where each of them lies in it."""
        if isinstance(images, np.ndarray) and images.ndim != 4:
            raise ValueError(f"`images` must be a list of pictures or (N, H, W, C). Received: shape {images.shape}")
        height, width, channels = self.plan.input_shape
        pictures = [_letterbox.as_picture(image, channels) for image in images]
        placements = [_letterbox.place(p.shape[:2], (height, width), self.letterbox) for p in pictures]
        fitted = np.empty((len(pictures), height, width, channels), np.float32)
        for number, (picture, placement) in enumerate(zip(pictures, placements, strict=True)):
            fitted[number] = _letterbox.fit(picture, placement)
        return fitted, placements

    def forward(self, fitted: np.ndarray) -> list[np.ndarray]:
        """The raw outputs for pictures from `fit`: (N, rows, columns, anchors · (5 + classes)) for each head.

        The first call compiles the network, which takes a second or two; the later ones are fast.
        """
        outputs = self.model.predict_on_batch(fitted)
        return outputs if isinstance(outputs, list) else [outputs]

    def suppress(
        self,
        candidates: heads.Candidates,
        placement: _letterbox.Placement,
        iou_threshold: float = 0.45,
        max_detections: int | None = None,
    ) -> Detections:
        """Non-max suppression, each class for itself, then back to the picture's own pixels.

        Parameters
        ----------
        candidates, placement : of one picture, from `candidates`
        iou_threshold, max_detections : as for a call
        """
        kept = candidates[
            nms(candidates.boxes, candidates.scores, iou_threshold, 0.0, candidates.labels, max_detections)
        ]
        boxes = _boxes.clip(placement.undo(kept.boxes), *placement.image_size)
        return Detections(boxes, kept.scores, kept.labels, self.names)

    def time(self, image: np.ndarray, repeats: int = 10) -> Timing:
        """How long one picture takes here and now, each part's median.

        Parameters
        ----------
        image : as for a call
        repeats : how often to measure, >= 1, after one call that is not counted
        """
        repeats = check_int(repeats, "repeats", minimum=1)
        self(image)
        rows = []
        for _ in range(repeats):
            start = time.perf_counter()
            fitted, placements = self.fit([image])
            fitting = time.perf_counter()
            outputs = self.forward(fitted)
            network = time.perf_counter()
            found = heads.decode([output[0] for output in outputs], self.heads, self.input_size, 0.25)
            self.suppress(found, placements[0])
            rows.append((fitting - start, network - fitting, time.perf_counter() - network))
        return Timing(*np.median(rows, axis=0).tolist())

    def __repr__(self) -> str:
        height, width = self.input_size
        grids = ", ".join(f"{rows}×{columns}" for rows, columns in (head.grid for head in self.heads))
        return (
            f"<Detector {self.model.name}: {height}×{width} pixels, grids {grids}, {self.heads[0].classes} classes, "
            f"{self.plan.parameters:,} parameters>"
        )


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
    names : a .names file, one class a line, or the names themselves, or None
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
    cnnlab.detection.darknet.error.DarknetError: missing.cfg: cannot be read (No such file or directory)
    """
    cfg_file, weights_file = Path(os.path.expanduser(cfg_file)), Path(os.path.expanduser(weights_file))
    made = plan.make(cfg.read(cfg_file))
    header = weights.check_size(weights_file, made)
    classes = read_names(names) if isinstance(names, (str, os.PathLike)) else tuple(names or ())
    if not made.heads:
        Detector(None, made)  # says so before the network is built
    _check_names(classes, heads.heads_of(made))
    return Detector(_filled(made, weights_file), made, classes, header, letterbox)


def load_model(cfg_file: str | os.PathLike[str], weights_file: str | os.PathLike[str]) -> keras.Model:
    """Read any Darknet network, a classifier too, as a plain Keras model.

    Parameters
    ----------
    cfg_file, weights_file : as for `load`

    Returns
    -------
    keras.Model
        See `cnnlab.darknet.build.model`.

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
    cfg_file, weights_file = Path(os.path.expanduser(cfg_file)), Path(os.path.expanduser(weights_file))
    made = plan.make(cfg.read(cfg_file))
    weights.check_size(weights_file, made)
    return _filled(made, weights_file)


def _filled(made: plan.Plan, weights_file: str | os.PathLike[str]) -> keras.Model:
    model = build.model(made)
    for node, arrays in weights.read(weights_file, made):
        build.fill(model, node, arrays)
    return model


def read_names(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """The class names of a .names file: one a line, empty lines at the end left out; UTF-8, UTF-16 or Korean cp949.

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
    path = Path(os.path.expanduser(path))
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_NAMES + 1)
    except OSError as error:
        raise DarknetError(f"cannot be read ({cause(error)})", file=path.name) from None
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


def _check_names(names: Sequence[str], all_heads: Sequence[heads.Head]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise TypeError(f"`names` must be a sequence of names, one a class. Received: {names!r}")
    for head in all_heads:
        if names and len(names) != head.classes:
            raise DarknetError(f"it has {head.classes} classes, and there are {len(names)} names", section=head.kind)
    return tuple(names)
