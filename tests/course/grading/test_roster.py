"""Class lists as platforms export them, and what else somebody hands over as one."""

from __future__ import annotations

import pytest

from cnnlab.course.grading.intake.keys import keys, readable
from cnnlab.course.grading.intake.roster import read_roster
from cnnlab.course.lessons import CourseError
from cnnlab.data.pictures.names import unportable

MOODLE = '"First name","Last name","ID number","Email address","Assignment: Lesson 02 (Real)"\n'
LISTS = {
    "Moodle, grader report": (
        MOODLE + 'Ada,Lovelace,2026001,ada@s.example,-\n"Bo","Kim, jr.",2026002,bo@s.example,8.00\n',
        ["Ada Lovelace", "Bo Kim, jr."],
    ),
    "Moodle, grading worksheet": (
        'Identifier,"Full name","Email address",Status,Grade\n'
        "Participant 71,Ada Lovelace,ada@s.example,No submission,\nParticipant 72,Bo Kim,bo@s.example,,\n",
        ["Ada Lovelace", "Bo Kim"],
    ),
    "Moodle, hidden names": (
        "Identifier,Status,Grade\nParticipant 71,,\nParticipant 72,,\n",
        ["Participant 71", "Participant 72"],
    ),
    "Canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Section,Lesson 02 (31),Current Score\n"
        ",,,,,Manual Posting,\n"
        "    Points Possible,,,,,10.00,(read only)\n"
        '"Lovelace, Ada",101,S1,ada,A,8,80\n"Kim, Bo",102,S2,bo,A,,\n"Student, Test",999,,,A,,\n',
        ["Ada Lovelace", "Bo Kim"],
    ),
    "Canvas, two columns": (
        "LastName,FirstName,ID,SIS Login ID,Section\n    Points Possible,,,,\n"
        "Lovelace,Ada,101,ada,A\nStudent,Test,999,,A\n",
        ["Ada Lovelace"],
    ),
    "Google Classroom": (
        "Last Name,First Name,Email Address,Lesson 02\nDate,,,2026-03-02\nPoints,,,10\nClass average,,,8.5\n"
        "Lovelace,Ada,ada@s.example,9\nKim,Bo,bo@s.example,\n",
        ["Ada Lovelace", "Bo Kim"],
    ),
    "GitHub Classroom": (
        'identifier,github_username,github_id,name\n"Lovelace, Ada",adal,1,\nbo@s.example,,,\nx1,bokim,2,Bo Kim\n',
        ["Ada Lovelace", "bo@s.example", "Bo Kim"],
    ),
    "gh classroom assignment-grades": (
        "assignment_name,assignment_url,github_username,roster_identifier,student_repository_name\n"
        "t1,u,adal,Ada Lovelace,t1-adal\nt2,u,adal,Ada Lovelace,t2-adal\n",
        ["Ada Lovelace"],
    ),
    "Korean": ("성,이름,이메일 주소,학번\n김,민서,min@s.example,20261234\n", ["김민서"]),
    "one column": ("이름\n김민서\n이서연\n", ["김민서", "이서연"]),
    "German": ("Vorname;Nachname;E-Mail-Adresse\nZoë;Weiß;zoe@s.example\n", ["Zoë Weiß"]),
    "tabs, any order": ("Email\tNotes\tName\nada@s.example\tx\tAda Lovelace\n", ["Ada Lovelace"]),
    "a line above the headings": ("sep=;\nName;Email\nAda Lovelace;ada@s.example\n", ["Ada Lovelace"]),
    "a quote over two lines": ('Name,Notes\nAda Lovelace,"one\ntwo"\n\n,\nBo Kim,\n', ["Ada Lovelace", "Bo Kim"]),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("which", LISTS)
def test_platforms_lists(which, encoding, tmp_path):
    text, names = LISTS[which]
    (tmp_path / "list.csv").write_bytes(text.encode(encoding))
    assert [learner.name for learner in read_roster(tmp_path / "list.csv")] == names


@pytest.mark.parametrize(("which", "encoding"), [("Korean", "cp949"), ("one column", "euc-kr"), ("German", "cp1252")])
def test_encodings_of_windows(which, encoding, tmp_path):
    text, names = LISTS[which]
    (tmp_path / "list.csv").write_bytes(text.encode(encoding))
    assert [learner.name for learner in read_roster(tmp_path / "list.csv")] == names


