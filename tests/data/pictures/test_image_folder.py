"""Folders of pictures as they really are: every odd file is read or reported, the split is fair, copies are found."""

from __future__ import annotations

import io
import itertools
import os
import struct
import sys
import zipfile
import zlib
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image, ImageFile

from cnnlab import datasets
from cnnlab.common.errors import DataError
from cnnlab.data.datasets import image_folder
from cnnlab.data.pictures import layout, read
from cnnlab.data.pictures.read import ImageError, read_image
from cnnlab.data.pictures.split import draw_split, find_duplicates


def noise(seed: int, size: tuple[int, int] = (12, 16), channels: int = 3) -> np.ndarray:
    """A picture unlike any other, (H, W, C) bytes."""
    return np.random.default_rng(seed).integers(0, 256, (*size, channels), dtype=np.uint8)


def encoded(picture: np.ndarray | Image.Image, kind: str, **options: object) -> bytes:
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header declares any size."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">L", len(content)) + name + content + struct.pack(">L", zlib.crc32(name + content))

    header = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(noise(1), "JPEG", exif=exif, quality=95)


def animated(kind: str) -> bytes:
    frames = [Image.fromarray(noise(seed)) for seed in range(3)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def sixteen_bits(kind: str) -> bytes:
    return encoded(Image.fromarray(np.array([[0, 257], [257 * 100, 65535]], np.uint16)), kind)


def transparent() -> bytes:
    half = np.dstack([noise(2), np.full((12, 16, 1), 255, np.uint8)])
    half[:, 8:, 3] = 0
    return encoded(half, "PNG")


def palette_with_alpha() -> bytes:
    image = Image.new("P", (4, 2), 0)
    image.putpalette([200, 0, 0, 0, 0, 200])
    image.putpixel((3, 1), 1)
    return encoded(image, "PNG", transparency=0)


# --- one file ---------------------------------------------------------------------------------------------------------

UNREADABLE = {
    "empty": ("a.jpg", b"", "empty (0 bytes)"),
    "text": ("a.txt", b"hello", "not a picture (.txt)"),
    "text as jpg": ("a.jpg", b"hello " * 50, "named .jpg, but what it holds is no picture"),
    "html as png": ("a.png", b"<!doctype html><html>404", "named .png, but what it holds is no picture"),
    "no ending": ("README", b"hello", "not a picture (no ending)"),
    "program": ("a.exe", b"MZ" + bytes(200), "not a picture (.exe)"),
    "heic": ("a.heic", b"\0\0\0\x18ftypheic" + bytes(50), ".heic is not read here: save it as JPEG or PNG"),
    "svg": ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", ".svg is not read here"),
    "postscript": ("a.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", ".eps is not read here"),
    "postscript as jpg": ("a.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "what it holds is no picture"),
    "truncated jpg": ("a.jpg", encoded(noise(0, (60, 60)), "JPEG")[:900], "damaged or cut short"),
    "truncated png": ("a.png", encoded(noise(0, (60, 60)), "PNG")[:-400], "damaged or cut short"),
    "truncated gif": ("a.gif", encoded(noise(0, (60, 60)), "GIF")[:-400], "damaged or cut short"),
    "truncated tiff": ("a.tif", encoded(noise(0, (60, 60)), "TIFF")[:-400], "damaged or cut short"),
    "header only": ("a.jpg", encoded(noise(0), "JPEG")[:20], "what it holds is no picture"),
    "bad checksum": ("a.png", encoded(noise(0), "PNG").replace(b"IDAT", b"IDATx"), "damaged or cut short"),
    "bomb": ("a.png", png_claiming(20_000, 20_000), "20,000 × 20,000 pixels would take 1,600,000,000 bytes of memory"),
    "decimal numbers": ("a.tif", encoded(Image.new("F", (4, 4), 0.5), "TIFF"), "decimal numbers"),
    "32 bits": ("a.tif", encoded(Image.new("I", (4, 4), 70_000), "TIFF"), "its brightness runs from 70,000"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_is_no_picture_says_why(tmp_path, case):
    name, content, says = UNREADABLE[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImageError) as caught:
        read_image(tmp_path / name, 8)
    assert says in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_large_picture_is_refused_where_it_should_keep_its_size(tmp_path):
    (tmp_path / "a.png").write_bytes(png_claiming(9_000, 9_000))
    with pytest.raises(ImageError, match="9,000 × 9,000 pixels, and 50,000,000 in all are allowed"):
        read_image(tmp_path / "a.png")


def test_a_folder_a_missing_file_a_pipe_and_a_huge_file_are_not_opened(tmp_path):
    with open(tmp_path / "big.jpg", "wb") as file:
        file.truncate(100_000_001)
    cases = {"": "not a file", "none.jpg": "there is no such file", "big.jpg": "100,000,001 bytes, and 100,000,000 are"}
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        cases["pipe.jpg"] = "not a file"  # and it does not wait for somebody to write
    for name, says in cases.items():
        with pytest.raises(ImageError, match=says):
            read_image(tmp_path / name)


ODD = {
    "plain": ("a.png", encoded(noise(3), "PNG"), ()),
    "plain jpeg": ("a.JPEG", encoded(noise(3), "JPEG"), ()),
    "grey": ("a.png", encoded(noise(3)[..., 0], "PNG"), ()),
    "one bit": ("a.png", encoded(Image.new("1", (16, 12), 1), "PNG"), ()),
    "palette": ("a.gif", encoded(Image.fromarray(noise(3)).quantize(16), "GIF"), ()),
    "webp": ("a.webp", encoded(noise(3), "WEBP"), ()),
    "bmp": ("a.bmp", encoded(noise(3), "BMP"), ()),
    "ppm": ("a.ppm", encoded(noise(3), "PPM"), ()),
    "cmyk": ("a.jpg", encoded(Image.fromarray(noise(3)).convert("CMYK"), "JPEG"), ("CMYK, converted to RGB",)),
    "png as jpg": ("a.jpg", encoded(noise(3), "PNG"), ("named .jpg, but it is a PNG",)),
    "jpeg as txt": ("a.txt", encoded(noise(3), "JPEG"), ("named .txt, but it is a JPEG",)),
    "no ending": ("a", encoded(noise(3), "JPEG"), ("a JPEG without an ending to its name",)),
    "gif animation": ("a.gif", animated("GIF"), ("the first of 3 frames or pages",)),
    "webp animation": ("a.webp", animated("WEBP"), ("the first of 3 frames or pages",)),
    "png animation": ("a.png", animated("PNG"), ("the first of 3 frames or pages",)),
    "tiff pages": ("a.tiff", animated("TIFF"), ("the first of 3 frames or pages",)),
    "transparent": ("a.png", transparent(), ("transparent, laid on white",)),
    "palette with alpha": ("a.png", palette_with_alpha(), ("transparent, laid on white",)),
    "opaque alpha": ("a.png", encoded(Image.fromarray(noise(3)).convert("RGBA"), "PNG"), ()),
    "grey with alpha": ("a.png", encoded(Image.new("LA", (4, 4), (9, 0)), "PNG"), ("transparent, laid on white",)),
    "16-bit png": ("a.png", sixteen_bits("PNG"), ("16 bits: 65,535 becomes 255 (its brightest is 65,535)",)),
    "16-bit tiff": ("a.tif", sixteen_bits("TIFF"), ("16 bits: 65,535 becomes 255 (its brightest is 65,535)",)),
    "turned": ("a.jpg", turned(6), ("turned as its EXIF says",)),
    "upright": ("a.jpg", turned(1), ()),
    "nonsense in EXIF": ("a.jpg", turned(77), ()),
    "one pixel": ("a.png", encoded(noise(3, (1, 1)), "PNG"), ()),
    "thin": ("a.png", encoded(noise(3, (1, 300)), "PNG"), ()),
}


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("case", ODD)
def test_an_odd_picture_is_read_and_says_what_was_done(tmp_path, case, fit):
    name, content, notes = ODD[case]
    (tmp_path / name).write_bytes(content)
    picture, said = read_image(tmp_path / name, (8, 10), fit=fit)
    assert picture.shape == (8, 10, 3)
    assert picture.dtype == np.uint8
    assert said == notes


def pixels(folder: Path, content: bytes, name: str = "a.png") -> np.ndarray:
    (folder / name).write_bytes(content)
    return read_image(folder / name)[0]


def test_pixels_are_what_they_were(tmp_path):
    """But for transparency, which is white, and for 16 bits, which keep their scale."""
    np.testing.assert_array_equal(pixels(tmp_path, encoded(noise(4), "PNG")), noise(4))
    grey = noise(4)[..., 0]
    np.testing.assert_array_equal(pixels(tmp_path, encoded(grey, "PNG")), np.repeat(grey[..., None], 3, axis=-1))
    picture = pixels(tmp_path, transparent())
    np.testing.assert_array_equal(picture[:, :8], noise(2)[:, :8])
    assert (picture[:, 8:] == 255).all()
    picture = pixels(tmp_path, palette_with_alpha())
    assert picture[1, 3].tolist() == [0, 0, 200]
    assert (picture[0] == 255).all()
    assert pixels(tmp_path, sixteen_bits("PNG"))[..., 0].tolist() == [[0, 1], [100, 255]]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_the_picture(tmp_path, orientation):
    """By the EXIF standard: 3 half turn, 6 a quarter clockwise, 8 a quarter back, the others mirrored."""
    upright = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, -1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a),
    }[orientation]
    stored = pixels(tmp_path, turned(1), "a.jpg")
    np.testing.assert_array_equal(pixels(tmp_path, turned(orientation), "b.jpg"), upright(stored))


def test_crop_pad_and_stretch(tmp_path):
    """A picture of 4 × 8 whose left half is black and whose right half is white."""
    wide = np.zeros((4, 8, 3), np.uint8)
    wide[:, 4:] = 255
    wide[:, 7] = (255, 0, 0)
    (tmp_path / "a.png").write_bytes(encoded(wide, "PNG"))
    crop = read_image(tmp_path / "a.png", 4)[0]  # the middle: columns 2 to 5
    np.testing.assert_array_equal(crop, wide[:, 2:6])
    pad = read_image(tmp_path / "a.png", 8, fit="pad")[0]
    np.testing.assert_array_equal(pad[2:6], wide)
    assert not pad[:2].any()
    assert not pad[6:].any()
    stretch = read_image(tmp_path / "a.png", 4, fit="stretch")[0]
    assert stretch[0, 0].max() < 30
    assert stretch[0, 3, 1] < 200  # some of the red that the crop lost


def test_a_large_jpeg_is_read_at_a_fraction(tmp_path):
    smooth = np.tile(np.linspace(0, 255, 1600).astype(np.uint8)[:, None, None], (1, 1600, 3))
    (tmp_path / "a.jpg").write_bytes(encoded(smooth, "JPEG"))
    picture = read_image(tmp_path / "a.jpg", 50)[0]
    np.testing.assert_allclose(picture[:, 25, 0], np.linspace(2.5, 252.5, 50), atol=4)


def gradient(height: int = 60, width: int = 80) -> np.ndarray:
    """Brightness from 0 at the top left to 255 at the bottom right, (H, W) bytes."""
    return np.rint(255 * np.add.outer(np.arange(height), np.arange(width)) / (height + width - 2)).astype(np.uint8)


LARGE = {
    "grey": encoded(gradient(), "PNG"),
    "colour": encoded(np.dstack([gradient()] * 3), "PNG"),
    "palette": encoded(Image.fromarray(gradient()).convert("P"), "PNG"),
    "16 bits": encoded(Image.fromarray(gradient().astype(np.uint16) * 257), "PNG"),
    "see-through": encoded(Image.merge("LA", [Image.fromarray(gradient()), Image.new("L", (80, 60), 255)]), "PNG"),
    "jpeg": encoded(np.dstack([gradient()] * 3), "JPEG", quality=95),
    "jpeg in steps": encoded(np.dstack([gradient()] * 3), "JPEG", quality=95, progressive=True),
    "jpeg in four inks": encoded(Image.fromarray(np.dstack([gradient()] * 3)).convert("CMYK"), "JPEG", quality=95),
    "tiff": encoded(gradient(), "TIFF"),
}


@pytest.mark.parametrize("limit", [1, 50, 1000, 4799])
@pytest.mark.parametrize("case", LARGE)
def test_a_picture_over_the_limit_is_made_smaller(tmp_path, case, limit):
    (tmp_path / "a").write_bytes(LARGE[case])
    picture, notes = read_image(tmp_path / "a", (3, 4), max_pixels=limit)
    assert f"more than {limit:,} pixels (80 × 60), made smaller while it was read" in notes
    if limit >= 50:
        usual, said = read_image(tmp_path / "a", (3, 4), max_pixels=4800)
        assert not any("smaller" in note for note in said)
        np.testing.assert_allclose(picture.astype(int), usual.astype(int), atol=40)
        assert picture[0, 0, 0] < 70
        assert picture[2, 3, 0] > 180


def test_a_picture_is_turned_whatever_its_size_and_kind(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter clockwise: the dark corner comes to the top right
    for kind, limit in itertools.product(("JPEG", "PNG", "TIFF"), (300, 4800)):
        (tmp_path / "a").write_bytes(encoded(gradient(), kind, exif=exif))
        picture, notes = read_image(tmp_path / "a", (4, 3), max_pixels=limit)
        assert "turned as its EXIF says" in notes
        assert picture[0, 2, 0] < 70
        assert picture[3, 0, 0] > 180


def test_what_would_not_fit_into_memory_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    """60 × 80 pixels: 4,800 bytes in grey, 19,200 in colour, 28,800 as a JPEG in steps; a JPEG at an eighth, 320."""
    needs = {"grey": 4_800, "palette": 4_800, "colour": 19_200, "jpeg in steps": 28_800, "jpeg": 320}
    for case, need in needs.items():
        (tmp_path / "a").write_bytes(LARGE[case])
        monkeypatch.setattr(read, "MAX_MEMORY", need)
        assert read_image(tmp_path / "a", 1, max_pixels=100)[0].shape == (1, 1, 3)
        monkeypatch.setattr(read, "MAX_MEMORY", need - 1)
        with pytest.raises(
            ImageError, match=f"80 × 60 pixels would take {need:,} bytes of memory, and {need - 1:,} are"
        ):
            read_image(tmp_path / "a", 1, max_pixels=100)


def test_pillows_own_limit_is_as_it_was(tmp_path):
    before = Image.MAX_IMAGE_PIXELS
    (tmp_path / "a").write_bytes(LARGE["grey"])
    read_image(tmp_path / "a")
    with pytest.raises(ImageError):
        read_image(tmp_path / "a", max_pixels=5)
    assert before == Image.MAX_IMAGE_PIXELS


def test_more_than_8_bits_are_stretched_on_request(tmp_path):
    """300 lies in the middle of 100 … 500: 127.5, which is rounded to 128."""
    values = np.array([[100, 300, 500]])
    kinds = {
        "a.png": encoded(Image.fromarray(values.astype(np.uint16)), "PNG"),
        "b.tif": encoded(Image.fromarray(values.astype(np.int32) + 100_000), "TIFF"),
        "c.tif": encoded(Image.fromarray(values.astype(np.float32) / 1000), "TIFF"),
    }
    for name, content in kinds.items():
        (tmp_path / name).write_bytes(content)
        picture, notes = read_image(tmp_path / name, stretch_16_bit=True)
        assert picture[0, :, 0].tolist() == [0, 128, 255]
        assert notes[0].startswith("stretched: ")
    assert read_image(tmp_path / "a.png", stretch_16_bit=True)[1] == ("stretched: 100 becomes 0 and 500 becomes 255",)
    assert read_image(tmp_path / "a.png")[0].max() == 2
    (tmp_path / "flat.png").write_bytes(encoded(Image.new("I;16", (3, 1), 7), "PNG"))
    assert not read_image(tmp_path / "flat.png", stretch_16_bit=True)[0].any()
    (tmp_path / "nan.tif").write_bytes(encoded(Image.fromarray(np.array([[0, np.nan]], np.float32)), "TIFF"))
    with pytest.raises(ImageError, match="some of its pixels are no numbers"):
        read_image(tmp_path / "nan.tif", stretch_16_bit=True)
    (tmp_path / "8.png").write_bytes(encoded(np.full((2, 2), 9, np.uint8), "PNG"))
    assert (read_image(tmp_path / "8.png", stretch_16_bit=True)[0] == 9).all()


def test_heic_is_read_where_its_reader_is_installed(tmp_path, monkeypatch):
    """By a stand-in for pillow-heif that reads a format of one grey value."""

    class Heif(ImageFile.ImageFile):
        format = "HEIF"

        def _open(self):
            self._mode, self._size = "RGB", (4, 2)
            self.im = Image.new("RGB", (4, 2), (self.fp.read(13)[12],) * 3).im
            self.tile = []

    def register():
        Image.register_open("HEIF", Heif, lambda prefix: prefix[4:12] == b"ftypheic")

    module = ModuleType("pillow_heif")
    module.__spec__ = ModuleSpec("pillow_heif", None)
    module.register_heif_opener = register
    monkeypatch.setitem(sys.modules, "pillow_heif", module)
    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    monkeypatch.setattr(Image, "ID", list(Image.ID))
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic\x63")
    picture, notes = read_image(tmp_path / "a.heic", 2)
    assert (picture == 99).all()
    assert notes == ()
    (tmp_path / "b.heic").write_bytes(encoded(noise(1), "JPEG"))
    assert read_image(tmp_path / "b.heic")[1] == ("named .heic, but it is a JPEG",)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"image_size": 0}, "`image_size` must be a whole number >= 1. Received: 0"),
        ({"image_size": (8, 8, 3)}, "`image_size` must be one whole number or 2 of them"),
        ({"fit": "cut"}, "`fit` must be one of 'crop', 'pad', 'stretch'. Received: 'cut'"),
        ({"max_pixels": 0}, "`max_pixels` must be a whole number >= 1"),
    ],
)
def test_read_image_refuses(tmp_path, arguments, says):
    with pytest.raises(ValueError, match=says):
        read_image(tmp_path / "a.png", **arguments)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_flipped_bytes_never_crash(tmp_path, kind):
    good = encoded(noise(5, (20, 20)), kind)
    rng = np.random.default_rng(0)
    for _ in range(60):
        data = bytearray(good)
        for at in rng.integers(0, len(good), rng.integers(1, 6)):
            data[at] = rng.integers(0, 256)
        cut = rng.integers(1, len(data) + 1) if rng.random() < 0.3 else len(data)
        (tmp_path / "a").write_bytes(bytes(data[:cut]))
        try:
            assert read_image(tmp_path / "a", 8)[0].shape == (8, 8, 3)
        except ImageError as error:
            assert str(error)  # noqa: PT017  some are read, some are not


