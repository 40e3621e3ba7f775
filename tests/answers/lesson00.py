"""Right answers to lesson 00 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "first_count": (),
    "stack_parameters": (),
    "softmax": (),
    "stable_softmax": (),
    "choose_loss": (),
    "adagrad_step": (),
}

EQUIVALENT: dict[str, dict[str, str]] = {}
