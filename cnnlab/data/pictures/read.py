"""One file of pixels, whatever it calls itself → (H, W, 3) bytes, or the reason why not.

Pillow may be handed any file here. Only formats of pixels are tried: its readers for documents (EPS, PDF) would start
other programs.
"""

from __future__ import annotations

import contextlib
import importlib.util
import math
import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from cnnlab.common.errors import DataError
from cnnlab.common.validate import check_choice, check_int, pair

MAX_PIXELS = 50_000_000  # of one picture; a phone makes 12 to 50 million, some 108 or 200
MAX_BYTES = 100_000_000  # of one file
MAX_MEMORY = 1 << 30  # bytes of one picture while it is unpacked
FITS = ("crop", "pad", "stretch")

_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
ENDINGS = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG", ".png": "PNG", ".gif": "GIF", ".bmp": "BMP",
    ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WEBP", ".ppm": "PPM", ".pgm": "PPM", ".pbm": "PPM",
}  # fmt: skip
_HEIF = (".heic", ".heif")
_UNREAD = {".avif", ".svg", ".eps", ".pdf", ".psd", ".raw", ".cr2", ".nef", ".dng", ".ico", ".jp2"}
NAMED = (*ENDINGS, *_HEIF, *sorted(_UNREAD))  # what files with pictures in them are called
_MOST_FRAMES = 100  # counted; Pillow's way through the pages of a TIFF takes four times as long for twice as many
_ORIENTATION = 0x0112  # the EXIF tag, and what each of its values but 1, "as stored", asks for
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
_BYTES = {"1": 1, "L": 1, "P": 1}  # of a pixel as Pillow holds it; 4 in other modes, or a little less

# What Pillow's readers raise between them on files with flipped, missing or added bytes.
DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError, ArithmeticError,
    RuntimeError, MemoryError, struct.error, zlib.error,
)  # fmt: skip


class ImageError(DataError):
    """A file that is not read as a picture; the message is the bare reason."""


