"""`broadsheet sample serve`, in a process of its own and in this one."""

import json
import signal
import subprocess
import sys

import httpx

from broadsheet.sample.arxiv import ArxivServer, fictional_days
from broadsheet.sources.feeds import parse_feed

WORDS = [sys.executable, "-m", "broadsheet", "sample", "serve"]


def test_it_prints_its_url_and_at_the_end_what_was_served():
    words = [*WORDS, "--json", "--now", "2026-03-16T20:30-04:00", "--fault", "429:1x@rss", "--retry-after", "9"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        begun = json.loads(process.stdout.readline())
        with httpx.Client() as client:
            first, second = (client.get(f"{begun['url']}/rss/cs.IR") for _ in range(2))
            listing = client.get(f"{begun['url']}/list/cs.IR/new")
        process.send_signal(signal.SIGTERM)
        ended = json.loads(process.communicate()[0])
    assert begun["labels"] == ["2026-03-12", "2026-03-13", "2026-03-16", "2026-03-17", "2026-03-18"]
    assert (begun["now"], begun["faults"]) == ("2026-03-16T20:30:00-04:00", ["429:1x@rss"])
    assert (first.status_code, first.headers["Retry-After"]) == (429, "9")
    assert str(parse_feed(second.content, "rss").label) == "2026-03-16"
    assert "Tuesday, 17 March 2026" in listing.text
    assert (ended["requests"], ended["statuses"], ended["faults"]) == (3, {"200": 2, "429": 1}, {"429": 1})


def test_faults_are_named_and_wrong_words_are_errors(here, tmp_path):
    assert "html-200" in here("sample", "serve", "--faults").stdout
    assert json.loads(here("sample", "serve", "--faults", "--json").stdout)["429"]
    for words, code, says in (
        (("--fault", "49:1"), 10, "no fault '49'"),
        (("--now", "monday"), 10, "--now 'monday'"),
        (("--now", "2026-03-16T20:30"), 10, "no time zone"),
        ((str(tmp_path / "none"),), 21, "no day file or folder"),
        ((str(tmp_path),), 22, "holds no day file"),
    ):
        done = here("sample", "serve", *words)
        assert (done.returncode, says in done.stderr) == (code, True), done.stderr
    with ArxivServer(fictional_days()) as server:
        taken = here("sample", "serve", "--port", server.url.rpartition(":")[2])
    assert (taken.returncode, "cannot listen" in taken.stderr) == (40, True)
