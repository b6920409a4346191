"""The loop from the command line: lines of standard input drive it, its transcript is whole however it ends, and replays; one question in one go; faults in two lines."""

import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from broadsheet.ask.graph.tables import Graph, Joined, write_graph
from broadsheet.cli import app

RECORDED = Path(__file__).parent / "ask_sample_loop.json"
FILMS = Graph(
    {
        "Film": pl.DataFrame({"title": ["Tides", "Lanterns", "Gravel"], "year": [1999, 2004, 2011]}),
        "Person": pl.DataFrame({"name": ["Ana Bell", "Bo Reed", "Gravel"]}),
    },
    (Joined("MADE", "Person", "Film", pl.DataFrame({"_start": [0, 0, 1], "_end": [0, 1, 2]})),),
)
RULES = """
[[rules]]
pattern = '(?s)<change>.*<-'
reply = "MATCH (n) RETURN n"
[[rules]]
pattern = '(?s)<change>'
reply = "MATCH (f:Film)<-[:MADE]-(p:Person) WHERE f.year > 2010 RETURN p.name, f.title ORDER BY f.title"
[[rules]]
pattern = '(?s)<question>'
reply = "```cypher\\nMATCH (f:Film)-[:MADE]->(p:Person) WHERE f.year > 2000 RETURN p.name, f.title ORDER BY f.title\\n```"
[[rules]]
pattern = ''
reply = "It lists who made which film."
"""


@pytest.fixture
def films(tmp_path):
    write_graph(tmp_path / "films", FILMS)
    (tmp_path / "rules.toml").write_text(RULES.replace("'(?s)<change>.*<-'", "'never'"))
    return ("--graph", "films")


@pytest.fixture
def says(here, monkeypatch):
    """Run the command with lines on standard input."""

    def run(lines, *words):
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        return here("ask", *words)

    return run


def test_lines_drive_the_loop_and_its_transcript_replays(says, here, films, tmp_path):
    lines = "show\nonly after 2010\nundo\nstates\nbranch 2\nwhy 1\nwhy not Tides\nparts\nhelp\nfix 7\n\naccept\nnever read\n"
    done = says(lines, "Which films did people make after 2000?", *films, "--llm", "scripted:rules.toml", "--transcript", "loop.json")
    assert done.returncode == 0, done.stderr
    for told in (
        "Written by scripted: rules@",
        "Then the checker: mended WRONG_DIRECTION",
        "1. Find a Film called f",
        "It leaves out: ",
        "filter year > 2000 became year > 2010",
        "Ana Bell, Lanterns",
        "There is no finding 7.",
        "Accepted: state 2 of 2.",
    ):
        assert told in done.stdout, told
    assert "never read" not in done.stdout
    held = json.loads((tmp_path / "loop.json").read_text())
    assert [one["event"]["act"] for one in held["happened"]] == ["ask", "amend", "undo", "branch", "why", "why not", "fix", "accept"]
    assert str(tmp_path) not in (tmp_path / "loop.json").read_text()
    assert "rules.toml" not in (tmp_path / "loop.json").read_text()
    (tmp_path / "rules.toml").unlink()
    again = here("ask", "replay", "loop.json", *films)
    assert (again.returncode, again.stdout) == (0, "The same, byte for byte: 8 events, 2 states, 4 replies of a model.\n")
    (tmp_path / "loop.json").write_text((tmp_path / "loop.json").read_text().replace("Bo Reed", "Bo Rood"))
    again = here("ask", "replay", "loop.json", *films)
    assert again.returncode == 1
    assert 'recorded "Bo Rood", now "Bo Reed"' in again.stdout


def test_a_picture_and_reasons_are_of_the_rows_that_are_shown(says, films, tmp_path):
    lines = "why 1\nwhy not Tides\nwhy 9\npicture rows.svg\nquery MATCH (f:Film) WHERE f.year > 2050 RETURN f.title\npicture none.svg\n"
    done = says(lines, "Which films did people make after 2000?", *films, "--llm", "scripted:rules.toml", "--svg", "first.svg")
    for told in (
        "Gravel (Film) <-MADE- Bo Reed (Person)",
        "f.year > 2000",
        "There is no row 9.",
        "in rows.svg",
        "There is nothing to draw",
        "f.year runs from 1999 to 2011",
    ):
        assert told in done.stdout, told
    for name in ("rows.svg", "first.svg"):
        assert (tmp_path / name).read_text().startswith("<svg")
        assert "Bo Reed" in (tmp_path / name).read_text()
    assert not (tmp_path / "none.svg").exists()


