"""What a lesson does before its first line."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


def load_keras() -> None:
    """Import Keras and its backend without the lines that TensorFlow would put, in red, under the cell.

    ``TF_CPP_MIN_LOG_LEVEL`` and ``TF_ENABLE_ONEDNN_OPTS`` are set unless you have set them. They do not silence what
    TensorFlow writes before its log is set up ("Could not find cuda drivers", tensorflow/tensorflow#100442), so the
    process's stderr is closed while the import lasts. An exception passes as always. Does nothing the second time.

    Examples
    --------
    >>> load_keras()
    >>> "keras" in sys.modules
    True
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    if "keras" not in sys.modules:
        with _no_stderr():
            import keras  # noqa: F401


@contextlib.contextmanager
def _no_stderr() -> Iterator[None]:
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
