"""`broadsheet ask build` and `ask describe` from the command line: a graph is made once, told, and is a schema for `ask check`."""

import json


def test_a_graph_is_built_told_and_drawn_and_its_description_is_a_schema(here, tmp_path):
    papers = [
        {"id": "a", "title": "One", "authors": ["Ana"], "date": "2026-02-09"},
        {"id": "b", "title": "Two", "authors": ["Ana", "Bo"], "date": "2026-02-09"},
    ]
    (tmp_path / "papers.jsonl").write_text("\n".join(map(json.dumps, papers)) + "\n")
    first, again = (here("ask", "build", "papers.jsonl", "--out", "graph", "--json") for _ in range(2))
    assert (first.returncode, json.loads(first.stdout)["changed"], json.loads(again.stdout)["changed"]) == (0, True, False)
    assert json.loads(first.stdout)["counts"] == {"nodes": 4, "relations": 3}
    told = here("ask", "describe", "graph", "--svg", "schema.svg", "--json")
    held = json.loads(told.stdout)
    assert held["counts"] == {"Paper": 2, "Author": 2}
    assert held["relationships"] == [{"start": "Paper", "type": "WRITTEN_BY", "end": "Author", "count": 3}]
    assert len(held["guards"]) == 4
    assert (tmp_path / "schema.svg").read_text().startswith("<svg")
    assert "(:Paper)-[:WRITTEN_BY]->(:Author)" in here("ask", "describe", "graph").stdout
    (tmp_path / "schema.json").write_text(told.stdout)
    (tmp_path / "q.jsonl").write_text(json.dumps({"query": "MATCH (a:Author)-[:WRITTEN_BY]->(p:Paper) RETURN p.title"}))
    (line,) = here("ask", "check", "--schema", "schema.json", "--queries", "q.jsonl").stdout.splitlines()
    assert json.loads(line)["findings"][0]["code"] == "WRONG_DIRECTION"


def test_a_table_of_anything_is_a_graph_and_what_became_of_its_columns_is_told(here, tmp_path):
    (tmp_path / "products.csv").write_text("sku,maker,price\nA,Acme,120\nB,Acme,80\n")
    built = here("ask", "build", "products.csv", "--out", "graph", "--label", "Ware", "--no-nodes", "maker", "--nodes", "price", "--json")
    held = json.loads(built.stdout)
    assert [one["became"] for one in held["columns"]] == ["key", "property", "property, and (:Ware)-[:HAS_PRICE]->(:Price {name})"]
    assert json.loads(here("ask", "describe", "graph", "--json").stdout)["columns"] == held["columns"]
    assert "price  integer, property" in here("ask", "build", "products.csv", "--out", "graph").stderr


def test_the_key_that_a_remark_names_merges_rows_and_a_column_called_as_they_are_names_them(here, tmp_path):
    lines = [f"S-{number % 11},Lute {chr(65 + number % 11)},{number // 2}" for number in range(12)]
    (tmp_path / "lutes.csv").write_text("shelf,lute,price\n" + "\n".join(lines) + "\n")
    loose, keyed = (json.loads(here("ask", "build", "lutes.csv", "--out", f"graph{len(more)}", *more, "--json").stdout) for more in ((), ("--key", "shelf")))
    assert loose["counts"]["nodes"] == 12
    assert "--key shelf merges them" in loose["columns"][0]["remark"]
    assert keyed["counts"]["nodes"] == 11
    assert "S-2 Lute C" in here("ask", "run", "Which lute has the highest price below 2?", "--graph", "graph2").stdout


def test_what_cannot_be_a_graph_is_told_in_two_lines(here, tmp_path):
    for source, code in (("nothing", 21), ("here.zip", 22)):
        (tmp_path / "here.zip").write_bytes(b"PK")
        done = here("ask", "build", source, "--out", "graph")
        assert done.returncode == code, done.stderr
        assert len(done.stderr.strip().splitlines()) == 2
