"""Questions to a single table: each answer is reckoned from the rows by hand, and what is not understood is told."""

import pytest
from tests.asked_table import asked_table, quoted

from broadsheet.ask.graph.flat import Wishes
from broadsheet.ask.loop.outcome import Outcome, outcome_of

ROWS = [
    # Code, title, maker, family, text, price, weight, year, tuned; bought on is the 3rd of the month of its number, in the year 2025.
    ("I-1", "Cello", "Tamura", "strings", "bowed, warm", 1370, 4, 2019, "yes"),
    ("I-2", "Lute", "Osei", "strings", "eight courses", 900, 8, 1790, "no"),
    ("I-3", "Oboe", "Corvino", "woodwind", "a double reed", 4000, 1, 1850, "yes"),
    ("I-4", "Bassoon", "Tamura", "woodwind", "a long double reed", 6100, 1, 1901, "no"),
    ("I-5", "Tuba", "Osei", "brass", "rotary valves", 2500, 4, 1950, "yes"),
    ("I-6", "Cornet", "Hart & Söhne", "brass", "mellow", 410, 3, 2001, "yes"),
    ("I-7", "Timpani", "Osei", "percussion", "copper kettle", 170, 5, 2001, "no"),
    ("I-8", "Cajon", "Tamura", "percussion", "a box to sit on", 170, 1, 2020, "yes"),
]
CODE, TITLE, MAKER, FAMILY, BLURB, PRICE, WEIGHT, BUILT, TUNED = range(9)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Ask the table: the answer's rows, nodes by their codes, and the state."""
    head = "code,instrument,maker,family,blurb,price_eur,max weight,built,tuned,bought on\n"
    rows = quoted((*row, f"2025-0{number}-03" if number < 8 else "") for number, row in enumerate(ROWS, 1))
    with asked_table(tmp_path_factory.mktemp("table") / "instruments.csv", head + rows, Wishes(title="instrument")) as loop:
        yield lambda question: answered(loop, question)


def answered(loop, question):
    """Return the rows of an answer, and its state."""
    state = loop.begin(question).state
    assert outcome_of(state) is Outcome.ANSWERED, question
    return [tuple(map(_plain, row)) for row in state.preview.rows], state


def _plain(value):
    """A node by its key, or by its name where it has none."""
    held = value["properties"] if isinstance(value, dict) else {}
    return held.get("code") or held.get("skein") or held["name"] if held else value


