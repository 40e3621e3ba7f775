"""One address → one file, checked, whole or not at all, and never later than promised."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from cnnlab.common.errors import DataError, cause
from cnnlab.common.files import sha256, whole_file

CONNECT_TIMEOUT = 3.0  # seconds for one address of the server; a name may have many
READ_TIMEOUT = 3.0  # seconds without a single byte
PATIENCE = 6.0  # seconds until a download must be on time, or between two chunks of one that has all the time

_CHUNK = 4096  # bytes; small, so that a dripping server shows as no progress
_POLL = 0.05  # seconds


def download(
    url: str,
    path: Path,
    checksum: str,
    size: int,
    *,
    seconds: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Download `url` to `path`; the file appears there complete and checked, or not at all.

    Parameters
    ----------
    url : http or https address
    path : where the file goes; its folder is made when missing
    checksum : SHA-256 the file must have, 64 hexadecimal digits; empty where none is known
    size : its size in bytes; a longer answer is cut off
    seconds : that the whole download has; after ``PATIENCE`` of them it is given up if it goes on too slowly for that.
        None lets it take as long as it likes, provided that no ``PATIENCE`` seconds pass without a chunk of 4,096 bytes
    progress : called in the caller's thread with (bytes so far, `size`)

    Raises
    ------
    DataError
        With the bare reason, free of machine paths: the caller knows what was wanted.

    Notes
    -----
    A worker thread does the transfer. Timeouts on a socket bound one address and one read; a resolver that hangs, a
    host with twenty dead addresses or a server that drips bytes are bounded only by leaving the worker behind.
    """
    with whole_file(path) as part:
        transfer = _Transfer(url, part, size)
        try:
            _wait(transfer, seconds, progress)
        finally:
            transfer.cancelled.set()
        if checksum and sha256(part) != checksum:
            raise DataError("the downloaded file has the wrong SHA-256 and was thrown away")


def _wait(transfer: _Transfer, seconds: float | None, progress: Callable[[int, int], None] | None) -> None:
    """Start `transfer` and return when it is complete; raise ``DataError`` when it fails or time is up."""
    size = transfer.size
    threading.Thread(target=transfer.run, daemon=True, name="cnnlab-download").start()
    since, seen = time.monotonic(), 0
    while not transfer.done.wait(_POLL):
        now = time.monotonic()
        if transfer.received > seen:
            seen = transfer.received
            since = now if seconds is None else since
            if progress is not None:
                progress(seen, size)
        waited = now - since
        if seconds is None and waited > PATIENCE:
            raise DataError(f"nothing more arrived for {PATIENCE:g} s ({seen:,} of {size:,} bytes)")
        if seconds is not None and waited > min(seconds, PATIENCE) and seen / waited * seconds < size:
            some = f"{seen:,} of {size:,} bytes"
            if waited < seconds:
                raise DataError(f"the download is too slow for a lesson ({some} in {waited:.1f} s)")
            raise DataError(f"the download was not complete after {seconds:g} s ({some})")
    if transfer.failure:
        raise DataError(transfer.failure)
    if transfer.received != size:
        raise DataError(f"the download broke off after {transfer.received:,} of {size:,} bytes")
    if progress is not None:
        progress(size, size)


class _Transfer:
    """The worker's side: fill a file from an address until it is done, fails or is cancelled."""

    def __init__(self, url: str, part: Path, size: int) -> None:
        self.url, self.part, self.size = url, part, size
        self.received = 0
        self.failure = ""
        self.done, self.cancelled = threading.Event(), threading.Event()

    def run(self) -> None:
        import requests  # certifi's certificates, proxies and redirects in one

        host, answered = urlsplit(self.url).hostname, False
        try:
            with (
                open(self.part, "wb") as file,
                requests.get(
                    self.url,
                    stream=True,
                    timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                    headers={"Accept-Encoding": "identity"},
                ) as answer,
            ):
                answered = True
                if answer.status_code != requests.codes.ok:
                    self.failure = f"{host} answered {answer.status_code} {_printable(answer.reason)}".rstrip()
                    return
                for chunk in answer.iter_content(_CHUNK):
                    file.write(chunk)
                    self.received += len(chunk)
                    if self.received > self.size:
                        self.failure = f"{host} sent more than the {self.size:,} bytes expected"
                    if self.failure or self.cancelled.is_set():
                        return
        except requests.exceptions.Timeout:
            self.failure = f"{host} did not answer within {max(CONNECT_TIMEOUT, READ_TIMEOUT):g} s"
        except requests.exceptions.ChunkedEncodingError:
            pass  # the connection broke off: `received` tells where
        except requests.exceptions.RequestException:
            self.failure = f"{host} stopped answering" if answered else f"no connection to {host}"
        except OSError as error:
            self.failure = f"the file cannot be saved ({cause(error)})"
        finally:
            self.done.set()


def _printable(words: str | None) -> str:
    """A server's words, shortened and without what would move a terminal's cursor or colour it."""
    return "".join(c if c.isprintable() else "?" for c in (words or "")[:80])
