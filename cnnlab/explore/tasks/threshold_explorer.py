"""The threshold explorer: one number decides for every pair of pictures, and makes two kinds of errors."""

from __future__ import annotations

import math

import numpy as np

from cnnlab import plot
from cnnlab.common.validate import check_number, check_rank
from cnnlab.data import faces
from cnnlab.explore.base.controls import choice, real, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.detection.boxed_picture import TONES, as_bytes
from cnnlab.explore.drawing.sheet import INK, Sheet, disc, rectangle
from cnnlab.tasks import verification

MOST = 1000  # pictures: half a million pairs
_WIDTH, _HEIGHT = 10.0, 5.45  # inches, y downwards
_BARS = (0.5, 0.72, 5.9)  # left, top, width of the two histograms
_TALL, _BAND = 0.95, 0.3  # height of the highest bar, and of the numbers between the two histograms
_ROC = (7.1, 0.6, 2.2)  # left, top, side
_PAIRS_TOP, _FACE, _SHOWN, _PAGES = 3.98, 0.74, 3, 8  # the hardest pairs: side of a picture, how many at a time
_SAME, _SAME_PALE, _OTHER, _OTHER_PALE = plot.BLUE, "#C3DBEC", plot.RED, "#F6DDB4"
_OTHER_INK = "#8A5A00"  # as dark as words have to be
_RATES = ("false accept rate", "false reject rate")


