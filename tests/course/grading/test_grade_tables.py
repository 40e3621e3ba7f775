"""grades.json reads back as it was; grades.csv and canvas.csv are what Moodle and Canvas take."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_class import made_class
from platform_trees import Person, write_roster

from cnnlab.course.grading.intake.roster import read_roster
from cnnlab.course.grading.records import Judgement, Learner, SchoolClass
from cnnlab.course.grading.report import tables
from cnnlab.course.grading.report.results import write_results
from cnnlab.course.lessons import CourseError

MADE = made_class(20, ("01_convolution_by_hand", "02_padding_and_stride")).school


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def learners(*names: str, **columns: list[str]) -> tuple[Learner, ...]:
    """A class of these names, with these columns of a class list."""
    return tuple(
        Learner(f"k{n}", name, {heading.replace("_", " "): entries[n] for heading, entries in columns.items()})
        for n, name in enumerate(names)
    )


def moodle_reads(text: str, identifies: str) -> dict[str, list[str]]:
    """What Moodle makes of a file: the identifying cell → the grades, as load_data.php goes through the rows.

    A row with an empty identifying cell belongs to the learner before; a row with another number of cells is refused.
    """
    header, *body = rows(text.removeprefix("\ufeff"))
    found: dict[str, list[str]] = {}
    who = None
    for row in body:
        assert len(row) == len(header)
        who = row[header.index(identifies)] or who
        assert who not in found, "two rows of one learner"
        found[who] = [cell for name, cell in zip(header, row, strict=True) if "(of " in name]
    return found


def test_json_reads_back_as_it_was():
    school = replace(MADE, waiting=(("learner-9", "02_padding_and_stride"),), broken={"a": "b"})
    assert tables.from_json(tables.to_json(school)) == school
    row = json.loads(tables.to_json(school))["graded"][0]
    assert row["points"] == sum(one["status"] == "correct" for one in row["judgements"])


@given(st.text(st.characters()), st.text())
def test_json_reads_back_whatever_strangers_write(answer, name):
    one = replace(MADE.graded[0], answers={"one_cell": answer}, judgements=(Judgement("one_cell", "wrong", answer),))
    school = replace(MADE, graded=(one,), learners=(Learner("k", name, {name: answer}),))
    assert tables.from_json(tables.to_json(school)) == school


def test_half_a_character_in_an_answer_is_written_and_read():
    one = replace(MADE.graded[0], answers={"one_cell": "'\ud83d'"})
    text = tables.to_json(replace(MADE, graded=(one,)))
    assert text.encode()
    assert tables.from_json(text).graded[0].answers == {"one_cell": "'\ud83d'"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 2}', "[" * 100_000, tables.to_json(MADE).replace('"key"', '"kee"', 1)]
)
def test_another_file_is_no_grades_json(text):
    with pytest.raises(CourseError, match="no grades.json of `cnnlab grade`"):
        tables.from_json(text)


def test_moodle_reads_every_learner_of_the_list_with_the_right_points():
    read = moodle_reads(tables.to_csv(MADE), "Email address")
    right = {
        (copy.learner, copy.lesson): str(sum(one.status == "correct" for one in copy.judgements))
        for copy in MADE.graded
    }
    expected = {
        learner.columns["Email address"]: [right.get((learner.key, lesson.name), "-") for lesson in MADE.lessons]
        for learner in MADE.learners
    }
    assert read == expected
    assert read["learner9@school.example"] == ["-", "-"]  # handed in nothing


def test_late_and_missing_lessons_are_named_and_waiting_ones_are_not_missing():
    copy = replace(MADE.graded[0], late=True)
    school = replace(MADE, graded=(copy,), waiting=(("learner-1", "01_convolution_by_hand"),))
    header, first, second, third, *_ = rows(tables.to_csv(school))
    assert header[-2:] == ["Late", "Missing"]
    assert first[-2:] == ["01", "02"]
    assert second[-2:] == ["", "02"]
    assert third[-2:] == ["", "01 02"]


def test_a_learner_without_an_entry_does_not_get_into_another_learners_row():
    class_ = learners(
        "Ada", "Bo", "Cem", Full_name=["Ada", "Bo", "Cem"], ID_number=["17", "", "19"], Grade=["1", "2", "3"]
    )
    stranger = Learner("k9", "Not on the list")
    copy = replace(MADE.graded[0], learner="k1")
    school = SchoolClass(MADE.lessons, (*class_, stranger), (copy, replace(copy, learner="k9")))
    read = moodle_reads(tables.to_csv(school), "ID number")
    points = tables.right(copy)
    assert read == {
        "17": ["-", "-"],
        "none": [str(points), "-"],
        "19": ["-", "-"],
    }  # "none" is nobody: Moodle refuses it
    assert "Grade" not in tables.to_csv(school)  # what the list says of old grades is not imported again
    others = rows(tables.to_csv(school, on_list=False))
    assert [row[:3] for row in others] == [
        ["Name", "Key", "01 · Convolution by hand (of 6)"],
        ["Not on the list", "k9", str(points)],
    ]


def test_without_a_class_list_names_and_keys_identify():
    school = replace(MADE, learners=learners("Ada", "Bo"), graded=())
    assert [row[:2] for row in rows(tables.to_csv(school))] == [["Name", "Key"], ["Ada", "k0"], ["Bo", "k1"]]
    assert tables.to_csv(school, on_list=False) == ""
    assert tables.canvas_csv(school) == ""


def test_an_unjudged_copy_has_no_grade():
    broken = replace(MADE.graded[0], fingerprint="")
    school = replace(MADE, graded=(broken,))
    assert rows(tables.to_csv(school))[1][4:6] == ["-", "-"]
    assert rows(tables.to_csv(school))[1][-1] == "02"  # 01 was handed in
    assert json.loads(tables.to_json(school))["graded"][0]["points"] is None


def test_canvas_gets_its_own_columns_a_row_of_points_and_its_assignment():
    school = made_class(10, ("01_convolution_by_hand", "02_padding_and_stride"), canvas=True).school
    text = tables.canvas_csv(school)
    header, possible, *body = rows(text)
    # As lib/gradebook_importer.rb reads it: Student and ID first, Section the last about the learner, then assignments.
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "01 · Convolution by hand",
                      "02 · Padding and stride (771)"]  # fmt: skip
    assert possible == ["Points Possible", "", "", "", "", "6", ""]  # what the assignment is worth stands in Canvas
    assert text.splitlines()[1] == '"Points Possible",,,,,6,'  # nothing, and not an empty text
    right = {(copy.learner, copy.lesson): str(tables.right(copy)) for copy in school.graded}
    for learner, row in zip(school.learners, body, strict=True):
        assert row[:5] == [learner.columns[heading] for heading in header[:5]]
        assert row[5:] == [right.get((learner.key, lesson.name), "") for lesson in school.lessons]


@pytest.mark.parametrize(
    ("platform", "identifying"),
    [
        ("moodle", ["First name", "Last name", "ID number", "Email address"]),
        ("canvas", ["Student", "ID", "SIS User ID", "SIS Login ID"]),
        ("google", ["Last Name", "First Name", "Email Address"]),
        ("github", ["identifier", "github_username", "name"]),
    ],
)
def test_every_platforms_class_list_comes_back_with_its_own_headings(tmp_path, platform, identifying):
    people = [Person("Ada", "Berg", 101), Person("민서", "김", 102)]
    class_ = tuple(read_roster(write_roster(platform, tmp_path / "list.csv", people)))
    copy = replace(MADE.graded[1], learner=class_[1].key, lesson="02_padding_and_stride")
    school = SchoolClass(MADE.lessons, class_, (copy,))
    header, first, second = rows(tables.to_csv(school))
    assert header[: len(identifying)] == identifying
    assert first[: len(identifying)] == [class_[0].columns[heading] for heading in identifying]
    assert second[len(identifying) : -2] == ["-", str(tables.right(copy))]
    if platform == "canvas":  # its gradebook has an assignment "Lesson 02 (31)"
        header, possible, *body = rows(tables.canvas_csv(school))
        assert header[5:] == ["01 · Convolution by hand", "Lesson 02 (31)"]
        assert possible[5:] == ["6", ""]
        assert [row[:3] for row in body] == [["Berg, Ada", "101", "S101"], ["김, 민서", "102", "S102"]]
        assert [row[5:] for row in body] == [["", ""], ["", str(tables.right(copy))]]
    else:
        assert tables.canvas_csv(school) == ""


@pytest.mark.parametrize(
    "name", ["=1+1", "+44", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "＝1", "\u200e=1", "\x00=1", "=cmd|'/C calc'!A0"]
)
def test_no_cell_is_a_formula(name):
    school = replace(MADE, learners=learners(name, First_name=[name]), graded=())
    for text in (tables.to_csv(school), tables.to_csv(replace(school, learners=learners(name)))):
        cell = rows(text)[1][0]
        assert cell.startswith("'")
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize(
    "name", ["김민서", "O'Brien", 'Bo "B" Berg', "Zoë; =1", "Jean-Luc", "🚀 Ada", "a,b", "عمر", "Anne\u0301"]
)
def test_names_stay_as_they_are(name):
    school = replace(MADE, learners=learners(name, First_name=[name]), graded=())
    assert rows(tables.to_csv(school))[1][0] == name
    assert f'"{name}"'.replace(' "B" ', ' ""B"" ') in tables.to_csv(school)  # quoted: no other separator splits it


def test_a_name_is_one_line():
    school = replace(MADE, learners=learners("Ada\nBerg\r\n", First_name=["Ada\nBerg\r\n"]), graded=())
    assert len(tables.to_csv(school).splitlines()) == 2


def test_the_files_of_a_class_and_what_changes_when_it_is_written_again(tmp_path):
    school = made_class(4, ("02_padding_and_stride",), canvas=True).school
    write_results(school, tmp_path)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert files == [
        "canvas.csv",
        "grades.csv",
        "grades.json",
        *(f"learners/learner-{n}.html" for n in range(4)),
        "report.html",
    ]
    assert (tmp_path / "grades.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert not (tmp_path / "canvas.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    write_results(school, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == before
    other = replace(school, learners=(*learners("Ada"), school.learners[0]), graded=())
    write_results(other, tmp_path)  # Ada is not on Canvas's list
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert files == [
        "canvas.csv",
        "grades.csv",
        "grades.json",
        "grades_not_on_list.csv",
        "learners/k0.html",
        "learners/learner-0.html",
        "report.html",
    ]
    write_results(replace(school, learners=learners("Ada"), graded=()), tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == [
        "grades.csv",
        "grades.json",
        "k0.html",
        "report.html",
    ]
