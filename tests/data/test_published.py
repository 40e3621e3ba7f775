"""What is published in another form than the course reads: fetched, checked, made, remembered; or the stand-in."""

import gzip
import hashlib
import inspect
import io
import pickle
import re
import tarfile
import zipfile
from dataclasses import replace

import keras
import numpy as np
import pytest
from data_server import Server
from PIL import Image

from cnnlab import datasets
from cnnlab.common.errors import DataError
from cnnlab.common.files import sha256
from cnnlab.data import download, locate
from cnnlab.data.published import _Unpickler
from cnnlab.data.registry import Part

HTML = b"<!DOCTYPE html><html><body>Please sign in to the guest network.</body></html>"


def cifar_archive() -> bytes:
    """Six batches of 3 pictures each; picture k of batch b has label k and is red 10 b + k, green 100, blue 200."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
        for batch, name in enumerate(names):
            rows = np.zeros((3, 3, 1024), np.uint8)
            rows[:] = np.array([0, 100, 200])[:, None]
            rows[:, 0] = 10 * batch + np.arange(3)[:, None]
            rows[:, :, -1] = 255  # the last pixel is white: rows and columns are not mixed up
            content = {b"data": rows.reshape(3, 3072), b"labels": [0, 1, 2], b"batch_label": name.encode()}
            blob = pickle.dumps(content, protocol=3)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(blob)
            archive.addfile(member, io.BytesIO(blob))
    return buffer.getvalue()


def fashion_files() -> list[bytes]:
    """Images and labels as `keras.datasets` has them, 4 to train on and 2 to test on; a label is a brightness."""
    files = []
    for rows in (4, 2):
        labels = np.arange(rows, dtype=np.uint8)
        images = np.repeat(labels, 28 * 28)
        files += [gzip.compress(bytes(16) + images.tobytes()), gzip.compress(bytes(8) + labels.tobytes())]
    return files


def pets_zip(
    folders=("train/cats", "train/dogs", "validation/cats", "validation/dogs"), script="print(1)", **more: bytes
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("cats_and_dogs_filtered/vectorize.py", script)
        for number, folder in enumerate(folders):
            for copy in range(2):
                picture = io.BytesIO()
                Image.new("RGB", (40, 40), (60 * number, 100 * copy, 90)).save(picture, "JPEG")
                file.writestr(f"cats_and_dogs_filtered/{folder}/{number}.{copy}.jpg", picture.getvalue())
        for name, content in more.items():
            file.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache, no data folder, nothing remembered, downloads allowed, no proxy."""
    monkeypatch.setenv("CNNLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CNNLAB_OFFLINE", "0")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("CNNLAB_DATA", raising=False)
    monkeypatch.setattr(locate, "_failures", {})
    return tmp_path / "cache"


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


def publish(monkeypatch, server, name, bodies, checked=True):
    """Let `bodies` be what is published as `name`, on the server of the test."""
    parts = []
    for part, body in zip(locate.REGISTRY[name].parts, bodies, strict=True):
        path = f"/{part.url.rsplit('/', 1)[1]}"
        server.bodies[path] = body
        parts.append(Part(server.address + path, len(body), hashlib.sha256(body).hexdigest() if checked else ""))
    row = replace(locate.REGISTRY[name], parts=tuple(parts), url=parts[0].url, bytes=sum(part.bytes for part in parts))
    monkeypatch.setitem(locate.REGISTRY, name, row)


@pytest.fixture
def published(monkeypatch, server, cache):
    """All three on the server."""
    publish(monkeypatch, server, "cifar10", [cifar_archive()])
    publish(monkeypatch, server, "fashion_mnist", fashion_files())
    publish(monkeypatch, server, "cats_and_dogs", [pets_zip()], checked=False)
    return server


