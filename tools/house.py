"""The house's own rules that no linter has: sizes, names, one place for every column name. Argument: the root."""

import ast
import re
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "broadsheet"
FORBIDDEN_NAMES = {"utils", "util", "helpers", "misc", "common"}
FRAME_CALLS = {"col", "DataFrame", "select", "with_columns", "group_by", "sort", "join", "unique", "drop", "rename", "filter", "agg"}
FILE_MEDIAN, FILE_P90, FILE_MOST = 180, 400, 600
FUNCTION_P90, FUNCTION_MOST = 40, 80


def columns() -> set[str]:
    """Return the values of `Columns` without importing the package."""
    tree = ast.parse((SOURCE / "core" / "schema.py").read_text())
    kind = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Columns")
    return {n.value.value for n in kind.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant)}


def column_literals(path: Path, tree: ast.AST, known: set[str]) -> Iterator[str]:
    """Yield every literal of a column name in a call on a frame."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        function = call.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        owner = function.value if isinstance(function, ast.Attribute) else None
        if name not in FRAME_CALLS or (name in {"join", "select", "filter"} and isinstance(owner, ast.Constant)):
            continue
        for argument in [*call.args, *(k.value for k in call.keywords)]:
            keys = argument.keys if isinstance(argument, ast.Dict) else argument.elts if isinstance(argument, (ast.List, ast.Tuple)) else [argument]
            for key in keys:
                if isinstance(key, ast.Constant) and key.value in known and path.name != "store.py":
                    yield f"{path.relative_to(ROOT)}:{key.lineno}: the column {key.value!r} as a literal; use Columns"


def faults_of_file(path: Path, known: set[str]) -> Iterator[str]:
    """Yield what is wrong with one file."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    where = path.relative_to(ROOT)
    doc = ast.get_docstring(tree)
    if not doc:
        yield f"{where}: no docstring that says its one purpose"
    if FORBIDDEN_NAMES & {*path.relative_to(SOURCE).with_suffix("").parts}:
        yield f"{where}: a name that says nothing"
    if text.count("\n") > FILE_MOST:
        yield f"{where}: {text.count(chr(10))} lines, over {FILE_MOST}"
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"#\s*(TODO|FIXME|XXX|HACK)\b", line) or re.search(r"""["'](/home/|/root/|/work/|/tmp/)""", line):
            yield f"{where}:{number}: left behind: {line.strip()[:60]}"
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and all(isinstance(s, ast.Pass) for s in node.body):
            yield f"{where}:{node.lineno}: an error is swallowed"
        if isinstance(node, (ast.Import, ast.ImportFrom)) and "pickle" in ast.unparse(node):
            yield f"{where}:{node.lineno}: pickle"
    yield from column_literals(path, tree, known)


def p90(values: list[int]) -> int:
    """Return the 90th percentile."""
    return sorted(values)[int(0.9 * (len(values) - 1))]


def main() -> int:
    """Print every fault; return how many there are, at most 1."""
    files = sorted(SOURCE.rglob("*.py"))
    known = columns()
    faults = [fault for path in files for fault in faults_of_file(path, known)]
    lines = [path.read_text(encoding="utf-8").count("\n") for path in files]
    functions = [
        (node.end_lineno - node.lineno + 1, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    faults += [f"{where}: {size} lines, over {FUNCTION_MOST}" for size, where in functions if size > FUNCTION_MOST]
    measured = (
        ("file median", statistics.median(lines), FILE_MEDIAN),
        ("file p90", p90(lines), FILE_P90),
        ("function p90", p90([s for s, _ in functions]), FUNCTION_P90),
    )
    faults += [f"{name} {value} lines, over {limit}" for name, value, limit in measured if value > limit]
    for fault in faults:
        print(fault)
    print(f"{len(files)} files, " + ", ".join(f"{name} {value:g}" for name, value, _ in measured) + f": {len(faults)} faults")
    return min(1, len(faults))


if __name__ == "__main__":
    sys.exit(main())
