"""A class in which most hand in attacks: no verdict changes, nobody else is stopped, and nothing is left behind.

The class is graded once, so this is one story: tests that shared it would be dealt out to several processes, and each
would grade it again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import attacked
import psutil
import pytest
from attacks import ATTACKS, RIGHT, SQUARE, WRONG

from cnnlab.course.grading.confined import confine, landlock, seccomp
from cnnlab.course.grading.confined.confine import MB, PACKAGE, Limits
from cnnlab.course.grading.grade import grade

pytestmark = pytest.mark.skipif(
    landlock.version() < 6 or not seccomp.available(), reason="these attacks are kept out by Linux 6.12 and later"
)

LESSON = "01_attacked"
SECRET, KEY, ANSWER = "the-teachers-token-6174", "the-teachers-key-8128", "bo-was-here-2520"
# Ada is right, Bo squares: their verdicts are known, whatever the others do.
HONEST = {
    "Ada": dict.fromkeys(attacked.NAMES, (RIGHT, "correct")),
    "Bo": dict.fromkeys(attacked.NAMES, (f"{SQUARE}  # {ANSWER}", "wrong")),
}
PATCH = "import attacked\nfor n in attacked.NAMES:\n    setattr(attacked, n, lambda *_: 'correct')\n"
EDITED = {
    "Deletes the checks": {"checks": False},
    "Keeps old outputs": {"output": "✔ It doubles."},
    "Edits the cells between": {"before": PATCH},
}
FILES = ("Huge", "Deep", "Text", "Link", "Climbs.zip", "Bomb.zip")
LIMITS = Limits(seconds=6, memory=512 * 2**20, files=10 * MB, output=10_000)


def notebook(answers: dict[str, str], *, checks: bool = True, before: str = "", output: str = "") -> dict:
    """The lesson with these answers; the cell that imports the checks may begin with what a learner put `before`."""

    def cell(source: str, *tags: str, text: str = "") -> dict:
        outputs = [{"output_type": "stream", "name": "stdout", "text": text}] if text else []
        more = {"outputs": outputs, "execution_count": None, "metadata": {"tags": list(tags)}}
        return {"cell_type": "code", "source": source, **more}

    cells = [{"cell_type": "markdown", "source": "# 01 Attacked", "metadata": {}}]
    cells.append(cell(f"{before}from attacked import one\nimport attacked as check\nimport numpy as np"))
    for name in attacked.NAMES:
        cells.append(cell(answers.get(name, f"{name} = ..."), f"exercise-{name}"))
        if checks:
            cells.append(cell(f"check.{name}({name})", text=output))
    for number, one in enumerate(cells):
        one["id"] = f"cell-{number}"
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


class School:
    """A course, a class's submissions and a teacher's secrets in one folder, graded once."""

    def __init__(self, root: Path, port: int) -> None:
        self.root, self.course, self.submissions, self.out = root, root / "course", root / "in", root / "out"
        self.places = {"submissions": self.submissions, "out": self.out, "course": self.course, "package": PACKAGE,
                       "home": root / "home", "port": port}  # fmt: skip
        for folder in ("lessons", "notebooks"):
            (self.course / folder).mkdir(parents=True)
        (self.course / "notebooks" / f"{LESSON}.ipynb").write_text(json.dumps(notebook({})), encoding="utf-8")
        key = root / "home" / ".ssh" / "id_ed25519"
        key.parent.mkdir(parents=True)
        key.write_text(KEY, encoding="utf-8")

    def hand_in(self, learner: str, answers: dict[str, str], **edits: object) -> None:
        path = self.submissions / learner / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True)
        given = {name: source.replace("TASK", name) for name, source in answers.items()}
        path.write_text(json.dumps(notebook(given, **edits)), encoding="utf-8")

    def state(self) -> dict[str, str]:
        """SHA-256 of every file of the course, of what was handed in, and of the teacher's home."""
        files = [path for name in ("course", "in", "home") for path in sorted((self.root / name).rglob("*"))]
        small = [path for path in files if path.is_file() and path.stat().st_size < 10 * MB]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in small}


