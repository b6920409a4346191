"""What `fit` commands are given: a folder of sequences, a fictional world, or papers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from broadsheet.core.config import Config
    from broadsheet.stack.known import Known

ConfigT = TypeVar("ConfigT", bound="Config")

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", help="A folder with sequences.txt, or test.inter or test.tsv of user, items, target, or one of RecBole's, NAME/NAME.inter; items beside it."
    ),
]
World = Annotated[Path | None, typer.Option("--world", help="A fictional world that `broadsheet world` wrote: texts, figures and readers.")]
Papers = Annotated[list[str] | None, typer.Option("--papers", help="Papers with authors: files or folders. Sequences are authors' papers. Repeats.")]
Recipe = Annotated[str, typer.Option("--recipe", help="The settings to begin with: sequences, papers or world. Default: by what is given.")]
Texts = Annotated[bool, typer.Option("--texts/--no-texts", help="Also titles, descriptions and pictures that --data has of the items.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bundle.")]


def configured(config_type: "type[ConfigT]", recipes: Mapping[str, Mapping[str, Any]], named: str, given: str, settings: Sequence[str] | None) -> "ConfigT":
    """Return the settings of the recipe that is named, or that is for what is given, with others laid over it. Raises ConfigError for an unknown one."""
    from broadsheet.core.config import build, with_settings
    from broadsheet.core.errors import ConfigError, did_you_mean

    name = named or given
    if name not in recipes:
        raise ConfigError(f"There is no recipe {name!r}.{did_you_mean(name, recipes)}", f"Recipes are: {', '.join(recipes)}.")
    return build(config_type, with_settings(dict(recipes[name]), settings or []), "--set")


def kind_of(world: Path | None, papers: Sequence[str] | None) -> str:
    """Return the recipe for what is given."""
    return "world" if world else "papers" if papers else "sequences"


def require_one(data: Path | None, world: Path | None, papers: Sequence[str] | None, *, texts: bool = True) -> None:
    """Raise ConfigError unless one of them is given, and where texts are not to be read of what is nothing else."""
    from broadsheet.core.errors import ConfigError

    if sum(given is not None for given in (data, world, papers or None)) != 1:
        raise ConfigError("What is fitted on is named not at all, or twice.", "Give one of --data, --world and --papers.")
    if not texts and data is None:
        raise ConfigError("--no-texts is for --data: of a world and of papers nothing but texts and figures is known.", "Leave it out.")


@contextmanager
def known_of(data: Path | None, world: Path | None, papers: Sequence[str] | None, *, texts: bool) -> "Iterator[Known]":
    """Yield what is known by the one that is given."""
    if world is not None:
        from broadsheet.sample.world import read_world
        from broadsheet.stack.known import of_world

        with of_world(read_world(world)) as known:
            yield known
    elif papers:
        from broadsheet.sources import read_source
        from broadsheet.stack.known import of_papers

        yield of_papers(read_source(papers).announcements)
    else:
        from broadsheet.core.home import data_path
        from broadsheet.stack.known import of_shop

        assert data is not None
        yield of_shop(data_path(data), texts=texts)
