"""Label files with flipped, cut, repeated and exchanged parts: read with a report, or refused in one way."""

from __future__ import annotations

import copy
import json
import os

import numpy as np
import pytest
from box_folders import coco, laid_out, voc, yolo, zipped

from cnnlab.common.errors import DataError
from cnnlab.detection import detections
from cnnlab.detection.detections.problems import KINDS

PICTURES = {"images/a.jpg": "", "images/b.jpg": "", "images/c.jpg": ""}
YAML = "path: ../pets\ntrain: [images]\ntest:  # none\nnc: 2\nnames:\n  0: cat\n  1: 'dog'\n"
FILES = {
    "yolo": {"labels/a.txt": yolo("a"), "labels/b.txt": yolo("b"), "labels/c.txt": "", "data.yaml": YAML},
    "voc": {
        "Annotations/a.xml": voc("a"), "Annotations/b.xml": voc("b"), "Annotations/c.xml": voc("c"),
        "ImageSets/Main/train.txt": "a\nb\n", "labelmap.txt": "# label:color_rgb:parts:actions\ncat:::\ndog:::\n",
    },
    "coco": {
        "annotations/instances_train.json": coco({"a": "a.jpg"}),
        "annotations/instances_val.json": coco({"b": "b.jpg", "c": "c.jpg"}),
    },
}  # fmt: skip
NUMBERS = (
    b"1e999",
    b"-1",
    b"NaN",
    b"9" * 5000,
    b"1e-9999999",
    b"0x10",
    b"\xd9\xa3",
    b"-0",
    b"1_0",
    b"18446744073709551616",
)
WORDS = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"<", b"&#0;", b"]]>", b"{", b"[", b"]" * 50, b'"', b"'", b"\r", b"\x85",
    b"!!python/object:os.system", b"&a [*a]", b"*a", b"<<: *a", b"? ", b"- - - ", b"|", b"---\n", b"%YAML 9", b"\t",
    b"<!DOCTYPE a>", b"<![CDATA[", b"<object>", b"null", b"true", b"\xed\xa0\x80", b"../", b"/etc/passwd", b"C:\\",
    b": ", b"\\",
)  # fmt: skip
ROUNDS = 720  # of each format: 2,160 in all


def mutated(rng, data: bytes) -> bytes:
    """A file as something has damaged it."""
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        at, end = sorted(rng.integers(0, len(data) + 1, 2).tolist())
        chunk = bytes(data[at : min(end, at + 40)])
        match int(rng.integers(0, 7)):
            case 0 if data:
                data[min(at, len(data) - 1)] ^= 1 << int(rng.integers(0, 8))
            case 1:
                del data[at:end]
            case 2:
                del data[at:]
            case 3:
                data[at:at] = chunk * int(rng.integers(1, 400))
            case 4:
                data[at:at] = WORDS[rng.integers(len(WORDS))]
            case 5:
                digits = [n for n in range(len(data)) if data[n : n + 1].isdigit()]
                if digits:
                    at = digits[rng.integers(len(digits))]
                    data[at : at + 1] = NUMBERS[rng.integers(len(NUMBERS))]
            case 6:
                data[at : at + 3] = rng.integers(0, 256, 3, dtype=np.uint8).tobytes()
    return bytes(data)


VALUES = (
    None, True, -1, 0, 3.5, 1e308, float("nan"), float("inf"), 10**400, "", "7", "\0", "é" * 300, [], [[]], {},
    {"id": 1}, [1, 2, 3, 4], ["a"] * 4, [None] * 4, "../../etc/passwd", -(2**63),
)  # fmt: skip


def exchanged(rng, said: object) -> object:
    """JSON with one value replaced by one of another type, taken away, or there twice."""
    places = []

    def walk(node):
        for key in node if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], (dict, list)):
                walk(node[key])

    walk(said)
    node, key = places[rng.integers(len(places))]
    match int(rng.integers(0, 6)):
        case 0:
            del node[key]
        case 1 if isinstance(node, list):
            node.append(node[key])
        case _:
            node[key] = copy.deepcopy(VALUES[rng.integers(len(VALUES))])
    return said


def tried(path, **arguments):
    """What is read and the message of the refusal, one of them None."""
    try:
        return detections.read(path, **arguments), None
    except DataError as error:
        return None, str(error)


def check(folder, before, changed, format):
    """Read; everything that the changed file does not speak of is as it was."""
    data, message = tried(folder, format=format)
    if data is None:
        assert message.startswith(f"{folder.name}: ")
        assert len(message) < 1500
        return "refused"
    for problem in data.problems:
        assert problem.rule.partition(":")[0] in KINDS
        assert len(str(problem)) < 600
    data.report()
    if changed.endswith(("a.txt", "a.xml", "train.json")):
        assert [one.boxes.tolist() for one in data.truths[1:]] == [one.boxes.tolist() for one in before.truths[1:]]
        assert data.labelled[1:].all()
    return "reported" if data.problems else "read"


