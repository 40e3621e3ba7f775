"""SE-ResNet: every residual unit learns how much each of its channels should count, 2017.

Hu, Shen and Sun, "Squeeze-and-Excitation Networks", CVPR 2018, figures 2 and 3.
"""

from __future__ import annotations

from functools import partial

import keras

from cnnlab.common.validate import check_int
from cnnlab.models.zoo.parts import LAST, Architecture, Top, dense
from cnnlab.models.zoo.resnet import resnet


def squeeze_excite(x: keras.KerasTensor, name: str, *, reduction: int = 16) -> keras.KerasTensor:
    """Multiply each channel by a number from 0 to 1 that depends on all channels' means.

    Squeeze: the mean of each channel. Excite: two small fully connected layers, with biases, the second with a sigmoid.
    Its output, the gate, is the activation of the layer ``{name}_se_gate``.

    Parameters
    ----------
    x : (N, H, W, C)
    name : put before the names of the layers
    reduction : the first fully connected layer has ``C / reduction`` units, which must be whole

    Examples
    --------
    >>> squeeze_excite(keras.Input((7, 7, 64)), "unit").shape
    (None, 7, 7, 64)
    """
    channels = x.shape[-1]
    if channels % check_int(reduction, "reduction", minimum=1):
        raise ValueError(f"`reduction` must divide the {channels} channels of `{name}`. Received: {reduction}")
    gate = keras.layers.GlobalAveragePooling2D(data_format=LAST, keepdims=True, name=f"{name}_se_squeeze")(x)
    gate = dense(gate, channels // reduction, "relu", f"{name}_se_reduce")
    gate = dense(gate, channels, "sigmoid", f"{name}_se_gate")
    return keras.layers.Multiply(name=f"{name}_se_scale")([x, gate])


def seresnet(x: keras.KerasTensor, top: Top | None, *, reduction: int = 16, **row: object) -> keras.KerasTensor:
    """A `resnet` with a gate in every unit: SE-ResNet-50 has 28,088,024 trainable parameters with 1,000 classes.

    Parameters
    ----------
    x, top : as for `cnnlab.zoo.resnet.resnet`
    reduction : of the gates, see `squeeze_excite`
    **row : the other arguments of `cnnlab.zoo.resnet.resnet`
    """
    return resnet(x, top, gate=partial(squeeze_excite, reduction=reduction), **row)


ARCHITECTURES = {
    "seresnet50": Architecture(
        seresnet,
        (224, 224, 3),
        1000,
        {"units": (3, 4, 6, 3), "bottleneck": True},
        ("reduction", "shortcut", "strided_conv"),
    )
}
