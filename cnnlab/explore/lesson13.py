"""The explorer of lesson 13: a real detector on any picture."""

from __future__ import annotations

from cnnlab.explore._detection import DetectionExplorer

__all__ = ["DetectionExplorer"]
