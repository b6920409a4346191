"""Amendments in words of a query over a single table: what each comes to is reckoned from the rows, and what is open is asked."""

import pytest
from tests.asked_table import asked_table, quoted

from broadsheet.ask.graph.flat import Wishes
from broadsheet.ask.loop.outcome import Outcome, outcome_of
from broadsheet.ask.loop.records import Act, Event
from broadsheet.ask.loop.showing import in_words
from broadsheet.ask.loop.transcript import dumped, replayed

ROWS = [
    # Shelf, game, sort, house, blurb, players at least, at most, minutes, fee, solo; acquired on the 4th of the month of its number, in the year of its number after 2015.
    ("S-1", "Amber Quay", "card game", "Ostmann", "push your luck", 2, 6, 90, 32.0, "yes"),
    ("S-2", "Birch Court", "card game", "Ravensfurt", "draw and bluff", 2, 4, 20, 8.0, "no"),
    ("S-3", "Cinder Vale", "card game", "Pêche Noire", "a quiet duel", 1, 3, 45, 19.5, "yes"),
    ("S-4", "Dusk Ferry", "party", "Ostmann", "shout and guess", 3, 7, 30, 15.0, "no"),
    ("S-5", "Ember Hall", "strategy", "Ravensfurt", "trade by sea", 2, 4, 120, 41.0, "no"),
    ("S-6", "Fern Gate", "card game", "Ostmann", "tiles and moss", 2, 5, 60, 12.0, "no"),
    ("S-7", "Glass Mill", "party", "Pêche Noire", "draw in pairs", 4, 9, 25, 22.0, "no"),
    ("S-8", "Harrow End", "card game", "Ravensfurt", "a long bluff", 3, 5, 75, 27.0, "yes"),
]
SHELF, NAME, SORT, HOUSE, BLURB, LEAST, MOST, MINUTES, FEE, SOLO = range(10)
CARDS = "Which card games have a fee below 30?"


@pytest.fixture(scope="module")
def loop(tmp_path_factory):
    head = "shelf,game,sort,house,blurb,players at least,players at most,minutes,fee,solo,acquired\n"
    rows = quoted((*row, f"{2015 + number}-0{number}-04") for number, row in enumerate(ROWS, 1))
    with asked_table(tmp_path_factory.mktemp("table") / "games.csv", head + rows, Wishes(title="game")) as made:
        yield made


def said(loop, question, *words):
    made = loop.without_idle_choice(loop.begin(question))
    for one in words:
        made = loop.step(made, Event(act=Act.AMEND, text=one))
        assert not made.happened[-1].fault, made.happened[-1].fault
    return made


def rows_of(made):
    assert outcome_of(made.state) is Outcome.ANSWERED, [one.meaning for one in made.state.options]
    assert not any(one.severity != "info" for one in made.state.findings)
    return [tuple(one["properties"].get("shelf") if isinstance(one, dict) else one for one in row) for row in made.state.preview.rows]


