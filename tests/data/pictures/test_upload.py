"""Uploads in the three forms in which browsers' files arrive; nothing half-written, nothing outside the folder."""

from __future__ import annotations

import sys
from types import ModuleType

import ipywidgets
import pytest

from cnnlab import upload

ZIP = b"PK\x05\x06" + bytes(18)

FORMS = {
    "ipywidgets 7": lambda files: {n: {"metadata": {"name": n}, "content": c} for n, c in files.items()},
    "ipywidgets 8": lambda files: tuple(
        {"name": n, "content": memoryview(c), "size": len(c)} for n, c in files.items()
    ),
    "Colab": dict,
}


@pytest.mark.parametrize("form", FORMS)
def test_files_are_saved_in_every_form(tmp_path, form):
    paths = upload.save(FORMS[form]({"pets.zip": ZIP, "my cat.jpg": b"cat"}), tmp_path)
    assert paths == [tmp_path / "pets.zip", tmp_path / "my cat.jpg"]
    assert [path.read_bytes() for path in paths] == [ZIP, b"cat"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my cat.jpg", "pets.zip"]


@pytest.mark.parametrize(
    ("name", "saved"), [("C:\\fakepath\\pets.zip", "pets.zip"), ("../../pets.zip", "pets.zip"), ("a/b/c.zip", "c.zip")]
)
def test_a_path_is_cut_to_its_name(tmp_path, name, saved):
    (tmp_path / "in").mkdir()
    assert upload.save({name: ZIP}, tmp_path / "in") == [tmp_path / "in" / saved]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(
    "name",
    ["", "..", ".bashrc", "a/", "x\n.zip", "a:b.zip", "what?.zip", "x" * 200, "con\0.zip", "CON", "nul.zip", "x.zip."],
)
def test_a_name_that_is_none_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="`value` must hold files with plain names. Received: "):
        upload.save({"good.zip": ZIP, name: ZIP}, tmp_path)
    assert not list(tmp_path.iterdir()), "none is saved"


def test_empty_and_huge_files_are_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="Received: 'a.zip' with 0 bytes"):
        upload.save({"a.zip": b""}, tmp_path)
    monkeypatch.setattr(upload, "MAX_BYTES", 10)
    with pytest.raises(ValueError, match="at most 10 bytes. Received: 22"):
        upload.save({"a.zip": ZIP}, tmp_path)


@pytest.mark.parametrize("value", [5, [1, 2], "text", [{"name": "a"}], {"a.zip": 3}, {"a.zip": {"content": 5}}])
def test_other_values_are_refused(tmp_path, value):
    with pytest.raises(TypeError, match="`value` must be that of a FileUpload"):
        upload.save(value, tmp_path)


@pytest.mark.parametrize("other", ["pets.zip", "Pets.zip", "C:\\other\\pets.zip"])
def test_two_files_of_one_name_are_refused(tmp_path, other):
    value = tuple({"name": name, "content": memoryview(ZIP)} for name in ("pets.zip", other))
    with pytest.raises(ValueError, match=r"`value` must hold files with different names. Received: 'pets.zip', '"):
        upload.save(value, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_folder_must_exist(tmp_path):
    for call in (lambda: upload.save({}, tmp_path / "no"), lambda: upload.upload(tmp_path / "no")):
        with pytest.raises(ValueError, match="`folder` must be a folder that exists"):
            call()


def arrive(button: upload.UploadButton, files: dict[str, bytes]) -> None:
    """As the browser does it, in the form of the installed ipywidgets."""
    button._arrived({"new": FORMS[f"ipywidgets {ipywidgets.__version__.split('.')[0]}"](files)})


def test_the_button_saves_and_says_so(tmp_path):
    button = upload.upload(tmp_path)
    assert isinstance(button, upload.UploadButton)
    assert button.saved == []
    arrive(button, {"pets.zip": ZIP})
    arrive(button, {})
    assert button.saved == [tmp_path / "pets.zip"]
    assert "pets.zip saved, 22 bytes" in button.widget.children[1].value
    assert repr(button) == "A button to upload files. Saved so far: pets.zip."


def test_the_button_hears_the_widget(tmp_path):
    button = upload.UploadButton(tmp_path)
    chooser = button.widget.children[0]
    value = FORMS[f"ipywidgets {ipywidgets.__version__.split('.')[0]}"]({"pets.zip": ZIP})
    chooser.notify_change({"name": "value", "old": None, "new": value, "owner": chooser, "type": "change"})
    assert button.saved == [tmp_path / "pets.zip"]


def test_the_button_shows_what_went_wrong(tmp_path, monkeypatch):
    monkeypatch.delenv("CNNLAB_STRICT", raising=False)
    button = upload.UploadButton(tmp_path)
    arrive(button, {"<b>.zip": ZIP})
    assert "✘" in button.widget.children[1].value
    assert "<b>.zip" not in button.widget.children[1].value, "a name is text, not HTML"
    monkeypatch.setenv("CNNLAB_STRICT", "1")
    with pytest.raises(ValueError, match="plain names"):
        arrive(button, {"<b>.zip": ZIP})


def test_the_button_is_shown_as_a_widget(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **options: shown.append(data))
    upload.UploadButton()._ipython_display_()
    assert shown[0]["text/plain"].startswith("A button to upload files")
    assert "application/vnd.jupyter.widget-view+json" in shown[0]


def test_on_colab_the_dialog_is_used(tmp_path, monkeypatch):
    google, colab, files = ModuleType("google"), ModuleType("google.colab"), ModuleType("google.colab.files")
    google.colab, colab.files, files.upload = colab, files, lambda: {"pets.zip": ZIP}
    for name, module in (("google", google), ("google.colab", colab), ("google.colab.files", files)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(upload, "on_colab", lambda: True)
    assert upload.upload(tmp_path) == [tmp_path / "pets.zip"]
    assert (tmp_path / "pets.zip").read_bytes() == ZIP
