"""COCO's matching of detections to ground truth, for all pictures, thresholds and size ranges at once.

`cnnlab.metrics.match` is the same rule as a loop over one picture. Here the detections that could match anything take
turns: the best of every picture and class together, then every second, and so on. A turn is arithmetic on arrays.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cnnlab.arithmetic import overlap
from cnnlab.detection.detections import Detections, GroundTruth

PAIRS = 1_000_000  # overlaps computed at once, so that memory does not grow with the number of pictures


@dataclass(frozen=True, eq=False)
class Matches:
    """What became of every detection. T thresholds, A ranges of area, D detections, G boxes of ground truth.

    Detections are sorted by class, then by score, best first; equal scores keep the order of pictures and rows.
    """

    labels: np.ndarray  # (D,)
    ranks: np.ndarray  # (D,), place among those of its class in its picture, from 0
    hits: np.ndarray  # (T, A, D) bool, found a box that counts
    ignored: np.ndarray  # (T, A, D) bool, counts neither way
    truth_labels: np.ndarray  # (G,)
    truth_ignored: np.ndarray  # (A, G) bool

    def rows(self, label: int) -> slice:
        """Where the detections of a class are."""
        return slice(*np.searchsorted(self.labels, [label, label + 1]))


def match_all(
    detections: Sequence[Detections],
    ground_truth: Sequence[GroundTruth],
    thresholds: np.ndarray,
    area_ranges: np.ndarray,
    max_detections: int,
) -> Matches:
    """Match everything. `thresholds` is (T,), `area_ranges` (A, 2) with both ends included."""
    found, truth = _columns(detections, "scores"), _columns(ground_truth, "crowd", "ignore", "areas")
    order = np.lexsort((-found["scores"], found["group"]))  # stable
    ranks = np.arange(len(order)) - np.searchsorted(found["group"][order], found["group"][order])
    order, ranks = order[ranks < max_detections], ranks[ranks < max_detections]
    found = {name: column[order] for name, column in found.items()}
    order = np.argsort(truth["group"], kind="stable")
    truth = {name: column[order] for name, column in truth.items()}

    order = np.lexsort((-found["scores"], found["labels"]))  # as they are reported
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    truth_ignored = _outside(truth["areas"], area_ranges) | truth["ignore"] | truth["crowd"]  # (A, G)
    too_small_or_large = _outside(overlap.area(found["boxes"][order]), area_ranges)  # (A, D)
    ignored = np.repeat(too_small_or_large[None], len(thresholds), axis=0)
    hits = np.zeros_like(ignored)  # (T, A, D)
    candidates = _candidates(found, truth, thresholds.min())
    for rows, best in _turns(candidates, found["group"], truth["crowd"], truth_ignored, thresholds):
        met = best >= 0  # (T, A, rows)
        spared = met & truth_ignored[np.arange(len(area_ranges))[:, None], best]
        hits[:, :, place[rows]] = met & ~spared
        ignored[:, :, place[rows]] = spared | (~met & ignored[:, :, place[rows]])
    return Matches(found["labels"][order], ranks[order], hits, ignored, truth["labels"], truth_ignored)


def _columns(records: Sequence[Detections] | Sequence[GroundTruth], *names: str) -> dict[str, np.ndarray]:
    """All pictures' rows below each other, and a number for each pair of class and picture, by class first."""
    columns = {name: np.concatenate([getattr(r, name) for r in records]) for name in ("boxes", "labels", *names)}
    picture = np.repeat(np.arange(len(records)), [len(r) for r in records])
    return {**columns, "group": columns["labels"] * len(records) + picture}


def _outside(areas: np.ndarray, area_ranges: np.ndarray) -> np.ndarray:
    """(A, len(areas)) bool"""
    return (areas < area_ranges[:, :1]) | (areas > area_ranges[:, 1:])


def _candidates(
    found: dict[str, np.ndarray], truth: dict[str, np.ndarray], lowest: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of one class and picture that overlap by `lowest` or more: rows of `found`, rows of `truth`, overlaps.

    Sorted by row of `found`, then by overlap, then by row of `truth`: the last of a row is the one COCO prefers.
    """
    first = np.searchsorted(truth["group"], found["group"], "left")
    last = np.searchsorted(truth["group"], found["group"], "right")
    pairs = (last - first).cumsum()
    total = pairs[-1] if len(pairs) else 0
    cuts = [0, *np.searchsorted(pairs, np.arange(PAIRS, total, PAIRS)), len(pairs)]
    kept = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    for start, stop in itertools.pairwise(cuts):
        mine, theirs = overlap.in_ranges(first[start:stop], last[start:stop])
        mine += start
        overlaps = overlap_with(found["boxes"][mine], truth["boxes"][theirs], truth["crowd"][theirs])
        near = overlaps >= lowest
        kept.append((mine[near], theirs[near], overlaps[near]))
    mine, theirs, overlaps = (np.concatenate(column) for column in zip(*kept, strict=True))
    order = np.lexsort((theirs, overlaps, mine))
    return mine[order], theirs[order], overlaps[order]


def overlap_with(boxes: np.ndarray, truth: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """IoU; with a crowd the part of the box that lies inside it, since a crowd is larger than anything found in it."""
    shared = overlap.intersection(boxes, truth)
    own = overlap.area(boxes)
    return overlap.ratio(shared, np.where(crowd, own, own + overlap.area(truth) - shared))


def _turns(
    candidates: tuple[np.ndarray, np.ndarray, np.ndarray],
    groups: np.ndarray,
    crowd: np.ndarray,
    truth_ignored: np.ndarray,
    thresholds: np.ndarray,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the rows of each turn and the box of truth that each row gets, (T, A, rows) with -1 for none."""
    mine, theirs, overlaps = candidates
    rows, begin, counts = np.unique(mine, return_index=True, return_counts=True)
    turn = np.arange(len(rows)) - np.searchsorted(groups[rows], groups[rows])
    order = np.argsort(turn, kind="stable")
    taken = np.zeros((len(thresholds), *truth_ignored.shape), bool)  # (T, A, G)
    for now in np.split(order, np.flatnonzero(np.diff(turn[order])) + 1):
        best = np.full((*taken.shape[:2], len(now)), -1)
        counted = np.zeros(best.shape, bool)  # has a box that counts
        for slot in range(counts[now].max(initial=0)):
            some = np.flatnonzero(counts[now] > slot)
            at = begin[now[some]] + slot
            box = theirs[at]
            free = ~taken[:, :, box] | crowd[box]
            fits = (overlaps[at] >= thresholds[:, None])[:, None]
            spared = truth_ignored[:, box]
            takes = (
                free & fits & ~(counted[:, :, some] & spared)
            )  # none gives up a box that counts for one that does not
            best[:, :, some] = np.where(takes, box, best[:, :, some])
            counted[:, :, some] |= takes & ~spared
        t, a, row = np.nonzero(best >= 0)
        taken[t, a, best[t, a, row]] = True
        yield rows[now], best