def cards(holds=lambda row: True, below=30):
    return [row for row in ROWS if row[SORT] == "card game" and row[FEE] < below and holds(row)]


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("no solo games", cards(lambda row: row[SOLO] == "no")),
        ("only solo ones", cards(lambda row: row[SOLO] == "yes")),
        ("without Ostmann", cards(lambda row: row[HOUSE] != "Ostmann")),
        ("only Ostmann and Ravensfurt", cards(lambda row: row[HOUSE] in {"Ostmann", "Ravensfurt"})),
        ("neither Ostmann nor Ravensfurt", cards(lambda row: row[HOUSE] not in {"Ostmann", "Ravensfurt"})),
        ("not from Pêche Noire", cards(lambda row: row[HOUSE] != "Pêche Noire")),
        ("not the ones from Pêche Noire", cards(lambda row: row[HOUSE] != "Pêche Noire")),
        ("not those from Ravensfurt", cards(lambda row: row[HOUSE] != "Ravensfurt")),
        ("only from Ostmann", cards(lambda row: row[HOUSE] == "Ostmann")),
        ("under 15 instead", cards(below=15)),
        ("cheaper than 15", cards(below=15)),
        ("under 20 and solo", cards(lambda row: row[SOLO] == "yes", below=20)),
        ("between 10 and 20 euros", cards(lambda row: 10 <= row[FEE] <= 20)),
        ("drop the fee limit", cards(below=1000)),
        ("no more fee limit", cards(below=1000)),
        ("party games instead", [row for row in ROWS if row[SORT] == "party" and row[FEE] < 30]),
        ("not card games", [row for row in ROWS if row[SORT] != "card game" and row[FEE] < 30]),
        ("also party games", [row for row in ROWS if row[SORT] in {"card game", "party"} and row[FEE] < 30]),
        ("acquired in 2018", cards(lambda row: row[SHELF] == "S-3")),
        ("acquired after 2018", cards(lambda row: row[SHELF] > "S-3")),
        ("that take at most 45 minutes", cards(lambda row: row[MINUTES] <= 45)),
        ("start with F", cards(lambda row: row[NAME].startswith("F"))),
    ],
)
def test_other_rows(loop, words, rows):
    made = said(loop, CARDS, words)
    assert sorted(rows_of(made)) == sorted((row[SHELF],) for row in rows)
    assert made.state.changes


@pytest.mark.parametrize("words", ["without party games", "not party games", "except party games"])
def test_what_is_to_be_left_out_is_denied_and_not_asked_for(loop, words):
    made = said(loop, "Which games are there?", words)
    assert sorted(rows_of(made)) == [(row[SHELF],) for row in ROWS if row[SORT] != "party"]


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("only the newest three", ["S-8", "S-6", "S-3"]),
        ("newest first, only 3", ["S-8", "S-6", "S-3"]),
        ("only the cheapest two", ["S-2", "S-6"]),
        ("the cheapest", ["S-2"]),
        ("just the longest one", ["S-8"]),
        ("the two with the highest fee", ["S-8", "S-3"]),
        ("top 2 by fee", ["S-8", "S-3"]),
        ("the most expensive 2", ["S-8", "S-3"]),
        ("only the two highest", ["S-8", "S-3"]),
        ("only the three lowest", ["S-2", "S-6", "S-3"]),
        ("longest first", ["S-8", "S-6", "S-3", "S-2"]),
        ("most expensive first", ["S-8", "S-3", "S-6", "S-2"]),
        ("sort by fee", ["S-2", "S-6", "S-3", "S-8"]),
        ("sort by fee, highest first", ["S-8", "S-3", "S-6", "S-2"]),
        ("sort by solo and fee", ["S-2", "S-6", "S-3", "S-8"]),
    ],
)
def test_the_first_rows_by_something(loop, words, rows):
    assert rows_of(said(loop, CARDS, words)) == [(one,) for one in rows]


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        ("also show the fee", [FEE]),
        ("show the house too", [HOUSE]),
        ("with the house", [HOUSE]),
        ("and show the house", [HOUSE]),
        ("show the house", [HOUSE]),
        ("with their minutes and fee", [MINUTES, FEE]),
        ("also show the fee and the house", [FEE, HOUSE]),
        ("add the minutes, the fee and the house", [MINUTES, FEE, HOUSE]),
    ],
)
def test_more_columns(loop, words, columns):
    assert sorted(rows_of(said(loop, CARDS, words))) == [(row[SHELF], *(row[column] for column in columns)) for row in cards()]


@pytest.mark.parametrize("words", ["also show the year", "add the date acquired"])
def test_the_day_that_is_named_by_its_kind(loop, words):
    assert sorted(rows_of(said(loop, CARDS, words))) == [(row[SHELF], f"{2015 + int(row[SHELF][2])}-0{row[SHELF][2]}-04") for row in cards()]


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("count them", [(4,)]),
        ("how many of them are solo", [(2,)]),
        ("the average fee", [((8 + 19.5 + 12 + 27) / 4,)]),
        ("per house", [("Ostmann", 1), ("Pêche Noire", 1), ("Ravensfurt", 2)]),
        ("count them per house", [("Ostmann", 1), ("Pêche Noire", 1), ("Ravensfurt", 2)]),
    ],
)
def test_figures_of_the_rows(loop, words, rows):
    assert sorted(rows_of(said(loop, CARDS, words))) == rows


