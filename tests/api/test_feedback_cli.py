"""`broadsheet report feedback` and `broadsheet serve` as a user meets them."""

import contextlib
import functools
import importlib.util
import json
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from tests.conftest import missing
from typer.main import get_command

from broadsheet.cli import app
from broadsheet.core import errors
from broadsheet.core.home import store_path
from broadsheet.core.schema import Announcement, Event, Item
from broadsheet.core.store import Store
from broadsheet.report.feedback.record import SHOWN, standing
from broadsheet.report.feedback.subscription import is_unsubscribed, unsubscribe

LABEL = date(2026, 2, 9)
COMMANDS = ("more", "less", "save", "read", "not-my-field", "undo", "list", "library", "rotate")


@pytest.fixture
def me(tmp_path):
    (tmp_path / "me.toml").write_text('name = "Ana"\n')
    with contextlib.closing(Store(store_path())) as store:
        store.record_day(
            [Announcement(item=Item(id=name, title=f"Paper {name}", categories=("cs.IR",), announced=LABEL)) for name in ("2602.00001", "2602.00002")]
        )
        store.record_events([Event(user="Ana", item="2602.00001", kind=SHOWN, at=datetime(2026, 2, 9, tzinfo=UTC), slot=7, propensity=0.5)])
        yield store


@functools.cache
def tree():
    """The command and all below it, which typer makes anew for each call."""
    return get_command(app)


def held(store: Store) -> list[tuple[str, str]]:
    return [(e.kind, e.item) for e in standing(store.events("Ana")) if e.kind != SHOWN]


@pytest.mark.parametrize("words", [("report", "feedback", name) for name in COMMANDS] + [("serve",)])
def test_every_command_has_help_with_an_example(words):
    done = CliRunner().invoke(tree(), [*words, "--help"], prog_name="broadsheet")
    assert done.exit_code == 0
    assert "Example:" in done.stdout
    assert " ".join(["broadsheet", *words]) in done.stdout


def test_what_is_told_is_kept_listed_and_undone(here, me):
    assert here("report", "feedback", "more", "arXiv:2602.00001v2", "2602.00002", "--profile", "me.toml").stdout == "more: 2602.00001\nmore: 2602.00002\n"
    done = here("report", "feedback", "save", "2602.00001", "--profile", "me.toml", "--label", "2026-02-09", "--json")
    (told,) = json.loads(done.stdout)["events"]
    assert (told["slot"], told["propensity"]) == (7, 0.5)
    assert held(me) == [("more", "2602.00001"), ("more", "2602.00002"), ("saved", "2602.00001")]
    assert here("report", "feedback", "undo", "2602.00001", "--profile", "me.toml", "--act", "more").returncode == 0
    assert held(me) == [("more", "2602.00002"), ("saved", "2602.00001")]
    listed = json.loads(here("report", "feedback", "list", "--profile", "me.toml", "--json").stdout)
    assert [(r["kind"], r["holds"]) for r in listed["events"]] == [("more", False), ("more", True), ("saved", True)]
    assert listed["shown"] == 1
    lines = here("report", "feedback", "list", "--profile", "me.toml").stdout.splitlines()
    assert "undone" in lines[0]
    assert "Paper 2602.00001" in lines[2]


def test_a_field_is_taken_down_by_its_name(here, me):
    assert here("report", "feedback", "not-my-field", "category:cs.RO", "--profile", "me.toml").returncode == 0
    assert held(me) == [("not-my-field", "category:cs.RO")]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("more", "2602.99999"), errors.SourceNotFoundError),
        (("more", "category:cs.RO"), errors.SourceNotFoundError),
        (("more", "2602.00002", "--label", "2026-02-09"), errors.SourceNotFoundError),
        (("undo", "2602.00001"), errors.SourceNotFoundError),
        (("undo", "2602.00001", "--act", "mor"), errors.ConfigError),
        (("library", "nowhere.bib", "me.toml"), errors.SourceNotFoundError),
    ],
)
def test_what_cannot_be_recorded_is_told_in_two_lines(here, me, words, kind):
    done = here("report", "feedback", *words, "--profile", "me.toml")
    assert done.returncode == kind.exit_code, done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert held(me) == []
    assert here("report", "feedback", "more", "2602.00001", "--profile", "nobody.toml").returncode == errors.ProfileError.exit_code


def test_two_versions_of_a_library_are_saved_events(here, me, tmp_path):
    (tmp_path / "old.bib").write_text("@misc{a, title={Bread}}\n")
    (tmp_path / "new.bib").write_text("@misc{a, title={Bread}}\n@misc{b, title={Paper}, eprint={2602.00001}, archiveprefix={arXiv}}\n")
    for saved in (["2602.00001"], []):
        done = here("report", "feedback", "library", "old.bib", "new.bib", "--profile", "me.toml", "--json")
        assert json.loads(done.stdout)["saved"] == saved
    assert held(me) == [("saved", "2602.00001")]
    here("report", "feedback", "library", "new.bib", "old.bib", "--profile", "me.toml")
    assert held(me) == []


def test_a_reader_can_be_subscribed_again(here, me):
    unsubscribe(me, "Ana")
    assert here("report", "feedback", "undo", "channel:mail", "--profile", "me.toml").returncode == 0
    assert not is_unsubscribed(me, "Ana")


def test_rotating_makes_a_secret_for_its_owner(here):
    path = here("report", "feedback", "rotate").stdout.strip()
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_serve_says_where_answers_there_and_ends_when_told(tmp_path):
    if importlib.util.find_spec("fastapi") is None or importlib.util.find_spec("uvicorn") is None:
        missing("the server's packages are not installed: pip install 'broadsheet[serve]'")
    command = [sys.executable, "-m", "broadsheet", "serve", "--links-only", "--port", "0", "--store", str(tmp_path / "s.sqlite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        # Who connects to a socket that listens is answered once the server is up.
        assert httpx.get(f"{url}/healthz", trust_env=False, timeout=60).text == "ok\n"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert out == ""
    assert "BROADSHEET_LINKS" in err
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_two_lines(here):
    import socket

    if importlib.util.find_spec("fastapi") is None or importlib.util.find_spec("uvicorn") is None:
        missing("the server's packages are not installed: pip install 'broadsheet[serve]'")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = here("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == errors.OutputError.exit_code
    assert len(done.stderr.strip().splitlines()) == 2
