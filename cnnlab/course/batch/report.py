"""What a batch run found: a JSON file for programs, an HTML page for people."""

from __future__ import annotations

import base64
import binascii
import html
import io
import json
import platform
import re
import warnings
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from cnnlab.common.version import VERSION
from cnnlab.course.batch.execute import Failure
from cnnlab.course.look import NO_SCRIPTS, frame
from cnnlab.course.notebook import NotebookError, read_notebook
from cnnlab.data.pictures.read import DAMAGED, MAX_PIXELS

STATUSES = {
    "ok": "ok",
    "raised": "an error was raised",
    "crashed": "the kernel died",
    "timeout": "stopped: too slow",
    "unreadable": "its notebook cannot be read",
    "unwritten": "its output cannot be written",
    "pending": "not finished",
}
_THUMBNAIL = 360  # pixels wide
_PICTURES = ("text/html", "image/png")  # the course's own come in HTML, a learner's matplotlib figures do not
_EMBEDDED = re.compile(r'src="data:image/png;base64,([^"]*)"')


@dataclass(frozen=True)
class Result:
    """One lesson's line in the report.

    Attributes
    ----------
    name, title : the lesson's
    fingerprint : stands for the notebook's source and the parameters; equal means nothing to redo
    parameters : the values put in
    status : a key of `STATUSES`
    seconds : wall time, the start of the kernel included
    notebook : file name of the executed notebook beside the report, empty when there is none
    page : file name of the same to read in a browser, empty when there is none
    reused : whether it stands from an earlier run
    failure : None when ok or pending
    place : where it ran; empty for this machine
    attempts : how often it was started: more than once where the machine it ran on was lost
    """

    name: str
    title: str
    fingerprint: str
    parameters: dict[str, Any] = field(default_factory=dict)
    status: str = "pending"
    seconds: float = 0.0
    notebook: str = ""
    page: str = ""
    reused: bool = False
    failure: Failure | None = None
    place: str = ""
    attempts: int = 1

    @property
    def travels(self) -> str:
        """Where it ran, in words, and how often; empty for once on this machine.

        >>> Result("02", "Two", "", place="node7 (tcp://10.0.0.7:41235)", attempts=2).travels
        'on node7 (tcp://10.0.0.7:41235), started 2 times: the worker before was lost'
        """
        words = [f"on {self.place}"] if self.place else []
        if self.attempts > 1:
            lost = "worker" if self.attempts == 2 else "workers"
            words.append(
                f"started {self.attempts} times: the {lost} before {'was' if lost == 'worker' else 'were'} lost"
            )
        return ", ".join(words)


@dataclass
class Report:
    """A batch run.

    Attributes
    ----------
    results : name of a lesson -> its result, in the order of the run
    started : when, in ISO 8601 with the offset from UTC
    seconds : wall time of the run so far
    jobs : notebooks at a time on this machine
    timeout : seconds granted to a notebook
    stopped : why the run ended early; empty when it did not
    cluster : address of the Dask cluster it ran on; empty for this machine
    cnnlab, python : versions
    """

    results: dict[str, Result]
    started: str
    seconds: float = 0.0
    jobs: int = 1
    timeout: float = 0.0
    stopped: str = ""
    cluster: str = ""
    cnnlab: str = VERSION
    python: str = platform.python_version()

    @property
    def failed(self) -> list[Result]:
        """Results that are not ok, those not finished included."""
        return [result for result in self.results.values() if result.status != "ok"]

    def to_json(self) -> str:
        """Return the report as JSON; `read_results` is the inverse for the results."""
        fields = {**asdict(self), "results": [asdict(result) for result in self.results.values()]}
        return json.dumps(fields, indent=1, ensure_ascii=False) + "\n"

    def to_html(self, folder: Path) -> str:
        """Return one page that needs no other file but the notebooks in `folder`, to which it links."""
        failed = len(self.failed)
        state = "all of them ran to their end" if not failed else f"{failed} did not run to the end"
        number = len(self.results)
        lessons = f"{number} lesson{'' if number == 1 else 's'}"
        stopped = f'<p class="failure">{html.escape(self.stopped)}</p>' if self.stopped else ""
        rows = "\n".join(_section(result, folder) for result in self.results.values())
        facts = (
            f"Started {html.escape(self.started)}, took {self.seconds:.0f} s, "
            f"{f'on the cluster {html.escape(self.cluster)}' if self.cluster else f'{self.jobs} at a time'}, "
            f"up to {self.timeout:g} s each. cnnlab {html.escape(self.cnnlab)}, Python {html.escape(self.python)}."
        )
        body = f"<h1>{lessons}: {state}</h1>\n<p>{facts}</p>\n{stopped}\n{rows}"
        return frame(f"cnnlab run: {lessons}, {state}", body, _STYLE, f"img-src data:; {NO_SCRIPTS}")


def read_results(file: Path) -> dict[str, Result]:
    """Return the results recorded in a JSON report by name, without those that are not as `Report.to_json` has them.

    Empty if the file is missing or is no report.
    """
    try:
        recorded = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    rows = recorded.get("results") if isinstance(recorded, dict) else None
    results = [_result(row) for row in rows] if isinstance(rows, list) else []
    return {result.name: result for result in results if result}


