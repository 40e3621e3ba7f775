"""Which outputs a committed notebook may hold."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import platform
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cnnlab.course.lessons import Lesson

MAX_BYTES = 1_500_000

_PICTURE_BYTES = re.compile(r'(?<=src="data:image/png;base64,)[^"]*')
_COMMON = {"root", "user", "admin", "runner", "jovyan", "student", "teacher", "localhost"}
_ADDRESS = re.compile(r"at 0x[0-9a-fA-F]{6,}")


def still(outputs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield outputs as a file can hold them.

    A widget's view points at an object in a kernel that is gone: JupyterLab would show an error in place of the picture
    that stands beside it. And how printed text was cut into messages depends on the clock.
    """
    text = None
    for output in outputs:
        if output["output_type"] == "stream":
            if text and text["name"] == output["name"]:
                text["text"] = "".join(text["text"]) + "".join(output["text"])
                continue
            text = output
        else:
            text = None
        if "data" in output:
            living = any("jupyter.widget" in kind for kind in output["data"])
            output["data"] = {k: v for k, v in output["data"].items() if "jupyter.widget" not in k}
            if living and not any(output["data"].values()):
                continue  # an explorer's view; its picture and its words stand in the output before
            output["metadata"] = {k: v for k, v in output.get("metadata", {}).items() if k in output["data"]}
        yield output


def problems_of(lesson: Lesson, notebook: dict[str, Any], text: str) -> list[str]:
    """Return what keeps an executed notebook, whose file would read `text`, from being committed."""
    problems = []
    for number, cell in enumerate(notebook["cells"], start=1):
        where = f"{lesson.name}: cell {number}"
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                problems.append(f"{where}: {output['ename']}: {output['evalue']}")
            if output.get("name") == "stderr":
                problems.append(f"{where}: writes to stderr: {''.join(output['text']).strip()[:300]}")
            if "nbval-check-output" in cell["metadata"].get("tags", ()) and _embeds_picture(output):
                problems.append(f"{where}: compared byte by byte, and shows a picture: drop the tag or the picture")
            shown = _shown(output)
            for path in _machine_paths(lesson.course):
                if re.search(rf"(?<![\w.]){re.escape(path)}(?![\w.-])", shown):
                    problems.append(f"{where}: its output names a folder of this machine: {path}")
            for name in _names_of_this_machine():
                if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", shown):
                    problems.append(f"{where}: its output names this machine or its user: {name}")
            if address := _ADDRESS.search(shown):
                problems.append(f"{where}: its output holds a memory address, new at every run: {address[0]}")
    size = len(text.encode())
    if size > MAX_BYTES:
        largest, number = max(
            (len(json.dumps(c.get("outputs", []))), n) for n, c in enumerate(notebook["cells"], start=1)
        )
        problems.append(
            f"{lesson.name}: {size / 1e6:.2f} MB, more than the {MAX_BYTES / 1e6:g} MB a notebook may have; "
            f"cell {number} has the most, {largest / 1e6:.2f} MB"
        )
    return problems


def _shown(output: dict[str, Any]) -> str:
    """Return all text of an output; the bytes of pictures are left out."""
    texts = [output.get("text", "")] + [v for k, v in output.get("data", {}).items() if not k.startswith("image/p")]
    text = "\n".join("".join(t) if isinstance(t, list) else t if isinstance(t, str) else json.dumps(t) for t in texts)
    return _PICTURE_BYTES.sub("", text)


def _embeds_picture(output: dict[str, Any]) -> bool:
    return _PICTURE_BYTES.search("".join(output.get("data", {}).get("text/html", ""))) is not None


def _names_of_this_machine() -> set[str]:
    """The host's and the user's name, unless they are short or common words, which a lesson may say as well."""
    names = {platform.node(), platform.node().partition(".")[0]}
    with contextlib.suppress(OSError, KeyError, ImportError):  # a user id without a name, as containers have
        names.add(getpass.getuser())
    return {name for name in names if len(name) > 3} - _COMMON


def _machine_paths(course: Path) -> list[str]:
    home, temporary = str(Path.home()), tempfile.gettempdir()
    paths = {str(course), os.path.realpath(course), home, temporary, str(Path(os.__file__).parent)}
    return sorted(path for path in paths if len(path) > 1)
