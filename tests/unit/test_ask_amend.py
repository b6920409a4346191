"""Amendments in words, over schemas of their own: only what is named changes; what cannot be read changes nothing and says so."""

import pytest

from broadsheet.ask.amend.diff import diff
from broadsheet.ask.amend.edits import with_label
from broadsheet.ask.amend.heard import Link, hear
from broadsheet.ask.amend.words import read_amendment
from broadsheet.ask.cypher.nodes import Label
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.schema_files import schema_of

LIBRARY = schema_of(
    {
        "node_props": {
            "Tool": [{"property": "name", "type": "STRING"}, {"property": "toolId", "type": "STRING"}],
            "DataSet": [{"property": "name", "type": "STRING"}],
            "Article": [
                {"property": "title", "type": "STRING"},
                {"property": "year", "type": "INTEGER", "min": "1990", "max": "2024"},
                {"property": "open_access", "type": "BOOLEAN"},
                {"property": "pages", "type": "INTEGER", "min": "1", "max": "300"},
            ],
            "Writer": [{"property": "name", "type": "STRING"}, {"property": "writerId", "type": "STRING"}],
        },
        "rel_props": {},
        "relationships": [{"start": one, "type": "HAS_WRITER", "end": "Writer"} for one in ("Tool", "DataSet", "Article")]
        + [{"start": "Article", "type": "CITES", "end": "Article"}],
    },
    "library",
)
QUERIES = {
    "one": "MATCH (p:Article {title: 'sparsemap'})-[:HAS_WRITER]->(a:Writer) RETURN a.name",
    "year": "MATCH (p:Article)-[:HAS_WRITER]->(a:Writer) WHERE p.year > 2000 RETURN DISTINCT p.title, a.name ORDER BY p.year LIMIT 5",
    "group": "MATCH (d:DataSet)-[:HAS_WRITER]->(a:Writer) WITH a, count(d) AS n WHERE n > 5 RETURN a.name, n ORDER BY n LIMIT 10",
    "wrong": "MATCH (a:Writer)-[:HAS_WRITER]->(p:Article) WHERE p.title CONTAINS 'front' RETURN a.name",
    "set": "MATCH (d:DataSet {name: 'Alpha Set'})-[:HAS_WRITER]->(a:Writer) RETURN a.name",
    "pairs": "MATCH (d:DataSet)-[:HAS_WRITER]->(a:Writer) RETURN a.name, d.name",
    "cites": "MATCH (p:Article)-[:CITES]->(q:Article) WHERE NOT q.year < 2010 RETURN p.title, avg(q.year) AS mean",
}
READ = (
    ("one", "Actually, I meant the tool", ["label Article became Tool"]), ("one", "i meant tolos", ["label Article became Tool"]),
    ("year", "only those after 2010", ["added filter year > 2010"]), ("year", "I meant after 2010", ["filter year > 2000 became year > 2010"]),
    ("year", "since 2000", ["filter year > 2000 became year >= 2000"]), ("year", "2005, not 2000", ["filter year > 2000 became year > 2005"]),
    ("year", "drop the year filter", ["removed filter year > 2000"]), ("year", "only 10", ["limit 5 became 10"]), ("year", "no limit", ["removed limit 5"]),
    ("year", "newest first", ["order by year turned: now from high to low"]), ("year", "sort alphabetically by title", ["order by year became title"]),
    ("year", "duplicates are fine", ["dropped DISTINCT"]), ("year", "only open access ones", ["added filter open_access = true"]), ("year", "skip the first 10", ["added skip 10"]),
    ("year", "published between 2005 and 2010", ["filter year > 2000 became year >= 2005", "added filter year <= 2010"]), ("year", "use cites", ["relation HAS_WRITER became CITES"]),
    ("year", 'title starting with "On"', ["added filter title STARTS WITH 'On'"]), ("year", "don't show the writer name", ["name is no longer given back"]),
    ("year", "show the writer id instead of the writer name", ["name became writerId"]), ("year", "those whose pages are missing", ["added filter pages IS NULL"]),
    ("year", "drop the year filter; only the top 3 and duplicates are fine", ["removed filter year > 2000", "dropped DISTINCT", "limit 5 became 3"]),
    ("year", "older than 2010", ["added filter year < 2010"]), ("year", "year != 2005", ["added filter year <> 2005"]), ("year", "exclude 2012", ["added filter year <> 2012"]),
    ("year", "remove the limit and the year condition", ["removed filter year > 2000", "removed limit 5"]),
    ("pairs", "include writers without any data set", ["DataSet -[HAS_WRITER]-> Writer became optional"]),
    ("wrong", "the substring Alpha", ["filter title CONTAINS 'front' became title CONTAINS 'Alpha'"]),
    ("wrong", "the other direction", ["turned HAS_WRITER round"]), ("wrong", "articles have writers, not the other way", ["turned HAS_WRITER round"]),
    ("wrong", "ignore case", ["filter title CONTAINS 'front' became toLower(title) CONTAINS 'front'"]), ("one", "count them", ["name became count(a)"]),
    ("one", "distinct", ["added DISTINCT"]), ("one", "show the year too", ["year is given back too"]), ("one", "not sparsemap", ["filter title = 'sparsemap' became title <> 'sparsemap'"]),
    ("group", "at least 5, not more than 5", ["filter n > 5 became n >= 5"]), ("group", "articles instead of data sets", ["label DataSet became Article"]),
    ("group", "the data sets should be counted only once", ["added DISTINCT in count(DISTINCT d) in an inner step"]), ("group", "reverse the order", ["order by n turned: now from high to low"]),
    ("pairs", "include those without any data set", ["DataSet -[HAS_WRITER]-> Writer became optional"]), ("pairs", "only writers that have no articles", ["added filter NOT (:Article)-[:HAS_WRITER]->(a)"]),
    ("pairs", "only writers with at least 3 articles", ["added Article -[HAS_WRITER]-> Writer", "added the step Writer, DataSet, count(a2) as many where many >= 3"]),
    ("set", 'both "Alpha Set" and "Beta Set"', ["added DataSet -[HAS_WRITER]-> Writer where DataSet.name = 'Beta Set'"]),
    ("set", 'or "Gamma Set"', ["filter DataSet.name = 'Alpha Set' became DataSet.name IN ['Alpha Set', 'Gamma Set']"]),
    ("cites", "maximum rather than average", ["avg(year) became max(year)"]), ("cites", "cites the other way round", ["turned CITES round"]),
    ("cites", "up to 3 steps of citations", ["length of CITES 1 became 1..3"]),
)  # fmt: skip