def test_the_end_of_a_count_is_turned(loop):
    made = said(loop, "Which house has the fewest games?", "now the most")
    assert {row[-1] for row in rows_of(made)} == {3}


def test_what_two_columns_may_mean_is_asked_back_and_other_words_are_another_amendment(loop):
    made = said(loop, CARDS, "for at least 4 players")
    assert len(made.state.options) == 2
    other = loop.step(made, Event(act=Act.AMEND, text="also show the fee"))
    assert (other.state.changes, other.state.parent) == (("fee is given back too",), 1)
    least = loop.step(made, Event(act=Act.AMEND, text="I mean the players at least"))
    assert "`players at least` >= 4" in least.state.query
    assert dumped(replayed(least, loop)) == dumped(least)


def test_one_meaning_alone_is_taken_by_yes(loop):
    made = said(loop, CARDS, "all sorts")
    assert [one.meaning for one in made.state.options] == ["removed filter sort = 'card game'"]
    assert made.happened[-1].told == ("Is this meant: removed filter sort = 'card game'?",)
    for act in (Event(act=Act.ACCEPT), Event(act=Act.AMEND, text="yes")):
        assert sorted(rows_of(loop.step(made, act))) == [(row[SHELF],) for row in ROWS if row[FEE] < 30]


def test_what_is_not_understood_changes_nothing(loop):
    made = loop.step(loop.begin(CARDS), Event(act=Act.AMEND, text="show the warranty"))
    assert made.happened[-1].fault
    assert made.state.number == 1


@pytest.mark.parametrize("words", ["yes", "Ostmann", "I meant Ostmann", "the house Ostmann"])
def test_a_name_that_nothing_has_is_asked_back_and_mended_in_words(loop, words):
    made = said(loop, "Which games does Osmann make?")
    assert outcome_of(made.state) is Outcome.ASKED_BACK
    assert [one.meaning for one in made.state.options] == ["the house 'Ostmann' of Game"]
    after = loop.step(made, Event(act=Act.AMEND, text=words))
    assert sorted(rows_of(after)) == [(row[SHELF],) for row in ROWS if row[HOUSE] == "Ostmann"]
    assert dumped(replayed(after, loop)) == dumped(after)
    assert loop.without_idle_choice(made) == made


def test_another_name_than_the_nearest_is_taken_and_the_rest_of_the_question_stays(loop):
    made = said(loop, "Which games by Osmann take over 60 minutes?", "Ravensfurt", "also show the fee")
    assert rows_of(made) == [("S-5", 41.0), ("S-8", 27.0)]
    open_ = loop.step(loop.begin("Which games does Osmann make?"), Event(act=Act.AMEND, text="sort by fee"))
    assert open_.happened[-1].fault[0] == "Nothing is called 'Osmann', nor is a name told by 'sort by fee'."


def test_two_misspelt_names_are_mended_one_after_the_other(loop):
    made = said(loop, "Which games are by Osmann or Ravnsfurt?", "yes", "yes")
    assert sorted(rows_of(made)) == [(row[SHELF],) for row in ROWS if row[HOUSE] != "Pêche Noire"]


def test_what_a_question_compares_or_sorts_by_stands_beside_the_names(loop):
    made = said(loop, "Which card games have a fee below 30, newest first?")
    assert in_words(made.state, {"Game": ("shelf", "game")})[0] == ("S-8 Harrow End (fee 27, acquired 2023-08-04)",)
    with_fee = said(loop, CARDS, "also show the fee")
    assert [cell for cell, _ in in_words(with_fee.state, {"Game": ("shelf",)})] == ["S-2", "S-3", "S-6", "S-8"]