def test_an_empty_answer_says_why(says, films, tmp_path):
    (tmp_path / "one.toml").write_text("[[rules]]\npattern = ''\nreply = \"MATCH (p:Person)-[:MADE]->(f:Film) WHERE p.name = 'Ana Bel' RETURN f.title\"\n")
    done = says("", "run", "What did Ana Bel make?", *films, "--llm", "scripted:one.toml", "--accept-warnings", "--json")
    held = json.loads(done.stdout)
    assert (done.returncode, held["outcome"], held["rows"]) == (0, "answered", [])
    assert any("Ana Bell" in one for one in held["why_empty"]), held["why_empty"]
    assert held["steps"][-1]["rows"] == 0
    done = says("", "run", "What did Ana Bell make 7000 times?", *films, "--llm", "scripted:one.toml", "--json")
    first, doubts = done.stderr.splitlines()[-2], json.loads(done.stdout)
    named = [f"Not run: {one['code']}: {one['message']}" for one in doubts["findings"] + doubts["question_findings"] if one["severity"] != "info"]
    assert (done.returncode, first in named) == (1, True), done.stderr


def test_nothing_moves_the_cursor(says, tmp_path):
    hostile = Graph(
        {"Film": pl.DataFrame({"title": ["Up\x1b[2J", "Her\u202e"]}), "Person": pl.DataFrame({"name": ["Ana"]})},
        (FILMS.joined[0]._replace(frame=FILMS.joined[0].frame.head(1)),),
    )
    write_graph(tmp_path / "hostile", hostile)
    done = says("why 1\nwhy not Up\x1b[2J\namend \x1b[1m\n", "Which films are there?\x1b[0m", "--graph", "hostile")
    assert "Up\ufffd[2J" in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)


def test_nothing_moves_the_cursor_by_what_keeps_a_query_from_being_written(says, tmp_path):
    write_graph(tmp_path / "hostile", Graph({"Film": pl.DataFrame({"title": ["Lan\x1b[2Jterns", "Up"]})}, ()))
    done = says("", "run", "Which films are called 'Lan\x1b[2Jtrens'?", "--graph", "hostile")
    assert done.returncode == 6
    assert "Did you mean 'Lan\ufffd[2Jterns'?" in done.stdout
    assert "--choose 1 for the title 'Lan\\x1b[2Jterns' of Film" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_a_row_of_a_table_is_told_by_its_key_and_its_name(says, tmp_path):
    (tmp_path / "lutes.csv").write_text("code,family,sort\nL-1,plucked,Theorbo\nL-2,plucked,Angelica\nL-3,bowed,Lirone\nL-4,bowed,Viol\n")
    asked = ("run", "Which lutes have the family bowed?", "--graph", "lutes.csv")
    said = says("", *asked).stdout
    assert "2 rows of lute: L-3 Lirone, L-4 Viol." in said
    assert "│ 1 │ L-3 Lirone │\n" in said
    told = json.loads(says("", *asked, "--json").stdout)
    assert told["names"] == [["L-3 Lirone"], ["L-4 Viol"]]
    assert told["rows"][0][0]["properties"] == {"code": "L-3", "family": "bowed", "sort": "Lirone"}
    assert told["provenance"][0]["nodes"] == [{"label": "Lute", "row": 2, "name": "L-3 Lirone"}]
    assert "L-3 Lirone (Lute)" in says("why 1\n", "Which lutes have the family bowed?", "--graph", "lutes.csv").stdout
    says("", *asked, "--svg", "rows.svg")
    assert "L-3 Lirone" in (tmp_path / "rows.svg").read_text()
    # A graph that was built knows it too.
    says("", "build", "lutes.csv", "--out", "built")
    assert json.loads(says("", *asked[:-1], "built", "--json").stdout)["names"] == told["names"]


def test_a_caret_stands_under_what_is_wrong(says, films):
    done = says("query MATCH (f:Film)<-[:MADE]-(p:Person) WHERE f.director = 3 RETURN p.name\n", "Which films are there?", *films)
    lines = done.stdout.splitlines()
    at = lines.index("  WHERE f.director = 3")
    assert lines[at + 1] == "          ^^^^^^^^ 1"
    assert "1  error UNKNOWN_PROPERTY" in done.stdout


def test_one_event_and_one_state_are_told_in_the_singular(says, here, films, tmp_path):
    says("", "Which films are there?", *films, "--transcript", "one.json")
    assert here("ask", "replay", "one.json", *films).stdout == "The same, byte for byte: 2 events, 1 state, 0 replies of a model.\n"


def test_the_end_of_input_is_an_end_and_says_so(says, films, tmp_path):
    done = says("", "Which films are there?", *films, "--transcript", "loop.json")
    assert done.returncode == 0
    assert "End of input: ended without an answer." in done.stdout
    assert json.loads((tmp_path / "loop.json").read_text())["ended"] == "end of input"