def left_over(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


FILES = {"cifar10": "cifar10.npz", "fashion_mnist": "fashion_mnist.npz", "cats_and_dogs": "cats_and_dogs_small.zip"}
SECOND = {"cifar10": "test", "fashion_mnist": "test", "cats_and_dogs": "validation"}


# -- where all goes well ------------------------------------------------------------------------------------------


def test_cifar10_is_made_of_its_archive(published):
    train, test = datasets.cifar10("train"), datasets.cifar10("test")
    assert train.labels.tolist() == [0, 1, 2] * 5
    assert train.images.shape == (15, 32, 32, 3)
    assert train.images[:, 0, 0].tolist() == [[10 * batch + k, 100, 200] for batch in range(5) for k in range(3)]
    assert test.images[2, 0, 0].tolist() == [52, 100, 200]
    assert (test.images[:, -1, -1] == 255).all()
    assert (test.images[:, -1, :-1, 1] == 100).all()
    assert train.class_names[5] == "dog"


def test_fashion_mnist_is_made_of_its_four_files(published):
    train, test = datasets.fashion_mnist("train"), datasets.fashion_mnist("test")
    assert (train.labels.tolist(), test.labels.tolist()) == ([0, 1, 2, 3], [0, 1])
    assert train.images.shape == (4, 28, 28, 1)
    assert (train.images == train.labels[:, None, None, None]).all()
    assert train.class_names[9] == "Ankle boot"
    assert published.requests == 4


def test_cats_and_dogs_are_read_from_the_zip_as_it_is(published):
    train, validation = datasets.cats_and_dogs("train"), datasets.cats_and_dogs("validation")
    assert train.labels.tolist() == validation.labels.tolist() == [0, 1, 0, 1]
    assert train.class_names == ("cats", "dogs")
    assert abs(validation.images[0, 0, 0].astype(int) - [120, 0, 90]).max() < 4


@pytest.mark.parametrize("name", FILES)
def test_it_is_downloaded_once_and_remembered(published, cache, name, capfd):
    load = getattr(datasets, name)
    first = load("train")
    assert not first.is_stand_in
    assert first.source.endswith(f"{FILES[name]} downloaded from {locate.REGISTRY[name].url}")
    requests = published.requests
    assert load(SECOND[name]).source.endswith(f"{FILES[name]} from the download cache")
    assert published.requests == requests
    assert left_over(cache) == [FILES[name], f"{FILES[name]}.sha256"]
    assert (cache / f"{FILES[name]}.sha256").read_text().strip() == sha256(cache / FILES[name])
    row = next(row for row in datasets.available() if row.name == name)
    assert (row.place, row.trouble) == ("cache", "")
    assert capfd.readouterr() == ("", ""), "what is quick shows no bar"


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_in_the_cache_is_fetched_again(published, cache, name):
    cache.mkdir()
    (cache / FILES[name]).write_bytes(b"from somewhere")  # nobody remembers its hash
    good = datasets.fetch(name).read_bytes()
    assert good != b"from somewhere"
    (cache / FILES[name]).write_bytes(good[:-1] + b"x")
    assert next(row for row in datasets.available() if row.name == name).trouble == "damaged: its SHA-256 is wrong"
    assert not getattr(datasets, name)("train").is_stand_in
    assert (cache / FILES[name]).read_bytes() == good


def test_the_first_cats_and_dogs_are_the_ones_from_then_on(published, monkeypatch, cache):
    """No hash is published: what was there first is what must come again, also years later."""
    path = datasets.fetch("cats_and_dogs")
    path.unlink()
    body = published.bodies["/cats_and_dogs_filtered.zip"]
    published.bodies["/cats_and_dogs_filtered.zip"] = pets_zip(script="print(2)")
    assert len(published.bodies["/cats_and_dogs_filtered.zip"]) == len(body)
    with pytest.raises(DataError, match="is not the one that was downloaded before and was thrown away"):
        datasets.fetch("cats_and_dogs")
    assert left_over(cache) == ["cats_and_dogs_small.zip.sha256"]
    published.bodies["/cats_and_dogs_filtered.zip"] = body
    assert datasets.fetch("cats_and_dogs") == path


@pytest.mark.parametrize("name", FILES)
def test_get_makes_the_file_for_a_classroom(published, cache, tmp_path, monkeypatch, name):
    seen = []
    path = datasets.fetch(name, to=tmp_path / "share", progress=lambda so_far, total: seen.append((so_far, total)))
    assert path == tmp_path / "share" / FILES[name]
    size = locate.REGISTRY[name].bytes
    assert seen[-1] == (size, size)
    assert seen == sorted(seen)
    assert left_over(tmp_path / "share") == [FILES[name]]
    requests = published.requests
    assert datasets.fetch(name, to=tmp_path / "share") == path
    assert published.requests == requests
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path / "share"))
    assert getattr(datasets, name)("train").source.endswith(f"{FILES[name]} in the CNNLAB_DATA folder")
    path.write_bytes(b"mine")
    monkeypatch.delenv("CNNLAB_DATA")
    with pytest.raises(DataError, match="is another file than the one that was downloaded here: remove it or choose"):
        datasets.fetch(name, to=tmp_path / "share")
    assert path.read_bytes() == b"mine"


