"""A generated class whose every answer is known: every verdict and every named misconception is as known."""

from __future__ import annotations

import os
import re
from collections import Counter

import generated_class
import pytest
from platform_trees import write_roster, write_tree

from cnnlab.course.grading.grade import grade
from cnnlab.course.grading.records import SchoolClass
from cnnlab.course.grading.report.misconceptions import Results
from cnnlab.course.grading.report.results import write_results

PLATFORMS = ("moodle", "canvas", "google", "github")
SMALL, LARGE = (
    ("01_convolution_by_hand", "02_padding_and_stride"),
    ("02_padding_and_stride", "03_pooling", "05_first_cnn"),
)


def graded_class(folder, lessons, size, heavy):
    """A class of which each platform has exported an equal part, graded part by part → (made, graded) for each."""
    people = generated_class.people(size)
    parts = []
    for n, platform in enumerate(PLATFORMS):
        made = generated_class.make(lessons, people[n::4], seed=n, heavy=heavy)
        submissions = write_tree(platform, folder / platform, made.submissions)
        roster = write_roster(platform, folder / f"{platform}.csv", made.people)
        parts.append((platform, made, grade(submissions, lessons, roster=roster, out=folder / f"{platform}-grades")))
    return parts


@pytest.fixture(scope="module", params=["small", pytest.param("large", marks=pytest.mark.skipif(
    "CNNLAB_SLOW" not in os.environ, reason="takes twenty minutes: CNNLAB_SLOW=1"))])  # fmt: skip
def parts(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    return graded_class(folder, SMALL, 8, False) if request.param == "small" else graded_class(folder, LARGE, 60, True)


def test_every_verdict_is_as_known(parts):
    for platform, made, school in parts:
        known = made.by_file(platform)
        assert {graded.file for graded in school.graded} == set(known)
        assert (school.broken, school.waiting) == ({}, ())
        assert len(school.learners) == len(made.people)
        for graded in school.graded:
            for judgement in graded.judgements:
                expected = known[graded.file][judgement.exercise]
                assert judgement.status == expected.status, (graded.file, expected, judgement)
                assert expected.says in judgement.message, (graded.file, expected, judgement)
                if expected.misconception:
                    assert judgement.misconception == expected.misconception
                assert graded.answers.get(judgement.exercise) == expected.source


def test_the_report_counts_what_was_generated(parts, tmp_path):
    """Of the four parts as one class; and what is no misreading has no misconception that would be counted with one."""
    known = sum((made.counts() for _, made, _ in parts), Counter())
    school = together([school for _, _, school in parts])
    found = {
        (one.lesson.name, one.exercise.name, one.words): len(one.learners) for one in Results(school).misconceptions()
    }
    assert {what: found.get(what) for what in known} == known
    write_results(school, tmp_path)
    page = re.sub(r"<[^>]+>", "", (tmp_path / "report.html").read_text(encoding="utf-8"))
    right = Counter(one.status for _, made, _ in parts for known in made.known.values() for one in known.values())
    assert sum(map(int, re.findall(r"✔ (\d+) right", page))) == right["correct"]


def together(schools):
    """Several classes as one; keys are made unique."""
    learners, graded = [], []
    for n, school in enumerate(schools):
        learners += [type(who)(f"{n}-{who.key}", who.name, who.columns) for who in school.learners]
        graded += [type(one)(**{**vars(one), "learner": f"{n}-{one.learner}"}) for one in school.graded]
    return SchoolClass(schools[0].lessons, tuple(learners), tuple(graded))
