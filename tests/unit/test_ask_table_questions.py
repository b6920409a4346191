"""Questions to a single table: each answer is reckoned from the rows by hand, and what is not understood is told."""

import pytest

from broadsheet.ask.graph.flat import Wishes, table_graph
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.loop.machine import Loop
from broadsheet.ask.loop.outcome import Outcome, outcome_of
from broadsheet.ask.loop.records import Settings
from broadsheet.ask.loop.tools import Tools, named
from broadsheet.ask.write.rules import SlotWriter

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
    folder = tmp_path_factory.mktemp("instruments")
    lines = [",".join(f'"{one}"' for one in (*row, f"2025-0{number}-03" if number < 8 else "")) for number, row in enumerate(ROWS, 1)]
    (folder / "instruments.csv").write_text("code,instrument,maker,family,blurb,price_eur,max weight,built,tuned,bought on\n" + "\n".join(lines) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_HOME", str(folder / "home"))
        graph = table_graph(folder / "instruments.csv", Wishes(title="instrument"))
        index = ValueIndex(graph)
        with Ladybug(graph) as engine:
            loop = Loop(Tools(engine, index, SlotWriter(index, graph), Settings(seconds=20.0), named("instruments", graph)))

            def ask(question):
                state = loop.begin(question).state
                assert outcome_of(state) is Outcome.ANSWERED, question
                return [tuple(_plain(one) for one in row) for row in state.preview.rows], state

            yield ask


def _plain(value):
    """A node by its code, or by its name where it has none."""
    return (value["properties"].get("code") or value["properties"]["name"]) if isinstance(value, dict) else value


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


@pytest.mark.parametrize("question", ["Sort all brass instruments by price", "List brass instruments by price", "Show brass instruments sorted by price"])
def test_rows_are_listed_by_what_is_named_behind_by(asked, question):
    assert [row[0] for row in asked(question)[0]] == ["I-6", "I-5"]


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Who lent the Cello?", "'lent'"),
        ("Is the Cello in stock?", "'stock'"),
        ("Which instrument has the lowest price in each family?", "'in each' beside the most or the least of something is not looked at"),
        ("Which makers make no brass instruments?", "'no' may mean none at all"),
        ("What is the median price?", "'median' is not reckoned"),
        ("What is the second cheapest instrument?", "'second'"),
        ("Which strings are cheaper than the Oboe?", "compares with something else than a figure or a date"),
    ],
)
def test_what_is_not_looked_at_is_told(asked, question, told):
    said = [one.message for one in asked(question)[1].findings if one.severity == "warning"]
    assert any(told in one for one in said)
    assert "second" not in question or not any("Did you mean" in one for one in said)


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


@pytest.mark.parametrize("said", ["without brass", "not brass", "except brass"])
def test_what_is_to_be_left_out_is_denied_and_not_asked_for(tmp_path, monkeypatch, said):
    from broadsheet.ask.loop.records import Act, Event

    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path / "home"))
    (tmp_path / "instruments.csv").write_text("code,title,family\n" + "".join(f"I-{n},Thing {n},{'brass' if n % 2 else 'strings'}\n" for n in range(6)))
    graph = table_graph(tmp_path / "instruments.csv")
    index = ValueIndex(graph)
    with Ladybug(graph) as engine:
        loop = Loop(Tools(engine, index, SlotWriter(index, graph), Settings(seconds=20.0), named("instruments", graph)))
        made = loop.step(loop.begin("Which instruments are there?"), Event(act=Act.AMEND, text=said))
    assert "instrument.family <> 'brass'" in (made.state.query or "")
