"""The explorer of a lesson's cell, read from its source: what it shows, and what cannot be known without running it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnnlab import explore
from cnnlab.explore import cells

LESSONS = sorted((Path(__file__).parents[2] / "lessons").glob("*.py"))


@pytest.mark.parametrize(
    ("source", "name", "state"),
    [
        ("ball = explore.LearningRateExplorer(predict=True).set(learning_rate=0.5, steps=2)\nball",
         "LearningRateExplorer", dict(learning_rate=0.5, steps=2)),
        ("quiz = explore.PoolingExplorer()\nquiz.set(gradient=True, row=1)\nquiz",
         "PoolingExplorer", dict(gradient=True, row=1)),
        ("explore.BoxBench(a=(2, 2, 10, 8), b=(5, 4, 13, 10), predict=True)", "BoxBench", dict(a_w=8, b_x=5)),
        ("ball = explore.LearningRateExplorer()\nball.set(start=-0.5)", "LearningRateExplorer", dict(start=-0.5)),
        ("a = explore.PoolingExplorer()\nb = explore.KernelLab()\na", "PoolingExplorer", {}),
        ("a = b = explore.KernelLab(predict=False)\nb.set(photo='coins')\na", "KernelLab", dict(photo="coins")),
    ],
)  # fmt: skip
def test_an_explorer_made_of_literals_stands_as_its_cell_leaves_it(source, name, state):
    source = source.replace("predict=False", "")
    shown = cells.from_source(source)
    assert type(shown).__name__ == cells.named_in(source) == name
    assert state.items() <= shown.state().items()
    assert "guess" not in shown.controls


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("explore.ConvolutionStepper(image, kernel)", "ConvolutionStepper"),  # made by the lesson
        ("explore.LayerMicroscope().set(layer='conv2', row=row)", "LayerMicroscope"),
        ("explore.KernelLab(**given)", "KernelLab"),
        ("explore.KernelLab(*given)", "KernelLab"),
        ("monitor = explore.TrainingMonitor()\nmodel.fit(x, callbacks=[monitor])", "TrainingMonitor"),
        ("if ready:\n    explore.KernelLab()\n    explore.BoxBench()", "BoxBench"),
        ("lab = explore.KernelLab()\nlab\nfor name in names:\n    print(name)", "KernelLab"),
        ("lab = explore.KernelLab()\nlab.press('more')", "KernelLab"),
        ("explore.Annotator('pictures')", "Annotator"),  # it would open the folder
        ("explore.Nothing()", None),
        ("other.KernelLab()", None),
        ("%pip install it\nexplore.KernelLab()", None),
        ("", None),
    ],
)
def test_what_has_to_be_run_is_named_and_not_guessed(source, name):
    assert cells.from_source(source) is None
    assert cells.named_in(source) == name


def test_nothing_but_literals_is_evaluated(tmp_path):
    written = tmp_path / "written"
    assert cells.from_source(f"explore.KernelLab(open({str(written)!r}, 'w'))") is None
    assert not written.exists()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem[:2])
def test_every_explorer_of_a_lesson_is_found(lesson):
    for cell in re.split(r"^# %%.*$", lesson.read_text(encoding="utf-8"), flags=re.MULTILINE):
        code = "\n".join(line for line in cell.splitlines() if not line.startswith("#"))
        made = re.findall(r"\bexplore\.([A-Z]\w+)\(", code)
        assert cells.named_in(code) == (made[-1] if made else None)
        assert set(made) <= set(explore.__all__)
