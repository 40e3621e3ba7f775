"""Exercises of lesson 10: features, heads, frozen layers, pixels as a backbone wants them, labels in their places."""

from __future__ import annotations

import warnings

import numpy as np

from cnnlab.checks._exercise import Exercise, Mistake, Wrong, array, call, close, number

# --- features ---------------------------------------------------------------------------------------------------------


def _maps() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(4, 3, 5, 2))


def _diagnose_average(answer: object) -> str:
    maps = _maps()
    got = call(answer, maps)
    try:
        shape = np.shape(got)
    except ValueError:
        raise Wrong("Rows of one length are expected: an array of shape (4, 2).") from None
    shapes = {
        (4, 3, 5): "You averaged over the channels. They are what the network found; average over where it found it.",
        (2,): "You averaged over the pictures too. Each picture keeps its own row.",
        (
            4,
            30,
        ): "You put all positions into a row. That is Flatten: h·w times as many numbers, each tied to its place.",
        (4, 1, 1, 2): "The two averaged axes are still there, with length 1. Leave `keepdims` out.",
        (4, 5, 2): "You averaged over one of the two axes of position. Take both: axis=(1, 2).",
        (4, 3, 2): "You averaged over one of the two axes of position. Take both: axis=(1, 2).",
        (): "One number for all pictures and channels is left. Average over axes 1 and 2 only.",
    }
    if shape in shapes:
        raise Wrong(f"For maps of shape (4, 3, 5, 2) you return shape {shape}. {shapes[shape]}")
    got = array(got, (4, 2), "The features of maps of shape (4, 3, 5, 2)")
    if close(got, maps.max(axis=(1, 2))):
        raise Wrong("You took the largest value of each map. That is global max pooling; the average is asked for.")
    if close(got, maps.sum(axis=(1, 2))):
        raise Wrong("You added up the values of each map. Divide by how many there are, 3 · 5 = 15.")
    if not close(got, maps.mean(axis=(1, 2))):
        raise Wrong(f"The first picture's features should be {maps.mean(axis=(1, 2))[0].round(3).tolist()}. Yours: "
                    f"{got[0].round(3).tolist()}. Average over the height and the width of each map.")  # fmt: skip
    return "One number for each map, wherever in the picture it answered: 7 × 7 × 64 becomes 64."


average = Exercise(
    name="average",
    answer_name="average",
    stub="""
        def average(maps):
            return ...  # (N, C) features
    """,
    solution_source="""
        def average(maps):
            return maps.mean(axis=(1, 2))
    """,
    hints=(
        "The axes are pictures, height, width, channels. Which two say where?",
        "maps.mean(axis=...) takes a tuple of axes: the two in the middle.",
    ),
    diagnose=_diagnose_average,
    mistakes=(
        Mistake(lambda maps: maps.mean(axis=-1), "averaged over the channels"),
        Mistake(lambda maps: maps.mean(axis=(0, 1, 2)), "pictures too"),
        Mistake(lambda maps: maps.reshape(len(maps), -1), "That is Flatten"),
        Mistake(lambda maps: maps.max(axis=(1, 2)), "global max pooling"),
        Mistake(lambda maps: maps.sum(axis=(1, 2)), "3 · 5 = 15"),
        Mistake(lambda maps: maps.mean(axis=1), "Take both"),
        Mistake(lambda maps: maps.mean(axis=(1, 2), keepdims=True), "keepdims"),
        Mistake(lambda maps: np.zeros((4, 2)), "height and the width"),
    ),
)


# --- what a head costs ------------------------------------------------------------------------------------------------

_HEAD_ERRORS = {
    13_107_968: "The biases are missing: 256 of the first layer, 3 of the second.",
    525_315: "That is the head behind a global average, with 2,048 inputs. Here Flatten comes first: 5 · 5 · 2,048.",
    25_691_139: "7 × 7 positions belong to a photo of 224 × 224. This one is 160 × 160: five halvings leave 5 × 5.",
    36_695_939: "That includes the backbone. The head alone is asked for.",
    13_107_456: "That is the first Dense layer. The second has 256 · 3 + 3.",
    51_200: "That is what Flatten gives. Each of these numbers is read by 256 units.",
}


