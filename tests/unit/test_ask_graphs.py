"""What becomes a graph: papers, the sample with its citations, the world, tables, zips of the importer, scripts; built once, described, opened."""

import json
import zipfile
from datetime import date

import polars as pl
import pytest

from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.graph.catalogues import catalogue_graph
from broadsheet.ask.graph.describe import described, in_words, schema_picture
from broadsheet.ask.graph.folders import folder_graph
from broadsheet.ask.graph.importer import importer_graph
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.opened import build_graph, load_graph, open_graph
from broadsheet.ask.graph.scripts import script_graph
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.graph.worlds import world_graph
from broadsheet.ask.schema import Triple
from broadsheet.ask.schema_files import read_schema, schema_of
from broadsheet.core.errors import ArtifactError, ColumnError, OutputError, RecordError, SourceError
from broadsheet.core.home import graph_folder
from broadsheet.core.schema import Columns, Item, Relation
from broadsheet.sample.world import world

PAPERS = [
    Item(id="a", title="One", text="First.", creators=("Ana", "Bo"), categories=("cs.IR",), attributes={"theme": "x", "stars": 3, "keywords": "k, l"}, published=date(2025, 1, 2)),
    Item(id="b", title="Two", creators=("Bo",), attributes={"stars": 4.5, "theme": "x"}, announced=date(2026, 2, 9), version=2),
]  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path / "home"))


def asked(graph: Graph, text: str, **given):
    with Ladybug(graph) as engine:
        return list(engine.run(parse(text).query, given).rows)


def test_papers_become_nodes_joined_to_their_authors_categories_themes_and_what_they_cite():
    graph = catalogue_graph(PAPERS, [Relation(head="b", type="cites", tail="a"), Relation(head="b", type="cites", tail="unknown")])
    assert set(graph.schema().triples) == {
        Triple("Paper", kind, end)
        for kind, end in (("WRITTEN_BY", "Author"), ("IN_CATEGORY", "Category"), ("ABOUT", "Theme"), ("HAS_KEYWORD", "Keyword"), ("CITES", "Paper"))
    }
    found = asked(graph, "MATCH (b:Paper)-[:CITES]->(a)-[w:WRITTEN_BY]->(p:Author) RETURN a.title, b.year, b.stars, p.name, w.position ORDER BY w.position")
    assert found == [("One", 2026, 4.5, "Ana", 1), ("One", 2026, 4.5, "Bo", 2)]
    assert catalogue_graph([]).node_count == 0


def test_questions_on_the_samples_papers_authors_themes_and_citations_have_answers():
    with open_graph("sample") as sample:
        for text in (
            "MATCH (p:Paper)-[:CITES]->(q:Paper)-[:WRITTEN_BY]->(a:Author) RETURN a.name, count(DISTINCT p) AS n ORDER BY n DESC, a.name LIMIT 3",
            "MATCH (p:Paper)-[:ABOUT]->(t:Theme)<-[:ABOUT]-(q:Paper) WHERE p.title < q.title AND (q)-[:CITES]->(p) RETURN t.name, p.title",
            "MATCH (p:Paper)-[:IN_CATEGORY]->(c:Category {name: 'cs.IR'}) WHERE p.year = 2026 RETURN p.title LIMIT 5",
        ):
            assert sample.run(parse(text).query).rows
        (edges,) = (one.frame for one in sample.graph.joined if one.type == "CITES")
        years = sample.graph.nodes["Paper"]["year"]
        ends = zip(edges[Columns.GRAPH_START].to_list(), edges[Columns.GRAPH_END].to_list(), strict=True)
        assert all(start != end and years[end] <= years[start] for start, end in ends)
    kept = sorted(graph_folder().iterdir())
    with open_graph("sample") as again:
        assert again.database.parent == kept[0]
    assert sorted(graph_folder().iterdir()) == kept


def test_the_world_becomes_a_graph_without_its_gold():
    made = world(readers=10, items=800, days=24, seed=1)
    graph = world_graph(made)
    assert graph.nodes["Paper"].height == 800
    assert graph.nodes["Reader"].height == made.events[Columns.USER].n_unique()
    opened = next(one for one in graph.joined if one.type == "OPENED")
    assert opened.frame.height == made.events.filter(pl.col(Columns.KIND) == "opened").height
    assert {"CITES", "CONTINUES", "WORKS_AT", "LOCATED_IN", "PART_OF", "INTRODUCES", "ABOUT", "WRITTEN_BY"} < {one.type for one in graph.joined}
    assert not {"role", "motif", "retells"} & set(graph.nodes["Paper"].columns)


