"""cnnlab: the vocabulary of a course on convolutional networks, one module a topic.

In the order one picture travels:

- `cnnlab.datasets`  real data where it can be had, an honest stand-in where it cannot
- `cnnlab.kernels`   the named kernels: blur, sharpen, Sobel …
- `cnnlab.shapes`    output size, padding, receptive field, parameters, multiply-adds
- `cnnlab.conv`      convolution: the loops to read, the fast form to use, the gradients
- `cnnlab.pooling`   max, average, min and global pooling, and their gradients
- `cnnlab.zoo`       the classic networks, from LeNet-5 to SENet
- `cnnlab.ledger`    any Keras model as a table of shapes, parameters, multiply-adds and receptive fields
- `cnnlab.training`  callbacks, the confusion matrix, the worst mistakes
- `cnnlab.plot`      arrays to figures
- `cnnlab.explore`   the interactive explorers
- `cnnlab.checks`    the exercises, their hints, solutions and diagnoses

Nothing is imported until you ask for it: ``from cnnlab import conv``.
"""

__version__ = "0.1.0"
