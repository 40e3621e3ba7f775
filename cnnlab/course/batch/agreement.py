"""What must be the same on every machine of a cluster: the versions that results depend on, and the data files."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cnnlab.common.version import VERSION

_ABSENT = "not installed"


def versions(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """Return name → version of all that a notebook's results depend on here, without importing any of it.

    Parameters
    ----------
    changes : environment variables that differ in the notebooks' processes; None takes one away

    Examples
    --------
    >>> list(versions())
    ['cnnlab', 'python', 'numpy', 'keras', 'backend', 'dask', 'distributed']
    >>> versions({"KERAS_BACKEND": "nowhere"})["backend"]
    'nowhere, not installed'
    """
    changes = changes or {}
    backend = changes.get("KERAS_BACKEND", os.environ.get("KERAS_BACKEND")) or _configured_backend()
    return {
        "cnnlab": f"{VERSION} (source {_source()})",
        "python": ".".join(platform.python_version_tuple()[:2]),
        "numpy": _version("numpy"),
        "keras": _version("keras"),
        "backend": f"{backend} {found}" if (found := _version(backend)) != _ABSENT else f"{backend}, {_ABSENT}",
        "dask": _version("dask"),
        "distributed": _version("distributed"),
    }


@lru_cache(maxsize=4)
def versions_at_start(run: str, changes: tuple[tuple[str, str | None], ...]) -> dict[str, str]:
    """Return `versions`, found out once for each `run`: a worker asks before every notebook."""
    return versions(dict(changes))


def machine(changes: Mapping[str, str | None]) -> dict[str, Any]:
    """Return what a machine has to say of itself before anything runs on it.

    Returns
    -------
    dict
        ``versions``, as above; ``data``: name of a data file → its bytes here; ``folder``: what ``CNNLAB_DATA`` names,
        empty when it is not set; ``there``: whether that folder exists; ``here``: the machine's name.
    """
    from cnnlab.data.locate import available, data_folder

    folder = data_folder()
    # A cache of the task's own holds no data, here as there.
    rows = [] if "CNNLAB_CACHE" in changes else available()
    return {
        "versions": versions(changes),
        "data": {row.name: row.bytes for row in rows if row.path and not row.trouble},
        "folder": "" if folder is None else str(folder),
        "there": folder is None or folder.is_dir(),
        "here": platform.node(),
    }


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """Return a phrase for each version that differs, with both.

    >>> differences({"keras": "3.12.0", "numpy": "2.1.0"}, {"keras": "3.10.0", "numpy": "2.1.0"})
    ['keras 3.10.0 (here 3.12.0)']
    """
    return [
        f"{name} {theirs.get(name, _ABSENT)} (here {value})"
        for name, value in ours.items()
        if theirs.get(name) != value
    ]


def data_differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    """Yield a phrase for each data file that this machine has and the other has not, or has another one of.

    >>> list(data_differences({"data": {"mnist": 9}}, {"data": {}, "folder": "/data", "there": False}))
    ['CNNLAB_DATA names no folder there: /data', 'no data file mnist, which is here']
    """
    if not theirs["there"]:
        yield f"CNNLAB_DATA names no folder there: {theirs['folder']}"
    for name, size in ours["data"].items():
        if name not in theirs["data"]:
            yield f"no data file {name}, which is here"
        elif theirs["data"][name] != size:
            yield f"a data file {name} of {theirs['data'][name]:,} bytes (here {size:,})"


def _version(package: str) -> str:
    for name in (package, f"{package}-cpu"):  # TensorFlow's and JAX's smaller builds hold the same module
        try:
            return version(name)
        except (PackageNotFoundError, ValueError):
            continue
    return _ABSENT


def _configured_backend() -> str:
    """The backend in Keras' own file, read as Keras reads it."""
    folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        return str(json.loads((folder / "keras.json").read_text(encoding="utf-8"))["backend"])
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow"


def _source() -> str:
    """A short name for the text of the package: two checkouts of one version may differ."""
    package = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py"), key=lambda path: path.relative_to(package).as_posix()):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:8]
