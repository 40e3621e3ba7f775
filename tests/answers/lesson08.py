"""Right answers to lesson 08 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "window": (),
    "top_pictures": (),
    "occlusion": (),
    "cam_weight": (),
    "cam": (),
    "evidence": (),
}

EQUIVALENT: dict[str, dict[str, str]] = {}
