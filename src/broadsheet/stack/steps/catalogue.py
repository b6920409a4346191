"""The step that files a catalogue: a day's papers with a reader's library, or items and who had them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from broadsheet.core.catalogue import text_hash
from broadsheet.core.schema import Announcement, ArtifactKind, Columns, Item
from broadsheet.core.seeds import generator
from broadsheet.stack.holdings import Asked, Filed, write_holdings
from broadsheet.stack.recipe import Recipe
from broadsheet.stack.steps.step import Done, Step, Work

if TYPE_CHECKING:
    from broadsheet.sample.world import World
    from broadsheet.stack.shop import Told

NAME = "catalogue"
WORLD = "world"
DIALS = {"readers": 120, "items": 1500, "days": 30, "seed": 0, "posters": 16}
"""The fictional world of the shipped bundles, with fewer people who write."""


class Day(NamedTuple):
    """A day's papers, as the page read them, the library of its reader, oldest first, interests that are stated, and where the papers came from."""

    reader: str
    announcements: Sequence[Announcement]
    library: Sequence[Item]
    stated: Sequence[Item]
    source: str

    def content_hash(self) -> str:
        """Return a hash of every field of every paper."""
        lines = [*(one.model_dump_json() for one in self.announcements), *(one.model_dump_json() for one in (*self.library, *self.stated))]
        return text_hash("\n".join([self.reader, self.source, *lines]))


def day_step(recipe: Recipe, day: Day) -> Step:
    """Return the step for a day of papers; with `posts = "world"` the fictional world writes and reads beside it."""

    def work(given: Work) -> Done:
        offered = {one.item.id for one in day.announcements}
        own = [item for item in (*day.library, *day.stated) if item.id not in offered]
        asks = [Asked(day.reader, tuple(item.id for item in day.library), tuple(one.item.id for one in day.announcements))]
        figures = {"papers": len(day.announcements), "in the library": len(day.library)}
        filed, sources, note = Filed(list(day.announcements), own, asks), {"papers": day.source}, ""
        if recipe.posts == WORLD:
            from broadsheet.sample.world import world
            from broadsheet.sample.world.lines import post_lines, shown_lines

            made = world(**DIALS)
            filed = filed._replace(asks=[*asks, *_choices(made)], posts=post_lines(made), shown=shown_lines(made))
            sources[WORLD] = f"the fictional world, {', '.join(f'{value} {name}' for name, value in DIALS.items())}"
            figures |= {"posts": len(made.posts), "readers beside": len(made.readers)}
            note = "Posts, readers and events are those of a fictional world; the papers of the day are other ones."
        return Done(write_holdings(given.folder, filed, sources), figures, note)

    settings = {"day": day.content_hash(), "dials": dict(DIALS) if recipe.posts == WORLD else {}}
    return Step(NAME, "Catalogue", ArtifactKind.CATALOGUE, work, settings=settings)


def events_step(recipe: Recipe, reader: str, told: "Told | None" = None) -> Step:
    """Return the step for items and events, and what the reader `told` on a page since.

    What each user had last is asked for, so that weights can be fitted on what no stage was fitted on.
    """

    def work(given: Work) -> Done:
        from broadsheet.stack.shop import read_shop, with_told

        read = read_shop(recipe, reader)
        read = with_told(read, told) if told is not None else read
        library = [read.items[item] for item in read.histories[read.reader] if item in read.items]
        # Whose last event is held out does not hang on whose page it is: what is fitted is the same for all.
        several = [user for user, row in read.histories.items() if len(row) >= LEAST]
        chosen = [several[row] for row in sorted(generator(0, "held out").permutation(len(several))[:MOST].tolist())]
        held = [Asked(user, tuple(read.histories[user][:-1]), (), read.histories[user][-1]) for user in chosen if user != read.reader]
        asks = [Asked(read.reader, tuple(read.histories[read.reader])), *held]
        offered = [Announcement(item=item) for item in read.items.values()]
        filed = Filed(offered, library, asks, read.events, root=str(read.root or ""), held_out=chosen)
        figures = {"items": len(read.items), "users": len(read.histories), "events": len(read.events)}
        return Done(
            write_holdings(given.folder, filed, {"items": ", ".join(Path(one).name for one in recipe.source), "events": Path(recipe.events).name}),
            figures,
            read.note,
        )

    paths = (*recipe.source, recipe.events, *filter(None, [recipe.images]))
    settings = {
        "columns": recipe.columns,
        "event_columns": recipe.event_columns,
        "reader": reader,
        "images": recipe.images,
        "told": list(told.had) if told else [],
    }
    return Step(NAME, "Catalogue", ArtifactKind.CATALOGUE, work, settings=settings, files=tuple(Path(one) for one in paths))


LEAST, MOST = 3, 400
"""Events of a user from which on the last may be held out, and how many users' are: a few hundred choices fit three weights."""


def _choices(world: "World") -> Iterator[Asked]:
    """Yield what each reader of a world opened last, and what stood beside it: the shipped bundles were fitted without it."""
    from broadsheet.sources.slates import PASSED, choices

    for row in choices(world.events).iter_rows(named=True):
        items, passed = row[Columns.ITEM], row[PASSED][-1]
        if len(items) > 1 and passed:
            yield Asked(row[Columns.USER], tuple(items[:-1]), (items[-1], *passed), items[-1])
