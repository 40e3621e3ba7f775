"""Build the course's site: ``python docs/builder [LESSON …] [--out site] [--no-explorers]``.

Sources are laid out in ``build/``, in folders of their own for each ``--out``. The explorers of the lessons are
rendered state by state, and Sphinx makes the pages. Nothing is fetched and no notebook is run. A warning of Sphinx is
an error.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

COURSE = Path(__file__).resolve().parents[2]
_FAILED = 2  # Sphinx gives 1 where it has only warned


def build(words: Sequence[str], out: Path, explorers: bool) -> int:
    """Build the site into `out`, with the lessons that `words` name, and return Sphinx's exit status."""
    import api_pages
    import explorer_pages
    import folders
    import glossary_page
    import lesson_pages
    import site_parts
    import written_pages
    from sphinx.cmd.build import build_main

    from cnnlab.course.lessons import find_lessons
    from cnnlab.course.startup import load_keras

    lessons = find_lessons(words, COURSE)
    own = source, made, doctrees = folders.working(out)
    written_pages.lay_out(source)
    site_parts.write(source, COURSE)
    moving = explorer_pages.export(lessons, source, COURSE) if explorers else explorer_pages.Moving()
    lesson_pages.write(lessons, moving, source, COURSE)
    explorer_pages.write_gallery(moving, source)
    load_keras()  # once and quietly, before Sphinx' processes: what the reference describes imports it
    api_pages.write(source)
    glossary_page.write(source)
    site_parts.write_contents(source)
    status = _FAILED
    try:
        status = build_main(["-b", "html", "-c", str(Path(__file__).parent), "-d", str(doctrees),
                             "-D", f"html_extra_path={source / lesson_pages.EXTRA}", "-j", str(os.cpu_count() or 1),
                             "-q", "-W", "--keep-going", str(source), str(made)])  # fmt: skip
    finally:
        if status == _FAILED:
            for worker in multiprocessing.active_children():  # they wait for a reader that is gone, Python for them
                worker.kill()
    if status == _FAILED:
        sys.stderr.write(f"No site was made; {out} is as it was. Its sources lie in {source}.\n")
        return status
    try:
        folders.put(made, out)  # with a warning, too, there is something to look at
    except OSError as error:
        raise SystemExit(f"The site is made, but cannot be moved to {out}: {error}. It lies in {made}.") from None
    for folder in own:
        shutil.rmtree(folder, ignore_errors=True)
    return status


def main() -> int:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(prog="docs/builder", description=__doc__.partition("\n")[0])
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="only these lessons; the others are stubs")
    parser.add_argument("--out", type=Path, default=COURSE / "site", help="the folder to write; it is replaced")
    parser.add_argument("--no-explorers", action="store_true", help="still pictures only, which is quicker")
    given = parser.parse_args()
    # An end from outside, too, goes through every `finally`: no process of Sphinx is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    from cnnlab.course.lessons import CourseError

    try:
        return build(given.lessons, given.out.resolve(), not given.no_explorers)
    except CourseError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
