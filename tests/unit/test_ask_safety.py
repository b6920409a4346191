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

# One a line; `~` stands for a line break, `@` for a character of no width.
REFUSED = r"""
CREATE (n:Film {title: 'x'})
MATCH (n) DELETE n
MATCH (n) DETACH DELETE n
MATCH (n) SET n.year = 1
MATCH (n) REMOVE n.year
MERGE (n:Film {title: 'x'})
MATCH (n:Film) MERGE (n)-[:MADE]->(m:Film) RETURN m
FOREACH (x IN [1] | CREATE (:Film))
MATCH (n) FOREACH (x IN [1] | SET n.year = x)
LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line
LOAD CSV WITH HEADERS FROM $url AS line RETURN line
LOAD FROM '/etc/passwd' RETURN *
LOAD FROM "x.csv" (header=true) RETURN *
LOAD WITH HEADERS (a STRING) FROM 'x.csv' RETURN a
COPY (MATCH (n) RETURN n) TO 'out.csv'
COPY (MATCH (n) RETURN n.*) TO 'out.parquet'
COPY Film FROM 'x.csv'
COPY Film TO 'x.csv'
MATCH (n) RETURN n; COPY (MATCH (n) RETURN n) TO 'out.csv'
EXPORT DATABASE 'dump'
EXPORT DATABASE 'dump' (format="csv")
IMPORT DATABASE 'dump'
CHECKPOINT
CHECKPOINT;
CALL timeout=0
CALL timeout=0 RETURN 1
CALL threads=8
CALL progress_bar=true
CALL spill_to_disk=true
CALL checkpoint_threshold=1
CALL show_tables() RETURN *
CALL table_info('Film') RETURN *
CALL current_setting('timeout') RETURN *
CALL storage_info('Film') RETURN *
CALL db.labels()
CALL db.labels() YIELD label RETURN label
CALL dbms.components()
CALL apoc.load.json('http://x') YIELD value RETURN value
CALL apoc.cypher.runWrite('CREATE (n)', {}) YIELD value RETURN value
CALL `apoc`.`load`.`json`('x')
CALL `show_tables`() RETURN *
CALL { CREATE (n:Film) RETURN n } RETURN n
CALL { MATCH (n) SET n.year = 1 RETURN n } RETURN n
CALL { CALL { MATCH (n) DELETE n } RETURN 1 AS x } RETURN x
MATCH (n) CALL { WITH n DETACH DELETE n } IN TRANSACTIONS OF 10 ROWS
MATCH (n) CALL (n) { SET n.year = 2 } RETURN n
MATCH (n) WHERE EXISTS { CREATE (m:Film) RETURN m } RETURN n
MATCH (n) WHERE COUNT { MATCH (m) SET m.x = 1 RETURN m } > 0 RETURN n
MATCH (n) RETURN COLLECT { MERGE (m:Film) RETURN m }
RETURN 1 AS x UNION CREATE (n) RETURN 1 AS x
MATCH (n) RETURN n.title AS t UNION ALL MATCH (m) DETACH DELETE m RETURN 1 AS t
MATCH (n) RETURN n; MATCH (n) DETACH DELETE n
MATCH (n) RETURN n;; DROP TABLE Film
RETURN 1; CALL timeout=0
RETURN 1 ; COMMIT
RETURN 1; and some text
BEGIN TRANSACTION
BEGIN TRANSACTION READ ONLY
COMMIT
ROLLBACK
PROFILE MATCH (n) RETURN n
EXPLAIN MATCH (n) RETURN n
EXPLAIN LOGICAL MATCH (n) RETURN n
PROFILE CREATE (n)
CYPHER 5 MATCH (n) RETURN n
CYPHER runtime=parallel MATCH (n) RETURN n
USE other MATCH (n) RETURN n
USE `other`
SHOW TABLES
SHOW FUNCTIONS
SHOW DATABASES
SHOW PROCEDURES YIELD name RETURN name
DROP TABLE Film
DROP INDEX x
ALTER TABLE Film ADD x INT64
ALTER TABLE Film RENAME TO Gone
CREATE NODE TABLE X(id INT64, PRIMARY KEY(id))
CREATE REL TABLE Y(FROM Film TO Film)
CREATE INDEX FOR (n:Film) ON (n.title)
CREATE MACRO double(x) AS x * 2
CREATE SEQUENCE s
CREATE USER x
INSTALL httpfs
LOAD EXTENSION httpfs
LOAD httpfs
UNINSTALL httpfs
UPDATE EXTENSION httpfs
ATTACH 'x.db' AS x (dbtype duckdb)
DETACH x
COMMENT ON TABLE Film IS 'x'
GRANT ROLE x TO y
TERMINATE TRANSACTION 'x'
START DATABASE x
INSERT (:Film {title: 'x'})
FINISH
LET x = 1 RETURN x
MATCH (n) RETURN nextval('s')
RETURN currval('s')
RETURN current_setting('timeout')
RETURN db_version()
RETURN apoc.text.join(['a'], ',')
RETURN apoc.create.uuid()
RETURN db.nameFromElementId('x')
RETURN gen_random_uuid()
RETURN error('x')
RETURN setseed(0.5)
RETURN read_csv('x')
RETURN file('x')
RETURN genai.vector.encode('x', 'y')
RETURN `load_file`('/etc/passwd')
RETURN `apoc`.`load`.`json`('x')
RETURN http_get('http://x')
RETURN to_blob('x')
RETURN unknownFunction(1)
MATCH (n) RETURN n /* ; */ ; DROP TABLE Film
MATCH (n) RETURN n //~; CREATE (x)
MATCH (n) /* a */ DETACH /* b */ DELETE /* c */ n
MATCH (n) DETACH//~DELETE n
C/**/REATE (n)
MATCH (n) SET/**/n.x = 1
ＣＲＥＡＴＥ (n)
MATCH (n) ＤＥＬＥＴＥ n
MATCH (n) DEL@ETE n
CRE@ATE (n)
СREATE (n)
MATCH (n) DELETЕ n
\u0043REATE (n)
MATCH (n) \u0044ELETE n
MATCH (n) RETURN n \u003b DROP TABLE Film
create (n)
cReAtE (n) ReTuRn n
~~~CREATE (n)
RETURN 1 CREATE (n)
MATCH (n) WITH n CREATE (m) RETURN m
MATCH (n) $clause
$query
CALL $procedure()
MATCH (n:$label) DELETE n
MATCH (n) RETURN n INTO OUTFILE 'x'
MATCH (n) RETURN n' ; DROP TABLE Film
MATCH (n) RETURN `n` `; DROP TABLE Film`
SELECT * FROM Film
DELETE FROM Film
PRAGMA database_list
.import x
:use system
"""

