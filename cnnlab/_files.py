"""Which data files there are, where they are found, and how they are fetched.

The order is that of `locate`: the folder in ``CNNLAB_DATA``, the cache, a download. A file in ``CNNLAB_DATA`` is the
user's: it may hold any number of rows, its hash is not checked, and it is never changed. A file in the cache is ours:
it counts only while its SHA-256 is right, and a damaged one is deleted.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cnnlab._download import DataError, download, sha256, whole_file
from cnnlab._validate import check_choice

_RETRY_AFTER = 60.0  # seconds for which a failed implicit download is not tried again


@dataclass(frozen=True)
class DataFile:
    """A data file: its `name` in the course, its `file` name; where published, `bytes`, SHA-256 `checksum`, `url`.

    One without a `url` is not published as this file: `advice` says where to get it, or, where that is empty, Keras'
    own loader of that name reads it in another form.
    """

    name: str
    file: str
    bytes: int = 0
    checksum: str = ""
    url: str = ""
    advice: str = ""


REGISTRY = {
    row.name: row
    for row in (
        # Address and checksum as in keras/src/datasets/mnist.py.
        DataFile(
            name="mnist",
            file="mnist.npz",
            bytes=11_490_434,
            checksum="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
            url="https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        ),
        DataFile(name="fashion_mnist", file="fashion_mnist.npz"),
        DataFile(name="cifar10", file="cifar10.npz"),
        DataFile(
            name="cats_and_dogs",
            file="cats_and_dogs_small.zip",
            advice="any zip with the folders train/cats, train/dogs, validation/cats and validation/dogs will do, such "
            "as https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip (69 MB): download it in a "
            "browser, name it cats_and_dogs_small.zip and put it in a folder that CNNLAB_DATA names",
        ),
        # The release publishes no checksum: size and SHA-256 are those of the copy this project has worked with.
        DataFile(
            name="squeezenet",
            file="weights/squeezenet_imagenet_notop.h5",
            bytes=3_002_560,
            checksum="17154246284f555591549ac2c83e127abfbf4307dc4b0060fdaa2931d0fa38da",
            url="https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0/"
            "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
        ),
        # Darknet detectors, see cnnlab/darknet/models.py; the .cfg of YOLOv3 and YOLOv3-tiny ship in data/darknet.
        DataFile(
            name="yolov3",
            file="darknet/yolov3.weights",
            bytes=248_007_048,
            checksum="523e4e69e1d015393a1b0a441cef1d9c7659e3eb2d7e15f793f060a21b32f297",
            url="https://pjreddie.com/media/files/yolov3.weights",
        ),
        DataFile(
            name="yolov3-tiny",
            file="darknet/yolov3-tiny.weights",
            bytes=35_434_956,
            checksum="dccea06f59b781ec1234ddf8d1e94b9519a97f4245748a7d4db75d5b7080a42c",
            url="https://pjreddie.com/media/files/yolov3-tiny.weights",
        ),
        DataFile(
            name="yolo-fastest",
            file="darknet/yolo-fastest-1.1.weights",
            bytes=1_384_268,
            checksum="1c445c42bbd6df63edea2cc69f99667b5650d663ca11e34b116240740cd42890",
            url="https://raw.githubusercontent.com/dog-qiuqiu/Yolo-Fastest/master/ModelZoo/yolo-fastest-1.1_coco/"
            "yolo-fastest-1.1.weights",
        ),
        DataFile(
            name="yolo-fastest-cfg",
            file="darknet/yolo-fastest-1.1.cfg",
            bytes=9_685,
            checksum="f6df5775c1e862998cf69046eba9265be3ae84dfe8b2caab7529823f0795bf70",
            url="https://raw.githubusercontent.com/dog-qiuqiu/Yolo-Fastest/master/ModelZoo/yolo-fastest-1.1_coco/"
            "yolo-fastest-1.1.cfg",
        ),
    )
}

_failures: dict[str, tuple[float, str]] = {}  # url → when, why


@dataclass(frozen=True)
class Availability:
    """One row of ``cnnlab data list``.

    Attributes
    ----------
    name, file, url : as published; `url` is empty where no such file is published
    bytes : size of the file found, or of the published file when none is here; 0 when that is not known
    place : ``"data folder"``, ``"cache"`` or ``"not here"``
    path : the file found, or None
    trouble : why the file found cannot be used; empty when all is well
    """

    name: str
    file: str
    bytes: int
    place: str
    path: Path | None
    url: str
    trouble: str = ""


def offline() -> bool:
    """Whether ``CNNLAB_OFFLINE`` forbids downloads (set, and neither empty nor 0).

    >>> offline() in (True, False)
    True
    """
    return os.environ.get("CNNLAB_OFFLINE", "") not in ("", "0")


def data_folder() -> Path | None:
    """The folder named by ``CNNLAB_DATA`` (it need not exist), or None when the variable is not set.

    >>> folder = data_folder()
    >>> folder is None or folder.is_absolute()
    True
    """
    named = os.environ.get("CNNLAB_DATA", "")
    return Path(named).expanduser().absolute() if named else None


def cache_path() -> Path:
    """The folder downloads are kept in: ``CNNLAB_CACHE``, or the platform's user cache.

    >>> cache_path().is_absolute()
    True
    """
    named = os.environ.get("CNNLAB_CACHE", "")
    if named:
        return Path(named).expanduser().absolute()
    import pooch

    return Path(pooch.os_cache("cnnlab")).absolute()


def data_path() -> Path:
    """The folder that is looked in first: ``CNNLAB_DATA`` when it is set, otherwise the cache.

    >>> data_path().is_absolute()
    True
    """
    return data_folder() or cache_path()


def shipped(name: str) -> Path:
    """Path of a file that ships with the project in ``data/`` (in a wheel: ``cnnlab/_data/``).

    Parameters
    ----------
    name : path inside the folder, with forward slashes

    Raises
    ------
    ValueError
        If `name` leads out of the folder.
    DataError
        If there is no such file.

    Examples
    --------
    >>> shipped("SOURCES.md").name
    'SOURCES.md'
    """
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts or "\\" in name:
        raise ValueError(f"`name` must be a path inside data/. Received: {name!r}")
    package = Path(__file__).parent
    folder = package / "_data"
    if not folder.is_dir():
        folder = package.parent / "data"  # a checkout or an editable install
    path = folder / inside
    if not path.is_file():
        raise DataError(f"`name` must be a file that ships in data/. Received: {name!r}")
    return path


def available() -> list[Availability]:
    """Say for every published data file where it is now. Reads, and changes nothing.

    Examples
    --------
    >>> [row.name for row in available()][:3]
    ['mnist', 'fashion_mnist', 'cifar10']
    """
    return [_available(row) for row in REGISTRY.values()]


def _available(row: DataFile) -> Availability:
    own = _in_data_folder(row)
    if own is not None:
        return Availability(row.name, row.file, own.stat().st_size, "data folder", own, row.url)
    cached = cache_path() / row.file
    if row.url and os.path.isfile(cached):  # unlike Path.is_file, False for a folder that may not be read
        trouble = "" if _is_published(cached, row) else "damaged: its SHA-256 is wrong"
        return Availability(row.name, row.file, cached.stat().st_size, "cache", cached, row.url, trouble)
    return Availability(row.name, row.file, row.bytes, "not here", None, row.url)


def locate(name: str) -> tuple[Path, str]:
    """Find a data file for a lesson, downloading it when it has to be: at most ten seconds in all.

    Parameters
    ----------
    name : a name in the registry, such as ``"mnist"``

    Returns
    -------
    tuple
        The path, and the place in words for ``Dataset.source``.

    Raises
    ------
    DataError
        With the bare reason why the file cannot be had. A failed download is not tried again for a minute, so that a
        lesson waits once and not at every call.
    """
    row = REGISTRY[name]
    own = _in_data_folder(row)
    if own is not None:
        return own, "in the CNNLAB_DATA folder"
    notes = []
    if (folder := data_folder()) is not None:
        notes.append(
            f"no {row.file} in the CNNLAB_DATA folder" if os.path.isdir(folder) else "CNNLAB_DATA names no folder"
        )
    if not row.url:
        raise DataError("; ".join([*notes, f"`cnnlab data get {name}` says how to get the real ones"]))
    cached = cache_path() / row.file
    if _is_published(cached, row):
        return cached, "from the download cache"
    if _discard(cached):
        notes.append("the cached copy was damaged")
    try:
        _download_once(row, cached)
    except DataError as error:
        raise DataError("; ".join([*notes, str(error)])) from None
    return cached, f"downloaded from {row.url}"


def fetch(name: str, to: str | os.PathLike | None = None, progress: Callable[[int, int], None] | None = None) -> Path:
    """Fetch a data file now, whatever a lesson would have made do with.

    Parameters
    ----------
    name : a name of `available`, such as ``"mnist"``
    to : folder to put the file in, for example a classroom's share; by default the cache. A file in ``CNNLAB_DATA``
        counts as fetched unless `to` is given
    progress : called with (bytes so far, bytes in all). A slow download may take its time; one from which nothing
        arrives for 6 seconds is given up

    Returns
    -------
    Path
        The file, complete and (outside ``CNNLAB_DATA``) with the published SHA-256.

    Raises
    ------
    ValueError
        If there is no such name.
    DataError
        If the file cannot be had, or another file of that name is in the way. For one that is not published in this
        form the message says how to make it.

    Examples
    --------
    >>> fetch("minst")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: `name` must be one of 'mnist', ... Received: 'minst'. Did you mean 'mnist'?
    """
    row = REGISTRY[check_choice(name, "name", tuple(REGISTRY))]
    if to is None and (own := _in_data_folder(row)) is not None:
        return own
    if not row.url:
        raise DataError(_how_to_make(row))
    cached = cache_path() / row.file
    target = cached if to is None else Path(to).expanduser().absolute() / row.file
    if _is_published(target, row):
        return target
    if target == cached:
        _discard(cached)
    elif target.exists():
        raise DataError(f"{target} is another file than the published one: remove it or choose another folder")
    elif _is_published(cached, row):
        return _copy(cached, target)
    if offline():
        raise DataError(f"{row.file} was not fetched: CNNLAB_OFFLINE is set. Unset it, or copy the file to {target}")
    try:
        download(row.url, target, row.checksum, row.bytes, patient=True, progress=progress)
    except DataError as error:
        raise DataError(
            f"{row.file} was not fetched: {error}. Try again, or get {row.url} on another machine, put it in a folder "
            "and set CNNLAB_DATA to that folder"
        ) from None
    _failures.pop(row.url, None)
    return target


def _how_to_make(row: DataFile) -> str:
    """Keras' loader downloads the set in its published form; one line more saves it in ours."""
    if row.advice:
        return f"{row.file} is not fetched: {row.advice}"
    script = (
        f"import keras, numpy; (a, b), (c, d) = keras.datasets.{row.name}.load_data(); "
        f"numpy.savez_compressed('{row.file}', x_train=a, y_train=b, x_test=c, y_test=d)"
    )
    return (
        f'{row.file} is not published as one file. On a machine with internet run: python -c "{script}" and put the '
        "file in a folder that CNNLAB_DATA names"
    )


