"""The exercises of lesson 17: usable files, safe names, a split by patient, error bars, recall, a threshold, a bug."""

from __future__ import annotations

import numpy as np

from cnnlab.checks.answers import Wrong, array, call, close, number, parts, read, show
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Case, InTurn, Misreading
from cnnlab.checks.summary import Summary

# --- what is left of an archive ---------------------------------------------------------------------------------------

usable = Exercise(
    name="usable",
    solution_source="usable = (4, 2)  # cats/1, cats/2, dogs/1, dogs/2; cats and dogs",
    hints=(
        "Cross out what is no picture at all, then what is there twice.",
        "An ending is only a name. dogs/2.png is a good JPEG, and dogs/4.jpg has nothing in it.",
        "Pictures: cats/1, cats/2, dogs/1, dogs/2. Which folders have at least one?",
    ),
    diagnose=ByValue(
        truth=(4, 2),
        misreadings={
            (5, 2): "one too many. dogs/3.jpg has the pixels of dogs/1.jpg and counts once with it; dogs/4.jpg, with "
            "nothing in it, does not count at all.",
            (6, 2): "two too many. An empty file is no picture, and a copy is no second picture.",
            (3, 2): "one is missing. dogs/2.png is a good picture with a wrong name: its bytes say what it is, and it "
            "is read. And of a picture and its copy one stays.",
            (4, 3): "the pictures are right. Of the folders, pets is the one around everything, and birds is empty: a "
            "class without pictures cannot be learnt.",
            (5, 3): "a picture and a class too many: of a copy and its original one counts, an empty file does not, "
            "and the empty folder birds is no class.",
            (4, 4): "the pictures are right. pets is the folder around everything, and birds is empty. Neither is a "
            "class.",
            (2, 4): "asked for are first the pictures, then the classes.",
            (7, 2): "what begins with a dot is a system's own file, whatever it ends in. Look at the last line, too, "
            "at the copy, and at the file of 0 bytes.",
        },
        otherwise="Go through the lines: cats/1 and cats/2 are pictures, dogs/1 is one, dogs/2 is one with a wrong "
        "name, dogs/3 a copy, dogs/4 empty. The others are no pictures.",
        praise="Two cats and two dogs: dogs/2.png is read in spite of its name, and birds is no class.",
        said="You gave ({}, {})",
        take=lambda answer: array(answer, (2,), "The answer (pictures, classes)"),
    ),
    mistakes=(
        Mistake((5, 2.0), "does not count at all"),
        Mistake((5, ...), "one too many"),
        Mistake((10, 5), "Go through the lines"),
        Mistake(4, "should have shape (2,)"),
    ),
    why="Bytes make a picture, a name does not. A copy adds nothing that is not there already, and with one half in "
    "training and the other in validation it would even flatter the result. A class is known by its pictures "
    "alone, so an empty folder is none.",
)


# --- a safe name ------------------------------------------------------------------------------------------------------

