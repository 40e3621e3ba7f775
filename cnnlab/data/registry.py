"""Which data files there are: where they are published, how large they are, and what is lost without them.

Addresses and checksums of the data sets are those of `keras.datasets`, whose own loaders are not used: they have no
time limits, so that a lesson behind a firewall would wait for minutes, and leave a half-unpacked folder behind when
they are stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnnlab.data import published


@dataclass(frozen=True)
class Part:
    """A file to download: `bytes` long, with this SHA-256 `checksum`, or none where none is published."""

    url: str
    bytes: int
    checksum: str = ""


@dataclass(frozen=True)
class DataFile:
    """A data file: its `name` in the course, its `file` name, `bytes`, SHA-256 `checksum` and `url` as published.

    One that is not published in this form has no checksum: it is made of `parts` by ``make(paths, target)``. `lost`
    says what the course does without it.
    """

    name: str
    file: str
    bytes: int
    checksum: str
    url: str
    lost: str
    parts: tuple[Part, ...] = ()
    make: Callable[[Sequence[Path], Path], None] | None = None


def _made(name: str, file: str, make: Callable[[Sequence[Path], Path], None], lost: str, *parts: Part) -> DataFile:
    return DataFile(name, file, sum(part.bytes for part in parts), "", parts[0].url, lost, parts, make)


_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"
_OMNIGLOT = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python"

REGISTRY = {
    row.name: row
    for row in (
        # Address and checksum as in keras/src/datasets/mnist.py.
        DataFile(
            name="mnist",
            file="mnist.npz",
            bytes=11_490_434,
            checksum="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
            url=f"{_KERAS}/mnist.npz",
            lost="the lessons train on 1,438 coarser digits instead of 60,000",
        ),
        # Addresses as in keras/src/datasets/fashion_mnist.py, which checks nothing; the MD5 sums of the four files are
        # those that their makers publish, and these SHA-256 sums belong to the same files.
        _made(
            "fashion_mnist",
            "fashion_mnist.npz",
            published.fashion_mnist,
            "letters take the place of clothing",
            Part(
                f"{_KERAS}/train-images-idx3-ubyte.gz",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            Part(
                f"{_KERAS}/train-labels-idx1-ubyte.gz",
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            Part(
                f"{_KERAS}/t10k-images-idx3-ubyte.gz",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            Part(
                f"{_KERAS}/t10k-labels-idx1-ubyte.gz",
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
        # As in keras/src/datasets/cifar10.py.
        _made(
            "cifar10",
            "cifar10.npz",
            published.cifar10,
            "lesson 07 in its full profile trains on drawn shapes instead of photographs",
            Part(
                "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
                170_498_071,
                "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            ),
        ),
        # Google's teaching material; no checksum is published, so size and contents are checked, and the SHA-256 of the
        # first download is remembered.
        _made(
            "cats_and_dogs",
            "cats_and_dogs_small.zip",
            published.cats_and_dogs,
            "lesson 10 ends with digits and does not come to photographs",
            Part("https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip", 68_606_236),
        ),
        # The repository names no checksums: sizes and SHA-256 are those of the copies this project has worked with.
        DataFile(
            name="omniglot-1",
            file="omniglot/images_background_small1.zip",
            bytes=1_319_022,
            checksum="f38eb80f801274ac2b4dff5b24289016bfaba4a7d5bb50deebf27104ad6cb8a4",
            url=f"{_OMNIGLOT}/images_background_small1.zip",
            lost="lesson 14 tells digits apart instead of characters of eight alphabets",
        ),
        DataFile(
            name="omniglot-2",
            file="omniglot/images_background_small2.zip",
            bytes=1_580_917,
            checksum="3ccaa407515a8778e5d0861875af38b17e418f301ad5bb3b5a6b65d901a41c7f",
            url=f"{_OMNIGLOT}/images_background_small2.zip",
            lost="lesson 14 tells digits apart instead of characters of eight alphabets",
        ),
        # The release publishes no checksum: size and SHA-256 are those of the copy this project has worked with.
        DataFile(
            name="squeezenet",
            file="weights/squeezenet_imagenet_notop.h5",
            bytes=3_002_560,
            checksum="17154246284f555591549ac2c83e127abfbf4307dc4b0060fdaa2931d0fa38da",
            url="https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0/"
            "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
            lost="lesson 10 does not come to photographs, and lesson 17 starts from a network that knows digits only",
        ),
        # Darknet detectors, see detection/darknet/reading.py; the .cfg of YOLOv3 and YOLOv3-tiny ship in data/darknet.
        DataFile(
            name="yolov3",
            file="darknet/yolov3.weights",
            bytes=248_007_048,
            checksum="523e4e69e1d015393a1b0a441cef1d9c7659e3eb2d7e15f793f060a21b32f297",
            url="https://pjreddie.com/media/files/yolov3.weights",
            lost="no detector of that name in `cnnlab detect`",
        ),
        DataFile(
            name="yolov3-tiny",
            file="darknet/yolov3-tiny.weights",
            bytes=35_434_956,
            checksum="dccea06f59b781ec1234ddf8d1e94b9519a97f4245748a7d4db75d5b7080a42c",
            url="https://pjreddie.com/media/files/yolov3-tiny.weights",
            lost="no detector of that name in `cnnlab detect`",
        ),
        DataFile(
            name="yolo-fastest",
            file="darknet/yolo-fastest-1.1.weights",
            bytes=1_384_268,
            checksum="1c445c42bbd6df63edea2cc69f99667b5650d663ca11e34b116240740cd42890",
            url="https://raw.githubusercontent.com/dog-qiuqiu/Yolo-Fastest/master/ModelZoo/yolo-fastest-1.1_coco/"
            "yolo-fastest-1.1.weights",
            lost="lesson 13 shows answers that were kept and runs no detector of photographs",
        ),
        DataFile(
            name="yolo-fastest-cfg",
            file="darknet/yolo-fastest-1.1.cfg",
            bytes=9_685,
            checksum="f6df5775c1e862998cf69046eba9265be3ae84dfe8b2caab7529823f0795bf70",
            url="https://raw.githubusercontent.com/dog-qiuqiu/Yolo-Fastest/master/ModelZoo/yolo-fastest-1.1_coco/"
            "yolo-fastest-1.1.cfg",
            lost="lesson 13 shows answers that were kept and runs no detector of photographs",
        ),
    )
}
