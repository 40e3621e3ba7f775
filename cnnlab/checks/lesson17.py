"""The exercises of lesson 17: usable files, safe names, a split by patient, error bars, recall, a threshold, a bug."""

from __future__ import annotations

import textwrap

import numpy as np

from cnnlab.checks._exercise import Exercise, Mistake, Wrong, array, call, close, number, show

# --- what is left of an archive ---------------------------------------------------------------------------------------

_USABLE = (4, 2)
_USABLE_MISREADINGS = {
    (5, 2): "dogs/3.jpg has the pixels of dogs/1.jpg. It is one picture under two names, and counts once.",
    (6, 2): "an empty file is no picture, and a copy is no second picture.",
    (3, 2): "dogs/2.png is a good picture with a wrong name. Its bytes say what it is, and it is read.",
    (4, 3): "the folder birds is empty. A class without pictures cannot be learnt, and is no class.",
    (5, 3): "the copy counts once, and the empty folder birds is no class.",
    (4, 4): "pets is the folder around everything, and birds is empty. Neither is a class.",
    (2, 4): "asked for are first the pictures, then the classes.",
    (7, 2): "what begins with a dot is a system's own file, whatever it ends in. Look at the last line, too.",
}


def _diagnose_usable(answer: object) -> str:
    values = array(answer, (2,), "The answer (pictures, classes)")
    got = tuple(values.tolist())
    if got == _USABLE:
        return "Two cats and two dogs: dogs/2.png is read in spite of its name, and birds is no class."
    if got in _USABLE_MISREADINGS:
        raise Wrong(f"You gave {tuple(map(int, got))}: {_USABLE_MISREADINGS[got]}")
    raise Wrong(
        f"You gave {show(values)}. Go through the lines: cats/1 and cats/2 are pictures, dogs/1 is one, dogs/2 is one "
        "with a wrong name, dogs/3 a copy, dogs/4 empty. The others are no pictures."
    )


usable = Exercise(
    name="usable",
    answer_name="usable",
    stub="""
        usable = ...  # (pictures, classes)
    """,
    solution_source="""
        usable = (4, 2)  # cats/1, cats/2, dogs/1, dogs/2; cats and dogs
    """,
    hints=(
        "Cross out what is no picture at all, then what is there twice.",
        "An ending is only a name. dogs/2.png is a good JPEG, and dogs/4.jpg has nothing in it.",
        "Pictures: cats/1, cats/2, dogs/1, dogs/2. Which folders have at least one?",
    ),
    diagnose=_diagnose_usable,
    mistakes=(
        Mistake((5, 2), "one picture under two names"),
        Mistake((6, 2), "no second picture"),
        Mistake((3, 2), "wrong name"),
        Mistake((4, 3), "birds is empty"),
        Mistake((2, 4), "first the pictures"),
        Mistake((7, 2), "begins with a dot"),
        Mistake((10, 5), "Go through the lines"),
        Mistake(4, "should have shape (2,)"),
    ),
)


# --- a safe name ------------------------------------------------------------------------------------------------------

_NAMES = (
    ("cats/1.jpg", True, ""),
    ("cats/kittens/1.jpg", True, "a folder within a folder is fine"),
    ("../1.jpg", False, "it climbs out of the folder"),
    ("cats/../../1.jpg", False, "it climbs twice from one folder down: one step too many. Look at every part"),
    ("/etc/passwd", False, "it begins at the root of the disk"),
    ("C:/1.jpg", False, "it names a drive of Windows"),
    ("c:1.jpg", False, "a drive needs no slash behind it: c:1.jpg is a file on drive C"),
    ("cats\\..\\..\\1.jpg", False, "some programs write backslashes, and Windows takes them for separators"),
    ("\\1.jpg", False, "with backslashes, too, a path can begin at the root"),
    ("cats/holiday..2024.jpg", True, "two dots within a name climb nowhere: only a part that *is* '..' does"),
    ("cats/..1.jpg", True, "two dots at the beginning of a name climb nowhere: only a part that *is* '..' does"),
)


