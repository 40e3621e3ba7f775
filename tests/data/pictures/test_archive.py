"""Hostile, broken and awkward archives: none escapes its folder, none crashes, each has its message."""

from __future__ import annotations

import io
import stat
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from cnnlab.common.errors import DataError, FileNote
from cnnlab.data.pictures import archive
from cnnlab.data.pictures.archive import ArchiveError, unpack

GOOD = [("cats/1.jpg", b"a cat"), ("dogs/1.jpg", b"a dog")]


def member(name: str, mode: int = 0, **changes: object) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x")
    info.filename = info.orig_filename = name  # as it stands: the constructor would tidy it
    info.external_attr = mode << 16
    for key, value in changes.items():
        setattr(info, key, value)
    return info


def packed(*entries: tuple[object, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, content in entries:
            file.writestr(name, content, compress_type=compression)
    return buffer.getvalue()


def renamed(old: bytes, new: bytes) -> bytes:
    """A good archive with a name changed in its bytes: what no honest program writes."""
    assert len(old) == len(new)
    data = packed((old.decode(), b"hello"), *GOOD)
    assert data.count(old) == 2  # before the member, and in the table of contents
    return data.replace(old, new)


def flagged(bit: int) -> bytes:
    """A good archive whose first member claims something in its flags."""
    data = bytearray(packed(*GOOD))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= bit
    return bytes(data)


def method(number: int) -> bytes:
    data = bytearray(packed(*GOOD))
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", data, data.index(signature) + offset, number)
    return bytes(data)


def lying_size(size: int) -> bytes:
    """The first member declares another size than it unpacks to."""
    data = bytearray(packed(("cats/1.jpg", bytes(5000)), GOOD[1]))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.index(signature) + offset, size)
    return bytes(data)


def damaged(offset_from: bytes, shift: int) -> bytes:
    data = bytearray(packed(*GOOD, compression=zipfile.ZIP_STORED))
    data[data.index(offset_from) + shift] ^= 0xFF
    return bytes(data)


def claims_members(number: int) -> bytes:
    data = bytearray(packed(*GOOD))
    struct.pack_into("<H", data, data.index(b"PK\x05\x06") + 10, number)
    return bytes(data)


def claims_table(size: int) -> bytes:
    data = bytearray(packed(*GOOD))
    struct.pack_into("<L", data, data.index(b"PK\x05\x06") + 12, size)
    return bytes(data)


def zip64(*entries: tuple[object, bytes]) -> bytes:
    """An archive whose end record speaks of one member and a short table; zipfile reads the Zip64 record before it."""
    data = packed(*entries)
    at = data.index(b"PK\x05\x06")
    members, table, offset = struct.unpack_from("<10xH2L", data, at)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, members, members, table, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 50, 0, 0)
    return data[:at] + record + locator + end


def claims_one(*entries: tuple[object, bytes]) -> bytes:
    data = bytearray(packed(*entries))
    struct.pack_into("<2H", data, data.index(b"PK\x05\x06") + 8, 1, 1)
    return bytes(data)


