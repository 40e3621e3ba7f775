"""A notebook alone, in an empty folder, as Colab opens it: no cnnlab, no course; the bootstrap cell brings them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv

import pytest
from lesson_files import ROOT

pytestmark = [
    pytest.mark.skipif(
        not (ROOT / ".git").exists(), reason="not a git checkout, so there is no address to install from"
    ),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]

RUN = """
import sys
import nbclient, nbformat

node = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(node, timeout=180, kernel_name="python3").execute()
code = [cell for cell in node.cells if cell.cell_type == "code"]
noisy = [cell.source for cell in code for output in cell.outputs if output.get("name") == "stderr"]
sys.exit(f"stderr in: {noisy}" if noisy else 0)
"""


@pytest.fixture
def colab(tmp_path):
    """A Python that has everything Colab has but not cnnlab, and a stub of ``google.colab``."""
    home = tmp_path / "colab"
    venv.create(home, with_pip=False)
    scripts = "Scripts" if os.name == "nt" else "bin"
    site = home / ("Lib/site-packages" if os.name == "nt" else f"lib/python3.{sys.version_info.minor}/site-packages")
    # A path in a .pth file is searched, but its own .pth files are not read: the editable cnnlab stays invisible.
    packages = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (site / "everything_else.pth").write_text("\n".join(packages), encoding="utf-8")
    stub = site / "google" / "colab"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text("", encoding="utf-8")
    return home / scripts / "python"


def run(python, *arguments, cwd, **variables):
    # PIP_NO_BUILD_ISOLATION=0 is pip's spelling of "do not fetch a build backend": tests use no network.
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "CNNLAB_STRICT": "1", **variables}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        [python, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300
    )


def test_a_lesson_alone_installs_the_course_and_runs(colab, tmp_path):
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(ROOT / "notebooks" / "02_padding_and_stride.ipynb", alone / "lesson.ipynb")
    before = run(colab, "-c", "import cnnlab", cwd=alone)
    assert "No module named 'cnnlab'" in before.stderr
    done = run(colab, "-c", RUN, "lesson.ipynb", cwd=alone, COURSE_URL=f"git+file://{ROOT.as_posix()}")
    assert done.returncode == 0, done.stderr[-3000:]
    where = run(colab, "-c", "import cnnlab, tensorflow; print(cnnlab.__file__, tensorflow.__file__)", cwd=alone)
    cnnlab_file, tensorflow_file = where.stdout.split()
    assert str(tmp_path) in cnnlab_file
    assert str(tmp_path) not in tensorflow_file, "the bootstrap must not reinstall what Colab has"


def test_without_an_address_the_lesson_says_what_to_do(colab, tmp_path):
    shutil.copy(ROOT / "notebooks" / "02_padding_and_stride.ipynb", tmp_path / "lesson.ipynb")
    done = run(colab, "-c", RUN, "lesson.ipynb", cwd=tmp_path, COURSE_URL="")
    assert done.returncode != 0
    assert "cnnlab is not installed" in done.stderr
    assert "pip install" in done.stderr
