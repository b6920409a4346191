"""`broadsheet serve` as it is typed: keys, a worker that has nothing to do, and a server that is told to stop."""

import importlib.util
import json
import os
import signal
import subprocess
import sys

import httpx
import pytest
from tests.conftest import ROOT

for needed in ("fastapi", "prometheus_client", "python_multipart", "uvicorn"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed: pip install 'broadsheet[serve]'", allow_module_level=True)


def test_a_key_is_made_shown_once_listed_and_revoked(here):
    made = here("serve", "key", "new", "--name", "phone", "--scope", "read", "--scope", "write")
    assert made.returncode == 0
    assert made.stdout.startswith("bsk_")
    assert "not shown again" in made.stderr
    listed = here("serve", "key", "list")
    assert "phone  read, write  600 a minute" in listed.stdout
    assert made.stdout.strip() not in listed.stdout
    key = json.loads(here("serve", "key", "list", "--json").stdout)[0]
    assert here("serve", "key", "revoke", key["id"]).stdout.strip().endswith("is revoked.")
    assert "revoked" in here("serve", "key", "list").stdout


def test_a_scope_that_there_is_not_is_two_lines(here):
    done = here("serve", "key", "new", "--name", "x", "--scope", "raed")
    assert (done.returncode, len(done.stderr.splitlines())) == (10, 2)
    assert "Did you mean 'read'?" in done.stderr
    assert here("serve", "key", "revoke", "nobody").returncode == 10


def test_a_worker_without_work_ends_when_it_is_asked_once(here):
    assert here("serve", "worker", "--once").returncode == 0


def test_a_folder_without_a_run_is_two_lines(here, tmp_path):
    done = here("serve", "--port", "0", "--run", str(tmp_path))
    lines = done.stderr.splitlines()
    assert done.returncode == 60
    assert [line for line in lines if "no run in" in line]
    assert lines[-1].startswith("Make one: broadsheet run")


def test_links_alone_are_served_as_before(tmp_path):
    command = [sys.executable, "-m", "broadsheet", "serve", "--links-only", "--port", "0", "--store", str(tmp_path / "s.sqlite")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/healthz", trust_env=False, verify=False).text == "ok\n"
        assert httpx.get(f"{url}/v1/models", trust_env=False, verify=False).status_code == 404
        process.send_signal(signal.SIGTERM)
        process.wait(30)
