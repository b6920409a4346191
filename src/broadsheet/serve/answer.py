"""The one page of the server: a heading, some lines, at most one button and one link."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from broadsheet.report.render.maths import render_tex


class Button(NamedTuple):
    """A button that posts to an address: empty is the page's own."""

    words: str
    action: str = ""


class Answer(NamedTuple):
    """What a page says; `paper` is a title, `url` where it can be read, `done` whether something was just recorded."""

    heading: str
    lines: tuple[str, ...] = ()
    button: Button | None = None
    paper: str = ""
    url: str = ""
    done: bool = False


def render(answer: Answer) -> str:
    """Write the page."""
    return _environment().get_template("answer.html").render(answer=answer, style=_style())


def policy() -> str:
    """Return the content security policy: the page's own style and its own form, nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


@cache
def _style() -> str:
    return (files("broadsheet.serve") / "templates" / "style.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("broadsheet.serve"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters["tex"] = render_tex
    return environment
