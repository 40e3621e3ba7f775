"""The wheelhouse: all that a class installs, for this machine and for another, from an index made here."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.tags import sys_tags

from cnnlab.course.cli import main
from cnnlab.course.lessons import CourseError
from cnnlab.course.teaching import wheels
from cnnlab.course.teaching.wheel_target import PLATFORMS, Target, target

HERE = "{}.{}".format(*sys.version_info)
OWN = next(sys_tags()).platform
BACKEND = """
import pathlib, zipfile

def build_wheel(folder, settings=None, metadata=None):
    name = "cnnlab-9.9-py3-none-any.whl"
    lines = ["Metadata-Version: 2.1", "Name: cnnlab", "Version: 9.9", "Requires-Dist: plain>=1"]
    for extra, needs in {"tensorflow": "compiled", "lab": "plain", "batch": "plain"}.items():
        lines += [f"Provides-Extra: {extra}", f"Requires-Dist: {needs}; extra == '{extra}'"]
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("cnnlab-9.9.dist-info/METADATA", "\\n".join(lines) + "\\n")
        about = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr("cnnlab-9.9.dist-info/WHEEL", about)
        wheel.writestr("cnnlab-9.9.dist-info/RECORD", "")
    return name
"""


def wheel(
    folder: Path, name: str, version: str = "1.0", kind: str = "py3-none-any", needs: tuple[str, ...] = ()
) -> None:
    """Write a wheel with nothing in it."""
    about = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {n}" for n in needs)]
    with ZipFile(folder / f"{name}-{version}-{kind}.whl", "w") as file:
        file.writestr(f"{about}/METADATA", "\n".join(lines) + "\n")
        file.writestr(f"{about}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {kind}\n")
        file.writestr(f"{about}/RECORD", "")


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A course with an in-tree build backend, and a folder that pip takes for its only index."""
    course, folder = tmp_path / "course", tmp_path / "index"
    for made in (course / "lessons", course / "notebooks", folder):
        made.mkdir(parents=True)
    (course / "backend.py").write_text(BACKEND, encoding="utf-8")
    settings = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (course / "pyproject.toml").write_text(settings, encoding="utf-8")
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(folder), "CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setenv("CNNLAB_COURSE", str(course))
    monkeypatch.delenv("CNNLAB_OFFLINE", raising=False)
    wheel(folder, "plain")
    return folder


def test_a_folder_of_other_things_a_file_and_a_course_without_downloads_are_refused(tmp_path, monkeypatch, capsys):
    (mine := tmp_path / "mine").mkdir()
    (mine / "precious").write_text("kept")
    for to, words in (
        (mine, "holds 'precious'"),
        (mine / "precious", "must be a folder"),
        (tmp_path / "new", "CNNLAB_OFFLINE is set"),
    ):
        assert main(["data", "wheels", "--to", str(to)]) == 2
        assert words in capsys.readouterr().err
    assert [path.name for path in mine.iterdir()] == ["precious"]
    assert not (tmp_path / "new").exists()


def test_a_wheelhouse_for_this_machine_is_filled_checked_and_explained(index, tmp_path, capsys):
    interpreter = f"cp{HERE.replace('.', '')}"
    wheel(index, "compiled", kind=f"{interpreter}-{interpreter}-{OWN}")
    house = tmp_path / "stick" / "wheels"
    house.mkdir(parents=True)
    wheel(house, "cnnlab", "1.0")  # of last year
    assert main(["data", "wheels", "--to", str(house)]) == 0
    said = capsys.readouterr().out
    names = sorted(path.name.partition("-")[0] for path in house.glob("*.whl"))
    assert names == ["cnnlab", "compiled", "plain"]
    assert "3 wheels, 0 MB." in said
    assert f"Checked: Python {HERE} on this machine installs from it without a network." in said
    how = (house / "install.txt").read_text(encoding="utf-8")
    assert f"  Python {HERE} on this machine\n" in how
    assert '  .venv/bin/python -m pip install --no-index --find-links wheels "cnnlab[tensorflow,lab,batch]"\n' in how
    assert f"  py -{HERE} -m venv .venv\n  .venv\\Scripts\\python -m pip install --no-index" in how


