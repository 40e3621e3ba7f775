"""Libraries that write past Python: what C++ sends to the process's stderr, which a notebook shows in red."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def no_stderr() -> Iterator[None]:
    """Send file descriptor 2, to which C++ writes past ``sys.stderr``, to nowhere."""
    try:
        kept = os.dup(2)
    except OSError:  # a process without one, such as a kernel under pythonw
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
