"""`broadsheet ask check` from the command line: a line out for each line in, its own schema or the file's, and faults that are named."""

import json

TRIPLES = "(Person, DIRECTED, Film), (Person, KNOWS, Person)"


def told(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_query_has_its_line_in_order(here, tmp_path):
    queries = [
        {"id": "a", "query": "MATCH (f:Film)-[:DIRECTED]->(p:Person) RETURN p", "schema": TRIPLES},
        {"id": 2, "cypher": "MATCH (n:Film) DELETE n", "schema": TRIPLES},
        {"id": "c", "query": "MATCH (n", "schema": [["Person", "KNOWS", "Person"]]},
        {"query": "MATCH (p:Person)-[:DIRECTED]->(f:Film) RETURN p, f", "schema": TRIPLES},
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, queries)) + "\n\n")
    done = here("ask", "check", "--queries", "q.jsonl")
    assert done.returncode == 1
    first, second, third, fourth = told(done)
    assert [one["id"] for one in (first, second, third, fourth)] == ["a", 2, "c", None]
    (finding,) = first["findings"]
    assert (finding["code"], finding["severity"], finding["span"]) == ("WRONG_DIRECTION", "error", [14, 28])
    assert finding["fix"] == [{"span": [14, 28], "text": "<-[:DIRECTED]-"}]
    assert first["fixed"] == first["canonical"].replace("-[:DIRECTED]->", "<-[:DIRECTED]-")
    assert first["explanation"].startswith("1. Find a Film called f, with a relation DIRECTED to a Person called p.")
    assert (second["parsed"], second["allowed"]) == (True, False)
    assert (third["parsed"], third["allowed"], third["fixed"], third["explanation"]) == (False, False, None, None)
    assert (fourth["findings"], fourth["allowed"]) == ([], True)


def test_a_line_with_a_question_is_held_against_it(here, tmp_path):
    query = {"query": "MATCH (p:Person)-[:DIRECTED]->(f:Film) RETURN p.name LIMIT 5", "schema": TRIPLES}
    lines = [{**query, "question": "Name 3 directors of films"}, {**query, "question": "Name 5 directors of films"}, query, {**query, "question": ""}]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, lines)))
    done = here("ask", "check", "--queries", "q.jsonl")
    assert done.returncode == 0
    first, *others = told(done)
    (alarm,) = (one for one in first["findings"] if one["severity"] != "info")
    assert (alarm["code"], alarm["span"], alarm["question_span"]) == ("QUESTION_MISMATCH", [59, 60], [5, 6])
    assert first["fixed"].endswith("LIMIT 3")
    assert not [one for other in others for one in other["findings"] if one["severity"] != "info"]
    (tmp_path / "q.jsonl").write_text(json.dumps({**query, "question": 7}))
    done = here("ask", "check", "--queries", "q.jsonl")
    assert "q.jsonl, line 1 has a question that is no text" in done.stderr


def test_a_file_of_several_schemas_has_them_by_database(here, tmp_path):
    one = {"labels": {"A": {"x": "INTEGER"}}, "relationships": []}
    (tmp_path / "s.json").write_text(json.dumps({"one": one, "two": {**one, "labels": {"B": {}}}}))
    (tmp_path / "q.jsonl").write_text(json.dumps({"id": 1, "query": "MATCH (n:A) RETURN n", "database": "one"}))
    assert here("ask", "check", "--schema", "s.json", "--queries", "q.jsonl").returncode == 0
    done = here("ask", "check", "--schema", "s.json", "--queries", "q.jsonl", "--database", "two")
    assert (done.returncode, told(done)[0]["findings"][0]["code"]) == (1, "UNKNOWN_LABEL")
    done = here("ask", "check", "--schema", "s.json", "--queries", "q.jsonl", "--database", "tow")
    assert "Did you mean 'two'?" in done.stderr


def test_what_cannot_be_read_is_told_in_two_lines(here, tmp_path):
    (tmp_path / "q.jsonl").write_text('{"id": 1}\n')
    for words, what in (
        (("--queries", "none.jsonl"), "none.jsonl cannot be read"),
        (("--queries", "q.jsonl"), "q.jsonl, line 1 holds no query"),
        (("--queries", "q.jsonl", "--schema", "none.json"), "q.jsonl, line 1 holds no query"),
    ):
        done = here("ask", "check", *words)
        assert done.returncode > 1
        assert what in done.stderr
        assert len(done.stderr.strip().splitlines()) == 2
    (tmp_path / "q.jsonl").write_text('{"id": 1, "query": "MATCH (n) RETURN n"}\n')
    assert "has no schema" in here("ask", "check", "--queries", "q.jsonl").stderr
    (tmp_path / "s.json").write_text('{"tables": []}')
    assert "holds no schema" in here("ask", "check", "--queries", "q.jsonl", "--schema", "s.json").stderr


def test_a_grammar_is_printed_for_servers_that_hold_a_model_to_one(here, tmp_path):
    (tmp_path / "s.json").write_text(json.dumps({"labels": {"Ship": {"name": "STRING"}, "Port": {}}, "relationships": [["Ship", "CALLS_AT", "Port"]]}))
    done = here("ask", "grammar", "--schema", "s.json", "--value", 'The "Ana"')
    assert done.returncode == 0
    assert done.stdout.startswith("root ::= ")
    assert r'''"'The \"Ana\"'"''' in done.stdout
    assert "<-[:CALLS_AT]-(" in done.stdout
    (tmp_path / "s.json").write_text("no triples")
    assert "holds no schema" in here("ask", "grammar", "--schema", "s.json").stderr
