"""Right answers to lesson 01 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "one_cell": (),
    "conv2d_single": (),
    "valid_shape": (),
    "horizontal_edge": (),
    "true_convolution": (),
    "edge_strength": (),
}

EQUIVALENT: dict[str, dict[str, str]] = {}
