"""Write a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


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
