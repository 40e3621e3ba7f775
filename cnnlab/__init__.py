"""cnnlab: the vocabulary of a course on convolutional networks, one module a topic.

In the order one picture travels:

- `cnnlab.datasets`  real data where it can be had, an honest stand-in where it cannot
- `cnnlab.kernels`   the named kernels: blur, sharpen, Sobel …
- `cnnlab.shapes`    output size, padding, receptive field, parameters, multiply-adds
- `cnnlab.conv`      convolution: the loops to read, the fast form to use, the gradients
- `cnnlab.pooling`   max, average, min and global pooling, and their gradients
- `cnnlab.zoo`       the classic networks, from LeNet-5 to SENet, and a tiny YOLO
- `cnnlab.ledger`    any Keras model as a table of shapes, parameters, multiply-adds and receptive fields
- `cnnlab.training`  callbacks, the confusion matrix, the worst mistakes
- `cnnlab.activations`  what a network sees: feature maps, patches, occlusion, saliency, Grad-CAM
- `cnnlab.augment`   more pictures from the ones you have; boxes and masks move with them
- `cnnlab.transfer`  pretrained backbones, new heads, freezing, cached features
- `cnnlab.upload`, `cnnlab.practice`  files from your own machine; archives to practise on, untidy and harmful ones too
- `cnnlab.delivery`  a trained classifier with its labels and its model card, saved and read back
- `cnnlab.boxes`     formats, areas, overlap; with `cnnlab.detections`, what a detector says and what is there
- `cnnlab.nms`       non-max suppression: fast, and one step at a time
- `cnnlab.metrics`   precision, recall, average precision, the twelve numbers of COCO
- `cnnlab.scenes`    endless pictures of shapes whose every label is known
- `cnnlab.anchors`, `cnnlab.yolo`, `cnnlab.yolo_training`  box sizes, boxes ⇄ grids of numbers, the loss term by term
- `cnnlab.darknet`   public detectors from their .cfg and .weights, and back
- `cnnlab.overlay`   pictures with boxes drawn on them
- `cnnlab.plot`      arrays to figures
- `cnnlab.explore`   the interactive explorers
- `cnnlab.checks`    the exercises, their hints, solutions and diagnoses

Nothing is imported until you ask for it: ``from cnnlab import conv``.
"""

import lazy_loader

from cnnlab.common.version import VERSION as __version__  # noqa: F401

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
