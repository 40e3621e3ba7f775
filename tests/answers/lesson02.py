"""Right answers to lesson 02 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

_ORDER = "before is never more than after, so the pair is sorted already"

RIGHT = {
    "by_hand": ([31, 43], (31.0, 43.0), np.array([31, 43], "float32"), {"height": 31, "width": 43}),
    "output_size": (
        """
        def my_output_size(n, f, s=1, p=0, d=1):
            return len(range(0, n + 2 * p - d * (f - 1), s)) if n + 2 * p > d * (f - 1) else 0
        """,
        """
        def my_output_size(n, f, s=1, p=0, d=1):
            import math
            return math.floor((n + 2 * p - d * (f - 1) - 1) / s + 1)
        """,
        """
        def my_output_size(n, f, s=1, p=0, d=1):
            span = np.float32(d * (f - 1) + 1)
            return max(np.floor((n + 2 * p - span) / s) + 1, 0)
        """,
        """
        def my_output_size(n, f, s=1, p=0, d=1):
            from cnnlab import shapes
            try:
                return shapes.output_size(n, f, strides=s, padding=p, dilation_rate=d)
            except ValueError:
                return 0
        """,
    ),
    "padding_to_keep": (
        """
        def padding_to_keep(f, d=1):
            return [d * (f - 1) // 2, -(-d * (f - 1) // 2)]
        """,
        """
        def padding_to_keep(f, d=1):
            half = d * (f - 1) / 2
            return np.array([np.floor(half), np.ceil(half)], "float32")
        """,
        """
        def padding_to_keep(f, d=1):
            from cnnlab import shapes
            return shapes.same_padding(20, f, dilation_rate=d)
        """,
        """
        def padding_to_keep(f, d=1):
            before = after = 0
            while 20 + before + after - d * (f - 1) < 20:
                before, after = (before, after + 1) if before == after else (before + 1, after)
            return {"before": before, "after": after}
        """,
    ),
    "design": ([3, 1], np.array([3, 1]), (3.0, 1.0), {"strides": 3, "padding": 1}),
    "same_pads": (
        """
        def same_pads(n, f, s=1):
            import math
            total = max(0, (math.ceil(n / s) - 1) * s + f - n)
            return [math.floor(total / 2), math.ceil(total / 2)]
        """,
        """
        def same_pads(n, f, s=1):
            total = max(f - (n % s or s), 0)  # what the last stride leaves over
            return np.array([total // 2, (total + 1) // 2])
        """,
        """
        def same_pads(n, f, s=1):
            from cnnlab import shapes
            return shapes.same_padding(n, f, strides=s)
        """,
        """
        def same_pads(n, f, s=1):
            last = (n - 1) // s * s  # where the last window starts, before the pixels are shared out
            lacking = np.clip(last + f - n, 0, None)
            return np.float32(lacking // 2), np.float32(lacking - lacking // 2)
        """,
    ),
    "usage_map": (
        """
        def usage_map(height, width, f, s=1):
            def along(n):
                counts = np.zeros(n, "float32")
                for start in range(0, n - f + 1, s):
                    counts[start : start + f] += 1
                return counts
            return np.outer(along(height), along(width))
        """,
        """
        def usage_map(height, width, f, s=1):
            def uses(n, pixel):
                return sum(start <= pixel < start + f for start in range(0, n - f + 1, s))
            return [[uses(height, row) * uses(width, column) for column in range(width)] for row in range(height)]
        """,
        """
        def usage_map(height, width, f, s=1):
            from cnnlab import conv
            starts = np.zeros((height - f + 1, width - f + 1))
            starts[::s, ::s] = 1
            return conv.conv2d(starts, np.ones((f, f)), padding=f - 1)
        """,
        """
        def usage_map(height, width, f, s=1):
            import keras
            windows = keras.ops.ones((1, (height - f) // s + 1, (width - f) // s + 1, 1))
            back = keras.ops.conv_transpose(windows, keras.ops.ones((f, f, 1, 1)), strides=s)[0, :height, :width, 0]
            return keras.ops.pad(back, [(0, height - back.shape[0]), (0, width - back.shape[1])])
        """,
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "padding_to_keep": {"⇒ sorted": _ORDER},
    "same_pads": {"⇒ sorted": _ORDER},
    "usage_map": {"counts = np.zeros((height, width))": "the same numbers, kept as floats"},
}