def _in_data_folder(row: DataFile) -> Path | None:
    folder = data_folder()
    return folder / row.file if folder is not None and os.path.isfile(folder / row.file) else None


def _is_published(path: Path, row: DataFile) -> bool:
    """Whether `path` is the published file, byte for byte; an unreadable one is not."""
    try:
        return path.stat().st_size == row.bytes and sha256(path) == row.checksum
    except OSError:
        return False


def _discard(path: Path) -> bool:
    """Delete a damaged file of the cache; where that is refused, its wrong hash keeps it from being used."""
    if not os.path.lexists(path):
        return False
    with contextlib.suppress(OSError):
        path.unlink()
    return True


def _download_once(row: DataFile, target: Path) -> None:
    """Download in the short time a lesson grants; within a minute of a failure, fail at once for the same reason."""
    if offline():
        raise DataError("CNNLAB_OFFLINE is set")
    when, why = _failures.get(row.url, (0.0, ""))
    if why and time.monotonic() - when < _RETRY_AFTER:
        raise DataError(why)
    try:
        download(row.url, target, row.checksum, row.bytes)
    except DataError as error:
        _failures[row.url] = (time.monotonic(), str(error))
        raise


def _copy(source: Path, target: Path) -> Path:
    try:
        with whole_file(target) as part:
            shutil.copyfile(source, part)
    except DataError as error:
        raise DataError(f"{source.name} was not copied to {target.parent}: {error}") from None
    return target
