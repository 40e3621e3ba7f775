"""Small courses for the tests of the runner and the build: lessons that need no framework and fail in every way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat

PARAMETERS = 'PROFILE = "quick"\nSEED = 0\nRATE = 0.1\nNAME = "a"\nFLAG = True'
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGM8ISfHwMDAxMDAwMDAAAANBAEIfXHKZgAAAABJRU5ErkJggg=="
SOURCES = {
    "00_good": [
        "import os, sys\n"
        "print('executable', sys.executable)\n"
        "print('strict', os.environ['CNNLAB_STRICT'], 'backend', os.environ.get('MPLBACKEND', 'inline'))\n"
        "print('seed', SEED, PROFILE)",
        "import base64\n"
        "from IPython.display import display\n"
        f"display({{'image/png': base64.b64decode('{PIXEL}')}}, raw=True)",
    ],
    "01_raises": ["print('before')", "raise ValueError('3 <b>bold</b> words')", "print('after')"],
    "02_crashes": ["import os\nos._exit(3)"],
    "03_hangs": [
        "import os, pathlib\npathlib.Path('pid').write_text(str(os.getpid()))\npathlib.Path('pid').rename('kernel')",
        "import threading\nthreading.Event().wait()",
    ],
    "04_leaves": ["raise SystemExit(0)", "print('never')"],
}


def write_notebook(course: Path, name: str, sources: list[str], parameters: str | None = PARAMETERS) -> Path:
    """Write ``notebooks/{name}.ipynb``: a title, the parameters (if any) as cell 2, then `sources`."""
    cells = [nbformat.v4.new_markdown_cell(f"# {name[:2]} {name[3:].title()}")]
    if parameters is not None:
        cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for folder in ("lessons", "notebooks"):
        (course / folder).mkdir(parents=True, exist_ok=True)
    path = course / "notebooks" / f"{name}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def write_course(course: Path, *names: str) -> Path:
    """Write the notebooks `names` of `SOURCES` and return the folder."""
    for name in names:
        write_notebook(course, name, SOURCES[name])
    return course


def write_lesson(course: Path, name: str, text: str) -> Path:
    """Write ``lessons/{name}.py`` and make the folder for its notebook."""
    for folder in ("lessons", "notebooks"):
        (course / folder).mkdir(parents=True, exist_ok=True)
    path = course / "lessons" / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def printed(notebook: Path) -> str:
    """Return all that the executed notebook wrote to stdout."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    outputs: list[dict[str, Any]] = [o for cell in cells for o in cell.get("outputs", [])]
    return "".join("".join(o["text"]) for o in outputs if o.get("name") == "stdout")
