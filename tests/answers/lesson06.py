"""Right answers to lesson 06 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "top_k_error": (),
    "lenet_table": (),
    "conv_cost": (),
    "repaired": (),
    "three_by_threes": (),
    "vgg_shares": (),
}

EQUIVALENT: dict[str, dict[str, str]] = {}