def test_a_classrooms_folder_is_filled_where_the_cache_cannot_be(published, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CNNLAB_CACHE", str(tmp_path / "file" / "cache"))
    assert datasets.fetch("cats_and_dogs", to=tmp_path / "share").is_file()
    assert "folder for it cannot be written" in datasets.cats_and_dogs(limit=2).source


def test_the_command_follows(published, cache, capsys):
    from cnnlab.course import cli

    assert cli.main(["data", "get", "cifar10", "fashion_mnist", "cats_and_dogs"]) == 0
    out = capsys.readouterr().out
    assert all(f"{cache / file}" in out for file in FILES.values())


def test_a_long_download_shows_its_progress(published, monkeypatch, capsys):
    monkeypatch.setattr(locate, "_SHOW_AFTER", 0.0)
    datasets.cifar10("train")
    out, err = capsys.readouterr()
    assert "cifar10.npz:" in out
    assert err == ""


# -- where it does not --------------------------------------------------------------------------------------------


def spoil(kind, server, name, monkeypatch):
    path = f"/{locate.REGISTRY[name].parts[-1].url.rsplit('/', 1)[1]}"
    body = server.bodies[path]
    if kind == "wrong hash":
        middle = len(body) // 2
        server.bodies[path] = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
    elif kind == "web page":
        server.bodies[path] = HTML
    elif kind == "web page of the same size":
        server.bodies[path] = HTML.ljust(len(body))[: len(body)]
    elif kind == "too long":
        server.bodies[path] = body + b"x"
    elif kind == "not found":
        server.status = 404
    elif kind == "offline":
        monkeypatch.setenv("CNNLAB_OFFLINE", "1")
    else:
        server.bodies[path] = body + bytes(20_000)  # enough to break off, to stall and to drip
        parts = locate.REGISTRY[name].parts
        last = replace(parts[-1], bytes=len(server.bodies[path]))
        monkeypatch.setitem(locate.REGISTRY, name, replace(locate.REGISTRY[name], parts=(*parts[:-1], last)))
        server.behaviour = kind


BAD = {
    "wrong hash": r"wrong SHA-256|was not unpacked",
    "web page": r"the download broke off after [\d,]+ of [\d,]+ bytes|sent more than the [\d,]+ bytes",
    "web page of the same size": r"wrong SHA-256|was not unpacked: .*",
    "too long": r"127\.0\.0\.1 sent more than the [\d,]+ bytes expected",
    "not found": r"127\.0\.0\.1 answered 404 Not Found",
    "offline": "CNNLAB_OFFLINE is set",
    "truncated": r"broke off after",
    "stalls": r"did not answer within|stopped answering|nothing more arrived|was not complete after",
    "drips": r"nothing more arrived for 0\.5 s|was not complete after 0\.\d+ s",
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(
            (name, kind)
            for name in ("cifar10", "cats_and_dogs")
            for kind in ("wrong hash", "web page of the same size")
        ),
        *(("fashion_mnist", kind) for kind in BAD),  # the others go the same way, as mnist does
    ],
)
def test_a_lesson_gets_the_stand_in_and_the_reason(published, hurried, monkeypatch, tmp_path, cache, name, kind):
    spoil(kind, published, name, monkeypatch)
    data = getattr(datasets, name)("train", limit=2)
    assert data.is_stand_in
    assert re.search(BAD[kind], data.source), data.source
    assert str(tmp_path) not in data.source
    requests = published.requests
    assert getattr(datasets, name)("train", limit=2).source == data.source
    assert published.requests == requests, "within a minute the network is not asked again"
    assert left_over(cache) == []
    with pytest.raises(DataError, match=rf"^{re.escape(FILES[name])} was not fetched: .*({BAD[kind]})") as caught:
        datasets.fetch(name)
    assert "\n" not in str(caught.value)
    assert left_over(cache) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (dict(folders=("train/cats", "train/dogs")), "holds no pictures in validation/cats"),
        (dict(folders=("train/cats", "train/dogs", "validation/cats")), "holds no pictures in validation/dogs"),
        ({"../evil.py": b"import os"}, "was not unpacked"),
    ],
    ids=["half", "three quarters", "harm"],
)
def test_a_zip_of_something_else_is_refused(published, monkeypatch, cache, content, says):
    publish(monkeypatch, published, "cats_and_dogs", [pets_zip(**content)], checked=False)
    assert says in datasets.cats_and_dogs(limit=2).source
    assert left_over(cache) == []