def read_image(
    path: str | os.PathLike,
    image_size: int | tuple[int, int] | None = None,
    *,
    fit: str = "crop",
    max_pixels: int = MAX_PIXELS,
    stretch_16_bit: bool = False,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Read a picture of any common kind as red, green and blue bytes, and say what had to be done to it.

    Parameters
    ----------
    path : a JPEG, PNG, GIF, BMP, TIFF, WebP or PPM file, whatever its name ends in; where ``pillow-heif`` is installed,
        HEIC too
    image_size : side in pixels, or (height, width); None keeps the picture's own
    fit : what happens when the shape is another: ``"crop"`` cuts the middle out, ``"pad"`` adds black, ``"stretch"``
        distorts
    max_pixels
        a larger picture is made smaller while it is read, within a gigabyte of memory: a JPEG is unpacked at a half, a
        quarter or an eighth, others whole. Without an `image_size`, or beyond the memory, it is refused before its
        pixels are unpacked
    stretch_16_bit
        bring the darkest and the brightest value of a picture of more than 8 bits to 0 and 255. It is then seen, but no
        longer comparable in brightness with others

    Returns
    -------
    tuple
        The picture, (H, W, 3) uint8, and notes: what is not as it was in the file.

    Raises
    ------
    ImageError
        With the bare reason why the file is not a picture that can be read.

    Notes
    -----
    A picture is turned as its EXIF says, laid on white where it is transparent, brought from 16 bits to 8 (65,535
    becomes 255, unless stretched) and from CMYK to RGB; of several frames or pages the first is taken.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("L", (4, 2), 200).save(Path(folder, "grey.jpg"), "PNG")
    ...     picture, notes = read_image(Path(folder, "grey.jpg"))
    >>> picture.shape, notes
    ((2, 4, 3), ('named .jpg, but it is a PNG',))
    """
    check_choice(fit, "fit", FITS)
    check_int(max_pixels, "max_pixels", minimum=1)
    size = None if image_size is None else pair(image_size, "image_size")
    path = Path(path)
    ending = path.suffix.lower()
    try:
        _check_file(path)
        with warnings.catch_warnings(), _any_size():
            warnings.simplefilter("ignore")  # a large or sloppy file is judged below, by rules of our own
            # Not by its name: Pillow then maps a turned TIFF into memory with height and width exchanged.
            with open(path, "rb") as stream, Image.open(stream, formats=_formats()) as file:
                notes = _named(ending, file.format)
                reduced = _check_size(file, size, max_pixels, notes)
                picture = _as_rgb(file, notes, reduced, stretch_16_bit)
                if size is not None:
                    picture = _fitted(picture, size, fit)
                return np.array(picture, dtype=np.uint8), tuple(notes)
    except ImageError:
        raise
    except PermissionError:
        raise ImageError("may not be read") from None
    except Image.UnidentifiedImageError:
        raise ImageError(_not_a_picture(ending)) from None
    except DAMAGED as error:
        raise ImageError(f"damaged or cut short ({_first_line(error)})") from None


def read_size(path: str | os.PathLike) -> tuple[int, int, int]:
    """Height and width of a picture as `read_image` gives it, and how its EXIF turns it, without unpacking its pixels.

    Parameters
    ----------
    path : as for `read_image`

    Returns
    -------
    tuple of int
        Height, width, and the EXIF orientation: 1 as stored, 5 to 8 with height and width exchanged.

    Raises
    ------
    ImageError
        With the bare reason. What is damaged behind the head of the file is found by `read_image` alone.
    """
    path = Path(path)
    try:
        _check_file(path)
        with warnings.catch_warnings(), _any_size():
            warnings.simplefilter("ignore")
            with open(path, "rb") as stream, Image.open(stream, formats=_formats()) as file:
                _check_size(file, None, MAX_PIXELS, [])
                turn = file.getexif().get(_ORIENTATION) if file.format != "PNG" or _says_more(path) else 1
                (width, height), turn = file.size, turn if turn in _UPRIGHT else 1
                if turn >= 5 and file.format == "TIFF":  # some versions of Pillow have exchanged its sides, some not
                    height, width = read_image(path)[0].shape[:2]
                elif turn >= 5:
                    height, width = width, height
                return height, width, turn
    except ImageError:
        raise
    except PermissionError:
        raise ImageError("may not be read") from None
    except Image.UnidentifiedImageError:
        raise ImageError(_not_a_picture(path.suffix.lower())) from None
    except DAMAGED as error:
        raise ImageError(f"damaged or cut short ({_first_line(error)})") from None


def _says_more(path: Path) -> bool:
    """Whether a PNG may have an orientation, which can stand behind its pixels: Pillow unpacks them all to look."""
    data = path.read_bytes()
    return any(mark in data for mark in (b"eXIf", b"XML:com.adobe.xmp", b"Raw profile type"))


def _check_file(path: Path) -> None:
    if not path.exists():
        raise ImageError("there is no such file")
    if not path.is_file():  # a pipe would be waited for
        raise ImageError("not a file")
    size = path.stat().st_size
    if not size:
        raise ImageError("empty (0 bytes)")
    if size > MAX_BYTES:
        raise ImageError(f"{size:,} bytes, and {MAX_BYTES:,} are allowed")


@contextlib.contextmanager
def _any_size() -> Iterator[None]:
    """Without Pillow's own limit on pixels: `_check_size` has one that can be set, and judges before they are read."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _formats() -> tuple[str, ...]:
    """The kinds that are tried: HEIC too where the reader for it is installed."""
    if importlib.util.find_spec("pillow_heif") is None:
        return _FORMATS
    import pillow_heif

    pillow_heif.register_heif_opener()
    return (*_FORMATS, "HEIF")


def _check_size(file: Image.Image, size: tuple[int, int] | None, max_pixels: int, notes: list[str]) -> int:
    """How many times smaller, in both directions, a picture over the limit is to be made as soon as it is unpacked.

    Asks a JPEG to be unpacked at a fraction at once. Refuses what would take too much memory.
    """
    width, height = file.size
    over = width * height > max_pixels
    if over and size is None:
        raise ImageError(f"{width:,} × {height:,} pixels, and {max_pixels:,} in all are allowed")
    needed = 0
    if file.format in ("JPEG", "MPO") and size is not None:
        if "progression" in file.info:  # all its coefficients are unpacked, at any fraction
            needed = 6 * width * height
        fraction = next((n for n in (1, 2, 4, 8) if width * height <= n * n * max_pixels), 8)
        least = max(1, min(2 * max(size), min(width, height) // fraction))
        file.draft("RGB", (least, least))
    needed = max(needed, _BYTES.get(file.mode, 4) * file.width * file.height)
    if needed > MAX_MEMORY:
        raise ImageError(
            f"{width:,} × {height:,} pixels would take {needed:,} bytes of memory, and {MAX_MEMORY:,} are allowed"
        )
    if over:
        notes.append(f"more than {max_pixels:,} pixels ({width:,} × {height:,}), made smaller while it was read")
    return math.ceil((file.width * file.height / max_pixels) ** 0.5)


def _named(ending: str, kind: str | None) -> list[str]:
    """The note about a name that does not fit the contents."""
    kind = "JPEG" if kind == "MPO" else kind  # a JPEG with a second picture behind it, as some cameras make
    if ENDINGS.get(ending, "HEIF" if ending in _HEIF else None) == kind:
        return []
    return [f"named {ending}, but it is a {kind}" if ending else f"a {kind} without an ending to its name"]


def _not_a_picture(ending: str) -> str:
    if ending in _HEIF:
        return f"{ending} is not read here: save it as JPEG or PNG, or install pillow-heif"
    if ending in _UNREAD:
        return f"{ending} is not read here: save it as JPEG or PNG"
    if ending in ENDINGS:
        return f"named {ending}, but what it holds is no picture"
    return f"not a picture ({ending or 'no ending'})"


def _as_rgb(file: Image.Image, notes: list[str], reduced: int, stretch: bool) -> Image.Image:
    """The first frame, upright, opaque, eight bits: adds to `notes` whatever that took."""
    if file.format != "MPO" and (frames := _frames(file)) != "1":
        notes.append(f"the first of {frames} frames or pages")
    if file.getexif().get(_ORIENTATION) in _UPRIGHT:
        notes.append("turned as its EXIF says")
    file.load()
    turn = _UPRIGHT.get(file.getexif().get(_ORIENTATION))  # none of a TIFF, which Pillow has turned now
    picture = _reduced(file, reduced)
    if turn is not None:
        picture = picture.transpose(turn)
    if picture.mode.startswith("I") or (picture.mode == "F" and stretch):
        picture = Image.fromarray(_eight_bits(np.asarray(picture), notes, stretch))
    elif picture.mode == "F":
        raise ImageError("its pixels are decimal numbers without a known range: save it as an 8-bit PNG")
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        if picture.getextrema()[3][0] < 255:
            notes.append("transparent, laid on white")
            white = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(white, picture)
    elif picture.mode == "CMYK":
        notes.append("CMYK, converted to RGB")
    return picture.convert("RGB")


def _frames(file: Image.Image) -> str:
    if file.format != "TIFF":
        return str(getattr(file, "n_frames", 1))
    for count in range(1, _MOST_FRAMES):
        try:
            file.seek(count)
        except EOFError:
            file.seek(0)
            return str(count)
    file.seek(0)
    return f"{_MOST_FRAMES} or more"


def _reduced(picture: Image.Image, times: int) -> Image.Image:
    """A picture made smaller: by means, or, where Pillow has none for its kind of pixels, by leaving some out."""
    if times == 1:
        return picture
    if picture.mode in ("1", "P", "PA") or picture.mode.startswith("I;"):
        smaller = (max(1, picture.width // times), max(1, picture.height // times))
        return picture.resize(smaller, Image.Resampling.NEAREST)
    return picture.reduce(times)


def _eight_bits(values: np.ndarray, notes: list[str], stretch: bool) -> np.ndarray:
    """Brightness (H, W) of more bits as bytes. Dark pictures stay dark unless stretched, and the note says so."""
    low, high = values.min(), values.max()
    if not np.isfinite([low, high]).all():
        raise ImageError("some of its pixels are no numbers: save it as an 8-bit PNG")
    if stretch:
        notes.append(f"stretched: {low:,} becomes 0 and {high:,} becomes 255")
        scale = 255 / (float(high) - float(low)) if high > low else 0.0
        return np.rint((values.astype(np.float32) - np.float32(low)) * np.float32(scale)).clip(0, 255).astype(np.uint8)
    if low < 0 or high > 0xFFFF:
        raise ImageError(f"its brightness runs from {low:,} to {high:,}: save it as an 8-bit PNG, or stretch it")
    notes.append(f"16 bits: 65,535 becomes 255 (its brightest is {high:,})")
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _fitted(picture: Image.Image, size: tuple[int, int], fit: str) -> Image.Image:
    wide = size[::-1]  # Pillow's sizes are (width, height)
    if fit == "crop":
        return ImageOps.fit(picture, wide, Image.Resampling.BICUBIC)
    if fit == "pad":
        scale = min(wide[0] / picture.width, wide[1] / picture.height)
        within = tuple(max(1, round(side * scale)) for side in picture.size)  # a thread keeps one pixel of width
        padded = Image.new("RGB", wide)
        corner = ((wide[0] - within[0]) // 2, (wide[1] - within[1]) // 2)
        padded.paste(picture.resize(within, Image.Resampling.BICUBIC), corner)
        return padded
    return picture.resize(wide, Image.Resampling.BICUBIC)


def _first_line(error: BaseException) -> str:
    """The error's own words without the path of this machine that some begin with."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (text.splitlines() or [type(error).__name__])[0][:100]
