"""The interactive explorers: what a model computes, shown with its own numbers.

Each is a class that works with its defaults: ``explore.ShapeExplorer()`` as the last line of a cell shows controls, a
picture and the same content in words. ``set()``, ``state()``, ``figure()`` and ``describe()`` drive it from code, and
``to_html()`` makes an element of it that moves on a page without a kernel. ``Annotator`` alone works on files: it takes
a folder of pictures, and saves the boxes that are drawn on them.
"""

import lazy_loader

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> type:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; the explorers are {', '.join(__all__)}")
    return _load(name)
