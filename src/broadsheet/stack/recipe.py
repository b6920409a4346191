"""A recipe: which catalogue, which reader, and a line for each stage, as data."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from broadsheet.core.config import Config, build, read_toml, with_settings
from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.home import data_path
from broadsheet.stack.words import SAID

Kind = Literal["papers", "shop", "menu", "movies"]
RECIPES = ("sample", "papers", "shop", "menu", "movies")
"""Those that come with the package."""
OFF, SHIPPED, FIT = "off", "shipped", "fit"
PLACES = 20
FITTED = ("retrieve", "rank")
"""Stages that a run can fit."""


def _listed(value: object) -> object:
    """Let one source stand without brackets."""
    return (value,) if isinstance(value, str) else value


class Stages(Config):
    """A line for each stage: `off`, `shipped` (what comes with the package), `fit` (on this catalogue, where the stage can), or a folder with a bundle.

    `plan` takes a planner by name too, such as `least-exposed`; `needs` a labeller (`cues`, `minilm`).
    """

    represent: str = SHIPPED
    retrieve: str = OFF
    rank: str = OFF
    needs: str = OFF
    ask: str = SHIPPED
    plan: str = OFF


class Recipe(Config):
    """A catalogue, a reader, and the stages that a run takes.

    `source` names files, folders, `arxiv:cs.IR`, or `sample`; `columns` says which column holds what, as `--columns` does. `events` is a table of user, item and at
    (its columns by `event_columns`), or a folder of sequences; `images` the folder in which the items' pictures lie; `posts` what people wrote, as JSON lines. `reader` is a
    profile, a sample reader, or a user of the events. `words` are a catalogue's own on its page: one, several, and
    what readers did, as in `game, games, borrowed`. A page has `slate` places: without it as many as the profile says, or 20. `fit` has settings by stage, those of the stage's own `fit` command; `profile` and
    `ranking` those of the page, as `broadsheet report --set` has them. Paths begin at the recipe's folder.
    """

    name: str = "mine"
    kind: Kind = "papers"
    source: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    columns: str = ""
    images: str = ""
    events: str = ""
    event_columns: str = ""
    posts: str = ""
    taxonomy: str = ""
    reader: str = ""
    words: str = ""
    slate: Annotated[int, Field(ge=1, le=100)] | None = None
    stages: Stages = Stages()
    fit: dict[str, dict[str, Any]] = Field(default_factory=dict)
    profile: dict[str, Any] = Field(default_factory=dict)
    ranking: dict[str, Any] = Field(default_factory=dict)

    @property
    def of_events(self) -> bool:
        """Whether the page is of items that readers had before, and not of a day's papers."""
        return self.kind != "papers"

    @property
    def places(self) -> int:
        """Return how many places the page of a reader by events has."""
        return self.slate or PLACES

    def check(self) -> "Recipe":
        """Raise ConfigError for what no run can do."""
        for stage in ("represent", "ask", "needs", "plan"):
            if getattr(self.stages, stage) == FIT:
                raise ConfigError(
                    f"stages.{stage} = {FIT!r}: a run fits {' and '.join(FITTED)} alone.",
                    f"Fit it by its own command, and name the folder: {_fitted_by(stage)}",
                )
        if self.stages.represent == OFF:
            raise ConfigError(
                "stages.represent = 'off': without words there is nothing to rank by.", "Leave that line out; ranking.use_dense = false ranks by words alone."
            )
        if strange := next((stage for stage in self.fit if stage not in FITTED), None):
            raise ConfigError(f"fit.{strange}: a run fits {' and '.join(FITTED)} alone.{did_you_mean(strange, FITTED)}", "Name one of these.")
        if not self.of_events and (fitted := next((stage for stage in FITTED if getattr(self.stages, stage) == FIT), None)):
            raise ConfigError(
                f"stages.{fitted} = {FIT!r}: a day of papers has no readers to learn from.",
                f"Fit it on a history of papers, and name the folder: broadsheet {fitted} fit --papers FILE --out {fitted}",
            )
        if self.of_events and not self.events:
            raise ConfigError(
                f"A {self.kind} has readers by what they had before, and no events are named.", 'Name them: events = "events.csv", or --set events=events.csv'
            )
        if self.words and not (self.of_events and len([one for one in self.words.split(",") if one.strip()]) == SAID == self.words.count(",") + 1):
            raise ConfigError(
                f"words = {self.words!r}: a page by events takes three words, parted by commas.",
                'One, several, and what readers did: words = "game, games, borrowed"',
            )
        # A folder of sequences says of its items what there is to say.
        if self.of_events and not self.source and not data_path(Path(self.events)).is_dir():
            raise ConfigError(f"A {self.kind} has items, and no source of them is named.", 'Name one: source = "items.csv", or --set source=items.csv')
        return self


