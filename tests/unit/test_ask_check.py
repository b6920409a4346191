"""Queries against a schema: each fault has its code, its place and, where one change mends it, that change; clean queries are left alone."""

import csv
import json

import pytest

from broadsheet.ask.check.checker import check
from broadsheet.ask.check.findings import Severity
from broadsheet.ask.check.scope import Scopes
from broadsheet.ask.check.values import Values
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.safety import refused
from broadsheet.ask.schema_files import databases, read_schema, schema_of

FILMS = schema_of(
    {
        "node_props": {
            "Person": [{"property": "name", "type": "STRING"}, {"property": "born", "type": "INTEGER", "min": "1900", "max": "2005"}],
            "Film": [
                {"property": "title", "type": "STRING"},
                {"property": "year", "type": "INTEGER", "min": "1950", "max": "2020"},
                {"property": "rating", "type": "FLOAT", "min": "1.5", "max": "9.5"},
                {"property": "shown", "type": "DATE"},
                {"property": "length", "type": "INTEGER"},
            ],
            "Genre": [{"property": "name", "type": "STRING", "values": ["Comedy", "Drama", "Horror"], "distinct_count": 3}],
        },
        "rel_props": {"ACTED_IN": [{"property": "role", "type": "STRING"}]},
        "relationships": [
            {"start": "Person", "type": "ACTED_IN", "end": "Film"},
            {"start": "Person", "type": "DIRECTED", "end": "Film"},
            {"start": "Film", "type": "IN_GENRE", "end": "Genre"},
            {"start": "Person", "type": "KNOWS", "end": "Person"},
        ],
    },
    "films",
)
FAULTS = [
    ("MATCH (p:Person)<-[:ACTED_IN]-(f:Film) RETURN p", "WRONG_DIRECTION", "<-[:ACTED_IN]-", "MATCH (p:Person)-[:ACTED_IN]->(f:Film) RETURN p"),
    ("MATCH (p:Person)-[r:ACTED_IN {role: 'x'}]-(g:Genre) RETURN r", "IMPOSSIBLE_PATH", "-[r:ACTED_IN {role: 'x'}]-", None),
    ("MATCH (f)<-[:IN_GENRE]-(g:Genre) RETURN f", "WRONG_DIRECTION", "<-[:IN_GENRE]-", "MATCH (f)-[:IN_GENRE]->(g:Genre) RETURN f"),
    ("MATCH (p:Persn) RETURN p", "UNKNOWN_LABEL", "Persn", "MATCH (p:Person) RETURN p"),
    ("MATCH (p:Spaceship) RETURN p", "UNKNOWN_LABEL", "Spaceship", None),
    ("MATCH (p:Person)-[:acted_in]->(f:Film) RETURN p", "UNKNOWN_RELATION", "acted_in", "MATCH (p:Person)-[:ACTED_IN]->(f:Film) RETURN p"),
    ("MATCH (f:Film) WHERE f.titel = 'Up' RETURN f", "UNKNOWN_PROPERTY", "titel", "MATCH (f:Film) WHERE f.title = 'Up' RETURN f"),
    ("MATCH (a:Person)-[k:KNOWS]->(b:Person) WHERE k.since > 3 RETURN a", "UNKNOWN_PROPERTY", "since", None),
    ("MATCH (f:Film {born: 3}) RETURN f", "UNKNOWN_PROPERTY", "born", None),
    (
        "MATCH (star {name: 'Ana'})-[:ACTED_IN]->(f:Film) RETURN star",
        "UNLABELLED_NODE",
        "(star {name: 'Ana'})",
        "MATCH (star:Person {name: 'Ana'})-[:ACTED_IN]->(f:Film) RETURN star",
    ),
    ("MATCH (f:Film) WHERE f.title > 2020 RETURN f", "TYPE_MISMATCH", "f.title > 2020", "MATCH (f:Film) WHERE f.title > 2020 RETURN f"),
    ("MATCH (f:Film) WHERE f.year = '1999' RETURN f", "TYPE_MISMATCH", "f.year = '1999'", "MATCH (f:Film) WHERE f.year = 1999 RETURN f"),
    ("MATCH (f:Film) WHERE f.year CONTAINS 'x' RETURN f", "TYPE_MISMATCH", "f.year CONTAINS 'x'", "MATCH (f:Film) WHERE f.year CONTAINS 'x' RETURN f"),
    ("MATCH (f:Film) RETURN avg(f.title)", "TYPE_MISMATCH", "avg(f.title)", "MATCH (f:Film) RETURN avg(f.title)"),
    ("MATCH (f:Film) RETURN length(f.title)", "TYPE_MISMATCH", "length(f.title)", "MATCH (f:Film) RETURN size(f.title)"),
    ("MATCH (f:Film) WHERE f.year = -1 RETURN f", "OUT_OF_DOMAIN", "f.year = -1", "MATCH (f:Film) WHERE f.year = -1 RETURN f"),
    ("MATCH (f:Film) WHERE f.length = -1 RETURN f", "OUT_OF_DOMAIN", "f.length = -1", "MATCH (f:Film) WHERE f.length = -1 RETURN f"),
    (
        "MATCH (f:Film) RETURN CASE WHEN f.rating > 11 THEN 'a' ELSE 'b' END AS c",
        "OUT_OF_DOMAIN",
        "f.rating > 11",
        "MATCH (f:Film) RETURN CASE WHEN f.rating > 11 THEN 'a' ELSE 'b' END AS c",
    ),
    (
        "MATCH (f:Film)-[:IN_GENRE]->(g:Genre {name: 'horror'}) RETURN f",
        "OUT_OF_DOMAIN",
        "name: 'horror'",
        "MATCH (f:Film)-[:IN_GENRE]->(g:Genre {name: 'Horror'}) RETURN f",
    ),
    ("MATCH (f:Film) WHERE f.year > 2000 AND f.year < 1990 RETURN f", "CONTRADICTION", "f.year > 2000 AND f.year < 1990", None),
    ("MATCH (f:Film) WHERE f.year > 2000 AND f.year < 2000 RETURN f", "CONTRADICTION", "f.year > 2000 AND f.year < 2000", None),
    ("MATCH (f:Film) WHERE f.rating > 8.5 AND f.rating < 8.5 RETURN f", "CONTRADICTION", "f.rating > 8.5 AND f.rating < 8.5", None),
    ("MATCH (f:Film {year: 1999}) WHERE f.year > 2000 RETURN f", "CONTRADICTION", "year: 1999}) WHERE f.year > 2000", None),
    ("MATCH (f:Film) WHERE NOT (f.year <= 2000 OR f.year >= 1990) RETURN f", "CONTRADICTION", "f.year <= 2000 OR f.year >= 1990", None),
    (
        "MATCH (f:Film) WHERE f.year < 2000 OR f.year > 1990 RETURN f",
        "TAUTOLOGY",
        "f.year < 2000 OR f.year > 1990",
        "MATCH (f:Film) WHERE f.year < 2000 OR f.year > 1990 RETURN f",
    ),
    ("MATCH (f:Film) RETURN g", "UNBOUND_VARIABLE", "g", None),
    ("MATCH (f:Film) WITH f.title AS t RETURN f.year", "UNBOUND_VARIABLE", "f", None),
    ("MATCH (f:Film), (p:Person) RETURN f, p", "CARTESIAN_PRODUCT", "MATCH (f:Film), (p:Person)", "MATCH (f:Film), (p:Person) RETURN f, p"),
    ("MATCH (f:Film) WITH f, count(*) RETURN f", "MISSING_ALIAS", "count(*)", "MATCH (f:Film) WITH f, count(*) AS count RETURN f"),
    ("MATCH (f:Film) WHERE count(f) > 1 RETURN f", "AGGREGATE_MISPLACED", "count(f)", "MATCH (f:Film) WHERE count(f) > 1 RETURN f"),
    (
        "MATCH (p:Person) WHERE size((p)-[:ACTED_IN]->()) > 1 RETURN p",
        "PATTERN_AS_VALUE",
        "size((p)-[:ACTED_IN]->())",
        "MATCH (p:Person) WHERE COUNT { (p)-[:ACTED_IN]->() } > 1 RETURN p",
    ),
    ("MATCH (f:Film) RETURN toInt(f.title)", "UNKNOWN_FUNCTION", "toInt", "MATCH (f:Film) RETURN toInteger(f.title)"),
    ("MATCH (f:Film)-[f:ACTED_IN]->() RETURN f", "KIND_CONFLICT", "-[f:ACTED_IN]->", None),
    ("MATCH (f:Film)", "NO_RETURN", "MATCH (f:Film)", None),
    ("MATCH (f:Film RETURN f", "SYNTAX", "RETURN", None),
]
CLEAN = [
    "MATCH (p:Person)-[r:ACTED_IN]->(f:Film)-[:IN_GENRE]->(:Genre {name: 'Drama'}) WHERE r.role CONTAINS 'x' AND f.year >= 1990 RETURN p.name, f.title ORDER BY f.year DESC LIMIT 5",
    "MATCH (p:Person)--(f:Film) WHERE f.year > 1990 OR f.rating > 8 WITH p, count(DISTINCT f) AS films WHERE films > 2 AND films < 9 RETURN p.name, films",
    "MATCH (a:Person)-[:KNOWS*1..3]-(b:Person) WHERE a.name <> b.name RETURN b",
    "MATCH (a:Person), (b:Person) WHERE a.born = b.born AND a.name < b.name RETURN a, b",
    "MATCH (p:Person) MATCH (f:Film) WHERE (p)-[:DIRECTED]->(f) RETURN p, f",
    "MATCH (p:Person)-[:ACTED_IN*2]-(other:Person) RETURN other",
    "OPTIONAL MATCH (f:Film) WHERE f.shown > date('2001-01-01') RETURN coalesce(f.title, 'none')",
    "MATCH (p) RETURN labels(p), count(*)",
    "UNWIND [1990, 2000] AS y MATCH (f:Film {year: y}) RETURN y, collect(f.title)",
    "MATCH (f:Film) WHERE f.year > 2000 AND f.year < 2010 AND f.year <> 2005 AND f.year IS NOT NULL RETURN f",
]


