"""Explorers of windows, kernels, pooling and what one value sees."""
