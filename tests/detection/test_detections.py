"""What a detector says and what is there: records that are checked, copied and cannot be changed."""

import numpy as np
import pytest

from cnnlab.detection.detections import Detections, GroundTruth

FOUR = np.array([[0, 0, 4, 4], [10, 2, 30, 8], [-5, 0, 0, 9], [7, 7, 7, 9]], float)


def test_detections_are_indexed_by_mask_by_rows_and_by_one_row():
    found = Detections(FOUR, [0.1, 0.9, 0.5, 0.7], [0, 1, 1, 0], names=["cat", "dog"])
    assert found[found.scores > 0.4].labels.tolist() == [1, 1, 0]
    assert found[[3, 0]].scores.tolist() == [0.7, 0.1]
    assert found[1:].names == ("cat", "dog")
    assert len(found[-1]) == 1
    assert len(found[[]]) == 0
    with pytest.raises(IndexError):
        found[4]


def test_ground_truth_keeps_its_flags_and_areas_when_indexed():
    there = GroundTruth(FOUR[:3], [0, 1, 2], crowd=[0, 1, 0], ignore=[1, 0, 0], areas=[5, 6, 7])
    some = there[[1, 2]]
    assert (some.crowd.tolist(), some.ignore.tolist(), some.areas.tolist()) == ([True, False], [False] * 2, [6, 7])


def test_records_keep_their_own_copy_and_cannot_be_changed():
    mine = np.array([[0.0, 0.0, 4.0, 4.0]])
    found = Detections(mine, [0.5], [0])
    mine[0, 2] = -9
    assert found.boxes[0, 2] == 4
    with pytest.raises(ValueError, match="read-only"):
        found.boxes[0, 0] = 1
    with pytest.raises(AttributeError):
        found.scores = [1]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Detections([[0, 0, 1, 1]], [0.5, 0.4], [0]), ValueError, "`scores` must have one value for each of"),
        (lambda: Detections([[0, 0, 1, 1]], [np.inf], [0]), ValueError, "`scores` must be finite. Received: inf"),
        (lambda: Detections([[0, 0, 1, 1]], [0.5], [1.0]), TypeError, "`labels` must be whole numbers"),
        (lambda: Detections([[0, 0, 1, 1]], [0.5], [True]), TypeError, "`labels` must be whole numbers"),
        (lambda: Detections([[0, 0, 1, 1]], [0.5], [2**31]), ValueError, "`labels` must be from 0 to"),
        (lambda: Detections([[0, 0, 1, 1]], [0.5], [2], ("a", "b")), ValueError, "less than the number of `names`, 2"),
        (lambda: Detections([], [], [], "cat"), TypeError, "`names` must be a sequence of names"),
        (lambda: GroundTruth([[0, 0, 1, 1]], []), ValueError, "`labels` must have one value for each of the 1 boxes"),
        (lambda: GroundTruth([[0, 0, 1, 1]], [0], crowd=[2]), ValueError, "`crowd` must hold True and False"),
        (lambda: GroundTruth([[0, 0, 1, 1]], [0], ignore=[]), ValueError, "`ignore` must have one value"),
        (lambda: GroundTruth([[0, 0, 1, 1]], [0], areas=[-1]), ValueError, "`areas` must be finite and >= 0"),
        (lambda: GroundTruth([[0, 0, 1, 1]], [0], areas=[np.nan]), ValueError, "`areas` must be finite and >= 0"),
    ],
)
def test_records_refuse(make, error, message):
    with pytest.raises(error, match=message):
        make()