ALLOWED = r"""
MATCH (n) RETURN n
MATCH (n:Film) RETURN n.title
MATCH (n:Film) WHERE n.title = 'DELETE' RETURN n
MATCH (n:Film) WHERE n.title CONTAINS 'CREATE (n)' RETURN n
MATCH (n:Film) WHERE n.title <> '; DROP TABLE Film' RETURN n.title
MATCH (n:Film) RETURN n.title AS `DETACH DELETE n`
MATCH (n:Film) RETURN n.title AS create
MATCH (n:Film) RETURN n.title AS `copy to`
MATCH (n:Film) RETURN n.create
MATCH (n:Film) RETURN n.delete
MATCH (n:Film) WITH n AS `set` RETURN `set`.title
MATCH (`create`:Film) RETURN `create`.title
MATCH (n:`DROP TABLE`) RETURN n.set
MATCH (n:`; DETACH DELETE`) RETURN n
MATCH (n)-[r:`CREATE`]->(m) RETURN r
MATCH (p:Person)-[r:MADE]->(f) RETURN r.copy, f
MATCH (n) /* DELETE n */ RETURN n
MATCH (n) // DETACH DELETE n~RETURN n
/* CREATE (n) */ MATCH (n) RETURN count(n)
// COPY (MATCH (n) RETURN n) TO 'x'~MATCH (n) RETURN count(*)
RETURN 'LOAD CSV FROM "x" AS l' AS text
RETURN "CALL timeout=0" AS text
RETURN '//' AS a, '/* */' AS b
RETURN 'it\'s; CREATE (n)' AS text
RETURN "\u0043REATE" AS text
RETURN 'a\\' AS text
RETURN '\\\'; DROP TABLE Film; //' AS text
RETURN 'ＣＲＥＡＴＥ' AS text
RETURN '~' AS text
RETURN '`' AS a, "'" AS b, '"' AS c
RETURN '$x' AS text, '{}' AS b
RETURN 'COPY' + ' TO' AS text
MATCH (n:Film) WHERE n.title STARTS WITH 'DROP' RETURN n
MATCH (n:Film) WHERE n.title IN ['CREATE', 'MERGE', 'SET'] RETURN n
MATCH (n:Film) WHERE n.title =~ '.*(DELETE|DROP).*' RETURN n.title
MATCH (n:Film) RETURN n {.title, delete: n.year}
MATCH (n:Film) RETURN {drop: n.title, create: 1} AS m
WITH 'CHECKPOINT' AS checkpoint RETURN checkpoint
UNWIND ['CREATE', 'DELETE'] AS merge RETURN merge
MATCH (n:Film) RETURN n.title ORDER BY n.title DESC SKIP 1 LIMIT 1;
MATCH (n:Film) RETURN toUpper('delete') AS x LIMIT 1
MATCH (n:Film) RETURN count(n) AS `CALL db.labels()`
MATCH (created:Film) WHERE created.title IS NOT NULL RETURN created
MATCH (n) WHERE EXISTS { MATCH (n)-[:MADE]->() } RETURN n
CALL { MATCH (n:Film) RETURN n.title AS t } RETURN t
MATCH (a)-[:MADE*1..2]->(b) RETURN a, b
MATCH p = (a)-[:MADE]->(b) RETURN p
RETURN 1 AS x UNION RETURN 2 AS x
RETURN 1 AS delete UNION ALL RETURN 2 AS delete
OPTIONAL MATCH (n:Gone) RETURN n
MATCH (load:Film), (csv:Person) RETURN count(*)
MATCH (n:Film) WHERE n.title = 'x' OR 1 = 1 RETURN n
MATCH (n:Film) RETURN CASE WHEN n.year > 2010 THEN 'SET' ELSE 'REMOVE' END AS x
MATCH (n:Film) RETURN replace(n.title, 'DELETE', 'CREATE') AS x
MATCH (n:Film) RETURN split('a;DROP', ';') AS x LIMIT 1
MATCH (n:Film) RETURN labels(n) AS l, keys(n) AS k
MATCH ()-[r]->() RETURN type(r) AS exec
MATCH (n:Film) WITH n.title AS transaction RETURN transaction
MATCH (n:Film) WITH count(*) AS using RETURN using
RETURN date('2026-02-09').year AS load
match (n:Film) return n.title as Title
```cypher~MATCH (n:Film) RETURN n~```
'MATCH (n:Film) RETURN n.title'
MATCH (n:Film {title: 'DETACH DELETE'}) RETURN n
MATCH (n:Film) WHERE n.`title` = 'Up' RETURN n.`title`
"""


def lines(text: str) -> list[str]:
    return [line.replace("~", "\n").replace("@", "\u200b") for line in text.strip("\n").split("\n")]


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
    texts = lines(REFUSED)
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
    texts = lines(ALLOWED)
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


def processor_seconds(number: int) -> float:
    """Return the time that a process and its threads took of a processor; none if it is not there any more."""
    try:
        held = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(held[11]) + int(held[12])) / os.sysconf("SC_CLK_TCK")


def test_a_query_that_takes_too_long_ends_and_takes_no_more_of_the_processor(films):
    films.run(parse("RETURN 1").query)
    number = films.process.number
    with pytest.raises(QueryTimeoutError, match="longer than"):
        films.run(
            parse("UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b UNWIND range(1, 3000) AS c WITH a, b, c WHERE a * b > c RETURN sum(a - b)").query,
            caps=Caps(seconds=0.2),
        )
    spent = processor_seconds(number)
    time.sleep(0.3)
    assert processor_seconds(number) <= spent + 0.03
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