def test_an_interrupt_leaves_the_transcript_whole(tmp_path, films):
    command = [sys.executable, "-m", "broadsheet", "ask", "Which films are there?", *films, "--transcript", "loop.json"]
    loop = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert loop.stdout is not None
    for line in loop.stdout:
        if "accept" in line:
            break
    loop.send_signal(signal.SIGINT)
    out, err = loop.communicate(timeout=60)
    assert loop.returncode == 130
    assert "Stopped; the transcript is whole." in out
    assert err == ""
    held = json.loads((tmp_path / "loop.json").read_text())
    assert (held["ended"], len(held["states"]), len(held["happened"])) == ("stopped", 1, 2)


def test_a_first_word_that_is_a_subcommand_is_that_subcommand(says, films):
    assert "Usage: broadsheet ask run" in says("", "run", "--help").stdout
    assert "QUESTION" in says("", "--help").stdout
    assert "Missing option '--queries'" in says("", "check").stderr
    # Options may stand before, and behind -- any word is a question.
    before = says("", *films, "run", "Which films are there?", "--json")
    assert json.loads(before.stdout)["question"] == "Which films are there?"
    assert "Question  check" in says("", *films, "--", "check").stdout
    assert "Question  Which films are there?" in says("", "Which", "films", "are", "there?", *films).stdout


def test_one_question_in_one_go_is_one_object(says, films):
    done = says("", "run", "Which films did people make after 2000?", *films, "--llm", "scripted:rules.toml", "--json")
    assert done.returncode == 0, done.stderr
    held = json.loads(done.stdout)
    assert held["outcome"] == "answered"
    assert held["query"] == "MATCH (f:Film)<-[:MADE]-(p:Person) WHERE f.year > 2000 RETURN p.name, f.title ORDER BY f.title"
    assert (held["columns"], held["rows"]) == (["p.name", "f.title"], [["Bo Reed", "Gravel"], ["Ana Bell", "Lanterns"]])
    assert [one["by"] for one in held["drafts"]] == [held["writer"], "the checker"]
    assert {(one["label"], one["row"]) for one in held["provenance"][0]["nodes"]} == {("Film", 2), ("Person", 1)}
    assert held["prose"]["left_out"]
    assert (held["asked_back"], held["why_empty"], held["fault"]) == ([], [], [])


def test_what_is_open_doubtful_or_wrong_has_its_exit_code(says, films, tmp_path):
    done = says("", "run", "Who made Gravel?", *films, "--json")
    assert done.returncode == 6
    assert {one["meaning"] for one in json.loads(done.stdout)["asked_back"]} == {"the title 'Gravel' of Film", "the name 'Gravel' of Person"}
    for query, code, outcome in (
        ("MATCH (f:Film) WHERE f.year > 2050 RETURN f.title", 1, "doubtful"),
        ("MATCH (z:Zebra) RETURN z", 1, "doubtful"),
        ("MATCH (f:Film) DETACH DELETE f", 1, "refused"),
        ("I do not know.", 7, "unwritten"),
    ):
        (tmp_path / "one.toml").write_text(f"[[rules]]\npattern = ''\nreply = {json.dumps(query)}\n")
        words = ("run", "Which films?", *films, "--llm", "scripted:one.toml", "--tries", "0", "--json")
        done = says("", *words)
        assert (done.returncode, json.loads(done.stdout)["outcome"]) == (code, outcome), query
        assert json.loads(done.stdout)["rows"] == []
    (tmp_path / "one.toml").write_text("[[rules]]\npattern = ''\nreply = 'MATCH (f:Film) WHERE f.year > 2050 RETURN f.title'\n")
    done = says("", "run", "Which films?", *films, "--llm", "scripted:one.toml", "--accept-warnings", "--json")
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "answered")


