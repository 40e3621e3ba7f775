"""Data sets: what they hold, where they come from, and every way in which fetching them can go wrong."""

import contextlib
import hashlib
import io
import os
import re
import socket
import stat
import subprocess
import sys
import threading
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data_server import BROKEN_OFF, Server
from PIL import Image

from cnnlab import datasets
from cnnlab.common.errors import DataError
from cnnlab.common.files import sha256
from cnnlab.data import download, locate


def npz(train=3, test=2, **replaced):
    """Bytes of a small file of MNIST's form; the label of a picture is its brightness."""
    arrays = {}
    for split, rows in (("train", train), ("test", test)):
        arrays[f"y_{split}"] = np.arange(rows) % 10
        arrays[f"x_{split}"] = np.broadcast_to((np.arange(rows) % 10)[:, None, None], (rows, 28, 28)).astype(np.uint8)
    arrays = {name: value for name, value in {**arrays, **replaced}.items() if value is not None}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    """An empty cache, no data folder, downloads forbidden, nothing remembered, no proxy."""
    monkeypatch.setenv("CNNLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CNNLAB_OFFLINE", "1")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("CNNLAB_DATA", raising=False)
    monkeypatch.setattr(locate, "_failures", {})
    return tmp_path


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def data(monkeypatch, tmp_path):
    folder = tmp_path / "classroom"
    folder.mkdir()
    monkeypatch.setenv("CNNLAB_DATA", str(folder))
    return folder


def publish(monkeypatch, url, body):
    """Let `body`, found at `url`, be the published mnist.npz."""
    row = replace(locate.REGISTRY["mnist"], url=url, bytes=len(body), checksum=hashlib.sha256(body).hexdigest())
    monkeypatch.setitem(locate.REGISTRY, "mnist", row)
    monkeypatch.setenv("CNNLAB_OFFLINE", "0")


@pytest.fixture
def server(monkeypatch):
    server = Server(npz(train=20))
    publish(monkeypatch, server.url, server.body)
    yield server
    server.close()


def left_over(folder):
    return [path.name for path in folder.rglob("*") if path.is_file()]


# -- what the data sets hold --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [8, 9, 20, 28, 31])
def test_digits_are_enlarged_as_pillow_enlarges(size):
    from sklearn.datasets import load_digits

    original, data = load_digits().images, datasets.digits(size)
    assert data.images.shape == (1797, size, size, 1)
    assert (data.images.dtype, data.labels.dtype) == (np.uint8, np.int64)
    for i in range(0, 1797, 300):
        picture = Image.fromarray((original[i] * (255 / 16)).astype(np.float32))
        expected = np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR))
        np.testing.assert_allclose(data.images[i, ..., 0], expected, atol=0.51)


# -- photos -------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


SHIPPED_PHOTOS = ("astronaut", "camera", "chelsea", "china", "coffee", "coins", "flower", "rocket")


@pytest.mark.parametrize("name", SHIPPED_PHOTOS)
def test_every_photo_loads_without_the_network(no_network, name):
    picture = datasets.photo(name)
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert picture.dtype == np.uint8
    assert min(picture.shape[:2]) >= 300
    assert picture.std() > 20
    assert datasets.photo_description(name).endswith(".")
    picture[:] = 0  # a fresh array, which may be written to
    assert datasets.photo(name).any()


def test_photos_of_the_data_folder_are_found(data):
    (data / "photos" / "x.png").mkdir(parents=True)
    assert datasets.photo_names() == SHIPPED_PHOTOS
    Image.new("L", (5, 4), 200).save(data / "photos" / "bench.png")
    Image.new("RGB", (5, 4)).save(data / "photos" / "china.jpg")  # the shipped photo keeps its name
    (data / "photos" / "notes.txt").write_text("not a picture")
    (data / "photos" / "._dog.jpg").write_bytes(b"what macOS leaves behind")
    assert datasets.photo_names() == (*SHIPPED_PHOTOS, "bench")
    assert datasets.photo("bench").tolist() == [[[200] * 3] * 5] * 4
    assert datasets.photo("china").shape == (427, 640, 3)
    assert "bench.png" in datasets.photo_description("bench")


