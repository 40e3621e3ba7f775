"""A class to grade, for whichever test asks for one."""

from __future__ import annotations

import pytest
from toy_class import HERE, School

from cnnlab.course.grading import underway
from cnnlab.course.grading.confined import confine


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
