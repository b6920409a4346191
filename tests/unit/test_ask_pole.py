"""Pairs of questions and queries in the collection's form: read, split, and answered by cheap rivals."""

from pathlib import Path

import pytest

from broadsheet.ask.bench.pole_pairs import KINDS, LONG, SEEN, Asked, Entity, Kind, filled, kinds_of, read_pairs, split
from broadsheet.ask.bench.pole_rivals import Common, Nearest
from broadsheet.ask.cypher.nodes import Place
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.core.errors import RecordError

HEAD = "id,nl,mr,nl_gold_linked,nl_bracketed,entities,num_nodes,template_id,type,return_count\n"
ROW = '{id},Which ships did {who} and Bo see?,"MATCH (x0:Ship)-[:SAW]-(x1:Sailor WHERE x1.name = ""{who}"")\nRETURN x0",,{text},"{entities}",2,{form},entity_set,1\n'


def row(number: int, who: str, form: int = 1) -> str:
    text = f"Which ships did [x1.Sailor.name:{who}] and [x2.Sailor.name:Robert] see?"
    return ROW.format(id=number, who=who, text=text, entities=f"x1.Sailor.name:{who} = {who}\nx2.Sailor.name:Robert = Bo", form=form)


def asked(number: int, query: str, form: int, nodes: int = 2) -> Asked:
    tree = parse(query).query
    assert tree is not None
    return Asked(str(number), f"question {number}", tree, query, (), form, nodes)


def test_a_pair_has_its_entities_where_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(HEAD + row(1, "Ann"), encoding="utf-8")
    (one,) = read_pairs(file)
    assert [(held.value, one.question[slice(*held.place)]) for held in one.entities] == [("Ann", "Ann"), ("Robert", "Bo")]
    assert kinds_of(one.query) == (("x1", "Sailor", "name"),)
    file.write_text(HEAD + row(1, "Ann").replace("RETURN", "RETRUN"), encoding="utf-8")
    with pytest.raises(RecordError, match="holds no query"):
        read_pairs(file)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_is_tested_was_learnt_from_or_looked_at(kind: Kind) -> None:
    pairs = [asked(number, f"MATCH (n:A) WHERE n.x = {number // 3} RETURN n", number // 6, 2 + number % 4) for number in range(240)]
    for seed in range(3):
        train, test = split(pairs, kind, seed)
        assert test
        assert train
        assert all(one.form % SEEN for one in test)
        assert not {one.id for one in train} & {one.id for one in test}
        if kind == "iid":
            assert not {one.text for one in train} & {one.text for one in test}
        elif kind == "compositional":
            assert not {one.form for one in train} & {one.form for one in test}
        else:
            assert all(one.nodes < LONG for one in train)
            assert all(one.nodes >= LONG for one in test)
    assert split(pairs, kind, 1) == split(pairs, kind, 1)


def test_a_query_takes_other_values() -> None:
    tree = parse("MATCH (a:A WHERE a.x = 'one' AND a.y = 'two')-[:R]-(b:B) WHERE b.x = 'three' RETURN a").query
    assert tree is not None
    text = canonical(filled(tree, {("a", "y"): "new", ("b", "x"): "newer"}))
    assert text == "MATCH (a:A WHERE a.x = 'one' AND a.y = 'new')-[:R]-(b:B) WHERE b.x = 'newer' RETURN a"


def test_rivals_take_the_query_of_another_question_with_these_values(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    rows = [row(1, "Ann"), row(2, "Cy"), row(3, "Di").replace("SAW", "SANK").replace("ships did", "ships were sunk by")]
    file.write_text(HEAD + "".join(rows), encoding="utf-8")
    train = read_pairs(file)
    given = (Entity(Place(29, 32), "Eve", "", "Sailor", "name", "Eve"), Entity(Place(37, 39), "Bo", "", "Sailor", "name", "Robert"))
    nearest = Nearest(train).write("Which ships were sunk by now Eve and Bo see?", given)
    assert nearest is not None
    assert canonical(nearest) == "MATCH (x0:Ship)-[:SANK]-(x1:Sailor WHERE x1.name = 'Eve') RETURN x0"
    common = Common(train).write("anything", given)
    assert common is not None
    assert canonical(common) == "MATCH (x0:Ship)-[:SAW]-(x1:Sailor WHERE x1.name = 'Eve') RETURN x0"
    assert Nearest(train).write("Which ships?", ()) is None
    assert Common(train).write("Which ships?", ()) is None
