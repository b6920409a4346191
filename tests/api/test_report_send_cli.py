"""`broadsheet report send` and `outbox` as a user meets them: lines, notes, exit codes, nothing sent twice."""

import json
import logging

import pytest
from tests.deliver_reports import archive
from tests.mail_sink import Sink, running

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:aiosmtpd", "ignore::DeprecationWarning:aiosmtpd")


@pytest.fixture
def page(tmp_path):
    archive(tmp_path / "page", days=2)
    return tmp_path / "page"


@pytest.fixture
def sink():
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    with running(Sink(), None) as started:
        yield started


def profile(folder, sink):
    text = f'name = "Ana"\n[delivery.mail]\nto = "ana@example.org"\nsender = "news@example.org"\nhost = "127.0.0.1"\nport = {sink.port}\ntls = "none"\n'
    (folder / "me.toml").write_text(text)


def test_without_a_profile_an_archive_goes_to_its_feeds_once(here, page):
    first = here("report", "send", "--out", "page")
    assert first.returncode == 0
    assert first.stdout.splitlines()[0] == f"2026-02-09 files: delivered, to {page}"
    assert len(first.stdout.splitlines()) == 6
    again = here("report", "send", "--out", "page")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "Nothing to send: all is delivered to Ana.\n")


def test_mail_in_plain_text_to_this_machine_says_so(here, page, sink):
    profile(page.parent, sink)
    done = here("report", "send", "--profile", "me.toml", "--out", "page", "--channel", "mail")
    assert done.returncode == 0
    assert done.stdout == "2026-02-09 mail: delivered, to ana@example.org (250 kept)\n2026-02-10 mail: delivered, to ana@example.org (250 kept)\n"
    assert "Note: Mail goes without TLS, in plain text, to 127.0.0.1 on this machine" in done.stderr
    assert len(sink.accepted) == 2
    assert here("report", "send", "--profile", "me.toml", "--out", "page", "--resend", "-c", "mail").stdout.startswith("2026-02-10 mail: delivered")
    assert len(sink.accepted) == 3


def test_an_unknown_outcome_has_its_code_until_it_is_settled_or_sent_again(here, page, sink):
    profile(page.parent, sink)
    sink.script = ["drop", "drop"]
    words = ("report", "send", "--profile", "me.toml", "--out", "page", "-c", "mail")
    for _ in range(2):
        done = here(*words)
        assert done.returncode == 42
        assert done.stderr.splitlines()[-2].startswith("broadsheet: Nobody can know whether the mail of 2026-02-09 for Ana and 1 more arrived")
    assert "2026-02-09 mail: unknown, to ana@example.org (the line to 127.0.0.1 was lost" in here("report", "outbox", "-p", "me.toml").stdout
    assert here("report", "outbox", "--settle", "2026-02-09").returncode == 0
    assert here("report", "outbox", "--settle", "2026-02-09").returncode == 10
    done = here(*words, "--resend-unknown", "--json")
    assert done.returncode == 0
    assert [(row["label"], row["state"]) for row in json.loads(done.stdout)["tried"]] == [("2026-02-10", "delivered")]
    assert len(sink.accepted) == 3


def test_a_refusal_has_its_code_and_the_outbox_shows_it(here, page, sink):
    profile(page.parent, sink)
    sink.script = ["554", "451"]
    done = here("report", "send", "-p", "me.toml", "-o", "page", "-c", "mail")
    assert done.returncode == 41
    assert "554 the sink says 554" in done.stderr
    shown = json.loads(here("report", "outbox", "--json").stdout)["deliveries"]
    assert [(row["label"], row["state"]) for row in shown] == [("2026-02-09", "refused"), ("2026-02-10", "queued")]