@pytest.mark.parametrize(("text", "code", "where", "fixed"), FAULTS)
def test_a_fault_has_its_code_its_place_and_what_mends_it(text, code, where, fixed):
    found = check(text, FILMS)
    assert [(one.code.value, text[one.place.start : one.place.end]) for one in found.alarms] == [(code, where)]
    assert found.fixed == fixed
    if fixed is not None and fixed != text:
        assert not check(fixed, FILMS).alarms


@pytest.mark.parametrize("text", CLEAN)
def test_a_clean_query_has_no_alarm(text):
    found = check(text, FILMS)
    assert not found.alarms, found.alarms
    assert found.fixed == text


@pytest.mark.parametrize(
    "text", ["RETURN f" + ".a" * 80, "RETURN " + "-" * 25 + "f.a", "RETURN " + "abs(" * 25 + "f.a" + ")" * 25, "RETURN f.a" + " + f.a" * 90]
)
def test_parts_within_parts_are_asked_once(text):
    counted = []
    values = Values(Scopes(parse(f"MATCH (f:Film) {text}").query), FILMS)
    inner = values._kind_of
    values._kind_of = lambda node: counted.append(id(node)) or inner(node)
    values.check()
    assert len(counted) == len(set(counted)) < 300


def test_types_that_say_what_is_meant_allow_a_text_that_says_it():
    told = {"paid": {"type": "DATE"}, "sum": {"type": "INTEGER"}}
    bills = schema_of({"classes": {"Bill": {}}, "properties": told, "relations": {}}, "bills")
    assert not check("MATCH (b:Bill) WHERE b.paid = '31/12/2019' AND b.sum = '17' RETURN split(b.paid, '/')[2], b.sum", bills).alarms
    for text in ("b.paid = 'soon'", "b.sum = 'much'", "b.sum = '17' AND b.paid = true"):
        assert check(f"MATCH (b:Bill) WHERE {text} RETURN b", bills).alarms


