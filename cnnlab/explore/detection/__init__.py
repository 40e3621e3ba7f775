"""Explorers of detection: boxes, suppression, curves, targets, answers."""
