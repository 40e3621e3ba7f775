"""The built site, and the builder's modules by their names."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

_COURSE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_COURSE / "docs" / "builder"))


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site: ``$CNNLAB_SITE``, or ``site/`` of the course."""
    folder = Path(os.environ.get("CNNLAB_SITE") or _COURSE / "site")
    if not (folder / "index.html").is_file():
        pytest.skip("run `make site` first")
    return folder