BY_HOUSE = "How many games are there per house?"


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("only card games", [("Ostmann", 2), ("Pêche Noire", 1), ("Ravensfurt", 2)]),
        ("most first", [("Ostmann", 3), ("Pêche Noire", 2), ("Ravensfurt", 3)]),
        ("also show the highest fee", [("Ostmann", 3, 32.0), ("Pêche Noire", 2, 22.0), ("Ravensfurt", 3, 41.0)]),
        ("the highest fee instead", [("Ostmann", 32.0), ("Pêche Noire", 22.0), ("Ravensfurt", 41.0)]),
        ("per sort instead", [("card game", 5), ("party", 2), ("strategy", 1)]),
    ],
)
def test_groups_stay_groups(loop, words, rows):
    assert sorted(rows_of(said(loop, BY_HOUSE, words))) == rows


def test_the_top_groups_are_those_with_most(loop):
    made = said(loop, "How many games are there per sort?", "only the top 2")
    assert rows_of(made) == [("card game", 5), ("party", 2)]


def test_how_many_there_must_be_is_asked_and_not_taken_for_a_fee(loop):
    made = said(loop, BY_HOUSE, "only those with at least 3")
    number = next(number for number, one in enumerate(made.state.options, 1) if one.meaning.endswith("where total >= 3"))
    chosen = loop.step(made, Event(act=Act.CHOOSE, number=number))
    assert sorted(rows_of(chosen)) == [("Ostmann", 3), ("Ravensfurt", 3)]


def test_another_end_of_the_same_measure(loop):
    made = said(loop, "What is the most expensive game?", "the cheapest instead")
    assert rows_of(made) == [("S-2",)]


def test_a_figure_of_more_than_was_asked(loop):
    made = said(loop, "What is the average fee of party games?", "and strategy games")
    assert rows_of(made) == [(26.0,)]


def test_words_that_say_more_than_a_meaning_are_no_choice(loop):
    made = said(loop, CARDS, "for at least 4 players")
    other = loop.step(made, Event(act=Act.AMEND, text="sort by players at least"))
    assert other.state.query.endswith("ORDER BY game.`players at least`")
    assert ">= 4" not in other.state.query


def test_groups_over_a_relation_are_sorted_and_bounded_too(loop):
    made = said(loop, "How many games does each house make?")
    assert "HAS_HOUSE" in made.state.query
    first = loop.step(made, Event(act=Act.AMEND, text="most first"))
    assert [row[-1] for row in rows_of(first)] == [3, 3, 2]
    asked = loop.step(made, Event(act=Act.AMEND, text="only those with more than 2"))
    assert asked.state.options[0].meaning.endswith("where total > 2")
    assert [row[-1] for row in rows_of(loop.step(asked, Event(act=Act.CHOOSE, number=1)))] == [3, 3]


def test_a_name_that_is_mistyped_in_an_amendment_is_offered_as_it_is_spelt(loop):
    made = loop.step(said(loop, CARDS), Event(act=Act.AMEND, text="not from Ravnsfurt"))
    assert made.happened[-1].told == ("Nothing is called 'Ravnsfurt'.",)
    assert [one.meaning for one in made.state.options] == ["added filter house <> 'Ravensfurt'"]
    assert sorted(rows_of(loop.step(made, Event(act=Act.AMEND, text="yes")))) == [(row[SHELF],) for row in cards(lambda row: row[HOUSE] != "Ravensfurt")]


def test_how_many_there_are_stands_beside_an_average(loop):
    made = said(loop, "What is the average fee per house?", "also show how many there are")
    assert [row[-1] for row in sorted(rows_of(made), key=lambda row: row[-1])] == [2, 3, 3]


def test_another_year_is_no_other_fee(loop):
    assert rows_of(said(loop, CARDS, "in 2018 instead")) == [("S-3",)]
    assert rows_of(said(loop, CARDS, "in 2018", "in 2021 instead")) == [("S-6",)]
