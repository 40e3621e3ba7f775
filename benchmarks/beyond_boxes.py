"""Lesson 16's networks, trained by the lesson's own cells with several seeds: U-Net, the two with and without skips,
and the captioner that looks through the U-Net.

    python benchmarks/beyond_boxes.py            # the quick profile with seeds 0, 1 and 2
    python benchmarks/beyond_boxes.py full 0     # the full profile with seed 0: needs a GPU, or patience

The targets, on unseen scenes: a mean IoU by shape of 0.90 in the quick profile and 0.96 in the full one; with skips an
IoU of things ten points higher than without, at equal parameters, on each seed; 0.95 of a caption's facts right, every
fact in 0.80 of the captions, and in at most 0.02 of them when they are shuffled among the pictures. Run it alone on a
quiet machine: the time counts.
"""

from __future__ import annotations

import sys

from lesson_cells import asked, run

from cnnlab.tasks import captioning

TRAINS = {"rival_scores =": "skips", "segmentation_training.train(model": "U-Net", "spoken =": "captioner"}


def train(profile: str, seed: int) -> tuple[dict[str, object], dict[str, float]]:
    """Run the lesson until the captioner has spoken: the names that it leaves, and the seconds of each training."""
    seconds = {}
    for cell in run("16_beyond_boxes", profile, seed):
        seconds |= {what: cell.seconds for mark, what in TRAINS.items() if mark in cell.source}
        if "captioner" in seconds:
            break
    return cell.names, seconds


def main() -> None:
    profile, seeds = asked(sys.argv[1:])
    for seed in seeds:
        names, seconds = train(profile, seed)
        rivals, truths, spoken = names["rival_scores"], names["truths"], names["spoken"]
        ahead = 100 * (rivals["with skips"] - rivals["without"])
        print(f"seed {seed}: " + ", ".join(f"{what} {took:.0f} s" for what, took in seconds.items()))
        print("  mean IoU:    ", ", ".join(f"by {head} {value:.3f}" for head, value in names["scores"].items()))
        print("  IoU of things", ", ".join(f"{name} {value:.3f}" for name, value in rivals.items()), f"({ahead:.1f})")
        print("  own pictures:", captioning.score(truths, spoken))
        print("  shuffled:    ", captioning.score(truths, captioning.shuffled(spoken)), flush=True)


if __name__ == "__main__":
    main()
