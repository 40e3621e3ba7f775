"""Mechanical mistakes: an exercise's solution, changed in one place in every way that a slip of the hand or mind would.

A check that calls a mutant correct passes a wrong answer, unless the mutant computes the same: then ``tests/answers``
lists it with the reason.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import numpy as np

_FILE = "<mutant>"
_MAX_LINES = 200_000  # a mutated loop that runs longer than this does not end


@dataclass
class Mutant:
    """A changed solution.

    Attributes
    ----------
    label : the statement before and after, or what is done to an argument: the name ``tests/answers`` knows it by
    tree : the changed source
    applied : for a change made while it runs, such as sorting what is returned: whether it ever changed anything
    """

    label: str
    tree: ast.Module
    applied: bool = True
    memory: dict = field(default_factory=dict)

    def answer(self, name: str) -> object:
        """Run the source and return the answer it defines; it may raise."""
        namespace = {"np": np, "_frozen": self._frozen, "_sorted": self._sorted}
        exec(compile(ast.fix_missing_locations(self.tree), _FILE, "exec"), namespace)
        return namespace[name]

    def _frozen(self, value: object) -> object:
        """The first plain number, text or flag that came by, for ever: a constant taken from the first case."""
        if "value" in self.memory:
            return self.memory["value"]
        if isinstance(value, (int, float, str, np.number)) or (isinstance(value, tuple) and _plain(value)):
            self.applied = True
            self.memory["value"] = value
        return value

    def _sorted(self, value: object) -> object:
        if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "iuf":
            self.applied = True
            return np.sort(value, axis=0)
        if isinstance(value, (list, tuple)) and len(value) > 1 and _plain(value):
            self.applied = True
            return type(value)(sorted(value))
        return value


def _plain(value: list | tuple) -> bool:
    return all(isinstance(entry, (int, float, np.number)) for entry in value)


@contextmanager
def bounded() -> Iterator[None]:
    """Stop mutants that loop for ever, by counting the lines they run: the same on any machine."""
    lines = 0

    def count(frame, event, arg):
        nonlocal lines
        lines += event == "line"
        if lines > _MAX_LINES:
            raise RuntimeError("this loop does not end")
        return count

    before = sys.gettrace()
    sys.settrace(lambda frame, event, arg: count if frame.f_code.co_filename == _FILE else None)
    try:
        yield
    finally:
        sys.settrace(before)


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a solution, each once."""
    tree = ast.parse(source)
    old = ast.unparse(tree)
    seen = {old}
    for position, node in enumerate(ast.walk(tree)):
        for replacement in _replacements(node):
            changed = ast.parse(source)  # many times as fast as a copy of the tree
            place = _at(changed, position)
            before = _statement(changed, place)
            _put(changed, place, replacement)
            text = ast.unparse(changed)
            if text not in seen:
                seen.add(text)
                yield Mutant(f"{before} ⇒ {_first_difference(before, old, text)}", changed)
    yield from _run_time_mutants(source)


def _at(tree: ast.AST, position: int) -> ast.AST:
    return next(node for number, node in enumerate(ast.walk(tree)) if number == position)


def _statement(tree: ast.AST, node: ast.AST) -> str:
    """The first line of the innermost statement around `node`."""
    around = [s for s in ast.walk(tree) if isinstance(s, ast.stmt) and any(child is node for child in ast.walk(s))]
    return ast.unparse(around[-1]).splitlines()[0]


def _first_difference(before: str, old: str, new: str) -> str:
    pairs = zip(old.splitlines(), new.splitlines(), strict=False)
    return next((b.strip() for a, b in pairs if a != b), "nothing")


