"""Questions that people ask, and the queries that they mean: over the built-in papers and over two graphs that nothing was written for."""

from pathlib import Path

import polars as pl
import pytest

from broadsheet.ask.check.checker import check
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.opened import load_graph, sample_graph
from broadsheet.ask.graph.tables import Graph, Joined
from broadsheet.ask.graph.values import GraphNode
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.link.linker import link
from broadsheet.ask.loop.machine import Loop
from broadsheet.ask.loop.outcome import Outcome, outcome_of
from broadsheet.ask.loop.records import Settings
from broadsheet.ask.loop.tools import Tools, named
from broadsheet.ask.question.against import check_against
from broadsheet.ask.slots.search import Search, State
from broadsheet.ask.slots.writer import Slots
from broadsheet.ask.write.rules import SlotWriter
from broadsheet.ask.write.writer import Asking
from broadsheet.core.errors import ConfigError


def joined(kind: str, start: str, end: str, *pairs: tuple[int, int]) -> Joined:
    return Joined(kind, start, end, pl.DataFrame({"_start": [one for one, _ in pairs], "_end": [other for _, other in pairs]}))


def songs() -> Graph:
    listed = pl.DataFrame(
        {
            "title": ["Grey Tide", "Salt Bread", "Nine Lamps", "Slow Ferry"],
            "lyrics": ["the grey gulls turn home", "bread and salt for Gulls", "nine lamps along a quay", "a ferry that never hurried"],
            "year": [1999, 2004, 2004, 2011],
            "prize": ["Golden Reed", None, None, None],
        }
    )
    bands = pl.DataFrame({"name": ["The Owlets", "Mill Street Choir", "Tin Harbour"]})
    moods = pl.DataFrame({"name": ["calm", "sad", "loud"]})
    relations = (
        joined("PERFORMED_BY", "Song", "Band", (0, 0), (1, 0), (1, 1), (2, 1), (3, 0)),
        joined("HAS_MOOD", "Song", "Mood", (0, 1), (1, 0), (3, 0)),
        joined("QUOTES", "Song", "Song", (1, 0), (2, 0), (2, 1)),
    )
    return Graph({"Song": listed, "Band": bands, "Mood": moods}, relations)


def ships() -> Graph:
    fleet = pl.DataFrame({"name": ["Aster", "Briar", "Clover"], "length": [40, 75, 60]})
    captains = pl.DataFrame({"name": ["Ida Vane", "Per Holt"]})
    ports = pl.DataFrame({"name": ["Skarn", "Lowick", "Embra"]})
    relations = (
        joined("COMMANDED", "Captain", "Ship", (0, 0), (0, 1), (1, 1)),
        joined("VISITED", "Ship", "Port", (0, 0), (0, 1), (1, 0)),
        joined("TOWED", "Ship", "Ship", (0, 1), (2, 1)),
    )
    return Graph({"Ship": fleet, "Captain": captains, "Port": ports}, relations)


def shop() -> Graph:
    items = pl.DataFrame(
        {
            "name": ["Rill 3", "Rill 5", "Oak 1", "Oak 2", "Tack 9", "Tack 4"],
            "price": [120, 80, 15, 40, 5, 140],
            "stock": [0, 4, 9, 2, 0, 7],
            "launched": ["2019-02-01", "2020-03-04", "2021-05-06", "2018-01-01", "2022-01-01", "2017-01-01"],
        }
    )
    makers = pl.DataFrame({"name": ["Nordhaus", "Belmora", "Kessing"], "country": ["Germany", "Italy", "Germany"]})
    kinds = pl.DataFrame({"name": ["Saw", "Glue", "Hammer"]})
    relations = (
        joined("MADE_BY", "Product", "Maker", (0, 0), (1, 0), (2, 1), (3, 2), (4, 0), (5, 2)),
        joined("IN_CATEGORY", "Product", "Category", (0, 0), (1, 2), (2, 1), (3, 0), (4, 1), (5, 0)),
    )
    return Graph({"Product": items, "Maker": makers, "Category": kinds}, relations)