def test_a_photo_is_read_with_the_care_of_any_picture(data):
    (data / "photos").mkdir()
    Image.new("RGBA", (5, 4), (255, 0, 0, 0)).save(data / "photos" / "clear.png")
    (data / "photos" / "document.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    assert datasets.photo("clear").min() == 255
    with pytest.raises(DataError, match=r"document\.jpg is not a readable picture: named \.jpg, but"):
        datasets.photo("document")


def test_gray_weighs_the_channels():
    # 0.299·100 + 0.587·50 + 0.114·200 = 29.9 + 29.35 + 22.8 = 82.05
    colours = np.array([[[100, 50, 200]]], dtype=np.uint8)
    assert datasets.gray(colours).tolist() == [[82]]
    assert datasets.gray(colours / 1.0)[0, 0] == pytest.approx(82.05)
    batch = datasets.gray(np.ones((2, 4, 5, 3), dtype=np.float32))
    assert (batch.shape, batch.dtype) == ((2, 4, 5), np.float32)
    assert np.array_equal(datasets.gray(datasets.photo("camera")), datasets.photo("camera")[..., 0])
    assert datasets.gray(np.eye(3)).shape == (3, 3)


# -- MNIST: the order data folder → cache → download → stand-in --------------------------------------------------


def test_the_stand_in_has_mnists_form_and_says_why():
    train, test = datasets.mnist("train"), datasets.mnist("test")
    assert (len(train), len(test)) == (1438, 359)
    assert train.images.shape[1:] == test.images.shape[1:] == (28, 28, 1)
    assert train.source == "stand-in: scikit-learn's digits enlarged to 28×28 (CNNLAB_OFFLINE is set)"
    assert train.is_stand_in
    border = train.images.copy()
    border[:, 4:-4, 4:-4] = 0
    assert not border.any()
    seen = {picture.tobytes() for picture in train.images}
    assert not any(picture.tobytes() in seen for picture in test.images)
    assert np.bincount(test.labels).tolist() == [35, 37, 35, 37, 36, 36, 36, 36, 35, 36]
    assert np.bincount(train.labels).min() >= 139


def test_the_data_folder_comes_first(data, cache):
    (data / "mnist.npz").write_bytes(npz(train=13, test=4))
    cache.mkdir()
    (cache / "mnist.npz").write_bytes(b"never looked at")
    train = datasets.mnist()
    assert train.images[:, 0, 0, 0].tolist() == train.labels.tolist() == [*range(10), 0, 1, 2]
    assert train.source == "MNIST, mnist.npz in the CNNLAB_DATA folder"
    assert not train.is_stand_in
    assert len(datasets.mnist("test")) == 4
    assert left_over(cache) == ["mnist.npz"]
    for limit, rows in ((1, 1), (5, 5), (99, 13)):
        assert datasets.mnist(limit=limit).labels.tolist() == train.labels.tolist()[:rows]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a readable .npz file"),
        (b"not a zip file at all", "not a readable .npz file"),
        (b"<!doctype html><title>Log in</title>", "not a readable .npz file: File is not a zip file. Copy it again"),
        (npz()[:-100], "not a readable .npz file"),
        (npz(train=20)[BROKEN_OFF], "not a readable .npz file"),
        (npz(x_train=None), "must hold the arrays x_train and y_train"),
        (npz(y_train=None), "must hold the arrays x_train and y_train"),
        (npz(x_train=np.zeros((3, 28, 27), np.uint8)), "must be uint8 of shape (N, 28, 28) or (N, 28, 28, 1)"),
        (npz(x_train=np.zeros((3, 28, 28))), "Received: float64, (3, 28, 28)"),
        (npz(x_train=np.zeros((), np.uint8)), "Received: uint8, ()"),
        (npz(y_train=np.zeros(3)), "y_train must be whole numbers of shape (N,). Received: float64, (3,)"),
        (npz(y_train=np.zeros((3, 10), int)), "Received: int64, (3, 10)"),
        (npz(y_train=np.int64(3)), "Received: int64, ()"),
        (npz(y_train=np.arange(4)), "must have as many rows. Received: 3 and 4"),
        (npz(train=0), "must have as many rows. Received: 0 and 0"),
        (npz(y_train=np.array([0, 1, 10])), "y_train must lie in 0 … 9. Received: 0 … 10"),
        (npz(x_train=np.array([{"code": 1}], object)), "not a readable .npz file: x_train holds Python objects"),
    ],
)
def test_a_damaged_file_of_the_user_is_an_error_and_stays(data, content, words):
    (data / "mnist.npz").write_bytes(content)
    with pytest.raises(DataError, match=re.escape(words)):
        datasets.mnist("train")
    assert (data / "mnist.npz").read_bytes() == content


