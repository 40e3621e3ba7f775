"""A picture that is moved, turned, thickened, or drawn, and what a trained network says of it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import ipywidgets as widgets
import keras
import numpy as np
from PIL import Image

from cnnlab import plot
from cnnlab.common.validate import check_rank
from cnnlab.data import datasets
from cnnlab.data.datasets import Dataset
from cnnlab.explore.base.controls import button, choice, switch, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import counted
from cnnlab.explore.drawing.pointer import INSTALL, canvas
from cnnlab.explore.drawing.sheet import INK, Sheet, rectangle
from cnnlab.training.mistakes import with_both_columns

_EXAMPLES = 20  # of each class to choose from
_PICKED, _DRAWN = "a test picture", "my drawing"
_UNCHANGED = {"right": 0, "down": 0, "turn": 0, "size": 100, "thickness": 0, "noise": 0}
_WIDTH, _HEIGHT = 7.3, 3.7  # all in inches, y downwards; narrow, as the canvas stands beside it
_LEFT, _TOP, _SIDE, _BARS, _BAR = 0.1, 0.56, 2.85, 4.05, 2.6


class DigitPad(Explorer):
    """What a classifier says of a picture while you move, turn, thicken or draw it.

    A picture is picked from `dataset` or drawn: on the square beside the controls where anywidget is installed, from
    code with `draw` everywhere.

    Parameters
    ----------
    model
        A Keras model from (N, H, W, 1) to probabilities (N, classes), or (N, 1) of one sigmoid; by default a linear
        classifier fitted to 2,000 training pictures of MNIST (or its stand-in) while you wait, half a second
    dataset
        pictures of the form the model was trained on, bytes or floats from 0 to 1; by default MNIST's test pictures (or
        their stand-in)
    scale
        the model gets pixel · `scale`, for pixels of 0 … 255; by default 1/255, and 1 for a model whose own
        ``Rescaling`` layer makes small numbers of them
    predict : ask which class the model will name before showing it

    Raises
    ------
    TypeError, ValueError
        If the model does not take the data set's pictures, or does not give probabilities for its classes.

    Examples
    --------
    >>> pad = DigitPad()
    >>> pad.set(class_name="1", turn=90).state()["turn"]
    90
    >>> pad.probabilities().shape
    (10,)
    """

    source = choice((_PICKED, _DRAWN), show="buttons", label="look at")
    class_name = choice(
        lambda it: list(it._rows), lambda it: it._first_shown(), label="class", width=190,
        disabled=lambda it: it.source == _DRAWN,
    )  # fmt: skip
    example = whole(1, _EXAMPLES, width=260, disabled=lambda it: it.source == _DRAWN)
    right = whole(lambda it: -it._reach, lambda it: it._reach, 0, label="move right", width=260)
    down = whole(lambda it: -it._reach, lambda it: it._reach, 0, label="move down", width=260)
    turn = whole(-180, 180, 0, step=5, label="turn, degrees", width=260)
    size = whole(40, 160, 100, step=10, label="size, %", width=260)
    thickness = whole(-2, 3, 0, width=260)
    noise = whole(0, 100, step=10, label="noise, %", width=260)
    fit = switch(True, "fit my drawing as MNIST was", disabled=lambda it: it.source == _PICKED)
    reset = button("undo all changes", icon="undo")
    clear = button("clear my drawing", icon="eraser", width=170)
    listed = {"class_name": None, "turn": (0, 45, 90, 180)}

    def __init__(
        self,
        model: keras.Model | None = None,
        dataset: Dataset | None = None,
        *,
        scale: float | None = None,
        predict: bool = False,
    ) -> None:
        self._dataset = datasets.mnist("test", limit=1000) if dataset is None else dataset
        if not isinstance(self._dataset, Dataset):
            raise TypeError(f"`dataset` must be a Dataset, such as datasets.mnist('test'). Received: {dataset!r}")
        images = self._dataset.images
        if images.dtype.kind == "f" and images.size and images.max() <= 1:
            self._dataset = replace(self._dataset, images=np.rint(images * 255).astype(np.uint8))
        height, width, channels = self._dataset.images.shape[1:]
        if height != width or channels != 1:
            received = self._dataset.images.shape
            raise ValueError(f"`dataset` must hold square grey pictures (N, H, H, 1). Received: shape {received}")
        self._side, self._reach = height, height // 2 - 2
        self._names = self.choices = self._dataset.class_names
        self._rows = _examples(self._dataset)
        self._model = _linear_classifier() if model is None else model
        if scale is None:
            scale = 1.0 if _rescales(self._model) else 1 / 255
        self._scale = np.float32(scale)
        _check_model(self._model, self._dataset, self._scale)
        self._drawing = np.zeros((height, height), np.uint8)
        self._asked_of = lru_cache(maxsize=200)(self._ask)  # the words and the figure ask alike
        self._canvas = canvas(height, self.draw)
        note = f"To draw with the mouse: <code>{INSTALL}</code>, then restart the kernel."
        self._beside = self._canvas or widgets.HTML(note, layout=widgets.Layout(width="250px"))
        super().__init__(predict=predict)

    def _first_shown(self) -> str:
        """The class to begin with: the eighth, a seven of MNIST's, if there are pictures of it."""
        return self._names[7] if len(self._names) > 7 and self._names[7] in self._rows else next(iter(self._rows))

    def adjust(self, changed: str | None) -> None:
        """A drawing begins unchanged."""
        if changed == "source" and self.source == _DRAWN:
            self.press("reset")

    def draw(self, picture: np.ndarray) -> DigitPad:
        """Look at `picture`, (H, H) or (H, H, 1), as if it had been drawn: 0 … 255, or floats from 0 to 1."""
        picture = check_rank(picture, "picture", {2: "(H, W)", 3: "(H, W, 1)"})
        if picture.shape not in ((self._side, self._side), (self._side, self._side, 1)):
            raise ValueError(f"`picture` must have shape {(self._side, self._side)}. Received: {picture.shape}")
        if picture.dtype.kind == "f" and picture.max() <= 1:
            picture = picture * 255
        self._drawing = np.clip(np.rint(picture.reshape(self._side, self._side)), 0, 255).astype(np.uint8)
        if self.source == _DRAWN:
            self._guarded(lambda: None)
        else:
            self.controls["source"].value = _DRAWN
        return self

    def press(self, name: str) -> None:
        """Undo what was done to the picture, or wipe the drawing."""
        if name == "reset":
            for control, value in _UNCHANGED.items():
                self.controls[control].value = value
            return
        self._drawing = np.zeros_like(self._drawing)
        if self._canvas is not None:
            self._canvas.wiped += 1

    # --- the picture and the answer -----------------------------------------------------------------------------

    def original(self) -> np.ndarray:
        """(H, H) the picture before it is moved, turned and so on, 0 … 255."""
        if self.source == _PICKED:
            return self._dataset.images[self._row(), ..., 0]
        return as_mnist(self._drawing) if self.fit else self._drawing

    def picture(self) -> np.ndarray:
        """(H, H) uint8: the picture the model is shown."""
        changed = thickened(self.original(), self.thickness)
        changed = moved(changed, self.right, self.down, self.turn, self.size / 100)
        if self.noise:
            rng = np.random.default_rng(0)  # always the same noise: only its strength changes
            changed = changed + self.noise / 100 * rng.uniform(-128, 255, changed.shape)
        return np.clip(np.rint(changed), 0, 255).astype(np.uint8)

    def probabilities(self) -> np.ndarray:
        """(classes,) what the model says of `picture`."""
        return self._asked_of(self.picture().tobytes())

    def _ask(self, pixels: bytes) -> np.ndarray:
        picture = np.frombuffer(pixels, np.uint8).reshape(1, self._side, self._side, 1)
        return _probabilities(self._model, picture * self._scale)[0]

    def _before(self) -> np.ndarray:
        """(classes,) what the model says of the unchanged picture."""
        return self._asked_of(self.original().tobytes())

    def _row(self) -> int:
        rows = self._rows[self.class_name]
        return rows[(self.example - 1) % len(rows)]

    # --- in words -----------------------------------------------------------------------------------------------

    def question(self) -> str:
        what = "your drawing" if self.source == _DRAWN else f"test picture {self._row()}"
        return f"Which class will the model name for {what}: {', '.join(self._names)}?"

    def answer(self) -> str:
        return self._names[int(self.probabilities().argmax())]

    def describe(self) -> str:
        lines = [f"{self._what()}; {self._changes()}."]
        if not self.picture().any():
            lines.append("There is nothing to see, and the model has no word for that.")
        if not self.revealed:
            return "\n".join([*lines, "The model's answer appears with your guess."])
        now, before = self.probabilities(), self._before()
        best = int(now.argmax())
        lines.append(
            f"The model says {self._names[best]} with a probability of {now[best]:.3f}{self._right_or_wrong(best)}."
        )
        listed = ", ".join(f"{name} {p:.2f}" for name, p in zip(self._names, now, strict=True))
        lines.append(f"All of them: {listed}.")
        if self._changes() != "unchanged":
            was = int(before.argmax())
            lines.append(f"Of the unchanged picture it says {self._names[was]} with {before[was]:.3f}.")
        return "\n".join(lines)

    def _what(self) -> str:
        if self.source == _DRAWN:
            return "Your drawing" + (", cut out, sized and centred as MNIST's pictures were" if self.fit else "")
        return f"Test picture {self._row()}, whose class is {self.class_name}"

    def _changes(self) -> str:
        said = [
            _by_pixels(self.right, "to the right", "to the left"),
            _by_pixels(self.down, "down", "up"),
            f"turned by {abs(self.turn)}° {'anticlockwise' if self.turn > 0 else 'clockwise'}" if self.turn else "",
            f"{self.size} % of its size" if self.size != 100 else "",
            _by_pixels(self.thickness, "thicker", "thinner"),
            f"{self.noise} % noise" if self.noise else "",
        ]
        return ", ".join(filter(None, said)) or "unchanged"

    def _right_or_wrong(self, best: int) -> str:
        if self.source == _DRAWN:
            return ""
        return ": right" if self._names[best] == self.class_name else f": wrong, it is {self.class_name}"

    # --- the figure ---------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        pixels = self.picture()
        heading = f"class {self.class_name}" if self.source == _PICKED else "your drawing"
        changed = "" if self._changes() == "unchanged" else ", changed"
        sheet.write(_LEFT, 0.3, f"{heading}{changed}: what the model sees", 11, bold=True)
        sheet.paint(np.repeat(pixels[..., None], 3, axis=-1), _LEFT, _TOP, _SIDE, _SIDE)
        if self.revealed:
            self._draw_bars(sheet)
        else:
            sheet.write(_BARS, _TOP + 1.2, "your guess first", 12, plot.GREY)
        return picture

    def _draw_bars(self, sheet: Sheet) -> None:
        now, before = self.probabilities(), self._before()
        best = int(now.argmax())
        truth = self.class_name if self.source == _PICKED else None
        right = truth is None or self._names[best] == truth
        verdict = "" if truth is None else "  ✔" if right else f"  ✘ it is {truth}"
        colour = plot.BLUE if right else plot.RED
        sheet.write(_BARS, 0.3, f"the model says {self._names[best]}: {now[best]:.3f}{verdict}", 11, colour, bold=True)
        step = _SIDE / len(self._names)
        half = min(0.35 * step, 0.12)
        size = 10 if max(map(len, self._names)) < 3 else 9
        places = [_TOP + (number + 0.5) * step for number in range(len(self._names))]

        def bars(shares: np.ndarray) -> list[list[tuple[float, float]]]:
            return [
                rectangle(_BARS, y - half, _BAR * p, 2 * half) for y, p in zip(places, shares.tolist(), strict=True)
            ]

        sheet.shapes(bars(np.ones(len(now))), "#EEEFF2")
        sheet.shapes(bars(now), plot.SKY)
        sheet.shapes([bars(now)[best]], colour)
        for number, (name, y) in enumerate(zip(self._names, places, strict=True)):
            sheet.write(_BARS - 0.1 - 0.0083 * size * max(len(name), 2), y, name, size, bold=name == truth)
            sheet.write(_BARS + _BAR + 0.12, y, f"{now[number]:.3f}", 10, bold=number == best)
        if self._changes() != "unchanged":
            ends = [(_BARS + _BAR * float(p), y) for p, y in zip(before, places, strict=True)]
            sheet.shapes([((x, y - 1.4 * half), (x, y + 1.4 * half)) for x, y in ends], INK, line=1.6)
            sheet.write(_BARS, _HEIGHT - 0.1, "black line: the unchanged picture", 9, plot.GREY)