def _diagnose_stays_inside(answer: object) -> str:
    for name, inside, why in _NAMES:
        got = call(answer, name)
        if not isinstance(got, (bool, np.bool_)):
            raise Wrong(f"Return True or False. For {name!r} you returned {show(got)}.")
        if bool(got) != inside:
            what = "stays inside, and you refuse it" if inside else "must be refused, and you let it through"
            raise Wrong(f"{name!r} {what}" + (f": {why}." if why else ": it is a plain name in a folder."))
    return "Eleven names, and none gets past you. The library also refuses links, devices, bombs and locked members."


_INSIDE_SOURCE = textwrap.dedent(
    """
        def stays_inside(name):
            name = name.replace("\\\\", "/")
            drive = name[1:2] == ":"
            return not (name.startswith("/") or drive or ".." in name.split("/"))
    """
)
stays_inside = Exercise(
    name="stays_inside",
    answer_name="stays_inside",
    stub="""
        def stays_inside(name):
            return ...  # True or False
    """,
    solution_source=_INSIDE_SOURCE,
    hints=(
        "Three things lead out: a beginning at the root, a drive letter, and a part that is '..'.",
        "First replace backslashes by slashes: name.replace('\\\\', '/'). Then split at the slashes.",
        "'..' in name.split('/') asks for a part; '..' in name would ask for two dots anywhere.",
    ),
    diagnose=_diagnose_stays_inside,
    mistakes=(
        Mistake(lambda name: True, "climbs out"),
        Mistake(lambda name: not name.startswith(".."), "climbs twice"),
        Mistake(lambda name: ".." not in name.split("/"), "root of the disk"),
        Mistake(lambda name: not (name.startswith("/") or ".." in name.split("/")), "drive of Windows"),
        Mistake(
            lambda name: not (name.startswith("/") or name[1:3] == ":/" or ".." in name.split("/")),
            "needs no slash",
        ),
        Mistake(lambda name: not (name.startswith("/") or ":" in name or ".." in name.split("/")), "backslashes"),
        Mistake(lambda name: not (name[0] in "/\\" or ":" in name or ".." in name), "within a name"),
        Mistake(lambda name: "/" not in name, "folder"),
        Mistake(lambda name: "yes", "True or False"),
        Mistake(
            lambda name: (
                not (
                    name[0] in "/\\"
                    or ":" in name
                    or any(part.startswith("..") for part in name.replace("\\", "/").split("/"))
                )
            ),
            "at the beginning of a name",
        ),
    ),
)


# --- a split by patient -----------------------------------------------------------------------------------------------


def _patients(sizes: tuple[int, ...], seed: int) -> np.ndarray:
    names = [f"patient{n:02}" for n, size in enumerate(sizes) for _ in range(size)]
    return np.random.default_rng(seed).permutation(np.array(names))


def _diagnose_split(answer: object) -> str:
    for sizes, count in (((4, 4, 4, 4, 4), 2), ((1, 7, 2, 9, 3, 5), 2)):
        patients = _patients(sizes, seed=count)
        got = np.asarray(call(answer, patients, count, np.random.default_rng(0)))
        case = f"With {len(sizes)} patients and {len(patients)} pictures"
        if got.shape != patients.shape or got.dtype != bool:
            if got.dtype.kind == "U":
                raise Wrong(f"{case}: you returned names. Which pictures are theirs? np.isin(patients, names) says it.")
            raise Wrong(
                f"{case}, return {len(patients)} True or False, one a picture. Yours has shape {got.shape} and dtype "
                f"{got.dtype}."
            )
        if not got.any():
            raise Wrong(f"{case} and count = {count}: you hold nobody out.")
        if got.all():
            raise Wrong(f"{case} and count = {count}: you hold everybody out, and nobody is left to train on.")
        both = sorted(set(patients[got]) & set(patients[~got]))
        if both:
            raise Wrong(
                f"{case}: {len(both)} patients are on both sides, {both[0]} among them. You drew pictures. Draw "
                "patients, and take all of their pictures."
            )
        held = len(set(patients[got]))
        if held == len(sizes) - count:
            raise Wrong(f"{case} and count = {count}: you hold {held} out and keep {count}. Turn True and False round.")
        if held != count:
            raise Wrong(f"{case}: you hold {held} patients out; count = {count} were asked for.")
    patients = _patients((3,) * 12, seed=1)
    drawn = {tuple(sorted(set(patients[call(answer, patients, 4, np.random.default_rng(s))]))) for s in range(20)}
    odd = sorted({len(names) for names in drawn} - {4})
    if odd:
        raise Wrong(
            f"With 12 patients and count = 4 you once hold out {odd[0]}. Was somebody drawn twice? Draw from "
            "np.unique(patients), with replace=False."
        )
    if len(drawn) == 1:
        raise Wrong(
            "Whatever the random generator, you hold the same patients out: the first or last of a list. Files are "
            "often sorted by hospital or by date. Use rng.choice."
        )
    return "No patient is on both sides. The number that you measure now is about patients you have never seen."


