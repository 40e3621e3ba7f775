"""Right answers to lesson 07 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "bottleneck_macs": (),
    "module_channels": (),
    "residual_unit": (),
    "shortcut": (),
    "depth": (),
    "squeeze_excite": (),
    "fire_params": (),
}

EQUIVALENT: dict[str, dict[str, str]] = {}
