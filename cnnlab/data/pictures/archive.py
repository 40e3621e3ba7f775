"""A zip of pictures from a stranger → a folder: everything in it is checked before anything is written.

What could do harm refuses the whole archive: paths that lead elsewhere, links, bombs, encryption, damage. What is only
awkward is left out and reported, one file at a time: system files, archives within the archive, names that another
system cannot hold. The folder appears complete or not at all.
"""

from __future__ import annotations

import errno
import lzma
import os
import re
import secrets
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cnnlab.common.errors import DataError, FileNote, cause
from cnnlab.common.validate import check_int
from cnnlab.data.pictures.names import (
    LONGEST,
    check_encoding,
    decoded,
    hidden,
    readings,
    shown,
    unicode_path,
    unportable,
)

MAX_FILES = 20_000
MAX_BYTES = 1 << 30  # of all members together, unpacked
MAX_RATIO = 200  # unpacked : packed, of a member above `_SMALL`

_SMALL = 1 << 20  # bytes; a plain white BMP may well pack a thousandfold, but no bomb is this small
_CHUNK = 1 << 16
_LISTED = 512  # bytes a member may take in the table of contents, on the average
_END = struct.Struct("<4s4H2LH")  # end of central directory: signature, 4 counts, size, offset, comment length
_LOCATOR = 20  # bytes before it that lead to a Zip64 record, whose numbers zipfile would believe instead
_DEEPEST = 30  # folders in one another
MERGED = "its files are in "  # begins the note of a folder that another spelling has been merged with
SPELLING = "is spelt in an unknown encoding: "  # begins the note of a file that is there, under a doubtful name
_UTF8 = 0x800  # the flag of a name in UTF-8
# bzip2 and LZMA unpack a few hundred bytes into gigabytes at one call: their readers take no limit.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")

# What zipfile and its decompressors raise on an archive with flipped, missing or added bytes.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError, struct.error, OverflowError,
    MemoryError,
)  # fmt: skip
_NOT_THE_DISK = (None, errno.EINVAL)  # an OSError of bz2 has no number; EINVAL is a jump to before the file's start


class ArchiveError(DataError):
    """An archive that is not unpacked, and why. Nothing of it was written."""


def unpack(
    archive: str | os.PathLike,
    folder: str | os.PathLike,
    *,
    max_files: int = MAX_FILES,
    max_bytes: int = MAX_BYTES,
    max_ratio: int = MAX_RATIO,
    encoding: str | None = None,
    leave_out: Callable[[str, int], str] = lambda name, size: "",
) -> tuple[FileNote, ...]:
    """Unpack a zip archive into a new folder, after every name and size in it has been checked.

    Parameters
    ----------
    archive : the zip file
    folder : folder to make. It is filled under another name beside it and renamed at the end, so that it is there
        whole or not at all
    max_files : members the archive may have, folders included, and folders that it may take to hold them
    max_bytes : bytes they may have together when unpacked
    max_ratio : how many times larger than its packed form a member of more than 1 MiB may be
    encoding
        of names that do not say that they are UTF-8, such as ``"cp949"`` (Korean), ``"cp932"`` (Japanese) or ``"gbk"``
        (Chinese). None takes them for UTF-8 where they can be that, and else for ``"cp437"``, as the standard has it,
        and says so
    leave_out
        called with the name of each harmless file and its bytes when unpacked; returns why it stays in the archive, or
        nothing. What stays is not counted against `max_bytes` and `max_ratio`

    Returns
    -------
    tuple of FileNote
        What was left out and why, in the archive's order. Of two names that differ only in upper and lower case the
        first is kept; a folder that comes back so is the same folder, and that is reported. So is a file whose name may
        be spelt wrongly.

    Raises
    ------
    ArchiveError
        If the archive could do harm or is damaged: a member with an absolute path, a drive letter or ``..``, a link, an
        encrypted member, one that is neither stored nor deflated, too many or too large ones, a wrong checksum. The
        message names the member. So does a folder whose name cannot be read without `encoding`.
    DataError
        If `folder` exists already or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as here:
    ...     with zipfile.ZipFile(Path(here, "pets.zip"), "w") as file:
    ...         file.writestr("cats/1.txt", "miaow")
    ...         file.writestr("cats/.DS_Store", "")
    ...     left_out = unpack(Path(here, "pets.zip"), Path(here, "pets"))
    ...     Path(here, "pets", "cats", "1.txt").read_text(), left_out[0].file
    ('miaow', 'cats/.DS_Store')
    """
    check_int(max_files, "max_files", minimum=1)
    check_int(max_bytes, "max_bytes", minimum=1)
    check_int(max_ratio, "max_ratio", minimum=1)
    check_encoding(encoding)
    archive, folder = Path(archive), Path(folder)
    if os.path.lexists(folder):
        raise DataError(f"the folder {folder.name} exists already: remove it, or unpack to another one")
    unfinished = folder.with_name(f".{folder.name[:LONGEST]}.{secrets.token_hex(4)}.part")
    try:
        _check_table(archive, max_files, max_bytes)
        with zipfile.ZipFile(archive) as file:
            members = file.infolist()
            if len(members) > max_files:  # the end record may have said less
                raise ArchiveError(f"it has {len(members):,} members, and {max_files:,} are allowed")
            wanted, folders, skipped = _plan(_named(members, encoding), leave_out)
            if len(folders) > max_files:
                raise ArchiveError(f"it has {len(folders):,} folders, and {max_files:,} are allowed")
            _check_sizes([info for info, _ in wanted], max_bytes, max_ratio)
            unfinished.mkdir()
            for path in folders:
                unfinished.joinpath(*path).mkdir(parents=True, exist_ok=True)
            for info, path in wanted:
                _write(file, info, unfinished.joinpath(*path))
        unfinished.rename(folder)
    except ArchiveError as error:
        raise ArchiveError(f"{archive.name} was not unpacked: {error}") from None
    except _DAMAGED as error:
        raise ArchiveError(f"{archive.name} was not unpacked: it is damaged ({error})") from None
    except OSError as error:
        if error.errno in _NOT_THE_DISK:
            raise ArchiveError(f"{archive.name} was not unpacked: it is damaged ({error})") from None
        raise DataError(f"{archive.name} was not unpacked: {cause(error)}") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return tuple(skipped)


