"""The core starts quickly: a fresh interpreter for each module shows what its import drags in."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "cnnlab"
CORE = [
    "",
    "_augment_labels",
    "_validate",
    "shapes",
    "patches",
    "conv",
    "conv_grad",
    "pooling",
    "kernels",
    "datasets",
    "upload",
    "practice",
    "checks",
    "detections",
    "boxes",
    "nms",
    "metrics",
    "scenes",
    "anchors",
    "yolo",
    "letterbox",
    "darknet",
    "darknet.cfg",
    "darknet.plan",
    "darknet.weights",
    "darknet.heads",
]
HEAVY = ["tensorflow", "keras", "jax", "torch", "matplotlib", "ipywidgets", "papermill", "sklearn", "skimage", "pooch"]


@pytest.mark.parametrize("module", CORE)
def test_core_module_imports_nothing_heavy(module):
    name = f"cnnlab.{module}".rstrip(".")
    code = f"import sys, {name}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []
    assert run.stderr == ""


MODULES = sorted(set(PACKAGE.rglob("*.py")) - {PACKAGE / "_gradients.py"})  # its one purpose is to choose a backend


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_nothing_calls_tensorflow_directly(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not [a.name for a in node.names if a.name.split(".")[0] == "tensorflow"]
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] != "tensorflow"
        elif isinstance(node, ast.Name):
            assert node.id not in ("tf", "tensorflow")
