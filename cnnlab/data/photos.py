"""Photographs that need no network: those that ship with scikit-image and scikit-learn, and the data folder's own."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from cnnlab.common.errors import DataError
from cnnlab.common.validate import check_choice, check_rank
from cnnlab.data.locate import data_folder
from cnnlab.data.pictures.read import ImageError, read_image

# name → (package that ships it, what it shows). All have shipped in the wheels since scikit-image 0.22 and
# scikit-learn 1.3, so that none of them needs the network.
_PHOTOS = {
    "astronaut": (
        "skimage",
        "An astronaut in an orange suit smiles; behind her a flag and a model of a space shuttle.",
    ),
    "camera": ("skimage", "In black and white, a man in a dark coat looks through a camera on a tripod on a lawn."),
    "chelsea": ("skimage", "The face of a ginger tabby cat with green eyes, looking to the right."),
    "china": ("sklearn", "A Chinese tower with three tiers of curved roofs above trees, a lake behind it."),
    "coffee": ("skimage", "A white and red cup of espresso with a spoon on a red saucer on a wooden table."),
    "coins": ("skimage", "In black and white, 24 ancient coins in four rows of six on a dark ground."),
    "flower": ("sklearn", "A round orange dahlia in front of blurred dark green leaves."),
    "rocket": ("skimage", "A white rocket stands upright between lattice towers in front of a dark blue evening sky."),
}
_PHOTO_ENDINGS = (".jpg", ".jpeg", ".png")


def photo_names() -> tuple[str, ...]:
    """Names that `photo` knows: those shipped with the packages, then those in ``photos/`` of ``CNNLAB_DATA``.

    Examples
    --------
    >>> photo_names()[:3]
    ('astronaut', 'camera', 'chelsea')
    """
    return (*_PHOTOS, *_own_photos())


def photo_description(name: str = "china") -> str:
    """What a photo shows, in one sentence: the alternative text of a figure made from it.

    A photo of the ``CNNLAB_DATA`` folder is described by its file name, as nothing more is known about it.

    Examples
    --------
    >>> photo_description("chelsea")
    'The face of a ginger tabby cat with green eyes, looking to the right.'
    """
    check_choice(name, "name", photo_names())
    return _PHOTOS[name][1] if name in _PHOTOS else f"The photo {_own_photos()[name].name} from the data folder."


def photo(name: str = "china") -> np.ndarray:
    """A photograph, without any use of the network.

    Parameters
    ----------
    name : one of `photo_names`. A shipped photo keeps its name even if ``CNNLAB_DATA`` has a file of the same name, so
        that a lesson shows every learner the same picture

    Returns
    -------
    ndarray of uint8, shape (H, W, 3), values 0 … 255
        A fresh array. Black-and-white photos come with three equal channels; `gray` takes them back to one.

    Raises
    ------
    DataError
        If a file of the data folder is not a readable picture.

    Examples
    --------
    >>> photo("china").shape
    (427, 640, 3)
    """
    check_choice(name, "name", photo_names())
    if name not in _PHOTOS:
        return _read_photo(_own_photos()[name])
    if _PHOTOS[name][0] == "sklearn":
        from sklearn.datasets import load_sample_image

        picture = load_sample_image(f"{name}.jpg")
    else:
        import skimage.data

        picture = getattr(skimage.data, name)()
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=-1)
    return np.array(picture, dtype=np.uint8)


def _own_photos() -> dict[str, Path]:
    folder = data_folder()
    if folder is None or not os.path.isdir(folder / "photos"):
        return {}
    files = sorted(
        path
        for path in (folder / "photos").iterdir()
        if path.suffix.lower() in _PHOTO_ENDINGS and not path.name.startswith(".") and path.is_file()
    )
    return {path.stem: path for path in files if path.stem not in _PHOTOS}


def _read_photo(path: Path) -> np.ndarray:
    try:
        return read_image(path)[0]
    except ImageError as error:
        raise DataError(f"{path} is not a readable picture: {error}") from None


def gray(images: np.ndarray) -> np.ndarray:
    """Brightness of colour pictures: ``0.299 R + 0.587 G + 0.114 B`` (luma of Recommendation ITU-R BT.601).

    Parameters
    ----------
    images : ndarray, shape (H, W, 3) or (N, H, W, 3); a picture (H, W) has no colour and comes back as it is

    Returns
    -------
    ndarray, shape (H, W) or (N, H, W)
        Whole numbers stay in their dtype, rounded; floats stay floats.

    Examples
    --------
    >>> gray(np.array([[[255, 0, 0], [0, 255, 0], [9, 9, 9]]], dtype=np.uint8))
    array([[ 76, 150,   9]], dtype=uint8)
    """
    images = check_rank(images, "images", {2: "(H, W)", 3: "(H, W, 3)", 4: "(N, H, W, 3)"})
    if images.ndim == 2:
        return images
    if images.shape[-1] != 3:
        raise ValueError(f"`images` must have 3 channels (red, green, blue). Received: shape {images.shape}")
    luma = images @ np.array([0.299, 0.587, 0.114])  # (..., H, W)
    return luma.astype(images.dtype) if images.dtype.kind == "f" else np.rint(luma).astype(images.dtype)
