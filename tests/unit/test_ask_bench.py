"""Parts of the bench of questions to a graph: disguises, recordings, and the suites on small data."""

import json

import pytest

from broadsheet.ask.bench.disguise import Disguise
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.recordings import read_recordings
from broadsheet.ask.bench.suites import MODULES, suite_of
from broadsheet.ask.bench.told import lacking
from broadsheet.ask.check.checker import check
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.nodes import Label
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.schema_files import schema_of
from broadsheet.core.errors import BroadsheetError
from broadsheet.core.seeds import generator

PORT = schema_of(
    {"labels": {"Ship": {"name": "STRING", "built": "INTEGER"}, "Port": {"name": "STRING"}}, "relationships": [["Ship", "CALLS_AT", "Port"]]}, "port"
)
FAULTY = "MATCH (a:Ship {name: 'Ana'})<-[:CALLS_AT]-(p:Port)<-[:CALLS_AT]-(b:Ship) WHERE b.built > 1990 WITH p, b, [x IN collect(a.name) | x] AS n RETURN p, b.name, n"


def test_a_disguise_has_the_same_findings_at_the_same_places():
    query = parse(FAULTY).query
    found = check(FAULTY, PORT).alarms
    texts = set()
    for seed in range(30):
        disguise = Disguise(PORT, generator(seed, "test"))
        (text, tree, place) = disguise.of(query, found[0].place)
        alarms = check(text, disguise.schema).alarms
        assert [(one.code, one.place) for one in alarms] == [(found[0].code, place)], text
        assert not {one.name for one in walk(tree) if isinstance(one, Label)} & {"Ship", "Port", "CALLS_AT"}
        texts.add(text)
    assert len(texts) == 30


def test_a_disguise_comes_again_with_its_seed():
    query = parse(FAULTY).query
    one, other = (Disguise(PORT, generator(7, "test")).of(query).text for _ in range(2))
    assert one == other


def test_what_words_leave_out_is_told():
    query = parse("MATCH (s:Ship) WHERE s.built = 1999 AND s.name <> 'Ana' RETURN s").query
    assert lacking(query, "Ships built in 1999 whose name is not Ana") == []
    assert lacking(query, "Old ships") == ["built", "1999", "name", "Ana"]


def test_recordings_are_read_by_the_name_of_their_file(tmp_path):
    (tmp_path / "sage.jsonl").write_text('{"id": "P01", "flagged": true, "other": 1}\n\n{"id": 2, "query": "MATCH (n) RETURN n"}\n')
    (one,) = read_recordings(tmp_path)
    assert one.name == "sage"
    assert one.replies["P01"].flagged is True
    assert one.replies["2"].query == "MATCH (n) RETURN n"
    assert read_recordings(None) == []


@pytest.mark.parametrize("line", ['{"id": "P01"}', '{"flagged": true}', '{"id": 1, "flagged": "yes"}', "[]", "{"])
def test_a_line_that_is_no_reply_is_told_with_its_place(tmp_path, line):
    (tmp_path / "sage.jsonl").write_text(f'{{"id": 1, "flagged": false}}\n{line}\n')
    with pytest.raises(BroadsheetError, match="line 2 holds no reply"):
        read_recordings(tmp_path)


def test_a_folder_without_recordings_and_a_suite_or_file_that_is_not_there_are_told(tmp_path):
    for wrong in (lambda: read_recordings(tmp_path), lambda: suite_of("paper9"), lambda: AskPlan(tmp_path).file("none.json")):
        with pytest.raises(BroadsheetError):
            wrong()
    assert all(map(suite_of, MODULES))


@pytest.mark.data
def test_the_papers_queries_with_a_recorded_model_beside(data, tmp_path):
    replies = [{"id": f"P{number:02}", "flagged": number % 5 != 1, "summary": "Alice and a movie"} for number in range(1, 90)]
    (tmp_path / "sage.jsonl").write_text("\n".join(map(json.dumps, replies)))
    bench = suite_of("paper90")(AskPlan(data / "kgqa", tmp_path, seeds=1), tmp_path / "rows", "ours", lambda *_: None)
    rows = {row["name"]: row for row in bench.rows}
    ours, disguised, sage = rows["ours"], rows["ours, in disguise"], rows["recorded: sage"]
    for row in (ours, disguised):
        assert (row["exact"], row["flagged"], row["clean"], row["complete"], row["inverts"]) == (1, 1, 1, 1, 1)
        assert (row["exact_of"], row["clean_of"]) == (75, 15)
    assert (sage["unanswered"], sage["complete"], sage["only_theirs_right"]) == (1, 0, 0)
    assert sage["only_ours_right"] > 0
    assert sage["p"] < 0.05
    assert rows["the paper's: o1-preview"]["flagged"] == pytest.approx(66 / 75)