def thickened(picture: np.ndarray, pixels: int) -> np.ndarray:
    """Every pixel takes the largest of itself and its four neighbours, `pixels` times; the smallest where negative.

    >>> thickened(np.eye(3, dtype=int), 1).tolist()
    [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    """
    choose = np.maximum if pixels > 0 else np.minimum
    for _ in range(abs(pixels)):
        padded = np.pad(picture, 1)
        picture = choose.reduce(
            [padded[1:-1, 1:-1], padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]]
        )
    return picture


def moved(picture: np.ndarray, right: float, down: float, turn: float, size: float) -> np.ndarray:
    """`picture` (H, W) sized and turned (degrees, anticlockwise) about its centre, then moved; float, black around it.

    >>> moved(np.array([[0, 9, 0], [0, 0, 0], [0, 0, 0]]), 0, 0, 90, 1.0).round().astype(int).tolist()
    [[0, 0, 0], [9, 0, 0], [0, 0, 0]]
    """
    height, width = picture.shape
    angle = np.deg2rad(turn)
    # PIL asks where each pixel of the result comes from: the inverse of what is done, y downwards.
    back = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / size
    centre = np.array([width / 2, height / 2])
    offset = centre - back @ (centre + (right, down))
    coefficients = (*back[0], offset[0], *back[1], offset[1])
    page = Image.fromarray(np.asarray(picture, np.float32))
    return np.asarray(page.transform((width, height), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR))


