"""A deep network small enough to be differentiated while a slider moves: what reaches each layer, and what comes back.

3×3 convolutions of one width with padding same, in units of two, ReLU after each; then a global average and a softmax.
A residual network adds each unit's input to its second convolution; a plain one does not. Nothing else differs, down to
the last random weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_EPSILON = 1e-5  # of the batch normalisation


@dataclass(frozen=True)
class Flow:
    """What one step of training sees at each convolution, the stem first: root mean squares over a batch.

    Attributes
    ----------
    forwards : (L,) of what goes into the layer's convolution
    backwards : (L,) of the loss' gradient with respect to what comes out of the convolution, for one picture
    kernels : (L,) lengths of the loss' gradients with respect to the kernels
    """

    forwards: np.ndarray
    backwards: np.ndarray
    kernels: np.ndarray


def draw_weights(depth: int, channels: int, filters: int, classes: int, gain: float, seed: int) -> list[np.ndarray]:
    """Random kernels of a stem and `depth` more layers, and of the classifier.

    Parameters
    ----------
    depth : convolutions behind the stem, even
    channels, filters, classes : of the pictures, of every convolution, of the classifier
    gain
        variance of a weight times its inputs: 2 keeps the size of what goes through a ReLU (He et al., 2015); 1 halves
        its square in every layer (Glorot and Bengio, 2010, where a layer has as many inputs as outputs)

    Returns
    -------
    list of ndarray
        (3, 3, C_in, filters) each, and (filters, classes) last.
    """
    rng = np.random.default_rng(seed)
    inputs = [channels] + [filters] * depth
    kernels = [rng.standard_normal((3, 3, c, filters)) * np.sqrt(gain / (9 * c)) for c in inputs]
    return [*kernels, rng.standard_normal((filters, classes)) / np.sqrt(filters)]


def flow(weights: list[np.ndarray], images: np.ndarray, labels: np.ndarray, *, skip: bool, normalized: bool) -> Flow:
    """Run a batch forwards and its loss backwards.

    Parameters
    ----------
    weights : as `draw_weights` makes them
    images : (N, H, W, C) floats
    labels : (N,) whole numbers below the number of classes
    skip : add each unit's input to its output
    normalized : batch normalisation after every convolution
    """
    *kernels, classifier = weights
    tapes, forwards = [], []
    a = images
    for layer, kernel in enumerate(kernels):
        if layer % 2 == 1:
            entered = a  # the unit begins here
        z, tape = _layer(a, kernel, normalized)
        forwards.append(_size(a))
        adds = skip and layer > 0 and layer % 2 == 0
        z = z + entered if adds else z
        a = np.maximum(z, 0)
        tapes.append((tape, z > 0, adds))

    pooled = a.mean(axis=(1, 2))  # (N, filters)
    odds = np.exp(pooled @ classifier - (pooled @ classifier).max(axis=1, keepdims=True))
    error = odds / odds.sum(axis=1, keepdims=True)  # (N, classes) softmax …
    error[np.arange(len(labels)), labels] -= 1  # … minus one-hot: the gradient of N times the mean cross-entropy
    pixels = a.shape[1] * a.shape[2]
    back = np.broadcast_to((error @ classifier.T)[:, None, None] / pixels, a.shape)

    backwards, lengths, carried = [], [], None
    for layer in reversed(range(len(kernels))):
        tape, active, adds = tapes[layer]
        back = back * active
        if adds:
            carried = back  # the addition hands its gradient to both sides unchanged
        through, at_output, kernel_gradient = _layer_back(back, kernels[layer], tape)
        backwards.append(_size(at_output))
        lengths.append(np.linalg.norm(kernel_gradient) / len(labels))
        back = through
        if skip and layer % 2 == 1:
            back = back + carried
    return Flow(np.array(forwards), np.array(backwards[::-1]), np.array(lengths[::-1]))


def _size(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _patches(x: np.ndarray) -> np.ndarray:
    """(N, H, W, C) → (N·H·W, 9·C): the 3×3 neighbourhood of every pixel, zeros outside."""
    _, height, width, channels = x.shape
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    shifts = [padded[:, i : i + height, j : j + width] for i in range(3) for j in range(3)]
    return np.concatenate(shifts, axis=-1).reshape(-1, 9 * channels)


def _layer(x: np.ndarray, kernel: np.ndarray, normalized: bool) -> tuple[np.ndarray, tuple]:
    """Convolution, then batch normalisation if wanted: the result, and what going back needs."""
    columns = _patches(x)
    z = columns @ kernel.reshape(-1, kernel.shape[-1])  # (N·H·W, filters)
    spread = None
    if normalized:
        spread = np.sqrt(z.var(axis=0) + _EPSILON)
        z = (z - z.mean(axis=0)) / spread
    return z.reshape(*x.shape[:3], -1), (columns, z, spread)


def _layer_back(back: np.ndarray, kernel: np.ndarray, tape: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradient with respect to the layer's input, the convolution's output and the kernel."""
    columns, z, spread = tape
    flat = back.reshape(-1, back.shape[-1])
    if spread is not None:
        flat = (flat - flat.mean(axis=0) - z * (flat * z).mean(axis=0)) / spread
    kernel_gradient = (columns.T @ flat).reshape(kernel.shape)
    at_output = flat.reshape(back.shape)
    turned = kernel[::-1, ::-1].transpose(0, 1, 3, 2)  # (3, 3, C_out, C_in): the way back of a convolution
    through = _patches(at_output) @ turned.reshape(-1, turned.shape[-1])
    return through.reshape(*back.shape[:3], -1), at_output, kernel_gradient