def codes(holds):
    return sorted((row[CODE],) for row in ROWS if holds(row))


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("Which instruments cost between 500 and 2000?", lambda row: 500 <= row[PRICE] <= 2000),
        ("Which instruments cost between 500 and 2000 euros?", lambda row: 500 <= row[PRICE] <= 2000),
        ("Which instruments cost more than 500 and less than 2000?", lambda row: 500 < row[PRICE] < 2000),
        ("List all brass instruments under 2000 euros", lambda row: row[FAMILY] == "brass" and row[PRICE] < 2000),
        ("Which instruments under 1000 are there?", lambda row: row[PRICE] < 1000),
        ("Which instruments have price_eur below 1000?", lambda row: row[PRICE] < 1000),
        ("instruments whose price is at most 900", lambda row: row[PRICE] <= 900),
        ("Which instruments whose price is at most 900 are strings?", lambda row: row[FAMILY] == "strings" and row[PRICE] <= 900),
        ("Which instruments cost 170 euros?", lambda row: row[PRICE] == 170),
        ("Which instruments have a price of 170?", lambda row: row[PRICE] == 170),
        ("Which strings cost more than 1000?", lambda row: row[FAMILY] == "strings" and row[PRICE] > 1000),
        ("Which instruments are not made by Tamura?", lambda row: row[MAKER] != "Tamura"),
        ("Which percussion instruments are not made by Osei?", lambda row: row[FAMILY] == "percussion" and row[MAKER] != "Osei"),
        ("Which instruments are made by Tamura or Osei?", lambda row: row[MAKER] in {"Tamura", "Osei"}),
        ("Which instruments are neither brass nor strings?", lambda row: row[FAMILY] not in {"brass", "strings"}),
        ("Which instruments are not brass and not strings?", lambda row: row[FAMILY] not in {"brass", "strings"}),
        ("Which instruments mention a reed?", lambda row: "reed" in row[BLURB]),
        ("Which instruments are made by Hart?", lambda row: row[MAKER].startswith("Hart")),
        ("Which instruments are tuned?", lambda row: row[TUNED] == "yes"),
        ("Which instruments are not tuned?", lambda row: row[TUNED] == "no"),
        ("Which instruments have at least 4 max weight?", lambda row: row[WEIGHT] >= 4),
        ("Which instruments by Tamura cost more than 1000?", lambda row: row[MAKER] == "Tamura" and row[PRICE] > 1000),
        ("Which instruments have max weight 1 and price 170?", lambda row: row[WEIGHT] == 1 and row[PRICE] == 170),
        ("Which instruments were bought between 2025-02-01 and 2025-03-31?", lambda row: row[CODE] in {"I-2", "I-3"}),
        ("Which instruments were bought between February 2025 and March 2025?", lambda row: row[CODE] in {"I-2", "I-3"}),
        ("Which instruments were bought on or after 2025-06-03?", lambda row: row[CODE] in {"I-6", "I-7"}),
        ("Which instruments were bought before March 2025 and cost more than 1000?", lambda row: row[CODE] == "I-1"),
        ("Which brass instruments were built between 1960 and 2001?", lambda row: row[CODE] == "I-6"),
        ("Which instruments are not in Brass?", lambda row: row[FAMILY] != "brass"),
        ("Which instruments are not Brass instruments?", lambda row: row[FAMILY] != "brass"),
        ("Which instruments other than Strings cost over 2000?", lambda row: row[FAMILY] != "strings" and row[PRICE] > 2000),
        ("Which instruments are mellow?", lambda row: "mellow" in row[BLURB]),
        ("Which instruments have Tu in their name?", lambda row: "tu" in row[TITLE].lower()),
        ("instruments with 'oo' in the title", lambda row: "oo" in row[TITLE]),
        ("Which instruments start with C?", lambda row: row[TITLE].startswith("C")),
    ],
)
def test_rows_that_meet_conditions(asked, question, holds):
    rows, state = asked(question)
    assert sorted(rows) == codes(holds)
    assert not any(one.severity == "warning" for one in state.findings)


def _by(column, take):
    return sorted((key, take([row[PRICE] for row in ROWS if row[column] == key])) for key in {row[column] for row in ROWS})


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many instruments are there by family?", _by(FAMILY, len)),
        ("How many instruments are there per family?", _by(FAMILY, len)),
        ("What is the average price by maker?", _by(MAKER, lambda prices: sum(prices) / len(prices))),
        ("How many instruments cost over 1000 euros by family?", [("brass", 1), ("strings", 1), ("woodwind", 2)]),
        ("How many instruments cost 170?", [(2,)]),
        ("How many brass instruments does Osei make?", [(1,)]),
        ("What does the Tuba cost?", [(2500,)]),
        ("How much does the Tuba cost?", [(2500,)]),
        ("How much is I-3?", [(4000,)]),
        ("What is the price of the Lute?", [(900,)]),
        ("Who makes the Oboe?", [("Corvino",)]),
        ("How many instruments are tuned?", [(5,)]),
        ("How heavy is the Lute?", [(8,)]),
        ("What is the title of I-3?", [("Oboe",)]),
        ("When was the newest brass instrument bought?", [("2025-06-03",)]),
        ("How many makers are there?", [(4,)]),
        ("How many different makers are there?", [(4,)]),
        ("How many brass and percussion instruments are there?", [(4,)]),
        ("Which instrument has the highest price?", [(6100, "Bassoon")]),
        ("Which brass instruments do not cost more than 1000?", [("I-6",)]),
        ("How many max weight does the Tuba have?", [(4,)]),
        ("What is the total price of all strings?", [(2270,)]),
        ("Which instrument is the most expensive?", [("I-4",)]),
        ("Which brass instrument costs the least?", [("I-6",)]),
        ("Which instruments cost the most, top 3?", [("I-4",), ("I-3",), ("I-5",)]),
    ],
)
def test_figures_and_ends_of_a_scale(asked, question, rows):
    found, state = asked(question)
    assert (found if "top 3" in question else sorted(found)) == rows
    assert not any(one.severity == "warning" for one in state.findings)


