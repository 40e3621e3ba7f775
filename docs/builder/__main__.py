"""Build the course's site: ``python docs/builder [NN …] [--out site] [--no-explorers]``.

Sources are laid out in ``build/``, the explorers of the lessons are rendered state by state, and Sphinx makes the
pages. Nothing is fetched and no notebook is run. A warning of Sphinx is an error.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

COURSE = Path(__file__).resolve().parents[2]


def build(words: Sequence[str], out: Path, explorers: bool) -> int:
    """Build the site into `out`, with the lessons that `words` name, and return Sphinx's exit status."""
    import explorer_pages
    import lesson_pages
    import site_parts
    import written_pages
    from sphinx.cmd.build import build_main

    source = COURSE / "build" / out.name
    shutil.rmtree(source, ignore_errors=True)
    written_pages.lay_out(source)
    site_parts.write(source, COURSE)
    lessons = lesson_pages.chosen(words, COURSE)
    made = explorer_pages.export(lessons, source) if explorers else {}
    (source / "_extra").mkdir()
    lesson_pages.write(lessons, made, source, COURSE)
    explorer_pages.write_gallery(made, source)
    for name in ("api_pages", "glossary_page"):
        if importlib.util.find_spec(name):
            importlib.import_module(name).write(source)
    site_parts.write_contents(source)
    shutil.rmtree(out, ignore_errors=True)
    workers = str(os.cpu_count() or 1)
    where = [str(source), str(out)]
    doctrees = str(source.with_name(f"{source.name}-doctrees"))
    shutil.rmtree(doctrees, ignore_errors=True)
    return build_main(["-b", "html", "-c", str(Path(__file__).parent), "-d", doctrees, "-j", workers, "-q",
                       "-W", "--keep-going", "-D", f"html_extra_path={source / '_extra'}", *where])  # fmt: skip


def main() -> int:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(prog="docs/builder", description=__doc__.partition("\n")[0])
    parser.add_argument("lessons", nargs="*", metavar="NN", help="only these lessons; the others are stubs")
    parser.add_argument("--out", type=Path, default=COURSE / "site", help="the folder to write; it is replaced")
    parser.add_argument("--no-explorers", action="store_true", help="still pictures only, which is quicker")
    given = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    return build(given.lessons, given.out.resolve(), not given.no_explorers)


if __name__ == "__main__":
    sys.exit(main())