def _diagnose_head_size(answer: object) -> str:
    got = number(answer)
    if got in _HEAD_ERRORS:
        raise Wrong(f"You got {got:,.0f}. {_HEAD_ERRORS[got]}")
    if got != 13_108_227:
        raise Wrong(f"You got {got:,g}. Flatten gives 5 · 5 · 2,048 = 51,200 numbers; then 51,200 · 256 + 256, and "
                    "256 · 3 + 3.")  # fmt: skip
    return "51,200 · 256 + 256 + 771. With a global average in place of Flatten it would be 525,315, a 25th of that."


head_size = Exercise(
    name="head_size",
    answer_name="head_size",
    stub="""
        head_size = ...  # parameters of the head
    """,
    solution_source="""
        head_size = 5 * 5 * 2048 * 256 + 256 + 256 * 3 + 3
    """,
    hints=(
        "160 halved five times is 5: the backbone gives 5 × 5 × 2,048.",
        "Flatten: 51,200 numbers. A Dense layer has inputs · units weights and units biases.",
        "51,200 · 256 + 256, and then 256 · 3 + 3.",
    ),
    diagnose=_diagnose_head_size,
    mistakes=tuple(
        Mistake(value, says)
        for value, says in (
            (13_107_968, "biases are missing"),
            (525_315, "global average"),
            (25_691_139, "five halvings"),
            (36_695_939, "includes the backbone"),
            (13_107_456, "first Dense layer"),
            (51_200, "what Flatten gives"),
            (1000, "256 · 3 + 3"),
        )
    ),
)


# --- pictures and their labels ----------------------------------------------------------------------------------------


def _diagnose_shuffled(answer: object) -> str:
    count = 12
    images = np.arange(count, dtype="float32").reshape(count, 1, 1, 1) * np.ones((1, 2, 2, 1), "float32")
    labels = 100 + np.arange(count)
    orders = []
    for seed in (3, 4):
        got = call(answer, images, labels, seed)
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            raise Wrong("Two things are expected back: the pictures and their labels.")
        mixed = array(got[0], images.shape, "The pictures")
        names = array(got[1], labels.shape, "The labels")
        _compare_order(mixed[:, 0, 0, 0], names - 100)
        if not np.array_equal(mixed, images[mixed[:, 0, 0, 0].astype(int)]):
            raise Wrong("The pictures themselves have changed. Only their order may.")
        orders.append(tuple(mixed[:, 0, 0, 0]))
    if orders[0] == orders[1]:
        raise Wrong("Seeds 3 and 4 give the same order. Draw it from np.random.default_rng(seed).")
    return "One order for both. The loss goes down with shuffled labels too, on the pictures it learns by heart: only "\
           "validation tells."  # fmt: skip


def _compare_order(mixed: np.ndarray, names: np.ndarray) -> None:
    """`mixed` and `names` hold 0 … N−1 in the order of the pictures and of the labels."""
    in_order = np.arange(len(mixed))
    if np.array_equal(mixed, names) and np.array_equal(np.sort(mixed), in_order):
        if np.array_equal(mixed, in_order):
            raise Wrong("Nothing was moved: the pictures come back in the order they had.")
        return
    if len(set(mixed)) < len(mixed) or len(set(names)) < len(names):
        raise Wrong("Some pictures come twice and others not at all: you drew with replacement. Use rng.permutation.")
    first = f"Picture {mixed[0]:.0f} now comes first, and beside it stands the label of picture {names[0]:.0f}."
    if np.array_equal(names, in_order):
        raise Wrong(f"You shuffled the pictures and left the labels where they were. {first}")
    if np.array_equal(mixed, in_order):
        raise Wrong(f"You shuffled the labels and left the pictures where they were. {first}")
    raise Wrong(f"You drew two different orders. {first} Draw one order and use it for both.")


_SHUFFLED = """
def shuffled(images, labels, seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(images))
    return images[order], labels[order]
"""

