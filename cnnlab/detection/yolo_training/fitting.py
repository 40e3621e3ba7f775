"""Train a detector on boxes of one's own, from a data set to something that finds them in a photograph."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
from tqdm.auto import tqdm

from cnnlab.arithmetic.overlap import area
from cnnlab.common.validate import check_int
from cnnlab.detection import anchors as box_anchors
from cnnlab.detection import bundle, darknet, tiny_yolo
from cnnlab.detection.yolo_training import arguments, pipeline, state
from cnnlab.detection.yolo_training.augmentation import Augmentation
from cnnlab.detection.yolo_training.keeper import Keeper
from cnnlab.detection.yolo_training.loss import YoloLoss
from cnnlab.detection.yolo_training.trained import TrainedDetector, best_threshold
from cnnlab.detection.yolo_training.watching import LOW, detect

# Stride → filters of `tiny_yolo.build`, at about the same cost. On photographs of blood cells, 50 pixels large, the
# coarse one was far ahead after six epochs; on drawn shapes of 34 pixels the fine one was a little better.
FILTERS = {8: (8, 16, 32, 64, 64, 64), 16: (8, 16, 32, 64, 128, 128, 128)}
COARSE = 40  # pixels: the middle size of the boxes from which on the stride is 16
RATE = 4e-3  # the highest learning rate


def fit_detector(
    data: object,
    *,
    validation: object | None = None,
    image_size: int | tuple[int, int] = 160,
    anchors: int | Sequence | np.ndarray = 5,
    epochs: int = 60,
    batch_size: int = 4,
    start: str | os.PathLike[str] | None = "shapes",
    augment: bool | Augmentation = True,
    patience: int = 15,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    report: Callable[[str], None] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> TrainedDetector:
    """Train a detector on pictures with boxes.

    Parameters
    ----------
    data
        a `BoxDataset`. Trained on are its labelled ``"train"`` pictures; where it has none and `validation` is given,
        those that belong to no part. Its ``"test"`` pictures are never touched
    validation : a `BoxDataset` with the same classes that steers the training; by default those of `data`
    image_size
        of the network's input: the longer side, to which the other is chosen by the pictures' shape, or (height,
        width); multiples of 8. Where half of the boxes are 40 pixels large or more in it, the network halves the
        picture four times instead of three, if the sides are multiples of 16
    anchors : how many, found by k-means in the training boxes; or (A, 2) widths and heights in pixels of the input
    epochs : at most this many
    batch_size : pictures for one step
    start
        which weights to start from: ``"shapes"``, those of `darknet.named("tiny-yolo")`, layer by layer from the
        picture on as long as the layers have the same shape; None, random ones; or the folder of a bundle. One for the
        same classes and `image_size` is trained on as it is: its anchors stay unless sizes are given
    augment : change the training pictures as `Augmentation` does, or as the one given does
    patience : epochs without a better mAP@.5 on the validation pictures after which the training ends; only epochs in
        the second half count
    seed : of weights, order and changes, from 0 to 2³² − 1
    folder
        where every epoch is kept. Called again with the same folder and arguments, the training goes on behind the last
        epoch that was finished
    report
        called with a line on the anchors and one for every epoch; None shows a progress bar where there is a terminal
        or a notebook
    callbacks : handed on to ``fit``, such as an `explore.TrainingMonitor`

    Returns
    -------
    TrainedDetector
        With the weights of the epoch of the highest mAP, of equal ones that of the lowest loss. So too after an
        interrupt (Ctrl+C, ■) or a callback's stop.

    Raises
    ------
    TypeError, ValueError
        For arguments out of range, no boxes to train on or to watch in pictures that can be read, or another training
        in `folder`.
    DataError
        If `folder` cannot be written, or holds a damaged file.
    KeyboardInterrupt
        If it comes before the first epoch is finished.

    Notes
    -----
    Every picture is read once and kept letterboxed, at most 2 GB of them. The learning rate rises for a twentieth of
    the steps and falls along half a cosine. Crowds, boxes to be ignored and boxes that are less than a pixel wide or
    high in the network's input are neither objects nor background, in training and in validation.

    Where to start from matters little once there are some hundred pictures: on photographs of blood cells both starts
    came to 0.80 in the mean of three seeds (``benchmarks/own_detector.py``).

    Examples
    --------
    >>> from cnnlab import scenes
    >>> from cnnlab.detection.detections import BoxDataset, GroundTruth
    >>> some = scenes.scenes(6, seed=0, height=64, width=64)
    >>> images = [np.round(255 * one.image).astype(np.uint8) for one in some]
    >>> truths = [GroundTruth(one.boxes, one.labels) for one in some]
    >>> data = BoxDataset.of(images, truths, scenes.CLASSES, splits=["train"] * 4 + ["validation"] * 2)
    >>> trained = fit_detector(data, image_size=64, anchors=2, epochs=1, report=str)
    >>> trained.image_size, trained.best_epoch, type(trained(images[0])).__name__
    ((64, 64), 1, 'Detections')
    """
    arguments.check_kinds(data, validation, start, folder, report)
    callbacks, changes = arguments.check_callbacks(callbacks), arguments.changes_of(augment)
    epochs, batch_size = check_int(epochs, "epochs", 1), check_int(batch_size, "batch_size", 1)
    patience, seed = check_int(patience, "patience", 1), check_int(seed, "seed", 0, arguments.MOST_SEED)
    anchors = box_anchors.check(anchors) if np.ndim(anchors) else check_int(anchors, "anchors", 1)
    train, watched = arguments.parts(data, validation)
    size, stride = _layout(train, image_size)
    source = None if start is None else darknet.named("tiny-yolo") if start == "shapes" else bundle.load(start)
    onward = start != "shapes" and _same_task(source, data.class_names, size)
    if onward:
        stride = size[0] // source.heads[0].grid[0]
        anchors = anchors if np.ndim(anchors) else box_anchors.check(source.heads[0].anchors)
    if folder is not None:
        state.prepare(folder)
    hidden = _hidden(report)
    kept, judged = pipeline.keep(train, size, hidden), pipeline.keep(watched, size, hidden)
    arguments.check_kept(kept, "data")
    arguments.check_kept(judged, "validation")
    sizes = _anchors(kept, anchors, seed)
    settings = {
        "image_size": list(size), "stride": stride, "anchors": sizes.tolist(), "classes": list(data.class_names),
        "epochs": epochs, "batch_size": batch_size, "start": None if start is None else str(start),
        "patience": patience, "seed": seed, "augment": changes and asdict(changes),
        "training pictures": _fingerprint(kept), "validation pictures": _fingerprint(judged),
    }  # fmt: skip
    so_far = (state.read(folder, settings) if folder is not None else None) or state.State()
    grid = size[0] // stride, size[1] // stride
    batches = pipeline.Batches(kept, sizes, grid, len(data.class_names), batch_size, changes, seed)
    model = _network(size, stride, len(data.class_names), sizes, seed, epochs * len(batches))
    copied = 0 if source is None else _copy(source.model, model, head=onward)
    with _reporting(report, epochs, hidden) as say:
        shapes = ", ".join(f"{width:.0f}×{height:.0f}" for width, height in sizes)
        say(so_far.epochs, f"anchors: {shapes} pixels (width × height) of {size[0]} × {size[1]} (height × width)")
        if unseen := kept.unseen + judged.unseen:
            say(so_far.epochs, f"{unseen} of the boxes are less than a pixel wide or high there, and do not count")
        if source is not None:
            say(so_far.epochs, f"{copied} of {len(_weighted(model))} layers with weights start from {Path(start).name}")
        if so_far.epochs:
            so_far.give(model)
            say(so_far.epochs, f"goes on after epoch {so_far.epochs} of {epochs}")
        keeper = Keeper(batches, judged, sizes, so_far, patience, epochs, folder, settings, say)
        if not keeper.over:
            with suppress(KeyboardInterrupt):
                model.fit(
                    batches,
                    epochs=epochs,
                    initial_epoch=so_far.epochs,
                    shuffle=False,
                    verbose=0,
                    callbacks=[keeper, *callbacks],
                )
    if not so_far.best_epoch:
        raise KeyboardInterrupt  # before the first epoch was finished
    model.set_weights(so_far.best_weights)
    found = detect(model, judged.images / np.float32(255), sizes, LOW)
    return TrainedDetector(
        model, sizes, tuple(data.class_names), size, so_far.history, so_far.best_epoch, so_far.best,
        best_threshold(found, judged.truths), kept.skipped + judged.skipped, settings, keeper.over,
    )  # fmt: skip


def _layout(train: object, image_size: object) -> tuple[tuple[int, int], int]:
    """(height, width) of the input, and the stride that suits the boxes."""
    fine, coarse = sorted(FILTERS)
    size = pipeline.input_size(train.sizes, image_size, fine)
    sides = []
    for truth, own in zip(train.truths, train.sizes, strict=True):
        scale = min(size[0] / own[0], size[1] / own[1])
        sides.append(np.sqrt(area(truth.boxes[~(truth.crowd | truth.ignore)])) * scale)
    if np.median(np.concatenate(sides)) < COARSE or any(side % coarse for side in np.atleast_1d(image_size)):
        return size, fine
    return pipeline.input_size(train.sizes, image_size, coarse), coarse


def _anchors(kept: pipeline.Kept, anchors: int | np.ndarray, seed: int) -> np.ndarray:
    """(A, 2), those given or as many as asked for, and no more than there are different sizes."""
    if np.ndim(anchors):
        return anchors
    boxes = np.concatenate([one.boxes[~(one.crowd | one.ignore)] for one in kept.truths])
    sizes = boxes[:, 2:] - boxes[:, :2]
    return box_anchors.kmeans(sizes, min(anchors, len(np.unique(sizes, axis=0))), seed=seed).round(2)


def _fingerprint(kept: pipeline.Kept) -> str:
    """What tells these pictures with these boxes from others."""
    digest = hashlib.sha256(kept.images.tobytes())
    for truth in kept.truths:
        for array in (truth.boxes.round(3), truth.labels, truth.crowd, truth.ignore):
            digest.update(array.tobytes())
    return digest.hexdigest()[:16]


def _network(
    size: tuple[int, int], stride: int, classes: int, anchors: np.ndarray, seed: int, steps: int
) -> keras.Model:
    """Built and compiled."""
    keras.utils.set_random_seed(seed)
    model = tiny_yolo.build((*size, 3), classes, anchors, FILTERS[stride], stride.bit_length() - 1)
    warm = max(steps // 20, 1)
    rate = keras.optimizers.schedules.CosineDecay(
        RATE / 10, max(steps - warm, 1), alpha=0.02, warmup_target=RATE, warmup_steps=warm
    )
    loss = YoloLoss(len(anchors))
    model.compile(keras.optimizers.Adam(rate), loss, metrics=loss.metrics())
    return model


def _same_task(source: darknet.Detector | None, class_names: Sequence[str], size: tuple[int, int]) -> bool:
    """Whether a detector is one of these classes in this size, made as `fit_detector` makes them."""
    if source is None or source.names != tuple(class_names) or source.input_size != size or len(source.heads) != 1:
        return False
    return any(source.heads[0].grid == (size[0] // stride, size[1] // stride) for stride in FILTERS)


def _copy(source: keras.Model, model: keras.Model, head: bool) -> int:
    """Copy weights, layer by layer from the picture on, as long as the shapes agree; return how many layers."""
    layers = _weighted(model)[: None if head else -1]
    copied = 0
    for mine, its in zip(layers, _weighted(source), strict=False):
        if [weight.shape for weight in mine.weights] != [weight.shape for weight in its.weights]:
            break
        mine.set_weights(its.get_weights())
        copied += 1
    return copied


def _weighted(model: keras.Model) -> list[keras.layers.Layer]:
    return [layer for layer in model.layers if layer.weights]


@contextmanager
def _reporting(
    report: Callable[[str], None] | None, epochs: int, hidden: bool | None
) -> Iterator[Callable[[int, str], None]]:
    """Where the lines go: to `report`, or beside a progress bar."""
    if report is not None:
        yield lambda _, line: report(line)
        return
    with tqdm(total=epochs, unit="epoch", disable=hidden, leave=False) as bar:

        def show(done: int, line: str) -> None:
            bar.set_postfix_str(line.partition(": ")[2] or line, refresh=False)
            bar.update(done - bar.n)

        yield show


def _hidden(report: object) -> bool | None:
    """Whether progress bars are hidden; None leaves it to tqdm, which shows them in a terminal."""
    if report is not None or os.environ.get("CNNLAB_STRICT") == "1":
        return True
    ipython = sys.modules.get("IPython")
    return False if hasattr(ipython and ipython.get_ipython(), "kernel") else None
