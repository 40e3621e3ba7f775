"""What each lesson's checks are tried with: a module a lesson, holding `RIGHT` and `EQUIVALENT`.

``RIGHT["exercise"]`` has at least three right answers in other styles than the solution's: another way to compute it,
other types (float32, lists, arrays, Keras tensors), other calls of a library. Each is the source of a cell, or the
answer itself.

``EQUIVALENT["exercise"]`` says of mutants of the solution (see ``tests/mutants.py``) why they are right answers after
all: part of the mutant's label → reason.
"""
