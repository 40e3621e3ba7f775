"""Bytes ↔ arrays: a .weights file is a header and then every number of every layer, in the order of the .cfg.

Nothing in the file says where a layer begins. Only the .cfg does, and so the two must agree to the last byte: a number
too few or too many is refused before anything is read.

Header: three int32 (major, minor, revision) and ``seen``, the number of pictures trained on, of 8 bytes when
``10 · major + minor >= 2`` and of 4 bytes before that. Everything is little-endian. Source: ``load_weights_upto`` and
``save_weights_upto`` in Darknet's ``src/parser.c``.
"""

from __future__ import annotations

import itertools
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnnlab.common.files import whole_file
from cnnlab.detection.darknet.cfg import DarknetError, first_bytes
from cnnlab.detection.darknet.plan import Node, Plan

Arrays = dict[str, np.ndarray]  # by the names of a node's slots


@dataclass(frozen=True)
class Header:
    """The first bytes of a .weights file; the defaults are what Darknet writes today.

    Examples
    --------
    >>> Header(seen=32_013_312).size, Header(0, 1, 0).size
    (20, 16)
    """

    major: int = 0
    minor: int = 2
    revision: int = 0
    seen: int = 0

    @property
    def size(self) -> int:
        """Its length in bytes: 20, or 16 in old files."""
        return 20 if 10 * self.major + self.minor >= 2 else 16

    def pack(self) -> bytes:
        """Its bytes."""
        return struct.pack("<3iQ" if self.size == 20 else "<3iI", self.major, self.minor, self.revision, self.seen)


def read_header(path: str | os.PathLike[str]) -> Header:
    """Read the header alone.

    Raises
    ------
    DarknetError
        If the file cannot be opened, is shorter than a header, or holds no version number of Darknet's.
    """
    path = Path(path)
    first = first_bytes(path, 20)
    if len(first) < 16:
        raise DarknetError(f"has {len(first)} bytes, and a header alone has 16 or 20", file=path.name)
    major, minor, revision = struct.unpack("<3i", first[:12])
    if not (0 <= major < 1000 and 0 <= minor < 1000 and revision >= 0):
        raise DarknetError(
            f"is not a .weights file: it would be of Darknet version {major}.{minor}.{revision}", file=path.name
        )
    header = Header(major, minor, revision)
    if len(first) < header.size:
        raise DarknetError(f"has {len(first)} bytes, and its header alone has {header.size}", file=path.name)
    (seen,) = struct.unpack("<Q" if header.size == 20 else "<I", first[12 : header.size])
    return Header(major, minor, revision, seen)


def check_size(path: str | os.PathLike[str], plan: Plan) -> Header:
    """Refuse a file that does not hold exactly the numbers that `plan` needs; return its header.

    Raises
    ------
    DarknetError
        Saying how many numbers are missing, and from which layer on, or left over.
    """
    path = Path(path)
    header = read_header(path)
    held = path.stat().st_size - header.size
    if held == 4 * plan.parameters:
        return header
    cfg, over = plan.config.file, held - 4 * plan.parameters
    if over > 0:
        what = f"holds {over:,} bytes more than the {plan.parameters:,} numbers of {cfg} need"
        raise DarknetError(f"{what}: they belong to another network", file=path.name)
    ends = itertools.accumulate(4 * node.numbers for node in plan.nodes)
    node = next(node for node, end in zip(plan.nodes, ends, strict=True) if end > held)
    what = f"holds {held:,} bytes behind its header, and {cfg} needs 4 · {plan.parameters:,}"
    where = f"layer {node.index}, [{node.kind}] in line {node.section.line}"
    raise DarknetError(f"{what}: they run out in {where}", file=path.name)