@pytest.mark.parametrize("format", FILES)
def test_damaged_label_files_never_stop_the_reading(format, tmp_path):
    files = {name: text.encode() for name, text in FILES[format].items()}
    folder = laid_out(tmp_path / format, PICTURES | files)
    before, rng = detections.read(folder), np.random.default_rng(8)
    weights = {name: 3 if name.endswith(("a.txt", "a.xml", ".yaml", "train.json")) else 1 for name in files}
    chance = np.array([*weights.values()]) / sum(weights.values())
    came = {"refused": 0, "reported": 0, "read": 0}
    for number in range(ROUNDS):
        name = list(files)[rng.choice(len(files), p=chance)]
        if format == "coco" and number % 2:
            said = json.loads(files[name])
            for _ in range(int(rng.integers(1, 4))):
                said = exchanged(rng, said)
            data = json.dumps(said).encode()
        else:
            data = mutated(rng, files[name])
        (folder / name).write_bytes(data)
        came[check(folder, before, name, format)] += 1
        (folder / name).write_bytes(files[name])
    assert sum(came.values()) == ROUNDS
    assert came["reported"] > ROUNDS / 5, came


DEEP = 200_000
# A list of nine times a list of nine times … twenty times over.
LAUGHS = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(20)
) + b"names: *u\n"  # fmt: skip


@pytest.mark.parametrize(
    ("format", "name", "content"),
    [
        ("coco", "annotations/instances_train.json", b"[" * DEEP),
        ("coco", "annotations/instances_train.json", b'{"images": ' + b"[" * DEEP + b', "annotations": []'),
        ("coco", "annotations/instances_train.json",
            b'{"images": [' + b"{}," * 100_000 + b'{}], "annotations": [], "categories": []}'),
        ("voc", "Annotations/a.xml", b"<annotation>" + b"<a>" * DEEP),
        ("voc", "Annotations/a.xml", b"<annotation>" + b"<a>" * DEEP + b"</a>" * DEEP + b"</annotation>"),
        ("voc", "Annotations/a.xml", b"<annotation " + b"".join(b'a%d="" ' % n for n in range(50_000)) + b"/>"),
        ("voc", "Annotations/a.xml", b"<annotation>" + b"<object/>" * 300_000 + b"</annotation>"),
        ("yolo", "data.yaml", b"names: " + b"[" * 100_000),
        ("yolo", "data.yaml", b"names: " + b"{a: " * 100_000),
        ("yolo", "data.yaml", LAUGHS),
        ("yolo", "data.yaml", b"names: &n [*n, *n]\n"),
        ("yolo", "data.yaml", b"names: &n\n  0: *n\n"),
        ("yolo", "data.yaml", b"names: {99999: cat, 123456: dog}\n"),
        ("yolo", "data.yaml", b"names: [" + b"a," * 20_000 + b"]\n"),
        ("yolo", "data.yaml", b"names: [" + b"a," * 9_000 + b"]\n"),
        ("yolo", "labels/a.txt", b"0 " * 400_000),
        ("yolo", "labels/a.txt", b"0 1e-99999999999999999999 1e99999999999999999 1E+5 0E-99999999\n" * 500),
        ("yolo", "labels/a.txt", b"1e9999999999 .5 .5 .5 .5"),
        ("yolo", "labels/a.txt", b"\n" * 2_000_000),
    ],
)  # fmt: skip
def test_files_made_to_take_the_machine(format, name, content, tmp_path):
    folder = laid_out(tmp_path / format, PICTURES | FILES[format])
    before = detections.read(folder)
    (folder / name).write_bytes(content)
    check(folder, before, name, format)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    folder = laid_out(tmp_path / "data", PICTURES | FILES["yolo"])
    (folder / "labels" / "c.txt").unlink()
    os.mkfifo(folder / "labels" / "c.txt")
    os.mkfifo(folder / "images" / "d.jpg")
    assert [str(problem) for problem in detections.read(folder).problems] == [
        "images/d.jpg: left out: with its labels, not a file",
        "labels/c.txt: left out: not a file",
    ]


def test_damaged_pictures_are_left_out(tmp_path):
    folder = laid_out(tmp_path / "data", PICTURES | FILES["voc"])
    good, rng = (folder / "images" / "a.jpg").read_bytes(), np.random.default_rng(5)
    before = detections.read(folder)
    for _ in range(150):
        (folder / "images" / "a.jpg").write_bytes(mutated(rng, good))
        data = detections.read(folder)
        assert [one.boxes.tolist() for one in data.truths[-2:]] == [one.boxes.tolist() for one in before.truths[1:]]
        for row in range(len(data)):
            try:
                shape = data.image(row).shape
            except DataError as error:
                shape, said = None, str(error)
            assert shape == (*data.sizes[row], 3) if shape else said.startswith("images/a.jpg: ")


def test_a_damaged_zip_is_refused_or_read(tmp_path):
    folder = laid_out(tmp_path / "data", PICTURES | FILES["coco"])
    path = zipped(folder)
    good, rng = path.read_bytes(), np.random.default_rng(6)
    for _ in range(100):
        path.write_bytes(mutated(rng, good))
        data, message = tried(path)
        assert data is not None or message.startswith(("data.zip: ", "data.zip was not unpacked: "))