_SPLIT_SOURCE = textwrap.dedent(
    """
        def split_by_patient(patients, count, rng):
            held_out = rng.choice(np.unique(patients), count, replace=False)
            return np.isin(patients, held_out)
    """
)


def _first_patients(patients: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    return np.isin(patients, np.unique(patients)[:count])


def _by_picture(patients: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    rows = rng.permutation(len(patients))[: len(patients) * count // len(np.unique(patients))]
    return np.isin(np.arange(len(patients)), rows)


def _with_doubles(patients: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    return np.isin(patients, np.unique(patients)[[0] * count])


split_by_patient = Exercise(
    name="split_by_patient",
    answer_name="split_by_patient",
    stub="""
        def split_by_patient(patients, count, rng):
            return ...  # one True or False a picture: True is held out
    """,
    solution_source=_SPLIT_SOURCE,
    hints=(
        "Draw patients, not pictures. Then ask of each picture whether its patient was drawn.",
        "np.unique(patients) lists each patient once, and rng.choice(…, count, replace=False) draws some.",
        "np.isin(patients, held_out) is True for every picture of a held-out patient.",
    ),
    diagnose=_diagnose_split,
    mistakes=(
        Mistake(_by_picture, "on both sides"),
        Mistake(_first_patients, "the same patients out"),
        Mistake(_SPLIT_SOURCE.replace("return np.isin", "return ~np.isin"), "Turn True and False round"),
        Mistake(
            "def split_by_patient(patients, count, rng):\n"
            "    return rng.choice(np.unique(patients), count, replace=False)",
            "you returned names",
        ),
        Mistake(_with_doubles, "were asked for"),
        Mistake(_SPLIT_SOURCE.replace(", replace=False", ""), "drawn twice"),
        Mistake(_SPLIT_SOURCE.replace("np.unique(patients)", "patients"), "drawn twice"),
        Mistake(lambda patients, count, rng: np.zeros(len(patients), bool), "nobody out"),
        Mistake(lambda patients, count, rng: np.ones(len(patients), bool), "everybody out"),
        Mistake(lambda patients, count, rng: np.arange(count), "one a picture"),
    ),
)


# --- an error bar -----------------------------------------------------------------------------------------------------


def _diagnose_error(answer: object) -> str:
    got = number(answer, "The standard error")
    p, n = 0.9, 50
    if close(got, 0.04):
        raise Wrong("You got 0.04: rounded too far. Give three digits.")
    if close(got, np.sqrt(p * (1 - p) / n)) or abs(got - 0.042) < 6e-4:
        return "0.042: with 50 pictures, 0.90 may as well be 0.86 or 0.94. Two networks 3 points apart are a draw here."
    for wrong, message in (
        (p * (1 - p) / n, "that is the variance. Take its square root."),
        (np.sqrt(p * (1 - p)), "that is the spread of one single picture. Divide by n under the root."),
        (np.sqrt(p / n), "1 − p is missing under the root."),
        (np.sqrt(p * (1 - p) / 45), "divide by all 50 pictures, not by the 45 right ones."),
        (4.2426, "that is in points of percent. As a share of one it is a hundredth of it."),
        (1 / np.sqrt(n), "that is the rule of thumb 1/√n, for a share near one half and two standard errors."),
        (2 * np.sqrt(p * (1 - p) / n), "that is two standard errors. Asked for is one."),
    ):
        if abs(got - wrong) < max(1e-3, 0.02 * wrong):
            raise Wrong(f"You got {got:g}: {message}")
    raise Wrong(f"You got {got:g}. p = 45/50 = 0.9 and n = 50: take the root of 0.9 · 0.1 / 50.")


error_bar = Exercise(
    name="error_bar",
    answer_name="error_bar",
    stub="""
        error_bar = ...
    """,
    solution_source="""
        error_bar = (0.9 * 0.1 / 50) ** 0.5  # 0.042
    """,
    hints=(
        "The formula is √(p(1 − p)/n). What are p and n?",
        "p = 45/50 = 0.9, n = 50.",
        "√(0.9 · 0.1 / 50) = √0.0018.",
    ),
    diagnose=_diagnose_error,
    mistakes=(
        Mistake(0.0018, "square root"),
        Mistake(0.3, "one single picture"),
        Mistake((0.9 / 50) ** 0.5, "1 − p is missing"),
        Mistake((0.09 / 45) ** 0.5, "not by the 45"),
        Mistake(0.04, "rounded too far"),
        Mistake(4.24, "percent"),
        Mistake(4.2, "percent"),
        Mistake(50**-0.5, "rule of thumb"),
        Mistake(0.085, "two standard errors"),
        Mistake(0.9, "take the root of"),
    ),
)


# --- precision and recall ---------------------------------------------------------------------------------------------

_MATRICES = (np.array([[8, 2], [1, 9]]), np.array([[5, 3, 2], [0, 6, 4], [1, 0, 9]]))


def _diagnose_scores(answer: object) -> str:
    for matrix in _MATRICES:
        classes = len(matrix)
        right, said, there = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
        result = call(answer, matrix)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise Wrong(f"Return two arrays, precision and recall. You returned {show(result)}.")
        precision, recall = (
            array(part, (classes,), f"The {name} of {classes} classes")
            for part, name in zip(result, ("precision", "recall"), strict=True)
        )
        if close(precision, right / said) and close(recall, right / there):
            continue
        case = f"For the matrix {matrix.tolist()}"
        if close(precision, right / there) and close(recall, right / said):
            raise Wrong(
                f"{case} the two are swapped. Rows are the truth: a row sums to the pictures of the class, and recall "
                "divides by that."
            )
        if close(precision, right / matrix.sum()) or close(recall, right / matrix.sum()):
            raise Wrong(f"{case} you divided by all pictures. Precision divides by a column's sum, recall by a row's.")
        if close(precision, recall):
            raise Wrong(f"{case} precision and recall are the same array. Divide once by columns and once by rows.")
        raise Wrong(
            f"{case} precision should be {show((right / said).round(3))} and recall {show((right / there).round(3))}; "
            f"yours are {show(precision.round(3))} and {show(recall.round(3))}. On top of both stands the diagonal."
        )
    return "The diagonal over the column: what an answer is worth. The diagonal over the row: how much is found."


_SCORES_SOURCE = textwrap.dedent(
    """
        def precision_recall(matrix):
            right = np.diag(matrix)
            return right / matrix.sum(axis=0), right / matrix.sum(axis=1)
    """
)
precision_recall = Exercise(
    name="precision_recall",
    answer_name="precision_recall",
    stub="""
        def precision_recall(matrix):
            return ...  # two arrays, one number a class
    """,
    solution_source=_SCORES_SOURCE,
    hints=(
        "Both have the right answers, np.diag(matrix), on top. What is below?",
        "Precision: of all that was *said* to be the class, a column. Recall: of all that *is* the class, a row.",
        "A column's sum is matrix.sum(axis=0), a row's is matrix.sum(axis=1).",
    ),
    diagnose=_diagnose_scores,
    mistakes=(
        Mistake(_SCORES_SOURCE.replace("axis=0", "axis=2").replace("axis=1", "axis=0").replace("axis=2", "axis=1"),
                "swapped"),
        Mistake(_SCORES_SOURCE.replace("(axis=0)", "()").replace("(axis=1)", "()"), "divided by all"),
        Mistake(_SCORES_SOURCE.replace("axis=0", "axis=1"), "same array"),
        Mistake(lambda matrix: np.diag(matrix) / matrix.sum(axis=0), "Return two arrays"),
        Mistake(lambda matrix: (np.trace(matrix) / matrix.sum(), 1.0), "should have shape"),
        Mistake(lambda matrix: (matrix[0] / matrix.sum(axis=0), matrix[1] / matrix.sum(axis=1)), "the diagonal"),
    ),
)  # fmt: skip


# --- a threshold ------------------------------------------------------------------------------------------------------

_ILL = np.array([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], bool)
_SCORE = np.array([0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.4, 0.1, 0.88, 0.55, 0.5, 0.45, 0.3, 0.2, 0.15, 0.05])
_RECALLS = ((0.75, 0.6), (0.8, 0.4), (1.0, 0.1), (0.5, 0.8))


def _diagnose_threshold(answer: object) -> str:
    for wanted, best in _RECALLS:
        got = number(call(answer, _SCORE, _ILL, wanted), "The threshold")
        if close(got, best):
            continue
        found = int((_ILL & (got <= _SCORE)).sum())
        case = f"For a recall of {wanted:g} you said {got:g}: {found} of the 8 ill are found"
        ranked = np.sort(_SCORE)[::-1]
        if close(got, wanted):
            raise Wrong(
                f"{case}. A recall is a share of the ill, a threshold a probability: they are different scales."
            )
        if any(close(got, ranked[k]) for k in (int(np.ceil(wanted * 16)) - 1,)) and not close(got, best):
            raise Wrong(f"{case}. You counted the healthy as well. Recall is about the ill alone: look at score[ill].")
        if found < wanted * 8:
            raise Wrong(f"{case}, and that is too few: {wanted:g} · 8 = {8 * wanted:g} are wanted, so round up.")
        raise Wrong(f"{case}. That is enough, but a higher threshold would do too and alarm fewer healthy people.")
    return (
        "The lowest score among the ill that must be found. What you pay for it is precision: count the false alarms."
    )


_THRESHOLD_SOURCE = textwrap.dedent(
    """
        def threshold_for(score, ill, recall):
            scores = np.sort(score[ill])[::-1]  # of the ill, the highest first
            needed = int(np.ceil(recall * len(scores)))
            return scores[needed - 1]
    """
)
threshold_for = Exercise(
    name="threshold_for",
    answer_name="threshold_for",
    stub="""
        def threshold_for(score, ill, recall):
            return ...  # the highest threshold that finds enough of the ill
    """,
    solution_source=_THRESHOLD_SOURCE,
    hints=(
        "Only the ill count for recall: score[ill]. How many of them must be found?",
        "With 8 ill and recall 0.8, 6.4 must be found, so 7. The threshold is the seventh highest score among the ill.",
        "np.sort(score[ill])[::-1][needed - 1], with needed = int(np.ceil(recall * number of ill)).",
    ),
    diagnose=_diagnose_threshold,
    mistakes=(
        Mistake(lambda score, ill, recall: recall, "different scales"),
        Mistake(_THRESHOLD_SOURCE.replace("np.ceil", "np.floor"), "round up"),
        Mistake(_THRESHOLD_SOURCE.replace("score[ill]", "score"), "You counted the healthy"),
        Mistake(lambda score, ill, recall: 0.0, "a higher threshold would do"),
        Mistake(lambda score, ill, recall: np.min(score[ill]), "a higher threshold would do"),
        Mistake(lambda score, ill, recall: np.max(score), "too few"),
        Mistake(lambda score, ill, recall: score >= recall, "one number"),
    ),
)


# --- find the bugs ----------------------------------------------------------------------------------------------------


class _Recorder:
    """Stands in for a model: notes what it is given, and answers by the picture's brightness and colour order."""

    def __init__(self) -> None:
        self.given: list[np.ndarray] = []

    def __call__(self, pictures: object, training: bool = False) -> np.ndarray:
        pictures = np.asarray(pictures, dtype=float)
        self.given.append(pictures)
        rows = pictures if pictures.ndim == 4 else pictures[None]
        levels = [rows[..., channel].mean(axis=(1, 2)) for channel in range(rows.shape[-1])]
        raised = np.exp(4 * np.stack(levels[:3], axis=-1) / max(1.0, rows.max()))
        return raised / raised.sum(axis=-1, keepdims=True)

    def predict(self, pictures: object, **options: object) -> np.ndarray:
        return self(pictures)


def _diagnose_answer(answer: object) -> str:
    names = ["ring", "clear", "grain"]  # in the order of the outputs, which is not that of the alphabet
    for channel in (0, 1, 2):
        picture = np.full((4, 5, 3), 40, np.uint8)
        picture[..., channel] = 200
        picture[..., (channel + 1) % 3] = 80
        model = _Recorder()
        got = call(answer, model, picture, names)
        if not model.given:
            raise Wrong("The model was never asked. Call model.predict on the picture.")
        seen = model.given[-1]
        if seen.shape != (1, 4, 5, 3):
            raise Wrong(
                f"The model was given shape {seen.shape}. It takes a batch, (N, H, W, 3): put the picture into one "
                "with picture[None]."
            )
        if seen.max() > 1:
            raise Wrong(
                f"The model was given values up to {seen.max():g}. It was trained on 0 … 1. Divide the bytes by 255, "
                "as for training."
            )
        if seen.max() < 0.1:
            raise Wrong(f"The model was given values up to {seen.max():.2g}. Did you divide by 255 twice?")
        if not np.allclose(seen[0], picture / 255, atol=1e-3):
            raise Wrong("The model was given another picture than this one, divided by 255.")
        probabilities = model(seen)[0]
        name, sure = names[channel], float(probabilities[channel])
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            raise Wrong(f"Return the name and its probability, such as ('ring', 0.9). You returned {show(got)}.")
        said, share = got
        case = f"The model's probabilities are {show(probabilities.round(2))} for {names}"
        if isinstance(said, (int, np.integer)):
            raise Wrong(f"{case}. You returned the index {said}. Whoever uses this wants the name.")
        if said != name:
            if said == sorted(names)[channel]:
                raise Wrong(
                    f"{case}, and you said {said!r}. You sorted the names. The outputs have the order in which the "
                    "model was trained, and no other."
                )
            if said == names[int(probabilities.argmin())]:
                raise Wrong(f"{case}, and you said {said!r}: that is the least likely one.")
            raise Wrong(f"{case}, so the answer is {name!r}. You said {show(said)}.")
        if not close(number(share, "The probability"), sure):
            raise Wrong(f"{case}. The probability of {name!r} is {sure:.3f}; you returned {show(share)}.")
    return (
        "A batch of one, the range of training, the order of training. That is all it takes, and all that goes wrong."
    )


_ANSWER_SOURCE = textwrap.dedent(
    """
        def answer(model, picture, class_names):
            probabilities = np.asarray(model.predict(picture[None] / 255, verbose=0))[0]
            best = int(probabilities.argmax())
            return class_names[best], float(probabilities[best])
    """
)
answer = Exercise(
    name="answer",
    answer_name="answer",
    stub="""
        def answer(model, picture, class_names):
            return ...  # (name, probability)
    """,
    solution_source=_ANSWER_SOURCE,
    hints=(
        "What shape and which range did the pictures have in training? This one is (H, W, 3), bytes.",
        "model.predict(picture[None] / 255, verbose=0) has shape (1, classes).",
        "Take row 0, its argmax, and the name at that place. Leave the names in their order.",
    ),
    diagnose=_diagnose_answer,
    mistakes=(
        Mistake(_ANSWER_SOURCE.replace(" / 255", ""), "0 … 1"),
        Mistake(_ANSWER_SOURCE.replace("/ 255", "/ 255 / 255"), "twice"),
        Mistake(_ANSWER_SOURCE.replace("picture[None]", "picture"), "takes a batch"),
        Mistake(_ANSWER_SOURCE.replace("class_names[best]", "sorted(class_names)[best]"), "sorted the names"),
        Mistake(_ANSWER_SOURCE.replace("class_names[best]", "best"), "index"),
        Mistake(_ANSWER_SOURCE.replace("argmax", "argmin"), "least likely"),
        Mistake(_ANSWER_SOURCE.replace(", float(probabilities[best])", ""), "name and its probability"),
        Mistake(_ANSWER_SOURCE.replace("float(probabilities[best])", "1.0"), "The probability of"),
        Mistake(_ANSWER_SOURCE.replace("picture[None]", "picture[None, :, :, ::-1]"), "another picture"),
        Mistake(lambda model, picture, class_names: (class_names[0], 1.0), "never asked"),
    ),
)
