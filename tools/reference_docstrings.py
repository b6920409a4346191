"""Docstrings as the reference shows them: examples as code, and behind what is said of a class its fields with their types."""

import ast
import re

import griffe

# From a prompt to the next empty line.
EXAMPLE = re.compile(r"^>>> .+(?:\n.*\S.*)*", re.MULTILINE)


class ReferenceDocstrings(griffe.Extension):
    """Changes docstrings as they are collected."""

    def on_instance(self, *, obj: griffe.Object, **_: object) -> None:
        """Fence each example of an object's docstring: else it is text, and lists in it are links."""
        if obj.docstring:
            obj.docstring.value = EXAMPLE.sub(lambda found: f"\n```pycon\n{found[0]}\n```\n", obj.docstring.value)

    def on_class_instance(self, *, node: ast.AST, cls: griffe.Class, **_: object) -> None:
        """Add the fields of a class: most have no docstring of their own, for their class says what they are."""
        said = [one for one in node.body if _is_field(one)] if isinstance(node, ast.ClassDef) else []
        if cls.docstring and said:
            cls.docstring.value += "\n\n```python\n" + "\n".join(map(ast.unparse, said)) + "\n```\n"


def _is_field(one: ast.stmt) -> bool:
    """Whether a line of a class names a field, or a member of an enumeration, that is no one's own."""
    target = one.target if isinstance(one, ast.AnnAssign) else one.targets[0] if isinstance(one, ast.Assign) else None
    return isinstance(target, ast.Name) and not target.id.startswith("_") and target.id != "model_config"
