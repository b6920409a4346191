"""Two queries held against each other: what changed is said, part by part; names are no change; parts can be put back and edited by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ask.amend.chips import Chip, chips, edit
from broadsheet.ask.amend.diff import diff, same
from broadsheet.ask.amend.guard import guard, restore
from broadsheet.ask.amend.names import named, renamed, unnamed
from broadsheet.ask.amend.shape import shape_of
from broadsheet.ask.bench.mutants import ASKED, mutants
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.schema_files import schema_of
from broadsheet.core.errors import RecordError

BASE = (
    "MATCH (p:Person {name: 'Ana'})-[r:MADE]->(f:Film)-[:IN]->(g:Genre) WHERE f.year > 2000 AND NOT g.name CONTAINS 'x' "
    "WITH p, count(DISTINCT f) AS n WHERE n >= 5 RETURN p.name AS who, n ORDER BY n DESC LIMIT 5"
)
QUERIES = (
    BASE,
    "MATCH (a:Author) OPTIONAL MATCH (d:Set)-[:BY]->(a) RETURN a.name, collect(d.name) AS sets",
    "MATCH (s:Set)-[:BY]->(a:Author)<-[:BY]-(t:Set) WHERE s.name < t.name AND NOT (a)-[:LEFT]->(:Place) RETURN DISTINCT s.name, t.name",
    "MATCH (n:Film) WHERE any(w IN n.words WHERE w = 'sea') RETURN [w IN n.words | toUpper(w)] AS loud UNION MATCH (n:Play) RETURN n.words AS loud",
    "MATCH q = (a:Town)-[:ROAD*1..3]-(b:Town) UNWIND nodes(q) AS t WITH DISTINCT t, size(a.name) AS m RETURN t.name SKIP 2 LIMIT 3",
    "MATCH (p:Person) WHERE EXISTS { MATCH (p)-[:MADE]->(f:Film) WHERE f.year = 1999 } RETURN p, COUNT { (p)-[:KNOWS]->() } AS friends",
)
# One edit each: what is put in the place of what, and the kind of the one change that it is.
EDITS = (
    ("-[r:MADE]->", "<-[r:MADE]-", "direction"), ("f:Film", "f:Play", "label"), ("(f:Film)", "(f)", "label"), ("r:MADE", "r:SAW", "relation"), ("r:MADE", "r:MADE*1..3", "hops"),
    ("-[r:MADE]->", "-[r:MADE]-", "direction"), ("f.year > 2000 AND ", "", "filter"), ("> 2000", "> 2010", "filter"), ("> 2000", "<= 2000", "filter"), ("NOT ", "", "filter"),
    (" {name: 'Ana'}", "", "filter"), ("'Ana'", "'Bo'", "filter"), ("DISTINCT ", "", "distinct"), ("RETURN", "RETURN DISTINCT", "distinct"), (" DESC", "", "order"),
    (" ORDER BY n DESC", "", "order"), ("BY n DESC", "BY who", "order"), (" LIMIT 5", " LIMIT 10", "limit"), (" LIMIT 5", "", "limit"), (" LIMIT", " SKIP 1 LIMIT", "skip"),
    (", n ORDER", " ORDER", "returned"), ("p.name AS who", "p.age AS who", "returned"), ("count(DISTINCT f)", "max(f.year)", "returned"), ("n >= 5", "n >= 6", "filter"),
    ("WHERE n >= 5 ", "", "filter"), ("(g:Genre)", "(g:Genre)-[:OF]->(:Era)", "pattern"), ("MATCH (p", "OPTIONAL MATCH (p", "optional"), ("WITH p, count", "WITH p, g, count", "step"),
)  # fmt: skip


def tree(text):
    query = parse(text).query
    assert query is not None, text
    return query


@pytest.mark.parametrize("text", QUERIES)
def test_a_query_differs_in_nothing_from_itself(text):
    assert diff(tree(text), tree(text)) == ()
    assert diff(tree(text), unnamed(named(tree(text)))) == ()


@settings(deadline=None, max_examples=40)
@given(text=st.sampled_from(QUERIES), names=st.permutations([f"v{number}" for number in range(12)]))
def test_another_name_is_no_change(text, names):
    own = [name for part in named(tree(text)).parts for name in shape_of(part).kinds]
    other = renamed(named(tree(text)), dict(zip(own, names, strict=False)))
    assert diff(tree(text), unnamed(other)) == ()


def test_the_order_of_writing_is_no_change():
    assert same(tree(BASE), tree(BASE.replace("WHERE f.year > 2000 AND NOT g.name CONTAINS 'x'", "WHERE NOT (g.name CONTAINS 'x') AND 2000 < f.year")))
    assert same(tree("MATCH (a:X)-[:R]->(b:Y {k: 1})-[:S]->(c) RETURN a, c"), tree("MATCH (c)<-[:S]-(b)<-[:R]-(a:X) WHERE b.k = 1 AND b:Y RETURN c, a"))
    assert same(tree("MATCH (a)-[:R]->(b) RETURN a.x, count(b) AS n ORDER BY n"), tree("MATCH (q)-[:R]->(w) RETURN q.x AS h, count(w) ORDER BY count(w)"))
    assert same(tree("MATCH (a) WHERE a.x = 1 OR a.x = 2 RETURN a"), tree("MATCH (a) WHERE a.x IN [1, 2] RETURN a"))


def test_what_may_be_the_same_relation_is_another_query():
    apart, together = "MATCH (s:Set)-[:BY]->(a) MATCH (t:Set)-[:BY]->(a) RETURN s, t", "MATCH (s:Set)-[:BY]->(a), (t:Set)-[:BY]->(a) RETURN s, t"
    assert [one.kind for one in diff(tree(apart), tree(together))] == ["other"]


@pytest.mark.parametrize(("old", "new", "kind"), EDITS)
def test_one_edit_is_one_change_of_its_kind(old, new, kind):
    assert old in BASE
    (change,) = diff(tree(BASE), tree(BASE.replace(old, new, 1)))
    assert change.kind == kind
    assert change.words
    assert change.before != change.after


def test_changes_are_said_as_people_say_them():
    after = "MATCH (p:Person {name: 'Ana'})<-[r:MADE]-(f:Play)-[:IN]->(g:Genre) WHERE NOT g.name CONTAINS 'x' WITH p, count(f) AS n WHERE n >= 5 RETURN p.name AS who, n LIMIT 10"
    assert [one.words for one in diff(tree(BASE), tree(after))] == [
        "label Film became Play", "turned MADE round", "removed filter year > 2000", "dropped DISTINCT in count(DISTINCT f) in an inner step",
        "removed order by n from high to low", "limit 5 became 10",
    ]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "kind"), [one for one in EDITS if one[2] != "step"])
def test_what_nobody_asked_for_is_told_and_put_back(old, new, kind):
    found = guard(tree(BASE), tree(BASE.replace(old, new, 1)), "paint it mauve")
    assert [one.kind for one in found.unrequested] == [kind]
    assert found.kept == ()
    assert same(found.tree, tree(BASE))


def test_what_was_asked_for_stays_and_the_rest_is_put_back():
    after = BASE.replace("> 2000", "> 2010").replace("DISTINCT ", "").replace("LIMIT 5", "LIMIT 7").replace("f:Film", "f:Play")
    found = guard(tree(BASE), tree(after), "only after 2010")
    assert [one.words for one in found.requested] == ["filter year > 2000 became year > 2010"]
    assert found.warnings == ("also label Film became Play", "also dropped DISTINCT in count(DISTINCT f) in an inner step", "also limit 5 became 7")
    assert same(found.tree, tree(BASE.replace("> 2000", "> 2010")))


def test_what_cannot_be_put_back_is_kept_and_told():
    after = BASE.replace("WITH p, count", "WITH p, g, count")
    found = guard(tree(BASE), tree(after), "paint it mauve")
    assert found.kept == found.unrequested != ()
    assert restore(tree(BASE), tree(after), found.kept[0]) is None


SHOP = schema_of(
    {"labels": {"Buyer": {"name": "STRING", "age": "INTEGER"}, "Dish": {"title": "STRING", "price": "FLOAT"}}, "relationships": [["Buyer", "BOUGHT", "Dish"]]},
    "shop",
)
KINDS = {
    "dropped_filter": "filter", "turned_comparison": "filter", "turned_order": "order", "other_aggregate": "returned", "other_limit": "limit", "other_literal": "filter",
    "dropped_not": "filter", "dropped_distinct": "distinct",
}  # fmt: skip


def test_planted_faults_are_changes_of_their_kind():
    text = (
        "MATCH (b:Buyer)-[:BOUGHT]->(d:Dish) WHERE d.price > 20 AND NOT d.title = 'Soup' "
        "RETURN b.name, count(DISTINCT d) AS n, avg(d.price) ORDER BY n DESC LIMIT 3"
    )
    for seed in range(6):
        for one in mutants(text, SHOP, ASKED, np.random.default_rng(seed)):
            assert [change.kind for change in diff(tree(text), tree(one.text))] == [KINDS[one.operator]], one


def test_a_chip_changes_its_part_alone():
    values = {
        "label": "Zed",
        "direction": "left",
        "relation": "SAW",
        "filter": "",
        "literal": "77",
        "limit": "",
        "order": "",
        "distinct": "yes",
        "returned": "p.age",
    }
    for chip in chips(tree(BASE)):
        if chip.kind == "returned" and chip.at == 1:
            continue
        (change,) = diff(tree(BASE), edit(tree(BASE), chip, values[chip.kind]))
        assert change.kind == ("filter" if chip.kind == "literal" else chip.kind)


def test_a_chip_that_is_not_there_and_a_value_that_cannot_stand_are_told():
    for chip, value in (
        (Chip("limit", 3, ""), "1"),
        (Chip("limit", 0, ""), "many"),
        (Chip("direction", 0, ""), "up"),
        (Chip("filter", 0, ""), "RETURN"),
        (Chip("literal", 0, ""), "a.b"),
    ):
        with pytest.raises(RecordError):
            edit(tree(BASE), chip, value)


def test_what_is_given_back_last_stays():
    with pytest.raises(RecordError, match="gives something back"):
        edit(tree("MATCH (n) RETURN n"), Chip("returned", 0, "n"), "")


def test_a_named_tree_has_its_first_names_and_an_unnamed_one_none_that_were_made_up():
    text = "MATCH (a)-[:R]->()-[:S]->(b) WITH b AS a MATCH (a)-[:R]->(c) RETURN a, c"
    assert "__" in canonical(named(tree(text)))
    assert "__" not in canonical(unnamed(named(tree(text))))