def tree(text):
    query = parse(text).query
    assert query is not None, text
    return query


def likeliest(found, query):
    """Return what was changed, or what the first choice would change."""
    return [one.words for one in (diff(query, found.choices[0]) if found.choices else found.changes)]


@pytest.mark.parametrize(("name", "said", "changes"), READ)
def test_only_what_is_named_changes_or_is_the_first_choice(name, said, changes):
    query = tree(QUERIES[name])
    found = read_amendment(said, query, LIBRARY)
    assert likeliest(found, query) == changes, found
    assert found.unread == ""
    assert not (found.choices and found.changes)


def test_most_of_what_is_said_plainly_is_not_asked_about():
    asked = [said for name, said, _ in READ if read_amendment(said, tree(QUERIES[name]), LIBRARY).choices]
    assert len(asked) <= 0.4 * len(READ), asked


@pytest.mark.parametrize("said", ["the weather is nice today", "that is not what I asked", "hm", "", "?!", '"', "no, no, no"])
@pytest.mark.parametrize("name", QUERIES)
def test_what_cannot_be_read_changes_nothing_and_is_told(name, said):
    query = tree(QUERIES[name])
    found = read_amendment(said, query, LIBRARY)
    assert found.tree == query
    assert found.changes == ()
    assert found.unread == said.strip()


def test_what_is_understood_in_part_is_asked_about():
    query = tree(QUERIES["year"])
    found = read_amendment("drop the year filter, polish", query, LIBRARY)
    assert found.changes == ()
    assert likeliest(found, query) == ["removed filter year > 2000"]


def test_what_may_mean_several_things_is_asked_about():
    found = read_amendment("the name must be Rob Hyndmark", tree("MATCH (a:Writer)<-[:HAS_WRITER]-(t:Tool) RETURN a.name, t.name"), LIBRARY)
    assert found.changes == ()
    assert found.question.startswith("Which is meant: ")
    assert len(found.choices) > 1


def test_values_that_are_found_say_what_they_are_of():
    query = tree("MATCH (a:Writer)<-[:HAS_WRITER]-(t:Tool) RETURN a.name, t.name")
    found = read_amendment("only by Rob Hyndmark", query, LIBRARY, lambda said: [Link("Writer", "name", said)] if said == "Rob Hyndmark" else [])
    assert canonical(found.tree) == "MATCH (a:Writer)<-[:HAS_WRITER]-(t:Tool) WHERE a.name = 'Rob Hyndmark' RETURN a.name, t.name"


def test_words_behind_not_tell_what_is_not_meant():
    heard = hear("articles, not tools", LIBRARY)
    assert [heard.words[place].text for place in sorted(heard.contrast)] == ["tools"]
    assert hear("not tools but articles", LIBRARY).contrast == {1}


def test_names_in_capitals_are_one_word_and_small_words_none():
    assert [one.value for one in hear("only by Ana van Dorn and not in 2010", LIBRARY).words if one.value is not None] == ["Ana van Dorn", 2010]


def test_a_label_that_is_stated_twice_is_changed_twice():
    tree = parse("MATCH (f:Film)-[:LIKE]->(a) MATCH (f:Film)-[:LIKE]->(b) WHERE a.x = 1 RETURN f").query
    assert canonical(with_label(tree, "f", Label("Book"))) == "MATCH (f:Book)-[:LIKE]->(a) MATCH (f:Book)-[:LIKE]->(b) WHERE a.x = 1 RETURN f"
