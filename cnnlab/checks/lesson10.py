"""Exercises of lesson 10: features, heads, frozen layers, pixels as a backbone wants them, labels in their places."""

from __future__ import annotations

import numpy as np

from cnnlab.checks.answers import Wrong, array, call, close, kind_of, parts, read, require_function
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Misreading
from cnnlab.checks.summary import Summary

# --- features ---------------------------------------------------------------------------------------------------------


def _take_features(result: object, right: np.ndarray, what: str) -> np.ndarray:
    """An array of any shape: most mistakes show in the shape."""
    return array(result, None, what, finite=False)


_ONE_AXIS = "you averaged over one of the two axes of position. Take both: axis=(1, 2)."

_AVERAGE = ByCases(
    truth=lambda maps: maps.mean(axis=(1, 2)),
    cases=[(np.random.default_rng(n).normal(size=size),) for n, size in enumerate(((6, 3, 5, 8), (2, 4, 4, 7)))],
    words=lambda maps: f"For maps of shape {maps.shape}",
    misreadings=(
        Misreading(
            lambda maps: maps.mean(axis=-1),
            "you averaged over the channels. They are what the network found; average over where it found it.",
        ),
        Misreading(
            lambda maps: maps.mean(axis=(0, 1, 2)),
            "you averaged over the pictures too. Each picture keeps its own row.",
        ),
        Misreading(
            lambda maps: maps.reshape(len(maps), -1),
            "you put all positions into a row. That is Flatten: h·w times as many numbers, each tied to its place.",
        ),
        Misreading(
            lambda maps: maps.mean(axis=(1, 2), keepdims=True),
            "the two averaged axes are still there, with length 1. Leave `keepdims` out.",
        ),
        Misreading(lambda maps: maps.mean(axis=1), _ONE_AXIS),
        Misreading(lambda maps: maps.mean(axis=2), _ONE_AXIS),
        Misreading(
            lambda maps: maps.mean(),
            "one number for all pictures and channels is left. Average over axes 1 and 2 only.",
        ),
        Misreading(
            lambda maps: maps.mean(axis=(1, 2, 3)), "the channels are averaged too. Each channel keeps its own number."
        ),
        Misreading(
            lambda maps: maps.mean(axis=(1, 2)).T, "that is (C, N). Pictures come first: one row for each picture."
        ),
        Misreading(
            lambda maps: maps.max(axis=(1, 2)),
            "you took the largest value of each map. That is global max pooling; the average is asked for.",
        ),
        Misreading(
            lambda maps: maps.sum(axis=(1, 2)),
            "you added up the values of each map. Divide by how many there are: height · width.",
        ),
        Misreading(
            lambda maps: np.median(maps, axis=(1, 2)), "that is the median of each map. The average is asked for."
        ),
    ),
    take=_take_features,
    otherwise="Average over the height and the width of each map: shape (N, C).",
    praise="One number for each map, wherever in the picture it answered: 7 × 7 × 64 becomes 64.",
)

average = Exercise(
    name="average",
    solution_source="""
        def average(maps):
            return maps.mean(axis=(1, 2))
    """,
    hints=(
        "The axes are pictures, height, width, channels. Which two say where?",
        "maps.mean(axis=...) takes a tuple of axes: the two in the middle.",
    ),
    diagnose=_AVERAGE,
    mistakes=(
        Mistake(lambda maps: np.zeros((len(maps), maps.shape[-1])), "height and the width"),
        Mistake(lambda maps: np.zeros((4, 2)), "shape (N, C)"),
    ),
    why="What matters for the class is that a stroke is there, hardly where. A map's average says how much of its "
    "thing was found and forgets the place, so an object that moves keeps nearly the same features. And a head "
    "behind it needs one weight for each map, not for each position.",
)


# --- what a head costs ------------------------------------------------------------------------------------------------