shuffled = Exercise(
    name="shuffled",
    answer_name="shuffled",
    stub="""
        def shuffled(images, labels, seed):
            return ...  # the pictures and their labels, both in one new order
    """,
    solution_source=_SHUFFLED,
    hints=(
        "rng = np.random.default_rng(seed) draws; rng.permutation(len(images)) is an order.",
        "images[order] and labels[order], with the same order.",
    ),
    diagnose=_diagnose_shuffled,
    mistakes=(
        Mistake(_SHUFFLED.replace("images[order]", "images"), "shuffled the labels and left the pictures"),
        Mistake(_SHUFFLED.replace("labels[order]", "labels"), "shuffled the pictures and left the labels"),
        Mistake(_SHUFFLED.replace("labels[order]", "labels[rng.permutation(len(images))]"), "two different orders"),
        Mistake(_SHUFFLED.replace("permutation(len(images))", "integers(0, len(images), len(images))"), "replacement"),
        Mistake(lambda images, labels, seed: (images, labels), "Nothing was moved"),
        Mistake(_SHUFFLED.replace("default_rng(seed)", "default_rng(0)"), "the same order"),
        Mistake(_SHUFFLED.replace("return images[order], labels[order]", "return images[order]"), "Two things"),
    ),
)


# --- freezing ---------------------------------------------------------------------------------------------------------


def _model(frozen: bool) -> object:
    """A compiled classifier: three convolutions, each with BatchNormalization, and a head."""
    from cnnlab import transfer

    model = transfer.classifier(transfer.digits_backbone(weights=None), classes=5)
    if frozen:
        transfer.freeze(model)
    return model


def _returned(answer: object, frozen: bool) -> object:
    """The learner's model, or `Wrong` if it is no model, another one, or not compiled again."""
    import keras

    model = _model(frozen)
    before = model.optimizer
    got = call(answer, model)
    if not isinstance(got, keras.Model):
        raise Wrong(f"The model is expected back, but your function returned a {type(got).__name__}.")
    if got is not model:
        raise Wrong("You returned another model. Change the one you are given, and return it.")
    if not model.compiled or model.optimizer is None or model.optimizer is before:
        raise Wrong("You did not compile the model again. Which layers train is read when it is compiled: fit would go "
                    "on with the old ones, or stop with an error, depending on the backend.")  # fmt: skip
    loss = _settings(model)["loss"]
    if loss is None:
        raise Wrong("You compiled it without a loss, so it cannot be trained.")
    if "sparse" not in str(loss).lower():
        raise Wrong("The labels are whole numbers: the loss must be 'sparse_categorical_crossentropy'.")
    return model


def _settings(model: object) -> dict:
    """What the model was compiled with, in Keras' form for saving."""
    with warnings.catch_warnings():
        # Keras reads the learning rate in a way that NumPy 2 has announced to change.
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        return model.get_compile_config()


def _training(model: object) -> dict[str, bool]:
    """Name → whether any weight of the layer trains, of layers that have weights."""
    return {layer.name: bool(layer.trainable_weights) for layer in model.layers if layer.weights}


def _check_norms(model: object) -> None:
    norms = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization" and layer.trainable]
    if norms:
        raise Wrong(f"{norms[0].name} is not frozen: in fit it would take mean and variance from each small batch and "
                    "move its running statistics, which the layers above rely on. Set trainable = False on "
                    "BatchNormalization too; that also puts it into inference mode.")  # fmt: skip


def _diagnose_freeze_backbone(answer: object) -> str:
    model = _returned(answer, frozen=False)
    trains = _training(model)
    if not trains["head_classes"] or not model.trainable_weights:
        raise Wrong("The head is frozen as well, so nothing is left to learn. Layers whose names begin with head_ "
                    "must train. If you set model.trainable = False, that switch rules over the head's: set the layers "
                    "instead.")  # fmt: skip
    convolutions = [name for name, on in trains.items() if on and name.endswith("_conv")]
    if len(convolutions) == 3:
        raise Wrong("All three convolutions still train. Set layer.trainable = False for each layer of the backbone.")
    if convolutions:
        raise Wrong(f"{', '.join(convolutions)} still trains. Every layer of the backbone must be frozen.")
    _check_norms(model)
    return "Only the head is left to train: 64 · 5 + 5 = 325 of 23,957 parameters, and no statistics move."


