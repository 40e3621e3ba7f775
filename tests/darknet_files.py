"""Darknet files for the tests: random weights for any .cfg, small networks, and OpenCV's answer to compare with."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from cnnlab.detection.darknet import cfg, plan, weights

SHARED = Path(os.environ.get("CNNLAB_DARKNET", Path(__file__).resolve().parents[2] / "shared" / "data" / "darknet"))
PHOTOS = SHARED.parent / "photos"
SHIPPED = Path(__file__).resolve().parents[1] / "data" / "darknet"


def net(*sections: str, width: int = 16, height: int = 12, channels: int = 3) -> str:
    """A .cfg: each section as ``"maxpool size=2 stride=2"``."""
    first = f"[net]\nwidth={width}\nheight={height}\nchannels={channels}"
    return "\n\n".join([first, *("\n".join([f"[{s.split()[0]}]", *s.split()[1:]]) for s in sections)]) + "\n"


_BLOCK = "size=3 stride=2 pad=1 batch_normalize=1 activation=leaky"
_ANCHORS = "anchors=4,6,8,9,12,20,30,24 num=4 classes=1"
TWO_HEADS = net(
    f"convolutional filters=8 {_BLOCK}",
    "maxpool size=2 stride=2",
    "convolutional filters=18 size=1 activation=linear",
    f"yolo mask=0,1,2 {_ANCHORS}",
    "route layers=-3",
    f"convolutional filters=12 {_BLOCK}",
    "convolutional filters=6 size=1 activation=linear",
    f"yolo mask=3 {_ANCHORS}",
    width=64,
    height=96,
)


def random_arrays(made: plan.Plan, seed: int = 0):
    """Numbers for every layer of a plan, of sizes that neither vanish nor explode on the way."""
    rng = np.random.default_rng(seed)
    for node in made.nodes:
        if not node.slots:
            continue
        arrays = {}
        for slot in node.slots:
            if slot.name == "kernel":
                values = rng.standard_normal(slot.shape, np.float32) * np.sqrt(2 / np.prod(slot.shape[1:]))
            elif slot.name == "variance":
                values = rng.uniform(0.5, 1.5, slot.shape)
            else:
                values = rng.normal(1.0 if slot.name == "scale" else 0.0, 0.1, slot.shape)
            arrays[slot.name] = values.astype(np.float32)
        yield node, arrays


def write_random(folder: Path, text: str, seed: int = 0, name: str = "net", **header) -> tuple[Path, Path]:
    """Write a .cfg and random .weights for it."""
    files = folder / f"{name}.cfg", folder / f"{name}.weights"
    files[0].write_text(text)
    made = plan.make(cfg.parse(text))
    weights.write(files[1], made, random_arrays(made, seed), weights.Header(**header))
    return files


def opencv(files: tuple[Path, Path], images: np.ndarray, layers: list[str] | None = None) -> list[np.ndarray]:
    """OpenCV's outputs, channels last, for (N, H, W, C) images; of its unconnected layers by default."""
    import cv2

    network = cv2.dnn.readNetFromDarknet(str(files[0]), str(files[1]))
    network.setInput(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    outputs = network.forward(layers or network.getUnconnectedOutLayersNames())
    return [x.transpose(0, 2, 3, 1) if x.ndim == 4 else x for x in outputs]


def relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference, as a part of the largest number."""
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


# --- damaged pairs ----------------------------------------------------------------------------------------------------

REGION = net(
    "convolutional filters=8 size=3 pad=1 batch_normalize=1 activation=leaky",
    "reorg stride=2",
    "route layers=-1",
    "convolutional filters=16 size=3 pad=1 groups=2 activation=mish",
    "shortcut from=-2 activation=swish",
    "dropout probability=.3",
    "convolutional filters=14 size=1 activation=linear",
    "region anchors=1,2,3,2 num=2 classes=2 softmax=1",
    width=32,
    height=16,
)
CLASSIFIER = net(
    "convolutional filters=8 size=3 pad=1 dilation=2 activation=relu",
    "maxpool size=3 stride=2",
    "upsample stride=2",
    "convolutional filters=8 size=3 stride=2 pad=1 groups=8 activation=logistic",
    "connected output=6 activation=leaky",
    "avgpool",
    "softmax",
)
_NUMBERS = (
    "0", "-1", "1", "2", "3", "7", "31", "1000", "10000", "1000000", "1000000000", "99999999999999999999", "3.7", "nan",
    "1e308", "inf", "x", "", "-9", "1,2", "0x10", "１",
)  # fmt: skip
_FLOATS = (np.nan, np.inf, -np.inf, -1.0, 3e38, 1e-45, 0.0)


def damaged(seed: int, folder: Path) -> tuple[Path, Path]:
    """A pair of files with one to three things wrong, the same for the same seed."""
    rng = np.random.default_rng((2024, seed))
    text = (TWO_HEADS, REGION, CLASSIFIER)[seed % 3]
    made = plan.make(cfg.parse(text))
    data = bytearray(weights.Header(0, int(rng.integers(1, 3)), 0).pack())
    for node, arrays in random_arrays(made, seed % 7):
        data += b"".join(arrays[slot.name].tobytes() for slot in node.slots)
    raw = bytearray(text.encode())
    for _ in range(rng.integers(1, 4)):
        if rng.random() < 0.6:
            raw = _damage_text(rng, raw)
        else:
            data = _damage_data(rng, data)
    files = folder / "bad.cfg", folder / "bad.weights"
    files[0].write_bytes(raw)
    files[1].write_bytes(data)
    return files


def _damage_text(rng: np.random.Generator, raw: bytearray) -> bytearray:
    lines = bytes(raw).split(b"\n")
    at, other = rng.integers(0, len(lines), 2)
    kind = rng.integers(0, 10)
    if kind < 4 and b"=" in lines[at]:  # another number
        name, _, value = lines[at].partition(b"=")
        values = value.split(b",")
        values[rng.integers(0, len(values))] = str(rng.choice(_NUMBERS)).encode()
        lines[at] = name + b"=" + b",".join(values)
    elif kind == 4:
        del lines[at]
    elif kind == 5:
        lines.insert(at, lines[other])
    elif kind == 6:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 7:
        first, last = sorted((at, other))
        lines[at:at] = lines[first:last] * int(rng.integers(1, 60))
    elif kind == 8:
        return raw[: rng.integers(0, len(raw) + 1)]
    else:
        spot = rng.integers(0, len(raw) + 1)
        return raw[:spot] + rng.bytes(int(rng.integers(1, 4))) + raw[spot + int(rng.integers(0, 3)) :]
    return bytearray(b"\n".join(lines))


def _damage_data(rng: np.random.Generator, data: bytearray) -> bytearray:
    kind = rng.integers(0, 6)
    spot = int(rng.integers(0, max(len(data) - 4, 1)))
    if kind == 0:
        return data[: rng.integers(0, len(data) + 1)]
    if kind == 1:
        return data + rng.bytes(int(rng.integers(1, 200)))
    if kind == 2:
        return data[:spot] + rng.bytes(4) + data[spot + 4 :]
    if kind == 3:
        return data[:spot] + np.float32(rng.choice(_FLOATS)).tobytes() + data[spot + 4 :]
    if kind == 4:
        return bytearray(rng.bytes(20)) + data[20:]
    return data[:spot] + data[spot + int(rng.integers(1, 9)) :]
