"""What reaches the engine, and what its process can do: every hole that is known is tried, and what only looks like one is answered."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from broadsheet.ask.bench.hostile import hostile
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.graph.database import remove_database
from broadsheet.ask.graph.engine import Caps
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.tables import Graph, Joined
from broadsheet.ask.safety import refused
from broadsheet.core.errors import QueryError, QueryRefusedError, QueryTimeoutError
from broadsheet.core.schema import Columns

FILMS = Graph(
    {
        "Film": pl.DataFrame({"title": ["Up", "DELETE", "It's"], "year": [2009, 2013, None], "create": ["a", "b", "c"]}),
        "Person": pl.DataFrame({"name": ["Ana", "Bo", "Cy"]}),
        "DROP TABLE": pl.DataFrame({"set": [1]}),
    },
    (Joined("MADE", "Person", "Film", pl.DataFrame({Columns.GRAPH_START: [0, 1], Columns.GRAPH_END: [0, 1], "copy": [1, 2]})),),
)


@pytest.fixture(scope="module")
def films():
    with Ladybug(FILMS) as engine:
        yield engine


def state(engine: Ladybug) -> tuple:
    """Return every file around the database with its hash, and the engine's settings."""
    folder = engine.database.parent
    files = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}
    settings = ("timeout", "threads", "progress_bar", "checkpoint_threshold", "spill_to_disk", "enable_multi_writes", "recursive_pattern_semantic")
    asked = {name: engine.process.ask({"text": f"CALL current_setting('{name}') RETURN *", **Caps()._asdict()}) for name in settings}
    return files, {name: held.get("rows", "no such setting") for name, held in asked.items()}


def test_nothing_that_does_more_than_read_reaches_the_engine_and_nothing_is_changed(films, monkeypatch):
    before = state(films)
    assert len(before[0]) == 1
    reached: list[str] = []
    asked = films.process.ask
    monkeypatch.setattr(films.process, "ask", lambda held: reached.append(held["text"]) or asked(held))
    texts = hostile().refused
    assert len(texts) > 125
    for text in texts:
        query = parse(text).query
        assert query is None or refused(query) is not None, text
        if query is not None:
            with pytest.raises(QueryRefusedError):
                films.run(query)
    assert reached == []
    monkeypatch.undo()
    assert state(films) == before


def test_what_only_looks_like_a_hole_is_answered_and_only_what_is_printed_from_the_tree_reaches_the_engine(films, monkeypatch):
    before = state(films)
    reached: list[str] = []
    asked = films.process.ask
    monkeypatch.setattr(films.process, "ask", lambda held: reached.append(held["text"]) or asked(held))
    texts = hostile().allowed
    assert len(texts) >= 65
    for text in texts:
        query = parse(text).query
        assert query is not None, (text, parse(text).faults)
        films.run(query)
        assert text not in reached
        assert reached[-1].startswith(("MATCH (v", "OPTIONAL MATCH (v", "RETURN ", "WITH ", "UNWIND [")), reached[-1]
        assert "//" not in reached[-1] or "'" in reached[-1]
    assert len(reached) == len(texts)
    monkeypatch.undo()
    assert state(films) == before
    with Ladybug(FILMS) as again:
        assert again.run(parse("MATCH (n) RETURN count(*)").query).rows == ((7,),)


@pytest.mark.parametrize(
    "text", ["it's", 'say "hi"', "back\\slash", "\\'; DROP TABLE Film; //", "nl\ntab\t", "`", "\u2028", "𝕏", "\x00\x1f\x7f", "'" * 9, "\\" * 7]
)
def test_a_text_comes_back_as_it_was_asked_whether_written_or_given(films, text):
    query = parse("RETURN $text AS a, $list AS b, {k: $text} AS c").query
    assert films.run(query, {"text": text, "list": [text, None]}).rows == ((text, [text, None], {"k": text}),)
    written = text.replace("\\", "\\\\").replace("'", "\\'")
    assert films.run(parse(f"RETURN '{written}' AS a").query).rows == ((text,),)


def test_a_parameter_is_a_value_and_never_a_part_of_the_query(films):
    found = films.run(parse("MATCH (f:Film {title: $t}) RETURN f.title").query, {"t": "Up'}) DETACH DELETE f //"})
    assert found.rows == ()
    assert films.run(parse("MATCH (f:Film $all) RETURN f.year").query, {"all": {"title": "Up", "year": 2009}}).rows == ((2009,),)
    assert films.run(parse("MATCH (f:Film) RETURN f.title ORDER BY f.title LIMIT $n").query, {"n": 1}).rows == (("DELETE",),)
    for text, given in (("RETURN $gone", {}), ("MATCH (f) RETURN f LIMIT $n", {"n": "1; CREATE (x)"}), ("RETURN $x", {"x": object()})):
        with pytest.raises(QueryError):
            films.run(parse(text).query, given)