def as_mnist(picture: np.ndarray) -> np.ndarray:
    """A drawing brought into the form of MNIST's: cut out, 20 of 28 pixels long, its centre of mass in the middle.

    An empty drawing stays as it is.

    References
    ----------
    LeCun, Cortes and Burges, "The MNIST database of handwritten digits": 20×20 with its aspect kept, then centred by
    mass in 28×28.

    Examples
    --------
    >>> drawing = np.zeros((28, 28), np.uint8)
    >>> drawing[0:5, 0:2] = 255
    >>> rows = np.flatnonzero(as_mnist(drawing).any(axis=1))
    >>> rows[[0, -1]].tolist()
    [4, 23]
    """
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    if not rows.size:
        return picture
    side = picture.shape[0]
    cut = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    longest = round(side * 20 / 28)
    shape = [max(1, round(length * longest / max(cut.shape))) for length in cut.shape]
    page = np.zeros((side, side), np.float32)
    small = np.asarray(Image.fromarray(cut).resize(shape[::-1], Image.Resampling.BILINEAR))
    page[: shape[0], : shape[1]] = small
    indices = np.arange(side) + 0.5
    down, right = (side / 2 - (page.sum(axis=1 - axis) @ indices) / page.sum() for axis in (0, 1))
    down = min(max(round(down), 0), side - shape[0])  # whole pixels, and never over the border
    right = min(max(round(right), 0), side - shape[1])
    return np.roll(page, (down, right), axis=(0, 1)).astype(np.uint8)


