"""A real browser opens one of the course's notebooks and saves it: nothing in the file changes."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

import browser
import nbformat
import pytest

from cnnlab.course.building import notebooks

LESSON = Path(__file__).parents[2] / "notebooks" / "02_padding_and_stride.ipynb"


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium or Chrome on this machine's PATH")
def test_opening_and_saving_changes_nothing(tmp_path):
    file = tmp_path / LESSON.name
    shutil.copy(LESSON, file)
    notebook = nbformat.read(file, as_version=4)
    if notebook.metadata.language_info.version != platform.python_version():  # JupyterLab notes this kernel's
        notebook.metadata.language_info.version = platform.python_version()
        file.write_text(notebooks._text(notebook), encoding="utf-8")
    before = file.read_bytes()
    with (
        browser.jupyterlab(tmp_path, tmp_path / "settings") as address,
        browser.page(address.format(file.name)) as page,
    ):
        browser.wait_until_idle(page)
        written = file.stat().st_mtime_ns
        page.locator(".jp-Notebook .jp-Cell").first.click()
        browser.save(page)
        assert file.stat().st_mtime_ns > written
    assert file.read_bytes() == before
