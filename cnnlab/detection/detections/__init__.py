"""What a detector says about a picture, what is really in it, and data sets of boxed pictures, read and written.

`read` reads a folder of pictures with boxes as a `BoxDataset`, `write` writes one. In memory the true boxes of a
picture are a `GroundTruth`, and what a detector says of it `Detections`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
