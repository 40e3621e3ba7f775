"""Right answers to lesson 00 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

RIGHT = {
    "first_count": (191.0, np.float32(191), np.array([191]), sum([60, 104, 27])),
    "stack_parameters": (
        """
        def my_stack_parameters(sizes):
            sizes = np.array(sizes)
            return (sizes[:-1] + 1) @ sizes[1:]
        """,
        """
        def my_stack_parameters(sizes):
            if len(sizes) < 2:
                return 0
            return (sizes[0] + 1) * sizes[1] + my_stack_parameters(sizes[1:])
        """,
        """
        def my_stack_parameters(sizes):
            return float(sum((sizes[i] + 1) * sizes[i + 1] for i in range(len(sizes) - 1)))
        """,
        """
        def my_stack_parameters(sizes):
            import keras
            layers = [keras.layers.Dense(units) for units in sizes[1:]]
            return keras.Sequential([keras.Input((sizes[0],)), *layers]).count_params()
        """,
    ),
    "softmax": (
        """
        def my_softmax(z):
            import math
            powers = [math.e**score for score in z]
            return [power / sum(powers) for power in powers]
        """,
        """
        def my_softmax(z):
            powers = np.exp(np.asarray(z, "float32"))
            return powers / np.sum(powers)
        """,
        """
        def my_softmax(z):
            import keras
            return keras.ops.softmax(keras.ops.convert_to_tensor(z, "float32"))
        """,
        """
        def my_softmax(z):
            return np.array([1 / np.exp(z - score).sum() for score in z])
        """,
    ),
    "stable_softmax": (
        """
        def my_stable_softmax(z):
            import keras
            return keras.ops.softmax(keras.ops.convert_to_tensor(z, "float32"))
        """,
        """
        def my_stable_softmax(z):
            from scipy.special import logsumexp
            return np.exp(z - logsumexp(z))
        """,
        """
        def my_stable_softmax(z):
            import math
            largest = max(z)
            powers = [math.exp(score - largest) for score in z]
            return tuple(power / sum(powers) for power in powers)
        """,
        """
        def my_stable_softmax(z):
            z = np.float32(z)
            powers = np.exp(z - np.max(z) - 5)  # any number that leaves no score above 0, or far below it
            return powers / powers.sum()
        """,
    ),
    "choose_loss": (
        {
            "species as 0, 1 or 2": "SparseCategoricalCrossentropy",
            "species as one-hot rows": "CategoricalCrossentropy",
            "petal length in cm": "MAE",
        },
        {
            "petal length in cm": "mse",
            "species as one-hot rows": "categorical_crossentropy",
            "species as 0, 1 or 2": "sparse_categorical_crossentropy",
        },
        """
        import keras
        my_losses = {
            "species as 0, 1 or 2": keras.losses.SparseCategoricalCrossentropy(),
            "species as one-hot rows": keras.losses.categorical_crossentropy,
            "petal length in cm": keras.losses.Huber(),
        }
        """,
    ),
    "adagrad_step": (
        """
        def my_adagrad_step(w, h, slope, learning_rate):
            h += slope * slope
            return [w - learning_rate / (h**0.5 + 1e-7) * slope, h]
        """,
        """
        def my_adagrad_step(w, h, slope, learning_rate):
            w, h, slope = np.float32([w, h, slope])
            h = h + slope**2
            return np.array([w - learning_rate * slope * h**-0.5, h])
        """,
        """
        def my_adagrad_step(w, h, slope, learning_rate):
            import keras
            weight = keras.Variable(w)
            optimizer = keras.optimizers.Adagrad(learning_rate, initial_accumulator_value=h)
            optimizer.apply([keras.ops.convert_to_tensor(slope)], [weight])
            return weight, h + slope**2
        """,
        """
        def my_adagrad_step(w, h, slope, learning_rate):
            new_h = h + slope**2
            return {"w": w - learning_rate * slope / np.sqrt(new_h), "h": new_h}
        """,
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "stack_parameters": {"zip(sizes[:], sizes[1:])": "zip ends with the shorter list, so the last size has no partner"},
}
