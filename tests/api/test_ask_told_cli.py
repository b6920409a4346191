"""What `broadsheet ask` says of a wrong call: two lines that belong to the command, whatever lies in the files."""

import json

import pytest

JUNK = bytes(range(128, 256)) * 3
SCHEMA = {"labels": {"Film": {"price": {"type": "FLOAT", "min": 6.95, "max": 196.04}}}, "relationships": []}


def two_lines(done):
    lines = done.stderr.strip().splitlines()
    assert (done.returncode > 1, len(lines)) == (True, 2), done.stderr
    return lines


@pytest.mark.parametrize("name", ["junk.cypher", "junk.zip", "junk.bib", "junk.csv", "junk.parquet", "tables/nodes-A.csv", "tables/nodes-A.parquet"])
def test_bytes_that_are_no_graph_are_told(here, tmp_path, name):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(JUNK)
    what, _ = two_lines(here("ask", "build", name.partition("/")[0], "--out", "graph"))
    assert file.name in what


def test_what_mends_a_fault_is_of_this_command(here, tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "folder.cypher").mkdir()
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "relations-KNOWS.csv").write_text("start,end\n1,2\n")
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "manifest.json").write_text('{"kind": "graph"}')
    for source, said in (
        ("bare", "does not say what its tables hold"),
        ("nope", "There is no graph nope."),
        ("empty.csv", "empty.csv is empty."),
        ("folder.cypher", "holds no file to read"),
        ("tables", "has tables of relations, and none of nodes"),
        ("n" * 300, "cannot be read"),
    ):
        what, mend = two_lines(here("ask", "build", source, "--out", "graph"))
        assert said in what
        assert not [word for word in ("--columns", "live feed", "an empty day") if word in mend]


def test_a_query_that_is_not_allowed_says_why_and_is_no_alarm(here, tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(SCHEMA))
    queries = ["MATCH (n:Film) DETACH DELETE n", "MATCH (n:Film) RETURN some.thing(n)", "MATCH (n:Film) RETURN n.price"]
    (tmp_path / "q.jsonl").write_text("\n".join(json.dumps({"query": one}) for one in queries))
    done = here("ask", "check", "--queries", "q.jsonl", "--schema", "s.json")
    deletes, calls, reads = (json.loads(line) for line in done.stdout.splitlines())
    assert deletes["findings"] == [
        {"code": "NOT_ALLOWED", "severity": "info", "span": [15, 30], "message": "DELETE is not run here: queries only read.", "fix": None}
    ]
    assert (done.returncode, deletes["fixed"], deletes["allowed"]) == (0, queries[0], False)
    (told,) = (one for one in calls["findings"] if one["code"] == "NOT_ALLOWED")
    assert told["message"].startswith("some.thing() is not run here")
    assert (reads["allowed"], reads["findings"]) == (True, [])


def test_a_schema_that_is_not_what_was_named_is_told(here, tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(SCHEMA))
    (tmp_path / "q.jsonl").write_text(json.dumps({"query": "MATCH (n:Film) RETURN n", "database": "films"}))
    assert here("ask", "check", "--queries", "q.jsonl", "--schema", "s.json").returncode == 0
    done = here("ask", "check", "--queries", "q.jsonl", "--schema", "s.json", "--database", "films")
    assert (done.returncode, "holds one schema, and no database 'films'" in two_lines(done)[0]) == (10, True)
    assert two_lines(here("ask", "check", "--queries", "q.jsonl"))[0] == "broadsheet: q.jsonl, line 1 has no schema."
    for nothing in ("[]", "{}", '{"labels": {}, "relationships": []}', "[" * 5000):
        (tmp_path / "s.json").write_text(nothing)
        assert "s.json holds no schema" in two_lines(here("ask", "check", "--queries", "q.jsonl", "--schema", "s.json"))[0]


@pytest.mark.parametrize("words", [("",), ("  ", " "), ("run", ""), ("run", " ", "--json")])
def test_a_question_without_words_is_none(here, words):
    assert two_lines(here("ask", *words))[0] == "broadsheet: The question is empty."


def test_help_shows_how_a_question_is_asked(here):
    whole, own = here("ask", "-h").stdout, here("ask", "Who?", "-h").stdout
    assert whole.splitlines()[0] == own.splitlines()[0] == "Usage: broadsheet ask [OPTIONS] QUESTION"
    assert "--transcript" in whole
    assert "  describe  " in whole
    assert "  QUESTION  Ask" not in whole
