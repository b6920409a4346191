"""What words of a question stand for in a graph."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.graph.tables import Graph, Joined
from broadsheet.ask.link.index import ValueIndex, folded
from broadsheet.ask.link.linker import date_forms, link
from broadsheet.ask.link.names import Names
from broadsheet.ask.link.repair import repairs
from broadsheet.ask.question.words import tokens
from broadsheet.ask.schema import Schema, Triple

FILMS = ValueIndex(Graph({"Film": pl.DataFrame({"title": ["Up", "Heat", "It"]})}, ()))


@pytest.fixture(scope="module")
def harbour() -> ValueIndex:
    ships = pl.DataFrame(
        {"name": ["Cormorant", "Gannet", "Águila"], "arrived": ["3/08/2024", "14/08/2024", "1/09/2024"], "state": ["waiting for a berth", "at sea", "at sea"]}
    )
    people = pl.DataFrame({"name": ["Ines Moor", "Cormorant"], "kind": ["person", "person"]})
    owned = pl.DataFrame({"_start": [0], "_end": [1]})
    return ValueIndex(Graph({"Ship": ships, "Person": people}, (Joined("OWNS", "Person", "Ship", owned),)))


def linked(question: str, index: ValueIndex) -> set[tuple[str, str, str]]:
    return {(one.label, one.property, one.value) for one in link(question, index).values}


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Who owns the gannet?", ("Ship", "name", "Gannet")),
        ("Which ships are owned by ines moor?", ("Person", "name", "Ines Moor")),
        ("Where is Aguila?", ("Ship", "name", "Águila")),
        ("Gannets of 2024", ("Ship", "name", "Gannet")),
        ("What arrived on August 3rd, 2024?", ("Ship", "arrived", "3/08/2024")),
        ("Which ships are waiting for berths?", ("Ship", "state", "waiting for a berth")),
    ],
)
def test_a_value_is_found_in_other_letters_forms_and_parts(harbour: ValueIndex, question: str, value: tuple[str, str, str]) -> None:
    assert value in linked(question, harbour)


def test_words_of_several_meanings_are_open_and_their_nodes_are_counted(harbour: ValueIndex) -> None:
    (one,) = link("Tell me of Cormorant", harbour).ambiguities
    assert [(each.label, each.count) for each in one.meanings] == [("Person", 1), ("Ship", 1)]
    assert not link("Tell me of Gannet", harbour).ambiguities
    # The label beside it says which.
    assert not link("Tell me of the ship Cormorant", harbour).ambiguities


def test_what_the_graph_has_not_is_missing_with_what_is_nearest(harbour: ValueIndex) -> None:
    (one,) = link("Who owns 'Corsair'?", harbour).missing
    assert one.words == "Corsair"
    assert not linked("Who owns 'Corsair'?", harbour)
    (near,) = link("Who owns 'Gannett'?", harbour).missing
    assert near.nearest[0].value == "Gannet"


def test_a_value_that_every_node_has_says_nothing(harbour: ValueIndex) -> None:
    assert ("Person", "kind", "person") not in linked("Which person owns a ship?", harbour)


def test_empty_results_are_mended_by_what_the_property_has(harbour: ValueIndex) -> None:
    query = parse("MATCH (s:Ship {name: 'gannet'})<-[:OWNS]-(p:Person) WHERE p.name = 'Ines More' AND s.state = 'at sea' RETURN p").query
    assert query is not None
    found = repairs(query, harbour)
    assert sorted((one.property, one.value, one.nearest[0].entry.value) for one in found) == [("name", "Ines More", "Ines Moor"), ("name", "gannet", "Gannet")]


def test_names_are_found_in_their_own_words_and_in_english() -> None:
    names = Names(Schema({"SoftwarePackage": {"releaseYear": None}, "Author": {}}, {"HAS_AUTHOR": {}}, (Triple("SoftwarePackage", "HAS_AUTHOR", "Author"),)))  # pyrefly: ignore

    def found(text: str) -> set[tuple[str, str]]:
        return {(one.kind, one.name) for one in names.links(tokens(text)) if one.kind != "relation"}

    assert ("label", "SoftwarePackage") in found("software packages")
    assert ("label", "SoftwarePackage") in found("the packages")
    assert ("property", "releaseYear") in found("release year")
    assert ("label", "Author") in found("all people")
    # What is done is no thing.
    assert ("label", "Author") not in found("it was created")


@pytest.mark.parametrize("said", ["price_eur", "PRICE_EUR", "priceEur", "Price_Eur", "price eur"])
def test_a_property_is_found_by_its_name_as_a_program_writes_it(said: str) -> None:
    index = ValueIndex(Graph({"Article": pl.DataFrame({"name": ["Cello", "Lute"], "price_eur": [1370.0, 310.0], "weight_kg": [3.5, 1.0]})}, ()))
    found = link(f"Which articles have {said} below 1000", index)
    assert {one.name for one in found.names if one.kind == "property"} == {"price_eur"}
    assert not found.missing


def test_a_relation_names_those_who_do_it() -> None:
    names = Names(Schema.of_triples((Triple("Person", "DIRECTED", "Film"),)))
    assert ("label", "Person") in {(one.kind, one.name) for one in names.links(tokens("directors of films"))}


@given(st.text(max_size=40))
def test_any_text_is_linked_without_a_fault(text: str) -> None:
    for one in link(text, FILMS).values:
        assert text[slice(*one.place)] == one.words


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.dates(min_value=date(1000, 1, 1)))
def test_the_forms_of_a_date_are_of_that_date(day: date) -> None:
    forms = list(date_forms(day.isoformat()))
    assert forms[0] == day.isoformat()
    assert f"{day.day}/{day.month:02d}/{day.year}" in forms
