"""Right answers to lesson 10 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "average": (),
    "head_size": (),
    "shuffled": (),
    "freeze_backbone": (),
    "for_resnet": (),
    "step_macs": (),
    "fine_tune": (),
}

EQUIVALENT: dict[str, dict[str, str]] = {}