_NAMES = (
    ("cats/1.jpg", True, ""),
    ("cats/kittens/1.jpg", True, "a folder within a folder is fine"),
    ("../1.jpg", False, "it climbs out of the folder"),
    ("..", False, "it is the folder above itself: no slash is needed for that"),
    ("cats/../../1.jpg", False, "it climbs twice from one folder down: one step too many. Look at every part"),
    ("cats/../..", False, "it ends with the step out: look at the last part, too"),
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
    return "Thirteen names, and none gets past you. The library also refuses links, devices, bombs and locked members."


_INSIDE_SOURCE = """
def stays_inside(name):
    name = name.replace("\\\\", "/")
    drive = name[1:2] == ":"
    return not (name.startswith("/") or drive or ".." in name.split("/"))
"""

stays_inside = Exercise(
    name="stays_inside",
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
        Mistake(lambda name: not (name.startswith("..") or name.endswith("..")), "climbs twice"),
        Mistake(lambda name: ".." not in name.split("/"), "root of the disk"),
        Mistake(lambda name: not (name.startswith("/") or ".." in name.split("/")), "drive of Windows"),
        Mistake(
            lambda name: not (name.startswith("/") or name[1:3] == ":/" or ".." in name.split("/")), "needs no slash"
        ),
        Mistake(lambda name: not (name.startswith("/") or ":" in name or ".." in name.split("/")), "backslashes"),
        Mistake(lambda name: not (name[0] in "/\\" or ":" in name or ".." in name), "within a name"),
        Mistake(lambda name: "/" not in name, "folder"),
        Mistake(lambda name: "yes", "True or False"),
        Mistake(_INSIDE_SOURCE.replace('".." in name.split("/")', '"../" in name'), "no slash"),
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
    why="A path is walked part by part, and each part '..' is a step up, wherever it stands. A root or a drive at the "
    "beginning starts the walk elsewhere, and the folder in front no longer counts. Dots inside a longer name are "
    "letters like others.",
)


# --- a split by patient -----------------------------------------------------------------------------------------------


def _patients(sizes: tuple[int, ...], seed: int) -> np.ndarray:
    names = [f"patient{n:02}" for n, size in enumerate(sizes) for _ in range(size)]
    return np.random.default_rng(seed).permutation(np.array(names))


def _flags(got: object, patients: np.ndarray, case: str) -> np.ndarray:
    """The answer as an array of one flag a picture, or `Wrong` with what it is instead."""
    if isinstance(got, (set, dict)) or not np.iterable(got):
        raise Wrong(f"Return one True or False a picture, {len(patients)} of them. You returned {show(got)}.")
    try:
        got = np.asarray(got)
    except ValueError:
        raise Wrong(f"Return one True or False a picture. The rows of yours differ in length: {show(got)}.") from None
    if got.shape == patients.shape and got.dtype == bool:
        return got
    if got.dtype.kind == "U":
        raise Wrong(f"{case}: you returned names. Which pictures are theirs? np.isin(patients, names) says it.")
    if got.shape == patients.shape and np.isin(got, (0, 1)).all():
        raise Wrong(
            f"{case}: yours are the numbers 0 and 1. As an index these mean picture 0 and picture 1: return True and "
            "False, with .astype(bool)."
        )
    raise Wrong(
        f"{case}, return {len(patients)} True or False, one for each picture. Yours has shape {got.shape} and dtype "
        f"{got.dtype}."
    )


def _whole_patients(answer: object) -> None:
    """Raise `Wrong` unless all pictures of as many patients as asked for are held out."""
    for sizes, count in (((4, 4, 4, 4, 4, 4), 2), ((1, 7, 2, 9, 3, 5, 6), 2)):  # held out 2, or 3 with one too many
        patients = _patients(sizes, seed=count)
        case = f"With {len(sizes)} patients and {len(patients)} pictures"
        got = _flags(call(answer, patients, count, np.random.default_rng(0)), patients, case)
        if not got.any():
            raise Wrong(f"{case} and count = {count}: you hold nobody out.")
        if got.all():
            raise Wrong(f"{case} and count = {count}: you hold everybody out, and nobody is left to train on.")
        both = sorted(set(patients[got]) & set(patients[~got]))
        if both:
            raise Wrong(
                f"{case}: {both[0]} is on both sides{f', and {len(both) - 1} more' * (len(both) > 1)}. You drew "
                "pictures. Draw patients, and take all of their pictures."
            )
        held = len(set(patients[got]))
        if held == len(sizes) - count:
            raise Wrong(f"{case} and count = {count}: you hold {held} out and keep {count}. Turn True and False round.")
        if held != count:
            raise Wrong(f"{case}: you hold {held} patients out; count = {count} were asked for.")


def _at_random(answer: object) -> str:
    """Raise `Wrong` unless the patients are drawn, each by itself, with the generator that is handed in."""
    patients = _patients((3,) * 12, seed=1)
    draws = [np.asarray(call(answer, patients, 4, np.random.default_rng(s))) for s in range(20)]
    drawn = {tuple(sorted(set(patients[draw]))) for draw in draws}
    odd = sorted({len(names) for names in drawn} - {4})
    if odd:
        raise Wrong(
            f"With 12 patients and count = 4 you once hold out {odd[0]}. Was somebody drawn twice? Draw from "
            "np.unique(patients), with replace=False."
        )
    twice = [np.asarray(call(answer, patients, 4, np.random.default_rng(7))).tolist() for _ in range(2)]
    if twice[0] != twice[1]:
        raise Wrong(
            "From two generators with one seed you draw two different splits, so you draw from another generator. Use "
            "the rng that is handed in: whoever repeats your experiment needs the same patients."
        )
    if len(drawn) == 1:
        raise Wrong(
            "Whatever the random generator, you hold the same patients out: the first or last of a list, or always one "
            "draw. Files are often sorted by hospital or by date. Use rng.choice, with the rng that is handed in."
        )
    places = [np.flatnonzero(np.isin(np.unique(patients), names)) for names in drawn]
    if all((np.diff(place) == 1).all() for place in places):
        raise Wrong(
            "You hold out neighbours of the list, and only where they begin is drawn. Files are often sorted by "
            "hospital or by date: draw each patient at random."
        )
    return "No patient is on both sides. The number that you measure now is about patients you have never seen."


_SPLIT_SOURCE = """
def split_by_patient(patients, count, rng):
    held_out = rng.choice(np.unique(patients), count, replace=False)
    return np.isin(patients, held_out)
"""
_DRAWN = "rng.choice(np.unique(patients), count, replace=False)"


def _block_of_patients(patients: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    names = np.unique(patients)
    begin = rng.integers(len(names) - count + 1)
    return np.isin(patients, names[begin : begin + count])


def _by_picture(patients: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    rows = rng.permutation(len(patients))[: len(patients) * count // len(np.unique(patients))]
    return np.isin(np.arange(len(patients)), rows)


split_by_patient = Exercise(
    name="split_by_patient",
    solution_source=_SPLIT_SOURCE,
    hints=(
        "Draw patients, not pictures. Then ask of each picture whether its patient was drawn.",
        "np.unique(patients) lists each patient once, and rng.choice(…, count, replace=False) draws some.",
        "np.isin(patients, held_out) is True for every picture of a held-out patient.",
    ),
    diagnose=InTurn(_whole_patients, _at_random),
    mistakes=(
        Mistake(_by_picture, "on both sides"),
        Mistake(_SPLIT_SOURCE.replace(_DRAWN, "np.unique(patients)[:count]"), "the same patients out"),
        Mistake(_block_of_patients, "neighbours of the list"),
        Mistake(_SPLIT_SOURCE.replace("count, replace", "count + 1, replace"), "you hold 3 patients out"),
        Mistake(_SPLIT_SOURCE.replace("held_out)", "held_out).astype(int)"), "the numbers 0 and 1"),
        Mistake(_SPLIT_SOURCE.replace("rng.choice", "np.random.default_rng(0).choice"), "the same patients out"),
        Mistake(_SPLIT_SOURCE.replace("rng.choice", "np.random.default_rng().choice"), "another generator"),
        Mistake(_SPLIT_SOURCE.replace("return np.isin", "return ~np.isin"), "Turn True and False round"),
        Mistake(_SPLIT_SOURCE.replace("np.isin(patients, held_out)", "held_out"), "you returned names"),
        Mistake(_SPLIT_SOURCE.replace(_DRAWN, "np.unique(patients)[[0] * count]"), "were asked for"),
        Mistake(_SPLIT_SOURCE.replace(", replace=False", ""), "drawn twice"),
        Mistake(_SPLIT_SOURCE.replace("np.unique(patients)", "patients"), "drawn twice"),
        Mistake(lambda patients, count, rng: np.zeros(len(patients), bool), "nobody out"),
        Mistake(lambda patients, count, rng: np.ones(len(patients), bool), "everybody out"),
        Mistake(lambda patients, count, rng: np.arange(count), "one for each picture"),
    ),
    why="A measurement is about what was new in it. Pictures of one patient resemble one another, so a patient on both "
    "sides is half known; whole patients held out are as new as those to come. A random draw keeps the file's own "
    "order, by date or by hospital, out of it.",
)


# --- an error bar -----------------------------------------------------------------------------------------------------

_ERROR = (0.9 * 0.1 / 50) ** 0.5


def _as_good_as(got: float, value: float) -> bool:
    """The right one to three digits, or with n - 1 instead of n, as a sample's variance is often estimated."""
    if value == _ERROR:
        return abs(got - 0.042) < 6e-4 or abs(got - (0.9 * 0.1 / 49) ** 0.5) < 2e-4
    return abs(got - value) < max(1e-3, 0.02 * value)


error_bar = Exercise(
    name="error_bar",
    solution_source="error_bar = (0.9 * 0.1 / 50) ** 0.5  # 0.042",
    hints=(
        "The formula is √(p(1 − p)/n). What are p and n?",
        "p = 45/50 = 0.9, n = 50.",
        "√(0.9 · 0.1 / 50) = √0.0018.",
    ),
    diagnose=ByValue(
        truth=_ERROR,
        misreadings={
            0.04: "rounded too far. Give three digits.",
            0.9 * 0.1: "that is p(1 − p). Divide by n, and take the root.",
            0.9 * 0.1 / 50: "that is the variance. Take its square root.",
            0.3: "that is the spread of one single picture. Divide by n under the root.",
            (0.9 / 50) ** 0.5: "1 − p is missing under the root.",
            (0.9 * 0.1 / 45) ** 0.5: "divide by all 50 pictures, not by the 45 right ones.",
            100 * _ERROR: "that is in points of percent. As a share of one it is a hundredth of it.",
            50**-0.5: "that is the rule of thumb 1/√n, for a share near one half and two standard errors.",
            2 * _ERROR: "that is two standard errors. Asked for is one.",
        },
        otherwise=lambda got: f"You got {read(got)}. p = 45/50 = 0.9 and n = 50: take the root of 0.9 · 0.1 / 50.",
        praise="0.042: with 50 pictures, a network measured at 0.90 may as well be one of 0.86 or 0.94.",
        take=lambda answer: number(answer, "The standard error"),
        same=_as_good_as,
    ),
    mistakes=(Mistake(4.2, "percent"), Mistake(0.9, "take the root of")),
    why="Each picture is one trial that succeeds with probability p, and its variance is p(1 − p). The mean of n "
    "independent trials has an nth of that, and the root brings it back to the unit of p. Therefore the error "
    "shrinks only as fast as √n grows.",
)


# --- precision and recall ---------------------------------------------------------------------------------------------


def _two_arrays(result: object, right: np.ndarray, what: str) -> np.ndarray:
    names = ("precision", "recall")
    bundled = parts(result, names)
    if np.ndim(bundled[0]) == 0 and np.ndim(bundled[1]) == 0:
        raise Wrong(f"{what} should be two arrays, precision and recall, with a number for each class in both.")
    pairs = zip(bundled, names, strict=True)
    return np.stack([array(part, right[0].shape, f"{what}, {name},", finite=False) for part, name in pairs])


def _scores(matrix: np.ndarray) -> np.ndarray:
    """Precision and recall of each class, (2, classes)."""
    return np.diag(matrix) / np.stack([matrix.sum(axis=0), matrix.sum(axis=1)])


_SCORES = ByCases(
    truth=_scores,
    cases=(
        (np.array([[8, 2], [1, 9]]),),
        (np.array([[5, 3, 2], [0, 6, 4], [1, 0, 9]]),),
        (np.array([[9, 1, 0, 4], [2, 3, 0, 0], [5, 1, 7, 3], [0, 0, 1, 2]]),),
    ),
    misreadings=(
        Misreading(
            lambda matrix: _scores(matrix)[::-1],
            "the two are swapped. Rows are the truth: a row sums to the pictures of the class, and recall divides by "
            "that.",
        ),
        Misreading(
            lambda matrix: np.stack([np.diag(matrix) / matrix.sum()] * 2),
            "you divided by all pictures. Precision divides by a column's sum, recall by a row's.",
        ),
        Misreading(
            lambda matrix: np.stack([_scores(matrix)[0]] * 2),
            "both are the diagonal over the columns' sums. That is precision; recall divides by the rows' sums.",
        ),
        Misreading(
            lambda matrix: np.stack([_scores(matrix)[1]] * 2),
            "both are the diagonal over the rows' sums. That is recall; precision divides by the columns' sums.",
        ),
        Misreading(lambda matrix: 100 * _scores(matrix), "those are per cent. Asked for are shares of one, up to 1."),
        Misreading(lambda matrix: np.round(_scores(matrix), 2), "you rounded. Return the quotients as they are."),
        Misreading(
            lambda matrix: np.floor(_scores(matrix)), "the quotients were rounded down. Divide with /, not with //."
        ),
        Misreading(
            lambda matrix: np.stack([matrix.max(axis=0) / matrix.sum(axis=0), matrix.max(axis=1) / matrix.sum(axis=1)]),
            "on top stands the largest number, which need not be right. What is right stands on the diagonal.",
        ),
        Misreading(
            lambda matrix: 1 - _scores(matrix),
            "that is the share of what is wrong. On top stands the diagonal, what is right.",
        ),
    ),
    otherwise="On top of both stands the diagonal; below, for precision a column's sum, for recall a row's.",
    praise="The diagonal over the column: what an answer is worth. The diagonal over the row: how much is found.",
    take=_two_arrays,
)

precision_recall = Exercise(
    name="precision_recall",
    solution_source="""
        def precision_recall(matrix):
            right = np.diag(matrix)
            return right / matrix.sum(axis=0), right / matrix.sum(axis=1)
    """,
    hints=(
        "Both have the right answers, np.diag(matrix), on top. What is below?",
        "Precision: of all that was *said* to be the class, a column. Recall: of all that *is* the class, a row.",
        "A column's sum is matrix.sum(axis=0), a row's is matrix.sum(axis=1).",
    ),
    diagnose=_SCORES,
    mistakes=(
        Mistake(lambda matrix: np.diag(matrix) / matrix.sum(axis=0), "two arrays"),
        Mistake(lambda matrix: (np.trace(matrix) / matrix.sum(), 1.0), "two arrays"),
        Mistake(lambda matrix: (np.diag(matrix),), "2 things are expected"),
        Mistake(lambda matrix: (np.trace(matrix) / matrix.sum(), np.diag(matrix)), "precision, should have shape (2,)"),
        Mistake(lambda matrix: (matrix[0] / matrix.sum(axis=0), matrix[1] / matrix.sum(axis=1)), "stands the diagonal"),
    ),
    why="A column holds all that got one answer, so its share of hits says how far to believe that answer. A row holds "
    "all that truly are of one class, so its share says how many are found. The same hits are compared with two "
    "different crowds.",
)


# --- calibration ------------------------------------------------------------------------------------------------------


def _by_bins(gap=lambda right, sure, k: abs(right.mean() - sure.mean()), total=None, bins=np.ceil) -> object:
    """A calibration error from the `gap` of each bin; `total(gaps, counts)` instead of their weighted mean."""

    def error(sure: np.ndarray, right: np.ndarray) -> float:
        number = bins(sure * 10)
        kinds, counts = np.unique(number, return_counts=True)
        gaps = np.array([gap(right[number == k], sure[number == k], k) for k in kinds])
        return float(total(gaps, counts) if total else (gaps * counts).sum() / len(sure))

    return error


_CALIBRATION = ByCases(
    truth=_by_bins(),
    cases=(
        Case(
            np.array([0.86] * 5 + [0.6] * 5),
            np.array([1, 1, 0, 0, 0, 1, 1, 1, 1, 0], bool),
            words="With five answers of 0.86 and five of 0.6",
        ),
        Case(
            np.array([0.72, 0.95, 0.55, 0.97, 0.78, 0.99, 0.91, 0.58, 0.75]),
            np.array([1, 1, 0, 0, 0, 1, 1, 1, 1], bool),
            words="With nine answers in three bins",
        ),
        Case(
            np.array([0.9, 0.85, 0.95, 0.8, 0.5, 0.45]),
            np.array([0, 1, 1, 1, 0, 1], bool),
            words="With answers of 0.9, 0.85, 0.95, 0.8, 0.5 and 0.45",
        ),
        Case(np.array([0.62, 0.66, 0.64]), np.array([1, 1, 1], bool), words="With three answers in one bin, all right"),
    ),
    misreadings=(
        Misreading(
            _by_bins(total=lambda gaps, counts: gaps.mean()),
            "every bin counts the same with you. Weight each by the share of answers that lie in it.",
        ),
        Misreading(
            _by_bins(total=lambda gaps, counts: gaps.sum()), "you added the gaps. The mean over answers is meant."
        ),
        Misreading(
            _by_bins(total=lambda gaps, counts: gaps.sum() / 10),
            "you divided by ten bins. Weight each bin by the share of answers that lie in it.",
        ),
        Misreading(_by_bins(total=lambda gaps, counts: gaps.max()), "that is the largest gap. The mean is meant."),
        Misreading(
            lambda sure, right: abs(right.mean() - sure.mean()),
            "you compared the means over all answers. There, one bin's too much makes up for another's too little: "
            "compare bin by bin.",
        ),
        Misreading(
            lambda sure, right: np.abs(right - sure).mean(),
            "you compared answer by answer. A single answer is right or wrong, whatever was promised: compare the "
            "means of a bin.",
        ),
        Misreading(
            _by_bins(lambda right, sure, k: right.mean() - sure.mean()),
            "the gaps have a sign with you, and cancel each other. Take the absolute value in each bin.",
        ),
        Misreading(
            _by_bins(lambda right, sure, k: sure.mean() - right.mean()),
            "the gaps have a sign with you, and cancel each other. Take the absolute value in every bin.",
        ),
        Misreading(
            _by_bins(lambda right, sure, k: (right.mean() - sure.mean()) ** 2),
            "you squared the gaps. Their absolute values are meant.",
        ),
        Misreading(
            _by_bins(lambda right, sure, k: abs(right.mean() - (k - 0.5) / 10)),
            "you took the middle of the bin. Take the mean of the probabilities that were given.",
        ),
        Misreading(
            _by_bins(bins=np.floor),
            "your bins hold their lower edge. Here 0.9 belongs to the answers above 0.8: round up, with np.ceil.",
        ),
        Misreading(
            _by_bins(bins=np.round), "you rounded to the nearest tenth. A bin reaches from one tenth to the next."
        ),
        Misreading(
            _by_bins(lambda right, sure, k: right.mean()), "that is the accuracy. What was promised is missing."
        ),
        Misreading(lambda sure, right: 100 * _by_bins()(sure, right), "that is in per cent. A share of one is meant."),
    ),
    otherwise="In each bin: |share right − mean probability|, times the share of all answers that lie in it. Then add.",
    praise="A share of right answers beside a mean of promises, bin by bin, each bin as heavy as the answers in it.",
)

calibration_error = Exercise(
    name="calibration_error",
    solution_source="""
        def calibration_error(sure, right):
            error = 0.0
            bins = np.ceil(sure * 10)
            for number in np.unique(bins):
                inside = bins == number
                error += abs(right[inside].mean() - sure[inside].mean()) * inside.mean()
            return error
    """,
    hints=(
        "First find the bin of each answer; np.ceil(sure * 10) gives its number. Then go through the bins.",
        "The gap of a bin is abs(right[inside].mean() - sure[inside].mean()), with inside = bins == number.",
        "Multiply each gap by inside.mean(), the share of the answers in the bin, and add them up.",
    ),
    diagnose=_CALIBRATION,
    mistakes=(
        Mistake(lambda sure, right: np.ceil(sure * 10), "number"),
        Mistake(lambda sure, right: 1 - right.mean(), "Then add"),
        Mistake(lambda sure, right: _by_bins()(sure[:5], right[:5]), "Then add"),
    ),
    why="One answer is right or wrong and cannot show whether 0.9 was honest; many with the same promise can. So "
    "answers are gathered by their promise. Each bin counts as much as it has answers, or a bin with one lucky answer "
    "would weigh as much as one with a hundred.",
)


# --- a threshold ------------------------------------------------------------------------------------------------------

_ILL = np.array([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], bool)
_SCORE = np.array([0.8, 0.95, 0.1, 0.85, 0.7, 0.9, 0.4, 0.6, 0.88, 0.55, 0.5, 0.45, 0.3, 0.2, 0.15, 0.05])
_FEW = np.array([0, 1, 0, 0, 1, 1, 0, 1, 1], bool)
_FEW_SCORES = np.array([0.92, 0.35, 0.71, 0.22, 0.97, 0.64, 0.08, 0.83, 0.12])


def _of_the_ill(how) -> object:
    """A threshold picked by `how(scores of the ill from the highest, how many must be found)`."""

    def threshold(score: np.ndarray, ill: np.ndarray, recall: float) -> float:
        scores = np.sort(score[ill])[::-1]
        return how(scores, int(np.ceil(recall * len(scores))))

    return threshold


_THRESHOLD = ByCases(
    truth=_of_the_ill(lambda scores, needed: scores[needed - 1]),
    cases=(
        Case(_SCORE, _ILL, 0.8, words="With the 8 ill and a recall of 0.8"),
        Case(_SCORE, _ILL, 0.75, words="With the 8 ill and a recall of 0.75"),
        Case(_SCORE, _ILL, 1.0, words="With the 8 ill and a recall of 1"),
        Case(_FEW_SCORES, _FEW, 0.5, words="With the 5 ill of another day and a recall of 0.5"),
        Case(_FEW_SCORES, _FEW, 0.2, words="With the 5 ill of another day and a recall of 0.2"),
    ),
    misreadings=(
        Misreading(
            lambda score, ill, recall: recall,
            "a recall is a share of the ill, a threshold a probability: they are different scales.",
        ),
        Misreading(
            lambda score, ill, recall: 1 - recall, "the threshold is one of the scores; recall only counts them."
        ),
        Misreading(
            lambda score, ill, recall: np.sort(score[ill])[::-1][max(int(recall * ill.sum()), 1) - 1],
            "that finds too few where the share is no whole number: 0.8 · 8 = 6.4 must be found, so 7. Round up.",
        ),
        Misreading(
            lambda score, ill, recall: np.sort(score)[::-1][int(np.ceil(recall * len(score))) - 1],
            "you counted the healthy as well. Recall is about the ill alone: look at score[ill].",
        ),
        Misreading(
            lambda score, ill, recall: np.sort(score[ill])[int(np.ceil(recall * ill.sum())) - 1],
            "you counted from the lowest score. Found are those at or above the threshold: sort from the highest.",
        ),
        Misreading(
            lambda score, ill, recall: score[ill][int(np.ceil(recall * ill.sum())) - 1],
            "the scores come in no order. Sort those of the ill, the highest first.",
        ),
        Misreading(
            _of_the_ill(lambda scores, needed: scores[min(needed, len(scores) - 1)]),
            "one place too far: the first entry has the number 0, so the last to be found is scores[needed - 1].",
        ),
        Misreading(
            lambda score, ill, recall: np.quantile(score[ill], 1 - recall),
            "a quantile may lie between two scores. The highest threshold that still finds somebody is that person's "
            "score.",
        ),
        Misreading(
            _of_the_ill(lambda scores, needed: scores[-1]),
            "that finds all the ill, whatever recall is wanted: a higher threshold would do, and alarm fewer healthy "
            "people.",
        ),
        Misreading(
            lambda score, ill, recall: np.sort(score[ill])[::-1][int(np.ceil(0.8 * ill.sum())) - 1],
            "the recall is always 0.8 in your function. It is the third argument.",
        ),
        Misreading(
            lambda score, ill, recall: max(t for t in [0.0, *score] if (score[ill] > t).mean() >= recall),
            "those exactly at the threshold are found too: compare with >=, not with >.",
        ),
        Misreading(
            lambda score, ill, recall: np.sort(score[~ill])[::-1][
                min(int(np.ceil(recall * (~ill).sum())), (~ill).sum()) - 1
            ],
            "you counted the healthy. Recall is about the ill: look at score[ill].",
        ),
        Misreading(
            lambda score, ill, recall: min(score),
            "at the lowest score everybody is alarmed: a higher threshold would do, and alarm fewer healthy people.",
        ),
        Misreading(lambda score, ill, recall: np.max(score), "at the highest score of all hardly anybody is found."),
        Misreading(
            lambda score, ill, recall: 0.0,
            "at 0 everybody is alarmed: a higher threshold would do, and alarm fewer healthy people.",
        ),
    ),
    otherwise="How many of the ill are at or above your threshold, and would a higher one still find enough?",
    praise="The lowest score among the ill that must be found. What it costs is precision: count the false alarms.",
)

_THRESHOLD_SOURCE = """
def threshold_for(score, ill, recall):
    scores = np.sort(score[ill])[::-1]  # of the ill, the highest first
    needed = int(np.ceil(recall * len(scores)))
    return scores[needed - 1]
"""

threshold_for = Exercise(
    name="threshold_for",
    solution_source=_THRESHOLD_SOURCE,
    hints=(
        "Only the ill count for recall: score[ill]. How many of them must be found?",
        "With 8 ill and recall 0.8, 6.4 must be found, so 7. The threshold is the seventh highest score among the ill.",
        "np.sort(score[ill])[::-1][needed - 1], with needed = int(np.ceil(recall * number of ill)).",
    ),
    diagnose=_THRESHOLD,
    mistakes=(
        Mistake(lambda score, ill, recall: score >= recall, "one number"),
        Mistake(lambda score, ill, recall: 0.5, "would a higher one still find enough"),
        Mistake(_THRESHOLD_SOURCE.replace("np.ceil", "np.round"), "Round up"),
    ),
    why="The number found changes only where the threshold passes the score of somebody ill, so the best threshold is "
    "one of these scores. From the highest down each adds one person, until there are enough; going lower could "
    "only alarm more of the healthy. People are whole, so the share is rounded up.",
)


# --- find the bugs ----------------------------------------------------------------------------------------------------


class _Recorder:
    """Stands in for a model: notes what it is given, and answers by the picture's brightness and colour order."""

    def __init__(self) -> None:
        self.given: list[np.ndarray] = []

    def predict(self, x: object, batch_size: object = None, verbose: object = "auto", **options: object) -> np.ndarray:
        import keras

        pictures = np.asarray(keras.ops.convert_to_numpy(x), dtype=float)
        self.given.append(pictures)
        rows = pictures if pictures.ndim == 4 else pictures[None]
        levels = [rows[..., channel].mean(axis=(1, 2)) for channel in range(rows.shape[-1])]
        raised = np.exp(4 * np.stack(levels[:3], axis=-1) / max(1.0, rows.max()))
        return raised / raised.sum(axis=-1, keepdims=True)

    predict_on_batch = predict

    def __call__(self, inputs: object, training: bool | None = None) -> object:
        import keras

        return keras.ops.convert_to_tensor(self.predict(inputs))  # a model that is called answers with a tensor


def _check_given(given: np.ndarray, picture: np.ndarray) -> None:
    """Raise `Wrong` unless the model was given the picture as it was given pictures in training."""
    if given.shape == (1, 5, 4, 3):
        raise Wrong("Rows and columns of the picture were swapped on the way. It is (H, W, 3), as it comes.")
    if given.shape != (1, 4, 5, 3):
        raise Wrong(
            f"The model was given shape {given.shape}. It takes a batch, (N, H, W, 3): put the picture into one with "
            "picture[None]."
        )
    if given.max() > 1:
        raise Wrong(
            f"The model was given values up to {read(given.max())}. It was trained on 0 … 1. Divide the bytes by 255, "
            "as for training."
        )
    if given.max() < 0.1:
        raise Wrong(f"The model was given values up to {read(given.max(), 2)}. Did you divide by 255 twice?")
    if not np.allclose(given[0], picture / 255, atol=1e-3):
        raise Wrong("The model was given another picture than this one, divided by 255.")


def _check_said(got: object, names: list[str], probabilities: np.ndarray) -> None:
    """Raise `Wrong` unless the likeliest class is named, with its probability."""
    best = int(probabilities.argmax())
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        raise Wrong(f"Return the name and its probability, such as ('ring', 0.9). You returned {show(got)}.")
    said, share = got
    case = f"The model's probabilities are {read(probabilities, 2)} for {names}"
    if not isinstance(said, str):
        if np.ndim(said) == 0 and hasattr(said, "__index__"):
            raise Wrong(f"{case}. You returned the index {int(said)}. Whoever uses this wants the name.")
        raise Wrong(f"{case}. The name comes first, then its probability. You returned {show(got)}.")
    if said != names[best]:
        if said == sorted(names)[best]:
            raise Wrong(
                f"{case}, and you said {said!r}. You sorted the names. The outputs have the order in which the model "
                "was trained, and no other."
            )
        if said == names[0] and best:
            raise Wrong(f"{case}, and you said {said!r}, the first class, as before. Take the likeliest: argmax.")
        if said == names[int(probabilities.argmin())]:
            raise Wrong(f"{case}, and you said {said!r}: that is the least likely one.")
        raise Wrong(f"{case}, so the answer is {names[best]!r}. You said {show(said)}.")
    sure = float(probabilities[best])
    if not close(number(share, "The probability"), sure):
        raise Wrong(f"{case}. The probability of {said!r} is {read(sure)}; you returned {read(number(share))}.")


def _diagnose_answer(answer: object) -> str:
    names = ["ring", "clear", "grain"]  # in the order of the outputs, which is not that of the alphabet
    for channel in (0, 1, 2):
        picture = np.random.default_rng(channel).integers(0, 60, (4, 5, 3), dtype=np.uint8)
        picture[..., channel] += np.uint8(120 + 30 * channel)
        picture[..., (channel + 1) % 3] += np.uint8(40)
        model = _Recorder()
        got = call(answer, model, picture, names)
        if not model.given:
            raise Wrong("The model was never asked. Call model.predict on the picture.")
        _check_given(model.given[-1], picture)
        _check_said(got, names, model.predict(model.given[-1])[0])
    return (
        "A batch of one, the range of training, the order of training. That is all it takes, and all that goes wrong."
    )


_ANSWER_SOURCE = """
def answer(model, picture, class_names):
    probabilities = np.asarray(model.predict(picture[None] / 255, verbose=0))[0]
    best = int(probabilities.argmax())
    return class_names[best], float(probabilities[best])
"""

answer = Exercise(
    name="answer",
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
        Mistake(_ANSWER_SOURCE.replace("picture[None]", "picture[None].swapaxes(1, 2)"), "Rows and columns"),
        Mistake(_ANSWER_SOURCE.replace("best = int(probabilities.argmax())", "best = 0"), "the first class, as before"),
        Mistake(_ANSWER_SOURCE.replace("class_names[best]", "sorted(class_names)[best]"), "sorted the names"),
        Mistake(_ANSWER_SOURCE.replace("class_names[best]", "best"), "index"),
        Mistake(_ANSWER_SOURCE.replace("argmax", "argmin"), "least likely"),
        Mistake(_ANSWER_SOURCE.replace(", float(probabilities[best])", ""), "name and its probability"),
        Mistake(_ANSWER_SOURCE.replace("float(probabilities[best])", "1.0"), "The probability of"),
        Mistake(_ANSWER_SOURCE.replace("picture[None]", "picture[None, :, :, ::-1]"), "another picture"),
        Mistake(lambda model, picture, class_names: (class_names[0], 1.0), "never asked"),
    ),
    why="An array does not say in what range its numbers are, nor a row of outputs which class each is. Both were "
    "fixed in training, and the weights fit nothing else. So they belong to the model just as the weights do, and "
    "no error message says when they are wrong.",
)

summary = Summary(
    stays_inside, usable, split_by_patient, error_bar, precision_recall, calibration_error, threshold_for, answer
)