def test_a_folder_of_tables_is_read_and_its_faults_are_told(tmp_path):
    (tmp_path / "nodes-Person.csv").write_text("id,name,born\n1,Ana,1980-01-02\n2,Bo,\n", encoding="utf-8")
    pl.DataFrame({"code": ["x", "y"], "price": [1.5, None]}).write_parquet(tmp_path / "nodes-Dish.parquet")
    (tmp_path / "relations-ORDERED.csv").write_text("start,end,times\n1,x,3\n2,y,1\n", encoding="utf-8")
    (tmp_path / "relations-KNOWS.csv").write_text("start,end,start_label,end_label\n1,2,Person,Person\n", encoding="utf-8")
    graph = folder_graph(tmp_path)
    assert asked(graph, "MATCH (p:Person {name: 'Ana'})-[o:ORDERED]->(d) RETURN p.born.year, o.times, d.price, d.code") == [(1980, 3, 1.5, "x")]
    assert load_graph(tmp_path).edge_count == 3
    for name, text, error, said in (
        ("relations-X.csv", "start,end\n1,z\n", RecordError, "'z' is the key of no node"),
        ("relations-X.csv", "from,to\n1,x\n", ColumnError, "no column 'start'"),
        ("nodes-Twice.csv", "id\n1\n1\n", RecordError, "the key '1' of another row"),
        ("nodes-Odd.csv", "id,_row\n1,2\n", RecordError, "may be called '_row'"),
        ("relations-X.csv", "start,end,start_label\n1,x,Dish\n", RecordError, "no Dish with the key '1'"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        with pytest.raises(error) as told:
            folder_graph(tmp_path)
        assert said in told.value.what
        (tmp_path / name).unlink()


def test_a_script_of_create_statements_is_read_and_never_run(tmp_path):
    script = tmp_path / "films.cypher"
    script.write_text(
        "CREATE CONSTRAINT IF NOT EXISTS FOR (f:Film) REQUIRE (f.title) IS UNIQUE;\nCREATE (up:Film {title: \"Up's\", year: -9, tags: ['a', 'b'], seen: true})\n"
        "CREATE (ana:Person {name: 'Ana', born: date('1986-02-09')}) CREATE (ana)-[:MADE {in: 3}]->(up), (up)<-[:SAW]-(bo:Person {name: 'Bo'});",
        encoding="utf-8",
    )
    graph = script_graph(script)
    assert asked(graph, "MATCH (p)-[r:MADE]->(f) RETURN p.born, r.in, f.title, f.year, f.tags, f.seen") == [(date(1986, 2, 9), 3, "Up's", -9, ["a", "b"], True)]
    assert asked(graph, "MATCH (p {name: 'Bo'})-[:SAW]->(f) RETURN f.title") == [("Up's",)]
    for text in ("MATCH (n) DELETE n", "CREATE (n)", "CREATE (n:A) SET n.x = 1", "CREATE (a:A)-[:R]-(b:B)", "CREATE (a:A {x: b.y})", "CREATE (a:A {x: $y})"):
        script.write_text(text, encoding="utf-8")
        with pytest.raises(RecordError):
            script_graph(script)


def test_a_zip_of_the_importer_is_read_by_its_model_and_its_headers(tmp_path):
    def one(name, fields):
        return {
            "$id": name,
            "token": name.upper(),
            "properties": [{"$id": f"{name}.{key}", "token": token, "type": {"type": kind}} for key, token, kind in fields],
        }

    schema = {
        "nodeLabels": [one("film", [("id", "id", "integer"), ("own", "source_id", "string"), ("year", "year", "integer"), ("rate", "rate", "float")])],
        "nodeObjectTypes": [{"$id": "n0", "labels": [{"$ref": "#film"}]}],
        "relationshipTypes": [one("follows", [])],
        "relationshipObjectTypes": [{"$id": "r0", "type": {"$ref": "#follows"}, "from": {"$ref": "#n0"}, "to": {"$ref": "#n0"}}],
    }
    mapped = [
        {"fieldName": field, "property": {"$ref": f"#film.{key}"}} for field, key in ((":ID", "id"), ("id", "own"), ("year", "year"), ("rate:double", "rate"))
    ]
    mapping = {
        "dataSourceSchema": {"tableSchemas": [{"$id": "t0", "name": "films.csv"}, {"$id": "t1", "name": "follows.csv"}]},
        "nodeMappings": [{"node": {"$ref": "#n0"}, "tableSchema": {"$ref": "#t0"}, "propertyMappings": mapped}],
        "relationshipMappings": [
            {
                "relationship": {"$ref": "#r0"}, "tableSchema": {"$ref": "#t1"}, "propertyMappings": [],
                "fromMapping": {"fieldName": ":START_ID"}, "toMapping": {"fieldName": ":END_ID"},
            }
        ],
    }  # fmt: skip
    keys = {"nodeKeyProperties": [{"node": {"$ref": "#n0"}, "keyProperty": {"$ref": "#film.id"}}]}
    model = {
        "dataModel": {"graphSchemaRepresentation": {"graphSchema": schema}, "graphSchemaExtensionsRepresentation": keys, "graphMappingRepresentation": mapping}
    }
    files = {
        "neo4j_importer_model.json": json.dumps(model),
        "films.csv": ":ID,id,year,rate:double,:LABEL\n7,f7,2001,1.5,Film\n8,f8,2003,,Film\n",
        "follows.csv": ":START_ID,:END_ID,:TYPE\n7,8,FOLLOWS\n",
        "likes.csv": ":START_ID,:END_ID,:TYPE,much\n8,7,LIKES,very\n",
    }

    def zipped(**changed):
        path = tmp_path / "export.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in (files | {key.replace("_csv", ".csv"): text for key, text in changed.items()}).items():
                archive.writestr(name, text)
        return path

    graph = load_graph(zipped())
    assert asked(graph, "MATCH (a:Film)-[:FOLLOWS]->(b)-[l:LIKES]->(a) RETURN a.id, a.year, a.rate, b.rate, l.much") == [("f7", "2001", 1.5, None, "very")]
    for changed in ({"follows_csv": ":START_ID,:END_ID,:TYPE\n7,9,FOLLOWS\n"}, {"likes_csv": "a,b\n1,2\n"}, {"films_csv": "a\n1\n"}):
        with pytest.raises(SourceError):
            importer_graph(zipped(**changed))


@pytest.mark.data
def test_the_pole_graph_has_the_schema_that_is_published_with_it(data):
    graph = importer_graph(data / "kgqa" / "pole" / "pole-data-importer.zip")
    known = read_schema(data / "kgqa" / "pole" / "graph_schema.json")
    assert (graph.node_count, graph.edge_count) == (61_521, 105_840)
    assert set(graph.schema().labels) == set(known.labels)
    assert set(known.triples) < set(graph.schema().triples)
    assert set(known.loose) <= {key for held in graph.schema().labels.values() for key in held}


@pytest.mark.data
def test_the_films_of_neo4j_are_read(data):
    graph = load_graph(data / "kgqa" / "movies.cypher")
    assert (graph.node_count, graph.edge_count) == (171, 253)
    assert asked(graph, "MATCH (p:Person)-[r]->(m:Movie) RETURN type(r) AS t, count(*) AS n ORDER BY n DESC LIMIT 2") == [("ACTED_IN", 172), ("DIRECTED", 44)]


def test_a_graph_is_built_once_and_again_when_its_source_has_changed(tmp_path):
    source, out = tmp_path / "papers.jsonl", tmp_path / "graph"
    source.write_text("".join(item.model_dump_json() + "\n" for item in PAPERS), encoding="utf-8")
    first, again = build_graph(str(source), out), build_graph(str(source), out)
    assert (first.changed, again.changed, first.content_hash) == (True, False, again.content_hash)
    source.write_text(PAPERS[0].model_dump_json() + "\n", encoding="utf-8")
    assert build_graph(str(source), out).changed
    with open_graph(out) as engine:
        assert engine.run(parse("MATCH (p:Paper) RETURN p.title").query).rows == (("One",),)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("x")
    with pytest.raises(OutputError):
        build_graph(str(source), tmp_path / "other")
    with pytest.raises(SourceError):
        load_graph(tmp_path / "nothing")
    (out / "manifest.json").write_text("{}")
    with pytest.raises(ArtifactError):
        load_graph(out)


def test_a_description_tells_values_and_is_a_schema_that_queries_are_held_against():
    frame = pl.DataFrame({"kind": ["a", "b", "a", None] * 5, "size": [*range(19), None], "when": [date(2026, 2, 9)] * 20, "tags": [["x"]] * 20})
    told = described(Graph({"Thing": frame}, catalogue_graph(PAPERS).joined[:0]))
    thing = told["labels"]["Thing"]
    assert thing["kind"] == {"type": "string", "null_share": 0.25, "distinct_count": 2, "values": ["a", "b"]}
    assert (thing["size"]["min"], thing["size"]["max"], thing["size"]["null_share"]) == (0, 18, 0.05)
    schema = schema_of(json.loads(json.dumps(told)), "here")
    assert schema.labels["Thing"]["kind"].closed
    assert schema.labels["Thing"]["size"].high == 18
    said = in_words(described(catalogue_graph(PAPERS)) | {"guards": [{"name": "no network", "missing": "not permitted"}]})
    for part in ("Paper: 2", "(:Paper)-[:WRITTEN_BY]->(:Author)", "no   no network (not permitted)", "integer, 2025 to 2026, 2 different"):
        assert part in said
    assert ">WRITTEN_BY<" in schema_picture(catalogue_graph(PAPERS))
