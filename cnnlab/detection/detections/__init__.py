"""What a detector says about a picture, what is really in it, and data sets of boxed pictures, read and written."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
