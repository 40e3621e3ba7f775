"""Accuracies by how much trains, measured once by ``benchmarks/freeze_runs.py``: mean and deviation of three seeds."""

from __future__ import annotations

Accuracy = tuple[float, float]  # mean and standard deviation over the seeds, 0 to 1
Runs = dict[tuple[int, float], tuple[Accuracy | None, ...]]

# (labels, learning rate of everything that trains) → accuracy with 0, 1, 2 … blocks below the head training; None where
# nothing was measured.
DIGITS: Runs = {
    (30, 0.01): ((0.681, 0.023), (0.529, 0.069), (0.444, 0.201), (0.308, 0.077)),
    (30, 0.001): ((0.691, 0.017), (0.694, 0.036), (0.683, 0.035), (0.695, 0.067)),
    (30, 0.0001): ((0.689, 0.017), (0.687, 0.015), (0.687, 0.012), (0.682, 0.011)),
    (100, 0.01): ((0.766, 0.027), (0.463, 0.113), (0.278, 0.109), (0.277, 0.066)),
    (100, 0.001): ((0.782, 0.017), (0.770, 0.038), (0.786, 0.023), (0.800, 0.022)),
    (100, 0.0001): ((0.780, 0.019), (0.780, 0.016), (0.788, 0.021), (0.785, 0.016)),
}

# SqueezeNet with ImageNet's weights, pictures of 32×32 enlarged to 96×96; 400 pictures put aside.
PETS: Runs = {
    (100, 1e-3): (
        *((0.712, 0.016), (0.726, 0.011), (0.726, 0.026), None, (0.640, 0.081), None, (0.569, 0.064), None, None),
        (0.550, 0.059),
    ),
    (100, 1e-4): (
        *((0.715, 0.024), (0.709, 0.008), (0.707, 0.013), None, (0.713, 0.030), None, (0.712, 0.022), None, None),
        (0.708, 0.018),
    ),
}