def test_values_of_a_sample_and_texts_that_were_cut_are_no_bounds():
    ids = [{"property": "id", "type": "INTEGER", "min": "7000001", "max": "7000005", "distinct_count": 5}]
    texts = [{"property": "text", "type": "STRING", "values": ["a" * 50, "short"], "distinct_count": 2}]
    notes = schema_of({"node_props": {"Note": [*ids, *texts]}, "relationships": []}, "notes")
    assert not check("MATCH (n:Note {id: 7000099}) WHERE n.text CONTAINS 'b' RETURN n", notes).alarms


def test_bounds_are_told_as_they_are():
    schema = schema_of({"labels": {"A": {"x": {"type": "FLOAT", "min": 6.95, "max": 196.04123}}}, "relationships": []}, "here")
    (found,) = check("MATCH (a:A) WHERE a.x < 2.5 RETURN a", schema).alarms
    assert found.message.endswith("values go from 6.95 to 196.04123.")
    assert not check("MATCH (a:A) WHERE a.x <= 6.95 RETURN a", schema).alarms


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("MATCH (f:Film) RETURN q", "'q' is not known; there is f."),
        ("MATCH (f:Film) RETURN q AS q ORDER BY f.title", "'q' is not known; there is f."),
        ("MATCH (f:Film)--(q) WITH f RETURN q", "'q' is not known here: WITH passes on only what it names; there is f."),
        (
            "MATCH (f:Film) WHERE EXISTS { (f)--(q:Person) } RETURN q",
            "'q' is not known here: it is known only in the part of the query that names it; there is f.",
        ),
    ],
)
def test_a_name_that_is_not_known_is_told_why(text, why):
    assert [one.message for one in check(text, FILMS).findings if one.code == "UNBOUND_VARIABLE"] == [why]


