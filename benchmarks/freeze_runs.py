"""Measure the accuracies that `cnnlab.explore.FreezeSlider` shows; prints lines for its tables.

    python benchmarks/freeze_runs.py digits 30 0 1 2 3       # labels, then numbers of blocks: a minute on two cores
    python benchmarks/freeze_runs.py pets 100 0 1 2 4 6 9    # needs CNNLAB_DATA: some ten minutes

Of each setting three seeds: other labelled pictures and other random numbers. First a head is trained on the features
of the pretrained backbone; then the head and the given number of blocks below it train for 100 steps of ten pictures.
Accuracy is on pictures put aside: 537 digits, or the first 200 cats and 200 dogs of the validation pictures.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import keras
import numpy as np

from cnnlab import datasets, transfer
from cnnlab.explore.training.freeze_cost import blocks_of

RATES = (1e-2, 1e-3, 1e-4)
SEEDS = range(3)
STEPS = 100


def head_of(features: np.ndarray, labels: np.ndarray, classes: int) -> list[np.ndarray]:
    """Weights and biases of a head, by gradient descent as in lesson 10."""
    scaled = (features - features.mean(axis=1, keepdims=True)) / features.std(axis=1, keepdims=True)
    weights, bias = np.zeros((features.shape[1], classes)), np.zeros(classes)
    for _ in range(200):
        scores = scaled @ weights + bias
        error = np.exp(scores - scores.max(axis=1, keepdims=True))
        error /= error.sum(axis=1, keepdims=True)
        error[np.arange(len(labels)), labels] -= 1
        weights -= 0.3 * scaled.T @ error / len(labels)
        bias -= 0.3 * error.mean(axis=0)
    return [weights, bias]


def measure(base, train, test, size: int, depths: Sequence[int], rates: Sequence[float]) -> Iterator[str]:
    """A line for each number of blocks and each rate."""
    x, x_test = (data.images / np.float32(255) for data in (train, test))
    pretrained, classes = base.get_weights(), len(train.class_names)
    features = transfer.features(base, x)
    model = transfer.classifier(base, classes)
    names = [block.name for block in blocks_of(model)][:-1]
    for depth in depths:
        for rate in rates:
            if depth:
                transfer.unfreeze_top(model, names[-depth], learning_rate=rate)
            else:
                transfer.freeze(model, learning_rate=rate)
            found = []
            for seed in SEEDS:
                keras.utils.set_random_seed(seed)
                rows = transfer.few_labels(train.labels, size, seed)
                transfer.restart(model, [*pretrained, *head_of(features[rows], train.labels[rows], classes)])
                epochs = max(1, STEPS * 10 // size)
                model.fit(x[rows], train.labels[rows], batch_size=10, epochs=epochs, verbose=0)
                found.append(model.evaluate(x_test, test.labels, batch_size=200, verbose=0)[1])
            yield f"({size}, {rate:g}) {depth} blocks: ({np.mean(found):.3f}, {np.std(found, ddof=1):.3f})"


def main(task: str, size: int, depths: Sequence[int]) -> None:
    if task == "digits":
        five = (5, 6, 7, 8, 9)
        train = transfer.scattered_digits(five, seed=1)
        test = transfer.scattered_digits(five, "test", copies=3, seed=2)
        lines = measure(transfer.digits_backbone(), train, test, size, depths, RATES)
    else:
        train, test = (datasets.cats_and_dogs(split) for split in ("train", "validation"))
        rows = np.concatenate([np.flatnonzero(test.labels == label)[:200] for label in (0, 1)])
        test = datasets.Dataset(test.images[rows], test.labels[rows], test.class_names, test.source)
        rows = transfer.few_labels(train.labels, 400)
        train = datasets.Dataset(train.images[rows], train.labels[rows], train.class_names, train.source)
        base = transfer.backbone("squeezenet", (32, 32, 3), resize=96)
        lines = measure(base, train, test, size, depths, RATES[1:])
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), [int(depth) for depth in sys.argv[3:]])