@pytest.mark.parametrize(
    ("question", "column", "down"),
    [
        ("brass instruments from cheapest to most expensive", PRICE, False),
        ("brass instruments sorted from heaviest to lightest", WEIGHT, True),
        ("List the brass instruments from newest to oldest", CODE, True),
        ("List brass instruments, newest first", CODE, True),
        ("List brass instruments, heaviest first", WEIGHT, True),
    ],
)
def test_rows_from_one_end_to_the_other(asked, question, column, down):
    rows, state = asked(question)
    assert [code for (code,) in rows] == [
        row[CODE] for row in sorted((row for row in ROWS if row[FAMILY] == "brass"), key=lambda row: row[column], reverse=down)
    ]
    assert not any(one.severity == "warning" for one in state.findings)


def test_an_order_by_what_nothing_measures_is_told(asked):
    _, state = asked("List brass instruments, loudest first")
    assert any("loudest first" in one.message for one in state.findings)


@pytest.mark.parametrize("question", ["Sort all brass instruments by price", "List brass instruments by price", "Show brass instruments sorted by price"])
def test_rows_are_listed_by_what_is_named_behind_by(asked, question):
    assert [row[0] for row in asked(question)[0]] == ["I-6", "I-5"]


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Who lent the Cello?", "'lent'"),
        ("Is the Cello in stock?", "'stock'"),
        ("What are the two cheapest instruments of each family?", "'of each' beside the most or the least of something is not looked at"),
        ("What is the 90th percentile of price?", "'percentile' is not reckoned"),
        ("Which maker has the second most instruments?", "'second'"),
        ("Which instruments are cheaper than all strings?", "compares with something else than a figure or a date"),
        ("Which instruments cost twice as much as the Lute?", "'twice' is not reckoned"),
        ("instruments with an average price over 2000", "'average' beside 'over 2000' is not looked at"),
        ("makers with no strings and no brass", "'no' may mean none at all"),
        ("Which makers make instruments in every family?", "'every' is not looked at"),
        ("Which maker's cheapest instrument is the most expensive?", "'most' is not looked at"),
        ("Are all brass instruments cheaper than the Oboe?", "'all' is not looked at"),
        ("Which other instruments does the maker of the Lute make?", "'other' is not looked at"),
        ("Which instruments cost 100 more than the Lute?", "compares with something else than a figure or a date"),
        ("Which instruments are brass or cost over 3000?", "the query asks for all of it"),
        ("the loudest instrument", "'loudest'"),
        ("chep bras instruments", "Did you mean 'brass'?"),
        ("Which percusion instruments cost under 1000?", "Did you mean 'percussion'?"),
    ],
)
def test_what_is_not_looked_at_is_told(asked, question, told):
    said = [one.message for one in asked(question)[1].findings if one.severity == "warning"]
    assert any(told in one for one in said)
    assert "second" not in question or not any("Did you mean" in one for one in said)


