"""Docstrings as the reference shows them: examples and trees as code, and behind what is said of a class its fields with their types."""

import ast
import re

import griffe

# From a prompt to the next empty line.
EXAMPLE = re.compile(r"^>>> .+(?:\n.*\S.*)*", re.MULTILINE)
# A line, and under it the branches of a tree.
TREE = re.compile(r"^\S.*\n├.*(?:\n[│├└ ].*)*", re.MULTILINE)


class ReferenceDocstrings(griffe.Extension):
    """Changes docstrings as they are collected."""

    def on_instance(self, *, obj: griffe.Object, **_: object) -> None:
        """Fence each example and each tree of an object's docstring: else they are text, and lists in them are links."""
        if obj.docstring:
            fenced = EXAMPLE.sub(lambda found: f"\n```pycon\n{found[0]}\n```\n", obj.docstring.value)
            obj.docstring.value = TREE.sub(lambda found: f"\n```text\n{found[0]}\n```\n", fenced)

    def on_class_instance(self, *, node: ast.AST, cls: griffe.Class, **_: object) -> None:
        """Add the fields of a class: most have no docstring of their own, for their class says what they are."""
        if not isinstance(node, ast.ClassDef):
            return
        members = any(ast.unparse(base).endswith("Enum") for base in node.bases)
        said = [one for one in node.body if isinstance(one, (ast.AnnAssign, ast.Assign) if members else ast.AnnAssign) and _is_told(one)]
        if cls.docstring and said:
            cls.docstring.value += "\n\n```python\n" + "\n".join(map(ast.unparse, said)) + "\n```\n"


def _is_told(one: ast.AnnAssign | ast.Assign) -> bool:
    """Whether a field, or a member of an enumeration, is for others to know."""
    target = one.target if isinstance(one, ast.AnnAssign) else one.targets[0]
    return isinstance(target, ast.Name) and not target.id.startswith("_")
