"""Files: written whole or not at all, and known by their SHA-256."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from cnnlab.common.errors import DataError, cause


def write_atomic(path: str | os.PathLike[str], data: str | bytes) -> None:
    """Replace `path` by `data` in one step: a reader sees the old file or the new one, never half of it.

    Parameters
    ----------
    path : file to write; its folder must exist
    data : bytes, or text to be written as UTF-8

    Raises
    ------
    OSError
        If the folder cannot be written or is full. The old file is then still there, and no part of the new one.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomic(Path(folder, "note.txt"), "done")
    ...     [p.read_text() for p in Path(folder).iterdir()]
    ['done']
    """
    path = Path(path)
    # Beside the target, because a rename is one step only within one file system. Opened with `open`, not `mkstemp`:
    # the file should get the permissions that the user's umask gives.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(unfinished, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave the new name with nothing behind it
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give an empty file beside `path` to fill; it becomes `path` when the block ends well and disappears when not.

    Raises
    ------
    DataError
        If the folder cannot be made or written, or the disk is full.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch(exist_ok=False)  # not mkstemp: a file for a classroom must be readable by others
        yield part
        os.replace(part, path)
    except OSError as error:
        raise DataError(f"the folder for it cannot be written ({cause(error)})") from None
    finally:
        with contextlib.suppress(OSError):  # moved, never made, or still open in the worker on Windows
            part.unlink()


@contextlib.contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside `folder` to fill; it takes its place when the block ends well, else nothing changes.

    Raises
    ------
    DataError
        If it cannot be made or filled. What was there is there still, also after an interrupt.
    """
    unfinished, old = (folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.{kind}") for kind in ("part", "old"))
    try:
        unfinished.mkdir(parents=True)
        yield unfinished
        if folder.exists():
            folder.rename(old)
        unfinished.rename(folder)
    except OSError as error:
        raise DataError(f"{folder.name} was not saved: {cause(error)}") from None
    finally:
        if old.exists() and not folder.exists():  # stopped between the two steps
            old.rename(folder)
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def sha256(path: Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "empty")
    ...     _ = file.write_bytes(b"")
    ...     sha256(file)[:16]
    'e3b0c44298fc1c14'
    """
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
