"""The exercises of lesson 08: windows, strongest pictures, occlusion, Grad-CAM by hand and in code, evidence."""

from __future__ import annotations

import textwrap

import numpy as np

from cnnlab.checks._exercise import Exercise, Mistake, NotAttempted, Wrong, array, call, close, number, show

# --- what one value sees ----------------------------------------------------------------------------------------------

_SIZE, _STRIDE, _OFFSET = 20, 4, -8  # the receptive field of the lesson's conv3
_ROW, _COLUMN = 3, 4


def _span(index: int, size: int = _SIZE, stride: int = _STRIDE, offset: int = _OFFSET) -> tuple[int, int]:
    first = offset + index * stride
    return first, first + size - 1


_WINDOW = (*_span(_ROW), *_span(_COLUMN))
_WINDOW_MISREADINGS = (
    (
        (*_span(_COLUMN), *_span(_ROW)),
        "rows and columns are swapped. The value is at row 3, column 4, and rows come first.",
    ),
    (
        (*_span(_ROW, offset=0), *_span(_COLUMN, offset=0)),
        "the offset is missing: the window of value 0 begins at −8, in the padding, not at 0.",
    ),
    (
        (*_span(_ROW, stride=1), *_span(_COLUMN, stride=1)),
        "the stride is missing: one step in the map is 4 pixels in the picture, because of the two poolings.",
    ),
    (
        tuple(edge + (n % 2) for n, edge in enumerate(_WINDOW)),
        "the windows are one pixel too long. 20 pixels from row 4 on end at row 4 + 20 − 1 = 23.",
    ),
    (
        (_ROW * 4, _ROW * 4 + 3, _COLUMN * 4, _COLUMN * 4 + 3),
        "that is the 4 × 4 tile that the value lies on when the map is stretched. The value sees 20 × 20 pixels.",
    ),
)


def _diagnose_window(answer: object) -> str:
    values = array(answer, (4,), "The answer (first row, last row, first column, last column)")
    if not np.isfinite(values).all() or (values != values.astype(int)).any():
        raise Wrong(f"Pixels are counted in whole numbers. You gave {show(values)}.")
    got = tuple(int(value) for value in values)
    if got == _WINDOW:
        return "Rows 4 to 23, columns 8 to 27: half of the picture. One value this deep has seen most of a digit."
    for wrong, message in _WINDOW_MISREADINGS:
        if got == wrong:
            raise Wrong(f"You gave {got}: {message}")
    raise Wrong(
        f"You gave {got}. The first row is offset + 4 · 3 = −8 + 12, and the window has 20 rows. Columns alike."
    )


