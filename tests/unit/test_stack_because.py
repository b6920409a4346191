"""Why a pick is there, in one sentence: counted in events, measured by the ranking, or by the score alone and said so."""

import polars as pl
import pytest

from broadsheet.core.artifacts import Manifest, write_artifact
from broadsheet.core.schema import Announcement, ArtifactKind, Columns, Item
from broadsheet.sources.events import EVENTS
from broadsheet.stack.because import Grounds, others_of, sentences
from broadsheet.stack.holdings import Asked, Filed, Holdings, write_holdings
from broadsheet.stack.steps.rank import RESTS, SCHEMA, WITHOUT
from broadsheet.stack.words import words_of

GAMES = words_of("shop", "game, games, borrowed")
TITLES = {"h": "Great Harbour", "d": "Silver Drift", "x": "Hidden Sable", "y": "Last Voyage", "z": "Little Ember"}


def held_of(tmp_path, others, history=("h", "d")):
    events = [("me", item, float(at)) for at, item in enumerate(history)] + [
        (user, item, float(at)) for user, row in others.items() for at, item in enumerate(row)
    ]
    items = [Item(id=name, title=title) for name, title in TITLES.items()]
    filed = Filed([Announcement(item=item) for item in items], [], [Asked("me", tuple(history))], pl.DataFrame(events, schema=EVENTS, orient="row"))
    return Holdings(write_holdings(tmp_path / "catalogue", filed, {}))


def scores(of="rank", items=("x", "y", "z")):
    parts = {name: [float(len(items) - row) if name == of else 0.0 for row in range(len(items))] for name in ("likeness", "rank")}
    return pl.DataFrame(
        {Columns.ITEM: list(items), Columns.SCORE: [float(-row) for row in range(len(items))], **{f"adds {name}": part for name, part in parts.items()}}
    )


class Near:
    """Vectors by which everything is nearest to one item."""

    spaces = ("meaning",)

    def near(self, item, others, space):
        return [("d", 0.7)] if "d" in others else []


def ranking(folder, rests):
    rows = [("me", item, place, 0.0, 0.0) for place, item in enumerate("xyz", 1)]
    frames = {
        "scores": pl.DataFrame(rows, schema=SCHEMA, orient="row"),
        RESTS: pl.DataFrame(rests, schema={Columns.ITEM: pl.String, WITHOUT: pl.String, Columns.RANK: pl.Int64}, orient="row"),
    }
    return write_artifact(folder / "rank", Manifest(kind=ArtifactKind.SCORES), frames=frames)


def test_people_who_went_on_to_it_are_counted_and_one_alone_is_not_told_of(tmp_path):
    held = held_of(tmp_path, {"a": "hx", "b": "hx", "c": "hy", "e": "zd", "f": "z", "g": "xh", "i": "z"})
    said = sentences(Grounds(held, scores()), ["x", "y"], GAMES)
    # Who had it before that one did not go on to it.
    assert said["x"] == "People who borrowed “Great Harbour” went on to this: 2 of 4."
    assert said["y"] == "By all that you borrowed together: place 2 of 3 by score."


def test_what_everybody_has_anyway_leads_from_nothing_and_is_told_as_that(tmp_path):
    others = dict.fromkeys("abcdefgi", "zx") | {"j": "hx", "k": "hx"}
    held = held_of(tmp_path, others)
    assert others_of(held.events, "me", ["h", "d"], ["x"]).led == {}
    assert sentences(Grounds(held, scores()), ["x"], GAMES)["x"] == "Among the games that others borrowed most: 10 of 10 people."


@pytest.mark.parametrize(("marked", "which"), [((), "borrowed"), (("d",), "marked on the page")])
def test_likeness_is_the_reason_where_it_adds_most_and_not_where_another_stage_does(tmp_path, marked, which):
    held = held_of(tmp_path, {"a": "z", "b": "z"})
    assert sentences(Grounds(held, scores("likeness"), Near(), None, marked), ["x"], GAMES)["x"] == f"Like “Silver Drift”, which you {which}."
    by_rank = sentences(Grounds(held, scores("rank"), Near(), None, marked), ["x"], GAMES)["x"]
    assert by_rank == "Nobody else borrowed it yet. By all that you borrowed together: place 1 of 3 by score; of that it is most like “Silver Drift”."


def test_what_a_place_rests_on_is_what_it_falls_without(tmp_path):
    held = held_of(tmp_path, {"a": "z", "b": "z"})
    grounds = Grounds(held, scores(), Near(), ranking(tmp_path, [("x", "h", 3), ("y", "h", 3)]))
    said = sentences(grounds, ["x", "y"], GAMES)
    assert said["x"] == "Goes with “Great Harbour”, which you borrowed: without that it would be ranked 3, not 1."
    assert said["y"].startswith("Nobody else borrowed it yet. By all")


def test_a_catalogue_without_events_says_the_score(tmp_path):
    items = [Item(id=name, title=title) for name, title in TITLES.items()]
    held = Holdings(write_holdings(tmp_path / "c", Filed([Announcement(item=item) for item in items], [], [Asked("me", ("h",))]), {}))
    assert sentences(Grounds(held, scores()), ["x"], GAMES)["x"] == "By all that you borrowed together: place 1 of 3 by score."


def test_too_few_readers_for_weights_are_told_before_the_run():
    from broadsheet.stack.recipe import Recipe
    from broadsheet.stack.shop import Shop
    from broadsheet.stack.steps.score import LEAST, foretold

    recipe = Recipe.model_validate({"kind": "shop", "source": ("a.csv",), "events": "b.csv", "stages": {"retrieve": "fit", "rank": "fit"}})
    histories = {"me": ["a", "b", "c"], "one": ["a", "b"], **{f"u{number}": ["a", "b", "c"] for number in range(LEAST - 1)}}
    shop = Shop({}, histories, "me", pl.DataFrame(), None, "")
    assert (
        foretold(recipe, shop) == "No weights of stages can be fitted: 29 readers beside me had 3 events or more, and 30 are needed. Ranking alone will order."
    )
    without = recipe.model_copy(update={"stages": recipe.stages.model_copy(update={"rank": "off"})})
    assert foretold(without, shop).endswith("Retrieval alone will order.")
    assert foretold(recipe, shop._replace(histories={**histories, "more": ["a", "b", "c"]})) == ""
