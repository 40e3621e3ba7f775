"""A class in which most hand in attacks: no verdict changes, nobody else is stopped, and nothing is left behind."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
import zipfile
from pathlib import Path

import attacked
import psutil
import pytest
from attacks import ATTACKS, RIGHT, SQUARE, WRONG

from cnnlab.course.grading import confine, landlock, seccomp
from cnnlab.course.grading.confine import MB, PACKAGE, Limits
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
LIMITS = Limits(seconds=4, memory=512 * 2**20, files=10 * MB, output=10_000)


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


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The class after it was graded once, two at a time, and what was there before."""
    root = tmp_path_factory.mktemp("school")
    scratch = root / "scratch"
    scratch.mkdir()
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as server:
        patch.setenv("COURSE_TOKEN", SECRET)
        found = os.pathsep.join(filter(None, (str(Path(__file__).parent), os.environ.get("PYTHONPATH"))))
        patch.setenv("PYTHONPATH", found)
        patch.setattr(tempfile, "tempdir", str(scratch))
        school = School(root, server.getsockname()[1])
        for learner, known in HONEST.items():
            school.hand_in(learner, {name: source for name, (source, _) in known.items()})
        for learner, attacks in ATTACKS.items():
            answers = dict.fromkeys(attacked.NAMES, RIGHT)  # what follows an attack is as right as before
            answers |= {
                name: one.source(name, school.places) for name, one in zip(attacked.NAMES, attacks, strict=False)
            }
            school.hand_in(learner, answers)
        wrong = dict.fromkeys(attacked.NAMES, WRONG)
        school.hand_in("Deletes the checks", wrong, checks=False)
        school.hand_in("Keeps old outputs", wrong, output="✔ It doubles.")
        patched = "import attacked\nfor n in attacked.NAMES:\n    setattr(attacked, n, lambda *_: 'correct')\n"
        school.hand_in("Edits the cells between", wrong, before=patched)
        hand_in_files(school)
        before = school.state(), confine.fingerprint(), {p.pid for p in psutil.process_iter()}
        school.graded = grade(school.submissions, out=school.out, course=school.course, limits=LIMITS, jobs=2)
        school.before, school.scratch, school.server = before, scratch, server
        school.server.setblocking(False)
        yield school


def judgements(school: School, learner: str) -> dict[str, tuple[str, str]]:
    """Exercise → status and message."""
    (copy,) = [one for one in school.graded.graded if one.file.startswith(f"{learner}/")]
    return {one.exercise: (one.status, one.message) for one in copy.judgements}


CASES = [(learner, number, attack) for learner, attacks in ATTACKS.items() for number, attack in enumerate(attacks)]


@pytest.mark.parametrize(("learner", "number", "attack"), CASES, ids=[attack.name for *_, attack in CASES])
def test_an_attack_gets_the_verdict_it_deserves(graded, learner, number, attack):
    status, message = judgements(graded, learner)[attacked.NAMES[number]]
    assert status in attack.statuses, message
    assert attack.says in message


@pytest.mark.parametrize("learner", HONEST)
def test_the_honest_get_theirs(graded, learner):
    found = judgements(graded, learner)
    assert {name: status for name, (status, _) in found.items()} == {n: s for n, (_, s) in HONEST[learner].items()}
    if learner == "Bo":
        assert all(attacked.SQUARED in message for _, message in found.values())


@pytest.mark.parametrize("learner", [learner for learner, attacks in ATTACKS.items() if len(attacks) < 8])
def test_what_follows_an_attack_is_judged(graded, learner):
    rest = list(judgements(graded, learner).values())[len(ATTACKS[learner]) :]
    assert {status for status, _ in rest} == {"correct"}


@pytest.mark.parametrize("learner", ["Deletes the checks", "Keeps old outputs", "Edits the cells between"])
def test_what_a_copy_says_of_itself_counts_for_nothing(graded, learner):
    assert {status for status, _ in judgements(graded, learner).values()} == {"wrong"}


@pytest.mark.parametrize("name", ["Huge", "Deep", "Text", "Link", "Climbs.zip", "Bomb.zip"])
def test_what_is_no_notebook_is_named_and_not_graded(graded, name):
    refused = {**graded.graded.set_aside, **graded.graded.broken}
    assert [file for file in refused if file.startswith(name)], refused
    assert not [one for one in graded.graded.graded if one.file.startswith(name)]


def test_the_course_and_the_submissions_are_byte_for_byte_what_they_were(graded):
    files, package, _ = graded.before
    assert graded.state() == files
    assert confine.fingerprint() == package


def test_no_secret_is_in_any_result(graded):
    written = [path for path in graded.out.rglob("*") if path.is_file()]
    assert [path.name for path in written if path.name == "grades.json"] == ["grades.json"]
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert SECRET not in text
        assert KEY not in text
        if ANSWER in text:  # Bo's own answer is Bo's, and the teacher's
            assert "bo" in str(path.relative_to(graded.out)).lower() or path.parent == graded.out


def test_nothing_is_left_behind(graded):
    assert list(graded.scratch.iterdir()) == []
    mine = str(graded.root)
    for process in psutil.process_iter():
        if process.pid not in graded.before[2]:
            try:
                assert mine not in " ".join([*process.cmdline(), *process.environ().values()]), process
            except psutil.Error:
                continue


def test_nobody_called_the_server(graded):
    with pytest.raises(BlockingIOError):
        graded.server.accept()