# A question, and what the query that it means gives back.
SONGS = {
    "Which songs are not quoted?": [("Nine Lamps",), ("Slow Ferry",)],
    "Which song is quoted most?": [("Grey Tide", 2)],
    "songs quoted by Nine Lamps": [("Grey Tide",), ("Salt Bread",)],
    "songs that quote Grey Tide": [("Nine Lamps",), ("Salt Bread",)],
    "songs that quote songs by Mill Street Choir": [("Nine Lamps",)],
    "songs about gulls": [("Grey Tide",), ("Salt Bread",)],
    "Which songs have the word salt in their title?": [("Salt Bread",)],
    "ferry songs": [("Slow Ferry",)],
    "Who performed songs about a quay?": [("Mill Street Choir",)],
    "What is the average number of bands per song?": [(1.25,)],
    "What is the minimum number of songs of a band?": [(0,)],
    "Songs by Mill Street Choir and their moods": [("Salt Bread", "calm")],
    "Which moods has Mill Street Choir performed?": [("calm",)],
    "songs without a prize": [("Nine Lamps",), ("Salt Bread",), ("Slow Ferry",)],
    "songs with a prize": [("Grey Tide",)],
    "how many songs per year": [(1999, 1), (2004, 2), (2011, 1)],
    "top 2 bands by songs": [("The Owlets", 3), ("Mill Street Choir", 2)],
    "songs by both The Owlets and Mill Street Choir": [("Salt Bread",)],
    "songs by The Owlets but not by Mill Street Choir": [("Grey Tide",), ("Slow Ferry",)],
    "the newest song of Mill Street Choir": [("Nine Lamps",)],
    "how long is the longest title": [(10,)],
    "quoted songs": [("Grey Tide",), ("Salt Bread",)],
    "How many times is each song quoted?": [("Grey Tide", 2), ("Nine Lamps", 0), ("Salt Bread", 1), ("Slow Ferry", 0)],
    "songs quoted at least twice": [("Grey Tide",)],
    "Did Tin Harbour perform anything calm?": [(False,)],
    'Who wrote or performed "Nine Lamps"?': [("Mill Street Choir",)],
}  # fmt: skip
SHIPS = {
    "Which ships were never towed?": [("Aster",), ("Clover",)],
    "Which ships did Aster tow?": [("Briar",)],
    "Who towed Briar?": [("Aster",), ("Clover",)],
    "ships towed by Clover": [("Briar",)],
    "unvisited ports": [("Embra",)],
    "co-captains of Ida Vane": [("Per Holt",)],
    "ships with exactly 2 captains": [("Briar",)],
    "Which captains commanded only one ship?": [("Per Holt",)],
    "ships longer than 50": [("Briar",), ("Clover",)],
    "How often was Briar towed?": [(2,)],
    "Was Briar towed?": [(True,)],
}
SHOP = {
    "Which makers make both saws and glue?": [("Nordhaus",)],
    "Which makers make saws and glue?": [("Nordhaus",)],
    "Which makers make saws but not glue?": [("Kessing",)],
    "Which makers do not make glue?": [("Kessing",)],
    "Which saws are made by Nordhaus?": [("Rill 3",)],
    "Which glue is not made by Nordhaus?": [("Oak 1",)],
    "How many saws are there?": [(3,)],
    "How many saws does Kessing make?": [(2,)],
    "cheapest saw": [("Oak 2",)],
    "Which is the cheapest product?": [("Tack 9",)],
    "two most expensive products": [("Rill 3",), ("Tack 4",)],
    "products cheaper than 20": [("Oak 1",), ("Tack 9",)],
    "Which products cost less than 20?": [("Oak 1",), ("Tack 9",)],
    "Which products were launched after 2020?": [("Oak 1",), ("Tack 9",)],
    "How many products does each maker make?": [("Belmora", 1), ("Kessing", 2), ("Nordhaus", 3)],
}
# Questions of which a word came to nothing, and that word.
DROPPED = {
    "Which products have reviews?": "reviews",
    "Which products are discontinued?": "discontinued",
    "Delete all products": "Delete",
    "What percentage of products are saws?": "percentage",
    "Which German makers make glue?": "German",
    "Which products are out of stock?": "stock",
    "Show me cheap products": "cheap",
    "Quels produits sont fabriques par Nordhaus": "English",
}
PAPERS = {
    "Which papers are not cited?": "MATCH (paper:Paper) WHERE NOT EXISTS { MATCH (paper)<-[:CITES]-(paper2:Paper) } RETURN DISTINCT paper",
    "Which paper is cited most?": (
        "MATCH (paper:Paper)<-[:CITES]-(paper2:Paper) WITH paper, count(DISTINCT paper2) AS total RETURN paper, total ORDER BY total DESC LIMIT 1"
    ),
    "papers that cite papers by Nadezhda Corriveau": (
        "MATCH (paper:Paper)-[:CITES]->(paper2:Paper)-[:WRITTEN_BY]->(author:Author) WHERE author.name = 'Nadezhda Corriveau' RETURN DISTINCT paper"
    ),
    "Which themes has Owen Tredwell written about?": (
        "MATCH (theme:Theme)<-[:ABOUT]-(paper:Paper)-[:WRITTEN_BY]->(author:Author) WHERE author.name = 'Owen Tredwell' RETURN DISTINCT theme"
    ),
    "papers about query rewriting": (
        "MATCH (paper:Paper) WHERE toLower(paper.title) CONTAINS 'query rewriting' OR toLower(paper.text) CONTAINS 'query rewriting' RETURN paper"
    ),
    "Which papers have the word evaluation in their title?": "MATCH (paper:Paper) WHERE toLower(paper.title) CONTAINS 'evaluation' RETURN paper",
    "papers by Tredwell": "MATCH (paper:Paper)-[:WRITTEN_BY]->(author:Author) WHERE author.name = 'Owen Tredwell' RETURN DISTINCT paper",
    "papers in cs.IR but not in cs.LG": (
        "MATCH (paper:Paper)-[:IN_CATEGORY]->(category:Category) WHERE category.name = 'cs.IR' "
        "AND NOT EXISTS { MATCH (paper)-[:IN_CATEGORY]->(category2:Category) WHERE category2.name = 'cs.LG' } RETURN DISTINCT paper"
    ),
}