class ThresholdExplorer(Explorer):
    """Move the threshold τ: which pairs are accepted as one person, how many errors of each kind, and which pairs.

    Parameters
    ----------
    embeddings : (N, D), N from 2 to 1,000; by default made up, as a network might place drawn faces after some training
    labels : (N,) whole numbers, who is on each picture
    images : (N, H, W), (N, H, W, 1) or (N, H, W, 3), bytes or numbers from 0 to 1
    threshold : where the slider starts, a squared distance; by default where both error rates are nearest to each other
    predict : ask for one of the rates before showing it

    Raises
    ------
    TypeError, ValueError
        If only some of the three are given, they do not fit each other, or there are no pairs of one of the two kinds.

    Examples
    --------
    >>> explorer = ThresholdExplorer([[0.0], [1.0], [3.0]], [0, 0, 1], np.zeros((3, 8, 8)), threshold=4.0)
    >>> print(explorer.describe().splitlines()[1])
    Of 2 pairs of two people 1 is accepted: false accept rate 1 / 2 = 0.500.
    """

    threshold = real(0.0, lambda it: it._edges[-1], lambda it: it._start, lambda it: it._width / 10, label="τ",
                     readout_format=lambda it: f".{it._digits}f", width=420)  # fmt: skip
    page = whole(1, lambda it: it._pages, label="hardest pairs, page")
    ask = choice(_RATES, label="ask for the")
    listed = {"threshold": (0.4, 0.7, 1.0, 1.2, 1.5, 1.8, 2.0, 2.4, 2.8), "page": (1, 2)}

    def __init__(
        self,
        embeddings: np.ndarray | None = None,
        labels: np.ndarray | None = None,
        images: np.ndarray | None = None,
        *,
        threshold: float | None = None,
        predict: bool = False,
    ) -> None:
        given = sum(value is not None for value in (embeddings, labels, images))
        if given not in (0, 3):
            raise ValueError(
                f"`embeddings`, `labels` and `images` must be given together. Received: {given} of the three"
            )
        if not given:
            embeddings, labels, images = _made_up()
        labels, self._images = check_rank(labels, "labels", {1: "(N,)"}), _pictures(images)
        if not 2 <= len(labels) <= MOST or not len(labels) == len(self._images) == len(embeddings):
            sizes = f"{len(embeddings)}, {len(labels)} and {len(self._images)}"
            raise ValueError(
                f"`embeddings`, `labels` and `images` must be of one length, 2 to {MOST:,}. Received: {sizes}"
            )
        distances, same = verification.pairs(embeddings, labels)
        self._roc = verification.roc(distances, same)
        self._rate = verification.equal_error_rate(distances, same)
        rows = np.stack(np.triu_indices(len(labels), k=1), axis=1)
        self._labels = labels
        self._known = {kind: np.sort(distances[same == kind]) for kind in (True, False)}
        most = _SHOWN * _PAGES
        self._hard = {}
        for kind in (True, False):  # the farthest of one person, the nearest of two
            own = np.flatnonzero(same == kind)
            order = own[np.argsort(-distances[own] if kind else distances[own], kind="stable")[:most]]
            self._hard[kind] = list(zip(rows[order].tolist(), distances[order].tolist(), strict=True))
        self._pages = -(-max(map(len, self._hard.values())) // _SHOWN)
        self._width, self._digits = bars(distances.max())
        self._edges = self._width * np.arange(max(int(np.ceil(distances.max() / self._width - 1e-9)), 1) + 1)
        equal = int(np.argmin(np.abs(self._roc.false_accepts - self._roc.false_rejects)))
        start = max(self._roc.thresholds[equal], 0.0) if threshold is None else threshold
        start = check_number(start, "threshold", 0, self._edges[-1])
        self._start = round(start, self._digits) if threshold is None else start
        super().__init__(predict=predict)

    def declared(self) -> dict:
        return {name: c for name, c in super().declared().items() if name != "ask" or self.prediction.asked}

    # --- the two rates ------------------------------------------------------------------------------------------

    def _tau(self) -> float:
        return self.threshold + 1e-9  # a slider's 0.6 may be 0.5999999999999999

    def _accepted(self, same: bool) -> tuple[int, int]:
        """How many pairs of one person, or of two, are accepted, and how many there are."""
        known = self._known[same]
        return int(np.searchsorted(known, self._tau(), side="right")), len(known)

    def _rates(self) -> tuple[float, float]:
        """The false accept rate and the false reject rate."""
        (wrong, strangers), (right, own) = self._accepted(False), self._accepted(True)
        return wrong / strangers, 1 - right / own

    def question(self) -> str:
        (wrong, strangers), (right, own) = self._accepted(False), self._accepted(True)
        return (
            f"At τ = {self._said(self._tau())}, {right:,} of the {own:,} pairs of one person are accepted, and "
            f"{wrong:,} of the {strangers:,} pairs of two people. What is the {self.ask}, with two decimals?"
        )

    def answer(self) -> float:
        return self._rates()[_RATES.index(self.ask)]

    # --- in words -----------------------------------------------------------------------------------------------

    def _said(self, distance: float) -> str:
        return f"{distance:.{self._digits}f}"

    def describe(self) -> str:
        (wrong, strangers), (right, own) = self._accepted(False), self._accepted(True)
        lines = [
            f"{len(self._labels)} pictures of {len(np.unique(self._labels))} people: {own:,} pairs of one person, "
            f"{strangers:,} of two. τ = {self._said(self._tau())}: a pair is accepted when its squared "
            "distance is at most τ."
        ]
        if self.revealed:
            accepts, rejects = self._rates()
            lines += [
                f"Of {strangers:,} pairs of two people {wrong:,} {'is' if wrong == 1 else 'are'} accepted: false "
                f"accept rate {wrong:,} / {strangers:,} = {accepts:.3f}.",
                f"Of {own:,} pairs of one person {own - right:,} {'is' if own - right == 1 else 'are'} refused: false "
                f"reject rate {own - right:,} / {own:,} = {rejects:.3f}.",
                f"Equal error rate over all thresholds: {self._rate:.3f}.",
            ]
        else:
            lines.append("The rates and their curve appear with your guess.")
        spans = (f"{what} from {self._said(k[0])} to {self._said(k[-1])}, half of them up to {self._said(np.median(k))}"
                 for what, k in (("of one person", self._known[True]), ("of two", self._known[False])))  # fmt: skip
        lines.append(f"Distances {'; '.join(spans)}.")
        for same, what in ((True, "One person, farthest apart"), (False, "Two people, nearest")):
            pairs = [f"{first} and {second} (d = {self._said(d)}, {self._verdict_on(d, same)})"
                     for (first, second), d in self._on_page(same)]  # fmt: skip
            lines.append(f"{what}, pictures: {'; '.join(pairs) or 'no more'}.")
        return "\n".join(lines)

    def _on_page(self, same: bool) -> list:
        return self._hard[same][_SHOWN * (self.page - 1) : _SHOWN * self.page]

    def _verdict_on(self, distance: float, same: bool) -> str:
        accepted = distance <= self._tau()
        return f"{'✔' if accepted == same else '✘'} {'accepted' if accepted else 'refused'}"

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        self._draw_bars(sheet)
        self._draw_roc(sheet)
        self._draw_pairs(sheet)
        return picture

    def _draw_bars(self, sheet: Sheet) -> None:
        left, top, width = _BARS
        wide, tau = width / (len(self._edges) - 1), self._tau()
        up, down = top + _TALL, top + _TALL + _BAND  # where the bars stand, upwards and downwards
        shares = {}
        for same, known in self._known.items():
            for accepted in (True, False):
                some = known[known <= tau] if accepted else known[known > tau]
                bins = np.clip(np.searchsorted(self._edges, some - 1e-9) - 1, 0, None)  # (a, b], and 0 with the first
                shares[same, accepted] = np.bincount(bins, minlength=len(self._edges) - 1) / len(known)
        most = max((shares[same, True] + shares[same, False]).max() for same in (True, False))
        at = left + width * min(tau / self._edges[-1], 1)
        sheet.box(left, top - 0.1, at - left, 2 * _TALL + _BAND + 0.2, "none", fill="#EEF2F5")
        told = self.revealed
        colours = {
            (True, True): _SAME_PALE,
            (True, False): _SAME if told else _SAME_PALE,
            (False, False): _OTHER_PALE,
            (False, True): _OTHER if told else _OTHER_PALE,
        }
        for (same, accepted), colour in colours.items():
            under = shares[same, True] if not accepted else np.zeros(len(self._edges) - 1)  # in a bin that τ cuts
            bars = []
            for k in np.flatnonzero(shares[same, accepted]):
                tall, low = _TALL * shares[same, accepted][k] / most, _TALL * under[k] / most
                tall = max(tall, 0.012)  # one pair in thousands is still seen
                y = up - low - tall if same else down + low
                bars.append(rectangle(left + k * wide + 0.01, y, wide - 0.02, tall))
            if bars:
                sheet.shapes(bars, colour)
        sheet.lines([((left, y), (left + width, y)) for y in (up, down)], "#A8B0BA", 0.8)
        ticks = range(0, len(self._edges), 5)
        sheet.stamp_all({self._tick(k): [(left + k * wide, (up + down) / 2)] for k in ticks}, 8.0, plot.GREY)
        sheet.lines([((at, top - 0.14), (at, up)), ((at, down), (at, down + _TALL + 0.12))], INK, 2.2)
        self._draw_bar_words(sheet, at, top, down + _TALL)

    def _tick(self, k: int) -> str:
        return f"{self._edges[k]:.{max(self._digits - 1, 0)}f}"

    def _draw_bar_words(self, sheet: Sheet, at: float, top: float, bottom: float) -> None:
        left, _, width = _BARS
        accepts, rejects = self._rates()
        (wrong, strangers), (right, own) = self._accepted(False), self._accepted(True)
        sheet.write(left, 0.2, f"τ = {self._said(self._tau())}", 13, bold=True)
        sheet.write(left + 1.3, 0.2, "accepted where d ≤ τ (grey); height: share of the pairs of its kind", 9.5)
        rows = (
            (True, top - 0.29, _SAME, f"one person: {own:,} pairs", "rejects", own - right, own, rejects),
            (False, bottom + 0.29, _OTHER, f"two people: {strangers:,} pairs", "accepts", wrong, strangers, accepts),
        )
        for same, y, colour, words, kind, errors, of, rate in rows:
            sheet.write(left, y, words, 10.5, _SAME if same else _OTHER_INK, bold=True)
            if self.revealed:
                line = f"✘ false {kind}: {errors:,} / {of:,} = {rate:.3f}"
                sheet.write(left + width - 3.3, y, line, 10.5, colour, bold=True)

    def _draw_roc(self, sheet: Sheet) -> None:
        left, top, side = _ROC
        shares = [k / 5 for k in range(6)]
        rules = [((left, top + side * k), (left + side, top + side * k)) for k in shares]
        rules += [((left + side * k, top), (left + side * k, top + side)) for k in shares]
        sheet.lines(rules, "#E3E6EA", 0.8)
        below = {f"{k:g}": (left + side * k, top + side + 0.14) for k in shares}
        beside = {f"{k:g}": (left - 0.16, top + side * (1 - k)) for k in shares}
        sheet.stamp_all({text: [below[text], beside[text]] for text in below}, 8.0, plot.GREY)
        sheet.stamp("false accept rate", [(left + side / 2, top + side + 0.34)], 9.5)
        sheet.write(left - 0.3, top - 0.2, "one person's pairs accepted: 1 − FRR", 9.5)
        if not self.revealed:
            sheet.stamp("your guess first", [(left + side / 2, top + side / 2)], 12, plot.GREY)
            return
        marks = np.unique(np.linspace(0, len(self._roc.thresholds) - 1, 400).astype(int))
        path = [(left + side * x, top + side * y) for x, y in
                zip(self._roc.false_accepts[marks], self._roc.false_rejects[marks], strict=True)]  # fmt: skip
        sheet.lines([((left, top), (left + side, top + side))], "#A8B0BA", 1.0)
        sheet.lines(list(zip(path, path[1:], strict=False)), INK, 1.6)
        x, y = (start + side * rate for start, rate in zip((left, top), self._rates(), strict=True))
        sheet.lines([((x, y), (x, top + side)), ((left, y), (x, y))], plot.BLUE, 1.0)
        sheet.shapes([disc(x, y, 0.085)], plot.BLUE)
        sheet.shapes([disc(left + side * self._rate, top + side * self._rate, 0.05, 4)], INK)
        sheet.write(left + side - 1.5, top + side - 0.5, f"● τ = {self._said(self._tau())}", 10, plot.BLUE, bold=True)
        sheet.write(left + side - 1.5, top + side - 0.25, f"■ EER {self._rate:.3f}", 10)

    def _draw_pairs(self, sheet: Sheet) -> None:
        said, named = [], []
        for same, left, words in ((True, 0.15, "one person, farthest apart"), (False, 5.15, "two people, nearest")):
            sheet.write(left, _PAIRS_TOP - 0.2, words, 10.5, _SAME if same else _OTHER_INK, bold=True)
            for k, (rows, distance) in enumerate(self._on_page(same)):
                x, y = left + k * (2 * _FACE + 0.14), _PAIRS_TOP + _FACE + 0.15
                for number, row in enumerate(rows):
                    sheet.paint(self._images[row], x + number * _FACE, _PAIRS_TOP, _FACE, _FACE)
                said.append((x, y, f"{self._said(distance)}  {self._verdict_on(distance, same)}"))
                who = " and ".join(dict.fromkeys(str(self._labels[row]) for row in rows))
                named.append((x, y + 0.2, f"person {who}" if same else f"people {who}"))
        sheet.write_all(said, 9.5)
        sheet.write_all(named, 8.5)


def _pictures(images: object) -> np.ndarray:
    array = check_rank(images, "images", {3: "(N, H, W)", 4: "(N, H, W, C)"})
    array = array[..., 0] if array.ndim == 4 and array.shape[-1] == 1 else array
    return np.array([as_bytes(image, "images") & TONES for image in array])


def bars(most: float) -> tuple[float, int]:
    """The width of a bar, of which 20 to 50 reach up to `most`, and the decimals of a tenth of it."""
    power = math.floor(math.log10(most / 20)) if most > 0 else -2
    width = next(k for k in (5, 2, 1) if most >= 20 * k * 10.0**power or k == 1) * 10.0**power
    return round(width, max(-power, 0)), max(1 - power, 0)


def _made_up() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Drawn faces, and embeddings as a network might give them after some training: a turned head confuses it."""
    some = faces.people(identities=30, pictures=4, seed=14)
    own = np.array([(low, high) for low, high in faces.IDENTITY.values()])
    who = (some.identities - own.mean(axis=1)) / np.ptp(own, axis=1)
    turned = np.abs(some.looks[:, [list(faces.LOOK).index("turn")]])
    found = who + np.random.default_rng(14).normal(0, 0.28, who.shape) * (0.4 + 1.2 * turned)
    return found / np.linalg.norm(found, axis=1, keepdims=True), some.labels, some.images
