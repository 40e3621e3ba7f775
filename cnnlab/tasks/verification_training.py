"""A network that makes embeddings, and the triplet loss that trains it through ``model.fit`` on every backend.

>>> from cnnlab.data import faces
>>> some = faces.people(8, pictures=4, seed=0)
>>> model = embedding_network(some.images.shape[1:], dimensions=16)
>>> model.compile("adam", TripletLoss())
>>> history = model.fit(Batches(some.images, some.labels, people=4, pictures=4, steps=2), verbose=0)
>>> embed(model, some.images).shape
(32, 16)
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers, ops

from cnnlab.common.validate import check_choice, check_int, check_number, check_rank
from cnnlab.tasks import triplets, verification

MINING = ("batch_hard", "semi_hard", "all")


@keras.saving.register_keras_serializable(package="cnnlab")
class TripletLoss(keras.losses.Loss):
    """The triplet loss of a batch of embeddings, whose triplets are chosen within the batch.

    ``y_true`` holds the labels, (B,), ``y_pred`` the embeddings, (B, D). The loss of an anchor is

    - ``"batch_hard"``: that of its furthest positive and its nearest negative;
    - ``"semi_hard"``: the mean over its positives, each with the nearest negative that is further than the positive
      (the furthest of all where none is);
    - ``"all"``: the mean over all its triplets, which is what choosing at random gives on the average.

    An anchor without a triplet counts 0.

    Parameters
    ----------
    margin : > 0
    mining : one of `MINING`
    squared : compare squared distances, as the formula says; False compares distances. The square root of 0 has no
        derivative, so a tiny number is added below it
    name : of the loss

    Examples
    --------
    >>> loss = TripletLoss(margin=0.5)
    >>> float(loss(np.array([0, 0, 1]), np.zeros((3, 2), "float32")))  # two anchors with a triplet: (0.5 + 0.5 + 0) / 3
    0.3333333432674408
    """

    def __init__(
        self, margin: float = 0.2, mining: str = "batch_hard", squared: bool = True, name: str = "triplet_loss"
    ) -> None:
        super().__init__(name=name)
        self.margin, self.mining = check_number(margin, "margin", above=0), check_choice(mining, "mining", MINING)
        self.squared = squared

    def call(self, y_true: object, y_pred: object) -> object:
        """The loss of each anchor: shape (B,)."""
        labels = ops.reshape(ops.convert_to_tensor(y_true), (-1,))
        embeddings = ops.convert_to_tensor(y_pred)
        distances = _squared_distances(embeddings)
        if not self.squared:
            distances = ops.sqrt(distances + 1e-12)
        same = ops.equal(labels[:, None], labels[None, :])
        itself = ops.eye(ops.shape(labels)[0], dtype="bool")
        positive = ops.cast(ops.logical_and(same, ops.logical_not(itself)), distances.dtype)
        negative = ops.cast(ops.logical_not(same), distances.dtype)
        return _CHOSEN[self.mining](distances, positive, negative, self.margin)

    def get_config(self) -> dict[str, object]:
        """The arguments of the constructor."""
        return {"margin": self.margin, "mining": self.mining, "squared": self.squared, "name": self.name}


_FAR = 1e9  # further than any distance


def _squared_distances(embeddings: object) -> object:
    """Shape (B, D) → (B, B): differences, not ``‖a‖² − 2ab + ‖b‖²``, which float32 leaves inexact near 0."""
    return ops.sum(ops.square(embeddings[:, None, :] - embeddings[None, :, :]), axis=-1)


def _batch_hard(distances: object, positive: object, negative: object, margin: float) -> object:
    furthest = ops.max(distances * positive - _FAR * (1 - positive), axis=1)
    nearest = ops.min(distances * negative + _FAR * (1 - negative), axis=1)
    return ops.relu(furthest - nearest + margin)  # −1e9 where there is no positive, or no negative


def _semi_hard(distances: object, positive: object, negative: object, margin: float) -> object:
    further = negative[:, None, :] * ops.cast(distances[:, None, :] > distances[:, :, None], distances.dtype)
    nearest = ops.min(distances[:, None, :] * further + _FAR * (1 - further), axis=2)  # (anchor, positive)
    furthest = ops.max(distances * negative - _FAR * (1 - negative), axis=1)[:, None]
    chosen = ops.where(nearest < _FAR, nearest, furthest)
    some = ops.max(negative, axis=1)  # 0 where there is no negative
    return some * ops.sum(ops.relu(distances - chosen + margin) * positive, axis=1) / _at_least_one(positive)


def _all(distances: object, positive: object, negative: object, margin: float) -> object:
    loss = ops.relu(distances[:, :, None] - distances[:, None, :] + margin)
    valid = positive[:, :, None] * negative[:, None, :]
    return ops.sum(loss * valid, axis=(1, 2)) / ops.maximum(ops.sum(valid, axis=(1, 2)), 1)


def _at_least_one(positive: object) -> object:
    return ops.maximum(ops.sum(positive, axis=1), 1)


_CHOSEN = {"batch_hard": _batch_hard, "semi_hard": _semi_hard, "all": _all}


class Batches(keras.utils.PyDataset):
    """Batches for mining: P people with K pictures each, drawn anew in every epoch.

    Parameters
    ----------
    images : shape (N, H, W, C)
    labels : shape (N,)
    people, pictures : P and K, >= 2; people with fewer pictures take no part
    steps : batches in an epoch, >= 1
    seed : of the drawing
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        people: int = 16,
        pictures: int = 4,
        steps: int = 50,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.images, self.labels = check_rank(images, "images", {4: "(N, H, W, C)"}), np.asarray(labels)
        self.people, self.pictures = check_int(people, "people", 2), check_int(pictures, "pictures", 2)
        self.steps, self.seed, self.epoch = check_int(steps, "steps", 1), check_int(seed, "seed", 0), 0
        if self.labels.shape != (len(images),):
            rule = f"`labels` must have one entry for each of the {len(images)} images"
            raise ValueError(f"{rule}. Received: {self.labels.size}")
        names, counts = np.unique(self.labels, return_counts=True)
        self.rows = [np.flatnonzero(self.labels == name) for name in names[counts >= pictures]]
        if len(self.rows) < people:
            raise ValueError(
                f"`people` must be at most the {len(self.rows)} with {pictures} pictures. Received: {people}"
            )

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Batch `index` of this epoch: images (P·K, H, W, C) and their labels (P·K,)."""
        rng = np.random.default_rng((self.seed, self.epoch, index))
        chosen = rng.choice(len(self.rows), self.people, replace=False)
        rows = np.concatenate([rng.choice(self.rows[one], self.pictures, replace=False) for one in chosen])
        return self.images[rows], self.labels[rows]

    def on_epoch_end(self) -> None:
        """The next epoch draws other batches."""
        self.epoch += 1


class Watch(keras.callbacks.Callback):
    """After every epoch: how many triplets of some fixed pictures still have a loss, and how far embeddings spread.

    Attributes
    ----------
    active_share, spread : lists, one number an epoch, the first from before training
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, margin: float = 0.2) -> None:
        super().__init__()
        self.images, self.labels, self.margin = images, labels, margin
        self.active_share: list[float] = []
        self.spread: list[float] = []

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Measure the network as it comes."""
        self._measure()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Measure again."""
        self._measure()

    def _measure(self) -> None:
        found = embed(self.model, self.images)
        distances = verification.squared_distances(found)
        self.active_share.append(triplets.active_share(distances, self.labels, self.margin))
        self.spread.append(verification.spread(found))


