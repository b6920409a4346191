"""Puts the examples of docstrings into fences, so that the reference shows them as code and not as text with links."""

import re

import griffe

# From a prompt to the next empty line.
EXAMPLE = re.compile(r"^>>> .+(?:\n.*\S.*)*", re.MULTILINE)


class ExampleFences(griffe.Extension):
    """Changes docstrings as they are collected."""

    def on_instance(self, *, obj: griffe.Object, **_: object) -> None:
        """Fence each example of an object's docstring."""
        if obj.docstring:
            obj.docstring.value = EXAMPLE.sub(lambda found: f"\n```pycon\n{found[0]}\n```\n", obj.docstring.value)
