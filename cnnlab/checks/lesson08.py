"""The exercises of lesson 08: windows, strongest pictures, occlusion, Grad-CAM by hand and in code, evidence."""

from __future__ import annotations

from functools import partial

import numpy as np

from cnnlab.checks.answers import NotAttempted, Wrong, array, number, read, show
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Case, Misreading
from cnnlab.checks.summary import Summary

# --- what one value sees ----------------------------------------------------------------------------------------------


def _whole_pixels(answer: object) -> np.ndarray:
    values = array(answer, (4,), "The answer (first row, last row, first column, last column)")
    if (values != values.round()).any():
        raise Wrong(f"Pixels are counted in whole numbers. You gave {read(values)}.")
    return values


window = Exercise(
    name="window",
    answer_name="seen",
    solution_source="seen = (4, 23, 8, 27)  # -8 + 3 * 4 = 4, 4 + 19 = 23; -8 + 4 * 4 = 8, 8 + 19 = 27",
    hints=(
        "Where does the window of the value at row 0 begin? And that of row 1, one step further?",
        "Row i begins at −8 + 4·i. For i = 3 that is row 4 of the picture.",
        "A window of 20 that begins at 4 ends at 23. Do the same for column 4.",
    ),
    diagnose=ByValue(
        truth=(4, 23, 8, 27),
        misreadings={
            (8, 27, 4, 23): "rows and columns are swapped. The value is at row 3, column 4, and rows come first.",
            (12, 31, 16, 35): "the offset is missing: the window of value 0 begins at −8, in the padding, not at 0.",
            (-5, 14, -4, 15): "the stride is missing: one step in the map is 4 pixels in the picture, because of the "
            "two poolings.",
            (4, 24, 8, 28): "the windows are one pixel too long. 20 pixels from row 4 on end at row 4 + 20 − 1 = 23.",
            (12, 15, 16, 19): "that is the 4 × 4 tile that the value lies on when the map is stretched. The value "
            "sees 20 × 20 pixels.",
        },
        otherwise="The first row is offset + 4 · 3 = −8 + 12, and the window has 20 rows. Columns alike.",
        praise="Rows 4 to 23, columns 8 to 27: half of the picture. One value this deep has seen most of a digit.",
        said="You gave ({}, {}, {}, {})",
        take=_whole_pixels,
    ),
    mistakes=(
        Mistake((4.5, 23, 8, 27), "whole numbers"),
        Mistake((0, 19, 0, 19), "offset + 4 · 3"),
        Mistake((4, 23), "shape (4,)"),
    ),
    why="Two poolings lie below conv3, so its neighbours stand 2 · 2 = 4 pixels apart in the picture. The size adds up "
    "how far all kernels and poolings reach. The offset is negative because padding lets the first window begin "
    "outside the picture.",
)


# --- the pictures that excite a unit most -----------------------------------------------------------------------------


def _some_maps() -> np.ndarray:
    """(6, 3, 4, 2): the strongest picture by maximum, by mean and by sum of the other unit all differ."""
    maps = np.random.default_rng(8).integers(0, 5, (6, 3, 4, 2)).astype(float)
    maps[4, 1, 2, 1] = 9.0
    maps[4, 0, 3, 1] = 8.5  # a second strong place in the same picture
    maps[2, 2, 0, 1] = 7.0
    maps[0, 0, 0, 1] = 6.0
    maps[5, ..., 1] = 4.5  # strong everywhere, nowhere the strongest
    maps[1, 2, 3, 0] = 30.0
    return maps


def _strongest(maps: np.ndarray, unit: int) -> np.ndarray:
    return maps[..., unit].max(axis=(1, 2))


def _places(maps: np.ndarray, unit: int, count: int) -> np.ndarray:
    return np.argsort(-maps[..., unit].ravel())[:count]


def _take_indices(result: object, right: np.ndarray, what: str) -> np.ndarray:
    got = array(result, None, what, finite=False).ravel()
    if got.size != right.size:
        raise Wrong(f"With count = {right.size}, return {right.size} indices. You returned {got.size}: {read(got)}.")
    return got