def hand_in_files(school: School) -> None:
    """Hand in what is no notebook, or none that can be read."""
    folder = school.submissions
    for learner in ("Huge", "Deep", "Text", "Link", "Folder"):
        (folder / learner).mkdir()
    with open(folder / "Huge" / f"{LESSON}.ipynb", "wb") as file:
        file.truncate(300 * MB)  # no content, so no room on the disk
    (folder / "Deep" / f"{LESSON}.ipynb").write_text('{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}")
    (folder / "Text" / f"{LESSON}.ipynb").write_bytes(b"\xff\xfe no notebook")
    (folder / "Link" / f"{LESSON}.ipynb").symlink_to(school.root / "home" / ".ssh" / "id_ed25519")
    (folder / "Folder" / f"{LESSON}.ipynb").mkdir()
    (folder / "Loop").symlink_to(folder)
    with zipfile.ZipFile(folder / "Climbs.zip", "w") as archive:
        archive.writestr(f"../../../{LESSON}.ipynb", json.dumps(notebook({"one": "def one(x): return 2 * x"})))
        archive.writestr("/tmp/planted.ipynb", "{}")
    with zipfile.ZipFile(folder / "Bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{LESSON}.ipynb", bytes(300 * MB))


def hand_in_notebooks(school: School) -> None:
    """Hand in what the honest, the attackers, and those who edit what is around the answers have made."""
    for learner, known in HONEST.items():
        school.hand_in(learner, {name: source for name, (source, _) in known.items()})
    for learner, attacks in ATTACKS.items():
        answers = dict.fromkeys(attacked.NAMES, RIGHT)  # what follows an attack is as right as before
        answers |= {name: one.source(name, school.places) for name, one in zip(attacked.NAMES, attacks, strict=False)}
        school.hand_in(learner, answers)
    for learner, edits in EDITED.items():
        school.hand_in(learner, dict.fromkeys(attacked.NAMES, WRONG), **edits)


def judgements(school: School, learner: str) -> dict[str, tuple[str, str]]:
    """Exercise → status and message."""
    (copy,) = [one for one in school.graded.graded if one.file.startswith(f"{learner}/")]
    return {one.exercise: (one.status, one.message) for one in copy.judgements}


def verdicts_that_changed(school: School) -> Iterator[str]:
    """What is said of an attack, of what follows it, of the honest, of copies that speak of themselves: where wrong."""
    for learner, attacks in ATTACKS.items():
        found = list(judgements(school, learner).values())
        for attack, (status, message) in zip(attacks, found, strict=False):
            if status not in attack.statuses or attack.says not in message:
                yield f"{learner}, {attack.name}: {status}, {message}"
        yield from (f"{learner}, after: {message}" for status, message in found[len(attacks) :] if status != "correct")
    for learner, known in HONEST.items():
        for name, (status, message) in judgements(school, learner).items():
            if status != known[name][1] or (status == "wrong" and attacked.SQUARED not in message):
                yield f"{learner}, {name}: {status}, {message}"
    for learner in EDITED:
        yield from (f"{learner}: {m}" for status, m in judgements(school, learner).values() if status != "wrong")


def files_not_named(school: School) -> Iterator[str]:
    """What is no notebook and was graded, or was passed over in silence."""
    refused = {**school.graded.set_aside, **school.graded.broken}
    for name in FILES:
        if not [file for file in refused if file.startswith(name)]:
            yield f"{name} is not named"
        yield from (f"{one.file} is graded" for one in school.graded.graded if one.file.startswith(name))


def secrets_that_got_out(school: School) -> Iterator[str]:
    """Results in which something stands that their learner must not know."""
    for path in school.out.rglob("*"):
        if path.is_file():
            text, place = path.read_text(encoding="utf-8"), path.relative_to(school.out)
            # Bo's own answer is Bo's, and the teacher's: that is all who may read it.
            theirs = "bo" in str(place).lower() or path.parent == school.out
            yield from (f"{place}: {word}" for word in (SECRET, KEY) if word in text)
            yield from (f"{place}: {ANSWER}" for _ in range(ANSWER in text and not theirs))


def processes_left(school: School, before: set[int]) -> Iterator[str]:
    """Processes that were not there before and have to do with this grading."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid not in before:
                words = [*process.cmdline(), *process.environ().values()]
                yield from (str(process) for _ in range(str(school.root) in " ".join(words)))


def test_no_attack_changes_a_verdict_or_anything_else(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv("COURSE_TOKEN", SECRET)
    paths = (str(Path(__file__).parent), os.environ.get("PYTHONPATH"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))  # to the checks of the attacked lesson
    with socket.create_server(("127.0.0.1", 0)) as server:
        school = School(tmp_path, server.getsockname()[1])
        hand_in_notebooks(school)
        hand_in_files(school)
        before, package, running = school.state(), confine.fingerprint(), set(psutil.pids())
        school.graded = grade(school.submissions, out=school.out, course=school.course, limits=LIMITS, jobs=2)
        assert list(verdicts_that_changed(school)) == []
        assert list(files_not_named(school)) == []
        assert school.state() == before
        assert confine.fingerprint() == package
        assert (school.out / "grades.json").is_file()
        assert list(secrets_that_got_out(school)) == []
        assert list(processes_left(school, running)) == []
        assert list(scratch.iterdir()) == []
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has called
            server.accept()