def test_a_learner_keeps_the_row_as_it_was(tmp_path):
    (tmp_path / "list.csv").write_text('  Student ,ID,Section,=Notes\n"Lovelace, Ada", 101 ,A,=1+1\n')
    (learner,) = read_roster(tmp_path / "list.csv")
    assert learner.columns == {"  Student ": "Lovelace, Ada", "ID": " 101 ", "Section": "A", "=Notes": "=1+1"}
    assert list(learner.columns) == ["  Student ", "ID", "Section", "=Notes"]


def test_one_person_twice_is_one_and_two_of_one_name_are_two(tmp_path):
    rows = ["Ada,Lovelace,1,a@s.example", "Ada,Lovelace,2,b@s.example", "ada,lovelace,1,A@S.example", "Ada,Lovelace,,"]
    (tmp_path / "list.csv").write_text(MOODLE + "".join(f"{row},-\n" for row in rows))
    assert [learner.key for learner in read_roster(tmp_path / "list.csv")] == [
        "ada-lovelace-1", "ada-lovelace-2", "ada-lovelace",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "begins with: nothing"),
        (b"a,b\n1,2\n", "begins with: a, b"),
        (b"Name,Email\n", "no learner below"),
        ("名字\n张伟\n".encode("gbk"), "save it as CSV in UTF-8"),
        (b"\xff\xfe\x00", "save it as CSV in UTF-8"),
        (b"Name\n" + b'"' + b"x" * 200_000, "line 2, cannot be read: field larger"),
        (b"Name\n" + b"a\n" * 20_001, "more than 20,000 rows"),
        (b"PK\x03\x04\x14\x00\x06\x00 an Excel file", "is a spreadsheet's own file"),
    ],
)
def test_what_is_no_class_list(data, words, tmp_path):
    (tmp_path / "list.csv").write_bytes(data)
    with pytest.raises(CourseError, match=words) as caught:
        read_roster(tmp_path / "list.csv")
    assert "list.csv" in str(caught.value)


def test_a_list_that_is_not_there_and_one_that_is_too_large(tmp_path):
    with pytest.raises(CourseError, match=r"list\.csv cannot be read: No such file"):
        read_roster(tmp_path / "list.csv")
    with open(tmp_path / "list.csv", "wb") as file:
        file.truncate((16 << 20) + 1)
    with pytest.raises(CourseError, match="may have 16,777,216"):
        read_roster(tmp_path / "list.csv")


# --- keys ---


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Ada Lovelace", "ada-lovelace"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\Windows", "c-windows"),
        ("CON", "learner-con"),
        ("nul.", "learner-nul"),
        ("김민서", "김민서"),
        ("Ada\u202ex\x00\n", "adax"),
        ("\u200f", "learner"),
        ("", "learner"),
        ("...", "learner"),
        ("x" * 300, "x" * 40),
        ("=HYPERLINK(1)", "hyperlink-1"),
        ("\ud800Ada", "ada"),
        ("Ａda", "ａda"),
    ],
)
def test_a_key_is_safe_as_a_file_name(name, key, tmp_path):
    assert keys([(name, "")]) == [key]
    assert not unportable(key)
    (tmp_path / f"{key}.json").touch()


def test_keys_are_unique_whatever_the_names(tmp_path):
    people = [
        ("Bo", "1"),
        ("bo", "2"),
        ("BO", "2"),
        ("Bo 1", ""),
        ("bo-1", ""),
        ("Bo-2-2", ""),
        ("", ""),
        ("learner", ""),
    ]
    made = keys(people)
    assert len({key.casefold() for key in made}) == len(people)
    # who comes later does not take a key that somebody else has had
    assert keys(people[:1]) == ["bo"]
    assert "bo" not in made


def test_a_name_to_read():
    assert readable("  Ada \t King\u00a0Lovelace\n") == "Ada King Lovelace"
    assert readable("x" * 300) == "x" * 100
    assert readable("अनु\u200dराग") == "अनु\u200dराग", "a joiner is part of the writing"
