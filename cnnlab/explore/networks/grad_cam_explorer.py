"""Grad-CAM over a picture: which places speak for a class."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import keras
import numpy as np

from cnnlab import plot
from cnnlab.explore.base.controls import choice, names, real
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import by, cut
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import INK, Sheet
from cnnlab.explore.networks.model_pictures import EDGES, Pictures
from cnnlab.seeing import activations

_RIM = "#888888"  # around a picture, which may be as white as the page
_QUARTERS = ("top left", "top right", "bottom left", "bottom right")


class GradCamExplorer(Explorer):
    """Grad-CAM over a picture: where a layer finds what speaks for a class, and which maps say so.

    Parameters
    ----------
    model : as for `FeatureMaps`, ending in one number for each class
    images, titles, shown : as for `FeatureMaps`
    class_names : of the model's outputs, in order
    predict : ask for the quarter with most heat before showing it

    Raises
    ------
    TypeError, ValueError
        If the model cannot be opened or the pictures do not fit it; the message says why.

    Examples
    --------
    >>> explorer = GradCamExplorer()
    >>> explorer.set(class_name="slanting edges").answer()
    'bottom right'
    """

    picture = choice(lambda it: it._pictures.choices())
    class_name = choice(lambda it: it._names, label="class")
    layer = choice(lambda it: it._spread)
    strength = real(0.0, 1.0, start=0.7, step=0.1, label="overlay")
    choices = (*_QUARTERS, "none")
    listed = {"picture": None, "class_name": None}

    def __init__(
        self,
        model: keras.Model | None = None,
        images: np.ndarray | None = None,
        *,
        class_names: Sequence[str] | None = None,
        titles: Sequence[str] | None = None,
        shown: np.ndarray | None = None,
        predict: bool = False,
    ) -> None:
        self._pictures = Pictures(model, images, titles, shown)
        if model is None and class_names is None:
            class_names = EDGES
        self._answers = lru_cache(maxsize=None)(self._run)
        answers = self._answers(0)
        self._names = names(class_names, "class_names", len(answers), "class", ", one for each output")
        self._heat = lru_cache(maxsize=32)(self._grad_cam)
        maps = activations.map_layers(self._pictures.model)
        self._spread = [name for name, (height, width, _) in maps.items() if height != 1 or width != 1]
        super().__init__(predict=predict, class_name=self._names[int(answers.argmax())], layer=self._spread[-1])

    def _run(self, picture: int) -> np.ndarray:
        """The model's output for one picture."""
        output = self._pictures.model(self._pictures.images[picture][None], training=False)
        output = keras.ops.convert_to_numpy(output)
        if output.ndim != 2:
            raise ValueError(
                f"`model` must end in one number for each class, shape (N, classes). Received: shape {output.shape}"
            )
        return output[0]

    def outputs(self) -> np.ndarray:
        """The model's output (classes,) for the chosen picture."""
        return self._answers(self.picture)

    def found(self) -> activations.GradCam:
        """Grad-CAM for the chosen picture, class and layer."""
        return self._heat(self.picture, self._names.index(self.class_name), self.layer)

    def _grad_cam(self, picture: int, index: int, layer: str) -> activations.GradCam:
        return activations.grad_cam(self._pictures.model, self._pictures.images[picture], index, layer)

    def shares(self) -> tuple[float, ...]:
        """The heat of each quarter of the picture as a part of all heat: top left, top right, bottom left, right."""
        heat = self.found().heat
        height, width = heat.shape[0] // 2, heat.shape[1] // 2
        halves = heat[:height], heat[height:]
        quarters = [part.sum() for half in halves for part in (half[:, :width], half[:, width:])]
        return tuple(float(quarter / (heat.sum() or 1.0)) for quarter in quarters)

    def question(self) -> str:
        what = f"{self.class_name} in {self._pictures.titles[self.picture]}"
        return f"Which quarter holds most of the heat for {what}: {', '.join(_QUARTERS)}, or none?"

    def answer(self) -> str:
        shares = self.shares()
        return _QUARTERS[int(np.argmax(shares))] if max(shares) else "none"

    def votes_by_map(self) -> np.ndarray:
        """(C,) what each map adds to the sum of all votes: its weight times the sum of its values."""
        found = self.found()
        return found.weights * found.maps.sum(axis=(0, 1))

    def describe(self) -> str:
        outputs, found = self.outputs(), self.found()
        order = np.argsort(-outputs, kind="stable")[:3]
        lines = [
            f"Picture {self._pictures.titles[self.picture]}, class {self.class_name}, layer {self.layer} "
            f"({by(found.maps.shape)}).",
            "The model answers " + ", ".join(f"{self._names[c]} {outputs[c]:.3f}" for c in order) + ".",
            f"Score of {self.class_name}, before the softmax: {plot.measured(found.score)}.",
        ]
        if not self.revealed:
            return "\n".join([*lines, "The heat appears with your guess."])
        if not found.heat.any():
            return "\n".join([*lines, "No place of this layer speaks for the class: the heat is zero everywhere."])
        row, column = np.unravel_index(found.heat.argmax(), found.heat.shape)
        shares = ", ".join(f"{name} {100 * s:.0f} %" for name, s in zip(_QUARTERS, self.shares(), strict=True))
        return "\n".join([*lines, f"Heat: {shares}; hottest at row {row}, column {column}.", *self._map_words()])

    def _map_words(self) -> list[str]:
        votes, found = self.votes_by_map(), self.found()
        loud = np.argsort(-np.abs(votes), kind="stable")[:4]
        sums = found.maps.sum(axis=(0, 1))
        said = [f"map {c}: weight {found.weights[c]:.3g} · sum {sums[c]:.3g} ≈ {votes[c]:+.3g}" for c in loud]
        return ["Maps with most to say: " + "; ".join(said) + f". All maps: {votes.sum():+.3g}."]

    def figure(self) -> plot.Picture:
        picture = plot.Picture(10, 4.1, alt=self.describe())
        sheet = Sheet(picture)
        look = self._pictures.shown[self.picture]
        plain = Map(sheet, look, (0.15, 0.55), 3.0)
        plain.title(f"picture: {self._pictures.titles[self.picture]}")
        plain.frame(0, 0, *look.shape[:2], _RIM)
        if self.revealed:
            drawn = Map(sheet, _overlaid(look, self.found().heat, self.strength), (3.3, 0.55), 3.0)
            drawn.title(f"what speaks for {self.class_name}")
            drawn.frame(0, 0, *look.shape[:2], _RIM)
            self._draw_shares(sheet)
            self._draw_maps(sheet)
        else:
            sheet.stamp("your guess first", [(4.8, 2.0)], 12, plot.GREY)
        self._draw_outputs(sheet)
        return picture

    def _draw_shares(self, sheet: Sheet) -> None:
        parts = [f"{name} {100 * share:.0f} %" for name, share in zip(_QUARTERS, self.shares(), strict=True)]
        sheet.stamp("heat: " + " · ".join(parts[:2]), [(4.8, 3.73)], 9)
        sheet.stamp(" · ".join(parts[2:]), [(4.8, 3.92)], 9)

    def _draw_outputs(self, sheet: Sheet) -> None:
        """The model's four largest answers, as bars from zero."""
        outputs = self.outputs()
        sheet.write(6.6, 0.35, "what the model answers", 10, bold=True)
        scale = 1.3 / max(float(np.abs(outputs).max()), 1e-12)
        for line, c in enumerate(np.argsort(-outputs, kind="stable")[:4]):
            y = 0.62 + 0.25 * line
            chosen = self._names[c] == self.class_name
            sheet.write(6.6, y, cut(self._names[c], 16), 9.5, bold=chosen)
            sheet.box(8.0, y - 0.07, max(abs(float(outputs[c])) * scale, 0.005), 0.14, "none",
                      fill=plot.ORANGE if chosen else "#A8B0BA")  # fmt: skip
            sheet.write(8.05 + abs(float(outputs[c])) * scale, y, f"{outputs[c]:.3f}".rstrip("0").rstrip("."), 8)

    def _draw_maps(self, sheet: Sheet) -> None:
        """The maps that add or take off most, and the sum of all."""
        found, votes = self.found(), self.votes_by_map()
        sheet.write(6.6, 1.85, f"which of the {len(votes)} maps say so", 10, bold=True)
        for column, head in ((6.6, "map"), (7.1, "weight"), (7.95, "sum of map"), (9.0, "votes")):
            sheet.write(column, 2.1, head, 8.5, plot.GREY)
        sums = found.maps.sum(axis=(0, 1))
        for line, c in enumerate(np.argsort(-np.abs(votes), kind="stable")[:5]):
            y = 2.34 + 0.23 * line
            sheet.write(6.6, y, str(c), 9.5, mono=True)
            for column, number in ((7.1, found.weights[c]), (7.95, sums[c]), (9.0, votes[c])):
                sheet.write(column, y, f"{number:.3g}".replace("-", "−"), 9.5, mono=True)
        y = 2.34 + 0.23 * min(5, len(votes)) + 0.06
        sheet.lines([((6.6, y - 0.13), (9.7, y - 0.13))], INK, 0.8)
        sheet.write(6.6, y, "all maps together", 9.5)
        sheet.write(9.0, y, f"{votes.sum():.3g}".replace("-", "−"), 9.5, mono=True, bold=True)


def _overlaid(look: np.ndarray, heat: np.ndarray, strength: float) -> np.ndarray:
    """The picture (H, W, 4) in grey, turned towards orange where the heat is."""
    grey = look[..., :3].astype(float).mean(axis=-1, keepdims=True) * np.ones(3)
    share = strength * (heat / (heat.max() or 1.0))[..., None]
    mixed = (1 - share) * grey + share * np.array([255, 140, 0])
    return np.concatenate([mixed.astype(np.uint8), look[..., 3:]], axis=-1)
