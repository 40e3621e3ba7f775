"""Right answers to lesson 08 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

RIGHT = {
    "window": ([4, 23, 8, 27], np.array([4.0, 23.0, 8.0, 27.0]), (4, 4 + 20 - 1, np.int64(8), 27.0)),
    "top_pictures": (
        """
        def top_pictures(maps, unit, count):
            strength = [picture[:, :, unit].max() for picture in maps]
            return sorted(range(len(maps)), key=lambda index: strength[index], reverse=True)[:count]
        """,
        """
        def top_pictures(maps, unit, count):
            from keras import ops
            return ops.top_k(ops.max(ops.convert_to_tensor(maps[..., unit], "float32"), axis=(1, 2)), count)[1]
        """,
        """
        def top_pictures(maps, unit, count):
            order = maps.max(axis=1).max(axis=1)[:, unit].argsort()
            return tuple(int(index) for index in order[::-1][:count])
        """,
    ),
    "occlusion": (
        """
        def occlusion_map(score, image, size):
            rows = range(image.shape[0] // size)
            columns = range(image.shape[1] // size)
            before = score(image)
            drops = []
            for i in rows:
                drops.append([])
                for j in columns:
                    kept = np.ones_like(image)
                    kept[size * i : size * i + size, size * j : size * j + size] = 0
                    drops[-1].append(before - score(image * kept))
            return drops
        """,
        """
        def occlusion_map(score, image, size):
            image = image.astype("float32")
            height, width = image.shape
            drops = [
                score(image) - score(np.where((y // size == i) & (x // size == j), 0, image))
                for y, x in [np.mgrid[:height, :width]]
                for i in range(height // size)
                for j in range(width // size)
            ]
            return np.float32(drops).reshape(height // size, -1)
        """,
        """
        def occlusion_map(score, image, size):
            out = {}
            for top in range(0, len(image) - size + 1, size):
                for left in range(0, len(image[0]) - size + 1, size):
                    old = image[top : top + size, left : left + size].copy()
                    before = score(image)
                    image[top : top + size, left : left + size] = 0.0
                    out[top // size, left // size] = before - score(image)
                    image[top : top + size, left : left + size] = old
            drops = np.empty(np.array(image.shape) // size)
            for place, drop in out.items():
                drops[place] = drop
            return drops
        """,
    ),
    "cam_weight": (np.float32(0.2), (0.1 + 0.9 - 0.6 + 0.4) / 4, np.mean([[0.1, 0.9], [-0.6, 0.4]]), [0.2]),
    "cam": (
        """
        def heat_map(maps, gradients):
            return np.maximum(np.einsum("hwc,c->hw", maps, np.mean(gradients, (0, 1))), 0).astype("float32")
        """,
        """
        def heat_map(maps, gradients):
            height, width, channels = maps.shape
            heat = [[0.0] * width for _ in range(height)]
            for c in range(channels):
                weight = sum(map(sum, gradients[:, :, c].tolist())) / (height * width)
                for i in range(height):
                    for j in range(width):
                        heat[i][j] += weight * maps[i, j, c]
            return [[max(value, 0) for value in row] for row in heat]
        """,
        """
        def heat_map(maps, gradients):
            from keras import ops
            weights = ops.mean(ops.convert_to_tensor(gradients, "float32"), axis=(0, 1))
            return ops.relu(ops.sum(ops.convert_to_tensor(maps, "float32") * weights, axis=-1))
        """,
    ),
    "evidence": ("C", "(c)", " c. "),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "top_pictures": {"max(axis=(2, 1))": "a maximum over two axes does not depend on their order"},
    "cam": {
        "mean(axis=(1, 0))": "a mean over two axes does not depend on their order",
        "gradients sorted": "the mean over the places does not depend on their order either",
    },
}
