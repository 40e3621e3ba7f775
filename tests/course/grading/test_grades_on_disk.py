"""The folder of a grading: damaged, somebody else's, full, left in the middle by a signal."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest
from toy_class import LESSONS, statuses

from cnnlab.course.grading import store
from cnnlab.course.grading.records import Graded, Judgement
from cnnlab.course.lessons import CourseError

DAMAGES = {
    "not JSON": (lambda r: "{", "Expecting property name"),
    "a list": (lambda r: [], "it does not have the fields"),
    "a field too many": (lambda r: {**r, "grade": 6}, "it does not have the fields"),
    "a field too few": (lambda r: {k: v for k, v in r.items() if k != "late"}, "it does not have the fields"),
    "somebody else's": (lambda r: {**r, "learner": "bo"}, "it is the result of bo in 01_first"),
    "a number as name": (lambda r: {**r, "file": 3}, "its `file` is no text"),
    "no judgements": (lambda r: {**r, "judgements": {}}, "its `judgements` are no list"),
    "one judgement": (lambda r: {**r, "judgements": r["judgements"][:1]}, "are not of the lesson's exercises"),
    "an unknown status": (
        lambda r: {**r, "judgements": [{**j, "status": "superb"} for j in r["judgements"]]},
        "judgement 1 has the unknown status 'superb'",
    ),
    "a message that is a list": (
        lambda r: {**r, "judgements": [{**j, "message": []} for j in r["judgements"]]}, "its `message` is no text"
    ),
    "a judgement that is none": (lambda r: {**r, "judgements": [1, 2]}, "judgement 1 does not have the fields"),
    "answers as a list": (lambda r: {**r, "answers": []}, "its `answers` are no texts by exercise"),
    "an answer that is none": (lambda r: {**r, "answers": {"by_hand": None}}, "its `answers` are no texts"),
    "late as a number": (lambda r: {**r, "late": 1}, "its `late` is neither true nor false"),
    "notes as a text": (lambda r: {**r, "notes": "late"}, "its `notes` are no list of texts"),
    "time that runs backwards": (lambda r: {**r, "seconds": -1}, "its `seconds` are no number"),
    "no time": (lambda r: {**r, "seconds": True}, "its `seconds` are no number"),
    "endless time": (lambda r: {**r, "seconds": float("inf")}, "its `seconds` are no number"),
    "a hundred thousand lists": (lambda r: "[" * 100_000, "its lists are thousands deep"),
}  # fmt: skip


def test_a_damaged_result_is_named_judged_again_and_replaced(school, capsys):
    first = school.grade("1")
    path = school.out / "results" / "ada" / "01_first.json"
    whole = json.loads(path.read_text())
    exercises = LESSONS["01_first"]
    for damage, words in DAMAGES.values():
        damaged = damage(whole)
        path.write_text(damaged if isinstance(damaged, str) else json.dumps(damaged))
        with pytest.raises(store.ResultError, match=r"results/ada/01_first.json is not as it was written: ") as refused:
            store.Store(school.out).load("ada", "01_first", exercises)
        assert words in str(refused.value)
    school.judged()
    capsys.readouterr()
    again = school.grade("1", resume=True, progress=True)
    said = capsys.readouterr().out
    assert (
        "results/ada/01_first.json is not as it was written: its lists are thousands deep. It is judged again." in said
    )
    assert len(school.judged()) == 1
    assert "Kept from before, because nothing has changed: 1" in said
    assert statuses(again.graded) == statuses(first.graded)


def test_what_is_no_file_or_too_large_is_no_result(school, monkeypatch):
    school.grade("1")
    path = school.out / "results" / "ada" / "01_first.json"
    monkeypatch.setattr(store, "_LARGEST", 10)
    with pytest.raises(store.ResultError, match=r"it has \d+ bytes"):
        store.Store(school.out).load("ada", "01_first", LESSONS["01_first"])
    path.unlink()
    path.mkdir()
    with pytest.raises(store.ResultError, match="it is no file"):
        store.Store(school.out).load("ada", "01_first", LESSONS["01_first"])


def test_a_result_comes_back_as_it_was_written(tmp_path):
    judgement = Judgement("by_hand", "wrong", "half a character \ud83d, a control \x1b[2J", "Ω", "hint")
    graded = Graded(
        "ada", "01_first", "a/b.ipynb", (judgement,), {"by_hand": "x = '\udc80'"}, True, ("note",), 1.5, "f"
    )
    kept = store.Store(tmp_path)
    kept.save(graded)
    assert kept.load("ada", "01_first", ["by_hand"]) == graded
    assert kept.load("ada", "02_second", ["design"]) is None
    kept.save(replace(graded, learner="bo"))
    assert list(kept.others({"ada"}, {"01_first"})) == [("bo", "01_first")]
    assert list(kept.others({"ada", "bo"}, set())) == [("ada", "01_first"), ("bo", "01_first")]


def test_a_folder_that_is_no_gradings_is_refused_and_left_alone(school):
    school.out.mkdir()
    (school.out / "thesis.docx").write_text("mine")
    with pytest.raises(CourseError, match=r"`out` must be a new folder.* holds 'thesis.docx'"):
        school.grade()
    assert [path.name for path in school.out.iterdir()] == ["thesis.docx"]
    (school.out / "thesis.docx").unlink()
    school.grade()  # an empty one will do
    (school.out / "notes.txt").write_text("mine")
    school.grade()  # and one that is a grading's, whatever else the teacher keeps there
    assert (school.out / "notes.txt").read_text() == "mine"
    school.out = school.out / "notes.txt"
    with pytest.raises(CourseError, match="`out` must be a folder"):
        school.grade()


@pytest.mark.parametrize("place", ["in", "in/results", "."])
def test_results_and_submissions_lie_apart(school, place):
    before = sorted(school.folder.rglob("*"))
    school.out = school.folder / place
    with pytest.raises(CourseError, match="`out` must lie outside of the folder of submissions, and not around it"):
        school.grade()
    assert sorted(school.folder.rglob("*")) == before


def test_what_cannot_be_used_is_refused_before_anything_is_written(school, monkeypatch):
    with pytest.raises(CourseError, match="`cluster` must be tcp://HOST:PORT"):
        school.grade(cluster="somewhere")
    with pytest.raises(CourseError, match=r"`jobs` is for this machine.* Received: 2, 'local:2'"):
        school.grade(cluster="local:2", jobs=2)
    with pytest.raises(CourseError, match="`image` must be an image's name"):
        school.grade(container="--privileged")
    with pytest.raises(CourseError, match="`LESSON` must be one of the course's"):
        school.grade("7")
    assert not school.out.exists()

    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_atomic", full)
    with pytest.raises(OSError, match=r"`out` must be a folder that can be written. Received: '.*out': No space left"):
        school.grade()
    assert school.judged() == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_killed_in_the_middle_and_resumed_it_ends_as_an_unbroken_one(school):
    for n in range(4):
        school.hand_in(f"learner{n}", "01_first", "right" if n % 2 else "half", "half")
    killed = school.command("--jobs", "1", TOY_KILL="3 SIGKILL")
    assert killed.returncode == -9
    assert not (school.out / "grades.csv").exists()
    stopped = school.command("--jobs", "1", "--resume", TOY_KILL="5 SIGINT")
    assert (stopped.returncode, stopped.stderr) == (
        130,
        f"What is graded so far is in {school.out}. The same with --resume does the rest.\nStopped.\n",
    )
    assert "3 of 7 copies graded so far" in (school.out / "report.html").read_text()
    school.judged()
    resumed = school.command("--jobs", "1", "--resume")
    assert (resumed.returncode, resumed.stderr) == (0, "")
    assert len(school.judged()) == 4  # of the seven, the two behind each interruption were finished
    broken = all_that_was_found(school.out)
    school.out = school.folder / "unbroken"
    assert school.command("--jobs", "2").returncode == 0
    assert all_that_was_found(school.out) == broken


def all_that_was_found(out):
    """Every result without its time, and the tables."""
    found = {}
    for path in sorted(out.glob("results/*/*.json")):
        result = json.loads(path.read_text())
        result.pop("seconds")
        found[path.relative_to(out).as_posix()] = result
    found["grades.csv"] = (out / "grades.csv").read_text(encoding="utf-8-sig")
    return found