# --- folders ----------------------------------------------------------------------------------------------------------


def fill(root: Path, counts: dict[str, int], start: int = 0) -> None:
    """Folder → how many different pictures to put into it."""
    seed = start
    for name, count in counts.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (root / name / f"{number:02}.png").write_bytes(encoded(noise(seed), "PNG"))
            seed += 1


@pytest.fixture
def pets(tmp_path) -> Path:
    root = tmp_path / "pets"
    fill(root, {"cats": 10, "dogs": 5})
    return root


def test_classes_labels_and_files(pets):
    data = image_folder(pets, 8)
    assert data.class_names == ("cats", "dogs")
    assert data.images.shape == (15, 8, 8, 3)
    assert data.labels.tolist() == [0] * 10 + [1] * 5
    assert data.files[0] == "cats/00.png"
    assert data.files[-1] == "dogs/04.png"
    assert data.counts() == {"train": (8, 4), "validation": (2, 1)}
    assert not data.skipped
    assert not data.presplit
    assert repr(data) == "ImageFolder(15 images of 8×8×3, 2 classes, 0 files left out, source: pets)"
    np.testing.assert_array_equal(data.images[3], read_image(pets / "cats/03.png", 8)[0])


def test_a_split_is_a_dataset_and_depends_on_the_seed_alone(pets, monkeypatch):
    monkeypatch.chdir(pets)
    data = image_folder(".", 8)  # called by its own name
    train, validation = data.split("train"), data.split("validation")
    assert isinstance(train, datasets.Dataset)
    assert (len(train), len(validation)) == (12, 3)
    assert train.source == "pets, train"
    with pytest.raises(ValueError, match="`name` must be one of 'train', 'validation'. Received: 'test'"):
        data.split("test")
    assert image_folder(pets, 8).splits.tolist() == data.splits.tolist()
    assert image_folder(pets, 8, seed=1).splits.tolist() != data.splits.tolist()
    assert image_folder(pets, 8, validation=0.0).counts() == {"train": (10, 5)}