def _put(tree: ast.AST, place: ast.AST, replacement: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is place:
                setattr(parent, name, replacement)
                return
            if isinstance(value, list):
                for index, entry in enumerate(value):
                    if entry is place:
                        value[index] = replacement
                        return


def _call(name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.parse(name, mode="eval").body, list(args), [])


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.deepcopy(node)
    for name, value in fields.items():
        setattr(changed, name, copy.deepcopy(value))
    return changed


_COMPARE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
            ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}  # fmt: skip


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a node's place instead."""
    if isinstance(node, ast.BinOp):
        yield from _other_arithmetic(node)
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.Sub)):
        yield _with(node, op=ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())
        yield ast.Assign([node.target], node.value, lineno=0)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARE:
        yield _with(node, ops=[_COMPARE[type(node.ops[0])](), *node.ops[1:]])
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        yield from node.values
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.If):
        yield from (_with(node, test=ast.Constant(value)) for value in (True, False))
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node)
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
        for i in range(len(node.elts) - 1):
            yield _with(node, elts=[*node.elts[:i], node.elts[i + 1], node.elts[i], *node.elts[i + 2 :]])
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and isinstance(node.slice, ast.Slice):
        for end in ("lower", "upper", "step"):
            if getattr(node.slice, end) is not None:
                yield _with(node, slice=_with(node.slice, **{end: None}))
    elif isinstance(node, ast.Call):
        yield from _other_calls(node)
    elif isinstance(node, (ast.Assign, ast.Expr)) and not (
        isinstance(node.value, ast.Constant) and isinstance(node, ast.Expr)
    ):
        yield ast.Pass()
    elif isinstance(node, ast.arguments) and len(node.args) > 1:
        for i in range(len(node.args) - 1):
            args = [*node.args[:i], node.args[i + 1], node.args[i], *node.args[i + 2 :]]
            yield _with(node, args=args)


def _other_arithmetic(node: ast.BinOp) -> Iterator[ast.AST]:
    left, right = node.left, node.right
    quotient = ast.BinOp(left, ast.Div(), right)
    if isinstance(node.op, (ast.Add, ast.Sub)):
        yield _with(node, op=ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())
        if isinstance(right, ast.Constant):
            yield left
    elif isinstance(node.op, ast.Mult):
        yield from (_with(node, op=ast.Add()), quotient, left, right)
    elif isinstance(node.op, ast.Div):
        yield from (_with(node, op=ast.FloorDiv()), _with(node, op=ast.Mult()), _call("np.round", quotient))
        yield from (ast.BinOp(right, ast.Div(), left), left)
    elif isinstance(node.op, ast.FloorDiv):
        up = ast.UnaryOp(ast.USub(), ast.BinOp(ast.UnaryOp(ast.USub(), left), ast.FloorDiv(), right))
        yield from (quotient, up, _call("np.round", quotient), left)
    elif isinstance(node.op, ast.Pow):
        yield from (left, ast.BinOp(left, ast.Mult(), right))
    elif isinstance(node.op, ast.MatMult):
        yield ast.BinOp(right, ast.MatMult(), left)
    elif isinstance(node.op, ast.Mod):
        yield left