def embedding_network(
    input_shape: tuple[int, int, int],
    dimensions: int = 32,
    filters: Sequence[int] = (16, 32, 64),
    unit: bool = True,
) -> keras.Model:
    """A small network from a picture to its embedding.

    Each channel of a picture is brought to mean 0 and deviation 1, so that its brightness says nothing. The first
    convolution is 5 × 5 and moves two pixels at a time; each further one is 3 × 3, and the picture is halved behind it.

    Parameters
    ----------
    input_shape : (H, W, C) of the pictures
    dimensions : D
    filters : of the convolutions, one number for each
    unit : divide each embedding by its length, so that all lie on a sphere and no squared distance exceeds 4

    Returns
    -------
    keras.Model
        (N, H, W, C) → (N, D)
    """
    inputs = keras.Input(input_shape)
    x = layers.GroupNormalization(groups=-1, center=False, scale=False)(inputs)  # a group for each channel
    for number, count in enumerate(filters):
        size, step = (5, 2) if number == 0 else (3, 1)
        x = layers.Conv2D(count, size, strides=step, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = x if number == 0 else layers.MaxPooling2D(2)(x)
    x = layers.Dense(dimensions)(layers.Flatten()(x))
    return keras.Model(inputs, layers.UnitNormalization()(x) if unit else x, name="embedding")


def embed(model: keras.Model, images: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """The embeddings of pictures: (N, H, W, C) → (N, D), float32."""
    return model.predict(images, batch_size=batch_size, verbose=0)
