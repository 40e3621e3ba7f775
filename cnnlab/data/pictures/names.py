"""What the members of an archive are called: in which encoding, and whether every system can hold the name."""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Iterable, Iterator

LONGEST = 200  # bytes of one name; file systems take 255, and the unfinished folder has a longer one
_WINDOWS = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", *(p + n for p in ("COM", "LPT") for n in "123456789¹²³")}
_SYSTEM = {"__macosx", "thumbs.db", "desktop.ini"}
_UNICODE_PATH = 0x7075
_ENCODINGS = ("cp949", "cp932", "gbk", "cp437")  # of names made on Korean, Japanese, Chinese and western Windows


def check_encoding(encoding: object) -> None:
    """Refuse what Python does not know as an encoding of text; None is allowed."""
    try:
        known = encoding is None or (isinstance(encoding, str) and bool("x".encode(encoding)))
    except (LookupError, ValueError):
        known = False
    if not known:
        raise ValueError(f"`encoding` must be None or an encoding such as 'cp949' or 'gbk'. Received: {encoding!r}")


def unicode_path(extra: bytes, raw: bytes) -> Iterator[str]:
    """The name in the field that Info-ZIP and 7-Zip write beside an old one, if it is for this old one."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<2H", extra)
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and field[:5] == struct.pack("<BL", 1, zlib.crc32(raw)):
            yield from (text for _, text in decoded(field[5:], "utf-8") if text)


def readings(raw: bytes) -> str:
    """How a name reads in each of the usual encodings that it could be in."""
    return ", ".join(f"encoding={way!r} reads {shown(text)}" for way, text in decoded(raw, *_ENCODINGS))


def decoded(raw: bytes, *encodings: str) -> Iterator[tuple[str, str]]:
    """The encodings in which bytes are text, each with the text."""
    for encoding in encodings:
        with contextlib.suppress(UnicodeError):
            yield encoding, raw.decode(encoding)


def unportable(name: str) -> str:
    """Why some system cannot hold a file or a folder of this name; empty if all can.

    >>> unportable("con.jpg"), unportable("cat.jpg")
    ("'con.jpg' is reserved on Windows", '')
    """
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST:
        return f"a name of more than {LONGEST} bytes"
    if name.split(".")[0].strip().upper() in _WINDOWS:
        return f"{name!r} is reserved on Windows"
    if name != name.rstrip(". ") or any(c in '<>:"|?*' or not c.isprintable() for c in name):
        return f"Windows cannot hold the name {shown(name)}"
    return ""


def hidden(parts: Iterable[str]) -> bool:
    """Whether a path, given in parts, is one that a system keeps for itself.

    >>> hidden(("cats", ".DS_Store")), hidden(("__MACOSX", "1.jpg")), hidden(("cats", "1.jpg"))
    (True, True, False)
    """
    return any(part.startswith(".") or part.lower() in _SYSTEM for part in parts)


def shown(name: str) -> str:
    """A stranger's text, made fit to print: control characters escaped, at most 80 characters."""
    return repr(name if len(name) <= 80 else name[:77] + "...")
