"""A recipe is data: what it may say, what it may not, and where its paths begin."""

import re
import tomllib
from importlib.resources import files

import pytest

from broadsheet.core.errors import BroadsheetError, ConfigError, OutputError
from broadsheet.stack.asked_for import Wanted, recipe_text, write_recipe
from broadsheet.stack.recipe import RECIPES, read_recipe


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_that_comes_with_the_package_is_short_and_reads(name):
    text = (files("broadsheet.stack") / "recipes" / f"{name}.toml").read_text()
    assert len(text.splitlines()) <= 15
    assert read_recipe(name).name == name


def test_the_recipe_of_real_papers_holds_what_was_measured_to_help():
    from broadsheet.report.measured import because, measured, stages_said

    recipe = read_recipe("papers")
    for stage, said in measured().items():
        assert (getattr(recipe.stages, stage) == "off") is not said["on"], stage
    assert because(recipe).keys() == {stage for stage, said in measured().items() if not said["on"]}
    assert "broadsheet bench" in because(recipe)["retrieve"]
    assert "off: retrieve, rank" in stages_said(recipe)
    assert because(read_recipe("sample")) == {}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["stages.retreive=off"], "Did you mean 'retrieve'?"),
        (["sorce=x"], "Did you mean 'source'?"),
        (["kind=shop"], "no events are named"),
        (["kind=cinema"], "kind"),
        (["stages.needs=fit"], "a run fits retrieve and rank alone"),
        (["stages.represent=off"], "without words"),
        (["fit.needs.size=tiny"], "a run fits"),
        (["stages.rank=fit"], "no readers to learn from"),
        (["slate=0"], "slate"),
        (["slate"], "not of the form"),
    ],
)
def test_what_is_wrong_is_two_lines(settings, said):
    with pytest.raises(ConfigError) as error:
        read_recipe("sample", settings)
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 2


def test_a_recipe_that_is_not_there_names_what_is_near():
    with pytest.raises(ConfigError, match="Did you mean 'papers'"):
        read_recipe("paper")


def test_paths_of_a_file_begin_at_its_folder_and_those_of_set_where_the_command_runs(tmp_path):
    (tmp_path / "mine.toml").write_text('kind = "shop"\nsource = "items.csv"\nevents = "orders.csv"\nposts = "world"\n[stages]\nrank = "bundles/rank"\n')
    recipe = read_recipe(tmp_path / "mine.toml", ["images=pictures"])
    assert recipe.name == "mine"
    assert recipe.source == (str(tmp_path / "items.csv"),)
    assert (recipe.events, recipe.images, recipe.posts) == (str(tmp_path / "orders.csv"), "pictures", "world")
    assert recipe.stages.rank == str(tmp_path / "bundles/rank")
    live = tmp_path / "live.toml"
    live.write_text('source = ["arxiv:cs.IR", "day.xml"]\nreader = "me.toml"\n')
    assert read_recipe(live).source == ("arxiv:cs.IR", str(tmp_path / "day.xml"))
    assert read_recipe(live).reader == str(tmp_path / "me.toml")


@pytest.mark.parametrize("kind", ["papers", "shop", "menu", "movies"])
def test_a_recipe_that_is_written_is_read_as_it_was_meant(tmp_path, kind):
    for name, words in {"things.csv": 'id,"the ""name"""\na1,Tea\n', "acts.csv": "who,item\nana,a1\n", "posts.jsonl": "x"}.items():
        (tmp_path / name).write_text(words)
    events = "" if kind == "papers" else "acts.csv"
    wanted = Wanted(kind, ("things.csv",), 'title=the "name"', events, "user=who" if events else "", "pictures", "posts.jsonl", "ana" if events else "me.toml")
    recipe = write_recipe(wanted, tmp_path / "mine.toml")
    assert recipe.kind == kind
    assert recipe.columns == 'title=the "name"'
    assert recipe.stages.needs == "cues"
    assert recipe.events == (str(tmp_path / events) if events else "")
    text = recipe_text(wanted)
    assert all("#" in line or not line or line.startswith(("kind", "[")) for line in text.splitlines())
    assert tomllib.loads(text)["kind"] == kind