def test_doubts_of_style_are_no_alarm():
    found = check("MATCH (a:Person)-[:KNOWS]->(b:Person)-[:ACTED_IN]->(f:Film) RETURN a, b LIMIT 3", FILMS)
    assert {one.code.value for one in found.findings} == {"DIRECTION_AMBIGUOUS", "LIMIT_WITHOUT_ORDER"}
    assert all(one.severity is Severity.INFO for one in found.findings)


def test_names_say_nothing_all_renamed_the_findings_are_the_same():
    names = {
        "Person": "Zed",
        "Film": "Qux",
        "Genre": "Wib",
        "ACTED_IN": "R1",
        "DIRECTED": "R2",
        "IN_GENRE": "R3",
        "KNOWS": "R4",
        "title": "k1",
        "year": "k2",
        "name": "k3",
    }
    schema = schema_of(
        {
            "node_props": {
                "Zed": [{"property": "k3", "type": "STRING"}],
                "Qux": [{"property": "k1", "type": "STRING"}, {"property": "k2", "type": "INTEGER"}],
                "Wib": [],
            },
            "rel_props": {},
            "relationships": [{"start": "Zed", "type": "R1", "end": "Qux"}, {"start": "Qux", "type": "R3", "end": "Wib"}],
        },
        "renamed",
    )
    for text, code in (
        ("MATCH (p:Person {name: 'A'})<-[:ACTED_IN]-(m:Film) RETURN p", "WRONG_DIRECTION"),
        ("MATCH (celebrity {name: 'A'})-[:ACTED_IN]->(m:Film) RETURN celebrity", "UNLABELLED_NODE"),
        ("MATCH (m:Film) WHERE m.title > 2020 RETURN m", "TYPE_MISMATCH"),
        ("MATCH (m:Film) WHERE m.year = -1 RETURN m", "OUT_OF_DOMAIN"),
    ):
        renamed = text
        for old, new in names.items():
            renamed = renamed.replace(f":{old}", f":{new}").replace(f"{old}:", f"{new}:").replace(f".{old}", f".{new}")
        assert [one.code.value for one in check(f"/* odd */ {renamed} // end", schema).alarms] == [code]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE (n:Film) RETURN n", "MATCH (n) SET n.x = 1 RETURN n", "MATCH (n) DETACH DELETE n", "MERGE (n:Film) RETURN n", "CALL db.labels() YIELD label RETURN label",
        "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line", "MATCH (n) RETURN apoc.load.json('http://x')", "FOREACH (x IN [1] | CREATE (:Film))", "EXPLAIN MATCH (n) RETURN n",
        "MATCH (n) CALL { WITH n SET n.x = 1 } RETURN n", "MATCH (n) WHERE EXISTS { MATCH (n) REMOVE n.x } RETURN n", "USE other MATCH (n) RETURN n",
    ],
)  # fmt: skip
def test_what_writes_calls_or_loads_is_read_and_not_allowed(text):
    query = parse(text).query
    assert query is not None
    assert refused(query) is not None


