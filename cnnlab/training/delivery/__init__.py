"""What leaves the notebook: a trained classifier with its labels and its model card, and what comes back from disk.

`save` writes the folder that `load` reads back as a `Classifier`. `class_scores`, `accuracy_interval` and
`commonest_mistakes` say how good it is, and `model_card` puts that on a page. `export` writes the network for programs
without Keras, and `run_exported` asks such a file.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
