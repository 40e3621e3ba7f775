"""Bytes ↔ arrays: both headers, every byte accounted for, nothing read that does not belong."""

import os
import struct

import numpy as np
import pytest
from darknet_files import TWO_HEADS, net, random_arrays, write_random

from cnnlab.detection.darknet import DarknetError, cfg, plan, weights

MADE = plan.make(cfg.parse(TWO_HEADS, "two.cfg"))


@pytest.fixture
def file(tmp_path):
    return write_random(tmp_path, TWO_HEADS)[1]


def test_the_order_in_the_file_is_darknets(tmp_path):
    made = plan.make(cfg.parse(net("convolutional filters=2 size=1 batch_normalize=1", "connected output=1", width=1,
                                   height=1, channels=1)))  # fmt: skip
    numbers = np.arange(1, 14, dtype="<f4")  # 2·4 + 2 of the convolution, 1 + 2 of the connected layer
    path = tmp_path / "a.weights"
    path.write_bytes(weights.Header().pack() + numbers.tobytes())
    (_, first), (_, second) = weights.read(path, made)
    assert {name: values.ravel().tolist() for name, values in first.items()} == {
        "bias": [1, 2], "scale": [3, 4], "mean": [5, 6], "variance": [7, 8], "kernel": [9, 10],
    }  # fmt: skip
    assert first["kernel"].shape == (2, 1, 1, 1)  # out, in, height, width
    assert {name: values.ravel().tolist() for name, values in second.items()} == {"bias": [11], "kernel": [12, 13]}


@pytest.mark.parametrize(
    ("version", "size"), [((0, 1, 0), 16), ((0, 2, 0), 20), ((0, 2, 5), 20), ((1, 0, 0), 20), ((0, 0, 7), 16)]
)
def test_both_headers_are_read_and_written(tmp_path, version, size):
    header = weights.Header(*version, seen=32_013_312)
    assert header.size == len(header.pack()) == size
    path = tmp_path / "a.weights"
    weights.write(path, MADE, random_arrays(MADE), header)
    assert path.stat().st_size == size + 4 * MADE.parameters
    assert weights.check_size(path, MADE) == header


# ── what is refused ──


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data[:0], "has 0 bytes, and a header alone has 16 or 20"),
        (lambda data: data[:15], "has 15 bytes, and a header alone"),
        (lambda data: data[:18], "has 18 bytes, and its header alone has 20"),
        (lambda data: data[:-1], "holds 5,599 bytes behind its header, and two.cfg needs 4 · 1,400: they run out in "
         "layer 6, [convolutional] in line 40"),
        (lambda data: data[:100], "they run out in layer 0, [convolutional] in line 6"),
        (lambda data: data[:20], "holds 0 bytes behind its header"),
        (lambda data: data + b"\0", "holds 1 bytes more than the 1,400 numbers of two.cfg need"),
        (lambda data: data * 2, "they belong to another network"),
        (lambda data: struct.pack("<3i", 1000, 0, 0) + data[12:], "it would be of Darknet version 1000.0.0"),
        (lambda data: struct.pack("<3i", -1, 2, 0) + data[12:], "is not a .weights file"),
        (lambda data: b"\x89HDF\r\n\x1a\n" + data[8:], "is not a .weights file"),
        (lambda data: struct.pack("<3i", 0, 1, 0) + data[12:], "holds 4 bytes more"),  # a shorter header
        (lambda data: data[:20] + struct.pack("<f", np.nan) + data[24:], "the bias of layer 0, [convolutional], is"),
        (lambda data: data[:-4] + struct.pack("<f", np.inf), "the kernel of layer 6, [convolutional], is not finite"),
        (lambda data: data[:-8] + struct.pack("<ff", np.inf, -np.inf), "is not finite"),
        (lambda data: data[:116] + struct.pack("<f", -1.0) + data[120:], "a variance of layer 0, [convolutional], is "
         "negative"),
    ],
    ids=range(16),
)  # fmt: skip
def test_a_wrong_file_is_refused(file, change, says):
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(DarknetError) as caught:
        list(weights.read(file, MADE))
    assert says in str(caught.value)
    assert str(caught.value).startswith("net.weights: ")


def test_the_largest_floats_are_finite(file):
    data = file.read_bytes()
    largest = struct.pack("<f", np.finfo(np.float32).max)
    file.write_bytes(data[:-800] + largest * 200)
    assert len(list(weights.read(file, MADE))) == 4


def test_a_file_that_shrinks_while_it_is_read(file):
    reading = weights.read(file, MADE)
    next(reading)
    os.truncate(file, 600)
    with pytest.raises(DarknetError, match="became shorter while it was read"):
        list(reading)


def test_nothing_is_written_from_wrong_arrays(file):
    before = file.read_bytes()
    good = list(random_arrays(MADE))
    shape = [(good[0][0], {**good[0][1], "bias": np.zeros(9, np.float32)}), *good[1:]]
    for arrays, says in (
        (good[1:], "layers with weights in order. Received: layer 2"),
        (good[:-1], "4 layers with weights. Received: 3"),
        ([*good, good[0]], "in order. Received: layer 0"),
        (shape, r"`arrays` of layer 0 must have bias of shape \(8,\). Received: \(9,\)"),
    ):
        with pytest.raises(ValueError, match=says):
            weights.write(file, MADE, arrays)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir() if path.suffix != ".cfg"] == ["net.weights"]