def test_another_system_gets_what_only_it_needs_and_a_source_alone_is_named(index, tmp_path, capsys):
    conditions = ("console>=2; sys_platform == 'win32'", "old; python_version < '3.12'", "terminal; os_name != 'nt'",
                  "source; platform_machine == 'AMD64'")  # fmt: skip
    for kind in ("cp312-cp312-win_amd64", "cp312-cp312-manylinux_2_17_x86_64"):
        wheel(index, "compiled", kind=kind, needs=conditions)
    wheel(index, "terminal")
    wheel(index, "old")
    wheel(index, "console", "1.0")
    wheel(index, "console", "2.0", needs=("colour; sys_platform == 'win32'",))
    wheel(index, "colour", kind="cp312-cp312-win_amd64")
    (index / "source-1.0.tar.gz").write_bytes(b"not built")
    house = tmp_path / "wheels"
    assert main(["data", "wheels", "--to", str(house), "--python", "3.12", "--platform", "win_amd64"]) == 1
    names = {path.name for path in house.glob("*.whl")}
    assert {"console-2.0-py3-none-any.whl", "colour-1.0-cp312-cp312-win_amd64.whl"} <= names
    assert "compiled-1.0-cp312-cp312-win_amd64.whl" in names
    assert "compiled-1.0-cp312-cp312-manylinux_2_17_x86_64.whl" not in names
    assert capsys.readouterr().err == "cnnlab: no wheel for Python 3.12 on windows: source\n"
    assert "nobody yet" in (house / "install.txt").read_text(encoding="utf-8")


@pytest.mark.skipif(not os.environ.get("CNNLAB_SLOW"), reason="calls pip for seconds: set CNNLAB_SLOW=1")
def test_what_is_there_for_another_system_is_recorded(index, tmp_path):
    wheel(index, "compiled", kind="cp312-cp312-win_amd64")
    house = tmp_path / "wheels"
    for _ in range(2):
        assert main(["data", "wheels", "--to", str(house), "--python", "3.12", "--platform", "windows"]) == 0
    assert (house / "install.txt").read_text(encoding="utf-8").count("  Python 3.12 on windows\n") == 1


def test_what_pip_does_not_find_is_said_in_its_words(index, tmp_path):
    with pytest.raises(CourseError, match="pip download: .*No matching distribution found for compiled"):
        wheels._pip(["download", "--dest", str(tmp_path), "compiled"])


def test_what_a_machine_would_miss_is_named(index, tmp_path):
    own = wheels._course_wheel(tmp_path)
    wheel(tmp_path, "plain")
    assert wheels._not_installed(tmp_path, own) == ("compiled",)


def test_a_damaged_wheel_is_named(index, tmp_path):
    house = tmp_path / "wheels"
    house.mkdir()
    own = house / "cnnlab-9.9-py3-none-any.whl"
    own.write_bytes(b"half of it")
    with pytest.raises(CourseError, match=r"cnnlab-9\.9-py3-none-any\.whl is damaged"):
        list(wheels._lacking(house, own, Target("3.12", "windows")))


@pytest.mark.parametrize(
    ("word", "name"),
    [("win_amd64", "windows"), ("macosx_14_0_arm64", "macos-arm64"), ("manylinux2014_aarch64", "linux-aarch64")],
)
def test_pips_own_words_are_understood(word, name):
    assert target("3.12", word) == Target("3.12", name)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_target_knows_its_wheels_and_answers_conditions_for_itself(platform):
    to = Target("3.12", platform)
    kinds = {str(tag) for tag in to.tags}
    for other in PLATFORMS:
        assert (f"cp312-cp312-{Target('3.12', other).names[0]}" in kinds) == (other == platform)
    assert {f"cp39-abi3-{to.names[0]}", "py3-none-any"} <= kinds
    assert "cp313-cp313-" + to.names[0] not in kinds
    assert to.environment["python_version"] == "3.12"
    assert (to.environment["sys_platform"] == "win32") == (platform == "windows")


@pytest.mark.parametrize(("python", "platform"), [("312", None), ("3.12.1", None), ("2.7", None), (None, "solaris")])
def test_a_word_that_names_nothing_is_refused(python, platform):
    with pytest.raises(CourseError, match=r"must be .* Received: "):
        target(python, platform)