def test_a_query_that_takes_too_long_ends_and_takes_no_more_of_the_processor(films):
    films.run(parse("RETURN 1").query)
    with pytest.raises(QueryTimeoutError, match="longer than"):
        films.run(
            parse("UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b UNWIND range(1, 3000) AS c WITH a, b, c WHERE a * b > c RETURN sum(a - b)").query,
            caps=Caps(seconds=0.2),
        )
    spent = films.process.processor_seconds()
    assert spent > 0
    time.sleep(0.3)
    assert films.process.processor_seconds() <= spent + 0.03
    assert films.run(parse("RETURN 1 AS x").query).rows == ((1,),)


def test_a_process_that_does_not_stop_is_killed_and_one_that_falls_is_started_again(films, monkeypatch):
    films.run(parse("RETURN 1").query)
    first = films.process.number
    monkeypatch.setattr("broadsheet.ask.graph.process.GRACE", 0.2)
    os.kill(first, signal.SIGSTOP)
    with pytest.raises(QueryTimeoutError):
        films.run(parse("RETURN 1").query, caps=Caps(seconds=0.1))
    assert not Path(f"/proc/{first}").exists()
    monkeypatch.undo()
    assert films.run(parse("RETURN 2 AS x").query).rows == ((2,),)
    second = films.process.number
    asked = json.dumps(
        {
            "text": "UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b UNWIND range(1, 3000) AS c WITH a, b, c WHERE a * b > c RETURN sum(a - b)",
            **Caps()._asdict(),
        }
    )
    films.process._process.stdin.write(asked + "\n")
    films.process._process.stdin.flush()
    os.kill(second, signal.SIGKILL)
    with pytest.raises(QueryError, match="ended while it answered") as told:
        films.process._line(30, 30)
    assert "starts it again" in told.value.mend
    assert films.run(parse("RETURN 3 AS x").query).rows == ((3,),)


def test_rows_and_bytes_have_caps_that_are_told(films):
    query = parse("UNWIND range(1, 100) AS x RETURN x").query
    cut = films.run(query, caps=Caps(rows=7))
    assert (len(cut.rows), cut.cut) == (7, True)
    assert not films.run(query, caps=Caps(rows=100)).cut
    cut = films.run(query, caps=Caps(bytes=50))
    assert 0 < len(cut.rows) < 50
    assert cut.cut
    with pytest.raises(QueryError, match="more bytes"):
        films.run(parse("RETURN range(1, 1000) AS xs").query, caps=Caps(bytes=50))


def test_the_process_gives_up_files_programs_and_the_network(tmp_path):
    tried = """
import os, socket, sys
from broadsheet.ask.graph.sandbox import guards_after, guards_before
guards = guards_before() + guards_after()
def refused(what):
    try:
        what()
    except OSError:
        return True
    return False
steps = [lambda: open("x", "w"), lambda: open("/etc/passwd"), lambda: os.mkdir("y"), lambda: os.remove("there"), lambda: os.rename("there", "z"),
    lambda: socket.socket(), os.fork, lambda: os.execv("/bin/true", ["true"]), lambda: os.kill(os.getppid(), 0), lambda: os.chmod("there", 0o777),
    lambda: os.symlink("there", "w"), lambda: os.truncate("there", 0)]
print([bool(guard.missing) for guard in guards], [refused(step) for step in steps])
"""
    (tmp_path / "there").write_text("kept")
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", tried], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    if "True" in done.stdout.partition("]")[0]:
        pytest.skip("the kernel grants not every guard here")
    assert done.stdout.strip() == f"{[False] * 4} {[True] * 12}", done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert (tmp_path / "there").read_text() == "kept"


def test_the_process_has_an_environment_a_folder_and_a_session_of_its_own_and_ends_with_its_engine(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    with Ladybug(FILMS) as engine:
        assert len(engine.process.guards()) == 4
        number = engine.process.number
        assert b"SECRET_TOKEN" not in Path(f"/proc/{number}/environ").read_bytes()
        assert list(Path(f"/proc/{number}/cwd").readlink().iterdir()) == []
        assert os.getsid(number) == number
        assert engine.database.stat().st_mode & 0o777 == 0o400
    assert not Path(f"/proc/{number}").exists()


def test_a_database_that_is_kept_is_used_again_and_one_that_is_damaged_is_told(tmp_path):
    with Ladybug(FILMS, tmp_path) as one, Ladybug(FILMS, tmp_path) as other:
        assert one.database == other.database
        assert one.database.parent.stat().st_mode & 0o777 == 0o500
        changed = Graph({**FILMS.nodes, "Person": pl.DataFrame({"name": ["Ana", "Bo", "Di"]})}, FILMS.joined)
        with Ladybug(changed, tmp_path) as third:
            assert third.database != one.database
    kept = one.database
    kept.chmod(0o600)
    kept.write_bytes(b"no database")
    with Ladybug(FILMS, tmp_path) as damaged, pytest.raises(QueryError, match="cannot be opened"):
        damaged.run(parse("RETURN 1").query)
    for folder in tmp_path.iterdir():
        remove_database(folder)