def _other_constants(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from (ast.Constant(value + 1), ast.Constant(value - 1))
    elif isinstance(value, float):
        yield from (ast.Constant(value * 1.5), ast.Constant(value / 2), ast.Constant(-value))


def _other_calls(node: ast.Call) -> Iterator[ast.AST]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    args = node.args
    if name == "range" and args:
        if len(args) == 3:  # without the last block, where it is not whole
            end = ast.BinOp(ast.BinOp(args[1], ast.Sub(), args[2]), ast.Add(), ast.Constant(1))
            yield _with(node, args=[args[0], end, args[2]])
        else:
            yield _with(node, args=[*args[:-1], ast.BinOp(args[-1], ast.Sub(), ast.Constant(1))])
        return
    called = node.func.attr if isinstance(node.func, ast.Attribute) else name
    for i in range(len(args) - 1 if called not in ("max", "min", "maximum", "minimum") else 0):
        yield _with(node, args=[*args[:i], args[i + 1], args[i], *args[i + 2 :]])
    if args:
        yield args[0]
    if len(args) > 1:
        yield _with(node, args=args[:-1])
    if isinstance(node.func, ast.Attribute) and not _module(node.func.value):
        yield node.func.value
    for i in range(len(node.keywords)):
        yield _with(node, keywords=[*node.keywords[:i], *node.keywords[i + 1 :]])
    pairs = {"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "argmax": "argmin", "sum": "mean",
             "mean": "sum", "floor": "ceil", "ceil": "floor"}  # fmt: skip
    if isinstance(node.func, ast.Attribute) and node.func.attr in pairs:
        yield _with(node, func=_with(node.func, attr=pairs[node.func.attr]))
    elif name in ("max", "min"):
        yield _with(node, func=ast.Name(pairs[name], ast.Load()))


_MODULES = ("np", "keras", "layers", "math", "ops", "conv", "pooling", "shapes")


def _module(node: ast.expr) -> bool:
    """Whether this is a module's name (np, keras.layers) rather than a value."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in _MODULES


def _run_time_mutants(source: str) -> Iterator[Mutant]:
    """Arguments frozen at the first case, at their default, or sorted; results sorted; sub-expressions frozen."""
    tree = ast.parse(source)
    functions = [position for position, node in enumerate(ast.walk(tree)) if isinstance(node, ast.FunctionDef)]
    for position in functions[:1]:  # none where the answer is a value
        function = _at(tree, position)
        arguments = function.args.args
        defaults = dict(zip([a.arg for a in arguments[::-1]], function.args.defaults[::-1], strict=False))
        for argument in arguments:
            name = argument.arg
            for label, value in (
                (f"{name} always as in the first case", _call("_frozen", ast.Name(name, ast.Load()))),
                (f"{name} sorted", _call("_sorted", ast.Name(name, ast.Load()))),
                (f"{name} ignored: its default", defaults.get(name)),
            ):
                if value is not None:
                    changed = ast.parse(source)
                    body = _at(changed, position).body
                    body.insert(0, ast.Assign([ast.Name(name, ast.Store())], copy.deepcopy(value), lineno=0))
                    yield Mutant(label, changed, applied="ignored" in label)
        variables = {a.arg for a in arguments} | {
            n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        for inner, node in enumerate(ast.walk(function)):
            if isinstance(node, ast.Return) and node.value is not None:
                changed = ast.parse(source)
                returns = _at(_at(changed, position), inner)
                returns.value = _call("_sorted", returns.value)
                yield Mutant(f"{ast.unparse(node)} ⇒ sorted", changed, applied=False)
            elif isinstance(node, (ast.Call, ast.Subscript)) and _of(node, variables):
                changed = ast.parse(source)
                place = _at(_at(changed, position), inner)
                _put(changed, place, _call("_frozen", copy.deepcopy(place)))
                yield Mutant(f"{ast.unparse(node)} always as in the first case", changed, applied=False)


def _of(node: ast.expr, variables: set[str]) -> bool:
    """Whether `node` is read, not written, and depends on one of `variables`."""
    loaded = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    return loaded and any(isinstance(n, ast.Name) and n.id in variables for n in ast.walk(node))


def survivors(source: str, name: str, judge: Callable[[object], object]) -> tuple[int, list[str]]:
    """How many mutants of a solution there are, and the labels of those that `judge` calls correct.

    An answer that is not a function is compared with the solution's: a mutant with the same value is none.
    """
    original = Mutant("", ast.parse(source)).answer(name)
    loops = "while " in source
    count, passed = 0, []
    for mutant in mutants(source):
        try:
            with bounded() if loops else nullcontext():
                answer = mutant.answer(name)
                if not callable(original) and _equal(answer, original):
                    continue
                verdict = judge(answer)
        except Exception:  # noqa: BLE001  it does not even define an answer: nobody is told it is right
            count += 1
            continue
        count += mutant.applied
        if verdict.status == "correct" and mutant.applied:
            passed.append(mutant.label)
    return count, passed


def _equal(left: object, right: object) -> bool:
    try:
        return type(left) is type(right) and bool(np.all(np.equal(left, right)))
    except (TypeError, ValueError):
        return left == right
