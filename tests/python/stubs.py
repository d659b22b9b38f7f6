"""Keeps the docstrings of the stub those of the module.

The stub is written by hand but for its docstrings: `python stubs.py --write` puts those of the installed module into it.
"""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path
from typing import Any

STUB = Path(__file__).parents[2] / "gotosync-py" / "python" / "gotosync" / "_gotosync.pyi"


def with_docstrings(text: str, module: Any) -> str:
    """The text of a stub with the docstrings that a module has."""
    lines = text.splitlines()
    edits: list[tuple[int, int, list[str]]] = []

    def visit(node: ast.AST, owner: Any, indent: str) -> None:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) or child.name.startswith("_"):
                continue
            found = owner.__dict__.get(child.name) if inspect.isclass(owner) else getattr(owner, child.name, None)
            if isinstance(found, staticmethod):
                found = found.__func__
            told = inspect.cleandoc(found.__doc__) if found is not None and found.__doc__ else None
            edit(child, told, indent + "    ")
            if isinstance(child, ast.ClassDef):
                visit(child, found, indent + "    ")

    def edit(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, told: str | None, indent: str) -> None:
        first = node.body[0]
        has = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
        bare = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and first.value.value is Ellipsis
        if has:
            edits.append((first.lineno - 1, first.end_lineno or first.lineno, doc(told, indent)))
        elif told and bare:
            # `def f(self) -> int: ...` becomes a heading and its docstring.
            head = lines[first.lineno - 1]
            edits.append((first.lineno - 1, first.lineno, [head[: first.col_offset].rstrip(), *doc(told, indent)]))
        elif told:
            at = first.lineno - 1 - len(getattr(first, "decorator_list", []))
            edits.append((at, at, doc(told, indent)))

    def doc(told: str | None, indent: str) -> list[str]:
        if told is None:
            return [f"{indent}..."]
        rows = told.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').splitlines()
        if len(rows) == 1:
            return [f'{indent}"""{rows[0]}"""']
        rest = [f"{indent}{row}".rstrip() for row in rows[1:]]
        return [f'{indent}"""{rows[0]}', *rest, f'{indent}"""']

    visit(ast.parse(text), module, "")
    for start, end, new in sorted(edits, reverse=True):
        lines[start:end] = new
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import gotosync._gotosync

    old = STUB.read_text()
    new = with_docstrings(old, gotosync._gotosync)
    if sys.argv[1:] == ["--write"]:
        STUB.write_text(new)
    elif old != new:
        sys.exit("the docstrings of the stub are not those of the module: python stubs.py --write")
