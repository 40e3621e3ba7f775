"""The grading around the judging: what is judged again and what is kept, who is named, what is said when it stops."""

from __future__ import annotations

import pytest
from toy_class import LESSONS, statuses

from cnnlab.course import cli
from cnnlab.course.batch.execute import Failure, Outcome
from cnnlab.course.grading import grade, underway
from cnnlab.course.grading.confined import confine
from cnnlab.course.grading.confined.confine import Limits
from cnnlab.course.grading.report import results
from cnnlab.course.lessons import CourseError
from cnnlab.course.notebook import NotebookError


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
    (school.submissions / "ada" / "01_first.ipynb").unlink()
    with pytest.raises(CourseError, match=r"which holds another file, bo/01_first\.ipynb \(of another lesson"):
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
    assert "0 of 1 copy graded" in said


@pytest.mark.parametrize(
    "words", [[], ["in", "--memory", "0.1"], ["in", "--jobs", "0"], ["in", "--timeout", "nan"], ["in", "--cluster"]]
)
def test_wrong_gradings_exit_2(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["grade", *words])
    assert stopped.value.code == 2
    assert "usage: cnnlab grade" in capsys.readouterr().err
