"""Right answers to lesson 17 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

RIGHT = {
    "usable": ([4, 2], np.array([4, 2]), np.float32([4, 2])),
    "stays_inside": (
        """
        from pathlib import PurePosixPath, PureWindowsPath

        def stays_inside(name):
            path = PureWindowsPath(name)
            return not (path.drive or path.root or ".." in path.parts or PurePosixPath(name).is_absolute())
        """,
        """
        import re

        def stays_inside(name):
            return np.bool_(re.search(r"^[/\\\\]|^.:|(^|[/\\\\])\\.\\.($|[/\\\\])", name) is None)
        """,
        """
        def stays_inside(name):
            if ":" in name or name[0] in "/\\\\":
                return False
            depth = 0
            for part in name.replace("\\\\", "/").split("/"):
                depth += -1 if part == ".." else 1
                if depth < 0 or (depth == 0 and part == ".."):
                    return False
            return True
        """,
    ),
    "split_by_patient": (
        """
        def split_by_patient(patients, count, rng):
            names = sorted(set(patients.tolist()))
            rng.shuffle(names)
            return [patient in names[:count] for patient in patients]
        """,
        """
        def split_by_patient(patients, count, rng):
            names, rows = np.unique(patients, return_inverse=True)
            held_out = np.zeros(len(names), bool)
            held_out[rng.permutation(len(names))[:count]] = True
            return held_out[rows]
        """,
        """
        def split_by_patient(patients, count, rng):
            from sklearn.model_selection import GroupShuffleSplit
            seed = int(rng.integers(2**31))
            split = GroupShuffleSplit(1, test_size=count, random_state=seed).split(patients, groups=patients)
            held_out = np.zeros(len(patients), dtype=np.bool_)
            held_out[next(split)[1]] = True
            return held_out
        """,
    ),
    "error_bar": (0.042, np.float32(0.0424), (0.9 * 0.1 / 49) ** 0.5, 0.043, [np.sqrt(0.0018)]),
    "precision_recall": (
        """
        def precision_recall(matrix):
            right = np.diag(matrix)
            return np.array([right / matrix.sum(axis=0), right / matrix.sum(axis=1)], "float32")
        """,
        """
        def precision_recall(matrix):
            rows = range(len(matrix))
            precision = [matrix[c, c] / sum(matrix[r, c] for r in rows) for c in rows]
            return [precision, [matrix[c, c] / sum(matrix[c]) for c in rows]]
        """,
        """
        def precision_recall(matrix):
            from sklearn.metrics import precision_recall_fscore_support
            truth, said = np.indices(matrix.shape)
            weights = matrix.ravel()
            scores = precision_recall_fscore_support(truth.ravel(), said.ravel(), sample_weight=weights)
            return scores[:2]
        """,
        """
        def precision_recall(matrix):
            import keras
            m = keras.ops.cast(matrix, "float32")
            right = keras.ops.diagonal(m)
            return right / keras.ops.sum(m, axis=0), right / keras.ops.sum(m, axis=1)
        """,
    ),
    "calibration_error": (
        """
        def calibration_error(sure, right):
            bins = np.ceil(10 * sure).astype(int)
            promised, kept = np.bincount(bins, sure), np.bincount(bins, right)
            return np.abs(promised - kept).sum() / len(sure)
        """,
        """
        def calibration_error(sure, right):
            total = 0
            for k in range(10):
                inside = [i for i in range(len(sure)) if k / 10 < sure[i] <= (k + 1) / 10 + 1e-9]
                if inside:
                    total += abs(sum(float(right[i]) - float(sure[i]) for i in inside))
            return total / len(sure)
        """,
        """
        def calibration_error(sure, right):
            gaps = []
            edges = np.linspace(0, 1, 11)
            for low, high in zip(edges[:-1], edges[1:]):
                inside = (sure > low) & (sure <= high)
                if inside.any():
                    gaps.append(inside.mean() * abs(np.float32(right[inside].mean()) - sure[inside].mean()))
            return np.sum(gaps)
        """,
    ),
    "threshold_for": (
        """
        def threshold_for(score, ill, recall):
            for threshold in sorted(score[ill], reverse=True):
                if (score[ill] >= threshold).mean() >= recall:
                    return threshold
        """,
        """
        def threshold_for(score, ill, recall):
            ranked = np.sort(score[ill].astype("float32"))
            return ranked[len(ranked) - int(np.ceil(recall * len(ranked)))]
        """,
        """
        def threshold_for(score, ill, recall):
            from sklearn.metrics import roc_curve
            _, found, thresholds = roc_curve(ill, score, drop_intermediate=False)
            return thresholds[np.argmax(found >= recall)]
        """,
    ),
    "answer": (
        """
        def answer(model, picture, class_names):
            p = model(picture[None] / 255.0, training=False)
            import keras
            p = keras.ops.convert_to_numpy(p)[0]
            return [class_names[p.argmax()], p.max()]
        """,
        """
        def answer(model, picture, class_names):
            p = model.predict(x=np.expand_dims(picture.astype("float32") / 255, 0), verbose=0)
            return class_names[int(np.argmax(p))], p.max()
        """,
        """
        def answer(model, picture, class_names):
            (p,) = model.predict_on_batch(np.array([picture]) / 255)
            return max(zip(class_names, p.tolist()), key=lambda pair: pair[1])
        """,
        """
        def answer(model, picture, class_names):
            import keras
            p = model(keras.ops.cast(picture, "float32")[None] / 255)
            best = keras.ops.argmax(p[0])
            return class_names[int(best)], p[0][int(best)]
        """,
    ),
}

EQUIVALENT = {
    "calibration_error": {"error = -0.0": "minus zero is zero"},
    "error_bar": {
        "0.9 * 0.1 / 51": "0.0420, and the right answer may be rounded to 0.042",
        "0.9 * 0.1 / 49": "n - 1 instead of n is another usual estimate",
    },
    "answer": {
        "best = probabilities.argmax()": "a NumPy index is an index",
        "probabilities = model.predict(": "predict returns an array already",
        "[-1]": "the first row of a batch of one is also its last",
        "return (class_names[best], probabilities[best])": "a NumPy number is a number",
        "np.asarray(model.predict(picture[None] / 255))": "only the progress bar differs",
        "verbose=1": "only the progress bar differs",
        "verbose=-1": "only the progress bar differs",
    },
}
