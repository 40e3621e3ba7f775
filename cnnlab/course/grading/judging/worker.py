"""Judge one copy: ``python -m cnnlab.course.grading.judging.worker FOLDER``, started by `cnnlab.course.batch.execute`.

`FOLDER` holds ``input.ipynb``, the course's own lesson, and ``task.json``, whose options are the learner's ``answers``
(exercise → source, or null), what comes ``along`` (exercise → statements that run in front of its answer), the
``limits`` and the image of a ``container`` (or null). The worker adds ``progress``, the position of each exercise's
cell as it starts, and ``result.json``: a status, the judgements and notes.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from cnnlab.course.batch.execute import cpus
from cnnlab.course.grading.confined import confine
from cnnlab.course.grading.judging.judge import judge
from cnnlab.course.lessons import CourseError
from cnnlab.course.notebook import read_notebook

_MEMORY = 2 * confine.GIB  # Keras with TensorFlow takes 0.6 GiB of it
_MEMORY_OF_THREADS = 128 * 1024**2  # for each processor: TensorFlow starts some threads for it, and a stack has 8 MiB


def work(folder: Path) -> dict[str, object]:
    """Judge the copy in `folder`; return ``status`` and what belongs to it."""
    options = json.loads((folder / "task.json").read_text(encoding="utf-8"))["options"]
    before = confine.fingerprint()

    def started(position: int) -> None:
        with (folder / "progress").open("a", encoding="utf-8") as file:
            file.write(f"{position}\n")

    try:
        judgements, notes = judge(
            read_notebook(folder / "input.ipynb"),
            options["answers"],
            folder,
            along=options.get("along"),
            limits=confine.Limits(**options["limits"]),
            image=options.get("container"),
            on_cell=started,
        )
    except CourseError as error:
        return {"status": "raised", "name": type(error).__name__, "message": str(error)}
    if confine.fingerprint() != before:
        words = (
            "the course's own files were changed while these answers ran: nothing judged since then can be relied on"
        )
        return {"status": "raised", "name": "CourseChanged", "message": words}
    return {"status": "ok", "judgements": [asdict(judgement) for judgement in judgements], "notes": notes}


def limit_memory() -> None:
    """Let no answer make this process take the machine's memory (Linux), whatever its values grow to in a check.

    Only the soft limit: the process with the answers, which inherits it, sets its own.
    """
    if sys.platform != "linux":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = _MEMORY + cpus() * _MEMORY_OF_THREADS
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _end_with_the_runner() -> None:
    """Wait until the runner is gone: it holds the other end of our stdin. What we started ends with us."""
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    limit_memory()
    threading.Thread(target=_end_with_the_runner, daemon=True).start()
    place = Path(sys.argv[1])
    result = json.dumps(work(place))
    (place / "result.json").write_text(result, encoding="utf-8")