@pytest.mark.parametrize("around", ["", "my pets", "a/b/c"])
@pytest.mark.parametrize("names", [("train", "validation"), ("Training", "val"), ("TRAIN", "valid")])
def test_a_split_that_is_there_is_kept(tmp_path, around, names):
    root = tmp_path / "data"
    fill(root / around, {f"{names[0]}/cats": 3, f"{names[0]}/dogs": 2, f"{names[1]}/cats": 1, f"{names[1]}/dogs": 2})
    data = image_folder(root, 8)
    assert data.presplit
    assert data.counts() == {"train": (3, 2), "validation": (1, 2)}
    assert "split by its folders" in data.report()


def test_a_test_folder_and_one_beside_them(tmp_path):
    fill(tmp_path, {f"{split}/{name}": 2 for split in ("train", "val", "test") for name in ("cats", "dogs")})
    fill(tmp_path, {"notes/old": 1}, start=100)
    (tmp_path / "train" / "readme.txt").write_text("hello")
    data = image_folder(tmp_path, 8)
    assert data.counts() == {"train": (2, 2), "validation": (2, 2), "test": (2, 2)}
    assert {(one.file, one.reason) for one in data.skipped} == {
        ("notes/old/00.png", "a folder beside the train and validation folders"),
        ("train/readme.txt", "not in the folder of a class"),
    }


