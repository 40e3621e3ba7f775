"""A network, its heads and its class names in one object: picture in, boxes out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from cnnlab.common.validate import check_fraction, check_int
from cnnlab.detection.darknet import heads, weights
from cnnlab.detection.darknet.cfg import DarknetError
from cnnlab.detection.darknet.plan import Plan
from cnnlab.detection.detections import Detections
from cnnlab.detection.letterbox import Placement, as_picture, fit, place
from cnnlab.detection.nms import survivors

Found = list[tuple[heads.Candidates, Placement]]


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
    model : from `cnnlab.darknet.keras_model.build`, filled
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
        plan: Plan,
        names: Sequence[str] = (),
        header: weights.Header | None = None,
        letterbox: bool | None = None,
    ) -> None:
        self.names = check_fit(plan, names)
        self.model, self.plan = model, plan
        self.heads = heads.heads_of(plan)
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
        check_fraction(score_threshold, "score_threshold")
        check_fraction(iou_threshold, "iou_threshold")
        if max_detections is not None:
            check_int(max_detections, "max_detections", minimum=1)
        return self._run(images, score_threshold, iou_threshold, max_detections)[0]

    def candidates(self, images: Iterable[np.ndarray], score_threshold: float = 0.25) -> Found:
        """Boxes before non-max suppression, with the head, cell and anchor of each, and how the picture was placed.

        Parameters
        ----------
        images : as for `batch`
        score_threshold : boxes with a lower score are left out

        Returns
        -------
        list of (Candidates, Placement)
            One pair for each picture; boxes are in pixels of the network's input: ``placement.undo`` brings them back.
        """
        check_fraction(score_threshold, "score_threshold")
        fitted, placements = self.fit(images)
        return self._decode(self.forward(fitted), placements, score_threshold)

    def _run(
        self, images: Iterable[np.ndarray], score_threshold: float, iou_threshold: float, max_detections: int | None
    ) -> tuple[list[Detections], list[float]]:
        """The whole way from pictures to detections; and when it began, reached the network, left it and ended."""
        times = [time.perf_counter()]
        fitted, placements = self.fit(images)
        times.append(time.perf_counter())
        outputs = self.forward(fitted)
        times.append(time.perf_counter())
        candidates = self._decode(outputs, placements, score_threshold)
        found = [self._suppress(*one, iou_threshold, max_detections) for one in candidates]
        return found, [*times, time.perf_counter()]

    def _decode(self, outputs: list[np.ndarray], placements: list[Placement], score_threshold: float) -> Found:
        return [
            (heads.decode([output[i] for output in outputs], self.heads, self.input_size, score_threshold), placement)
            for i, placement in enumerate(placements)
        ]

    def _suppress(
        self, found: heads.Candidates, placement: Placement, iou_threshold: float, max_detections: int | None
    ) -> Detections:
        """Non-max suppression, each class for itself, then back to the picture's own pixels."""
        kept = found[survivors(found.boxes, found.scores, iou_threshold, labels=found.labels, limit=max_detections)]
        scale, shift = placement.affine
        height, width = placement.image_size
        boxes = np.clip((kept.boxes - shift) / scale, 0, (width, height, width, height))
        return Detections(boxes, kept.scores, kept.labels, self.names)

    def fit(self, images: Iterable[np.ndarray]) -> tuple[np.ndarray, list[Placement]]:
        """Pictures as the network takes them, (N, H, W, C) float32, and where each of them lies in it."""
        if isinstance(images, np.ndarray) and images.ndim != 4:
            raise ValueError(f"`images` must be a list of pictures or (N, H, W, C). Received: shape {images.shape}")
        height, width, channels = self.plan.input_shape
        pictures = [as_picture(image, channels) for image in images]
        placements = [place(p.shape[:2], (height, width), self.letterbox) for p in pictures]
        fitted = np.empty((len(pictures), height, width, channels), np.float32)
        for number, (picture, placement) in enumerate(zip(pictures, placements, strict=True)):
            fitted[number] = fit(picture, placement)
        return fitted, placements

    def forward(self, fitted: np.ndarray) -> list[np.ndarray]:
        """The raw outputs for pictures from `fit`: (N, rows, columns, anchors · (5 + classes)) for each head.

        Nothing for no pictures. The first call compiles the network, which takes a second or two; the later ones are
        fast.
        """
        if not len(fitted):
            return []
        outputs = self.model.predict_on_batch(fitted)
        return outputs if isinstance(outputs, list) else [outputs]

    def time(self, image: np.ndarray, repeats: int = 10) -> Timing:
        """How long one picture takes here and now, each part's median.

        Parameters
        ----------
        image : as for a call
        repeats : how often to measure, >= 1, after one call that is not counted
        """
        repeats = check_int(repeats, "repeats", minimum=1)
        rows = [np.diff(self._run([image], 0.25, 0.45, None)[1]) for _ in range(repeats + 1)]
        return Timing(*np.median(rows[1:], axis=0).tolist())

    def __repr__(self) -> str:
        height, width = self.input_size
        grids = ", ".join(f"{rows}×{columns}" for rows, columns in (head.grid for head in self.heads))
        return (
            f"<Detector {self.model.name}: {height}×{width} pixels, grids {grids}, {self.heads[0].classes} classes, "
            f"{self.plan.parameters:,} parameters>"
        )


def check_fit(plan: Plan, names: Sequence[str]) -> tuple[str, ...]:
    """Refuse a plan without a head, and `names` that do not fit its classes; return the names."""
    if not plan.heads:
        raise DarknetError(
            "there is no [yolo] and no [region]: this network answers with numbers and not with boxes; "
            "`darknet.load_model` reads it", file=plan.config.file,
        )  # fmt: skip
    if isinstance(names, str):
        raise TypeError(f"`names` must be a sequence of names, one for each class. Received: {names!r}")
    for node in plan.heads:
        classes = node.section["classes"]
        if names and len(names) != classes:
            raise DarknetError(f"it has {classes} classes, and there are {len(names)} names", section=node.kind)
    return tuple(names)
