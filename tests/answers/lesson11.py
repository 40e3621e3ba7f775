"""Right answers to lesson 11 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

RIGHT = {
    "crop": (
        """
        def crop(image, box):
            height, width = image.shape[:2]
            x1, x2 = np.clip([box[0], box[2]], 0, width)
            y1, y2 = np.clip([box[1], box[3]], 0, height)
            return image[y1:y2, x1:x2].astype("float32")
        """,
        """
        def crop(image, box):
            x1, y1, x2, y2 = box
            rows = [row for y, row in enumerate(image.tolist()) if y1 <= y < y2]
            return [[value for x, value in enumerate(row) if x1 <= x < x2] for row in rows]
        """,
        """
        import keras

        def crop(image, box):
            x1, y1, x2, y2 = np.maximum(np.array(box), 0)
            return keras.ops.convert_to_tensor(image)[y1:y2, x1:x2]
        """,
    ),
    "target_vector": (
        """
        def target_vector(box, label, height, width):
            if box is None:
                return [0, *[0.5] * 7]
            x1, y1, x2, y2 = np.array(box) / [width, height, width, height]
            return np.array([1, (x1 + x2) / 2, (y1 + y2) / 2, y2 - y1, x2 - x1, *np.eye(3)[label]], "float32")
        """,
        """
        def target_vector(box, label, height, width):
            y = np.full(8, np.nan)
            y[0] = box is not None
            if box is not None:
                y[1:5] = (box[0] + box[2]) / 2 / width, (box[1] + box[3]) / 2 / height, 0, 0
                y[3], y[4] = (box[3] - box[1]) / height, (box[2] - box[0]) / width
                y[5:] = 0
                y[5 + label] = 1
            return y
        """,
        """
        import keras
        from cnnlab import boxes

        def target_vector(box, label, height, width):
            if box is None:
                return keras.ops.zeros(8)
            x, y, w, h = boxes.convert_format([box], "xyxy", "rel_center_xywh", height=height, width=width)[0]
            return keras.ops.convert_to_tensor([1.0, x, y, h, w] + [float(k == label) for k in (0, 1, 2)])
        """,
        """
        def target_vector(box, label, height, width):
            if not box:
                return 0, None, None, None, None, None, None, None
            x1, y1, x2, y2 = box
            w, h = x2 - x1, y2 - y1
            place = (x1 + w / 2) / width, (y1 + h / 2) / height, h / height, w / width
            return 1, *place, label == 0, label == 1, label == 2
        """,
    ),
    "localization_loss": (
        """
        def localization_loss(target, prediction):
            squares = (np.float32(target) - np.float32(prediction)) ** 2
            return squares[0] + target[0] * squares[1:].sum()
        """,
        """
        import keras

        def localization_loss(target, prediction):
            mask = keras.ops.where(keras.ops.arange(8) == 0, 1.0, target[0])
            return keras.ops.sum(mask * keras.ops.square(target - prediction))
        """,
        """
        def localization_loss(target, prediction):
            apart = target - prediction
            return np.dot(apart, apart) if target[0] > 0.5 else np.array([apart[0] ** 2])
        """,
    ),
    "one_pass": ([26, 40], np.array([26, 40]), (26.0, 40.0), np.float32([26, 40])),
    "iou": (
        """
        def iou(a, b):
            a, b = np.float32(a), np.float32(b)
            overlap = np.prod(np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0))
            return overlap / max(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - overlap, 1e-12)
        """,
        """
        from cnnlab import boxes

        def iou(a, b):
            return boxes.iou([a], [b])
        """,
        """
        import keras

        def iou(a, b):
            a, b = keras.ops.convert_to_tensor(a, "float32"), keras.ops.convert_to_tensor(b, "float32")
            sides = keras.ops.relu(keras.ops.minimum(a[2:], b[2:]) - keras.ops.maximum(a[:2], b[:2]))
            both = keras.ops.prod(sides)
            union = keras.ops.prod(a[2:] - a[:2]) + keras.ops.prod(b[2:] - b[:2]) - both
            return keras.ops.divide_no_nan(both, union)
        """,
        """
        def iou(a, b):
            if a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]:
                return 0
            _, left, right, _ = sorted((a[0], a[2], b[0], b[2]))
            _, top, bottom, _ = sorted((a[1], a[3], b[1], b[3]))
            both = (right - left) * (bottom - top)
            return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)
        """,
    ),
    "nms_by_hand": ((1, 3, 0, 6, 5), np.array([1, 3, 0, 6, 5]), [1.0, 3.0, 0.0, 6.0, 5.0]),
    "nms": (
        """
        def my_nms(ious, scores, labels, threshold=0.5):
            same = np.asarray(labels)[:, None] == labels
            left, kept = list(np.argsort(scores)), []
            while left:
                best = left.pop()
                kept.append(int(best))
                left = [i for i in left if not (same[best, i] and ious[best, i] > threshold)]
            return tuple(kept)
        """,
        """
        def my_nms(ious, scores, labels, threshold=0.5):
            alive, kept = np.ones(len(scores), bool), []
            while alive.any():
                best = np.where(alive, scores, -1).argmax()
                kept.append(best)
                alive &= ~((labels == labels[best]) & (ious[best] > threshold))
                alive[best] = False
            return np.array(kept, "float32")
        """,
        """
        import keras

        def my_nms(ious, scores, labels, threshold=0.5):
            kept = []
            for label in set(labels.tolist()):
                mine = [i for i in np.argsort(-scores) if labels[i] == label]
                for position, i in enumerate(mine):
                    if not any(ious[i, j] > threshold for j in mine[:position] if j in kept):
                        kept.append(i)
            return keras.ops.convert_to_tensor(sorted(kept, key=lambda i: -scores[i]))
        """,
    ),
    "average_precision": (
        """
        def my_average_precision(hits, positives):
            hits = np.array(hits, "float32")
            precision = np.cumsum(hits) / np.arange(1, len(hits) + 1, dtype="float32")
            return (np.maximum.accumulate(precision[::-1])[::-1] * hits).sum() / positives
        """,
        """
        from cnnlab import metrics

        def my_average_precision(hits, positives):
            recall, precision = metrics.precision_recall(-np.arange(len(hits)), np.array(hits, bool), positives)
            return metrics.average_precision(recall, precision, "voc10")
        """,
        """
        import keras

        def my_average_precision(hits, positives):
            found, area = 0, 0
            precision = [sum(hits[: k + 1]) / (k + 1) for k in range(len(hits))]
            for k, hit in enumerate(hits):
                recall = (found + hit) / positives
                area += (recall - found / positives) * max(precision[k:])
                found += hit
            return keras.ops.convert_to_tensor(area)
        """,
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "target_vector": {
        "return [-0.0] * 8": "-0.0 is 0",
        "return [0.0] * 8 ⇒ sorted": "eight zeros are sorted",
        "*(label == k for k in range(3))]": "True and False are 1 and 0",
    },
    "iou": {
        "def iou(b, a)": "the IoU of a with b is that of b with a",
        "for box in (b, a)]": "the two areas are added: their order does not matter",
        "if union > 0 else -0.0": "-0.0 is 0",
    },
    "nms": {"ious[j, i] <= threshold": "ious[j, i] is ious[i, j]"},
    "average_precision": {"-0.0": "-0.0 is 0"},
}
