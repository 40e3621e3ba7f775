"""Execute one notebook with papermill: ``python -m cnnlab._worker FOLDER``, started by `cnnlab.execute`.

A process of its own, so that whatever a notebook does (crash, hang, fill the memory), the runner lives on. `FOLDER`
holds ``task.json`` and ``input.ipynb``; the worker adds ``progress`` (the cell it is at, one line a cell),
``output.ipynb`` after every cell, and ``result.json`` at its end.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from pathlib import Path

import nbformat
import papermill
import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets import default

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class _ThisInterpreter(AsyncKernelManager):
    """Starts the kernel with this process's interpreter, whatever a kernelspec named python3 on this machine says."""

    @default("kernel_spec_manager")
    def _no_installed_specs(self) -> KernelSpecManager:
        return KernelSpecManager(parent=self, kernel_dirs=[])  # with no folder to search, python3 is sys.executable


class _Progress:
    """Appends the 0-based position, in the notebook as written, of each cell that starts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.injected = 0  # papermill puts one cell after the parameters: not counted

    def __call__(self, cell: nbformat.NotebookNode, cell_index: int, **_: object) -> None:
        if "injected-parameters" in cell.metadata.get("tags", []):
            self.injected = 1
        with self.path.open("a") as file:
            file.write(f"{cell_index - self.injected}\n")


def _end_with_the_runner() -> None:
    """Wait until the runner is gone (it holds the other end of our stdin), then take the kernel down too."""
    os.read(0, 1)
    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(1)


def execute(folder: Path) -> dict[str, object]:
    """Execute the task in `folder` and return its result: ``status`` and, unless it is ``"ok"``, the reason."""
    task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    try:
        executed = papermill.execute_notebook(
            nbformat.read(folder / "input.ipynb", as_version=4),
            str(folder / "output.ipynb"),
            parameters=task["parameters"],
            kernel_name="python3",
            language="python",
            progress_bar=False,
            start_timeout=120,
            kernel_manager_class=_ThisInterpreter,
            on_cell_start=_Progress(folder / "progress"),
            **task["options"],
        )
    except PapermillExecutionError as error:
        traceback = _ANSI.sub("", "\n".join(error.traceback))
        return {"status": "raised", "name": error.ename, "message": _ANSI.sub("", error.evalue), "traceback": traceback}
    except DeadKernelError:
        return {"status": "crashed", "name": "DeadKernelError", "message": "the kernel died while it ran this cell"}
    # papermill takes `sys.exit(0)` for a good end, however many cells are left.
    left = [c for c in executed.cells if c.cell_type == "code" and c.source.strip() and c.execution_count is None]
    if any("skip-execution" not in cell.metadata.get("tags", []) for cell in left):
        return {"status": "raised", "name": "SystemExit", "message": "the notebook stopped itself before its end"}
    return {"status": "ok"}


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_runner, daemon=True).start()
    work = Path(sys.argv[1])
    (work / "result.json").write_text(json.dumps(execute(work)), encoding="utf-8")
