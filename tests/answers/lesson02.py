"""Right answers to lesson 02 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "by_hand": (),
    "output_size": (),
    "padding_to_keep": (),
    "design": (),
    "same_pads": (),
    "usage_map": (),
}

EQUIVALENT: dict[str, dict[str, str]] = {}