@pytest.mark.parametrize(
    ("kind", "source", "words"),
    [
        ("shop", "yarns.csv", "yarn, yarns, bought"),
        ("shop", "Boxes.jsonl.gz", "box, boxes, bought"),
        ("shop", "glasses.parquet", "glass, glasses, bought"),
        ("shop", "houses.csv", ""),
        ("menu", "soups.csv", "soup, soups, ordered"),
        ("menu", "dishes.csv", ""),
        *(
            (kind, name, "")
            for kind in ("shop", "movies")
            for name in ("items.csv", "movies.csv", "stock.csv", "glass.csv", "atlas.csv", "my_yarns.csv", "knives.csv")
        ),
    ],
)
def test_a_file_that_is_called_by_what_is_in_it_gives_a_new_recipe_its_words(tmp_path, kind, source, words):
    text = recipe_text(Wanted(kind, (f"{tmp_path}/{source}",), events="acts.csv"))
    assert tomllib.loads(text).get("words", "") == words
    assert text.count("words = ") == 1
    assert "words" not in recipe_text(Wanted("papers", (source,)))


def test_of_a_folder_or_several_files_no_words_are_made():
    assert all("\n# words = " in recipe_text(Wanted("shop", source, events="acts.csv")) for source in (("yarns",), ("yarns.csv", "needles.csv")))


def test_columns_and_readers_that_are_not_there_are_told_before_a_recipe_is_written(tmp_path):
    (tmp_path / "things.csv").write_text("id,title\na1,Tea\n")
    (tmp_path / "acts.csv").write_text("who,what\nana,a1\n,\n")
    told = {
        ("title=name", "user=who,item=what", "ana"): "no column 'name'",
        ("", "", "ana"): "no column for 'user' (looked for",
        ("category=x", "", "ana"): "Did you mean 'categories'",
        ("", "user=who,item=what", "anna"): "Did you mean 'ana'",
    }
    for (columns, event_columns, reader), words in told.items():
        with pytest.raises(BroadsheetError, match=re.escape(words)):
            write_recipe(Wanted("shop", ("things.csv",), columns, "acts.csv", event_columns, reader=reader), tmp_path / "mine.toml")
        assert not (tmp_path / "mine.toml").exists()
    # A row of nothing at the end is no event.
    write_recipe(Wanted("shop", ("things.csv",), "", "acts.csv", "user=who,item=what", reader="ana"), tmp_path / "mine.toml")
    with pytest.raises(BroadsheetError, match="is a folder"):
        read_recipe(tmp_path)


def test_what_is_wrong_with_a_new_recipe_is_told_before_it_is_written(tmp_path):
    out = tmp_path / "mine.toml"
    for wanted in (Wanted("shop", ("items.csv",)), Wanted("shop", (), events=""), Wanted("papers", ("nowhere.csv",))):
        with pytest.raises(BroadsheetError) as error:
            write_recipe(wanted, out)
        assert len(str(error.value).splitlines()) == 2
        assert not out.exists()
    out.write_text("mine")
    with pytest.raises(OutputError, match="is there already"):
        write_recipe(Wanted("papers"), out)
    assert out.read_text() == "mine"


def test_a_catalogue_may_have_words_of_its_own():
    from broadsheet.stack.record import RunRecord
    from broadsheet.stack.words import words_of

    named = ["kind=shop", "source=a.csv", "events=b.csv"]
    recipe = read_recipe("shop", [*named, "words=game, games, borrowed"])
    assert words_of(recipe.kind, recipe.words)[:3] == ("game", "games", "borrowed")
    run = RunRecord(recipe="x", kind="shop", settings={"words": recipe.words})
    assert words_of(run.kind, run.settings.get("words")).before == "what was borrowed"
    assert words_of("shop").many == "articles"
    for wrong in ("games", "a, b, c, d", "game, , borrowed"):
        with pytest.raises(ConfigError, match="three words"):
            read_recipe("shop", [*named, f"words={wrong}"])
    with pytest.raises(ConfigError, match="three words"):
        read_recipe("papers", ["words=a, b, c"])
