"""Right answers to lesson 12 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

_DATES = {"a detector in one pass": 1, "anchors": 2, "three grids": 3, "one sigmoid a class": 3}

RIGHT = {
    "output_shape": ([10, 13, 125], np.array([10, 13, 125]), (10.0, 13.0, 125.0)),
    "cell": (
        """
        def my_cell(box, size, grid):
            box = np.float32(box)
            x, y = (box[:2] + box[2:]) / 2
            return np.floor([y / (size[0] / grid[0]), x / (size[1] / grid[1])])
        """,
        """
        def my_cell(box, size, grid):
            row = column = 0
            while (row + 1) * size[0] / grid[0] <= (box[1] + box[3]) / 2:
                row += 1
            while (column + 1) * size[1] / grid[1] <= (box[0] + box[2]) / 2:
                column += 1
            return [row, column]
        """,
        """
        import keras

        def my_cell(box, size, grid):
            centre = [(box[1] + box[3]) / 2 * grid[0] / size[0], (box[0] + box[2]) / 2 * grid[1] / size[1]]
            return keras.ops.cast(keras.ops.convert_to_tensor(centre), "int32")
        """,
    ),
    "best_anchor": (
        """
        from cnnlab import anchors as library

        def my_best_anchor(size, anchors):
            return np.argmin(1 - library.shape_iou([size], anchors)[0])
        """,
        """
        def my_best_anchor(size, anchors):
            best = 0, 0
            for number, (w, h) in enumerate(np.float32(anchors)):
                both = min(size[0], w) * min(size[1], h)
                best = max(best, (both / (size[0] * size[1] + w * h - both), number))
            return best[1]
        """,
        """
        import keras

        def my_best_anchor(size, anchors):
            both = keras.ops.prod(keras.ops.minimum(np.float32(size), np.float32(anchors)), axis=1)
            return keras.ops.argmax(both / (np.prod(size) + keras.ops.prod(np.float32(anchors), axis=1) - both))
        """,
        """
        def my_best_anchor(size, anchors):
            s = np.array([*size, *size]) * [-0.5, -0.5, 0.5, 0.5]
            a = np.hstack([-anchors, anchors]) / 2
            from cnnlab import boxes
            return [int(boxes.iou([s], a).argmax())]
        """,
    ),
    "encode": (
        """
        def my_encode(box, anchor, size, grid):
            low, high = np.float32(box[:2]), np.float32(box[2:])
            cells = (low + high) / 2 * np.float32(grid[::-1]) / np.float32(size[::-1])
            return np.concatenate([cells - np.floor(cells), np.log((high - low) / np.float32(anchor))])
        """,
        """
        import math

        def my_encode(box, anchor, size, grid):
            x1, y1, x2, y2 = box
            wide, high = size[1] / grid[1], size[0] / grid[0]
            place = [(x1 + x2) / 2 % wide / wide, (y1 + y2) / 2 % high / high]
            return place + [math.log(x2 - x1) - math.log(anchor[0]), math.log(y2 - y1) - math.log(anchor[1])]
        """,
        """
        from cnnlab import yolo

        def my_encode(box, anchor, size, grid):
            target, _ = yolo.encode([box], [0], [anchor], grid, 1, size)
            return target[target[..., yolo.OBJECTNESS] == 1][0, :4]
        """,
    ),
    "decode": (
        """
        def my_decode(raw, place, anchor, size, grid):
            tx, ty, tw, th = np.float32(raw)
            x = (place[1] + 1 / (1 + np.exp(-tx))) * np.float32(size[1] / grid[1])
            y = (place[0] + 1 / (1 + np.exp(-ty))) * np.float32(size[0] / grid[0])
            w, h = np.float32(anchor) * np.exp(np.float32([tw, th]))
            return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
        """,
        """
        import keras

        def my_decode(raw, place, anchor, size, grid):
            (row, column), (height, width), (rows, columns) = place, size, grid
            tx, ty, tw, th = keras.ops.unstack(keras.ops.convert_to_tensor(raw, "float32"))
            x = (column + keras.ops.sigmoid(tx)) * width / columns
            y = (row + keras.ops.sigmoid(ty)) * height / rows
            w, h = anchor[0] * keras.ops.exp(tw), anchor[1] * keras.ops.exp(th)
            return keras.ops.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
        """,
        """
        import math

        def my_decode(raw, place, anchor, size, grid):
            corners = []
            for sign in (-1, 1):
                for k in (0, 1):
                    cells = place[1 - k] + 0.5 * (1 + math.tanh(raw[k] / 2))
                    corners.append(cells / grid[1 - k] * size[1 - k] + sign * anchor[k] * math.e ** raw[k + 2] / 2)
            return corners
        """,
    ),
    "loss_mask": (
        """
        def my_terms(true, said):
            true, said = np.float32(true), np.float32(said)
            mask = true[..., 4]
            xy = (mask[..., None] * (said[..., :2] - true[..., :2]) ** 2).sum()
            return np.array([xy, -(np.log1p(-said[..., 4]) * (1 - mask)).sum()])
        """,
        """
        import math

        def my_terms(true, said):
            xy = quiet = 0.0
            for place in np.ndindex(true.shape[:3]):
                t, s = true[place], said[place]
                if t[4]:
                    xy += (s[0] - t[0]) ** 2 + (s[1] - t[1]) ** 2
                else:
                    quiet -= math.log(1 - s[4])
            return [xy, quiet]
        """,
        """
        import keras

        def my_terms(true, said):
            here = keras.ops.cast(true[..., 4] > 0.5, "float32")
            apart = keras.ops.square(keras.ops.cast(said - true, "float32"))
            quiet = -keras.ops.log(1 - keras.ops.cast(said[..., 4], "float32"))
            return keras.ops.sum((apart[..., 0] + apart[..., 1]) * here), keras.ops.sum(quiet * (1 - here))
        """,
        """
        def my_terms(true, said):
            full = np.nonzero(true[..., 4])
            empty = np.nonzero(true[..., 4] == 0)
            return {"xy": np.sum(np.square(said[full] - true[full])[:, :2]),
                    "no_objectness": np.log(1 / (1 - said[empty][:, 4])).sum()}
        """,
    ),
    "history": (
        {"wrote v1 to v3": "Joseph Redmon and others", **_DATES},
        {"wrote v1 to v3": "Redmon et al.", **{what: f"version {version}" for what, version in _DATES.items()}},
        {"wrote v1 to v3": "redmon", **{what: f"v{version}" for what, version in _DATES.items()}},
        {"wrote v1 to v3": "Redmon, Farhadi", **{what: f"YOLOv{version}" for what, version in _DATES.items()}},
        {"wrote v1 to v3": "Ali Farhadi", **{what: float(version) for what, version in _DATES.items()}},
        {"wrote v1 to v3": "J. Redmon", **{what: f" {version} " for what, version in _DATES.items()}},
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "cell": {
        "row = (y1 + y2) / 2 / (height / rows)": "int rounds down as well",
        "column = (x1 + x2) / 2 / (width / columns)": "int rounds down as well",
        "return (row, int(column))": "// has made the row whole already",
        "return (int(row), column)": "// has made the column whole already",
    },
    "best_anchor": {
        "return np.argmax(iou)": "np.argmax gives a whole number",
        "anchors[:, 1] + both": "with S the sum of the areas, both / (S + both) grows where both / (S - both) does",
    },
}