window = Exercise(
    name="window",
    answer_name="seen",
    stub="""
        seen = ...  # (first row, last row, first column, last column)
    """,
    solution_source="""
        seen = (4, 23, 8, 27)  # -8 + 3 * 4 = 4, 4 + 19 = 23; -8 + 4 * 4 = 8, 8 + 19 = 27
    """,
    hints=(
        "Where does the window of the value at row 0 begin? And that of row 1, one step further?",
        "Row i begins at −8 + 4·i. For i = 3 that is row 4 of the picture.",
        "A window of 20 that begins at 4 ends at 23. Do the same for column 4.",
    ),
    diagnose=_diagnose_window,
    mistakes=(
        Mistake((8, 27, 4, 23), "swapped"),
        Mistake((12, 31, 16, 35), "offset is missing"),
        Mistake((-5, 14, -4, 15), "stride is missing"),
        Mistake((4, 24, 8, 28), "one pixel too long"),
        Mistake((12, 15, 16, 19), "stretched"),
        Mistake((4.5, 23, 8, 27), "whole numbers"),
        Mistake((0, 19, 0, 19), "offset + 4 · 3"),
        Mistake((4, 23), "shape (4,)"),
    ),
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


def _diagnose_top(answer: object) -> str:
    maps = _some_maps()
    result = call(answer, maps, 1, 3)
    try:
        got = np.asarray(result, dtype=float).ravel()
    except (TypeError, ValueError):
        raise Wrong(f"Return the indices of 3 pictures. You returned {show(result)}.") from None
    if got.shape != (3,):
        raise Wrong(f"With count = 3, return 3 indices. You returned {got.size}: {show(got)}.")
    best = maps[..., 1].max(axis=(1, 2))  # 6, 4, 7, 4, 9, 4.5
    right = np.argsort(-best)[:3]
    flat = np.argsort(-maps[..., 1].ravel())[:3]
    message = f"For unit 1 of six pictures you returned {show(got)}; the strongest are {right.tolist()}"
    if got.tolist() == right.tolist():
        return "4, 2, 0: the strongest first, each picture once."
    if got.tolist() == sorted(best)[::-1][:3]:
        raise Wrong("You returned the strongest values, 9, 7 and 6. Asked for is which pictures they are in.")
    if got.tolist() == np.argsort(best)[:3].tolist():
        raise Wrong(f"{message}: yours are the weakest. `np.argsort` sorts upwards; sort the negative.")
    if got.tolist() == right[::-1].tolist():
        raise Wrong(f"{message}: the right ones, but the strongest should come first.")
    if got.tolist() == np.argsort(-maps[..., 1].mean(axis=(1, 2)))[:3].tolist():
        raise Wrong(f"{message}: you ranked by the mean of the map. A unit that shouts at one place has a low mean.")
    if got.tolist() == np.argsort(-maps.max(axis=(1, 2, 3)))[:3].tolist():
        raise Wrong(f"{message}: you looked at all units. Picture 1 excites unit 0, and unit 1 was asked for.")
    if got.tolist() == np.argsort(-maps[..., 0].max(axis=(1, 2)))[:3].tolist():
        raise Wrong(f"{message}: you looked at unit 0. The channel is the last axis of (N, h, w, C).")
    if got.tolist() in (flat.tolist(), (flat // 12).tolist()):
        raise Wrong(
            f"{message}: you ranked all places of all pictures at once, so one picture can take several of them. First "
            "take each picture's maximum."
        )
    raise Wrong(f"{message}. Each picture's strength is the maximum of its map: {show(best)}.")


top_pictures = Exercise(
    name="top_pictures",
    answer_name="top_pictures",
    stub="""
        def top_pictures(maps, unit, count):
            return ...  # indices of pictures, the strongest first
    """,
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
    diagnose=_diagnose_top,
    mistakes=(
        Mistake(lambda maps, unit, count: np.argsort(maps[..., unit].max(axis=(1, 2)))[:count], "the weakest"),
        Mistake(lambda maps, unit, count: np.argsort(maps[..., unit].max(axis=(1, 2)))[-count:], "come first"),
        Mistake(lambda maps, unit, count: np.argsort(-maps[..., unit].mean(axis=(1, 2)))[:count], "by the mean"),
        Mistake(lambda maps, unit, count: np.argsort(-maps.max(axis=(1, 2, 3)))[:count], "all units"),
        Mistake(lambda maps, unit, count: np.argsort(-maps[..., 0].max(axis=(1, 2)))[:count], "unit 0"),
        Mistake(lambda maps, unit, count: np.argsort(-maps[..., unit].ravel())[:count], "all places"),
        Mistake(lambda maps, unit, count: np.argsort(-maps[..., unit].ravel())[:count] // 12, "all places"),
        Mistake(lambda maps, unit, count: np.sort(maps[..., unit].max(axis=(1, 2)))[::-1][:count], "which pictures"),
        Mistake(lambda maps, unit, count: maps[..., unit].max(axis=(1, 2)).argmax(), "3 indices"),
        Mistake(lambda maps, unit, count: [0, 1, 2], "maximum of its map"),
    ),
)


# --- occlusion --------------------------------------------------------------------------------------------------------


def _covering(score, image: np.ndarray, size: int) -> np.ndarray:
    drops = np.zeros((image.shape[0] // size, image.shape[1] // size))
    for i, j in np.ndindex(drops.shape):
        covered = image.copy()
        covered[i * size : (i + 1) * size, j * size : (j + 1) * size] = 0
        drops[i, j] = score(image) - score(covered)
    return drops


def _linear(image: np.ndarray) -> float:
    """A score with both signs: columns count 1, 2, 3 … and the last row against the class."""
    return float((image[:-1] * np.arange(1, image.shape[1] + 1)).sum() - 2 * image[-1].sum())


def _peak(image: np.ndarray) -> float:
    return float(image.max())


_OCCLUDED = np.array([[1.0, 0, 2, 1, 0, 3], [0, 1, 1, 0, 2, 0], [4, 0, 0, 1, 1, 1], [1, 2, 0, 0, 3, 1]])


def _diagnose_occlusion(answer: object) -> str:
    for image, size, score, name in (
        (_OCCLUDED, 2, _linear, "a linear score"),
        (_OCCLUDED[:3, :3], 1, _linear, "a linear score"),
        (_OCCLUDED, 2, _peak, "the brightest pixel as the score"),
    ):
        expected = _covering(score, image, size)
        given = image.copy()
        result = call(answer, score, given, size)
        got = array(result, expected.shape, f"The map for a {image.shape[0]} × {image.shape[1]} picture, size {size},")
        if close(got, expected):
            continue
        case = f"With {name} and tiles of {size} the first row should be {show(expected[0])}; yours is {show(got[0])}"
        if close(got, -expected):
            raise Wrong(f"{case}: the sign is reversed. A drop is the score before minus the score with the tile.")
        if close(got, score(image) - expected):
            raise Wrong(f"{case}: you returned the scores of the covered pictures. Asked for is by how much they fell.")
        if close(got, np.abs(expected)):
            raise Wrong(f"{case}: a magnitude hides where covering *helps* the class. Keep the sign.")
        if close(got, _cumulative(score, image, size)):
            raise Wrong(
                f"{case}: the tiles add up. Your covered picture is the same array every time; start each from a copy."
            )
        if close(got, np.zeros_like(expected)):
            raise Wrong(
                f"{case}. If every drop is 0, both scores saw one array: `covered = image` is no copy. Cover tile "
                "(i, j) of image.copy()."
            )
        if close(got, _only_tile(score, image, size)):
            raise Wrong(f"{case}: you scored the tile alone, with the rest black. Cover the tile and keep the rest.")
        if close(got, _filled(score, image, size, 1.0)):
            raise Wrong(f"{case}: you covered with 1, which is white. Black is 0.")
        raise Wrong(f"{case}. Cover tile (i, j): rows i·size to (i + 1)·size, columns alike, set to 0.")
    return "Right for three cases. Nothing in it asks what the score is: occlusion works on any program that has one."


def _cumulative(score, image: np.ndarray, size: int) -> np.ndarray:
    drops, covered = np.zeros((image.shape[0] // size, image.shape[1] // size)), image.copy()
    for i, j in np.ndindex(drops.shape):
        covered[i * size : (i + 1) * size, j * size : (j + 1) * size] = 0
        drops[i, j] = score(image) - score(covered)
    return drops


def _only_tile(score, image: np.ndarray, size: int) -> np.ndarray:
    scores = np.zeros((image.shape[0] // size, image.shape[1] // size))
    for i, j in np.ndindex(scores.shape):
        alone = np.zeros_like(image)
        tile = np.s_[i * size : (i + 1) * size, j * size : (j + 1) * size]
        alone[tile] = image[tile]
        scores[i, j] = score(alone)
    return scores


def _filled(score, image: np.ndarray, size: int, fill: float) -> np.ndarray:
    return _covering(lambda x: score(np.where(x == 0, fill, x)) if x is not image else score(image), image, size)


_OCCLUSION_SOURCE = textwrap.dedent("""
    def occlusion_map(score, image, size):
        drops = np.zeros((image.shape[0] // size, image.shape[1] // size))
        for i, j in np.ndindex(drops.shape):
            covered = image.copy()
            covered[i * size : (i + 1) * size, j * size : (j + 1) * size] = 0
            drops[i, j] = score(image) - score(covered)
        return drops
""")

occlusion = Exercise(
    name="occlusion",
    answer_name="occlusion_map",
    stub="""
        def occlusion_map(score, image, size):
            return ...  # (H // size, W // size)
    """,
    solution_source=_OCCLUSION_SOURCE,
    hints=(
        "Two loops, one over rows of tiles and one over columns. What has to happen to the picture for each tile?",
        "Start every tile from image.copy(), set the tile to 0, and compare the two scores.",
        "covered[i * size : (i + 1) * size, j * size : (j + 1) * size] = 0; the drop is score(image) − score(covered).",
    ),
    diagnose=_diagnose_occlusion,
    mistakes=(
        Mistake(_OCCLUSION_SOURCE.replace("score(image) - score(covered)", "score(covered) - score(image)"), "sign"),
        Mistake(_OCCLUSION_SOURCE.replace("score(image) - score(covered)", "score(covered)"), "by how much"),
        Mistake(_OCCLUSION_SOURCE.replace("score(image) - score(covered)", "abs(score(image) - score(covered))"),
                "magnitude"),
        Mistake(_cumulative, "add up"),
        Mistake(_OCCLUSION_SOURCE.replace("image.copy()", "image"), "is no copy"),
        Mistake(_only_tile, "tile alone"),
        Mistake(lambda score, image, size: _covering(score, image, size).T, "should have shape"),
        Mistake(lambda score, image, size: np.zeros((image.shape[0] - size + 1, image.shape[1] - size + 1)),
                "should have shape"),
        Mistake(lambda score, image, size: np.ones((image.shape[0] // size, image.shape[1] // size)), "columns alike"),
    ),
)  # fmt: skip


# --- Grad-CAM ---------------------------------------------------------------------------------------------------------

_SLOPES = np.array([[0.2, 0.6], [-0.4, 0.4]])


def _diagnose_weight(answer: object) -> str:
    got = number(answer, "The weight")
    if close(got, 0.2):
        return "0.8 / 4 = 0.2: raise the whole map by 1 and the score rises by 0.8; a place's share of it is 0.2."
    for wrong, message in (
        (_SLOPES.sum(), "that is the sum. Grad-CAM takes the mean: divide by the four places."),
        (_SLOPES.max(), "that is the largest slope. The weight is the mean of all four."),
        (
            np.abs(_SLOPES).mean(),
            "that is the mean of the magnitudes, or of the positive slopes alone. Keep all four, with signs.",
        ),
        (_SLOPES.clip(0).mean(), "the negative slope was left out. ReLU comes at the very end, not here."),
    ):
        if close(got, wrong):
            raise Wrong(f"You got {got:g}: {message}")
    raise Wrong(f"You got {got:g}. Add the four slopes with their signs, 0.2 + 0.6 − 0.4 + 0.4, and divide by 4.")


cam_weight = Exercise(
    name="cam_weight",
    answer_name="weight",
    stub="""
        weight = ...
    """,
    solution_source="""
        weight = 0.2  # (0.2 + 0.6 - 0.4 + 0.4) / 4
    """,
    hints=(
        "One map gets one number: how the score follows this map, on the average over its places.",
        "The mean of the four slopes, with their signs.",
    ),
    diagnose=_diagnose_weight,
    mistakes=(
        Mistake(0.8, "the sum"),
        Mistake(0.6, "largest"),
        Mistake(0.4, "of the positive slopes alone"),
        Mistake(0.3, "left out"),
        Mistake(5, "divide by 4"),
    ),
)


def _cam(maps: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    return np.maximum((maps * gradients.mean(axis=(0, 1))).sum(axis=-1), 0)


def _diagnose_cam(answer: object) -> str:
    rng = np.random.default_rng(80)
    for shape in ((2, 3, 4), (4, 4, 2)):
        maps = rng.uniform(0, 2, shape).round(1)
        gradients = rng.normal(0, 1, shape).round(1)
        expected = _cam(maps, gradients)
        got = array(call(answer, maps, gradients), shape[:2], f"The heat map of maps with shape {shape}")
        if close(got, expected):
            continue
        case = f"For maps of shape {shape} the first row should be {show(expected[0].round(3))}; "
        case += f"yours is {show(got[0].round(3))}"
        weights = gradients.mean(axis=(0, 1))
        votes = maps @ weights
        for wrong, message in (
            (votes, "the negative places are still there. Set them to 0 at the end: np.maximum(votes, 0)."),
            (maps @ weights.clip(0), "the negative weights were dropped. ReLU acts on the sum, not on the weights."),
            (np.abs(votes), "a magnitude turns places that speak against the class into places that speak for it."),
            (votes.clip(0) * shape[0] * shape[1], "the slopes were summed over the places. The weight is their mean."),
            (
                (maps * gradients).sum(axis=-1).clip(0),
                "each place was multiplied by its own slope. Grad-CAM first takes the mean slope of each map.",
            ),
            (maps.mean(axis=-1), "the slopes are not used: that is the mean map, the same for every class."),
            (votes.clip(0) / shape[-1], "you took the mean over the maps. Add them."),
            (
                (maps * gradients.mean(axis=-1, keepdims=True)).sum(axis=-1).clip(0),
                "the mean was taken over the maps. A weight belongs to a map: average over its places, axes 0 and 1.",
            ),
        ):
            if close(got, wrong):
                raise Wrong(f"{case}: {message}")
        raise Wrong(f"{case}. Weights: mean over axes 0 and 1. Then multiply, add over the maps, and clip at 0.")
    return "That is Grad-CAM: one weight a map, one sum a place, and what is left above zero."


cam = Exercise(
    name="cam",
    answer_name="heat_map",
    stub="""
        def heat_map(maps, gradients):
            return ...  # (h, w)
    """,
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
    diagnose=_diagnose_cam,
    mistakes=(
        Mistake(lambda maps, gradients: maps @ gradients.mean(axis=(0, 1)), "negative places"),
        Mistake(lambda maps, gradients: maps @ gradients.mean(axis=(0, 1)).clip(0), "negative weights"),
        Mistake(lambda maps, gradients: np.abs(maps @ gradients.mean(axis=(0, 1))), "magnitude"),
        Mistake(lambda maps, gradients: (maps @ gradients.sum(axis=(0, 1))).clip(0), "summed over the places"),
        Mistake(lambda maps, gradients: (maps * gradients).sum(axis=-1).clip(0), "own slope"),
        Mistake(lambda maps, gradients: maps.mean(axis=-1), "not used"),
        Mistake(lambda maps, gradients: (maps * gradients.mean(axis=(0, 1))).mean(axis=-1).clip(0), "Add them"),
        Mistake(
            lambda maps, gradients: (maps * gradients.mean(axis=-1, keepdims=True)).sum(axis=-1).clip(0),
            "taken over the maps",
        ),
        Mistake(lambda maps, gradients: np.zeros(maps.shape[:2]), "mean over axes 0 and 1"),
        Mistake(lambda maps, gradients: gradients.mean(axis=(0, 1)), "should have shape"),
    ),
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
    stub="""
        strongest_evidence = ...  # "a", "b", "c" or "d"
    """,
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
    ),
)
