"""Right answers to lesson 13 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "numbers": (),
    "begins": (),
    "route": (),
    "kernel": (),
    "heads": (),
    "undo_letterbox": (),
}

EQUIVALENT: dict[str, dict[str, str]] = {}