def test_a_train_folder_alone_is_split(tmp_path):
    fill(tmp_path, {"train/cats": 5, "train/dogs": 5})
    assert image_folder(tmp_path, 8).counts() == {"train": (4, 4), "validation": (1, 1)}


def test_an_empty_folder_is_a_class_without_pictures_and_no_wrapping(tmp_path):
    fill(tmp_path / "pets", {"cats/tabby": 2, "cats/siamese": 2, "dogs": 0})
    with pytest.raises(DataError, match=r"Found 1: cats\."):
        image_folder(tmp_path / "pets", 8)
    fill(tmp_path / "data", {"images/cats": 2, "images/dogs": 2, "notes": 0})
    assert image_folder(tmp_path / "data", 8).class_names == ("cats", "dogs")


def test_folders_within_a_class_belong_to_it(tmp_path):
    fill(tmp_path, {"cats": 1, "cats/kittens": 2, "dogs": 2})
    data = image_folder(tmp_path, 8)
    assert data.labels.tolist() == [0, 0, 0, 1, 1]
    assert data.files[2] == "cats/kittens/01.png"


@pytest.mark.parametrize("packed", [False, True])
def test_classes_that_differ_only_in_case_are_refused_in_a_folder_and_in_a_zip(tmp_path, packed):
    root = tmp_path / "letters"
    with zipfile.ZipFile(tmp_path / "letters.zip", "w") as archive:
        for seed, name in enumerate(["a/1.png", "A/2.png", "b/3.png", "B/4.png"]):
            archive.writestr(name, encoded(noise(seed), "PNG"))
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(encoded(noise(seed), "PNG"))
    if not packed and (tmp_path / "LETTERS").exists():
        pytest.skip("this file system takes both for one folder")
    with pytest.raises(DataError, match="one and the same on Windows and macOS: rename one of them"):
        image_folder(tmp_path / "letters.zip" if packed else root, 8)