head_size = Exercise(
    name="head_size",
    solution_source="head_size = 5 * 5 * 2048 * 256 + 256 + 256 * 3 + 3",
    hints=(
        "160 halved five times is 5: the backbone gives 5 × 5 × 2,048.",
        "Flatten: 51,200 numbers. A Dense layer has inputs · units weights and units biases.",
        "51,200 · 256 + 256, and then 256 · 3 + 3.",
    ),
    diagnose=ByValue(
        truth=13_108_227,
        misreadings={
            13_107_968: "The biases are missing: 256 of the first layer, 3 of the second.",
            13_108_224: "The biases of the second layer are missing: 3, one for each class.",
            13_107_971: "The biases of the first layer are missing: 256, one for each unit.",
            525_315: "That is the head behind a global average, with 2,048 inputs. Here Flatten comes first: 5 · 5 · "
            "2,048.",
            25_691_139: "7 × 7 positions belong to a photo of 224 × 224. This one is 160 × 160: five halvings leave "
            "5 × 5.",
            36_695_939: "That includes the backbone. The head alone is asked for.",
            13_107_456: "That is the first Dense layer. The second has 256 · 3 + 3.",
            51_200: "That is what Flatten gives. Each of these numbers is read by 256 units.",
        },
        otherwise="Flatten gives 5 · 5 · 2,048 = 51,200 numbers; then 51,200 · 256 + 256, and 256 · 3 + 3.",
        praise="51,200 · 256 + 256 + 771. With a global average in place of Flatten it would be 525,315, a 25th of "
        "that.",
        same=np.array_equal,
    ),
    mistakes=(Mistake(1000, "256 · 3 + 3"),),
    why="Each unit of a Dense layer reads every input, so the cost is a product: inputs times units. Flatten makes an "
    "input of each position of each map, and so most of the head only tells positions apart. An average over the "
    "positions takes that factor away.",
)


# --- pictures and their labels ----------------------------------------------------------------------------------------


