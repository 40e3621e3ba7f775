"""The pages that are written by hand, laid out for the site.

Their links are right where the pages lie in the repository, so that they work on GitHub. Here they are turned into
those of the site, which lies flat: ``../../notebooks/02_….ipynb`` becomes ``lessons/02_….ipynb``.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from cnnlab.common.files import write_atomic

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("docs/pages/*.md", "docs/teaching.md", "docs/cluster.md", "CHANGELOG.md")
README = {"what-is-measured": "measured.md", "what-a-learners-code-can-reach": "reach.md"}  # its sections → their pages

_FENCE = re.compile(r"^(`{3,}|~{3,})[^\n]*\n.*?^\1`*[ \t]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?P<mark>!?)\[(?P<words>[^\[\]]*)\]\((?P<target>[^()\s]+)\)")


def pages(root: Path = ROOT) -> dict[str, Path]:
    """Name of each page in the site's sources → the file that it is made from."""
    found = [file for pattern in SOURCES for file in sorted(root.glob(pattern))]
    return {file.name.lower(): file for file in found}


def lay_out(into: Path, root: Path = ROOT) -> list[str]:
    """Write the pages, and the pictures that they show, into a folder of Sphinx sources; returns the pages' names."""
    into.mkdir(parents=True, exist_ok=True)
    written = pages(root)
    for name, source in written.items():
        text, pictures = relinked(source.read_text(encoding="utf-8"), source, root)
        write_atomic(into / name, text)
        for picture in pictures:
            shutil.copyfile(picture, into / picture.name)
    return list(written)


def relinked(text: str, source: Path, root: Path = ROOT) -> tuple[str, list[Path]]:
    """Return a page with the site's links, and the pictures that it shows.

    A link to a file that is no page of the site keeps its words alone. Code stays as it is, and so do addresses and
    links to what the repository does not have, such as the pages that the builder makes.
    """
    pictures: list[Path] = []

    def link(found: re.Match) -> str:
        path, hash_sign, anchor = found["target"].partition("#")
        file = Path(os.path.normpath(source.parent / path))
        if not file.is_file():
            return found[0]
        if found["mark"]:
            pictures.append(file)
            return f"![{found['words']}]({file.name})"
        there = README.get(anchor, "") if file == root / "README.md" else on_site(file, root) + hash_sign + anchor
        page = there.partition("#")[0]
        return f"[{found['words']}]({there})" if page not in ("", source.name) else found["words"]

    parts, end = [], 0
    for fence in _FENCE.finditer(text):
        parts += [_LINK.sub(link, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, _LINK.sub(link, text[end:])]), pictures


def on_site(file: Path, root: Path = ROOT) -> str:
    """Where a file of the repository stands in the site's sources; "" if it has no page there."""
    name = file.relative_to(root).as_posix()
    if name == "notebooks/index.ipynb":
        return "index.md"
    if re.fullmatch(r"notebooks/\d\d_\w+\.ipynb", name):
        return f"lessons/{file.name}"
    return file.name.lower() if file in pages(root).values() else ""