_FREEZE = """
def freeze_backbone(model):
    for layer in model.layers:
        layer.trainable = layer.name.startswith("head_")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""

freeze_backbone = Exercise(
    name="freeze_backbone",
    answer_name="freeze_backbone",
    stub="""
        def freeze_backbone(model):
            return ...  # the model, with everything but its head frozen
    """,
    solution_source=_FREEZE,
    hints=(
        "Go through model.layers. Each has a name and a switch, layer.trainable.",
        "layer.trainable = layer.name.startswith('head_')",
        "Then model.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy']), and return the model.",
    ),
    diagnose=_diagnose_freeze_backbone,
    mistakes=(
        Mistake("def freeze_backbone(model):\n    for layer in model.layers:\n"
                '        layer.trainable = layer.name.startswith("head_")\n    return model',
                "did not compile the model again"),
        Mistake(_FREEZE.replace('layer.name.startswith("head_")', "False"), "The head is frozen as well"),
        Mistake(_FREEZE.replace("    for layer", "    model.trainable = False\n    for layer"), "rules over the head"),
        Mistake(_FREEZE.replace('layer.trainable = layer.name.startswith("head_")', "pass"), "All three convolutions"),
        Mistake(_FREEZE.replace('layer.name.startswith("head_")', 'not layer.name.endswith("_conv")'),
                "block1_bn is not frozen"),
        Mistake(_FREEZE.replace('layer.name.startswith("head_")', 'layer.name.startswith(("head_", "block3"))'),
                "block3_conv still trains"),
        Mistake(_FREEZE.replace('"adam", "sparse_categorical_crossentropy", metrics=["accuracy"]', '"adam"'),
                "without a loss"),
        Mistake(_FREEZE.replace("sparse_", ""), "whole numbers"),
        Mistake(_FREEZE.replace("    return model", "    return None"), "returned None"),
    ),
)  # fmt: skip


# --- pixels -----------------------------------------------------------------------------------------------------------

_MEANS = np.array([103.939, 116.779, 123.68])  # blue, green, red


def _diagnose_for_resnet(answer: object) -> str:
    image = np.random.default_rng(0).random((3, 4, 3)).round(2)
    got = array(call(answer, image), image.shape, "The picture")
    if close(got, 255 * image[..., ::-1] - _MEANS):
        return "Scaled, turned round, mean subtracted: what keras.applications.resnet50.preprocess_input does to 0–255."
    pixel = f"The pixel {image[0, 0].tolist()} should become {(255 * image[0, 0, ::-1] - _MEANS).round(1).tolist()}, "
    pixel += f"and becomes {got[0, 0].round(1).tolist()}."
    readings = (
        (image, "You return it as it is. The network would see a picture 255 times too dark."),
        (255 * image, "That is scaled and nothing else: red is still first and the means are still in it."),
        (255 * image[..., ::-1], "The means are not subtracted."),
        (255 * image - _MEANS, "Red is still first, and loses the mean of blue. Turn the channels round first."),
        (255 * image - _MEANS[::-1], "The means are right, and red is still first: image[..., ::-1] turns it round."),
        (255 * image[..., ::-1] - _MEANS[::-1], "The means are in the order red, green, blue; the channels are not."),
        (
            image[..., ::-1] - _MEANS,
            "The means are on the scale 0–255, and your pixels are not: multiply by 255 first.",
        ),
        (255 * (image[..., ::-1] - _MEANS), "255 multiplies the means as well. Scale first, then subtract."),
        (2 * image - 1, "−1 to 1 is what MobileNet wants. Each network wants what it was trained on."),
        (image * 255 / 127.5 - 1, "−1 to 1 is what MobileNet wants. Each network wants what it was trained on."),
        (255 * image[::-1] - _MEANS, "image[::-1] turns the picture upside down. The channels are the last axis."),
    )
    for reading, message in readings:
        if close(got, reading):
            raise Wrong(f"{pixel} {message}")
    raise Wrong(f"{pixel} Times 255, channels turned round, means of blue, green and red subtracted.")


_PIXELS = """
def for_resnet(image):
    return 255 * image[..., ::-1] - np.array([103.939, 116.779, 123.68])
