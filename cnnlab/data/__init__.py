"""Pictures and tables: where they are found, how they are fetched and read, and what stands in for them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