def _check_table(archive: Path, max_files: int, max_bytes: int) -> None:
    """Bound the table of contents before zipfile makes an object of each of its rows."""
    size = archive.stat().st_size
    if not size:
        raise ArchiveError("it is empty (0 bytes)")
    if size > max_bytes:
        raise ArchiveError(f"it has {size:,} bytes, and {max_bytes:,} are allowed")
    with open(archive, "rb") as file:
        start = file.read(4)
        file.seek(max(0, size - _LOCATOR - _END.size - (1 << 16)))  # the comment at the end has 65,535 bytes at most
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        broken = start.startswith(b"PK")
        raise ArchiveError("it breaks off before its table of contents" if broken else "it is not a zip archive")
    if tail[max(at - _LOCATOR, 0) : at].startswith(b"PK\x06\x07"):
        raise ArchiveError("it is a Zip64 archive, made for 65,535 members or 4 GB and more: unpack it yourself")
    _, _, _, _, members, table, _, _ = _END.unpack_from(tail, at)
    if members > max_files or members == 0xFFFF:  # 0xFFFF: the true number is in a Zip64 record
        count = "65,535 or more" if members == 0xFFFF else f"{members:,}"
        raise ArchiveError(f"it has {count} members, and {max_files:,} are allowed")
    if table > max_files * _LISTED:
        raise ArchiveError(f"its table of contents has {table:,} bytes, too many for {max_files:,} members")


def _named(members: list[zipfile.ZipInfo], encoding: str | None) -> Iterator[tuple[zipfile.ZipInfo, str, str]]:
    """Each member, its name, and what there is to say of how the name was read."""
    for info in members:
        name = info.orig_filename
        if info.flag_bits & _UTF8 or name.isascii():
            yield info, name, ""
            continue
        raw = name.encode("cp437")  # zipfile took it for that, which has a letter for every byte
        texts = [text for _, text in decoded(raw, *([encoding] if encoding else []), "utf-8")]
        if texts := [*unicode_path(info.extra, raw), *texts]:
            yield info, texts[0], ""
        elif encoding:
            raise ArchiveError(f"the name of its member {shown(name)} is not {encoding}: {readings(raw)}")
        else:
            yield info, name, f"{SPELLING}{readings(raw)}"


