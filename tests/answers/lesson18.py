"""Right answers to lesson 18 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

_VERDICTS = {
    "0 0.50 0.50 0.20 0.30": "fine",
    "2 0.95 0.50 0.20 0.30": "past the edge",
    "1 0.40 0.40 0.00 0.20": "no area",
    "3 0.50 0.50 0.10 0.10": "unknown class",
    "1 120 90 24 24": "pixels, not parts",
}
_ANSWERS = {
    "nuts that are there": 20,
    "nuts called washers": 4,
    "nuts not found at all": 1,
    "boxes where nothing is": 6,
    "recall of nut": 0.75,
    "precision of washer": 8 / 11,
}
_PLAN = {
    "label": "three of a tray it fails on",
    "measure on": "the other pictures of that tray",
    "trays never seen": "the test trays",
}

RIGHT = {
    "pixels": (
        """
        def my_pixels(line, size):
            label, *box = np.array(line.split(), np.float32)
            centre, half = np.array(box[:2]), np.array(box[2:]) / 2
            return np.concatenate([[label], (centre - half) * size[::-1], (centre + half) * size[::-1]])
        """,
        """
        import keras

        def my_pixels(line, size):
            label, *box = line.split()
            parts = keras.ops.convert_to_tensor([[float(value) for value in box]])
            pixels = parts * keras.ops.convert_to_tensor([[*size[::-1], *size[::-1]]], "float32")
            corners = keras.utils.bounding_boxes.convert_format(pixels, "center_xywh", "xyxy")
            return [int(label), *keras.ops.convert_to_numpy(corners)[0]]
        """,
        """
        import re

        def my_pixels(line, size):
            found = re.match(r"(\\d+) +(\\S+) +(\\S+) +(\\S+) +(\\S+)", line)
            x, y, w, h = (float(found[k]) for k in range(2, 6))
            return {
                "label": float(found[1]), "x1": size[1] * (2 * x - w) / 2, "y1": size[0] * (2 * y - h) / 2,
                "x2": size[1] * (2 * x + w) / 2, "y2": size[0] * (2 * y + h) / 2,
            }
        """,
        """
        def my_pixels(line, size):
            numbers = [float(text) for text in line.split()]
            corners = []
            for sign in (-1, 1):
                for k in (0, 1):
                    corners.append(size[1 - k] * (numbers[1 + k] + sign * numbers[3 + k] / 2))
            return np.array([numbers[0]] + corners)
        """,
    ),
    "bad_rows": (
        {key: f" {word.upper()} " for key, word in _VERDICTS.items()},
        {key: word.replace(",", "").replace(" ", "_") for key, word in _VERDICTS.items()},
        dict(reversed(_VERDICTS.items())),
    ),
    "leaks": (
        """
        def my_leaks(groups, splits):
            sides = {}
            for group, split in zip(groups, splits):
                sides.setdefault(group, set()).add(split)
            return [group for group, seen in sides.items() if len(seen) > 1]
        """,
        """
        def my_leaks(groups, splits):
            groups, splits = np.array(groups), np.array(splits)
            return np.array([name for name in np.unique(groups) if len(np.unique(splits[groups == name])) > 1])
        """,
        """
        from itertools import combinations

        def my_leaks(groups, splits):
            sets = [{g for g, s in zip(groups, splits) if s == side} for side in set(splits)]
            return set().union(*(one & two for one, two in combinations(sets, 2)))
        """,
        """
        def my_leaks(groups, splits):
            first = {}
            return {g: 1 for g, s in zip(groups, splits) if first.setdefault(g, s) != s}.keys()
        """,
    ),
    "mirror": (
        """
        def my_mirror(boxes, width):
            flipped = boxes.copy()
            flipped[:, [2, 0]] = width - boxes[:, [0, 2]]
            return flipped
        """,
        """
        def my_mirror(boxes, width):
            return [(width - x2, y1, width - x1, y2) for x1, y1, x2, y2 in boxes.tolist()]
        """,
        """
        import keras

        def my_mirror(boxes, width):
            x1, y1, x2, y2 = keras.ops.unstack(keras.ops.convert_to_tensor(boxes, "float32"), 4, axis=1)
            return keras.ops.stack([width - x2, y1, width - x1, y2], axis=1)
        """,
        """
        def my_mirror(boxes, width):
            turn = np.float32([[0, 0, -1, 0], [0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 1]])
            return boxes.astype(np.float32) @ turn + np.float32([width, 0, width, 0])
        """,
    ),
    "tally": (
        """
        def my_tally(ious):
            taken = []
            for row in ious.tolist():
                free = [j for j in range(len(row)) if j not in taken and row[j] >= 0.5]
                if free:
                    taken.append(max(free, key=lambda j: row[j]))
            return len(taken), ious.shape[0] - len(taken), ious.shape[1] - len(taken)
        """,
        """
        def my_tally(ious):
            free = np.ones(ious.shape[1], bool)
            false_alarms = 0
            for row in ious:
                choices = np.where(free & (row >= 0.5), row, -1)
                if (choices > 0).any():
                    free[np.argmax(choices)] = False
                else:
                    false_alarms += 1
            return np.array([(~free).sum(), false_alarms, free.sum()])
        """,
        """
        def my_tally(ious):
            detections, objects = ious.shape
            pairs = [(i, -ious[i, j], j) for i in range(detections) for j in range(objects) if ious[i, j] >= 0.5]
            done, taken = set(), set()
            for i, _, j in sorted(pairs):
                if i not in done and j not in taken:
                    done.add(i)
                    taken.add(j)
            return {"hits": len(done), "false alarms": detections - len(done), "misses": objects - len(taken)}
        """,
        """
        import keras

        def my_tally(ious):
            hits, left = 0, keras.ops.convert_to_tensor(ious, "float32")
            for i in range(ious.shape[0] if ious.shape[1] else 0):
                j = int(keras.ops.argmax(left[i]))
                if left[i, j] >= 0.5:
                    hits += 1
                    left = left * keras.ops.cast(keras.ops.arange(ious.shape[1]) != j, "float32")
            return [np.float32(hits), ious.shape[0] - hits, ious.shape[1] - hits]
        """,
    ),
    "score_for": (
        """
        def my_score_for(scores, right, precision):
            for threshold in np.sort(scores):
                kept = scores >= threshold
                if (kept & right).sum() >= precision * kept.sum():
                    return threshold
        """,
        """
        def my_score_for(scores, right, precision):
            pairs = sorted(zip(scores.tolist(), right.tolist()), reverse=True)
            answer, hits = None, 0
            for place, (score, good) in enumerate(pairs):
                hits += good
                last = place + 1 == len(pairs) or pairs[place + 1][0] < score
                if last and hits / (place + 1) >= precision:
                    answer = score
            return answer
        """,
        """
        def my_score_for(scores, right, precision):
            scores = scores.astype(np.float32)
            kept = scores[None] >= scores[:, None]
            return scores[(kept @ right.astype(int)) / kept.sum(axis=1) >= precision].min()
        """,
        """
        from sklearn.metrics import precision_recall_curve

        def my_score_for(scores, right, precision):
            said, _, thresholds = precision_recall_curve(right, scores)
            return thresholds[said[:-1] >= precision].min()
        """,
    ),
    "reading": (
        _ANSWERS,
        {**_ANSWERS, "precision of washer": 0.73},
        {**_ANSWERS, "recall of nut": np.float32(0.75), "precision of washer": np.float32(0.727)},
        {key: np.array(value) for key, value in reversed(_ANSWERS.items())},
    ),
    "three_more": (
        {key: word.upper() for key, word in _PLAN.items()},
        {key: f" {word}. " for key, word in _PLAN.items()},
        dict(reversed(_PLAN.items())),
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "tally": {
        "⇒ free, hits = (ious, 0)": "the check hands over a copy already",
        "⇒ free[:, row.argmax()] = -1": "anything below 0.5 says that an object cannot be taken",
        "⇒ if row.max(initial=-1) >= 0.5:": "a row without entries needs any number below 0.5",
    },
}