def test_figures_between_the_least_and_the_greatest_of_two_columns(tmp_path):
    spans = {"G-1": (1, 2), "G-2": (2, 4), "G-3": (4, 6), "G-4": (3, 3)}
    rows = "".join(f"{code},Game {code},{low},{high}\n" for code, (low, high) in spans.items())
    with asked_table(tmp_path / "games.csv", "code,game,min players,max players\n" + rows) as loop:
        for question, counts in (("games for 2 or 3 players", {2, 3}), ("Which games can be played by 4 players?", {4})):
            found, state = answered(loop, question)
            assert sorted({row[0] for row in found}) == [code for code, (low, high) in spans.items() if counts & set(range(low, high + 1))]
            assert not any(one.severity == "warning" for one in state.findings)


def means(column, of):
    return {key: sum(row[of] for row in ROWS if row[column] == key) / len([row for row in ROWS if row[column] == key]) for key in {row[column] for row in ROWS}}


def ends(column, of, end):
    """The rows that have the least or the most of each group, with the figure."""
    best = {key: end(row[of] for row in ROWS if row[column] == key) for key in {row[column] for row in ROWS}}
    return sorted((row[column], row[CODE], row[of]) for row in ROWS if row[of] == best[row[column]])


MEAN = {of: sum(row[of] for row in ROWS) / len(ROWS) for of in (PRICE, WEIGHT)}
BRASS = [row[PRICE] for row in ROWS if row[FAMILY] == "brass"]


def price(title):
    return next(row[PRICE] for row in ROWS if row[TITLE] == title)


def weight(title):
    return next(row[WEIGHT] for row in ROWS if row[TITLE] == title)


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("Which instruments cost more than the Tuba?", lambda row: row[PRICE] > price("Tuba")),
        ("Which instruments are cheaper than the Lute?", lambda row: row[PRICE] < price("Lute")),
        ("Which strings are cheaper than the Oboe?", lambda row: row[FAMILY] == "strings" and row[PRICE] < price("Oboe")),
        ("Which instruments weigh more than the Cello?", lambda row: row[WEIGHT] > weight("Cello")),
        ("Which instruments are heavier than the Cornet but cheaper than the Tuba?", lambda row: row[WEIGHT] > weight("Cornet") and row[PRICE] < price("Tuba")),
        ("Which instruments are not more expensive than the Lute?", lambda row: row[PRICE] <= price("Lute")),
        ("Which instruments are at least as heavy as the Tuba?", lambda row: row[WEIGHT] >= weight("Tuba")),
        ("Which instruments are pricier than the Cello?", lambda row: row[PRICE] > price("Cello")),
        ("Which instruments have the same maker as the Lute?", lambda row: row[MAKER] == "Osei" and row[TITLE] != "Lute"),
        ("Which instruments are cheaper than the cheapest brass instrument?", lambda row: row[PRICE] < min(BRASS)),
        ("Which instruments cost more than the most expensive brass instrument?", lambda row: row[PRICE] > max(BRASS)),
        ("List all instruments priced above the average", lambda row: row[PRICE] > MEAN[PRICE]),
        ("Which instruments weigh less than 2 or more than 5?", lambda row: not 2 <= row[WEIGHT] <= 5),
        ("Which instruments are as heavy as the Tuba?", lambda row: row[WEIGHT] == weight("Tuba") and row[TITLE] != "Tuba"),
        ("Which instruments were bought after the Oboe?", lambda row: row[CODE] in {"I-4", "I-5", "I-6", "I-7"}),
        ("Which instruments cost less than the average?", lambda row: row[PRICE] < MEAN[PRICE]),
        ("instruments with above average weight", lambda row: row[WEIGHT] > MEAN[WEIGHT]),
        ("instruments heavier than average", lambda row: row[WEIGHT] > MEAN[WEIGHT]),
        ("Which brass instruments are below the average price?", lambda row: row[FAMILY] == "brass" and row[PRICE] < MEAN[PRICE]),
        ("Which instruments cost more than the average brass instrument?", lambda row: row[PRICE] > sum(BRASS) / len(BRASS)),
        ("Which instruments cost under 200 or over 3000?", lambda row: row[PRICE] < 200 or row[PRICE] > 3000),
        ("Which instruments cost 170 or 410 euros?", lambda row: row[PRICE] in {170, 410}),
        ("strings that cost 900 or 1370", lambda row: row[FAMILY] == "strings" and row[PRICE] in {900, 1370}),
        ("Which instruments cost 170, 410 or 900?", lambda row: row[PRICE] in {170, 410, 900}),
        ("Which brass instruments are below 500 euros or above 2000 euros?", lambda row: row[FAMILY] == "brass" and not 500 <= row[PRICE] <= 2000),
        ("Which instruments are heavier than 4 or cheaper than 200 euros?", lambda row: row[WEIGHT] > 4 or row[PRICE] < 200),
        ("Which instruments were built in 1950 or 2001?", lambda row: row[BUILT] in {1950, 2001}),
        ("instruments with no bought on date", lambda row: row[CODE] == "I-8"),
        ("instruments without a price", lambda row: False),
        ("instruments whose price is missing", lambda row: False),
    ],
)
def test_rows_held_against_others_and_against_figures_of_two(asked, question, holds):
    rows, state = asked(question)
    assert sorted(rows) == codes(holds)
    assert not any(one.severity == "warning" for one in state.findings)


