"""The course as a whole: its lessons, the command line, and the loops of learner and teacher."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