def test_folders_within_a_class_may_differ_only_in_case(tmp_path):
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        for seed, name in enumerate(["cats/DCIM/1.png", "cats/dcim/2.png", "dogs/1.png"]):
            archive.writestr(name, encoded(noise(seed), "PNG"))
    data = image_folder(tmp_path / "pets.zip", 8, validation=0.0)
    assert data.class_names == ("cats", "dogs")
    assert not data.skipped, "nothing of it is left out"
    assert [one.file for one in data.notes] == ["cats/dcim"]
    assert "its files are in DCIM" in data.report()


def test_the_pages_of_a_tiff_are_not_all_counted(tmp_path):
    pages = [Image.new("L", (2, 2), n) for n in range(101)]
    pages[0].save(tmp_path / "a.tiff", save_all=True, append_images=pages[1:])
    picture, notes = read_image(tmp_path / "a.tiff")
    assert notes == ("the first of 100 or more frames or pages",)
    assert (picture == 0).all()


def test_odd_files_are_reported_one_by_one(pets):
    (pets / "cats" / "notes.txt").write_text("hello")
    (pets / "cats" / ".DS_Store").write_bytes(b"x")
    (pets / "dogs" / "broken.jpg").write_bytes(encoded(noise(0, (60, 60)), "JPEG")[:900])
    (pets / "dogs" / "turned.jpg").write_bytes(turned(6))
    (pets / "stray.png").write_bytes(encoded(noise(99), "PNG"))
    (pets / "birds").mkdir()
    (pets / ".cache").mkdir()
    (pets / ".cache" / "00.png").write_bytes(encoded(noise(98), "PNG"))
    (pets / "cats" / "link.png").symlink_to(pets / "dogs" / "00.png")
    (pets / "cats" / "linked").symlink_to(pets / "dogs")
    data = image_folder(pets, 8)
    assert len(data) == 16
    reasons = {one.file: one.reason for one in data.skipped}
    assert reasons.pop("dogs/broken.jpg").startswith("damaged or cut short")
    assert reasons == {
        "cats/notes.txt": "not a picture (.txt)",
        "cats/.DS_Store": "a hidden or system file",
        ".cache/00.png": "a hidden or system file",
        "stray.png": "not in the folder of a class",
        "cats/link.png": "a link",
        "cats/linked": "a link",
    }
    assert [(one.file, one.reason) for one in data.notes] == [("dogs/turned.jpg", "turned as its EXIF says")]
    assert data.empty_classes == ("birds",)
    report = data.report()
    assert "no picture for: birds; these are no classes here" in report
    assert "a link: cats/link.png, cats/linked" in report
    assert "turned as its EXIF says: dogs/turned.jpg" in report


