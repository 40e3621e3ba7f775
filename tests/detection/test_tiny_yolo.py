"""The network of lesson 12: its layers, its shapes, and what it says before it has learned anything."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest

from cnnlab import yolo
from cnnlab.detection import tiny_yolo

ANCHORS = tiny_yolo.ANCHORS


def test_the_network_is_made_of_what_darknet_can_say():
    model = tiny_yolo.build()
    kinds = [type(layer).__name__ for layer in model.layers]
    block = ["Conv2D", "BatchNormalization", "LeakyReLU"]
    pooled = tiny_yolo.POOLED
    plain = len(tiny_yolo.FILTERS) - pooled
    assert kinds == ["InputLayer", *(block + ["MaxPooling2D"]) * pooled, *block * plain, "Conv2D"]
    for layer in model.layers:
        if layer.name.endswith("_conv"):
            assert not layer.use_bias
            assert layer.kernel_size == (3, 3)
            assert layer.strides == (1, 1)
            assert layer.padding == "same"  # at stride 1: one pixel on every side, as Darknet pads
        elif layer.name.endswith("_bn"):
            assert layer.epsilon == 1e-5
        elif layer.name.endswith("_leaky"):
            assert layer.negative_slope == pytest.approx(0.1)
    assert model.layers[-1].use_bias
    assert model.layers[-1].activation is keras.activations.linear


@pytest.mark.parametrize(
    ("shape", "classes", "anchors", "output"),
    [
        ((96, 96, 3), 3, ANCHORS, (None, 12, 12, 24)),
        ((64, 160, 3), 1, ANCHORS[:2], (None, 8, 20, 12)),
        ((None, None, 1), 4, ANCHORS, (None, None, None, 27)),
    ],
)
def test_output_shapes(shape, classes, anchors, output):
    assert tiny_yolo.build(shape, classes, anchors).output_shape == output


def test_an_untrained_network_says_nothing_is_there():
    outputs = tiny_yolo.build()(np.zeros((1, 96, 96, 3), np.float32), training=False)
    values = yolo.activate(keras.ops.convert_to_numpy(outputs)[0], 3)
    assert values[..., yolo.OBJECTNESS].max() < 0.05


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (dict(input_shape=(96, 90, 3)), "multiples of 8. Received: (96, 90, 3)"),
        (dict(input_shape=(96, 96)), "`input_shape` must be (H, W, C)"),
        (dict(classes=0), "`classes` must be a whole number >= 1"),
        (dict(anchors=[]), "`anchors` must have shape (K, 2)"),
        (dict(filters=(8, 0)), "`filters` must be a whole number >= 1"),
    ],
)
def test_build_refuses(arguments, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        tiny_yolo.build(**arguments)