def _plan(
    members: Iterable[tuple[zipfile.ZipInfo, str, str]],
    leave_out: Callable[[str, int], str],
) -> tuple[list[tuple[zipfile.ZipInfo, tuple[str, ...]]], list[tuple[str, ...]], list[FileNote]]:
    """Decide for every member: written, and where to; or left out, and why. Lists all folders that it takes."""
    wanted, skipped, merged = [], [], {}
    files: set[tuple[str, ...]] = set()  # as keys: what a file system that ignores case takes for one
    spelling: dict[tuple[str, ...], tuple[str, ...]] = {(): ()}  # key of a folder → how it was written first
    for info, written, doubt in members:
        parts, is_folder = _safe_parts(info, written)
        name = "/".join(parts)
        reason = _awkward(parts, info) or ("" if is_folder else leave_out(name, info.file_size))
        keys = tuple(unicodedata.normalize("NFC", part).casefold() for part in parts)
        above = len(keys) if is_folder else len(keys) - 1
        if not reason and any(keys[:n] in files for n in range(1, above + 1)):
            reason = "its folder has the name of a file"
        if not reason and not is_folder and (keys in files or keys in spelling):
            reason = "another member has this name" + ("" if keys in files else ", as a folder")
        if reason:
            skipped.append(FileNote(name or info.filename, reason))
            continue
        if doubt and not all(map(str.isascii, parts[:above])):
            raise ArchiveError(f"the folder of its member {shown(name)} {doubt}")
        if doubt:
            skipped.append(FileNote(name, doubt))
        for n in range(1, above + 1):
            first = spelling.setdefault(keys[:n], (*spelling[keys[: n - 1]], parts[n - 1]))[-1]
            other = parts[n - 1]
            if unicodedata.normalize("NFC", first) != unicodedata.normalize("NFC", other):  # the same letters are one
                merged["/".join(parts[:n])] = f"{MERGED}{first}, which differs only in upper and lower case"
        if not is_folder:
            files.add(keys)
            wanted.append((info, (*spelling[keys[:-1]], parts[-1])))
    skipped += [FileNote(name, reason) for name, reason in merged.items()]
    return wanted, [path for path in spelling.values() if path], skipped


def _safe_parts(info: zipfile.ZipInfo, written: str) -> tuple[tuple[str, ...], bool]:
    """The parts of a member's path, and whether it is a folder; refuses whatever could leave the target or is no file.

    Some programs for Windows write backslashes, so both count as separators, on every system.
    """
    name = written.replace("\\", "/")
    member = f"its member {shown(written)}"
    if "\0" in written:
        raise ArchiveError(f"{member} has a zero byte in its name")
    if name.startswith("/"):
        raise ArchiveError(f"{member} has an absolute path")
    if re.match("[A-Za-z]:", name):
        raise ArchiveError(f"{member} names a drive")
    if ".." in (part.strip() for part in name.split("/")):
        raise ArchiveError(f"{member} leads out of the folder")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise ArchiveError(f"{member} is a link")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError(f"{member} is a device, not a file")
    if info.flag_bits & 0x41:  # bit 0: encrypted; bit 6: strongly so
        raise ArchiveError(f"{member} is encrypted: unpack it yourself, with the password, and name the folder")
    if info.compress_type not in _METHODS:
        raise ArchiveError(f"{member} is packed in a way that is not read here: pack it again, as an ordinary zip")
    return tuple(part for part in name.split("/") if part not in ("", ".")), name.endswith("/")


def _awkward(parts: tuple[str, ...], info: zipfile.ZipInfo) -> str:
    """Why a harmless member is left out all the same; empty if it is not."""
    if not parts:
        return "it has no name"
    if hidden(parts):
        return "a hidden or system file"
    if parts[-1].lower().endswith(_ARCHIVES) and not info.is_dir():
        return "an archive within the archive: unpack it yourself"
    if len(parts) > _DEEPEST:
        return f"more than {_DEEPEST} folders deep"
    return next(filter(None, map(unportable, parts)), "")


def _check_sizes(members: list[zipfile.ZipInfo], max_bytes: int, max_ratio: int) -> None:
    """Refuse bombs by what the archive declares; `_write` holds every member to its declaration."""
    total = sum(info.file_size for info in members)
    if total > max_bytes:
        raise ArchiveError(f"unpacked it would have {total:,} bytes, and {max_bytes:,} are allowed")
    for info in members:
        if info.file_size > _SMALL and info.file_size > max_ratio * info.compress_size:
            ratio = info.file_size // max(info.compress_size, 1)
            raise ArchiveError(
                f"its member {shown(info.filename)} is packed {ratio:,} to 1 ({info.file_size:,} bytes in "
                f"{info.compress_size:,}), and {max_ratio} to 1 is allowed: no photograph packs like that"
            )


def _write(file: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    try:
        with file.open(info) as packed, open(target, "xb") as unpacked:
            while block := packed.read(_CHUNK):
                size += len(block)
                if size > info.file_size:
                    break
                unpacked.write(block)
    except _DAMAGED as error:
        raise ArchiveError(f"its member {shown(info.filename)} is damaged ({error})") from None
    if size != info.file_size:
        raise ArchiveError(f"its member {shown(info.filename)} has not the {info.file_size:,} bytes it should have")