def _result(row: Any) -> Result | None:
    """One row of the file as a result, None if anything in it is of another type."""
    if not isinstance(row, dict):
        return None
    values, failure = {**row}, row.get("failure")
    if failure is not None:
        if not isinstance(failure, dict) or not {"cell", "source", "name", "message"} <= failure.keys():
            return None
        if not _typed(failure, Failure("", "", "", ""), cell=(int, type(None))):
            return None
        values["failure"] = Failure(**failure)
    required = {"name", "title", "fingerprint"}
    if not required <= values.keys() or not _typed(
        values, Result("", "", ""), seconds=(int, float), failure=(Failure, type(None))
    ):
        return None
    result = Result(**values)
    files = (result.notebook, result.page)
    plain = all(Path(name).name == name and "\\" not in name for name in files)  # a file beside the report
    return result if plain and result.status in STATUSES else None


def _typed(values: dict[str, Any], example: Any, **others: tuple[type, ...]) -> bool:
    """Whether `values` fit the fields of a record: each of the type that `example` has there, or one of `others`."""
    kinds = {one.name: others.get(one.name, (type(getattr(example, one.name)),)) for one in fields(example)}
    return values.keys() <= kinds.keys() and all(
        isinstance(value, kinds[name]) and (not isinstance(value, bool) or bool in kinds[name])
        for name, value in values.items()
    )


def thumbnail(notebook: dict[str, Any]) -> bytes | None:
    """Return a notebook's first picture of at most 50 million pixels, made small, as PNG; None if it shows none.

    Parameters
    ----------
    notebook : parsed JSON
    """
    from PIL import Image

    for cell in notebook.get("cells", []):
        for output in cell.get("outputs", []):
            data = {kind: "".join(value) for kind, value in output.get("data", {}).items() if kind in _PICTURES}
            encoded = _EMBEDDED.search(data.get("text/html", ""))
            encoded = encoded[1] if encoded else data.get("image/png")
            if not encoded:
                continue
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of a large picture, which is judged here
                    picture = Image.open(io.BytesIO(base64.b64decode(encoded)), formats=["PNG"])
                if picture.width * picture.height > MAX_PIXELS:
                    continue
                picture = picture.convert("RGBA")
            except (*DAMAGED, binascii.Error, Image.DecompressionBombError):
                continue
            picture.thumbnail((_THUMBNAIL, 4 * _THUMBNAIL))
            small = io.BytesIO()
            picture.save(small, "PNG", optimize=True)
            return small.getvalue()
    return None


def _section(result: Result, folder: Path) -> str:
    title = html.escape(result.title)
    picture = _picture(result, folder, title)
    there = {name for name in (result.page, result.notebook) if name and (folder / name).is_file()}
    if result.page in there:
        title = f'<a href="{html.escape(result.page)}">{title}</a>'
    file = html.escape(result.notebook)
    link = f'<a href="{file}">{file}</a>' if result.notebook in there else ""
    reused = ", from an earlier run" if result.reused else ""
    travels = f", {html.escape(result.travels)}" if result.travels else ""
    time = f"{result.seconds:.1f} s{travels}{reused}" if result.status != "pending" else ""
    values = html.escape(", ".join(f"{name} = {value!r}" for name, value in result.parameters.items()))
    failure = failure_html(result.failure) if result.failure else ""
    status = "ok" if result.status == "ok" else "failure"
    return (
        f'<section class="{status}" id="{html.escape(result.name)}">{picture}<div><h2>{title}</h2>'
        f'<p><b class="{status}">{STATUSES[result.status]}</b> {time}</p><p>{link}</p>'
        f"<p><code>{values}</code></p>{failure}</div></section>"
    )


def _picture(result: Result, folder: Path, title: str) -> str:
    try:
        small = thumbnail(read_notebook(folder / result.notebook)) if result.notebook else None
    except (NotebookError, TypeError, AttributeError):  # somebody has edited or removed it since
        small = None
    if small is None:
        return "<div></div>"
    return f'<img alt="The first figure of {title}" src="data:image/png;base64,{base64.b64encode(small).decode()}">'


def failure_html(failure: Failure) -> str:
    """A failure for people: the sentence, the cell's source, and the traceback folded in."""
    source = f"<pre>{html.escape(failure.source)}</pre>" if failure.source else ""
    trace = failure.traceback.strip()
    details = f"<details><summary>Traceback</summary><pre>{html.escape(trace)}</pre></details>" if trace else ""
    return f'<p class="failure">{html.escape(str(failure))}</p>{source}{details}'


_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
section { display: grid; grid-template-columns: 12rem minmax(0, 1fr); gap: 1.5rem; padding: 1rem 0 1rem 1rem;
  border-top: 1px solid #8886; border-left: .4rem solid #1a7f37; }
section.failure { border-left-color: #cf222e; }
section img { width: 100%; background: #fff; }
h2 { font-size: 1.1rem; margin: 0; }
p { margin: .2rem 0; }
b.ok { color: #1a7f37; }
.failure b, p.failure { color: #cf222e; }
pre { background: #8882; padding: .6rem; overflow-x: auto; white-space: pre-wrap; }
@media (prefers-color-scheme: dark) { b.ok { color: #56d364; } .failure b, p.failure { color: #ff8e86; } }
@media (max-width: 40rem) { section { grid-template-columns: 1fr; } }
"""