@pytest.fixture(scope="module")
def papers() -> Graph:
    return sample_graph()


def told(value: object) -> object:
    return value.properties.get("title") or value.properties["name"] if isinstance(value, GraphNode) else value


@pytest.mark.parametrize(("graph", "asked"), [(songs(), SONGS), (ships(), SHIPS), (shop(), SHOP)], ids=["songs", "ships", "shop"])
def test_an_answer_is_what_the_question_asks_for(graph: Graph, asked: dict[str, list[tuple[object, ...]]]) -> None:
    slots, wrong = Slots.of(graph), []
    with Ladybug(graph) as engine:
        for question, rows in asked.items():
            draft = slots.write(question, 1)[0]
            found = [tuple(map(told, row)) for row in engine.run(draft.query).rows]
            if sorted(found, key=repr) != sorted(rows, key=repr) or check(draft.text, graph.schema()).alarms:
                wrong.append((question, draft.text, found))
    assert not wrong


def test_what_came_to_nothing_keeps_a_query_from_being_run_unseen() -> None:
    graph = shop()
    index = ValueIndex(graph)
    writer = SlotWriter(index, graph)
    with Ladybug(graph) as engine:
        for doubtful in (False, True):
            loop = Loop(Tools(engine, index, writer, Settings(doubtful=doubtful), named("shop", graph)))
            for question, word in DROPPED.items():
                state = loop.begin(question).state
                assert state is not None
                assert outcome_of(state) is (Outcome.ANSWERED if doubtful else Outcome.DOUBTFUL), question
                assert any(one.asked and one.severity == "warning" and word in one.message for one in state.findings), question
        loop = Loop(Tools(engine, index, writer, Settings(doubtful=False), named("shop", graph)))
        for question in SHOP:
            state = loop.begin(question).state
            assert state is not None
            assert outcome_of(state) is Outcome.ANSWERED, (question, state.findings)
        with pytest.raises(ConfigError, match="201 words"):
            loop.begin("saws " * 201)
        with pytest.raises(ConfigError, match="characters"):
            loop.begin("s" * 2001)


