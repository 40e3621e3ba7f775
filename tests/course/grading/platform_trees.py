"""Trees of submissions as the platforms export them, for the tests of the grading."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLATFORMS = ("moodle", "moodle flat", "canvas", "google", "github", "folder", "files")


@dataclass(frozen=True)
class Person:
    """Somebody of the generated class; `number` is unique and stands for all ids that a platform gives."""

    first: str
    last: str
    number: int

    @property
    def name(self) -> str:
        """First name, last name."""
        return f"{self.first} {self.last}".strip()


Submission = tuple[Person, str, bytes]  # who, the lesson's name, the notebook's bytes


def write_tree(platform: str, root: Path, submissions: Iterable[Submission], *, late: Iterable[Any] = ()) -> Path:
    """Write `submissions` below `root` (made) the way `platform` exports them; return `root`.

    Parameters
    ----------
    platform : one of `PLATFORMS`
    root : a new folder
    submissions : (who, lesson's name, bytes of the notebook)
    late : pairs (person, lesson's name) that the platform marks as late; only Canvas does
    """
    late = set(late)
    for who, lesson, data in submissions:
        path = root / tree_path(platform, who, lesson, late=(who, lesson) in late)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if platform == "github":
            (path.parents[1] / ".git").mkdir(exist_ok=True)
            (path.parents[1] / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    return root


def tree_path(platform: str, who: Person, lesson: str, *, late: bool = False, attempt: int = 0) -> str:
    """Where `platform` puts the notebook of one learner and lesson, below the folder of submissions."""
    again = f"-{attempt}" if attempt else ""
    if platform == "moodle":
        return f"CNN-{lesson[:2]}-77/{who.name}_{who.number}{lesson[:2]}_assignsubmission_file_/{lesson}{again}.ipynb"
    if platform == "moodle flat":
        return f"CNN-{lesson[:2]}-77/{who.name}_{who.number}{lesson[:2]}_assignsubmission_file_{lesson}{again}.ipynb"
    if platform == "canvas":
        squeezed = "".join(c for c in f"{who.last}{who.first}".lower() if c.isalnum() or c == "_")
        mark = "LATE_" if late else ""
        upload = 50_000 + 1_000 * int(lesson[:2]) + 100 * attempt + who.number % 100
        return f"{squeezed}_{mark}{who.number}_{upload}_{lesson}{again}.ipynb"
    if platform == "google":
        return f"Lesson {lesson[:2]}/{lesson} - {who.name}{f' ({attempt})' if attempt else ''}.ipynb"
    if platform == "github":
        slug = f"cnn-{lesson[:2]}"
        return f"{slug}-submissions/{slug}-{user_name(who)}/notebooks/{lesson}{again}.ipynb"
    if platform == "folder":
        return f"{who.name}/{lesson}{again}.ipynb"
    return f"{lesson}/{who.name}{again}.ipynb"


def user_name(who: Person) -> str:
    """A user name as GitHub allows it."""
    return f"user{who.number}"


def write_roster(platform: str, path: Path, people: Iterable[Person]) -> Path:
    """Write the class list that goes with a tree of `write_tree`, as the platform exports it; return `path`."""
    lines = {
        "canvas": ["Student,ID,SIS User ID,SIS Login ID,Section,Lesson 02 (31)", "    Points Possible,,,,,10.0"],
        "google": ["Last Name,First Name,Email Address,Lesson 02", "Date,,,2026-03-02", "Points,,,10"],
        "github": ["identifier,github_username,github_id,name"],
    }.get(platform, ["First name,Last name,ID number,Email address,Assignment: Lesson 02 (Real)"])
    for who in people:
        mail = f"{user_name(who)}@school.example"
        lines.append(
            {
                "canvas": f'"{who.last}, {who.first}",{who.number},S{who.number},{user_name(who)},Group 1,',
                "google": f"{who.last},{who.first},{mail},",
                "github": f'"{who.last}, {who.first}",{user_name(who)},{who.number},{who.name}',
            }.get(platform, f"{who.first},{who.last},{who.number},{mail},-")
        )
    if platform == "canvas":
        lines.append('"Student, Test",999,,,Group 1,')
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8-sig")
    return path


def zipped(folder: Path, target: Path) -> Path:
    """Pack a folder as the platforms do: paths below it, no entry of its own; return `target`."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, path.relative_to(folder).as_posix())
    return target


def write_bytes(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files by their paths below a folder (made); return it."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
