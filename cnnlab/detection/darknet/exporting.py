"""Models → Darknet's files: a detector as it was read, or a Keras model made of what Darknet can say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import keras

from cnnlab.common.files import whole_file
from cnnlab.detection.anchors import check as check_anchors
from cnnlab.detection.darknet import cfg, keras_model, plan, weights
from cnnlab.detection.darknet.detector import Detector
from cnnlab.detection.darknet.sections import Graph, read_graph


def export(
    model: keras.Model | Detector,
    cfg_file: str | os.PathLike[str],
    weights_file: str | os.PathLike[str],
    anchors: Sequence | None = None,
) -> None:
    """Write a detector in Darknet's format, so that Darknet, OpenCV and others can run it.

    Parameters
    ----------
    model
        a `Detector`, whose .cfg is written as it was read and whose .weights, if nothing was trained since, byte for
        byte; or a functional `keras.Model` with a fixed input size, made of convolutions (plain, grouped, depthwise),
        batch normalisation, Darknet's activations, max pooling, upsampling, addition, concatenation and dropout, whose
        every output is what a ``[yolo]`` reads: anchors · (5 + classes) channels, no activation
    cfg_file, weights_file : the two files to write; each is written whole or not at all, the .cfg first
    anchors
        for a `keras.Model`: (A, 2) widths and heights in pixels of its input; for several outputs a list of such, one
        for each output. Not for a `Detector`, which has its own

    Raises
    ------
    TypeError, ValueError
        For another kind of model, for one file in place of two, and for a layer that has no counterpart in Darknet, by
        its name.
    cnnlab.datasets.DataError
        If a folder cannot be written.

    Notes
    -----
    The format has no epsilon: Darknet's batch normalisation uses 1e-6. A model trained with another one answers the
    same after the export, because the difference is added to its variances. Likewise the bias of a convolution in front
    of a batch normalisation is taken off the mean.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from cnnlab import darknet
    >>> from cnnlab.detection import tiny_yolo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = pathlib.Path(folder, "tiny.cfg"), pathlib.Path(folder, "tiny.weights")
    ...     export(tiny_yolo.build(), *files, anchors=tiny_yolo.ANCHORS)
    ...     darknet.load(*files)
    <Detector tiny: 96×96 pixels, grids 12×12, 3 classes, 100,688 parameters>
    """
    if Path(cfg_file).resolve() == Path(weights_file).resolve():
        raise ValueError(f"`weights_file` must be another file than `cfg_file`. Received: {str(cfg_file)!r} for both")
    if isinstance(model, Detector):
        if anchors is not None:
            raise ValueError("`anchors` must be None for a Detector, which has its own")
        made, header = model.plan, model.header
        arrays = ((node, keras_model.arrays_of(model.model, node)) for node in made.nodes if node.slots)
    elif isinstance(model, keras.Model):
        if anchors is None:
            raise ValueError("`anchors` must be given with a keras.Model: (width, height) pairs in pixels")
        graph = read_graph(model)
        text = "\n\n".join([graph.text, *_heads(graph, anchors)]) + "\n"
        made, header = plan.make(cfg.parse(text, Path(cfg_file).name)), weights.Header()
        arrays = ((node, graph.arrays[node.index]) for node in made.nodes if node.slots)
    else:
        raise TypeError(f"`model` must be a keras.Model or a Detector. Received: {type(model).__name__}")
    with whole_file(Path(weights_file)) as new_weights:  # they take their place last: none without their .cfg
        weights.write(new_weights, made, arrays, header)
        with whole_file(Path(cfg_file)) as new_cfg:
            new_cfg.write_bytes(made.config.data)


def _heads(graph: Graph, anchors: Sequence) -> Iterator[str]:
    """One ``[yolo]`` for each output, with a route in front where the output is not the layer before."""
    one = len(graph.outputs) == 1
    several = [anchors] if one else list(anchors)
    if len(several) != len(graph.outputs):
        raise ValueError(f"`anchors` must be {len(graph.outputs)} lists, one for each output. Received: {len(several)}")
    index = graph.sections
    for (layer, channels), sizes in zip(graph.outputs, several, strict=True):
        sizes = check_anchors(sizes)
        classes, rest = divmod(channels, len(sizes))
        if rest or classes < 6:
            raise ValueError(
                f"`anchors` must divide the {channels} channels of the output into 5 + classes each. "
                f"Received: {len(sizes)} anchors"
            )
        if layer != index - 1:
            yield f"[route]\nlayers={layer}"
            index += 1
        pairs = ",  ".join(f"{width:.9g},{height:.9g}" for width, height in sizes)
        mask = ",".join(map(str, range(len(sizes))))
        yield f"[yolo]\nmask={mask}\nanchors={pairs}\nclasses={classes - 5}\nnum={len(sizes)}"
        index += 1