def test_a_pickle_that_calls_something_is_refused(published, monkeypatch, cache, tmp_path):
    class Harm:
        def __reduce__(self):
            return exec, (f"open({str(tmp_path / 'harm')!r}, 'w')",)

    buffer = io.BytesIO()
    blob = pickle.dumps({b"data": Harm()}, protocol=3)
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("cifar-10-batches-py/data_batch_1")
        member.size = len(blob)
        archive.addfile(member, io.BytesIO(blob))
    publish(monkeypatch, published, "cifar10", [buffer.getvalue()])
    assert "(what was downloaded cannot be read (UnpicklingError))" in datasets.cifar10(limit=2).source
    assert not (tmp_path / "harm").exists()
    assert left_over(cache) == []


def test_a_slow_network_is_given_up_early_and_waited_for_where_it_will_do(published, monkeypatch, cache):
    """At 50 bytes a second: 100,000 bytes are given up after half a second, 40 bytes are waited for past it."""
    monkeypatch.setattr(download, "_CHUNK", 1)
    monkeypatch.setattr(download, "PATIENCE", 0.3)
    monkeypatch.setattr(locate, "_LARGE", 0)
    published.behaviour = "drips"
    monkeypatch.setattr(locate, "_RATE", 10_000)
    publish(monkeypatch, published, "cats_and_dogs", [bytes(100_000)], checked=False)
    assert re.search(r"the download is too slow for a lesson \(\d+ of 100,000 bytes in 0\.\d s\)",
                     datasets.cats_and_dogs(limit=2).source)  # fmt: skip
    monkeypatch.setattr(locate, "_RATE", 10)
    publish(monkeypatch, published, "cats_and_dogs", [b"x" * 40], checked=False)
    monkeypatch.setattr(locate, "_failures", {})
    monkeypatch.setitem(
        locate.REGISTRY, "cats_and_dogs", replace(locate.REGISTRY["cats_and_dogs"], make=lambda paths, target: None)
    )
    assert locate.locate("cats_and_dogs")[0].is_file()


# -- what is really published -------------------------------------------------------------------------------------


def test_the_addresses_are_those_of_keras():
    for name in ("mnist", "cifar10", "fashion_mnist"):
        source, row = inspect.getsource(getattr(keras.datasets, name).load_data), locate.REGISTRY[name]
        for part in row.parts or (row,):
            base, _, file = part.url.rpartition("/")
            assert base in source
            assert file in source
            assert name == "fashion_mnist" or part.checksum in source
    assert locate.REGISTRY["cats_and_dogs"].bytes == 68_606_236
    assert locate.REGISTRY["fashion_mnist"].bytes == 26_421_880 + 29_515 + 4_422_102 + 5_148


def test_every_file_says_what_is_lost_without_it():
    assert all(row.lost and row.lost[0].islower() for row in locate.REGISTRY.values())


def test_only_arrays_are_unpickled():
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    for protocol in (3, 4):
        again = _Unpickler(io.BytesIO(pickle.dumps(array, protocol=protocol))).load()
        assert np.array_equal(again, array)


def test_a_batch_as_python_2_pickled_it_is_read():
    """The published archive is of 2009: texts are bytes, and NumPy's functions are where they were then."""
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02K\x03\x86"
    array += b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array += b"\x89U\x06abcdeftb"
    pickled = b"\x80\x02}(U\x04data" + array + b"U\x06labels](K\x07K\x01eU\x0bbatch_labelU\x01xu."
    batch = _Unpickler(io.BytesIO(pickled), encoding="bytes").load()
    assert batch[b"data"].tolist() == [[97, 98, 99], [100, 101, 102]]
    assert batch[b"labels"] == [7, 1]