"""

for_resnet = Exercise(
    name="for_resnet",
    answer_name="for_resnet",
    stub="""
        def for_resnet(image):
            return ...  # (H, W, 3): blue, green, red
    """,
    solution_source=_PIXELS,
    hints=(
        "Three steps: from 0–1 to 0–255, red–green–blue to blue–green–red, minus the means.",
        "image[..., ::-1] turns the last axis round.",
        "255 * image[..., ::-1] - np.array([103.939, 116.779, 123.68])",
    ),
    diagnose=_diagnose_for_resnet,
    mistakes=(
        Mistake(lambda image: image, "as it is"),
        Mistake(_PIXELS.replace("[..., ::-1]", ""), "loses the mean of blue"),
        Mistake(_PIXELS.replace("[103.939, 116.779, 123.68]", "[123.68, 116.779, 103.939]"), "order red, green, blue"),
        Mistake(_PIXELS.replace(" - np.array([103.939, 116.779, 123.68])", ""), "means are not subtracted"),
        Mistake(_PIXELS.replace("255 * ", ""), "multiply by 255 first"),
        Mistake(lambda image: 255 * image, "nothing else"),
        Mistake(lambda image: 2 * image - 1, "MobileNet"),
        Mistake(_PIXELS.replace("[..., ::-1]", "[::-1]"), "upside down"),
        Mistake(lambda image: 255 * image - np.array([123.68, 116.779, 103.939]), "red is still first"),
        Mistake(lambda image: image / 255, "Times 255"),
    ),
)


# --- what a step costs ------------------------------------------------------------------------------------------------

_NETS = (([100, 200, 50], 1), ([100, 200, 50], 0), ([100, 200, 50], 3), ([7, 40, 30, 20, 5], 4), ([10, 10], 1))


def _step(macs: list[int], frozen: int) -> int:
    trained = macs[frozen:]
    return sum(macs) + sum(trained) + sum(trained[1:])


def _diagnose_step_macs(answer: object) -> str:
    got = [number(call(answer, list(macs), frozen), "The multiply-adds") for macs, frozen in _NETS]
    right = [_step(*net) for net in _NETS]
    if got == right:
        return "Frozen layers still run forwards. Behind the lowest layer that trains, nothing has to go back."
    readings = (
        (lambda m, f: 3 * sum(m), "You count everything three times. Frozen layers only run forwards."),
        (lambda m, f: sum(m), "That is the forward pass. What trains is run backwards too."),
        (lambda m, f: sum(m) + sum(m[f:]), "You left out the gradient that is handed down from layer to layer."),
        (lambda m, f: sum(m) + 2 * sum(m[f:]), "The lowest layer that trains need not hand a gradient down: nobody "
         "below it learns."),
        (lambda m, f: 3 * sum(m[f:]), "Frozen layers still run forwards: without them there is nothing to learn from."),
        (lambda m, f: 2 * sum(m[f:]) + sum(m[f:][1:]), "Frozen layers still run forwards: without them there is "
         "nothing to learn from."),
        (lambda m, f: sum(m) + sum(m[f:]) + sum(m[1:]) , "The gradient is handed down as far as the lowest layer that "
         "trains, and no further."),
        (lambda m, f: _step(m[::-1], f), "The layers are listed from the input up, and the first ones are frozen."),
        (lambda m, f: _step(m, len(m) - f), "`frozen` counts the frozen layers, not those that train."),
    )  # fmt: skip
    place = next(index for index, (one, two) in enumerate(zip(got, right, strict=True)) if one != two)
    macs, frozen = _NETS[place]
    case = f"For layers of {macs} with {frozen} frozen you got {got[place]:g}, and it is {right[place]}."
    for reading, message in readings:
        if got == [reading(*net) for net in _NETS]:
            raise Wrong(f"{case} {message}")
    raise Wrong(
        f"{case} Forwards: all layers. Weights: those that train. Handed down: those that train but the lowest."
    )


_STEP = """
def step_macs(macs, frozen):
    trained = macs[frozen:]
    return sum(macs) + sum(trained) + sum(trained[1:])
