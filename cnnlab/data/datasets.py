"""Pictures and tables for the lessons: real where they can be had, an honest stand-in where they cannot.

Every data set says where it came from in `source`, and a lesson prints it. Photos, iris and the small digits ship with
scikit-image and scikit-learn and need no network. MNIST, Fashion-MNIST, CIFAR-10 and the cats and dogs are looked for
in ``CNNLAB_DATA``, then in the cache, then downloaded, each with a time limit; failing all three, enlarged scikit-learn
digits, and letters and shapes drawn on the spot, stand in for them. `image_folder` reads pictures of your own, from a
folder or a zip.

Environment: ``CNNLAB_DATA`` names a folder of data files, ``CNNLAB_CACHE`` another cache folder, ``CNNLAB_OFFLINE=1``
forbids downloads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from cnnlab.common.errors import DataError as DataError
from cnnlab.common.errors import FileNote as FileNote
from cnnlab.common.validate import check_choice, check_int, pair
from cnnlab.data.dataset import Dataset as Dataset
from cnnlab.data.dataset import Table as Table
from cnnlab.data.locate import Availability as Availability
from cnnlab.data.locate import available as available
from cnnlab.data.locate import cache_path as cache_path
from cnnlab.data.locate import data_folder as data_folder
from cnnlab.data.locate import data_path as data_path
from cnnlab.data.locate import fetch as fetch
from cnnlab.data.locate import locate
from cnnlab.data.locate import offline as offline
from cnnlab.data.locate import shipped as shipped
from cnnlab.data.npz import read_split
from cnnlab.data.omniglot import HELD_OUT, characters
from cnnlab.data.photos import gray as gray
from cnnlab.data.photos import photo as photo
from cnnlab.data.photos import photo_description as photo_description
from cnnlab.data.photos import photo_names as photo_names
from cnnlab.data.pictures.alike import NearDuplicate as NearDuplicate
from cnnlab.data.pictures.alike import near_duplicates as near_duplicates
from cnnlab.data.pictures.alike import picture_hash as picture_hash
from cnnlab.data.pictures.archive import ArchiveError as ArchiveError
from cnnlab.data.pictures.archive import unpack as unpack
from cnnlab.data.pictures.folder import image_folder as image_folder
from cnnlab.data.pictures.read import ImageError as ImageError
from cnnlab.data.pictures.read import read_image as read_image
from cnnlab.data.pictures.report import ImageFolder as ImageFolder
from cnnlab.data.pictures.split import Duplicate as Duplicate
from cnnlab.data.stand_ins import DIGITS, digits_apart, digits_like_mnist, discs_and_stars, taking_turns
from cnnlab.data.stand_ins import digits as digits
from cnnlab.data.stand_ins import letters as letters
from cnnlab.data.stand_ins import shapes as shapes

_CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
_PETS = ("cats", "dogs")
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def iris() -> Table:
    """Fisher's iris flowers: 150 flowers, four lengths in centimetres, three species, 50 of each in order.

    Examples
    --------
    >>> iris()
    Table(150 rows of 4 features, 3 classes, source: scikit-learn's iris)
    >>> iris().features[0].tolist(), iris().class_names
    ([5.1, 3.5, 1.4, 0.2], ('setosa', 'versicolor', 'virginica'))
    """
    from sklearn.datasets import load_iris

    data = load_iris()
    return Table(
        features=data.data,
        labels=data.target.astype(np.int64),
        feature_names=tuple(data.feature_names),
        class_names=tuple(map(str, data.target_names)),
        source="scikit-learn's iris",
    )


def mnist(split: str = "train", limit: int | None = None) -> Dataset:
    """MNIST: handwritten digits, 28×28, white on black; 60,000 to train on and 10,000 to test on.

    Looked for as ``mnist.npz`` in ``CNNLAB_DATA`` (any number of rows), then in the cache, then downloaded with its
    SHA-256 checked. A lesson waits ten seconds at most; ``cnnlab data get mnist`` waits for as long as bytes arrive.
    Failing all three, scikit-learn's digits, enlarged to 20×20 inside a border of 4 as MNIST's are, stand in: 1,438 to
    train on, 359 (every fifth of a class) to test on. `Dataset.source` then begins with ``"stand-in"`` and says why.

    Parameters
    ----------
    split : ``"train"`` or ``"test"``
    limit : keep at most this many pictures, the first ones; None keeps all

    Returns
    -------
    Dataset
        Images (N, 28, 28, 1).

    Raises
    ------
    DataError
        If the ``mnist.npz`` of ``CNNLAB_DATA`` is damaged: a file put there on purpose is not passed over in silence.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998.

    Examples
    --------
    >>> mnist("test", limit=5).images.shape
    (5, 28, 28, 1)
    """
    return _published("mnist", "MNIST", split, limit, (28, 28, 1), DIGITS, digits_like_mnist)


def fashion_mnist(split: str = "train", limit: int | None = None) -> Dataset:
    """Fashion-MNIST: ten kinds of clothing in the form of MNIST; 60,000 to train on and 10,000 to test on.

    Looked for as ``fashion_mnist.npz`` in ``CNNLAB_DATA`` (any number of rows), then in the cache, then downloaded: 31
    MB, for which a lesson waits 20 seconds at most. Failing all three, `letters` stand in, with class names of their
    own.

    Parameters
    ----------
    split, limit : as of `mnist`, and refused as there

    Returns
    -------
    Dataset
        Images (N, 28, 28, 1).

    References
    ----------
    Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", 2017.

    Examples
    --------
    >>> fashion_mnist("test", limit=5).images.shape
    (5, 28, 28, 1)
    """
    return _published("fashion_mnist", "Fashion-MNIST", split, limit, (28, 28, 1), _CLOTHES, letters)


def cifar10(split: str = "train", limit: int | None = None) -> Dataset:
    """CIFAR-10: ten kinds of animals and vehicles in colour, 32×32; 50,000 to train on and 10,000 to test on.

    Looked for as ``cifar10.npz`` in ``CNNLAB_DATA`` (any number of rows), then in the cache, then downloaded: 170 MB,
    for which a lesson waits two minutes at most, and six seconds where the network is too slow for that. Failing all
    three, `shapes` stand in, with class names of their own.

    Parameters
    ----------
    split, limit : as of `mnist`, and refused as there

    Returns
    -------
    Dataset
        Images (N, 32, 32, 3).

    References
    ----------
    Krizhevsky, "Learning multiple layers of features from tiny images", 2009.

    Examples
    --------
    >>> cifar10("test", limit=5).images.shape
    (5, 32, 32, 3)
    """
    return _published("cifar10", "CIFAR-10", split, limit, (32, 32, 3), _THINGS, shapes)


def cats_and_dogs(split: str = "train", limit: int | None = None, *, image_size: int | tuple[int, int] = 32) -> Dataset:
    """Photos of cats and of dogs, in colour; as downloaded, 1,000 of each to train on and 500 of each to validate on.

    Looked for as ``cats_and_dogs_small.zip`` in ``CNNLAB_DATA``, where it is any zip with the folders ``train/cats``,
    ``train/dogs``, ``validation/cats`` and ``validation/dogs``, then in the cache, then downloaded: 69 MB, for which a
    lesson waits 46 seconds at most. Failing all three, two of the `shapes`, discs and stars, stand in, with class names
    of their own: about 1,000 to train on and 200 to validate on.

    Parameters
    ----------
    split : ``"train"`` or ``"validation"``
    limit : keep at most this many pictures, the first ones; None keeps all. Cats and dogs take turns, so that an even
        number holds as many of each
    image_size : side in pixels, or (height, width), that the pictures are brought to: the middle of those of another
        shape

    Returns
    -------
    Dataset
        Images (N, H, W, 3).

    Raises
    ------
    DataError
        If the zip of ``CNNLAB_DATA`` is damaged, holds other classes or lacks that split.

    Examples
    --------
    >>> cats_and_dogs("validation", limit=6).labels.tolist()
    [0, 1, 0, 1, 0, 1]
    """
    check_choice(split, "split", ("train", "validation"))
    if limit is not None:
        check_int(limit, "limit", minimum=1)
    size = pair(image_size, "image_size")
    try:
        path, place = locate("cats_and_dogs")
    except DataError as error:
        return discs_and_stars(split, limit, size, str(error))
    found = image_folder(path, size, validation=0)
    if found.class_names != _PETS or not found.presplit or split not in found.splits:
        there = ", ".join((*found.class_names, *(f"{name}/" for name in found.counts() if found.presplit)))
        raise DataError(f"{path.name} must hold train and validation folders of cats and dogs. Found: {there}")
    data = found.split(split)
    rows = taking_turns(data.labels)[:limit]
    return Dataset(data.images[rows], data.labels[rows], _PETS, source=f"cats and dogs, {path.name} {place}")


def omniglot(split: str = "train", *, image_size: int | tuple[int, int] = 28) -> Dataset:
    """Omniglot, the two small background sets: 242 handwritten characters of eight alphabets, 20 people wrote each.

    Whole alphabets are held out for the test, so that no character of it is seen in training: 156 characters to train
    on, 86 of three other alphabets to test on. The two archives are looked for in ``CNNLAB_DATA/omniglot``, then in the
    cache, then downloaded (3 MB). Failing all three, scikit-learn's digits stand in: 0 to 4 to train on, 5 to 9 to test
    on.

    Parameters
    ----------
    split : ``"train"`` or ``"test"``
    image_size : side in pixels, or (height, width), that the pictures of 105 × 105 are brought to

    Returns
    -------
    Dataset
        Images (N, H, W, 1), light strokes on black; the pictures of a character follow one another, and a class has the
        name of its alphabet and its number in it, ``"Korean/character01"``.

    Raises
    ------
    DataError
        If an archive of ``CNNLAB_DATA`` is damaged or holds other alphabets.

    References
    ----------
    Lake, Salakhutdinov and Tenenbaum, "Human-level concept learning through probabilistic program induction", 2015.

    Examples
    --------
    >>> omniglot("test", image_size=14).images.shape[1:]
    (14, 14, 1)
    """
    check_choice(split, "split", ("train", "test"))
    size = pair(image_size, "image_size")
    try:
        found = [locate(name) for name in ("omniglot-1", "omniglot-2")]
    except DataError as error:
        return digits_apart(split, size, str(error))
    (first, place), (second, _) = found
    stamps = tuple((path, path.stat().st_mtime_ns) for path in (first, second))
    images, names = characters(stamps, size)
    wanted = np.array([(name.split("/")[0] in HELD_OUT) == (split == "test") for name in names])
    class_names, labels = np.unique(names[wanted], return_inverse=True)
    source = f"Omniglot, {first.name} and {second.name} {place}"
    return Dataset(images[wanted], labels.astype(np.int64), tuple(map(str, class_names)), source)


def _published(
    name: str,
    title: str,
    split: str,
    limit: int | None,
    shape: tuple[int, int, int],
    class_names: tuple[str, ...],
    stand_in: Callable[[str, int | None], Dataset],
) -> Dataset:
    """The data set called `title` from the file of that `name`, or `stand_in` with the reason in its source."""
    check_choice(split, "split", ("train", "test"))
    if limit is not None:
        check_int(limit, "limit", minimum=1)
    try:
        path, place = locate(name)
    except DataError as error:
        other = stand_in(split, limit)
        return replace(other, source=f"stand-in: {other.source} ({error})")
    side, _, channels = shape
    images, labels = read_split(path, split, side, channels, classes=len(class_names), limit=limit)
    return Dataset(images, labels, class_names, source=f"{title}, {path.name} {place}")
