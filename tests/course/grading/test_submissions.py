"""Every platform's tree, as a folder and as a zip: whose a notebook is, of which lesson, which one counts, and that
none is lost or invented whatever the files are called.
"""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from platform_trees import PLATFORMS, Person, tree_path, user_name, write_bytes, write_roster, write_tree, zipped

from cnnlab.course.grading.intake import inbox
from cnnlab.course.grading.intake.submissions import find
from cnnlab.course.lessons import CourseError, Lesson
from cnnlab.data.pictures.names import unportable

PADDING, POOLING = "02_padding_and_stride", "03_pooling"
ADA, BO, MINSEO = Person("Ada", "Lovelace", 101), Person("Bo", "O'Neil-Smith", 102), Person("민서", "김", 103)
PEOPLE = [ADA, BO, MINSEO]
STUBS = {PADDING: ["size = ...", "pads = ...", "strides = ..."], POOLING: ["pooled = ..."]}


def notebook(lesson: str = PADDING, *answers: str, tags: bool = True, title: str = "", **metadata: object) -> bytes:
    """A notebook of a lesson as the course has it, its first cells replaced by the answers."""
    cells = [{"cell_type": "markdown", "metadata": {}, "source": f"# {title or lesson}"}]
    for n, stub in enumerate(STUBS.get(lesson, [])):
        mark = {"tags": [f"exercise-{stub.split()[0]}"]} if tags else {}
        source = answers[n] if n < len(answers) else stub
        cells.append({"cell_type": "code", "metadata": mark, "source": source, "outputs": []})
        if tags:
            call = f"check.{stub.split()[0]}(...)"
            cells.append({"cell_type": "code", "metadata": {}, "source": call, "outputs": []})
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("course")
    (root / "lessons").mkdir()
    return write_bytes(root, {f"notebooks/{name}.ipynb": notebook(name) for name in STUBS})


@pytest.fixture
def lessons(course) -> list[Lesson]:
    return [Lesson(course, name) for name in STUBS]


