"""The grading around the judging: what is judged again, what is kept, what a stop leaves on disk, what is refused."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cnnlab.course import cli
from cnnlab.course.batch.execute import Failure, Outcome
from cnnlab.course.grading import confine, grade, results, store, underway
from cnnlab.course.grading.confine import Limits
from cnnlab.course.grading.records import Graded, Judgement
from cnnlab.course.lessons import CourseError
from cnnlab.course.notebook import NotebookError

HERE = Path(__file__).parent
LESSONS = {"01_first": ("by_hand", "output_size"), "02_second": ("design",)}
DRIVER = (
    "import sys; from cnnlab.course.grading import confine, underway; underway._WORKER = 'toy_worker'; "
    "confine.fingerprint = lambda: 'the package'; "
    "from cnnlab.course.cli import main; sys.exit(main(sys.argv[1:]))"
)


def notebook(lesson, answers, extra="", checks="from cnnlab.checks import lesson02 as check"):
    """A lesson of the toy course with these answers; where one is None, without its cell."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": f"# {lesson[:2]} {lesson[3:].title()}{extra}"},
        {"cell_type": "code", "metadata": {}, "source": checks},
    ]
    for name in LESSONS[lesson]:
        heading = {"cell_type": "markdown", "metadata": {}, "source": f"### Exercise: {name}"}
        tags = {"tags": [f"exercise-{name}"]}
        answer = {"cell_type": "code", "metadata": tags, "source": answers.get(name, f"{name} = ...")}
        checked = {"cell_type": "code", "metadata": {}, "source": f"check.{name}({name})"}
        cells += [heading, *([answer] if answer["source"] is not None else []), checked]
    for number, cell in enumerate(cells):
        cell["id"] = f"{lesson[:2]}-{number}"
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


class School:
    """A course, its submissions, and what has been judged so far."""

    def __init__(self, folder):
        self.folder, self.out, self.submissions = folder, folder / "out", folder / "in"
        for lesson in LESSONS:
            self.lesson(lesson)

    def lesson(self, lesson, *changes):
        write(self.folder / "course" / "notebooks" / f"{lesson}.ipynb", notebook(lesson, {}, *changes))
        (self.folder / "course" / "lessons").mkdir(exist_ok=True)

    def hand_in(self, learner, lesson, *answers):
        given = zip(LESSONS[lesson], answers, strict=True)
        named = {name: answer and f"{name} = {answer!r}" for name, answer in given}
        write(self.submissions / learner / f"{lesson}.ipynb", notebook(lesson, named))

    def grade(self, *lessons, **options):
        options = {"limits": Limits(seconds=50), **options}
        return grade.grade(self.submissions, lessons, out=self.out, course=self.folder / "course", **options)

    def command(self, *words, **environment):
        words = ["grade", str(self.submissions), *words, "--out", str(self.out)]
        return subprocess.run(
            [sys.executable, "-c", DRIVER, *words], capture_output=True, text=True, check=False, timeout=60,
            env={**os.environ, "CNNLAB_COURSE": str(self.folder / "course"), **environment},
        )  # fmt: skip

    def judged(self):
        """The answers that the worker was given since this was asked last."""
        log = Path(os.environ["TOY_LOG"])
        lines = log.read_text().splitlines() if log.exists() else []
        log.write_text("")
        return [json.loads(line) for line in lines]

    def rows(self):
        with open(self.out / "grades.csv", encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))


@pytest.fixture
def school(tmp_path, monkeypatch):
    monkeypatch.setattr(underway, "_WORKER", "toy_worker")
    monkeypatch.setattr(confine, "fingerprint", lambda: "the package")  # whoever edits it meanwhile
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setenv("TOY_LOG", str(tmp_path / "log"))
    school = School(tmp_path)
    school.hand_in("ada", "01_first", "right", "right")
    school.hand_in("ada", "02_second", "half")
    school.hand_in("bo", "01_first", "half", None)
    return school


def statuses(graded):
    return {(g.learner, g.lesson): [j.status for j in g.judgements] for g in graded}


def test_every_copy_is_judged_and_written(school):
    graded = school.grade()
    assert statuses(graded.graded) == {
        ("ada", "01_first"): ["correct", "correct"],
        ("ada", "02_second"): ["wrong"],
        ("bo", "01_first"): ["wrong", "missing"],
    }
    assert [lesson.name for lesson in graded.lessons] == list(LESSONS)
    assert (graded.broken, graded.waiting) == ({}, ())
    files = {path.relative_to(school.out).as_posix() for path in school.out.rglob("*.json")}
    assert files >= {"results/ada/01_first.json", "results/ada/02_second.json", "results/bo/01_first.json"}
    assert (school.out / "report.html").is_file()
    assert (school.out / "learners" / "bo.html").is_file()
    assert graded.graded[2].answers == {"by_hand": "by_hand = 'half'"}  # a cell that is not there is no answer


def test_the_lessons_are_those_asked_for_else_those_handed_in(school):
    (school.submissions / "ada" / "02_second.ipynb").unlink()
    assert [lesson.name for lesson in school.grade().lessons] == ["01_first"]
    with pytest.raises(
        CourseError, match=r"`SUBMISSIONS` must hold a notebook of 02_second\..* 2 other files, such as .*01_"
    ):
        school.grade("2")