def test_an_unreadable_file_is_reported(pets, monkeypatch):
    def barred(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", barred)
    with pytest.raises(DataError, match=r"Found 0: none. Left out: 15 × may not be read"):
        image_folder(pets, 8)


def test_a_folder_that_may_not_be_read_is_reported(pets, monkeypatch):
    (pets / "cats" / "locked").mkdir()
    scandir = os.scandir

    def barred(path):
        if os.fspath(path).endswith(name):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", barred)
    name = "locked"
    data = image_folder(pets, 8)
    assert [(one.file, one.reason) for one in data.skipped] == [("cats/locked", "a folder that may not be read")]
    name = "pets"
    with pytest.raises(DataError, match=r"^pets was not read: Permission denied$"):
        image_folder(pets, 8)


def test_copies_are_left_out_and_the_validation_set_keeps_its_own(tmp_path):
    fill(tmp_path, {"train/cats": 3, "train/dogs": 3})
    fill(tmp_path, {"val/cats": 2, "val/dogs": 2}, start=50)
    (tmp_path / "val/cats/copy.png").write_bytes((tmp_path / "train/cats/01.png").read_bytes())
    (tmp_path / "train/dogs/again.bmp").write_bytes(encoded(noise(3), "BMP"))  # the pixels of dogs/00 in another format
    data = image_folder(tmp_path, 8)
    assert data.counts() == {"train": (2, 3), "validation": (3, 2)}
    assert [(p.first, p.second, p.across, p.conflict) for p in data.duplicates] == [
        ("val/cats/copy.png", "train/cats/01.png", True, False),
        ("train/dogs/00.png", "train/dogs/again.bmp", False, False),
    ]
    assert "both sides of a split: 1 (train/cats/01.png is val/cats/copy.png)" in data.report()
    assert {one.file for one in data.skipped} == {"train/cats/01.png", "train/dogs/again.bmp"}
    kept = image_folder(tmp_path, 8, duplicates="keep")
    assert kept.counts() == {"train": (3, 4), "validation": (3, 2)}
    assert kept.duplicates == data.duplicates
    assert not kept.skipped


def test_a_copy_that_was_changed_to_be_read_is_counted_once(pets):
    (pets / "cats/copy.jpg").write_bytes((pets / "cats/00.png").read_bytes())  # a PNG by another name
    data = image_folder(pets, 8)
    assert [one.file for one in data.skipped] == ["cats/copy.jpg"]
    assert not data.notes
    assert [one.file for one in image_folder(pets, 8, duplicates="keep").notes] == ["cats/copy.jpg"]


def test_one_picture_with_two_labels_is_left_out(pets):
    (pets / "dogs/copy.png").write_bytes((pets / "cats/00.png").read_bytes())
    data = image_folder(pets, 8)
    assert data.counts() == {"train": (7, 4), "validation": (2, 1)}
    assert {one.file: one.reason for one in data.skipped} == dict.fromkeys(
        ("cats/00.png", "dogs/copy.png"), "one picture with two labels"
    )
    assert "one picture with two labels: 1 (cats/00.png and dogs/copy.png)" in data.report()


def test_a_drawn_split_tells_of_kept_copies_across_it(tmp_path):
    fill(tmp_path, {"cats": 4, "dogs": 4})
    for number in range(10, 20):
        (tmp_path / f"cats/{number}.png").write_bytes((tmp_path / "cats/00.png").read_bytes())
    data = image_folder(tmp_path, 8, validation=0.5, duplicates="keep")
    assert len(data) == 18
    assert any(pair.across for pair in data.duplicates)
    assert len(image_folder(tmp_path, 8, validation=0.5)) == 8


def test_the_report_tells_of_missing_classes_and_of_imbalance(tmp_path):
    fill(tmp_path, {"train/cats": 9, "train/dogs": 2, "val/cats": 1, "val/birds": 1})
    report = image_folder(tmp_path, 8).report()
    assert "train has no picture of: birds" in report
    assert "validation has no picture of: dogs" in report
    assert "unbalanced: 10 of cats, 1 of birds; always saying cats is right in 77 % of cases" in report


def test_too_many_pictures_are_drawn_from_fairly(pets):
    data = image_folder(pets, 8, max_images=6)
    assert len(data) == 6
    assert np.bincount(data.labels).tolist() == [4, 2]
    assert [one.reason for one in data.skipped] == ["beyond 6 pictures: not drawn"] * 9
    assert len({one.file for one in data.skipped} | {*data.files}) == 15
    assert data.files != image_folder(pets, 8, max_images=6, seed=1).files


def test_at_most_is_never_more(tmp_path):
    fill(tmp_path, {"ants": 1, "bees": 1, "cats": 1, "dogs": 12})
    data = image_folder(tmp_path, 8, max_images=5, validation=0)
    assert np.bincount(data.labels).tolist() == [1, 1, 1, 2]
    with pytest.raises(ValueError, match="`max_images` must be at least 5 here, two for each class, .*Received: 2"):
        image_folder(tmp_path, 8, max_images=2)
    fill(tmp_path / "split", {f"{split}/{name}": 3 for split in ("train", "val") for name in ("cats", "dogs")})
    assert len(image_folder(tmp_path / "split", 8, max_images=4, duplicates="keep")) == 4
    with pytest.raises(ValueError, match="`max_images` must be at least 4 here, one for each class and split"):
        image_folder(tmp_path / "split", 8, max_images=3)


def test_only_what_is_trained_on_makes_a_copy_a_leak(tmp_path):
    fill(tmp_path, {"train/cats": 2, "train/dogs": 2})
    fill(tmp_path, {"val/cats": 2, "val/dogs": 2, "test/cats": 2, "test/dogs": 2}, start=50)
    (tmp_path / "test/cats/copy.png").write_bytes((tmp_path / "val/cats/00.png").read_bytes())
    data = image_folder(tmp_path, 8)
    assert ("test/cats/copy.png", "val/cats/00.png") in {(p.first, p.second) for p in data.duplicates}
    assert not any(pair.across for pair in data.duplicates)
    assert "both sides" not in data.report()


def test_somebodys_whole_disk_is_refused(pets, monkeypatch):
    monkeypatch.setattr(layout, "_MAX_WALKED", 5)
    with pytest.raises(DataError, match="holds more than 5 files: name the folder of the pictures"):
        image_folder(pets, 8)


def test_what_is_no_data_set_says_what_one_is(tmp_path):
    with pytest.raises(DataError, match="there is no folder and no zip file 'none' here"):
        image_folder(tmp_path / "none")
    fill(tmp_path / "one", {"cats": 2})
    with pytest.raises(DataError, match=r"one must hold at least two folders with pictures.*Found 1: cats\."):
        image_folder(tmp_path / "one", 8)
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "a.png").write_bytes(encoded(noise(0), "PNG"))
    with pytest.raises(DataError, match="Found 0: none. Left out: 1 × not in the folder of a class"):
        image_folder(tmp_path / "flat", 8)
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(DataError, match=r"text.zip was not unpacked: it is not a zip archive"):
        image_folder(tmp_path / "text.zip", 8)


