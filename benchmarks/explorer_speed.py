"""How fast the explorers follow a control: set() to PNG in the kernel, and a key press to a new picture in Chromium.

Run alone on a quiet machine: ``python benchmarks/explorer_speed.py``. The targets are a median of 50 ms and a 95th
percentile of 100 ms for the first, a median of 150 ms for the second.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import browser  # noqa: E402
import ipywidgets as widgets  # noqa: E402

from cnnlab import explore  # noqa: E402
from cnnlab.course.startup import load_keras  # noqa: E402


def settings_of(explorer: explore.Explorer) -> list[dict[str, object]]:
    """One step of every slider and every choice of every other control, in turn."""
    steps: list[dict[str, object]] = []
    for name, control in explorer.controls.items():
        if name in explorer.samples:
            steps += [{name: value} for value in explorer.samples[name]]
        elif control.has_trait("options"):
            steps += [{name: option[1] if isinstance(option, tuple) else option} for option in control.options]
        elif isinstance(control, widgets.Checkbox):
            steps += [{name: not control.value}, {name: control.value}]
        elif isinstance(control, (widgets.IntSlider, widgets.FloatSlider)):
            count = min(8, round((control.max - control.min) / control.step))
            steps += [{name: type(control.value)(control.min + control.step * k)} for k in range(count + 1)]
    return steps


def percentile(times: list[float], share: float) -> float:
    """The value that this share of the times does not exceed."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def report(what: str, times: list[float]) -> None:
    """Print a median, a 95th percentile and how many times they stand for."""
    middle, high = statistics.median(times), percentile(times, 0.95)
    print(f"{what:38s} median {middle:5.1f} ms   p95 {high:5.1f} ms   n = {len(times)}", flush=True)


def in_the_kernel(name: str, rounds: int = 4) -> None:
    """Time set() to PNG over every control of one explorer."""
    explorer = getattr(explore, name)()
    explorer.view()
    start, times = explorer.state(), []
    for lap in range(rounds):
        for step in settings_of(explorer):
            try:
                begin = time.perf_counter()
                explorer.set(**step)
            except ValueError:  # a slider whose range has shrunk meanwhile
                continue
            if lap:  # the first lap fills the caches of matplotlib and Keras
                times.append(1000 * (time.perf_counter() - begin))
        for control, value in start.items():
            explorer.controls[control].value = value
    report(f"{name:24s} set() to PNG", times)


def in_the_browser(presses: int = 30) -> None:
    """Time a key press on the shape explorer's stride slider until another picture is on the page."""
    if browser.executable() is None:
        print("No Chromium or Chrome on the PATH: the browser was not timed.")
        return
    lesson = ROOT / "notebooks" / "02_padding_and_stride.ipynb"
    with tempfile.TemporaryDirectory() as course, tempfile.TemporaryDirectory() as settings:
        shutil.copy(lesson, course)
        with (
            browser.jupyterlab(Path(course), Path(settings)) as address,
            browser.page(address.format(lesson.name)) as page,
        ):
            browser.run_all(page)
            explorer = browser.explorer_with(page, "strides")
            explorer.focus_slider("strides")
            keys = ("ArrowRight", "ArrowLeft")
            times = [explorer.milliseconds_to_new_picture(keys[press % 2]) for press in range(presses)]
    report("key press to new picture in Chromium", times)


if __name__ == "__main__":
    load_keras()
    for each in explore.__all__:
        if each not in ("Annotator", "Explorer"):
            in_the_kernel(each)
    in_the_browser()
