"""The exercises of lesson 09: crops counted, boxes flipped, labels kept true, values kept in range, data kept apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnnlab.checks.answers import NotAttempted, Wrong, array, call, close, number, parts, read, show
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Case, Misreading
from cnnlab.checks.summary import Summary

# --- how many crops ---------------------------------------------------------------------------------------------------


crops = Exercise(
    name="crops",
    solution_source="crops = (256 - 224 + 1) ** 2 * 2",
    hints=(
        "Start small: a window of 4 in a row of 6 can begin at 0, 1 or 2.",
        "A window of 224 in 256 begins at 0, 1, …, 32. The same holds for the rows.",
    ),
    diagnose=ByValue(
        truth=2178,
        misreadings={
            2048: "32 · 32 · 2: that number is in AlexNet's paper, too. A window of 224 in 256 can begin at 0, 1, … "
            "32: how many beginnings are that?",
            1089: "33 · 33: the mirrored ones are missing.",
            1024: "32 · 32: the beginnings run from 0 to 32, and the mirrored ones are missing.",
            66: "33 rows and 33 columns are combined, not added: every row with every column.",
            33: "33 beginnings along one axis. There are two axes, and the mirror.",
            10: "Ten are used at test time: corners, centre, and their mirror images. In training every place counts.",
            2112: "33 · 32 · 2: both axes have 33 beginnings, since both have 256 − 224 + 1.",
            4356: "Mirrored left-right only: the factor is 2, not 4.",
        },
        otherwise="Beginnings along one axis: 256 − 224 + 1. Square that, and double it for the mirror.",
        praise="33 · 33 · 2 = 2,178 pictures from one. Most of them share nearly all their pixels, so they count for "
        "less.",
        take=lambda answer: number(answer, "The number of crops"),
    ),
    mistakes=(Mistake(5, "256 − 224 + 1"),),
    why="A side of 256 has room for a window of 224 at 256 − 224 + 1 places: 0 counts as well as 32. Row and column "
    "are chosen independently, so their numbers multiply, and so does the choice between the crop and its mirror "
    "image.",
)


# --- a box under a flip, by hand --------------------------------------------------------------------------------------

flipped = Exercise(
    name="flipped",
    solution_source="flipped = (90 - 30, 20, 90 - 10, 50)",
    hints=(
        "What was 10 pixels from the left edge is 10 pixels from the right edge now.",
        "A point at x goes to 90 − x. The box's right edge, x = 30, becomes its left edge.",
    ),
    diagnose=ByValue(
        truth=(60, 20, 80, 50),
        misreadings={
            (80, 20, 60, 50): "x1 must be the smaller one. The left edge becomes the right edge: swap the two.",
            (59, 20, 79, 50): "one pixel too far left. Boxes are half-open: the edge at 0 goes to 90, not to 89.",
            (61, 20, 81, 50): "one pixel too far right: 90 − 30 is 60.",
            (10, 10, 30, 40): "that is the flip upside down. Left-right changes x and leaves y alone.",
            (60, 10, 80, 40): "x is right; but y stays when left and right change places.",
            (30, 20, 50, 50): "you took the height, 60, for the width. x is measured along the width, 90.",
            (10, 20, 30, 50): "the box has not moved, and the object has.",
            (30, 20, 10, 50): "swapping is not enough: each x becomes 90 − x.",
            (60, 20, 20, 30): "that is x, y, width and height. Asked for is x1, y1, x2, y2.",
        },
        otherwise="Each x becomes 90 − x, the larger one first; y stays.",
        praise="x1 = 90 − 30 and x2 = 90 − 10. Width and height are what they were: 20 and 30.",
        said="You got [{}, {}, {}, {}]",
        take=lambda answer: array(answer, (4,), "The box (x1, y1, x2, y2)"),
    ),
    mistakes=(Mistake((0, 0, 1, 1), "90 − x"),),
    why="What lay x pixels from the left edge lies x pixels from the right one afterwards, at 90 − x. A mirror also "
    "turns the order round, so the edge that was on the right becomes x1. Nothing moves up or down.",
)


# --- many boxes under a flip ------------------------------------------------------------------------------------------


def _flip(boxes: np.ndarray, width: float, *, off: float = 0.0) -> np.ndarray:
    x1, y1, x2, y2 = boxes.T
    return np.stack([width - x2 - off, y1, width - x1 - off, y2], axis=1)


def _flip_y(boxes: np.ndarray, width: float) -> np.ndarray:
    x1, y1, x2, y2 = boxes.T
    return np.stack([x1, width - y2, x2, width - y1], axis=1)


def _boxes_case(boxes: list, width: int) -> Case:
    return Case(np.array(boxes).reshape(-1, 4), width, words=f"In a picture {width} wide, for the boxes {read(boxes)},")


def _take_boxes(result: object, right: np.ndarray, what: str) -> np.ndarray:
    if isinstance(result, (list, tuple)) and not len(result):  # what a loop over no boxes returns
        return np.zeros((0, 4))
    return array(result, right.shape, what, finite=False)


_FLIP_BOXES_CASES = ByCases(
    truth=_flip,
    cases=(
        _boxes_case([[10.0, 20.0, 30.0, 50.0], [0.0, 0.0, 90.0, 60.0]], 90),
        _boxes_case([[0.5, 3.0, 7.25, 9.0]], 32),
        _boxes_case([[5.0, 1.0, 9.0, 2.0], [20.0, 4.0, 26.0, 8.0], [13.0, 0.0, 14.0, 6.0]], 40),
        _boxes_case([], 50),
    ),
    misreadings=(
        Misreading(
            lambda boxes, width: _flip(boxes, width)[:, [2, 1, 0, 3]],
            "x1 is larger than x2 now: the left edge becomes the right edge.",
        ),
        Misreading(
            lambda boxes, width: _flip(boxes, width, off=1),
            "width − 1 − x is right for the index of a pixel. An edge at x goes to width − x.",
        ),
        Misreading(lambda boxes, width: boxes[:, [2, 1, 0, 3]], "swapping alone does not move anything."),
        Misreading(lambda boxes, width: boxes, "nothing has moved."),
        *(
            Misreading(how, "you flipped y. Columns 0 and 2 hold x, columns 1 and 3 hold y.")
            for how in (_flip_y, lambda boxes, width: _flip_y(boxes, width)[:, [0, 3, 2, 1]])
        ),
        Misreading(
            lambda boxes, width: _flip_y(_flip(boxes, width), width), "y was flipped too. Only x changes, left-right."
        ),
        Misreading(
            lambda boxes, width: np.stack([width - boxes[:, 2], *boxes.T[1:]], axis=1),
            "the new x2 is wrong where the new x1 is right. If you wrote into the array, the old x1 was gone when you "
            "needed it.",
        ),
        Misreading(
            lambda boxes, width: np.stack([*(boxes.T[:2]), width - boxes[:, 0], boxes[:, 3]], axis=1),
            "the new x1 is wrong where the new x2 is right. If you wrote into the array, the old x2 was gone when you "
            "needed it.",
        ),
        Misreading(
            lambda boxes, width: (
                _flip(boxes, width) * [1, 1, 0, 0] + (boxes[:, [2, 3, 2, 3]] - boxes[:, [0, 1, 0, 1]]) * [0, 0, 1, 1]
            ),
            "those are x, y, width and height. Asked for is x1, y1, x2, y2.",
        ),
    ),
    take=_take_boxes,
    otherwise="new x1 = width − old x2, new x2 = width − old x1, y stays.",
    praise="Also for no boxes at all: an empty picture is a training picture, too.",
)

flip_boxes = Exercise(
    name="flip_boxes",
    solution_source="""
        def flip_boxes(boxes, width):
            x1, y1, x2, y2 = boxes.T
            return np.stack([width - x2, y1, width - x1, y2], axis=1)
    """,
    hints=(
        "boxes[:, 0] are all x1, boxes[:, 2] all x2. Which of them makes the new x1?",
        "new x1 = width − x2 and new x2 = width − x1. Compute both before you write either.",
        "x1, y1, x2, y2 = boxes.T, then np.stack([...], axis=1).",
    ),
    diagnose=_FLIP_BOXES_CASES,
    mistakes=(
        Mistake(
            "def flip_boxes(boxes, width):\n    boxes = boxes.copy()\n    boxes[:, 0] = width - boxes[:, 2]\n"
            "    boxes[:, 2] = width - boxes[:, 0]\n    return boxes",
            "the old x1 was gone",
        ),
        Mistake(lambda boxes, width: boxes[:1], "should have shape"),
        Mistake(lambda boxes, width: boxes * 0 + 1, "new x1 = width − old x2"),
    ),
    why="Every left edge is made of a right edge and the reverse, so both new columns must be computed from the old "
    "ones. Flipping twice gives back each box, as width − (width − x) is x: a test that fits every flip.",
)


# --- which augmentation for which data --------------------------------------------------------------------------------

CHANGES = ("shift", "turn 10", "turn 180", "mirror", "hue")
# For each data set: what is safe, and why other changes are not. A change that stands in neither, the hue of most, is
# not judged: one may well disagree.
_SAFE: dict[str, tuple[set[str], dict[str, str]]] = {
    "digits": (
        {"shift", "turn 10"},
        {
            "mirror": "A mirrored 2 is nothing that anybody writes, and you would call it a 2.",
            "turn 180": "A 6 turned by 180° is a 9, and its label still says 6.",
        },
    ),
    "cats and dogs": (
        {"shift", "turn 10", "mirror"},
        {
            "turn 180": "The label stays true, but cats on their heads will not come: they cost capacity and win "
            "nothing.",
        },
    ),
    "satellite": ({"shift", "turn 10", "turn 180", "mirror"}, {}),
    "traffic lights": (
        {"shift", "turn 10", "mirror"},
        {
            "turn 180": "Hung upside down, red is where green was. Nobody hangs them so.",
            "hue": "The hue is the label here: a red light made green is a wrong answer.",
        },
    ),
    "heart x-rays": (
        {"shift", "turn 10"},
        {
            "turn 180": "Patients are not photographed head down, and the side of the heart would change, too.",
            "mirror": "The heart lies on the left. Mirrored, a healthy patient looks like one with a rare condition.",
        },
    ),
}
_MISSED = {
    "shift": "a thing moved by a few pixels is still that thing",
    "turn 10": "nobody holds a camera, or writes, exactly straight",
    "turn 180": "seen from above, no side is up",
    "mirror": "the mirror image shows the same class, and comes as often",
}


def _diagnose_safe(answer: object) -> str:
    if not isinstance(answer, Mapping):
        raise Wrong(f"The answer is a dict: data set → the set of safe changes. You gave {show(answer)[:80]}.")
    if set(answer) != set(_SAFE):
        raise Wrong(f"The keys are {', '.join(_SAFE)}. Yours: {', '.join(map(str, answer)) or 'none'}.")
    for data, chosen in answer.items():
        if isinstance(chosen, str) or not isinstance(chosen, (set, frozenset, list, tuple)):
            raise Wrong(f"{data}: write a set, such as {{'shift', 'hue'}}. You gave {show(chosen)[:80]}.")
        if ... in chosen:
            raise NotAttempted
        strange = [change for change in chosen if change not in CHANGES]
        if strange:
            raise Wrong(f"{data}: {show(strange[0])} is none of {', '.join(CHANGES)}.")
    for data, chosen in answer.items():
        right, wrong = _SAFE[data]
        for change, why in wrong.items():
            if change in chosen:
                raise Wrong(f"{data}, {change}: {why}")
        missed = [change for change in CHANGES if change in right - set(chosen)]
        if missed:
            raise Wrong(f"{data}: {missed[0]} is safe, too: {_MISSED[missed[0]]}. Every safe change is worth pictures.")
    return "You asked each time: would I give the changed picture the same label, and could it have come like that?"


_CHOICES = {data: right for data, (right, _) in _SAFE.items()}

safe = Exercise(
    name="safe",
    solution_source="""
        safe = {
            "digits": {"shift", "turn 10"},
            "cats and dogs": {"shift", "turn 10", "mirror"},
            "satellite": {"shift", "turn 10", "turn 180", "mirror"},
            "traffic lights": {"shift", "turn 10", "mirror"},
            "heart x-rays": {"shift", "turn 10"},
        }
    """,
    hints=(
        "Two questions: would I still give it the same label? Could a picture like that come at test time?",
        "'shift' and 'turn 10' are safe for all five. Which of them have no up? Which have no left and right?",
        "'hue' is judged only where the colour is the label. For x-rays, think of which side the heart is on.",
    ),
    diagnose=_diagnose_safe,
    mistakes=(
        Mistake({**_CHOICES, "digits": {"shift", "turn 10", "mirror"}}, "nothing that anybody writes"),
        Mistake({**_CHOICES, "digits": {"shift", "turn 10", "turn 180"}}, "is a 9"),
        Mistake({**_CHOICES, "cats and dogs": {"shift", "turn 10"}}, "the mirror image shows the same class"),
        Mistake({**_CHOICES, "satellite": {"shift", "turn 10", "mirror"}}, "no side is up"),
        Mistake({**_CHOICES, "traffic lights": {"shift", "turn 10", "mirror", "hue"}}, "The hue is the label"),
        Mistake({**_CHOICES, "heart x-rays": set(CHANGES) - {"turn 180"}}, "The heart lies on the left"),
        Mistake({**_CHOICES, "digits": "shift"}, "write a set"),
        Mistake({**_CHOICES, "digits": {"rotate"}}, "is none of"),
        Mistake({"digits": {"shift"}}, "The keys are"),
    ),
    why="Augmentation tells the network that something does not matter. Where that is true, it stands in for pictures "
    "that nobody took; where it is false, it is a wrong label. Which of the two depends on the data and on the "
    "question asked, never on the operation.",
)


# --- the value range --------------------------------------------------------------------------------------------------


def _diagnose_brighter(answer: object) -> str:
    layer = call(answer)
    if not callable(layer):
        raise Wrong(f"Return a layer, keras.layers.RandomBrightness(...). You returned {show(layer)[:80]}.")
    if isinstance(layer, type):
        raise Wrong(f"{layer.__name__} is the class. Add the brackets and what it is to do: {layer.__name__}(…).")
    import keras

    images = np.tile(np.linspace(0.0, 1.0, 16, dtype="float32").reshape(1, 4, 4, 1), (400, 1, 1, 1))
    try:
        out = keras.ops.convert_to_numpy(layer(images, training=True))
        still = keras.ops.convert_to_numpy(layer(images, training=False))
    except (TypeError, ValueError) as error:
        raise Wrong(
            f"Called on pictures with training=True, your layer raised {type(error).__name__}: {error}"
        ) from None
    out, still = array(out, images.shape, "What comes out"), array(still, images.shape, "What comes out")
    if not close(still, images):
        raise Wrong("With training=False the pictures must come out as they went in.")
    if np.ptp(out, axis=0).max() < 1e-3:
        raise Wrong("Every picture comes out alike: nothing random is done.")
    if out.max() > 2:
        raise Wrong(
            f"Values up to {out.max():.0f} come out. The layer thinks that pixels count from 0 to 255, adds up to "
            f"0.2 · 255 = 51, and clips at 255. Say value_range=(0, 1)."
        )
    grey, became = (pictures[:, 1:3].reshape(400, 8) for pictures in (images, out))  # 0.27 … 0.73: far from both ends
    moved = became - grey
    largest = np.take_along_axis(moved, np.abs(moved).argmax(axis=1, keepdims=True), axis=1)  # what no end has cut
    plain, cut = (np.isclose(became, right, atol=1e-3) for right in (grey + largest, (grey + largest).clip(0, 1)))
    if not (plain | cut).all():
        if np.allclose(moved, -moved[:, ::-1], atol=1e-3):
            raise Wrong("The middle grey never moves: this changes no brightness.")
        if np.ptp(became / grey, axis=1).max() < 1e-3:
            raise Wrong(
                "Each picture is multiplied by a factor, so dark pixels hardly change. Brightness adds the same to "
                "every pixel."
            )
        raise Wrong(
            "In one and the same picture some pixels get brighter than others: that is noise, or depends on the place "
            "or the value. Brightness adds the same to every pixel of a picture."
        )
    if out.max() > 1 + 1e-6 or out.min() < -1e-6:
        raise Wrong(
            f"Values from {out.min():.2f} to {out.max():.2f} come out, and pixels go from 0 to 1. A right factor is "
            "not enough: the layer must know where to clip, value_range=(0, 1)."
        )
    low, high = moved.min(), moved.max()
    if low > -0.02 or high < 0.02:
        raise Wrong(f"The middle grey moves by {low:+.2f} … {high:+.2f}. It should get darker and brighter.")
    if not (-0.201 < low < -0.15 and 0.15 < high < 0.201):
        raise Wrong(f"The middle grey moves by {low:+.2f} … {high:+.2f}. Asked for is a fifth of the range either way.")
    return "From 0.5 to between 0.3 and 0.7, and never outside 0 to 1. Every colour layer of Keras takes value_range."


_BRIGHTER = """
def brighter():
    import keras
    return keras.layers.RandomBrightness(0.2, value_range=(0, 1))
