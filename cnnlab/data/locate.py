"""Which data files there are, where they are found, and how they are fetched.

The order is that of `locate`: the folder in ``CNNLAB_DATA``, the cache, a download. A file in ``CNNLAB_DATA`` is the
user's: it may hold any number of rows, its hash is not checked, and it is never changed. A file in the cache is ours:
it counts only while its SHA-256 is right, and a damaged one is deleted. The SHA-256 of a file that is not published in
its form is remembered beside it, in a file that ends in ``.sha256``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from cnnlab.common.errors import DataError
from cnnlab.common.files import sha256, whole_file
from cnnlab.common.validate import check_choice
from cnnlab.data import download
from cnnlab.data.published import UNREADABLE
from cnnlab.data.registry import REGISTRY, DataFile

_RETRY_AFTER = 60.0  # seconds for which a failed implicit download is not tried again
_LARGE = 20_000_000  # bytes; a lesson waits longer for such a file,
_RATE = 1_500_000  # as long as this many bytes a second take
_SHOW_AFTER = 1.0  # seconds until a lesson's download shows its progress


_failures: dict[str, tuple[float, str]] = {}  # url → when, why


@dataclass(frozen=True)
class Availability:
    """One row of ``cnnlab data list``.

    Attributes
    ----------
    name, file, url : as published; of several files the first address
    bytes : size of the file found, or of what would be downloaded
    place : ``"data folder"``, ``"cache"`` or ``"not here"``
    path : the file found, or None
    lost : what the course does without it
    trouble : why the file found cannot be used; empty when all is well
    """

    name: str
    file: str
    bytes: int
    place: str
    path: Path | None
    url: str
    lost: str
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
    return Path(os.path.expanduser(named)).absolute() if named else None  # unlike Path's, leaves an unknown ~user


def cache_path() -> Path:
    """The folder downloads are kept in: ``CNNLAB_CACHE``, or the platform's user cache.

    >>> cache_path().is_absolute()
    True
    """
    named = os.environ.get("CNNLAB_CACHE", "")
    if named:
        return Path(os.path.expanduser(named)).absolute()
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
    package = Path(__file__).parents[1]
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
        return Availability(row.name, row.file, own.stat().st_size, "data folder", own, row.url, row.lost)
    cached = cache_path() / row.file
    if os.path.isfile(cached):  # unlike Path.is_file, False for a folder that may not be read
        trouble = "" if _is_published(cached, row) else "damaged: its SHA-256 is wrong"
        return Availability(row.name, row.file, cached.stat().st_size, "cache", cached, row.url, row.lost, trouble)
    return Availability(row.name, row.file, row.bytes, "not here", None, row.url, row.lost)


def locate(name: str) -> tuple[Path, str]:
    """Find a data file for a lesson, downloading it when it has to be.

    A small file has ten seconds in all. One of more than 20 MB may take as long as 1.5 MB a second need, and shows its
    progress; where its first six seconds say that it will take longer, it is given up.

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
        notes.append(_missing(row, folder))
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
        The file, complete and (outside ``CNNLAB_DATA``) with the published SHA-256, or the one remembered.

    Raises
    ------
    DataError
        If the file cannot be had, or another file of that name is in the way.

    Examples
    --------
    >>> fetch("minst")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: `name` must be one of 'mnist', ... Received: 'minst'. Did you mean 'mnist'?
    """
    row = REGISTRY[check_choice(name, "name", tuple(REGISTRY))]
    if to is None and (own := _in_data_folder(row)) is not None:
        return own
    cached = cache_path() / row.file
    target = cached if to is None else Path(os.path.expanduser(to)).absolute() / row.file
    if _is_published(target, row):
        return target
    if target == cached:
        _discard(cached)
    elif target.exists():
        known = "the published one" if row.checksum else "the one that was downloaded here"
        raise DataError(f"{target} is another file than {known}: remove it or choose another folder")
    elif _is_published(cached, row):
        return _copy(cached, target)
    if offline():
        raise DataError(f"{row.file} was not fetched: CNNLAB_OFFLINE is set. Unset it, or copy the file to {target}")
    try:
        _obtain(row, target, None, progress)
    except DataError as error:
        how = f"type `cnnlab data get {name} --to FOLDER`" if row.make else f"get {row.url}"
        raise DataError(
            f"{row.file} was not fetched: {error}. Try again, or {how} on another machine and set CNNLAB_DATA to the "
            "folder that the file is in"
        ) from None
    _failures.pop(row.url, None)
    return target


def _missing(row: DataFile, folder: Path) -> str:
    """Why there is no such file in the CNNLAB_DATA folder."""
    try:
        if row.file in os.listdir(folder):
            os.stat(folder / row.file)  # refused where the folder may be listed and no more
    except PermissionError:
        return "the CNNLAB_DATA folder may not be read"
    except OSError:
        pass
    return f"no {row.file} in the CNNLAB_DATA folder" if os.path.isdir(folder) else "CNNLAB_DATA names no folder"


def _in_data_folder(row: DataFile) -> Path | None:
    folder = data_folder()
    return folder / row.file if folder is not None and os.path.isfile(folder / row.file) else None


def _is_published(path: Path, row: DataFile) -> bool:
    """Whether `path` is the published file, byte for byte, or the one made of it; an unreadable one is not."""
    try:
        if row.checksum and path.stat().st_size != row.bytes:
            return False
        return sha256(path) == (row.checksum or _remembered(row))
    except OSError:
        return False


def _remembered(row: DataFile) -> str:
    """SHA-256 of the file as it was made here; empty where none has been."""
    try:
        return _memory(row).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _memory(row: DataFile) -> Path:
    return cache_path() / f"{row.file}.sha256"


def _discard(path: Path) -> bool:
    """Delete a damaged file of the cache; where that is refused, its wrong hash keeps it from being used."""
    if not os.path.lexists(path):
        return False
    with contextlib.suppress(OSError):
        path.unlink()
    return True


def _download_once(row: DataFile, target: Path) -> None:
    """Download in the time a lesson grants; within a minute of a failure, fail at once for the same reason."""
    if offline():
        raise DataError("CNNLAB_OFFLINE is set")
    when, why = _failures.get(row.url, (0.0, ""))
    if why and time.monotonic() - when < _RETRY_AFTER:
        raise DataError(why)
    from tqdm import tqdm

    bar = tqdm(
        desc=row.file, total=row.bytes, unit="B", unit_scale=True, delay=_SHOW_AFTER, leave=False, file=sys.stdout
    )
    try:
        with bar:
            seconds = row.bytes / _RATE if row.bytes > _LARGE else download.PATIENCE
            _obtain(row, target, seconds, lambda so_far, total: bar.update(so_far - bar.n))
    except DataError as error:
        _failures[row.url] = (time.monotonic(), str(error))
        raise


def _obtain(row: DataFile, target: Path, seconds: float | None, progress: Callable[[int, int], None] | None) -> None:
    """Download `row` to `target` within `seconds`, or however long it takes."""
    if row.make is None:
        download.to_file(row.url, target, row.checksum, row.bytes, seconds=seconds, progress=progress)
        return
    start, so_far = time.monotonic(), 0

    def show(received: int, _: int) -> None:
        if progress is not None:
            progress(so_far + received, row.bytes)

    with (
        whole_file(target) as made,
        tempfile.TemporaryDirectory(prefix=".", dir=target.parent, ignore_cleanup_errors=True) as folder,
    ):
        paths = []
        for part in row.parts:
            left = None if seconds is None else max(0.0, seconds - (time.monotonic() - start))
            paths.append(Path(folder, PurePosixPath(urlsplit(part.url).path).name))
            download.to_file(part.url, paths[-1], part.checksum, part.bytes, seconds=left, progress=show)
            so_far += part.bytes
        try:
            row.make(paths, made)
        except UNREADABLE as error:
            raise DataError(f"what was downloaded cannot be read ({type(error).__name__})") from None
        digest, known = sha256(made), _remembered(row)
        if known and digest != known and not all(part.checksum for part in row.parts):
            raise DataError("the downloaded file is not the one that was downloaded before and was thrown away")
        with contextlib.suppress(DataError), whole_file(_memory(row)) as note:  # a cache that refuses it has no file
            note.write_text(f"{digest}\n", encoding="ascii")


def _copy(source: Path, target: Path) -> Path:
    try:
        with whole_file(target) as part:
            shutil.copyfile(source, part)
    except DataError as error:
        raise DataError(f"{source.name} was not copied to {target.parent}: {error}") from None
    return target
