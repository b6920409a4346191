"""A single table as a graph: types by content, nodes of values that repeat, relations between rows; hostile headers and rows are told."""

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.graph.describe import described, in_words
from broadsheet.ask.graph.flat import Wishes, table_graph
from broadsheet.ask.graph.folders import folder_graph
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.opened import build_graph, load_graph
from broadsheet.ask.graph.tables import read_graph, write_graph
from broadsheet.ask.graph.typed import typed
from broadsheet.core.errors import ColumnError, EmptySourceError, RecordError, SourceError, TruncatedError

GOODS = """sku,name,category,price,stock,launched,tags,replaces,spare
A1,Lamp,Light,120.5,3,2024-01-02,a;b,,
A2,Desk,Wood,80,n/a,2024-02-03,b,A1,
A3,Chair,Wood,99,5,2023-02-03,a;c,A2,
A4,Bulb,Light,4,7,2023-02-04,a;c,,
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path / "home"))


@pytest.fixture
def made(tmp_path):
    def write(text, name="things.csv", **wishes):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return table_graph(tmp_path / name, Wishes(**wishes))

    return write


def became(graph):
    return {one["column"]: (one["type"], one["became"]) for one in graph.columns}


def triples(graph):
    return [(one.start, one.type, one.end) for one in graph.joined]


def test_goods_have_numbers_dates_and_nodes_of_what_repeats(made, tmp_path):
    graph = made(GOODS, "products.csv")
    with Ladybug(graph) as engine:
        found = engine.run(parse("MATCH (p:Product)-[:HAS_CATEGORY]->(c:Category {name: 'Light'}) WHERE p.price > 100 RETURN p.name, p.launched.year").query)
        assert list(found.rows) == [("Lamp", 2024)]
        found = engine.run(parse("MATCH (p:Product)-[:REPLACES]->(q)-[:HAS_TAG]->(t:Tag) RETURN p.sku, q.sku, t.name ORDER BY p.sku, t.name").query)
        assert list(found.rows) == [("A2", "A1", "a"), ("A2", "A1", "b"), ("A3", "A2", "b")]
    assert {"sku": ("string", "key"), "price": ("float", "property"), "spare": ("", "empty: left out")}.items() <= became(graph).items()
    assert graph.columns[4]["remark"] == "mixed: 3 of 4 are of type integer, 'n/a' (row 2) is not; all stay text"
    built = build_graph(str(tmp_path / "products.csv"), tmp_path / "graph")
    assert read_graph(tmp_path / "graph").columns == built.graph.columns == graph.columns
    assert "Columns of the table\n  sku       string, key" in in_words(described(load_graph(tmp_path / "graph")))


def test_the_same_table_is_read_in_every_form(made, tmp_path):
    graph = made(GOODS)
    names, *lines = (line.split(",") for line in GOODS.splitlines())
    rows = [dict(zip(names, line, strict=True)) for line in lines]
    same = {
        "things.tsv": GOODS.replace(",", "\t"),
        "things.csv": GOODS.replace("a;b", '"a;b"').replace("a;c", '"a;c"').replace(",", ";"),
        "things.csv.gz": gzip.compress(b"\xef\xbb\xbf" + GOODS.replace("\n", "\r\n").encode()),
        "things.jsonl": "\n".join(map(json.dumps, rows)),
    }
    for name, text in same.items():
        assert made(text, name).content_hash() == graph.content_hash(), name
    pl.DataFrame(rows).write_parquet(tmp_path / "things.parquet")
    assert table_graph(tmp_path / "things.parquet").content_hash() == graph.content_hash()


@pytest.mark.parametrize(
    ("values", "kind", "held"),
    [
        (["1", "-2", " 3 "], pl.Int64, [1, -2, 3]),
        (["1", "2.5", "1e-05"], pl.Float64, [1.0, 2.5, 1e-05]),
        (["TRUE", "false", ""], pl.Boolean, [True, False, None]),
        (["yes", "No"], pl.Boolean, [True, False]),
        (["NO", "NO"], pl.String, ["NO", "NO"]),
        (["007", "12"], pl.String, ["007", "12"]),
        (["12e3", "12e4"], pl.String, ["12e3", "12e4"]),
        (["9" * 19, "9" * 30], pl.String, ["9" * 19, "9" * 30]),
        (["2024-02-29"], pl.Date, [date(2024, 2, 29)]),
        (["2024-02-30"], pl.String, ["2024-02-30"]),
        (["2024-01-02T03:04+01:00"], pl.Datetime("us"), [datetime(2024, 1, 2, 2, 4, tzinfo=UTC).replace(tzinfo=None)]),
        (["9999-12-31T23:59-05:00"], pl.String, ["9999-12-31T23:59-05:00"]),
        (["2024-01-02", "2024-01-02 03:04"], pl.String, ["2024-01-02", "2024-01-02 03:04"]),
        ([1, 2.5, None, float("nan")], pl.Float64, [1.0, 2.5, None, None]),
        ([Decimal("1.5"), 2], pl.Float64, [1.5, 2.0]),
        ([True, "x", 1], pl.String, ["true", "x", "1"]),
    ],
)
def test_types_are_told_by_content(values, kind, held):
    found = typed("x", values).values
    assert (found.dtype, found.to_list()) == (kind, held)


@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=1), st.lists(st.text(), min_size=1))
def test_numbers_come_back_and_no_text_is_lost(numbers, texts):
    assert typed("x", list(map(str, numbers))).values.to_list() == numbers
    found = typed("x", texts).values
    assert [one is None for one in found] == [not text.strip() for text in texts]


def test_hostile_headers_become_names_that_are_each_there_once(made):
    graph = made("\ufeffbox office,Größe,name,name,,_row,name_2\n1,2,a,b,c,7,d\n")
    assert graph.nodes["Thing"].columns == ["box office", "Größe", "name", "name_3", "column_5", "row", "name_2"]
    assert [one["remark"] for one in graph.columns if one["remark"]] == ["called 'name' in the file", "without a name in the file", "called '_row' in the file"]
    with Ladybug(graph) as engine:
        assert list(engine.run(parse("MATCH (t:Thing) RETURN t.`box office`, t.`Größe`, t.row, t.name_3").query).rows) == [(1, 2, 7, "b")]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ('a,b\n"x\ny",2\n1\n', RecordError, "line 4, has 1 cells, the header 2"),
        ("a,b\n1,2,3\n", RecordError, "line 2, has 3 cells"),
        ("a,b\n", EmptySourceError, "no record"),
        ("", EmptySourceError, "is empty"),
        ('a,b\n1,"2\n', TruncatedError, "line 2"),
        (b"\xff", SourceError, "UTF-8"),
    ],
)
def test_what_is_no_table_is_told_by_its_line(tmp_path, text, error, said):
    (tmp_path / "things.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(error) as told:
        load_graph(tmp_path / "things.csv")
    assert said in told.value.what


def test_numbers_point_to_rows_only_where_their_name_says_so(made):
    graph = made('id,parent_id,stock,note\n1,,3,"a\nb"\n2,1,1,x\n3,1,2,x\n')
    assert triples(graph) == [("Thing", "PARENT", "Thing")]
    assert "--nodes 'stock'" in graph.columns[2]["remark"]
    assert graph.nodes["Thing"]["note"][0] == "a\nb"
    assert ("Thing", "STOCK", "Thing") in triples(made("id,stock\n1,3\n2,1\n3,2\n", nodes=("stock",)))


@pytest.mark.parametrize(
    ("table", "wishes", "named"),
    [
        ("code,title,kind\nA-1,Lute,x\nA-2,Harp,x\n", {}, ("code", "title")),
        ("kind,sort,nr\nx,Lute,A-1\nx,Harp,A-2\n", {}, ("nr", "sort")),
        ("nr,sort,called\nA-1,Lute,Old lute\nA-2,Harp,Old harp\n", {"title": "called"}, ("nr", "called")),
        ("id,surname,name\n1,Lee,Ann\n2,Fox,Bo\n", {}, ("id", "name", "surname")),
        ("id,label,link\n1,old,http://a.example\n2,old,http://b.example\n3,old,http://c.example\n", {}, ("id",)),
        ("name,price\nLute,3\nHarp,4\n", {}, ("name",)),
        ("price,stock\n3,1\n3,1\n", {}, None),
    ],
)
def test_rows_are_named_by_their_key_and_what_they_are_called(made, tmp_path, table, wishes, named):
    graph = made(table, **wishes)
    assert graph.named.get("Thing") == named
    write_graph(tmp_path / "graph", graph)
    assert read_graph(tmp_path / "graph").named == graph.named == graph.schema().named


def test_wishes_overrule_and_papers_stay_papers(made, tmp_path):
    text = "id,title,abstract,kind_of\n1,One,x,a\n2,Two,y,a\n"
    assert made(text) is None
    assert set(load_graph(tmp_path / "things.csv").nodes) == {"Paper"}
    assert list(made(text, label="Book").nodes) == ["Book", "KindOf"]
    assert list(made("id,colour,size\n1,red,9\n2,red,8\n", no_nodes=("colour",), nodes=("size",)).nodes) == ["Thing", "Size"]
    with pytest.raises(ColumnError, match="no column 'color'"):
        made("id,colour\n1,red\n", nodes=("color",))
    with pytest.raises(ColumnError, match="not a single table"):
        table_graph(tmp_path, Wishes("X"))


def test_lists_of_numbers_and_long_texts_make_no_nodes(made):
    rows = [{"id": "a", "at": [0.5, 1], "said": ["x" * 99], "of": {"k": 1}, "kin": ["b"]}, {"id": "b", "at": [2], "said": [], "of": None, "kin": None}]
    graph = made("\n".join(map(json.dumps, rows)), "things.jsonl")
    assert triples(graph) == [("Thing", "KIN", "Thing")]
    assert became(graph)["of"] == ("", "nested: left out")
    assert graph.nodes["Thing"]["at"].to_list() == [[0.5, 1.0], [2.0]]


def test_tables_of_a_folder_keep_zeros_and_have_types(tmp_path):
    (tmp_path / "nodes-Place.csv").write_text("id,post,size,open\n01,01067,1.5,true\n02,80331,2,false\n")
    (tmp_path / "relations-NEAR.csv").write_text("start,end,km\n01,02,3\n")
    graph = folder_graph(tmp_path)
    assert graph.nodes["Place"].rows() == [("01", "01067", 1.5, True), ("02", "80331", 2.0, False)]
    assert graph.joined[0].frame.rows() == [(0, 1, 3)]


def test_a_key_that_stands_twice_is_told_and_merged_on_request(made):
    rows = "".join(f"A{number % 11},Lamp {number},{number},{'' if number == 0 else 'red'}\n" for number in range(12))
    graph = made(f"sku,label,price,colour\n{rows}")
    assert graph.nodes["Thing"].height == 12
    assert graph.columns[0]["remark"] == "1 of its values stood before, each a row of its own: --key sku merges them"
    once = made(f"sku,label,price,colour\n{rows}", key="sku")
    assert once.nodes["Thing"].height == 11
    assert once.nodes["Thing"].row(0) == ("A0", "Lamp 0", 0, "red")
    assert once.columns[0]["remark"] == "1 row merged with the first of the same sku"
    assert became(once)["sku"] == ("string", "key")
    with pytest.raises(ColumnError, match=r"no column 'skv'\. Did you mean 'sku'"):
        made(f"sku,label,price,colour\n{rows}", key="skv")


def answered(graph, question):
    """The rows of a question, written by the writer that comes with the package."""
    from broadsheet.ask.link.index import ValueIndex
    from broadsheet.ask.loop.machine import Loop
    from broadsheet.ask.loop.outcome import Outcome, outcome_of
    from broadsheet.ask.loop.records import Settings
    from broadsheet.ask.loop.tools import Tools, named
    from broadsheet.ask.write.rules import SlotWriter

    index = ValueIndex(graph)
    with Ladybug(graph) as engine:
        state = Loop(Tools(engine, index, SlotWriter(index, graph), Settings(seconds=20.0), named("table", graph))).begin(question).state
    assert outcome_of(state) is Outcome.ANSWERED
    return [tuple(row) for row in state.preview.rows]


@pytest.mark.parametrize(
    ("text", "name", "question", "rows"),
    [
        (GOODS, "products.csv", 'How many products have the category "Light"?', [(2,)]),
        ("id,title,shelf\n1,Fern,shade\n2,Moss,shade\n3,Ivy,sun\n", "plants.csv", 'How many plants have the shelf "shade"?', [(2,)]),
        # A value that two columns have is asked by neither.
        ("id,title,shelf,light\n1,Fern,shade,shade\n2,Moss,shade,sun\n3,Ivy,sun,sun\n", "plants.csv", "How many plants are there?", [(3,)]),
        ("id,title\n1,Fern\n2,Moss\n", "order_lines.csv", "How many order lines are there?", [(2,)]),
        (
            'id,title,sold by\n1,Cello,"Hartmann & Söhne, Ulm"\n2,Viola,"Hartmann & Söhne, Ulm"\n3,Flute,Osei\n',
            "dishes.csv",
            'How many dishes have the sold by "Hartmann & Söhne, Ulm"?',
            [(2,)],
        ),
    ],
)
def test_a_table_has_a_question_that_it_answers(made, text, name, question, rows):
    from broadsheet.ask.graph.example import table_question

    graph = made(text, name)
    assert table_question(graph) == question
    assert answered(graph, question) == rows


def test_a_graph_of_papers_has_no_question_of_a_table():
    from broadsheet.ask.graph.catalogues import catalogue_graph
    from broadsheet.ask.graph.example import table_question

    assert table_question(catalogue_graph([], ())) == ""


@pytest.mark.parametrize("kind", ["shop", "menu", "movies"])
def test_a_fictional_catalogue_has_a_question_that_it_answers(kind, tmp_path):
    from broadsheet.ask.graph.example import table_question
    from broadsheet.sample.catalogues import write_catalogue
    from broadsheet.stack.words import WORDS

    graph = table_graph(write_catalogue(kind, tmp_path, users=5, items=12) / "items.csv", Wishes(WORDS[kind].one.capitalize()))
    asked = table_question(graph)
    assert asked.startswith(f"How many {WORDS[kind].many} have the ")
    assert answered(graph, asked)[0][0] > 0


def test_decimals_behind_a_comma_and_yes_and_no_of_other_languages(made):
    graph = made('nr;preis;vegan;menge\n1;"10,90";ja;1,250\n2;7;nein;2,500\n3;"4,5";ja;1,000\n')
    assert became(graph)["preis"] == ("float", "property")
    assert graph.nodes["Thing"]["preis"].to_list() == [10.9, 7.0, 4.5]
    assert graph.nodes["Thing"]["vegan"].to_list() == [True, False, True]
    assert "a comma stands before decimals" in graph.columns[1]["remark"]
    assert became(graph)["menge"][0] == "string"


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many items are vegan?", [(2,)]),
        ("Which dishes cost less than 8?", {2, 3}),
        ("What is the cheapest Suppe?", {2}),
        ('Which Karte have the Gruppe "Suppe"?', {1, 2}),
    ],
)
def test_rows_of_any_table_are_items_too_names_may_have_capitals_and_a_key_is_no_measure(made, question, rows):
    graph = made("Nummer;Gericht;Gruppe;Preis;vegan\n1;Linsensuppe;Suppe;10,90;ja\n2;Brühe;Suppe;4,50;nein\n3;Strudel;Kuchen;5,00;ja\n", "karte.csv")
    found = answered(graph, question)
    assert (found if isinstance(rows, list) else {one[0]["properties"]["Nummer"] for one in found}) == rows


def test_what_is_counted_is_different_values_and_what_has_none_is_told_where_one_is_denied(made):
    rows = "".join(
        f"A{number},Lamp {number},{2000 + number % 3},{'' if number == 3 else 'red' if number % 2 else 'blue'},M{number % 6}\n" for number in range(9)
    )
    graph = made(f"sku,title,year,colour,maker\n{rows}", "lamps.csv")
    assert ("Lamp", "HAS_MAKER", "Maker") in triples(graph)
    assert answered(graph, "How many years are there?") == [(3,)]
    assert answered(graph, "How many makers are there?") == [(6,)]
    assert [row[0]["properties"]["name"] for row in answered(graph, "Which makers have more than one lamp?")] == ["M0", "M1", "M2"]
    from broadsheet.ask.link.index import ValueIndex
    from broadsheet.ask.slots.writer import Slots

    (draft, *_) = Slots(ValueIndex(graph)).write("How many lamps are not red?")
    assert "What has no colour is not among them." not in draft.notes
    (draft, *_) = Slots.of(graph).write("How many lamps are not red?")
    assert "What has no colour is not among them." in draft.notes


def test_a_column_that_is_called_by_words_of_questions_is_not_asked_for_by_each(made):
    graph = made("sku,what it is,price\nA1,a lamp that is red and warm,3\nA2,a desk of oak for two,5\n", "things.csv")
    from broadsheet.ask.question.reader import read_question
    from broadsheet.ask.question.vocabulary import Vocabulary

    words = Vocabulary(graph.schema())
    assert not any(one.name == "what it is" for one in read_question("What is the price of A1?", words).mentions)
    assert any(one.name == "what it is" for one in read_question("Which things have a what it is?", words).mentions)


def test_figures_with_one_unit_are_figures_and_the_column_says_the_unit(made):
    graph = made("sku,ball_weight,price,size,flat,run time\nA,50 g,3€,10 cm,12a,90 min\nB,100 g,4.50 €,2 m,7a,\nC,25 g,12 €,3 m,9b,45 min\n", key="sku")
    assert became(graph)["ball_weight_g"] == ("integer", "property")
    assert graph.nodes["Thing"]["ball_weight_g"].to_list() == [50, 100, 25]
    assert graph.nodes["Thing"]["price_eur"].to_list() == [3.0, 4.5, 12.0]
    assert graph.nodes["Thing"]["run time min"].to_list() == [90, None, 45]
    # Of several units, and of numbers of houses, none is told.
    assert {became(graph)[name][0] for name in ("size", "flat")} == {"string"}
    assert next(one["remark"] for one in graph.columns if one["column"] == "ball_weight_g") == "called 'ball_weight' in the file; figures in g"


def test_a_column_whose_name_says_the_unit_or_that_is_asked_for_keeps_its_name(made):
    graph = made("sku,price_eur,weight\nA,3 €,5 kg\nB,4 €,7 kg\n", key="sku", no_nodes=("weight",))
    assert graph.nodes["Thing"].columns == ["sku", "price_eur", "weight"]
    assert graph.nodes["Thing"]["weight"].to_list() == [5, 7]
