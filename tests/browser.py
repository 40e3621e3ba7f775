"""JupyterLab and Chromium, for the tests and benchmarks that need a learner's real browser."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import nbformat

PICTURE = "img[src^='data:image/png']"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# No sandbox: containers have none to give. No background traffic: the tests must not touch the network.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-quic"]  # fmt: skip


def executable() -> str | None:
    """Path of an installed Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _read_to_the_end(stream: TextIO) -> None:
    for _ in stream:
        pass


@contextmanager
def jupyterlab(folder: Path, settings: Path) -> Iterator[str]:
    """Serve `folder` in JupyterLab; yields an address with ``{}`` where a notebook's name goes."""
    for extension, plugin, values in (
        # Off-screen cells are otherwise not in the page at all, and a slow kernel start asks which kernel to use.
        ("notebook-extension", "tracker", {"windowingMode": "none", "autoStartDefaultKernel": True}),
        ("apputils-extension", "notification", {"fetchNews": "false", "checkForUpdates": False}),
    ):
        folder_of = settings / "@jupyterlab" / extension
        folder_of.mkdir(parents=True)
        (folder_of / f"{plugin}.jupyterlab-settings").write_text(json.dumps(values), encoding="utf-8")
    port, token = _free_port(), secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
               f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"]  # fmt: skip
    # The token goes by environment: a command line is visible to every user of the machine.
    environment = {**os.environ, "JUPYTER_TOKEN": token, "JUPYTERLAB_SETTINGS_DIR": str(settings)}
    environment.pop("CNNLAB_STRICT", None)
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    lines: list[str] = []
    reader = None
    try:
        for line in server.stderr:  # the server's own word that it is ready, or the end of the stream if it died
            lines.append(line)
            if "is running at" in line:
                break
        else:
            raise RuntimeError("JupyterLab did not start:\n" + "".join(lines[-15:]))
        # Keep reading, or a full pipe would stop the server.
        reader = threading.Thread(target=_read_to_the_end, args=(server.stderr,))
        reader.start()
        yield f"http://127.0.0.1:{port}/lab/tree/{{}}?token={token}&reset"
    finally:
        try:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/api/shutdown", method="POST", headers={"Authorization": f"token {token}"}
            )
            urllib.request.urlopen(request, timeout=5).close()  # ends the kernels too
            server.wait(timeout=20)
        except (urllib.error.URLError, OSError, subprocess.TimeoutExpired):
            server.kill()
            server.wait()
        if reader:
            reader.join()
        server.stderr.close()