"""

brighter = Exercise(
    name="brighter",
    solution_source=_BRIGHTER,
    hints=(
        "How does the layer know what white is? Look at its arguments.",
        "keras.layers.RandomBrightness(0.2, value_range=...).",
    ),
    diagnose=_diagnose_brighter,
    mistakes=(
        Mistake(_BRIGHTER.replace(", value_range=(0, 1)", ""), "Say value_range=(0, 1)"),
        Mistake(_BRIGHTER.replace("0.2, value_range=(0, 1)", "0.2 / 255"), "must know where to clip"),
        Mistake(_BRIGHTER.replace("(0.2,", "(0.5,"), "a fifth of the range"),
        Mistake(_BRIGHTER.replace("(0.2,", "((0.1, 0.2),"), "darker and brighter"),
        Mistake(_BRIGHTER.replace("(0.2,", "(0.0,"), "nothing random"),
        Mistake(_BRIGHTER.replace("RandomBrightness", "RandomContrast"), "changes no brightness"),
        Mistake(_BRIGHTER.replace("RandomBrightness(0.2, value_range=(0, 1))", "GaussianNoise(0.2)"), "that is noise"),
        Mistake(_BRIGHTER.replace("RandomBrightness(0.2, value_range=(0, 1))", "Dropout(0.2)"), "that is noise"),
        Mistake(
            "def brighter():\n    import keras\n    bright = keras.layers.RandomBrightness(0.2, value_range=(0, 1))\n"
            "    return keras.Sequential([bright, keras.layers.GaussianNoise(0.02)])",
            "that is noise",
        ),
        Mistake(
            "def brighter():\n    def layer(images, training):\n        factors = np.random.default_rng(0)"
            ".uniform(0.8, 1.2, (len(images), 1, 1, 1))\n        return images * factors if training else images\n"
            "    return layer",
            "multiplied by a factor",
        ),
        Mistake(lambda: lambda images, training: images + 0.1, "as they went in"),
        Mistake(_BRIGHTER.replace("(0.2, value_range=(0, 1))", ""), "is the class"),
        Mistake(_BRIGHTER.replace("(0, 1)", "(-1, 1)"), "pixels go from 0 to 1"),
        Mistake(lambda: 0.2, "Return a layer"),
    ),
    why="The layer adds a share of the range to all pixels and cuts at both ends, so it must know where the ends are. "
    "A picture cannot tell it: a nearly black one that counts to 255 and an ordinary one that counts to 1 may hold "
    "the same numbers.",
)


# --- what may be augmented --------------------------------------------------------------------------------------------


def _diagnose_prepare(answer: object) -> str:
    for count in (10, 20):
        _prepared(answer, count)
    return (
        "Split first, then augment the training part only. The validation pictures are as they will come in real life."
    )


def _prepared(answer: object, count: int) -> None:
    """Raise `Wrong` unless `answer` prepares `count` pictures; each says in a corner how often it was augmented."""
    order = np.random.default_rng(count).permutation(count)  # the pictures' numbers, not sorted
    images = order.reshape(count, 1, 1, 1) * np.ones((1, 2, 2, 1))
    images[:, 1, 1, 0] = 0.0

    def augment(batch: np.ndarray) -> np.ndarray:
        marked = np.array(batch, dtype=float)
        marked[:, 1, 1, 0] += 1.0
        return marked

    both = parts(call(answer, images, augment), ("the training pictures", "the validation pictures"))
    train, validation = (_pictures(part, what) for part, what in zip(both, ("training", "validation"), strict=True))
    ids = [set(part[:, 0, 0, 0].astype(int).tolist()) for part in (train, validation)]
    times = [part[:, 1, 1, 0] for part in (train, validation)]
    first, last = (order[: -count // 5].tolist(), order[-count // 5 :].tolist())
    if len(train) == len(first) and (train[:, 0, 0, 0] == 2 * order[: len(first)]).all():
        raise Wrong(
            "The pixels of pictures and changed pictures were added. To put one pile behind the other, take "
            "np.concatenate."
        )
    if ids[0] == set(last) and ids[1] == set(first):
        raise Wrong("The two piles are swapped: the training pictures come first, then the validation pictures.")
    if ids[0] & ids[1]:
        raise Wrong(
            f"Of {count} pictures {len(ids[0] & ids[1])} are in both piles. A version of a picture "
            "that was trained on is no test: split first."
        )
    if (times[1] > 0).any():
        raise Wrong(
            "The validation pictures were augmented. They stand for what will come, and that comes as it is. Your "
            "score would also change from one look to the next."
        )
    if ids[1] != set(last) or len(validation) != len(last):
        at = [place for place, number in enumerate(order) if number in ids[1]]
        places = list(range(count - len(last), count))
        raise Wrong(f"The last fifth validates: of {count} pictures those at {places}. Yours: {at}.")
    if ids[0] != set(first):
        raise Wrong(f"The other {len(first)} are for training. Yours has {len(ids[0])} different ones.")
    if (times[0] == 0).all():
        raise Wrong("Nothing was augmented. The training pictures should be.")
    once = set(train[:, 0, 0, 0][times[0] == 1].tolist())
    if (times[0] > 1).any() or once != set(first):
        raise Wrong("Augment every training picture, and once.")


def _pictures(part: object, what: str) -> np.ndarray:
    values = array(part, None, f"The pile of {what} pictures")
    if values.ndim != 4 or values.shape[1:] != (2, 2, 1) or not len(values):
        raise Wrong(f"The {what} pictures should have shape (N, 2, 2, 1), but yours have shape {values.shape}.")
    return values


_PREPARE = """
def prepare(images, augment):
    last = len(images) // 5
    train, validation = images[:-last], images[-last:]
    return augment(train), validation
