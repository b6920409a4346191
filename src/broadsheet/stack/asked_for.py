"""A recipe written from what somebody says of their catalogue, with a comment for each line."""

import re
import tomllib
from pathlib import Path
from typing import Literal, NamedTuple

from broadsheet.core.errors import ConfigError, OutputError
from broadsheet.core.files import write_file
from broadsheet.stack.recipe import Kind, Recipe, read_recipe
from broadsheet.stack.words import WORDS

_HEADS = {
    "papers": "A day of papers for a reader with a library. What was measured not to help is off: the page says by how much.",
    "shop": "A shop: articles, and who bought which. The page is of one customer.",
    "menu": "A menu: dishes, and who ordered which. The page is of one guest.",
    "movies": "Movies, and who watched which. The page is of one viewer.",
}
_STAGES = {
    "papers": {"retrieve": "off", "rank": "off", "ask": "shipped", "plan": "off"},
    "events": {"retrieve": "fit", "rank": "fit", "ask": "shipped", "plan": "off"},
}
_SAID = {
    "retrieve": "semantic IDs and what comes next: off, shipped, fit, or a folder",
    "rank": "one token an item: off, shipped, fit, or a folder",
    "needs": "what posts say people need: off, cues, minilm, or a folder",
    "ask": "a graph to ask questions of: off, or shipped",
    "plan": "off: the best by score; least-exposed, mask-recent, … hold back categories that were had lately; shipped, or a folder",
}


# Of "movies", "shoes", "lenses" and "knives" the letters do not tell what one is called, and "atlas", "radius" and "glass" are one.
PLURAL = re.compile(r"(?!.*(?:ies|oes|ves|zes|[^s]ses|[aius]s)$)[a-z]{3,}s")
VAGUE = frozenset("data details entries events goods items lines news objects orders purchases records rows sales things users".split())


class Wanted(NamedTuple):
    """What somebody says of a catalogue; what is empty is left out of the recipe."""

    kind: Kind
    source: tuple[str, ...] = ()
    columns: str = ""
    events: str = ""
    event_columns: str = ""
    images: str = ""
    posts: str = ""
    reader: str = ""


def recipe_text(wanted: Wanted) -> str:
    """Return a recipe with comments, as `broadsheet run` reads it.

    >>> print(recipe_text(Wanted("menu", ("dishes.csv",), events="orders.csv")).splitlines()[1])
    kind = "menu"
    """
    events = wanted.kind != "papers"
    lines = [f"# {_HEADS[wanted.kind]}", f'kind = "{wanted.kind}"', _line("source", list(wanted.source), "files, folders, or arxiv:cs.IR+cs.CL")]
    lines += [_line("columns", wanted.columns, "which column holds what, where its name does not say it")] if wanted.columns else []
    lines += [_line("events", wanted.events, "who had what, and when")] if events else []
    lines += [_line("event_columns", wanted.event_columns, "the same of the events")] if events and wanted.event_columns else []
    lines += [_line("images", wanted.images, "the folder of pictures: ID.png, or as a column image names them")] if wanted.images else []
    lines += [_line("posts", wanted.posts, "what people wrote: JSON lines with id, author, at, text")] if wanted.posts else []
    lines += [_own_words(wanted)] if events else []
    lines += [_line("reader", wanted.reader, "whose page it is; empty is who had most" if events else "a profile: broadsheet profile new --help")]
    stages = dict(_STAGES["events" if events else "papers"]) | ({"needs": "cues"} if wanted.posts else {})
    lines += ["", "[stages]", *(_line(name, stages[name], said) for name, said in _SAID.items() if name in stages)]
    return "\n".join(lines) + "\n"


def _own_words(wanted: Wanted) -> str:
    """Return the line of a catalogue's own words: those that the name of its one file tells, else an example that is commented out."""
    said = "what the page calls its items, and what was done with them"
    told = named_by(wanted.source[0]) if len(wanted.source) == 1 else None
    kinds = WORDS[wanted.kind]
    if told is None or told[1] == kinds.many:
        return f'# words = "game, games, borrowed"  # {said}, where it is not {kinds.had}'
    return _line("words", f"{told[0]}, {told[1]}, {kinds.had}", said)


def named_by(source: str) -> tuple[str, str] | None:
    """Return what the name of a file calls one of its items, and several; None where it is no plain plural.

    >>> named_by("data/yarns.csv"), named_by("Boxes.jsonl.gz"), named_by("stock.csv"), named_by("series.csv")
    (('yarn', 'yarns'), ('box', 'boxes'), None, None)
    """
    many = Path(source).name.partition(".")[0].lower()
    if "." not in Path(source).name or many in VAGUE or not PLURAL.fullmatch(many):
        return None
    return many[: -2 if many.endswith(("ches", "shes", "sses", "xes")) else -1], many


def write_recipe(wanted: Wanted, out: Path, *, replace: bool = False) -> Recipe:
    """Write a recipe, and return it as it is read; what is wrong with it is told before anything is written.

    Raises ConfigError for what no run can do, and OutputError where a file is there already.
    """
    if out.exists() and not replace:
        raise OutputError(f"{out} is there already.", "Name another file with --out, or add --replace.")
    for path in (*wanted.source, wanted.events, wanted.posts):
        if path and not path.startswith("arxiv:") and path != "sample" and not (out.parent / path).exists():
            raise ConfigError(f"There is no {out.parent / path}.", "Paths begin at the recipe's folder; name the file as it is from there.")
    text = recipe_text(wanted)
    recipe = Recipe.model_validate(tomllib.loads(text)).check()
    if recipe.of_events:
        from broadsheet.stack.shop import read_shop

        # Both tables are read, so that a column that is not there, or a reader, is told now and not by the run.
        beside = {name: str(out.parent / value) for name in ("events", "images") if (value := getattr(recipe, name))}
        read_shop(recipe.model_copy(update={**beside, "source": tuple(str(out.parent / one) for one in recipe.source)}), recipe.reader)
    write_file(out, text)
    return read_recipe(out)


Question = Literal["kind", "source", "columns", "events", "event_columns", "images", "posts", "reader"]


def questions(kind: str) -> dict[Question, str]:
    """Return what is asked of somebody who gave no flags, in its order, after the kind."""
    first: dict[Question, str] = {"source": "The table of items (CSV, JSON Lines, Parquet), or arxiv:cs.IR"}
    if kind == "papers":
        return {**first, "reader": "A profile, if there is one (.toml)"}
    return {
        **first,
        "events": "The table of events: who had what, and when",
        "images": "The folder of pictures, if there is one",
        "reader": "Whose page (empty: who had most)",
    }


def _line(name: str, value: str | list[str], said: str) -> str:
    import tomli_w

    held: str | list[str] = value[0] if isinstance(value, list) and len(value) == 1 else value
    return f"{' '.join(tomli_w.dumps({name: held}).split())}  # {said}"
