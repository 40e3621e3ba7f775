"""The embedding map: where pictures of people lie, and how far a picture moves when only its light or pose changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from cnnlab import plot
from cnnlab.common.validate import check_number, check_rank
from cnnlab.data import faces
from cnnlab.explore.base.controls import real, switch, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import number_text
from cnnlab.explore.detection.boxed_picture import TONES, as_bytes
from cnnlab.explore.drawing.sheet import INK, Sheet, disc
from cnnlab.explore.tasks.threshold_explorer import bars
from cnnlab.tasks import verification

MOST = 120  # pictures; more of them hide each other on the map
_WIDTH, _HEIGHT = 10.0, 5.45  # inches, y downwards
_MAP = (0.15, 0.5, 4.4)  # left, top, side
_RIGHT, _FACE = 5.1, 1.75  # where the faces begin, and their side
_SCALE_TOP, _SCALE_WIDTH = 3.72, 4.4  # of the distances drawn as a line
_STRENGTH = faces.LOOK["light_strength"][1]  # of the light, in every picture: the strongest there is
_WORN = 0.7  # glasses are drawn from here on: see faces.LOOK
_OWN, _NEW = plot.BLUE, plot.RED
# The values of a look that move, and the steps of their sliders.
_MOVED = {"light": 0.05, "turn": 0.05, "smile": 0.05, "hair": 0.05, "shift_x": 0.01, "glasses": 1}


class EmbeddingMap(Explorer):
    """Change light, pose, smile, hair or glasses in one picture, and see how far its embedding moves.

    Parameters
    ----------
    embed
        from pictures (N, S, S, 3) to embeddings (N, D); by default one that is written and not learned: how much
        changes from row to row and from column to column
    people
        `cnnlab.data.faces.People`, 2 to 120 pictures of at least two people, one of them twice; each is drawn anew with
        light of one strength. By default 8 people with 5 pictures each
    threshold : where the slider of τ starts, a squared distance; by default where both error rates are equal
    predict : ask whether the picture is accepted before showing it

    Raises
    ------
    TypeError, ValueError
        If `people` are not such pictures, or `embed` does not return a row for each.

    Examples
    --------
    >>> explorer = EmbeddingMap(threshold=0.05)
    >>> print(explorer.describe().splitlines()[3])
    Squared distance from the enrolled picture: 0.000, at most τ = 0.050: accepted.
    """

    person = whole(0, lambda it: len(it._rows) - 1)
    picture = whole(0, lambda it: len(it._rows[it.person]) - 1)
    light = real(*faces.LOOK["light"], 0.0, 0.05, label="light: left … right", readout_format=".2f")
    turn = real(*faces.LOOK["turn"], 0.0, 0.05, label="turn of the head", readout_format=".2f")
    smile = real(*faces.LOOK["smile"], 0.0, 0.05, readout_format=".2f")
    hair = real(*faces.LOOK["hair"], 0.0, 0.05, label="hair: black … grey", readout_format=".2f")
    shift_x = real(*faces.LOOK["shift_x"], 0.0, 0.01, label="shift sideways", readout_format=".2f")
    glasses = switch(False, "glasses")
    threshold = real(0.0, lambda it: it._most, lambda it: it._start, lambda it: it._step, label="τ",
                     readout_format=lambda it: f".{it._digits}f")  # fmt: skip
    choices = ("accepted", "refused")
    listed = {"light": (-1.0, -0.5, 0.0, 0.5, 1.0), "turn": (-1.0, 0.0, 1.0), "glasses": None}

    def __init__(
        self,
        embed: Callable[[np.ndarray], np.ndarray] | None = None,
        people: faces.People | None = None,
        *,
        threshold: float | None = None,
        predict: bool = False,
    ) -> None:
        if people is None:
            people = faces.people(identities=8, pictures=5, seed=7)
        if not isinstance(people, faces.People):
            raise TypeError(f"`people` must be pictures as from faces.people. Received: {type(people).__name__}")
        if not 2 <= len(people.images) <= MOST:
            raise ValueError(f"`people` must hold 2 to {MOST} pictures. Received: {len(people.images)}")
        self._embed = embed or _edges
        self._people = people
        _, self._who = np.unique(people.labels, return_inverse=True)
        self._rows = [np.flatnonzero(self._who == person) for person in range(self._who.max() + 1)]
        self._looks = [self._even(row) for row in people.looks]
        drawn = np.stack([self._taken(row, look) for row, look in enumerate(self._looks)])
        self._found = self._embeddings(drawn)
        distances, same = verification.pairs(self._found, people.labels)
        curve = verification.roc(distances, same)
        width, self._digits = bars(distances.max())
        self._step = width / 10
        self._most = float(max(np.ceil(distances.max() / width), 1) * width)
        equal = curve.thresholds[np.argmin(np.abs(curve.false_accepts - curve.false_rejects))]
        start = round(max(equal, 0.0), self._digits) if threshold is None else threshold
        self._start = check_number(start, "threshold", 0, self._most)
        self._middle = self._found.mean(axis=0)
        _, lengths, axes = np.linalg.svd(self._found - self._middle, full_matrices=False)
        self._axes = axes[:2]
        self._held = float((lengths[:2] ** 2).sum() / max((lengths**2).sum(), 1e-12))
        self._places = self._place(self._found)
        self._seen = lru_cache(maxsize=512)(self._see)
        super().__init__(predict=predict)

    # --- pictures and embeddings --------------------------------------------------------------------------------

    def _even(self, values: np.ndarray) -> dict[str, float]:
        """A look whose movable values a slider can take, and whose light is as strong as any other's."""
        look = dict(zip(faces.LOOK, values.tolist(), strict=True))
        look["glasses"] = float(look["glasses"] >= _WORN)
        look |= {name: round(round(look[name] / step) * step, 2) for name, step in _MOVED.items()}
        return look | {"light_strength": _STRENGTH}

    def _taken(self, row: int, look: dict[str, float]) -> np.ndarray:
        who = dict(zip(faces.IDENTITY, self._people.identities[row].tolist(), strict=True))
        return faces.draw(who, look, side=self._people.images.shape[1], seed=row)

    def _embeddings(self, images: np.ndarray) -> np.ndarray:
        found = check_rank(np.asarray(self._embed(images)), "embed", {2: "(N, D)"}).astype(float)
        if len(found) != len(images):
            raise ValueError(f"`embed` must return a row for each of {len(images)} pictures. Received: {len(found)}")
        return found

    def _see(self, row: int, *moved: float) -> tuple[np.ndarray, np.ndarray]:
        """The picture `row` with these values of its look, as bytes, and its embedding (D,)."""
        image = self._taken(row, self._looks[row] | dict(zip(_MOVED, moved, strict=True)))
        return as_bytes(image) & TONES, self._embeddings(image[None])[0]

    def _row(self) -> int:
        return int(self._rows[self.person][self.picture])

    def _own(self) -> tuple[float, ...]:
        """The movable values of the enrolled picture."""
        return tuple(self._looks[self._row()][name] for name in _MOVED)

    def _now(self) -> tuple[float, ...]:
        """The values of the sliders."""
        return tuple(round(float(getattr(self, name)), 2) for name in _MOVED)

    def _distance(self, moved: tuple[float, ...]) -> float:
        """From the enrolled picture to the same one with these values."""
        return float(((self._seen(self._row(), *moved)[1] - self._found[self._row()]) ** 2).sum())

    def _alone(self) -> list[str]:
        """How far each value that was moved would take the picture alone, in words."""
        own, now = self._own(), self._now()
        moved = [(k, name) for k, name in enumerate(_MOVED) if now[k] != own[k]]
        far = [self._distance((*own[:k], now[k], *own[k + 1 :])) for k, _ in moved]
        return [f"{_word(name)} {self._said(d)}" for (_, name), d in zip(moved, far, strict=True)]

    def _stranger(self) -> tuple[int, float]:
        """The nearest picture of somebody else: its row and its squared distance."""
        found = self._seen(self._row(), *self._now())[1]
        distances = ((self._found - found) ** 2).sum(axis=1)
        distances[self._rows[self.person]] = np.inf
        return int(distances.argmin()), float(distances.min())

    def _place(self, embeddings: np.ndarray) -> np.ndarray:
        """Where embeddings (N, D) lie on the map: (N, 2)."""
        flat = (embeddings - self._middle) @ self._axes.T
        return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))

    def adjust(self, changed: str | None) -> None:
        if changed in (None, "person", "picture"):
            for name, value in zip(_MOVED, self._own(), strict=True):
                self.controls[name].value = bool(value) if name == "glasses" else value

    def _accepted(self) -> bool:
        return self._distance(self._now()) <= self.threshold + 1e-9  # a slider's 0.6 may be 0.5999999999999999

    def question(self) -> str:
        moved = [self._moved_words(k) for k in range(len(_MOVED)) if self._now()[k] != self._own()[k]]
        how = f"with {', '.join(moved)}" if moved else "as it is"
        tau = self._said(self.threshold)
        return f"The enrolled picture is drawn again {how}. Is it accepted or refused at τ = {tau}?"

    def answer(self) -> str:
        return "accepted" if self._accepted() else "refused"

    # --- in words -----------------------------------------------------------------------------------------------

    def _said(self, distance: float) -> str:
        return f"{distance:.{self._digits}f}"

    def _moved_words(self, k: int, own: bool = False) -> str:
        value, name = (self._own() if own else self._now())[k], list(_MOVED)[k]
        if name == "glasses":
            return "glasses" if value else "no glasses"
        return f"{_word(name)} {number_text(value)}"

    def _all_moved(self, own: bool = False) -> str:
        return ", ".join(self._moved_words(k, own) for k in range(len(_MOVED)))

    def _name(self, row: int) -> str:
        person = self._who[row]
        return f"person {person}, picture {np.searchsorted(self._rows[person], row)}"

    def describe(self) -> str:
        lines = [
            f"{len(self._rows)} people, {len(self._found)} pictures of {self._found.shape[1]} numbers "
            f"each. The map shows the two directions in which they differ most: {100 * self._held:.0f} % of the spread."
        ]
        lines.append(f"Enrolled: {self._name(self._row())}, with {self._all_moved(own=True)}.")
        lines.append(f"Drawn again with {self._all_moved()}.")
        if not self.revealed:
            return "\n".join([*lines, "Where it lies and how far away appears with your guess."])
        distance, tau = self._distance(self._now()), self._said(self.threshold)
        compared = f"at most τ = {tau}: accepted" if self._accepted() else f"more than τ = {tau}: refused"
        lines.append(f"Squared distance from the enrolled picture: {self._said(distance)}, {compared}.")
        lines += [f"Moved alone: {', '.join(alone)}."] if (alone := self._alone()) else []
        row, nearest = self._stranger()
        lines.append(f"Nearest picture of somebody else: {self._name(row)}, {self._said(nearest)}.")
        where = self._place(self._seen(self._row(), *self._now())[1][None])[0]
        both = np.round([self._places[self._row()], where], 2)
        spots = [f"({number_text(x)}, {number_text(y)})" for x, y in both]
        lines.append(f"On the map: enrolled at {spots[0]}, drawn again at {spots[1]}.")
        return "\n".join(lines)

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        self._draw_map(sheet)
        self._draw_faces(sheet)
        self._draw_distances(sheet)
        return picture

    def _draw_map(self, sheet: Sheet) -> None:
        left, top, side = _MAP
        low, high = self._places.min(axis=0), self._places.max(axis=0)
        unit = side / max(1.25 * float((high - low).max()), 1e-9)  # inches for a distance of 1
        middle = (low + high) / 2

        def on_sheet(places: np.ndarray) -> np.ndarray:
            spots = (places - middle) * (unit, -unit)
            return np.clip(spots, -side / 2, side / 2) + (left + side / 2, top + side / 2)

        words = f"a map: 2 of {self._found.shape[1]} directions, {100 * self._held:.0f} % of the spread"
        sheet.write(left, 0.22, words, 10.5, bold=True)
        sheet.box(left, top, side, side, "#C9CED6")
        spots, row = on_sheet(self._places), self._row()
        x, y = spots[row]
        angles = np.linspace(0, 2 * np.pi, 61)
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * unit * self.threshold**0.5 + (x, y)
        inside = ((ring >= (left, top)) & (ring <= (left + side, top + side))).all(axis=1)
        whole_sides = [(ring[k], ring[k + 1]) for k in range(60) if inside[k] and inside[k + 1]]
        sheet.lines(whole_sides, _OWN, 1.0)
        own = set(self._rows[self.person].tolist())
        marks: dict[str, list] = {}
        for other, rows in enumerate(self._rows):
            marks.setdefault(str(other), []).extend(spots[k] for k in rows if k not in own)
        sheet.stamp_all(marks, 9.0, plot.GREY)
        mine = [spots[k] for k in own]
        sheet.shapes([disc(*spot, 0.105, 24) for spot in mine], _OWN)
        sheet.stamp(str(self.person), mine, 9.0, "white")
        sheet.box(x - 0.15, y - 0.15, 0.3, 0.3, INK, line=2.2)
        if self.revealed:
            end = on_sheet(self._place(self._seen(row, *self._now())[1][None]))[0]
            sheet.lines([((x, y), tuple(end))], _NEW, 1.8)
            sheet.shapes([disc(*end, 0.1, 4)], _NEW)
        sheet.write(left, top + side + 0.15, "□ enrolled   ■ drawn again   a number: whose picture it is", 9.5)
        sheet.write(left, top + side + 0.36, "Outside the blue ring a picture is refused for certain.", 9.5)

    def _draw_faces(self, sheet: Sheet) -> None:
        row = self._row()
        for k, (moved, words, colour) in enumerate(
            ((self._own(), f"enrolled: {self._name(row)}", INK), (self._now(), "drawn again", _NEW))
        ):
            x = _RIGHT + k * (_FACE + 0.85)
            sheet.write(x, 0.22, words, 10.5, colour, bold=True)
            sheet.paint(self._seen(row, *moved)[0], x, 0.5, _FACE, _FACE)
            for place in range(len(_MOVED)):
                words = self._moved_words(place, own=k == 0)
                changed = k == 1 and moved[place] != self._own()[place]
                sheet.write(x + (0 if place % 2 == 0 else 1.0), 2.37 + 0.21 * (place // 2), words, 9.5,
                            _NEW if changed else INK, bold=changed)  # fmt: skip

    def _draw_distances(self, sheet: Sheet) -> None:
        left, top, width = _RIGHT, _SCALE_TOP, _SCALE_WIDTH
        if not self.revealed:
            sheet.write(left, top - 0.25, "your guess first: accepted or refused?", 12, plot.GREY)
            return
        distance, (row, nearest) = self._distance(self._now()), self._stranger()
        most, tau = self._most, self.threshold

        def at(value: float) -> float:
            return left + width * min(value / most, 1.0)

        word = "✔ accepted" if self._accepted() else "✘ refused"
        sign = "≤" if self._accepted() else ">"
        words = f"d = {self._said(distance)} {sign} τ = {self._said(tau)}: {word}"
        sheet.write(left, top - 0.22, words, 13, _NEW, bold=True)
        sheet.box(left, top, at(tau) - left, 0.34, "none", fill="#DDE6EE")
        sheet.box(left, top, width, 0.34, "#A8B0BA")
        sheet.box(left, top + 0.09, max(at(distance) - left, 0.02), 0.16, "none", fill=_NEW)
        sheet.lines([((at(tau), top - 0.05), (at(tau), top + 0.4))], INK, 2.2)
        sheet.lines([((at(nearest), top), (at(nearest), top + 0.34))], plot.GREY, 1.6)
        ends = {"0": left, self._tick(most): left + width}
        below = {words: [(x, top + 0.5)] for words, x in ends.items() if abs(x - at(tau)) > 0.3}
        sheet.stamp_all(below | {"τ": [(at(tau), top + 0.5)]}, 8.5)
        lines = ["grey line: the nearest picture of somebody else,", f"{self._name(row)}, at {self._said(nearest)}"]
        if nearest < distance:
            lines[-1] += ": nearer than the enrolled one"
        alone = self._alone()
        lines.append(f"moved alone: {', '.join(alone[:3])}" if alone else "nothing is moved: move a slider")
        lines += [", ".join(alone[3:])] if alone[3:] else []
        sheet.write_all([(left, top + 0.78 + 0.24 * k, line) for k, line in enumerate(lines)], 10)

    def _tick(self, value: float) -> str:
        return f"{value:.{max(self._digits - 1, 0)}f}"


def _word(name: str) -> str:
    return name.removesuffix("_x")


def _edges(images: np.ndarray) -> np.ndarray:
    """An embedding that nobody trained: how much changes along each row and each column, as unit vectors."""
    grey = images.mean(axis=-1)
    for axis in (1, 2):  # each pixel with its neighbours: noise is no edge
        grey = (np.roll(grey, 1, axis) + 2 * grey + np.roll(grey, -1, axis)) / 4
    down, across = np.abs(np.diff(grey, axis=1)).mean(axis=2), np.abs(np.diff(grey, axis=2)).mean(axis=1)
    found = np.log(0.005 + np.concatenate([down, across], axis=1))
    found -= found.mean(axis=1, keepdims=True)
    return found / np.linalg.norm(found, axis=1, keepdims=True)