REFUSED = {
    "absolute path": (packed((member("/etc/cron.d/evil"), b"x")), "'/etc/cron.d/evil' has an absolute path"),
    "absolute path, backslashes": (packed((member("\\evil.exe"), b"x")), "has an absolute path"),
    "network share": (packed((member("\\\\server\\share\\evil"), b"x")), "has an absolute path"),
    "parent path": (packed((member("../evil.txt"), b"x")), "'../evil.txt' leads out of the folder"),
    "parent path inside": (packed((member("cats/../../evil.txt"), b"x")), "leads out of the folder"),
    "parent path, backslashes": (packed((member("cats\\..\\..\\evil.txt"), b"x")), "leads out of the folder"),
    "parent path that stays inside": (packed((member("cats/../dogs/1.jpg"), b"x")), "leads out of the folder"),
    "parent path with a space": (packed((member("cats/.. /evil.txt"), b"x")), "leads out of the folder"),
    "parent folder": (packed((member("../evil/"), b"")), "leads out of the folder"),
    "drive letter": (packed((member("C:/evil.txt"), b"x")), "names a drive"),
    "drive letter, no slash": (packed((member("c:evil.txt"), b"x")), "names a drive"),
    "zero byte": (renamed(b"cats/a.jpg__.txt", b"cats/a.jpg\0\0.txt"), "zero byte in its name"),
    "symbolic link": (packed((member("cats/link", stat.S_IFLNK | 0o777), b"/etc/passwd")), "is a link"),
    "link as a folder": (packed((member("cats/", stat.S_IFLNK | 0o777), b"/tmp")), "is a link"),
    "device": (packed((member("cats/disk", stat.S_IFBLK | 0o666), b"")), "is a device"),
    "named pipe": (packed((member("cats/pipe", stat.S_IFIFO | 0o666), b"")), "is a device"),
    "encrypted": (flagged(0x01), "is encrypted: unpack it yourself"),
    "strongly encrypted": (flagged(0x40), "is encrypted"),
    "packed too well": (packed(("bomb.bmp", bytes(3 << 20))), "to 1 is allowed: no photograph packs like that"),
    "declares less than it holds": (lying_size(50), "is damaged"),
    "declares more than it holds": (lying_size(5001), "has not the 5,001 bytes it should have"),
    "wrong checksum": (damaged(b"a cat", 2), "'cats/1.jpg' is damaged (Bad CRC-32"),
    "wrong local header": (damaged(b"PK\x03\x04", 1), "is damaged"),
    "wrong table": (damaged(b"PK\x01\x02", 1), "it is damaged"),
    "unknown compression": (method(97), "'cats/1.jpg' is packed in a way that is not read here: pack it again"),
    "deflated, but is not": (method(12), "is packed in a way that is not read here"),
    "bzip2": (packed(*GOOD, compression=zipfile.ZIP_BZIP2), "is packed in a way that is not read here"),
    "LZMA": (packed(*GOOD, compression=zipfile.ZIP_LZMA), "is packed in a way that is not read here"),
    "cut short": (packed(*GOOD)[:-30], "it breaks off before its table of contents"),
    "cut in the middle": (packed(*GOOD)[:40], "it breaks off before its table of contents"),
    "tail only": (packed(*GOOD)[60:], "it is damaged"),
    "zero bytes": (b"", "it is empty (0 bytes)"),
    "not a zip": (b"GIF89a" + bytes(100), "it is not a zip archive"),
    "another archive": (b"Rar!\x1a\x07\x00" + bytes(100), "it is not a zip archive"),
    "claims many members": (claims_members(0xFFFF), "65,535 or more members"),
    "claims more than allowed": (claims_members(30_000), "it has 30,000 members, and 20,000 are allowed"),
    "Zip64": (zip64(*((f"{n}/", b"") for n in range(1000))), "it is a Zip64 archive"),
    "Zip64 before a long comment": (
        zip64(*GOOD)[:-2] + b"\xff\xff" + bytes(0xFFFF),
        "it is a Zip64 archive",
    ),
    "claims a huge table": (claims_table(0x7FFFFFFF), "its table of contents has 2,147,483,647 bytes"),
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize("case", REFUSED)
def test_a_harmful_archive_is_refused_and_nothing_is_left(here, case):
    data, says = REFUSED[case]
    (here / "pets.zip").write_bytes(data)
    with pytest.raises(ArchiveError) as caught:
        unpack(here / "pets.zip", here / "pets")
    assert str(caught.value).startswith("pets.zip was not unpacked: ")
    assert says in str(caught.value)
    assert str(here) not in str(caught.value), "a machine path"
    assert everything(here.parent) == {"here", "here/pets.zip"}


AWKWARD = {
    "macOS": ("__MACOSX/cats/._1.jpg", "a hidden or system file"),
    "finder": ("cats/.DS_Store", "a hidden or system file"),
    "explorer": ("dogs/Thumbs.db", "a hidden or system file"),
    "hidden folder": (".git/config", "a hidden or system file"),
    "nested": ("more.ZIP", "an archive within the archive"),
    "nested tar": ("cats/more.tar.gz", "an archive within the archive"),
    "same name": ("cats/1.jpg", "another member has this name"),
    "other case": ("Cats/1.JPG", "another member has this name"),
    "file as folder": ("cats/1.jpg/2.jpg", "its folder has the name of a file"),
    "folder as file": ("cats", "another member has this name, as a folder"),
    "reserved": ("cats/con.jpg", "'con.jpg' is reserved on Windows"),
    "reserved, with a small digit": ("cats/COM¹.jpg", "'COM¹.jpg' is reserved on Windows"),
    "reserved, the console": ("cats/CONIN$", "'CONIN$' is reserved on Windows"),
    "reserved, the screen": ("cats/conout$.txt", "'conout$.txt' is reserved on Windows"),
    "reserved folder": ("AUX/1.jpg", "'AUX' is reserved on Windows"),
    "trailing dot": ("cats/1.jpg.", "Windows cannot hold the name"),
    "trailing space": ("cats /1.jpg", "Windows cannot hold the name"),
    "stream": ("cats/1.jpg:hidden", "Windows cannot hold the name"),
    "question mark": ("cats/what?.jpg", "Windows cannot hold the name"),
    "line break": ("cats/a\nb.jpg", "Windows cannot hold the name"),
    "right to left": ("cats/\u202egpj.exe", "Windows cannot hold the name"),
    "long": (f"cats/{'x' * 300}.jpg", "a name of more than 200 bytes"),
    "no name": ("./", "it has no name"),
    "deep": ("a/" * 16_000 + "1.jpg", "more than 30 folders deep"),
}


@pytest.mark.parametrize("case", AWKWARD)
def test_an_awkward_member_is_left_out_and_reported(here, case):
    name, says = AWKWARD[case]
    data = packed(*GOOD, (member(name), b"more"))
    (here / "pets.zip").write_bytes(data)
    skipped = unpack(here / "pets.zip", here / "pets")
    assert len(skipped) == 1
    assert says in skipped[0].reason
    assert everything(here / "pets") == {"cats", "dogs", "cats/1.jpg", "dogs/1.jpg"}
    assert (here / "pets/cats/1.jpg").read_bytes() == b"a cat"
    assert everything(here) == {"pets.zip", "pets", *(f"pets/{n}" for n in everything(here / "pets"))}


def test_what_is_good_arrives(here):
    script = member("cats/run.sh", stat.S_IFREG | 0o4777)  # whose permissions mean nothing
    names = ("cats/", "./cats/1.jpg", "CATS/2.jpg", "dogs\\a\\3.jpg", "empty/")
    white = ("cats/white.bmp", bytes(900_000))  # packs a thousandfold, and is no bomb
    entries = [*((member(name), b"" if name.endswith("/") else b"1") for name in names), (script, b"#!/bin/sh"), white]
    (here / "pets.zip").write_bytes(packed(*entries))
    merged = FileNote("CATS", "its files are in cats, which differs only in upper and lower case")
    assert unpack(here / "pets.zip", here / "pets") == (merged,)
    files = {"cats/1.jpg", "cats/2.jpg", "dogs/a/3.jpg", "cats/run.sh", "cats/white.bmp"}
    assert everything(here / "pets") == {"cats", "dogs", "dogs/a", "empty"} | files
    assert not (here / "pets/cats/run.sh").stat().st_mode & 0o4111


def test_a_member_that_bzip2_unpacks_to_gigabytes_takes_no_memory(here):
    data = bytearray(packed(("cats/1.jpg", bytes(64 << 20)), compression=zipfile.ZIP_BZIP2))
    assert len(data) < 2000
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(signature) + offset, 1000)  # what it declares
    (here / "bomb.zip").write_bytes(data)
    tracemalloc.start()
    with pytest.raises(ArchiveError, match="not read here"):
        unpack(here / "bomb.zip", here / "bomb")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_names_of_two_unicode_forms_are_one(here):
    (here / "pets.zip").write_bytes(packed(("ä/1.jpg", b"one"), ("a\u0308/1.jpg", b"two")))
    skipped = unpack(here / "pets.zip", here / "pets")
    assert [one.reason for one in skipped] == ["another member has this name"]
    assert (here / "pets/ä/1.jpg").read_bytes() == b"one"


