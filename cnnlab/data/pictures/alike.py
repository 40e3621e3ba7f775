"""Pictures that are nearly the same: saved once more, made smaller, made brighter. No pixel need be equal.

`image_folder` finds copies by their pixels. This finds their relatives, by a fingerprint of 64 bits that forgets all
but the coarse pattern of light and dark: the perceptual hash "pHash", as the package imagehash computes it. That
package would bring PyWavelets for one of its other hashes; what is needed here is ten lines of SciPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from cnnlab.common.validate import check_int, check_rank

_SIDE, _KEPT = 32, 8  # pixels a picture is shrunk to; of its 32 × 32 waves the 8 × 8 coarsest count
_AT_ONCE = 1_000  # rows of distances held in memory together


@dataclass(frozen=True, order=True)
class NearDuplicate:
    """Two pictures with nearly the same fingerprint.

    Attributes
    ----------
    distance : bits in which the fingerprints differ, 0 … 64; unrelated pictures differ in about 32
    first, second : their rows, `first` < `second`
    """

    distance: int
    first: int
    second: int


def picture_hash(picture: np.ndarray) -> np.ndarray:
    """The fingerprint of a picture: 64 bits that hardly change when it is saved again, resized or made brighter.

    The picture becomes grey and 32 × 32, and a cosine transform (as in a JPEG) writes it as a sum of waves. Each of the
    64 coarsest gives a bit: whether it is stronger than their median.

    Parameters
    ----------
    picture : (H, W, 3) or (H, W), uint8

    Returns
    -------
    ndarray of bool
        (64,).

    References
    ----------
    Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, section 3.2.1.

    Examples
    --------
    >>> picture = np.kron(np.random.default_rng(0).integers(0, 256, (8, 8)), np.ones((8, 8))).astype(np.uint8)
    >>> bits = picture_hash(picture)
    >>> bits.shape, [int((bits != picture_hash(other)).sum()) for other in (picture[::2, ::2], picture // 2, picture.T)]
    ((64,), [0, 0, 26])
    """
    from scipy.fft import dctn  # only whoever asks for a hash waits for SciPy

    picture = check_rank(picture, "picture", {2: "(H, W)", 3: "(H, W, 3)"}, empty=False)
    if picture.dtype != np.uint8 or picture.shape[2:] not in ((), (3,)):
        raise ValueError(f"`picture` must be uint8, (H, W) or (H, W, 3). Received: {picture.dtype} {picture.shape}")
    grey = Image.fromarray(picture).convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    waves = dctn(np.asarray(grey, dtype=np.float64))[:_KEPT, :_KEPT]
    return (waves > np.median(waves)).ravel()


def near_duplicates(images: np.ndarray, most: int = 6) -> list[NearDuplicate]:
    """All pairs of pictures whose fingerprints differ in at most `most` of 64 bits, the nearest first.

    Parameters
    ----------
    images : (N, H, W, 3) or (N, H, W), uint8, such as `ImageFolder.images`
    most : 0 … 64. Up to 6 we found hardly any chance pairs among photographs, and nearly all copies that were saved
        again, resized or made brighter; a crop or a mirrored picture is not found, and drawings on an empty ground,
        such as digits, look alike without being copies. So look at the pairs

    Returns
    -------
    list
        Each pair once.

    Examples
    --------
    >>> y, x = np.mgrid[:32, :32]
    >>> wave = (128 + 100 * np.sin(x / 4) * np.cos(y / 7)).astype(np.uint8)
    >>> near_duplicates(np.stack([wave, wave.T, wave // 2]))
    [NearDuplicate(distance=0, first=0, second=2)]
    """
    images = check_rank(images, "images", {3: "(N, H, W)", 4: "(N, H, W, 3)"})
    check_int(most, "most", minimum=0, maximum=64)
    if not len(images):
        return []
    bits = np.array([picture_hash(picture) for picture in images]).astype(np.float32)  # (N, 64) of 0 and 1
    ones = bits.sum(axis=1)
    pairs = []
    for start in range(0, len(bits), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        distances = ones[rows, None] + ones - 2 * bits[rows] @ bits.T  # ones of either, less those of both
        for first, second in np.argwhere(distances <= most):
            if start + first < second:
                pairs.append(NearDuplicate(int(distances[first, second]), int(start + first), int(second)))
    return sorted(pairs)