@pytest.fixture
def handed_in(tmp_path, lessons):
    """Find what is in files, given by their paths; a roster is given by its text."""

    def find_in(files, roster="", **more):
        folder = write_bytes(tmp_path / "handed in", files)
        if roster:
            (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
        return find(folder, lessons, tmp_path / "roster.csv" if roster else None, **more)

    return find_in


def whose(found) -> dict[str, str]:
    """File → the name of its learner."""
    names = {learner.key: learner.name for learner in found.learners}
    return {copy.file: names[copy.learner] for copy in found.copies}


def copies(found) -> dict[tuple[str, str], str]:
    return {(copy.learner, copy.lesson): copy.file for copy in found.copies}


@pytest.mark.parametrize("as_zip", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("with_roster", [False, True], ids=["no roster", "roster"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platforms_tree(platform, with_roster, as_zip, tmp_path, lessons):
    handed = [(who, name, notebook(name, "size = 4")) for who in PEOPLE[:2] for name in STUBS]
    handed.append((MINSEO, POOLING, notebook(POOLING)))
    root = write_tree(platform, tmp_path / "tree", handed, late={(BO, PADDING)})
    roster = write_roster(platform, tmp_path / "roster.csv", [*PEOPLE, Person("Cleo", "Idle", 104)])
    found = find(zipped(root, tmp_path / "all.zip") if as_zip else root, lessons, roster if with_roster else None)
    assert not found.broken
    assert all(file.endswith(".git/") for file in found.set_aside)
    assert {(file, copy.lesson) for copy, file in zip(found.copies, map(str, copies(found).values()), strict=True)} == {
        (tree_path(platform, who, name, late=(who, name) == (BO, PADDING)), name) for who, name, _ in handed
    }
    for copy in found.copies:
        assert copy.path.read_bytes() == notebook(copy.lesson, "size = 4") or copy.lesson == POOLING
        assert copy.late == (platform == "canvas" and str(BO.number) in copy.file and copy.lesson == PADDING)
        assert not copy.notes
    names = [learner.name for learner in found.learners]
    if with_roster:
        third = "민서 김" if platform == "github" else "김민서"  # on GitHub as its owner has typed it
        assert names == ["Ada Lovelace", "Bo O'Neil-Smith", third, "Cleo Idle"], "in its order, who was idle too"
        assert all(str(ADA.number) in " ".join(row.columns.values()) for row in found.learners[:1])
    else:
        expected = {"canvas": ["lovelaceada", "oneilsmithbo", "김민서"], "github": list(map(user_name, PEOPLE))}
        assert names == expected.get(platform, ["Ada Lovelace", "Bo O'Neil-Smith", "민서 김"])


def test_what_comes_out_of_a_zip_goes_with_what_was_found(tmp_path, lessons):
    write_bytes(tmp_path / "tree", {f"Ada/{PADDING}.ipynb": notebook()})
    found = find(zipped(tmp_path / "tree", tmp_path / "all.zip"), lessons)
    path = found.copies[0].path
    assert path.is_file()
    del found
    assert not path.exists()


# --- whose it is ---


def test_moodles_number_is_another_one_in_the_next_assignment(handed_in):
    found = handed_in(
        {
            f"Ada Lovelace_11_assignsubmission_file_/{PADDING}.ipynb": notebook(),
            f"Ada Lovelace_29_assignsubmission_file/{POOLING}.ipynb": notebook(POOLING),
        }
    )
    assert copies(found).keys() == {("ada-lovelace", PADDING), ("ada-lovelace", POOLING)}


def test_two_of_moodles_numbers_with_one_lesson_are_two_people(handed_in):
    found = handed_in(
        {f"Ada Lovelace_{n}_assignsubmission_file_/{PADDING}.ipynb": notebook(PADDING, f"size = {n}") for n in (11, 12)}
    )
    assert [learner.name for learner in found.learners] == ["Ada Lovelace (11)", "Ada Lovelace (12)"]
    assert [copy.learner for copy in found.copies] == ["ada-lovelace-11", "ada-lovelace-12"]
    assert "another Ada Lovelace" in found.copies[0].notes[0]


def test_which_of_two_of_one_name_a_third_copy_is_from_cannot_be_told(handed_in):
    files = {f"A_{n}_assignsubmission_file_/{PADDING}.ipynb": notebook() for n in (11, 12)}
    found = handed_in(files | {f"A_29_assignsubmission_file_/{POOLING}.ipynb": notebook(POOLING)})
    notes = {copy.learner: copy.notes[0] for copy in found.copies}
    assert list(notes) == ["a-11", "a-12", "a-29"]
    assert "another A has handed in the same lesson" in notes["a-11"]
    assert notes["a-29"] == (
        "two others called A have handed in one lesson: whether this is from one of them cannot be told"
    )


def test_two_of_one_name_on_canvas_stay_two_in_every_assignment(handed_in):
    found = handed_in(
        {f"kimbo_{n}_9{n}{lesson[1]}_{lesson}.ipynb": notebook(lesson) for n in (7, 8) for lesson in STUBS}
    )
    assert [learner.name for learner in found.learners] == ["kimbo (7)", "kimbo (8)"]
    assert len(found.copies) == 4


def test_hidden_names_of_canvas_and_moodle(handed_in):
    found = handed_in(
        {
            f"anon_1aB2c_501_{PADDING}.ipynb": notebook(),
            f"LATE_anon_9zZ_502_{PADDING}.ipynb": notebook(),
            f"Participant_71_assignsubmission_file_/{PADDING}.ipynb": notebook(),
            f"Participant_85_assignsubmission_file_/{POOLING}.ipynb": notebook(POOLING),
        }
    )
    names = ["anon_1aB2c", "anon_9zZ", "Participant 71", "Participant 85"]  # the last two may be one or two people
    assert [learner.name for learner in found.learners] == names
    assert [copy.late for copy in found.copies] == [False, True, False, False]


def test_moodles_worksheet_says_who_a_participant_is(handed_in):
    roster = 'Identifier,"Full name","Email address",Status\nParticipant 71,Ada Lovelace,ada@s.example,Submitted\n'
    found = handed_in({f"Participant_71_assignsubmission_file_/{PADDING}.ipynb": notebook()}, roster)
    assert list(whose(found).values()) == ["Ada Lovelace"]


@pytest.mark.parametrize(
    "file",
    [
        f"Ada Lovelace/{PADDING}.ipynb",
        f"Ada Lovelace/notebooks/{PADDING}.ipynb",
        f"{PADDING}/Ada Lovelace.ipynb",
        f"{PADDING}/Ada Lovelace/work.ipynb",
        f"week 2/Ada Lovelace/{PADDING}.ipynb",
        f"02/Ada Lovelace/{PADDING}.ipynb",
        f"{PADDING} - Ada Lovelace.ipynb",
        f"Ada Lovelace - {PADDING}.ipynb",
        f"Copy of {PADDING} - Ada Lovelace.ipynb",
        f"{PADDING} - Ada Lovelace (1).ipynb",
        f"{PADDING} - Ada Lovelace - Copy.ipynb",
        f"{PADDING} - Ada Lovelace - 복사본.ipynb",
        f"Copy_of_{PADDING}_-_Ada_Lovelace.ipynb",
        f"{PADDING}.ipynb의 사본 - Ada Lovelace.ipynb",
        f"Ada_Lovelace_{PADDING}.ipynb",
        f"{PADDING}-20260302T101112Z-001.zip/{PADDING}/{PADDING} - Ada Lovelace.ipynb".replace(".zip/", "/"),
        "Ada Lovelace/Untitled0.ipynb",
        "Ada Lovelace.ipynb",
    ],
)
def test_names_in_folders_and_files(file, handed_in):
    found = handed_in({file: notebook(PADDING, "size = 4")})
    assert whose(found) == {file: "Ada Lovelace"}
    assert found.copies[0].lesson == PADDING


def test_folders_of_assignments_are_nobodys(handed_in):
    """The names of the folders say nothing: that two people's work of one lesson is in them does."""
    found = handed_in(
        {
            f"First task/Ada/{PADDING}.ipynb": notebook(),
            f"First task/Bo/{PADDING}.ipynb": notebook(),
            "Second task/Ada.ipynb": notebook(POOLING),
            "Second task/Bo.ipynb": notebook(POOLING),
            f"Third task/{PADDING} - Cleo.ipynb": notebook(),
            f"Third task/{PADDING} - Dag.ipynb": notebook(),
        }
    )
    assert [learner.name for learner in found.learners] == ["Ada", "Bo", "Cleo", "Dag"]
    assert len(found.copies) == 6


def test_a_task_that_one_alone_has_handed_in(handed_in):
    """The folder could be a person's: that the name in it is known from another folder says that it is not."""
    files = {f"one task/{PADDING} - {who}.ipynb": notebook() for who in ("Ada", "Bo")}
    found = handed_in(
        files | {f"other task/{POOLING} - Ada.ipynb": notebook(POOLING), f"Cleo/{POOLING} - mine.ipynb": b"{}"}
    )
    assert [learner.name for learner in found.learners] == ["Ada", "Bo", "Cleo"]
    assert copies(found)["ada", POOLING] == f"other task/{POOLING} - Ada.ipynb"


def test_a_folder_around_a_folder_of_several_is_nobodys(handed_in):
    found = handed_in({f"CNN course/a task/{who}/{PADDING}.ipynb": notebook() for who in ("Ada", "Bo")})
    assert [learner.name for learner in found.learners] == ["Ada", "Bo"]


def test_one_name_in_two_places_with_one_lesson_is_two_people(handed_in):
    files = {f"class {c}/{who}/{PADDING}.ipynb" for c, who in ["AA", "AB", "BA", "BC"]} | {
        f"D/try {n}/{PADDING}.ipynb" for n in (1, 2)
    }
    found = handed_in(dict.fromkeys(files | {f"E/try {n}/{PADDING}.ipynb" for n in (1, 2)}, notebook()))
    names = ["A (class A)", "A (class B)", "B", "C", "try 1 (D)", "try 1 (E)", "try 2 (D)", "try 2 (E)"]
    assert [learner.name for learner in found.learners] == names
    assert len(found.copies) == 8, "an odd name is seen; a lost copy is not"


def test_numbered_folders_may_be_seats(handed_in):
    found = handed_in({f"{n:02d}/{PADDING}.ipynb": notebook() for n in range(1, 5)})
    assert [learner.name for learner in found.learners] == ["01", "02", "03", "04"], "02 is no lesson's here"


def test_numbered_files_may_be_people(handed_in):
    found = handed_in({f"student_{n:02d}.ipynb": notebook() for n in (1, 2)} | {"kim (1).ipynb": notebook()})
    assert [learner.name for learner in found.learners] == ["kim (1)", "student 01", "student 02"]


def test_one_name_in_two_spellings_is_one_person(handed_in):
    composed, apart = unicodedata.normalize("NFC", "김민서"), unicodedata.normalize("NFD", "김민서")
    found = handed_in({f"{composed}/{PADDING}.ipynb": notebook(), f"{apart}/{POOLING}.ipynb": notebook(POOLING)})
    assert [(learner.key, learner.name) for learner in found.learners] == [(composed, composed)]
    assert len(found.copies) == 2


def test_repositories_beside_each_other_without_a_roster(handed_in):
    files = {f"cnn-02-{user}/.git/HEAD": b"ref" for user in ("ada", "bo-kim")}
    files |= {
        f"cnn-02-{user}/notebooks/{lesson}.ipynb": notebook(lesson) for user in ("ada", "bo-kim") for lesson in STUBS
    }
    found = handed_in(files | {"cnn-02-ada/notebooks/index.ipynb": notebook("index", title="All lessons")})
    assert copies(found).keys() == {(user, lesson) for user in ("ada", "bo-kim") for lesson in STUBS}
    assert "of no lesson" in found.set_aside["cnn-02-ada/notebooks/index.ipynb"]
    assert "hidden" in found.set_aside["cnn-02-ada/.git/"]


def test_repositories_of_two_assignments_in_one_folder(handed_in):
    files = {f"cnn-{n}-{user}/.git/HEAD": b"ref" for n in ("02", "03") for user in ("ada", "bo")}
    files |= {f"cnn-02-{user}/{PADDING}.ipynb": notebook() for user in ("ada", "bo")}
    found = handed_in(files | {f"cnn-03-{user}/{POOLING}.ipynb": notebook(POOLING) for user in ("ada", "bo")})
    assert [learner.name for learner in found.learners] == ["ada", "bo"]
    assert len(found.copies) == 4


def test_everybodys_repository_by_one_name_is_not_one_person(handed_in):
    files = {f"{who}/cnnlab-work/.git/HEAD": b"ref" for who in ("Ada", "Bo")}
    found = handed_in(files | {f"{who}/cnnlab-work/notebooks/{PADDING}.ipynb": notebook() for who in ("Ada", "Bo")})
    assert [learner.name for learner in found.learners] == ["Ada", "Bo"]


def test_the_longest_user_name_that_fits_a_repository(handed_in):
    roster = "identifier,github_username,github_id,name\nKim,kim,1,\nLee Kim,lee-kim,2,\n"
    found = handed_in({"task-lee-kim/.git/HEAD": b"", f"task-lee-kim/notebooks/{PADDING}.ipynb": notebook()}, roster)
    assert list(whose(found).values()) == ["Lee Kim"]


def test_colab_says_who_ran_a_file_without_a_name(handed_in):
    ran = json.loads(notebook())
    ran["cells"][1]["metadata"]["executionInfo"] = {"user": {"displayName": "Ada Lovelace", "userId": "1"}}
    found = handed_in({f"Copy of {PADDING}.ipynb": json.dumps(ran).encode(), f"{POOLING}.ipynb": notebook(POOLING)})
    assert list(whose(found).values()) == ["Ada Lovelace"]
    assert "Colab says that Ada Lovelace ran it" in found.copies[0].notes[0]
    assert "nothing in its path says whose" in found.broken[f"{POOLING}.ipynb"]


ROSTER = """First name;Last name;ID number;Email address
Ada;Lovelace;20261111;ada.l@s.example
Ada;Lovelace;20262222;ada2@s.example
Bo;Kim;20263333;bo@s.example
민서;김;20264444;min@s.example
Ann;Alee;20265555;
Anna;Lee;20266666;
"""


@pytest.mark.parametrize(
    ("path", "number", "note"),
    [
        (f"ada2@s.example/{PADDING}.ipynb", "20262222", ""),
        (f"ada.l/{PADDING}.ipynb", "20261111", "before the @"),
        (f"20262222/{PADDING}.ipynb", "20262222", ""),
        (f"{PADDING}_20264444_김민서.ipynb", "20264444", ""),
        (f"{PADDING}_20264444_ms.ipynb", "20264444", ""),
        (f"kim, bo/{PADDING}.ipynb", "20263333", ""),
        (f"Kim Bo/{PADDING}.ipynb", "20263333", "another order"),
        (f"all the tasks/BO KIM/old/{PADDING}.ipynb", "20263333", ""),
        (f"kimbo_5_66_{PADDING}.ipynb", "20263333", ""),
        (f"김 민서/{PADDING}.ipynb", "20264444", "other spaces"),
        (f"김민서 과제/{PADDING}.ipynb", "20264444", "part of a longer one"),
        (f"hw2 Bo Kim/{PADDING}.ipynb", "20263333", "part of a longer one"),
        (f"leeanna_6_77_{PADDING}.ipynb", "20266666", ""),
    ],
)
def test_ways_to_be_on_the_roster(path, number, note, handed_in):
    """A sign that is a guess leaves a note of what it rests on."""
    found = handed_in({path: notebook()}, ROSTER)
    rows = {learner.key: learner.columns for learner in found.learners}
    assert rows[found.copies[0].learner]["ID number"] == number
    assert len(found.learners) == 6
    assert len(found.copies[0].notes) == bool(note)
    assert note in "".join(found.copies[0].notes)


def test_in_doubt_between_two_neither_is_taken(handed_in):
    files = {f"Ada Lovelace/{PADDING}.ipynb": notebook(), f"annalee_5_66_{PADDING}.ipynb": notebook()}
    found = handed_in(files | {f"Bo Kim/Anna Lee - {PADDING}.ipynb": notebook()}, ROSTER)
    assert not found.copies
    assert (
        "Ada Lovelace (ada.l@s.example) or Ada Lovelace (ada2@s.example)"
        in found.broken[f"Ada Lovelace/{PADDING}.ipynb"]
    )
    assert "Bo Kim (bo@s.example) or Anna Lee" in found.broken[f"Bo Kim/Anna Lee - {PADDING}.ipynb"]
    # "annalee" is Anna Lee with the first name first, and Alee Ann the other way round
    assert "Ann Alee (20265555) or Anna Lee (20266666)" in found.broken[f"annalee_5_66_{PADDING}.ipynb"]


GARCIA, LOPEZ = "Maria Garcia_1_assignsubmission_file_", "Maria Garcia Lopez_2_assignsubmission_file_"


@pytest.mark.parametrize("both", [True, False])
def test_a_platforms_name_is_no_part_of_a_longer_one(both, handed_in):
    """Garcia Lopez, of another group, is not on this list: Garcia is not given her copy."""
    files = {f"{who}/{PADDING}.ipynb": notebook() for who in ([GARCIA] if both else []) + [LOPEZ]}
    found = handed_in(files, "First name,Last name\nMaria,Garcia\n")
    assert whose(found) == dict(zip(files, ["Maria Garcia"] * both + ["Maria Garcia Lopez"], strict=True))
    assert found.copies[-1].notes == ("Maria Garcia Lopez is not on the roster",)


@pytest.mark.parametrize(
    ("roster", "surest", "other"),
    [
        # two of Moodle's numbers, two places: of two exact names neither is taken, and a number of the list's decides
        ("Name\nBo Kim\n", None, ("Bo Kim_7_assignsubmission_file", "Bo Kim_8_assignsubmission_file")),
        (
            "Name,Identifier\nBo Kim,Participant 8\n",
            "Bo Kim_8_assignsubmission_file",
            ("Bo Kim_7_assignsubmission_file",),
        ),
        ("Name\nBo Kim\n", None, ("class A/Bo Kim", "class B/Bo Kim")),
        ("Name,Email\nBo Kim,bo@s.example\n", "class B/bo@s.example", ("class A/Bo Kim",)),
        # an exact name is surer than the name in another order, and than a part of a longer one
        ("Name\nBo Kim\n", "Bo Kim_7_assignsubmission_file", ("Kim Bo_8_assignsubmission_file",)),
        ("Name\nMaria Garcia\n", "Maria Garcia", ("Maria Garcia Lopez",)),
        ("Name,Username\nKim,kim\n", "t-kim", ("t-lee-kim",)),
    ],
)
def test_two_owners_of_one_lesson_are_never_one_learner(roster, surest, other, handed_in):
    """Whichever is the better copy: the other one is set aside, with both named."""
    folders = [*other, *([surest] if surest else [])]
    files = {f"{where}/{PADDING}.ipynb": notebook(PADDING, *["size = 1"] * (where in other)) for where in folders}
    git = {f"{where}/.git/HEAD": b"" for where in folders if where.startswith("t-")}
    found = handed_in(files | git, roster)
    assert [copy.file for copy in found.copies] == ([f"{surest}/{PADDING}.ipynb"] if surest else [])
    assert found.broken.keys() == {f"{where}/{PADDING}.ipynb" for where in other}
    for n, where in enumerate(other):
        beside = surest or other[1 - n]
        assert f"{beside}/{PADDING}.ipynb fits as well or better" in found.broken[f"{where}/{PADDING}.ipynb"]


def test_another_number_on_canvas_is_somebody_else_of_that_name(handed_in):
    """The gradebook has all numbers of its section, and 13 is not one of them; without numbers, neither is taken."""
    files = {f"kimbo_{n}_9{n}_{lesson}.ipynb": notebook(lesson) for n, lesson in ((12, PADDING), (13, POOLING))}
    found = handed_in(files, 'Student,ID,SIS Login ID,Section\n"Kim, Bo",12,bo,A\n')
    assert list(whose(found).values()) == ["Bo Kim", "kimbo"]
    assert found.copies[1].notes == ("kimbo is not on the roster",)
    found = handed_in(files, 'Student,Section\n"Kim, Bo",A\n')
    assert not found.copies
    assert found.broken.keys() == files.keys()


def test_another_user_name_on_github_is_somebody_else_of_that_name(handed_in):
    files = {f"t-submissions/t-{user}/{PADDING}.ipynb": notebook() for user in ("bo-kim", "lee-ada")}
    found = handed_in(files, "identifier,github_username,name\nBo Kim,bk99,\nAda,ada,\nAda Lee,,\n")
    assert sorted(whose(found).values()) == ["Ada Lee", "bo-kim"]
    assert "because a repository or a user name reads like this" in found.copies[0].notes[0]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("Lee", "Ada Berg (lee@s.example) or Lee (min@s.example)"),  # a part of one's address, the other's name
        ("20261234_Bo Kim", "Ada Berg (lee@s.example) or Bo Kim (20261235)"),  # one's number, the other's name
        ("20261234/Bo Kim", "Ada Berg (lee@s.example) or Bo Kim (20261235)"),
        ("Ada Berg, Bo Kim", "Ada Berg (lee@s.example) or Bo Kim (20261235)"),
        ("Bo Kim/hw2 Ada Berg", "Ada Berg (lee@s.example) or Bo Kim (20261235)"),
        ("20261235 Ada Berg/Bo Kim", "Ada Berg (lee@s.example) or Bo Kim (20261235)"),
    ],
)
def test_signs_of_two_people_are_nobodys(path, names, handed_in):
    roster = "Name,ID number,Email\nAda Berg,20261234,lee@s.example\nLee,2,min@s.example\nBo Kim,20261235,\n"
    found = handed_in({f"{path}/{PADDING}.ipynb": notebook()}, roster)
    assert not found.copies
    assert found.broken[f"{path}/{PADDING}.ipynb"].startswith(f"it may be from {names}: ")


def test_moodle_gives_names_and_no_parts_of_addresses(handed_in):
    roster = "Name,Email\nAda Berg,lee@s.example\nLee,min@s.example\n"
    found = handed_in({f"Lee_5_assignsubmission_file_/{PADDING}.ipynb": notebook()}, roster)
    assert list(whose(found).values()) == ["Lee"]


def test_who_is_not_on_the_roster_is_graded_and_said_to_be_a_stranger(handed_in):
    found = handed_in({f"Ada Lovlace/{PADDING}.ipynb": notebook()}, ROSTER)
    assert found.learners[-1].columns == {}
    assert found.copies[0].learner == "ada-lovlace"
    assert found.copies[0].notes == ("Ada Lovlace is not on the roster",)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (
            f"Ada Lovelace_7_assignsubmission_file_/Bo Kim_8_assignsubmission_file_/{PADDING} (9).ipynb",
            f"Bo Kim_8_assignsubmission_file_/{PADDING}.ipynb",
        ),
        (f"lovelaceada_7_99_work.zip/Bo Kim_8_assignsubmission_file_/{PADDING}.ipynb", f"kimbo_8_55_{PADDING}.ipynb"),
        (f"lovelaceada_7_99_work.zip/Bo Kim/{PADDING}.ipynb", f"kimbo_8_55_{PADDING}.ipynb"),
        (f"lovelaceada_7_99_work.zip/kimbo_8_999_{PADDING}.ipynb", f"kimbo_8_55_{PADDING}.ipynb"),
        (f"t-submissions/t-ada/Bo Kim/t-submissions/t-bo/{PADDING}.ipynb", f"t-submissions/t-bo/{PADDING}.ipynb"),
        (f"t-submissions/t-ada/kimbo_8_999_{PADDING}.ipynb", f"t-submissions/t-bo/{PADDING}.ipynb"),
        (f"Ada Lovelace/Bo Kim/{PADDING}.ipynb", f"Bo Kim/{PADDING}.ipynb"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("roster", ["", "Name,Username\nAda Lovelace,ada\nBo Kim,bo\n"], ids=["no roster", "roster"])
def test_nobody_hands_in_for_somebody_else(mine, theirs, roster, handed_in):
    """What lies in Ada's place is Ada's, or in doubt, whatever she calls it: Bo's own copy counts for Bo."""
    files = {mine: notebook(PADDING, "size = 0"), theirs: notebook(PADDING, "size = 1")}
    for place in {mine.partition("/")[0], mine.rpartition("/")[0]}:
        files[f"{place}/Cleo/{PADDING}.ipynb"] = notebook(PADDING, "size = 2")
    found = handed_in(files, roster)
    (bos,) = {copy.learner for copy in found.copies if copy.file == theirs}
    assert [copy.file for copy in found.copies if copy.learner == bos] == [theirs]
    assert not [note for copy in found.copies for note in copy.notes if copy.learner == bos and "counts" in note]


@pytest.mark.parametrize("roster", ["", "Name\nBo Kim\nCy Fox\n"], ids=["no roster", "roster"])
@pytest.mark.parametrize("inner", [["Bo Kim", "Cy Fox"], ["1", "2"], ["Cy Fox"]])
def test_a_zip_in_somebodys_folder_is_theirs_whatever_is_in_it(inner, roster, tmp_path, lessons):
    """A zip of several people's is nobody's; of one it is hers whose folder it lies in, and not Cy Fox's."""
    made = write_bytes(tmp_path / "made", {f"{who}/{PADDING}.ipynb": notebook(PADDING, "size = 0") for who in inner})
    files = {f"{who}/{PADDING}.ipynb": notebook() for who in ("Bo Kim", "Di")}
    files["ada s/hw.zip"] = zipped(made, tmp_path / "hw.zip").read_bytes()
    (tmp_path / "roster.csv").write_text(roster)
    found = find(write_bytes(tmp_path / "all", files), lessons, tmp_path / "roster.csv" if roster else None)
    own = {f"Bo Kim/{PADDING}.ipynb": "Bo Kim", f"Di/{PADDING}.ipynb": "Di"}
    if len(inner) > 1:
        assert whose(found) == own
        assert found.broken.keys() == {f"ada s/hw.zip/{who}/{PADDING}.ipynb" for who in inner}
        assert all("ada s/hw.zip lies in one learner's folder" in why for why in found.broken.values())
    else:
        assert whose(found) == own | {f"ada s/hw.zip/Cy Fox/{PADDING}.ipynb": "ada s"}


@pytest.mark.parametrize("roster", ["", "Name\nBo Kim\nCy Fox\n"], ids=["no roster", "roster"])
def test_a_name_within_a_folder_beside_others_is_said(roster, handed_in):
    """The folder could be hers: nothing but its name says that Cy's copy in it is Cy's."""
    files = [f"{where}/{PADDING}.ipynb" for where in ("Bo Kim", "ada s/Cy Fox", "ada s/x")]
    found = handed_in({file: notebook() for file in files}, roster)
    notes = {copy.file: "".join(copy.notes) for copy in found.copies}
    assert "within" not in notes[files[0]]
    assert "Cy Fox stands within ada s, beside which are others' copies: is it theirs?" in notes[files[1]]
    assert "x stands within ada s" in notes[files[2]]


def test_a_zip_of_a_class_in_a_folder_that_is_nobodys(tmp_path, lessons):
    made = write_bytes(tmp_path / "made", {f"{who}/{PADDING}.ipynb": notebook() for who in ("Ada", "Bo")})
    data = zipped(made, tmp_path / "all.zip").read_bytes()
    found = find(write_bytes(tmp_path / "all", {"week 2/all.zip": data}), lessons)
    assert [learner.name for learner in found.learners] == ["Ada", "Bo"]


@pytest.mark.parametrize("roster", ["", "Name\nBo Kim\n"], ids=["no roster", "roster"])
def test_anybody_may_call_a_file_after_somebody(roster, handed_in):
    """Of two that differ neither is taken; two that are equal are one."""
    files = [f"Lesson 02/{PADDING} - {who}.ipynb" for who in ("Bo Kim", "Bo Kim (1)", "Cy Fox")]
    data = [notebook(PADDING, f"size = {n}") for n in range(3)]
    found = handed_in(dict(zip(files, data, strict=True)), roster)
    assert whose(found) == {files[2]: "Cy Fox"}
    assert found.broken.keys() == set(files[:2])
    assert f"{files[0]} bears the same name, Bo Kim, and is another notebook" in found.broken[files[1]]
    found = handed_in(dict.fromkeys(files, data[0]), roster)
    assert whose(found) == {files[1]: "Bo Kim", files[2]: "Cy Fox"}


def test_what_a_file_says_of_itself_does_not_replace_what_has_its_owners_name(handed_in):
    ran = json.loads(notebook(PADDING, "size = 0"))
    ran["cells"][1]["metadata"]["executionInfo"] = {"user": {"displayName": "Bo"}}
    found = handed_in({f"{PADDING} (2).ipynb": json.dumps(ran).encode(), f"{PADDING} - Bo.ipynb": notebook()})
    assert [copy.file for copy in found.copies] == [f"{PADDING} - Bo.ipynb"]
    assert "because its path names the learner" in found.copies[0].notes[0]


def test_one_short_word_within_a_longer_name_is_nobody_on_the_roster(handed_in):
    found = handed_in({f"Bo Smith/{PADDING}.ipynb": notebook()}, "Name\nBo\n김민\n")
    assert list(whose(found).values()) == ["Bo Smith"]
    assert found.copies[0].notes == ("Bo Smith is not on the roster",)


def test_a_strangers_key_is_never_one_of_the_roster(handed_in):
    """Keys have 40 letters: two names that differ behind them."""
    found = handed_in({f"{'x' * 41}b/{PADDING}.ipynb": notebook()}, f"Name\n{'x' * 41}a\n")
    assert [learner.key for learner in found.learners] == ["x" * 40, "x" * 40 + "-2"]
    assert found.copies[0].learner == "x" * 40 + "-2"


# --- of which lesson, and which one counts ---


def test_a_lesson_by_what_its_notebook_says_of_itself(handed_in):
    found = handed_in(
        {
            "Ada/one.ipynb": notebook(PADDING),
            "Bo/two.ipynb": notebook(POOLING, tags=False),
            "Cleo/three.ipynb": notebook("", title="mine", colab={"name": f"Copy of {POOLING}.ipynb"}),
            "Dag/lesson 3.ipynb": notebook("", title="mine"),
            "Eve/four.ipynb": notebook("", title="mine"),
        }
    )
    assert {file: copy.lesson for copy, file in zip(found.copies, whose(found), strict=True)} == {
        "Ada/one.ipynb": PADDING,
        "Bo/two.ipynb": POOLING,
        "Cleo/three.ipynb": POOLING,
        "Dag/lesson 3.ipynb": POOLING,
    }
    assert "of no lesson" in found.set_aside["Eve/four.ipynb"]


def test_what_a_notebook_holds_counts_more_than_its_name(handed_in):
    found = handed_in({f"Ada/{POOLING}.ipynb": notebook(PADDING)})
    assert found.copies[0].lesson == PADDING
    assert found.copies[0].notes == (f"the file is called {POOLING}, but holds {PADDING}",)


def test_one_exercise_of_three_says_nothing_and_the_folder_is_asked_last(handed_in):
    one = json.loads(notebook("", title="mine"))
    one["cells"].append({"cell_type": "code", "metadata": {}, "source": "check.size(4)", "outputs": []})
    files = {f"Ada/{POOLING}.ipynb": json.dumps(one).encode(), f"{PADDING}/Bo.ipynb": notebook("", title="mine")}
    assert [copy.lesson for copy in handed_in(files).copies] == [POOLING, PADDING]


def test_folders_too_deep_are_not_entered(handed_in):
    found = handed_in({"/".join("abcdefghijklmnopqrstuvwxyzABCDEF") + f"/{PADDING}.ipynb": notebook()})
    assert list(found.set_aside.values()) == ["lies more than 30 folders deep"]


def test_lessons_that_nobody_asked_for_are_set_aside(tmp_path, lessons):
    write_bytes(tmp_path / "all", {f"Ada/{name}.ipynb": notebook(name) for name in STUBS})
    found = find(tmp_path / "all", lessons[:1])
    assert [copy.lesson for copy in found.copies] == [PADDING]
    assert found.set_aside == {f"Ada/{POOLING}.ipynb": f"of another lesson than those that are graded: {POOLING}"}


@pytest.mark.parametrize(
    ("files", "counts", "why"),
    [
        # Canvas: 900 was received after 899, whatever the file is called
        (
            {f"adal_7_899_{PADDING}-2.ipynb": "size = 1", f"adal_LATE_7_900_{PADDING}-1.ipynb": "size = 2"},
            1,
            "uploaded last",
        ),
        ({f"Ada/{PADDING}.ipynb": "size = 1", f"Ada/{PADDING} (1).ipynb": "size = 2"}, 1, "highest number"),
        ({f"Ada/{PADDING}.ipynb": "size = 1", f"Ada/{PADDING}-Copy2.ipynb": "size = 2"}, 1, "highest number"),
        ({f"Ada/{PADDING}-1.ipynb": "size = 1", f"Ada/{PADDING}-2.ipynb": "size = 2"}, 1, "highest number"),
        ({f"Ada/{PADDING}.ipynb": "size = 1", f"Ada/{PADDING} (1).ipynb": "size = ..."}, 0, "holds an answer"),
        ({f"Ada/{PADDING}.ipynb": "size = 1", f"Ada/!old/{PADDING}.ipynb": "size = 2"}, 0, "fewest folders"),
        ({f"Ada/a {PADDING}.ipynb": "size = 1", "Ada/b.ipynb": "size = 2"}, None, ""),
        ({"Ada/old/x.ipynb": "size = 1", "Ada/new/y.ipynb": "size = 2"}, 1, "first by name"),
    ],
)
def test_which_of_several_counts(files, counts, why, handed_in):
    found = handed_in({file: notebook(PADDING, answer) for file, answer in files.items()})
    if counts is None:  # under two names in one folder: two people's, not to lose one
        assert len(found.copies) == 2
        return
    best, other = list(files)[counts], list(files)[1 - counts]
    assert [copy.file for copy in found.copies] == [best]
    assert why in found.copies[0].notes[0]
    assert other in found.copies[0].notes[0]
    assert best in found.set_aside[other]
    assert found.copies[0].late == ("LATE" in best)


def test_a_hundred_copies_of_one_lesson_are_a_short_note(handed_in):
    found = handed_in({f"Ada/{PADDING} ({n}).ipynb": notebook(PADDING, "size = 1") for n in range(100)})
    assert [copy.file for copy in found.copies] == [f"Ada/{PADDING} (99).ipynb"]
    assert found.copies[0].notes[0].startswith("100 files of this lesson: ")
    assert found.copies[0].notes[0].endswith(" and 89 more")
    assert len(found.set_aside) == 99


def test_a_copy_that_cannot_be_read_gives_way_to_one_that_can(handed_in):
    found = handed_in(
        {f"Ada/{PADDING} (1).ipynb": b"{", f"Ada/{PADDING}.ipynb": notebook(), f"Bo/{PADDING}.ipynb": b""}
    )
    assert [copy.file for copy in found.copies] == [f"Ada/{PADDING}.ipynb"]
    assert f"{PADDING} (1).ipynb of the same lesson was passed over: is not a notebook" in found.copies[0].notes[0]
    assert list(found.broken) == [f"Bo/{PADDING}.ipynb"]
    assert "is empty" in found.broken[f"Bo/{PADDING}.ipynb"]
    assert [learner.name for learner in found.learners] == ["Ada", "Bo"], "who handed in something broken is there too"


# --- nothing hostile is followed, nothing is dropped without a word ---


def test_what_is_never_opened(tmp_path, lessons):
    root = write_bytes(
        tmp_path / "all",
        {
            f"Ada/{PADDING}.ipynb": notebook(),
            f"Ada/.ipynb_checkpoints/{PADDING}-checkpoint.ipynb": notebook(),
            f"__MACOSX/Ada/._{PADDING}.ipynb": b"x",
            f"Ada/._{PADDING}.ipynb": b"x",
            "Ada/.DS_Store": b"x",
            "Ada/pictures/cat.png": b"x",
            "Bo_7_assignsubmission_onlinetext/onlinetext.html": b"<p>I could not",
        },
    )
    if hasattr(os, "mkfifo"):
        os.mkfifo(root / "Ada" / "pipe.ipynb")
        (root / "Ada" / "link.ipynb").symlink_to(tmp_path / "secret")
        (root / "Cleo").symlink_to(root / "Ada")
    found = find(root, lessons)
    assert [copy.file for copy in found.copies] == [f"Ada/{PADDING}.ipynb"]
    said = {
        "Ada/.ipynb_checkpoints/": "hidden or system folder",
        "__MACOSX/": "hidden or system folder",
        f"Ada/._{PADDING}.ipynb": "hidden or system file",
        "Bo_7_assignsubmission_onlinetext/onlinetext.html": "not a notebook, and there is none beside it",
    }
    if hasattr(os, "mkfifo"):
        said |= {"Ada/pipe.ipynb": "a pipe", "Ada/link.ipynb": "a link", "Cleo": "a link"}
    assert found.set_aside.keys() == said.keys()
    assert all(words in found.set_aside[file] for file, words in said.items())


def test_the_roster_may_lie_among_the_submissions(tmp_path, lessons):
    root = write_bytes(
        tmp_path / "all", {f"Ada Lovelace/{PADDING}.ipynb": notebook(), "list.csv": ROSTER.encode(), "b.csv": b""}
    )
    assert list(find(root, lessons, root / "list.csv").set_aside) == ["b.csv"]


def test_a_notebook_that_is_too_large_is_not_read(tmp_path, lessons, monkeypatch):
    root = write_bytes(tmp_path / "all", {f"Ada/{PADDING}.ipynb": b"", f"Bo/{PADDING}.ipynb": notebook()})
    with open(root / "Ada" / f"{PADDING}.ipynb", "wb") as file:
        file.truncate(300_000_000)  # on the disk it is a hole
    read = Path.read_bytes
    monkeypatch.setattr(
        Path, "read_bytes", lambda path: read(path) if path.stat().st_size < 1 << 20 else pytest.fail("read")
    )
    found = find(root, lessons)
    assert [learner.name for learner in found.learners] == ["Ada", "Bo"]
    assert "has 300,000,000 bytes, and a notebook may have 67,108,864 (64 MB)" in found.broken[f"Ada/{PADDING}.ipynb"]
    assert [copy.learner for copy in found.copies] == ["bo"]


def test_a_notebook_of_more_cells_than_anybody_writes_is_broken(handed_in):
    cell = {"cell_type": "code", "metadata": {}, "source": "", "outputs": []}
    many = {"cells": [cell] * 5_001, "metadata": {}, "nbformat": 4}
    found = handed_in({f"Ada/{PADDING}.ipynb": json.dumps(many).encode()})
    assert found.broken == {f"Ada/{PADDING}.ipynb": "has 5,001 cells, and 5,000 are read"}


def test_one_learners_bomb_in_a_zip_stops_nobody_else(tmp_path, lessons, monkeypatch):
    monkeypatch.setattr(inbox, "LARGEST", 3 << 20)
    root = write_bytes(tmp_path / "all", {f"Bo_8_assignsubmission_file_/{PADDING}.ipynb": notebook()})
    write_bytes(root, {f"Ada_7_assignsubmission_file_/{PADDING}.ipynb": bytes(inbox.LARGEST + 1)})
    found = find(zipped(root, tmp_path / "all.zip"), lessons)
    assert [copy.learner for copy in found.copies] == ["bo"]
    assert "has 3,145,729 bytes" in found.broken[f"Ada_7_assignsubmission_file_/{PADDING}.ipynb"]


def test_zips_within_the_folder(tmp_path, lessons):
    """A platform's zip for each assignment, a learner's own zip, one that is none, and a zip in a zip."""
    inner = zipped(write_bytes(tmp_path / "inner", {f"work/{PADDING}.ipynb": notebook()}), tmp_path / "inner.zip")
    moodle = write_bytes(
        tmp_path / "moodle",
        {
            f"Ada_7_assignsubmission_file_/{PADDING}.ipynb": notebook(),
            "Cleo_9_assignsubmission_file_/mine.zip": inner.read_bytes(),
        },
    )
    root = write_bytes(
        tmp_path / "all",
        {
            "CNN-02-77.zip": zipped(moodle, tmp_path / "m.zip").read_bytes(),
            "Bo/my work.zip": inner.read_bytes(),
            "Dag/broken.zip": b"PK\x03\x04 and no more",
            "oneilsmithbo_5_66_all.zip": inner.read_bytes(),
        },
    )
    found = find(root, lessons)
    assert whose(found) == {
        f"CNN-02-77.zip/Ada_7_assignsubmission_file_/{PADDING}.ipynb": "Ada",
        f"Bo/my work.zip/work/{PADDING}.ipynb": "Bo",
        f"oneilsmithbo_5_66_all.zip/work/{PADDING}.ipynb": "oneilsmithbo",
    }
    assert "unpack it yourself" in found.broken["CNN-02-77.zip/Cleo_9_assignsubmission_file_/mine.zip"]
    assert "was not unpacked" in found.broken["Dag/broken.zip"]


def test_a_zip_that_is_called_like_an_upload_is_the_whole_class(tmp_path, lessons):
    inner = write_bytes(tmp_path / "inner", {f"{who}/{PADDING}.ipynb": notebook() for who in ("Ada", "Bo")})
    name = "cs_2_4711_tasks.zip"
    found = find(write_bytes(tmp_path / "all", {name: zipped(inner, tmp_path / name).read_bytes()}), lessons)
    assert [learner.name for learner in found.learners] == ["Ada", "Bo"]


@pytest.mark.parametrize("path", [f"김민서/{PADDING}.ipynb", f"{PADDING} - 김민서.ipynb", f"Jérôme/{PADDING}.ipynb"])
def test_a_zip_of_korean_windows(path, tmp_path, lessons):
    """Its names are in cp949 and do not say so; other languages' names are not taken for Korean."""
    encoded = path.encode("cp949" if path.isprintable() and "김" in path else "cp1252")
    placeholder = "x" * len(encoded)
    packed = zipped(write_bytes(tmp_path / "tree", {placeholder: notebook()}), tmp_path / "all.zip").read_bytes()
    (tmp_path / "all.zip").write_bytes(packed.replace(placeholder.encode(), encoded))
    if "김" in path:
        assert whose(find(tmp_path / "all.zip", lessons)) == {path: "김민서"}
    else:
        with pytest.raises(CourseError, match="is spelt in an unknown encoding"):
            find(tmp_path / "all.zip", lessons)


@pytest.mark.parametrize(
    ("what", "words"),
    [("missing", "which does not exist"), ("roster.csv", "which is a file"), ("bad.zip", "it is not a zip archive")],
)
def test_what_is_no_folder_of_submissions(what, words, tmp_path, lessons):
    write_bytes(tmp_path, {"roster.csv": b"a", "bad.zip": b"no"})
    with pytest.raises(CourseError, match=words):
        find(tmp_path / what, lessons)


PARTS = st.one_of(
    st.sampled_from(
        [
            "Ada Lovelace", "ada lovelace", "김민서", unicodedata.normalize("NFD", "김민서"), "CON", "nul.txt", "..x",
            "a" * 200, "Ada\u202eecalevoL", "Ada\nLovelace", "Ada\x1b[2J", "\u200f", "-", "=1+1", "notebooks", PADDING,
            "02", "Lesson 3", "x-submissions", "x-ada", "Ada_1_assignsubmission_file_", "Ada_2_assignsubmission_file_",
            ".hidden", "work.zip", "__MACOSX", "(1)", "<b>", "Ada\\u202ecalevoL", "lovelaceada_7_8_work",
        ]
    ),
    st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=12).filter(
        lambda text: text not in (".", "..") and len(text.encode("utf-8", "replace")) < 200 and text.isprintable()
    ),
)  # fmt: skip
LAST = st.one_of(
    st.sampled_from(
        [
            PADDING, f"{PADDING} (1)", f"{PADDING}-1", f"Copy of {POOLING} - Ada Lovelace", f"{POOLING} - Ada Lovelace",
            "02", f"lovelaceada_7_8_{PADDING}", f"lovelaceada_LATE_7_9_{PADDING}-1", f"anon_x1_9_{POOLING}", "Untitled",
            f"Ada_1_assignsubmission_file_{PADDING}", "student (1)", "student (2)",
        ]
    ),
    PARTS,
)  # fmt: skip
CONTENTS = st.sampled_from(
    [notebook(), notebook(PADDING, "size = 1"), notebook(POOLING), notebook("x"), b"", b"{", b"[]", b"\xff\xfe"]
)
TREES = st.dictionaries(st.tuples(st.lists(PARTS, max_size=3), LAST).map(lambda t: (*t[0], f"{t[1]}.ipynb")), CONTENTS)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES, with_roster=st.booleans())
@example(tree={(who, f"{PADDING}.ipynb"): notebook() for who in ("Ada", "ada", "Ada 1")}, with_roster=False)
@example(tree={(who, "a.ipynb"): notebook() for who in ("x (2)", "x", "X", "Ada Lovelace")}, with_roster=True)
def test_no_notebook_is_lost_or_invented_and_keys_are_safe(tree, with_roster, tmp_path_factory, lessons):
    root, there = tmp_path_factory.mktemp("any"), set()
    for parts, data in tree.items():
        try:
            write_bytes(root, {"/".join(parts): data})
            there.add(parts)
        except OSError:
            continue  # a folder has this name already, or the name is too long here
    roster = root.parent / f"{root.name}.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    found = find(root, lessons, roster if with_roster else None)

    taken = [copy.file for copy in found.copies]
    named = {inbox.shown("/".join(parts)) for parts in there}
    aside = found.set_aside.keys() | found.broken.keys()
    assert len(set(taken)) == len(taken)
    assert set(taken) <= named, "invented"
    assert not set(taken) & aside
    closed = tuple(name for name in aside if name.endswith("/"))
    assert all(name in taken or name in aside or name.startswith(closed) for name in named), "lost"
    assert all(reason for reason in [*found.set_aside.values(), *found.broken.values()])
    for name in aside:
        if "another file of this learner counts" in found.set_aside.get(name, ""):
            assert sum(name in note or " more" in note for copy in found.copies for note in copy.notes) >= 1

    keys = [learner.key for learner in found.learners]
    assert len({unicodedata.normalize("NFC", key).casefold() for key in keys}) == len(keys)
    for key in keys:
        assert not unportable(key)
        assert key[0] not in ".-"
        assert not set(key) & set("/\\")
        (root.parent / f"{key}.html").touch()
    assert {copy.learner for copy in found.copies} <= set(keys)
    assert len({(copy.learner, copy.lesson) for copy in found.copies}) == len(found.copies)