def legacy(*names: bytes, field: bytes = b"") -> bytes:
    """An archive whose names have no flag for UTF-8: bytes in some encoding, as old Windows programs write them."""
    holders = {name: f"{number:x<{len(name)}}" for number, name in enumerate(names)}
    entries = []
    for number, holder in enumerate(holders.values()):
        info = zipfile.ZipInfo(holder)
        info.extra = field if not number else b""
        entries.append((info, holder.encode()))
    data = packed(*entries)
    for name, holder in holders.items():
        data = data.replace(holder.encode(), name)
    return data


def unicode_path(name: str, of: bytes, version: int = 1) -> bytes:
    """The field of Info-ZIP: version, checksum of the name it stands for, the name in UTF-8."""
    content = struct.pack("<BL", version, zlib.crc32(of)) + name.encode()
    return struct.pack("<2H", 0x7075, len(content)) + content


CAT = "고양이/1.jpg"
NAMES = {
    "in UTF-8 without the flag": (legacy(CAT.encode()), None, CAT),
    "in Korean": (legacy(CAT.encode("cp949")), "cp949", CAT),
    "in Japanese, a backslash in a letter": (legacy("ソ/1.jpg".encode("cp932")), "cp932", "ソ/1.jpg"),
    "in Chinese": (legacy("猫/1.jpg".encode("gbk")), "gbk", "猫/1.jpg"),
    "with a Unicode path": (legacy(CAT.encode("cp949"), field=unicode_path(CAT, CAT.encode("cp949"))), None, CAT),
    "with another field first": (
        legacy(CAT.encode("cp949"), field=struct.pack("<2HB", 0x5455, 1, 0) + unicode_path(CAT, CAT.encode("cp949"))),
        None,
        CAT,
    ),
    "a file's alone": (legacy(b"cats/\x81.jpg"), None, "cats/ü.jpg"),
}


