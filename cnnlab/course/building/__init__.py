"""Lessons into notebooks, and back."""