def test_resuming_judges_what_has_changed_and_nothing_else(school, monkeypatch):
    first = school.grade()
    assert len(school.judged()) == 3
    assert school.grade(resume=True) == first
    assert school.judged() == []

    school.hand_in("bo", "01_first", "right", "right")  # an answer
    assert statuses(school.grade(resume=True).graded)["bo", "01_first"] == ["correct", "correct"]
    assert school.judged() == [{"by_hand": "by_hand = 'right'", "output_size": "output_size = 'right'"}]

    school.lesson("02_second", ", shorter")  # the lesson
    school.grade(resume=True)
    assert [list(answers) for answers in school.judged()] == [["design"]]

    monkeypatch.setattr(confine, "fingerprint", lambda: "another")  # the package
    school.grade(resume=True)
    assert len(school.judged()) == 3
    school.grade()  # nothing is kept unasked
    assert len(school.judged()) == 3


def test_checks_of_another_course_count_too(school, monkeypatch):
    checks = school.folder / "their_checks.py"
    checks.write_text("design = None\n")
    monkeypatch.syspath_prepend(school.folder)
    school.lesson("02_second", "", "import their_checks as check")
    school.grade("2")
    school.judged()
    school.grade("2", resume=True)
    assert school.judged() == []
    checks.write_text("design = 1\n")
    school.grade("2", resume=True)
    assert len(school.judged()) == 1


def test_what_is_known_of_the_file_follows_it(school):
    school.grade()
    school.judged()
    again = school.submissions / "ada" / "01_first (1).ipynb"
    again.write_bytes((school.submissions / "ada" / "01_first.ipynb").read_bytes())
    ada = school.grade(resume=True).graded[0]
    assert ada.file == "ada/01_first (1).ipynb"
    assert "ada/01_first.ipynb" in " ".join(ada.notes)
    assert len(school.judged()) == 1


def test_other_limits_matter_only_to_what_was_stopped_at_one(school):
    school.hand_in("bo", "01_first", "stop", "right")
    school.grade(limits=Limits(seconds=20))
    school.judged()
    school.grade(limits=Limits(seconds=20), resume=True)
    assert school.judged() == []
    school.grade(limits=Limits(seconds=30), resume=True)
    assert school.judged() == [{"by_hand": "by_hand = 'stop'", "output_size": "output_size = 'right'"}]


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("die", "the process that ran it ended with code 7"),
        ("trip", "the process that ran it ended with code 1 (ZeroDivisionError: division by zero)"),
        ("hang", "no end after 0.5 s"),
        ("forge", "judgement 1 has the unknown status 'brilliant'"),
    ],
)
def test_a_worker_that_does_not_come_to_its_end_costs_its_copy_alone(school, monkeypatch, does, why):
    monkeypatch.setattr(grade, "_GRACE", 0.5 if does == "hang" else 60)
    school.hand_in("bo", "01_first", does, "right")
    if does == "hang":
        for path in (school.submissions / "ada").iterdir():
            path.unlink()
    limits = Limits(seconds=1e-9)
    graded = school.grade(limits=limits)
    bo = next(one for one in graded.graded if one.learner == "bo")
    assert {j.status for j in bo.judgements} == {"stopped"}
    assert {j.message for j in bo.judgements} == {f"This copy could not be judged: {why}"}
    assert bo.fingerprint == ""
    assert all(one.fingerprint for one in graded.graded if one is not bo)
    school.judged()
    school.hand_in("ada", "01_first", "right", "right")
    school.grade(limits=limits, resume=True)  # it is tried again
    assert {"by_hand": f"by_hand = {does!r}", "output_size": "output_size = 'right'"} in school.judged()


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


def test_results_of_those_who_have_left_are_said_and_kept_out(school, capsys):
    school.grade()
    for path in (school.submissions / "bo").iterdir():
        path.unlink()
    graded = school.grade("1", resume=True, progress=True)
    assert statuses(graded.graded) == {("ada", "01_first"): ["correct", "correct"]}
    assert "Earlier results that are in no report this time: ada/02_second, bo/01_first" in capsys.readouterr().out
    assert (school.out / "results" / "bo" / "01_first.json").is_file()


def test_a_copy_that_cannot_be_read_is_named_and_stops_nobody(school):
    (school.submissions / "bo" / "01_first.ipynb").write_text("<html>")
    graded = school.grade()
    assert list(graded.broken) == ["bo/01_first.ipynb"]
    assert "is not a notebook" in graded.broken["bo/01_first.ipynb"]
    assert len(graded.graded) == 2
    assert not graded.waiting


def test_a_copy_that_goes_bad_after_it_was_found_is_named_too(school, monkeypatch):
    def take(path, course, whole=underway.take):
        if path.parent.name == "bo":
            raise NotebookError("01_first.ipynb cannot be read: it is gone")
        return whole(path, course)

    monkeypatch.setattr(underway, "take", take)
    graded = school.grade()
    assert graded.broken == {"bo/01_first.ipynb": "01_first.ipynb cannot be read: it is gone"}
    assert [one.learner for one in graded.graded] == ["ada", "ada"]
    assert not graded.waiting


