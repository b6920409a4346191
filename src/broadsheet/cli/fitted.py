"""What `fit` commands are given: a folder of sequences, a fictional world, or papers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from broadsheet.stack import Known

Data = Annotated[
    Path | None,
    typer.Option("--data", help="A folder with sequences.txt, or train.inter, valid.inter, test.inter, or one of RecBole's, NAME/NAME.inter; items beside it."),
]
World = Annotated[Path | None, typer.Option("--world", help="A fictional world that `broadsheet world` wrote: texts, figures and readers.")]
Papers = Annotated[list[str] | None, typer.Option("--papers", help="Papers with authors: files or folders. Sequences are authors' papers. Repeats.")]
Recipe = Annotated[str, typer.Option("--recipe", help="sequences, papers or world. Default: by what is given.")]
Texts = Annotated[bool, typer.Option("--texts/--no-texts", help="Also titles, descriptions and pictures that --data has of the items.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same bundle.")]


def require_one(data: Path | None, world: Path | None, papers: Sequence[str] | None) -> None:
    """Raise ConfigError unless one of them is given."""
    from broadsheet.core.errors import ConfigError

    if sum(given is not None for given in (data, world, papers or None)) != 1:
        raise ConfigError("What is fitted on is named not at all, or twice.", "Give one of --data, --world and --papers.")


@contextmanager
def known_of(data: Path | None, world: Path | None, papers: Sequence[str] | None, *, texts: bool) -> "Iterator[Known]":
    """Yield what is known by the one that is given."""
    if world is not None:
        from broadsheet.sample.world import read_world
        from broadsheet.stack import of_world

        with of_world(read_world(world)) as known:
            yield known
    elif papers:
        from broadsheet.sources import read_source
        from broadsheet.stack import of_papers

        yield of_papers(read_source(papers).announcements)
    else:
        from broadsheet.core.home import data_path
        from broadsheet.stack import of_shop

        assert data is not None
        yield of_shop(data_path(data), texts=texts)
