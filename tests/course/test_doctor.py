"""Doctor: each thing that can be wrong is found, named and given its remedy."""

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from importlib import metadata

import numpy as np
import pytest
from lesson_files import ROOT

from cnnlab import doctor
from cnnlab.course.batch.processes import MARK
from cnnlab.course.doctor import Finding
from cnnlab.course.doctor import backend as _backend
from cnnlab.course.doctor.backend import Found

Disk = namedtuple("Disk", "total used free")
REQUIREMENTS = [
    "numpy>=1.26",
    "pooch>=1.8",
    'tensorflow>=2.16.1; extra == "tensorflow"',
    'jupyterlab>=4.0; extra == "lab"',
    'papermill>=2.6; extra == "batch"',
    'only-elsewhere>=1; sys_platform == "plan9"',
]
VERSIONS = {"cnnlab": "0.1.0", "numpy": "2.1.3", "pooch": "1.9.0", "jupyterlab": "4.2", "papermill": "2.7"}
REAL_PROBE = _backend.probe
WIDGETS = {"ipywidgets": "8.1.9", "jupyterlab_widgets": "3.0.17"}


@pytest.fixture(autouse=True)
def healthy(monkeypatch, tmp_path):
    """A machine on which all is well; a test then spoils one thing."""
    for name in [name for name in os.environ if name.startswith("CNNLAB_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    monkeypatch.setenv("CNNLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    versions = {**VERSIONS, **WIDGETS}
    requires = {"cnnlab": list(REQUIREMENTS), "ipywidgets": ["jupyterlab-widgets~=3.0.17"]}

    def look_up(table):
        def call(name):
            name = name.replace("-", "_")  # metadata takes either
            if name not in table:
                raise metadata.PackageNotFoundError(name)
            return table[name]

        return call

    monkeypatch.setattr(metadata, "version", look_up(versions))
    monkeypatch.setattr(metadata, "requires", look_up(requires))
    monkeypatch.setattr(metadata, "metadata", look_up({"cnnlab": {"Requires-Python": ">=3.10"}}))
    monkeypatch.setattr(_backend, "probe", lambda: Found("tensorflow", "2.20.0"))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(10**12, 0, 5 * 10**10))
    return versions, requires


def finding(name):
    (found,) = [one for one in doctor.report() if one.name == name]
    return found


# -- the report as a whole ----------------------------------------------------------------------------------------


def test_a_healthy_machine_has_no_problem_and_nothing_to_do():
    findings = doctor.report()
    assert [one for one in findings if one.status != "ok"] == []
    assert not any(one.fix for one in findings)
    assert doctor.render(findings).endswith("0 problems, 0 warnings")
    assert doctor.summary(findings).endswith("Nothing needs mending.")


def test_the_order_never_changes_and_sections_stay_together():
    findings = doctor.report()
    assert findings == doctor.report()
    sections = list(dict.fromkeys(one.section for one in findings))
    assert sections == ["Python", "Packages", "Keras", "Widgets", "Data", "Disk", "Environment", "Grading"]
    assert [one.section for one in findings] == sorted((one.section for one in findings), key=sections.index)


def test_render_is_ascii_and_shows_the_remedy():
    text = doctor.render([Finding("Disk", "cache", "problem", "full — voll", "work in …", "/höme")])
    assert text.isascii()
    assert "[problem] cache: full \\u2014 voll -> /h\\xf6me" in text
    assert "do: work in \\u2026" in text
    assert text.endswith("1 problem, 0 warnings")


def test_summary_holds_no_path_and_every_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
    (tmp_path / "mnist.npz").write_bytes(b"not a file of arrays")
    monkeypatch.setattr(
        _backend, "probe", lambda: Found(trouble="the import failed", said=str(tmp_path), fix="mend it")
    )
    findings = doctor.report()
    text = doctor.summary(findings)
    assert str(tmp_path) not in text
    assert str(tmp_path) in doctor.render(findings)
    assert "[problem] backend: the import failed\n  do: mend it" in text
    assert "[problem] mnist.npz: in the data folder, damaged: the file is not a readable .npz file" in text
    assert "Nothing needs mending" not in text


def test_doctor_is_silent(capfd):
    doctor.summary()
    assert capfd.readouterr() == ("", "")


# -- Python and packages ------------------------------------------------------------------------------------------


def test_an_old_python_is_a_problem(monkeypatch):
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.9.18")
    found = finding("Python")
    assert (found.status, found.detail) == ("problem", "3.9.18, needs >=3.10")
    assert "new environment" in found.fix


def test_packages_are_those_that_cnnlab_requires_here():
    names = [one.name for one in doctor.report() if one.section == "Packages"]
    assert names == ["numpy", "pooch", "extra [lab]", "extra [batch]"]


@pytest.mark.parametrize(
    ("version", "detail"),
    [(None, "missing, needs >=1.26"), ("1.25.9", "1.25.9, needs >=1.26"), ("2.0.0rc1", "2.0.0rc1")],
)
def test_a_missing_or_old_package_is_a_problem(healthy, version, detail):
    versions, _ = healthy
    versions.pop("numpy")
    if version:
        versions["numpy"] = version
    found = finding("numpy")
    assert found.detail == detail
    assert found.status == ("ok" if version == "2.0.0rc1" else "problem")
    assert found.fix == ("" if found.status == "ok" else 'python -m pip install "numpy>=1.26"')


def test_a_requirement_without_a_bound_is_still_needed(healthy):
    healthy[1]["cnnlab"].append("requests")
    assert finding("requests").status == "problem"


def test_an_incomplete_extra_is_a_warning(healthy):
    healthy[0].pop("papermill")
    found = finding("extra [batch]")
    assert (found.status, found.detail) == ("warning", "no papermill, for cnnlab run and cnnlab build")
    assert found.fix == 'python -m pip install "papermill>=2.6"'


def test_a_checkout_that_is_not_installed_is_a_warning(healthy, monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "metadata", absent)
    assert (finding("cnnlab").status, finding("cnnlab").fix) == ("warning", "python -m pip install -e .")


def test_the_real_requirements_can_be_read():
    """Of this very environment, where cnnlab is installed."""
    out = subprocess.run(
        [sys.executable, "-c", "from cnnlab import doctor\nfor f in doctor._packages(): print(f.status, f.name)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    if "cnnlab" in out.split():
        pytest.skip("cnnlab is not installed here")
    assert "ok numpy" in out
    assert "ok extra [batch]" in out or "warning extra [batch]" in out


# -- backend and GPU ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "driver", "status", "words"),
    [
        (Found("tensorflow", "2.20.0", 2), True, "ok", "2 seen by tensorflow"),
        (Found("torch", "2.5.0", 0), False, "ok", "none; the quick profile is made for a CPU"),
        (Found("jax", "0.5.0", 0), True, "warning", "an NVIDIA driver is installed, but jax sees no GPU"),
        (Found(trouble="broken"), True, "warning", "unknown, as the backend does not run"),
    ],
)
def test_the_gpu(monkeypatch, found, driver, status, words):
    monkeypatch.setattr(_backend, "probe", lambda: found)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if driver else None)
    assert (finding("GPU").status, finding("GPU").detail) == (status, words)


@pytest.mark.parametrize(
    ("name", "system", "words"),
    [
        ("tensorflow", "linux", '"tensorflow[and-cuda]"'),
        ("tensorflow", "win32", "set KERAS_BACKEND to torch"),
        ("jax", "linux", '"jax[cuda12]"'),
        ("torch", "win32", '"torch"'),
    ],
)
def test_the_remedy_for_an_unseen_gpu_depends_on_the_system(name, system, words):
    assert words in _backend.gpu_fix(name, system)


KERAS = "class backend:\n    backend = staticmethod(lambda: {name!r})\n"


@pytest.fixture
def probe(tmp_path):
    """Run the real probe on a stand-in for Keras (and others) in the current folder."""

    def run(**modules):
        for name, source in modules.items():
            (tmp_path / f"{name}.py").write_text(source)
        return REAL_PROBE()

    return run


FAKE_TORCH = "__version__ = '2.9'\nclass cuda: device_count = lambda: {gpus}\nclass backends:\n"
FAKE_TORCH += "    class mps: is_available = lambda: {mps}\n"


@pytest.mark.parametrize(("gpus", "mps", "expected"), [(2, False, 2), (0, True, 1), (0, False, 0)])
def test_the_probe_asks_torch(probe, gpus, mps, expected):
    found = probe(keras=KERAS.format(name="torch"), torch=FAKE_TORCH.format(gpus=gpus, mps=mps))
    assert found == Found("torch", "2.9", expected)


def test_the_probe_asks_tensorflow(probe):
    source = "__version__ = '2.99'\nclass config: list_physical_devices = lambda kind: [kind]\n"
    assert probe(keras=KERAS.format(name="tensorflow"), tensorflow=source) == Found("tensorflow", "2.99", 1)


def test_the_probe_asks_jax(probe):
    source = "__version__ = '0.9'\nclass D: platform = 'gpu'\nclass C: platform = 'cpu'\ndevices = lambda: [C, D]\n"
    assert probe(keras=KERAS.format(name="jax"), jax=source) == Found("jax", "0.9", 1)


def test_noise_on_standard_output_does_not_disturb(probe):
    source = "print('welcome')\n" + KERAS.format(name="torch")
    assert probe(keras=source, torch=FAKE_TORCH.format(gpus=1, mps=False)).gpus == 1


@pytest.mark.parametrize(
    ("source", "trouble", "said", "fix"),
    [
        (KERAS.format(name="numpy"), "numpy cannot train a model", "", "set KERAS_BACKEND to one of"),
        (
            "raise ModuleNotFoundError(\"No module named 'tensorflow'\")",
            "tensorflow is not installed",
            "",
            'python -m pip install "tensorflow>=2.16.1"',
        ),
        (
            "raise ModuleNotFoundError(\"No module named 'torch'\")",
            "torch is not installed",
            "",
            "python -m pip install torch",
        ),
        (
            "raise ImportError('/lib/x.so: no such file')",
            "the import failed",
            "ImportError: /lib/x.so: no such file",
            'python -c "import keras"',
        ),
        ("raise SystemExit(3)", "the import failed", "the import failed without a word", 'python -c "import keras"'),
    ],
)
def test_a_backend_that_does_not_run(probe, source, trouble, said, fix):
    found = probe(keras=source)
    assert (found.trouble, found.said) == (trouble, said)
    assert found.fix.startswith(fix)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_backend_that_crashes_the_process(probe):
    found = probe(keras="import os\nos.kill(os.getpid(), 9)")
    assert found.trouble == "the import was ended by signal 9"


def test_a_misspelt_backend_is_named(probe, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorfow")
    found = probe(keras="raise ValueError('Unable to import backend')")
    assert found.trouble == "KERAS_BACKEND is 'tensorfow'"
    assert found.fix == "set KERAS_BACKEND to one of tensorflow, jax, torch that is installed"


def test_a_backend_that_hangs_is_ended(probe, monkeypatch):
    monkeypatch.setattr(_backend, "TIMEOUT", 0.3)
    found = probe(keras="import threading\nthreading.Event().wait()")
    assert found.trouble == "the import did not end within 0.3 s"
    assert found.fix.startswith("cnnlab doctor")


# -- widgets, data, disk, environment -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "detail"),
    [
        (None, "missing, ipywidgets needs ~=3.0.17: sliders would not appear"),
        ("1.1.11", "1.1.11, ipywidgets needs ~=3.0.17: sliders would not appear"),
    ],
)
def test_widgets_without_their_browser_half_are_a_problem(healthy, version, detail):
    versions, _ = healthy
    versions.pop("jupyterlab_widgets")
    if version:
        versions["jupyterlab_widgets"] = version
    found = finding("jupyterlab_widgets")
    assert (found.status, found.detail) == ("problem", detail)
    assert found.fix == 'python -m pip install "jupyterlab-widgets~=3.0.17"  (then restart JupyterLab)'


def test_on_colab_neither_jupyterlab_nor_its_widgets_are_asked_for(healthy, monkeypatch):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    for name in ("jupyterlab", "jupyterlab_widgets"):
        healthy[0].pop(name)
    assert {one.status for one in doctor.report()} == {"ok"}
    assert finding("machine").detail.startswith("Colab")


def test_missing_data_is_fine_online_and_a_warning_offline(monkeypatch):
    assert finding("mnist.npz").status == "ok"
    assert "downloaded when first used (11.5 MB)" in finding("mnist.npz").detail
    monkeypatch.setenv("CNNLAB_OFFLINE", "1")
    assert finding("mnist.npz").status == "warning"
    assert finding("mnist.npz").fix == "unset CNNLAB_OFFLINE, then cnnlab data get mnist"


@pytest.mark.parametrize(
    ("file", "lost"),
    [
        ("mnist.npz", "the lessons train on 1,438 coarser digits instead of 60,000"),
        ("fashion_mnist.npz", "letters take the place of clothing"),
        ("cifar10.npz", "lesson 07 in its full profile trains on drawn shapes instead of photographs"),
        ("cats_and_dogs_small.zip", "lesson 10 ends with digits and does not come to photographs"),
        (
            "darknet/yolo-fastest-1.1.weights",
            "lesson 13 shows answers that were kept and runs no detector of photographs",
        ),
    ],
)
def test_a_stand_in_is_never_ok_without_saying_what_is_lost(monkeypatch, file, lost):
    assert finding(file).detail.endswith(f"; where that fails, {lost}")
    monkeypatch.setenv("CNNLAB_OFFLINE", "1")
    assert (finding(file).status, finding(file).detail.endswith(f"forbids the download: {lost}")) == ("warning", True)
    assert lost in doctor.summary()


def test_a_batches_own_variable_is_no_mistake_of_the_learner(monkeypatch):
    monkeypatch.setenv(MARK, "17")
    assert finding(MARK).status == "ok"
    assert MARK not in doctor.summary()


def test_a_damaged_cache_file_is_a_warning_and_stays(tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "mnist.npz").write_bytes(b"x")
    found = finding("mnist.npz")
    assert (found.status, found.fix) == ("warning", "cnnlab data get mnist")
    assert found.detail.startswith(
        "in the cache, damaged: its SHA-256 is wrong; until it is fetched again, the lessons"
    )
    assert (tmp_path / "cache" / "mnist.npz").exists()


def test_data_in_the_data_folder_is_read(monkeypatch, tmp_path):
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
    pictures, labels = np.zeros((2, 28, 28), np.uint8), np.array([0, 1])
    np.savez(tmp_path / "mnist.npz", x_train=pictures, y_train=labels, x_test=pictures, y_test=labels)
    found = finding("mnist.npz")
    assert (found.status, found.path) == ("ok", str(tmp_path / "mnist.npz"))
    np.savez(tmp_path / "mnist.npz", x_train=pictures, y_train=labels)
    found = finding("mnist.npz")
    assert (found.status, found.fix) == ("problem", "copy the file again, or remove it")
    assert "the file must hold the arrays x_test and y_test" in found.detail


def test_a_zip_in_the_data_folder_is_read_too(monkeypatch, tmp_path):
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
    (tmp_path / "cats_and_dogs_small.zip").write_bytes(b"<html>not a zip</html>")
    found = finding("cats_and_dogs_small.zip")
    assert (found.status, found.fix) == ("problem", "copy the file again, or remove it")
    assert found.detail.startswith("in the data folder, damaged: cats_and_dogs_small.zip was not unpacked")


def test_a_data_folder_that_does_not_exist_is_a_problem(monkeypatch, tmp_path):
    for path in (tmp_path / "nowhere", tmp_path / "file"):
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("CNNLAB_DATA", str(path))
        found = next(one for one in doctor.report() if one.section == "Data")
        assert (found.name, found.status) == ("CNNLAB_DATA", "problem")
        assert found.detail == "names no folder that can be read"
        assert found.path == str(path)


@pytest.mark.parametrize(
    ("free", "status"), [(5e10, "ok"), (1e9, "ok"), (0.9e9, "warning"), (1e8, "warning"), (1e7, "problem")]
)
def test_a_full_disk(monkeypatch, free, status):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(10**12, 0, free))
    for name in ("cache", "current folder"):
        assert finding(name).status == status
        assert bool(finding(name).fix) == (status != "ok")