def read_recipe(name: str | Path, settings: Sequence[str] = ()) -> Recipe:
    """Read a recipe that comes with the package, by its name, or a file; `settings` are `a.b=c` laid over it.

    Paths in a file are made to begin at its folder. Raises ConfigError for a recipe that is not there, and for a setting that is unknown or of no use.
    """
    with recipe_path(name) as path:
        data = read_toml(path)
    data.setdefault("name", Path(str(name)).stem)
    built = build(Recipe, with_settings(data, settings), str(name)).check()
    return built if str(name) in RECIPES and not Path(str(name)).is_file() else _beside(built, data, Path(name).parent)


@contextmanager
def recipe_path(name: str | Path) -> Iterator[Path]:
    """Give the path of a recipe. Raises ConfigError where there is none."""
    if Path(name).is_file():
        yield Path(name)
    elif str(name) in RECIPES:
        with as_file(files("broadsheet.stack") / "recipes" / f"{name}.toml") as path:
            yield path
    elif Path(name).is_dir():
        inside = sorted(one.name for one in Path(name).glob("*.toml"))
        raise ConfigError(f"{name} is a folder, and no recipe.", f"Name the file: broadsheet run {Path(name) / (inside[0] if inside else 'recipe.toml')}")
    else:
        raise ConfigError(
            f"There is no recipe {str(name)!r}.{did_you_mean(str(name), RECIPES)}", f"Recipes are: {', '.join(RECIPES)}, or a file: broadsheet init --help"
        )


def _beside(recipe: Recipe, stated: dict[str, Any], folder: Path) -> Recipe:
    """Let the paths that a file states begin at its folder; those that --set gives begin where the command runs."""
    changed: dict[str, Any] = {}
    own = stated.get("source", ())
    own = (own,) if isinstance(own, str) else tuple(own)
    if own == recipe.source:
        changed["source"] = tuple(one if one in RECIPES or one.startswith("arxiv:") else _at(folder, one) for one in own)
    for field in ("images", "events", "posts"):
        value = getattr(recipe, field)
        if value and value == stated.get(field) and value != "world":
            changed[field] = _at(folder, value)
    if recipe.reader.endswith(".toml") and recipe.reader == stated.get("reader"):
        changed["reader"] = _at(folder, recipe.reader)
    stages = {name: _at(folder, value) for name, value in (stated.get("stages") or {}).items() if "/" in str(value) and getattr(recipe.stages, name) == value}
    return recipe.model_copy(update={**changed, "stages": recipe.stages.model_copy(update=stages)})


def _at(folder: Path, path: str) -> str:
    """Lead a path from a folder; one that BROADSHEET_DATA knows stays as it is."""
    beside = folder / path
    return str(beside) if beside.exists() or data_path(Path(path)) == Path(path) else path


def _fitted_by(stage: str) -> str:
    return {"needs": "broadsheet needs fit", "plan": "broadsheet plan fit", "represent": "broadsheet represent fit"}.get(stage, f"broadsheet {stage} --help")
