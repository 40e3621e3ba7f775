"""Right answers to lesson 03 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "max_by_hand": (),
    "average_by_hand": (),
    "max_pool": (),
    "min_pool": (),
    "overlapping_sizes": (),
    "pool_layer": (),
    "where_it_goes": (),
    "invisible_to_max": (),
}

EQUIVALENT: dict[str, dict[str, str]] = {}