"""

prepare = Exercise(
    name="prepare",
    solution_source=_PREPARE,
    hints=(
        "Which of the two piles may change, and which stands for the pictures of tomorrow?",
        "Split first: images[:-n] and images[-n:], with n a fifth of them. Then augment(...) one of the two.",
    ),
    diagnose=_diagnose_prepare,
    mistakes=(
        Mistake(
            "def prepare(images, augment):\n    images = augment(images)\n    last = len(images) // 5\n"
            "    return images[:-last], images[-last:]",
            "validation pictures were augmented"
        ),
        Mistake(
            "def prepare(images, augment):\n    both = np.concatenate([images, augment(images)])\n"
            "    last = len(both) // 5\n    return both[:-last], both[-last:]",
            "are in both piles"
        ),
        Mistake(_PREPARE.replace("return augment(train), validation", "return train, augment(validation)"),
                "validation pictures were augmented"),
        Mistake(_PREPARE.replace("augment(train)", "train"), "Nothing was augmented"),
        Mistake(_PREPARE.replace("images[:-last], images[-last:]", "images[last:], images[:last]"), "The last fifth"),
        Mistake(_PREPARE.replace("augment(train)", "augment(augment(train))"), "and once"),
        Mistake(_PREPARE.replace("augment(train)", "np.concatenate([train, augment(train[:3])])"), "every training"),
        Mistake(_PREPARE.replace("augment(train)", "augment(train[:-1])"), "The other 8"),
        Mistake(_PREPARE.replace("len(images) // 5", "2"), "of 20 pictures those at [16, 17, 18, 19]"),
        Mistake(_PREPARE.replace("augment(train), validation", "validation, augment(train)"),
                "piles are swapped"),
        Mistake(_PREPARE.replace("augment(train)", "train + augment(train)"), "were added"),
        Mistake(lambda images, augment: augment(images), "2 things are expected"),
    ),
    why="Two versions of one picture share nearly everything. With one of them in each pile, the network is examined "
    "on what it has learned by heart, and the score says nothing about new pictures. A version made after the "
    "split cannot cross over.",
)  # fmt: skip


# --- mixup ------------------------------------------------------------------------------------------------------------


def _mixing(weight: float, shape: tuple[int, ...], one: int, two: int) -> Case:
    first, second = np.random.default_rng(9).uniform(size=(2, *shape))
    words = f"With weight {weight:g}, a {one} and a {two}:"
    return Case(first, np.eye(10)[one], second, np.eye(10)[two], weight, words=words)


_MIXED = (_mixing(0.3, (4, 5, 3), 7, 2), _mixing(0.75, (3, 2, 1), 0, 9), _mixing(1.0, (4, 5, 3), 7, 2))
_MIXED_IMAGE = ByCases(
    truth=lambda first, one, second, two, weight: weight * first + (1 - weight) * second,
    cases=_MIXED,
    misreadings=(
        Misreading(
            lambda first, one, second, two, weight: (1 - weight) * first + weight * second,
            "the weights of the image are swapped: `weight` is that of the first picture.",
        ),
        Misreading(
            lambda first, one, second, two, weight: (first + second) / 2,
            "you took the mean of the pictures. The weight says how much of the first there is.",
        ),
        Misreading(
            lambda first, one, second, two, weight: weight * first,
            "of the image, the second picture is missing: it has weight 1 − weight.",
        ),
        *(
            Misreading(how, "the parts of the image must add up to 1: the second picture has weight 1 − weight.")
            for how in (
                lambda first, one, second, two, weight: weight * first + second,
                lambda first, one, second, two, weight: first + second,
                lambda first, one, second, two, weight: weight * (first + second),
            )
        ),
    ),
    otherwise="The image is weight · first + (1 − weight) · second.",
)
_MIXED_LABEL = ByCases(
    truth=lambda first, one, second, two, weight: weight * one + (1 - weight) * two,
    cases=_MIXED,
    misreadings=(
        *(
            Misreading(
                how, "the picture is mixed and the label is not: it has `weight` of the first, the rest of the other."
            )
            for how in (
                lambda first, one, second, two, weight: one,
                lambda first, one, second, two, weight: two,
                lambda first, one, second, two, weight: one if weight >= 0.5 else two,
            )
        ),
        *(
            Misreading(how, "the label should say how much of each there is in the picture.")
            for how in (
                lambda first, one, second, two, weight: one + two,
                lambda first, one, second, two, weight: (one + two) / 2,
            )
        ),
        Misreading(
            lambda first, one, second, two, weight: (1 - weight) * one + weight * two,
            "picture and label have different weights: the first label must get `weight`, too.",
        ),
    ),
    otherwise="The label is weight · label_first + (1 − weight) · label_second.",
)


def _diagnose_mixup(answer: object) -> str:
    both = {}  # by weight: each case has another
    for case in _MIXED:
        image, label = parts(call(answer, *case.args), ("image", "label"))
        both[case.args[-1]] = image, label
    _MIXED_IMAGE(lambda *args: both[args[-1]][0])
    _MIXED_LABEL(lambda *args: both[args[-1]][1])
    return "The same weights for both. Such a label needs the loss for one-hot rows: categorical_crossentropy."


_MIXUP = """
def mixup(first, label_first, second, label_second, weight):
    image = weight * first + (1 - weight) * second
    label = weight * label_first + (1 - weight) * label_second
    return image, label
