"""Right answers to lesson 17 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "usable": (),
    "stays_inside": (),
    "split_by_patient": (),
    "error_bar": (),
    "precision_recall": (),
    "threshold_for": (),
    "answer": (),
}

EQUIVALENT: dict[str, dict[str, str]] = {}
