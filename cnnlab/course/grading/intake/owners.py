"""Whose a file is, as far as its path says so: the ways in which platforms name what learners hand in.

=======  ===============================================================================================================
Moodle   a folder ``Ada Lovelace_123456_assignsubmission_file`` (``…_file_`` before Moodle 4), or without folders
         ``Ada Lovelace_123456_assignsubmission_file_02_….ipynb``. The number stands for the learner *in this
         assignment* and is another one in the next. Underscores in a name have become spaces. With hidden names
         everybody is ``Participant_123456_…``, and somebody else in the next assignment.
         ``…_assignsubmission_onlinetext`` holds typed text.
Canvas   ``lovelaceada_LATE_1234_67890_02_….ipynb``: the name as it is sorted, in small letters, without spaces; LATE
         where it was; the learner's number, the same all over Canvas; the upload's number, which grows; the file's
         name, with ``-1`` where the learner had a file of this name before. With hidden names
         ``anon_1aB2c_67890_02_….ipynb``, or ``LATE_anon_…``.
GitHub   ``SLUG-submissions/SLUG-USER/…`` as ``gh classroom clone student-repos`` makes it, or folders that hold
         ``.git``: what those beside each other have in common at the beginning is the assignment, the rest the user.
Google   ``02_… - Ada Lovelace.ipynb`` or ``Ada Lovelace - 02_….ipynb``: the name that stands beside the lesson's, after
         "Copy of", "(1)" and what else Drive and Colab add. Google documents no format; these are the names seen.
others   a folder or a file for each learner, see `cnnlab.course.grading.intake.folders`.
=======  ===============================================================================================================

Sources: mod/assign/classes/downloader.php of Moodle; lib/content_zipper.rb of Canvas; gh-classroom's student-repos.go.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cnnlab.course.grading.intake.file_names import MOODLE, canvas, copy_number, own_name, stem
from cnnlab.course.grading.intake.folders import Folders
from cnnlab.course.grading.intake.inbox import File
from cnnlab.course.grading.intake.keys import readable, words
from cnnlab.course.grading.intake.which_lesson import Known

#: what Moodle calls everybody where names are hidden
_HIDDEN = {"participant", "teilnehmer/in", "teilnehmer-in", "participante", "participant-e", "참가자", "参加者"}


@dataclass(frozen=True)
class Claim:
    """What a file's path says of its owner.

    Attributes
    ----------
    name : as people read it; empty where the path names nobody
    platform : ``"moodle"``, ``"canvas"``, ``"github"``, or empty
    number : the platform's number, or the user name on GitHub. On Moodle it tells people apart in one assignment only;
        without a platform it is the folder that the owner's folder or file lies in, which does the same
    names : all that may be a name, from the top folder down: for looking up in a roster
    late : whether the platform says so
    newer : grows with the time of handing in where the platform says so (Canvas's uploads), then with the number that a
        second file of one name was given
    whole : whether the platform gives the name or user name as a whole: it is not part of a longer one
    alone : whether only the file's own name says so, which anybody may have given it
    crowd : a zip in one learner's folder that holds this file and others' of one lesson; empty where there is none
    """

    name: str
    platform: str = ""
    number: str = ""
    names: tuple[str, ...] = ()
    late: bool = False
    newer: tuple[int, int] = (0, 0)
    whole: bool = False
    alone: bool = False
    crowd: str = ""

    @property
    def owner(self) -> tuple[str, str, tuple[str, ...]]:
        """Unequal for two people, as far as paths say: another number, or another name or place where there is none."""
        return self.platform, self.number, () if self.platform else words(self.name)

    @property
    def who(self) -> tuple[str, str]:
        """Equal for one person, as far as paths say: by number on Canvas and GitHub, else by name."""
        if self.platform in ("canvas", "github"):
            return self.platform, self.number
        return "", self.name


def claims(
    files: Sequence[tuple[File, Known | None]], course: Sequence[Known], repositories: set[tuple[str, ...]]
) -> list[Claim]:
    """Return for each file what its path says of its owner.

    Parameters
    ----------
    files : each with the lesson that it is; None where that is not known
    course : the lessons whose names are no people's
    repositories : folders that hold ``.git``, as the parts of their paths
    """
    folders = Folders(files, course)
    uploads: dict[tuple[str, ...], set[str]] = defaultdict(set)  # folder → what in it is called as Canvas does
    for file, _ in files:
        for depth, part in enumerate(file.parts):
            if canvas(stem(part)):
                uploads[file.parts[:depth]].add(part)

    def by_platform(parts: tuple[str, ...]) -> Claim | None:
        """Ask the last part of a path, be it a folder's or the file's."""
        one_for_all = (
            parts in folders.several and len(uploads[parts[:-1]]) < 2
        )  # a zip of a class, called like an upload
        return (
            _by_moodle(parts[-1]) or (None if one_for_all else _by_canvas(parts[-1])) or _by_github(parts, repositories)
        )

    found = []
    for file, _ in files:
        # The first folder from the top that says so: what lies in it is its owner's, whatever that says.
        above = (by_platform(file.parts[:depth]) for depth in range(1, len(file.parts) + 1))
        claim = next(filter(None, above), None)
        if claim is None:
            name, place, alone = folders.owner(file)
            claim = Claim(name, "", place, folders.names(file), alone=alone, crowd=folders.crowd(file))
        number = copy_number(own_name(file.parts[-1]), course)
        found.append(replace(claim, newer=(claim.newer[0], number)))
    return found


def _by_moodle(part: str) -> Claim | None:
    if found := MOODLE.fullmatch(stem(part)):
        name = readable(found["name"])
        if name.casefold() in _HIDDEN:  # everybody's; the grading worksheet writes it with the number too
            name = f"{name} {found['number']}"
        return Claim(name, "moodle", found["number"], (name,), whole=True)
    return None


def _by_canvas(part: str) -> Claim | None:
    if found := canvas(stem(part)):
        name = readable(found["anonymous"] or found["name"])
        late = bool(found["before"] or found["late"])
        newer = int(found["upload"][:18]), 0
        return Claim(name, "canvas", found["number"] or name, (name,), late, newer, whole=True)
    return None


def _by_github(parts: tuple[str, ...], repositories: set[tuple[str, ...]]) -> Claim | None:
    """By a folder's name beside the others': cnn-ada, cnn-bo."""
    above, folder = parts[:-1], parts[-1]
    slug = above[-1].removesuffix("-submissions") if above and above[-1].endswith("-submissions") else ""
    beside = [repository[-1] for repository in repositories if repository and repository[:-1] == above]
    whole = bool(slug) and folder.startswith(f"{slug}-") and not folder.lower().endswith(".ipynb")
    if whole:
        user = folder.removeprefix(f"{slug}-")
    elif parts in repositories and (not above or len(beside) > 1):
        shared = os.path.commonprefix(beside).rpartition("-")[0] if len(beside) > 1 else ""
        user = folder[len(shared) :].lstrip("-") or folder
        user = re.sub(r"^\d\d?-(?=.)", "", user)  # two assignments in one folder: cnn-02-ada, cnn-03-ada
    else:
        return None
    return Claim(readable(user), "github", user.casefold(), (user, folder), whole=whole)
