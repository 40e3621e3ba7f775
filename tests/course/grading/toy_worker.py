"""A worker that judges by reading alone, for the tests of the grading around it: ``python -m toy_worker FOLDER``.

An answer that is ``NAME = "right"`` is right; ``"die"``, ``"trip"``, ``"hang"``, ``"forge"`` have the worker do so.
Each copy judged adds a line to the file ``$TOY_LOG``; with ``$TOY_KILL`` set to "n SIGNAL", the n-th sends it to the
grading.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path


def judged(exercise: str, source: str | None) -> dict[str, str]:
    """What a check would say."""
    status, message, misconception = "wrong", f"You got {source}: that is half of it.", "That is half of it."
    if source is None:
        status, message, misconception = "missing", "", ""
    elif "..." in source:
        status, message, misconception = "not attempted", "", ""
    elif "right" in source:
        status, message, misconception = "correct", "Yes.", ""
    elif "stop" in source:
        status, message, misconception = "stopped", "stopped after a while", ""
    row = {"exercise": exercise, "status": status, "message": message, "misconception": misconception}
    return {**row, "hint": "" if status == "correct" else "Count."}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    answers = json.loads((folder / "task.json").read_text(encoding="utf-8"))["options"]["answers"]
    text = " ".join(source or "" for source in answers.values())
    log = Path(os.environ["TOY_LOG"])
    with log.open("a") as file:
        file.write(json.dumps(answers) + "\n")
    number, _, name = os.environ.get("TOY_KILL", "0").partition(" ")
    if int(number) == len(log.read_text().splitlines()):
        os.kill(os.getppid(), getattr(signal, name))
        threading.Event().wait()  # for the grading to end us
    if "die" in text:
        os._exit(7)
    if "trip" in text:
        1 / 0  # noqa: B018
    if "hang" in text:
        threading.Event().wait()
    rows = [judged(*answer) for answer in answers.items()]
    if "forge" in text:
        rows[0]["status"] = "brilliant"
    (folder / "result.json").write_text(json.dumps({"status": "ok", "judgements": rows, "notes": []}), encoding="utf-8")
