"""Where a build works, and how the finished site comes to stand in its folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

WORK = Path(__file__).resolve().parents[2] / "build" / "site"


def working(out: Path, work: Path = WORK) -> Path:
    """Return the folder in which the site for `out` is made, empty. It is named after the whole path of `out`.

    Two builds into folders of one name (``a/site``, ``b/site``) do not meet in it. What cannot be written is met here,
    before the work.
    """
    try:
        if out == work or out in work.parents or work in out.parents:
            raise SystemExit(f"`--out` must not hold the builder's own folder {work}, or lie in it. Received: {out}")
        if out.exists() and not (out / "searchindex.js").is_file() and not (out.is_dir() and not any(out.iterdir())):
            raise SystemExit(f"`--out` must be a new or empty folder, or one that holds a site. Received: {out}")
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent):
            pass  # it can be written
        own = work / f"{out.name}-{hashlib.sha256(str(out).encode()).hexdigest()[:8]}"
        if own.exists():
            shutil.rmtree(own)
        own.mkdir(parents=True)
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
