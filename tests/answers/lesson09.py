"""Right answers to lesson 09 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "crops": (),
    "flipped": (),
    "flip_boxes": (),
    "safe": (),
    "brighter": (),
    "prepare": (),
    "mixup": (),
}

EQUIVALENT: dict[str, dict[str, str]] = {}