def test_a_zip_is_its_folder(pets, tmp_path):
    (pets / "cats" / "notes.txt").write_text("hello")
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as file:
        for path in sorted(pets.rglob("*")):
            file.write(path, f"around it/{path.relative_to(pets)}")
        file.writestr("__MACOSX/cats/._00.png", b"x")
    folder, packed = image_folder(pets, 8), image_folder(tmp_path / "pets.zip", 8)
    np.testing.assert_array_equal(packed.images, folder.images)
    assert packed.files == folder.files
    assert packed.splits.tolist() == folder.splits.tolist()
    assert {one.file for one in packed.skipped} == {"__MACOSX/cats/._00.png", "cats/notes.txt"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pets", "pets.zip"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"image_size": 0}, "`image_size` must be a whole number >= 1"),
        ({"validation": 1.5}, "`validation` must be a number from 0 to 0.9. Received: 1.5"),
        ({"validation": float("nan")}, "`validation` must be a number from 0 to 0.9"),
        ({"validation": "0.2"}, "`validation` must be a number from 0 to 0.9. Received: '0.2'"),
        ({"seed": -1}, "`seed` must be a whole number >= 0"),
        ({"fit": "squash"}, "`fit` must be one of"),
        ({"duplicates": "remove"}, "`duplicates` must be one of 'drop', 'keep'"),
        ({"max_images": 1}, "`max_images` must be a whole number >= 2"),
    ],
)
def test_image_folder_refuses(pets, arguments, says):
    with pytest.raises((TypeError, ValueError), match=says):
        image_folder(pets, **arguments)


