"""Archives to practise on, made on the spot: untidy ones, harmful ones, and pictures with a trap in them.

Nothing here is real: the digits are those of scikit-learn, the cells are drawn. The same seed gives the same file.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from cnnlab.common.files import write_atomic
from cnnlab.common.validate import check_choice, check_int
from cnnlab.data import datasets, photos

CELLS = ("clear", "grain", "ring")
_SIDE = 32
_PIECE = 64  # pixels a side, of a photograph
_PHOTOS = ("astronaut", "camera", "chelsea", "china", "coffee", "coins", "flower", "rocket")  # they ship with packages
_DATE = (2000, 1, 1, 0, 0, 0)  # of every member, so that the archive is the same tomorrow


def digits_zip(path: str | os.PathLike, per_class: int = 30, seed: int = 0) -> Path:
    """A tidy archive of handwritten digits 5 to 9, a folder each, 28×28 PNG files, white on black.

    Parameters
    ----------
    path : the zip to write; its folder must exist
    per_class : pictures of each digit, 1 … 174, drawn at random
    seed : of the draw

    Returns
    -------
    Path
        The archive.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     datasets.image_folder(digits_zip(Path(folder, "digits.zip"), 10), 28).counts()
    {'train': (8, 8, 8, 8, 8), 'validation': (2, 2, 2, 2, 2)}
    """
    check_int(per_class, "per_class", minimum=1, maximum=174)
    rng = np.random.default_rng(check_int(seed, "seed", minimum=0))
    data = datasets.digits(20)
    files = {}
    for digit in range(5, 10):
        for row in np.sort(rng.permutation(np.flatnonzero(data.labels == digit))[:per_class]):
            files[f"digits/{digit}/{row:04}.png"] = _encoded(np.pad(data.images[row, ..., 0], 4), "PNG")
    return _zipped(path, files)


def untidy_zip(path: str | os.PathLike, seed: int = 0) -> Path:
    """What people really send: 24 good pictures of two shapes, and 13 files with something about them.

    Parameters
    ----------
    path : the zip to write; its folder must exist
    seed : of the pictures

    Returns
    -------
    Path
        The archive: ``shapes/disc``, ``shapes/star`` and an empty ``shapes/ring``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = datasets.image_folder(untidy_zip(Path(folder, "shapes.zip")), 32)
    >>> len(found), len(found.skipped), len(found.notes), found.empty_classes
    (28, 9, 4, ('ring',))
    """
    drawn = datasets.shapes("train", limit=400)
    rng = np.random.default_rng(check_int(seed, "seed", minimum=0))
    of = {
        name: drawn.images[rng.permutation(np.flatnonzero(drawn.labels == drawn.class_names.index(name)))]
        for name in ("disc", "star")
    }
    files = {f"shapes/{n}/{i:02}.png": _encoded(of[n][i], "PNG") for n in of for i in range(12)}
    turned = Image.Exif()
    turned[0x0112] = 6
    frames = [Image.fromarray(of["star"][i]) for i in (15, 16)]
    files |= {
        "shapes/ring/": b"",
        "shapes/disc/phone.jpg": _encoded(of["disc"][13], "JPEG", exif=turned),
        "shapes/disc/print.jpg": _encoded(Image.fromarray(of["disc"][14]).convert("CMYK"), "JPEG"),
        "shapes/star/moving.gif": _encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "shapes/star/wrong name.jpg": _encoded(of["star"][17], "PNG"),
        "shapes/disc/copy of 03.png": files["shapes/disc/03.png"],
        "shapes/star/half.jpg": _encoded(of["star"][18], "JPEG", quality=95)[:700],
        "shapes/star/nothing.png": b"",
        "shapes/star/page.png": b"<!doctype html><title>404</title>",
        "shapes/disc/notes.txt": b"taken on Tuesday",
        "shapes/disc/more.zip": b"PK\x05\x06" + bytes(18),
        "shapes/readme.md": b"# Shapes",
        "shapes/star/.DS_Store": b"\0",
        "__MACOSX/shapes/star/._00.png": b"\0",
    }
    return _zipped(path, files)


def harmful_zips(folder: str | os.PathLike) -> dict[str, Path]:
    """Six archives that an honest unpacker must refuse. None of them does anything worse than being refused.

    Parameters
    ----------
    folder : where they are written; it must exist

    Returns
    -------
    dict
        What is wrong with it → the archive.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     list(harmful_zips(folder))
    ['climbs out', 'absolute', 'link', 'bomb', 'encrypted', 'cut short']
    """
    folder = Path(folder)
    link = zipfile.ZipInfo("cats/1.jpg", _DATE)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    locked = bytearray(_packed({"cats/1.jpg": b"miaow"}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(signature) + flags] |= 1  # says that it is encrypted
    contents = {
        "climbs out": _packed({"cats/1.jpg": b"miaow", "cats/../../startup.py": b"print('hello')"}),
        "absolute": _packed({"/etc/cron.d/hello": b"hello"}),
        "link": _packed({link: b"/etc/passwd"}),
        "bomb": _packed({"cats/1.bmp": bytes(50_000_000)}),
        "encrypted": bytes(locked),
        "cut short": _packed({"cats/1.jpg": b"miaow" * 100})[:-40],
    }
    made = {}
    for name, content in contents.items():
        made[name] = folder / f"{name.replace(' ', '_')}.zip"
        write_atomic(made[name], content)
    return made


def cells_zip(
    path: str | os.PathLike, patients: int | Mapping[str, int] = 8, pictures: int = 10, seed: int = 0
) -> Path:
    """Drawn pictures in the manner of stained cells under a microscope, in three classes. **Not medical data.**

    Each class has `patients` of its own and each patient `pictures`. A patient's pictures share the colour of the stain
    and the light, as the slides of one real patient do; the class is only in what lies within the cell: nothing
    (``clear``), a few grains, or a ring. The files are called ``ring/patient07_3.png``.

    Parameters
    ----------
    path : the zip to write; its folder must exist
    patients : of each class, >= 2; or class → how many, for some of the classes
    pictures : of each patient, >= 1
    seed : of everything

    Returns
    -------
    Path
        The archive: 32×32 PNG files in colour.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = datasets.image_folder(cells_zip(Path(folder, "cells.zip"), 2, 3), 32, validation=0)
    >>> found.class_names, found.files[3]
    (('clear', 'grain', 'ring'), 'clear/patient02_0.png')
    """
    of = dict(patients) if isinstance(patients, Mapping) else dict.fromkeys(CELLS, patients)
    for name, count in of.items():
        check_choice(name, "patients", CELLS)
        check_int(count, "patients", minimum=2)
    check_int(pictures, "pictures", minimum=1)
    rng = np.random.default_rng(check_int(seed, "seed", minimum=0))
    files, number = {}, 0
    for name, count in of.items():
        for _ in range(count):
            number += 1
            stain, slide = rng.uniform(0.35, 0.75, 3), rng.uniform(0.7, 1.0, 3)  # colours of the cell and around it
            light = rng.uniform(-0.15, 0.15, 2)  # brighter towards one side
            for picture in range(pictures):
                cell = _cell(name, stain, slide, light, rng)
                files[f"cells/{name}/patient{number:02}_{picture}.png"] = _encoded(cell, "PNG")
    return _zipped(path, files)


def tossed_zip(path: str | os.PathLike, pictures: int = 200, seed: int = 0) -> Path:
    """Pieces of photographs, sorted by the toss of a coin, each with a copy that has other pixels.

    Nothing about a piece says whether it is ``heads`` or ``tails``: whoever is right more often than in half of all
    cases has met it before. The copy of a piece was saved again as a JPEG of low quality (``017 saved again.jpg``),
    made half as large (``017 smaller.png``), or a quarter brighter (``017 brighter.png``), and lies beside it.

    Parameters
    ----------
    path : the zip to write; its folder must exist
    pictures : pieces without their copies, 2 … 200
    seed : of the choice and of the coin

    Returns
    -------
    Path
        The archive: 64×64 pictures, ``tossed/heads`` and ``tossed/tails``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = datasets.image_folder(tossed_zip(Path(folder, "tossed.zip"), 6), 64)
    >>> len(found), found.files[:2]
    (12, ('heads/001 smaller.png', 'heads/001.png'))
    """
    check_int(pictures, "pictures", minimum=2, maximum=200)
    rng = np.random.default_rng(check_int(seed, "seed", minimum=0))
    pieces = [piece for name in _PHOTOS for piece in _pieces(photos.photo(name))]
    files = {}
    for number, row in enumerate(rng.permutation(len(pieces))[:pictures]):
        name = f"tossed/{rng.choice(['heads', 'tails'])}/{number:03}"
        piece = Image.fromarray(pieces[row])
        files[f"{name}.png"] = _encoded(piece, "PNG")
        if number % 3 == 0:
            files[f"{name} saved again.jpg"] = _encoded(piece, "JPEG", quality=50)
        elif number % 3 == 1:
            half = piece.resize((_PIECE // 2, _PIECE // 2), Image.Resampling.BICUBIC)
            files[f"{name} smaller.png"] = _encoded(half, "PNG")
        else:
            files[f"{name} brighter.png"] = _encoded(ImageEnhance.Brightness(piece).enhance(1.25), "PNG")
    return _zipped(path, files)


def _pieces(photo: np.ndarray) -> list[np.ndarray]:
    """A photograph cut into squares side by side, without those that show hardly anything, such as sky."""
    rgb = photo if photo.ndim == 3 else np.stack([photo] * 3, axis=-1)
    starts = [range(0, side - _PIECE + 1, _PIECE) for side in rgb.shape[:2]]
    squares = [rgb[y : y + _PIECE, x : x + _PIECE, :3] for y in starts[0] for x in starts[1]]
    return [square for square in squares if square.std() > 30]


def _cell(name: str, stain: np.ndarray, slide: np.ndarray, light: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One drawn cell, (32, 32, 3) bytes."""
    y, x = np.mgrid[-1 : 1 : _SIDE * 1j, -1 : 1 : _SIDE * 1j] * (_SIDE / 2)  # pixels from the middle
    cy, cx = rng.uniform(-4, 4, 2)
    cell = np.clip(rng.uniform(9, 12) - np.hypot(y - cy, x - cx), 0, 1)  # 1 within, 0 without
    marks = np.zeros_like(x)
    if name == "ring":
        my, mx = cy + rng.uniform(-4, 4), cx + rng.uniform(-4, 4)
        marks = np.clip(1.6 - np.abs(np.hypot(y - my, x - mx) - 3.5), 0, 1)
    elif name == "grain":
        for my, mx in rng.uniform(-6, 6, (6, 2)):
            marks = np.maximum(marks, np.clip(1.9 - np.hypot(y - cy - my, x - cx - mx), 0, 1))
    colours = slide + cell[..., None] * (stain - slide)
    colours = colours * (1 - 0.45 * (marks * cell)[..., None])
    colours = colours + ((light[0] * y + light[1] * x) / _SIDE)[..., None] + rng.normal(0, 0.05, colours.shape)
    return np.rint(255 * np.clip(colours, 0, 1)).astype(np.uint8)


def _encoded(picture: object, kind: str, **options: object) -> bytes:
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _packed(files: Mapping[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, _DATE)
            archive.writestr(info, content, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _zipped(path: str | os.PathLike, files: Mapping[str, bytes]) -> Path:
    write_atomic(path, _packed(files))
    return Path(path)
