"""Explorers of training: steps, runs, augmentation, frozen blocks, answers."""