def no_rows(column, holds):
    return sorted((key,) for key in {row[column] for row in ROWS} if not any(row[column] == key and holds(row) for row in ROWS))


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Which makers make no brass instruments?", no_rows(MAKER, lambda row: row[FAMILY] == "brass")),
        ("makers without any strings", no_rows(MAKER, lambda row: row[FAMILY] == "strings")),
        ("Which makers do not make strings?", no_rows(MAKER, lambda row: row[FAMILY] == "strings")),
        ("Which makers have no instruments over 1000 euros?", no_rows(MAKER, lambda row: row[PRICE] > 1000)),
        ("Which families does Tamura not make?", no_rows(FAMILY, lambda row: row[MAKER] == "Tamura")),
        ("Which makers make neither brass nor strings?", no_rows(MAKER, lambda row: row[FAMILY] in {"brass", "strings"})),
        ("Which makers have no tuned instruments?", no_rows(MAKER, lambda row: row[TUNED] == "yes")),
        ("How many makers make no percussion?", [(2,)]),
        ("Name the makers that have never built any brass", no_rows(MAKER, lambda row: row[FAMILY] == "brass")),
        ("What do strings cost on average?", [(1135,)]),
        ("How heavy are strings on average?", [(6,)]),
        ("price per family on average", sorted(means(FAMILY, PRICE).items())),
        ("Which makers produce brass?", [("Hart & Söhne",), ("Osei",)]),
        ("Which makers sell percussion?", [("Osei",), ("Tamura",)]),
        ("Which makers make only brass?", [("Hart & Söhne",)]),
        ("Which makers make strings but no brass?", [("Tamura",)]),
        ("For every family, show the most expensive instrument", ends(FAMILY, PRICE, max)),
        ("Within each maker, which instrument is heaviest?", ends(MAKER, WEIGHT, max)),
        ("Is the Lute the most expensive instrument?", [(False,)]),
        ("Are any brass instruments cheaper than the Lute?", [(True,)]),
        ("By how much do the Lute and the Tuba differ in price?", [(1600, 900, 2500)]),
        ("What is more expensive, the Tuba or the Cello?", [("I-5", 2500)]),
        ("What maker is on average the priciest?", [max(means(MAKER, PRICE).items(), key=lambda one: one[1])]),
        ("What is the cheapest instrument of each maker?", ends(MAKER, PRICE, min)),
        ("the heaviest instrument per family", ends(FAMILY, WEIGHT, max)),
        ("What is each family's cheapest instrument?", ends(FAMILY, PRICE, min)),
        ("Which instrument has the lowest price in each family?", ends(FAMILY, PRICE, min)),
        ("What is the lowest price per maker?", _by(MAKER, min)),
        (
            "the newest instrument by each maker",
            [("Corvino", "I-3", "2025-03-03"), ("Hart & Söhne", "I-6", "2025-06-03"), ("Osei", "I-7", "2025-07-03"), ("Tamura", "I-4", "2025-04-03")],
        ),
        ("What is the median price of brass instruments?", [(1455,)]),
        ("What is the median price?", [(1135,)]),
        ("What is the median weight per family?", [("brass", 3.5), ("percussion", 3), ("strings", 6), ("woodwind", 1)]),
        ("What is the second most expensive instrument?", [("I-3", 4000)]),
        ("What is the second cheapest instrument?", [("I-7", 170), ("I-8", 170)]),
        ("third cheapest", [("I-6", 410)]),
        ("2nd heaviest", [("I-7", 5)]),
        ("What is the second lowest price?", [(410,)]),
        ("Is the Tuba cheaper than the Lute?", [(False, 2500, 900)]),
        ("Does the Oboe cost more than the Cello?", [(True, 4000, 1370)]),
        ("Was the Tuba bought before the Lute?", [(False, "2025-05-03", "2025-02-03")]),
        ("Is the Tuba heavier than the average?", [(True,)]),
        ("What is the price difference between the Tuba and the Lute?", [(1600, 2500, 900)]),
        ("How much more does the Tuba cost than the Lute?", [(1600, 2500, 900)]),
        ("Which is heavier, the Lute or the Oboe?", [("I-2", 8)]),
        ("Which costs less, the Tuba or the Oboe?", [("I-5", 2500)]),
        ("How many instruments cost more than the Tuba?", [(2,)]),
        ("Which maker has the highest average price?", [max(means(MAKER, PRICE).items(), key=lambda one: one[1])]),
        ("Which family is cheapest on average?", [min(means(FAMILY, PRICE).items(), key=lambda one: one[1])]),
        ("Which maker's instruments weigh the most on average?", [max(means(MAKER, WEIGHT).items(), key=lambda one: one[1])]),
        ("Which makers have an average price over 2000?", sorted(one for one in means(MAKER, PRICE).items() if one[1] > 2000)),
        ("Which families cost under 900 euros on average?", sorted(one for one in means(FAMILY, PRICE).items() if one[1] < 900)),
        ("How many instruments cost less than the average?", [(5,)]),
        ("How many instruments are below the average price?", [(5,)]),
        ("the heavyest instrument", [("I-2",)]),
    ],
)
def test_groups_places_and_differences(asked, question, rows):
    found, state = asked(question)
    assert sorted(found) == sorted(rows)
    assert not any(one.severity == "warning" for one in state.findings)


