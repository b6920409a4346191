"""The command line as a user meets it: help, errors in two lines, exit codes, nothing half-written."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from broadsheet.cli import app, main
from broadsheet.core import errors

HEAVY = ("torch", "transformers", "pandas", "sklearn", "scipy", "numpy", "polars", "pydantic", "httpx", "jinja2", "sqlalchemy", "openai")
FEED = """<?xml version='1.0'?><rss version="2.0" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>cs.IR updates on arXiv.org</title><pubDate>Mon, 16 Mar 2026 00:00:00 -0400</pubDate>
<item><title>A paper on soup</title><link>https://arxiv.org/abs/2603.00001</link>
<description>arXiv:2603.00001v1 Announce Type: new \nAbstract: Soup is good.</description><guid>oai:arXiv.org:2603.00001v1</guid>
<category>cs.IR</category><arxiv:announce_type>new</arxiv:announce_type><dc:creator>Ana Ruiz</dc:creator></item></channel></rss>"""


def broadsheet(*words: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "broadsheet", *words], capture_output=True, text=True, cwd=cwd, env={**os.environ, **env}, timeout=120, check=False
    )


def test_help_imports_nothing_heavy():
    code = f"import sys; sys.argv=['broadsheet','--help']; from broadsheet.cli import app\ntry: app()\nexcept SystemExit: pass\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "words",
    [
        *(
            (),
            ("report",),
            ("profile",),
            ("profile", "new"),
            ("profile", "fields"),
            ("doctor",),
            ("bench",),
            ("bench", "report"),
            ("bench", "report-size"),
            ("report", "fit"),
            ("report", "send"),
            ("report", "outbox"),
            ("report", "compare", "interleave"),
            ("report", "compare", "split"),
            ("bench", "feedback"),
            ("world",),
            ("sample",),
            ("sample", "llm"),
            ("sample", "serve"),
        ),
        *(
            ("bench", name)
            for name in ("represent", "represent-efficiency", "represent-speed", "represent-words", "index", "llm", "needs", "needs-goals", "ask", "plan")
        ),
        *(("represent", name) for name in ("run", "search", "fit", "curate", "export", "evaluate")),
        ("represent",),
        ("plan",),
        *(("plan", name) for name in ("fit", "run", "replay", "offline")),
        ("ask",),
        *(("ask", name) for name in ("QUESTION", "run", "replay", "check", "build", "describe", "grammar")),
        ("needs",),
        *(("needs", name) for name in ("run", "gate", "infer", "view", "label", "agree", "purge", "goals", "fit", "themes", "propose")),
    ],
)
def test_every_command_has_help_with_an_example(words):
    done = CliRunner().invoke(app, [*words, "--help"], prog_name="broadsheet")
    assert done.exit_code == 0
    assert "Usage: broadsheet" in done.stdout
    assert words in ((), ("profile",), ("bench",), ("represent",), ("sample",), ("needs",), ("ask",), ("plan",)) or "Example: broadsheet" in done.stdout


def write_feed(path: Path, text: str = FEED) -> Path:
    path.write_text(text)
    return path


def faulty_sources(folder: Path) -> dict[str, tuple[list[str], type[errors.BroadsheetError]]]:
    """Each fault that users met, with the error it is."""
    (folder / "empty.xml").write_text("")
    whole = gzip.compress((json.dumps({"id": "a", "title": "Soup"}) + "\n").encode() * 50)
    (folder / "cut.jsonl.gz").write_bytes(whole[:-12])
    write_feed(folder / "page.xml", "<!DOCTYPE html><html><body>Rate exceeded</body></html>")
    write_feed(folder / "cut.xml", FEED[:-60])
    write_feed(folder / "good.xml")
    (folder / "table.csv").write_text("sku,dish\n1,Soup\n")
    (folder / "bad.toml").write_text('[[exclude]]\nregex = "*x"\n')
    (folder / "odd.toml").write_text("bugdet = 3\n")
    (folder / "file").write_text("")
    good = ["--source", "good.xml"]
    return {
        "empty file": (["--source", "empty.xml"], errors.EmptySourceError),
        "cut gzip": (["--source", "cut.jsonl.gz"], errors.TruncatedError),
        "HTML for XML": (["--source", "page.xml"], errors.NotAFeedError),
        "cut XML": (["--source", "cut.xml"], errors.TruncatedError),
        "no such file": (["--source", "nowhere.xml"], errors.SourceNotFoundError),
        "unknown column": (["--source", "table.csv", "--columns", "id=sku,title=dich"], errors.ColumnError),
        "missing column": (["--source", "table.csv"], errors.ColumnError),
        "bad regex": ([*good, "--profile", "bad.toml"], errors.PatternError),
        "unknown field": ([*good, "--profile", "odd.toml"], errors.ProfileError),
        "no such profile": ([*good, "--profile", "nobody.toml"], errors.ProfileError),
        "date without papers": ([*good, "--date", "2026-03-17"], errors.NoPapersError),
        "unwritable folder": ([*good, "--out", "file/page"], errors.OutputError),
        "no network": (["--source", "arxiv:cs.IR"], errors.NetworkError),
        "bad category": (["--source", "arxiv:"], errors.SourceNotFoundError),
        "unknown setting": ([*good, "--set", "ranking.use_dence=false"], errors.ConfigError),
    }


FAULTS = (
    "empty file",
    "cut gzip",
    "HTML for XML",
    "cut XML",
    "no such file",
    "unknown column",
    "missing column",
    "bad regex",
    "unknown field",
    "no such profile",
    "date without papers",
    "unwritable folder",
    "no network",
    "bad category",
    "unknown setting",
)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_two_lines_with_its_exit_code_and_leaves_nothing(tmp_path, monkeypatch, capsys, name):
    words, kind = faulty_sources(tmp_path)[name]
    before = sorted(p.name for p in tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BROADSHEET_ARXIV", "http://127.0.0.1:9/rss/")
    monkeypatch.setattr(sys, "argv", ["broadsheet", "report", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert ended.value.code == kind.exit_code, err
    assert out == ""
    lines = err.strip().splitlines()
    assert len(lines) == 2, err
    left = [p for p in sorted(p.name for p in tmp_path.rglob("*")) if p not in before]
    assert left in ([], ["page"]), left
    if left:
        assert list((tmp_path / "page").iterdir()) == []


def test_a_fault_is_the_same_in_a_process_of_its_own(tmp_path):
    words, kind = faulty_sources(tmp_path)["cut gzip"]
    done = broadsheet("report", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (kind.exit_code, "")
    assert len(done.stderr.strip().splitlines()) == 2
    assert "Traceback" not in done.stderr


def test_a_read_only_folder_is_refused_before_any_work(here):
    # /proc refuses files whoever asks, so this holds for root too.
    done = here("report", "--out", "/proc/page")
    assert done.returncode == errors.OutputError.exit_code
    assert len(done.stderr.strip().splitlines()) == 2


def test_the_path_of_the_page_is_the_last_line(tmp_path):
    write_feed(tmp_path / "good.xml")
    done = broadsheet("report", "--source", "good.xml", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "out/2026-03-16/index.html\n"
    assert (tmp_path / "out/2026-03-16/index.html").is_file()
    assert "profile new" in done.stderr


def test_json_is_one_object_on_standard_output(tmp_path, here):
    write_feed(tmp_path / "good.xml")
    done = here("report", "--source", "good.xml", "--json")
    report = json.loads(done.stdout)
    assert report["counts"] == {"new": 1, "cross": 0, "updated": 0, "withdrawn": 0}
    assert report == json.loads((tmp_path / "page/2026-03-16/report.json").read_text())


def test_the_reference_form_to_standard_output(data):
    reference = data / "arxiv" / "reference"
    done = subprocess.run(
        [sys.executable, "-m", "broadsheet", "report", "--form", "seed", "--source", str(reference / "rss-cs.IR-2026-02-09.xml")],
        capture_output=True,
        check=True,
    )
    assert done.stdout == (reference / "report-2026-02-09.md").read_bytes()


def test_doctor_says_how_to_get_what_is_missing():
    done = broadsheet("doctor", "--json", PATH="/nonexistent")
    checks = json.loads(done.stdout)
    assert checks["dtype"]["detail"]
    assert not checks["chromium"]["found"]
    assert "apt-get" in checks["chromium"]["mend"]
    assert "missing  chromium" in broadsheet("doctor", PATH="/nonexistent").stdout


def test_a_profile_is_made_and_used(tmp_path, here):
    (tmp_path / "library.bib").write_text("@misc{a, title={Soup for many}, author={Ruiz, Ana}, abstract={A soup.}, year={2024}}\n")
    write_feed(tmp_path / "good.xml")
    assert here("profile", "new", "--from", "library.bib", "--out", "me.toml").stdout == "me.toml\n"
    done = here("report", "--source", "good.xml", "--profile", "me.toml", "--json", "--set", "ranking.use_dense=false")
    entry = json.loads(done.stdout)["entries"][0]
    assert entry["reasons"][-1]["text"] == "Soup for many"
    again = here("profile", "new", "--from", "library.bib", "--out", "me.toml")
    assert again.returncode == errors.ProfileError.exit_code


def test_profiles_from_ids_an_author_and_words(tmp_path, here):
    second = FEED[FEED.index("<item>") : FEED.index("</channel>")].replace("00001", "00002").replace("A paper on soup", "Soup again")
    write_feed(tmp_path / "good.xml", FEED.replace("</channel>", second.replace("Ana Ruiz", "Sam Hill") + "</channel>"))
    for words in (("ids", "2603.00001", "2603.99999"), ("author", "Ana", "Ruiz"), ("words", "soup; bread")):
        out = f"{words[0]}.toml"
        source = [] if words[0] == "words" else ["--source", "good.xml"]
        made = here("profile", "new", "--from", words[0], *words[1:], *source, "--out", out)
        assert made.returncode == 0, made.stderr
        done = here("report", "--source", "good.xml", "--profile", out, "--set", "ranking.use_dense=false", "--json")
        entries = {e["item"]["id"]: e for e in json.loads(done.stdout)["entries"]}
        assert entries["2603.00002"]["reasons"], words
        assert entries["2603.00001"]["left_out"] == ("" if words[0] == "words" else "already in your library")
    assert "2603.99999" in (tmp_path / "ids.toml").read_text()
    nobody = here("profile", "new", "--from", "author", "Nobody", "--source", "good.xml", "--out", "x.toml")
    assert nobody.returncode == errors.ProfileError.exit_code
    assert not (tmp_path / "x.toml").exists()
