"""Execute one notebook with papermill: ``python -m cnnlab.course.batch.worker FOLDER``, started by `cnnlab.execute`.

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
import traceback
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import LocalHandler, papermill_io
from traitlets import default

from cnnlab.course.batch.processes import MARK, end_marked

MAX_CELL = 10_000_000  # characters that are kept of a cell's outputs; the largest of the course has 0.7 million
MAX_NOTEBOOK = 50_000_000  # of all of them
MAX_ERROR = 20_000  # of an exception's message, and of one line of its traceback

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_LINES = 200  # of a traceback, the last


class _ThisInterpreter(AsyncKernelManager):
    """Starts the kernel with this process's interpreter, whatever a kernelspec named python3 on this machine says."""

    @default("kernel_spec_manager")
    def _no_installed_specs(self) -> KernelSpecManager:
        return KernelSpecManager(parent=self, kernel_dirs=[])  # with no folder to search, python3 is sys.executable


class _Client(PapermillNotebookClient):
    """Keeps no more than a notebook can hold, and the reason of every failure."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.kept: dict[int, int] = {}  # cell → characters of its outputs

    def output(
        self, outs: list[nbformat.NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> nbformat.NotebookNode | None:
        kind, content = msg["msg_type"], msg["content"]
        if kind == "error":  # the reason is always kept
            lines = [shortened(line) for line in content["traceback"][-_LINES:]]
            msg = {**msg, "content": {**content, "evalue": shortened(content["evalue"]), "traceback": lines}}
            return super().output(outs, msg, display_id, cell_index)
        before = 0 if not outs or self.clear_before_next_output else self.kept.get(cell_index, 0)
        others = sum(size for cell, size in self.kept.items() if cell != cell_index)
        limit = max(0, min(MAX_CELL, MAX_NOTEBOOK - others))
        size = len(content["text"]) if kind == "stream" else len(json.dumps(content.get("data", {})))
        if before > limit:
            return None
        self.kept[cell_index] = before + size
        if before + size > limit:
            text = content["text"][: limit - before] if kind == "stream" else ""
            note = f"\n… cnnlab run keeps {limit:,} characters of this cell's output: the rest is left out\n"
            msg = {**msg, "msg_type": "stream", "content": {"name": "stdout", "text": text + note}}
            display_id = None
        return super().output(outs, msg, display_id, cell_index)

    def execute_cell(self, cell: nbformat.NotebookNode, *arguments: Any, **options: Any) -> nbformat.NotebookNode:
        """Put the reason among the outputs where the kernel shows it otherwise: papermill looks for it there."""
        try:
            return super().execute_cell(cell, *arguments, **options)
        except CellExecutionError as error:
            if not any(output.output_type == "error" for output in cell.outputs):
                words = {"ename": error.ename or "Error", "evalue": shortened(error.evalue)}
                cell.outputs.append(nbformat.v4.new_output("error", traceback=[], **words))
            raise


class _Engine(Engine):
    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, start_timeout: float, kernel_manager_class: type, **options: Any
    ) -> nbformat.NotebookNode:
        for name in ("log_output", "stdout_file", "stderr_file", "execution_timeout", "input_path", "output_path"):
            options.pop(name, None)  # papermill's own
        return _Client(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            kernel_manager_class=kernel_manager_class,
            timeout=None,
            extra_arguments=["--Session.packer=cnnlab.course.batch.packing.pack"],
            **options,
        ).execute()


class _Writer(LocalHandler):
    """Writes a notebook whole or not at all, whatever characters it holds."""

    def write(self, buf: str, path: str) -> None:
        unfinished = Path(f"{path}.part")
        unfinished.write_bytes(buf.encode("utf-8", "replace"))  # half of a pair of surrogates has no bytes
        os.replace(unfinished, path)


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


def shortened(text: str) -> str:
    """The beginning and the end of a text, without half characters.

    >>> shortened("x" * 20_000) == "x" * 20_000, len(shortened("x" * 20_000_000)) < 20_100
    (True, True)
    """
    text = str(text).encode("utf-8", "replace").decode()
    if len(text) <= MAX_ERROR:
        return text
    half = MAX_ERROR // 2
    return f"{text[:half]}\n… {len(text) - MAX_ERROR:,} characters left out …\n{text[-half:]}"


def _end_with_the_runner() -> None:
    """Wait until the runner is gone (it holds the other end of our stdin), then take down all that was started here."""
    os.read(0, 1)
    for child in psutil.Process().children(recursive=True):
        child.kill()
    end_marked(os.environ[MARK])
    os._exit(1)


def execute(folder: Path) -> dict[str, object]:
    """Execute the task in `folder` and return its result: ``status`` and, unless it is ``"ok"``, the reason."""
    task = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    papermill_io.register(str(folder), _Writer())
    papermill_engines.register("cnnlab", _Engine)
    try:
        executed = papermill.execute_notebook(
            nbformat.read(folder / "input.ipynb", as_version=4),
            str(folder / "output.ipynb"),
            parameters=task["parameters"],
            engine_name="cnnlab",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            start_timeout=120,
            kernel_manager_class=_ThisInterpreter,
            on_cell_start=_Progress(folder / "progress"),
            **task["options"],
        )
    except PapermillExecutionError as error:
        lines = _ANSI.sub("", "\n".join(error.traceback))
        return {"status": "raised", "name": error.ename, "message": _ANSI.sub("", error.evalue), "traceback": lines}
    except DeadKernelError:
        return {"status": "crashed", "name": "DeadKernelError", "message": "the kernel died while it ran this cell"}
    except Exception as error:  # noqa: BLE001  whatever it is, the report must say it
        traceback.print_exc()  # into the log, whose end the report shows
        return {"status": "crashed", "name": type(error).__name__, "message": shortened(str(error))}
    # papermill takes `sys.exit(0)` for a good end, however many cells are left.
    left = [c for c in executed.cells if c.cell_type == "code" and c.source.strip() and c.execution_count is None]
    if any("skip-execution" not in cell.metadata.get("tags", []) for cell in left):
        return {"status": "raised", "name": "SystemExit", "message": "the notebook stopped itself before its end"}
    return {"status": "ok"}


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_runner, daemon=True).start()
    work = Path(sys.argv[1])
    (work / "result.json").write_text(json.dumps(execute(work)), encoding="utf-8")
