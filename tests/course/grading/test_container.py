"""The command line of a container, word by word, and a run of one where docker or podman is at hand."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from cnnlab.course.grading.confined import confine, container
from cnnlab.course.grading.confined.confine import GIB, MB, Limits
from cnnlab.course.lessons import CourseError

IMAGE = os.environ.get("CNNLAB_TEST_IMAGE", "cnnlab")  # with Python and the course's requirements
posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for docker is a shell script")


def test_the_command_line_word_by_word(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    line = container.command(
        "/usr/bin/docker",
        "cnnlab-1",
        "ada/cnnlab:1.0",
        ["-m", "answers"],
        Limits(memory=2 * GIB, processes=64, files=100 * MB),
        folders={"/course/cnnlab": "/home/bo/cnnlab"},
        values={"CNNLAB_OFFLINE": "1"},
    )
    assert line == [
        "/usr/bin/docker",
        "run",
        "--rm",
        "--interactive",
        "--name=cnnlab-1",
        "--pull=never",
        "--network=none",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--user=65534:65534",
        "--ipc=private",
        "--memory=2147483648",
        "--memory-swap=2147483648",
        "--pids-limit=1064",
        "--cpus=2",
        "--ulimit=core=0:0",
        "--tmpfs=/tmp:rw,nosuid,nodev,mode=1777,size=100000000",
        "--workdir=/tmp",
        "--mount=type=bind,source=/home/bo/cnnlab,target=/course/cnnlab,readonly",
        "--env=CNNLAB_OFFLINE=1",
        "--entrypoint=python",
        "ada/cnnlab:1.0",
        "-m",
        "answers",
    ]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (r"C:\Users\Ada Berg\course", r",source=C:\Users\Ada Berg\course,"),
        (r"C:\Ada, Bo", r',"source=C:\Ada, Bo",'),
        ('/home/"ada"', ',"source=/home/""ada""",'),
    ],
)
def test_a_folder_may_be_called_anything(source, words):
    line = container.command("docker", "n", "i", [], Limits(), folders={"/data": source}, values={})
    assert [word for word in line if words in word] == [f"--mount=type=bind{words}target=/data,readonly"]


@pytest.mark.parametrize("image", ["--privileged", "-v", "", " cnnlab", "cnnlab; ls", "a\nb", "a" * 256, "$HOME", "."])
def test_what_is_no_name_of_an_image_is_refused(image):
    with pytest.raises(CourseError, match=re.escape(f"Received: {image!r}")):
        container.check_image(image)


@pytest.mark.parametrize("image", ["cnnlab", "ada/cnnlab:1.0", "localhost:5000/a_b/c-d:x", f"cnnlab@sha256:{'0' * 64}"])
def test_names_of_images_are_taken(image):
    assert container.check_image(image) == image


def runtime(folder: Path, name: str, script: str) -> None:
    """Write a program `name` into `folder`."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@posix
def test_podman_is_taken_where_docker_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    runtime(tmp_path, "docker", "echo 'warning' >&2; echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    with pytest.raises(CourseError) as refusal:
        container.find_runtime("cnnlab")
    assert str(refusal.value) == (
        "A container needs docker or podman: "
        "docker cannot be used (Cannot connect to the Docker daemon); podman is not installed"
    )
    runtime(tmp_path, "podman", '[ "$1" = info ] && exit 0; [ "$3" = cnnlab ]')
    assert container.find_runtime("cnnlab") == str(tmp_path / "podman")
    with pytest.raises(CourseError, match="podman has no image 'other' here: fetch it first, with podman pull other"):
        container.find_runtime("other")


@posix
def test_the_container_gets_what_it_needs_and_is_ended_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("TOKEN", "a-secret")
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
    said = tmp_path / "said"
    # Stands for docker: notes each command; `run` waits like a container that does not end.
    waiting = f'echo "$@" >> {said}; [ "$1" = run ] && {{ echo ready; exec sleep 600; }}; exit 0'
    runtime(tmp_path, "docker", waiting)
    with confine.start(["-m", "answers"], tmp_path, Limits(), image="cnnlab") as confined:
        assert confined.stdout.readline() == b"ready\n"
    info, inspect, run, end = said.read_text(encoding="utf-8").splitlines()
    assert (info, inspect) == ("info", "image inspect cnnlab")
    name = re.search(r"--name=(cnnlab-\w{16}) ", run)[1]
    assert end == f"rm --force {name}"
    assert run.endswith("--entrypoint=python cnnlab -m answers")
    assert "a-secret" not in run
    for words in ("--env=CNNLAB_DATA=/data ", "--env=PYTHONPATH=/course ", "--env=HOME=/tmp "):
        assert words in run
    for here, there in ((confine.PACKAGE, "/course/cnnlab"), (tmp_path.resolve(), "/data")):
        assert f"source={here},target={there},readonly" in run
    told = json.loads(re.search(r"--env=CNNLAB_CONFINED=(\{.*?\}) --", run)[1])
    assert told["writable"] == ["/tmp"]
    assert told["parent"] is None
    assert told["readable"] == ["/"]  # all of it is the image, or ours to be read


def test_a_container_keeps_out_what_it_should(tmp_path):
    try:
        container.find_runtime(IMAGE)
    except CourseError as error:
        pytest.skip(str(error))
    tries = """
import json, os, socket
from cnnlab.course.grading.confined import inside
reading, writing = inside.enter()
done = []
for name, attempt in {
    "network": lambda: socket.create_connection(("1.1.1.1", 53), 2),
    "course": lambda: open(inside.__file__, "a"),
    "root": lambda: open("/planted", "w"),
}.items():
    try:
        attempt()
        done.append(name)
    except OSError:
        pass
open("/tmp/mine", "w").write("1")
writing.write(json.dumps([done, os.getuid()]).encode())
writing.flush()
"""
    with confine.start(["-c", tries], tmp_path, Limits(), image=IMAGE) as confined:
        assert json.loads(confined.stdout.read() or "null") == [[], 65534], confined.output