@pytest.mark.parametrize(("count", "held_out"), [(1, 0), (2, 1), (3, 1), (10, 2), (100, 20)])
def test_every_class_gives_and_keeps_one(count, held_out):
    splits = draw_split(np.zeros(count, int), 0.2, seed=0)
    assert (splits == "validation").sum() == held_out


def test_no_picture_is_on_both_sides():
    """Against a plain count, on random data: what stays has no two equal hashes."""
    rng = np.random.default_rng(0)
    hashes = [bytes([n]) for n in rng.integers(0, 40, 120)]
    labels, splits = rng.integers(0, 2, 120), rng.choice(["train", "validation", "test"], 120)
    pairs, reasons = find_duplicates(hashes, labels, splits, [f"{n}.jpg" for n in range(120)])
    stay = [n for n in range(120) if n not in reasons]
    assert len({hashes[n] for n in stay}) == len(stay)
    assert len(pairs) == 120 - len(set(hashes))
    for value in set(hashes):
        rows = [n for n in range(120) if hashes[n] == value]
        left = [n for n in rows if n in stay]
        assert len(left) == (0 if len(set(labels[rows])) > 1 else 1)
        if left and "test" in splits[rows]:
            assert splits[left[0]] == "test"


# --- cats and dogs ----------------------------------------------------------------------------------------------------


def test_the_stand_in_is_named(monkeypatch):
    data = datasets.cats_and_dogs("validation", limit=10, image_size=(20, 24))
    assert data.images.shape == (10, 20, 24, 3)
    assert data.labels.tolist() == [0, 1] * 5
    assert data.class_names == ("disc", "star")
    assert data.is_stand_in
    assert data.source == "stand-in: discs and stars drawn on crops of photos (CNNLAB_OFFLINE is set)"
    np.testing.assert_array_equal(
        data.images[:4], datasets.cats_and_dogs("validation", limit=4, image_size=(20, 24)).images
    )
    with pytest.raises(DataError, match=r"cats_and_dogs_small.zip was not fetched: CNNLAB_OFFLINE is set"):
        datasets.fetch("cats_and_dogs")


def test_a_zip_in_the_data_folder_is_used(tmp_path, monkeypatch):
    fill(tmp_path / "zip", {f"{split}/{name}": 3 for split in ("train", "validation") for name in ("cats", "dogs")})
    for split in ("train", "validation"):  # the two splits hold the same pictures: make them differ
        for path in (tmp_path / "zip" / split).rglob("*.png"):
            path.write_bytes(encoded(noise(zlib.crc32(f"{split}{path}".encode())), "PNG"))
    with zipfile.ZipFile(tmp_path / "cats_and_dogs_small.zip", "w") as file:
        for path in sorted((tmp_path / "zip").rglob("*")):
            file.write(path, path.relative_to(tmp_path / "zip"))
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
    data = datasets.cats_and_dogs("train", limit=4)
    assert data.labels.tolist() == [0, 1, 0, 1]
    assert data.source == "cats and dogs, cats_and_dogs_small.zip in the CNNLAB_DATA folder"
    (tmp_path / "cats_and_dogs_small.zip").write_bytes(b"PK not a zip")
    with pytest.raises(DataError, match="was not unpacked"):
        datasets.cats_and_dogs()


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["cats/1.png", "cats/2.png", "foxes/1.png", "foxes/2.png"], "cats, foxes"),
        (
            [f"{split}/{name}/1.png" for split in ("train", "test") for name in ("cats", "dogs")],
            "cats, dogs, train/",
        ),
    ],
    ids=["classes", "splits"],
)
def test_a_zip_of_other_pictures_is_refused(tmp_path, monkeypatch, files, found):
    with zipfile.ZipFile(tmp_path / "cats_and_dogs_small.zip", "w") as file:
        for number, name in enumerate(files):
            file.writestr(name, encoded(noise(number), "PNG"))
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
    with pytest.raises(DataError, match=f"must hold train and validation folders of cats and dogs. Found: {found}"):
        datasets.cats_and_dogs("validation")