@pytest.mark.parametrize(
    "text",
    [
        "COPY (MATCH (n) RETURN n) TO 'x.csv'",
        "CHECKPOINT",
        "CALL timeout=0",
        "MATCH (n) RETURN n; CHECKPOINT",
        "ＤＥＬＥＴＥ n",
        "EXPORT DATABASE 'x'",
        "BEGIN TRANSACTION",
    ],
)
def test_what_is_no_question_is_not_read(text):
    assert parse(text).query is None


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n) WHERE n.name = 'DELETE everything; CREATE' RETURN n",
        "MATCH (n) /* CREATE (x) */ RETURN n // DROP",
        "MATCH (n) RETURN n.x AS `SET`",
        "MATCH (n) RETURN n.delete, n.`call`",
    ],
)
def test_words_in_texts_comments_and_names_are_allowed(text):
    assert refused(parse(text).query) is None


@pytest.mark.data
def test_the_papers_ninety_queries(data):
    schema = read_schema(data / "kgqa" / "ask_paper_schema.json")
    codes = {
        "flip relationship": "WRONG_DIRECTION", "nonsense relation name": "UNKNOWN_RELATION", "nonsense node name": "UNKNOWN_LABEL",
        "no node label, misleading name": "UNLABELLED_NODE", "illogical where value": "OUT_OF_DOMAIN", "wrong where type": "TYPE_MISMATCH", "contradictory where values": "CONTRADICTION",
    }  # fmt: skip
    for row in json.loads((data / "kgqa" / "ask_paper_90.json").read_text()):
        alarms = [one.code.value for one in check(row["cypher"], schema).alarms]
        assert alarms == ([] if row["perturbation"] == "None" else [codes[row["perturbation"]]]), row


@pytest.mark.data
def test_every_direction_case_is_mended_as_its_author_did(data):
    with (data / "kgqa" / "direction_cases.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        found = check(row["statement"], schema_of(row["schema"], "case"))
        errors = [one for one in found.findings if one.severity is Severity.ERROR]
        if not row["correct_query"].strip():
            assert found.fixed is None
            assert errors
            continue
        assert canonical(parse(found.fixed).query) == canonical(parse(row["correct_query"]).query)
        assert bool(errors) == (canonical(parse(row["statement"]).query) != canonical(parse(row["correct_query"]).query))


@pytest.mark.data
def test_queries_that_returned_rows_are_seldom_alarmed(data):
    path = data / "kgqa" / "text2cypher_schemas.json"
    schemas = {name: read_schema(path, name) for name in databases(path)}
    rows = [json.loads(line) for line in (data / "kgqa" / "text2cypher_llm_queries.jsonl").read_text().splitlines()[::5]]
    clean = [
        row
        for row in rows
        if row["database"] in schemas and str(row["returns_results"]) == "True" and str(row["syntax_error"]) == "False" and str(row["false_schema"]) == "None"
    ]
    alarmed = sum(bool(check(row["cypher"], schemas[row["database"]]).alarms) for row in clean)
    assert alarmed < 0.1 * len(clean)