def _pile(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures from 0 to 250 and labels, each label once, so that it says whose it is; neither is sorted."""
    rng = np.random.default_rng(count)
    return rng.integers(0, 250, (count, 2, 3, 1)).astype("float32"), rng.permutation(count) + 100


def _diagnose_shuffled(answer: object) -> str:
    orders = [_order(answer, count, seed) for count, seed in ((12, 3), (12, 4), (12, 3), (17, 5))]
    if orders[0] == orders[1]:
        raise Wrong("Seeds 3 and 4 give the same order. Draw it from np.random.default_rng(seed).")
    if orders[0] != orders[2]:
        raise Wrong("Called twice with seed 3 you give two orders. A seed is there to repeat a run: draw from "
                    "np.random.default_rng(seed).")  # fmt: skip
    if all((np.diff(order) % len(order) == 1).all() for order in orders):
        raise Wrong("All were moved on by some places, so neighbours stay neighbours, and a sorted pile stays sorted. "
                    "Draw an order at random: rng.permutation(len(images)).")  # fmt: skip
    return "One order for both. The loss goes down with shuffled labels too, on the pictures it learns by heart: only "\
           "validation tells."  # fmt: skip


def _order(answer: object, count: int, seed: int) -> list[int]:
    """The order into which `answer` brings a pile, or `Wrong` if it is no order, or not one and the same for both."""
    images, labels = _pile(count)
    images_back, labels_back = parts(call(answer, images, labels, seed), ("the pictures", "their labels"))
    mixed = array(images_back, images.shape, "The pictures")
    names = array(labels_back, labels.shape, "The labels")
    if not np.isin(names, labels).all():
        raise Wrong("The labels themselves have changed. Only their order may.")
    of_labels = [int(np.flatnonzero(labels == name)[0]) for name in names]
    of_images = _places(mixed, images)
    if of_images is None and _places(mixed * (images.max() / max(mixed.max(), 1e-9)), images) is not None:
        raise Wrong(f"The pixels have changed: they reached {read(images.max())} and reach {read(mixed.max())} now. "
                    "Scaling has its own place; here only the order may change.")  # fmt: skip
    if of_images is None:
        raise Wrong("The pictures themselves have changed. Only their order may.")
    _compare_order(of_images, of_labels)
    return of_images


def _places(mixed: np.ndarray, images: np.ndarray) -> list[int] | None:
    """For each picture its index in `images`; None if one of them is not there."""
    same = np.isclose(mixed[:, None], images[None], atol=1e-3).all(axis=(2, 3, 4))  # (N, N)
    return [int(row.argmax()) for row in same] if same.any(axis=1).all() else None


def _compare_order(mixed: list[int], names: list[int]) -> None:
    """`mixed` and `names` are the order of the pictures and that of the labels."""
    in_order = list(range(len(mixed)))
    if len(set(mixed)) < len(mixed) or len(set(names)) < len(names):
        raise Wrong("Some pictures come twice and others not at all: you drew with replacement. Use rng.permutation.")
    if mixed == names == in_order:
        raise Wrong("Nothing was moved: the pictures come back in the order they had.")
    if mixed == names:
        return
    first = next(place for place in in_order if mixed[place] != names[place])
    beside = f"Place {first} now has picture {mixed[first]}, and beside it the label of picture {names[first]}."
    if names == in_order:
        raise Wrong(f"You shuffled the pictures and left the labels where they were. {beside}")
    if mixed == in_order:
        raise Wrong(f"You shuffled the labels and left the pictures where they were. {beside}")
    raise Wrong(f"You drew two different orders. {beside} Draw one order and use it for both.")


_SHUFFLED = """
def shuffled(images, labels, seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(images))
    return images[order], labels[order]
"""

shuffled = Exercise(
    name="shuffled",
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
        Mistake(lambda images, labels, seed: (np.roll(images, seed, axis=0), np.roll(labels, seed)), "neighbours stay"),
        Mistake(_SHUFFLED.replace("default_rng(seed)", "default_rng()"), "two orders. A seed is there"),
        Mistake(_SHUFFLED.replace("images[order]", "images[order] / 255"), "The pixels have changed: they reached"),
        Mistake(_SHUFFLED.replace("images[order]", "images[order][:, ::-1]"), "pictures themselves"),
        Mistake(_SHUFFLED.replace("labels[order]", "order"), "labels themselves"),
        Mistake(lambda images, labels, seed: (images[::-1], labels[::-1]), "the same order"),
        Mistake(lambda images, labels, seed: (images[np.argsort(labels)], np.sort(labels)), "the same order"),
        Mistake(_SHUFFLED.replace("return images[order], labels[order]", "return images[order]"), "2 things"),
    ),
    why="Nothing but the index ties a picture to its label. One order used for both arrays moves each pair as a whole; "
    "two orders part them. Drawing that order from a seed makes the run repeatable.",
)


# --- freezing ---------------------------------------------------------------------------------------------------------


def _model(frozen: bool) -> object:
    """A compiled classifier: three convolutions, each with BatchNormalization, and a head."""
    from cnnlab.training import transfer

    model = transfer.classifier(transfer.digits_backbone(weights=None), classes=5)
    if frozen:
        transfer.freeze(model)
    return model


def _returned(answer: object, frozen: bool) -> object:
    """The learner's model, or `Wrong` if it is no model, another one, not compiled again, or with an unfit loss."""
    import keras

    require_function(answer)  # before a model is built for it
    model = _model(frozen)
    losses, compile_it = [], model.compile

    def compile_again(optimizer: object = "rmsprop", loss: object = None, *args: object, **kwargs: object) -> None:
        losses.append(loss)
        compile_it(optimizer, loss, *args, **kwargs)

    model.compile = compile_again
    got = call(answer, model)
    if not isinstance(got, keras.Model):
        raise Wrong(f"The model is expected back, but your function returned {kind_of(got)}.")
    if got is not model:
        raise Wrong("You returned another model. Change the one you are given, and return it.")
    if not losses:
        raise Wrong("You did not compile the model again. Which layers train is read when it is compiled: fit would go "
                    "on with the old ones, or stop with an error, depending on the backend.")  # fmt: skip
    if losses[-1] is None:  # Keras keeps the loss it had, but a saved model has none
        raise Wrong("You compiled it without a loss, so it cannot be trained.")
    _check_loss(model)
    return model


def _check_loss(model: object) -> None:
    """Raise `Wrong` unless the loss is the cross-entropy of whole labels and probabilities, whatever it is called."""
    import keras

    said, labels = np.array([[0.1, 0.2, 0.4, 0.2, 0.1], [0.6, 0.1, 0.1, 0.1, 0.1]], "float32"), np.array([2, 4])
    try:
        loss = model.compute_loss(
            y=keras.ops.convert_to_tensor(labels), y_pred=keras.ops.convert_to_tensor(said), training=False
        )
        loss = float(keras.ops.convert_to_numpy(loss))
    except Exception as error:  # noqa: BLE001  each backend has its own for labels of another form
        raise Wrong("With labels that are whole numbers your loss raises an error: it must be "
                    f"'sparse_categorical_crossentropy'. ({type(error).__name__})") from None  # fmt: skip
    mean = -np.log([0.4, 0.1]).mean()
    if close(loss, mean, 1e-3) or close(loss, 2 * mean, 1e-3):  # averaged or added up over the batch
        return
    if close(loss, np.mean([np.log(np.exp(row).sum()) - row[label] for row, label in zip(said, labels, strict=True)])):
        raise Wrong("from_logits=True says that the model ends in raw scores, and this one ends in a softmax: the loss "
                    "would take a softmax of its probabilities. Leave it out.")  # fmt: skip
    raise Wrong("The loss does not fit. For classes given as whole numbers, and a model that ends in a softmax, it is "
                "'sparse_categorical_crossentropy'.")  # fmt: skip


def _highest_rate(model: object) -> tuple[float, str]:
    """The learning rate at its highest, since a schedule may begin low, or at 0; and the two of them in words."""
    import keras

    steps, rates = model.optimizer.iterations, []
    for step in np.unique(np.geomspace(1, 100_000, 60).round()) - 1:
        steps.assign(int(step))
        rates.append(float(np.max(keras.ops.convert_to_numpy(model.optimizer.learning_rate))))
    steps.assign(0)
    highest = read(max(rates), 2)
    return max(rates), f"A learning rate of {highest}" if len(set(rates)) == 1 else f"A schedule that reaches {highest}"


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
    rate, said = _highest_rate(model)
    if rate < 1e-6:
        raise Wrong(f"{said}: the head does not learn either. Adam's usual 0.001 will do.")
    if rate > 1:
        raise Wrong(f"{said}: each step would jump far over every good place. Adam's usual 0.001 will do.")
    return "Only the head is left to train: 64 · 5 + 5 = 325 of 23,957 parameters, and no statistics move."


_FREEZE = """
def freeze_backbone(model):
    for layer in model.layers:
        layer.trainable = layer.name.startswith("head_")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""

_FREEZE_KERAS = """
def freeze_backbone(model):
    import keras

    for layer in model.layers:
        layer.trainable = layer.name == "head_classes"
    model.compile(keras.optimizers.Adam(), keras.losses.SparseCategoricalCrossentropy())
    return model
"""

freeze_backbone = Exercise(
    name="freeze_backbone",
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
        Mistake(_FREEZE.replace('"sparse_categorical_crossentropy"', '"mse"'), "raises an error"),
        Mistake(_FREEZE.replace('"sparse_categorical_crossentropy"', "lambda labels, said: said[:, 0] ** 2"),
                "The loss does not fit"),
        Mistake(_FREEZE_KERAS.replace("Crossentropy()", "Crossentropy(from_logits=True)"), "ends in a softmax"),
        Mistake(_FREEZE_KERAS.replace("Adam()", "Adam(0.0)"), "does not learn either"),
        Mistake(_FREEZE_KERAS.replace("Adam()", "Adam(10.0)"), "far over every good place"),
        Mistake(_FREEZE_KERAS.replace("Adam()", "SGD(-0.01)"), "does not learn either"),
        Mistake(_FREEZE.replace("    return model", "    return None"), "returned None"),
    ),
    why="What trains is fixed when the model is compiled, so the switches come first. BatchNormalization would go on "
    "moving its running statistics without any gradient; frozen, it uses them and leaves them. Only then does the "
    "backbone stay the same function of the picture.",
)  # fmt: skip


# --- pixels -----------------------------------------------------------------------------------------------------------

_MEANS = np.array([103.939, 116.779, 123.68])  # blue, green, red


_TURN_FIRST = "red is still first, and loses the mean of blue. Turn the channels round first."

_FOR_RESNET = ByCases(
    truth=lambda image: 255 * image[..., ::-1] - _MEANS,
    cases=[(np.random.default_rng(n).random(size).round(2),) for n, size in enumerate(((3, 4, 3), (5, 2, 3)))],
    words=lambda image: f"For a picture of shape {image.shape} whose first pixel is {read(image[0, 0])}",
    misreadings=(
        Misreading(lambda image: image, "you return it as it is. The network would see a picture 255 times too dark."),
        Misreading(
            lambda image: 255 * image,
            "that is scaled and nothing else: red is still first and the means are still in it.",
        ),
        Misreading(lambda image: 255 * image[..., ::-1], "the means are not subtracted."),
        Misreading(lambda image: 255 * image - _MEANS, _TURN_FIRST),
        Misreading(
            lambda image: 255 * image - _MEANS[::-1],
            "the means are right, and red is still first: image[..., ::-1] turns it round.",
        ),
        Misreading(
            lambda image: 255 * image[..., ::-1] - _MEANS[::-1],
            "the means are in the order red, green, blue; the channels are not.",
        ),
        Misreading(
            lambda image: image[..., ::-1] - _MEANS,
            "the means are on the scale 0–255, and your pixels are not: multiply by 255 first.",
        ),
        Misreading(
            lambda image: image[..., ::-1] / 255 - _MEANS,
            "you divided by 255. The pixels come as 0 to 1 and should become 0 to 255: multiply.",
        ),
        Misreading(
            lambda image: 255 * (image[..., ::-1] - _MEANS),
            "255 multiplies the means as well. Scale first, then subtract.",
        ),
        Misreading(lambda image: 255 * image[..., ::-1] + _MEANS, "the means were added. Subtract them."),
        Misreading(
            lambda image: 2 * image - 1, "−1 to 1 is what MobileNet wants. Each network wants what it was trained on."
        ),
        Misreading(
            lambda image: (image - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225],
            "mean 0 and deviation 1 is what DenseNet wants. Each network wants what it was trained on.",
        ),
        Misreading(
            lambda image: 255 * image[::-1] - _MEANS,
            "image[::-1] turns the picture upside down. The channels are the last axis.",
        ),
        Misreading(
            lambda image: 255 * image[:, ::-1] - _MEANS,
            "image[:, ::-1] mirrors the picture. The channels are the last axis.",
        ),
        Misreading(
            lambda image: 255 * image[::-1, ::-1, ::-1] - _MEANS,
            "image[::-1, ::-1, ::-1] turns all three axes round. Only the channels, the last axis, are to be turned.",
        ),
    ),
    otherwise="Times 255, channels turned round, means of blue, green and red subtracted.",
    praise="Scaled, turned round, mean subtracted: what keras.applications.resnet50.preprocess_input does to 0–255.",
)


_PIXELS = """
def for_resnet(image):
    return 255 * image[..., ::-1] - np.array([103.939, 116.779, 123.68])
"""

for_resnet = Exercise(
    name="for_resnet",
    solution_source=_PIXELS,
    hints=(
        "Three steps: from 0–1 to 0–255, red–green–blue to blue–green–red, minus the means.",
        "image[..., ::-1] turns the last axis round.",
        "255 * image[..., ::-1] - np.array([103.939, 116.779, 123.68])",
    ),
    diagnose=_FOR_RESNET,
    mistakes=(
        Mistake(_PIXELS.replace("[..., ::-1]", ""), "loses the mean of blue"),
        Mistake(lambda image: image / 255, "Times 255"),
        Mistake(lambda image: image[..., 0], "should have shape"),
    ),
    why="A trained network is a function fitted to one kind of numbers: its first kernels meet blue in channel 0, on a "
    "scale of 255, around 0. With another scale or order every sum in the first layer is of a kind that training "
    "never saw, and all later layers build on it.",
)


# --- what a step costs ------------------------------------------------------------------------------------------------


def _step(macs: list[int], frozen: int) -> int:
    trained = macs[frozen:]
    return sum(macs) + sum(trained) + sum(trained[1:])


_STEP_MACS = ByCases(
    truth=_step,
    cases=(([100, 200, 50], 1), ([100, 200, 50], 0), ([100, 200, 50], 3), ([7, 40, 30, 20, 5], 4), ([10, 10], 1)),
    words="For layers of {} with {} frozen".format,
    misreadings=(
        Misreading(lambda m, f: 3 * sum(m), "you count everything three times. Frozen layers only run forwards."),
        Misreading(lambda m, f: sum(m), "that is the forward pass. What trains is run backwards too."),
        Misreading(
            lambda m, f: sum(m) + sum(m[f:]), "you left out the gradient that is handed down from layer to layer."
        ),
        Misreading(
            lambda m, f: sum(m) + 2 * sum(m[f:]),
            "the lowest layer that trains need not hand a gradient down: nobody below it learns.",
        ),
        *(
            Misreading(how, "frozen layers still run forwards: without them there is nothing to learn from.")
            for how in (lambda m, f: 3 * sum(m[f:]), lambda m, f: 2 * sum(m[f:]) + sum(m[f:][1:]))
        ),
        Misreading(
            lambda m, f: sum(m) + sum(m[f:]) + sum(m[1:]),
            "the gradient is handed down as far as the lowest layer that trains, and no further.",
        ),
        Misreading(
            lambda m, f: _step(m[::-1], f), "the layers are listed from the input up, and the first ones are frozen."
        ),
        Misreading(lambda m, f: _step(m, len(m) - f), "`frozen` counts the frozen layers, not those that train."),
        Misreading(
            lambda m, f: sum(m) + sum(m[f:]) + sum(m[f:][:-1]),
            "the lowest layer that trains hands nothing down; the top one does. You left out the wrong one.",
        ),
        Misreading(
            lambda m, f: 2 * _step(m, f),
            "twice too many. A multiplication with its addition counts as ONE multiply-add (and as two FLOPs).",
        ),
    ),
    otherwise="Forwards: all layers. Weights: those that train. Handed down: those that train but the lowest.",
    praise="Frozen layers still run forwards. Behind the lowest layer that trains, nothing has to go back.",
)


step_macs = Exercise(
    name="step_macs",
    solution_source="""
        def step_macs(macs, frozen):
            trained = macs[frozen:]
            return sum(macs) + sum(trained) + sum(trained[1:])
    """,
    hints=(
        "Every layer runs forwards, frozen or not: sum(macs).",
        "macs[frozen:] are the layers that train. Each computes the gradient of its weights: its multiply-adds again.",
        "All of them but the lowest also hand a gradient down: sum(macs[frozen:][1:]).",
    ),
    diagnose=_STEP_MACS,
    mistakes=(Mistake(lambda macs, frozen: 1.0, "Handed down"), Mistake(lambda macs, frozen: macs, "one number")),
    why="Each product of the forward pass, weight times input, has two partners on the way back. Input times error "
    "adds to the weight's gradient, and only layers that train need it; weight times error adds to the error "
    "handed down, and only a layer with a learner below it needs that.",
)


# --- fine-tuning ------------------------------------------------------------------------------------------------------


def _diagnose_fine_tune(answer: object) -> str:
    model = _returned(answer, frozen=True)
    trains = _training(model)
    if not trains["block3_conv"]:
        raise Wrong("block3_conv does not train. Set its `trainable` to True before you compile.")
    if not trains["head_classes"]:
        raise Wrong("The head is frozen now. It goes on training together with the top of the backbone.")
    if trains["block1_conv"] or trains["block2_conv"]:
        raise Wrong("Lower blocks train too. Few pictures are to change few weights: block3_conv and the head only.")
    _check_norms(model)
    rate, said = _highest_rate(model)
    if rate > 3e-4:
        raise Wrong(f"{said} is too high for weights that are good already: they have little to gain and all to lose. "
                    "Take a tenth of the head's 0.001, or less.")  # fmt: skip
    if rate < 1e-6:
        raise Wrong(f"{said}: nothing will have moved by tomorrow. Take about 0.0001.")
    return "block3_conv and the head, in small steps: the strokes stay what they are, their combinations adapt."


_TUNE = """
def fine_tune(model):
    import keras

    model.get_layer("block3_conv").trainable = True
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""

fine_tune = Exercise(
    name="fine_tune",
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
        Mistake(_TUNE.replace("1e-4", "keras.optimizers.schedules.CosineDecay(1e-5, 900, warmup_target=0.01, "
                "warmup_steps=100)"), "too high"),
        Mistake(_TUNE.replace("1e-4", "keras.optimizers.schedules.CosineDecay(0.0, 900, warmup_target=0.01, "
                "warmup_steps=100)"), "too high"),
        Mistake(_TUNE.replace("1e-4", "keras.optimizers.schedules.PiecewiseConstantDecay([50], [1e-4, 1e-2])"),
                "0.01 is too high"),
        Mistake(_TUNE.replace('"sparse_categorical_crossentropy"',
                "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"), "ends in a softmax"),
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
    why="A pretrained network stands at a place that many pictures led it to, and a few new ones can hardly point to a "
    "better one. Small steps let it adapt without leaving; large ones leave first. Low blocks find strokes and "
    "edges, which most pictures share, so they may stay as they are.",
)  # fmt: skip

summary = Summary(average, freeze_backbone, fine_tune, step_macs, shuffled, for_resnet, head_size)
