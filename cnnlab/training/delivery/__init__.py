"""What leaves the notebook: a trained classifier with its labels and its model card, and what comes back from disk."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
