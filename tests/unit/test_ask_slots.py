"""Questions become queries without a model, over schemas that nothing was written for."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ask.bench.execution import Answer, Answers, same
from broadsheet.ask.check.checker import check
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.tables import Graph, Joined
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.schema import PropertyFacts, Schema
from broadsheet.ask.slots.habits import Habits
from broadsheet.ask.slots.keys import kind_of
from broadsheet.ask.slots.shape import alike
from broadsheet.ask.slots.train import Pair, fit
from broadsheet.ask.slots.weights import read_weights
from broadsheet.ask.slots.writer import Slots
from broadsheet.core.errors import NotFittedError, RecordError


def joined(kind: str, start: str, end: str, *pairs: tuple[int, int]) -> Joined:
    return Joined(kind, start, end, pl.DataFrame({"_start": [one for one, _ in pairs], "_end": [other for _, other in pairs]}))


@pytest.fixture(scope="module")
def kitchen() -> Graph:
    dishes = pl.DataFrame(
        {"title": ["Leek Pie", "Plum Tart", "Bean Stew"], "invented": [date(2019, 5, 1), date(2023, 1, 7), date(2021, 2, 2)], "minutes": [50, 70, 200]}
    )
    cooks = pl.DataFrame({"name": ["Ada Leaf", "Bo Root", "Cy Stem"]})
    courses = pl.DataFrame({"name": ["main", "dessert", "soup"]})
    relations = (
        joined("COOKED", "Cook", "Dish", (0, 0), (0, 1), (1, 2), (1, 0)),
        joined("BELONGS_TO", "Dish", "Course", (0, 0), (1, 1), (2, 0)),
        joined("INSPIRED", "Dish", "Dish", (0, 1), (1, 2)),
    )
    return Graph({"Dish": dishes, "Cook": cooks, "Course": courses}, relations)


@pytest.fixture(scope="module")
def engine(kitchen: Graph) -> Iterator[Ladybug]:
    with Ladybug(kitchen) as held:
        yield held


@pytest.fixture(scope="module")
def slots(kitchen: Graph) -> Slots:
    return Slots.of(kitchen)


@pytest.mark.parametrize(
    ("question", "query"),
    [
        ("dishes by Ada Leaf", "MATCH (d:Dish)<-[:COOKED]-(c:Cook) WHERE c.name = 'Ada Leaf' RETURN DISTINCT d"),
        ("Which dishes did Ada Leaf cook?", "MATCH (d:Dish)<-[:COOKED]-(c:Cook) WHERE c.name = 'Ada Leaf' RETURN DISTINCT d"),
        ("How many dishes belong to the main course?", "MATCH (d:Dish)-[:BELONGS_TO]->(c:Course) WHERE c.name = 'main' RETURN count(DISTINCT d)"),
        ("Who cooked the Plum Tart?", "MATCH (c:Cook)-[:COOKED]->(d:Dish) WHERE d.title = 'Plum Tart' RETURN DISTINCT c"),
    ],
)
def test_a_question_is_the_query_that_it_means(slots: Slots, question: str, query: str) -> None:
    expected = parse(query).query
    assert expected is not None
    assert alike(slots.write(question)[0].query, expected)


ANSWERS = {
    "Who cooked the most dishes?": [("Ada Leaf", 2), ("Bo Root", 2)],
    "Which courses have no dishes?": [("soup",)],
    "Which cooks never cooked a dish?": [("Cy Stem",)],
    "dishes invented after 2020": [("Plum Tart",), ("Bean Stew",)],
    "the newest dish": [("Plum Tart",)],
    "titles of the dishes with more than 60 minutes": [("Plum Tart",), ("Bean Stew",)],
    "How many dishes per course?": [("main", 2), ("dessert", 1)],
    "dishes that inspired the Bean Stew": [("Plum Tart",)],
    "dishes inspired by the Leek Pie": [("Plum Tart",)],
    "Which dishes contain the substring 'Pie'?": [("Leek Pie",)],
    "Which cooks have at least 2 dishes?": [("Ada Leaf",), ("Bo Root",)],
    "dishes not by Ada Leaf": [("Bean Stew",)],
    "Did Bo Root cook the Bean Stew?": [(True,)],
    "average minutes of dishes by Bo Root": [(125.0,)],
    "cooks of the oldest dish": [("Ada Leaf",), ("Bo Root",)],
    "dishes by Ada Leaf and Bo Root": [("Leek Pie",)],
    "dishes by Ada Leaf or Bo Root": [("Leek Pie",), ("Plum Tart",), ("Bean Stew",)],
    "Which cooks cooked the same dishes?": [("Ada Leaf", "Bo Root"), ("Bo Root", "Ada Leaf")],
    "the most inspired dish": [("Plum Tart", 1), ("Bean Stew", 1)],
}


def test_answers_are_right(kitchen: Graph, slots: Slots, engine: Ladybug) -> None:
    """Of rows that are tied for the first place all are held to be right."""
    answers = Answers(engine)
    for question, expected in ANSWERS.items():
        draft = slots.write(question)[0]
        found = answers.of(draft.query)
        said = {tuple(called(kitchen, one) for one in row) for row in found.rows}
        assert said == set(expected), f"{question}: {draft.text} {found.fault}"
        assert not check(draft.text, engine.schema).alarms, draft.text


def called(graph: Graph, value: object) -> object:
    if isinstance(value, tuple):
        label, row = value
        return graph.nodes[label].row(row)[0]
    return value


@pytest.mark.parametrize("said", ["price_eur", "PRICE_EUR", "priceEur", "price eur"])
def test_a_bound_is_of_the_property_that_is_named_as_a_program_writes_it(said: str) -> None:
    goods = pl.DataFrame({"name": ["Cello", "Lute", "Harp"], "price_eur": [1370.0, 310.0, 900.0], "weight_kg": [3.5, 1.0, 20.0]})
    draft = Slots.of(Graph({"Article": goods}, ())).write(f"Which articles have {said} below 1000")[0]
    assert draft.text == "MATCH (article:Article) WHERE article.price_eur < 1000 RETURN article"
    assert not draft.idle


def test_each_part_has_the_words_that_gave_it(slots: Slots) -> None:
    question = "Who cooked the Plum Tart?"
    draft = slots.write(question)[0]
    assert {one.part for one in draft.why} == {"Cook", "COOKED", "Dish.title = Plum Tart"}
    assert all(question[slice(*one.place)] == one.words for one in draft.why)
    assert draft.weights == "untrained"


def test_what_the_graph_has_not_is_told_and_never_dropped_in_silence(slots: Slots) -> None:
    found = slots.write("dishes by Zoe Twig")
    assert all("Nothing is called 'Zoe Twig'; it was left out." in one.notes[0] for one in found)
    assert not slots.write("?!")
    assert slots.write("dishes of Ada Leaf about winter")[0].notes == ("Nothing of the graph is called 'winter'; it was looked for in title.",)
    assert slots.write("dishes of Ada Leaf gladly")[0].notes == ("Nothing was made of 'gladly'.",)


def test_what_relations_decide_is_not_asked_back() -> None:
    """A dish and a cook have one name: who cooked it is asked of the dish, and what is meant by the name alone is open."""
    graph = Graph(
        {"Dish": pl.DataFrame({"title": ["Sage", "Pie"]}), "Cook": pl.DataFrame({"name": ["Sage", "Ada"]}), "Town": pl.DataFrame({"name": ["Ely"]})},
        (joined("COOKED", "Cook", "Dish", (0, 1), (1, 0)), joined("LIVES_IN", "Cook", "Town", (0, 0))),
    )
    slots = Slots.of(graph)
    assert not slots.undecided("In which town does Sage live?")
    (one,) = slots.undecided("Sage")
    assert [each.label for each in one.meanings] == ["Cook", "Dish"]


def test_dates_that_are_text_are_sorted_by_day() -> None:
    frame = pl.DataFrame({"name": ["a", "b", "c"], "sighted": ["3/08/2024", "25/07/2024", "14/08/2024"]})
    graph = Graph({"Bird": frame}, (joined("MET", "Bird", "Bird", (0, 1)),))
    slots = Slots.of(graph)
    with Ladybug(graph) as engine:
        for question, name in {"latest sighted bird": "c", "Which bird was sighted first?": "b", "birds sighted after 10/08/2024": "c"}.items():
            draft = slots.write(question)[0]
            assert [row[0].properties["name"] for row in engine.run(draft.query).rows] == [name], draft.text  # pyrefly: ignore
    plain = slots.with_habits(Habits(plain_order=True)).write("latest sighted bird")[0]
    assert "sighted is text and is sorted as text." in plain.notes


@pytest.mark.parametrize(("values", "kind"), [(["1/13/2020"], "month first"), (["2020-01-02"], "iso"), (["a"], None), ([], None), (["10", "-3.5"], "number")])
def test_what_texts_are(values: list[str], kind: str | None) -> None:
    assert kind_of(values) == kind


def test_a_relation_of_which_no_word_speaks_is_told() -> None:
    graph = Graph(
        {"Song": pl.DataFrame({"title": ["Rain"]}), "Bard": pl.DataFrame({"name": ["Ada Leaf"]})},
        (joined("SANG", "Bard", "Song", (0, 0)), joined("WROTE", "Bard", "Song", (0, 0))),
    )
    slots = Slots.of(graph)
    assert slots.write("songs with Ada Leaf")[0].notes == ("No word says which of SANG, WROTE joins Bard and Song; SANG was taken.",)
    assert not slots.write("songs written by Ada Leaf")[0].notes


def test_without_a_graph_the_types_of_the_schema_are_kept() -> None:
    schema = Schema({"Post": {"created": PropertyFacts("datetime"), "id": PropertyFacts("string", values=("3",))}}, {}, ())
    slots = Slots(ValueIndex.of_schema(schema))
    text = slots.write("the top 3 posts of February 2024")[0].text
    assert text == "MATCH (post:Post) WHERE post.created >= datetime('2024-02-01') AND post.created <= datetime('2024-02-29') RETURN post LIMIT 3"
    assert not check(text, schema).alarms


@given(st.text(max_size=60))
def test_any_text_is_drafted_without_a_fault(slots: Slots, text: str) -> None:
    for draft in slots.write(text, 2):
        assert parse(draft.text).query is not None


def test_names_are_no_evidence_of_their_own(kitchen: Graph) -> None:
    """The same graph under other names gives the same answers to the same question in those names."""
    other = {"Dish": "Song", "Cook": "Bard", "Course": "Genre"}
    graph = Graph(
        {other[label]: frame for label, frame in kitchen.nodes.items()},
        tuple(one._replace(start=other[one.start], end=other[one.end]) for one in kitchen.joined),
    )
    text = Slots.of(graph).write("songs by Ada Leaf")[0].text
    assert text == "MATCH (song:Song)<-[:COOKED]-(bard:Bard) WHERE bard.name = 'Ada Leaf' RETURN DISTINCT song"


def test_weights_are_learnt_of_pairs_and_named(slots: Slots, tmp_path: Path) -> None:
    pairs = [pair(f"{word} stirred by {cook}", cook) for word in ("dishes", "Dishes", "the dishes") for cook in ("Ada Leaf", "Bo Root")]
    other = parse("MATCH (d:Dish)-[:BELONGS_TO]->(c:Course) WHERE c.name = 'main' RETURN DISTINCT d").query
    assert other is not None
    pairs += [
        Pair(f"{word} of main", other)
        for word in ("dishes", "Dishes", "the dishes", "all dishes", "some dishes", "those dishes", "list dishes", "show dishes", "find dishes")
    ]
    weights = fit(slots, pairs, "kitchen-train")
    assert weights.relations["COOKED", "stir"] > 0
    assert slots.with_weights(weights).write("dishes stirred by Cy Stem")[0].weights == "kitchen-train"
    weights.write(tmp_path / "weights.json")
    assert read_weights(tmp_path / "weights.json") == weights
    (tmp_path / "none.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RecordError, match="holds no weights"):
        read_weights(tmp_path / "none.json")
    with pytest.raises(NotFittedError, match="nothing can be learnt"):
        fit(slots, [Pair("anything", pairs[0].query)], "none")


def pair(question: str, cook: str) -> Pair:
    query = parse(f"MATCH (d:Dish)<-[:COOKED]-(c:Cook) WHERE c.name = '{cook}' RETURN DISTINCT d").query
    assert query is not None
    return Pair(question, query)


def test_answers_are_bags_and_in_order_where_that_is_asked() -> None:
    one, twice = Answer((("a",), ("b",))), Answer((("a",), ("b",), ("a",)))
    assert same(one, Answer((("b",), ("a",))))
    assert not same(one, twice)
    assert same(one, twice, bags=False)
    assert not same(Answer((("a",), ("b",)), ordered=True), Answer((("b",), ("a",))))
    assert not same(Answer(fault="late"), Answer(fault="late"))
    assert Answer(((0,),)).empty


def test_rows_that_are_tied_with_the_last_are_all_held(engine: Ladybug) -> None:
    tied = parse("MATCH (c:Cook)-[:COOKED]->(d:Dish) RETURN c.name ORDER BY c.name LIMIT 1").query
    assert tied is not None
    assert Answers(engine).of(tied).rows == (("Ada Leaf",), ("Ada Leaf",))


def test_every_draft_is_read_back_as_it_is_printed(slots: Slots) -> None:
    for question in ANSWERS:
        for draft in slots.write(question):
            assert canonical(draft.query) == draft.text
            again = parse(draft.text).query
            assert again is not None
            assert canonical(again) == draft.text