def test_a_cache_below_a_file_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CNNLAB_CACHE", str(tmp_path / "file" / "cache"))
    found = finding("cache")
    assert found.status == "warning"
    assert found.detail.startswith("cannot be written (")
    assert found.fix == "set CNNLAB_CACHE to a folder that you may write"


def test_a_current_folder_that_refuses_writing_is_a_problem(monkeypatch, tmp_path):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.Path, "touch", refuse)
    found = finding("current folder")
    assert (found.status, found.detail) == ("problem", "cannot be written (Permission denied)")
    assert found.fix == "work in a folder that you may write"


def test_doctor_leaves_no_file_behind(tmp_path):
    doctor.report()
    assert list(tmp_path.iterdir()) == []


def test_variables_are_shown_and_a_misspelt_one_is_a_warning(monkeypatch):
    monkeypatch.setenv("CNNLAB_STRICT", "1")
    monkeypatch.setenv("CNNLAB_OFLINE", "1")
    monkeypatch.setenv("CNNLAB_XYZZY_PLUGH", "1")
    assert (finding("CNNLAB_STRICT").status, finding("CNNLAB_STRICT").path) == ("ok", "1")
    assert finding("CNNLAB_OFLINE").fix == "rename it to CNNLAB_OFFLINE, or unset it"
    assert finding("CNNLAB_XYZZY_PLUGH").fix == "unset it"
