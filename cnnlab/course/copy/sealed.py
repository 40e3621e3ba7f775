"""Put the words of a picture out of sight in the cell that draws it.

``alt="…"`` says what the picture shows, and stands where everybody reads it before running the cell: it answers the
question above. In a learner's copy the same words stand packed, ``alt=plot.words("…")``, and reach the page with the
picture.
"""

from __future__ import annotations

import ast
import base64
import textwrap
from collections.abc import Iterator

_SHORT = 20  # characters: a separator or a unit answers nothing
_WIDTH = 100


def sealed(source: str) -> str:
    """Return a cell's source with the words of its pictures packed; source that is not Python as it is.

    Examples
    --------
    >>> print(sealed("draw(1, alt='Three rows, the second empty.')"))
    draw(1, alt=plot.words("VGhyZWUgcm93cywgdGhlIHNlY29uZCBlbXB0eS4="))
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    text = source.encode()  # ast counts columns in bytes
    for node in sorted(_texts(tree), key=lambda node: (node.lineno, node.col_offset), reverse=True):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        indent = len(lines[node.lineno - 1]) - len(lines[node.lineno - 1].lstrip())
        text = text[:begin] + _call(node, " " * indent).encode() + text[end:]
    return text.decode()


def _texts(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the strings that are, or are part of, what a cell gives as `alt`."""
    given = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "alt"]
    names = {"alt", *(node.id for node in given if isinstance(node, ast.Name))}
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(getattr(target, "attr", getattr(target, "id", None)) in names for target in targets):
            given += [node.value] if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)) else []
    for node in dict.fromkeys(given):
        yield from _strings(node)


def _strings(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        if len(_template(node)[0]) >= _SHORT:
            yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _strings(child)


def _template(node: ast.expr) -> tuple[str, list[str]]:
    """Return a string as a format string, and the expressions that fill it."""
    values: list[str] = []

    def piece(part: ast.expr) -> str:
        if isinstance(part, ast.Constant):
            return part.value.replace("{", "{{").replace("}", "}}")
        if isinstance(part, ast.JoinedStr):
            return "".join(map(piece, part.values))
        values.append(ast.unparse(part.value))
        number = len(values) - 1
        how = f"!{chr(part.conversion)}" if part.conversion >= 0 else ""
        form = f":{piece(part.format_spec)}" if part.format_spec else ""
        return f"{{{number}{how}{form}}}"

    return piece(node), values


def _call(node: ast.expr, indent: str) -> str:
    template, values = _template(node)
    packed = base64.b64encode(template.encode()).decode()
    short = ", ".join([f'"{packed}"', *values])
    if len(indent) + len(short) <= _WIDTH:
        return f"plot.words({short})"
    inner = f"\n{indent}    "
    chunks = inner.join(f'"{chunk}"' for chunk in textwrap.wrap(packed, _WIDTH - len(inner)))
    return f"plot.words({inner}{f',{inner}'.join([chunks, *values])},\n{indent})"