@pytest.mark.parametrize("case", NAMES)
def test_names_are_read_in_their_encoding(here, case):
    data, encoding, name = NAMES[case]
    (here / "pets.zip").write_bytes(data)
    skipped = unpack(here / "pets.zip", here / "pets", encoding=encoding)
    assert {path.relative_to(here / "pets").as_posix() for path in (here / "pets").rglob("*.jpg")} == {name}
    assert [one.file for one in skipped] == (["cats/ü.jpg"] if case == "a file's alone" else [])


@pytest.mark.parametrize(
    ("data", "encoding", "says"),
    [
        (legacy(CAT.encode("cp949")), None, "unknown encoding: encoding='cp949' reads '고양이/1.jpg', .*'cp437' reads"),
        (legacy("ソ/1.jpg".encode("cp932")), None, "encoding='cp932' reads 'ソ/1.jpg'"),
        (legacy(CAT.encode("cp949")), "ascii", "is not ascii: encoding='cp949' reads '고양이/1.jpg'"),
        (  # a field that stands for another name is not believed
            legacy(CAT.encode("cp949"), field=unicode_path("dogs/1.jpg", b"other")), None, "unknown encoding"
        ),
        (legacy(CAT.encode("cp949"), field=unicode_path(CAT, CAT.encode("cp949"), version=2)), None, "unknown encod"),
        (legacy(b"\xb0\xed/1.jpg", field=unicode_path("../1.jpg", b"\xb0\xed/1.jpg")), None, "leads out of the folder"),
        (legacy("..\\ソ.jpg".encode("cp932")), "cp932", "leads out of the folder"),
    ],
    ids=["Korean", "Japanese", "not in it", "another name", "another version", "a field leads out", "a name leads out"],
)  # fmt: skip
def test_a_folder_whose_name_cannot_be_read_says_which_encodings_fit(here, data, encoding, says):
    (here / "pets.zip").write_bytes(data)
    with pytest.raises(ArchiveError, match=says):
        unpack(here / "pets.zip", here / "pets", encoding=encoding)
    assert everything(here) == {"pets.zip"}


