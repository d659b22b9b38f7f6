"""Generates parts of the package: the docstrings and the keys of a rule in the stub, and the features in the enums.

All other parts are written by hand. `python stubs.py --write` writes the generated parts from the installed module.
"""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[2] / "gotosync-py" / "python" / "gotosync"
STUB = PACKAGE / "_gotosync.pyi"
WORDS = PACKAGE / "_words.py"


def with_docstrings(text: str, module: Any) -> str:
    """Returns the text of a stub with the docstrings of the module."""
    lines = text.splitlines()
    edits: list[tuple[int, int, list[str]]] = []

    def visit(node: ast.AST, owner: Any, indent: str) -> None:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) or child.name.startswith("_"):
                continue
            found = owner.__dict__.get(child.name) if inspect.isclass(owner) else getattr(owner, child.name, None)
            if isinstance(found, staticmethod):
                found = found.__func__
            docs = inspect.cleandoc(found.__doc__) if found is not None and found.__doc__ else None
            edit(child, docs, indent + "    ")
            if isinstance(child, ast.ClassDef):
                visit(child, found, indent + "    ")

    def edit(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, docs: str | None, indent: str) -> None:
        first = node.body[0]
        has = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
        bare = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and first.value.value is Ellipsis
        if has:
            edits.append((first.lineno - 1, first.end_lineno or first.lineno, doc(docs, indent)))
        elif docs and bare:
            # `def f(self) -> int: ...` becomes `def f(self) -> int:` and a docstring.
            head = lines[first.lineno - 1]
            edits.append((first.lineno - 1, first.lineno, [head[: first.col_offset].rstrip(), *doc(docs, indent)]))
        elif docs:
            at = first.lineno - 1 - len(getattr(first, "decorator_list", []))
            edits.append((at, at, doc(docs, indent)))

    def doc(docs: str | None, indent: str) -> list[str]:
        if docs is None:
            return [f"{indent}..."]
        rows = docs.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').splitlines()
        if len(rows) == 1:
            return [f'{indent}"""{rows[0]}"""']
        rest = [f"{indent}{row}".rstrip() for row in rows[1:]]
        return [f'{indent}"""{rows[0]}', *rest, f'{indent}"""']

    visit(ast.parse(text), module, "")
    for start, end, new in sorted(edits, reverse=True):
        lines[start:end] = new
    return "\n".join(lines) + "\n"


def with_keys(text: str, keys: list[tuple[str, str, str]]) -> str:
    """Returns the text of a stub with the keys of a rule: in the constructor of `Rule`, and as its attributes."""
    arguments = [f"        {name}: {given} | None = None,\n" for name, given, _ in keys if name != "name"]
    attributes = [f"    {name}: {read} | None\n" for name, _, read in keys if name != "name"]
    head, rule = text.split("\nclass Rule:\n", 1)
    before, rule = rule.split("        name: str,\n        *,\n", 1)
    _, rule = rule.split("    ) -> Rule: ...\n    name: str\n", 1)
    _, after = rule.split("    def replace(", 1)
    return "".join([
        head, "\nclass Rule:\n", before, "        name: str,\n        *,\n", *arguments,
        "    ) -> Rule: ...\n    name: str\n", *attributes, "    def replace(", after,
    ])  # fmt: skip


def with_features(text: str, words: list[str]) -> str:
    """Returns the text of the enums with every feature."""
    head, tail = text.split("class Feature(Word):\n", 1)
    docstring, after = tail.split('    """\n', 1)
    _, after = after.split("\n\nclass ", 1)
    members = "".join(f'    {word.upper().replace("-", "_")} = "{word}"\n' for word in words)
    return f'{head}class Feature(Word):\n{docstring}    """\n\n{members}\n\nclass {after}'


def generated(module: Any) -> dict[Path, str]:
    """Returns each file with generated parts, with these parts up to date."""
    stub = with_keys(with_docstrings(STUB.read_text(), module), module.rule_keys())
    return {STUB: stub, WORDS: with_features(WORDS.read_text(), module.words()["Feature"])}


if __name__ == "__main__":
    import gotosync._gotosync

    for path, new in generated(gotosync._gotosync).items():
        if sys.argv[1:] == ["--write"]:
            path.write_text(new)
        elif path.read_text() != new:
            sys.exit(f"{path.name} is out of date: run `python stubs.py --write`")
