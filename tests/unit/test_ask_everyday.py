"""Amendments as they are typed at a terminal, over a schema of their own: what is plain is done, what may mean several things is asked."""

import pytest

from broadsheet.ask.amend.diff import diff
from broadsheet.ask.amend.heard import Link
from broadsheet.ask.amend.words import meanings, read_amendment
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.schema_files import schema_of

DESK = schema_of(
    {
        "labels": {
            "Report": {"title": "STRING", "published": "DATE", "pages": "INTEGER"},
            "Analyst": {"name": "STRING", "born": "INTEGER"},
            "Topic": {"name": "STRING"},
            "Office": {"name": "STRING", "opened": "DATE", "closed": "DATE"},
        },
        "relationships": [
            ["Analyst", "WROTE", "Report"], ["Report", "ABOUT", "Topic"], ["Analyst", "WORKS_AT", "Office"], ["Analyst", "MANAGES", "Analyst"], ["Report", "CITES", "Report"],
        ],
    },
    "desk",
)  # fmt: skip
ONE = "MATCH (a:Analyst)-[:WROTE]->(r:Report) WHERE a.name = 'Ilse Varn' RETURN DISTINCT r.title"
OFFICES, COLUMNS = "MATCH (o:Office) RETURN o.name", "MATCH (r:Report) RETURN DISTINCT r.title, r.published, r.pages"
TWO = "MATCH (a:Analyst)-[:MANAGES]->(b:Analyst) RETURN a.name, b.name"
TOPICS = ["added optional Report -[ABOUT]-> Topic", "Topic.name is given back too"]
PLAIN = (
    (ONE, "only reports after 2026-03-01", ["added filter published > date('2026-03-01')"]),
    (ONE, "after 2026-03-01", ["added filter published > date('2026-03-01')"]),
    (ONE, "only those from before 2020-01-01", ["added filter published < date('2020-01-01')"]),
    (ONE, "only reports since 2024", ["added filter published >= date('2024-01-01')"]),
    (ONE, "only reports after 2024", ["added filter published >= date('2025-01-01')"]),
    (OFFICES, "only those opened after 2020-01-01", ["added filter opened > date('2020-01-01')"]),
    (ONE, "show the topic too", TOPICS), (ONE, "and their topics", TOPICS), (ONE, "also show the pages", ["pages is given back too"]), (ONE, "also the pages", ["pages is given back too"]),
    (OFFICES, "sort by number of analysts", ["added optional Analyst -[WORKS_AT]-> Office", "count(DISTINCT a) is given back too", "added order by count(DISTINCT a) from high to low"]),
    (COLUMNS, "just the title", ["published is no longer given back", "pages is no longer given back"]),
    (COLUMNS, "only the pages", ["title is no longer given back", "published is no longer given back"]),
    (COLUMNS, "without the pages", ["pages is no longer given back"]), (ONE, "only the first 10", ["added limit 10"]), (ONE, "sort by title", ["added order by title"]),
    (ONE, "more than 20 pages", ["added filter pages > 20"]), (ONE, "not Ilse Varn", ["filter name = 'Ilse Varn' became name <> 'Ilse Varn'"]),
    (ONE, "by Tomas Quill instead", ["filter name = 'Ilse Varn' became name = 'Tomas Quill'"]), (ONE, "reports with no topic", ["added filter NOT (r)-[:ABOUT]->(:Topic)"]),
)  # fmt: skip
ASKED = (
    (OFFICES, "only offices after 2020-01-01", ["added filter opened > date('2020-01-01')", "added filter closed > date('2020-01-01')"]),
    (ONE, "newest first", ["added order by published from high to low", "added order by born from high to low"]),
    (ONE, "or Tomas Quill", ["filter name = 'Ilse Varn' became name IN ['Ilse Varn', 'Tomas Quill']"]),
    (ONE, "also those by Tomas Quill", ["filter name = 'Ilse Varn' became name IN ['Ilse Varn', 'Tomas Quill']"]),
    (ONE, "exclude Tomas Quill", ["added filter name <> 'Tomas Quill'", "added filter NOT (:Analyst {name: 'Tomas Quill'})-[:WROTE]->(r)"]),
    (
        TWO, "the analyst must be born after 1990",
        [f"added filter born > 1990: {TWO.replace('RETURN', f'WHERE {one}.born > 1990 RETURN')}" for one in "ab"],
    ),
    (COLUMNS, "sort by number of blenks, title", ["added order by title"]),
)  # fmt: skip


def links(said):
    return [Link("Analyst", "name", "Tomas Quill")] if said.lower() == "tomas quill" else []


def tree(text):
    query = parse(text).query
    assert query is not None, text
    return query


@pytest.mark.parametrize(("query", "said", "changes"), PLAIN)
def test_what_is_plain_is_done_or_is_the_first_choice(query, said, changes):
    found = read_amendment(said, tree(query), DESK, links)
    likeliest = found.changes or diff(tree(query), found.choices[0])
    assert [one.words for one in likeliest] == changes, found.question


@pytest.mark.parametrize(("query", "said", "among"), ASKED)
def test_what_may_mean_several_things_is_asked_and_changes_nothing(query, said, among):
    found = read_amendment(said, tree(query), DESK, links)
    assert found.tree == tree(query)
    assert found.changes == ()
    offered = meanings(found.tree, found.choices)
    assert {*among} <= {*offered}, offered
    assert len({*offered}) == len(offered) <= 4


def test_words_that_are_none_are_asked_about_or_change_nothing():
    for said in ("blenk the title", "flurm after 2026-03-01 tovick", "granzily pages"):
        assert read_amendment(said, tree(COLUMNS), DESK, links).changes == ()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        # Of two reports one alone can go; which is meant is not said.
        ("MATCH (a:Analyst)-[:WROTE]->(r:Report)-[:CITES]->(q:Report) RETURN a.name", "drop the report part"),
        ("MATCH (r:Report) WHERE r.pages > 20 RETURN r.title, r.pages", "forget about the pages"),
        ("MATCH (r:Report) WHERE r.pages > 20 AND r.published IS NOT NULL RETURN r.title LIMIT 3", "make it 5"),
        ("MATCH (a:Analyst)-[:WROTE]->(r:Report) RETURN a.name", "only analysts with more than 3 reports"),
        ("MATCH (r:Report) RETURN r.title", "only those with pages than 20"),
    ],
)
def test_each_doubt_is_asked_about(query, said):
    found = read_amendment(said, tree(query), DESK)
    assert found.choices
    assert not found.changes
