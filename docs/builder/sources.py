"""Files of the sources that Sphinx reads: laid out anew at each build, so that nothing old can be among them."""

from __future__ import annotations

from pathlib import Path


def lay(file: Path, data: str | bytes) -> None:
    """Write a file, text as UTF-8, and the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data.encode() if isinstance(data, str) else data)