def test_copies_are_read_only_as_places_get_free(school, monkeypatch):
    read, take = [], underway.take
    monkeypatch.setattr(underway, "take", lambda path, course: read.append(path) or take(path, course))

    def one_place(tasks, **_):
        for number, task in enumerate(tasks, start=1):
            assert len(read) == number
            yield task, Outcome("ok", 1.0, None, result=whole(task))

    monkeypatch.setattr(grade, "execute", one_place)
    school.grade()
    assert len(read) == 3


def test_a_course_that_answers_have_changed_ends_the_grading(school, monkeypatch, capsys):
    def changed(tasks, **_):
        task = next(tasks)
        yield task, Outcome("raised", 1.0, None, Failure(0, "", "CourseChanged", "the course was changed"))

    monkeypatch.setattr(grade, "execute", changed)
    monkeypatch.setenv("CNNLAB_COURSE", str(school.folder / "course"))
    assert cli.main(["grade", str(school.submissions), "--out", str(school.out)]) == 1
    assert capsys.readouterr().err == "cnnlab: the course was changed\n"
    assert not (school.out / "results").exists()


def whole(task):
    rows = [{"exercise": name, "status": "correct", "message": "", "misconception": "", "hint": ""} for name in
            task.options["answers"]]  # fmt: skip
    return {"judgements": rows, "notes": []}


@pytest.mark.parametrize("end", [KeyboardInterrupt, CourseError("the scheduler is gone")])
def test_stopped_in_the_middle_all_that_was_finished_is_reported(school, monkeypatch, end):
    def stopped(tasks, **_):
        yield (task := next(iter(tasks))), Outcome("ok", 1.0, None, result=whole(task))
        raise end

    written = []
    monkeypatch.setattr(grade, "execute", stopped)
    monkeypatch.setattr(grade, "write_results", lambda school, out, anonymous: written.append(school))
    with pytest.raises(end if isinstance(end, type) else type(end)):
        school.grade()
    (last,) = written
    assert list(statuses(last.graded)) == [("ada", "01_first")]
    assert last.waiting == (("ada", "02_second"), ("bo", "01_first"))
    assert (school.out / "results" / "ada" / "01_first.json").is_file()


def test_nothing_runs_any_more_while_the_last_words_are_written(school, monkeypatch):
    done = []

    def running(tasks, **_):
        try:
            yield (task := next(tasks)), Outcome("ok", 1.0, None, result=whole(task))
        finally:
            done.append("ended")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(grade, "execute", running)
    monkeypatch.setattr(underway.Underway, "record", interrupted)
    monkeypatch.setattr(grade, "write_results", lambda *_, **__: done.append("written"))
    with pytest.raises(KeyboardInterrupt):
        school.grade()
    assert done == ["ended", "written"]


def test_a_long_grading_reports_as_it_goes(school, monkeypatch):
    written = []
    monkeypatch.setattr(grade, "_EVERY", -1.0)
    monkeypatch.setattr(grade, "write_results", lambda school, out, anonymous: written.append(len(school.graded)))
    school.grade(jobs=1)
    assert written == [1, 2, 3, 3]


def test_a_copy_judged_at_the_second_attempt_says_so(school, monkeypatch):
    def twice(tasks, **_):
        for task in tasks:
            yield task, Outcome("ok", 1.0, None, result=whole(task), attempts=2)

    monkeypatch.setattr(grade, "execute", twice)
    assert all("judged at attempt 2" in " ".join(one.notes) for one in school.grade().graded)


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


def test_the_command_passes_everything_on(monkeypatch, capsys):
    asked = {}

    def stub(submissions, lessons, **options):
        asked.update(options, submissions=submissions, lessons=lessons)
        return results.SchoolClass((), (), (), broken={"x.ipynb": "it is empty \x1b[2J"})

    monkeypatch.setattr(grade, "grade", stub)
    line = "grade in.zip 2 03 --roster r.csv --out there --jobs 3 --timeout 2.5 --memory 2 --anonymous --container i"
    assert cli.main([*line.split(), "--cluster", "local:4", "--resume"]) == 1
    assert asked == {
        "submissions": "in.zip", "lessons": ["2", "03"], "roster": "r.csv", "out": "there", "jobs": 3,
        "limits": Limits(seconds=2.5, memory=2 * 1024**3), "container": "i", "cluster": "local:4", "resume": True,
        "anonymous": True, "progress": True,
    }  # fmt: skip
    said = capsys.readouterr().out
    assert "not graded  x.ipynb: it is empty �[2J\n" in said
    assert "0 of 1 copies graded" in said


@pytest.mark.parametrize(
    "words", [[], ["in", "--memory", "0.1"], ["in", "--jobs", "0"], ["in", "--timeout", "nan"], ["in", "--cluster"]]
)
def test_wrong_gradings_exit_2(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["grade", *words])
    assert stopped.value.code == 2
    assert "usage: cnnlab grade" in capsys.readouterr().err