def read(path: str | os.PathLike[str], plan: Plan) -> Iterator[tuple[Node, Arrays]]:
    """Read the arrays of a .weights file, layer by layer: one layer at a time is in memory.

    Parameters
    ----------
    path : the file; its size is checked before the first number is read
    plan : the network that it belongs to

    Yields
    ------
    node, arrays
        For each layer that has weights, float32 arrays by the names and in the shapes of ``node.slots``.

    Raises
    ------
    DarknetError
        If the size is wrong, or a number is not finite, or a variance is negative.

    Examples
    --------
    >>> import tempfile
    >>> from cnnlab.detection.darknet import cfg, plan
    >>> made = plan.make(cfg.parse("[net]\\nwidth=8\\nheight=8\\n[convolutional]\\nfilters=1\\nsize=1\\n"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "small.weights")
    ...     _ = file.write_bytes(Header().pack() + np.array([0.5, 1, 2, 3], "<f4").tobytes())
    ...     node, arrays = next(read(file, made))
    >>> arrays["bias"].tolist(), arrays["kernel"].shape  # (filters, channels, height, width)
    ([0.5], (1, 3, 1, 1))
    """
    path = Path(path)
    header = check_size(path, plan)
    with open(path, "rb") as file:
        file.seek(header.size)
        for node in plan.nodes:
            if not node.slots:
                continue
            arrays = {}
            for slot in node.slots:
                values = np.fromfile(file, dtype="<f4", count=slot.size)
                if values.size != slot.size:
                    raise DarknetError("became shorter while it was read", file=path.name)
                _check_values(values, slot.name, node, path.name)
                arrays[slot.name] = values.reshape(slot.shape)
            yield node, arrays


def _check_values(values: np.ndarray, name: str, node: Node, file: str) -> None:
    # A sum of float32 in float64 cannot overflow: it is finite if and only if every number is.
    with np.errstate(invalid="ignore"):  # inf − inf
        total = values.sum(dtype=np.float64)
    if not np.isfinite(total):
        raise DarknetError(f"the {name} of layer {node.index}, [{node.kind}], is not finite", file=file)
    if name == "variance" and values.min() < 0:
        raise DarknetError(f"a variance of layer {node.index}, [{node.kind}], is negative", file=file)


def write(
    path: str | os.PathLike[str], plan: Plan, arrays: Iterable[tuple[Node, Arrays]], header: Header | None = None
) -> None:
    """Write a .weights file, whole or not at all.

    Parameters
    ----------
    path : the file to write
    plan : the network
    arrays : for each layer with weights, in order, its arrays in the shapes of its slots, as `read` yields them
    header : the first bytes; by default those of a file that Darknet writes today

    Raises
    ------
    ValueError
        If the arrays are not those of the plan. The file is then as it was.
    cnnlab.datasets.DataError
        If the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from cnnlab.detection.darknet import cfg, plan
    >>> made = plan.make(cfg.parse("[net]\\nwidth=8\\nheight=8\\n[convolutional]\\nfilters=1\\nsize=1\\n"))
    >>> arrays = {"bias": np.zeros(1), "kernel": np.ones((1, 3, 1, 1))}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder, "small.weights"), made, [(made.nodes[0], arrays)])
    ...     Path(folder, "small.weights").stat().st_size  # a header of 20 bytes, 4 numbers of 4
    36
    """
    expected = [node for node in plan.nodes if node.slots]
    with whole_file(Path(path)) as part, open(part, "wb") as file:
        file.write((header or Header()).pack())
        written = 0
        for node, own in arrays:
            if written == len(expected) or node.index != expected[written].index:
                raise ValueError(f"`arrays` must hold the layers with weights in order. Received: layer {node.index}")
            written += 1
            for slot in node.slots:
                values = np.ascontiguousarray(own[slot.name], dtype="<f4")
                if values.shape != slot.shape:
                    raise ValueError(
                        f"`arrays` of layer {node.index} must have {slot.name} of shape {slot.shape}. "
                        f"Received: {values.shape}"
                    )
                file.write(values.tobytes())
        if written != len(expected):
            raise ValueError(f"`arrays` must hold {len(expected)} layers with weights. Received: {written}")