@contextmanager
def chromium() -> Iterator[object]:
    """A Chromium of playwright's without pages, closed afterwards. In one process only one can be open."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page(address: str) -> Iterator[object]:
    """A Chromium page at `address`, closed afterwards."""
    with chromium() as browser:
        opened = browser.new_page(viewport={"width": 1280, "height": 1000}, device_scale_factor=1)
        opened.set_default_timeout(60_000)
        opened.goto(address)
        yield opened


def wait_until_idle(opened: object) -> None:
    """Return once the kernel has nothing to do: all that it had to send has been sent."""
    opened.wait_for_selector("#jp-main-statusbar >> text=| Idle")


def save(opened: object) -> None:
    """Press Ctrl + S, and return once the file is written."""
    with opened.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        opened.keyboard.press("Control+s")


def run_all(opened: object) -> None:
    """Run → Run All Cells, once the kernel is ready."""
    opened.wait_for_selector(".jp-Notebook .jp-Cell")
    wait_until_idle(opened)
    opened.click("text=Run >> nth=0")
    opened.click("text=Run All Cells >> nth=0")


def set_theme(opened: object, name: str) -> None:
    """Settings → Theme → JupyterLab `name`, Light or Dark."""
    opened.click("text=Settings >> nth=0")
    opened.locator(".lm-Menu-itemLabel", has_text="Theme").first.hover()
    opened.locator(".lm-Menu-itemLabel", has_text=f"JupyterLab {name}").first.click()
    opened.wait_for_function(f"() => document.body.dataset.jpThemeLight === '{str(name == 'Light').lower()}'")


def show_whole_notebook(opened: object) -> None:
    """Make the window as high as the notebook, so that all of it can be seen at once."""
    # axe takes what lies outside a clipping element for hidden, and JupyterLab's body is clipped and has no height.
    opened.add_style_tag(content="body { overflow: visible !important; }")
    high = opened.locator(".jp-WindowedPanel-viewport").evaluate("cells => cells.scrollHeight")
    opened.set_viewport_size({"width": 1280, "height": high + 200})
    opened.wait_for_function("high => document.querySelector('.jp-WindowedPanel-outer').clientHeight >= high", arg=high)


def _begins_with(label: str) -> re.Pattern:
    return re.compile(rf"^{re.escape(label)}\b")


@contextmanager
def page_with(tmp_path: Path, *cells: str) -> Iterator[object]:
    """A page on which these cells of a new notebook are being run."""
    folder = tmp_path / "course"
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / "page.ipynb")
    with jupyterlab(folder, tmp_path / "settings") as address, page(address.format("page.ipynb")) as opened:
        run_all(opened)
        yield opened


class ShownExplorer:
    """One explorer on the page: what a learner reads, and the controls a learner moves."""

    def __init__(self, opened: object, output: object) -> None:
        self.page, self.output = opened, output

    def words(self) -> str:
        """The text under the picture."""
        return self.output.locator("[role=status]").last.inner_text()

    def wait_for_new_words(self, before: str) -> None:
        """Return once other words than `before` stand under the picture: they arrive apart from it."""
        self.page.wait_for_function(
            "([output, before]) => [...output.querySelectorAll('[role=status]')].at(-1).innerText !== before",
            arg=[self.output.element_handle(), before],
        )

    def wait_for_words(self, words: str) -> None:
        """Return once the text under the picture holds `words`."""
        self.output.locator("[role=status]", has_text=words).last.wait_for()

    def picture(self) -> str:
        """The address of the picture's present bytes: a new picture has a new one."""
        return self.output.locator(PICTURE).get_attribute("src")

    def wait_for_new_picture(self, before: str) -> None:
        """Return once another picture is shown than `before`."""
        self.page.wait_for_function(
            "([output, picture, before]) => output.querySelector(picture).src !== before",
            arg=[self.output.element_handle(), PICTURE, before],
        )

    def milliseconds_to_new_picture(self, key: str) -> float:
        """Press `key`; the time from the key event to the moment the new picture is ready, measured in the page."""
        watch = self.page.evaluate_handle(
            """([output, picture]) => {
                const watch = {}, before = output.querySelector(picture).src;
                const begin = () => { watch.begin = performance.now(); };
                document.addEventListener("keydown", begin, {once: true, capture: true});
                watch.loaded = new Promise(resolve => new MutationObserver((_, observer) => {
                    const image = output.querySelector(picture);
                    if (!image || image.src === before) return;
                    observer.disconnect();
                    image.decode().then(() => resolve(performance.now() - watch.begin));
                }).observe(output, {childList: true, subtree: true, attributes: true}));
                return watch;
            }""",
            [self.output.element_handle(), PICTURE],
        )
        self.page.keyboard.press(key)
        return self.page.evaluate("watch => watch.loaded", watch)

    def _control(self, label: str) -> object:
        labelled = self.page.locator("label", has_text=_begins_with(label))
        return self.output.locator(".widget-inline-hbox").filter(has=labelled)

    def focus_slider(self, label: str) -> None:
        """Give the slider with this label the keyboard."""
        self._control(label).locator(".noUi-handle").focus()

    def tab_to_slider(self, label: str, at_most: int) -> bool:
        """Press Tab until the slider with this label has the keyboard; whether it got it."""
        handle = self._control(label).locator(".noUi-handle").element_handle()
        for _ in range(at_most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("handle => document.activeElement === handle", handle):
                return True
        return False

    def type_into(self, label: str, text: str) -> None:
        """Type `text` into the text box with this label and press Enter."""
        box = self._control(label).locator("input")
        box.fill(text)
        box.press("Enter")

    def error(self) -> str:
        """The red panel's text, once there is one."""
        panel = self.output.locator(".cnnlab-error")
        panel.wait_for(state="visible")
        return panel.inner_text()

    def error_colour(self) -> str:
        """The red panel's border."""
        return self.output.locator(".cnnlab-error").evaluate("panel => getComputedStyle(panel).borderTopColor")

    def wait_for_no_error(self) -> None:
        """Return once the red panel is gone."""
        self.output.locator(".cnnlab-error").wait_for(state="detached")


def explorer_with(opened: object, label: str) -> ShownExplorer:
    """The first explorer on the page that has a control with this label, once it is there and all cells have run."""
    outputs = opened.locator(".jp-OutputArea-output").filter(has=opened.locator("label", has_text=_begins_with(label)))
    outputs.first.wait_for()
    opened.wait_for_function(
        "() => !document.querySelector('.jp-InputPrompt')?.closest('.jp-Notebook').innerText.includes('[*]:')"
    )
    wait_until_idle(opened)
    return ShownExplorer(opened, outputs.first)
