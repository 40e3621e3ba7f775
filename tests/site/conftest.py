"""The built site, and the builder's modules by their names."""

from __future__ import annotations

import sys
from pathlib import Path

import built_pages
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs" / "builder"))


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site: ``$CNNLAB_SITE``, or ``site/`` of the course."""
    folder = built_pages.site_folder()
    if not (folder / "index.html").is_file():
        pytest.skip("run `make site` first")
    return folder
