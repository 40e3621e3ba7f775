"""Boxes drawn by hand: a widget, and the label files behind it."""