"""
_IMAGE, _LABEL = "weight * first + (1 - weight) * second", "weight * label_first + (1 - weight) * label_second"

mixup = Exercise(
    name="mixup",
    solution_source=_MIXUP,
    hints=(
        "A weighted mean: `weight` of the first, what is left to 1 of the second.",
        "The labels are one-hot rows. Do with them exactly what you do with the pictures.",
    ),
    diagnose=_diagnose_mixup,
    mistakes=(
        Mistake(_MIXUP.replace(_LABEL, "label_first"), "label is not"),
        Mistake(_MIXUP.replace(_IMAGE, "(1 - weight) * first + weight * second"), "weights of the image are swapped"),
        Mistake(_MIXUP.replace(_IMAGE, "(first + second) / 2"), "you took the mean"),
        Mistake(_MIXUP.replace(_IMAGE, "first + second"), "add up to 1"),
        Mistake(_MIXUP.replace(_LABEL, "label_first + label_second"), "how much of each"),
        Mistake(_MIXUP.replace(_LABEL, "(1 - weight) * label_first + weight * label_second"), "different weights"),
        Mistake(_MIXUP.replace("return image, label", "return image"), "2 things are expected"),
        Mistake(_MIXUP.replace("return image, label", "return label, image"), "should have shape"),
    ),
    why="Between two training pictures a network may do anything. Mixup asks that on the way from one to the other its "
    "answer goes over in the same measure as the picture does. So the label must have the very weights of the "
    "picture.",
)

summary = Summary(crops, safe, flipped, flip_boxes, brighter, mixup, prepare)