@pytest.mark.parametrize("encoding", ["klingon", "hex", 949, "a\0b"])
def test_an_encoding_that_is_none_is_refused(here, encoding):
    with pytest.raises(ValueError, match=r"`encoding` must be None or an encoding such as 'cp949' or 'gbk'. Received"):
        unpack(here / "pets.zip", here / "pets", encoding=encoding)


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"max_files": 1}, "it has 40 members, and 1 are allowed"),
        ({"max_bytes": 30 << 20}, "unpacked it would have 41,943,040 bytes, and 31,457,280 are allowed"),
        ({"max_bytes": 100}, "bytes, and 100 are allowed"),
        *(
            ({name: 0}, f"`{name}` must be a whole number >= 1. Rec.*: 0")
            for name in ("max_files", "max_bytes", "max_ratio")
        ),
    ],
)
def test_limits_can_be_tightened(here, limits, says):
    """A bomb of many parts, each of which is small enough to be a white picture."""
    (here / "bomb.zip").write_bytes(packed(*((f"{n}.bmp", bytes(1 << 20)) for n in range(40))))
    with pytest.raises((ArchiveError, ValueError), match=says):
        unpack(here / "bomb.zip", here / "bomb", **limits)
    assert everything(here) == {"bomb.zip"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (zip64(*((f"{n}/", b"") for n in range(1000))), "it is a Zip64 archive"),
        (claims_one(*((f"{n}/", b"") for n in range(15))), "it has 15 members, and 2 are allowed"),
        (packed(("a/" * 25 + "1.jpg", b"x")), "it has 25 folders, and 2 are allowed"),
    ],
    ids=["Zip64", "a wrong count", "folders in one name"],
)
def test_folders_count_as_well(here, data, says):
    (here / "pets.zip").write_bytes(data)
    with pytest.raises(ArchiveError, match=says):
        unpack(here / "pets.zip", here / "pets", max_files=2)
    assert everything(here) == {"pets.zip"}


def test_nothing_that_exists_is_overwritten(here):
    (here / "pets.zip").write_bytes(packed(*GOOD))
    (here / "pets").mkdir()
    (here / "pets" / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="the folder pets exists already"):
        unpack(here / "pets.zip", here / "pets")
    assert everything(here) == {"pets.zip", "pets", "pets/mine.txt"}


def test_a_missing_archive_and_a_full_disk(here, monkeypatch):
    with pytest.raises(DataError, match=r"pets.zip was not unpacked: No such file"):
        unpack(here / "pets.zip", here / "pets")
    (here / "pets.zip").write_bytes(packed(*GOOD))

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_write", full)
    with pytest.raises(DataError, match="No space left on device"):
        unpack(here / "pets.zip", here / "pets")
    assert everything(here) == {"pets.zip"}


def test_an_interrupt_leaves_nothing_either(here, monkeypatch):
    (here / "pets.zip").write_bytes(packed(*GOOD))
    write = archive._write

    def interrupted(file, info, target):
        write(file, info, target)
        if info.filename.startswith("dogs"):
            raise KeyboardInterrupt

    monkeypatch.setattr(archive, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        unpack(here / "pets.zip", here / "pets")
    assert everything(here) == {"pets.zip"}


def test_flipped_bytes_are_refused_or_harmless(here):
    """Any byte of a good archive changed: unpacked with the right contents, or refused; never anything else."""
    good = packed(*GOOD, ("birds/1.jpg", b"a bird " * 40))
    contents = {"cats/1.jpg": b"a cat", "dogs/1.jpg": b"a dog", "birds/1.jpg": b"a bird " * 40}
    rng = np.random.default_rng(0)
    outcomes = set()
    for number, at in enumerate(rng.permutation(len(good))[:150]):
        data = bytearray(good)
        data[at] ^= int(rng.integers(1, 256))
        (here / "pets.zip").write_bytes(bytes(data))
        try:
            unpack(here / "pets.zip", here / f"pets{number}")
            outcomes.add("unpacked")
        except ArchiveError as error:
            assert "was not unpacked" in str(error)  # noqa: PT017  most cases raise, some do not
            outcomes.add("refused")
        for path in here.glob("pets*/**/*"):
            if path.is_file():
                assert path.read_bytes() in contents.values()  # the names may have changed, the contents may not
    assert outcomes == {"unpacked", "refused"}
    assert {path.name for path in here.parent.iterdir()} == {"here"}


def test_what_the_caller_leaves_out_is_neither_written_nor_counted(tmp_path):
    (tmp_path / "pets.zip").write_bytes(packed(("bomb.bmp", bytes(3 << 20)), *GOOD))
    asked = []

    def leave_out(name, size):
        asked.append((name, size))
        return "too large" if size > 100 else ""

    notes = unpack(tmp_path / "pets.zip", tmp_path / "pets", max_bytes=10_000, leave_out=leave_out)
    assert notes == (FileNote("bomb.bmp", "too large"),)
    assert asked == [("bomb.bmp", 3 << 20), ("cats/1.jpg", 5), ("dogs/1.jpg", 5)]
    assert sorted(path.name for path in (tmp_path / "pets").rglob("*")) == ["1.jpg", "1.jpg", "cats", "dogs"]