def test_flipped_bytes_never_escape_as_another_error(data):
    rng = np.random.default_rng(0)
    good = np.frombuffer(npz(), np.uint8)
    refused = 0
    for _ in range(300):
        bad = good.copy()
        bad[rng.integers(0, 200, 3)] = rng.integers(0, 256, 3)
        (data / "mnist.npz").write_bytes(bad.tobytes())
        try:
            datasets.mnist("train")
        except DataError:
            refused += 1
    assert refused > 200


def test_only_the_rows_asked_for_are_unpacked(data, monkeypatch):
    with zipfile.ZipFile(data / "mnist.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in (("x_train", np.zeros((100_000, 28, 28), np.uint8)), ("y_train", np.zeros(100_000, int))):
            with archive.open(f"{name}.npy", "w") as member:
                np.save(member, rows)
    tracemalloc.start()
    assert len(datasets.mnist(limit=5)) == 5
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20  # all of it has 79 MB
    monkeypatch.setattr("cnnlab.data.npz.MAX_BYTES", 50_000_000)
    with pytest.raises(DataError, match="78,400,000 bytes unpacked, and 50,000,000 are allowed: ask for fewer"):
        datasets.mnist(limit=100_000)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_npz_that_numpy_would_not_write_is_not_unpacked(data, compression):
    with zipfile.ZipFile(io.BytesIO(npz())) as good, zipfile.ZipFile(data / "mnist.npz", "w", compression) as other:
        for name in good.namelist():
            other.writestr(name, good.read(name))
    with pytest.raises(DataError, match="x_train is packed in another way than np.savez does it"):
        datasets.mnist()


def test_other_forms_of_the_same_arrays_are_welcome(data):
    pictures = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
    (data / "mnist.npz").write_bytes(npz(x_train=np.asfortranarray(pictures)))  # by columns
    assert (datasets.mnist(limit=2).images[..., 0] == pictures[:2]).all()
    (data / "mnist.npz").write_bytes(npz(x_train=pictures[..., None], y_train=np.array([[1], [2], [3]], np.uint8)))
    assert datasets.mnist().labels.tolist() == [1, 2, 3]


def test_why_the_data_folder_did_not_do_is_said(data, monkeypatch):
    assert "(no mnist.npz in the CNNLAB_DATA folder; CNNLAB_OFFLINE is set)" in datasets.mnist().source
    for folder in (str(data / "nowhere"), "~nobody-of-this-name/x"):
        monkeypatch.setenv("CNNLAB_DATA", folder)
        assert "(CNNLAB_DATA names no folder; CNNLAB_OFFLINE is set)" in datasets.mnist().source
    monkeypatch.setenv("CNNLAB_CACHE", "~nobody-of-this-name/x")
    assert "CNNLAB_OFFLINE is set" in datasets.mnist().source


def test_a_server_does_not_write_to_the_terminal(server):
    server.status, server.words = 503, "\x1b[2J\x1b]0;title\x07 gone " + 200 * "x"
    source = datasets.mnist().source
    assert "answered 503 ?[2J?]0;title? gone xxx" in source
    assert source.isprintable()
    assert len(source) < 300


@pytest.mark.parametrize("where", ["os.stat", "os.listdir"])
def test_a_data_folder_that_may_not_be_read_is_said(data, monkeypatch, where):
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", path)

    (data / "mnist.npz").touch()
    monkeypatch.setattr(f"cnnlab.data.locate.{where}", refuse)
    monkeypatch.setattr("cnnlab.data.locate.os.path.isfile", lambda path: False)
    assert locate._missing(locate.REGISTRY["mnist"], data) == "the CNNLAB_DATA folder may not be read"


def test_a_download_is_checked_cached_and_used_again(server, cache):
    assert datasets.mnist().source == f"MNIST, mnist.npz downloaded from {server.url}"
    assert datasets.mnist("test").source == "MNIST, mnist.npz from the download cache"
    assert server.requests == 1
    assert left_over(cache) == ["mnist.npz"]


@pytest.mark.parametrize("damage", [b"", npz(), npz(train=20)[BROKEN_OFF], npz(train=20)[:-1] + b"x"])
def test_a_damaged_cache_file_is_replaced_and_never_a_hit(server, cache, monkeypatch, damage):
    cache.mkdir()
    (cache / "mnist.npz").write_bytes(damage)
    assert not datasets.mnist().is_stand_in
    assert (cache / "mnist.npz").read_bytes() == server.body
    (cache / "mnist.npz").write_bytes(damage)
    monkeypatch.setenv("CNNLAB_OFFLINE", "1")
    assert "(the cached copy was damaged; CNNLAB_OFFLINE is set)" in datasets.mnist().source
    assert left_over(cache) == []


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def set_up_failure(kind, server, monkeypatch, tmp_path):
    """Make downloading fail in the way named by `kind`."""
    if kind in ("truncated", "stalls", "drips"):
        server.behaviour = kind
    elif kind == "wrong hash":
        server.body = server.body[:-1] + b"x"
    elif kind == "too long":
        server.body += b"x"
    elif kind == "not found":
        server.status = 404
    elif kind == "no server":
        publish(monkeypatch, f"http://127.0.0.1:{unused_port()}/mnist.npz", server.body)
    elif kind == "cache is no folder":
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setenv("CNNLAB_CACHE", str(tmp_path / "file" / "cache"))
    elif kind == "offline":
        monkeypatch.setenv("CNNLAB_OFFLINE", "1")


# kind → words of the reason
FAILURES = {
    "truncated": r"the download broke off after 8,192 of [\d,]+ bytes",
    "stalls": r"127\.0\.0\.1 (did not answer within|stopped answering)|nothing more arrived|was not complete after",
    "drips": r"nothing more arrived for 0\.5 s|was not complete after 0\.5 s",
    "wrong hash": "wrong SHA-256",
    "too long": r"127\.0\.0\.1 sent more than the [\d,]+ bytes expected",
    "not found": r"127\.0\.0\.1 answered 404 Not Found",
    "no server": r"no connection to 127\.0\.0\.1",
    "cache is no folder": r"folder for it cannot be written \(Not a directory\)",
    "offline": "CNNLAB_OFFLINE is set",
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_lesson_gets_the_stand_in_and_fetch_an_error_of_one_line(kind, server, hurried, monkeypatch, tmp_path, cache):
    set_up_failure(kind, server, monkeypatch, tmp_path)
    data = datasets.mnist("test")
    assert data.is_stand_in
    assert re.search(FAILURES[kind], data.source), data.source
    assert str(tmp_path) not in data.source
    assert left_over(cache) == []
    with pytest.raises(DataError, match=FAILURES[kind]) as caught:
        datasets.fetch("mnist")
    assert "mnist.npz was not fetched" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert left_over(cache) == []


def test_a_socket_that_accepts_and_never_answers(monkeypatch, hurried, cache):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        publish(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}/mnist.npz", npz())
        assert "(127.0.0.1 did not answer within 0.3 s)" in datasets.mnist().source
        with pytest.raises(DataError, match=r"127\.0\.0\.1 did not answer within 0\.3 s"):
            datasets.fetch("mnist")
    assert left_over(cache) == []


def test_a_resolver_that_hangs_is_left_behind(monkeypatch, hurried, cache):
    release = threading.Event()

    def hang(*args, **kwargs):
        release.wait(20)
        raise socket.gaierror("too late")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    publish(monkeypatch, "http://data.invalid/mnist.npz", npz())
    try:
        assert "the download was not complete after 0.5 s (0 of" in datasets.mnist().source
        assert left_over(cache) == []
    finally:
        release.set()


def test_the_real_limits_keep_the_promise_of_ten_seconds():
    assert download.PATIENCE + 2 * download._POLL < 7  # the rest is for importing scikit-learn on a slow machine
    assert max(download.CONNECT_TIMEOUT, download.READ_TIMEOUT) <= download.PATIENCE


def test_a_failure_is_remembered_for_a_minute_by_lessons_but_not_by_fetch(server, cache, monkeypatch):
    server.behaviour = "truncated"
    first = datasets.mnist("train").source
    assert datasets.mnist("test").source == first
    assert server.requests == 1
    server.behaviour = "whole"
    datasets.fetch("mnist").unlink()
    assert server.requests == 2
    assert not datasets.mnist("test").is_stand_in  # the success is remembered as well
    (cache / "mnist.npz").unlink()
    server.behaviour = "truncated"
    assert datasets.mnist().is_stand_in
    server.behaviour = "whole"
    monkeypatch.setattr(locate, "_RETRY_AFTER", 0.0)
    assert not datasets.mnist().is_stand_in


def test_a_cache_that_refuses_writing(server, monkeypatch, cache):
    if os.name != "posix" or os.geteuid() == 0:  # root may write anywhere: let the system call refuse
        monkeypatch.setattr(download.Path, "touch", refuse_writing)
    cache.mkdir()
    cache.chmod(0o500)
    try:
        assert "(the folder for it cannot be written (Permission denied))" in datasets.mnist().source
        assert server.requests == 0
    finally:
        cache.chmod(0o700)


def refuse_writing(*args, **kwargs):
    raise PermissionError(13, "Permission denied")


def test_a_full_disk_is_a_reason(server, monkeypatch, cache):
    class FullDisk(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "open", lambda *args: FullDisk(), raising=False)
    assert "(the file cannot be saved (No space left on device))" in datasets.mnist().source
    assert left_over(cache) == []


def test_an_interrupt_leaves_nothing_behind(server, cache):
    def interrupt(received, size):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        datasets.fetch("mnist", progress=interrupt)
    assert left_over(cache) == []


def test_a_process_killed_in_the_middle_leaves_no_file_of_that_name(server, cache):
    server.behaviour = "stalls"
    code = "import pathlib, sys; from cnnlab.data import download; url, path, size = sys.argv[1:]\n"
    code += "download.to_file(url, pathlib.Path(path), '0' * 64, int(size))"
    arguments = server.url, str(cache / "mnist.npz"), str(len(server.body))
    process = subprocess.Popen([sys.executable, "-c", code, *arguments])
    try:
        while not any(path.stat().st_size for path in cache.glob("*")):  # until something has arrived
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"it ended by itself: {process.wait(0.05)}")
    finally:
        process.kill()
        process.wait()
    assert not (cache / "mnist.npz").exists()


# -- fetch, available, paths --------------------------------------------------------------------------------------


def test_fetch_returns_the_path_and_reports_progress(server, cache):
    seen = []
    path = datasets.fetch("mnist", progress=lambda received, size: seen.append((received, size)))
    assert path == cache / "mnist.npz"
    assert path.read_bytes() == server.body
    assert seen[-1] == (len(server.body), len(server.body))
    datasets.fetch("mnist")
    assert server.requests == 1


def test_a_slow_download_that_lives_may_take_its_time(server, hurried, monkeypatch, cache):
    """Every byte counts as a chunk here, so a drip is a living download; a lesson gives up, fetch does not."""
    monkeypatch.setattr(download, "_CHUNK", 1)
    monkeypatch.setattr(download, "PATIENCE", 0.2)
    body = server.body = b"x" * 40  # 40 bytes at 0.02 s each outlast 0.2 s
    publish(monkeypatch, server.url, body)
    server.behaviour = "drips"
    with pytest.raises(DataError, match=r"was not complete after 0\.2 s"):
        locate.locate("mnist")
    assert datasets.fetch("mnist").read_bytes() == body


def test_fetch_to_a_folder_downloads_there_or_copies_from_the_cache(server, tmp_path):
    before = os.umask(0o022)
    try:
        first = datasets.fetch("mnist", to=tmp_path / "share" / "one")
    finally:
        os.umask(before)
    assert first == tmp_path / "share" / "one" / "mnist.npz"
    assert os.name != "posix" or stat.S_IMODE(first.stat().st_mode) == 0o644, "a classroom can read it"
    assert left_over(tmp_path / "share") == ["mnist.npz"]
    datasets.fetch("mnist")
    assert server.requests == 2
    second = datasets.fetch("mnist", to=str(tmp_path / "share" / "two"))
    assert second.read_bytes() == first.read_bytes() == server.body
    assert datasets.fetch("mnist", to=first.parent) == first
    assert server.requests == 2


def test_fetch_keeps_what_is_the_users(server, tmp_path, monkeypatch):
    (tmp_path / "mnist.npz").write_bytes(b"mine")
    with pytest.raises(DataError, match="is another file than the published one: remove it or choose another folder"):
        datasets.fetch("mnist", to=tmp_path)
    assert (tmp_path / "mnist.npz").read_bytes() == b"mine"
    datasets.fetch("mnist")
    with pytest.raises(DataError, match=r"mnist\.npz was not copied to .*cannot be written \(File exists\)"):
        datasets.fetch("mnist", to=tmp_path / "mnist.npz")
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
    assert datasets.fetch("mnist") == tmp_path / "mnist.npz"


def test_available_follows_the_file(server, cache, monkeypatch, tmp_path):
    row = datasets.available()[0]
    assert (row.name, row.file, row.bytes, row.place, row.path, row.url, row.trouble) == (
        *("mnist", "mnist.npz", len(server.body), "not here", None, server.url, ""),
    )
    datasets.fetch("mnist")
    row = datasets.available()[0]
    assert (row.place, row.path, row.trouble) == ("cache", cache / "mnist.npz", "")
    (cache / "mnist.npz").write_bytes(b"short")
    row = datasets.available()[0]
    assert (row.place, row.bytes, row.trouble) == ("cache", 5, "damaged: its SHA-256 is wrong")
    assert left_over(cache) == ["mnist.npz"]
    (tmp_path / "mnist.npz").write_bytes(b"mine")
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
    row = datasets.available()[0]
    assert (row.place, row.path, row.bytes) == ("data folder", tmp_path / "mnist.npz", 4)


def test_the_paths_follow_the_environment(monkeypatch, tmp_path, cache):
    assert datasets.data_folder() is None
    assert datasets.data_path() == datasets.cache_path() == cache
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
    assert datasets.data_path() == datasets.data_folder() == tmp_path
    monkeypatch.delenv("CNNLAB_CACHE")
    assert "cnnlab" in str(datasets.cache_path())


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_offline_is_any_value_but_zero(monkeypatch, value, expected):
    monkeypatch.setenv("CNNLAB_OFFLINE", value)
    assert datasets.offline() is expected


# -- what ships ---------------------------------------------------------------------------------------------------


def test_shipped_files_are_found_and_nothing_else():
    assert datasets.shipped("SOURCES.md").is_file()
    with pytest.raises(DataError, match=re.escape("`name` must be a file that ships in data/. Received: 'no.txt'")):
        datasets.shipped("no.txt")
    for name in ("../pyproject.toml", "/etc/hostname", "a\\..\\b"):
        with pytest.raises(ValueError, match="`name` must be a path inside data/"):
            datasets.shipped(name)


def test_every_shipped_file_has_its_checksum_and_its_source():
    folder = datasets.shipped("SOURCES.md").parent
    lines = [line.split() for line in (folder / "SHA256SUMS").read_text().splitlines() if not line.startswith("#")]
    sums = {name.lstrip("*"): digest for digest, name in lines}
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(sums) == files - {"SOURCES.md", "SHA256SUMS", "README.md"}
    sources = (folder / "SOURCES.md").read_text(encoding="utf-8")
    for name, digest in sums.items():
        assert sha256(folder / name) == digest
        assert f"`{name}`" in sources
    for row in locate.REGISTRY.values():
        for part in (row, *row.parts):
            assert part.checksum in sources
            assert part.url in sources


def test_the_classrooms_files_are_read_whole(monkeypatch):
    folder = Path(__file__).parents[3] / "shared" / "data"
    if not all((folder / name).is_file() for name in ("mnist.npz", "cifar10.npz", "cats_and_dogs_small.zip")):
        pytest.skip("no data folder beside the project")
    monkeypatch.setenv("CNNLAB_DATA", str(folder))
    train, test = datasets.mnist("train"), datasets.mnist("test")
    assert (len(train), len(test)) == (60_000, 10_000)
    assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert datasets.cifar10("test", limit=100).images.shape == (100, 32, 32, 3)
    for split, rows in (("train", 1000), ("validation", 400)):
        assert np.bincount(datasets.cats_and_dogs(split).labels).tolist() == [rows, rows]


# -- Fashion-MNIST, CIFAR-10, and what is drawn in their place -----------------------------------------------------

IN_OTHER_FORMS = {
    "fashion_mnist": ((28, 28, 1), "letters A to J in 20 of matplotlib's fonts", "Ankle boot"),
    "cifar10": ((32, 32, 3), "ten shapes drawn on crops of photos", "truck"),
}


@pytest.mark.parametrize("name", IN_OTHER_FORMS)
def test_drawn_pictures_stand_in_and_say_so(name, no_network):
    shape, drawn, last = IN_OTHER_FORMS[name]
    data = getattr(datasets, name)("test", limit=40)
    assert data.images.shape == (40, *shape)
    assert data.source == f"stand-in: {drawn} (CNNLAB_OFFLINE is set)"
    assert data.is_stand_in
    assert len(data.class_names) == 10
    assert last not in data.class_names


@pytest.mark.parametrize("name", IN_OTHER_FORMS)
def test_the_data_folder_is_asked_first_for_every_set(name, data):
    shape, _, last = IN_OTHER_FORMS[name]
    pictures = np.zeros((3, *shape), np.uint8)
    (data / f"{name}.npz").write_bytes(
        npz(x_train=pictures, y_train=np.array([[9], [1], [2]]), x_test=pictures, y_test=np.arange(3))
    )
    train = getattr(datasets, name)("train", limit=2)
    assert train.labels.tolist() == [9, 1]
    assert train.class_names[9] == last
    assert train.source.endswith(f"{name}.npz in the CNNLAB_DATA folder")
    (data / f"{name}.npz").write_bytes(b"damaged")
    with pytest.raises(DataError, match="not a readable .npz file"):
        getattr(datasets, name)()


@pytest.mark.parametrize("draw", [datasets.letters, datasets.shapes])
def test_what_is_drawn_depends_on_the_row_alone(draw):
    many, few, others = draw("train", 30), draw("train", 10), draw("test", 30)
    assert np.array_equal(many.images[:10], few.images)
    assert np.array_equal(many.labels[:10], few.labels)
    assert not {picture.tobytes() for picture in many.images} & {picture.tobytes() for picture in others.images}
    assert set(draw("train", 200).labels) == set(range(10))
    assert many.images.dtype == np.uint8
    assert many.images.max(axis=(1, 2, 3)).min() > 60, "every picture shows something"


def test_letters_hardly_ever_touch_the_border():
    images = datasets.letters("test", 300).images
    assert images[:, [0, -1]].any(axis=(1, 2, 3)).mean() < 0.03
    assert images[:, :, [0, -1]].any(axis=(1, 2, 3)).mean() < 0.03


REFUSED = [
    (lambda: datasets.digits(7), "`size` must be a whole number >= 8. Received: 7"),
    (lambda: datasets.Dataset(np.zeros((2, 8, 8, 1)), np.zeros(3), ("a",), "here"), "Received: (2, 8, 8, 1) and (3,)"),
    (lambda: datasets.gray(np.zeros((4, 4, 2))), "`images` must have 3 channels (red, green, blue). Received: shape"),
    (lambda: datasets.photo("cofee"), "Received: 'cofee'. Did you mean 'coffee'"),
    (lambda: datasets.photo_description("cofee"), "Received: 'cofee'"),
    (lambda: datasets.fetch("MNIST"), "`name` must be one of 'mnist', "),
    *(
        (lambda load=load, options=options: load(**options), words)
        for load in (datasets.mnist, datasets.letters, datasets.shapes, datasets.cats_and_dogs)
        for options, words in (
            ({"split": "val"}, "`split` must be one of 'train', "),
            ({"limit": 0}, "`limit` must be a whole number >= 1. Received: 0"),
            ({"limit": True}, "`limit` must be a whole number >= 1. Received: True"),
        )
    ),
]


@pytest.mark.parametrize(("call", "says"), REFUSED, ids=range(len(REFUSED)))
def test_bad_arguments_are_refused(call, says):
    with pytest.raises((TypeError, ValueError), match=re.escape(says)):
        call()
