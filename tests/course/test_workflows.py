"""What starts the course on other machines (GitHub's workflows, the devcontainer, Binder) runs what is there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cnnlab.course import cli

ROOT = Path(__file__).parents[2]
MATRIX = re.compile(r"\$\{\{ matrix\.(\w+) \}\}")
PYTHON = re.compile(r"^(\.venv/(bin|Scripts)/)?python3? ")
WORKFLOWS = {file.name: yaml.safe_load(file.read_text("utf-8")) for file in (ROOT / ".github/workflows").glob("*.yml")}
JOBS = {f"{name}: {job}": plan for name, workflow in WORKFLOWS.items() for job, plan in workflow["jobs"].items()}
TARGETS = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)[1].split()


def with_each_value(line, matrix):
    """The line once for each value of the matrix that it names, in its list or under `include`."""
    if not (named := MATRIX.search(line)):
        return {line}
    key = named[1]
    values = [*matrix.get(key, ()), *(row[key] for row in matrix.get("include", ()) if key in row)]
    return {one for value in values for one in with_each_value(line.replace(named[0], value), matrix)}


def commands():
    """(where, command) of every line that is run; what runs in the folder `start` is git's."""
    for name, job in JOBS.items():
        for step in job["steps"]:
            if "working-directory" not in step:
                for line in step.get("run", "").splitlines():
                    yield from ((name, one) for one in with_each_value(line, job.get("strategy", {}).get("matrix", {})))
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
    yield from (("devcontainer", line) for line in container["postCreateCommand"].split(" && "))
    script = (ROOT / "binder/postBuild").read_text("utf-8").splitlines()
    yield from (("binder", line) for line in script if not line.startswith(("#", "set -eu")))


@pytest.mark.parametrize(("where", "command"), sorted(set(commands())))
def test_every_command_is_there(where, command):
    words = shlex.split(PYTHON.sub("python ", command.replace("\\", "/")), comments=True)
    match words:
        case ["make", ".venv/.learner"] | ["python", "-m", "venv", ".venv"]:
            pass
        case ["make", target]:
            assert target in TARGETS
        case ["python", "-m", "pip", "install", *names]:
            assert all((ROOT / name).is_file() for name in names if name.endswith(".txt"))
        case ["python", "-m", "pytest", *arguments]:
            assert all((ROOT / path).exists() for path in arguments if path.startswith("tests/"))
        case ["python", "-m", "cnnlab", *arguments]:
            cli._parser().parse_args(arguments)  # leaves with status 2 where there is no such command or option
        case ["python", script]:
            assert (ROOT / script).exists()
        case _:
            pytest.fail(f"{where} runs what this test does not know: {command}")


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_do_no_more_than_it_needs_and_ends(name):
    assert WORKFLOWS[name]["permissions"] == {"contents": "write" if name == "start.yml" else "read"}
    for job in WORKFLOWS[name]["jobs"].values():
        assert 10 <= job["timeout-minutes"] <= 90


def test_windows_and_macos_run_the_readmes_commands():
    """Those of the README's two blocks for Windows, in their order; JupyterLab and an update wait for a reader."""
    text = (ROOT / "README.md").read_text("utf-8").replace("\\", "/")
    readme = re.findall(r"^(?:\.venv/Scripts/)?python (.*)$", text, re.MULTILINE)
    steps = JOBS["tests.yml: without-make"]["steps"]
    run = [step["run"].replace("${{ matrix.bin }}", "").removeprefix("python ") for step in steps if "run" in step]
    missing = [line for line in readme if line not in run and "jupyter" not in line and "--update" not in line]
    assert missing == ["-m pip install -r requirements.txt"]  # requirements-dev.txt holds more


ALONE = """
import importlib.abc, runpy, sys
class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in {*sys.stdlib_module_names, "cnnlab", "lazy_loader", "packaging"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Refuse())
sys.argv = ["cnnlab", "start", sys.argv[1]]
runpy.run_module("cnnlab", run_name="__main__")
"""


def test_the_branch_start_needs_the_lazy_loader_alone(tmp_path):
    installs = [step["run"] for step in JOBS["start.yml: lay-out"]["steps"] if "pip install" in step.get("run", "")]
    assert [shlex.split(line, comments=True)[-1] for line in installs] == ["lazy-loader"]  # which brings packaging
    command = [sys.executable, "-c", ALONE, tmp_path / "start"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert (tmp_path / "start" / "index.ipynb").is_file(), done.stderr
