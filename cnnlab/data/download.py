"""One address → one file, checked, whole or not at all, and never later than promised.

pooch makes the folder, checks the SHA-256 and puts the file in its place. It has no limit for a download as a whole:
the transfer runs in a thread that can be left behind.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from cnnlab.common.errors import DataError, cause

CONNECT_TIMEOUT = 3.0  # seconds for one address of the server; a name may have many
READ_TIMEOUT = 3.0  # seconds without a single byte
PATIENCE = 6.0  # seconds until a download must be on time, or between two chunks of one that has all the time

_CHUNK = 4096  # bytes; small, so that a dripping server shows as no progress
_POLL = 0.05  # seconds


def to_file(
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
    """
    import pooch  # here, as requests below: what is found on the disk needs neither

    transfer, log = _Transfer(size, seconds, progress), pooch.get_logger()
    was, log.disabled = log.disabled, True  # it writes to stderr, with the path of the cache
    try:
        pooch.retrieve(url, checksum or None, path.name, path.parent, downloader=transfer)
    except ValueError:
        raise DataError("the downloaded file has the wrong SHA-256 and was thrown away") from None
    except OSError as error:
        before = error.__context__
        if isinstance(before, (DataError, KeyboardInterrupt)):  # Windows keeps the file that the thread has open
            raise before from None
        raise DataError(f"the folder for it cannot be written ({cause(before or error)})") from None
    finally:
        transfer.cancelled.set()
        log.disabled = was


class _Transfer:
    """A downloader for pooch that keeps its time. Its thread fills it as it would a file, and it counts.

    Timeouts on a socket bound one address and one read; a resolver that hangs, a host with twenty dead addresses or a
    server that drips bytes are bounded only by leaving the thread behind.
    """

    def __init__(self, size: int, seconds: float | None, progress: Callable[[int, int], None] | None) -> None:
        self.size, self.seconds, self.progress = size, seconds, progress
        self.received, self.failure = 0, ""
        self.done, self.cancelled = threading.Event(), threading.Event()

    def __call__(self, url: str, output_file: str, pooch: None) -> None:
        """Fill `output_file`; raise ``DataError`` when that fails or time is up."""
        part = Path(output_file)
        part.unlink()
        part.touch(exist_ok=False)  # anew: pooch's may be read by its owner alone, a classroom's file by everybody
        threading.Thread(target=self._run, args=(url, part), daemon=True, name="cnnlab-download").start()
        self._wait()
        if self.failure:
            raise DataError(self.failure)
        if self.received != self.size:
            raise DataError(f"the download broke off after {self.received:,} of {self.size:,} bytes")
        if self.progress is not None:
            self.progress(self.size, self.size)

    def _wait(self) -> None:
        """Until the thread is done, or too late."""
        since, seen = time.monotonic(), 0
        while not self.done.wait(_POLL):
            now = time.monotonic()
            if self.received > seen:
                seen = self.received
                since = now if self.seconds is None else since
                if self.progress is not None:
                    self.progress(seen, self.size)
            waited, some = now - since, f"{seen:,} of {self.size:,} bytes"
            if self.seconds is None:
                if waited > PATIENCE:
                    raise DataError(f"nothing more arrived for {PATIENCE:g} s ({some})")
            elif waited > min(self.seconds, PATIENCE) and seen / waited * self.seconds < self.size:
                if waited < self.seconds:
                    raise DataError(f"the download is too slow for a lesson ({some} in {waited:.1f} s)")
                raise DataError(f"the download was not complete after {self.seconds:g} s ({some})")

    def _run(self, url: str, part: Path) -> None:
        """The thread: certifi's certificates, proxies and redirects are those of requests, which pooch uses."""
        import pooch
        import requests

        host, limits = urlsplit(url).hostname, (CONNECT_TIMEOUT, READ_TIMEOUT)
        http = pooch.HTTPDownloader(chunk_size=_CHUNK, timeout=limits, headers={"Accept-Encoding": "identity"})
        try:
            with open(part, "wb") as self.file:
                http(url, self, None)
        except DataError as error:
            self.failure = f"{host} {error}"
        except requests.exceptions.HTTPError as error:
            self.failure = f"{host} answered {error.response.status_code} {_printable(error.response.reason)}".rstrip()
        except requests.exceptions.Timeout:
            self.failure = f"{host} did not answer within {max(limits):g} s"
        except requests.exceptions.ChunkedEncodingError:
            pass  # the connection broke off: `received` tells where
        except requests.exceptions.RequestException:
            self.failure = f"{host} stopped answering" if self.received else f"no connection to {host}"
        except OSError as error:
            self.failure = f"the file cannot be saved ({cause(error)})"
        finally:
            self.done.set()

    def write(self, chunk: bytes) -> None:
        """As of a file."""
        self.file.write(chunk)
        self.received += len(chunk)
        if self.received > self.size or self.cancelled.is_set():
            raise DataError(f"sent more than the {self.size:,} bytes expected")

    def flush(self) -> None:
        """As of a file; it is read when it is closed."""


def _printable(words: str | None) -> str:
    """A server's words, shortened and without what would move a terminal's cursor or colour it."""
    return "".join(c if c.isprintable() else "?" for c in (words or "")[:80])