def _examples(dataset: Dataset) -> dict[str, list[int]]:
    """Class name → rows of its first pictures; classes without any are left out."""
    rows = {
        name: np.flatnonzero(dataset.labels == k)[:_EXAMPLES].tolist() for k, name in enumerate(dataset.class_names)
    }
    rows = {name: found for name, found in rows.items() if found}
    if not rows:
        raise ValueError(f"`dataset` must hold at least one picture. Received: {dataset!r}")
    return rows


def _by_pixels(number: int, more: str, less: str) -> str:
    return f"{counted(abs(number), 'pixel')} {more if number > 0 else less}" if number else ""


def _probabilities(model: keras.Model, batch: np.ndarray) -> np.ndarray:
    said = keras.ops.convert_to_numpy(model(batch, training=False))
    return with_both_columns(said) if said.ndim == 2 else said


def _rescales(model: object) -> bool:
    """Whether the model, or a model in it, makes small numbers of pixels by itself."""
    layers = getattr(model, "layers", ())
    return any(
        np.max(layer.scale) < 0.1 if isinstance(layer, keras.layers.Rescaling) else _rescales(layer) for layer in layers
    )


def _check_model(model: object, dataset: Dataset, scale: np.float32) -> None:
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {type(model).__name__}")
    wanted = dataset.images.shape[1:]
    takes = getattr(model, "input_shape", None)
    if isinstance(takes, tuple) and takes[1:] != wanted:
        raise ValueError(
            f"`model` must take the data set's pictures, {wanted}. Received: a model that takes {takes[1:]}"
        )
    said = _probabilities(model, dataset.images[:2] * scale)
    classes = len(dataset.class_names)
    if said.ndim != 2 or said.shape[1] != classes:
        raise ValueError(f"`model` must give one number for each of {classes} classes. Received: shape {said.shape}")
    if (said < -1e-4).any() or not np.allclose(said.sum(axis=1), 1, atol=1e-2):
        received = np.array2string(said[0], precision=2, max_line_width=200)
        raise ValueError(f"`model` must end in probabilities: softmax in its last layer. Received: {received}")


@lru_cache(maxsize=1)
def _linear_classifier() -> keras.Model:
    """Flatten and one Dense layer: least squares with a little ridge, sharpened so that its softmax commits itself."""
    train = datasets.mnist("train", limit=2000)
    x = train.images.reshape(len(train), -1) / 255
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)  # (N, 785), the last column for the bias
    targets = np.eye(10)[train.labels] - 0.1
    weights = np.linalg.solve(x.T @ x + 20 * np.eye(x.shape[1]), x.T @ targets) * 10  # (785, 10)
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    )
    model.layers[-1].set_weights([weights[:-1], weights[-1]])
    return model
