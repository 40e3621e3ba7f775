"""The plan of the house: imports point down, go in no circle, and the arithmetic starts quickly."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "cnnlab"
# From the ground up: a room may import from the floors below its own, and from itself.
FLOORS = (
    {"common"},
    {"arithmetic", "plot"},
    {"models", "data"},
    {"seeing", "detection", "training"},
    {"tasks"},
    {"explore", "checks", "course"},
    {"", "__main__"},  # the face
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
LIGHT = ["", "arithmetic.", "data.datasets", "data.scenes", "data.pictures.upload", "data.pictures.practice", "checks",
         "training.label_changes", "common.validate", "common.files", "detection.detections", "detection.nms",
         "detection.metrics", "detection.anchors", "detection.yolo", "detection.letterbox", "detection.darknet",
         "detection.darknet.cfg", "detection.darknet.plan", "detection.darknet.weights", "detection.darknet.heads",
         "data.faces", "tasks.verification", "tasks.triplets", "tasks.segmentation", "tasks.captioning", "tasks.search",
         ]  # fmt: skip
HEAVY = ["tensorflow", "keras", "jax", "torch", "matplotlib", "ipywidgets", "papermill", "sklearn", "skimage", "pooch"]


def name_of(path: Path) -> str:
    """`cnnlab/data/pictures/read.py` → `data.pictures.read`; a folder's `__init__.py` has the folder's name."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(name: str) -> Iterator[str]:
    """The modules of the course that a module imports, inside its functions too."""
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[2] for alias in node.names if alias.name.split(".")[0] == "cnnlab")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "cnnlab":
            base = node.module.partition(".")[2]
            for alias in node.names:
                inside = f"{base}.{alias.name}".lstrip(".")
                yield inside if inside in MODULES else base


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_down(name):
    room = name.split(".")[0]
    assert room in FLOOR, f"{room} is not on the plan: add it to FLOORS, and to the table in CONTRIBUTING.md"
    for other in imports(name):
        below = other.split(".")[0]
        assert below == room or FLOOR[below] < FLOOR[room], f"{name} imports {other}, which is not below it"


def test_imports_go_in_no_circle():
    graph = {name: {other for other in imports(name) if other != name} for name in MODULES}
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_every_import_is_written_absolutely_and_for_its_names(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.ImportFrom) and node.level), "a relative import"
        if isinstance(node, ast.Import):
            assert not [a.name for a in node.names if a.name.startswith("cnnlab")], "an import for its side effect"


def test_at_most_twelve_things_lie_on_the_floor():
    visible = {path.name for path in PACKAGE.iterdir() if not path.name.startswith("__")}
    assert len(visible) <= 12, sorted(visible)


def test_the_face_names_what_is_there():
    import cnnlab

    for name in cnnlab.__all__:
        assert getattr(cnnlab, name).__name__.startswith("cnnlab."), name


def test_nothing_public_has_the_name_of_its_module():
    """Older lazy loaders would give the module where it has been imported before, and a module cannot be called."""
    for face in PACKAGE.rglob("*.pyi"):
        tree = ast.parse(face.read_text(encoding="utf-8"))
        froms = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
        assert [node.module for node in froms if node.module in {alias.name for alias in node.names}] == [], face


@pytest.mark.parametrize("module", [name for light in LIGHT for name in MODULES if name == light or (
    light.endswith(".") and name.startswith(light))])  # fmt: skip
def test_it_starts_quickly(module):
    name = f"cnnlab.{module}".rstrip(".")
    code = f"import sys, {name}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []
    assert run.stderr == ""


@pytest.mark.parametrize(
    "name", sorted(set(MODULES) - {"seeing.gradients"})
)  # whose one purpose is to choose a backend
def test_nothing_calls_tensorflow_directly(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not [a.name for a in node.names if a.name.split(".")[0] == "tensorflow"]
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] != "tensorflow"
        elif isinstance(node, ast.Name):
            assert node.id not in ("tf", "tensorflow")
