"""Where a build works, and how the finished site comes to stand in its folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

WORK = Path(__file__).resolve().parents[2] / "build"
KINDS = ("sources", "pages", "doctrees")


def working(out: Path, work: Path = WORK) -> list[Path]:
    """Return the folders in which the site for `out` is made, one of each of `KINDS`, all empty and straight in `work`.

    They are named after the whole path of `out`: builds into ``a/site`` and ``b/site`` do not meet in them. What cannot
    be written is met here, before the work.
    """
    try:
        if out == work or out in work.parents:
            raise SystemExit(f"`--out` must not hold {work}, in which the builder works. Received: {out}")
        if out.exists() and not (out / "searchindex.js").is_file() and not (out.is_dir() and not any(out.iterdir())):
            raise SystemExit(f"`--out` must be a new or empty folder, or one that holds a site. Received: {out}")
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent):
            pass  # it can be written
        name = f"{out.name}-{hashlib.sha256(str(out).encode()).hexdigest()[:8]}"
        own = [work / f"{name}-{kind}" for kind in KINDS]
        for folder in own:
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(parents=True)
    except OSError as error:
        raise SystemExit(f"`--out` must be a folder that can be written. Received: {out} ({error})") from None
    return own


def put(made: Path, out: Path) -> None:
    """Move the finished site to `out`. What stands there is set aside first, and comes back where the move fails."""
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent, ignore_cleanup_errors=True) as aside:
        old = Path(aside) / "old"
        if out.exists():
            os.replace(out, old)
        try:
            shutil.move(made, out)
        except BaseException:
            shutil.rmtree(out, ignore_errors=True)
            if old.exists():
                os.replace(old, out)
            raise