def test_a_meaning_is_chosen_by_its_number_or_makes_no_difference(says, tmp_path):
    makers = ["Osei" if number % 2 else "Tamura" for number in range(1, 7)]
    for name, sellers in (("goods", makers[::-1]), ("wares", makers)):
        rows = (f"A-{number},Lute {number},{maker},{seller}\n" for number, (maker, seller) in enumerate(zip(makers, sellers, strict=True), 1))
        (tmp_path / f"{name}.csv").write_text("code,title,maker,seller\n" + "".join(rows))
    words = ("run", "Which goods have Osei?", "--graph", "goods.csv")
    done = says("", *words)
    assert done.returncode == 6
    assert (
        "'Osei' has several meanings here.\nSay which is meant: --choose 1 for the maker 'Osei' of Good; --choose 2 for the seller 'Osei' of Good."
        in done.stderr
    )
    queries = [json.loads(says("", *words, "--choose", number, "--json").stdout)["query"] for number in "12"]
    assert queries == [f"MATCH (good:Good) WHERE good.{one} = 'Osei' RETURN good" for one in ("maker", "seller")]
    wrong = says("", *words, "--choose", "3")
    assert (wrong.returncode, wrong.stderr) == (10, "broadsheet: There is no meaning 3.\nChoose a number from 1 to 2.\n")
    same = says("", "run", "Which wares have Osei?", "--graph", "wares.csv")
    assert same.returncode == 0
    assert "each gives the same 3 rows, and the first was taken" in " ".join(same.stdout.split())
    idle = says("", "run", "Which wares have Osei?", "--graph", "wares.csv", "--choose", "1", "--choose", "2")
    assert idle.returncode == 0
    assert "--choose 2 chose nothing" in idle.stderr


def test_what_keeps_a_query_from_being_written_is_told_beside_what_mends_it(says, films):
    done = says("", "run", "Which films did 'Ana Bel' make?", *films)
    assert done.returncode == 6
    assert "nothing in the graph is called 'Ana Bel'. Did you mean 'Ana Bell'?" in " ".join(done.stdout.split())
    assert "Not run: nothing is called 'Ana Bel'.\nSay which is meant: --choose 1 for the name 'Ana Bell' of Person. " in done.stderr
    chosen = says("", "run", "Which films did 'Ana Bel' make?", *films, "--choose", "1")
    assert chosen.returncode == 0
    assert says("", "run", "Which films did 'Ana Bell' make?", *films).stdout.splitlines()[-1] in chosen.stdout
    none = says("", "run", "Which films did 'Zzyzx Qwv' make?", *films)
    assert none.returncode == 7
    assert "No query could be written: no film is called 'Zzyzx Qwv'.\nAsk otherwise: " in none.stderr


def test_faults_are_two_lines(says, films, tmp_path):
    (tmp_path / "none.toml").write_text("[[rules]]\npattern = 'never'\nreply = 'x'\n")
    for words, code, what in (
        (("Which films?", "--graph", "nowhere"), 21, "nowhere"),
        (("Which films?", *films, "--llm", "opnai:x"), 10, "Did you mean 'openai'?"),
        (("Which films?", *films, "--llm", "constrained:scripted:rules.toml"), 10, "cannot be held to a schema"),
        (("Which films?", *films, "--record", "r.jsonl"), 10, "none is named"),
        (("Which films?", *films, "--llm", "scripted:none.toml"), 83, "No rule fits"),
        (("run", "Which films?", *films, "--llm", "scripted:none.toml"), 83, "No rule fits"),
        (("replay", "nothing.json"), 21, "cannot be read"),
        (("replay", "none.toml"), 27, "is no transcript"),
    ):
        done = says("accept\n", *words)
        assert done.returncode == code, (words, done.stderr)
        assert what in done.stderr
        assert len(done.stderr.strip().splitlines()) == 2, done.stderr


def test_a_transcript_of_another_graph_is_not_replayed(says, here, films, tmp_path):
    says("accept\n", "Which films are there?", *films, "--transcript", "loop.json")
    write_graph(tmp_path / "other", Graph({**FILMS.nodes, "Film": FILMS.nodes["Film"].reverse()}, FILMS.joined))
    done = here("ask", "replay", "loop.json", "--graph", "other")
    assert done.returncode == 27
    assert "is of another graph" in done.stderr


def test_the_sample_answers_from_the_terminal(says):
    done = says("at most 3 rows\naccept\n", "Who wrote the most papers?", "--rows", "3")
    assert done.returncode == 0, done.stderr
    assert "WRITTEN_BY" in done.stdout
    assert "Accepted: state 2 of 2." in done.stdout


def test_the_recorded_loop_over_the_sample_replays(here):
    done = here("ask", "replay", str(RECORDED))
    assert done.returncode == 0, (
        f"{done.stdout}{done.stderr}If this is meant: python examples/ask_the_sample.py FOLDER, and FOLDER/loop.json is the new record."
    )
    held = json.loads(RECORDED.read_text())
    assert [one["event"]["act"] for one in held["happened"]] == ["ask", "amend", "why", "why not", "undo", "edit", "branch", "accept"]
    assert held["states"][1]["unasked"]


def test_help_names_every_command_that_can_be_typed():
    said = CliRunner().invoke(app, ["ask", "QUESTION", "--help"], prog_name="broadsheet", terminal_width=300).stdout
    for word in ("accept", "amend", "fix", "parts", "edit", "keep", "undo", "states", "branch", "why", "picture", "show", "help", "quit"):
        assert word in said