def test_rows_that_are_called_alike_are_each_compared_with_and_told(tmp_path):
    prices = "G-1,Azul,10 G-2,Azul,30 G-3,Catan,20 G-4,Chess,40 G-5,Go,50 G-6,Hive,5 G-7,Tak,60 G-8,Uno,70 G-9,Set,80 G-10,Nim,90"
    with asked_table(tmp_path / "games.csv", "\n".join(["code,game,price", *prices.split()])) as loop:
        found, state = answered(loop, "Which games are cheaper than Azul?")
    assert sorted(row[0] for row in found) == ["G-1", "G-3", "G-6"]
    assert any("2 rows are called 'Azul'" in one.message for one in state.findings)


def test_rows_at_one_place_are_told_to_share_it_and_an_average_of_what_it_is(asked):
    assert any("share their places" in one for one in asked("What is the second cheapest instrument?")[1].drafts[0].notes)
    assert any("that of all rows" in one for one in asked("Which brass instruments cost less than the average?")[1].drafts[0].notes)


def test_letters_stand_for_themselves_where_no_thing_follows():
    from broadsheet.ask.question.reader import read_question

    def held(question):
        return [one.value.text for one in read_question(question).containments]

    assert held("Which names contain a or b?")[:1] == ["a"]
    assert held("Which names contain a?") == ["a"]
    assert held("Which texts mention a reed?") == []


