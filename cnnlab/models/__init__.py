"""Networks: the course's Keras layers, the classic architectures, and what each of their layers costs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