_TOP = ByCases(
    truth=lambda maps, unit, count: np.argsort(-_strongest(maps, unit))[:count],
    cases=(
        Case(_some_maps(), 1, 3, words="For unit 1 of six pictures, count = 3,"),
        Case(
            np.random.default_rng(18).normal(0, 3, (9, 5, 2, 4)) - 1,  # a layer without ReLU: negative, too
            2,
            5,
            words="For unit 2 of nine pictures, count = 5,",
        ),
        Case(
            np.array([-3.0, -1.0, 2.0, -2.0])[:, None, None, None] * np.ones((4, 2, 2, 1)),
            0,
            3,
            words="For four pictures of which one excites unit 0, count = 3,",
        ),
    ),
    misreadings=(
        Misreading(
            lambda maps, unit, count: np.argsort(-_strongest(maps, unit).clip(0), kind="stable")[:count],
            "you set what is negative to 0, and so could not tell weak pictures apart. A layer may have no ReLU.",
        ),
        Misreading(
            lambda maps, unit, count: np.argsort(np.maximum(_strongest(maps, unit), 0))[::-1][:count],
            "you set what is negative to 0, so weak pictures cannot be told apart. A layer may have no ReLU.",
        ),
        Misreading(
            lambda maps, unit, count: np.sort(_strongest(maps, unit))[::-1][:count],
            "those are the strongest values. Asked for is which pictures they are in.",
        ),
        Misreading(
            lambda maps, unit, count: np.argsort(_strongest(maps, unit))[:count],
            "yours are the weakest. `np.argsort` sorts upwards; sort the negative.",
        ),
        Misreading(
            lambda maps, unit, count: np.argsort(_strongest(maps, unit))[-count:],
            "the right ones, but the strongest should come first.",
        ),
        Misreading(
            lambda maps, unit, count: np.sort(np.argsort(-_strongest(maps, unit))[:count]),
            "the right ones, in the order of their numbers. The strongest should come first.",
        ),
        Misreading(
            lambda maps, unit, count: np.argsort(-maps[..., unit].mean(axis=(1, 2)))[:count],
            "you ranked by the mean of the map. A unit that shouts at one place has a low mean.",
        ),
        Misreading(
            lambda maps, unit, count: np.argsort(-np.abs(maps[..., unit]).max(axis=(1, 2)))[:count],
            "you ranked by magnitude. A strongly negative answer is no excitement.",
        ),
        Misreading(
            lambda maps, unit, count: np.argsort(-maps.max(axis=(1, 2, 3)))[:count],
            "you looked at all units, and only one was asked for.",
        ),
        Misreading(
            lambda maps, unit, count: np.argsort(-_strongest(maps, 0))[:count],
            "you looked at unit 0. `unit` says which channel, the last axis of (N, h, w, C).",
        ),
        *(
            Misreading(
                how,
                "you ranked all places of all pictures at once, so one picture can take several of them. First take "
                "each picture's maximum.",
            )
            for how in (_places, lambda maps, unit, count: _places(maps, unit, count) // maps[0, ..., 0].size)
        ),
    ),
    take=_take_indices,
    otherwise="Each picture's strength is the maximum of its map of that unit.",
    praise="4, 2, 0: the strongest first, each picture once.",
)

top_pictures = Exercise(
    name="top_pictures",
    solution_source="""
        def top_pictures(maps, unit, count):
            strongest = maps[..., unit].max(axis=(1, 2))  # one number a picture
            return np.argsort(-strongest)[:count]
    """,
    hints=(
        "First make one number a picture: how strongly does the unit answer where it answers most?",
        "maps[..., unit] has shape (N, h, w). Its maximum over axes 1 and 2 has shape (N,).",
        "np.argsort sorts upwards. np.argsort(-strongest)[:count] begins with the strongest.",
    ),
    diagnose=_TOP,
    mistakes=(
        Mistake(lambda maps, unit, count: _strongest(maps, unit).argmax(), "3 indices"),
        Mistake(lambda maps, unit, count: list(range(count)), "maximum of its map"),
        Mistake(lambda maps, unit, count: np.argsort(-_strongest(maps, unit))[:3], "count = 5, return 5"),
    ),
    why="A unit asks the same question at every place, so a picture's answer is that of its strongest place. A mean "
    "would prefer many lukewarm places to one clear find. Ranking pictures instead of places keeps one picture "
    "from filling all ranks.",
)


# --- occlusion --------------------------------------------------------------------------------------------------------


def _covering(
    score, image: np.ndarray, size: int, *, fill: object = 0.0, step: int = 0, less: int = 0, to_the_edge: bool = False,
    again: bool = True,
) -> np.ndarray:  # fmt: skip
    """The drops, with the usual mistakes on request: tiles that begin every `step` pixels, are `less` pixels too small,
    reach to the border at the end; a covered picture that is not copied `again`."""
    drops, covered = np.zeros((image.shape[0] // size, image.shape[1] // size)), image.copy()
    for i, j in np.ndindex(drops.shape):
        covered = image.copy() if again else covered
        top, left = i * (step or size), j * (step or size)
        bottom = None if to_the_edge and i == len(drops) - 1 else top + size - less
        right = None if to_the_edge and j == len(drops[0]) - 1 else left + size - less
        covered[top:bottom, left:right] = fill
        drops[i, j] = score(image) - score(covered)
    return drops


def _only_tile(score, image: np.ndarray, size: int) -> np.ndarray:
    scores = np.zeros((image.shape[0] // size, image.shape[1] // size))
    for i, j in np.ndindex(scores.shape):
        tile, alone = np.s_[i * size : (i + 1) * size, j * size : (j + 1) * size], np.zeros_like(image)
        alone[tile] = image[tile]
        scores[i, j] = score(alone)
    return scores


def _linear(image: np.ndarray) -> float:
    """A score with both signs: columns count 1, 2, 3 … and the last row against the class."""
    return float((image[:-1] * np.arange(1, image.shape[1] + 1)).sum() - 2 * image[-1].sum())


def _peak(image: np.ndarray) -> float:
    return float(image.max())


def _pixels(height: int, width: int) -> np.ndarray:
    """Brightnesses from 0 to 4, a third of them black."""
    return np.random.default_rng(height + width).integers(-2, 5, (height, width)).clip(0).astype(float)


def _occlusion_case(score, image: np.ndarray, size: int) -> Case:
    kind = "the brightest pixel" if score is _peak else "a weighted sum of the pixels"
    words = f"With {kind} as the score of a {image.shape[0]} × {image.shape[1]} picture, size {size},"
    return Case(score, image, size, words=words)


def _take_drops(result: object, right: np.ndarray, what: str) -> np.ndarray:
    got = array(result, None, what, finite=False)
    if got.shape != right.shape:
        raise Wrong(
            f"{what} should have shape {right.shape}, but yours has shape {got.shape}: H // size rows of whole tiles "
            "and W // size columns. What is left over at the bottom and on the right is never covered."
        )
    return got


_OCCLUSION = ByCases(
    truth=_covering,
    cases=(
        _occlusion_case(_linear, _pixels(4, 6), 2),
        _occlusion_case(_linear, _pixels(3, 3), 1),
        _occlusion_case(_peak, _pixels(6, 4), 2),
        _occlusion_case(_linear, _pixels(5, 11), 3),  # 2 rows and 2 columns are left over
        _occlusion_case(_linear, _pixels(28, 28), 5),  # a digit, with 3 left over
    ),
    misreadings=(
        Misreading(
            lambda score, image, size: -_covering(score, image, size),
            "the sign is reversed. A drop is the score before minus the score with the tile.",
        ),
        Misreading(
            lambda score, image, size: score(image) - _covering(score, image, size),
            "you returned the scores of the covered pictures. Asked for is by how much they fell.",
        ),
        Misreading(
            lambda score, image, size: np.abs(_covering(score, image, size)),
            "a magnitude hides where covering *helps* the class. Keep the sign.",
        ),
        Misreading(
            lambda score, image, size: _covering(score, image, size) / score(image),
            "you divided by the score. Asked for is the drop itself, not its share.",
        ),
        Misreading(
            lambda score, image, size: _covering(score, image, size).clip(0),
            "you set what is negative to 0. That hides where covering *helps* the class. Keep the sign.",
        ),
        Misreading(
            lambda score, image, size: (
                _covering(score, image, size) / (np.max(_covering(score, image, size)) or np.nan)
            ),
            "you divided by the largest drop. Asked for are the drops themselves.",
        ),
        Misreading(
            partial(_covering, step=1),
            "your tiles overlap: they begin one pixel apart. Tile (i, j) begins at row i·size and column j·size.",
        ),
        Misreading(
            partial(_covering, less=1),
            "your tiles are one pixel too small. A slice ends before its end: rows i·size to (i + 1)·size.",
        ),
        Misreading(
            partial(_covering, again=False),
            "the tiles add up. Your covered picture is the same array every time; start each from a copy.",
        ),
        Misreading(
            lambda score, image, size: 0 * _covering(score, image, size),
            "if every drop is 0, both scores saw one array: `covered = image` is no copy. Cover tile (i, j) of "
            "image.copy().",
        ),
        Misreading(_only_tile, "you scored the tile alone, with the rest black. Cover the tile and keep the rest."),
        Misreading(
            partial(_covering, fill=1.0),
            "you covered with 1, which is white. Black is 0.",
        ),
        Misreading(
            lambda score, image, size: _covering(score, image, size, fill=image.mean()),
            "you covered with the picture's mean. That is a good idea, but asked for is 0.",
        ),
        Misreading(
            partial(_covering, to_the_edge=True),
            "your last tiles reach to the border. A tile is size × size; what is left over stays uncovered.",
        ),
    ),
    otherwise="Cover tile (i, j): rows i·size to (i + 1)·size, columns alike, set to 0.",
    praise="Right for five cases. Nothing in it asks what the score is: occlusion works on any program that has one.",
    take=_take_drops,
)

_OCCLUSION_SOURCE = """
def occlusion_map(score, image, size):
    drops = np.zeros((image.shape[0] // size, image.shape[1] // size))
    for i, j in np.ndindex(drops.shape):
        covered = image.copy()
        covered[i * size : (i + 1) * size, j * size : (j + 1) * size] = 0
        drops[i, j] = score(image) - score(covered)
    return drops
"""


def _without_remainder(score, image: np.ndarray, size: int) -> np.ndarray:
    """Works while the tiles fit; 28 × 28 pixels in tiles of 5 do not reshape."""
    image.reshape(image.shape[0] // size, size, image.shape[1] // size, size)
    return _covering(score, image, size)


occlusion = Exercise(
    name="occlusion",
    answer_name="occlusion_map",
    solution_source=_OCCLUSION_SOURCE,
    hints=(
        "Two loops, one over rows of tiles and one over columns. What has to happen to the picture for each tile?",
        "Start every tile from image.copy(), set the tile to 0, and compare the two scores.",
        "covered[i * size : (i + 1) * size, j * size : (j + 1) * size] = 0; the drop is score(image) − score(covered).",
    ),
    diagnose=_OCCLUSION,
    mistakes=(
        Mistake(_OCCLUSION_SOURCE.replace("image.copy()", "image"), "is no copy"),
        Mistake(_OCCLUSION_SOURCE.replace("np.ndindex(drops.shape)", "np.ndindex(4, 4)"), "Your function raised"),
        Mistake(lambda score, image, size: _covering(score, image, size).T, "should have shape"),
        Mistake(
            lambda score, image, size: np.zeros((image.shape[0] - size + 1, image.shape[1] - size + 1)),
            "should have shape",
        ),
        Mistake(
            lambda score, image, size: np.pad(
                _covering(score, image, size), [(0, int(side % size > 0)) for side in image.shape]
            ),
            "never covered",
        ),
        Mistake(lambda score, image, size: np.ones((image.shape[0] // size, image.shape[1] // size)), "columns alike"),
        Mistake(_without_remainder, "ValueError"),
    ),
    why="The two pictures differ in one tile, so the difference of the scores is due to that tile. This holds only if "
    "every tile starts from an untouched copy. A negative drop says that what was covered spoke against the class.",
)


# --- Grad-CAM ---------------------------------------------------------------------------------------------------------

cam_weight = Exercise(
    name="cam_weight",
    answer_name="weight",
    solution_source="weight = 0.2  # (0.1 + 0.9 - 0.6 + 0.4) / 4",
    hints=(
        "One map gets one number: how the score follows this map, on the average over its places.",
        "The mean of the four slopes, with their signs.",
    ),
    diagnose=ByValue(
        truth=0.2,
        misreadings={
            0.8: "that is the sum. Grad-CAM takes the mean: divide by the four places.",
            0.9: "that is the largest slope. The weight is the mean of all four.",
            0.5: "that is the mean of the magnitudes. Keep the signs.",
            1.4 / 3: "that is the mean of the positive slopes alone. Keep all four, with signs.",
            0.35: "the negative slope was left out. ReLU comes at the very end, not here.",
            0.25: "that is the median. The weight is the mean.",
            -0.2: "the sign is reversed. The four slopes add up to +0.8.",
        },
        otherwise="Add the four slopes with their signs, 0.1 + 0.9 − 0.6 + 0.4, and divide by 4.",
        praise="0.8 / 4 = 0.2: raise the whole map a little and the score rises 0.8 times as much, 0.2 for each place.",
        take=lambda answer: number(answer, "The weight"),
    ),
    mistakes=(Mistake(5, "divide by 4"),),
    why="A map gets one weight for all its places: how the score reacts when the whole map rises. Slopes of opposite "
    "signs work against each other, and a mean with signs lets them; magnitudes would count both as support.",
)


def _votes(maps: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    return maps @ gradients.mean(axis=(0, 1))


def _maps_and_gradients(seed: int, *shape: int, low: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(low, 2, shape).round(1), rng.normal(0, 1, shape).round(1)


_CAM = ByCases(
    truth=lambda maps, gradients: _votes(maps, gradients).clip(0),
    cases=[_maps_and_gradients(80, 2, 3, 4), _maps_and_gradients(1, 5, 3, 2, low=-2), _maps_and_gradients(80, 4, 4, 6)],
    words=lambda maps, gradients: f"For maps of shape {maps.shape}",
    misreadings=(
        Misreading(_votes, "the negative places are still there. Set them to 0 at the end: np.maximum(votes, 0)."),
        Misreading(
            lambda maps, gradients: maps @ gradients.mean(axis=(0, 1)).clip(0),
            "the negative weights were dropped. ReLU acts on the sum, not on the weights.",
        ),
        Misreading(
            lambda maps, gradients: (maps @ gradients.mean(axis=(0, 1)).clip(0)).clip(0),
            "the negative weights were dropped. ReLU acts on the sum, and there alone.",
        ),
        Misreading(
            lambda maps, gradients: (maps * gradients.mean(axis=(0, 1))).clip(0).sum(axis=-1),
            "what is negative was dropped map by map. Add the maps first, then clip the sum.",
        ),
        Misreading(
            lambda maps, gradients: np.abs(_votes(maps, gradients)),
            "a magnitude turns places that speak against the class into places that speak for it.",
        ),
        Misreading(
            lambda maps, gradients: (maps @ gradients.sum(axis=(0, 1))).clip(0),
            "the slopes were summed over the places. The weight is their mean.",
        ),
        Misreading(
            lambda maps, gradients: (maps * gradients).sum(axis=-1).clip(0),
            "each place was multiplied by its own slope. Grad-CAM first takes the mean slope of each map.",
        ),
        Misreading(
            lambda maps, gradients: (gradients @ maps.mean(axis=(0, 1))).clip(0),
            "maps and gradients have changed places: the mean is taken of the gradients.",
        ),
        Misreading(
            lambda maps, gradients: (maps.sum(axis=-1) * gradients.mean()).clip(0),
            "one mean of all slopes. Every map has a weight of its own: average over its places, axes 0 and 1.",
        ),
        Misreading(
            lambda maps, gradients: maps[..., gradients.mean(axis=(0, 1)).argmax()].clip(0),
            "that is the map with the largest weight alone. Weigh all maps and add them.",
        ),
        Misreading(
            lambda maps, gradients: (maps @ gradients.max(axis=(0, 1))).clip(0),
            "the weight is the mean of a map's slopes, and you took the largest.",
        ),
        Misreading(
            lambda maps, gradients: (maps @ np.abs(gradients).mean(axis=(0, 1))).clip(0),
            "you took the slopes without their signs. A negative slope speaks against the class.",
        ),
        Misreading(
            lambda maps, gradients: maps.mean(axis=-1),
            "the slopes are not used: that is the mean map, the same for every class.",
        ),
        Misreading(
            lambda maps, gradients: _votes(maps, gradients).clip(0) / maps.shape[-1],
            "you took the mean over the maps. Add them.",
        ),
        Misreading(
            lambda maps, gradients: _votes(maps, gradients).clip(0) / _votes(maps, gradients).max(),
            "you divided by the largest value. That is done for a picture, but it hides how strong the evidence is: "
            "return the sum itself.",
        ),
        Misreading(
            lambda maps, gradients: (maps * gradients.mean(axis=-1, keepdims=True)).sum(axis=-1).clip(0),
            "the mean was taken over the maps. A weight belongs to a map: average over its places, axes 0 and 1.",
        ),
        Misreading(
            lambda maps, gradients: _votes(maps, -gradients).clip(0),
            "that is what speaks against the class: a sign is reversed.",
        ),
    ),
    otherwise="Weights: mean over axes 0 and 1. Then multiply, add over the maps, and clip at 0.",
    praise="That is Grad-CAM: one weight a map, one sum a place, and what is left above zero.",
)

cam = Exercise(
    name="cam",
    answer_name="heat_map",
    solution_source="""
        def heat_map(maps, gradients):
            weights = gradients.mean(axis=(0, 1))  # one for each map
            votes = (maps * weights).sum(axis=-1)
            return np.maximum(votes, 0)
    """,
    hints=(
        "Three steps: a weight for each map, the weighted sum at each place, and ReLU.",
        "gradients.mean(axis=(0, 1)) has one number for each map. maps * weights multiplies along the last axis.",
        "np.maximum((maps * weights).sum(axis=-1), 0).",
    ),
    diagnose=_CAM,
    mistakes=(
        Mistake(lambda maps, gradients: np.zeros(maps.shape[:2]), "mean over axes 0 and 1"),
        Mistake(lambda maps, gradients: gradients.mean(axis=(0, 1)), "should have shape"),
    ),
    why="The mean gradients say how much each map matters to the class, the maps say where something was found: their "
    "product needs both. Adding first and clipping afterwards lets evidence against the class cancel evidence for "
    "it at the same place.",
)


# --- evidence ---------------------------------------------------------------------------------------------------------

_EVIDENCE = {
    "a": "Accuracy on pictures made like the training set says nothing here: both networks have it. A test set with "
    "the flaw of the training set cannot find the flaw.",
    "b": "One picture is an anecdote, and Grad-CAM shows where evidence was found, not what the network would do "
    "without it. It raised the suspicion. What would confirm it?",
    "d": "A large slope means that the score would react to a tiny change there. It is a hint on one picture; it does "
    "not say that the answer changes when the mark comes or goes.",
}


def _diagnose_evidence(answer: object) -> str:
    if not isinstance(answer, str):
        raise Wrong(f"Answer with one letter in quotes, such as 'a'. You gave {show(answer)}.")
    letter = answer.strip().lower().strip("().")
    if letter in ("...", ""):
        raise NotAttempted
    if letter == "c":
        return (
            "Change the one thing, keep all else, look at the answers. A picture of heat gives you the idea; an "
            "experiment tells you whether it is true."
        )
    if letter in _EVIDENCE:
        raise Wrong(_EVIDENCE[letter])
    raise Wrong(f"Answer with 'a', 'b', 'c' or 'd'. You gave {answer!r}.")


evidence = Exercise(
    name="evidence",
    answer_name="strongest_evidence",
    solution_source="""
        strongest_evidence = "c"
    """,
    hints=(
        "Which of the four changes the mark itself, and nothing else?",
        "Three of them only look. One of them does an experiment.",
    ),
    diagnose=_diagnose_evidence,
    mistakes=(
        Mistake('strongest_evidence = "a"', "both networks have it"),
        Mistake('strongest_evidence = "b"', "anecdote"),
        Mistake('strongest_evidence = "d"', "slope"),
        Mistake('strongest_evidence = "e"', "Answer with 'a'"),
        Mistake(3, "in quotes"),
        Mistake('strongest_evidence = "the mark"', "Answer with 'a'"),
    ),
    why="Accuracy, heat and gradient were all looked at with the mark in its place, where mark and 7 always come "
    "together. Pasting it elsewhere and taking it away parts the two. The digits stay the same, so whatever "
    "changes in the answers is the mark's doing.",
)

summary = Summary(window, top_pictures, occlusion, evidence, cam_weight, cam)
