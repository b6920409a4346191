"""What docs/llm.md shows runs as it stands there, and the commands around the double do what they say."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from broadsheet.core.store import Store
from broadsheet.sample.llm import FAULTS, LLMServer

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "llm.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prices.toml").write_text(blocks("toml")[0])
    names = {"posts": ["I owe on my card.", "Where do I save?"]}
    first, second = blocks("python")
    with LLMServer() as server:
        exec(first.replace("http://127.0.0.1:8000/v1", server.url), names)
        assert server.served.calls == 2
    said = capsys.readouterr().out
    assert "cost=" in said
    assert "failure" not in said
    store = Store(tmp_path / "other.sqlite")
    exec(second, names | {"store": store})
    store.close()
    names["client"].ledger._store.close()


def test_every_reason_and_fault_that_the_page_names_is_one():
    from broadsheet.core.llm import Reason

    named = re.search(r"with its reason \((.*?)\)", PAGE, re.DOTALL)[1]
    assert set(re.findall(r"`([a-z-]+)`", named)) <= {str(reason) for reason in Reason}
    assert all(f"`{fault}`" in PAGE for fault in FAULTS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_stopped_and_says_what_it_served(number):
    words = [sys.executable, "-m", "broadsheet", "sample", "llm", "--fault", "429:1"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}) as process:
        url = process.stdout.readline().strip()
        body = {"model": "m", "messages": [{"role": "user", "content": "a"}]}
        assert httpx.post(f"{url}/chat/completions", json=body).headers["retry-after"] == "1"
        process.send_signal(number)
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["faults"] == {"429": 1}


def test_a_port_that_is_taken_and_a_fault_that_is_none_are_two_lines(here):
    with LLMServer() as server:
        taken = here("sample", "llm", "--port", server.url.split(":")[2].removesuffix("/v1"))
    odd = here("sample", "llm", "--fault", "stal:1")
    assert (taken.returncode, odd.returncode) == (40, 10)
    assert [len(done.stderr.strip().splitlines()) for done in (taken, odd)] == [2, 2]


def test_the_bench_is_one_object_and_its_rows_are_kept(here, tmp_path):
    words = ("bench", "llm", "--requests", "20", "--in-flight", "8", "--latency", "0.01", "--seeds", "1", "--json")
    bench = json.loads(here(*words).stdout)
    assert [row["calls"] for row in bench["rows"]] == [20, 0, 20]
    assert [row["answered"] for row in bench["rows"]] == [20, 20, 20]
    assert all(row["requests_per_s"] > 0 and row["cpu_ms_per_call"] > 0 for row in bench["rows"])
    assert json.loads(here(*words).stdout)["rows"] == bench["rows"]