def test_what_is_spelt_nearly_right_is_told() -> None:
    index = ValueIndex(shop())
    question = "prodcuts by Nordhuas"
    draft = SlotWriter(index, shop()).write(Asking(question, link(question, index), ()))
    assert draft.text is None
    assert draft.notes[1:] == ("'prodcuts': nearest: Product", "'Nordhuas': nearest: Nordhaus")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Which articles have the family bras?", "The question says 'bras' (at 31); no family is called that. Did you mean 'brass'?"),
        ("Which articles have the family Bras?", "no family is called 'Bras'. Did you mean 'brass'?"),
        ("Which articles have the family 'brss'?", "no family is called 'brss'. Did you mean 'brass'?"),
        ("Which articles are by the maker Tamra?", "no maker is called 'Tamra'. Did you mean 'Tamura'?"),
        ("Which articles have price_usd below 3?", "The question says 'price_usd' (at 20); nothing was made of it. Did you mean 'price_eur'?"),
        ("Which articles have colour red?", "The question says 'colour' (at 20); nothing was made of it."),
        ("Which articles are by the maker Xyzzy?", "no maker is called 'Xyzzy'"),
    ],
)
def test_a_value_that_is_mistyped_is_told_with_the_one_that_may_be_meant(tmp_path: Path, question: str, said: str) -> None:
    (tmp_path / "articles.csv").write_text(
        "article,family,maker,price_eur\nTuba,brass,Tamura,4\nCello,strings,Osei,3\nHorn,brass,Tamura,2\nLute,strings,Osei,1\n"
    )
    graph = load_graph(tmp_path / "articles.csv")
    index = ValueIndex(graph)
    draft = SlotWriter(index, graph).write(Asking(question, link(question, index), ()))
    assert said in (*draft.notes, *draft.doubts)


def test_a_long_question_takes_no_more_steps_than_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    slots, steps = Slots.of(shop()), list[int]()
    trees = Search.trees

    def counted(search: Search) -> list[State]:
        made = trees(search)
        steps.append(search.steps)
        return made

    monkeypatch.setattr(Search, "trees", counted)
    assert slots.write("saws " * 200, 1)
    names = ["Nordhaus", "Rill 3", "Oak 1", "Kessing", "saws", "glue", "hammers", "Belmora", "Tack 9", "Oak 2", "Rill 5", "Tack 4", "makers", "price"]
    draft = slots.write("products of " + ", ".join(names * 3), 1)[0]
    assert draft.left_out[0].startswith("The question names more than 12 things; left out: ")
    assert steps[0] == 0
    assert steps[1] < 8_000
    monkeypatch.setattr("broadsheet.ask.slots.search.WORK", 500)
    assert any("was stopped after" in one for one in slots.write("products of " + ", ".join(names), 1)[0].left_out)
    assert steps[2] < 3_000


def test_questions_on_papers_are_the_queries_that_they_mean(papers: Graph) -> None:
    slots, schema = Slots.of(papers), papers.schema()
    found = {question: slots.write(question, 1)[0].text for question in PAPERS}
    assert found == PAPERS
    # None of them is doubted where it is held against its question.
    assert not [one.message for question, text in found.items() for one in check_against(question, text, schema).alarms]


def test_a_name_that_the_graph_has_not_is_no_draft(papers: Graph) -> None:
    index = ValueIndex(papers)
    writer = SlotWriter(index, papers)
    for question, name in (("Which papers were written by Ada Okafor?", "Ada Okafor"), ('Who wrote "The Unwritten Volume"?', "The Unwritten Volume")):
        draft = writer.write(Asking(question, link(question, index), ()))
        assert draft.text is None
        assert draft.notes[0].startswith(f"nothing in the graph is called {name!r}")
    nearly = "papers by Nadeshda Coriveau"
    assert "Nadezhda Corriveau" in str(writer.write(Asking(nearly, link(nearly, index), ())))


def test_a_word_that_is_looked_for_in_a_text_is_not_asked_back(papers: Graph) -> None:
    index = ValueIndex(papers)
    assert not link("Which papers have the word evaluation in their title?", index).ambiguities
    assert [one.label for one in link("papers about evaluation", index).ambiguities[0].meanings] == ["Keyword", "Theme"]


def test_a_year_in_a_range_of_dates_that_are_text_is_said() -> None:
    graph = Graph({"Fine": pl.DataFrame({"paid": ["03/08/2017", "25/11/2018"], "sum": [3, 4]})}, ())
    draft = Slots.of(graph).write("How many fines were paid in 2017?", 1)[0]
    assert "'20170101'" in draft.text
    assert not check_against("How many fines were paid in 2017?", draft.text, graph.schema()).alarms
