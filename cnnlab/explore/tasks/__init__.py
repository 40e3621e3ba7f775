"""Explorers of what lies beyond boxes: faces, style, masks, captions."""