"""

step_macs = Exercise(
    name="step_macs",
    answer_name="step_macs",
    stub="""
        def step_macs(macs, frozen):
            return ...  # multiply-adds of one step for one picture
    """,
    solution_source=_STEP,
    hints=(
        "Every layer runs forwards, frozen or not: sum(macs).",
        "macs[frozen:] are the layers that train. Each computes the gradient of its weights: its multiply-adds again.",
        "All of them but the lowest also hand a gradient down: sum(macs[frozen:][1:]).",
    ),
    diagnose=_diagnose_step_macs,
    mistakes=(
        Mistake(lambda macs, frozen: 3 * sum(macs), "three times"),
        Mistake(lambda macs, frozen: sum(macs), "forward pass"),
        Mistake(lambda macs, frozen: sum(macs) + sum(macs[frozen:]), "left out the gradient"),
        Mistake(lambda macs, frozen: sum(macs) + 2 * sum(macs[frozen:]), "nobody below it learns"),
        Mistake(lambda macs, frozen: 3 * sum(macs[frozen:]), "still run forwards"),
        Mistake(lambda macs, frozen: _step(macs, len(macs) - frozen), "counts the frozen layers"),
        Mistake(lambda macs, frozen: _step(macs[::-1], frozen), "from the input up"),
        Mistake(lambda macs, frozen: 1.0, "Handed down"),
    ),
)


# --- fine-tuning ------------------------------------------------------------------------------------------------------


def _diagnose_fine_tune(answer: object) -> str:
    import keras

    model = _returned(answer, frozen=True)
    trains = _training(model)
    rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))  # of a schedule: its first
    if not trains["block3_conv"]:
        raise Wrong("block3_conv does not train. Set its `trainable` to True before you compile.")
    if not trains["head_classes"]:
        raise Wrong("The head is frozen now. It goes on training together with the top of the backbone.")
    if trains["block1_conv"] or trains["block2_conv"]:
        raise Wrong("Lower blocks train too. Few pictures are to change few weights: block3_conv and the head only.")
    _check_norms(model)
    if rate > 3e-4:
        raise Wrong(f"A learning rate of {rate:g} is too high for weights that are good already: they have little to "
                    "gain and all to lose. Take a tenth of the head's 0.001, or less.")  # fmt: skip
    if rate < 1e-6:
        raise Wrong(f"With a learning rate of {rate:g} nothing will have moved by tomorrow. Take about 0.0001.")
    return f"block3_conv and the head, at {rate:g}: the strokes stay what they are, their combinations adapt."


_TUNE = """
def fine_tune(model):
    import keras

    model.get_layer("block3_conv").trainable = True
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""

fine_tune = Exercise(
    name="fine_tune",
    answer_name="fine_tune",
    stub="""
        def fine_tune(model):
            return ...  # the frozen model, with block3_conv set free
    """,
    solution_source=_TUNE,
    hints=(
        "model.get_layer('block3_conv').trainable = True; the BatchNormalization beside it stays as it is.",
        "Compile again, with a keras.optimizers.Adam at a tenth of the head's learning rate of 0.001.",
        "model.compile(keras.optimizers.Adam(1e-4), 'sparse_categorical_crossentropy', metrics=['accuracy'])",
    ),
    diagnose=_diagnose_fine_tune,
    mistakes=(
        Mistake(_TUNE.replace("Adam(1e-4)", "Adam()"), "0.001 is too high"),
        Mistake(_TUNE.replace("Adam(1e-4)", "Adam(0.1)"), "0.1 is too high"),
        Mistake(_TUNE.replace("keras.optimizers.Adam(1e-4)", '"adam"'), "0.001 is too high"),
        Mistake(_TUNE.replace("Adam(1e-4)", "Adam(1e-9)"), "by tomorrow"),
        Mistake(_TUNE.replace('model.get_layer("block3_conv").trainable = True',
                "for layer in model.layers:\n        layer.trainable = True"), "Lower blocks train too"),
        Mistake(_TUNE.replace('model.get_layer("block3_conv").trainable = True',
                'for layer in model.layers:\n        if layer.name.startswith("block3"):\n'
                "            layer.trainable = True"), "block3_bn is not frozen"),
        Mistake(_TUNE.replace("block3_conv", "block3_relu"), "block3_conv does not train"),
        Mistake("def fine_tune(model):\n    model.get_layer('block3_conv').trainable = True\n    return model",
                "did not compile the model again"),
        Mistake(_TUNE.replace("    return model", "    model.get_layer('head_classes').trainable = False\n"
                "    return model"), "The head is frozen now"),
    ),
)  # fmt: skip