@pytest.mark.parametrize(
    ("question", "others"),
    [("Which instrument costs the least?", True), ("Which instrument costs the most?", False), ("List the three cheapest instruments", False)],
)
def test_rows_that_are_equal_to_the_last_are_told(asked, question, others):
    state = asked(question)[1]
    assert any(one.startswith("Others are equal to the last") for one in state.preview.notes) == others


YARNS = """skein,yarn,fibre,mill,ball_weight,length_m,price_eur,washable,since
Y1,Otter Ripple,alpaca,Peak & Fell,50 g,200,11.89,no,2021-02-01
Y2,Ember Lane,sock,Peak & Fell,100 g,402,15.21,yes,2019-06-21
Y3,Umber Lane,merino,Uld,100 g,150,15.39,yes,2020-01-05
Y4,Nettle Strand,merino,Uld,25 g,440,12.00,no,2022-08-08
Y5,Moss Cloud,merino,Uld,50 g,90,20.10,,2023-03-03
Y6,Fjord Hush,alpaca,Hraun,50 g,310,9.50,no,2018-04-04
Y7,Crow Drift,alpaca,Hraun,100 g,75,,yes,2017-05-05
"""


@pytest.fixture(scope="module")
def yarns(tmp_path_factory):
    """Ask the table of yarns, whose weights stand with their unit: rows, nodes by their keys, and the state."""
    with asked_table(tmp_path_factory.mktemp("table") / "yarns.csv", YARNS, Wishes(key="skein")) as loop:
        yield lambda question: answered(loop, question)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Which yarns weigh more than 50 g?", [("Y2",), ("Y3",), ("Y7",)]),
        ("Which yarns weigh less than 50 g?", [("Y4",)]),
        ("yarns of at most 50 g", [("Y1",), ("Y4",), ("Y5",), ("Y6",)]),
        ("Which 50 g yarns are longer than 150 m?", [("Y1",), ("Y6",)]),
        ("Which yarns are longer than 400 metres?", [("Y2",), ("Y4",)]),
        ("Which merino yarns have more than 100 metres?", [("Y3",), ("Y4",)]),
        ("How many 100 g balls of alpaca are there?", [(1,)]),
        ("How many metres has Otter Ripple?", [(200,)]),
        ("What does Umber Lane weigh?", [(100,)]),
        ("Which yarn is the lightest?", [("Y4",)]),
        ("What is the second most expensive merino?", [("Y3", 15.39)]),
        ("What is the second longest yarn?", [("Y2", 402)]),
        ("Which yarns do not say whether they are washable?", [("Y5",)]),
        ("Which yarns are not washable?", [("Y1",), ("Y4",), ("Y6",)]),
        ("What do merino yarns cost on average?", [(pytest.approx((15.39 + 12 + 20.1) / 3),)]),
    ],
)
def test_figures_that_stand_with_their_unit(yarns, question, rows):
    found, state = yarns(question)
    assert sorted(found) == rows
    assert not any(one.severity == "warning" for one in state.findings), [one.message for one in state.findings]


def test_rows_without_a_price_are_told_where_all_are_sorted_by_it(yarns):
    found, state = yarns("List all alpaca yarns by price.")
    assert len(found) == 2
    assert any("What has no price_eur is not among them." in note for draft in state.drafts for note in draft.notes)


@pytest.mark.parametrize(
    ("question", "word"),
    [("What share of yarns is washable?", "share"), ("What percentage of yarns is washable?", "percentage"), ("Who makes Umber Lane?", "who")],
)
def test_what_no_column_tells_is_said(yarns, question, word):
    _, state = yarns(question)
    assert any(f"{word!r} is not looked at" in one.message for one in state.findings)
