"""Explorers of whole networks: what they cost, what they see, what passes through them."""
