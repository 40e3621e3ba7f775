"""What a lesson asks, in order: each prediction and each exercise with what one needs to answer it, and its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnnlab.course.teaching import rendering
from cnnlab.course.teaching.reading import Piece
from cnnlab.course.teaching.rendering import Picture, Printed

_BEFORE = 3  # pieces of words that a prediction may bring along
_FUNCTION = re.compile(r"^(def|class) ", re.MULTILINE)  # it is for any input, not for one that has been shown


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes
    ----------
    number : from 1, through the lesson
    part : the heading that it stands under
    kind : ``"predict"`` or ``"exercise"``
    title : of an exercise
    asked : Markdown
    before : the words that lead to it
    pictures : what the lesson has shown just before, which it may ask about
    code : what is predicted, or what the exercise starts from; "" where the code only draws
    results : what the code shows
    shown : the lesson's words on what it shows
    solution, why : of an exercise
    """

    number: int
    part: str
    kind: str
    title: str
    asked: str
    before: tuple[Piece, ...] = ()
    pictures: tuple[Picture, ...] = ()
    code: str = ""
    results: tuple[Picture | Printed, ...] = ()
    shown: str = ""
    solution: str = ""
    why: str = ""


def questions(pieces: Sequence[Piece], exercises: Mapping[str, Any]) -> list[Question]:
    """Return a lesson's questions.

    Parameters
    ----------
    pieces : of `cnnlab.course.teaching.reading.pieces`
    exercises : of `cnnlab.course.lesson_checks.exercises_of`
    """
    found: list[Question] = []
    part = ""
    for at, piece in enumerate(pieces):
        if piece.kind == "heading" and piece.level == 2:
            part = piece.source
        elif piece.kind == "predict":
            code = _answering(pieces, at)
            found.append(
                Question(
                    number=len(found) + 1,
                    part=part,
                    kind="predict",
                    title="",
                    asked=piece.source,
                    before=_leading(pieces, at),
                    pictures=_seen(pieces, at),
                    code="" if code is None or code.draws else code.source,
                    results=tuple(rendering.shown(code.outputs)) if code else (),
                    shown=_said(pieces, code) if code else "",
                )
            )
        elif piece.kind == "exercise" and piece.name in exercises:
            exercise = exercises[piece.name]
            found.append(
                Question(
                    number=len(found) + 1,
                    part=part,
                    kind="exercise",
                    title=piece.title,
                    asked=piece.source,
                    pictures=() if _FUNCTION.search(piece.stub) else _seen(pieces, at),
                    code=piece.stub,
                    solution=exercise.solution_source,
                    why=exercise.why,
                )
            )
    return found


def _answering(pieces: Sequence[Piece], at: int) -> Piece | None:
    """The code that answers a prediction: the next that shows something, in the same part of the lesson."""
    for piece in pieces[at + 1 :]:
        if piece.kind == "code" and piece.outputs:
            return piece
        if piece.kind == "heading" and piece.level <= 2:
            return None
    return None


def _leading(pieces: Sequence[Piece], at: int) -> tuple[Piece, ...]:
    start = at
    while start and pieces[start - 1].is_words and (at - start < _BEFORE or pieces[start].kind != "text"):
        start -= 1
    return tuple(pieces[start:at])


def _seen(pieces: Sequence[Piece], at: int) -> tuple[Picture, ...]:
    """The pictures of the code just before, unless they belong to another part or to an explorer."""
    for piece in reversed(pieces[:at]):
        if piece.kind == "code":
            pictures = (result for result in rendering.shown(piece.outputs) if isinstance(result, Picture))
            return tuple(picture for picture in pictures if not picture.explorer)
        if piece.kind in ("heading", "predict", "exercise"):
            return ()
    return ()


def _said(pieces: Sequence[Piece], code: Piece) -> str:
    after = pieces[pieces.index(code) + 1 :]
    following = next((piece for piece in after if piece.kind != "code"), None)
    return following.source if following and following.kind == "text" else ""
