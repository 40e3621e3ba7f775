"""Around ``model.fit``: callbacks, what to ask of its answers, augmentation, transfer, and handing a model over."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
