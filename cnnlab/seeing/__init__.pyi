from . import activations as activations
